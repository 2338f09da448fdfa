//! `taint`, `cordon`, `uncordon`.

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::id::{NodeId, ObjId};
use wavetank_core::object::scheduling::{Taint, TaintEffect};

use super::hand::Hand;
use super::sequence::Prepared;
use crate::message::call::Request;
use crate::plan::step::TaintEdit;

/// `taint nodes`: adds and removes taints.
pub(super) fn taint(object: ObjId, edit: &TaintEdit, hand: &mut Hand<'_, '_>) -> Prepared {
    let Ok(id) = NodeId::try_from(object) else {
        return Prepared::Nothing;
    };
    let Some(node) = hand.view.node(id) else {
        return Prepared::Nothing;
    };
    let name = hand.name_of(object);
    let is_same =
        |taint: &Taint, other: &Taint| taint.key == other.key && taint.effect == other.effect;
    let taken: Vec<&str> = edit
        .add
        .iter()
        .filter(|new| node.taints.iter().any(|old| is_same(old, new)))
        .map(|taint| &*taint.key)
        .collect();
    if !taken.is_empty() && !edit.overwrite {
        let keys = taken.join(",");
        hand.fail(format!(
            "error: node {name} already has {keys} taint(s) with same effect(s) and --overwrite is false"
        ));
        return Prepared::Nothing;
    }
    let mut taints = node.taints.clone();
    for (key, effect) in &edit.remove {
        let before = taints.len();
        taints.retain(|it| it.key != *key || effect.is_some_and(|effect| effect != it.effect));
        if taints.len() == before {
            let effect = effect.map_or_else(String::new, |it| format!(":{}", effect_text(it)));
            hand.fail(format!("error: taint \"{key}{effect}\" not found"));
            return Prepared::Nothing;
        }
    }
    for new in &edit.add {
        match taints.iter_mut().find(|old| is_same(old, new)) {
            Some(old) => old.value.clone_from(&new.value),
            None => taints.push(new.clone()),
        }
    }
    let verb = if edit.add.is_empty() {
        "untainted"
    } else if edit.remove.is_empty() {
        "tainted"
    } else {
        "modified"
    };
    let fact = Fact::NodeChanged(id, NodeChange::Taints(taints.into()));
    Prepared::Calls(
        vec![Request::Update(fact, None)],
        format!("node/{name} {verb}"),
    )
}

const fn effect_text(effect: TaintEffect) -> &'static str {
    match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    }
}

/// `cordon` and `uncordon`.
pub(super) fn cordon(object: ObjId, cordon: bool, hand: &mut Hand<'_, '_>) -> Prepared {
    let Ok(id) = NodeId::try_from(object) else {
        return Prepared::Nothing;
    };
    let Some(node) = hand.view.node(id) else {
        return Prepared::Nothing;
    };
    let verb = if cordon { "cordoned" } else { "uncordoned" };
    let name = hand.name_of(object);
    if node.unschedulable == cordon {
        return Prepared::Calls(Vec::new(), format!("node/{name} already {verb}"));
    }
    let fact = Fact::NodeChanged(id, NodeChange::Unschedulable(cordon));
    Prepared::Calls(
        vec![Request::Update(fact, None)],
        format!("node/{name} {verb}"),
    )
}
