//! Scores of the strategies, computed by hand; and what profiles decide.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{PodSpec, PodTemplate};

use crate::component::scheduler::custom::SchedulerRegistry;
use crate::component::scheduler::decision::node::{NodeRow, PlacedPod};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::trace::trace;
use crate::component::scheduler::decision::{Outcome, Request};
use crate::component::scheduler::profile::set::Profiles;
use crate::plan::settings::SchedulerSettings;

const GIB: i64 = 1 << 30;
const GPU: &str = "example.com/gpu";

fn resources(cpu: i64, gibibytes: i64, gpus: i64) -> Resources {
    let extended = (gpus > 0).then(|| (GPU.into(), gpus));
    Resources {
        cpu,
        memory: gibibytes * GIB,
        pods: 110,
        extended: extended.into_iter().collect(),
        ..Resources::default()
    }
}

fn shape(requests: Resources, scheduler: &str) -> PodShape {
    let template = PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec: PodSpec {
            nonzero: (requests.cpu, requests.memory),
            requests,
            scheduler_name: scheduler.into(),
            ..PodSpec::default()
        },
        manifest: "".into(),
    };
    PodShape::new("default", Labels::default(), Arc::new(template))
}

/// Three nodes of 4 CPUs, 8 GiB and 4 GPUs; `n0` is empty, `n1` half full, `n2` nearly full. The last has
/// the label `disk: ssd`.
fn cluster() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let used = [None, Some((2_000, 2, 1)), Some((3_000, 6, 2))];
    for (index, used) in used.into_iter().enumerate() {
        let node = NodeId::from_index(index);
        let labels = [("disk", if index == 2 { "ssd" } else { "hdd" })];
        let row = NodeRow {
            name: format!("n{index}").into(),
            labels: labels.into_iter().collect(),
            allocatable: resources(4_000, 8, 4),
            ..NodeRow::default()
        };
        snapshot.set_node(node, row);
        if let Some((cpu, memory, gpus)) = used {
            let shape = snapshot.add_shape(shape(resources(cpu, memory, gpus), ""));
            let pod = PodId::from_index(index);
            snapshot.add_pod(node, PlacedPod::new(pod, shape));
        }
    }
    snapshot.refresh();
    snapshot
}

/// What the plugin gives the three nodes for a pod of 1 CPU, 1 GiB and 1 GPU, before its weight; or why
/// there is nothing to give.
fn check(plugin: &str, arguments: &str, expected: &Expect) {
    let yaml = format!("profiles: [{{pluginConfig: [{{name: {plugin}, args: {arguments}}}]}}]");
    let settings = SchedulerSettings::from_yaml(&yaml, &SchedulerRegistry::new());
    let profile = settings.expect("a configuration").profiles.remove(0);
    let mut snapshot = cluster();
    let shape = snapshot.add_shape(shape(resources(1_000, 1, 1), ""));
    let request = Request {
        pod: PodId(99),
        shape,
        nominated: None,
        percentage: 0,
    };
    let trace = trace(&profile.framework, &snapshot, &request, 0);
    let mut text = String::new();
    for scored in trace.scores {
        if scored.plugin.name() == plugin {
            let _ = write!(text, "{:?}", scored.raw);
        }
    }
    if let Some((error, _)) = &trace.failure {
        let pod = snapshot.shape(shape);
        text += &error.text(&profile.framework, pod, "");
    }
    expected.assert_eq(&text);
}

#[test]
fn the_strategies_of_fit() {
    let fit = |strategy: &str, expected: &Expect| {
        let arguments = format!("{{scoringStrategy: {strategy}}}");
        check("NodeResourcesFit", &arguments, expected);
    };
    // With the pod, CPU is at 25, 75, 100 % and memory at 12.5, 37.5, 87.5 %.
    fit("{type: LeastAllocated}", &expect!["[81, 43, 6]"]);
    fit("{type: MostAllocated}", &expect!["[18, 56, 93]"]);
    // 25·3 + 12 = 87, 75·3 + 37 = 262, 100·3 + 87 = 387; by 4.
    let weights = "resources: [{name: cpu, weight: 3}, {name: memory, weight: 1}]";
    fit(
        &format!("{{type: MostAllocated, {weights}}}"),
        &expect!["[21, 65, 96]"],
    );
    // GPUs alone: at 25, 50, 75 %.
    let gpus = format!("resources: [{{name: {GPU}}}]");
    fit(
        &format!("{{type: MostAllocated, {gpus}}}"),
        &expect!["[25, 50, 75]"],
    );
    fit(
        &format!("{{type: LeastAllocated, {gpus}}}"),
        &expect!["[75, 50, 25]"],
    );
    // 0 below 20 %, full from 70 % on: 10, 60, 100 for the GPUs.
    let shape = "requestedToCapacityRatio: {shape: [{utilization: 20, score: 0}, {utilization: 70, score: 10}]}";
    fit(
        &format!("{{type: RequestedToCapacityRatio, {gpus}, {shape}}}"),
        &expect!["[10, 60, 100]"],
    );
    // CPU 10, 100, 100; memory 0 (which does not count), 34, 100: 10, 67, 100.
    fit(
        &format!("{{type: RequestedToCapacityRatio, {shape}}}"),
        &expect!["[10, 67, 100]"],
    );
    // A resource that no node has, or the pod does not want, does not count.
    fit(
        "{type: MostAllocated, resources: [{name: example.com/other, weight: 5}, {name: cpu}]}",
        &expect!["[25, 75, 100]"],
    );
}

