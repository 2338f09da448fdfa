use expect_test::expect;

use super::{check, check_in, cluster};

#[test]
fn scale_writes_replicas() {
    check(
        &[
            "scale deployment/web --replicas=5",
            "scale deployment web --replicas=1 --current-replicas=4",
            "scale deployment/nothing --replicas=1",
        ],
        &expect![[""]],
    );
}

#[test]
fn set_image_makes_a_template() {
    check(
        &[
            "set image deployment/web web=web:2",
            "set image deployment/web web=web:2",
            "set image deployment/web other=web:2",
            "set image pod/lonely *=lonely:2",
        ],
        &expect![[""]],
    );
}

#[test]
fn what_was_made_from_a_manifest_can_be_changed_by_its_fields() {
    check(
        &[
            "create deployment shop --image=shop:1 --replicas=3 --port=8080",
            "set env deployment/shop COLOUR=blue",
            "set resources deployment/shop --limits=cpu=1,memory=1Gi",
            "set image deployment/shop shop=shop:2",
            r#"patch deployment/shop -p '{"spec": {"replicas": 4, "template": {"spec": {"terminationGracePeriodSeconds": 5}}}}'"#,
            r#"patch deployment/shop -p '{"spec": {"replicas": 4}}'"#,
            r#"patch deployment/shop -p '{"spec": {"replicaz": 4}}'"#,
            "set env deployment/web COLOUR=blue",
            "scale deployment/shop --replicas=1",
        ],
        &expect![[""]],
    );
}

#[test]
fn labels_and_annotations_follow_kubectl() {
    check(
        &[
            "label pod lonely tier=db",
            "label pod lonely tier=web",
            "label pod lonely tier=web --overwrite",
            "label pod lonely tier- nothing-",
            "label pods -l app=lonely x=1",
            "annotate deployment/web why=because",
            "annotate deployment/web why=so",
            "annotate deployment/web why=so --overwrite",
        ],
        &expect![[""]],
    );
}

#[test]
fn a_nodes_fields_can_be_patched() {
    check_in(
        cluster(),
        &[r#"patch node node-1 -p '{"spec": {"unschedulable": true}}'"#],
        &expect![[""]],
    );
}
