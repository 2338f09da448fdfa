//! Mutants of what calls, watches, decisions and connections show.

use wavetank_core::fact::Refusal;
use wavetank_core::fact::object::{NewReplicaSet, ReplicaSetChange};
use wavetank_core::id::{DeploymentId, Rev, SetId};
use wavetank_core::object::spec::{DeploymentSpec, IntOrPercent, Strategy};
use wavetank_core::state::view::{Cursors, View};

use super::*;
use crate::check::Routed;
use crate::client::script::{Script, Step};
use crate::message::call::{Answer, Call, Caller, CreatePod, NewName, Written};
use crate::network::{Process, Stream, Watched};

/// The ids that are found when `look` drives the checks.
fn expect(ids: &[&str], look: impl FnOnce(&mut Checks)) {
    let mut checks = Checks::all();
    look(&mut checks);
    let found: Vec<_> = checks.violations.iter().map(|it| it.id).collect();
    assert_eq!(found, ids, "{:#?}", checks.violations);
}

/// The state after so many facts of the good history.
fn after(count: usize) -> Cluster {
    let mut mutant = Mutant::new();
    mutant.records.truncate(count);
    mutant.cluster()
}

fn answered(cluster: &Cluster, request: Request, answer: Answer) -> impl FnOnce(&mut Checks) {
    let call = Call {
        from: Caller::Scenario(0),
        request,
        answer: Some(answer),
    };
    move |checks| checks.answered(&call, cluster, SimTime::ZERO)
}

#[test]
fn calls() {
    let cluster = &after(12);
    let (object, rev) = (POD.into(), cluster.store.rev);
    let stored = cluster.store.rev_of(object).expect("the pod is there");
    let written = |rev, changed| {
        Ok(Written {
            object,
            rev,
            changed,
        })
    };
    let granted = || written(rev.next(), true);
    let set = PodChange::Labels(EMPTY_SET);
    let update = |expected| Request::Update(Fact::PodChanged(POD, set.clone()), expected);
    let delete = |expected| Request::DeletePod(POD, None, expected);

    expect(&[], answered(cluster, update(Some(stored)), granted()));
    expect(
        &["API-3"],
        answered(cluster, update(Some(Rev(1))), granted()),
    );
    expect(
        &["API-3"],
        answered(cluster, update(Some(stored)), Err(Refusal::Conflict)),
    );
    expect(
        &[],
        answered(cluster, update(Some(Rev(1))), Err(Refusal::Conflict)),
    );
    expect(
        &["API-4"],
        answered(cluster, delete(Some(Rev(1))), granted()),
    );
    expect(
        &["API-4"],
        answered(cluster, Request::Evict(PodId(9), None), granted()),
    );
    expect(
        &["API-1"],
        answered(cluster, delete(None), written(rev, true)),
    );
    expect(
        &["API-1"],
        answered(cluster, delete(None), written(Rev(1), false)),
    );
    expect(&[], answered(cluster, delete(None), written(stored, false)));
    // An answer that is never made good.
    expect(&["API-1"], |checks| {
        answered(cluster, delete(None), granted())(checks);
        checks.finish(&Cluster::default(), &[], SimTime::ZERO);
    });
}

#[test]
fn finalizers() {
    let mut mutant = Mutant::new();
    let place = mutant.place(|fact| matches!(fact, Fact::PodChanged(_, PodChange::Removed)));
    mutant.records.truncate(place);
    let set = mutant
        .start
        .definitions
        .set([("held", "")].into_iter().collect());
    let held = PodChange::Finalizers(set);
    let request = Request::Update(Fact::PodChanged(POD, held.clone()), None);
    let removed = Fact::PodChanged(POD, PodChange::Removed);
    mutant.push(20, Actor::User, Fact::PodChanged(POD, held));
    mutant.push(21, Actor::User, removed);
    let last = mutant.records.pop().expect("just added");
    let added = mutant.records.pop().expect("just added");
    let mut cluster = mutant.cluster();
    let written = Written {
        object: POD.into(),
        rev: cluster.store.rev.next(),
        changed: true,
    };
    expect(&["API-7"], answered(&cluster, request, Ok(written)));
    cluster.apply(&added);
    let remove = |set: SetId| {
        let change = Fact::PodChanged(POD, PodChange::Finalizers(set));
        let rev = cluster.store.rev.next();
        let request = Request::Update(change, None);
        let call = answered(&cluster, request, Ok(Written { rev, ..written }));
        let (last, cluster) = (&last, &cluster);
        move |checks: &mut Checks| {
            call(checks);
            checks.state.as_mut().expect("on").log = crate::check::log::LogChecks::at(last.seq);
            assert!(checks.before(last, cluster));
        }
    };
    expect(&[], remove(EMPTY_SET));
    expect(&["API-7"], remove(set));
}

