//! Patches of a scenario: applied to what the manifest files bring in.

use serde_json::{Map, Value};

use super::manifests::Manifests;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifest::{Imported, Patch as Change, apply_patch, reread};
use crate::scenario::node::{Node, Value as Tree};
use crate::scenario::schema::{Patch, PatchChange};
use crate::scenario::target::{Namespaces, Objects, Operator, Target};

/// Applies all patches, in order; what matches nothing or cannot be applied is reported.
pub(super) fn apply(manifests: &mut Manifests, patches: &[Patch], diagnostics: &mut Diagnostics) {
    apply_all(manifests, patches, true, diagnostics);
}

/// Applies all patches to files that the timeline brings in: a patch need not match those.
pub(super) fn apply_to_files(
    manifests: &mut Manifests,
    patches: &[Patch],
    diagnostics: &mut Diagnostics,
) {
    apply_all(manifests, patches, false, diagnostics);
}

fn apply_all(
    manifests: &mut Manifests,
    patches: &[Patch],
    must_match: bool,
    diagnostics: &mut Diagnostics,
) {
    for patch in patches {
        let Target::Objects(target) = &patch.to.target else {
            let message = format!("`{}` is not an object of the API", patch.to.text);
            diagnostics.push(Diagnostic::error("S011", message).at(patch.to.place.clone()));
            continue;
        };
        let matching: Vec<usize> = (0..manifests.objects.len())
            .filter(|index| is_meant(target, &manifests.objects[*index]))
            .collect();
        if matching.is_empty() {
            if must_match {
                diagnostics.push(matches_nothing(patch, target, manifests));
            }
            continue;
        }
        match &patch.change {
            PatchChange::Remove => {
                for index in matching.into_iter().rev() {
                    manifests.objects.remove(index);
                }
            }
            PatchChange::Merge(tree) => {
                let change = Change::Strategic(to_json(tree));
                for index in matching {
                    change_object(&mut manifests.objects[index], &change, patch, diagnostics);
                }
            }
            PatchChange::Json(operations) => {
                let list = operations.iter().map(|operation| {
                    let mut entry = Map::new();
                    entry.insert("op".into(), operation.op.value.clone().into());
                    entry.insert("path".into(), operation.path.value.clone().into());
                    if let Some(from) = &operation.from {
                        entry.insert("from".into(), from.value.clone().into());
                    }
                    if let Some(value) = &operation.value {
                        entry.insert("value".into(), to_json(value));
                    }
                    Value::Object(entry)
                });
                let change = Change::Json(Value::Array(list.collect()));
                for index in matching {
                    change_object(&mut manifests.objects[index], &change, patch, diagnostics);
                }
            }
        }
    }
}

fn change_object(
    imported: &mut Imported,
    change: &Change,
    patch: &Patch,
    diagnostics: &mut Diagnostics,
) {
    let changed = match apply_patch(imported.object.kind(), &imported.json, change) {
        Ok(changed) => changed,
        Err(error) => {
            let message = format!(
                "the patch of {} cannot be applied: {error}",
                imported.reference()
            );
            diagnostics.push(Diagnostic::error("S011", message).at(patch.to.place.clone()));
            return;
        }
    };
    match reread(&changed, &patch.to.place) {
        Ok(object) => {
            imported.object = object;
            imported.json = changed;
        }
        Err(error) => diagnostics.extend(error.problems),
    }
}

/// Whether a target means an object.
fn is_meant(target: &Objects, imported: &Imported) -> bool {
    let in_namespace = match &target.namespaces {
        Namespaces::All => true,
        Namespaces::Named(name) => imported.namespace == *name,
        Namespaces::Default => imported.namespace == "default" || imported.namespace.is_empty(),
    };
    let labels = imported.object.metadata().labels.as_ref();
    let label = |key: &str| {
        labels
            .and_then(|labels| labels.get(key))
            .map(String::as_str)
    };
    in_namespace
        && target
            .kinds
            .iter()
            .any(|kind| *kind == imported.object.kind())
        && (target.names.is_empty() || target.names.contains(&imported.name))
        && target.labels.iter().all(|requirement| {
            let value = label(&requirement.key);
            let is_listed =
                value.is_some_and(|value| requirement.values.iter().any(|it| it == value));
            match requirement.operator {
                Operator::In => is_listed,
                Operator::NotIn => !is_listed,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
}

fn matches_nothing(patch: &Patch, target: &Objects, manifests: &Manifests) -> Diagnostic {
    let references: Vec<String> = manifests.objects.iter().map(Imported::reference).collect();
    let same_kind: Vec<&str> = manifests
        .objects
        .iter()
        .zip(&references)
        .filter(|(imported, _)| {
            target
                .kinds
                .iter()
                .any(|kind| *kind == imported.object.kind())
        })
        .map(|(_, reference)| reference.as_str())
        .take(5)
        .collect();
    let near = crate::diagnostic::nearest(&patch.to.text, references.iter().map(String::as_str));
    let there = if same_kind.is_empty() {
        "no object of that kind is in the manifests".to_owned()
    } else {
        format!("there are {}", same_kind.join(", "))
    };
    Diagnostic::error("S011", "the patch matches nothing")
        .at(patch.to.place.clone())
        .did_you_mean(near)
        .help(there)
        .help("patches see what the manifest files bring in, in order")
}

/// A tree of a scenario as JSON.
pub(super) fn to_json(node: &Node) -> Value {
    match &node.value {
        Tree::Null => Value::Null,
        Tree::Bool(value) => (*value).into(),
        Tree::Int(value) => (*value).into(),
        Tree::Float(value) => {
            serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number)
        }
        Tree::String(text) => text.clone().into(),
        Tree::Seq(items) => Value::Array(items.iter().map(to_json).collect()),
        Tree::Map(entries) => Value::Object(
            entries
                .iter()
                .map(|entry| (entry.key.clone(), to_json(&entry.value)))
                .collect(),
        ),
    }
}
