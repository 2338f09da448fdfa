//! A swarm: faults that no scenario names, drawn for a seed.
//!
//! Each seed enables a random subset of the kinds of faults: a run in which everything goes wrong at once
//! hides what a few faults would show ("swarm testing", Groce and others, 2012). What is drawn are
//! [`PlannedFault`]s, so a swarm goes the way of the scenario's own faults from there on.
//!
//! All draws are addressed by the kind and by which of its faults they are for: a kind that is drawn or
//! not moves none of the others.

use wavetank_core::dist::Dist;
use wavetank_core::draw::{Chance, Identity, Key, Purpose, PurposeKey};
use wavetank_core::id::NodeId;
use wavetank_core::time::SimDuration;

use super::name_number;
use crate::message::call::Request;
use crate::plan::fault::{Pick, PlannedFault, Targets, What, When};
use crate::plan::step::StepTime;
use crate::plan::{Plan, Span};

/// How often faults of an enabled kind happen at most.
const TIMES_MAX: u64 = 3;
/// How long faults go on to begin after the last step of the timeline that has a time.
const AFTER_STEPS: SimDuration = SimDuration::from_secs(30);

/// The kinds of faults of a swarm. The list grows at its end: the number of a kind is part of the
/// address of its draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    NodeCrash,
    KubeletRestart,
    ProxyStop,
    ContainerKill,
    ApiPause,
    WatchHold,
    Delay,
    Loss,
    SchedulerRestart,
    ControllersRestart,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::NodeCrash,
        Self::KubeletRestart,
        Self::ProxyStop,
        Self::ContainerKill,
        Self::ApiPause,
        Self::WatchHold,
        Self::Delay,
        Self::Loss,
        Self::SchedulerRestart,
        Self::ControllersRestart,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::NodeCrash => "node-crash",
            Self::KubeletRestart => "kubelet-restart",
            Self::ProxyStop => "proxy-stop",
            Self::ContainerKill => "container-kill",
            Self::ApiPause => "api-pause",
            Self::WatchHold => "watch-hold",
            Self::Delay => "delay",
            Self::Loss => "loss",
            Self::SchedulerRestart => "scheduler-restart",
            Self::ControllersRestart => "controllers-restart",
        }
    }

    /// Whether a cluster without nodes, or without pods, has it.
    const fn is_possible(self, nodes: usize, namespaces: usize) -> bool {
        match self {
            Self::NodeCrash | Self::KubeletRestart | Self::ProxyStop => nodes > 0,
            Self::ContainerKill => namespaces > 0,
            Self::ApiPause
            | Self::WatchHold
            | Self::Delay
            | Self::Loss
            | Self::SchedulerRestart
            | Self::ControllersRestart => true,
        }
    }
}

/// Which of a fault's draws it is: the index of its address. Never renumbered.
mod draws {
    pub(super) const ENABLED: u64 = 0;
    pub(super) const TIMES: u64 = 1;
    pub(super) const WHEN: u64 = 2;
    pub(super) const LASTS: u64 = 3;
    pub(super) const LASTS_REST: u64 = 4;
    pub(super) const LASTS_AT_ALL: u64 = 5;
    pub(super) const WHO: u64 = 6;
    pub(super) const NODE: u64 = 7;
    pub(super) const HOW_MUCH: u64 = 8;
    pub(super) const HOW_MUCH_REST: u64 = 9;
    pub(super) const HOW_MANY: u64 = 10;
    pub(super) const NAMESPACE: u64 = 11;
    /// Of the swarm as a whole: the kind that is enabled when chance enables none.
    pub(super) const ONLY: u64 = 12;
}