#[test]
fn watches() {
    let process = Process::Scheduler;
    let stream = Stream {
        process,
        watched: Watched::Pods,
    };
    let newest = Rev(9);
    let deliver = |checks: &mut Checks, from, upto| {
        checks.delivered(stream, Rev(from), Rev(upto), newest, SimTime::ZERO);
    };
    let after = |steps: &'static [(u32, u32)]| {
        move |checks: &mut Checks| {
            for rev in [2, 4, 6] {
                checks.scheduled(stream, Rev(rev));
            }
            for (from, upto) in steps {
                deliver(checks, *from, *upto);
            }
        }
    };
    expect(&[], after(&[(0, 2), (2, 4), (4, 6)]));
    // What the receiver ignores may be skipped.
    expect(&[], after(&[(0, 2), (3, 6)]));
    expect(&["W-1"], after(&[(0, 4), (2, 2)]));
    expect(&["W-2"], after(&[(0, 4), (2, 6)]));
    expect(&["W-3"], after(&[(0, 2), (4, 6)]));
    expect(&["W-4"], after(&[(0, 10)]));
    expect(&["W-9"], |checks| {
        deliver(checks, 0, 4);
        checks.relisted(process, Rev(3), SimTime::ZERO);
    });
    expect(&["W-1"], |checks| {
        for upto in [4, 3] {
            checks.delivered_pods(NodeId(0), Rev(upto), newest, SimTime::ZERO);
        }
    });
}

fn decided(
    cluster: &Cluster,
    controller: Controller,
    key: impl Into<wavetank_core::id::ObjId>,
    script: Script,
) -> impl FnOnce(&mut Checks) {
    let key = key.into();
    move |checks| {
        checks.decided(
            controller,
            key,
            View::latest(cluster),
            &script,
            SimTime::ZERO,
        );
    }
}

fn script(steps: Vec<Step>) -> Script {
    Script {
        steps,
        ..Script::default()
    }
}

#[test]
fn replica_sets() {
    let mutant = Mutant::new();
    let create = |count| {
        let new = CreatePod {
            namespace: known::DEFAULT,
            name: NewName::Generate(known::DEFAULT),
            template: mutant.template,
            owner: Some(ReplicaSetId(0).into()),
            node: None,
        };
        script(vec![Step::SlowStart(vec![
            Request::CreatePod(Box::new(new));
            count
        ])])
    };
    let delete = || {
        script(vec![Step::Parallel(vec![Request::DeletePod(
            POD, None, None,
        )])])
    };
    let (before, with_pod) = (after(4), after(12));
    let (controller, set) = (Controller::ReplicaSet, ReplicaSetId(0));
    expect(&[], decided(&before, controller, set, create(1)));
    expect(&["RS-1"], decided(&before, controller, set, create(2)));
    expect(&["RS-1"], decided(&with_pod, controller, set, create(1)));
    expect(&["RS-1"], decided(&with_pod, controller, set, delete()));
    let adopt = PodChange::Owner(Some(set.into()));
    let adopt = Request::Update(Fact::PodChanged(POD, adopt), None);
    // It has an owner already.
    expect(
        &["RS-5"],
        decided(&with_pod, controller, set, script(vec![Step::Write(adopt)])),
    );
}

/// A Deployment of 4 replicas with maxSurge 1 and maxUnavailable 1, an old ReplicaSet and a new one.
fn deployment(old: (u32, u32), new: (u32, u32)) -> Cluster {
    let mut mutant = Mutant::new();
    mutant.records.truncate(3);
    let definitions = &mut mutant.start.definitions;
    let mut spec = |spec| {
        let manifest = "".into();
        definitions.spec(SpecDefinition { spec, manifest })
    };
    let selector = wavetank_core::label::Selector::everything;
    let rolling = DeploymentSpec {
        selector: selector(),
        template: mutant.template,
        strategy: Strategy::RollingUpdate {
            max_surge: IntOrPercent::Int(1),
            max_unavailable: IntOrPercent::Percent(25),
        },
        min_ready_seconds: 0,
        progress_deadline_seconds: 600,
        revision_history_limit: 10,
    };
    let rolling = spec(Spec::Deployment(rolling));
    let sets = [(mutant.other_template, old), (mutant.template, new)].map(|(template, counts)| {
        let set = ReplicaSetSpec {
            selector: selector(),
            template,
            min_ready_seconds: 0,
        };
        (spec(Spec::ReplicaSet(set)), counts)
    });
    let Fact::ServiceCreated(_, service) = mutant.records[2].fact.clone() else {
        panic!("the Service comes third");
    };
    let meta = service.meta;
    let it = wavetank_core::fact::object::NewDeployment {
        meta,
        spec: rolling,
        replicas: 4,
        paused: false,
    };
    mutant.push(
        1,
        Actor::User,
        Fact::DeploymentCreated(DeploymentId(0), Box::new(it)),
    );
    let by = Actor::Controller(Controller::Deployment);
    for (index, (spec, (replicas, available))) in sets.into_iter().enumerate() {
        let id = ReplicaSetId::from_index(index);
        let name = ["other", "gated"][index];
        let texts = &mutant.start.definitions.texts;
        let name = wavetank_core::object::name::ObjectName::find(name, texts).expect("a name");
        let owner = Some(DeploymentId(0).into());
        let set = NewReplicaSet {
            meta: Meta {
                name,
                owner,
                ..meta
            },
            spec,
            replicas,
            revision: 1,
            desired: 4,
            maximum: 5,
        };
        mutant.push(1, by, Fact::ReplicaSetCreated(id, Box::new(set)));
        let status = wavetank_core::object::workload::ReplicaSetStatus {
            available,
            ..Default::default()
        };
        let change = ReplicaSetChange::Status(Box::new(status));
        mutant.push(1, by, Fact::ReplicaSetChanged(id, change));
    }
    mutant.cluster()
}

