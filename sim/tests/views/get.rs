//! Lists and objects.

use expect_test::{Expect, expect};
use wavetank_sim::report::get::{Request, get};
use wavetank_sim::report::select::{Query, parse_fields, parse_words};

use crate::script::*;

/// `get`, as on the command line, at so many seconds of the run.
fn check_get(seconds: u64, line: &str, expected: Expect) {
    let loaded = whole().load(seconds);
    let mut request = Request {
        query: Query {
            namespace: Some("default".into()),
            ..Query::default()
        },
        ..Request::default()
    };
    let mut words = Vec::new();
    let mut arguments = line.split_whitespace();
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_default();
        match argument {
            "-o" => request.output = next().parse().unwrap(),
            "-l" => request.query.labels = next().parse().unwrap(),
            "-L" => request.label_columns.push(next().into()),
            "-A" => request.query.namespace = None,
            "--show-labels" => request.show_labels = true,
            "--field-selector" => request.query.fields = parse_fields(next()).unwrap(),
            "--sort-by" => request.sort_by = Some(next().into()),
            word => words.push(word.to_owned()),
        }
    }
    let found = parse_words(&words)
        .map_err(|error| error.to_string())
        .and_then(|wanted| {
            request.query.wanted = wanted;
            get(&loaded.snapshot(), &request).map_err(|error| error.to_string())
        });
    let text = match found {
        Ok(answer) => {
            let missing: Vec<_> = answer.missing.iter().map(ToString::to_string).collect();
            answer.text + &answer.remark.unwrap_or_default() + &missing.join("\n")
        }
        Err(error) => error,
    };
    expected.assert_eq(&text);
}

