//! One source: requests in flight, and what becomes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::fact::traffic::{Outcome, RequestEnd};
use wavetank_core::fact::{Actor, Fact};
use wavetank_core::id::{ClientId, Kind, NodeId, ObjId, PodId, Rev, ServiceId};
use wavetank_core::state::view::{Cursors, View};
use wavetank_core::time::{SimDuration, SimTime};

use super::TICK;
use super::arrival::Arrivals;
use super::connect::Servers;
use super::count::Counter;
use crate::check::Routed;
use crate::component::proxy::{Backend, Proxies, backends};
use crate::engine::context::Effect;
use crate::message::{Message, NO_CAUSE};
use crate::network::Lane;
use crate::plan::traffic::Source as Planned;
use crate::world::Connection;

/// The backends of one revision: none when there are no rules for the Service.
type List = Option<Arc<[Backend]>>;

/// How many revisions' lists are kept before all are forgotten.
const LISTS_MAX: usize = 1_024;

/// A source and its requests.
#[derive(Debug)]
pub(super) struct Client {
    id: ClientId,
    pub(super) planned: Planned,
    service: Option<ServiceId>,
    nodes: u32,
    node_key: PurposeKey,
    choice_key: PurposeKey,
    /// Whether every request is played.
    exact: bool,
    pub(super) arrivals: Arrivals,
    pub(super) counter: Counter,
    /// Requests in flight, by when they will end as far as is known, and their number. While all is certain,
    /// those sent since the last look are not among them.
    flights: BTreeMap<(SimTime, u32), Flight>,
    /// While every request is answered well, none is played.
    certain: Option<Certain>,
    /// When what is in use now may be so no longer.
    recheck: Option<SimTime>,
    /// Whether a server changed, so that connections may have been cut.
    pub(super) changed: bool,
    /// The next arrival that is in the queue.
    waking: Option<SimTime>,
    /// Where new connections went since somebody looked, when somebody looks.
    pub(super) routed: Option<Vec<Routed>>,
    lists: FxHashMap<Rev, List>,
    /// The pods that the rules in use lead to.
    pods: FxHashSet<PodId>,
}

/// A stretch of time in which every request is answered well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Certain {
    /// When it ends, if that is known; whether that instant is a part of it.
    ends: Option<(SimTime, bool)>,
    /// The longest that an answer takes.
    longest: SimDuration,
}

/// A request in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Flight {
    sent: SimTime,
    /// Where it went, unless to no pod.
    to: Option<(PodId, u16)>,
    /// Whether a server has it.
    served: bool,
    outcome: Outcome,
    /// The fact that explains a loss.
    cause: u32,
}

/// What a source is given for a look around.
pub(super) struct Around<'a, 'v, S> {
    pub(super) now: SimTime,
    pub(super) proxies: &'a mut Proxies,
    pub(super) servers: &'a S,
    pub(super) view: View<'v>,
    pub(super) causes: &'a super::Causes,
    pub(super) effects: &'a mut Vec<Effect>,
}

impl Client {
    pub(super) fn new(id: ClientId, planned: &Planned, nodes: u32, exact: bool, key: &Key) -> Self {
        Self {
            id,
            planned: planned.clone(),
            service: None,
            nodes: nodes.max(1),
            node_key: key.of(Purpose::TrafficClient),
            choice_key: key.of(Purpose::EndpointChoice),
            exact,
            arrivals: Arrivals::new(planned, id.0, key.of(Purpose::TrafficArrival)),
            counter: Counter::default(),
            flights: BTreeMap::new(),
            certain: None,
            recheck: Some(SimTime::ZERO),
            changed: false,
            waking: None,
            routed: None,
            lists: FxHashMap::default(),
            pods: FxHashSet::default(),
        }
    }

    /// Whether a change of this pod's servers may concern a request.
    pub(super) fn minds(&self, pod: PodId) -> bool {
        self.exact || self.pods.contains(&pod) || self.flights.values().any(|f| f.is_to(pod))
    }

