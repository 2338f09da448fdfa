//! Pods of Deployments behind Services, brought up and then kept.

use wavetank_core::time::{SimDuration, SimTime};

use super::{Clock, HELD, Size, cluster, engine, is_ready};
use crate::check::Checks;
use crate::engine::Ended;
use crate::engine::record::Recorder;
use crate::plan::build::http_probe;

/// Pods of one Deployment, except the last.
const REPLICAS: u32 = 100;
/// How often somebody looks.
const STEP: SimDuration = SimDuration::from_millis(500);

pub(super) fn run(
    size: Size,
    recorder: Recorder,
    checks: Checks,
    look: &mut dyn FnMut(u32),
) -> Ended {
    let mut builder = cluster("bench live", size);
    for number in 0..size.pods.div_ceil(REPLICAS) {
        let name = format!("web-{number}");
        let replicas = REPLICAS.min(size.pods - number * REPLICAS);
        builder = builder.service(&name).deployment(&name, replicas, |spec| {
            spec.containers[0].readiness = Some(http_probe(10));
        });
    }
    let mut engine = engine(builder.build(), size, recorder, checks);
    let mut clock = Clock::new(STEP);
    let mut ready = 0;
    while ready < size.pods {
        let before = ready;
        // Nothing takes them away: who was ready stays so.
        while ready < size.pods && is_ready(&engine, ready) {
            ready += 1;
        }
        look(ready);
        clock.tick(&mut engine, ready > before);
    }
    let until: SimTime = clock.now + HELD;
    engine.run_until(until);
    engine.stop()
}
