//! What happens to a node and its kubelet's process: start, crash, boot, restart (K181–K188).

use wavetank_core::fact::Actor;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::fact::runtime::{RuntimeFact, Signal};
use wavetank_core::id::{DeploymentId, NodeId, ObjId, PodId, ReplicaSetId};
use wavetank_core::label::Selector;
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::node::NodeConditionType;
use wavetank_core::object::pod::Pod;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::clock::Clock;
use super::lease::Leases;
use super::row::{Exit, Runtime, State, Step, Stop};
use super::{Kubelets, NONE, timer};
use crate::engine::context::Context;
use crate::message::call::{Caller, Request};
use crate::message::{KubeletTimer, Message};
use crate::network::Lane;
use crate::world::World;

/// From the start of a kubelet's process to its first status of the node (K233).
const STATUS_AFTER: SimDuration = SimDuration::from_millis(400);
/// From the start of a kubelet's process to its first relist (K233).
const RELIST_AFTER: SimDuration = SimDuration::from_secs(1);

impl Kubelets {
    /// The run begins: the kubelets of all nodes of the view run.
    pub fn start(
        &mut self,
        view: View<'_>,
        _world: &mut World,
        leases: &mut Leases,
        ctx: &mut Context<'_>,
    ) {
        let nodes: Vec<NodeId> = view.nodes().map(|(node, _)| node).collect();
        for node in nodes {
            self.begin_process(node, leases, ctx);
        }
    }

    /// A kubelet's process begins.
    fn begin_process(&mut self, node: NodeId, leases: &mut Leases, ctx: &mut Context<'_>) {
        let latencies = &ctx.network.node;
        let row = self.node_mut(node);
        let incarnation = row.clock.incarnation + 1;
        row.clock = Clock::new(node, incarnation, ctx.now, ctx.key, latencies);
        row.is_up = true;
        row.pulls_end = ctx.now;
        leases.start(node, ctx.now);
    }

    /// The node loses power: its processes are gone, its addresses silent.
    pub fn crash(
        &mut self,
        node: NodeId,
        view: View<'_>,
        world: &mut World,
        leases: &mut Leases,
        ctx: &mut Context<'_>,
    ) {
        if !self.node_mut(node).is_up {
            return;
        }
        leases.stop(node, ctx.now);
        for pod in self.pods_of(node) {
            let Some(mut desk) = self.desk(pod, view, world, ctx) else {
                continue;
            };
            desk.lose_power();
        }
        let now = ctx.now;
        let row = self.node_mut(node);
        row.is_up = false;
        row.images.retain(|(_, from)| *from <= now);
    }

    /// The node comes back: the kubelet starts on an empty runtime.
    pub fn boot(
        &mut self,
        node: NodeId,
        view: View<'_>,
        world: &mut World,
        leases: &mut Leases,
        ctx: &mut Context<'_>,
    ) {
        if self.node_mut(node).is_up {
            return;
        }
        self.begin_process(node, leases, ctx);
        self.list(node, view, world, ctx);
    }

    /// The kubelet's process is restarted; containers run on (K233).
    pub fn restart(
        &mut self,
        node: NodeId,
        view: View<'_>,
        world: &mut World,
        leases: &mut Leases,
        ctx: &mut Context<'_>,
    ) {
        if !self.node_mut(node).is_up {
            return;
        }
        leases.stop(node, ctx.now);
        self.begin_process(node, leases, ctx);
        self.list(node, view, world, ctx);
    }

    /// A new process lists its pods, and works on each of them after its first relist (K181, K233).
    fn list(&mut self, node: NodeId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let generation = self.node_mut(node).clock.incarnation;
        let timer = KubeletTimer {
            kind: timer::NODE,
            container: 0,
            detail: 0,
            pod: PodId(0),
            generation,
        };
        let at = ctx.now + STATUS_AFTER;
        ctx.wake(at, Lane::kubelet(node), Message::Kubelet(node, timer));
        let mut pods: Vec<PodId> = view.pods_of_node(node).map(|(pod, _)| pod).collect();
        pods.extend(self.pods_of(node));
        pods.sort_unstable();
        pods.dedup();
        for pod in pods {
            let Some(object) = view.pod(pod) else {
                self.orphan(pod, view, world, ctx);
                continue;
            };
            let is_done = object.phase.is_terminal() && object.deletion.is_none();
            if !self.knows(pod) {
                if is_done {
                    continue;
                }
                self.admit(pod, node, view, world);
            }
            if let Some(mut desk) = self.desk(pod, view, world, ctx) {
                desk.forget_process(object);
            }
        }
    }

