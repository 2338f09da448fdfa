//! Whatever people do, in the end there is what they asked for. In a debug build every sync counts its
//! pods again.

use proptest::prelude::*;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::id::{DeploymentId, PodId, ReplicaSetId};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, next_version, vector};

/// Something that somebody does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Delete(u32),
    /// Takes a pod's labels away.
    Relabel(u32),
    Scale(u32),
    Roll,
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        4 => (0_u32..12).prop_map(Act::Delete),
        2 => (0_u32..12).prop_map(Act::Relabel),
        2 => (0_u32..6).prop_map(Act::Scale),
        1 => Just(Act::Roll),
    ];
    prop::collection::vec((0_u64..2_000, act), 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn there_are_as_many_pods_as_asked_for(acts in acts()) {
        let builder = PlanBuilder::new("random")
            .nodes(2)
            .service("web")
            .deployment("web", 3, |_| ());
        let mut plan = vector(builder);
        let next = next_version(&mut plan, |_| ());
        let kubelets = Kubelets {
            ready_after: Some(SimDuration::from_millis(300)),
            gone_after: SimDuration::from_millis(200),
        };
        let mut bench = Bench::new(plan, kubelets);
        bench.until(SimTime::from_secs(1));
        let web = DeploymentId(0);
        for (wait, act) in acts {
            bench.until(bench.engine.now() + SimDuration::from_millis(wait));
            match act {
                Act::Delete(pod) => bench.user(Request::DeletePod(PodId(pod), None, None)),
                Act::Relabel(pod) => {
                    let change = PodChange::Labels(wavetank_core::object::definition::EMPTY_SET);
                    bench.change(Fact::PodChanged(PodId(pod), change));
                }
                Act::Scale(replicas) => {
                    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Scaled(replicas)));
                }
                Act::Roll => {
                    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Spec(next)));
                }
            }
        }
        bench.seconds(60);
        let store = &bench.cluster().store;
        let wanted = store.deployments.newest(0).expect("it is there");
        let owned = |pod: &u32| {
            let pod = store.pods.newest(*pod).expect("it is live");
            pod.owner.is_some_and(|owner| ReplicaSetId::try_from(owner).is_ok())
        };
        let pods: Vec<u32> = store.pods.live_indexes().filter(owned).collect();
        prop_assert_eq!(pods.len(), wanted.replicas as usize);
        prop_assert_eq!(wanted.status.available, wanted.replicas);
        let listed: usize = store
            .slices
            .live_indexes()
            .filter_map(|slice| store.slices.newest(slice))
            .map(|slice| slice.endpoints.iter().filter(|it| it.ready).count())
            .sum();
        prop_assert_eq!(listed, pods.len());
    }
}
