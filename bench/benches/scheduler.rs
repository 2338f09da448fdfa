//! Scheduling decisions a second: identical pods arriving at clusters of several sizes, each placed where
//! the decision says.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{Container, PodSpec, PodTemplate};
use wavetank_sim::component::scheduler::decision::node::{NodeRow, PlacedPod};
use wavetank_sim::component::scheduler::decision::shape::{PodShape, ShapeId};
use wavetank_sim::component::scheduler::decision::snapshot::Snapshot;
use wavetank_sim::component::scheduler::decision::{Outcome, Profile};

/// How many pods arrive before the cluster is emptied again.
const PODS: u32 = 2_000;

fn cluster(nodes: usize) -> (Snapshot, ShapeId) {
    let mut snapshot = Snapshot::default();
    for index in 0..nodes {
        let zone = ["a", "b", "c"][index % 3];
        let row = NodeRow {
            name: format!("node-{index}").into(),
            labels: Labels::from_iter([("topology.kubernetes.io/zone", zone)]),
            allocatable: Resources {
                cpu: 32_000,
                memory: 128 << 30,
                pods: 110,
                ..Resources::default()
            },
            ..NodeRow::default()
        };
        snapshot.set_node(NodeId::from_index(index), row);
    }
    let requests = Resources {
        cpu: 100,
        memory: 500 << 20,
        ..Resources::default()
    };
    let spec = PodSpec {
        containers: vec![Container::default()],
        nonzero: (requests.cpu, requests.memory),
        requests,
        ..PodSpec::default()
    };
    let template = PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec,
        manifest: "".into(),
    };
    let shape = PodShape::new("default", Labels::default(), Arc::new(template));
    let shape = snapshot.add_shape(shape);
    (snapshot, shape)
}

/// Places [`PODS`] pods and takes them away again.
fn churn(profile: &mut Profile, snapshot: &mut Snapshot, shape: ShapeId, placed: &mut Vec<NodeId>) {
    for pod in 0..PODS {
        let Outcome::Chosen { node, .. } = profile.decide(snapshot, PodId(u32::MAX), shape, None)
        else {
            panic!("there is room for all of them");
        };
        snapshot.add_pod(node, PlacedPod::new(PodId(pod), shape));
        placed.push(node);
    }
    for (pod, node) in placed.drain(..).enumerate() {
        snapshot.remove_pod(node, PodId::from_index(pod));
    }
}

fn identical_pods(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scheduler/identical pods");
    group.throughput(Throughput::Elements(u64::from(PODS)));
    for (nodes, percentage) in [(100, 0), (1_000, 0), (5_000, 0), (5_000, 100)] {
        let kind = if percentage == 0 {
            "sampled"
        } else {
            "all scored"
        };
        let name = format!("{nodes} nodes, {kind}");
        let (mut snapshot, shape) = cluster(nodes);
        let mut profile = Profile::new(percentage);
        let mut placed = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                churn(&mut profile, black_box(&mut snapshot), shape, &mut placed);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, identical_pods);
criterion_main!(benches);
