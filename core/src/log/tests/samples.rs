//! One value of every variant that a log can hold.

use crate::fact::event::EventNote;
use crate::fact::object::{
    DeploymentChange, EndpointChange, MetaChange, NewDeployment, NewNode, NewOther, NewReplicaSet,
    NewService, NewSlice, NodeChange, OtherChange, ReplicaSetChange, ServiceChange, SliceChange,
};
use crate::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use crate::fact::runtime::{Hook, ProbeKind, RuntimeFact, Signal};
use crate::fact::traffic::{Outcome, RequestEnd};
use crate::fact::{Actor, Controller, Decision, Edge, Fact, Refusal};
use crate::id::{
    ClientId, DeploymentId, FaultId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, ServiceId,
    SetId, SliceId, SpecId, StepId, TemplateId, TextId,
};
use crate::object::condition::{Condition, Truth};
use crate::object::meta::{Deletion, Meta};
use crate::object::name::ObjectName;
use crate::object::node::NodeConditionType;
use crate::object::pod::{Phase, PodConditionType, PodIp};
use crate::object::scheduling::{Taint, TaintEffect};
use crate::object::service::{Endpoint, SlicePort};
use crate::object::template::Protocol;
use crate::object::workload::{DeploymentStatus, ReplicaSetStatus};
use crate::text::known;
use crate::time::Stamp;

const OWNER: ObjId = ObjId {
    kind: Kind::ReplicaSet,
    index: 0,
};

pub(super) fn name(number: u32) -> ObjectName {
    ObjectName::generated(known::DEFAULT, number)
}

pub(super) fn meta(number: u32) -> Meta {
    Meta {
        name: name(number),
        namespace: known::DEFAULT,
        created: Stamp(1),
        labels: SetId(0),
        annotations: SetId(0),
        finalizers: SetId(0),
        owner: None,
        generation: 1,
        deletion: None,
    }
}

pub(super) fn endpoint(pod: u32) -> Endpoint {
    Endpoint {
        pod: PodId(pod),
        ip: PodIp(0x0a_f4_00_02),
        node: Some(NodeId(0)),
        ready: true,
        serving: true,
        terminating: false,
    }
}

pub(super) fn condition() -> Condition {
    Condition {
        status: Truth::True,
        reason: known::KUBELET_READY,
        message: known::EMPTY,
        changed: Stamp(2),
        updated: Stamp(3),
    }
}

/// Facts that create the first objects: they can be applied in this order, after the definitions.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(super) fn creations() -> Vec<Fact> {
    vec![
        Fact::NodeCreated(
            NodeId(0),
            Box::new(NewNode {
                meta: meta(0),
                spec: SpecId(0),
                taints: vec![Taint {
                    key: "k".into(),
                    value: "v".into(),
                    effect: TaintEffect::NoExecute,
                }],
                unschedulable: true,
                conditions: [condition(); 4],
            }),
        ),
        Fact::DeploymentCreated(
            DeploymentId(0),
            Box::new(NewDeployment {
                meta: meta(0),
                spec: SpecId(2),
                replicas: 2,
                paused: false,
            }),
        ),
        Fact::ReplicaSetCreated(
            ReplicaSetId(0),
            Box::new(NewReplicaSet {
                meta: Meta {
                    owner: Some(DeploymentId(0).into()),
                    ..meta(0)
                },
                spec: SpecId(1),
                replicas: 2,
                revision: 1,
                desired: 2,
                maximum: 3,
            }),
        ),
        Fact::PodCreated(
            PodId(0),
            Box::new(NewPod {
                name: name(0),
                namespace: known::DEFAULT,
                template: TemplateId(0),
                owner: Some(OWNER),
                created: Stamp(1),
                node: None,
                gated: true,
            }),
        ),
        Fact::ServiceCreated(
            ServiceId(0),
            Box::new(NewService {
                meta: meta(0),
                spec: SpecId(3),
                cluster_ip: PodIp(0x0a_60_00_01),
            }),
        ),
        Fact::SliceCreated(
            SliceId(0),
            Box::new(NewSlice {
                meta: meta(0),
                service: ServiceId(0),
                ports: vec![SlicePort {
                    name: "http".into(),
                    port: 8_080,
                    protocol: Protocol::Tcp,
                }],
                endpoints: vec![endpoint(0)],
            }),
        ),
        Fact::OtherCreated(
            OtherId(0),
            Box::new(NewOther {
                kind: Kind::ConfigMap,
                meta: meta(0),
                spec: SpecId(4),
            }),
        ),
    ]
}

fn meta_changes() -> [MetaChange; 6] {
    [
        MetaChange::Labels(SetId(0)),
        MetaChange::Annotations(SetId(0)),
        MetaChange::Finalizers(SetId(0)),
        MetaChange::Owner(Some(OWNER)),
        MetaChange::Deleting(Deletion {
            at: Stamp(9),
            grace_seconds: 30,
        }),
        MetaChange::Removed,
    ]
}

