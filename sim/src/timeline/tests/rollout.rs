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
        &expect![[r#"
            $ rollout restart deployment/web
            deployment.apps/web restarted
            $ rollout pause deployment/web
            deployment.apps/web paused
            $ rollout pause deployment/web
            error: deployments.apps "web" is already paused
            [exit 1]
            $ rollout restart deployment/web
            error: deployments.apps "web" can't restart paused deployment (run rollout resume first)
            [exit 1]
            $ rollout undo deployment/web
            error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again
            [exit 1]
            $ rollout resume deployment/web
            deployment.apps/web resumed
            $ rollout undo deployment/web
            error: no rollout history found for deployment "web"
            [exit 1]
            Deployment(DeploymentId(0), Spec(SpecId))
            Deployment(DeploymentId(0), Paused(true))
            Deployment(DeploymentId(0), Paused(false))
        "#]],
    );
}

#[test]
fn status_waits_for_the_controller() {
    check(
        &["rollout status deployment/web --timeout=3s", "get pods"],
        &expect![[r#"
            $ rollout status deployment/web --timeout=3s
            Waiting for deployment "web" rollout to finish: 0 of 2 updated replicas are available...
            Waiting for deployment "web" rollout to finish: 1 of 2 updated replicas are available...
            error: timed out waiting for the condition
            [exit 1]
            $ get pods
            <get pods>
        "#]],
    );
}
