//! The two ways to a decision against each other, on random clusters and histories.

use proptest::prelude::*;
use wavetank_core::label::{Operator, Requirement, Selector};
use wavetank_core::object::scheduling::{PodTerm, SpreadConstraint, Toleration};
use wavetank_core::object::template::ContainerPort;

use super::super::cluster::Budget;
use super::super::fit_error::FitError;
use super::super::shape::OwnerKind;
use super::*;

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    /// A pod of this shape arrives, perhaps nominated to a node; it is placed where the decision says.
    Arrive(usize, Option<usize>),
    /// The pod that was placed so many placements ago is gone.
    Leave(usize),
    /// It is terminating, or not any more, and perhaps was preempted.
    Mark(usize, bool),
    /// The node is replaced by, or becomes, this one.
    Node(usize, usize),
    /// The node goes away.
    Remove(usize),
    /// A Service selects these pods, or goes away.
    Service(usize, Option<usize>),
    /// A namespace gets these labels, or goes away.
    Namespace(usize, usize),
    /// A pod of this shape is nominated to a node, or no longer.
    Nominate(usize, usize, Option<usize>),
    /// A budget protects these pods, or goes away.
    Budget(usize, Option<i32>),
}

fn step() -> impl Strategy<Value = Step> {
    let node = || 0_usize..300;
    prop_oneof![
        40 => (0..SHAPES, prop::option::weighted(0.05, node()))
            .prop_map(|(shape, node)| Step::Arrive(shape, node)),
        8 => (0_usize..20).prop_map(Step::Leave),
        5 => (0_usize..20, any::<bool>()).prop_map(|(back, is)| Step::Mark(back, is)),
        5 => (node(), 0_usize..KINDS).prop_map(|(node, kind)| Step::Node(node, kind)),
        1 => node().prop_map(Step::Remove),
        2 => (0_usize..3, prop::option::of(0_usize..6)).prop_map(|(a, b)| Step::Service(a, b)),
        1 => (0_usize..3, 0_usize..4).prop_map(|(a, b)| Step::Namespace(a, b)),
        2 => (0_usize..4, 0..SHAPES, prop::option::of(node()))
            .prop_map(|(pod, shape, node)| Step::Nominate(pod, shape, node)),
        1 => (0_usize..6, prop::option::of(0..3)).prop_map(|(a, b)| Step::Budget(a, b)),
    ]
}

/// How many shapes a history has.
const SHAPES: usize = 6;
/// How many kinds of nodes there are.
const KINDS: usize = 16;

/// Something that a pod asks for.
#[derive(Clone, Debug)]
enum Wish {
    Tolerates,
    Prefers,
    Selects,
    Port,
    Image,
    Named,
    Never,
    Owned,
    Spread(SpreadConstraint),
    Near(PodTerm),
    Away(PodTerm),
    Liked(i32, PodTerm),
    Disliked(i32, PodTerm),
}

const KEYS: [&str; 5] = [
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
    "rack",
    "disk",
    "missing",
];

fn selector(index: usize) -> Option<Selector> {
    let app = |operator, values: &[&str]| {
        let requirement = Requirement::new("app", operator, values.iter().copied());
        Some(Selector::new(vec![requirement.expect("valid")]))
    };
    match index {
        0 => None,
        1 => Some(Selector::new(Vec::new())),
        2 => app(Operator::In, &["a"]),
        3 => app(Operator::In, &["a", "b"]),
        4 => app(Operator::NotIn, &["a"]),
        _ => app(Operator::Exists, &[]),
    }
}

fn spread() -> impl Strategy<Value = SpreadConstraint> {
    let policies = (any::<bool>(), any::<bool>());
    let domains = prop::option::weighted(0.2, 1..5);
    let parts = (
        1..4,
        0_usize..40,
        any::<bool>(),
        0_usize..6,
        domains,
        policies,
    );
    parts.prop_map(
        |(max_skew, key, hard, index, min_domains, policies)| SpreadConstraint {
            max_skew,
            topology_key: KEYS[[0, 0, 0, 1, 1, 1, 2, 2, 3, 4][key % 10]].into(),
            hard,
            selector: selector(index.max(key / 8)),
            min_domains: min_domains.filter(|_| hard),
            honor_affinity: policies.0,
            honor_taints: policies.1,
        },
    )
}

