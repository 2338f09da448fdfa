//! The state of a cluster: a fold over facts.
//!
//! [`Cluster`] is what the API server reads in a run and what a reader of a log rebuilds; there is one
//! structure and one writer of it, [`Cluster::apply`]. Applying decides nothing and cannot fail; a
//! fact that contradicts the state is a bug of whoever decided it, and panics.

mod apply;
pub mod check;
pub mod index;
pub mod store;
pub mod table;
pub mod view;

use crate::fact::Record;
use crate::object::definition::{Definitions, Mark};
use crate::time::SimTime;
use store::Store;

/// The state of a cluster at one instant.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Everything interned so far.
    pub definitions: Definitions,
    /// The API server's objects, versioned.
    pub store: Store,
    /// The number of the next record.
    pub next_seq: u64,
    /// When the last record happened.
    pub now: SimTime,
}

impl Cluster {
    /// An empty cluster with these definitions: where a run begins.
    #[must_use]
    pub fn new(definitions: Definitions) -> Self {
        Self {
            definitions,
            ..Self::default()
        }
    }

    /// Applies the next record.
    ///
    /// # Panics
    ///
    /// When the record is not the next one, goes back in time, or contradicts the state (LOG-1).
    pub fn apply(&mut self, record: &Record) {
        assert_eq!(
            record.seq, self.next_seq,
            "records are applied one after the other"
        );
        assert!(
            record.at >= self.now,
            "record {} goes back in time",
            record.seq
        );
        self.next_seq += 1;
        self.now = record.at;
        if record.fact.is_write() {
            self.store.rev = self.store.rev.next();
            apply::write(&mut self.store, &self.definitions, record.at, &record.fact);
        }
    }

    /// A digest of everything that the fold keeps, of the newest versions only: equal for equal states.
    ///
    /// Costs a walk over all objects: for checkpoints and tests.
    ///
    /// # Panics
    ///
    /// Never, unless memory runs out.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = Vec::new();
        self.store.encode(&mut buffer, &mut |bytes| {
            hasher.update(bytes);
        });
        hasher.update(&self.next_seq.to_le_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Back to an empty cluster with the definitions up to `mark`, keeping capacity.
    pub fn reset(&mut self, mark: Mark) {
        self.definitions.reset(mark);
        self.store.reset();
        self.next_seq = 0;
        self.now = SimTime::ZERO;
    }
}