fn pod_changes() -> Vec<PodChange> {
    let deletion = Deletion {
        at: Stamp(9),
        grace_seconds: 30,
    };
    vec![
        PodChange::Bound(NodeId(0), Stamp(2)),
        PodChange::Status(status_changes().into()),
        PodChange::Deleting(deletion),
        PodChange::Removed,
        PodChange::Labels(SetId(0)),
        PodChange::Annotations(SetId(0)),
        PodChange::Finalizers(SetId(0)),
        PodChange::Owner(Some(OWNER)),
        PodChange::Template(TemplateId(0)),
    ]
}

fn status_changes() -> Vec<StatusChange> {
    let mut changes = vec![
        StatusChange::Phase(Phase::Running),
        StatusChange::Reason(known::EVICTED),
        StatusChange::Message(known::EMPTY),
        StatusChange::Ip(PodIp(0x0a_f4_00_02)),
        StatusChange::Started(Stamp(3)),
        StatusChange::ObservedGeneration(2),
        StatusChange::Nominated(Some(NodeId(0))),
        StatusChange::Condition(
            PodConditionType::Ready,
            Truth::False,
            known::CONTAINERS_NOT_READY,
            Stamp(4),
        ),
        StatusChange::ConditionMessage(PodConditionType::DisruptionTarget, known::EMPTY),
        StatusChange::Gate(1, true),
    ];
    let containers = [
        ContainerChange::Waiting(known::CONTAINER_CREATING),
        ContainerChange::Running(Stamp(5)),
        ContainerChange::Terminated(137, known::ERROR, Stamp(5), Stamp(6)),
        ContainerChange::Message(known::EMPTY),
        ContainerChange::LastState,
        ContainerChange::LastTerminated(-1, known::COMPLETED, Stamp(5), Stamp(6)),
        ContainerChange::Restarts(3),
        ContainerChange::Ready(true),
        ContainerChange::Started(Some(false)),
        ContainerChange::Attempt(4),
    ];
    changes.extend(containers.map(|change| StatusChange::Container(0, change)));
    changes
}

fn runtime_facts() -> Vec<RuntimeFact> {
    vec![
        RuntimeFact::Admitted,
        RuntimeFact::SandboxStarted(PodIp(0x0a_f4_00_02)),
        RuntimeFact::SandboxStopped,
        RuntimeFact::PullStarted(0),
        RuntimeFact::Pulled(0, 1_500),
        RuntimeFact::PullFailed(0, known::ERROR),
        RuntimeFact::Started(0),
        RuntimeFact::Listening(0, 8_080),
        RuntimeFact::ListenStopped(0, 8_080),
        RuntimeFact::Exited(0, 143, true),
        RuntimeFact::HookStarted(0, Hook::PostStart),
        RuntimeFact::HookEnded(0, Hook::PreStop, true),
        RuntimeFact::Signalled(0, Signal::Term),
        RuntimeFact::Signalled(0, Signal::Kill),
        RuntimeFact::Probed(0, ProbeKind::Startup, true),
        RuntimeFact::Probed(0, ProbeKind::Liveness, false),
        RuntimeFact::Probed(0, ProbeKind::Readiness, true),
        RuntimeFact::Logged(0, known::ERROR),
        RuntimeFact::Finished,
    ]
}

fn notes() -> Vec<EventNote> {
    vec![
        EventNote::Scheduled(NodeId(0)),
        EventNote::FailedScheduling(known::ERROR),
        EventNote::Pulling(0),
        EventNote::Present(0),
        EventNote::Pulled(0, 1_500),
        EventNote::Created(0),
        EventNote::Started(0),
        EventNote::Killing(0),
        EventNote::KillingBecause(0, known::ERROR),
        EventNote::Unhealthy(0, known::ERROR),
        EventNote::SuccessfulCreate(0),
        EventNote::SuccessfulDelete(0),
        EventNote::Scaled {
            set: 0,
            from: 1,
            to: 2,
        },
        EventNote::Normal(known::PULLED, known::EMPTY),
        EventNote::Warning(known::FAILED, known::EMPTY),
    ]
}

