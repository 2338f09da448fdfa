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
mod deliver;
mod drive;
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
use wavetank_core::log::Digest;
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
use crate::measure::{Ending, Measured, Meter};
use crate::message::{Envelope, NO_CAUSE};
use crate::network::Lane;
use crate::network::hold::Holds;
use crate::network::streams::Streams;
use crate::network::window::Windows;
use crate::plan::Plan;
use crate::plan::fault::{Act, FaultStep};
use crate::timeline::Timeline;
use crate::traffic::Traffic;
use crate::world::World;
use calls::Calls;
use context::Outbox;
pub use drive::Absent;
use outcome::Outcome;
use queue::Queue;
use record::Recorder;

/// One run of a plan.
pub struct Engine {
    plan: Arc<Plan>,
    place: Place,
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
    /// What watches that were held back can still be sent; kept only when some will be.
    windows: Windows,
    keeps_windows: bool,
    /// How many watches had to list anew.
    relists: u32,
    losses: fault::Losses,
    faults: Vec<FaultStep>,
    parts: Parts,
    outbox: Outbox,
    recorder: Recorder,
    checks: Checks,
    steady: steady::Steadiness,
    /// How many manifests the API server has answered.
    applied: u32,
    keeps_deliveries: bool,
    /// Edges of faults that are still to come.
    faults_left: u32,
    /// Who stands still.
    absent: Absent,
    meter: Option<Meter>,
    messages: u64,
    trimmed: Trimmed,
    /// Whether the run has ended.
    closed: bool,
}

/// Where a run is: said when it panics, since a panic is a mistake of the model that somebody has to find.
struct Place {
    scenario: Box<str>,
    seed: u64,
    seq: u64,
}

impl Drop for Place {
    #[allow(clippy::print_stderr)] // the panic's own message goes there as well
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self {
                scenario,
                seed,
                seq,
            } = self;
            eprintln!(
                "wavetank: the model failed in scenario {scenario}, seed {seed}, record {seq}"
            );
        }
    }
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
    /// A run of `plan` under `seed`, before its first message, that nobody measures.
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
        Self::measured(plan, seed, faults, recorder, checks, None)
    }

    /// As [`Self::new`], with a meter that looks on.
    #[must_use]
    pub fn measured(
        plan: Arc<Plan>,
        seed: u64,
        faults: Vec<FaultStep>,
        recorder: Recorder,
        checks: Checks,
        meter: Option<Meter>,
    ) -> Self {
        let key = Key::new(seed, &plan.digest);
        let phase = u32::try_from(key.below(Purpose::ClockPhase, 0_u32, 0, NANOS_PER_SECOND))
            .expect("below a second");
        let mut engine = Self {
            place: Place {
                scenario: plan.name.clone(),
                seed,
                seq: 0,
            },
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
            holds: Holds::default(),
            windows: Windows::default(),
            relists: 0,
            keeps_windows: faults
                .iter()
                .any(|step| matches!(step.act, Act::Hold { .. })),
            losses: fault::Losses::default(),
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
                timeline: Timeline::new(&plan, &key),
            },
            outbox: Outbox::default(),
            keeps_deliveries: recorder.keeps_deliveries(),
            faults_left: 0,
            absent: Absent::Nobody,
            meter,
            recorder,
            checks,
            steady: steady::Steadiness::default(),
            applied: 0,
            messages: 0,
            trimmed: Trimmed::default(),
            closed: false,
            key,
            plan,
        };
        if engine.checks.is_on() {
            engine.parts.manager.decided = Some(Vec::new());
        }
        if engine.checks.is_on() || engine.keeps_deliveries {
            engine.parts.traffic.watch();
        }
        // A fault that cannot happen changes nothing (RNG-1).
        let waits =
            |step: &FaultStep| matches!(step.act, Act::Loss { share: 1.., .. } | Act::PauseApi);
        if engine.faults.iter().any(waits) {
            engine.parts.kubelets.wait_for_answers();
        }
        engine.start();
        engine
    }

    /// Runs to the end, and says how it ended.
    ///
    /// # Panics
    ///
    /// On a mistake of the model; the message names scenario, seed and record.
    #[must_use]
    pub fn run(self) -> Outcome {
        self.end().outcome
    }

    /// Runs to the end, and returns everything that is known then.
    ///
    /// # Panics
    ///
    /// On a mistake of the model; the message names scenario, seed and record.
    #[must_use]
    pub fn end(mut self) -> Ended {
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
        let ended = self.has_ended(next.unwrap_or(SimTime::MAX));
        // The end of a warm-up puts new messages into the queue.
        let Some((key, envelope)) = (if ended { None } else { self.queue.pop() }) else {
            self.close();
            return false;
        };
        assert!(key.at >= self.now, "time ran backwards");
        self.now = key.at;
        if self.stands_still(key.lane, envelope) {
            return true;
        }
        self.messages += 1;
        if self.keeps_deliveries {
            self.record_delivery(envelope);
        }
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

    /// How many watches had been away for so long that they had to list anew (C23).
    #[must_use]
    pub const fn relists(&self) -> u32 {
        self.relists
    }

    /// How many messages were handled so far.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// Has the user make a call, which leaves at `at`, or now if that has passed: for tests and tools that
    /// drive a run by hand.
    pub fn call_at(&mut self, at: SimTime, request: crate::message::call::Request) {
        let call = crate::message::call::Call {
            from: crate::message::call::Caller::Nobody(wavetank_core::fact::Actor::User),
            request,
            answer: None,
        };
        self.send(call, at.since(self.now), crate::message::NO_CAUSE);
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
    fn finish(mut self) -> Ended {
        let steady = self.is_steady();
        let zero = self.zero.unwrap_or(SimTime::ZERO);
        let requests = self.parts.traffic.finish();
        self.checks.finish(&self.cluster, &requests, self.now);
        let steps = self.parts.timeline.finish();
        let violations = self.checks.violations;
        let measured = self.meter.map(|meter| {
            meter.finish(&Ending {
                ended: self.now,
                steady,
                requests: &requests,
                steps: &steps,
                violations: &violations,
                cluster: &self.cluster,
            })
        });
        let (digest, log, log_failure) = match self.recorder.finish(&self.cluster) {
            Ok(finished) => (finished.digest, finished.log, None),
            Err(failure) => (Digest([0; 32]), None, Some(failure.to_string())),
        };
        let outcome = Outcome {
            seed: self.seed,
            facts: self.cluster.next_seq,
            messages: self.messages,
            zero,
            ended: self.now,
            steady,
            requests,
            steps,
            violations,
            digest,
            log_failure,
        };
        Ended {
            outcome,
            measured: measured.unwrap_or_default(),
            phase: self.phase,
            cluster: self.cluster,
            log,
        }
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How it went.
    pub outcome: Outcome,
    /// What was measured.
    pub measured: Measured,
    /// Where within a wall second the run began, in nanoseconds.
    pub phase: u32,
    /// The cluster at its end.
    pub cluster: Cluster,
    /// The log of its facts, when it was asked to be kept in memory.
    pub log: Option<Vec<u8>>,
}