#[test]
fn pods_are_listed_as_by_kubectl() {
    check_get(
        2,
        "pods",
        expect![[r#"
        NAME             READY   STATUS    RESTARTS   AGE
        web-6f8d-x2bqk   2/2     Running   0          1s
        web-6f8d-z4c7d   2/2     Running   0          1s
    "#]],
    );
    check_get(
        12,
        "pods -o wide",
        expect![[r#"
        NAME             READY   STATUS        RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES
        web-6f8d-x2bqk   2/2     Terminating   0          11s   10.244.1.7   node-1   <none>           <none>
        web-6f8d-z4c7d   2/2     Running       0          11s   10.244.1.8   node-1   <none>           <none>
    "#]],
    );
    check_get(
        15,
        "po",
        expect![[r#"
        NAME             READY   STATUS             RESTARTS   AGE
        web-6f8d-x2bqk   2/2     Terminating        0          14s
        web-6f8d-z4c7d   1/2     CrashLoopBackOff   0          14s
    "#]],
    );
    check_get(
        33,
        "pods -A -L app --show-labels",
        expect![[r#"
        NAMESPACE   NAME             READY   STATUS        RESTARTS      AGE   APP   LABELS
        default     web-6f8d-x2bqk   2/2     Terminating   0             32s   web   app=web
        default     web-6f8d-z4c7d   2/2     Running       1 (20s ago)   32s   web   app=web
    "#]],
    );
    check_get(
        33,
        "pods --field-selector status.podIP=10.244.1.8 -o name",
        expect![[r#"
            pod/web-6f8d-z4c7d
        "#]],
    );
    check_get(
        33,
        "pods --field-selector spec.magic=1",
        expect![
            "field label not supported for pods: spec.magic (supported: metadata.name, metadata.namespace, spec.nodeName, spec.restartPolicy, spec.schedulerName, spec.serviceAccountName, status.phase, status.podIP, status.nominatedNodeName)"
        ],
    );
    check_get(
        33,
        "pods -l app!=web",
        expect!["No resources found in default namespace."],
    );
    check_get(33, "pod nope", expect![[r#"pods "nope" not found"#]]);
    check_get(
        33,
        "pots",
        expect![[
            r#"the server doesn't have a resource type "pots": try pods, nodes, deployments, …"#
        ]],
    );
    check_get(
        1,
        "pods",
        expect!["No resources found in default namespace."],
    );
}

#[test]
fn other_kinds_are_listed_as_by_kubectl() {
    check_get(
        40,
        "all",
        expect![[r#"
        NAME                 READY   STATUS        RESTARTS      AGE
        pod/web-6f8d-x2bqk   2/2     Terminating   0             39s
        pod/web-6f8d-z4c7d   2/2     Running       1 (27s ago)   39s

        NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
        service/web   ClusterIP   10.96.0.5    <none>        80/TCP    38s

        NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
        deployment.apps/web   0/2     0            0           39s

        NAME                       DESIRED   CURRENT   READY   AGE
        replicaset.apps/web-6f8d   2         0         0       39s
    "#]],
    );
    check_get(
        40,
        "nodes -o wide",
        expect![[r#"
        NAME     STATUS   ROLES           AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE    KERNEL-VERSION   CONTAINER-RUNTIME
        node-1   Ready    control-plane   40s   v1.36.2   <none>        <none>        <unknown>   <unknown>        <unknown>
    "#]],
    );
    check_get(
        40,
        "endpointslices,endpoints",
        expect![[r#"
            NAME                                       ADDRESSTYPE   PORTS   ENDPOINTS               AGE
            endpointslice.discovery.k8s.io/web-abcde   IPv4          8080    10.244.1.7,10.244.1.8   38s

            NAME            ENDPOINTS         AGE
            endpoints/web   10.244.1.8:8080   38s
        "#]],
    );
    check_get(
        40,
        "deploy -o wide",
        expect![[r#"
        NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES   SELECTOR
        web    0/2     0            0           39s   web          web:1    app=web
    "#]],
    );
    check_get(
        40,
        "events --sort-by .lastTimestamp",
        expect![[r#"
        LAST SEEN   TYPE     REASON              OBJECT                MESSAGE
        39s         Normal   ScalingReplicaSet   deployment/web        Scaled up replica set web-6f8d from 0 to 2
        39s         Normal   SuccessfulCreate    replicaset/web-6f8d   Created pod: web-6f8d-x2bqk
        39s         Normal   Scheduled           pod/web-6f8d-x2bqk    Successfully assigned default/web-6f8d-x2bqk to node-1
        39s         Normal   SuccessfulCreate    replicaset/web-6f8d   Created pod: web-6f8d-z4c7d
        39s         Normal   Scheduled           pod/web-6f8d-z4c7d    Successfully assigned default/web-6f8d-z4c7d to node-1
        39s         Normal   Pulled              pod/web-6f8d-x2bqk    Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
        39s         Normal   Started             pod/web-6f8d-x2bqk    Container started
        39s         Normal   Pulled              pod/web-6f8d-z4c7d    Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
        39s         Normal   Started             pod/web-6f8d-z4c7d    Container started
        29s         Normal   Killing             pod/web-6f8d-x2bqk    Stopping container web
    "#]],
    );
}

#[test]
fn objects_are_printed_as_by_the_api() {
    check_get(
        33,
        "pod web-6f8d-z4c7d -o yaml",
        expect![[r#"
            apiVersion: v1
            kind: Pod
            metadata:
              creationTimestamp: "2026-01-01T00:00:01Z"
              generation: 1
              labels:
                app: web
              name: web-6f8d-z4c7d
              namespace: default
              ownerReferences:
              - apiVersion: apps/v1
                blockOwnerDeletion: true
                controller: true
                kind: ReplicaSet
                name: web-6f8d
                uid: 8da7d27d-a4cd-49f7-a4b2-265de5b68f0d
              resourceVersion: "16"
              uid: 955d7cdb-c0c8-4cab-8609-904a6e8d9780
            spec:
              containers:
              - image: web:1
                imagePullPolicy: IfNotPresent
                name: web
                ports:
                - containerPort: 8080
                  protocol: TCP
                resources:
                  requests:
                    cpu: 100m
                    memory: 128Mi
              initContainers:
              - image: proxy:1
                imagePullPolicy: IfNotPresent
                name: proxy
                resources: {}
                restartPolicy: Always
              nodeName: node-1
              restartPolicy: Always
              schedulerName: default-scheduler
              serviceAccountName: default
              terminationGracePeriodSeconds: 30
            status:
              conditions:
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: Initialized
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: Ready
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: PodScheduled
              containerStatuses:
              - containerID: containerd://0097acb2c0db4bbe6cabc19dcf0406b57c8c2dca0130ef3e4cfac94fb6faa841
                image: web:1
                imageID: sha256:3df68899e19c6a6ac6effaae5fec3e99e9eace1ff16ec758a3347af058710f63
                lastState:
                  terminated:
                    containerID: containerd://0097acb2c0db4bbe6cabc19dcf0406b57c8c2dca0130ef3e4cfac94fb6faa841
                    exitCode: 1
                    finishedAt: "2026-01-01T00:00:13Z"
                    reason: Error
                    startedAt: "2026-01-01T00:00:01Z"
                name: web
                ready: true
                restartCount: 1
                state:
                  running:
                    startedAt: "2026-01-01T00:00:23Z"
              initContainerStatuses:
              - containerID: containerd://bb094579c97549f47515b9d8a446ba3796835daf6a6c36a28496ca1f213e0d10
                image: proxy:1
                imageID: sha256:49460a5269299654e07b15f30aa59474bbbdc060929a416b3ecb158c45482ac4
                lastState: {}
                name: proxy
                ready: true
                restartCount: 0
                started: true
                state:
                  running:
                    startedAt: "2026-01-01T00:00:01Z"
              phase: Running
              podIP: 10.244.1.8
              podIPs:
              - ip: 10.244.1.8
              qosClass: BestEffort
              startTime: "2026-01-01T00:00:01Z"
        "#]],
    );
    check_get(
        33,
        "deploy web -o yaml",
        expect![[r#"
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              creationTimestamp: "2026-01-01T00:00:01Z"
              generation: 1
              labels:
                app: web
              name: web
              namespace: default
              resourceVersion: "2"
              uid: 7da0ba20-a846-4d91-a88f-ad7e271aacd2
            spec:
              minReadySeconds: 0
              progressDeadlineSeconds: 600
              replicas: 2
              revisionHistoryLimit: 10
              selector:
                matchLabels:
                  app: web
              strategy:
                rollingUpdate:
                  maxSurge: 25%
                  maxUnavailable: 25%
                type: RollingUpdate
              template:
                metadata:
                  labels:
                    app: web
                spec:
                  containers:
                  - image: web:1
                    imagePullPolicy: IfNotPresent
                    name: web
                    ports:
                    - containerPort: 8080
                      protocol: TCP
                    resources:
                      requests:
                        cpu: 100m
                        memory: 128Mi
                  initContainers:
                  - image: proxy:1
                    imagePullPolicy: IfNotPresent
                    name: proxy
                    resources: {}
                    restartPolicy: Always
                  restartPolicy: Always
                  schedulerName: default-scheduler
                  serviceAccountName: default
                  terminationGracePeriodSeconds: 30
            status: {}
        "#]],
    );
    check_get(
        33,
        "pods -o jsonpath={.items[*].status.containerStatuses[0].restartCount}",
        expect![[r#"
            0 1
        "#]],
    );
}
