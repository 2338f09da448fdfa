use expect_test::expect;

use super::check;

#[test]
fn restart_pause_resume() {
    check(
        &[
            "rollout restart deployment/web",
            "rollout pause deployment/web",
            "rollout pause deployment/web",
            "rollout restart deployment/web",
            "rollout undo deployment/web",
            "rollout resume deployment/web",
            "rollout undo deployment/web",
        ],
        &expect![[""]],
    );
}

#[test]
fn status_waits_for_the_controller() {
    check(
        &["rollout status deployment/web --timeout=3s", "get pods"],
        &expect![[""]],
    );
}
