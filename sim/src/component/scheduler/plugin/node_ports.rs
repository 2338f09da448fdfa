//! NodePorts (S89).

use std::borrow::Cow;

use wavetank_core::object::template::{PodSpec, Protocol, RestartPolicy};

use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Any address.
const ANY: &str = "0.0.0.0";

/// Rejects nodes on which a port is taken.
#[derive(Clone, Copy, Debug)]
pub struct NodePorts;

/// A port of a node that a pod takes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostPort {
    /// `hostIP`; `0.0.0.0` when not given.
    pub address: Box<str>,
    /// `protocol`
    pub protocol: Protocol,
    /// `hostPort`
    pub port: u16,
}

impl HostPort {
    /// The ports that a pod wants: of containers and sidecars.
    #[must_use]
    pub fn wanted(spec: &PodSpec) -> Vec<Self> {
        let sidecars = spec
            .init_containers
            .iter()
            .filter(|container| container.restart_policy == Some(RestartPolicy::Always));
        let containers = spec.containers.iter().chain(sidecars);
        containers
            .flat_map(|container| &container.ports)
            .filter(|port| port.host_port > 0)
            .map(|port| Self {
                address: match &*port.host_ip {
                    "" => ANY.into(),
                    given => given.into(),
                },
                protocol: port.protocol,
                port: port.host_port,
            })
            .collect()
    }

    /// Whether two pods cannot have these ports on one node.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        (self.protocol, self.port) == (other.protocol, other.port)
            && (&*self.address == ANY || &*other.address == ANY || self.address == other.address)
    }
}

impl Plugin for NodePorts {
    fn id(&self) -> PluginId {
        PluginId::NodePorts
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        if cycle.pod.ports.is_empty() {
            return PreFilter::Skip;
        }
        PreFilter::Run
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        if are_free(&cycle.pod.ports, &node.row.ports) {
            Verdict::FITS
        } else {
            Verdict::unschedulable(self.id())
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) didn't have free ports for the requested pod ports".into()
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::PodGone(gone) => !are_free(&pod.ports, &gone.ports),
            ClusterEvent::NodeAdded(_) => true,
            ClusterEvent::NodeChanged { .. } => event.is_taint_update(), // S36
            ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::Storage(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}

/// Whether none of these ports is taken.
#[must_use]
pub fn are_free(wanted: &[HostPort], taken: &[HostPort]) -> bool {
    !wanted
        .iter()
        .any(|port| taken.iter().any(|other| port.conflicts(other)))
}
