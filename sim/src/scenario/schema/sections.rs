//! The file as a whole, its cluster, patches, run, expectations, sweep.

use super::{
    Dist, Duration, Expression, ForeignDocument, Image, Map, Network, Program, RelPath, Spanned,
    Step, TargetAt, Text, Traffic,
};
use crate::scenario::kubectl::Taint;
use crate::scenario::node::Node;
use crate::scenario::parameters::Parameters;
use crate::scenario::units::{Percent, Quantity};

/// A scenario, with one value for every parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// The oldest program that may run it.
    pub requires: Option<Text>,
    /// The heading of reports.
    pub about: Option<Text>,
    /// Parameters with their values.
    pub parameters: Parameters,
    /// The cluster.
    pub cluster: Cluster,
    /// Files, directories, globs.
    pub manifests: Vec<RelPath>,
    /// Changes to manifests; those whose `if` is false are left out.
    pub patches: Vec<Patch>,
    /// Images by name.
    pub images: Map<Image>,
    /// Programs by `deployment/web/CONTAINER`.
    pub containers: Map<Program>,
    /// The network.
    pub network: Network,
    /// Traffic by name.
    pub traffic: Map<Traffic>,
    /// What people do; steps whose `if` is false are left out.
    pub timeline: Vec<Step>,
    /// What happens by itself, by name; faults whose `if` is false are left out.
    pub faults: Map<Step>,
    /// For `check --swarm`.
    pub swarm: Option<Swarm>,
    /// How long, with which seed.
    pub run: RunSpec,
    /// Columns of tables.
    pub measures: Map<Expression>,
    /// What must hold; those whose `if` is false are left out.
    pub expect: Vec<Expect>,
    /// Checks on every run.
    pub invariants: Invariants,
    /// Many runs.
    pub sweep: Option<SweepPlan>,
    /// Titles and plots.
    pub report: Report,
}

/// The cluster.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cluster {
    /// The version of Kubernetes.
    pub kubernetes: Option<Text>,
    /// A dump.
    pub from: Option<RelPath>,
    /// Zones.
    pub zones: Vec<Text>,
    /// Nodes; none: three, or those of the dump.
    pub nodes: Option<Nodes>,
    /// Configuration by component.
    pub config: Map<ForeignDocument>,
    /// Feature gates.
    pub feature_gates: Map<bool>,
}

/// Nodes of the cluster.
#[derive(Clone, PartialEq, Debug)]
pub enum Nodes {
    /// So many default nodes, `node-1`….
    Count(Spanned<u32>),
    /// Groups by name, `NAME-1`….
    Groups(Map<NodeGroup>),
}

/// Nodes of one kind.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeGroup {
    /// How many.
    pub count: Spanned<u32>,
    /// What each has; what is missing here has its default.
    pub capacity: Resources,
    /// What is not for pods.
    pub reserved: Resources,
    /// Zones; empty: the cluster's.
    pub zones: Vec<Text>,
    /// Labels.
    pub labels: Map<Text>,
    /// Taints.
    pub taints: Vec<Spanned<Taint>>,
    /// Configuration of kubelet and kube-proxy.
    pub config: Map<ForeignDocument>,
    /// Limits of the cluster autoscaler.
    pub autoscale: Option<(u32, u32)>,
    /// How long a new node takes.
    pub ready_after: Option<Spanned<Dist>>,
}

/// Amounts by resource: `cpu`, `memory`, `pods`….
pub type Resources = Map<Spanned<Quantity>>;

/// A change to manifests.
#[derive(Clone, PartialEq, Debug)]
pub struct Patch {
    /// Which objects.
    pub to: TargetAt,
    /// What is changed.
    pub change: PatchChange,
}

/// What a patch does.
#[derive(Clone, PartialEq, Debug)]
pub enum PatchChange {
    /// Strategic merge.
    Merge(Node),
    /// RFC 6902.
    Json(Vec<JsonOp>),
    /// Takes the objects away.
    Remove,
}

/// One operation of RFC 6902.
#[derive(Clone, PartialEq, Debug)]
pub struct JsonOp {
    /// `add`, `remove`, `replace`, `move`, `copy`, `test`.
    pub op: Text,
    /// A JSON pointer.
    pub path: Text,
    /// A JSON pointer, of `move` and `copy`.
    pub from: Option<Text>,
    /// The value.
    pub value: Option<Node>,
}

/// Random subsets of faults.
#[derive(Clone, PartialEq, Debug)]
pub struct Swarm {
    /// Catalogue groups.
    pub add: Vec<Text>,
    /// Limits of the factor on all rates, `0.1..10`.
    pub intensity: Option<Text>,
    /// Quiet time at the end.
    pub heal: Option<Duration>,
}

