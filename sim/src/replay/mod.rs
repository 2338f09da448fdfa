//! Replay: the history that a log holds, folded again, and whether it is what the run lived through.
//!
//! The facts are folded into an empty cluster; at every checkpoint the state is compared with the one that
//! the run had there (LOG-2), and the invariants that facts alone show are judged on the way. Nothing in
//! the log is trusted.

#[cfg(test)]
mod tests;

use std::io::{Read, Seek};

use wavetank_core::fact::{Edge, Fact, Record};
use wavetank_core::log::{Ending, Entry, Header, Reader, RecordError, Replay, Until, state_digest};
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use crate::check::{Checks, Violation};
use crate::plan::fault::FaultStep;

/// What is replayed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Up to where.
    pub until: Until,
    /// Whether invariants are judged.
    pub judges: bool,
    /// The schedule of faults of the run; without it, every fault may have done everything.
    pub faults: Option<&'a [FaultStep]>,
}

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed {
    /// What the run was made from.
    pub header: Header,
    /// How the log ends.
    pub ending: Ending,
    /// The digest of the run, of all of the log.
    pub digest: String,
    /// Facts that were applied.
    pub facts: u64,
    /// Deliveries that were passed.
    pub deliveries: u64,
    /// Definitions that were made.
    pub definitions: u64,
    /// Checkpoints that agreed with the state.
    pub agreed: u64,
    /// The instant of the last fact that was applied.
    pub at: SimTime,
    /// The digest of the state at the end of the replay.
    pub state: u128,
    /// Where the replay and the run disagree, if they do: the replay ended there.
    pub disagreement: Option<RecordError>,
    /// Invariants that did not hold.
    pub violations: Vec<Violation>,
}

impl Replayed {
    /// Whether the replay is what the run was, and nothing in it was broken.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.disagreement.is_none() && self.violations.is_empty()
    }
}

/// Folds a log from its beginning, and calls `observe` after each fact with the state that it led to,
/// until that returns false.
///
/// A record that contradicts the state, and a state that is not the run's, are what a replay is there to
/// find: they are in its result.
///
/// # Errors
///
/// When the log cannot be read.
pub fn replay<S: Read + Seek>(
    log: Reader<S>,
    options: Options<'_>,
    mut observe: impl FnMut(&Cluster, &Record) -> bool,
) -> Result<Replayed, RecordError> {
    let mut replayed = Replayed {
        header: log.header().clone(),
        ending: log.ending().clone(),
        digest: log.digest().to_string(),
        facts: 0,
        deliveries: 0,
        definitions: 0,
        agreed: 0,
        at: SimTime::ZERO,
        state: 0,
        disagreement: None,
        violations: Vec::new(),
    };
    let mut replay = Replay::new(log).checking();
    let mut judge = Judge::new(&replayed.header, options);
    loop {
        judge.before(&mut replay)?;
        let entry = match replay.step(options.until) {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(found @ (RecordError::Contradiction { .. } | RecordError::StateDiffers { .. })) => {
                replayed.disagreement = Some(found);
                break;
            }
            Err(error) => return Err(error),
        };
        match &entry {
            Entry::Fact(record) => {
                replayed.facts += 1;
                judge.after(record, replay.cluster());
                if !observe(replay.cluster(), record) {
                    break;
                }
            }
            Entry::Delivery { .. } => replayed.deliveries += 1,
            Entry::Definition(_) => replayed.definitions += 1,
            Entry::Checkpoint { .. } => {}
        }
    }
    replayed.agreed = replay.agreed();
    replayed.at = replay.cluster().now;
    replayed.state = state_digest(replay.cluster());
    replayed.violations = judge.finish(replay.cluster());
    Ok(replayed)
}

/// The checks, driven by a replay.
struct Judge<'a> {
    checks: Checks,
    options: Options<'a>,
}

impl<'a> Judge<'a> {
    fn new(header: &Header, options: Options<'a>) -> Self {
        let mut checks = if options.judges {
            Checks::all()
        } else {
            Checks::none()
        };
        checks.begin(header.clock_phase);
        if options.faults.is_none() {
            checks.faults_unknown();
        }
        Self { checks, options }
    }

    /// Shows the checks what is about to be applied, if anything fits.
    fn before<S: Read + Seek>(&mut self, replay: &mut Replay<S>) -> Result<(), RecordError> {
        if !self.checks.is_on() {
            return Ok(());
        }
        let Some(Entry::Fact(record)) = replay.peek()? else {
            return Ok(());
        };
        let is_beyond = match self.options.until {
            Until::End => false,
            Until::Seq(seq) => record.seq >= seq,
            Until::At(at) => record.at > at,
        };
        if is_beyond {
            return Ok(());
        }
        let record = record.clone();
        // What does not fit is a disagreement: the replay ends there.
        let cluster = replay.cluster();
        if cluster.check(&record).is_ok() {
            let _fits = self.checks.before(&record, cluster);
        }
        Ok(())
    }

    fn after(&mut self, record: &Record, cluster: &Cluster) {
        self.checks.after(record, cluster);
        if let Fact::Fault(id, edge) = &record.fact
            && let Some(step) = self.options.faults.and_then(|steps| steps.get(id.index()))
        {
            self.checks.faulted(step, *edge == Edge::Began);
        }
    }

    /// What was found. What the end of a run shows is judged at the end of the whole log only.
    fn finish(mut self, cluster: &Cluster) -> Vec<Violation> {
        if self.options.until == Until::End {
            self.checks.finish(cluster, &[], cluster.now);
        }
        self.checks.violations
    }
}
