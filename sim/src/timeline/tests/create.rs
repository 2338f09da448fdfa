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
        &expect![[""]],
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
        &expect![[""]],
    );
}
