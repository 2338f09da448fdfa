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
    let options = Options::default();
    let loaded = input.plan(&[], &options).expect("a scenario");
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

/// A scenario of these lines, and the same manifests before them.
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
    check(&root.join("scenarios/claims.yaml"), &expect![[r#""#]]);
}

const AT_ONCE: &str = "
apiVersion: wavetank/v1
kind: Scenario
cluster: {nodes: {worker: {count: 1}}}
run: {until: 60s}
timeline:
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
metadata: {name: small}
spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], storageClassName: kept, hostPath: {path: /b}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec: {storageClassName: kept, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
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

#[test]
fn classes_that_bind_at_once_and_what_becomes_of_volumes_without_a_claim() {
    check(&scenario("at-once", AT_ONCE), &expect![[r#""#]]);
}

const NEVER: &str = "
apiVersion: wavetank/v1
kind: Scenario
cluster: {nodes: {worker: {count: 1}}}
run: {until: 700s}
timeline:
- {at: 0.02s, kubectl: delete storageclass slow}
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
    let text = NEVER.replace("0.02s", "1s");
    check(&scenario("never", &text), &expect![[r#""#]]);
}
