//! Mutants of what facts alone show.

use wavetank_core::fact::object::{
    EndpointChange, MetaChange, NodeChange, ReplicaSetChange, SliceChange,
};
use wavetank_core::fact::pod::ContainerChange;
use wavetank_core::id::ObjId;
use wavetank_core::object::pod::Pod;
use wavetank_core::object::workload::ReplicaSetStatus;

use super::*;
use crate::check::finder::Finder;
use crate::check::{catalogue, versions};

fn is_bound(fact: &Fact) -> bool {
    matches!(fact, Fact::PodChanged(_, PodChange::Bound(..)))
}

fn is_deleting(fact: &Fact) -> bool {
    matches!(fact, Fact::PodChanged(_, PodChange::Deleting(_)))
}

fn is_removed(fact: &Fact) -> bool {
    matches!(fact, Fact::PodChanged(_, PodChange::Removed))
}

fn is_runtime(wanted: RuntimeFact) -> impl Fn(&Fact) -> bool {
    move |fact| matches!(fact, Fact::Runtime(_, it) if *it == wanted)
}

fn is_phase(wanted: Phase) -> impl Fn(&Fact) -> bool {
    move |fact| {
        *fact != status(&[])
            && matches!(fact, Fact::PodChanged(_, PodChange::Status(changes)) if changes.contains(&StatusChange::Phase(wanted)))
    }
}

#[test]
fn log() {
    check("LOG-1", |it| it.records[4].seq += 1);
    check("LOG-1", |it| it.records[3].at = SimTime::ZERO);
    check("LOG-2", |it| {
        let place = it.place(is_deleting);
        let change = StatusChange::Container(9, ContainerChange::Ready(true));
        it.insert(place, KUBELET, status(&[change]));
    });
}

#[test]
fn identities() {
    check("API-2", |it| {
        let fact = it.pod(PodId(1), "web", it.template);
        it.insert(6, Actor::User, fact);
    });
    check("API-2", |it| {
        let fact = it.pod(PodId(7), "other", it.template);
        it.insert(6, Actor::User, fact);
    });
    check("API-4", |it| {
        let last = it.records.len();
        it.insert(
            last,
            Actor::User,
            Fact::PodChanged(POD, PodChange::Labels(EMPTY_SET)),
        );
    });
    check("API-11", |it| {
        let place = it.place(is_deleting);
        let owner = PodChange::Owner(Some(ServiceId(0).into()));
        it.insert(place, Actor::User, Fact::PodChanged(POD, owner));
    });
}

#[test]
fn deletions() {
    let deletion = |at, grace_seconds| {
        let at = Stamp(at);
        PodChange::Deleting(Deletion { at, grace_seconds })
    };
    check("API-6", |it| {
        let place = it.place(is_deleting);
        let put_off = Fact::PodChanged(POD, deletion(16, 10));
        it.insert(place + 1, Actor::User, put_off);
    });
    check("API-6", |it| {
        let place = it.place(is_deleting);
        it.records[place].fact = Fact::PodChanged(POD, deletion(17, 10));
    });
    check("API-8", |it| {
        let fact = it.pod(PodId(1), "other", it.template);
        it.insert(5, Actor::User, fact);
        let change = deletion(11, 10);
        it.insert(6, Actor::User, Fact::PodChanged(PodId(1), change));
    });
    check("API-12", |it| {
        let status = ReplicaSetStatus {
            observed_generation: 9,
            ..ReplicaSetStatus::default()
        };
        let change = ReplicaSetChange::Status(Box::new(status));
        let fact = Fact::ReplicaSetChanged(ReplicaSetId(0), change);
        it.insert(5, Actor::Controller(Controller::ReplicaSet), fact);
    });
}

