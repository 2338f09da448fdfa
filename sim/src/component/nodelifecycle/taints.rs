//! The taints that mirror a node's conditions (C182, C183).

use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::scheduling::{Taint, TaintEffect};

use super::readiness;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const PRESSURES: [(NodeConditionType, &str); 3] = [
    (
        NodeConditionType::MemoryPressure,
        "node.kubernetes.io/memory-pressure",
    ),
    (
        NodeConditionType::DiskPressure,
        "node.kubernetes.io/disk-pressure",
    ),
    (
        NodeConditionType::PidPressure,
        "node.kubernetes.io/pid-pressure",
    ),
];

/// Whether a taint is one of those that this controller sets and removes.
fn is_own(taint: &Taint) -> bool {
    let key = &*taint.key;
    match taint.effect {
        TaintEffect::NoSchedule => {
            [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&key)
                || PRESSURES.iter().any(|(_, pressure)| *pressure == key)
        }
        TaintEffect::NoExecute => [NOT_READY, UNREACHABLE].contains(&key),
        TaintEffect::PreferNoSchedule => false,
    }
}

/// Whether a node carries a NoExecute taint of this controller.
pub(super) fn evicts(node: &Node) -> bool {
    let no_execute = |taint: &Taint| taint.effect == TaintEffect::NoExecute && is_own(taint);
    node.taints.iter().any(no_execute)
}

/// Which own taints a node should carry: key and effect.
fn own(node: &Node, evicts: bool) -> Vec<(&'static str, TaintEffect)> {
    let mut taints = Vec::new();
    let silence = match readiness(node) {
        Truth::False => Some(NOT_READY),
        Truth::Unknown => Some(UNREACHABLE),
        Truth::True | Truth::Absent => None,
    };
    if let Some(key) = silence {
        taints.push((key, TaintEffect::NoSchedule));
        if evicts {
            taints.push((key, TaintEffect::NoExecute));
        }
    } else if evicts {
        // Ready again, but no look has seen it: the taint stays until then (C183).
        let stays = node
            .taints
            .iter()
            .find(|it| it.effect == TaintEffect::NoExecute && is_own(it));
        let key = stays.map(|taint| {
            if *taint.key == *NOT_READY {
                NOT_READY
            } else {
                UNREACHABLE
            }
        });
        taints.extend(key.map(|key| (key, TaintEffect::NoExecute)));
    }
    for (condition, key) in PRESSURES {
        if node.condition(condition).status.is_true() {
            taints.push((key, TaintEffect::NoSchedule));
        }
    }
    if node.unschedulable {
        taints.push((UNSCHEDULABLE, TaintEffect::NoSchedule));
    }
    taints
}

/// The taints that a node should have, if they are not those that it has.
pub(super) fn wanted(node: &Node, evicts: bool) -> Option<Vec<Taint>> {
    let mut own = own(node, evicts);
    let mut taints = Vec::with_capacity(node.taints.len() + own.len());
    for taint in &node.taints {
        let place = own
            .iter()
            .position(|(key, effect)| **key == *taint.key && *effect == taint.effect);
        match place {
            Some(place) => {
                own.remove(place);
                taints.push(taint.clone());
            }
            None if is_own(taint) => {}
            None => taints.push(taint.clone()),
        }
    }
    let is_changed = !own.is_empty() || taints.len() != node.taints.len();
    let added = own.into_iter().map(|(key, effect)| Taint {
        key: key.into(),
        value: "".into(),
        effect,
    });
    taints.extend(added);
    is_changed.then_some(taints)
}

/// Whether a node's taints are not what they should be.
pub(super) fn differ(node: &Node, evicts: bool) -> bool {
    let is_plain = node.taints.is_empty() && !node.unschedulable && readiness(node).is_true();
    let has_pressure = || {
        PRESSURES
            .iter()
            .any(|(kind, _)| node.condition(*kind).status.is_true())
    };
    (!is_plain || has_pressure()) && wanted(node, evicts).is_some()
}
