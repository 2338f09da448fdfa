//! Carrying out effects: facts are recorded and applied, calls and wakes are put into the queue, and
//! whoever watches is sent what was committed.

use wavetank_core::draw::{Identity, Purpose};
use wavetank_core::fact::object::{MetaChange, ReplicaSetChange, ServiceChange, SliceChange};
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record, Refusal};
use wavetank_core::id::{Kind, NodeId, ObjId, PodId};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::time::{SimDuration, SimTime};

use super::Engine;
use super::context::Effect;
use super::queue::Key as QueueKey;
use crate::component::proxy::programmed;
use crate::message::call::{Call, CallId, Caller, Request};
use crate::message::{Envelope, Message, NO_CAUSE};
use crate::network::{Lane, Process, Stream, Watched};

impl Engine {
    /// Carries out what was asked for during one message, in order.
    pub(super) fn drain(&mut self, cause: u32) {
        for draft in self.outbox.drafts.drain(..) {
            assert!(
                self.cluster.definitions.define(draft),
                "a definition was drafted twice"
            );
        }
        let mut effects = std::mem::take(&mut self.outbox.effects);
        let mut latest = cause;
        while !effects.is_empty() {
            for effect in effects.drain(..) {
                match effect {
                    Effect::Fact(by, fact) => latest = self.commit(by, fact, cause),
                    Effect::Because(by, fact, cause) => latest = self.commit(by, fact, cause),
                    Effect::Call(from, request, delay) => {
                        let call = Call {
                            from,
                            request,
                            answer: None,
                        };
                        self.send(call, delay, latest);
                    }
                    Effect::Wake(at, lane, message) => self.push(at, lane, message, latest),
                }
            }
            // What was committed may have woken a step of the timeline.
            std::mem::swap(&mut effects, &mut self.outbox.effects);
        }
        if effects.capacity() > self.outbox.effects.capacity() {
            self.outbox.effects = effects;
        }
    }

