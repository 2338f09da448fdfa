//! Faults: what the scenario says, and the explicit schedule that a seed makes of it.

use serde::{Deserialize, Serialize};
use wavetank_core::dist::Dist;
use wavetank_core::id::NodeId;
use wavetank_core::time::{SimDuration, SimTime};

/// A fault of the scenario, before it is expanded for a seed.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedFault {
    /// Its name in the scenario.
    pub name: Box<str>,
    /// When it happens.
    pub when: When,
    /// How long it lasts; none: to the end, or an instant where that is all it is.
    pub lasts: Option<Dist>,
    /// What happens.
    pub what: What,
    /// How many of the targets are hit; none: all.
    pub pick: Option<Pick>,
}

/// When a fault happens, after t = 0.
#[derive(Clone, PartialEq, Debug)]
pub enum When {
    /// At this time.
    At(Dist),
    /// A Poisson process: so many in 1,000 hours, from one time to another.
    Rate(u64, SimDuration, SimDuration),
    /// Once between two times, with this probability in parts per million.
    Chance(u32, SimDuration, SimDuration),
}

/// How many of the targets are hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// So many.
    Count(u32),
    /// A share, in percent.
    Percent(u32),
}

/// What happens in a fault: the targets are still selectors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The targets crash, and come back when the fault ends.
    Crash(Targets),
    /// The targets' processes are restarted.
    Restart(Targets),
    /// The API server answers nothing for a while.
    PauseApi,
    /// The watches of these are held back.
    HoldWatch(Targets),
    /// Messages of these are late by a fixed time.
    Delay(Targets, SimDuration),
    /// Messages of these are lost with this probability, in parts per million.
    Loss(Targets, u32),
}

/// Targets of a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Targets {
    /// Nodes by name.
    Nodes(Vec<NodeId>),
    /// Kubelets of nodes.
    Kubelets(Vec<NodeId>),
    /// Proxies of nodes.
    Proxies(Vec<NodeId>),
    /// Pods of a namespace by a selector's text.
    Pods(Box<str>, Box<str>),
    /// kube-scheduler
    Scheduler,
    /// kube-controller-manager
    Controllers,
    /// kube-apiserver
    ApiServer,
}

/// A step of the expanded schedule: explicit, so that it can be printed, edited and shrunk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultStep {
    /// The fault's name in the scenario.
    pub name: Box<str>,
    /// When it begins.
    pub at: SimTime,
    /// When it ends, if it does.
    pub until: Option<SimTime>,
    /// What happens to what.
    pub act: Act,
}

/// What happens, to one explicit target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Act {
    /// A node loses power, and comes back.
    CrashNode(NodeId),
    /// The kubelet of a node is restarted.
    RestartKubelet(NodeId),
    /// The containers of a pod are killed: the number is drawn among the pods that fit at that instant.
    KillPod {
        /// The namespace.
        namespace: Box<str>,
        /// The selector, as kubectl writes it.
        selector: Box<str>,
        /// Which of the pods that fit, modulo their number.
        which: u32,
    },
    /// kube-scheduler is restarted.
    RestartScheduler,
    /// kube-controller-manager is restarted: all its controllers at once (C41).
    RestartControllers,
    /// The API server answers nothing until the end.
    PauseApi,
    /// Lanes deliver nothing until the end.
    Hold {
        /// The first lane.
        first: u32,
        /// The last lane.
        last: u32,
    },
    /// Lanes deliver later by this much until the end.
    Delay {
        /// The first lane.
        first: u32,
        /// The last lane.
        last: u32,
        /// How much later.
        by: SimDuration,
    },
    /// Calls of an actor's lane, or their answers, are lost with this probability each, in parts per
    /// million, until the end. The caller gives up after 30 s.
    Loss {
        /// The first lane.
        first: u32,
        /// The last lane.
        last: u32,
        /// Parts per million.
        share: u32,
    },
    /// kube-proxy of a node stops: the rules stay as they are until it runs again.
    StopProxy(NodeId),
    /// The containers of a share of the pods that fit at that instant are killed.
    KillPods {
        /// The namespace.
        namespace: Box<str>,
        /// The selector, as kubectl writes it.
        selector: Box<str>,
        /// How many of them, in percent, rounded up.
        percent: u32,
    },
}