    /// A pod whose object vanished while the kubelet did not look (K186): what still runs is killed.
    fn orphan(&mut self, pod: PodId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let Some(mut desk) = self.desk(pod, view, world, ctx) else {
            return;
        };
        if !desk.row.is_running() {
            return self.forget(pod, world);
        }
        desk.row.is_gone = true;
        desk.row.deletion_grace = Some(0);
        desk.reset_worker();
        desk.terminate(None);
        let at = desk.now() + RELIST_AFTER;
        desk.arm(at);
    }

    /// The pods that a node's kubelet has rows of, ascending.
    fn pods_of(&self, node: NodeId) -> Vec<PodId> {
        let is_known = |slot: u32| slot != NONE && self.rows[slot as usize].node == node;
        let known = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| is_known(**slot));
        known.map(|(pod, _)| PodId::from_index(pod)).collect()
    }

    /// The kubelet posts the status of its node (K179).
    pub(super) fn post_status(
        &mut self,
        node: NodeId,
        incarnation: u32,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let row = self.node_mut(node);
        if !row.is_up || row.clock.incarnation != incarnation {
            return;
        }
        let Some(object) = view.node(node) else {
            return;
        };
        let stamp = ctx.stamp();
        let mut changes = Vec::new();
        for kind in NodeConditionType::ALL {
            let known = object.conditions[kind as usize];
            let (status, reason) = match kind {
                NodeConditionType::Ready => (Truth::True, known::KUBELET_READY),
                NodeConditionType::MemoryPressure => {
                    (Truth::False, known::NODE_HAS_SUFFICIENT_MEMORY)
                }
                NodeConditionType::DiskPressure | NodeConditionType::PidPressure => {
                    (Truth::False, known.reason)
                }
            };
            if known.status != status && known.status != Truth::Absent {
                let condition = Condition {
                    status,
                    reason,
                    message: known::EMPTY,
                    changed: stamp,
                    updated: stamp,
                };
                changes.push((kind, condition));
            }
        }
        if !changes.is_empty() {
            let change = NodeChange::Conditions(changes.into());
            let request = Request::Update(Fact::NodeChanged(node, change), None);
            ctx.call(Caller::Nobody(Actor::Kubelet(node)), request);
        }
    }

    /// The containers of one pod are killed (`kill -9`): the `which`th, modulo their number, of the running
    /// pods of a namespace that a selector selects.
    #[allow(clippy::too_many_arguments)] // the fault's three parts, and what a handler gets
    pub fn kill(
        &mut self,
        namespace: &str,
        selector: &str,
        which: u32,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        let definitions = view.definitions();
        let (Some(namespace), Ok(selector)) = (
            definitions.texts.find(namespace),
            selector.parse::<Selector>(),
        ) else {
            return;
        };
        let mut pods: Vec<PodId> = Vec::new();
        for (pod, object) in view.pods() {
            let is_of = view.pod_identity(pod).namespace == namespace
                && selector.matches(definitions.get_set(object.labels));
            let runs = |slot: &u32| {
                self.rows
                    .get(*slot as usize)
                    .is_some_and(|row| row.is_running())
            };
            if is_of && self.slots.get(pod.index()).is_some_and(runs) {
                pods.push(pod);
            }
        }
        if pods.is_empty() {
            return;
        }
        let pod = pods[which as usize % pods.len()];
        let Some(mut desk) = self.desk(pod, view, world, ctx) else {
            return;
        };
        for container in desk.numbers() {
            if desk.row.containers[usize::from(container)].is_running() {
                desk.fact(RuntimeFact::Signalled(container, Signal::Kill));
                desk.exit(container, 137, true);
            }
        }
    }
}

impl super::Desk<'_, '_> {
    /// The machine is off: nothing runs, nothing answers, nobody is told.
    fn lose_power(&mut self) {
        let now = self.now();
        let pod = self.row.pod;
        for container in self.numbers() {
            let row = &mut self.row.containers[usize::from(container)];
            if let Runtime::Running(started) = row.runtime {
                // What containerd finds after a reboot.
                let exit = Exit {
                    code: 255,
                    reason: known::UNKNOWN,
                    started,
                    at: now,
                };
                row.runtime = Runtime::Exited { exit, seen: true };
            }
            if let Some(process) = self.world.address_mut(pod).process_mut(container) {
                process.end(process.ended.min(now), true);
            }
        }
        if self.row.has_sandbox {
            self.row.has_sandbox = false;
            self.world.address_mut(pod).set_up(false);
            let (node, ip) = (self.row.node, self.row.ip);
            self.node.pool.release(node, ip);
            self.fact(RuntimeFact::SandboxStopped);
        }
    }