    /// Something changes at `at`: what is certain ends there. `after` says whether requests of that instant
    /// come before the change.
    pub(super) fn disturb(&mut self, at: SimTime, after: bool) {
        if let Some(certain) = &mut self.certain
            && certain.ends.is_none_or(|(ends, _)| at <= ends)
        {
            let before = certain.ends.filter(|(ends, _)| *ends == at);
            certain.ends = Some((at, after && before.is_none_or(|(_, included)| included)));
        }
        self.recheck = Some(at);
    }

    /// Whether all requests have been sent and have ended.
    pub(super) fn is_done(&mut self) -> bool {
        self.flights.is_empty() && self.arrivals.peek().is_none()
    }

    /// Looks at everything that is due: ends, arrivals, cuts; and at what comes next.
    pub(super) fn tick<S: Servers>(&mut self, around: &mut Around<'_, '_, S>) {
        let now = around.now;
        if self.waking.is_some_and(|at| at <= now) {
            self.waking = None;
        }
        self.find_service(around.view);
        self.land(around);
        if let Some(certain) = self.certain {
            let (edge, included) =
                certain
                    .ends
                    .filter(|(ends, _)| *ends <= now)
                    .map_or((now, true), |ends| {
                        self.certain = None;
                        self.recheck = Some(now);
                        ends
                    });
            self.count(edge, included, certain.longest, around);
        }
        while let Some((number, at)) = self.arrivals.peek()
            && at <= now
        {
            assert_eq!(at, now, "a request was forgotten");
            self.arrivals.pop();
            self.counter.sent(1);
            self.play(number, around);
        }
        self.land(around);
        if std::mem::take(&mut self.changed) {
            self.cut(around);
        }
        if !self.exact && self.recheck.is_some_and(|at| at <= now) {
            self.judge(around);
        }
        self.schedule(now, around.effects);
    }

    fn find_service(&mut self, view: View<'_>) {
        if self.service.is_none() {
            let texts = &view.definitions().texts;
            let namespace = texts.find(&self.planned.namespace);
            self.service = namespace
                .and_then(|namespace| view.find(Kind::Service, namespace, &self.planned.service))
                .and_then(|object: ObjId| ServiceId::try_from(object).ok());
        }
    }

    /// Requests that end by now end.
    fn land<S>(&mut self, around: &mut Around<'_, '_, S>) {
        while let Some(entry) = self.flights.first_entry()
            && entry.key().0 <= around.now
        {
            let number = entry.key().1;
            let flight = entry.remove();
            if flight.outcome == Outcome::Ok {
                self.counter.succeeded(1);
            } else {
                self.lose(number, &flight, flight.outcome, around);
            }
        }
    }

    /// Takes the requests of a stretch in which all were answered well: those that have ended at its end
    /// by counting, the others one by one.
    fn count<S: Servers>(
        &mut self,
        edge: SimTime,
        included: bool,
        longest: SimDuration,
        around: &mut Around<'_, '_, S>,
    ) {
        let ended = self.arrivals.skip(edge.back(longest));
        self.counter.sent(ended);
        self.counter.succeeded(ended);
        while let Some((number, at)) = self.arrivals.peek()
            && (at < edge || (included && at == edge))
        {
            self.arrivals.pop();
            self.counter.sent(1);
            let flight = self.send(number, at, around);
            match flight {
                Ok((ends, _)) if ends <= around.now => self.counter.succeeded(1),
                Ok((ends, flight)) => {
                    let _ = self.flights.insert((ends, number), flight);
                }
                Err(flight) => panic!("a request was taken for certain: {flight:?}"),
            }
        }
    }

    /// Sends a request now.
    fn play<S: Servers>(&mut self, number: u32, around: &mut Around<'_, '_, S>) {
        match self.send(number, around.now, around) {
            Ok((ends, flight)) => {
                if self.exact || flight.outcome.is_lost() {
                    self.wake(ends, around.effects);
                }
                let _ = self.flights.insert((ends, number), flight);
            }
            Err(flight) => self.lose(number, &flight, flight.outcome, around),
        }
    }

