//! kube-proxy on all nodes, computed when somebody asks.
//!
//! The rules of a node are a past state of Services and slices, so they are named by a revision: the one
//! that the node's last completed sync had read (C217, C218, EP-6). A write costs one entry of a journal,
//! whatever the number of nodes; a node that nobody asks costs nothing. With [`Plan::exact`] every proxy is
//! played out with timers instead; the rules are the same.
//!
//! Left out: the full sync once an hour (C217), which changes no rules, but would hold up a change
//! that comes while it runs; and failures of a sync.

mod advance;
mod exact;
mod journal;
mod rules;
#[cfg(test)]
mod tests;

use wavetank_core::draw::{Key, Purpose};
use wavetank_core::id::{NodeId, Rev};
use wavetank_core::time::{SimDuration, SimTime};

use crate::engine::context::Context;
use crate::message::Message;
use crate::network::Lane;
use crate::network::hold::{Delay, Hold, Holds};
use crate::plan::Plan;
use advance::{ENDPOINTS_MAX, Hops, Proxy};
use exact::Played;
use journal::Journal;
pub use rules::{Backend, backends, programmed};

/// The proxies of a run.
#[derive(Debug)]
pub struct Proxies {
    hops: Hops,
    journal: Journal,
    /// How far back [`Self::rules`] may be asked.
    keep: SimDuration,
    mode: Mode,
    /// Proxies that are down, or have not yet synced after a start: the revision of their rules, and when they
    /// were started.
    away: Vec<(NodeId, Rev, Option<SimTime>)>,
    /// Every stop and start so far, with the state after it.
    turns: Vec<(NodeId, SimTime, Proxy)>,
}

#[derive(Debug)]
enum Mode {
    /// 56 bytes for each node up to the last that was ever asked.
    Lazy(Vec<Proxy>),
    Exact(Vec<Played>),
}

/// The revisions that rules of some node may be made from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InUse {
    /// The revisions, ascending; the newest state is among them.
    pub revs: Vec<Rev>,
    /// When the oldest is out of use, if that is foreseeable.
    pub until: Option<SimTime>,
}

