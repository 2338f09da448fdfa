//! The examples of the rules, section 22.

use expect_test::expect;
use wavetank_core::object::scheduling::Toleration;
use wavetank_core::object::template::{ContainerPort, Protocol};

use super::*;

#[test]
fn tv1_resources_and_balance_tie() {
    let nodes = vec![
        (
            row("n0", 4_000, 10_000 * MIB),
            vec![requests(1_000, 3_000 * MIB)],
        ),
        (
            row("n1", 6_000, 10_000 * MIB),
            vec![requests(3_000, 1_000 * MIB)],
        ),
    ];
    check(
        cluster(nodes),
        requests(1_000, 2_000 * MIB),
        &expect![[r#"
            TaintToleration [300, 300]
            NodeResourcesFit [50, 51]
            NodeResourcesBalancedAllocation [76, 75]
            n0 of 2"#]],
    );
}

#[test]
fn tv3_the_change_of_balance_counts() {
    let node = |name| row(name, 10_000, 10_000 * MIB);
    let nodes = vec![
        (node("n0"), vec![requests(1_000, 6_000 * MIB)]),
        (node("n1"), vec![requests(6_000, 1_000 * MIB)]),
        (node("n2"), Vec::new()),
    ];
    check(
        cluster(nodes),
        requests(3_000, 500 * MIB),
        &expect![[r#"
            TaintToleration [300, 300, 300]
            NodeResourcesFit [47, 47, 82]
            NodeResourcesBalancedAllocation [81, 68, 68]
            n2 of 3"#]],
    );
}

#[test]
fn tv4_tv5_soft_taints() {
    let soft = |key, value| taint(key, value, TaintEffect::PreferNoSchedule);
    let node = |name, taints| NodeRow {
        taints,
        ..row(name, 4_000, 8 * GIB)
    };
    let nodes = || {
        cluster(vec![
            (
                node("n0", vec![soft("a", "1"), soft("b", "1"), soft("c", "1")]),
                Vec::new(),
            ),
            (node("n1", vec![soft("a", "1")]), Vec::new()),
            (node("n2", vec![soft("a", "2"), soft("b", "2")]), Vec::new()),
            (
                node("n3", vec![taint("a", "2", TaintEffect::NoExecute)]),
                Vec::new(),
            ),
        ])
    };
    let tolerating = |exists: bool, effect| PodSpec {
        tolerations: vec![Toleration {
            key: "a".into(),
            exists,
            value: if exists { "".into() } else { "1".into() },
            effect,
            seconds: None,
        }],
        ..requests(1_000, 2 * GIB)
    };
    check(
        nodes(),
        tolerating(false, Some(TaintEffect::NoSchedule)),
        &expect![[r#"
            TaintToleration [0, 201, 102]
            NodeResourcesFit [75, 75, 75]
            NodeResourcesBalancedAllocation [75, 75, 75]
            n1 of 3"#]],
    );
    check(
        nodes(),
        tolerating(true, None),
        &expect![[r#"
            TaintToleration [0, 300, 150, 300]
            NodeResourcesFit [75, 75, 75, 75]
            NodeResourcesBalancedAllocation [75, 75, 75, 75]
            n1 of 4"#]],
    );
}

#[test]
fn tv6_preferred_node_affinity() {
    let node = |name, labels: &[(&str, &str)]| NodeRow {
        labels: labels.iter().copied().collect(),
        ..row(name, 4_000, 8 * GIB)
    };
    let nodes = vec![
        (
            node("n0", &[("disk", "ssd"), ("gen", "7"), ("zone", "a")]),
            Vec::new(),
        ),
        (node("n1", &[("disk", "hdd"), ("gen", "10")]), Vec::new()),
        (node("n2", &[("gen", "x")]), Vec::new()),
    ];
    let mut spec = requests(1_000, 2 * GIB);
    let mut named = expressions(vec![requirement("zone", NodeOperator::DoesNotExist, &[])]);
    named.fields = vec![requirement("metadata.name", NodeOperator::NotIn, &["n1"])];
    spec.affinity.node_preferred = vec![
        (
            40,
            expressions(vec![requirement(
                "disk",
                NodeOperator::In,
                &["ssd", "nvme"],
            )]),
        ),
        (
            25,
            expressions(vec![requirement("gen", NodeOperator::Gt, &["8"])]),
        ),
        (
            30,
            expressions(vec![requirement("disk", NodeOperator::NotIn, &["ssd"])]),
        ),
        (10, named),
        (100, expressions(Vec::new())),
    ];
    check(
        cluster(nodes),
        spec,
        &expect![[r#"
            TaintToleration [300, 300, 300]
            NodeAffinity [144, 200, 144]
            NodeResourcesFit [75, 75, 75]
            NodeResourcesBalancedAllocation [75, 75, 75]
            n1 of 3"#]],
    );
}

#[test]
fn tv7_nodes_by_name() {
    let mut snapshot = cluster(vec![
        (row("n0", 4_000, 8 * GIB), Vec::new()),
        (row("n1", 4_000, 8 * GIB), Vec::new()),
    ]);
    let mut profile = Profile::new(0);
    let named = |cpu, lists: &[&[&str]]| {
        let fields = lists
            .iter()
            .map(|names| requirement("metadata.name", NodeOperator::In, names));
        let mut spec = requests(cpu, 0);
        spec.affinity.node_required = Some(vec![NodeTerm {
            expressions: Vec::new(),
            fields: fields.collect(),
        }]);
        spec
    };
    let mut step = |spec, expected: Expect| {
        let text = explain(&mut snapshot, &mut profile, spec);
        expected.assert_eq(&format!("{text}, next {}", profile.next_start));
    };
    step(
        named(5_000, &[&["n1"]]),
        expect![
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(80), next 1"
        ],
    );
    let mut plain = requests(1_000, 0);
    plain.nonzero.1 = 200 * MIB;
    step(
        plain,
        expect![[r#"
            TaintToleration [300, 300]
            NodeResourcesFit [86, 86]
            NodeResourcesBalancedAllocation [68, 68]
            n1 of 2, next 1"#]],
    );
    step(
        named(1_000, &[&["gone"]]),
        expect![
            "0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(16), next 1"
        ],
    );
    step(
        named(1_000, &[&["n0"], &["n1"]]),
        expect![
            "0/2 nodes are available: pod affinity terms conflict. not found Rejectors(16), next 1"
        ],
    );
}

#[test]
fn tv8_images() {
    let images = |names: &[(&str, u64)]| names.iter().map(|it| (it.0.into(), it.1)).collect();
    let node = |name, images| NodeRow {
        images,
        ..row(name, 4_000, 8 * GIB)
    };
    let a = ("reg/a:v1", 524_288_000);
    let nodes = || {
        cluster(vec![
            (
                node("n0", images(&[a, ("reg/b:latest", 104_857_600)])),
                Vec::new(),
            ),
            (node("n1", images(&[a])), Vec::new()),
            (node("n2", Vec::new()), Vec::new()),
        ])
    };
    let container = |image: &str| Container {
        image: image.into(),
        ..Container::default()
    };
    let mut spec = requests(1_000, 2 * GIB);
    spec.containers = vec![container("reg/a:v1")];
    check(
        nodes(),
        spec.clone(),
        &expect![[r#"
        TaintToleration [300, 300, 300]
        NodeResourcesFit [75, 75, 75]
        NodeResourcesBalancedAllocation [75, 75, 75]
        ImageLocality [31, 31, 0]
        n0 of 3"#]],
    );
    spec.init_containers = vec![container("reg/b")];
    check(
        nodes(),
        spec,
        &expect![[r#"
        TaintToleration [300, 300, 300]
        NodeResourcesFit [75, 75, 75]
        NodeResourcesBalancedAllocation [75, 75, 75]
        ImageLocality [17, 15, 0]
        n0 of 3"#]],
    );
}

#[test]
fn tv18_host_ports() {
    let with_port = |ip: &str, protocol| {
        let mut spec = requests(0, 0);
        spec.containers[0].ports = vec![ContainerPort {
            host_port: 8_080,
            host_ip: ip.into(),
            protocol,
            ..ContainerPort::default()
        }];
        spec
    };
    let mut plain_init = requests(0, 0);
    plain_init.init_containers = with_port("", Protocol::Tcp).containers;
    let node = |name| row(name, 4_000, 8 * GIB);
    let nodes = || {
        cluster(vec![
            (node("n0"), vec![with_port("10.0.0.1", Protocol::Tcp)]),
            (node("n1"), vec![with_port("10.0.0.1", Protocol::Udp)]),
            (node("n2"), vec![with_port("", Protocol::Tcp)]),
            (node("n3"), vec![plain_init.clone()]),
        ])
    };
    check(
        nodes(),
        with_port("0.0.0.0", Protocol::Tcp),
        &expect![[r#"
            TaintToleration [300, 300]
            NodeResourcesFit [100, 100]
            n1 of 2"#]],
    );
    check(
        nodes(),
        with_port("10.0.0.2", Protocol::Tcp),
        &expect![[r#"
            TaintToleration [300, 300, 300]
            NodeResourcesFit [100, 100, 100]
            n0 of 3"#]],
    );
}

#[test]
fn tv21_ties() {
    let small = |name| (row(name, 4_000, 8 * GIB), Vec::new());
    let large = |name| (row(name, 8_000, 16 * GIB), Vec::new());
    let nodes = vec![
        small("n0"),
        small("n1"),
        large("n2"),
        large("n3"),
        large("n4"),
    ];
    check(
        cluster(nodes),
        requests(500, GIB),
        &expect![[r#"
            TaintToleration [300, 300, 300, 300, 300]
            NodeResourcesFit [87, 87, 93, 93, 93]
            NodeResourcesBalancedAllocation [75, 75, 75, 75, 75]
            n3 of 5"#]],
    );
}

#[test]
fn tv22_sampling() {
    let cpu = |index: usize| if index % 2 == 1 { 100 } else { 64_000 };
    let nodes = (0..300).map(|index| (row(&format!("n{index}"), cpu(index), 64 * GIB), Vec::new()));
    let mut snapshot = cluster(nodes.collect());
    let shape = snapshot.add_shape(shape(requests(500, GIB)));
    let mut profile = Profile::new(0);
    let starts: Vec<_> = (0..3)
        .map(|_| {
            let Outcome::Chosen { feasible, .. } =
                profile.decide(&mut snapshot, INCOMING, shape, None)
            else {
                panic!("there is room");
            };
            (feasible, profile.next_start)
        })
        .collect();
    assert_eq!(starts, [(144, 288), (144, 276), (144, 264)]);
}

#[test]
fn tv24_failure_text() {
    let tainted = NodeRow {
        taints: vec![taint("a", "1", TaintEffect::NoSchedule)],
        ..row("n1", 4_000, 8 * GIB)
    };
    let cordoned = NodeRow {
        unschedulable: true,
        ..row("n3", 4_000, 8 * GIB)
    };
    let nodes = vec![
        (row("n0", 4_000, 8 * GIB), vec![requests(3_000, 0)]),
        (tainted, Vec::new()),
        (row("n2", 4_000, 8 * GIB), vec![requests(4_000, 7 * GIB)]),
        (cordoned, Vec::new()),
        (row("n4", 2_000, GIB), Vec::new()),
    ];
    // Without priorities: nobody is a victim.
    check(
        cluster(nodes),
        requests(2_000, 2 * GIB),
        &expect![
            "0/5 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient memory. no new claims to deallocate, preemption: 0/5 nodes are available: 2 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling. Rejectors(74)"
        ],
    );
}

#[test]
fn tv24_extended_resources() {
    let extended = |gpu: i64, pages: i64| {
        vec![
            ("example.com/gpu".into(), gpu),
            ("hugepages-2Mi".into(), pages * MIB),
        ]
    };
    let node = |name, pods, extended| {
        let mut node = row(name, 4_000, 8 * GIB);
        node.allocatable.pods = pods;
        node.allocatable.extended = extended;
        node
    };
    let wants = |cpu, extended| {
        let mut spec = requests(cpu, 0);
        spec.requests.extended = extended;
        spec
    };
    let nodes = vec![
        (node("n0", 1, Vec::new()), vec![requests(0, 0)]),
        (node("n1", 0, Vec::new()), Vec::new()),
        (
            node("n2", 110, extended(2, 4)),
            vec![wants(0, extended(1, 0))],
        ),
    ];
    check(
        cluster(nodes),
        wants(1_000, extended(2, 6)),
        &expect![
            "0/3 nodes are available: 2 Too many pods, 3 Insufficient example.com/gpu, 3 Insufficient hugepages-2Mi. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling. Rejectors(64)"
        ],
    );
}