    /// What a request meets that is sent at `at`: when it ends and how, or how it failed at once.
    fn send<S: Servers>(
        &mut self,
        number: u32,
        at: SimTime,
        around: &mut Around<'_, '_, S>,
    ) -> Result<(SimTime, Flight), Flight> {
        let node = self.node(number);
        let rev = around.proxies.rules(node, at);
        let timeout = at + self.planned.timeout;
        let mut flight = Flight {
            sent: at,
            to: None,
            served: false,
            outcome: Outcome::ConnectTimeout,
            cause: around.causes.rules,
        };
        let Some(list) = self.list(rev, around.view) else {
            // Nobody answers an address without rules (C223).
            return Ok((timeout, flight));
        };
        let Ok(length @ 1..) = u64::try_from(list.len()) else {
            flight.outcome = Outcome::NoEndpoint; // C223
            return Err(flight);
        };
        // C222: each as likely, whatever became of the last.
        let choice = self.choice_key.below((self.id.0, number), 0, length);
        let backend = list[usize::try_from(choice).expect("below the length")];
        flight.to = Some((backend.pod, backend.port));
        flight.cause = around.causes.of(backend.pod);
        if let (Some(routed), Some(service)) = (&mut self.routed, self.service) {
            let (client, pod) = (self.id, Some(backend.pod));
            routed.push(Routed {
                client,
                number,
                service,
                node,
                rev,
                pod,
            });
        }
        let index = u64::from(self.id.0) << 32 | u64::from(number);
        let path = &self.planned.path;
        // C229
        match around
            .servers
            .connect(backend.pod, backend.port, path, index, at)
        {
            Connection::Silent => Ok((timeout, flight)),
            Connection::Refused => {
                flight.outcome = Outcome::Refused;
                Err(flight)
            }
            Connection::Served { time, status } => {
                flight.served = true;
                let (ends, outcome) = if time > self.planned.timeout {
                    (timeout, Outcome::ResponseTimeout)
                } else if status >= 500 {
                    (at + time, Outcome::Http5xx)
                } else {
                    (at + time, Outcome::Ok)
                };
                flight.outcome = outcome;
                Ok((ends, flight))
            }
        }
    }

    /// Where a request comes from, or where it enters the cluster.
    fn node(&self, number: u32) -> NodeId {
        if self.planned.on_nodes {
            return NodeId(number % self.nodes);
        }
        let node = self
            .node_key
            .below((self.id.0, number), 0, u64::from(self.nodes));
        NodeId(u32::try_from(node).expect("below the number of nodes"))
    }

    /// Connections whose server's process has ended are cut; those whose server is gone without a word
    /// are not answered any more (C231).
    fn cut<S: Servers>(&mut self, around: &mut Around<'_, '_, S>) {
        let now = around.now;
        let mut ended = Vec::new();
        let mut muted = Vec::new();
        for (key, flight) in &self.flights {
            let Some((pod, port)) = flight.to.filter(|_| flight.served) else {
                continue;
            };
            let cut = around.servers.cut_at(pod, port, flight.sent);
            let is_cut = |cut| cut <= now && around.causes.has_happened(pod, cut, now);
            if cut.is_some_and(is_cut) {
                ended.push(*key);
            } else if cut.is_none() {
                let path = &self.planned.path;
                let met = around.servers.connect(pod, port, path, 0, now);
                if met == Connection::Silent {
                    muted.push(*key);
                }
            }
        }
        for key in ended {
            let mut flight = self.flights.remove(&key).expect("just seen");
            flight.cause = flight.to.map_or(NO_CAUSE, |(pod, _)| around.causes.of(pod));
            self.lose(key.1, &flight, Outcome::Reset, around);
        }
        for key in muted {
            let mut flight = self.flights.remove(&key).expect("just seen");
            flight.cause = flight.to.map_or(NO_CAUSE, |(pod, _)| around.causes.of(pod));
            flight.outcome = Outcome::ResponseTimeout;
            let ends = flight.sent + self.planned.timeout;
            self.wake(ends, around.effects);
            let _ = self.flights.insert((ends, key.1), flight);
        }
    }