#[test]
fn the_balance_over_other_resources() {
    // CPU and GPUs: 0 and 0 to 25 and 25 %; 50 and 25 to 75 and 50 %; 75 and 50 to 100 and 75 %: no change.
    let resources = format!("{{resources: [{{name: cpu}}, {{name: {GPU}}}]}}");
    check(
        "NodeResourcesBalancedAllocation",
        &resources,
        &expect!["[75, 75, 75]"],
    );
    // All three: 0, 0, 0 to 25, 12.5, 25: the deviation grows from 0 to 5.9 points.
    let resources = format!("{{resources: [{{name: cpu}}, {{name: memory}}, {{name: {GPU}}}]}}");
    check(
        "NodeResourcesBalancedAllocation",
        &resources,
        &expect!["[72, 73, 75]"],
    );
}

#[test]
fn an_added_affinity() {
    let required = "requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [VALUE]}]}]}";
    check(
        "NodeAffinity",
        &format!(
            "{{addedAffinity: {{{}}}}}",
            required.replace("VALUE", "tape")
        ),
        &expect![
            "0/3 nodes are available: 3 node(s) didn't match scheduler-enforced node affinity."
        ],
    );
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution: [{weight: 30, preference: {matchExpressions: [{key: disk, operator: In, values: [ssd]}]}}]";
    check(
        "NodeAffinity",
        &format!("{{addedAffinity: {{{preferred}}}}}"),
        &expect!["[0, 0, 30]"],
    );
}

#[test]
fn ignored_resources_are_left_to_others() {
    let yaml = |group: &str| {
        format!(
            "profiles: [{{pluginConfig: [{{name: NodeResourcesFit, args: {{ignoredResourceGroups: [{group}]}}}}]}}]"
        )
    };
    let decide = |group: &str| {
        let settings = SchedulerSettings::from_yaml(&yaml(group), &SchedulerRegistry::new());
        let settings = settings.expect("a configuration");
        let mut snapshot = cluster();
        let shape = snapshot.add_shape(shape(resources(100, 1, 40), ""));
        let mut profiles = Profiles::new(&settings.profiles);
        match profiles.decide(&mut snapshot, PodId(99), shape, None) {
            Outcome::Unfit(error) => {
                let pod = snapshot.shape(shape);
                error.text(profiles.framework(pod), pod, "")
            }
            Outcome::Chosen { feasible, .. } => format!("{feasible} fit"),
            Outcome::NoNodes => String::new(),
        }
    };
    assert_eq!(decide("example.com"), "3 fit");
    assert_eq!(
        decide("example.org"),
        "0/3 nodes are available: 3 Insufficient example.com/gpu."
    );
}

#[test]
fn profiles_share_the_cache_and_the_next_start() {
    // Spread and pack, in turns: each sees what the other did.
    let yaml = "
percentageOfNodesToScore: 100
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  plugins: {score: {disabled: [{name: NodeResourcesBalancedAllocation}]}}
  pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]
";
    let settings = SchedulerSettings::from_yaml(yaml, &SchedulerRegistry::new());
    let mut profiles = Profiles::new(&settings.expect("a configuration").profiles);
    let mut snapshot = cluster();
    let mut text = String::new();
    for pod in 0..6 {
        let name = ["packer", "default-scheduler"][pod % 2];
        let shape = snapshot.add_shape(shape(resources(500, 1, 0), name));
        let id = PodId::from_index(100 + pod);
        let outcome = profiles.decide(&mut snapshot, id, shape, None);
        if let Outcome::Chosen { node, feasible } = outcome {
            snapshot.add_pod(node, PlacedPod::new(id, shape));
            let _ = writeln!(text, "{name}: n{} of {feasible}", node.0);
        }
    }
    expect![[r#"
        packer: n2 of 3
        default-scheduler: n0 of 3
        packer: n2 of 3
        default-scheduler: n0 of 2
        packer: n1 of 2
        default-scheduler: n0 of 2
    "#]]
    .assert_eq(&text);
    assert!(profiles.knows("packer") && profiles.knows("") && !profiles.knows("other"));
}
