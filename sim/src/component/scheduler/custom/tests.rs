//! Plugins and schedulers of users: input, decision.

use std::borrow::Cow;
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::id::PodId;
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{PodSpec, PodTemplate};

use super::*;
use crate::component::scheduler::decision::Outcome;
use crate::component::scheduler::profile::set::Profiles;
use crate::plan::settings::SchedulerSettings;

/// Lets pods only run on nodes with an even number at the end, and never on `n0`. Counts its cycles'
/// nodes, to see that state is kept for a cycle.
#[derive(Debug)]
struct Even;

#[derive(Clone, Debug)]
struct Nodes(usize);

impl Filter for Even {
    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        assert!(cycle.state.own.get::<Nodes>().is_none(), "a new cycle");
        cycle.state.own.set(Nodes(cycle.snapshot.list().len()));
        cycle.state.own.change(|nodes: &mut Nodes| nodes.0 += 1);
        PreFilter::Run
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Answer {
        assert_eq!(cycle.state.own.get::<Nodes>().map(|it| it.0), Some(5));
        match node.row.name.as_bytes() {
            b"n0" => Answer::Never(7),
            [.., last] if last % 2 == 1 => Answer::No(1),
            _ => Answer::Fits,
        }
    }

    fn reason(&self, _pod: &PodShape, number: u8) -> Cow<'static, str> {
        match number {
            7 => "node(s) came first".into(),
            _ => "node(s) were odd".into(),
        }
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        _pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        event.is_node_added()
    }
}

/// The last node by name.
#[derive(Debug, Default)]
struct Last {
    decisions: u32,
}

impl Placement for Last {
    fn place(&mut self, cluster: &Snapshot, framework: &Framework, request: &Request) -> Placed {
        self.decisions += 1;
        if self.decisions == 2 {
            return Placed::Nowhere("the second is not placed".into());
        }
        match feasible(framework, cluster, request) {
            Ok(nodes) => {
                let by_name = nodes.iter().max_by_key(|node| &cluster.node(**node).name);
                Placed::Node {
                    node: *by_name.expect("at least one"),
                    feasible: u32::try_from(nodes.len()).expect("few"),
                }
            }
            Err(error) => Placed::Unfit(error),
        }
    }
}

fn registry() -> SchedulerRegistry {
    SchedulerRegistry::new()
        .plugin("Even", |_| Ok(UserPlugin::filtering(Even)))
        .scheduler("last", Last::default)
}

/// Three pods for `scheduler` in a row on a cluster of four nodes.
fn check(yaml: &str, scheduler: &str, cpu: i64, expected: &Expect) {
    let settings = SchedulerSettings::from_yaml(yaml, &registry()).expect("a configuration");
    let mut profiles = Profiles::new(&settings.profiles);
    let mut snapshot = Snapshot::default();
    for index in 0..4 {
        let row = NodeRow {
            name: format!("n{index}").into(),
            allocatable: Resources {
                cpu: 1_000,
                memory: 1 << 30,
                pods: 10,
                ..Resources::default()
            },
            ..NodeRow::default()
        };
        snapshot.set_node(NodeId(index), row);
    }
    let spec = PodSpec {
        scheduler_name: scheduler.into(),
        requests: Resources {
            cpu,
            ..Resources::default()
        },
        ..PodSpec::default()
    };
    let template = Arc::new(PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec,
        manifest: "".into(),
    });
    let shape = snapshot.add_shape(PodShape::new("default", Labels::default(), template));
    let added = snapshot.node(NodeId(0)).clone();
    let mut lines = Vec::new();
    for pod in 0..3 {
        lines.push(
            match profiles.decide(&mut snapshot, PodId(pod), shape, None) {
                Outcome::Chosen { node, feasible } => format!("n{} of {feasible}", node.0),
                Outcome::Unfit(error) => {
                    let post = profiles.post_filter(&snapshot, PodId(pod), shape, None, &error, 0);
                    let look = snapshot.shape(shape);
                    let text = error.text(profiles.framework(look), look, &post.text);
                    let wakes = [ClusterEvent::NodeAdded(&added), ClusterEvent::OwnLabels]
                        .map(|it| profiles.is_worth(error.rejectors, shape, &it, &snapshot));
                    format!("{text} {wakes:?}")
                }
                Outcome::NoNodes => "no nodes".to_owned(),
            },
        );
    }
    expected.assert_eq(&lines.join("\n"));
}

const EVEN: &str = "profiles: [{plugins: {multiPoint: {enabled: [{name: Even}]}}}]";

#[test]
fn a_filter() {
    check(
        EVEN,
        "default-scheduler",
        100,
        &expect![[r#"
        n2 of 1
        n2 of 1
        n2 of 1"#]],
    );
}

#[test]
fn a_filter_that_leaves_nothing() {
    check(
        EVEN,
        "default-scheduler",
        2_000,
        &expect![[r#"
        0/4 nodes are available: 4 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling. [false, false]
        0/4 nodes are available: 4 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling. [false, false]
        0/4 nodes are available: 4 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling. [false, false]"#]],
    );
}

#[test]
fn a_scheduler() {
    check(
        "",
        "last",
        100,
        &expect![[r#"
        n3 of 4
        0/4 nodes are available: the second is not placed. [true, true]
        n3 of 4"#]],
    );
}

#[test]
fn a_scheduler_with_the_plugins_of_its_profile() {
    let yaml = "profiles: [{schedulerName: last, plugins: {filter: {enabled: [{name: Even}]}, preFilter: {enabled: [{name: Even}]}}}]";
    check(
        yaml,
        "last",
        100,
        &expect![[r#"
        n2 of 1
        0/4 nodes are available: the second is not placed. [true, true]
        n2 of 1"#]],
    );
}
