//! The kubelets of all nodes: one code, a row of state for each.
//!
//! ```text
//!  watch ──► pod worker: SYNC → TERMINATING → TERMINATED      one run at a time (K19)
//!  relist ─┘     │ run: status, sandbox, kill, start …        gated by the relist (K24)
//!  probes ─┘     ├──► world: processes, addresses, images     facts
//!                └──► status: accepted, merged, sent          calls
//! ```
//!
//! Nothing here ticks. Relists, sync ticks, probes and leases are functions of time; a timer is set only
//! for the next instant at which one of them changes something.

mod action;
mod clock;
mod container;
pub mod lease;
mod node;
mod outcome;
mod probe;
mod publish;
mod pull;
mod row;
mod start;
mod status;
mod terminate;
mod worker;

use wavetank_core::dist::Sampler;
use wavetank_core::draw::{Key, Purpose};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::{Actor, Fact, Refusal};
use wavetank_core::id::{NodeId, PodId, TextId};
use wavetank_core::object::template::{Container, PodSpec};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use crate::component::kubelet::lease::Leases;
use crate::engine::context::Context;
use crate::message::call::{Call, Request};
use crate::message::{KubeletTimer, Message};
use crate::network::Lane;
use crate::plan::Plan;
use crate::plan::settings::KubeletSettings;
use crate::world::World;
use crate::world::process::Kind;
use row::{NodeRow, PodRow};

/// The kubelets of a run.
#[derive(Debug)]
pub struct Kubelets {
    /// A buffer for deliveries, kept for its capacity.
    pub(crate) delivered: Vec<PodId>,
    settings: Settings,
    nodes: Vec<NodeRow>,
    /// Where a pod's row is, by pod.
    slots: Vec<u32>,
    rows: Vec<PodRow>,
    free: Vec<u32>,
}

/// A pod without a row.
const NONE: u32 = u32::MAX;

/// What all kubelets have in common.
#[derive(Clone, Debug)]
struct Settings {
    kubelet: KubeletSettings,
    /// Play out every probe.
    exact: bool,
    /// Wait for the answer of every status write.
    always_waits: bool,
    /// No write takes longer than this, when no fault holds it up.
    write_max: SimDuration,
    /// Every poke finds its worker ready (K161): in the canonical profile nothing races.
    wins_races: bool,
}

/// What a timer is for.
mod timer {
    /// A run begins.
    pub(super) const RUN: u8 = 1;
    /// A step of a run ends.
    pub(super) const STEP: u8 = 2;
    /// A process listens (detail 0) or ends by itself (1).
    pub(super) const PROCESS: u8 = 3;
    /// A relist has found a death.
    pub(super) const SEEN: u8 = 4;
    /// The next stage of a container's kill.
    pub(super) const STOP: u8 = 5;
    /// An attempt of a probe: `container` is the number of the probe's row.
    pub(super) const PROBE: u8 = crate::message::KubeletTimer::PROBE;
    /// A status write can leave.
    pub(super) const WRITE: u8 = 7;
    /// The grace of a whole pod is over.
    pub(super) const GRACE: u8 = 8;
    /// The node's status is posted.
    pub(super) const NODE: u8 = 9;
    /// The status manager looks for differences.
    pub(super) const RECONCILE: u8 = 10;
    /// The pod's active deadline has passed.
    pub(super) const DEADLINE: u8 = 11;
}

/// One pod on the desk of its kubelet.
struct Desk<'a, 'c> {
    settings: &'a Settings,
    node: &'a mut NodeRow,
    row: &'a mut PodRow,
    world: &'a mut World,
    view: View<'a>,
    ctx: &'a mut Context<'c>,
    spec: &'c PodSpec,
    /// How much later than now what is done happens: an immediate relist of the pod (K27).
    lag: SimDuration,
}

