//! Bare pods, each created, started, ready, deleted and gone.

use wavetank_core::fact::Actor;
use wavetank_core::id::PodId;
use wavetank_core::time::SimDuration;

use super::{Clock, Size, bare_pod, cluster, engine, is_ready};
use crate::check::Checks;
use crate::engine::Ended;
use crate::engine::record::Recorder;
use crate::message::call::Request;

/// How many pods are created a simulated second: what one scheduler can bind with the lab's latencies.
const RATE: u32 = 400;
/// How often somebody creates new pods, and deletes those that have become ready.
const STEP: SimDuration = SimDuration::from_millis(100);

pub(super) fn run(
    size: Size,
    recorder: Recorder,
    checks: Checks,
    look: &mut dyn FnMut(u32),
) -> Ended {
    let mut builder = cluster("bench plain", size);
    let pod = bare_pod(&mut builder);
    let mut engine = engine(builder.build(), size, recorder, checks);
    let mut clock = Clock::new(STEP);
    // Room for two simulated minutes of pods on their way, or a full cluster.
    let most = (120 * RATE).min(size.nodes * super::PODS_A_NODE / 2);
    let (mut created, mut deleted, mut gone) = (0, 0, 0);
    while gone < size.pods {
        let room = most - (created - gone).min(most);
        let more = (RATE / 10).min(size.pods - created).min(room);
        for _ in 0..more {
            engine.request(Actor::User, pod.clone());
        }
        created += more;
        let before = (deleted, gone);
        while deleted < created && is_ready(&engine, deleted) {
            engine.request(Actor::User, Request::DeletePod(PodId(deleted), None, None));
            deleted += 1;
        }
        while gone < deleted && engine.cluster().store.pods.newest(gone).is_none() {
            gone += 1;
        }
        look(gone);
        clock.tick(&mut engine, more > 0 || before != (deleted, gone));
    }
    engine.stop()
}
