//! The log and the engine below it (LOG, RNG): order, and that folding the facts gives the live state.

use wavetank_core::fact::Record;
use wavetank_core::log::codec;
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use super::catalogue::{Invariant, Observes, Tag};
use super::finder::Finder;

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "LOG-1",
        tag: Tag::Always,
        statement: "Facts are numbered from 0 without gaps, and time never runs backwards",
        source: "event sourcing",
        observes: Observes::Facts,
    },
    Invariant {
        id: "LOG-2",
        tag: Tag::Always,
        statement: "Folding the facts, encoded and decoded, gives the live state",
        source: "event sourcing",
        observes: Observes::Facts,
    },
    Invariant {
        id: "LOG-3",
        tag: Tag::Always,
        statement: "A state and the facts after it give what all facts give",
        source: "snapshots of etcd, TigerBeetle",
        observes: Observes::Runs,
    },
    Invariant {
        id: "LOG-4",
        tag: Tag::Always,
        statement: "The same scenario and seed give the same facts, observed or not",
        source: "FoundationDB's unseed, Turso's double check",
        observes: Observes::Runs,
    },
    Invariant {
        id: "RNG-1",
        tag: Tag::Always,
        statement: "A fault that cannot happen changes nothing",
        source: "common random numbers",
        observes: Observes::Runs,
    },
];

/// What is remembered of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct LogChecks {
    next: u64,
    at: SimTime,
}

impl LogChecks {
    /// LOG-1.
    pub(super) fn before(&mut self, record: &Record, found: &mut Finder<'_>) -> bool {
        let is_next = record.seq == self.next && record.at >= self.at;
        if !is_next {
            let message = format!(
                "record {} at {} where record {} not before {} was due",
                record.seq, record.at, self.next, self.at
            );
            found.report("LOG-1", message, &[self.next.saturating_sub(1)]);
        }
        self.next = record.seq.saturating_add(1);
        self.at = record.at;
        is_next
    }
}

/// A second cluster, made from the encoded facts alone.
#[derive(Debug)]
pub(super) struct Fold {
    cluster: Cluster,
    every: u64,
    buffer: Vec<u8>,
    broken: bool,
}

impl Fold {
    pub(super) fn new(cluster: Cluster, every: u64) -> Self {
        Self {
            cluster,
            every: every.max(1),
            buffer: Vec::new(),
            broken: false,
        }
    }

    /// Takes a record over, by way of its bytes.
    pub(super) fn after(&mut self, record: &Record, live: &Cluster, found: &mut Finder<'_>) {
        if self.broken {
            return;
        }
        self.buffer.clear();
        let copy = codec::encode(record, &mut self.buffer)
            .and_then(|()| codec::decode::<Record>(&self.buffer));
        let copy = match copy {
            Ok((copy, _)) if copy == *record && copy.seq == self.cluster.next_seq => copy,
            Ok(_) | Err(_) => {
                self.broken = true;
                let message = format!("record {} does not survive its encoding", record.seq);
                return found.report("LOG-2", message, &[]);
            }
        };
        let known = self.cluster.definitions.len();
        for definition in live.definitions.since(known) {
            self.cluster.definitions.define(definition);
        }
        self.cluster.apply(&copy);
        if self.cluster.next_seq.is_multiple_of(self.every) {
            self.compare(live, found);
        }
    }

    /// LOG-2: compares the two.
    pub(super) fn compare(&mut self, live: &Cluster, found: &mut Finder<'_>) {
        if !self.broken && self.cluster.digest() != live.digest() {
            self.broken = true;
            let message = format!(
                "after {} facts the fold is not the live state",
                live.next_seq
            );
            found.report("LOG-2", message, &[]);
        }
    }
}

#[cfg(test)]
impl LogChecks {
    /// As if the records before `next` had been seen.
    pub(super) fn at(next: u64) -> Self {
        let at = SimTime::ZERO;
        Self { next, at }
    }
}
