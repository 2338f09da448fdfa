//! NodeResourcesFit with arguments: `NodeResourcesFitArgs`.

use std::borrow::Cow;

use super::allocation::ScoringStrategy;
use super::node_resources_fit::{NodeResourcesFit, fit_but, may_make_room};
use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// [`NodeResourcesFit`] as it is configured.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConfiguredFit {
    /// `scoringStrategy`
    pub scoring: ScoringStrategy,
    /// `ignoredResources`: extended resources that the filter leaves to somebody else.
    pub ignored: Vec<Box<str>>,
    /// `ignoredResourceGroups`: the same, by what stands before the slash.
    pub ignored_groups: Vec<Box<str>>,
}

impl ConfiguredFit {
    fn is_ignored(&self, resource: &str) -> bool {
        let group = resource.split_once('/').map(|(group, _)| group);
        self.ignored.iter().any(|it| **it == *resource)
            || group.is_some_and(|group| self.ignored_groups.iter().any(|it| **it == *group))
    }
}

impl Plugin for ConfiguredFit {
    fn id(&self) -> PluginId {
        PluginId::NodeResourcesFit
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let is_ignored = |resource: &str| self.is_ignored(resource);
        fit_but(cycle.pod, node.amounts, Some(node.row), is_ignored)
    }

    fn reason(&self, pod: &PodShape, bit: u32) -> Cow<'static, str> {
        NodeResourcesFit.reason(pod, bit)
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        self.scoring.score(cycle.pod, node)
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        may_make_room(event, pod, &|resource| self.is_ignored(resource))
    }
}
