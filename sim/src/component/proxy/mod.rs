//! kube-proxy on all nodes, computed when somebody asks.
//!
//! The rules of a node are a past state of Services and slices, so they are named by a revision: the one
//! that the node's last completed sync had read (C217, C218, EP-6).

use wavetank_core::draw::Key;
use wavetank_core::id::{NodeId, Rev};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use crate::engine::context::Context;
use crate::network::hold::Holds;
use crate::network::profile::Network;
use crate::plan::Plan;

/// The proxies of a run.
#[derive(Debug)]
pub struct Proxies {}

impl Proxies {
    /// Proxies that run from the start of the run.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// A write of a Service or slice was committed: notes it in the journal that all nodes share. Returns
    /// timers to set, when proxies are played out (`--exact`).
    pub fn committed(
        &mut self,
        _rev: Rev,
        _at: SimTime,
        _network: &Network,
        _holds: &Holds,
    ) -> Vec<(SimTime, NodeId, u32)> {
        Vec::new()
    }

    /// A timer of a proxy that is played out.
    pub fn on_timer(
        &mut self,
        _node: NodeId,
        _timer: u32,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The revision of Services and slices that the rules of `node` were made from, at this instant.
    #[must_use]
    pub fn rules(&mut self, _node: NodeId, _at: SimTime) -> Rev {
        Rev::LATEST
    }

    /// When the rules of `node` will change next, as far as is known at this instant.
    #[must_use]
    pub fn next_change(&mut self, _node: NodeId, _at: SimTime) -> Option<SimTime> {
        None
    }

    /// How far back rules can reach: versions of Services and slices must stay readable for this long.
    #[must_use]
    pub fn memory(&self) -> SimDuration {
        SimDuration::from_secs(5)
    }
}