fn scale(set: u32, replicas: u32) -> Script {
    let change = ReplicaSetChange::Scaled {
        replicas,
        desired: 4,
        maximum: 5,
    };
    let fact = Fact::ReplicaSetChanged(ReplicaSetId(set), change);
    script(vec![Step::Write(Request::Update(fact, None))])
}

#[test]
fn deployments() {
    let (controller, key) = (Controller::Deployment, DeploymentId(0));
    let begun = deployment((4, 4), (0, 0));
    expect(&[], decided(&begun, controller, key, scale(1, 1)));
    expect(&["D-1"], decided(&begun, controller, key, scale(1, 2)));
    // Three of four have to be available: one old replica may go, two may not.
    expect(&[], decided(&begun, controller, key, scale(0, 3)));
    expect(&["D-2"], decided(&begun, controller, key, scale(0, 2)));
    // The new one is not available yet, so it does not count.
    let waiting = deployment((3, 3), (2, 0));
    expect(&["D-2"], decided(&waiting, controller, key, scale(0, 2)));
    let ready = deployment((3, 3), (2, 2));
    expect(&[], decided(&ready, controller, key, scale(0, 1)));
}

#[test]
fn endpoints() {
    let place = Mutant::new().place(|fact| *fact == runtime(RuntimeFact::Started(1)));
    let up = after(place + 2);
    let mut mutant = Mutant::new();
    mutant.records.truncate(place + 2);
    mutant.push(4, KUBELET, status(&[StatusChange::Ip(PodIp(7))]));
    let with_ip = mutant.cluster();
    let write = |endpoint| {
        let changes = Box::new([wavetank_core::fact::object::EndpointChange::Set(endpoint)]);
        let change = wavetank_core::fact::object::SliceChange::Endpoints(changes);
        let fact = Fact::SliceChanged(SliceId(0), change);
        script(vec![Step::Write(Request::Update(fact, None))])
    };
    let controller = Controller::EndpointSlice;
    let key = ServiceId(0);
    let right = endpoint(POD);
    expect(&[], decided(&with_ip, controller, key, write(right)));
    expect(&["EP-1"], decided(&up, controller, key, write(right)));
    expect(
        &["EP-1"],
        decided(&with_ip, controller, key, write(endpoint(PodId(9)))),
    );
    let wrong = Endpoint {
        terminating: true,
        ..right
    };
    expect(&["EP-2"], decided(&with_ip, controller, key, write(wrong)));
    let wrong = Endpoint {
        ready: false,
        ..right
    };
    expect(&["EP-2"], decided(&with_ip, controller, key, write(wrong)));
}

#[test]
fn connections() {
    let cluster = after(12);
    let newest = cluster.store.rev;
    let routed = |rev: u32, pod: Option<PodId>| Routed {
        client: ClientId(0),
        number: 0,
        service: ServiceId(0),
        node: NodeId(0),
        rev: Rev(rev),
        pod,
    };
    let route = |connections: Vec<Routed>| {
        let cluster = &cluster;
        move |checks: &mut Checks| {
            for it in &connections {
                let rules = View::new(cluster, Cursors::all(it.rev));
                checks.routed(it, rules, newest, SimTime::ZERO);
            }
        }
    };
    let last = newest.0;
    expect(
        &[],
        route(vec![
            routed(4, None),
            routed(last, Some(POD)),
            routed(last, Some(POD)),
        ]),
    );
    expect(
        &["EP-6"],
        route(vec![routed(last, Some(POD)), routed(last - 1, Some(POD))]),
    );
    expect(
        &["EP-6"],
        route(
            vec![routed(last, Some(PodId(9)))]
                .into_iter()
                .map(|it| Routed {
                    pod: Some(PodId(0)),
                    rev: Rev(4),
                    ..it
                })
                .collect(),
        ),
    );
    expect(&["EP-7"], route(vec![routed(last, None)]));
}
