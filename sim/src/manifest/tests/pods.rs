//! What is derived from a pod's spec, and what the API server would fill in.

use expect_test::{Expect, expect};

use crate::manifest::{Object, effective_requests, image_name};

use super::read;

fn check_requests(spec: &str, expected: Expect) {
    let import = read(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"
    ));
    let Object::Pod(pod) = &import.objects[0].object else {
        panic!("a pod was written")
    };
    expected.assert_eq(&format!(
        "{:?}",
        effective_requests(pod.spec.as_ref().unwrap())
    ));
}

// S90
#[test]
fn requests_add_up() {
    check_requests(
        "{containers: [{name: a, image: a, resources: {requests: {cpu: 100m, memory: 1Gi}}}, {name: b, image: b, resources: {limits: {cpu: 1}}}], overhead: {cpu: 50m}}",
        expect![[r#"{"cpu": 1150, "memory": 1073741824}"#]],
    );
}

#[test]
fn init_containers_count_beside_earlier_sidecars() {
    check_requests(
        "{initContainers: [{name: s, image: s, restartPolicy: Always, resources: {requests: {cpu: 200m}}}, {name: i, image: i, resources: {requests: {cpu: 1, memory: 1Mi}}}], containers: [{name: a, image: a, resources: {requests: {cpu: 100m}}}]}",
        expect![[r#"{"cpu": 1200, "memory": 1048576}"#]],
    );
}

#[test]
fn requests_of_the_pod_replace_the_sum() {
    check_requests(
        "{resources: {requests: {cpu: 3}}, containers: [{name: a, image: a, resources: {requests: {cpu: 100m, memory: 5}}}]}",
        expect![[r#"{"cpu": 3000, "memory": 5}"#]],
    );
}

#[test]
fn images_are_split() {
    let mut text = String::new();
    for image in [
        "nginx",
        "nginx:1.29",
        "localhost:5000/a/web",
        "ghcr.io/a/web:2@sha256:ab",
        "a@sha256:cd",
    ] {
        text.push_str(&format!("{:?}\n", image_name(image)));
    }
    expect![[r#"
        ImageName { repository: "nginx", short: "nginx", tag: None, digest: None }
        ImageName { repository: "nginx", short: "nginx", tag: Some("1.29"), digest: None }
        ImageName { repository: "localhost:5000/a/web", short: "web", tag: None, digest: None }
        ImageName { repository: "ghcr.io/a/web", short: "web", tag: Some("2"), digest: Some("sha256:ab") }
        ImageName { repository: "a", short: "a", tag: None, digest: Some("sha256:cd") }
    "#]].assert_eq(&text);
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds are not asked for"
)]
fn check_defaults(text: &str, expected: Expect) {
    let import = read(text);
    let object = &import.objects[0].object;
    let value = match object {
        Object::Pod(object) => serde_json::to_string_pretty(object),
        Object::Deployment(object) => {
            serde_json::to_string_pretty(&object.spec.as_ref().unwrap().strategy)
        }
        Object::Job(object) => {
            let mut spec = object.spec.clone().unwrap();
            spec.template = k8s_openapi::api::core::v1::PodTemplateSpec::default();
            serde_json::to_string_pretty(&spec)
        }
        Object::Service(object) => serde_json::to_string_pretty(&object.spec),
        Object::HorizontalPodAutoscaler(object) => serde_json::to_string_pretty(&object.spec),
        _ => panic!("this kind is not shown here"),
    };
    expected.assert_eq(&value.unwrap());
    let mut again = object.clone();
    crate::manifest::apply_defaults(&mut again);
    assert_eq!(&again, object);
}

// C47, C48
#[test]
fn pods_get_defaults() {
    check_defaults(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}}, resources: {limits: {cpu: 1}}}]}\n",
        expect![[r#"
            {
              "apiVersion": "v1",
              "kind": "Pod",
              "metadata": {
                "name": "a",
                "namespace": "default"
              },
              "spec": {
                "containers": [
                  {
                    "image": "a",
                    "imagePullPolicy": "Always",
                    "livenessProbe": {
                      "failureThreshold": 3,
                      "httpGet": {
                        "path": "/",
                        "port": 80,
                        "scheme": "HTTP"
                      },
                      "periodSeconds": 10,
                      "successThreshold": 1,
                      "timeoutSeconds": 1
                    },
                    "name": "a",
                    "ports": [
                      {
                        "containerPort": 80,
                        "hostPort": 80,
                        "protocol": "TCP"
                      }
                    ],
                    "resources": {
                      "limits": {
                        "cpu": "1"
                      },
                      "requests": {
                        "cpu": "1"
                      }
                    },
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File"
                  }
                ],
                "dnsPolicy": "ClusterFirst",
                "enableServiceLinks": true,
                "hostNetwork": true,
                "restartPolicy": "Always",
                "schedulerName": "default-scheduler",
                "securityContext": {},
                "terminationGracePeriodSeconds": 30
              }
            }"#]],
    );
}

// C52
#[test]
fn workloads_get_defaults() {
    check_defaults(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, strategy: {rollingUpdate: {maxSurge: 0}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n",
        expect![[r#"
            {
              "rollingUpdate": {
                "maxSurge": 0,
                "maxUnavailable": "25%"
              },
              "type": "RollingUpdate"
            }"#]],
    );
    check_defaults(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}\n",
        expect![[r#"
            {
              "backoffLimit": 6,
              "completionMode": "NonIndexed",
              "completions": 1,
              "manualSelector": false,
              "parallelism": 1,
              "podReplacementPolicy": "TerminatingOrFailed",
              "suspend": false,
              "template": {}
            }"#]],
    );
}

// C53
#[test]
fn services_get_defaults() {
    check_defaults(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n",
        expect![[r#"
            {
              "allocateLoadBalancerNodePorts": true,
              "externalTrafficPolicy": "Cluster",
              "internalTrafficPolicy": "Cluster",
              "ports": [
                {
                  "port": 80,
                  "protocol": "TCP",
                  "targetPort": 80
                }
              ],
              "sessionAffinity": "None",
              "type": "LoadBalancer"
            }"#]],
    );
}

#[test]
fn older_autoscalers_are_translated() {
    check_defaults(
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: {kind: Deployment, name: a}}\n",
        expect![[r#"
            {
              "maxReplicas": 3,
              "metrics": [
                {
                  "resource": {
                    "name": "cpu",
                    "target": {
                      "averageUtilization": 50,
                      "type": "Utilization"
                    }
                  },
                  "type": "Resource"
                }
              ],
              "minReplicas": 1,
              "scaleTargetRef": {
                "kind": "Deployment",
                "name": "a"
              }
            }"#]],
    );
}
