//! The extension points of the scheduling framework, and Kubernetes' plugins by them (S1, S2).

use Point::{
    Bind, Filter, PostFilter, PreBind, PreEnqueue, PreFilter, PreScore, QueueSort, Reserve, Score,
};

use crate::component::scheduler::plugin::PluginId;

/// A place of a scheduling cycle at which plugins are asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // Kubernetes' own names
pub enum Point {
    PreEnqueue,
    QueueSort,
    PreFilter,
    Filter,
    PostFilter,
    PreScore,
    Score,
    Reserve,
    Permit,
    PreBind,
    Bind,
    PostBind,
}

impl Point {
    /// All of them, in the order of a cycle.
    pub const ALL: [Self; 12] = [
        PreEnqueue,
        QueueSort,
        PreFilter,
        Filter,
        PostFilter,
        PreScore,
        Score,
        Reserve,
        Self::Permit,
        PreBind,
        Bind,
        Self::PostBind,
    ];

    /// Its field below `plugins`.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            PreEnqueue => "preEnqueue",
            QueueSort => "queueSort",
            PreFilter => "preFilter",
            Filter => "filter",
            PostFilter => "postFilter",
            PreScore => "preScore",
            Score => "score",
            Reserve => "reserve",
            Self::Permit => "permit",
            PreBind => "preBind",
            Bind => "bind",
            Self::PostBind => "postBind",
        }
    }
}

/// A plugin of Kubernetes.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// Its weight by default; 0 is unset, and counts as 1.
    pub weight: i64,
    /// Where it is asked.
    pub points: &'static [Point],
    /// Its number, if the model has it.
    pub id: Option<PluginId>,
}

const fn plugin(
    name: &'static str,
    weight: i64,
    points: &'static [Point],
    id: Option<PluginId>,
) -> BuiltIn {
    BuiltIn {
        name,
        weight,
        points,
        id,
    }
}

const FILTERS: &[Point] = &[PreFilter, Filter];
const ALL_FOUR: &[Point] = &[PreFilter, Filter, PreScore, Score];

/// The plugins of the default profile, in their order (S1).
pub const BUILT_IN: [BuiltIn; 20] = [
    plugin(
        "SchedulingGates",
        0,
        &[PreEnqueue],
        Some(PluginId::SchedulingGates),
    ),
    plugin("PrioritySort", 0, &[QueueSort], None),
    plugin(
        "NodeUnschedulable",
        0,
        &[Filter],
        Some(PluginId::NodeUnschedulable),
    ),
    plugin("NodeName", 0, &[Filter], Some(PluginId::NodeName)),
    plugin(
        "TaintToleration",
        3,
        &[Filter, PreScore, Score],
        Some(PluginId::TaintToleration),
    ),
    plugin("NodeAffinity", 2, ALL_FOUR, Some(PluginId::NodeAffinity)),
    plugin("NodePorts", 0, FILTERS, Some(PluginId::NodePorts)),
    plugin(
        "NodeResourcesFit",
        1,
        ALL_FOUR,
        Some(PluginId::NodeResourcesFit),
    ),
    plugin(
        "VolumeRestrictions",
        0,
        FILTERS,
        Some(PluginId::VolumeRestrictions),
    ),
    plugin(
        "NodeVolumeLimits",
        0,
        FILTERS,
        Some(PluginId::NodeVolumeLimits),
    ),
    plugin(
        "VolumeBinding",
        0,
        &[PreFilter, Filter, PreScore, Score, Reserve, PreBind],
        Some(PluginId::VolumeBinding),
    ),
    plugin("VolumeZone", 0, FILTERS, Some(PluginId::VolumeZone)),
    plugin(
        "PodTopologySpread",
        2,
        ALL_FOUR,
        Some(PluginId::PodTopologySpread),
    ),
    plugin(
        "InterPodAffinity",
        2,
        ALL_FOUR,
        Some(PluginId::InterPodAffinity),
    ),
    plugin(
        "DynamicResources",
        2,
        &[
            PreEnqueue, PreFilter, Filter, PostFilter, Score, Reserve, PreBind,
        ],
        Some(PluginId::DynamicResources),
    ),
    plugin(
        "DefaultPreemption",
        0,
        &[PreEnqueue, PostFilter],
        Some(PluginId::DefaultPreemption),
    ),
    plugin(
        "NodeResourcesBalancedAllocation",
        1,
        &[PreScore, Score],
        Some(PluginId::NodeResourcesBalancedAllocation),
    ),
    plugin("ImageLocality", 1, &[Score], Some(PluginId::ImageLocality)),
    plugin("DefaultBinder", 0, &[Bind], Some(PluginId::DefaultBinder)),
    plugin("NodeDeclaredFeatures", 0, FILTERS, None),
];

/// The plugin of Kubernetes that has this name.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|plugin| plugin.name == name)
}