impl Kubelets {
    /// Kubelets that have not started.
    #[must_use]
    pub fn new(plan: &Plan, _key: &Key) -> Self {
        Self {
            delivered: Vec::new(),
            settings: Settings {
                kubelet: plan.settings.kubelet.clone(),
                exact: plan.exact,
                write_max: plan.network.api_write.sample(u64::MAX),
                wins_races: plan.network.node.jitter.sample(u64::MAX) == SimDuration::ZERO,
                always_waits: false,
            },
            nodes: Vec::new(),
            slots: Vec::new(),
            rows: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Every status write waits for its answer from now on: some of them will be lost or late.
    pub(crate) const fn wait_for_answers(&mut self) {
        self.settings.always_waits = true;
    }

    /// The watch of a node's kubelet delivered events of these pods: their newest versions in the view.
    pub fn on_pods(
        &mut self,
        node: NodeId,
        pods: &[PodId],
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        if !self.node_mut(node).is_up {
            return;
        }
        for pod in pods {
            self.learn(node, *pod, view, world, ctx);
        }
    }

    /// A timer went off.
    pub fn on_timer(
        &mut self,
        node: NodeId,
        timer: KubeletTimer,
        view: View<'_>,
        world: &mut World,
        _leases: &mut Leases,
        ctx: &mut Context<'_>,
    ) {
        if timer.kind == timer::NODE {
            self.post_status(node, timer.generation, view, ctx);
            return;
        }
        let Some(mut desk) = self.desk(timer.pod, view, world, ctx) else {
            return;
        };
        let container = timer.container;
        match timer.kind {
            timer::RUN => desk.on_run(timer.generation),
            timer::STEP => desk.on_step(timer.generation),
            timer::PROCESS => desk.on_process(container, timer.detail, timer.generation),
            timer::SEEN => desk.on_seen(container, timer.generation),
            timer::STOP => desk.on_stop(container, timer.generation),
            timer::PROBE => desk.on_probe(container, timer.generation),
            timer::WRITE => desk.on_write(),
            timer::GRACE => desk.on_grace(timer.generation),
            timer::RECONCILE => desk.on_reconcile(),
            timer::DEADLINE => desk.request_now(),
            kind => unreachable!("no timer of a kubelet is of kind {kind}"),
        }
        let is_over = desk.row.state == row::State::Finished && desk.row.is_gone;
        if is_over {
            self.forget(timer.pod, world);
        }
    }

    /// The API server answered a call about `pod`; `number` is the kubelet's own.
    #[allow(clippy::too_many_arguments)] // what a reply is, and what a handler gets
    pub fn on_reply(
        &mut self,
        _node: NodeId,
        pod: PodId,
        number: u32,
        call: &Call,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        let Some(mut desk) = self.desk(pod, view, world, ctx) else {
            return;
        };
        let is_unknown = matches!(call.answer, Some(Err(Refusal::Timeout)));
        if let (Request::PodStatus(_, changes), true) = (&call.request, is_unknown) {
            return desk.on_lost(number, changes);
        }
        if number != publish::DELETE {
            return desk.on_written();
        }
        if is_unknown {
            return desk.on_removal_lost();
        }
        // A finalizer may keep the object: then its removal comes by the watch.
        let stays = matches!(call.answer, Some(Ok(_))) && desk.has_finalizers();
        if !stays {
            self.forget(pod, world);
        }
    }

    /// The pod on the desk of its kubelet, if it has a row there and the node runs.
    fn desk<'a, 'c>(
        &'a mut self,
        pod: PodId,
        view: View<'a>,
        world: &'a mut World,
        ctx: &'a mut Context<'c>,
    ) -> Option<Desk<'a, 'c>> {
        let slot = *self.slots.get(pod.index())?;
        let row = self.rows.get_mut(slot as usize)?;
        let node = &mut self.nodes[row.node.index()];
        if !node.is_up {
            return None;
        }
        let spec = &ctx.definitions().get_template(row.template).spec;
        Some(Desk {
            settings: &self.settings,
            node,
            row,
            world,
            view,
            ctx,
            spec,
            lag: SimDuration::ZERO,
        })
    }

    /// The row of a node.
    fn node_mut(&mut self, node: NodeId) -> &mut NodeRow {
        if self.nodes.len() <= node.index() {
            self.nodes.resize_with(node.index() + 1, NodeRow::default);
        }
        &mut self.nodes[node.index()]
    }

    /// Whether a pod has a row.
    fn knows(&self, pod: PodId) -> bool {
        self.slots
            .get(pod.index())
            .is_some_and(|slot| *slot != NONE)
    }

    /// Gives a pod a row.
    fn admit(&mut self, pod: PodId, node: NodeId, view: View<'_>, world: &mut World) {
        let Some(object) = view.pod(pod) else {
            return;
        };
        let spec = view.pod_spec(object);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.rows.push(PodRow::default());
            u32::try_from(self.rows.len() - 1).expect("fewer than four billion pods")
        });
        if self.slots.len() <= pod.index() {
            self.slots.resize(pod.index() + 1, NONE);
        }
        self.slots[pod.index()] = slot;
        let row = &mut self.rows[slot as usize];
        row.begin(pod, node, object.template, spec.container_count());
        row.kind =
            world
                .catalog
                .resolve(object.template, node::workload(object, view), spec, || {
                    node::workload_name(pod, object, view)
                });
    }