/// Facts that change objects, and those that are not writes.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(super) fn changes() -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(
        pod_changes()
            .into_iter()
            .map(|it| Fact::PodChanged(PodId(0), it)),
    );
    let node = [
        NodeChange::Meta(MetaChange::Labels(SetId(0))),
        NodeChange::Conditions([(NodeConditionType::PidPressure, condition())].into()),
        NodeChange::Taints([].into()),
        NodeChange::Unschedulable(false),
        NodeChange::Spec(SpecId(0)),
    ];
    facts.extend(node.map(|it| Fact::NodeChanged(NodeId(0), it)));
    let set = [
        ReplicaSetChange::Meta(MetaChange::Owner(None)),
        ReplicaSetChange::Scaled {
            replicas: 3,
            desired: 3,
            maximum: 4,
        },
        ReplicaSetChange::Revision(2),
        ReplicaSetChange::Status(Box::new(ReplicaSetStatus {
            observed_generation: 1,
            replicas: 2,
            fully_labeled: 3,
            ready: 4,
            available: 5,
            terminating: 6,
            failure: condition(),
        })),
        ReplicaSetChange::Spec(SpecId(1)),
    ];
    facts.extend(set.map(|it| Fact::ReplicaSetChanged(ReplicaSetId(0), it)));
    let status = DeploymentStatus {
        observed_generation: 1,
        replicas: 2,
        updated: 3,
        ready: 4,
        available: 5,
        unavailable: 6,
        terminating: 7,
        collisions: 8,
        progressing: condition(),
        availability: condition(),
        failure: Condition::default(),
    };
    let deployment = [
        DeploymentChange::Meta(MetaChange::Removed),
        DeploymentChange::Scaled(5),
        DeploymentChange::Spec(SpecId(2)),
        DeploymentChange::Paused(true),
        DeploymentChange::Status(Box::new((7, status))),
    ];
    facts.extend(deployment.map(|it| Fact::DeploymentChanged(DeploymentId(0), it)));
    let service = [
        ServiceChange::Meta(MetaChange::Finalizers(SetId(0))),
        ServiceChange::Spec(SpecId(3)),
    ];
    facts.extend(service.map(|it| Fact::ServiceChanged(ServiceId(0), it)));
    let slice = [
        SliceChange::Meta(MetaChange::Annotations(SetId(0))),
        SliceChange::Endpoints(
            [
                EndpointChange::Set(endpoint(0)),
                EndpointChange::Removed(PodId(0)),
            ]
            .into(),
        ),
    ];
    facts.extend(slice.map(|it| Fact::SliceChanged(SliceId(0), it)));
    for change in meta_changes() {
        let change = OtherChange::Meta(change);
        facts.push(Fact::OtherChanged(Kind::ConfigMap, OtherId(0), change));
    }
    let spec = OtherChange::Spec(SpecId(4));
    facts.push(Fact::OtherChanged(Kind::ConfigMap, OtherId(0), spec));
    facts.extend(
        runtime_facts()
            .into_iter()
            .map(|it| Fact::Runtime(PodId(0), it)),
    );
    let pod = ObjId::from(PodId(0));
    facts.extend(notes().into_iter().map(|it| Fact::EventRecorded(pod, it)));
    facts.push(Fact::Decided(Decision {
        pod: PodId(0),
        node: Some(NodeId(0)),
        feasible: 3,
        next_start: 1,
    }));
    for outcome in Outcome::ALL {
        facts.push(Fact::RequestEnded(RequestEnd {
            client: ClientId(0),
            number: 417,
            pod: Some(PodId(0)),
            took_micros: 1_000_000,
            outcome,
        }));
    }
    facts.push(Fact::RequestsSucceeded {
        client: ClientId(0),
        ok: 1_000,
    });
    facts.push(Fact::Fault(FaultId(0), Edge::Began));
    facts.push(Fact::Step(StepId(0), Edge::Ended(1)));
    facts.push(Fact::Mark(TextId(1)));
    facts.extend(refusals().map(|it| Fact::Refused(pod, it)));
    facts
}

fn refusals() -> [Refusal; 9] {
    [
        Refusal::Conflict,
        Refusal::AlreadyExists,
        Refusal::NotFound,
        Refusal::Forbidden,
        Refusal::Invalid,
        Refusal::TooManyRequests,
        Refusal::Gone,
        Refusal::Internal,
        Refusal::Timeout,
    ]
}

/// Every actor.
pub(super) fn actors() -> Vec<Actor> {
    let mut actors = vec![
        Actor::Scenario,
        Actor::User,
        Actor::ApiServer,
        Actor::Scheduler,
        Actor::Kubelet(NodeId(1)),
        Actor::Proxy(NodeId(2)),
        Actor::Client(ClientId(3)),
    ];
    let controllers = [
        Controller::Deployment,
        Controller::ReplicaSet,
        Controller::EndpointSlice,
        Controller::NodeLifecycle,
        Controller::TaintEviction,
        Controller::GarbageCollector,
        Controller::PodGarbageCollector,
        Controller::Namespace,
        Controller::Disruption,
        Controller::StatefulSet,
        Controller::DaemonSet,
        Controller::Job,
        Controller::CronJob,
        Controller::HorizontalPodAutoscaler,
        Controller::TtlAfterFinished,
        Controller::ResourceQuota,
        Controller::Endpoints,
        Controller::ReplicationController,
        Controller::PersistentVolume,
    ];
    actors.extend(controllers.map(Actor::Controller));
    actors
}