/// How long, with which seed, what is recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct RunSpec {
    /// Before t = 0.
    pub warmup: Warmup,
    /// When the run ends.
    pub until: Until,
    /// When it ends at the latest; 10 minutes.
    pub limit: Option<Duration>,
    /// Of all draws.
    pub seed: u64,
    /// What the log keeps.
    pub record: Option<Spanned<RecordLevel>>,
}

/// What happens before t = 0.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Warmup {
    /// Nothing.
    None,
    /// The cluster settles.
    Steady,
    /// Until this holds.
    When(Expression),
}

/// When a run ends.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Until {
    /// When nothing changes any more.
    Steady,
    /// At an instant.
    At(Duration),
    /// When this holds.
    When(Expression),
}

/// What a log keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordLevel {
    /// Digest and metrics only.
    None,
    /// Facts.
    Facts,
    /// Facts and deliveries.
    Messages,
}

/// What must hold.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Expect {
    /// At the end.
    Holds(Expression),
    /// At every instant.
    Always(Expression),
    /// At no instant.
    Never(Expression),
    /// At some instant.
    Eventually {
        /// What.
        condition: Expression,
        /// How soon after `since`; none: before the end.
        within: Option<Duration>,
        /// From when; none: t = 0.
        since: Option<Instant>,
    },
    /// Over all runs of a sweep.
    OverRuns {
        /// What.
        condition: Expression,
        /// How surely; 95 %.
        confidence: Option<Spanned<Percent>>,
    },
    /// An invariant that must break.
    Violates(Text),
}

/// An instant of the run.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Instant {
    /// After t = 0.
    At(Duration),
    /// `faults.zoneB.start`.
    Of(Expression),
}

/// Checks on every run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Invariants {
    /// Not judged, with reasons.
    pub skip: Map<Text>,
    /// Judged although something suspends them.
    pub enforce: Vec<Text>,
    /// Whether runs go on after a violation.
    pub continue_after_violation: bool,
}

/// Which points, how many runs of each.
#[derive(Clone, PartialEq, Debug)]
pub struct SweepPlan {
    /// Axes by parameter.
    pub vary: Map<Axis>,
    /// Rows beside the grid.
    pub cases: Vec<Case>,
    /// How axes are combined.
    pub design: Design,
    /// Points that are kept.
    pub keep: Option<Expression>,
    /// Runs of each point.
    pub seeds: Seeds,
    /// What other points are compared with.
    pub baseline: Map<Node>,
    /// The smallest or largest value that is good enough.
    pub find: Option<Search>,
}

/// A row beside the grid.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Its name; may be missing.
    pub name: Option<Text>,
    /// Values by parameter.
    pub values: Map<Node>,
}

/// Values of one parameter.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Axis {
    /// These.
    List(Vec<Node>),
    /// From one to another, both included.
    Range {
        /// The first.
        from: Node,
        /// The last.
        to: Node,
        /// The distance.
        step: Option<Node>,
        /// How many, instead of the distance.
        points: Option<u32>,
        /// Whether points are spread by ratio rather than by difference.
        logarithmic: bool,
    },
    /// One draw a point.
    Random(Dist),
}

/// How axes are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Design {
    /// Every value with every other.
    Grid,
    /// First with first, second with second.
    Zip,
    /// Latin hypercube.
    Lhs {
        /// How many points.
        points: u32,
    },
    /// Sobol sequence.
    Sobol {
        /// How many points.
        points: u32,
    },
    /// Elementary effects.
    Morris {
        /// How many paths.
        paths: u32,
    },
}

/// Runs of each point.
#[derive(Clone, PartialEq, Debug)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Seeds {
    /// Seeds 1 to so many.
    Count(u32),
    /// From a first one.
    Range {
        /// The first.
        from: u64,
        /// How many.
        count: u32,
    },
    /// Until enough is known.
    Sequential {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
        /// Enough.
        until: Expression,
    },
}

/// A search for the best value of a parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    /// The parameter.
    pub parameter: Text,
    /// Whether the smallest value is wanted rather than the largest.
    pub smallest: bool,
    /// What must hold over runs.
    pub such: Expression,
    /// How surely; 95 %.
    pub confidence: Option<Spanned<Percent>>,
}

/// Titles and plots.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// The title.
    pub title: Option<Text>,
    /// The question that it answers.
    pub question: Option<Text>,
    /// The measure whose worst runs are shown.
    pub worst: Option<Text>,
    /// What is drawn.
    pub plots: Vec<Text>,
    /// Write a page.
    pub html: bool,
}
