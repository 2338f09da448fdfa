//! Invariants, checked while a run goes on, or later over its log.
//!
//! Each group of invariants has a file of its own, with a table of what it checks and the state that it
//! needs: dense rows by id, and nothing that grows with the length of a run. Checks read, and never
//! change what happens; what they find is a [`Violation`], never a panic.
//!
//! ```text
//!  engine ─ before, after ────────► log api pod scheduler endpoints cross     facts
//!         ─ answered ─────────────► api                                       calls
//!         ─ scheduled, delivered ─► watch                                     watches
//!         ─ decided ──────────────► workload endpoints                        what a controller saw and chose
//!         ─ routed ───────────────► endpoints                                 connections
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check is about few variants; `before` names them all, so that a new one is thought of"
)]

pub mod api;
mod calls;
pub mod catalogue;
mod container;
pub mod cross;
mod deadline;
pub mod endpoints;
mod finder;
pub mod log;
pub mod offline;
pub mod pod;
mod pod_rows;
pub mod scheduler;
mod versions;
pub mod watch;
pub mod workload;

#[cfg(test)]
mod tests;

use wavetank_core::fact::{Controller, Fact, Record};
use wavetank_core::id::{ClientId, NodeId, ObjId, PodId, Rev, ServiceId};
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use crate::client::script::Script;
use crate::engine::outcome::Requests;
use crate::message::call::Call;
use crate::network::{Process, Stream};
use crate::plan::fault::FaultStep;
pub use catalogue::{Invariant, Observes, Tag, catalogue};
use finder::Finder;

/// How many violations are kept in full; the rest is counted.
const KEPT: usize = 256;

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The invariant's id: `P-1`.
    pub id: &'static str,
    /// When.
    pub at: SimTime,
    /// The fact that broke it, or the next fact's number when it was not a fact that did.
    pub seq: u64,
    /// What was found.
    pub message: String,
    /// Earlier facts that bear witness.
    pub witnesses: Vec<u64>,
}

/// The invariants that a run is checked against.
#[derive(Debug, Default)]
pub struct Checks {
    /// What was found so far: the first 256 violations.
    pub violations: Vec<Violation>,
    /// How many more there were.
    pub more: u64,
    skip: Vec<&'static str>,
    state: Option<Box<State>>,
}

/// What the groups remember.
#[derive(Debug, Default)]
struct State {
    /// The number of the next fact.
    seq: u64,
    log: log::LogChecks,
    api: api::ApiChecks,
    watch: watch::WatchChecks,
    pods: pod::PodChecks,
    ledger: scheduler::LedgerChecks,
    endpoints: endpoints::EndpointChecks,
    cross: cross::CrossChecks,
    fold: Option<Box<log::Fold>>,
}

impl Checks {
    /// Nothing is checked.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything is checked.
    #[must_use]
    pub fn all() -> Self {
        Self::except(&[])
    }

    /// Everything but the invariants with these ids is checked. Ids that the catalogue does not have
    /// are ignored: whoever reads them from a person compares them with `catalogue()`.
    #[must_use]
    pub fn except(ids: &[&str]) -> Self {
        let skip = catalogue().map(|it| it.id).filter(|id| ids.contains(id));
        Self {
            skip: skip.collect(),
            state: Some(Box::default()),
            ..Self::default()
        }
    }

    /// Also folds the facts, encoded and decoded, into a second cluster, and compares it with the live one
    /// after every `every` facts (LOG-2). Costs as much time and memory as the run itself.
    #[must_use]
    pub fn folding(mut self, start: Cluster, every: u64) -> Self {
        if let Some(state) = &mut self.state {
            state.fold = Some(Box::new(log::Fold::new(start, every)));
        }
        self
    }

