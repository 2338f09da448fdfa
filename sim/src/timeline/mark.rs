//! `label` and `annotate`.

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::MetaChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::id::{ObjId, PodId, SetId};
use wavetank_core::label::Labels;

use super::hand::Hand;
use super::select::{kind_of, sets_of};
use super::sequence::Prepared;
use super::words::reference;
use crate::component::apiserver::delete::meta_fact;
use crate::message::call::Request;
use crate::plan::step::Marks;

/// `label`: sets and removes labels of an object.
pub(super) fn label(object: ObjId, marks: &Marks, hand: &mut Hand<'_, '_>) -> Prepared {
    let Some((labels, _)) = sets_of(hand.view, object) else {
        return Prepared::Nothing;
    };
    let before = hand.view.definitions().get_set(labels);
    for (key, value) in &marks.set {
        if let Some(old) = before.get(key)
            && *old != **value
            && !marks.overwrite
        {
            hand.fail(format!(
                "error: '{key}' already has a value ({old}), and --overwrite is false"
            ));
            return Prepared::Nothing;
        }
    }
    for key in &marks.remove {
        if before.get(key).is_none() {
            hand.say(format!("label \"{key}\" not found."));
        }
    }
    let after = changed(before, marks);
    let name = reference(kind_of(object), &hand.name_of(object));
    if after == *before {
        return Prepared::Calls(Vec::new(), format!("{name} not labeled"));
    }
    let verb = if marks.set.is_empty() {
        "unlabeled"
    } else {
        "labeled"
    };
    let set = hand.ctx.set(after);
    let request = Request::Update(labels_fact(object, set), None);
    Prepared::Calls(vec![request], format!("{name} {verb}"))
}

/// `annotate`: sets and removes annotations of an object.
pub(super) fn annotate(object: ObjId, marks: &Marks, hand: &mut Hand<'_, '_>) -> Prepared {
    let Some((_, annotations)) = sets_of(hand.view, object) else {
        return Prepared::Nothing;
    };
    let before = hand.view.definitions().get_set(annotations);
    let taken: Vec<String> = marks
        .set
        .iter()
        .filter_map(|(key, _)| Some((key, before.get(key)?)))
        .map(|(key, old)| format!("'{key}' already has a value ({old})"))
        .collect();
    if !taken.is_empty() && !marks.overwrite {
        hand.fail(format!(
            "error: --overwrite is false but found the following declared annotation(s): {}",
            taken.join("; ")
        ));
        return Prepared::Nothing;
    }
    let after = changed(before, marks);
    let said = format!(
        "{} annotated",
        reference(kind_of(object), &hand.name_of(object))
    );
    if after == *before {
        return Prepared::Calls(Vec::new(), said);
    }
    let set = hand.ctx.set(after);
    Prepared::Calls(
        vec![Request::Update(annotations_fact(object, set), None)],
        said,
    )
}

fn changed(before: &Labels, marks: &Marks) -> Labels {
    before
        .iter()
        .filter(|(key, _)| !marks.remove.iter().any(|removed| **removed == **key))
        .chain(marks.set.iter().map(|(key, value)| (&**key, &**value)))
        .collect()
}

/// A change of labels, as a fact.
pub(super) fn labels_fact(object: ObjId, set: SetId) -> Fact {
    match PodId::try_from(object) {
        Ok(pod) => Fact::PodChanged(pod, PodChange::Labels(set)),
        Err(object) => meta_fact(object, MetaChange::Labels(set)),
    }
}

/// A change of annotations, as a fact.
pub(super) fn annotations_fact(object: ObjId, set: SetId) -> Fact {
    match PodId::try_from(object) {
        Ok(pod) => Fact::PodChanged(pod, PodChange::Annotations(set)),
        Err(object) => meta_fact(object, MetaChange::Annotations(set)),
    }
}
