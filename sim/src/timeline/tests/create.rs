use expect_test::expect;

use super::check;

#[test]
fn objects_are_made_of_flags() {
    check(
        &[
            "create namespace shop",
            "create service clusterip db --tcp=80:9376 -n shop",
            "create configmap settings --from-literal=colour=blue",
            "create pdb web --selector=app=web --min-available=1",
            "create priorityclass high --value=1000",
            "create configmap settings --from-literal=colour=red",
            "run one --image=busybox --restart=Never -- sleep 5",
        ],
        &expect![[r#"
            $ create namespace shop
            namespace/shop created
            $ create service clusterip db --tcp=80:9376 -n shop
            service/db created
            $ create configmap settings --from-literal=colour=blue
            configmap/settings created
            $ create pdb web --selector=app=web --min-available=1
            poddisruptionbudget.policy/web created
            $ create priorityclass high --value=1000
            priorityclass.scheduling.k8s.io/high created
            $ create configmap settings --from-literal=colour=red
            Error from server (AlreadyExists): configmaps "settings" already exists
            [exit 1]
            $ run one --image=busybox --restart=Never -- sleep 5
            pod/one created
            OtherId(0) created, Namespace
            ServiceId(0) created, 10.96.1.0
            OtherId(1) created, ConfigMap
            OtherId(2) created, PodDisruptionBudget
            OtherId(3) created, PriorityClass
            PodId(3) created
        "#]],
    );
}

#[test]
fn workloads_are_exposed_and_autoscaled() {
    check(
        &[
            "expose deployment/web --port=80 --target-port=8080",
            "expose pod lonely --name=other",
            "autoscale deployment/web --min=2 --max=5 --cpu=50%",
            "expose configmap/x",
        ],
        &expect![[r#"
            $ expose deployment/web --port=80 --target-port=8080
            service/web exposed
            $ expose pod lonely --name=other
            service/other exposed
            $ autoscale deployment/web --min=2 --max=5 --cpu=50%
            horizontalpodautoscaler.autoscaling/web autoscaled
            $ expose configmap/x
            Error from server (NotFound): configmaps "x" not found
            [exit 1]
            ServiceId(0) created, 10.96.1.0
            ServiceId(1) created, 10.96.1.1
            OtherId(0) created, HorizontalPodAutoscaler
        "#]],
    );
}
