//! Scheduling decisions a second: pods arriving at clusters of several sizes, each placed where the
//! decision says.
//!
//! Measured is one batch of arrivals, with what it costs to bring columns up to date in between. Taking
//! the batch away again, and the first decision after that, are not measured.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::{Labels, Operator, Requirement, Selector};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::{PodTerm, SpreadConstraint};
use wavetank_core::object::template::{Container, PodSpec, PodTemplate};
use wavetank_sim::component::scheduler::decision::node::{NodeRow, PlacedPod};
use wavetank_sim::component::scheduler::decision::shape::{PodShape, ShapeId};
use wavetank_sim::component::scheduler::decision::snapshot::Snapshot;
use wavetank_sim::component::scheduler::decision::{Outcome, Profile, Request, plain};

const SIZES: [usize; 5] = [100, 1_000, 5_000, 20_000, 100_000];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";

/// What arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Workload {
    /// Pods that are all alike, and belong to nothing.
    Plain,
    /// Pods of five Deployments behind Services: the default spread.
    Deployments,
    /// Hard spread over zones.
    Spread,
    /// A preference for the pods of another kind, and against one's own.
    Affinity,
    /// Never two on a host.
    AntiAffinity,
    /// So many shapes in turn.
    Shapes(usize),
    /// Pods that fit nowhere, while others come and go.
    Unschedulable,
    /// Pods of high priority in a full cluster: who would have to go?
    Preemption,
}

/// A cluster, and pods that come and go.
struct World {
    snapshot: Snapshot,
    profile: Profile,
    workload: Workload,
    shapes: Vec<ShapeId>,
    placed: Vec<NodeId>,
    batch: u32,
}

fn app(name: &str) -> Selector {
    let requirement = Requirement::new("app", Operator::In, [name]);
    Selector::new(vec![requirement.expect("a valid one")])
}

fn spec(cpu: i64, memory: i64) -> PodSpec {
    let requests = Resources {
        cpu,
        memory: memory << 20,
        ..Resources::default()
    };
    PodSpec {
        containers: vec![Container::default()],
        nonzero: (requests.cpu, requests.memory),
        requests,
        ..PodSpec::default()
    }
}

fn shape(name: &str, spec: PodSpec) -> PodShape {
    let template = PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec,
        manifest: "".into(),
    };
    let labels = Labels::from_iter([("app", name)]);
    PodShape::new("default", labels, Arc::new(template))
}

fn term(name: &str, key: &str) -> PodTerm {
    PodTerm {
        selector: Some(app(name)),
        topology_key: key.into(),
        namespaces: Vec::new(),
        namespace_selector: None,
    }
}

fn shapes_of(workload: Workload) -> Vec<PodShape> {
    let mut small = spec(100, 500);
    let one = |spec| vec![shape("web", spec)];
    match workload {
        Workload::Plain => one(small),
        Workload::Deployments => ["a", "b", "c", "d", "e"]
            .map(|name| shape(name, small.clone()))
            .into(),
        Workload::Spread => {
            small.spread = vec![SpreadConstraint {
                max_skew: 1,
                topology_key: ZONE.into(),
                hard: true,
                selector: Some(app("web")),
                min_domains: None,
                honor_affinity: true,
                honor_taints: false,
            }];
            one(small)
        }
        Workload::Affinity => {
            let mut web = small.clone();
            web.affinity.pod_preferred = vec![(50, term("cache", ZONE))];
            web.affinity.anti_preferred = vec![(100, term("web", HOSTNAME))];
            vec![shape("web", web), shape("cache", small)]
        }
        Workload::AntiAffinity => {
            small.affinity.anti_required = vec![term("web", HOSTNAME)];
            one(small)
        }
        Workload::Shapes(count) => (0..count)
            .map(|index| {
                let index = i64::try_from(index).expect("few");
                shape("web", spec(50 + index % 37 * 10, 64 + index))
            })
            .collect(),
        Workload::Unschedulable => vec![shape("web", spec(64_000, 500)), shape("b", small)],
        Workload::Preemption => {
            small = spec(20_000, 500);
            small.priority = 1_000;
            one(small)
        }
    }
}

