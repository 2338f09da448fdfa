//! Volumes within the whole engine: what the scheduler chooses, what the controller binds and makes, and
//! when pods are bound after that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::object::{MetaChange, OtherChange};
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::ObjId;
use wavetank_core::object::spec::Spec;
use wavetank_core::state::Cluster;
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::plan::load::{Input, Options};

/// What is written about volumes and claims, and what becomes of pods until they are bound; in seconds.
fn check(path: &Path, expected: &Expect) {
    let mut input = Input::open(&[path.display().to_string()], None);
    let loaded = input.plan(&[], &Options::default()).expect("a scenario");
    let plan = Arc::new(loaded.plan);
    let mut engine = Engine::new(plan, 1, Vec::new(), Recorder::memory(), Checks::all());
    while engine.step() {}
    let cluster = engine.cluster();
    let records = engine.recorder().kept.iter().flatten();
    let mut names = BTreeMap::new();
    let lines: Vec<String> = records
        .filter_map(|it| {
            let at = it.at.nanos() / 100_000_000;
            Some(format!(
                "{}.{} {}",
                at / 10,
                at % 10,
                line(it, cluster, &mut names)?
            ))
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

/// A file of these lines.
fn scenario(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.yaml"));
    std::fs::write(&path, text).expect("a file");
    path
}

fn line(record: &Record, cluster: &Cluster, names: &mut BTreeMap<ObjId, String>) -> Option<String> {
    let texts = &cluster.definitions.texts;
    let fact = &record.fact;
    let object = fact.object()?;
    if let Fact::OtherCreated(_, new) = fact {
        let name = new.meta.name.text(texts);
        // The uid in the name of a volume that was made says nothing.
        let is_made = name.starts_with("pvc-");
        let name = if is_made { "pvc-…".to_owned() } else { name };
        names.insert(object, name.clone());
        return storage(object, cluster, new.spec, &name);
    }
    if let Fact::OtherChanged(kind, _, change) = fact {
        let name = &names[&object];
        if let OtherChange::Spec(spec) = change {
            return storage(object, cluster, *spec, name);
        }
        if let OtherChange::Meta(MetaChange::Removed) = change {
            return Some(format!("{kind} {name}: gone"));
        }
        return Some(format!("{kind} {name}: metadata"));
    }
    let pod = object.try_into().ok()?;
    let name = cluster.store.pod_identity(pod).name.text(texts);
    if let Fact::Decided(it) = fact {
        let node = it.node.map(|node| node.0);
        return Some(format!("{name}: {node:?}"));
    }
    if let Fact::PodChanged(_, PodChange::Bound(node, _)) = fact {
        return Some(format!("{name}: bound to {}", node.0));
    }
    if let Fact::EventRecorded(_, EventNote::FailedScheduling(text)) = fact {
        return Some(format!("{name}: {}", texts.get(*text)));
    }
    None
}

/// What a volume or a claim is.
fn storage(
    object: ObjId,
    cluster: &Cluster,
    spec: wavetank_core::id::SpecId,
    name: &str,
) -> Option<String> {
    let kind = object.kind;
    let spec = &cluster.definitions.get_spec(spec).spec;
    if let Spec::PersistentVolume(volume) = spec {
        let claim = volume.claim.as_ref().map_or("nobody", |it| &it.name);
        return Some(format!("{kind} {name}: {:?}, {claim}", volume.phase));
    }
    if let Spec::PersistentVolumeClaim(claim) = spec {
        let volume = match &*claim.volume {
            "" => "nothing",
            name if name.starts_with("pvc-") => "pvc-…",
            name => name,
        };
        return Some(format!("{kind} {name}: {:?}, {volume}", claim.phase));
    }
    None
}

#[test]
fn claims() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the repository");
    check(
        &root.join("scenarios/claims.yaml"),
        &expect![[r#"
        0.0 PersistentVolume west-disk: Pending, nobody
        0.0 PersistentVolume west-disk: Available, nobody
        0.0 PersistentVolume east-disk: Pending, nobody
        0.0 PersistentVolumeClaim pinned: Pending, nothing
        0.0 PersistentVolume east-disk: Available, nobody
        0.0 pinned: Some(0)
        0.0 PersistentVolume west-disk: Available, pinned
        0.0 PersistentVolumeClaim first: Pending, nothing
        0.0 PersistentVolume west-disk: Bound, pinned
        0.0 PersistentVolumeClaim second: Pending, nothing
        0.0 PersistentVolumeClaim third: Pending, nothing
        0.0 PersistentVolumeClaim first: Pending, nothing
        0.0 PersistentVolumeClaim second: Pending, nothing
        0.0 PersistentVolumeClaim pinned: Bound, west-disk
        0.0 PersistentVolumeClaim third: Pending, nothing
        0.0 first: Some(1)
        0.0 second: Some(1)
        0.0 PersistentVolumeClaim first: metadata
        0.0 PersistentVolumeClaim second: metadata
        0.0 third: None
        0.0 third: 0/2 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
        0.0 patient: None
        0.0 patient: 0/2 nodes are available: persistentvolumeclaim "late" not found. not found
        1.0 pinned: bound to 0
        2.0 PersistentVolume pvc-…: Bound, first
        2.0 PersistentVolume pvc-…: Bound, second
        2.0 third: None
        2.0 third: 0/2 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
        2.0 PersistentVolumeClaim second: Bound, pvc-…
        2.0 PersistentVolumeClaim first: Bound, pvc-…
        3.0 second: bound to 1
        3.0 first: bound to 1
        20.0 PersistentVolumeClaim late: Pending, nothing
        20.0 patient: Some(1)
        20.0 PersistentVolume east-disk: Available, late
        20.0 third: None
        20.0 third: 0/2 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
        20.0 PersistentVolume east-disk: Bound, late
        20.0 PersistentVolumeClaim late: Bound, east-disk
        20.0 third: None
        20.0 third: 0/2 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
        21.0 patient: bound to 1"#]],
    );
}

const AT_ONCE: &str = "
apiVersion: wavetank/v1
kind: Scenario
cluster: {nodes: {worker: {count: 1}}}
run: {until: 60s}
timeline:
- {at: 10s, kubectl: apply -f late.yaml}
- {at: 20s, kubectl: delete pvc kept made}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: kept}
provisioner: kubernetes.io/no-provisioner
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: made}
provisioner: disks.example.com
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: large}
spec: {capacity: {storage: 9Gi}, accessModes: [ReadWriteOnce], storageClassName: kept, hostPath: {path: /a}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: medium}
spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: kept, hostPath: {path: /c}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: small}
spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], storageClassName: kept, hostPath: {path: /b}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec: {volumeName: large, storageClassName: kept, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: made}
spec: {storageClassName: made, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: both}
spec:
  containers: [{name: app, image: nginx}]
  volumes:
  - {name: a, persistentVolumeClaim: {claimName: kept}}
  - {name: b, persistentVolumeClaim: {claimName: made}}
