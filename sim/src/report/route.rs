//! Why a request went where it went: the proxy that sent it on, and what its rules did not have yet.

use serde_json::{Value, json};
use wavetank_core::delivery::Delivery;
use wavetank_core::fact::Record;
use wavetank_core::id::{ClientId, Kind, NodeId, Rev};
use wavetank_core::time::{SimDuration, SimTime};

use super::clock::Clock;
use crate::measure::duration_text;

/// How many changes that rules lacked are told.
const UNSEEN_MAX: usize = 6;

/// How a request was sent on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// The node whose proxy sent it on.
    pub node: String,
    /// The revision of Services and EndpointSlices that its rules were made from; 0 before the first.
    pub rules: Rev,
    /// When that revision was written, if the run wrote it.
    pub written: Option<SimTime>,
    /// When the request was sent.
    pub sent: SimTime,
    /// The changes of the pod's endpoint that had been written, and were not in the rules.
    pub unseen: Vec<Write>,
    /// The first change of the pod's endpoint after the request was sent.
    pub next: Option<Write>,
}

/// A write of a Service or an EndpointSlice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Write {
    /// The record's number.
    pub seq: u64,
    /// The revision.
    pub rev: Rev,
    /// When.
    pub at: SimTime,
}

/// What a log says about the ways of requests with one number: a fold.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    number: Option<u32>,
    found: Vec<(ClientId, NodeId, Rev)>,
    writes: Vec<Write>,
}

impl Routes {
    /// Nothing yet, of requests with this number.
    pub(super) const fn of(number: u32) -> Self {
        Self {
            number: Some(number),
            found: Vec::new(),
            writes: Vec::new(),
        }
    }

    /// Takes note of a record, which made the store's revision `rev`.
    pub(super) fn observe(&mut self, record: &Record, rev: Rev) {
        let kind = record.fact.object().map(|object| object.kind);
        let is_programmed = matches!(kind, Some(Kind::Service | Kind::EndpointSlice));
        if is_programmed && record.fact.is_write() {
            self.writes.push(Write {
                seq: record.seq,
                rev,
                at: record.at,
            });
        }
    }

    /// Takes note of a delivery.
    pub(super) fn deliver(&mut self, delivery: &Delivery) {
        if let Delivery::Routed {
            client,
            number,
            node,
            rules,
        } = delivery
            && self.number == Some(*number)
        {
            self.found.push((*client, *node, *rules));
        }
    }

    /// The way of the request of a source that was sent then to a pod whose endpoint changed in these
    /// records; none when the log does not say.
    pub(super) fn route(
        &self,
        client: ClientId,
        sent: SimTime,
        changes: &[u64],
        name: impl Fn(NodeId) -> String,
    ) -> Option<Route> {
        let (_, node, rules) = *self.found.iter().find(|(by, ..)| *by == client)?;
        let about = self.writes.iter().filter(|it| changes.contains(&it.seq));
        let (before, after): (Vec<Write>, Vec<Write>) = about.partition(|it| it.at <= sent);
        let mut unseen: Vec<Write> = before.into_iter().filter(|it| it.rev > rules).collect();
        unseen.drain(..unseen.len().saturating_sub(UNSEEN_MAX));
        Some(Route {
            node: name(node),
            rules,
            written: self
                .writes
                .iter()
                .find(|it| it.rev == rules)
                .map(|it| it.at),
            sent,
            unseen,
            next: after.first().copied(),
        })
    }
}

impl Route {
    /// For people, in lines.
    #[must_use]
    pub fn print(&self, clock: &Clock) -> String {
        let Self { node, rules, .. } = self;
        let written = self.written.map_or_else(String::new, |at| {
            format!(", written at t={}", clock.since_zero(at))
        });
        let mut text = format!(
            "  sent on by the proxy of {node}, whose rules were those of rv {}{written}\n",
            rules.0
        );
        for it in &self.unseen {
            let age = length(self.sent.since(it.at));
            let at = clock.since_zero(it.at);
            text.push_str(&format!(
                "  they did not have seq {} yet, written {age} before the request, at t={at}\n",
                it.seq
            ));
        }
        if self.unseen.is_empty() {
            text.push_str(&match self.next {
                Some(it) => format!(
                    "  they had every change of the endpoint; the next, seq {}, was written {} after the request was sent\n",
                    it.seq,
                    length(it.at.since(self.sent))
                ),
                None => "  they had every change of the endpoint\n".to_owned(),
            });
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let write = |it: &Write| json!({ "seq": it.seq, "resourceVersion": it.rev.0, "atNanos": it.at.nanos() });
        json!({
            "node": self.node,
            "resourceVersion": self.rules.0,
            "unseen": self.unseen.iter().map(write).collect::<Vec<_>>(),
            "next": self.next.as_ref().map(write),
        })
    }
}

/// A length of time, to the microsecond.
fn length(duration: SimDuration) -> String {
    duration_text(i128::from(duration.nanos() / 1_000 * 1_000))
}