impl World {
    fn new(nodes: usize, workload: Workload, percentage: u32) -> Self {
        let mut snapshot = Snapshot::default();
        for index in 0..nodes {
            let zone = ["a", "b", "c"][index % 3];
            let name = format!("node-{index}");
            let row = NodeRow {
                labels: Labels::from_iter([(ZONE, zone), (HOSTNAME, &*name)]),
                name: name.into(),
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
        if workload == Workload::Preemption {
            fill(&mut snapshot, nodes);
        }
        if workload == Workload::Deployments {
            for name in ["a", "b", "c", "d", "e"] {
                snapshot
                    .around
                    .set_service("default", name, Some(app(name)));
            }
        }
        let shapes = shapes_of(workload).into_iter();
        let shapes = shapes.map(|shape| snapshot.add_shape(shape)).collect();
        Self {
            snapshot,
            profile: Profile::new(percentage),
            workload,
            shapes,
            placed: Vec::new(),
            batch: match workload {
                Workload::AntiAffinity => u32::try_from(nodes / 2).expect("few").min(2_000),
                Workload::Preemption => 100,
                Workload::Plain
                | Workload::Deployments
                | Workload::Spread
                | Workload::Affinity
                | Workload::Unschedulable
                | Workload::Shapes(_) => 2_000,
            },
        }
    }

    /// Takes the batch away, and lets columns see that.
    fn reset(&mut self) {
        for (pod, node) in self.placed.drain(..).enumerate() {
            self.snapshot.remove_pod(node, PodId::from_index(pod));
        }
        for shape in &self.shapes {
            let pod = PodId(u32::MAX);
            black_box(self.profile.decide(&mut self.snapshot, pod, *shape, None));
        }
    }

    /// A batch of pods arrives.
    fn arrive(&mut self) {
        for pod in 0..self.batch {
            let shape = self.shapes[pod as usize % self.shapes.len()];
            let outcome = self
                .profile
                .decide(&mut self.snapshot, PodId(u32::MAX), shape, None);
            match outcome {
                Outcome::Chosen { node, .. } => {
                    let pod = PodId::from_index(self.placed.len());
                    self.snapshot.add_pod(node, PlacedPod::new(pod, shape));
                    self.placed.push(node);
                }
                Outcome::Unfit(error) => {
                    let Self {
                        snapshot, profile, ..
                    } = self;
                    let id = PodId(u32::MAX);
                    let post = profile.post_filter(snapshot, id, shape, None, &error, 0);
                    let pod = snapshot.shape(shape);
                    black_box(error.text(&profile.framework, pod, &post.text));
                    assert_eq!(
                        self.workload == Workload::Preemption,
                        post.preemption.is_some()
                    );
                    if let Some(preemption) = post.preemption {
                        // One of the victims goes, and comes back: the cluster changes.
                        let (node, pod) =
                            (preemption.chosen().node, preemption.chosen().victims[0]);
                        let pods = &self.snapshot.node(node).pods;
                        let placed = pods.iter().find(|placed| placed.pod == pod);
                        let placed = *placed.expect("a victim");
                        self.snapshot.remove_pod(node, pod);
                        self.snapshot.add_pod(node, placed);
                    }
                }
                Outcome::NoNodes => unreachable!("there are nodes"),
            }
        }
    }

    /// The same by the letter of the rules.
    fn arrive_slowly(&mut self, pods: u32) {
        for pod in 0..pods {
            let shape = self.shapes[pod as usize % self.shapes.len()];
            let request = Request {
                pod: PodId(u32::MAX),
                shape,
                nominated: None,
                percentage: 100,
            };
            self.snapshot.refresh();
            let outcome = plain::decide(&self.profile.framework, &self.snapshot, &request, &mut 0);
            if let Outcome::Chosen { node, .. } = outcome {
                let pod = PodId::from_index(self.placed.len());
                self.snapshot.add_pod(node, PlacedPod::new(pod, shape));
                self.placed.push(node);
            }
        }
    }
}

/// Thirty small pods of low priority on every node.
fn fill(snapshot: &mut Snapshot, nodes: usize) {
    let low = snapshot.add_shape(shape("low", spec(1_000, 500)));
    for node in 0..nodes {
        for pod in 0..30 {
            let id = PodId::from_index(10_000 + node * 30 + pod);
            let mut placed = PlacedPod::new(id, low);
            placed.started = i64::try_from(pod).ok();
            snapshot.add_pod(NodeId::from_index(node), placed);
        }
    }
}

fn measure(
    group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    world: World,
) {
    group.throughput(Throughput::Elements(u64::from(world.batch)));
    let world = std::cell::RefCell::new(world);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || world.borrow_mut().reset(),
            |()| world.borrow_mut().arrive(),
            BatchSize::PerIteration,
        );
    });
}

fn decisions(criterion: &mut Criterion) {
    let workloads = [
        ("plain", Workload::Plain),
        ("deployments", Workload::Deployments),
        ("spread", Workload::Spread),
        ("affinity", Workload::Affinity),
        ("anti-affinity", Workload::AntiAffinity),
        ("preemption", Workload::Preemption),
        ("unschedulable", Workload::Unschedulable),
        ("shapes-100", Workload::Shapes(100)),
        ("shapes-1000", Workload::Shapes(1_000)),
    ];
    for (name, workload) in workloads {
        let mut group = criterion.benchmark_group(format!("scheduler/{name}"));
        for nodes in SIZES {
            if nodes > 20_000 && matches!(workload, Workload::Shapes(1_000)) {
                continue; // more columns than are kept: it measures how fast they are made
            }
            let world = World::new(nodes, workload, 100);
            measure(&mut group, &format!("{nodes} nodes"), world);
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("scheduler/sampled");
    for nodes in SIZES {
        let world = World::new(nodes, Workload::Plain, 0);
        measure(&mut group, &format!("{nodes} nodes"), world);
    }
    group.finish();
}

/// What the same costs without columns, at 1,000 nodes.
fn letter_of_the_rules(criterion: &mut Criterion) {
    const PODS: u32 = 20;
    let mut group = criterion.benchmark_group("scheduler/letter of the rules");
    group.throughput(Throughput::Elements(u64::from(PODS)));
    for (name, workload) in [
        ("plain", Workload::Plain),
        ("deployments", Workload::Deployments),
        ("affinity", Workload::Affinity),
    ] {
        let world = std::cell::RefCell::new(World::new(1_000, workload, 100));
        group.bench_function(format!("{name}, 1000 nodes"), |bencher| {
            bencher.iter_batched(
                || world.borrow_mut().reset(),
                |()| world.borrow_mut().arrive_slowly(PODS),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .without_plots();
    targets = decisions, letter_of_the_rules
}
criterion_main!(benches);
