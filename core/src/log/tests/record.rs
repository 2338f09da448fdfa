//! Records: golden bytes, round trips, and logs that nobody honest wrote.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use expect_test::expect_file;
use proptest::prelude::*;

use super::header;
use super::samples::{actors, changes, creations};
use crate::delivery::{Call, Delivery};
use crate::fact::runtime::ProbeKind;
use crate::fact::{Actor, Controller, Fact, Record, Refusal};
use crate::id::{ClientId, FaultId, Kind, NodeId, PodId, Rev, SetId, StepId, TemplateId};
use crate::label::Selector;
use crate::log::codec::{decode, encode};
use crate::log::{Entry, LogWriter, Reader, RecordReader, RecordWriter, Replay, Until};
use crate::object::definition::{Definition, Named};
use crate::object::node::NodeSpec;
use crate::object::resources::Resources;
use crate::object::spec::{
    AccessModes, ClaimPhase, ClaimRef, ClaimSpec, CsiDriver, CsiNodeSpec, DeploymentSpec,
    IntOrPercent, PersistentVolumeSpec, ReplicaSetSpec, ServiceSpec, ServiceType, Spec,
    SpecDefinition, StorageClassSpec, Strategy, VolumePhase,
};
use crate::object::template::{Container, PodSpec, PodTemplate};
use crate::state::Cluster;
use crate::time::SimTime;

fn spec(spec: Spec) -> Definition {
    Definition::Spec(Arc::new(SpecDefinition {
        spec,
        manifest: "{}".into(),
    }))
}

/// What the samples refer to.
#[allow(clippy::too_many_lines)] // one of each, in order
fn definitions() -> Vec<Definition> {
    let template = PodTemplate {
        labels: SetId(0),
        annotations: SetId(0),
        finalizers: SetId(0),
        spec: PodSpec {
            containers: vec![Container {
                name: "web".into(),
                ..Container::default()
            }],
            ..PodSpec::default()
        },
        manifest: "{}".into(),
    };
    let selector = Selector::from_parts([("app", "web")], []).unwrap();
    vec![
        Definition::Text("web".into()),
        Definition::Set([("app", "web")].into_iter().collect()),
        Definition::Template(Arc::new(template)),
        spec(Spec::Node(NodeSpec {
            capacity: Resources::default(),
            allocatable: Resources::default(),
            images: vec![("web:1".into(), 5)],
        })),
        spec(Spec::ReplicaSet(ReplicaSetSpec {
            selector: selector.clone(),
            template: TemplateId(0),
            min_ready_seconds: 0,
        })),
        spec(Spec::Deployment(DeploymentSpec {
            selector: selector.clone(),
            template: TemplateId(0),
            strategy: Strategy::RollingUpdate {
                max_surge: IntOrPercent::Percent(25),
                max_unavailable: IntOrPercent::Int(1),
            },
            min_ready_seconds: 0,
            progress_deadline_seconds: 600,
            revision_history_limit: 10,
        })),
        spec(Spec::Service(ServiceSpec {
            kind: ServiceType::ClusterIp,
            headless: false,
            selector: Some(selector),
            ports: Vec::new(),
            publish_not_ready: false,
            affinity_seconds: None,
            internal_local: false,
            external_local: false,
        })),
        spec(Spec::Data(vec![("key".into(), "value".into())])),
        spec(Spec::Opaque),
        spec(Spec::PersistentVolume(PersistentVolumeSpec {
            capacity: 1 << 30,
            class: "fast".into(),
            modes: AccessModes(1),
            is_block: false,
            claim: Some(ClaimRef {
                namespace: "default".into(),
                name: "data".into(),
                uid: "".into(),
            }),
            affinity: Some(Vec::new()),
            driver: "disks".into(),
            handle: "d-1".into(),
            is_deleted_with_claim: true,
            phase: VolumePhase::Bound,
        })),
        spec(Spec::PersistentVolumeClaim(ClaimSpec {
            class: Some("fast".into()),
            request: 1 << 30,
            modes: AccessModes(1),
            is_block: false,
            selector: None,
            volume: "v-1".into(),
            phase: ClaimPhase::Bound,
        })),
        spec(Spec::StorageClass(StorageClassSpec {
            provisioner: "disks".into(),
            waits: true,
            topologies: vec![vec![("zone".into(), vec!["a".into()])]],
            is_deleted_with_claim: true,
        })),
        spec(Spec::CsiNode(CsiNodeSpec {
            drivers: vec![CsiDriver {
                name: "disks".into(),
                limit: Some(2),
                topology_keys: vec!["zone".into()],
            }],
        })),
        Definition::Named(Named::Client, "users".into()),
    ]
}

