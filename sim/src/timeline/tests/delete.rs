use expect_test::expect;

use super::check;

#[test]
fn deletion_waits_until_it_is_gone() {
    check(
        &[
            "delete pod lonely",
            "delete pod lonely",
            "delete pod lonely --ignore-not-found",
            "delete deployment/web --wait=false",
            "delete pods --all",
        ],
        &expect![[r#"
            $ delete pod lonely
            pod "lonely" deleted from default namespace
            $ delete pod lonely
            Error from server (NotFound): pods "lonely" not found
            [exit 1]
            $ delete pod lonely --ignore-not-found
            $ delete deployment/web --wait=false
            deployment.apps "web" deleted from default namespace
            $ delete pods --all
            pod "web-85779b676-ldm5g" deleted from default namespace
            pod "web-85779b676-gx68t" deleted from default namespace
            Pod(PodId(0), Deleting(Deletion { at: Stamp, grace_seconds: 30 }))
            Deployment(DeploymentId(0), Meta(Removed))
            Pod(PodId(1), Deleting(Deletion { at: Stamp, grace_seconds: 30 }))
            Pod(PodId(2), Deleting(Deletion { at: Stamp, grace_seconds: 30 }))
        "#]],
    );
}

#[test]
fn force_is_said_to_be_dangerous() {
    check(
        &["delete pod lonely --force"],
        &expect![[r#"
        $ delete pod lonely --force
        Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.
        pod "lonely" force deleted from default namespace
        Pod(PodId(0), Deleting(Deletion { at: Stamp, grace_seconds: 0 }))
        Pod(PodId(0), Removed)
    "#]],
    );
}

#[test]
fn wait_for_what_does_not_come() {
    check(
        &[
            "wait --for=condition=Ready pod/lonely --timeout=2s",
            "wait --for=delete pod/nobody",
            "wait --for=jsonpath={.status.phase}=Pending pod/lonely",
            "wait --for=condition=Ready nodes --all",
            "wait --for=condition=Ready pods -l app=nobody",
        ],
        &expect![[r#"
            $ wait --for=condition=Ready pod/lonely --timeout=2s
            error: timed out waiting for the condition on pods/lonely
            [exit 1]
            $ wait --for=delete pod/nobody
            $ wait --for=jsonpath={.status.phase}=Pending pod/lonely
            pod/lonely condition met
            $ wait --for=condition=Ready nodes --all
            node/node-1 condition met
            node/node-2 condition met
            $ wait --for=condition=Ready pods -l app=nobody
            error: no matching resources found
            [exit 1]
        "#]],
    );
}