fn term() -> impl Strategy<Value = PodTerm> {
    (0_usize..40, 0_usize..6, 0_usize..12).prop_map(|(key, index, namespaces)| {
        let env = |operator, values: &[&str]| {
            let requirement = Requirement::new("env", operator, values.iter().copied());
            Some(Selector::new(vec![requirement.expect("valid")]))
        };
        PodTerm {
            selector: selector(index.max(key / 8)),
            topology_key: KEYS[[0, 0, 0, 1, 1, 1, 2, 2, 3, 4][key % 10]].into(),
            namespaces: match namespaces {
                0 | 1 => vec!["other".into()],
                _ => Vec::new(),
            },
            namespace_selector: match namespaces {
                1 | 2 => env(Operator::In, &["prod"]),
                3 => Some(Selector::new(Vec::new())),
                4 => env(Operator::DoesNotExist, &[]),
                _ => None,
            },
        }
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        1 => Just(Wish::Tolerates),
        1 => Just(Wish::Prefers),
        1 => Just(Wish::Selects),
        1 => Just(Wish::Port),
        1 => Just(Wish::Image),
        1 => Just(Wish::Named),
        1 => Just(Wish::Never),
        2 => Just(Wish::Owned),
        6 => spread().prop_map(Wish::Spread),
        2 => term().prop_map(Wish::Near),
        3 => term().prop_map(Wish::Away),
        2 => (1..60, term()).prop_map(|(weight, term)| Wish::Liked(weight, term)),
        2 => (1..60, term()).prop_map(|(weight, term)| Wish::Disliked(weight, term)),
    ]
}

/// A random pod: size, labels and namespace, priority, wishes.
fn pod() -> impl Strategy<Value = PodShape> {
    let wishes = prop_oneof![
        2 => Just(Vec::new()),
        5 => prop::collection::vec(wish(), 1..4),
    ];
    (0_usize..4, 0_usize..8, 0..3, wishes).prop_map(|(size, labels, priority, wishes)| {
        let cpu = [100, 300, 700, 1_500][size];
        let mut spec = requests(cpu, [MIB, 600 * MIB, GIB, 3 * GIB][size]);
        spec.priority = priority;
        let mut is_owned = false;
        for wish in wishes {
            is_owned |= matches!(wish, Wish::Owned);
            grant(&mut spec, wish);
        }
        let mut shape = shape(spec);
        shape.labels = match labels % 4 {
            0 => Labels::default(),
            label => Labels::default().with("app", ["a", "b", "c"][label - 1]),
        };
        if labels >= 6 {
            shape.namespace = "other".into();
        }
        if is_owned {
            shape = shape.owned_by(OwnerKind::ReplicaSet, "web");
        }
        shape
    })
}

fn grant(spec: &mut PodSpec, wish: Wish) {
    let affinity = &mut spec.affinity;
    match wish {
        Wish::Tolerates => spec.tolerations.push(Toleration {
            key: "a".into(),
            exists: true,
            value: "".into(),
            effect: None,
            seconds: None,
        }),
        Wish::Prefers => affinity.node_preferred.push((
            7,
            expressions(vec![requirement("disk", NodeOperator::In, &["ssd"])]),
        )),
        Wish::Selects => spec.node_selector = vec![("disk".into(), "ssd".into())],
        Wish::Port => spec.containers[0].ports.push(ContainerPort {
            host_port: 80,
            ..ContainerPort::default()
        }),
        Wish::Image => spec.containers[0].image = "reg/a:v1".into(),
        Wish::Named => {
            affinity.node_required = Some(vec![NodeTerm {
                expressions: Vec::new(),
                fields: vec![requirement("metadata.name", NodeOperator::In, &["n3"])],
            }]);
        }
        Wish::Never => spec.never_preempts = true,
        Wish::Owned => {}
        Wish::Spread(constraint) => spec.spread.push(constraint),
        Wish::Near(term) => affinity.pod_required.push(term),
        Wish::Away(term) => affinity.anti_required.push(term),
        Wish::Liked(weight, term) => affinity.pod_preferred.push((weight, term)),
        Wish::Disliked(weight, term) => affinity.anti_preferred.push((weight, term)),
    }
}

fn node_of(index: usize, kind: usize) -> NodeRow {
    let mut node = row(
        &format!("n{index}"),
        1_000 + 500 * (kind as i64 % 5),
        4 * GIB,
    );
    let mut labels = Labels::default().with("disk", ["ssd", "hdd"][kind % 2]);
    if let Some(zone) = ["a", "b", "c", ""].get(index % 5) {
        labels = labels.with(KEYS[0], zone);
    }
    if kind != 3 {
        let host = if kind == 4 { index / 2 * 2 } else { index };
        labels = labels.with(KEYS[1], &format!("n{host}"));
    }
    node.labels = labels.with("rack", &format!("r{}", index / 3));
    match kind {
        7 => node.taints = vec![taint("a", "1", TaintEffect::NoSchedule)],
        8 => node.taints = vec![taint("a", "1", TaintEffect::PreferNoSchedule)],
        9 => node.taints = vec![taint("b", "1", TaintEffect::PreferNoSchedule)],
        10 => node.unschedulable = true,
        11 => node.images = vec![("reg/a:v1".into(), 400 << 20)],
        _ => {}
    }
    node
}

/// Two profiles on one cluster.
struct Pair {
    snapshot: Snapshot,
    shapes: Vec<ShapeId>,
    fast: Profile,
    slow: Profile,
    placed: Vec<(NodeId, PlacedPod)>,
}

/// An error with its verdicts in order.
fn sorted(outcome: &Outcome) -> Outcome {
    let Outcome::Unfit(error) = outcome else {
        return outcome.clone();
    };
    let mut verdicts: Vec<_> = error.verdicts.iter().collect();
    verdicts.sort();
    Outcome::Unfit(Box::new(FitError {
        verdicts: verdicts.into_iter().collect(),
        ..(**error).clone()
    }))
}

impl Pair {
    fn arrive(&mut self, number: usize, shape: ShapeId, nominated: Option<NodeId>) {
        let Self {
            snapshot,
            fast,
            slow,
            ..
        } = self;
        let pod = PodId::from_index(number);
        let outcome = fast.decide(snapshot, pod, shape, nominated);
        let request = slow.request(pod, shape, nominated);
        let expected = plain::decide(&slow.framework, snapshot, &request, &mut slow.next_start);
        assert_eq!(sorted(&outcome), sorted(&expected));
        assert_eq!(fast.next_start, slow.next_start);
        match outcome {
            Outcome::Chosen { node, .. } => {
                let mut placed = PlacedPod::new(pod, shape);
                placed.started = (!number.is_multiple_of(3)).then_some(number as i64 % 7);
                snapshot.add_pod(node, placed);
                self.placed.push((node, placed));
            }
            Outcome::Unfit(error) => {
                let offset = number as u64 * 17;
                let found = fast.post_filter(snapshot, pod, shape, nominated, &error, offset);
                let expected =
                    preemption::post_filter(&slow.framework, snapshot, &request, &error, offset);
                assert_eq!(found, expected);
            }
            Outcome::NoNodes => {}
        }
    }

    fn step(&mut self, number: usize, step: Step) {
        let around = &mut self.snapshot.around;
        match step {
            Step::Arrive(shape, nominated) => {
                self.arrive(
                    number,
                    self.shapes[shape],
                    nominated.map(NodeId::from_index),
                );
            }
            Step::Leave(back) => {
                if let Some(at) = self.placed.len().checked_sub(back + 1) {
                    let (node, placed) = self.placed.remove(at);
                    self.snapshot.remove_pod(node, placed.pod);
                }
            }
            Step::Mark(back, is_marked) => {
                if let Some(at) = self.placed.len().checked_sub(back + 1) {
                    let (node, placed) = &mut self.placed[at];
                    placed.terminating = is_marked;
                    placed.preempted = is_marked && back % 2 == 0;
                    self.snapshot.change_pod(*node, *placed);
                }
            }
            Step::Node(index, kind) => {
                let id = NodeId::from_index(index);
                self.snapshot.set_node(id, node_of(index, kind));
            }
            Step::Remove(index) => self.snapshot.remove_node(NodeId::from_index(index)),
            Step::Service(name, index) => {
                let namespace = ["default", "other"][name % 2];
                let name = ["x", "y", "z"][name];
                around.set_service(namespace, name, index.and_then(selector));
                if let Some(index) = index {
                    let kind = OwnerKind::ReplicaSet;
                    around.set_controller(namespace, kind, "web", selector(index));
                }
            }
            Step::Namespace(name, labels) => {
                let labels = match labels {
                    0 => None,
                    1 => Some(Labels::default()),
                    2 => Some(Labels::default().with("env", "prod")),
                    _ => Some(Labels::default().with("env", "test")),
                };
                around.set_namespace(["default", "other", "third"][name], labels);
            }
            Step::Nominate(pod, shape, node) => {
                let pod = PodId::from_index(5_000 + pod);
                around.nominate(pod, self.shapes[shape], node.map(NodeId::from_index));
            }
            Step::Budget(index, allowed) => {
                let budget = allowed.map(|allowed| Budget {
                    selector: selector(index),
                    allowed,
                    disrupted: Vec::new(),
                });
                around.set_budget("default", ["x", "y"][index % 2], budget);
            }
        }
    }
}

fn run(kinds: &[usize], shapes: Vec<PodShape>, steps: Vec<Step>, percentage: u32) {
    let nodes = kinds.iter().enumerate();
    let nodes = nodes.map(|(index, kind)| (node_of(index, *kind), Vec::new()));
    let mut snapshot = cluster(nodes.collect());
    let shapes = shapes.into_iter().map(|shape| snapshot.add_shape(shape));
    let mut pair = Pair {
        shapes: shapes.collect(),
        snapshot,
        fast: Profile::new(percentage),
        slow: Profile::new(percentage),
        placed: Vec::new(),
    };
    for (number, step) in steps.into_iter().enumerate() {
        pair.step(number, step);
    }
}

fn percentage() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0_u32), Just(100), Just(30)]
}