fn deliveries() -> Vec<Delivery> {
    let about = Some(PodId(0).into());
    let mut list = vec![
        Delivery::Watch {
            lane: 3,
            upto: Rev(7),
        },
        Delivery::Reply {
            to: Actor::User,
            call: Call::Bind,
            about,
            refused: Some(Refusal::Conflict),
        },
        Delivery::Probe {
            pod: PodId(0),
            container: 1,
            kind: ProbeKind::Readiness,
            ok: true,
        },
        Delivery::Timer {
            lane: 2,
            kind: 1,
            about: 5,
        },
        Delivery::Sync(Controller::ReplicaSet, PodId(0).into()),
        Delivery::Kubelet(NodeId(1), 2, PodId(3)),
        Delivery::Traffic(ClientId(0), 9),
        Delivery::Step(StepId(1), 2),
        Delivery::Fault(FaultId(1), true),
    ];
    let calls = [
        Call::Create(Kind::Pod),
        Call::Bind,
        Call::Status,
        Call::Update,
        Call::Delete,
        Call::Evict,
    ];
    list.extend(calls.map(|call| Delivery::Call {
        by: Actor::Scheduler,
        call,
        about,
    }));
    list.push(Delivery::Routed {
        client: ClientId(0),
        number: 9,
        node: NodeId(1),
        rules: Rev(7),
    });
    list
}

fn record(seq: u64, fact: Fact) -> Record {
    Record {
        seq,
        at: SimTime::from_secs(seq),
        cause: seq.saturating_sub(1),
        by: Actor::ApiServer,
        fact,
    }
}

fn line<T: serde::Serialize + std::fmt::Debug>(text: &mut String, value: &T) {
    let mut bytes = Vec::new();
    encode(value, &mut bytes).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{value:?}");
    let name: String = name.chars().take(60).collect();
    writeln!(text, "{hex}  {name}").unwrap();
}

/// These bytes are a promise: logs hold them. Lines may be added; none may change.
#[test]
fn bodies_are_frozen() {
    let mut text = String::new();
    for fact in creations().into_iter().chain(changes()) {
        line(&mut text, &fact);
    }
    for actor in actors() {
        line(&mut text, &actor);
    }
    for kind in Kind::ALL {
        line(&mut text, &kind);
    }
    for definition in definitions() {
        line(&mut text, &definition);
    }
    for delivery in deliveries() {
        line(&mut text, &delivery);
    }
    expect_file!["records.golden.txt"].assert_eq(&text);
}

/// A log of all samples, and the state that they lead to.
fn sample_log(facts: impl IntoIterator<Item = Fact>) -> (Vec<u8>, Cluster) {
    let log = LogWriter::with_block_bytes(Vec::new(), &header(), 64).unwrap();
    let mut writer = RecordWriter::new(log);
    let mut live = Cluster::default();
    for definition in definitions() {
        assert!(live.definitions.define(definition));
    }
    for (seq, fact) in facts.into_iter().enumerate() {
        let record = record(seq as u64, fact);
        writer.definitions(record.at, &live.definitions).unwrap();
        for delivery in deliveries().iter().take(2) {
            writer.delivery(record.at, None, delivery).unwrap();
        }
        live.apply(&record);
        writer.record(&record).unwrap();
        if seq % 3 == 0 {
            writer.checkpoint(&live).unwrap();
        }
    }
    (writer.finish().unwrap().0, live)
}

#[test]
fn a_replay_leads_to_the_same_state() {
    let facts = creations().into_iter().chain(
        changes()
            .into_iter()
            .filter(|fact| {
                !matches!(
                    fact,
                    Fact::PodChanged(_, crate::fact::pod::PodChange::Removed)
                )
            })
            .filter(|fact| !format!("{fact:?}").contains("Meta(Removed)")),
    );
    let (bytes, live) = sample_log(facts);
    let mut replay = Replay::new(Reader::open(Cursor::new(bytes)).unwrap()).checking();
    replay.to(Until::Seq(4)).unwrap();
    assert_eq!(replay.cluster().next_seq, 4);
    replay.to(Until::At(SimTime::from_secs(10))).unwrap();
    assert_eq!(replay.cluster().next_seq, 11);
    let cluster = replay.to(Until::End).unwrap();
    assert_eq!(cluster.digest(), live.digest());
    assert_eq!(cluster.definitions, live.definitions);
    assert!(replay.agreed() > 20);
}