    /// Puts a message into the queue.
    pub(super) fn push(&mut self, at: SimTime, lane: Lane, message: Message, cause: u32) {
        let lane = lane.0 as usize;
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, 0);
        }
        let rank = if let Message::Kubelet(_, timer) = message {
            timer.rank()
        } else {
            None
        };
        let n = rank.unwrap_or_else(|| {
            let n = self.lanes[lane];
            assert!(n < 1 << 31, "more than two billion messages of one lane");
            self.lanes[lane] = n + 1;
            n
        });
        let key = QueueKey {
            at,
            lane: u32::try_from(lane).expect("lanes have 32 bits"),
            n,
        };
        self.queue.push(key, Envelope { message, cause });
    }

    /// Records and applies a fact, and sends it to whoever watches. Returns its number.
    pub(super) fn commit(&mut self, by: Actor, fact: Fact, cause: u32) -> u32 {
        let seq = self.cluster.next_seq;
        self.place.seq = seq;
        let own = u32::try_from(seq).expect("more than four billion facts");
        let cause_seq = if cause == NO_CAUSE {
            seq
        } else {
            u64::from(cause)
        };
        let record = Record {
            seq,
            at: self.now,
            cause: cause_seq,
            by,
            fact,
        };
        self.recorder.append(&record, &self.cluster.definitions);
        let _fits = self.checks.before(&record, &self.cluster);
        self.cluster.apply(&record);
        self.recorder.applied(&self.cluster);
        self.checks.after(&record, &self.cluster);
        if let Some(meter) = &mut self.meter {
            meter.observe(&record, &self.cluster);
        }
        self.steady.observe(&record);
        if record.fact.is_write() {
            if self.keeps_windows
                && let Some(object) = record.fact.object()
            {
                self.windows.committed(Watched::of(object.kind), self.now);
            }
            self.notify(&record, own);
        }
        for (lane, message) in self.parts.traffic.observe(&record, own, self.lane) {
            self.push(self.now, lane, message, own);
        }
        own
    }

    /// Schedules the deliveries of a committed write to those who react to it.
    fn notify(&mut self, record: &Record, own: u32) {
        match &record.fact {
            Fact::PodCreated(pod, new) => {
                self.deliver(Process::Scheduler, Watched::Pods, own);
                self.deliver(Process::Controllers, Watched::Pods, own);
                if let Some(node) = new.node {
                    self.deliver_pod(node, *pod, own);
                }
            }
            Fact::PodChanged(pod, change) => self.notify_pod(*pod, change, record.by, own),
            Fact::NodeCreated(..) | Fact::NodeChanged(..) => {
                self.deliver(Process::Scheduler, Watched::Nodes, own);
                self.deliver(Process::Controllers, Watched::Nodes, own);
            }
            Fact::ReplicaSetCreated(..) | Fact::ReplicaSetChanged(..) => {
                if selects_anew(&record.fact) {
                    self.deliver(Process::Scheduler, Watched::ReplicaSets, own);
                }
                self.deliver(Process::Controllers, Watched::ReplicaSets, own);
            }
            Fact::DeploymentCreated(..) | Fact::DeploymentChanged(..) => {
                self.deliver(Process::Controllers, Watched::Deployments, own);
            }
            Fact::ServiceCreated(..)
            | Fact::ServiceChanged(_, ServiceChange::Spec(_) | ServiceChange::Meta(_)) => {
                self.deliver(Process::Scheduler, Watched::Services, own);
                self.deliver(Process::Controllers, Watched::Services, own);
            }
            Fact::SliceCreated(..)
            | Fact::SliceChanged(
                _,
                SliceChange::Endpoints(_) | SliceChange::Ports(_) | SliceChange::Meta(_),
            ) => {
                self.deliver(Process::Controllers, Watched::Slices, own);
            }
            Fact::OtherCreated(id, _) | Fact::OtherChanged(_, id, _) => {
                let kind = self.cluster.store.other_kind(*id);
                if matches!(
                    kind,
                    Kind::Namespace
                        | Kind::PodDisruptionBudget
                        | Kind::PersistentVolume
                        | Kind::PersistentVolumeClaim
                        | Kind::StorageClass
                        | Kind::CsiNode
                ) {
                    self.deliver(Process::Scheduler, Watched::Others, own);
                }
                self.deliver(Process::Controllers, Watched::Others, own);
            }
            Fact::Runtime(..)
            | Fact::EventRecorded(..)
            | Fact::Decided(_)
            | Fact::RequestEnded(_)
            | Fact::RequestsSucceeded { .. }
            | Fact::Fault(..)
            | Fact::Step(..)
            | Fact::Mark(_)
            | Fact::Refused(..) => {}
        }
        if let Some(endpoints) = programmed(&record.fact) {
            self.proxies_committed(endpoints, own);
        }
        self.parts
            .timeline
            .committed(record, &mut self.outbox.effects, self.now);
    }

    /// What proxies have to program was written.
    fn proxies_committed(&mut self, endpoints: u32, own: u32) {
        let rev = self.cluster.store.rev;
        let timers = self.parts.proxies.committed(rev, self.now, endpoints);
        for (at, lane, message) in timers {
            self.push(at, lane, message, own);
        }
    }

    /// Who reacts to a write of a pod (C258).
    fn notify_pod(&mut self, pod: PodId, change: &PodChange, by: Actor, own: u32) {
        let (scheduler, controllers, kubelet) = match change {
            PodChange::Bound(..) => (true, true, true),
            PodChange::Status(changes) => {
                let mut wants = (false, false, false);
                for change in changes {
                    let more = status_interests(change, by);
                    wants = (wants.0 | more.0, wants.1 | more.1, wants.2 | more.2);
                }
                wants
            }
            // A kubelet that removes an object has done with the pod; and a removal by somebody else
            // without grace comes in the same instant, and says it all.
            PodChange::Deleting(deletion) => {
                let is_removed = deletion.grace_seconds == 0 && !self.is_kept(pod);
                (true, true, !is_removed && !matches!(by, Actor::Kubelet(_)))
            }
            PodChange::Removed => (true, true, !matches!(by, Actor::Kubelet(_))),
            PodChange::Labels(_) | PodChange::Annotations(_) | PodChange::Template(_) => {
                (true, true, true)
            }
            PodChange::Finalizers(_) | PodChange::Owner(_) => (false, true, false),
        };
        if scheduler {
            self.deliver(Process::Scheduler, Watched::Pods, own);
        }
        if controllers {
            self.deliver(Process::Controllers, Watched::Pods, own);
        }
        if kubelet && let Some(node) = self.node_of(pod) {
            self.deliver_pod(node, pod, own);
        }
    }

    /// Whether finalizers keep a pod's object.
    fn is_kept(&self, pod: PodId) -> bool {
        let empty = wavetank_core::object::definition::EMPTY_SET;
        let newest = self.cluster.store.pods.newest(pod.0);
        newest.is_some_and(|pod| pod.finalizers != empty)
    }

    /// The node of a pod, also of one that was removed just now.
    fn node_of(&self, pod: PodId) -> Option<NodeId> {
        let pods = &self.cluster.store.pods;
        let rev = self.cluster.store.rev;
        let before = || pods.at(pod.0, wavetank_core::id::Rev(rev.0 - 1));
        pods.newest(pod.0).or_else(before)?.node
    }

    fn deliver(&mut self, process: Process, watched: Watched, own: u32) {
        let stream = Stream { process, watched };
        let rev = self.cluster.store.rev;
        let at = self
            .streams
            .committed(stream, rev, self.now, &self.plan.network, &self.holds);
        self.checks.scheduled(stream, rev);
        self.push(at, stream.lane(), Message::Watch(stream, rev), own);
    }

    fn deliver_pod(&mut self, node: NodeId, pod: PodId, own: u32) {
        let rev = self.cluster.store.rev;
        let network = &self.plan.network;
        let at = self
            .streams
            .pod_committed(node, pod, rev, self.now, network, &self.holds);
        self.push(
            at,
            Lane::kubelet_watch(node),
            Message::KubeletWatch(node, rev),
            own,
        );
    }

    /// Sends a call to the API server: it arrives, and is committed, after the way there.
    pub(super) fn send(&mut self, call: Call, delay: SimDuration, cause: u32) {
        let at = self.now + delay + self.way(&call, 0);
        if self.is_lost(&call, self.now + delay, 0) {
            return self.lose(call, self.now + delay, cause);
        }
        let at = self.holds.late(caller_lane(call.from), at);
        let at = self.holds.release(Lane::API, at);
        let id = self.calls.insert(call);
        self.push(at, Lane::API, Message::Call(id), cause);
    }

    /// Sends the answer of a call back, unless nobody waits for it.
    pub(super) fn answer(&mut self, id: CallId, cause: u32) {
        let call = self.calls.get_mut(id);
        if matches!(call.from, Caller::Nobody(_)) {
            drop(self.calls.remove(id));
            return;
        }
        let call = call.clone();
        let lane = caller_lane(call.from);
        let mut at = self.holds.late(lane, self.now + self.way(&call, 1));
        if self.is_lost(&call, self.now, 1) {
            // What was written stays written: the caller does not know (API-15).
            self.calls.get_mut(id).answer = Some(Err(Refusal::Timeout));
            at = self.now + super::fault::CALL_TIMEOUT;
        }
        // What the call led to is what it commits, in a moment, last.
        let facts = self
            .outbox
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Fact(..)));
        let cause = match facts.count() {
            0 => cause,
            facts => u32::try_from(self.cluster.next_seq + facts as u64 - 1)
                .expect("more than four billion facts"),
        };
        self.push(at, lane, Message::Reply(id), cause);
    }

    /// How long a call takes to the API server (`leg` 0, with the commit) or back (1). Drawn for the
    /// object and how often it was written, not for a count of messages.
    fn way(&self, call: &Call, leg: u64) -> SimDuration {
        let sampler = if leg == 0 {
            &self.plan.network.api_write
        } else {
            &self.plan.network.api_reply
        };
        let (identity, index) = self.address(call);
        sampler.sample(
            self.key
                .draw(Purpose::ApiLatency, identity, 2 * index + leg),
        )
    }

    /// The logical address of a call's draws.
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub(super) fn address(&self, call: &Call) -> (Identity, u64) {
        let store = &self.cluster.store;
        let versioned = |object: ObjId| {
            let version = match object.kind {
                wavetank_core::id::Kind::Pod => {
                    store.pods.newest(object.index).map_or(0, |pod| pod.version)
                }
                _ => store.rev_of(object).map_or(0, |rev| rev.0),
            };
            (
                Identity::from((object.kind as u32, object.index)),
                u64::from(version),
            )
        };
        match &call.request {
            Request::Bind(pod, _)
            | Request::PodStatus(pod, _)
            | Request::DeletePod(pod, ..)
            | Request::Evict(pod, _) => versioned((*pod).into()),
            Request::Update(fact, _) => fact.object().map_or((Identity::from(0_u64), 0), versioned),
            Request::Delete(object, _) => versioned(*object),
            Request::CreatePod(_) => (
                Identity::from((100_u32, 0_u32)),
                u64::from(store.pods.len()),
            ),
            Request::CreateNode(_) => (
                Identity::from((101_u32, 0_u32)),
                u64::from(store.nodes.len()),
            ),
            Request::CreateReplicaSet(_) => (
                Identity::from((102_u32, 0_u32)),
                u64::from(store.replica_sets.len()),
            ),
            Request::CreateDeployment(_) => (
                Identity::from((103_u32, 0_u32)),
                u64::from(store.deployments.len()),
            ),
            Request::CreateService(_) => (
                Identity::from((104_u32, 0_u32)),
                u64::from(store.services.len()),
            ),
            Request::CreateSlice(..) => (
                Identity::from((105_u32, 0_u32)),
                u64::from(store.slices.len()),
            ),
            Request::CreateOther(_) => (
                Identity::from((106_u32, 0_u32)),
                u64::from(store.others.len()),
            ),
        }
    }
}

