//! Traffic: clients, their requests, and how each ends.
//!
//! While every backend that some node's rules may lead to answers in time and with success, the outcome of
//! a request depends on no draw: requests are counted, not played. As soon as one does not, each request
//! is sent at its instant. With [`Plan::exact`] each always is; the facts are the same.

mod arrival;
mod client;
pub mod connect;
mod count;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use wavetank_core::draw::Key;
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::{ClientId, PodId};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use crate::check::Routed;
use crate::component::proxy::Proxies;
use crate::engine::context::{Context, Effect};
use crate::engine::outcome::Requests;
use crate::message::{Message, NO_CAUSE};
use crate::network::Lane;
use crate::plan::Plan;
use client::{Around, Client};
use connect::Servers;

/// A timer: look at what is due.
const TICK: u32 = 0;
/// A timer: tell of the successes so far; its number counts.
const TALLY: u32 = 1;
/// How often successes are told of.
const TALLY_PERIOD: SimDuration = SimDuration::from_secs(10);

/// The traffic of a run.
#[derive(Debug)]
pub struct Traffic {
    clients: Vec<Client>,
    zero: Option<SimTime>,
    causes: Causes,
}

/// Facts that explain why requests are lost.
#[derive(Debug)]
struct Causes {
    /// The last change of what answers at a pod's address, and when it was.
    pods: FxHashMap<PodId, (u32, SimTime)>,
    /// The last write of a Service or slice.
    rules: u32,
}

impl Causes {
    fn of(&self, pod: PodId) -> u32 {
        self.pods.get(&pod).map_or(self.rules, |(cause, _)| *cause)
    }

    /// Whether what happened to a pod at `at`, which has come, is a fact already: at that very instant it
    /// may be yet to come.
    fn has_happened(&self, pod: PodId, at: SimTime, now: SimTime) -> bool {
        at < now || self.pods.get(&pod).is_none_or(|(_, last)| *last >= at)
    }
}