impl Proxies {
    /// Proxies that run, and are at rest, from the start of the run.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        let timeouts = plan.traffic.iter().map(|source| source.timeout);
        let keep = timeouts.max().unwrap_or(SimDuration::ZERO);
        let hops = Hops {
            watch: plan.network.proxy_watch.clone(),
            watch_key: key.of(Purpose::WatchDelay),
            holds: Holds::default(),
            sync: plan.network.proxy_sync.clone(),
            sync_key: key.of(Purpose::ProxySyncDuration),
            spacing: plan.settings.proxy.min_sync_period,
        };
        // The last arrival, the sync that had just begun, the wait, the sync that reads it, the wait.
        let sync = hops.sync.longest() + ENDPOINTS_MAX;
        let settle = hops.watch.longest()
            + sync.times(2)
            + hops.spacing.times(2)
            + SimDuration::from_millis(1);
        let mode = if plan.exact {
            Mode::Exact(vec![Played::default(); plan.nodes.len()])
        } else {
            Mode::Lazy(Vec::new())
        };
        Self {
            journal: Journal::new(settle, settle + keep.times(2)),
            hops,
            keep,
            mode,
            away: Vec::new(),
            turns: Vec::new(),
        }
    }

    /// A write of a Service or slice was committed that changes this many endpoints: notes it in the journal.
    /// Returns timers to set, when proxies are played out.
    pub fn committed(
        &mut self,
        rev: Rev,
        at: SimTime,
        endpoints: u32,
    ) -> Vec<(SimTime, Lane, Message)> {
        let held = self.disturbances().map(|(_, to)| to).max();
        let entry = self.journal.end();
        self.journal
            .push(rev, at, endpoints, held.unwrap_or(SimTime::ZERO));
        let Mode::Exact(proxies) = &self.mode else {
            return Vec::new();
        };
        (0..proxies.len())
            .map(|index| {
                let node = NodeId::from_index(index);
                message(node, exact::arrival(node, entry, at, &self.hops))
            })
            .filter(|(at, ..)| *at < SimTime::MAX)
            .collect()
    }

    /// A hold begins: only now, so that what was decided before it stays.
    pub fn hold(&mut self, hold: Hold) {
        self.hops.holds.0.push(hold);
    }

    /// A delay begins: only now, so that what was decided before it stays.
    pub fn delay(&mut self, delay: Delay) {
        self.hops.holds.1.push(delay);
    }

    /// From when to when something keeps the watches of proxies back. None is forgotten, since the past may be
    /// computed later.
    fn disturbances(&self) -> impl Iterator<Item = (SimTime, SimTime)> {
        let first = Lane::proxy(NodeId(0));
        let Holds(holds, delays) = &self.hops.holds;
        let holds = holds.iter().filter(move |hold| hold.last >= first);
        let delays = delays.iter().filter(move |delay| delay.last >= first);
        holds
            .map(|hold| (hold.from, hold.to))
            .chain(delays.map(|delay| (delay.from, delay.end())))
    }

    /// A timer of a proxy that is played out.
    pub fn on_timer(&mut self, node: NodeId, timer: u32, ctx: &mut Context<'_>) {
        if let Some((at, lane, message)) = self.play(node, timer, ctx.now) {
            ctx.wake(at, lane, message);
        }
    }

    pub(crate) fn play(
        &mut self,
        node: NodeId,
        timer: u32,
        now: SimTime,
    ) -> Option<(SimTime, Lane, Message)> {
        let Mode::Exact(proxies) = &mut self.mode else {
            return None;
        };
        let (journal, hops) = (&self.journal, &self.hops);
        let next = proxies[node.index()].on_timer(node, timer, now, journal, hops);
        next.map(|timer| message(node, timer))
    }

    /// The revision of Services and slices that the rules of `node` were made from, just before this
    /// instant; [`Rev::ZERO`] before its first sync.
    ///
    /// It may be asked for instants as far back as the longest timeout of the traffic.
    ///
    /// # Panics
    ///
    /// In exact mode for a node that the plan does not have.
    #[must_use]
    pub fn rules(&mut self, node: NodeId, at: SimTime) -> Rev {
        let proxies = match &mut self.mode {
            Mode::Exact(proxies) => return proxies[node.index()].rev,
            Mode::Lazy(proxies) => proxies,
        };
        let proxy = at_index(proxies, node);
        if proxy.knows(at) {
            return proxy.rev;
        }
        if at >= proxy.asked() {
            proxy.advance(node, at, &self.journal, &self.hops);
            return proxy.rev;
        }
        let turn = self.turns.iter().rev();
        let mut past = turn
            .filter(|(turned, when, _)| *turned == node && *when <= at)
            .map(|(_, _, proxy)| *proxy)
            .next()
            .unwrap_or_default();
        past.advance(node, at, &self.journal, &self.hops);
        past.rev
    }

    /// When the rules of `node` will change next, as far as what is committed by `at` determines it. A hold
    /// that begins later may put it off.
    #[must_use]
    pub fn next_change(&mut self, node: NodeId, at: SimTime) -> Option<SimTime> {
        let Mode::Lazy(proxies) = &mut self.mode else {
            return None;
        };
        let proxy = at_index(proxies, node);
        proxy.advance(node, at.max(proxy.asked()), &self.journal, &self.hops);
        proxy.next_change(node, &self.journal, &self.hops)
    }

    /// The revisions that some node's rules may be made from at `now` or later.
    #[must_use]
    pub fn in_use(&self, now: SimTime) -> InUse {
        let settle = self.journal.settle();
        // Of what was committed before, everything is in all rules.
        let settled = now.back(self.lag(now));
        let oldest = self.journal.committed_by(settled);
        let newest = self.journal.end();
        let mut revs: Vec<_> = (oldest..=newest).map(|n| self.journal.rev(n)).collect();
        revs.extend(self.away_at(now).map(|(_, rev, _)| *rev));
        revs.sort_unstable();
        revs.dedup();
        let held = self.disturbances().map(|(_, to)| later(to, settle)).max();
        let next = (oldest < newest).then(|| self.journal.get(oldest).at + settle);
        let until = next.map(|next| next.max(held.unwrap_or(SimTime::ZERO)));
        InUse { revs, until }
    }

    /// How long before `now` a write may have been committed that is not yet in all rules.
    fn lag(&self, now: SimTime) -> SimDuration {
        let settle = self.journal.settle();
        let mut began = now;
        // What one hold releases may fall into the next: a chain of them holds back what the first did.
        loop {
            let goes_on =
                |(from, to): &(SimTime, SimTime)| *from < began && later(*to, settle) >= began;
            match self
                .disturbances()
                .filter(goes_on)
                .map(|(from, _)| from)
                .min()
            {
                Some(from) => began = from,
                None => return now.since(began) + settle,
            }
        }
    }

    fn away_at(&self, now: SimTime) -> impl Iterator<Item = &(NodeId, Rev, Option<SimTime>)> {
        let lag = self.lag(now);
        self.away
            .iter()
            .filter(move |(_, _, since)| since.is_none_or(|since| since + lag >= now))
    }

    /// The oldest revision that rules may be asked for, now and later: older versions need not be kept.
    #[must_use]
    pub fn oldest(&self, now: SimTime) -> Rev {
        // Whoever asks for the past is given what was not settled then.
        let past = now.back(self.keep);
        let back = past.back(self.lag(past));
        let away = self.away_at(past).map(|(_, rev, _)| *rev);
        let count = self.journal.committed_by(back);
        // What is newer than the oldest rules, but changes none, need not be told from them.
        let rev = if count == self.journal.end() {
            Rev::LATEST
        } else {
            Rev(self.journal.get(count).rev.0 - 1)
        };
        away.fold(rev, Rev::min)
    }

    /// How far back rules can reach when nothing is held and no proxy is down: versions of Services and slices
    /// must stay readable for this long.
    #[must_use]
    pub fn memory(&self) -> SimDuration {
        self.journal.settle() + self.keep
    }

    /// The proxy of a node ends: its rules stay as they are (C227). Does nothing when it is down already.
    pub fn stop(&mut self, node: NodeId, at: SimTime) {
        let mut away = self.away.iter();
        if away.any(|(down, _, since)| *down == node && since.is_none()) {
            return;
        }
        match &mut self.mode {
            Mode::Exact(proxies) => {
                proxies[node.index()].stop();
                self.away.push((node, proxies[node.index()].rev, None));
            }
            Mode::Lazy(proxies) => {
                let proxy = at_index(proxies, node);
                proxy.stop(node, at, &self.journal, &self.hops);
                self.away.push((node, proxy.rev, None));
                self.turns.push((node, at, *proxy));
            }
        }
    }

    /// The proxy of a node starts again. Does nothing when it runs.
    pub fn start(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let timer = self.start_at(node, ctx.now);
        if let Some((at, lane, message)) = timer {
            ctx.wake(at, lane, message);
        }
    }

    fn start_at(&mut self, node: NodeId, at: SimTime) -> Option<(SimTime, Lane, Message)> {
        let mut downs = self.away.iter_mut();
        downs
            .find(|(down, _, since)| *down == node && since.is_none())?
            .2 = Some(at);
        match &mut self.mode {
            Mode::Exact(proxies) => {
                let timer = proxies[node.index()].start(node, at, &self.hops);
                timer.map(|timer| message(node, timer))
            }
            Mode::Lazy(proxies) => {
                let proxy = at_index(proxies, node);
                proxy.start(node, at, &self.hops);
                self.turns.push((node, at, *proxy));
                None
            }
        }
    }
}

/// `after` that, at most the end of time: what is held back for ever stays so.
const fn later(at: SimTime, after: SimDuration) -> SimTime {
    SimTime::from_nanos(at.nanos().saturating_add(after.nanos()))
}

fn at_index(proxies: &mut Vec<Proxy>, node: NodeId) -> &mut Proxy {
    if proxies.len() <= node.index() {
        proxies.resize(node.index() + 1, Proxy::default());
    }
    &mut proxies[node.index()]
}

fn message(node: NodeId, (at, lane, number): exact::Timer) -> (SimTime, Lane, Message) {
    (at, lane, Message::Proxy(node, number))
}
