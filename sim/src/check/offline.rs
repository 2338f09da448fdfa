//! Checks over a stored log: everything that facts alone show, and whatever checks are new since the run.

use wavetank_core::fact::{Fact, Record};
use wavetank_core::state::Cluster;

use super::{Checks, Violation};
use crate::plan::fault::FaultStep;

/// What a log says of its run beyond its facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Where within a wall second the run began, in nanoseconds; in the log's header.
    pub phase: Option<u32>,
    /// The fault schedule; without it, every fault may have done everything.
    pub faults: Option<&'a [FaultStep]>,
}

/// Checks records from the beginning of a log, and returns what was found.
///
/// `start` is a cluster with every definition that the records refer to, and no facts. A record that
/// contradicts the ones before it is reported, and ends the check: nothing panics.
#[must_use]
pub fn check<'a>(
    mut start: Cluster,
    records: impl IntoIterator<Item = &'a Record>,
    known: Known<'_>,
    mut checks: Checks,
) -> Vec<Violation> {
    if let Some(phase) = known.phase {
        checks.begin(phase);
    }
    if known.faults.is_none() {
        checks.faults_unknown();
    }
    let cluster = &mut start;
    for record in records {
        if !checks.before(record, cluster) {
            return checks.violations;
        }
        cluster.apply(record);
        checks.after(record, cluster);
        if let Fact::Fault(id, edge) = &record.fact
            && let Some(step) = known.faults.and_then(|steps| steps.get(id.index()))
        {
            checks.faulted(step, *edge == wavetank_core::fact::Edge::Began);
        }
    }
    let now = cluster.now;
    checks.finish(cluster, &[], now);
    checks.violations
}
