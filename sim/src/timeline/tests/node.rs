use expect_test::expect;

use super::check;

#[test]
fn cordon_and_taint() {
    check(
        &[
            "cordon node-1",
            "cordon node-1",
            "uncordon node-1",
            "taint nodes node-2 gpu=true:NoSchedule",
            "taint nodes node-2 gpu=false:NoSchedule",
            "taint nodes node-2 gpu=false:NoSchedule --overwrite",
            "taint nodes node-2 gpu:NoSchedule-",
            "taint nodes node-2 gpu-",
        ],
        &expect![[r#"
            $ cordon node-1
            node/node-1 cordoned
            $ cordon node-1
            node/node-1 already cordoned
            $ uncordon node-1
            node/node-1 uncordoned
            $ taint nodes node-2 gpu=true:NoSchedule
            node/node-2 tainted
            $ taint nodes node-2 gpu=false:NoSchedule
            error: node node-2 already has gpu taint(s) with same effect(s) and --overwrite is false
            [exit 1]
            $ taint nodes node-2 gpu=false:NoSchedule --overwrite
            node/node-2 tainted
            $ taint nodes node-2 gpu:NoSchedule-
            node/node-2 untainted
            $ taint nodes node-2 gpu-
            error: taint "gpu" not found
            [exit 1]
            Node(NodeId(0), Unschedulable(true))
            Node(NodeId(0), Unschedulable(false))
            Node(NodeId(1), Taints([Taint { key: "gpu", value: "true", effect: NoSchedule }]))
            Node(NodeId(1), Taints([Taint { key: "gpu", value: "false", effect: NoSchedule }]))
            Node(NodeId(1), Taints([]))
        "#]],
    );
}
