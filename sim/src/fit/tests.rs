//! Manifests in, placements out.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use super::*;
use crate::diagnostic::{Diagnostics, Sources, Style};
use crate::manifest::{Imported, import_text};

/// Two nodes of 2 CPUs in zones a and b; a pod of low priority takes 1500m of the first.
const CLUSTER: &str = r#"
{apiVersion: v1, kind: Node, metadata: {name: one, labels: {kubernetes.io/hostname: one, topology.kubernetes.io/zone: a}}, status: {allocatable: {cpu: "2", memory: 4Gi, pods: "5"}}}
---
{apiVersion: v1, kind: Node, metadata: {name: two, labels: {kubernetes.io/hostname: two, topology.kubernetes.io/zone: b}}, status: {allocatable: {cpu: "2", memory: 4Gi, pods: "5"}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: idle}, spec: {nodeName: one, priority: -1, containers: [{name: c, image: "a:1", resources: {requests: {cpu: 1500m}}}]}, status: {phase: Running}}
---
{apiVersion: v1, kind: Pod, metadata: {name: done}, spec: {nodeName: two, containers: [{name: c, image: "a:1", resources: {requests: {cpu: 2}}}]}, status: {phase: Succeeded}}
"#;

/// What becomes of these manifests on [`CLUSTER`].
fn check(wanted: &str, expected: &Expect) {
    let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
    let dump = import_text("cluster.yaml", CLUSTER, &mut sources);
    let wanted = import_text("wanted.yaml", wanted, &mut sources);
    let is_storage = |it: &&Imported| it.object.kind().starts_with("PersistentVolume");
    let new: Vec<Imported> = wanted.objects.iter().filter(is_storage).cloned().collect();
    let world = cluster(
        Framework::default(),
        dump.objects.into_iter().chain(new).map(|it| it.object),
        &mut diagnostics,
    );
    let classes = BTreeMap::from([("high".to_owned(), 1_000)]);
    let pods = asked(&wanted.objects, None, &classes, &mut diagnostics);
    let mistakes = diagnostics.render(&sources, Style::Plain);
    if diagnostics.has_errors() {
        return expected.assert_eq(&mistakes);
    }
    let report = fit(world.expect("a cluster"), &pods);
    expected.assert_eq(&report.to_text());
}

fn pod(name: &str, cpu: &str, more: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{{more} containers: [{{name: c, \
         image: \"a:1\", resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}\n---\n"
    )
}

#[test]
fn pods_that_ended_take_no_room() {
    check(
        &pod("web", "500m", ""),
        &expect![[r#"
        2 nodes, 1 pod

        OBJECT    PLACED   NODES   ROOM FOR MORE
        pod/web   1/1      two 1   4: one 1, two 3

        pod/web: after 4 more: 0/2 nodes are available: 2 Insufficient cpu.
    "#]],
    );
}

#[test]
fn what_is_placed_first_takes_the_room() {
    check(
        &(pod("big", "2", "") + &pod("small", "1", "")),
        &expect![[r#"
            2 nodes, 1 pod

            OBJECT      PLACED   NODES   ROOM FOR MORE
            pod/big     1/1      two 1   none
            pod/small   0/1      -       none

            pod/big: no room for another: 0/2 nodes are available: 2 Insufficient cpu.

            pod/small does not fit: 0/2 nodes are available: 2 Insufficient cpu.
            It would preempt on one: default/idle
            NODE   REJECTED BY        REASONS
            one    NodeResourcesFit   Insufficient cpu
            two    NodeResourcesFit   Insufficient cpu
        "#]],
    );
}

#[test]
fn a_pod_of_high_priority_would_preempt() {
    let both = pod("first", "2", "") + &pod("second", "2", "priorityClassName: high,");
    check(
        &both,
        &expect![[r#"
        2 nodes, 1 pod

        OBJECT       PLACED   NODES   ROOM FOR MORE
        pod/first    1/1      two 1   none
        pod/second   0/1      -       none

        pod/first: no room for another: 0/2 nodes are available: 2 Insufficient cpu.

        pod/second does not fit: 0/2 nodes are available: 2 Insufficient cpu.
        It would preempt on one: default/idle
        NODE   REJECTED BY        REASONS
        one    NodeResourcesFit   Insufficient cpu
        two    NodeResourcesFit   Insufficient cpu
    "#]],
    );
}

#[test]
fn a_pod_goes_where_its_volume_is() {
    let volume = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: disk}, spec: {capacity: {storage: 1Gi}, \
                  accessModes: [ReadWriteOnce], claimRef: {namespace: default, name: data}, csi: {driver: d, \
                  volumeHandle: h}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: \
                  topology.kubernetes.io/zone, operator: In, values: [a]}]}]}}}}\n---\n{apiVersion: v1, kind: \
                  PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], volumeName: disk, \
                  resources: {requests: {storage: 1Gi}}}, status: {phase: Bound}}\n---\n";
    let claim = |name: &str| {
        format!("volumes: [{{name: v, persistentVolumeClaim: {{claimName: {name}}}}}],")
    };
    let pods = pod("with", "100m", &claim("data")) + &pod("without", "100m", &claim("missing"));
    check(
        &(volume.to_owned() + &pods),
        &expect![[r#"
        2 nodes, 1 pod

        OBJECT        PLACED   NODES   ROOM FOR MORE
        pod/with      1/1      one 1   3: one 3
        pod/without   0/1      -       none

        pod/with: after 3 more: 0/2 nodes are available: 1 Too many pods, 1 node(s) didn't match PersistentVolume's node affinity.

        pod/without does not fit: 0/2 nodes are available: persistentvolumeclaim "missing" not found. not found
    "#]],
    );
}

#[test]
fn replicas_of_a_deployment_are_spread() {
    let deployment = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers: [{name: c, image: "a:1", resources: {requests: {cpu: 200m}}}]
"#;
    check(
        deployment,
        &expect![[r#"
        2 nodes, 1 pod

        OBJECT           PLACED   NODES          ROOM FOR MORE
        deployment/web   4/4      one 2, two 2   1: two 1

        deployment/web: after 1 more: 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.
    "#]],
    );
}

#[test]
fn what_cannot_be_placed_is_said() {
    let set = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: \
               {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: \
               \"a:1\"}]}}}}\n---\n";
    check(
        &(set.to_owned() + &pod("web", "1", "priorityClassName: missing,")),
        &expect![[r#"
            error[F001]: daemonset/agent is not placed: `fit` places pods, Deployments, ReplicaSets, StatefulSets and Jobs
             --> wanted.yaml:1:57
              |
            1 | {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {l...
              |                                                         ^^^^^
              |
              = help: give one of its pods as a Pod
            error[F002]: no PriorityClass is called `missing`
             --> wanted.yaml:3:78  spec.priorityClassName
              |
            3 | {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {priorityClassName: missing, containers: [{name: c, image: "a:1", resources:...
              |                                                                              ^^^^^^^
              |
              = help: add it to the dump or the manifests: kubectl get priorityclasses -o json
            2 errors, 0 warnings; nothing was run
        "#]],
    );
}
