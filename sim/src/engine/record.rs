//! What is kept of a run: nothing but the digest, the facts, or every delivery.

use wavetank_core::fact::Record;
use wavetank_core::log::Digest;
use wavetank_core::object::definition::Definitions;
use wavetank_core::time::SimTime;

use crate::plan::Plan;

/// Records a run.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The facts, when somebody wants them in memory.
    pub kept: Option<Vec<Record>>,
}

impl Recorder {
    /// The run begins.
    pub(crate) fn begin(&mut self, _plan: &Plan, _seed: u64, _phase: u32) {}

    /// t = 0 is now known.
    pub(crate) fn zero(&mut self, _zero: SimTime) {}

    /// A fact happened.
    pub(crate) fn append(&mut self, record: &Record, _definitions: &Definitions) {
        if let Some(kept) = &mut self.kept {
            kept.push(record.clone());
        }
    }

    /// The run has ended: its digest.
    pub(crate) fn finish(self) -> Digest {
        Digest([0; 32])
    }
}
