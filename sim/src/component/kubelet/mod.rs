//! The kubelets of all nodes: one code, a row of state for each.

pub mod lease;

use wavetank_core::draw::Key;
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::state::view::View;

use crate::component::kubelet::lease::Leases;
use crate::engine::context::Context;
use crate::message::KubeletTimer;
use crate::message::call::Answer;
use crate::plan::Plan;
use crate::world::World;

/// The kubelets of a run.
#[derive(Debug)]
pub struct Kubelets {
    /// A buffer for deliveries, kept for its capacity.
    pub(crate) delivered: Vec<PodId>,
}

impl Kubelets {
    /// Kubelets that have not started.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {
            delivered: Vec::new(),
        }
    }

    /// The run begins: the kubelets of all nodes of the view run.
    pub fn start(
        &mut self,
        _view: View<'_>,
        _world: &mut World,
        _leases: &mut Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The watch of a node's kubelet delivered events of these pods: their newest versions in the view.
    pub fn on_pods(
        &mut self,
        _node: NodeId,
        _pods: &[PodId],
        _view: View<'_>,
        _world: &mut World,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// A timer went off.
    pub fn on_timer(
        &mut self,
        _node: NodeId,
        _timer: KubeletTimer,
        _view: View<'_>,
        _world: &mut World,
        _leases: &mut Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The API server answered a call about `pod`; `number` is the kubelet's own.
    #[allow(clippy::too_many_arguments)] // what a reply is, and what a handler gets
    pub fn on_reply(
        &mut self,
        _node: NodeId,
        _pod: PodId,
        _number: u32,
        _answer: &Answer,
        _view: View<'_>,
        _world: &mut World,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The node loses power: its processes are gone, its addresses silent.
    pub fn crash(
        &mut self,
        _node: NodeId,
        _view: View<'_>,
        _world: &mut World,
        _leases: &mut Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The node comes back: the kubelet starts on an empty runtime.
    pub fn boot(
        &mut self,
        _node: NodeId,
        _view: View<'_>,
        _world: &mut World,
        _leases: &mut Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The kubelet's process is restarted; containers run on (K233).
    pub fn restart(
        &mut self,
        _node: NodeId,
        _view: View<'_>,
        _world: &mut World,
        _leases: &mut Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The containers of one pod are killed (`kill -9`): the `which`th, modulo their number, of the running
    /// pods of a namespace that a selector selects.
    #[allow(clippy::too_many_arguments)] // the fault's three parts, and what a handler gets
    pub fn kill(
        &mut self,
        _namespace: &str,
        _selector: &str,
        _which: u32,
        _view: View<'_>,
        _world: &mut World,
        _ctx: &mut Context<'_>,
    ) {
    }
}