/// The faults of the swarm of a run, by kind. Empty only when the run has no time for any.
#[must_use]
pub fn swarm(plan: &Plan, key: &Key) -> Vec<PlannedFault> {
    let tank = Tank::new(plan);
    let possible = |kind: &Kind| kind.is_possible(tank.nodes.len(), tank.namespaces.len());
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(possible).collect();
    let of_kind = |kind: Kind| Draw::new(key, kind as u64 + 1, 0);
    let is_enabled = |kind: &Kind| of_kind(*kind).chance(draws::ENABLED, Chance::ppm(300_000));
    let mut enabled: Vec<Kind> = kinds.iter().copied().filter(is_enabled).collect();
    if enabled.is_empty() {
        enabled.push(Draw::new(key, 0, 0).one_of(draws::ONLY, &kinds));
    }
    let mut faults = Vec::new();
    for kind in enabled {
        let times = 1 + of_kind(kind).below(draws::TIMES, TIMES_MAX);
        for number in 1..=times {
            let draw = Draw::new(key, kind as u64 + 1, number);
            faults.extend(tank.fault(kind, number, draw));
        }
    }
    faults
}

/// What a swarm has to know of a plan.
struct Tank {
    nodes: Vec<NodeId>,
    /// The namespaces of the pods at the start, in the order of the manifests.
    namespaces: Vec<Box<str>>,
    /// Faults begin before this.
    begin_before: SimDuration,
    /// And have ended by then.
    end_by: SimDuration,
}

impl Tank {
    fn new(plan: &Plan) -> Self {
        let Span { until, limit, .. } = plan.span;
        // A tenth of the run is left to recover in.
        let end_by = until.unwrap_or(limit).min(limit).ratio(9, 10);
        let mut last = SimDuration::ZERO;
        for step in &plan.steps {
            if let StepTime::At(at) = &step.when {
                last = last.max(at.sample(u64::MAX / 2));
            }
        }
        Self {
            nodes: (0..plan.nodes.len()).map(NodeId::from_index).collect(),
            namespaces: namespaces(plan),
            begin_before: end_by.min(last + AFTER_STEPS),
            end_by,
        }
    }

    fn fault(&self, kind: Kind, number: u64, draw: Draw) -> Option<PlannedFault> {
        if self.begin_before < SimDuration::from_millis(1) {
            return None;
        }
        let at = draw.below(draws::WHEN, self.begin_before.nanos() / 1_000_000);
        let at = SimDuration::from_millis(at);
        let node = |tank: &Self| vec![draw.one_of(draws::NODE, &tank.nodes)];
        let (what, lasts) = match kind {
            Kind::NodeCrash => (
                What::Crash(Targets::Nodes(node(self))),
                Some(draw.length(1_000, 9)),
            ),
            Kind::KubeletRestart => (What::Restart(Targets::Kubelets(node(self))), None),
            Kind::ProxyStop => (
                What::Crash(Targets::Proxies(node(self))),
                Some(draw.length(1_000, 6)),
            ),
            Kind::ContainerKill => (What::Crash(self.pods(draw)), None),
            Kind::ApiPause => (What::PauseApi, Some(draw.length(100, 9))),
            Kind::WatchHold => (
                What::HoldWatch(self.watcher(draw)),
                Some(draw.length(100, 9)),
            ),
            Kind::Delay => {
                let by = SimDuration::from_millis(draw.scaled(
                    draws::HOW_MUCH,
                    draws::HOW_MUCH_REST,
                    10,
                    9,
                ));
                (
                    What::Delay(self.watcher(draw), by),
                    Some(draw.length(1_000, 6)),
                )
            }
            Kind::Loss => {
                let percent = 1 + draw.below(draws::HOW_MUCH, 50);
                let ppm = u32::try_from(percent * 10_000).expect("half a million at most");
                (
                    What::Loss(self.caller(draw), ppm),
                    Some(draw.length(1_000, 6)),
                )
            }
            Kind::SchedulerRestart => (What::Restart(Targets::Scheduler), draw.downtime()),
            Kind::ControllersRestart => (What::Restart(Targets::Controllers), draw.downtime()),
        };
        let pick = (kind == Kind::ContainerKill).then(|| draw.pick());
        let left = SimDuration::from_nanos(self.end_by.nanos().saturating_sub(at.nanos()));
        Some(PlannedFault {
            name: format!("swarm-{}-{number}", kind.name()).into(),
            when: When::At(Dist::Constant(at)),
            lasts: lasts.map(|lasts| Dist::Constant(lasts.min(left))),
            what,
            pick,
        })
    }

