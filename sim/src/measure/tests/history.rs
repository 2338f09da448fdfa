//! Runs written by hand: records folded into a cluster, with a meter that looks on.

use std::sync::Arc;

use wavetank_core::fact::object::{
    DeploymentChange, MetaChange, NewReplicaSet, NodeChange, ReplicaSetChange,
};
use wavetank_core::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::traffic::{Outcome, RequestEnd};
use wavetank_core::fact::{Actor, Edge, Fact, Record, Refusal};
use wavetank_core::id::{ClientId, DeploymentId, FaultId, NodeId, PodId, ReplicaSetId, TextId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::meta::Deletion;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::node::NodeConditionType;
use wavetank_core::object::pod::{Phase, PodConditionType};
use wavetank_core::object::workload::DeploymentStatus;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime, Stamp};

use crate::check::Violation;
use crate::diagnostic::{Diagnostics, Sources, Style};
use crate::engine::outcome::{Requests, StepOutcome};
use crate::measure::{Compiled, Ending, Measured, Meter, amount_text, compile};
use crate::message::call::Request;
use crate::plan::build::PlanBuilder;
use crate::scenario::schema::Scenario;
use crate::scenario::{load, lower, parameters};

/// The typed scenario of a text, and what compiling it says.
pub(super) fn compiled(text: &str) -> (Scenario, Compiled, String) {
    let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
    let file = sources.add("test.yaml", text);
    let documents = load::documents(file, &sources, &mut diagnostics);
    let mut node = documents.into_iter().next().expect("a document").node;
    let values = parameters::resolve(&node, &[], &mut diagnostics);
    parameters::substitute(&mut node, &values, &[], &mut diagnostics);
    let scenario = lower::lower(&node, &values);
    let found = compile(&scenario, &mut diagnostics);
    let said = match diagnostics.is_empty() {
        true => String::new(),
        false => diagnostics.render(&sources, Style::Plain),
    };
    (scenario, found, said)
}

/// A run as it is written.
pub(super) struct History {
    pub(super) cluster: Cluster,
    meter: Meter,
    now: SimTime,
    zero: SimTime,
    schedule: Vec<&'static str>,
    pub(super) requests: Vec<Requests>,
    pub(super) steps: Vec<StepOutcome>,
    pub(super) violations: Vec<Violation>,
}

impl History {
    /// Two nodes, the Deployment `web` of three replicas and its ReplicaSet, at t = 0. Nothing is
    /// measured before [`Self::begin`].
    pub(super) fn new(measures: &str) -> Self {
        let (_, found, said) = compiled(measures);
        assert_eq!(said, "");
        let plan = PlanBuilder::new("history")
            .nodes(2)
            .deployment("web", 3, |_| ())
            .build();
        let Some(Request::CreateDeployment(deployment)) = plan.objects.first().cloned() else {
            panic!("a plan with a Deployment");
        };
        let mut history = Self {
            cluster: Cluster::new(plan.definitions),
            meter: Meter::new(Arc::new(found)),
            now: SimTime::ZERO,
            zero: SimTime::ZERO,
            schedule: Vec::new(),
            requests: Vec::new(),
            steps: Vec::new(),
            violations: Vec::new(),
        };
        for (index, node) in plan.nodes.into_iter().enumerate() {
            history.fact(Fact::NodeCreated(NodeId::from_index(index), Box::new(node)));
        }
        history.fact(Fact::DeploymentCreated(DeploymentId(0), deployment.clone()));
        let name = history.cluster.definitions.name("web-6f8d");
        let set = NewReplicaSet {
            meta: wavetank_core::object::meta::Meta {
                name,
                owner: Some(DeploymentId(0).into()),
                ..deployment.meta
            },
            spec: deployment.spec,
            replicas: 3,
            revision: 1,
            desired: 3,
            maximum: 4,
        };
        history.fact(Fact::ReplicaSetCreated(ReplicaSetId(0), Box::new(set)));
        history
    }

