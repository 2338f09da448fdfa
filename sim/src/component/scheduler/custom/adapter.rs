//! A user's plugin as the framework sees it.

use std::borrow::Cow;
use std::sync::Arc;

use wavetank_core::id::NodeId;

use super::{Answer, Filter, Score};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;
use crate::component::scheduler::plugin::{Plugin, PluginId, PreFilter};

/// What a user's plugin does, by extension point.
#[derive(Clone, Debug, Default)]
pub struct UserPlugin {
    /// PreFilter and Filter.
    pub filter: Option<Arc<dyn Filter>>,
    /// PreScore, Score and NormalizeScore.
    pub score: Option<Arc<dyn Score>>,
}

impl UserPlugin {
    /// A plugin that filters.
    #[must_use]
    pub fn filtering(filter: impl Filter + 'static) -> Self {
        Self {
            filter: Some(Arc::new(filter)),
            score: None,
        }
    }

    /// A plugin that scores.
    #[must_use]
    pub fn scoring(score: impl Score + 'static) -> Self {
        Self {
            filter: None,
            score: Some(Arc::new(score)),
        }
    }

    /// A plugin that does both.
    #[must_use]
    pub fn both(plugin: impl Filter + Score + 'static) -> Self {
        let plugin = Arc::new(plugin);
        Self {
            filter: Some(plugin.clone()),
            score: Some(plugin),
        }
    }
}

/// A user's plugin with its name and number.
#[derive(Clone, Debug)]
pub(in crate::component::scheduler) struct Adapter {
    pub(in crate::component::scheduler) id: PluginId,
    pub(in crate::component::scheduler) name: Box<str>,
    pub(in crate::component::scheduler) plugin: UserPlugin,
}

impl Plugin for Adapter {
    fn id(&self) -> PluginId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// Nobody knows what it looks at.
    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let filter = self.plugin.filter.as_ref();
        filter.map_or(PreFilter::Skip, |filter| filter.pre_filter(cycle))
    }

    fn change_pods(&self, cycle: &mut Cycle<'_>, pod: &PodShape, node: &NodeInfo<'_>, change: i64) {
        if let Some(filter) = &self.plugin.filter {
            filter.change_pods(cycle, pod, node, change);
        }
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let filter = self.plugin.filter.as_ref();
        let answer = filter.map_or(Answer::Fits, |filter| filter.filter(cycle, node));
        let (reason, unresolvable) = match answer {
            Answer::Fits => return Verdict::FITS,
            Answer::No(reason) => (reason, false),
            Answer::Never(reason) => (reason, true),
        };
        assert!(
            reason < 32,
            "{}: reasons are numbers below 32, not {reason}",
            self.name
        );
        Verdict {
            reasons: 1 << reason,
            plugin: self.id,
            unresolvable,
        }
    }

    fn reason(&self, pod: &PodShape, bit: u32) -> Cow<'static, str> {
        let number = u8::try_from(bit).unwrap_or_default();
        let filter = self.plugin.filter.as_ref();
        filter.map_or(Cow::Borrowed(""), |filter| filter.reason(pod, number))
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> bool {
        let score = self.plugin.score.as_ref();
        score.is_some_and(|score| score.pre_score(cycle, feasible))
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        let score = self.plugin.score.as_ref();
        score.map_or(0, |score| score.score(cycle, node))
    }

    /// # Panics
    ///
    /// When a score is not 0..=100 then (S65).
    fn normalize(&self, cycle: &Cycle<'_>, feasible: &[NodeId], scores: &mut [i64]) {
        if let Some(score) = &self.plugin.score {
            score.normalize(cycle, feasible, scores);
        }
        for (node, score) in feasible.iter().zip(scores) {
            let node = &cycle.snapshot.node(*node).name;
            let name = &self.name;
            assert!(
                (0..=100).contains(score),
                "{name} gives {node} the score {score}; after `normalize` scores are 0..=100"
            );
        }
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        snapshot: &Snapshot,
    ) -> bool {
        let filter = self.plugin.filter.as_ref();
        filter.is_some_and(|filter| filter.is_worth_requeuing(event, pod, snapshot))
    }
}
