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
        &expect![[r#"
            $ scale deployment/web --replicas=5
            deployment.apps/web scaled
            $ scale deployment web --replicas=1 --current-replicas=4
            error: Expected replicas to be 4, was 5
            [exit 1]
            $ scale deployment/nothing --replicas=1
            Error from server (NotFound): deployments.apps "nothing" not found
            [exit 1]
            Deployment(DeploymentId(0), Scaled(5))
        "#]],
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
        &expect![[r#"
            $ set image deployment/web web=web:2
            deployment.apps/web image updated
            $ set image deployment/web web=web:2
            $ set image deployment/web other=web:2
            error: unable to find container named "other"
            [exit 1]
            $ set image pod/lonely *=lonely:2
            pod/lonely image updated
            Deployment(DeploymentId(0), Spec(SpecId))
            Pod(PodId(0), Template(TemplateId))
        "#]],
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
        &expect![[r#"
            $ create deployment shop --image=shop:1 --replicas=3 --port=8080
            deployment.apps/shop created
            $ set env deployment/shop COLOUR=blue
            deployment.apps/shop env updated
            $ set resources deployment/shop --limits=cpu=1,memory=1Gi
            deployment.apps/shop resource requirements updated
            $ set image deployment/shop shop=shop:2
            deployment.apps/shop image updated
            $ patch deployment/shop -p '{"spec": {"replicas": 4, "template": {"spec": {"terminationGracePeriodSeconds": 5}}}}'
            deployment.apps/shop patched
            $ patch deployment/shop -p '{"spec": {"replicas": 4}}'
            deployment.apps/shop patched (no change)
            $ patch deployment/shop -p '{"spec": {"replicaz": 4}}'
            The Deployment "shop" is invalid: unknown field `spec.replicaz` in Deployment
            [exit 1]
            $ set env deployment/web COLOUR=blue
            error: Deployment web was not made from a manifest: it cannot be changed by its fields
            [exit 1]
            $ scale deployment/shop --replicas=1
            deployment.apps/shop scaled
            DeploymentId(1) created, replicas 3
            Deployment(DeploymentId(1), Spec(SpecId))
            Deployment(DeploymentId(1), Spec(SpecId))
            Deployment(DeploymentId(1), Spec(SpecId))
            Deployment(DeploymentId(1), Scaled(4))
            Deployment(DeploymentId(1), Spec(SpecId))
            Deployment(DeploymentId(1), Scaled(1))
        "#]],
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
        &expect![[r#"
            $ label pod lonely tier=db
            pod/lonely labeled
            $ label pod lonely tier=web
            error: 'tier' already has a value (db), and --overwrite is false
            [exit 1]
            $ label pod lonely tier=web --overwrite
            pod/lonely labeled
            $ label pod lonely tier- nothing-
            label "nothing" not found.
            pod/lonely unlabeled
            $ label pods -l app=lonely x=1
            pod/lonely labeled
            $ annotate deployment/web why=because
            deployment.apps/web annotated
            $ annotate deployment/web why=so
            error: --overwrite is false but found the following declared annotation(s): 'why' already has a value (because)
            [exit 1]
            $ annotate deployment/web why=so --overwrite
            deployment.apps/web annotated
            Pod(PodId(0), Labels(SetId))
            Pod(PodId(0), Labels(SetId))
            Pod(PodId(0), Labels(SetId))
            Pod(PodId(0), Labels(SetId))
            Deployment(DeploymentId(0), Meta(Annotations(SetId)))
            Deployment(DeploymentId(0), Meta(Annotations(SetId)))
        "#]],
    );
}

#[test]
fn a_nodes_fields_can_be_patched() {
    check_in(
        cluster(),
        &[r#"patch node node-1 -p '{"spec": {"unschedulable": true}}'"#],
        &expect![[r#"
            $ patch node node-1 -p '{"spec": {"unschedulable": true}}'
            node/node-1 patched
            Node(NodeId(0), Unschedulable(true))
        "#]],
    );
}
