//! Watches (W): what a process is delivered is what was committed, in order, once, without gaps.

use std::collections::VecDeque;

use wavetank_core::id::{NodeId, Rev};

use super::catalogue::{Invariant, Observes, Tag};
use super::finder::Finder;
use crate::network::{Process, Stream, Watched};

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "W-1",
        tag: Tag::Always,
        statement: "The revisions that a watch delivers never go back",
        source: "etcd: errBrokeOrdered",
        observes: Observes::Watches,
    },
    Invariant {
        id: "W-2",
        tag: Tag::Always,
        statement: "No revision is delivered twice on one watch",
        source: "etcd: errBrokeUnique",
        observes: Observes::Watches,
    },
    Invariant {
        id: "W-3",
        tag: Tag::Always,
        statement: "No revision that the receiver reacts to is skipped",
        source: "etcd: errBrokeReliable",
        observes: Observes::Watches,
    },
    Invariant {
        id: "W-4",
        tag: Tag::Always,
        statement: "A delivery ends with a revision that is committed, whole",
        source: "etcd: errBrokeAtomic",
        observes: Observes::Watches,
    },
    Invariant {
        id: "W-9",
        tag: Tag::Fresh,
        statement: "A process that starts anew does not list an older state than it had seen",
        source: "kubernetes#59848",
        observes: Observes::Watches,
    },
];

/// What is remembered of all watches.
#[derive(Clone, Debug, Default)]
pub(super) struct WatchChecks {
    streams: [[Seen; 7]; 2],
    kubelets: Vec<Rev>,
}

/// What is remembered of one watch.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The last revision that was delivered.
    upto: Rev,
    /// Revisions that are under way.
    pending: VecDeque<Rev>,
}

impl WatchChecks {
    fn seen(&mut self, stream: Stream) -> &mut Seen {
        &mut self.streams[stream.process as usize][stream.watched as usize]
    }

    /// A delivery is under way.
    pub(super) fn scheduled(&mut self, stream: Stream, rev: Rev) {
        self.seen(stream).pending.push_back(rev);
    }

    /// W-1 to W-4 of a delivery.
    pub(super) fn delivered(
        &mut self,
        stream: Stream,
        from: Rev,
        upto: Rev,
        newest: Rev,
        found: &mut Finder<'_>,
    ) {
        let seen = self.seen(stream);
        if upto < seen.upto || upto <= from {
            let message = format!(
                "{} delivers up to {} after {}",
                text(stream),
                upto.0,
                seen.upto.0.max(from.0)
            );
            found.report("W-1", message, &[]);
        } else if from < seen.upto {
            let message = format!(
                "{} delivers {} to {} again",
                text(stream),
                from.0 + 1,
                seen.upto.0.min(upto.0)
            );
            found.report("W-2", message, &[]);
        }
        if upto > newest {
            let message = format!(
                "{} delivers revision {}, the newest is {}",
                text(stream),
                upto.0,
                newest.0
            );
            found.report("W-4", message, &[]);
        }
        let skipped = seen.pending.iter().find(|rev| **rev > seen.upto);
        if let Some(skipped) = skipped.filter(|rev| **rev <= from) {
            let message = format!(
                "{} skips revision {}: it goes on after {}",
                text(stream),
                skipped.0,
                from.0
            );
            found.report("W-3", message, &[]);
        }
        seen.upto = seen.upto.max(upto);
        while seen.pending.front().is_some_and(|rev| *rev <= upto) {
            seen.pending.pop_front();
        }
    }

    /// W-1 and W-4 of the pod watch of a kubelet.
    pub(super) fn delivered_pods(
        &mut self,
        node: NodeId,
        upto: Rev,
        newest: Rev,
        found: &mut Finder<'_>,
    ) {
        if self.kubelets.len() <= node.index() {
            self.kubelets.resize(node.index() + 1, Rev::ZERO);
        }
        let seen = &mut self.kubelets[node.index()];
        if upto < *seen {
            let message = format!(
                "the kubelet of node {} is delivered {} after {}",
                node.0, upto.0, seen.0
            );
            found.report("W-1", message, &[]);
        }
        if upto > newest {
            let message = format!(
                "the kubelet of node {} is delivered {}, the newest is {}",
                node.0, upto.0, newest.0
            );
            found.report("W-4", message, &[]);
        }
        *seen = upto.max(*seen);
    }

    /// W-9.
    pub(super) fn relisted(&mut self, process: Process, rev: Rev, found: &mut Finder<'_>) {
        for watched in Watched::ALL {
            let stream = Stream { process, watched };
            let seen = self.seen(stream);
            if rev < seen.upto {
                let message = format!(
                    "{} lists {} after it had seen {}",
                    text(stream),
                    rev.0,
                    seen.upto.0
                );
                found.report("W-9", message, &[]);
            }
            let seen = self.seen(stream);
            seen.upto = rev;
            while seen.pending.front().is_some_and(|it| *it <= rev) {
                seen.pending.pop_front();
            }
        }
    }
}

fn text(stream: Stream) -> String {
    format!("the watch of {:?} of {:?}", stream.process, stream.watched)
}