#[test]
fn entries_are_read_as_they_were_written() {
    let (bytes, _) = sample_log(creations());
    let mut reader = RecordReader::new(Reader::open(Cursor::new(bytes)).unwrap());
    let (mut facts, mut defined, mut delivered, mut checkpoints) = (0, 0, 0, 0);
    while let Some(entry) = reader.next().unwrap() {
        match entry {
            Entry::Fact(found) => {
                let expected = record(facts, creations().remove(usize::try_from(facts).unwrap()));
                assert_eq!(found, expected);
                facts += 1;
            }
            Entry::Definition(found) => {
                assert_eq!(found, definitions()[defined]);
                defined += 1;
            }
            Entry::Delivery { .. } => delivered += 1,
            Entry::Checkpoint { .. } => checkpoints += 1,
        }
    }
    assert_eq!((facts, defined, delivered, checkpoints), (7, 14, 14, 3));
}

/// What a replay says about a log with these facts, written without asking anybody.
fn check_hostile(facts: Vec<Fact>, expected: &str) {
    let log = LogWriter::create(Vec::new(), &header()).unwrap();
    let mut writer = RecordWriter::new(log);
    for definition in definitions() {
        writer.definition(SimTime::ZERO, &definition).unwrap();
    }
    for (seq, fact) in facts.into_iter().enumerate() {
        writer.record(&record(seq as u64, fact)).unwrap();
    }
    let bytes = writer.finish().unwrap().0;
    let mut replay = Replay::new(Reader::open(Cursor::new(bytes)).unwrap());
    let found = replay.to(Until::End).map(|_| ()).unwrap_err();
    assert_eq!(found.to_string(), expected);
}

#[test]
fn a_log_that_contradicts_itself_is_an_error() {
    let created = |count: usize| creations().into_iter().take(count).collect::<Vec<_>>();
    check_hostile(
        vec![creations().remove(0), creations().remove(0)],
        "record 1 contradicts the state: the new Node has number 0, and the next one is 1",
    );
    check_hostile(
        vec![creations().remove(3)],
        "record 0 contradicts the state: ReplicaSet 0 is not there",
    );
    check_hostile(
        vec![changes().remove(0)],
        "record 0 contradicts the state: Pod 0 is not there",
    );
    let mut facts = created(4);
    facts.push(Fact::PodChanged(
        PodId(0),
        crate::fact::pod::PodChange::Bound(NodeId(u32::MAX), crate::time::Stamp(0)),
    ));
    check_hostile(
        facts,
        "record 4 contradicts the state: Node 4294967295 is not there",
    );
}

fn cluster() -> Cluster {
    let mut cluster = Cluster::default();
    for definition in definitions() {
        assert!(cluster.check_definition(&definition).is_ok());
        assert!(cluster.definitions.define(definition));
    }
    for (seq, fact) in creations().into_iter().enumerate() {
        let record = record(seq as u64, fact);
        cluster.check(&record).unwrap();
        cluster.apply(&record);
    }
    cluster
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Facts with changed bytes are refused, or can be applied: never a panic.
    #[test]
    fn what_passes_the_check_can_be_applied(
        picks in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u8>(), 0_u8..3), 1..60),
    ) {
        let samples: Vec<Fact> = creations().into_iter().chain(changes()).collect();
        let mut cluster = cluster();
        for (pick, place, byte, edits) in picks {
            let sample = &samples[usize::from(pick) % samples.len()];
            let mut bytes = Vec::new();
            encode(sample, &mut bytes).unwrap();
            for edit in 0..edits {
                let length = bytes.len();
                bytes[(usize::from(place) + 7 * usize::from(edit)) % length] = byte % 8;
            }
            let Ok((fact, _)) = decode::<Fact>(&bytes) else {
                continue;
            };
            let record = record(cluster.next_seq, fact);
            if cluster.check(&record).is_ok() {
                cluster.apply(&record);
            }
        }
        assert_eq!(cluster.digest(), cluster.clone().digest());
        cluster.store.trim(Rev::LATEST);
    }
}