    /// Forgets a pod: nothing of it is left.
    fn forget(&mut self, pod: PodId, world: &mut World) {
        world.forget(pod);
        let slot = std::mem::replace(&mut self.slots[pod.index()], NONE);
        if slot != NONE {
            self.free.push(slot);
        }
    }
}

impl<'c> Desk<'_, 'c> {
    fn now(&self) -> SimTime {
        self.ctx.now
    }

    fn actor(&self) -> Actor {
        Actor::Kubelet(self.row.node)
    }

    /// The container with this number.
    fn container(&self, container: u8) -> &'c Container {
        let inits = self.spec.init_containers.len();
        let index = usize::from(container);
        if index < inits {
            &self.spec.init_containers[index]
        } else {
            &self.spec.containers[index - inits]
        }
    }

    /// What the container with this number runs.
    fn kind(&self, container: u8) -> Kind {
        Kind(self.row.kind.0 + u32::from(container))
    }

    /// A duration drawn for this pod: `ordinal` is a container or another thing of it, `index` says
    /// which one of its draws.
    fn sample(&self, sampler: &Sampler, purpose: Purpose, ordinal: u8, index: u32) -> SimDuration {
        let identity = (self.row.pod.0, u32::from(ordinal));
        sampler.sample(self.ctx.key.draw(purpose, identity, u64::from(index)))
    }

    fn fact(&mut self, fact: RuntimeFact) {
        let actor = self.actor();
        self.ctx.fact(actor, Fact::Runtime(self.row.pod, fact));
    }

    fn event(&mut self, note: EventNote) {
        let actor = self.actor();
        self.ctx.event(actor, self.row.pod.into(), note);
    }

    fn text(&mut self, text: &str) -> TextId {
        self.ctx.text(text)
    }

    /// Sets a timer of this pod.
    fn wake(&mut self, at: SimTime, kind: u8, container: u8, detail: u16, generation: u32) {
        let timer = KubeletTimer {
            kind,
            container,
            detail,
            pod: self.row.pod,
            generation,
        };
        let node = self.row.node;
        self.ctx
            .wake(at, Lane::kubelet(node), Message::Kubelet(node, timer));
    }

    /// The first relist after an instant.
    fn relist_after(&mut self, after: SimTime) -> clock::Relist {
        let latencies = &self.ctx.network.node;
        self.node
            .clock
            .relist_after(self.row.node, after, self.ctx.key, latencies)
    }

    /// Whether any of the containers is a sidecar (K61).
    fn is_sidecar(&self, container: u8) -> bool {
        use wavetank_core::object::template::RestartPolicy;

        usize::from(container) < self.spec.init_containers.len()
            && self.container(container).restart_policy == Some(RestartPolicy::Always)
    }

    /// Whether the container is an init container that is to end (K61).
    fn is_regular_init(&self, container: u8) -> bool {
        usize::from(container) < self.spec.init_containers.len() && !self.is_sidecar(container)
    }

    /// The numbers of all containers.
    fn numbers(&self) -> std::ops::Range<u8> {
        0..u8::try_from(self.row.containers.len()).expect("a pod has at most 255 containers")
    }
}