impl Traffic {
    /// Sources that have not begun.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        let nodes = u32::try_from(plan.nodes.len()).expect("fewer than four billion nodes");
        let clients = plan.traffic.iter().enumerate();
        Self {
            clients: clients
                .map(|(index, planned)| {
                    let id = ClientId::from_index(index);
                    Client::new(id, planned, nodes, plan.exact, key)
                })
                .collect(),
            zero: None,
            causes: Causes {
                pods: FxHashMap::default(),
                rules: NO_CAUSE,
            },
        }
    }

    /// t = 0: the sources begin.
    pub fn begin(&mut self, zero: SimTime, now: SimTime, effects: &mut Vec<Effect>) {
        self.zero = Some(zero);
        for (index, client) in self.clients.iter_mut().enumerate() {
            let id = ClientId::from_index(index);
            let begin = (zero + client.planned.start).max(now);
            let stop = client.planned.stop.map_or(SimTime::MAX, |stop| zero + stop);
            client.arrivals.begin(begin, stop);
            let mut wake = |at, kind, number| {
                let message = Message::Traffic(id, kind, number);
                effects.push(Effect::Wake(at, Lane::client(id), message));
            };
            wake(begin, TICK, 0);
            wake(begin + TALLY_PERIOD, TALLY, 1);
        }
    }

    /// Whether the sources want the run to go on: a stop lies ahead of `at`, or requests that were sent
    /// before one.
    #[must_use]
    pub fn is_done(&self, at: SimTime) -> bool {
        self.done_at().is_none_or(|done| done <= at)
    }

    /// When the last request of the sources that stop has ended at the latest.
    #[must_use]
    pub fn done_at(&self) -> Option<SimTime> {
        let zero = self.zero?;
        let stops = self.clients.iter().filter_map(|client| {
            let stop = client.planned.stop?;
            Some(zero + stop + client.planned.timeout)
        });
        stops.max()
    }

    /// A fact was recorded: a source that it may concern looks again at this instant. `lane` is the one of the
    /// message that led to it. Returns the messages to put into the queue.
    pub fn observe(
        &mut self,
        record: &Record,
        own: u32,
        lane: Lane,
    ) -> impl Iterator<Item = (Lane, Message)> + use<> {
        let mut looks = Vec::new();
        if !self.clients.is_empty()
            && let Some(change) = change(&record.fact)
        {
            match change {
                Change::Server(pod) => {
                    let _ = self.causes.pods.insert(pod, (own, record.at));
                }
                Change::Forgotten(pod) => {
                    let _ = self.causes.pods.remove(&pod);
                }
                Change::Rules => self.causes.rules = own,
                Change::Anything => {}
            }
            for (index, client) in self.clients.iter_mut().enumerate() {
                let minds = match change {
                    Change::Server(pod) => client.minds(pod),
                    Change::Rules | Change::Anything => true,
                    Change::Forgotten(_) => false,
                };
                if minds && self.zero.is_some() {
                    let id = ClientId::from_index(index);
                    client.disturb(record.at, lane > Lane::client(id));
                    client.changed = true;
                    looks.push((Lane::client(id), Message::Traffic(id, TICK, 0)));
                }
            }
        }
        looks.into_iter()
    }

    /// A timer of a source: a kind and a number that it chose.
    #[allow(clippy::too_many_arguments)] // a timer, and the three that a request meets
    pub fn on_timer<S: Servers>(
        &mut self,
        client: ClientId,
        kind: u32,
        number: u32,
        proxies: &mut Proxies,
        servers: &S,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let (now, effects) = (ctx.now, ctx.effects());
        self.play(client, kind, number, now, proxies, servers, view, effects);
    }

    #[allow(clippy::too_many_arguments)] // the same without a context
    fn play<S: Servers>(
        &mut self,
        id: ClientId,
        kind: u32,
        number: u32,
        now: SimTime,
        proxies: &mut Proxies,
        servers: &S,
        view: View<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let client = &mut self.clients[id.index()];
        let mut around = Around {
            now,
            proxies,
            servers,
            view,
            causes: &self.causes,
            effects,
        };
        client.tick(&mut around);
        if kind == TALLY {
            client.tell(effects);
            if !client.is_done() {
                let message = Message::Traffic(id, TALLY, number + 1);
                effects.push(Effect::Wake(now + TALLY_PERIOD, Lane::client(id), message));
            }
        }
    }

    /// The run ends now: tells of the last successes. What is in flight has not ended.
    pub fn close<S: Servers>(
        &mut self,
        now: SimTime,
        proxies: &mut Proxies,
        servers: &S,
        view: View<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if self.zero.is_none() {
            return;
        }
        for index in 0..self.clients.len() {
            let id = ClientId::from_index(index);
            self.play(id, TICK, 0, now, proxies, servers, view, effects);
            self.clients[index].tell(effects);
        }
        effects.retain(|effect| !matches!(effect, Effect::Wake(..)));
    }

    /// From now on it is noted where new connections go.
    pub(crate) fn watch(&mut self) {
        for client in &mut self.clients {
            client.routed = Some(Vec::new());
        }
    }

    /// Where new connections of a source went since the last look, into `found`.
    pub(crate) fn routed(&mut self, client: ClientId, found: &mut Vec<Routed>) {
        if let Some(routed) = &mut self.clients[client.index()].routed {
            found.append(routed);
        }
    }

    /// What the sources saw, at the end of the run.
    #[must_use]
    pub fn finish(&self) -> Vec<Requests> {
        let clients = self.clients.iter();
        clients.map(|client| client.counter.requests()).collect()
    }
}

/// What a fact may change for requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// What answers at a pod's address.
    Server(PodId),
    /// The pod is gone for good.
    Forgotten(PodId),
    /// What proxies program.
    Rules,
    /// Nobody knows.
    Anything,
}

#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn change(fact: &Fact) -> Option<Change> {
    match fact {
        Fact::Runtime(pod, fact) => match fact {
            RuntimeFact::SandboxStarted(_)
            | RuntimeFact::SandboxStopped
            | RuntimeFact::Started(_)
            | RuntimeFact::Listening(..)
            | RuntimeFact::ListenStopped(..)
            | RuntimeFact::Exited(..) => Some(Change::Server(*pod)),
            RuntimeFact::Finished => Some(Change::Forgotten(*pod)),
            RuntimeFact::Admitted
            | RuntimeFact::PullStarted(_)
            | RuntimeFact::Pulled(..)
            | RuntimeFact::PullFailed(..)
            | RuntimeFact::HookStarted(..)
            | RuntimeFact::HookEnded(..)
            | RuntimeFact::Signalled(..)
            | RuntimeFact::Probed(..)
            | RuntimeFact::Logged(..) => None,
        },
        Fact::Fault(..) => Some(Change::Anything),
        _ if crate::component::proxy::programmed(fact).is_some() => Some(Change::Rules),
        _ => None,
    }
}