/// What applying itself makes sure of: the check is given versions that no fold can make.
fn changed(id: &str, change: &PodChange, edit: impl FnOnce(&mut Pod, &mut Pod)) {
    let mut mutant = Mutant::new();
    let place = mutant.place(is_removed);
    mutant.records.truncate(place);
    let cluster = mutant.cluster();
    let mut prior = *cluster.store.pods.newest(0).expect("the pod is there");
    let mut now = prior;
    edit(&mut prior, &mut now);
    assert_eq!(
        reported(|found| versions::pod_changed(POD, &prior, &now, change, &cluster, found)),
        [id]
    );
}

/// The ids that a check reports.
fn reported(look: impl FnOnce(&mut Finder<'_>)) -> Vec<&'static str> {
    let mut violations = Vec::new();
    let mut finder = Finder {
        violations: &mut violations,
        more: &mut 0,
        skip: &[],
        at: SimTime::ZERO,
        seq: 0,
    };
    look(&mut finder);
    violations.iter().map(|it| it.id).collect()
}

#[test]
fn versions_of_objects() {
    let deletion = Deletion {
        at: Stamp(15),
        grace_seconds: 0,
    };
    let deleting = PodChange::Deleting(deletion);
    let labels = PodChange::Labels(EMPTY_SET);
    changed("API-5", &labels, |_, now| now.generation = 0);
    changed("API-6", &labels, |_, now| now.deletion = None);
    changed("API-9", &deleting, |_, now| now.generation += 1);
    changed("API-10", &PodChange::Status(Box::default()), |_, now| {
        now.node = None;
    });
    changed("API-10", &labels, |_, now| now.phase = Phase::Running);
    changed("API-12", &labels, |_, now| now.observed_generation = 9);

    let cluster = Mutant::new().cluster();
    let object: ObjId = ReplicaSetId(0).into();
    let prior = *cluster.store.meta(object).expect("the set is there");
    let now = Meta {
        created: Stamp(1),
        ..prior
    };
    let ids = reported(|found| versions::meta_changed(object, &prior, &now, None, &cluster, found));
    assert_eq!(ids, ["API-5"]);
}

/// Revisions: the check sees a store that another fact has moved.
#[test]
fn revisions() {
    let mutant = Mutant::new();
    let mut cluster = mutant.start.clone();
    let mut checks = Checks::all();
    for record in &mutant.records[..6] {
        assert!(checks.before(record, &cluster));
        cluster.apply(record);
        checks.after(record, &cluster);
    }
    let mut quiet = mutant.records[6].clone();
    quiet.fact = Fact::Mark(text(0));
    assert!(checks.before(&quiet, &cluster));
    cluster.apply(&Record {
        fact: mutant.records[7].fact.clone(),
        ..quiet.clone()
    });
    checks.after(&quiet, &cluster);
    let ids: Vec<_> = checks.violations.iter().map(|it| it.id).collect();
    assert_eq!(ids, ["API-1"]);
}

#[test]
fn bindings() {
    check("P-2", |it| {
        let place = it.place(|fact| matches!(fact, Fact::PodCreated(..)));
        if let Fact::PodCreated(_, new) = &mut it.records[place].fact {
            new.node = Some(NodeId(1));
        }
    });
    check("P-3", |it| {
        let place = it.place(|fact| matches!(fact, Fact::Decided(_)));
        let fact = it.pod(PodId(1), "gated", it.gated_template);
        it.insert(place, Actor::User, fact);
        let bound = PodChange::Bound(NodeId(1), Stamp(1));
        it.insert(
            place + 1,
            Actor::Scheduler,
            Fact::PodChanged(PodId(1), bound),
        );
    });
    check("S-8", |it| {
        let place = it.place(is_bound);
        let again = it.records[place].fact.clone();
        it.insert(place + 1, Actor::Scheduler, again);
    });
    check("S-16", |it| {
        let place = it.place(|fact| matches!(fact, Fact::Decided(_)));
        let fact = it.pod(PodId(1), "gated", it.gated_template);
        it.insert(place, Actor::User, fact);
        let decision = Decision {
            pod: PodId(1),
            node: None,
            feasible: 0,
            next_start: 0,
        };
        it.insert(place + 1, Actor::Scheduler, Fact::Decided(decision));
    });
}

/// Nodes have 4 CPUs, and pods request 1.5 each.
#[test]
fn resources() {
    let bind = |it: &mut Mutant, count: u32| {
        let place = it.place(is_runtime(RuntimeFact::Admitted));
        let texts = ["other", "gated"];
        for (pod, name) in (1..=count).zip(texts) {
            let fact = it.pod(PodId(pod), name, it.template);
            it.insert(place, Actor::User, fact);
        }
        // Created in the order of their numbers.
        let created = it.records[place..place + count as usize].iter().rev();
        let facts: Vec<Fact> = created.map(|record| record.fact.clone()).collect();
        for (offset, fact) in facts.into_iter().enumerate() {
            it.records[place + offset].fact = fact;
        }
        for pod in 1..=count {
            let bound = PodChange::Bound(NodeId(0), Stamp(1));
            let fact = Fact::PodChanged(PodId(pod), bound);
            it.insert(place + (count + pod) as usize - 1, Actor::Scheduler, fact);
        }
    };
    let mut fitting = Mutant::new();
    bind(&mut fitting, 1);
    assert_eq!(fitting.violations(), []);
    check("S-1", |it| bind(it, 2));
}

#[test]
fn a_node_takes_no_more_pods_than_it_says() {
    check("S-2", |it| {
        let small = it.records[0].fact.clone();
        let Fact::NodeCreated(_, node) = small else {
            panic!("the first fact creates a node");
        };
        let Spec::Node(mut spec) = it.start.definitions.get_spec(node.spec).spec.clone() else {
            panic!("a node has a node's specification");
        };
        spec.allocatable.pods = 0;
        let spec = it.start.definitions.spec(SpecDefinition {
            spec: Spec::Node(spec),
            manifest: "".into(),
        });
        if let Fact::NodeCreated(_, node) = &mut it.records[0].fact {
            node.spec = spec;
        }
    });
}

#[test]
fn phases_and_counts() {
    check("P-1", |it| {
        let place = it.place(is_phase(Phase::Running));
        it.insert(
            place + 1,
            KUBELET,
            status(&[StatusChange::Phase(Phase::Pending)]),
        );
    });
    check("P-4", |it| {
        let place = it.place(is_deleting);
        let change = PodChange::Template(it.other_template);
        it.insert(place, Actor::User, Fact::PodChanged(POD, change));
        // The new template has as many containers.
    });
    check("P-7", |it| {
        let place = it.place(is_deleting);
        let restarts =
            |count| status(&[StatusChange::Container(1, ContainerChange::Restarts(count))]);
        it.insert(place, KUBELET, restarts(2));
        it.insert(place + 1, KUBELET, restarts(1));
    });
    check("P-12", |it| {
        let place = it.place(is_phase(Phase::Failed));
        it.records[place].fact = status(&[StatusChange::Phase(Phase::Failed)]);
    });
    check("P-13", |it| {
        let place = it.place(is_phase(Phase::Running));
        let initialized = condition(PodConditionType::Initialized, true);
        let only = [
            StatusChange::Phase(Phase::Running),
            initialized,
            ready(true)[1],
        ];
        it.records[place].fact = status(&only);
    });
}

#[test]
fn starts() {
    check("P-5", |it| {
        let place = it.place(is_runtime(RuntimeFact::Started(0)));
        it.records[place].by = Actor::Kubelet(NodeId(1));
    });
    check("P-5", |it| {
        let last = it.records.len();
        it.insert(last, KUBELET, runtime(RuntimeFact::Started(1)));
    });
    check("P-6", |it| {
        let template = it
            .start
            .definitions
            .get_template(it.template)
            .as_ref()
            .clone();
        let mut never = template;
        never.spec.restart_policy = wavetank_core::object::template::RestartPolicy::Never;
        never.manifest = "never".into();
        let never = it.start.definitions.template(never);
        let place = it.place(|fact| matches!(fact, Fact::PodCreated(..)));
        it.records[place].fact = it.pod(POD, "web", never);
        let place = it.place(is_runtime(RuntimeFact::Started(1)));
        it.insert(
            place + 1,
            KUBELET,
            runtime(RuntimeFact::Exited(1, 1, false)),
        );
        it.insert(place + 2, KUBELET, runtime(RuntimeFact::Started(1)));
    });
    check("P-8", |it| {
        let place = it.place(is_runtime(RuntimeFact::Exited(0, 0, false)));
        it.records[place].fact = runtime(RuntimeFact::Exited(0, 1, false));
    });
    check("P-15", |it| {
        let place = it.place(is_runtime(RuntimeFact::Finished));
        it.insert(place + 1, KUBELET, runtime(RuntimeFact::Started(1)));
        it.insert(
            place + 2,
            KUBELET,
            runtime(RuntimeFact::Exited(1, 0, false)),
        );
    });
    check("X-6", |it| {
        let place = it.place(is_runtime(RuntimeFact::Started(1)));
        it.insert(place + 1, KUBELET, runtime(RuntimeFact::Started(1)));
    });
    check("X-6", |it| {
        let place = it.place(is_runtime(RuntimeFact::Started(1)));
        it.insert(place, KUBELET, runtime(RuntimeFact::Exited(1, 0, false)));
    });
}

#[test]
fn ends() {
    check("P-11", |it| {
        // The status leaves before the containers do.
        let place = it.place(is_phase(Phase::Failed));
        let early = it.records[place].fact.clone();
        it.remove(place);
        let place = it.place(is_runtime(RuntimeFact::Signalled(1, Signal::Kill)));
        it.insert(place, KUBELET, early);
    });
    check("P-18", |it| {
        let place = it.place(is_phase(Phase::Failed));
        it.records[place].fact = status(&ready(false));
    });
    check("P-19", |it| {
        let place = it.place(is_removed);
        let last = it.records.len();
        it.insert(last, Actor::User, Fact::Mark(text(0)));
        it.remove(place);
        it.records[place].at = SimTime::from_secs(60);
    });
}

#[test]
fn signals() {
    check("P-14", |it| {
        // TERM while the hook runs.
        let place = it.place(is_runtime(RuntimeFact::HookEnded(1, Hook::PreStop, true)));
        it.remove(place);
    });
    check("P-14", |it| {
        // KILL within the grace.
        let place = it.place(is_runtime(RuntimeFact::Signalled(1, Signal::Kill)));
        it.records[place].at = SimTime::from_secs(12);
    });
    check("P-14", |it| {
        // KILL out of nothing.
        let place = it.place(is_runtime(RuntimeFact::HookStarted(1, Hook::PreStop)));
        it.insert(
            place,
            KUBELET,
            runtime(RuntimeFact::Signalled(1, Signal::Kill)),
        );
    });
}

/// A second pod, of the name or with the address of the first.
fn second(it: &mut Mutant, name: &str, ip: u32) {
    let place = it.place(is_deleting);
    let pod = PodId(1);
    let facts = [
        (Actor::User, it.pod(pod, name, it.template)),
        (
            Actor::Scheduler,
            Fact::PodChanged(pod, PodChange::Bound(NodeId(1), Stamp(4))),
        ),
        (
            Actor::Kubelet(NodeId(1)),
            Fact::Runtime(pod, RuntimeFact::SandboxStarted(PodIp(ip))),
        ),
        (
            Actor::Kubelet(NodeId(1)),
            Fact::Runtime(pod, RuntimeFact::Started(0)),
        ),
    ];
    for (offset, (by, fact)) in facts.into_iter().enumerate() {
        it.insert(place + offset, by, fact);
    }
}

#[test]
fn pods_together() {
    let mut good = Mutant::new();
    second(&mut good, "other", 8);
    assert_eq!(good.violations(), []);
    check("P-23", |it| second(it, "other", 7));
    // The store would refuse the name: the kubelet lags behind a removal that is no force deletion.
    let mut mutant = Mutant::new();
    let place = mutant.place(is_deleting);
    mutant.insert(
        place,
        Actor::User,
        Fact::PodChanged(POD, PodChange::Removed),
    );
    mutant.records.truncate(place + 1);
    let (start, gone) = (mutant.start.clone(), mutant.records.len());
    let fact = mutant.pod(PodId(1), "web", mutant.template);
    mutant.push(6, Actor::User, fact);
    let bound = PodChange::Bound(NodeId(1), Stamp(6));
    mutant.push(6, Actor::Scheduler, Fact::PodChanged(PodId(1), bound));
    let by = Actor::Kubelet(NodeId(1));
    mutant.push(
        7,
        by,
        Fact::Runtime(PodId(1), RuntimeFact::SandboxStarted(PodIp(9))),
    );
    mutant.push(7, by, Fact::Runtime(PodId(1), RuntimeFact::Started(0)));
    let found = |pods_forced: bool| {
        let mut checks = Checks::all();
        let mut cluster = start.clone();
        for (index, record) in mutant.records.iter().enumerate() {
            assert!(checks.before(record, &cluster));
            cluster.apply(record);
            checks.after(record, &cluster);
            if index + 1 == gone && !pods_forced {
                checks.state.as_mut().expect("on").pods.unforce(POD);
            }
        }
        checks.violations.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(
        found(true),
        [] as [&str; 0],
        "suspended by the force deletion"
    );
    assert_eq!(found(false), ["P-17"]);
}

#[test]
fn slices_and_requests() {
    check("EP-3", |it| {
        let place = it.place(|fact| matches!(fact, Fact::SliceCreated(..)));
        let changes: Vec<_> = (0..101)
            .map(|pod| EndpointChange::Set(endpoint(PodId(pod))))
            .collect();
        let change = SliceChange::Endpoints(changes.into());
        let by = Actor::Controller(Controller::EndpointSlice);
        it.insert(place + 1, by, Fact::SliceChanged(SliceId(0), change));
    });
    check("EP-10", |it| {
        let place = it.place(|fact| matches!(fact, Fact::RequestEnded(_)));
        let again = it.records[place].fact.clone();
        it.insert(place + 1, Actor::Client(ClientId(0)), again);
    });
    check("EP-10", |it| {
        let place = it.place(|fact| matches!(fact, Fact::RequestEnded(_)));
        if let Fact::RequestEnded(end) = &mut it.records[place].fact {
            end.pod = None;
        }
    });
}

#[test]
fn causes_and_accounts() {
    check("X-11", |it| {
        let place = it.place(is_bound);
        it.records[place].cause = it.records[place].seq;
    });
    check("X-11", |it| it.records[2].cause = 99);
    // An account that misses a pod: the checks never saw its binding.
    let mutant = Mutant::new();
    let place = mutant.place(is_bound);
    let mut cluster = mutant.start.clone();
    let mut checks = Checks::all();
    for record in &mutant.records[..=place] {
        let is_seen = !is_bound(&record.fact);
        if is_seen {
            assert!(checks.before(record, &cluster));
        }
        cluster.apply(record);
        if is_seen {
            checks.after(record, &cluster);
        }
    }
    checks.finish(&cluster, &[], cluster.now);
    let ids: Vec<_> = checks.violations.iter().map(|it| it.id).collect();
    assert_eq!(ids, ["X-7"]);
}

/// Metadata of a node: the same rules for every kind.
#[test]
fn other_kinds_are_checked_alike() {
    check("API-4", |it| {
        let change = NodeChange::Meta(MetaChange::Labels(EMPTY_SET));
        it.insert(5, Actor::User, Fact::NodeChanged(NodeId(5), change));
    });
}

#[test]
fn every_invariant_has_a_line() {
    for it in catalogue() {
        assert!(!it.statement.contains(['|', '\n']), "{}", it.id);
        assert!(!it.source.is_empty(), "{}", it.id);
    }
}
