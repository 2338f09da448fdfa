//! Large clusters made by programs: what `wavetank bench` and the benchmarks run.
//!
//! The clients' rate limits are off, since with Kubernetes' own the scheduler would bind 50 pods a
//! simulated second, and every image is on every node. Everything else is as in any run: latencies of the lab, the API
//! server, watches, scheduler, kubelets with their relists, leases, proxies.

mod live;
mod plain;
mod schedule;

use std::sync::Arc;

use wavetank_core::id::PodId;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use crate::check::Checks;
use crate::engine::record::Recorder;
use crate::engine::{Ended, Engine};
use crate::message::call::{CreatePod, NewName, Request};
use crate::plan::Plan;
use crate::plan::build::PlanBuilder;

/// What a benchmark's cluster does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Bare pods without probes, each created, started, ready, deleted and gone.
    Plain,
    /// Bare pods created and bound; the kubelets stand still.
    Schedule,
    /// Pods of Deployments of 100 replicas behind Services, with readiness probes: brought up, then
    /// kept for [`HELD`].
    Live,
}

/// How long live pods are kept once all of them are ready.
pub const HELD: SimDuration = SimDuration::from_secs(60);

/// Pods that a node has room for.
pub const PODS_A_NODE: u32 = 110;

/// How large the cluster is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Its nodes, at least one.
    pub nodes: u32,
    /// How many pods there are in all.
    pub pods: u32,
    /// The seed of all draws.
    pub seed: u64,
    /// Whether everything is played out instead of computed when somebody looks.
    pub exact: bool,
}

impl Size {
    /// Whether all pods find room at once, as [`Workload::Schedule`] and [`Workload::Live`] need.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.pods as u64 <= self.nodes as u64 * PODS_A_NODE as u64
    }
}

/// Runs a workload to its end. `look` is told how many pods are done, now and then.
///
/// # Panics
///
/// When the cluster does not do what the workload is about: a pod that never becomes ready, say. That
/// would be a mistake of the model.
pub fn run(
    workload: Workload,
    size: Size,
    recorder: Recorder,
    checks: Checks,
    look: &mut dyn FnMut(u32),
) -> Ended {
    match workload {
        Workload::Plain => plain::run(size, recorder, checks, look),
        Workload::Schedule => schedule::run(size, recorder, checks, look),
        Workload::Live => live::run(size, recorder, checks, look),
    }
}

/// A cluster with nothing in it yet.
fn cluster(name: &str, size: Size) -> PlanBuilder {
    let nodes = size.nodes as usize;
    let mut builder =
        PlanBuilder::new(name).nodes_of(nodes, 32_000, 128 << 30, i64::from(PODS_A_NODE));
    let plan = builder.plan();
    plan.exact = size.exact;
    plan.settings.scheduler.api_qps = 0;
    plan.settings.controllers.api_qps = 0;
    plan.images.default.present = true;
    // Whoever drives the engine says when it is over.
    plan.span.limit = SimDuration::from_secs(1_000_000);
    plan.span.until = Some(plan.span.limit);
    builder
}

fn engine(plan: Plan, size: Size, recorder: Recorder, checks: Checks) -> Engine {
    Engine::new(Arc::new(plan), size.seed, Vec::new(), recorder, checks)
}

/// How a bare pod is created: of one container that asks for 100 m and 128 MiB, and exits on TERM.
fn bare_pod(builder: &mut PlanBuilder) -> Request {
    let template = builder.template("bare", |_| ());
    let base = builder.plan().definitions.text("bare-");
    Request::CreatePod(Box::new(CreatePod {
        namespace: known::DEFAULT,
        name: NewName::Generate(base),
        template,
        owner: None,
        node: None,
    }))
}

/// A loop of a fixed step in simulated time, which gives up when nothing comes of it any more.
struct Clock {
    now: SimTime,
    step: SimDuration,
    /// When something last came of it.
    progress: SimTime,
}

impl Clock {
    const fn new(step: SimDuration) -> Self {
        Self {
            now: SimTime::ZERO,
            step,
            progress: SimTime::ZERO,
        }
    }

    /// Runs the engine for one more step.
    ///
    /// # Panics
    ///
    /// When nothing has come of it for ten simulated minutes.
    fn tick(&mut self, engine: &mut Engine, has_progressed: bool) {
        if has_progressed {
            self.progress = self.now;
        }
        assert!(
            self.now.since(self.progress) < SimDuration::from_secs(600),
            "nothing comes of it any more"
        );
        self.now += self.step;
        engine.run_until(self.now);
    }
}

/// Whether a pod is ready, as the API server has it.
fn is_ready(engine: &Engine, pod: u32) -> bool {
    let pod = engine.cluster().store.pods.newest(PodId(pod).0);
    pod.is_some_and(wavetank_core::object::pod::Pod::is_ready)
}

#[cfg(test)]
mod tests;