    /// Somebody who watches.
    fn watcher(&self, draw: Draw) -> Targets {
        if !self.nodes.is_empty() && draw.below(draws::HOW_MANY, 4) == 0 {
            return Targets::Proxies(vec![draw.one_of(draws::NODE, &self.nodes)]);
        }
        self.caller(draw)
    }

    /// Somebody who calls, and watches as well.
    fn caller(&self, draw: Draw) -> Targets {
        match draw.below(draws::WHO, 6) {
            0 => Targets::ApiServer,
            1 => Targets::Scheduler,
            2 | 3 => Targets::Controllers,
            _ if self.nodes.is_empty() => Targets::Controllers,
            _ => Targets::Kubelets(vec![draw.one_of(draws::NODE, &self.nodes)]),
        }
    }

    /// All pods of a namespace.
    fn pods(&self, draw: Draw) -> Targets {
        Targets::Pods(draw.one_of(draws::NAMESPACE, &self.namespaces), "".into())
    }
}

/// The namespaces in which manifests make pods.
fn namespaces(plan: &Plan) -> Vec<Box<str>> {
    let mut found: Vec<Box<str>> = Vec::new();
    for request in &plan.objects {
        let namespace = match request {
            Request::CreatePod(pod) => pod.namespace,
            Request::CreateReplicaSet(set) => set.meta.namespace,
            Request::CreateDeployment(deployment) => deployment.meta.namespace,
            Request::CreateNode(_)
            | Request::CreateService(_)
            | Request::CreateSlice(..)
            | Request::CreateOther(_)
            | Request::Bind(..)
            | Request::PodStatus(..)
            | Request::Update(..)
            | Request::DeletePod(..)
            | Request::Delete(..)
            | Request::Evict(..) => continue,
        };
        let namespace = plan.definitions.texts.get(namespace);
        if !found.iter().any(|known| **known == *namespace) {
            found.push(namespace.into());
        }
    }
    found
}

/// The draws of one fault.
#[derive(Clone, Copy)]
struct Draw {
    key: PurposeKey,
    identity: Identity,
}

impl Draw {
    /// `kind` is one more than the kind's number, or 0 for the swarm as a whole; `number` counts from 1,
    /// and 0 stands for the kind as a whole.
    fn new(key: &Key, kind: u64, number: u64) -> Self {
        let own = name_number("swarm") ^ (kind << 32 | number);
        Self {
            key: key.of(Purpose::FaultSchedule),
            identity: Identity::from((own, u64::MAX)),
        }
    }

    fn below(self, index: u64, bound: u64) -> u64 {
        self.key.below(self.identity, index, bound)
    }

    fn chance(self, index: u64, chance: Chance) -> bool {
        self.key.chance(self.identity, index, chance)
    }

    fn one_of<T: Clone>(self, index: u64, items: &[T]) -> T {
        let place = self.below(index, items.len() as u64);
        items[usize::try_from(place).expect("an index fits")].clone()
    }

    /// A number of any size from `least` up to `least` · 2^`doublings`: small ones are as likely as large
    /// ones.
    fn scaled(self, index: u64, rest: u64, least: u64, doublings: u64) -> u64 {
        let low = least << self.below(index, doublings);
        low + self.below(rest, low)
    }

    /// How long a fault lasts, from `least` milliseconds on.
    fn length(self, least: u64, doublings: u64) -> SimDuration {
        SimDuration::from_millis(self.scaled(draws::LASTS, draws::LASTS_REST, least, doublings))
    }

    /// How long a process is gone; none: it is started at once.
    fn downtime(self) -> Option<SimDuration> {
        let is_gone = self.chance(draws::LASTS_AT_ALL, Chance::ppm(500_000));
        is_gone.then(|| self.length(100, 9))
    }

    /// How many pods are hit.
    fn pick(self) -> Pick {
        match self.below(draws::HOW_MANY, 4) {
            0 => Pick::Percent(50),
            1 => Pick::Count(2),
            _ => Pick::Count(1),
        }
    }
}