    /// t = 0 is now.
    pub(super) fn begin(mut self, schedule: &[&'static str]) -> Self {
        self.zero = self.now;
        self.schedule = schedule.to_vec();
        self.meter
            .begin(self.zero, schedule.iter().copied(), &self.cluster);
        self
    }

    /// So many milliseconds later.
    pub(super) fn wait(&mut self, millis: u64) -> &mut Self {
        self.now += SimDuration::from_millis(millis);
        self
    }

    pub(super) fn fact(&mut self, fact: Fact) -> &mut Self {
        let record = Record {
            seq: self.cluster.next_seq,
            at: self.now,
            cause: self.cluster.next_seq,
            by: Actor::Scenario,
            fact,
        };
        self.cluster.apply(&record);
        self.meter.observe(&record, &self.cluster);
        self
    }

    /// A pod of the ReplicaSet, bound to a node.
    pub(super) fn pod(&mut self, node: u32) -> &mut Self {
        let pod = PodId(self.cluster.store.pods.len());
        let base = self.cluster.definitions.text("web-6f8d-");
        let template = wavetank_core::id::TemplateId(0);
        let new = NewPod {
            name: ObjectName::generated(base, pod.0),
            namespace: known::DEFAULT,
            template,
            owner: Some(ReplicaSetId(0).into()),
            created: Stamp(0),
            node: None,
            gated: false,
        };
        self.fact(Fact::PodCreated(pod, Box::new(new)));
        self.fact(Fact::PodChanged(
            pod,
            PodChange::Bound(NodeId(node), Stamp(0)),
        ))
    }

    fn status(&mut self, pod: u32, changes: &[StatusChange]) -> &mut Self {
        self.fact(Fact::PodChanged(
            PodId(pod),
            PodChange::Status(changes.into()),
        ))
    }

    /// The pod's Ready condition, and its phase Running.
    pub(super) fn ready(&mut self, pod: u32, ready: bool) -> &mut Self {
        let kind = PodConditionType::Ready;
        let condition =
            StatusChange::Condition(kind, Truth::of(ready), TextId::default(), Stamp(0));
        self.status(pod, &[StatusChange::Phase(Phase::Running), condition])
    }

    pub(super) fn restarts(&mut self, pod: u32, count: u32) -> &mut Self {
        let change = StatusChange::Container(0, ContainerChange::Restarts(count));
        self.status(pod, &[change])
    }

    pub(super) fn disrupted(&mut self, pod: u32, reason: TextId) -> &mut Self {
        let kind = PodConditionType::DisruptionTarget;
        let change = StatusChange::Condition(kind, Truth::True, reason, Stamp(0));
        self.status(pod, &[change])
    }

    pub(super) fn deleting(&mut self, pod: u32) -> &mut Self {
        let deletion = Deletion {
            at: Stamp(30),
            grace_seconds: 30,
        };
        self.fact(Fact::PodChanged(PodId(pod), PodChange::Deleting(deletion)))
    }

    pub(super) fn removed(&mut self, pod: u32) -> &mut Self {
        self.fact(Fact::PodChanged(PodId(pod), PodChange::Removed))
    }

    pub(super) fn out_of_memory(&mut self, pod: u32) -> &mut Self {
        self.fact(Fact::Runtime(PodId(pod), RuntimeFact::Exited(0, 137, true)))
    }

    pub(super) fn refused(&mut self, pod: u32, refusal: Refusal) -> &mut Self {
        self.fact(Fact::Refused(PodId(pod).into(), refusal))
    }

    pub(super) fn node_ready(&mut self, node: u32, ready: bool) -> &mut Self {
        let condition = Condition {
            status: Truth::of(ready),
            ..Condition::default()
        };
        let changes = [(NodeConditionType::Ready, condition)];
        self.fact(Fact::NodeChanged(
            NodeId(node),
            NodeChange::Conditions(changes.into()),
        ))
    }

    pub(super) fn rollout(&mut self, updated: u32, available: u32) -> &mut Self {
        let status = DeploymentStatus {
            observed_generation: 1,
            replicas: updated,
            updated,
            available,
            ready: available,
            ..DeploymentStatus::default()
        };
        let change = DeploymentChange::Status(Box::new((1, status)));
        self.fact(Fact::DeploymentChanged(DeploymentId(0), change))
    }

    /// The ReplicaSet is no longer the Deployment's.
    pub(super) fn orphaned(&mut self) -> &mut Self {
        let change = ReplicaSetChange::Meta(MetaChange::Owner(None));
        self.fact(Fact::ReplicaSetChanged(ReplicaSetId(0), change))
    }

    pub(super) fn lost(&mut self, client: u32, outcome: Outcome) -> &mut Self {
        self.fact(Fact::RequestEnded(RequestEnd {
            client: ClientId(client),
            number: 0,
            pod: None,
            took_micros: 10,
            outcome,
        }))
    }

    pub(super) fn fault(&mut self, fault: u32, edge: Edge) -> &mut Self {
        self.fact(Fact::Fault(FaultId(fault), edge))
    }

    /// The run ends now.
    pub(super) fn end(&mut self) -> Measured {
        self.meter.clone().finish(&Ending {
            ended: self.now,
            steady: true,
            requests: &self.requests,
            steps: &self.steps,
            violations: &self.violations,
            cluster: &self.cluster,
        })
    }

    /// The run ends now: its values and verdicts, one a line.
    pub(super) fn show(&mut self) -> String {
        let measured = self.end();
        let value = |value: &Option<_>| value.as_ref().map_or("—".to_owned(), amount_text);
        let mut lines: Vec<String> = measured
            .values
            .iter()
            .map(|(name, found)| format!("{name} = {}", value(found)))
            .collect();
        for inner in &measured.inner {
            lines.push(format!("inner = {}", value(inner)));
        }
        for expectation in &measured.expectations {
            let at = expectation.at.map(|at| format!(" at {at}"));
            lines.push(format!("{expectation}{}", at.unwrap_or_default()));
        }
        lines.join("\n")
    }
}
