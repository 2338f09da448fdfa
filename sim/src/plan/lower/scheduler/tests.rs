//! YAML in; plugins with weights, or messages, out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use crate::component::scheduler::custom::{
    Answer, Cycle, Filter, NodeInfo, PodShape, SchedulerRegistry, Score, UserPlugin,
};
use crate::plan::settings::SchedulerSettings;

/// A plugin of a user that takes one argument.
#[derive(Debug)]
struct Picky;

impl Filter for Picky {
    fn filter(&self, _cycle: &Cycle<'_>, _node: &NodeInfo<'_>) -> Answer {
        Answer::No(0)
    }

    fn reason(&self, _pod: &PodShape, _number: u8) -> std::borrow::Cow<'static, str> {
        "node(s) were not to its liking".into()
    }
}

impl Score for Picky {
    fn score(&self, _cycle: &Cycle<'_>, _node: &NodeInfo<'_>) -> i64 {
        0
    }
}

fn registry() -> SchedulerRegistry {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Args {
        #[serde(default)]
        colour: String,
    }
    SchedulerRegistry::new()
        .plugin("Picky", |args| {
            let args: Args = args.read()?;
            match args.colour.as_str() {
                "" | "red" => Ok(UserPlugin::both(Picky)),
                other => Err(format!("the colour {other} is not known")),
            }
        })
        .plugin("Scorer", |_| Ok(UserPlugin::scoring(Picky)))
}

