//! Objects that do not fit together.

use expect_test::expect;

use super::mistakes::{DEPLOYMENT, check, check_changed};

#[test]
fn a_probe_on_an_unknown_port() {
    check_changed(
        "port: http}",
        "port: htpp}",
        expect![[r#"
        warning[S019]: the readinessProbe of container `web` asks port `htpp`, which the container does not name
          --> web.yaml:17:42  spec.template.spec.containers[0].readinessProbe.httpGet.port
           |
        17 |         readinessProbe: {httpGet: {port: htpp}}
           |                                          ^^^^ no port of this name
           |
           = help: did you mean `http`?
        0 errors, 1 warning
    "#]],
    );
}

#[test]
fn a_service_that_finds_no_pod() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: wbe}\n  ports: [{port: 80}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web2}\nspec:\n  selector: {app: web}\n  ports: [{port: 80, targetPort: web}]\n";
    check(
        &format!("{DEPLOYMENT}{service}"),
        expect![[r#"
        warning[S019]: the selector of Service `web` matches no pod
          --> web.yaml:23:13  spec.selector
           |
        23 |   selector: {app: wbe}
           |             ^^^^^^^^^^ no pod has these labels
           |
           = help: the pods of deployment/web have the labels app=web
        warning[S019]: Service `web2` sends to port `web`, which no container of its pods names
          --> web.yaml:31:34  spec.ports[0].targetPort
           |
        31 |   ports: [{port: 80, targetPort: web}]
           |                                  ^^^ no port of this name
           |
           = help: there is `http`; a name is needed under the container's `ports`
        0 errors, 2 warnings
    "#]],
    );
}

#[test]
fn a_budget_that_allows_nothing() {
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  minAvailable: 2\n  selector: {matchLabels: {app: web}}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web2}\nspec:\n  maxUnavailable: 0%\n  selector: {matchLabels: {app: web}}\n";
    check(
        &format!("{DEPLOYMENT}{budget}"),
        expect![[r#"
            warning[S019]: PodDisruptionBudget `web` can never allow an eviction
              --> web.yaml:23:17  spec.minAvailable
               |
            23 |   minAvailable: 2
               |                 ^ all pods of 2 must be available
               |
               = help: a drain would wait for ever: set `maxUnavailable: 1`, or have more replicas
            warning[S019]: PodDisruptionBudget `web2` can never allow an eviction
              --> web.yaml:30:19  spec.maxUnavailable
               |
            30 |   maxUnavailable: 0%
               |                   ^^ no pod of 2 may ever be unavailable
               |
               = help: a drain would wait for ever: set `maxUnavailable: 1`, or have more replicas
            0 errors, 2 warnings
        "#]],
    );
}

#[test]
fn missing_objects() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  priorityClassName: hgih\n  containers:\n  - name: a\n    image: a\n    envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: maybe, optional: true}}]\n  volumes:\n  - {name: keys, secret: {secretName: keys}}\n---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 10\n";
    check(
        pod,
        expect![[r#"
            warning[S019]: pod/a names PriorityClass `hgih`, which no file makes
             --> web.yaml:5:22  spec.priorityClassName
              |
            5 |   priorityClassName: hgih
              |                      ^^^^ did you mean `high`?
              |
              = help: without it, a real API server refuses the pod; here it is made all the same
            warning[S019]: pod/a names ConfigMap `settings`, which no file makes
             --> web.yaml:9:37  spec.containers[0].envFrom[0].configMapRef.name
              |
            9 |     envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: maybe, optional: true}}]
              |                                     ^^^^^^^^
              |
              = help: without it, a real kubelet does not start its container (CreateContainerConfigError); here it is started all the same
            warning[S019]: pod/a names Secret `keys`, which no file makes
              --> web.yaml:11:39  spec.volumes[0].secret.secretName
               |
            11 |   - {name: keys, secret: {secretName: keys}}
               |                                       ^^^^
               |
               = help: without it, a real kubelet cannot mount the volume and the pod stays in ContainerCreating; here it is started all the same
            0 errors, 3 warnings
        "#]],
    );
}

#[test]
fn a_pod_that_fits_no_node() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {disk: ssd}}\nstatus: {capacity: {cpu: 4, memory: 16Gi}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: a, resources: {requests: {cpu: 1, memory: 32Gi}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec:\n  nodeSelector: {disk: hdd}\n  containers:\n  - {name: a, image: a}\n";
    check(
        text,
        expect![[r#"
            warning[S019]: the requests of pod/a fit no node
              --> web.yaml:11:47  spec.containers[0].resources.requests
               |
            11 |   - {name: a, image: a, resources: {requests: {cpu: 1, memory: 32Gi}}}
               |                                               ^^^^^^^^^^^^^^^^^^^^^^ memory: 32Gi
               |
               = help: the largest node, n1, has 16Gi of memory: ask for less, or add larger nodes
            warning[S019]: the nodeSelector of pod/b matches no node
              --> web.yaml:17:17  spec.nodeSelector
               |
            17 |   nodeSelector: {disk: hdd}
               |                 ^^^^^^^^^^^ no node has disk=hdd
               |
               = help: the pods stay Pending: give a node these labels, in a Node manifest or below `cluster.nodes` of a scenario
            0 errors, 2 warnings
        "#]],
    );
}

#[test]
fn many_missing_objects_are_one_message() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let volumes = names.map(|name| format!("{{name: {name}, configMap: {{name: {name}}}}}"));
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{{name: a, image: a}}]\n  volumes:\n  - {}\n",
        volumes.join("\n  - ")
    );
    check(
        &text,
        expect![[r#"
            warning[S019]: pod/a names 7 objects of kind ConfigMap that no file makes
             --> web.yaml:7:33  spec.volumes[0].configMap.name
              |
            7 |   - {name: a, configMap: {name: a}}
              |                                 ^ also b, c, d, e and 2 more
              |
              = help: without them, a real kubelet cannot mount the volume and the pod stays in ContainerCreating; here it is started all the same
            0 errors, 1 warning
        "#]],
    );
}

#[test]
fn labels_that_controllers_add_are_met() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web, pod-template-hash: abc}\n  ports: [{port: 80}]\n";
    check(&format!("{DEPLOYMENT}{service}"), expect![[r#""#]]);
}