    /// Whether anything is checked.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.state.is_some()
    }

    fn split(&mut self) -> Option<(&mut State, Finder<'_>)> {
        let state = self.state.as_deref_mut()?;
        let finder = Finder {
            violations: &mut self.violations,
            more: &mut self.more,
            skip: &self.skip,
            at: SimTime::ZERO,
            seq: state.seq,
        };
        Some((state, finder))
    }

    /// The run begins; where within a wall second, in nanoseconds: what stamps are truncated by.
    pub fn begin(&mut self, phase: u32) {
        if let Some(state) = &mut self.state {
            state.api.phase = Some(phase);
        }
    }

    /// A record is about to be applied. Returns false when applying it would contradict the state, so that
    /// [`Cluster::apply`] would panic.
    pub fn before(&mut self, record: &Record, cluster: &Cluster) -> bool {
        let Some((state, mut found)) = self.split() else {
            return true;
        };
        found.at = record.at;
        found.seq = record.seq;
        state.seq = record.seq.saturating_add(1);
        let fits =
            state.log.before(record, &mut found) && state.api.before(record, cluster, &mut found);
        if !fits {
            return false;
        }
        state.cross.before(record, cluster, &mut found);
        match &record.fact {
            Fact::PodCreated(pod, new) => {
                state.pods.created(record, *pod, new);
                state.ledger.created(new, cluster);
                state.cross.created();
            }
            Fact::PodChanged(pod, change) => {
                state
                    .pods
                    .changed(record, *pod, change, cluster, &mut found);
                state.ledger.changed(*pod, change, cluster, &mut found);
            }
            Fact::NodeCreated(node, new) => state.ledger.node(*node, new.spec, cluster),
            Fact::NodeChanged(node, change) => state.ledger.node_changed(*node, change, cluster),
            Fact::Runtime(pod, fact) => {
                state.pods.runtime(record, *pod, *fact, cluster, &mut found);
            }
            Fact::Decided(decision) => scheduler::decided(decision, cluster, &mut found),
            Fact::RequestEnded(end) => state.endpoints.ended(end, record.at, &mut found),
            Fact::RequestsSucceeded { client, ok } => state.endpoints.succeeded(*client, *ok),
            Fact::Fault(..) => state.pods.fault(record.seq),
            Fact::ReplicaSetCreated(..)
            | Fact::ReplicaSetChanged(..)
            | Fact::DeploymentCreated(..)
            | Fact::DeploymentChanged(..)
            | Fact::ServiceCreated(..)
            | Fact::ServiceChanged(..)
            | Fact::SliceCreated(..)
            | Fact::SliceChanged(..)
            | Fact::OtherCreated(..)
            | Fact::OtherChanged(..)
            | Fact::EventRecorded(..)
            | Fact::Step(..)
            | Fact::Mark(_)
            | Fact::Refused(..) => {}
        }
        state.pods.due(record.at, cluster, &mut found);
        true
    }

    /// A record was applied.
    pub fn after(&mut self, record: &Record, cluster: &Cluster) {
        let Some((state, mut found)) = self.split() else {
            return;
        };
        found.at = record.at;
        found.seq = record.seq;
        state.api.after(record, cluster, &mut found);
        match &record.fact {
            Fact::PodChanged(pod, change) => pod::after(record, *pod, change, cluster, &mut found),
            Fact::SliceCreated(slice, _) | Fact::SliceChanged(slice, _) => {
                endpoints::after(*slice, cluster, &mut found);
            }
            _ => {}
        }
        state.cross.after(cluster, &state.ledger, &mut found);
        if let Some(fold) = &mut state.fold {
            fold.after(record, cluster, &mut found);
        }
    }

    /// A delivery of a watch was put into the queue, because its receiver reacts to revision `rev`.
    pub fn scheduled(&mut self, stream: Stream, rev: Rev) {
        if let Some(state) = &mut self.state {
            state.watch.scheduled(stream, rev);
        }
    }

    /// A watch delivered the revisions after `from` up to `upto`.
    pub fn delivered(&mut self, stream: Stream, from: Rev, upto: Rev, newest: Rev, now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state
                .watch
                .delivered(stream, from, upto, newest, &mut found);
        }
    }

    /// The pod watch of a kubelet delivered what there was up to `upto`.
    pub fn delivered_pods(&mut self, node: NodeId, upto: Rev, newest: Rev, now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state.watch.delivered_pods(node, upto, newest, &mut found);
        }
    }

    /// A process started anew from a list at `rev`.
    pub fn relisted(&mut self, process: Process, rev: Rev, now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state.watch.relisted(process, rev, &mut found);
        }
    }

    /// The API server answered a call. What it committed follows: `cluster` is without it.
    pub fn answered(&mut self, call: &Call, cluster: &Cluster, now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state.api.answered(call, cluster, &mut found);
        }
    }

    /// A controller's sync of `key` looked at `view` and decided on `script`, of which nothing is sent yet.
    pub fn decided(
        &mut self,
        controller: Controller,
        key: ObjId,
        view: View<'_>,
        script: &Script,
        now: SimTime,
    ) {
        if let Some((_, mut found)) = self.split()
            && !script.steps.is_empty()
        {
            found.at = now;
            workload::decided(controller, key, view, script, &mut found);
            endpoints::decided(controller, view, script, &mut found);
        }
    }

    /// The rules of a node chose where a *new* connection to a Service goes. Requests over a connection
    /// that is open already are not routed.
    pub fn routed(&mut self, connection: &Routed, rules: View<'_>, newest: Rev, now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state
                .endpoints
                .routed(connection, rules, newest, &mut found);
        }
    }

    /// A fault of the schedule began or ended, right after its fact.
    pub fn faulted(&mut self, step: &FaultStep, begins: bool) {
        if let Some(state) = &mut self.state {
            state.pods.faulted(step, begins);
        }
    }

    /// The faults are not known: every fault may have done everything. For logs without a schedule.
    pub fn faults_unknown(&mut self) {
        if let Some(state) = &mut self.state {
            state.pods.faults_unknown = true;
        }
    }

    /// The run has ended; what its sources of traffic saw, or nothing when that is not known.
    pub fn finish(&mut self, cluster: &Cluster, requests: &[Requests], now: SimTime) {
        if let Some((state, mut found)) = self.split() {
            found.at = now;
            state.api.finish(&mut found);
            state.pods.due(now, cluster, &mut found);
            state.cross.finish(cluster, &state.ledger, &mut found);
            state.endpoints.finish(requests, &mut found);
            if let Some(fold) = &mut state.fold {
                fold.compare(cluster, &mut found);
            }
        }
    }
}

/// A new connection, as the rules of a node sent it on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Routed {
    /// The traffic source.
    pub client: ClientId,
    /// The request's number within the source.
    pub number: u32,
    /// The Service.
    pub service: ServiceId,
    /// The node whose rules chose.
    pub node: NodeId,
    /// The revision of Services and slices that the rules were made from.
    pub rev: Rev,
    /// The pod that was chosen; none when the rules had nothing to choose from.
    pub pod: Option<PodId>,
}