/// The lane on which a caller gets its answer, and which stands for the caller in faults.
pub(super) const fn caller_lane(caller: Caller) -> Lane {
    match caller {
        Caller::Controller(..) => Lane::CONTROLLERS,
        Caller::Scheduler(..) => Lane::SCHEDULER,
        Caller::Kubelet(node, ..) => Lane::kubelet(node),
        Caller::User(..) => Lane::USER,
        Caller::Scenario(_) => Lane::SCENARIO,
        Caller::Nobody(actor) => match actor {
            Actor::Scheduler => Lane::SCHEDULER,
            Actor::Kubelet(node) => Lane::kubelet(node),
            Actor::Proxy(node) => Lane::proxy(node),
            Actor::Client(client) => Lane::client(client),
            Actor::User => Lane::USER,
            Actor::Scenario => Lane::SCENARIO,
            Actor::ApiServer | Actor::Controller(_) => Lane::CONTROLLERS,
        },
    }
}

/// Whether a ReplicaSet came or went: what the scheduler's default spreading depends on (S104).
const fn selects_anew(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::ReplicaSetCreated(..)
            | Fact::ReplicaSetChanged(_, ReplicaSetChange::Meta(MetaChange::Removed))
    )
}

/// Who reacts to one change of a pod's status: scheduler, controllers, kubelet.
fn status_interests(change: &StatusChange, by: Actor) -> (bool, bool, bool) {
    match change {
        StatusChange::Phase(phase) => (phase.is_terminal(), true, false),
        StatusChange::Ip(_) => (false, true, false),
        StatusChange::Nominated(_) => (true, false, false),
        StatusChange::Condition(kind, ..) => match kind {
            // Somebody else than the kubelet may write them: it corrects that (K9).
            PodConditionType::Ready | PodConditionType::ContainersReady => {
                (false, true, !matches!(by, Actor::Kubelet(_)))
            }
            PodConditionType::DisruptionTarget => (false, true, false),
            PodConditionType::PodScheduled
            | PodConditionType::PodReadyToStartContainers
            | PodConditionType::Initialized => (false, false, false),
        },
        StatusChange::Gate(..) => (false, false, true),
        StatusChange::Reason(_)
        | StatusChange::Message(_)
        | StatusChange::Started(_)
        | StatusChange::ObservedGeneration(_)
        | StatusChange::ConditionMessage(..)
        | StatusChange::Container(..) => (false, false, false),
    }
}
