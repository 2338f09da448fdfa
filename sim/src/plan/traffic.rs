//! Traffic sources.

use wavetank_core::time::SimDuration;

/// Where requests come from, and where they go: an open loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its name in the scenario.
    pub name: Box<str>,
    /// The namespace of the Service.
    pub namespace: Box<str>,
    /// The Service that the requests go to.
    pub service: Box<str>,
    /// The Service's port; none: its first.
    pub port: Option<u16>,
    /// The path of the requests.
    pub path: Box<str>,
    /// Whether the clients are on all nodes in turn; otherwise outside, entering at random nodes.
    pub on_nodes: bool,
    /// Requests in 1,000 seconds.
    pub rate_milli: u64,
    /// Whether arrivals are a Poisson process; otherwise even.
    pub poisson: bool,
    /// When the first request may come, after t = 0.
    pub start: SimDuration,
    /// When the last may come, after t = 0; none: at the end of the run.
    pub stop: Option<SimDuration>,
    /// How long a client waits for a connection, and for an answer.
    pub timeout: SimDuration,
}
