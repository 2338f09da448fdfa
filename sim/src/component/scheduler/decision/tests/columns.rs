//! The two ways to a decision against each other, on random clusters and histories.

use proptest::prelude::*;
use wavetank_core::object::scheduling::Toleration;
use wavetank_core::object::template::ContainerPort;

use super::*;

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    /// A pod of this shape arrives; it is placed where the decision says.
    Arrive(usize),
    /// The pod that was placed so many placements ago is gone.
    Leave(usize),
    /// The node is replaced by, or becomes, this one.
    Node(usize, usize),
    /// The node goes away.
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..SHAPES).prop_map(Step::Arrive),
        5 => (0_usize..20).prop_map(Step::Leave),
        3 => (0_usize..260, 0_usize..12).prop_map(|(node, kind)| Step::Node(node, kind)),
        1 => (0_usize..260).prop_map(Step::Remove),
    ]
}

const SHAPES: usize = 9;

/// Shapes that use every plugin.
fn shape_of(index: usize) -> PodSpec {
    let mut spec = requests([100, 700, 1_500][index % 3], [MIB, GIB, 3 * GIB][index % 3]);
    match index / 3 {
        0 => {}
        1 => {
            spec.tolerations = vec![Toleration {
                key: "a".into(),
                exists: true,
                value: "".into(),
                effect: None,
                seconds: None,
            }];
            spec.affinity.node_preferred = vec![(
                7,
                expressions(vec![requirement("disk", NodeOperator::In, &["ssd"])]),
            )];
        }
        _ => {
            spec.node_selector = vec![("disk".into(), "ssd".into())];
            spec.containers[0].ports = vec![ContainerPort {
                host_port: 80,
                ..ContainerPort::default()
            }];
            spec.containers[0].image = "reg/a:v1".into();
        }
    }
    if index == 5 {
        spec.affinity.node_required = Some(vec![NodeTerm {
            expressions: Vec::new(),
            fields: vec![requirement("metadata.name", NodeOperator::In, &["n3"])],
        }]);
    }
    spec
}

fn node_of(index: usize, kind: usize) -> NodeRow {
    let mut node = row(
        &format!("n{index}"),
        1_000 + 500 * (kind as i64 % 5),
        4 * GIB,
    );
    let zone = ["a", "b", "c", ""][index % 4];
    let disk = ["ssd", "hdd"][kind % 2];
    let mut labels = Labels::default().with("disk", disk);
    if !zone.is_empty() {
        labels = labels.with("topology.kubernetes.io/zone", zone);
    }
    node.labels = labels;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever happens to a cluster, the columns give the same choice, message and next start as the
    /// letter of the rules.
    #[test]
    fn columns_decide_as_the_rules_do(
        kinds in prop::collection::vec(0_usize..12, 1..260),
        steps in prop::collection::vec(step(), 1..160),
        percentage in prop_oneof![Just(0_u32), Just(100), Just(30)],
    ) {
        let nodes = kinds.iter().enumerate();
        let nodes = nodes.map(|(index, kind)| (node_of(index, *kind), Vec::new()));
        let mut snapshot = cluster(nodes.collect());
        let shapes: Vec<_> = (0..SHAPES)
            .map(|index| snapshot.add_shape(shape(shape_of(index))))
            .collect();
        let mut fast = Profile::new(percentage);
        let mut slow = Profile::new(percentage);
        let mut placed: Vec<(NodeId, PodId)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Arrive(index) => {
                    let shape = shapes[index];
                    let outcome = fast.decide(&mut snapshot, INCOMING, shape, None);
                    let request = slow.request(INCOMING, shape, None);
                    let expected = plain::decide(&slow.framework, &snapshot, &request, &mut slow.next_start);
                    prop_assert_eq!(
                        told(&fast, &outcome, &snapshot, shape),
                        told(&slow, &expected, &snapshot, shape)
                    );
                    prop_assert_eq!(fast.next_start, slow.next_start);
                    if let Outcome::Chosen { node, .. } = outcome {
                        let pod = PodId::from_index(number);
                        snapshot.add_pod(node, PlacedPod::new(pod, shape));
                        placed.push((node, pod));
                    }
                }
                Step::Leave(back) => {
                    if let Some(at) = placed.len().checked_sub(back + 1) {
                        let (node, pod) = placed.remove(at);
                        snapshot.remove_pod(node, pod);
                    }
                }
                Step::Node(index, kind) => {
                    snapshot.set_node(NodeId::from_index(index), node_of(index, kind));
                }
                Step::Remove(index) => snapshot.remove_node(NodeId::from_index(index)),
            }
        }
    }
}