fn shapes() -> impl Strategy<Value = Vec<PodShape>> {
    prop::collection::vec(pod(), SHAPES..=SHAPES)
}

/// Few cases, unless `PROPTEST_CASES` says how many.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if default.cases == 256 {
        48
    } else {
        default.cases
    };
    ProptestConfig { cases, ..default }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever happens to a small cluster, the columns give the same choice, message, next start and
    /// victims as the letter of the rules.
    #[test]
    fn columns_decide_as_the_rules_do(
        kinds in prop::collection::vec(0..KINDS, 1..24),
        shapes in shapes(),
        steps in prop::collection::vec(step(), 1..120),
        percentage in percentage(),
    ) {
        let steps = steps.into_iter().map(|step| within(step, 24)).collect();
        run(&kinds, shapes, steps, percentage);
    }

    /// The same in clusters where not every node is looked at.
    #[test]
    fn columns_sample_as_the_rules_do(
        kinds in prop::collection::vec(0..KINDS, 90..290),
        shapes in shapes(),
        steps in prop::collection::vec(step(), 1..60),
        percentage in percentage(),
    ) {
        run(&kinds, shapes, steps, percentage);
    }
}

/// The step on a cluster of so many nodes.
fn within(step: Step, nodes: usize) -> Step {
    match step {
        Step::Arrive(shape, node) => Step::Arrive(shape, node.map(|node| node % nodes)),
        Step::Node(node, kind) => Step::Node(node % nodes, kind),
        Step::Remove(node) => Step::Remove(node % nodes),
        Step::Nominate(pod, shape, node) => {
            Step::Nominate(pod, shape, node.map(|node| node % nodes))
        }
        other @ (Step::Leave(_)
        | Step::Mark(..)
        | Step::Service(..)
        | Step::Namespace(..)
        | Step::Budget(..)) => other,
    }
}
