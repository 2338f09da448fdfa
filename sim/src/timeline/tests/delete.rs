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
        &expect![[""]],
    );
}

#[test]
fn force_is_said_to_be_dangerous() {
    check(&["delete pod lonely --force"], &expect![[""]]);
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
        &expect![[""]],
    );
}
