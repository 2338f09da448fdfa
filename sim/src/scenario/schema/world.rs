//! Images, programs, network, traffic.

use super::{Dist, Duration, Map, Spanned, TargetAt, Text};
use crate::scenario::units::{Percent, Quantity, Rate};

/// An image; what is missing has its default.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// Bytes that a pull moves.
    pub size: Option<Spanned<Quantity>>,
    /// Layers instead of `size`.
    pub layers: Vec<Spanned<Quantity>>,
    /// Images with common layers.
    pub share: Vec<Text>,
    /// Nodes that have it.
    pub present: Option<TargetAt>,
    /// Where it is pulled from.
    pub registry: Option<Text>,
    /// How it behaves.
    pub program: Option<Program>,
}

/// How a program behaves; what is missing has its default.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// From its start to its open ports; 200 ms.
    pub listens_after: Option<Spanned<Dist>>,
    /// HTTP servers.
    pub http: Vec<Server>,
    /// TCP servers.
    pub tcp: Vec<Server>,
    /// gRPC servers.
    pub grpc: Vec<Server>,
    /// How long until it exits; none: forever.
    pub runs: Option<Spanned<Dist>>,
    /// Its exit code then.
    pub exit: Option<Spanned<u8>>,
    /// Services it depends on, by `service/NAME`.
    pub needs: Map<Need>,
    /// What it does at SIGTERM.
    pub on_term: Option<OnTerm>,
    /// Cores without requests.
    pub cpu_idle: Option<Spanned<Quantity>>,
    /// CPU time of one request.
    pub cpu_per_request: Option<Duration>,
    /// Cores while it starts, and how long.
    pub cpu_start: Option<(Spanned<Quantity>, Duration)>,
    /// Bytes always used.
    pub memory_base: Option<Spanned<Quantity>>,
    /// Bytes for each request in work.
    pub memory_per_request: Option<Spanned<Quantity>>,
    /// Bytes by which it grows.
    pub memory_leak: Option<Spanned<Rate>>,
    /// When and how it fails.
    pub fails: Vec<Failure>,
    /// Whether its shell command is not played.
    pub opaque: bool,
}

/// A listening port.
#[derive(Clone, PartialEq, Debug)]
pub struct Server {
    /// Where; none: the containerPorts.
    pub port: Option<Spanned<u16>>,
    /// Of one request; 5 ms.
    pub time: Option<Spanned<Dist>>,
    /// Requests at once; none: no limit.
    pub concurrency: Option<u32>,
    /// Requests that wait; 128.
    pub queue: Option<u32>,
    /// Of its answers; 200.
    pub status: Option<u16>,
    /// Other answers by path: status and time.
    pub paths: Map<(Option<u16>, Option<Spanned<Dist>>)>,
}

/// A service that a program depends on.
#[derive(Clone, PartialEq, Debug)]
pub struct Need {
    /// Of one try; 1 s.
    pub timeout: Option<Duration>,
    /// What it does without.
    pub otherwise: Otherwise,
}

/// What a program does without what it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// Wait and try again.
    Wait,
    /// Fail its readiness.
    Unready,
    /// Answer with a status.
    Status(u16),
    /// Exit.
    Exit(u8),
}

/// What a program does at SIGTERM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnTerm {
    /// Exit at once.
    Exit,
    /// Close its ports, finish requests, exit.
    Drain,
    /// Go on for so long, then exit.
    Serve(wavetank_core::time::SimDuration),
    /// Nothing.
    Ignore,
}

/// A failure of a program.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// From the container's start.
    pub after: Option<Spanned<Dist>>,
    /// How long.
    pub length: Option<Spanned<Dist>>,
    /// Again after.
    pub every: Option<Spanned<Dist>>,
    /// What happens.
    pub kind: FailureKind,
}

/// What happens when a program fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// No answers.
    Hang,
    /// Not ready.
    Unready,
    /// Answers with a status.
    Status(u16),
    /// Exits.
    Exit(u8),
}

/// The network; what is missing comes from the profile.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    /// All delays at once; `lab`.
    pub profile: Option<Text>,
    /// Delays by conversation.
    pub hops: Map<Spanned<Dist>>,
    /// Delays and losses between nodes.
    pub links: Vec<Link>,
    /// Image registries.
    pub registries: Map<Registry>,
    /// External load balancers: check interval and deregistration.
    pub load_balancers: Map<(Option<Duration>, Option<Spanned<Dist>>)>,
    /// How long DNS answers are kept; 30 s.
    pub dns_ttl: Option<Duration>,
}

/// Delay and loss between two places.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// One end.
    pub between: TargetAt,
    /// The other.
    pub and: TargetAt,
    /// Added one way.
    pub delay: Option<Spanned<Dist>>,
    /// Of messages.
    pub loss: Option<Spanned<Percent>>,
}

/// An image registry.
#[derive(Clone, PartialEq, Debug)]
pub struct Registry {
    /// Bytes a second, for each node.
    pub bandwidth: Option<Spanned<Rate>>,
    /// Until the first byte.
    pub latency: Option<Spanned<Dist>>,
    /// Pulls at once.
    pub parallel: Option<u32>,
    /// Whether pull secrets are needed.
    pub auth: bool,
}

/// One source of requests.
#[derive(Clone, PartialEq, Debug)]
pub struct Traffic {
    /// A service or an ingress.
    pub to: TargetAt,
    /// Who; none: nodes.
    pub from: Option<TargetAt>,
    /// Path of requests; `/`.
    pub path: Option<Text>,
    /// When it begins; 0 s.
    pub start: Option<Duration>,
    /// When it ends; none: with the run.
    pub stop: Option<Duration>,
    /// Of one request; 1 s.
    pub timeout: Option<Duration>,
    /// How requests come.
    pub load: Load,
    /// How connections are used.
    pub connections: Connections,
    /// What follows a failure.
    pub retries: Option<Retries>,
}

/// How requests come.
#[derive(Clone, PartialEq, Debug)]
pub enum Load {
    /// At a rate.
    Open {
        /// How often.
        rate: Spanned<Rate>,
        /// Whether arrivals are random.
        poisson: bool,
        /// Ramps: how long, to which rate.
        stages: Vec<(Duration, Spanned<Rate>)>,
    },
    /// From users who wait.
    Closed {
        /// How many.
        users: Spanned<u32>,
        /// Between answer and next request.
        think: Option<Spanned<Dist>>,
        /// Ramps: how long, to how many.
        stages: Vec<(Duration, Spanned<u32>)>,
    },
}

/// How connections are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connections {
    /// One a request.
    New,
    /// So many are kept.
    Keep(u32),
    /// One for all; a new one after.
    Http2(Option<wavetank_core::time::SimDuration>),
}

/// What follows a failed request.
#[derive(Clone, PartialEq, Debug)]
pub struct Retries {
    /// Tries after the first.
    pub max: u32,
    /// Between tries.
    pub backoff: Option<Spanned<Dist>>,
    /// Most retries, of all requests.
    pub budget: Option<Spanned<Percent>>,
    /// What is tried again; empty: everything.
    pub causes: Vec<Text>,
}
