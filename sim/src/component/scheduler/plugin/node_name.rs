//! NodeName (S75).

use std::borrow::Cow;

use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Rejects every node but the one that the pod names.
#[derive(Clone, Copy, Debug)]
pub struct NodeName;

impl Plugin for NodeName {
    fn id(&self) -> PluginId {
        PluginId::NodeName
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        match &cycle.pod.spec().node_name {
            Some(name) if *name != node.row.name => {
                Verdict::unresolvable(self.id()) // S75
            }
            Some(_) | None => Verdict::FITS,
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) didn't match the requested node name".into()
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        _pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        event.is_node_added() || event.is_taint_update() // S36
    }
}
