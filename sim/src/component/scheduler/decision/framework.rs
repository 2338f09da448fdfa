//! The plugins of a profile, with their weights and arguments (S1–S3).

use std::sync::Arc;

use super::shape::PodShape;
use super::verdict::Verdict;
use crate::component::scheduler::plugin::balanced_allocation::BalancedAllocation;
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
use crate::component::scheduler::profile::framework::PostFilters;

/// The plugins of a profile, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct Framework {
    /// Those with a Filter (S2).
    pub filters: Vec<Arc<dyn Plugin>>,
    /// Those with a Score, and their weights (S1, S2).
    pub scores: Vec<(Arc<dyn Plugin>, i64)>,
    /// Whether DynamicResources is asked before preemption is tried (S140).
    pub claims: bool,
    /// DefaultPreemption, unless it is disabled.
    pub preemption: Option<PreemptionArgs>,
    /// Whether these are the plugins of the default profile with its arguments, so that
    /// [`super::columns`] may answer for them.
    pub(super) is_default: bool,
}

/// `DefaultPreemptionArgs`: how many candidates are looked for (S147).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreemptionArgs {
    /// `minCandidateNodesPercentage`
    pub percentage: u32,
    /// `minCandidateNodesAbsolute`
    pub absolute: u32,
}

impl Default for PreemptionArgs {
    fn default() -> Self {
        Self {
            percentage: 10,
            absolute: 100,
        }
    }
}

impl Default for Framework {
    /// The default profile (S1, S3).
    fn default() -> Self {
        let spread = Arc::new(PodTopologySpread::default());
        let inter = Arc::new(InterPodAffinity::default());
        Self {
            filters: vec![
                Arc::new(NodeUnschedulable),
                Arc::new(NodeName),
                Arc::new(TaintToleration),
                Arc::new(NodeAffinity),
                Arc::new(NodePorts),
                Arc::new(NodeResourcesFit),
                Arc::new(VolumeRestrictions),
                Arc::new(NodeVolumeLimits),
                Arc::new(VolumeBinding),
                Arc::new(VolumeZone),
                spread.clone(),
                inter.clone(),
            ],
            scores: vec![
                (Arc::new(TaintToleration), 3),
                (Arc::new(NodeAffinity), 2),
                (Arc::new(NodeResourcesFit), 1),
                (Arc::new(VolumeBinding), 1),
                (spread, 2),
                (inter, 2),
                (Arc::new(DynamicResources), 2),
                (Arc::new(BalancedAllocation), 1),
                (Arc::new(ImageLocality), 1),
            ],
            claims: true,
            preemption: Some(PreemptionArgs::default()),
            is_default: true,
        }
    }
}

impl Framework {
    /// The framework of these plugins; `default_arguments` tells whether those of Kubernetes have their
    /// default arguments.
    #[must_use]
    pub fn new(
        filters: Vec<Arc<dyn Plugin>>,
        scores: Vec<(Arc<dyn Plugin>, i64)>,
        post_filters: PostFilters,
        default_arguments: bool,
    ) -> Self {
        let mut framework = Self {
            filters,
            scores,
            claims: post_filters.claims,
            preemption: post_filters.preemption,
            is_default: false,
        };
        framework.is_default = default_arguments && framework.ids() == Self::default().ids();
        framework
    }

    /// Whether these are the plugins, weights and arguments of the default profile.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// Who filters, and who scores with which weight.
    fn ids(&self) -> (Vec<PluginId>, Vec<(PluginId, i64)>) {
        let filters = self.filters.iter().map(|plugin| plugin.id());
        let scores = self.scores.iter();
        let scores = scores.map(|(plugin, weight)| (plugin.id(), *weight));
        (filters.collect(), scores.collect())
    }

    /// What a plugin is called in the configuration.
    #[must_use]
    pub fn name(&self, id: PluginId) -> &str {
        let scores = self.scores.iter().map(|(plugin, _)| plugin);
        let mut plugins = self.filters.iter().chain(scores);
        let found = plugins.find(|plugin| plugin.id() == id);
        found.map_or(id.name(), |plugin| plugin.name())
    }

    /// The filter of this plugin.
    ///
    /// # Panics
    ///
    /// When the profile has no such filter.
    #[must_use]
    pub fn filter(&self, id: PluginId) -> &dyn Plugin {
        let mut filters = self.filters.iter();
        let found = filters.find(|plugin| plugin.id() == id);
        &**found.expect("a plugin with a filter")
    }

    /// Why a node was rejected: one text a reason, in the order of the plugin.
    #[must_use]
    pub fn reasons(&self, pod: &PodShape, verdict: Verdict) -> Vec<String> {
        let bits = (0..u32::BITS).filter(|bit| verdict.reasons >> bit & 1 == 1);
        bits.map(|bit| self.filter(verdict.plugin).reason(pod, bit).into_owned())
            .collect()
    }
}
