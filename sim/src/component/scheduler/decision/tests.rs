//! Decisions on small clusters: helpers.

mod columns;
mod vectors;
mod volumes;

use std::sync::Arc;

use expect_test::Expect;
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::{
    NodeOperator, NodeRequirement, NodeTerm, Taint, TaintEffect,
};
use wavetank_core::object::template::{Container, PodSpec, PodTemplate};

use super::node::{NodeRow, PlacedPod};
use super::plain::PluginScores;
use super::shape::PodShape;
use super::*;

/// The pod that is to be placed.
const INCOMING: PodId = PodId(1 << 20);
const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;

/// A specification that requests this many millicores and bytes in one container.
fn requests(cpu: i64, memory: i64) -> PodSpec {
    let requests = Resources {
        cpu,
        memory,
        ..Resources::default()
    };
    PodSpec {
        containers: vec![Container {
            requests: requests.clone(),
            ..Container::default()
        }],
        requests,
        nonzero: (cpu, memory),
        ..PodSpec::default()
    }
}

fn shape(spec: PodSpec) -> PodShape {
    let template = PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec,
        manifest: "".into(),
    };
    PodShape::new("default", Labels::default(), Arc::new(template))
}

fn row(name: &str, cpu: i64, memory: i64) -> NodeRow {
    NodeRow {
        name: name.into(),
        allocatable: Resources {
            cpu,
            memory,
            pods: 110,
            ..Resources::default()
        },
        ..NodeRow::default()
    }
}

fn taint(key: &str, value: &str, effect: TaintEffect) -> Taint {
    Taint {
        key: key.into(),
        value: value.into(),
        effect,
    }
}

/// A cluster of nodes and the specifications of their pods.
fn cluster(nodes: Vec<(NodeRow, Vec<PodSpec>)>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut pods = 0;
    for (index, (row, specs)) in nodes.into_iter().enumerate() {
        let node = NodeId::from_index(index);
        snapshot.set_node(node, row);
        for spec in specs {
            let shape = snapshot.add_shape(shape(spec));
            snapshot.add_pod(node, PlacedPod::new(PodId(pods), shape));
            pods += 1;
        }
    }
    snapshot
}

/// What is decided for a pod on a cluster: the weighted scores of the nodes that fit, and the choice
/// or the message.
fn explain(snapshot: &mut Snapshot, profile: &mut Profile, spec: PodSpec) -> String {
    let id = snapshot.add_shape(shape(spec));
    snapshot.refresh();
    let mut lines = Vec::new();
    let request = Request {
        pod: INCOMING,
        shape: id,
        nominated: None,
        percentage: profile.percentage,
    };
    let trace = trace::trace(&profile.framework, snapshot, &request, profile.next_start);
    for PluginScores { plugin, scores, .. } in trace.scores {
        if scores.iter().any(|score| *score != 0) {
            lines.push(format!("{plugin:?} {scores:?}"));
        }
    }
    let outcome = profile.decide(snapshot, INCOMING, id, None);
    lines.push(told(profile, &outcome, snapshot, id));
    lines.join("\n")
}

/// An outcome as people read it.
fn told(profile: &mut Profile, outcome: &Outcome, snapshot: &Snapshot, shape: ShapeId) -> String {
    match outcome {
        Outcome::Chosen { node, feasible } => format!("n{} of {feasible}", node.0),
        Outcome::Unfit(error) => {
            let pod = snapshot.shape(shape);
            let post = profile.post_filter(snapshot, INCOMING, shape, None, error, 0);
            let text = error.text(&profile.framework, pod, &post.text);
            format!("{text} {:?}", error.rejectors)
        }
        Outcome::NoNodes => "no nodes".to_owned(),
    }
}

fn check(mut snapshot: Snapshot, spec: PodSpec, expected: &Expect) {
    let mut profile = Profile::new(0);
    expected.assert_eq(&explain(&mut snapshot, &mut profile, spec));
}

fn requirement(key: &str, operator: NodeOperator, values: &[&str]) -> NodeRequirement {
    NodeRequirement {
        key: key.into(),
        operator,
        values: values.iter().map(|value| (*value).into()).collect(),
    }
}

fn expressions(expressions: Vec<NodeRequirement>) -> NodeTerm {
    NodeTerm {
        expressions,
        fields: Vec::new(),
    }
}