    /// Whether from now on every request is answered well, whatever its node and whichever backend it draws.
    fn judge<S: Servers>(&mut self, around: &mut Around<'_, '_, S>) {
        let now = around.now;
        let in_use = around.proxies.in_use(now);
        self.pods.clear();
        let mut certain = Some(SimDuration::ZERO);
        let mut step: Option<SimTime> = None;
        let mut last: List = None;
        for rev in in_use.revs {
            let Some(list) = self.list(rev, around.view).filter(|list| !list.is_empty()) else {
                certain = None;
                continue;
            };
            if last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &list)) {
                continue;
            }
            for backend in &*list {
                if !self.pods.insert(backend.pod) {
                    continue;
                }
                let next = around.servers.next_step(backend.pod, now);
                step = step.into_iter().chain(next).min();
                let path = &self.planned.path;
                let answer = around
                    .servers
                    .certain(backend.pod, backend.port, path, now)
                    .filter(|(longest, status)| *longest <= self.planned.timeout && *status < 500);
                certain = certain.zip(answer).map(|(most, (own, _))| most.max(own));
            }
            last = Some(list);
        }
        if let (Some(longest), Some(step)) = (certain, step) {
            self.certain = Some(Certain {
                ends: Some((step, false)),
                longest,
            });
            self.recheck = None;
            self.wake(step, around.effects);
        } else {
            self.certain = certain.map(|longest| Certain {
                ends: None,
                longest,
            });
            // Otherwise it can only be otherwise when something changes.
            self.recheck = match certain {
                Some(_) => None,
                None => step.into_iter().chain(in_use.until).min(),
            };
        }
    }

    /// The backends in rules made from a revision.
    fn list(&mut self, rev: Rev, view: View<'_>) -> List {
        let service = self.service?;
        if let Some(list) = self.lists.get(&rev) {
            return list.clone();
        }
        if self.lists.len() >= LISTS_MAX {
            self.lists.clear();
        }
        let list = backends(view.as_of(Cursors::all(rev)), service, self.planned.port);
        let list: List = list.map(Into::into);
        drop(self.lists.insert(rev, list.clone()));
        list
    }

    /// Has the next arrival played, when it has to be.
    fn schedule(&mut self, now: SimTime, effects: &mut Vec<Effect>) {
        if self.certain.is_some() {
            return;
        }
        let Some((_, at)) = self.arrivals.peek() else {
            return;
        };
        assert!(at > now, "an arrival was left over");
        if self.waking.is_none_or(|waking| at < waking) {
            self.waking = Some(at);
            self.wake(at, effects);
        }
    }

    fn wake(&self, at: SimTime, effects: &mut Vec<Effect>) {
        let message = Message::Traffic(self.id, TICK, 0);
        effects.push(Effect::Wake(at, Lane::client(self.id), message));
    }

    /// A request was lost: that is a fact.
    fn lose<S>(
        &mut self,
        number: u32,
        flight: &Flight,
        outcome: Outcome,
        around: &mut Around<'_, '_, S>,
    ) {
        self.counter.lost(outcome);
        let micros = around.now.since(flight.sent).nanos() / 1_000;
        let end = RequestEnd {
            client: self.id,
            number,
            pod: flight.to.map(|(pod, _)| pod),
            took_micros: u32::try_from(micros).unwrap_or(u32::MAX),
            outcome,
        };
        let fact = Fact::RequestEnded(end);
        around
            .effects
            .push(Effect::Because(Actor::Client(self.id), fact, flight.cause));
    }

    /// Tells of the successes since the last time.
    pub(super) fn tell(&mut self, effects: &mut Vec<Effect>) {
        let ok = self.counter.take_untold();
        if ok > 0 {
            let client = self.id;
            let fact = Fact::RequestsSucceeded { client, ok };
            effects.push(Effect::Because(Actor::Client(client), fact, NO_CAUSE));
        }
    }
}

impl Flight {
    fn is_to(&self, pod: PodId) -> bool {
        self.to.is_some_and(|(to, _)| to == pod)
    }
}
