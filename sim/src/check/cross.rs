//! What holds across components (X): causes, and that nothing is made or lost on the way.

use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::state::Cluster;

use super::catalogue::Invariant;
use super::finder::Finder;
use super::scheduler::LedgerChecks;

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::of_facts(
        "X-6",
        "Pods that were created are there or were removed; containers that were started run or have ended",
        "conservation",
    ),
    Invariant::of_facts(
        "X-7",
        "What is requested of a node, counted along the way, is what its pods request",
        "conservation",
    ),
    Invariant::of_facts(
        "X-11",
        "Every fact has an earlier one as its cause, but for what people, traffic and faults do",
        "event sourcing",
    ),
];

/// One node is audited after so many facts.
const AUDIT_EVERY: u64 = 4_096;

/// What is remembered across components.
#[derive(Clone, Debug, Default)]
pub(super) struct CrossChecks {
    facts: u64,
    created: u32,
    next_audit: usize,
    /// The run began without anything that its components could be caused by.
    empty_start: bool,
}

impl CrossChecks {
    ///
    pub(super) fn before(&mut self, record: &Record, cluster: &Cluster, found: &mut Finder<'_>) {
        if record.seq == 0 {
            self.empty_start = record.by != Actor::Scenario || cluster.store.rev.0 != 0;
        }
        let is_external = matches!(record.by, Actor::Scenario | Actor::User | Actor::Client(_))
            || matches!(record.fact, Fact::Fault(..) | Fact::Step(..));
        let is_own = record.cause == record.seq;
        if record.cause > record.seq || (is_own && !is_external && !self.empty_start) {
            let message = format!(
                "{:?} decided a fact whose cause is {}",
                record.by, record.cause
            );
            found.report("X-11", message, &[]);
        }
    }

    /// A pod is about to be created.
    pub(super) const fn created(&mut self) {
        self.created += 1;
    }

    /// now and then.
    pub(super) fn after(
        &mut self,
        cluster: &Cluster,
        ledger: &LedgerChecks,
        found: &mut Finder<'_>,
    ) {
        self.facts += 1;
        if !self.facts.is_multiple_of(AUDIT_EVERY) || ledger.len() == 0 {
            return;
        }
        self.next_audit = (self.next_audit + 1) % ledger.len();
        if let Some(message) = ledger.audit(self.next_audit, cluster) {
            found.report("X-7", message, &[]);
        }
    }

    /// at the end.
    pub(super) fn finish(&self, cluster: &Cluster, ledger: &LedgerChecks, found: &mut Finder<'_>) {
        let pods = &cluster.store.pods;
        if self.created != pods.len() || pods.live() > pods.len() {
            let message = format!(
                "{} pods were created, the store knows {}",
                self.created,
                pods.len()
            );
            found.report("X-6", message, &[]);
        }
        for node in 0..ledger.len() {
            if let Some(message) = ledger.audit(node, cluster) {
                found.report("X-7", message, &[]);
            }
        }
    }
}
