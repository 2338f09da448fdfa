//! Bare pods created and bound, while the kubelets stand still: the scheduler and what it talks to.

use wavetank_core::fact::Actor;
use wavetank_core::time::SimDuration;

use super::{Clock, Size, bare_pod, cluster, engine};
use crate::check::Checks;
use crate::engine::record::Recorder;
use crate::engine::{Absent, Ended};

/// How often somebody looks.
const STEP: SimDuration = SimDuration::from_millis(500);

pub(super) fn run(
    size: Size,
    recorder: Recorder,
    checks: Checks,
    look: &mut dyn FnMut(u32),
) -> Ended {
    let mut builder = cluster("bench schedule", size);
    let pod = bare_pod(&mut builder);
    let mut engine = engine(builder.build(), size, recorder, checks);
    engine.stand_in_for(Absent::Kubelets);
    for _ in 0..size.pods {
        engine.request(Actor::User, pod.clone());
    }
    let mut clock = Clock::new(STEP);
    let mut bound = 0;
    while bound < size.pods {
        let before = bound;
        let pods = &engine.cluster().store.pods;
        // Pods of one shape are bound in the order in which they came.
        let is_bound = |pod| pods.newest(pod).is_some_and(|pod| pod.node.is_some());
        while bound < size.pods && is_bound(bound) {
            bound += 1;
        }
        look(bound);
        clock.tick(&mut engine, bound > before);
    }
    engine.stop()
}
