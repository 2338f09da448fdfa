//! stub
use wavetank_core::draw::Key;
use wavetank_core::fact::Refusal;
use wavetank_core::id::ObjId;
use wavetank_core::object::node::Node;
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;

use crate::client::script::Script;
use crate::component::kubelet::lease::Leases;
use crate::component::manager::{PodEvent, Wakes};
use crate::engine::context::Context;
use crate::message::ControllerTimer;
use crate::message::call::Answer;
use crate::plan::Plan;

/// stub
#[derive(Debug)]
pub struct NodeLifecycle;

impl NodeLifecycle {
    pub(crate) fn new(_plan: &Plan, _key: &Key) -> Self {
        Self
    }
    pub(crate) fn restart(&mut self, _: View<'_>, _: &Leases, _: &mut Context<'_>, _: &mut Wakes) {}
    pub(crate) fn on_pod(&mut self, _: &PodEvent<'_>, _: View<'_>, _: &mut Wakes) {}
    pub(crate) fn on_node(&mut self, _: &Change<'_, Node>, _: &mut Context<'_>, _: &mut Wakes) {}
    pub(crate) fn sync(&mut self, _: ObjId, _: View<'_>, _: &mut Context<'_>) -> Script {
        Script::nothing()
    }
    pub(crate) fn answered(&mut self, _: ObjId, answer: &Answer) -> Option<Refusal> {
        answer.err()
    }
    pub(crate) fn on_timer(
        &mut self,
        _: ControllerTimer,
        _: View<'_>,
        _: &Leases,
        _: &mut Context<'_>,
        _: &mut Wakes,
    ) {
    }
}