    /// A new kubelet process knows what the API and the runtime say, and nothing else (K181).
    fn forget_process(&mut self, object: &Pod) {
        if self.row.state == State::Finished && object.deletion.is_none() {
            return;
        }
        self.reset_worker();
        self.adopt_status(object);
        self.see_everything();
        self.row.generation = object.generation;
        self.row.gates = object.gates;
        self.row.template = object.template;
        let at = self.now();
        for container in &mut self.row.containers {
            container.delay_seconds = 0; // K184
            container.reason = known::EMPTY;
        }
        self.row.probes.clear();
        if self.row.has_sandbox {
            self.restart_probes(at + RELIST_AFTER);
        }
        self.row.deletion_grace = object.deletion.map(|deletion| deletion.grace_seconds);
        if object.deletion.is_some() {
            self.terminate(None);
        }
        self.await_deadline();
        let relist = self.relist_after(at + RELIST_AFTER.ratio(1, 2)).end;
        self.arm(relist.max(at));
    }

    /// The worker's state is lost, and every timer of it void.
    fn reset_worker(&mut self) {
        let row = &mut *self.row;
        row.state = State::Sync;
        row.step = Step::Idle;
        row.step_generation += 1;
        row.run_generation += 1;
        row.run_at = SimTime::MAX;
        row.is_pending = false;
        row.is_fresh = true;
        row.last_sync = SimTime::ZERO;
        row.grace = 0;
        for container in &mut row.containers {
            container.stop = Stop::None;
            container.stop_generation += 1;
        }
    }

    /// Probes of a new kubelet process: what was ready stays so until they say otherwise (K183), and
    /// their ticks fall anywhere in a period (K151).
    fn restart_probes(&mut self, at: SimTime) {
        use wavetank_core::draw::Purpose;
        use wavetank_core::fact::runtime::ProbeKind;

        self.start_probes(at);
        let incarnation = u64::from(self.node.clock.incarnation);
        for index in 0..self.row.probes.len() {
            let probe = self.row.probes[index];
            let container = &self.row.containers[usize::from(probe.container)];
            if !container.is_running() {
                continue;
            }
            let period = self.period(&probe).nanos();
            let identity = (
                self.row.pod.0,
                u32::from(probe.container) * 4 + probe.kind as u32,
            );
            let key = self.ctx.key;
            let wait = key.below(Purpose::ProbePhase, identity, incarnation, period);
            let (ready, started) = (container.status.ready, container.status.started);
            let attempts = container.attempts;
            let probe = &mut self.row.probes[index];
            probe.instance = attempts;
            probe.next = at + SimDuration::from_nanos(wait);
            probe.result = match probe.kind {
                ProbeKind::Startup => started.filter(|started| *started),
                ProbeKind::Liveness => Some(true),
                ProbeKind::Readiness => Some(ready),
            };
            self.plan(index);
        }
    }
}

/// The workload that a pod belongs to: its Deployment, or whoever owns it.
pub(super) fn workload(pod: &Pod, view: View<'_>) -> Option<ObjId> {
    let owner = pod.owner?;
    let Ok(set) = ReplicaSetId::try_from(owner) else {
        return Some(owner);
    };
    let deployment = view.replica_set(set).and_then(|set| set.meta.owner);
    deployment.or(Some(owner))
}

/// The workload's name as scenarios write it: `deployment/web`.
pub(super) fn workload_name(id: PodId, pod: &Pod, view: View<'_>) -> String {
    let texts = &view.definitions().texts;
    let Some(object) = workload(pod, view) else {
        return format!("pod/{}", view.pod_name(id));
    };
    let meta = if let Ok(id) = DeploymentId::try_from(object) {
        view.deployment(id).map(|object| object.meta)
    } else if let Ok(id) = ReplicaSetId::try_from(object) {
        view.replica_set(id).map(|object| object.meta)
    } else {
        let id = wavetank_core::id::OtherId(object.index);
        view.other(id).map(|object| object.meta)
    };
    let name = meta.map_or_else(String::new, |meta| meta.name.text(texts));
    format!("{}/{name}", format!("{:?}", object.kind).to_lowercase())
}