";

const LATE: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: late}
spec: {storageClassName: kept, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

#[test]
fn classes_that_bind_at_once_and_what_becomes_of_volumes_without_a_claim() {
    scenario("late", LATE);
    check(
        &scenario("at-once", AT_ONCE),
        &expect![[r#"
            0.0 PersistentVolume large: Pending, nobody
            0.0 PersistentVolume medium: Pending, nobody
            0.0 PersistentVolume small: Pending, nobody
            0.0 PersistentVolumeClaim kept: Pending, large
            0.0 PersistentVolume medium: Available, nobody
            0.0 PersistentVolume small: Available, nobody
            0.0 PersistentVolume large: Available, nobody
            0.0 PersistentVolumeClaim made: Pending, nothing
            0.0 PersistentVolume large: Bound, kept
            0.0 both: None
            0.0 both: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found
            0.0 PersistentVolumeClaim kept: Bound, large
            0.0 both: None
            0.0 both: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found
            2.0 PersistentVolume pvc-…: Bound, made
            2.0 PersistentVolumeClaim made: Bound, pvc-…
            2.0 both: Some(0)
            2.0 both: bound to 0
            10.0 PersistentVolumeClaim late: Pending, nothing
            10.0 PersistentVolume small: Bound, late
            10.0 PersistentVolumeClaim late: Bound, small
            20.0 PersistentVolumeClaim kept: gone
            20.0 PersistentVolume large: Released, kept
            20.0 PersistentVolumeClaim made: gone
            20.0 PersistentVolume pvc-…: gone"#]],
    );
}

const NEVER: &str = "
apiVersion: wavetank/v1
kind: Scenario
cluster: {nodes: {worker: {count: 1}}}
run: {until: 700s, limit: 800s}
timeline:
- {at: 1s, kubectl: delete storageclass slow}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow}
provisioner: disks.example.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: slow, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers: [{name: app, image: nginx}]
  volumes: [{name: a, persistentVolumeClaim: {claimName: data}}]
";

#[test]
fn a_volume_that_nobody_makes_is_waited_for_ten_minutes() {
    check(
        &scenario("never", NEVER),
        &expect![[r#"
            0.0 PersistentVolumeClaim data: Pending, nothing
            0.0 app: Some(0)
            0.0 PersistentVolumeClaim data: metadata
            1.0 StorageClass slow: gone
            600.0 app: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded
            601.1 app: None
            601.1 app: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"#]],
    );
}
