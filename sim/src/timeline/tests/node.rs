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
        &expect![[""]],
    );
}