/// What a configuration means: the filters, the scores with their weights, PostFilter; and whether the
/// fast way of the default profile can be taken.
fn check(yaml: &str, expected: &Expect) {
    let settings = match SchedulerSettings::from_yaml(yaml, &registry()) {
        Ok(settings) => settings,
        Err(messages) => return expected.assert_eq(&messages),
    };
    let mut text = String::new();
    for profile in &settings.profiles {
        let framework = &profile.framework;
        let filters: Vec<&str> = framework.filters.iter().map(|it| it.name()).collect();
        let scores = framework.scores.iter();
        let scores: Vec<String> = scores
            .map(|it| format!("{}={}", it.0.name(), it.1))
            .collect();
        let _ = writeln!(text, "{}: {} %", profile.name, profile.percentage);
        let _ = writeln!(text, "  filter {}", filters.join(" "));
        let _ = writeln!(text, "  score {}", scores.join(" "));
        let (claims, preemption) = (framework.claims, framework.preemption);
        if (claims, preemption.is_some()) != (true, true) {
            let _ = writeln!(text, "  post filter: claims {claims}, {preemption:?}");
        }
        if framework.is_default() {
            let _ = writeln!(text, "  as by default");
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn nothing_said_is_the_default_profile() {
    check(
        "",
        &expect![[r#"
            default-scheduler: 0 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity
              score TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 PodTopologySpread=2 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=1
              as by default
        "#]],
    );
    check(
        "
profiles:
- percentageOfNodesToScore: 30
  plugins: {multiPoint: {enabled: [{name: NodeAffinity, weight: 2}]}}
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: LeastAllocated, resources: [{name: cpu}, {name: memory, weight: 1}]}}
  - {name: DefaultPreemption, args: {minCandidateNodesPercentage: 50}}
",
        &expect![[r#"
            default-scheduler: 30 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity
              score TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 PodTopologySpread=2 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=1
              as by default
        "#]],
    );
}

#[test]
fn weights_and_order_of_multi_point() {
    // A default keeps its place and takes the new weight; what is disabled and enabled goes to the end.
    check(
        "
profiles:
- plugins:
    multiPoint:
      enabled: [{name: Scorer, weight: 7}, {name: ImageLocality, weight: 5}, {name: NodePorts}, {name: Picky}]
      disabled: [{name: NodePorts}, {name: InterPodAffinity}]
",
        &expect![[r#"
            default-scheduler: 0 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread NodePorts Picky
              score TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 PodTopologySpread=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=5 Scorer=7 Picky=1
        "#]],
    );
}

#[test]
fn a_point_precedes_multi_point() {
    // What the point names comes first, in its order and with its weight; then the rest of multiPoint.
    check(
        "
profiles:
- plugins:
    multiPoint: {enabled: [{name: Scorer, weight: 7}]}
    score:
      enabled: [{name: ImageLocality, weight: 9}, {name: TaintToleration}, {name: Picky}]
      disabled: [{name: PodTopologySpread}]
    filter:
      disabled: [{name: '*'}]
      enabled: [{name: NodeResourcesFit}, {name: NodeName}]
    postFilter: {disabled: [{name: DynamicResources}]}
",
        &expect![[r#"
            default-scheduler: 0 %
              filter NodeResourcesFit NodeName
              score ImageLocality=9 TaintToleration=1 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 Scorer=7 Picky=1
              post filter: claims false, Some(PreemptionArgs { percentage: 10, absolute: 100 })
        "#]],
    );
}

#[test]
fn everything_disabled_and_a_few_enabled() {
    check(
        "
profiles:
- schedulerName: packer
  plugins:
    multiPoint:
      disabled: [{name: '*'}]
      enabled: [{name: PrioritySort}, {name: DefaultBinder}, {name: NodeResourcesFit, weight: 4}, {name: VolumeBinding}]
",
        &expect![[r#"
            packer: 0 %
              filter NodeResourcesFit VolumeBinding
              score NodeResourcesFit=4 VolumeBinding=1
              post filter: claims false, None
        "#]],
    );
}

#[test]
fn several_profiles() {
    check(
        "
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
percentageOfNodesToScore: 40
profiles:
- schedulerName: default-scheduler
- schedulerName: few
  percentageOfNodesToScore: 5
  plugins: {score: {disabled: [{name: '*'}]}}
- schedulerName: configured
  pluginConfig:
  - {name: NodeResourcesFit, args: {ignoredResourceGroups: [example.com]}}
",
        &expect![[r#"
            default-scheduler: 40 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity
              score TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 PodTopologySpread=2 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=1
              as by default
            few: 5 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity
              score 
            configured: 40 %
              filter NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity
              score TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 VolumeBinding=1 PodTopologySpread=2 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=1
        "#]],
    );
}

#[test]
#[allow(clippy::too_many_lines)] // messages
fn users_mistakes_about_plugins() {
    check(
        "
apiVersion: kubescheduler.config.k8s.io/v1beta3
profils: []
percentageOfNodesToScore: 101
podInitialBackoffSeconds: 20
profiles:
- plugins:
    score:
      enabled: [{name: NodeResourceFit}, {name: NodePorts}, {name: ImageLocality, weight: heavy}, {name: Scorer}, {name: Scorer}, {name: '*'}]
    filter: {enabled: [{name: Scorer}]}
    preFilter: {disabled: [{name: NodeAffinity}]}
    bind: {disabled: [{name: DefaultBinder}]}
    sort: {}
- schedulerName: twice
- schedulerName: twice
",
        &expect![[r#"
            error[S038]: `kubescheduler.config.k8s.io/v1beta3` is not read; Kubernetes 1.36 has `kubescheduler.config.k8s.io/v1` alone
             --> scheduler.yaml:2:13  apiVersion
              |
            2 | apiVersion: kubescheduler.config.k8s.io/v1beta3
              |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: most fields are the same in v1
            error[S014]: unknown field `profils`
             --> scheduler.yaml:3:1
              |
            3 | profils: []
              | ^^^^^^^ did you mean `profiles`?
              |
              = help: a KubeSchedulerConfiguration has apiVersion, kind, profiles, percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds, clientConnection, extenders, parallelism, leaderElection, enableProfiling, enableContentionProfiling and delayCacheUntilActive
            error[S030]: `101` is out of range
             --> scheduler.yaml:4:27  percentageOfNodesToScore
              |
            4 | percentageOfNodesToScore: 101
              |                           ^^^ 0 to 100
            error[S038]: `podMaxBackoffSeconds` is less than `podInitialBackoffSeconds`
             --> scheduler.yaml:5:27  podInitialBackoffSeconds
              |
            5 | podInitialBackoffSeconds: 20
              |                           ^^
              |
              = help: without a value they are 10 and 1
            error[S028]: a profile needs `schedulerName`
             --> scheduler.yaml:7:3  profiles[0]
              |
            7 | - plugins:
              |   ^
              |
              = help: `schedulerName`: what pods have in `spec.schedulerName`; it may be left out of a profile that is the only one
            error[S038]: no plugin is left at `bind`
             --> scheduler.yaml:8:5  profiles[0].plugins
              |
            8 |     score:
              |     ^
              |
              = help: kube-scheduler would not start; enable `DefaultBinder` there
            error[S038]: `NodeAffinity` is asked at `filter` and not at `preFilter`
             --> scheduler.yaml:8:5  profiles[0].plugins
              |
            8 |     score:
              |     ^
              |
              = help: disable it at both: it has nothing to go by at `filter`
            error[S038]: there is no plugin `NodeResourceFit`
             --> scheduler.yaml:9:24  profiles[0].plugins.score.enabled[0].name
              |
            9 |       enabled: [{name: NodeResourceFit}, {name: NodePorts}, {name: ImageLocality, weight: heavy}, {name: Scorer}, {name: Scorer}, {na...
              |                        ^^^^^^^^^^^^^^^ did you mean `NodeResourcesFit`?
              |
              = help: plugins of one's own are registered by a program: see the book, Scheduler plugins
            error[S038]: `NodePorts` does nothing at `score`
             --> scheduler.yaml:9:42  profiles[0].plugins.score.enabled[1]
              |
            9 |       enabled: [{name: NodeResourceFit}, {name: NodePorts}, {name: ImageLocality, weight: heavy}, {name: Scorer}, {name: Scorer}, {na...
              |                                          ^
              |
              = help: it can be enabled at preFilter, filter
            error[S027]: a whole number is wanted here, not the text `heavy`
             --> scheduler.yaml:9:91  profiles[0].plugins.score.enabled[2].weight
              |
            9 |       enabled: [{name: NodeResourceFit}, {name: NodePorts}, {name: ImageLocality, weight: heavy}, {name: Scorer}, {name: Scorer}, {na...
              |                                                                                           ^^^^^
            error[S038]: `Scorer` is enabled twice here
             --> scheduler.yaml:9:115  profiles[0].plugins.score.enabled[4]
              |
            9 |       enabled: [{name: NodeResourceFit}, {name: NodePorts}, {name: ImageLocality, weight: heavy}, {name: Scorer}, {name: Scorer}, {na...
              |                                                                                                                   ^
              |
              = help: kube-scheduler would not start; remove one of them
            error[S038]: not everything can be enabled
             --> scheduler.yaml:9:138  profiles[0].plugins.score.enabled[5].name
              |
            9 | ...cality, weight: heavy}, {name: Scorer}, {name: Scorer}, {name: '*'}]
              |                                                                   ^^^
              |
              = help: `*` stands below `disabled`; what is enabled is named
            error[S038]: `Scorer` does nothing at `filter`
              --> scheduler.yaml:10:24  profiles[0].plugins.filter.enabled[0]
               |
            10 |     filter: {enabled: [{name: Scorer}]}
               |                        ^
               |
               = help: it can be enabled at preScore, score
            error[S014]: unknown field `sort`
              --> scheduler.yaml:13:5  profiles[0].plugins
               |
            13 |     sort: {}
               |     ^^^^
               |
               = help: `plugins` has multiPoint, preEnqueue, queueSort, preFilter, filter, postFilter, preScore, score, reserve, permit, preBind, bind and postBind
            error[S038]: there are two profiles `twice`
              --> scheduler.yaml:15:18  profiles[2].schedulerName
               |
            15 | - schedulerName: twice
               |                  ^^^^^
               |
               = help: each profile has a `schedulerName` of its own
            15 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
#[allow(clippy::too_many_lines)] // messages
fn users_mistakes_about_arguments() {
    check(
        "
profiles:
- pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 101}, {weight: 1}]
        requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 40, score: 1}]}
      ignoredResourceGroups: [example.com/gpu]
  - {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}, {name: memory}, {name: memory}]}}
  - name: PodTopologySpread
    args:
      defaultConstraints:
      - {maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}
  - {name: InterPodAffinity, args: {hardPodAffinityWeight: 101, ignorePreferred: yes}}
  - {name: NodeAffinity, args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is, values: [b]}, {key: a, operator: Exists, values: [b]}]}]}}}}
  - {name: DefaultPreemption, args: {minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}}
  - {name: DefaultPreemption}
  - {name: Picky, args: {colour: green}}
  - {name: Picy, args: {}}
  plugins: {multiPoint: {enabled: [{name: Picky}]}}
",
        &expect![[r#"
            error[S030]: `101` is out of range
             --> scheduler.yaml:8:41  profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight
              |
            8 |         resources: [{name: cpu, weight: 101}, {weight: 1}]
              |                                         ^^^ 0 to 100
            error[S028]: a resource needs `name`
             --> scheduler.yaml:8:47  profiles[0].pluginConfig[0].args.scoringStrategy.resources[1]
              |
            8 |         resources: [{name: cpu, weight: 101}, {weight: 1}]
              |                                               ^
              |
              = help: `name`: `cpu`, `memory`, `example.com/gpu` …
            error[S030]: `11` is out of range
             --> scheduler.yaml:9:69  profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[0].score
              |
            9 |         requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 40, score: 1}]}
              |                                                                     ^^ 0 to 10
            error[S038]: the utilization of the points does not grow
             --> scheduler.yaml:9:88  profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization
              |
            9 |         requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 40, score: 1}]}
              |                                                                                        ^^
              |
              = help: list them from 0 to 100, each utilization once
            error[S038]: `example.com/gpu` is no group: a group has no `/`
              --> scheduler.yaml:10:31  profiles[0].pluginConfig[0].args.ignoredResourceGroups[0]
               |
            10 |       ignoredResourceGroups: [example.com/gpu]
               |                               ^^^^^^^^^^^^^^^
               |
               = help: of `example.com/gpu` the group is `example.com`
            error[S030]: `2` is out of range
              --> scheduler.yaml:11:84  profiles[0].pluginConfig[1].args.resources[0].weight
               |
            11 |   - {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}, {name: memory}, {name: memory}]}}
               |                                                                                    ^ 0 to 1
            error[S038]: this resource stands there twice
              --> scheduler.yaml:11:104  profiles[0].pluginConfig[1].args.resources[2]
               |
            11 |   - {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}, {name: memory}, {name: memory}]}}
               |                                                                                                        ^
               |
               = help: all resources of the balance count the same
            error[S038]: the system's own constraints take no others
              --> scheduler.yaml:15:9  profiles[0].pluginConfig[2].args.defaultConstraints[0]
               |
            15 |       - {maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}
               |         ^
               |
               = help: add `defaultingType: List`
            error[S030]: `101` is out of range
              --> scheduler.yaml:16:60  profiles[0].pluginConfig[3].args.hardPodAffinityWeight
               |
            16 |   - {name: InterPodAffinity, args: {hardPodAffinityWeight: 101, ignorePreferred: yes}}
               |                                                            ^^^ 0 to 100
            error[S014]: unknown field `ignorePreferred`
              --> scheduler.yaml:16:65  profiles[0].pluginConfig[3].args
               |
            16 |   - {name: InterPodAffinity, args: {hardPodAffinityWeight: 101, ignorePreferred: yes}}
               |                                                                 ^^^^^^^^^^^^^^^
               |
               = help: `InterPodAffinityArgs` has apiVersion, kind, hardPodAffinityWeight and ignorePreferredTermsOfExistingPods
            error[S027]: `Is` cannot stand here
              --> scheduler.yaml:17:157  profiles[0].pluginConfig[4].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator
               |
            17 | ...electorTerms: [{matchExpressions: [{key: a, operator: Is, values: [b]}, {key: a, operator: Exists, values: [b]}]}]}}}}
               |                                                          ^^ did you mean `In`?
               |
               = help: one of In, NotIn, Exists, DoesNotExist, Gt and Lt
            error[S038]: 1 values do not go with this operator
              --> scheduler.yaml:17:175  profiles[0].pluginConfig[4].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1]
               |
            17 | ...erms: [{matchExpressions: [{key: a, operator: Is, values: [b]}, {key: a, operator: Exists, values: [b]}]}]}}}}
               |                                                                    ^
               |
               = help: In and NotIn have one or more, Gt and Lt one, Exists and DoesNotExist none
            error[S038]: no candidate would be looked for
              --> scheduler.yaml:18:37  profiles[0].pluginConfig[5].args
               |
            18 |   - {name: DefaultPreemption, args: {minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}}
               |                                     ^
               |
               = help: one of minCandidateNodesPercentage and minCandidateNodesAbsolute is not 0
            error[S038]: `DefaultPreemption` has arguments twice
              --> scheduler.yaml:19:12  profiles[0].pluginConfig[6].name
               |
            19 |   - {name: DefaultPreemption}
               |            ^^^^^^^^^^^^^^^^^
               |
               = help: kube-scheduler would not start; put them together
            error[S038]: there is no plugin `Picy`
              --> scheduler.yaml:21:12  profiles[0].pluginConfig[8].name
               |
            21 |   - {name: Picy, args: {}}
               |            ^^^^ did you mean `Picky`?
               |
               = help: plugins of one's own are registered by a program: see the book, Scheduler plugins
            error[S038]: `Picky` refuses its arguments: the colour green is not known
              --> scheduler.yaml:22:36  profiles[0].plugins.multiPoint.enabled[0]
               |
            22 |   plugins: {multiPoint: {enabled: [{name: Picky}]}}
               |                                    ^
               |
               = help: they stand below `pluginConfig`
            16 errors, 0 warnings; nothing was run
        "#]],
    );
}
