//! From lists of names and arguments to the plugins themselves.

use std::sync::Arc;

use wavetank_core::object::scheduling::Affinity;

use super::lists::Lists;
use super::point::{Point, built_in};
use crate::component::scheduler::decision::framework::{Framework, PreemptionArgs};
use crate::component::scheduler::plugin::added_affinity::AddedAffinity;
use crate::component::scheduler::plugin::allocation::Resource;
use crate::component::scheduler::plugin::balanced_allocation::{BalancedAllocation, BalancedOver};
use crate::component::scheduler::plugin::configured_fit::ConfiguredFit;
use crate::component::scheduler::plugin::dynamic_resources::DynamicResources;
use crate::component::scheduler::plugin::image_locality::ImageLocality;
use crate::component::scheduler::plugin::inter_pod_affinity::InterPodAffinity;
use crate::component::scheduler::plugin::node_affinity::NodeAffinity;
use crate::component::scheduler::plugin::node_name::NodeName;
use crate::component::scheduler::plugin::node_ports::NodePorts;
use crate::component::scheduler::plugin::node_resources_fit::NodeResourcesFit;
use crate::component::scheduler::plugin::node_unschedulable::NodeUnschedulable;
use crate::component::scheduler::plugin::node_volume_limits::NodeVolumeLimits;
use crate::component::scheduler::plugin::pod_topology_spread::PodTopologySpread;
use crate::component::scheduler::plugin::taint_toleration::TaintToleration;
use crate::component::scheduler::plugin::volume_binding::VolumeBinding;
use crate::component::scheduler::plugin::volume_restrictions::VolumeRestrictions;
use crate::component::scheduler::plugin::volume_zone::VolumeZone;
use crate::component::scheduler::plugin::{Plugin, PluginId};

/// `pluginConfig` of a profile, for the plugins of Kubernetes. The default is that of S3.
#[derive(Clone, PartialEq, Debug)]
pub struct Arguments {
    /// `NodeResourcesFitArgs`
    pub fit: ConfiguredFit,
    /// `NodeResourcesBalancedAllocationArgs.resources`
    pub balanced: Vec<Resource>,
    /// `PodTopologySpreadArgs`
    pub spread: PodTopologySpread,
    /// `InterPodAffinityArgs`
    pub inter_pod: InterPodAffinity,
    /// `NodeAffinityArgs.addedAffinity`
    pub added_affinity: Affinity,
    /// `DefaultPreemptionArgs`
    pub preemption: PreemptionArgs,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            fit: ConfiguredFit::default(),
            balanced: vec![Resource::Cpu, Resource::Memory],
            spread: PodTopologySpread::default(),
            inter_pod: InterPodAffinity::default(),
            added_affinity: Affinity::default(),
            preemption: PreemptionArgs::default(),
        }
    }
}

impl Arguments {
    /// A plugin of Kubernetes with these arguments; none when it does nothing in the model. With the
    /// default arguments it is that of the default profile.
    fn plugin(&self, id: PluginId) -> Option<Arc<dyn Plugin>> {
        let default = Self::default();
        Some(match id {
            PluginId::NodeUnschedulable => Arc::new(NodeUnschedulable),
            PluginId::NodeName => Arc::new(NodeName),
            PluginId::TaintToleration => Arc::new(TaintToleration),
            PluginId::NodeAffinity if self.added_affinity == default.added_affinity => {
                Arc::new(NodeAffinity)
            }
            PluginId::NodeAffinity => Arc::new(AddedAffinity::new(&self.added_affinity)),
            PluginId::NodePorts => Arc::new(NodePorts),
            PluginId::NodeResourcesFit if self.fit == default.fit => Arc::new(NodeResourcesFit),
            PluginId::NodeResourcesFit => Arc::new(self.fit.clone()),
            PluginId::VolumeRestrictions => Arc::new(VolumeRestrictions),
            PluginId::NodeVolumeLimits => Arc::new(NodeVolumeLimits),
            PluginId::VolumeBinding => Arc::new(VolumeBinding),
            PluginId::VolumeZone => Arc::new(VolumeZone),
            PluginId::PodTopologySpread => Arc::new(self.spread.clone()),
            PluginId::InterPodAffinity => Arc::new(self.inter_pod.clone()),
            PluginId::DynamicResources => Arc::new(DynamicResources),
            PluginId::NodeResourcesBalancedAllocation if self.balanced == default.balanced => {
                Arc::new(BalancedAllocation)
            }
            PluginId::NodeResourcesBalancedAllocation => Arc::new(BalancedOver {
                resources: self.balanced.clone(),
            }),
            PluginId::ImageLocality => Arc::new(ImageLocality),
            PluginId::SchedulingGates
            | PluginId::DefaultPreemption
            | PluginId::DefaultBinder
            | PluginId::User(_) => return None,
        })
    }
}

/// The framework of a profile; `user` has the plugins of users by name.
#[must_use]
pub fn framework(
    lists: &Lists,
    arguments: &Arguments,
    user: &dyn Fn(&str) -> Option<Arc<dyn Plugin>>,
) -> Framework {
    let plugin = |name: &str| match built_in(name) {
        Some(built_in) => built_in.id.and_then(|id| arguments.plugin(id)),
        None => user(name),
    };
    // DynamicResources only filters pods that claim devices, which nobody does.
    let filters = lists.at(Point::Filter).iter();
    let filters = filters.filter(|name| ***name != *PluginId::DynamicResources.name());
    let scores = lists.at(Point::Score).iter();
    Framework::new(
        filters.filter_map(|name| plugin(name)).collect(),
        scores
            .filter_map(|name| Some((plugin(name)?, lists.weight(name))))
            .collect(),
        PostFilters {
            claims: lists.has(Point::PostFilter, PluginId::DynamicResources.name()),
            preemption: lists
                .has(Point::PostFilter, PluginId::DefaultPreemption.name())
                .then_some(arguments.preemption),
        },
        has_default_arguments(arguments),
    )
}

/// What is asked when no node fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PostFilters {
    /// DynamicResources (S140).
    pub claims: bool,
    /// DefaultPreemption (S143).
    pub preemption: Option<PreemptionArgs>,
}

/// Whether the plugins say of every node what those of the default profile say. Preemption comes after
/// that.
fn has_default_arguments(arguments: &Arguments) -> bool {
    let preemption = PreemptionArgs::default();
    let arguments = Arguments {
        preemption,
        ..arguments.clone()
    };
    arguments == Arguments::default()
}
