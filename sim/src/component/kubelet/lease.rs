//! Leases: functions of time, outside the revision sequence.
//!
//! A healthy kubelet renews its lease every 10 s (K180). Nobody is sent those renewals: whoever wants to
//! know asks when the last one was.

use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::id::NodeId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::plan::Plan;

/// The leases of all nodes.
#[derive(Clone, Debug)]
pub struct Leases {
    key: PurposeKey,
    /// A quarter of the lease's duration.
    period: SimDuration,
    nodes: Vec<Lease>,
}

/// The lease of one node: what its present or last kubelet process does, and did before it.
#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    /// How many processes there were.
    incarnation: u32,
    /// The first renewal of this process.
    first: SimTime,
    period: SimDuration,
    /// When the process ended, if it did.
    stopped: Option<SimTime>,
    /// The last renewal of the process before.
    before: Option<SimTime>,
}

impl Leases {
    /// No kubelet has started.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        Self {
            key: key.of(Purpose::LeasePhase),
            period: plan.settings.kubelet.lease_duration.ratio(1, 4),
            nodes: Vec::new(),
        }
    }

    /// When a node's lease was last renewed, as the API server knows it at `at`. None before the first
    /// time.
    #[must_use]
    pub fn renewed(&self, node: NodeId, at: SimTime) -> Option<SimTime> {
        let lease = self.nodes.get(node.index())?;
        lease.renewed(at)
    }

    /// The earliest instant after `at` at which the node's lease will be renewed, if its kubelet runs.
    #[must_use]
    pub fn next_renewal(&self, node: NodeId, at: SimTime) -> Option<SimTime> {
        let lease = self.nodes.get(node.index())?;
        if lease.stopped.is_some() || lease.period == SimDuration::ZERO {
            return None;
        }
        if at < lease.first {
            return Some(lease.first);
        }
        let passed = at.since(lease.first).nanos() / lease.period.nanos();
        Some(lease.first + lease.period.times(passed + 1))
    }

    /// A kubelet process begins, and renews its lease at once.
    pub(super) fn start(&mut self, node: NodeId, at: SimTime) {
        if self.nodes.len() <= node.index() {
            self.nodes.resize(node.index() + 1, Lease::default());
        }
        let lease = &mut self.nodes[node.index()];
        let before = lease.renewed(at);
        let incarnation = lease.incarnation + 1;
        let identity = (node.0, incarnation);
        // Jitter of 4 % (K180, K1): one factor for the whole life of the process.
        let jitter = self.key.below(identity, 0, 40_000);
        let period = self.period + self.period.ratio(jitter, 1_000_000);
        // At the beginning of a run the kubelets have run for a while.
        let phase = if at == SimTime::ZERO {
            SimDuration::from_nanos(self.key.below(identity, 1, period.nanos().max(1)))
        } else {
            SimDuration::ZERO
        };
        let before = if at == SimTime::ZERO {
            Some(at)
        } else {
            before
        };
        *lease = Lease {
            incarnation,
            first: at + phase,
            period,
            stopped: None,
            before,
        };
    }

    /// The kubelet process has ended.
    pub(super) fn stop(&mut self, node: NodeId, at: SimTime) {
        if let Some(lease) = self.nodes.get_mut(node.index())
            && lease.stopped.is_none()
        {
            lease.stopped = Some(at);
        }
    }
}

impl Lease {
    fn renewed(&self, at: SimTime) -> Option<SimTime> {
        let at = self.stopped.map_or(at, |stopped| at.min(stopped));
        if self.period == SimDuration::ZERO || at < self.first {
            return self.before.filter(|before| *before <= at);
        }
        let passed = at.since(self.first).nanos() / self.period.nanos();
        Some(self.first + self.period.times(passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::build::PlanBuilder;

    #[test]
    fn leases_are_renewed_until_the_kubelet_stops() {
        let plan = PlanBuilder::new("leases").build();
        let mut leases = Leases::new(&plan, &Key::new(1, &plan.digest));
        let node = NodeId(3);
        let at = SimTime::from_secs;
        assert_eq!(leases.renewed(node, at(1)), None);
        leases.start(node, at(100));
        assert_eq!(leases.renewed(node, at(109)), Some(at(100)));
        let next = leases.next_renewal(node, at(109)).expect("it runs");
        assert!(at(110) <= next && next <= at(100) + SimDuration::from_millis(10_400));
        assert_eq!(leases.renewed(node, next), Some(next));
        leases.stop(node, next + SimDuration::from_secs(1));
        assert_eq!(leases.renewed(node, at(1_000)), Some(next));
        assert_eq!(leases.next_renewal(node, at(1_000)), None);
        leases.start(node, at(2_000));
        assert_eq!(leases.renewed(node, at(2_001)), Some(at(2_000)));
    }
}
