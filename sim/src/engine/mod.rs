//! The engine: pops the earliest message, hands it to its receiver, commits what the receiver decided,
//! and sends what it asked for. One run is one thread and one pure function.
//!
//! ```text
//!  pop (at, lane, n) → route → component.handle(message, view, context) → effects, in order
//!                                                                           │
//!      queue ◄── calls, wakes, deliveries ◄── commit: record → log → apply ◄┘
//! ```

mod calls;
mod commit;
pub mod context;
mod fault;
pub mod outcome;
pub mod queue;
pub mod record;
mod route;
mod start;
mod steady;

use std::sync::Arc;

use wavetank_core::draw::{Key, Purpose};
use wavetank_core::id::Rev;
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::{NANOS_PER_SECOND, SimTime};

use crate::check::Checks;
use crate::component::apiserver::ApiServer;
use crate::component::kubelet::Kubelets;
use crate::component::kubelet::lease::Leases;
use crate::component::manager::Manager;
use crate::component::proxy::Proxies;
use crate::component::scheduler::Scheduler;
use crate::message::{Envelope, NO_CAUSE};
use crate::network::Lane;
use crate::network::hold::Holds;
use crate::network::streams::Streams;
use crate::plan::Plan;
use crate::plan::fault::FaultStep;
use crate::timeline::Timeline;
use crate::traffic::Traffic;
use crate::world::World;
use calls::Calls;
use context::Outbox;
use outcome::Outcome;
use queue::Queue;
use record::Recorder;

/// One run of a plan.
pub struct Engine {
    plan: Arc<Plan>,
    seed: u64,
    key: Key,
    phase: u32,
    now: SimTime,
    /// The lane of the message that is handled.
    lane: Lane,
    /// When t = 0 is, once that is known.
    zero: Option<SimTime>,
    queue: Queue<Envelope>,
    /// The next `n` of each lane.
    lanes: Vec<u32>,
    cluster: Cluster,
    calls: Calls,
    streams: Streams,
    holds: Holds,
    faults: Vec<FaultStep>,
    parts: Parts,
    outbox: Outbox,
    recorder: Recorder,
    checks: Checks,
    steady: steady::Steadiness,
    messages: u64,
    trimmed: Trimmed,
    /// Whether the run has ended.
    closed: bool,
}

/// The components of a run.
pub(crate) struct Parts {
    pub(crate) api: ApiServer,
    pub(crate) scheduler: Scheduler,
    pub(crate) manager: Manager,
    pub(crate) kubelets: Kubelets,
    pub(crate) leases: Leases,
    pub(crate) world: World,
    pub(crate) proxies: Proxies,
    pub(crate) traffic: Traffic,
    pub(crate) timeline: Timeline,
}

/// Revisions at past instants: what may be forgotten.
#[derive(Clone, Debug, Default)]
struct Trimmed {
    /// When the last look was, and the store's revision then.
    at: SimTime,
    rev: Rev,
    /// The look before it.
    earlier: Rev,
}

impl Engine {
    /// A run of `plan` under `seed`, before its first message.
    ///
    /// `faults` is the explicit schedule: expanded from the plan for this seed by
    /// [`crate::fault::expand`], or read from a case file.
    #[must_use]
    pub fn new(
        plan: Arc<Plan>,
        seed: u64,
        faults: Vec<FaultStep>,
        recorder: Recorder,
        checks: Checks,
    ) -> Self {
        let key = Key::new(seed, &plan.digest);
        let phase = u32::try_from(key.below(Purpose::ClockPhase, 0_u32, 0, NANOS_PER_SECOND))
            .expect("below a second");
        let holds = fault::holds(&faults);
        let mut engine = Self {
            seed,
            phase,
            now: SimTime::ZERO,
            lane: Lane::SCENARIO,
            zero: None,
            queue: Queue::new(),
            lanes: Vec::new(),
            cluster: Cluster::new(plan.definitions.clone()),
            calls: Calls::default(),
            streams: Streams::new(&key),
            holds,
            faults,
            parts: Parts {
                api: ApiServer::new(&plan, &key),
                scheduler: Scheduler::new(&plan, &key),
                manager: Manager::new(&plan, &key),
                kubelets: Kubelets::new(&plan, &key),
                leases: Leases::new(&plan, &key),
                world: World::new(&plan, &key),
                proxies: Proxies::new(&plan, &key),
                traffic: Traffic::new(&plan, &key),
                timeline: Timeline::new(&plan),
            },
            outbox: Outbox::default(),
            recorder,
            checks,
            steady: steady::Steadiness::default(),
            messages: 0,
            trimmed: Trimmed::default(),
            closed: false,
            key,
            plan,
        };
        engine.start();
        engine
    }

    /// Runs to the end, and says how it ended.
    ///
    /// # Panics
    ///
    /// On a mistake of the model; the message names scenario, seed and record.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        while self.step() {}
        self.finish()
    }

    /// Handles the next message. Returns false when the run has ended.
    pub fn step(&mut self) -> bool {
        if self.closed {
            return false;
        }
        // Without messages nothing happens any more, but time goes on to the end of the run.
        let next = self.queue.peek_at();
        if self.has_ended(next.unwrap_or(SimTime::MAX)) || next.is_none() {
            self.close();
            return false;
        }
        let (key, envelope) = self.queue.pop().expect("just seen");
        assert!(key.at >= self.now, "{}: time ran backwards", self.place());
        self.now = key.at;
        self.lane = Lane(key.lane);
        self.messages += 1;
        self.route(envelope);
        self.drain(envelope.cause);
        if self.messages.is_multiple_of(4_096) {
            self.trim();
        }
        true
    }

    /// The run ends now: what was counted and not told is told.
    fn close(&mut self) {
        self.closed = true;
        let view = View::latest(&self.cluster);
        let (parts, effects) = (&mut self.parts, &mut self.outbox.effects);
        parts
            .traffic
            .close(self.now, &mut parts.proxies, &parts.world, view, effects);
        self.drain(NO_CAUSE);
    }

    /// Now.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// The cluster as it is now.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What was recorded so far.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// How many messages were handled so far.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// Where a mistake of the model happened: scenario, seed, record.
    fn place(&self) -> String {
        format!(
            "scenario {}, seed {}, record {}",
            self.plan.name, self.seed, self.cluster.next_seq
        )
    }

    /// Forgets versions that no view needs any more.
    fn trim(&mut self) {
        // Everything committed before the look before last has arrived everywhere: delays are bounded
        // by the network's shapes; what holds keep back is counted by the streams themselves.
        let interval = self.parts.proxies.memory();
        if self.now.since(self.trimmed.at) < interval {
            return;
        }
        self.streams.catch_up(self.now, self.trimmed.earlier);
        let keep = self
            .streams
            .oldest(self.cluster.store.rev)
            .min(self.trimmed.earlier)
            .min(self.parts.proxies.oldest(self.now));
        self.cluster.store.trim(keep);
        self.trimmed = Trimmed {
            at: self.now,
            rev: self.cluster.store.rev,
            earlier: self.trimmed.rev,
        };
    }
    /// The run has ended: closes the record and says how it went.
    fn finish(self) -> Outcome {
        let steady = self.is_steady();
        let zero = self.zero.unwrap_or(SimTime::ZERO);
        Outcome {
            seed: self.seed,
            facts: self.cluster.next_seq,
            messages: self.messages,
            zero,
            ended: self.now,
            steady,
            requests: self.parts.traffic.finish(),
            steps: self.parts.timeline.finish(),
            violations: self.checks.violations,
            digest: self.recorder.finish(),
        }
    }
}
