//! Patches as `kubectl patch` applies them: strategic merge, JSON merge, JSON patch.

use serde_json::{Map, Value};
use thiserror::Error;

use super::json_patch::json_patch;
use super::merge_keys::ListStrategy::{self, MergeBy, Union};
use super::merge_keys::{MERGE_KEYS, MergeKey, is_replaced, type_of};

/// Deepest nesting that a patch may have.
const DEPTH_MAX: usize = 200;

/// A change to the JSON of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// `--type=strategic`: lists of named things are merged by their merge keys.
    Strategic(Value),
    /// `--type=merge`, RFC 7386: lists are replaced.
    Merge(Value),
    /// `--type=json`, RFC 6902: a list of operations.
    Json(Value),
}

/// Why a patch does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatchError {
    /// A merge patch must be a map.
    #[error("a merge patch is a map of the fields to change")]
    NotAMap,
    /// A JSON patch must be a list.
    #[error("a JSON patch is a list of operations")]
    NotAList,
    /// An operation of a JSON patch failed.
    #[error("operation {index}: {reason}")]
    Operation {
        /// Its position, from zero.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// An item of a list that is merged by a key does not have it.
    #[error("{path}: each item needs `{key}`, by which the items are matched")]
    NoMergeKey {
        /// The list.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// A directive that does not exist, or does not fit here.
    #[error("{path}: {reason}")]
    Directive {
        /// Where it stands.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The patch is nested too deeply.
    #[error("the patch is nested more than {DEPTH_MAX} deep")]
    TooDeep,
}

/// Applies a patch to an object of a kind.
///
/// # Errors
///
/// When the patch does not apply; the object is unchanged then.
pub fn apply_patch(kind: &str, object: &Value, patch: &Patch) -> Result<Value, PatchError> {
    match patch {
        Patch::Strategic(patch) => strategic_merge(kind, object, patch),
        Patch::Merge(patch) => json_merge(object, patch),
        Patch::Json(operations) => json_patch(object, operations),
    }
}

/// Merges a patch the way RFC 7386 says: maps field by field, null removes, all else replaces.
///
/// # Errors
///
/// When the patch is no map, or nested too deeply.
pub fn json_merge(object: &Value, patch: &Value) -> Result<Value, PatchError> {
    if !patch.is_object() {
        return Err(PatchError::NotAMap);
    }
    let mut result = object.clone();
    merge_plain(&mut result, patch, 0)?;
    Ok(result)
}

fn merge_plain(value: &mut Value, patch: &Value, depth: usize) -> Result<(), PatchError> {
    let Value::Object(changes) = patch else {
        *value = patch.clone();
        return Ok(());
    };
    if depth > DEPTH_MAX {
        return Err(PatchError::TooDeep);
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(fields) = value else {
        return Ok(());
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.shift_remove(name);
        } else {
            merge_plain(fields.entry(name).or_insert(Value::Null), change, depth + 1)?;
        }
    }
    Ok(())
}

/// Merges a patch the way `kubectl patch` does by default, for a kind that is modelled.
///
/// Directives: `$patch: replace|delete|merge` in a map or as an item of a list,
/// `$retainKeys`, `$deleteFromPrimitiveList/FIELD` and `$setElementOrder/FIELD`.
///
/// # Errors
///
/// When the patch is no map, an item lacks its merge key, or a directive is unknown.
pub fn strategic_merge(kind: &str, object: &Value, patch: &Value) -> Result<Value, PatchError> {
    let (Value::Object(fields), Value::Object(changes)) = (object, patch) else {
        return Err(PatchError::NotAMap);
    };
    let mut fields = fields.clone();
    let at = At {
        owner: kind,
        path: String::new(),
        depth: 0,
    };
    at.merge_map(&mut fields, changes)?;
    Ok(Value::Object(fields))
}

/// A place of a strategic merge.
struct At<'a> {
    owner: &'a str,
    path: String,
    depth: usize,
}

impl At<'_> {
    fn inner<'b>(&self, owner: &'b str, field: &str) -> Result<At<'b>, PatchError> {
        if self.depth >= DEPTH_MAX {
            return Err(PatchError::TooDeep);
        }
        let dot = if self.path.is_empty() { "" } else { "." };
        Ok(At {
            owner,
            path: format!("{}{dot}{field}", self.path),
            depth: self.depth + 1,
        })
    }

    fn wrong(&self, reason: impl Into<String>) -> PatchError {
        PatchError::Directive {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    fn merge_map(
        &self,
        fields: &mut Map<String, Value>,
        changes: &Map<String, Value>,
    ) -> Result<(), PatchError> {
        match changes.get("$patch").map(Value::as_str) {
            None | Some(Some("merge")) => (),
            Some(Some("replace")) => {
                *fields = without_directives(changes, 0)?;
                return Ok(());
            }
            Some(Some("delete")) => {
                fields.clear();
                return Ok(());
            }
            Some(_) => return Err(self.wrong("`$patch` is replace, merge or delete")),
        }
        if let Some(retained) = changes.get("$retainKeys") {
            let retained = retained
                .as_array()
                .ok_or_else(|| self.wrong("`$retainKeys` is a list"))?;
            fields.retain(|name, _| retained.iter().any(|key| key.as_str() == Some(name)));
        }
        for (directive, list) in changes {
            if let Some(field) = directive.strip_prefix("$deleteFromPrimitiveList/") {
                let gone = list
                    .as_array()
                    .ok_or_else(|| self.wrong(format!("`{directive}` is a list")))?;
                if let Some(Value::Array(items)) = fields.get_mut(field) {
                    items.retain(|item| !gone.contains(item));
                }
            }
        }
        for (name, change) in changes.iter().filter(|(name, _)| !name.starts_with('$')) {
            self.merge_field(fields, name, change)?;
        }
        for (directive, order) in changes {
            if let Some(field) = directive.strip_prefix("$setElementOrder/") {
                let order = order
                    .as_array()
                    .ok_or_else(|| self.wrong(format!("`{directive}` is a list")))?;
                if let Some(Value::Array(items)) = fields.get_mut(field) {
                    self.set_order(field, items, order);
                }
            }
        }
        Ok(())
    }

    fn merge_field(
        &self,
        fields: &mut Map<String, Value>,
        name: &str,
        change: &Value,
    ) -> Result<(), PatchError> {
        if change.is_null() {
            fields.shift_remove(name);
            return Ok(());
        }
        let owner = type_of(self.owner, name, self.depth == 0);
        match (fields.get_mut(name), change) {
            (Some(Value::Object(inner)), Value::Object(changes)) => {
                if is_replaced(self.owner, name) {
                    *inner = without_directives(changes, 0)?;
                    return Ok(());
                }
                self.inner(owner, name)?.merge_map(inner, changes)
            }
            (Some(Value::Array(items)), Value::Array(changes)) => match self.merge_key(name) {
                Some(key) => self
                    .inner(key.item, name)?
                    .merge_list(items, changes, key.strategy),
                None => {
                    *items = plain_items(changes, 0)?;
                    Ok(())
                }
            },
            (_, change) => {
                fields.insert(name.to_owned(), plain(change, 0)?);
                Ok(())
            }
        }
    }

    fn merge_key(&self, field: &str) -> Option<&'static MergeKey> {
        MERGE_KEYS.iter().find(|row| {
            let everywhere = self.depth == 0 && row.owner.is_empty();
            (row.owner == self.owner || everywhere) && row.field == field
        })
    }

    fn merge_list(
        &self,
        items: &mut Vec<Value>,
        changes: &[Value],
        strategy: ListStrategy,
    ) -> Result<(), PatchError> {
        let original = items.clone();
        if let MergeBy(key) = strategy {
            self.merge_items(items, changes, key)?;
        } else {
            let missing = changes.iter().filter(|change| !original.contains(change));
            items.extend(missing.cloned());
        }
        let same = |left: &Value, right: &Value| match strategy {
            MergeBy(key) => left.get(key) == right.get(key),
            Union => left == right,
        };
        *items = in_order(std::mem::take(items), changes, &original, &same);
        Ok(())
    }

    fn merge_items(
        &self,
        items: &mut Vec<Value>,
        changes: &[Value],
        key: &'static str,
    ) -> Result<(), PatchError> {
        let directive = |change: &Value| {
            change
                .get("$patch")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if changes
            .iter()
            .any(|change| directive(change).as_deref() == Some("replace"))
        {
            let kept = changes.iter().filter(|change| directive(change).is_none());
            *items = kept
                .map(|change| plain(change, 0))
                .collect::<Result<_, _>>()?;
            return Ok(());
        }
        for change in changes {
            let Some(wanted) = change.get(key).filter(|value| !value.is_null()) else {
                return Err(PatchError::NoMergeKey {
                    path: self.path.clone(),
                    key,
                });
            };
            if directive(change).as_deref() == Some("delete") {
                items.retain(|item| item.get(key) != Some(wanted));
                continue;
            }
            let found = items.iter_mut().find(|item| item.get(key) == Some(wanted));
            match (found, change) {
                (Some(Value::Object(fields)), Value::Object(changes)) => {
                    let name = format!(
                        "[{}]",
                        wanted
                            .as_str()
                            .map_or_else(|| wanted.to_string(), str::to_owned)
                    );
                    let mut at = self.inner(self.owner, "")?;
                    at.path = format!("{}{name}", self.path);
                    at.merge_map(fields, changes)?;
                }
                (Some(_) | None, change) => items.push(plain(change, 0)?),
            }
        }
        Ok(())
    }

    fn set_order(&self, field: &str, items: &mut Vec<Value>, order: &[Value]) {
        let key = self.merge_key(field).map(|row| row.strategy);
        let same = |item: &Value, wanted: &Value| match key {
            Some(MergeBy(key)) => item.get(key) == wanted.get(key),
            Some(Union) | None => item == wanted,
        };
        let original = items.clone();
        *items = in_order(std::mem::take(items), order, &original, &same);
    }
}

/// The order after a merge: items of the patch in the patch's order, the others in theirs, and the
/// two interleaved as the original had them; what is new comes last.
fn in_order(
    merged: Vec<Value>,
    changes: &[Value],
    original: &[Value],
    same: &dyn Fn(&Value, &Value) -> bool,
) -> Vec<Value> {
    let rank = |list: &[Value], item: &Value| list.iter().position(|other| same(item, other));
    let (mut named, others): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|item| rank(changes, item).is_some());
    named.sort_by_cached_key(|item| rank(changes, item));
    let mut result = Vec::with_capacity(named.len() + others.len());
    let mut named = named.into_iter().peekable();
    for other in others {
        let at = rank(original, &other);
        while let Some(item) = named.peek() {
            match (rank(original, item), at) {
                (Some(item_at), Some(at)) if item_at < at => result.extend(named.next()),
                (Some(_) | None, Some(_) | None) => break,
            }
        }
        result.push(other);
    }
    result.extend(named);
    result
}

/// A value of a patch that meets nothing to merge with: directives and nulls are dropped.
fn plain(value: &Value, depth: usize) -> Result<Value, PatchError> {
    if depth > DEPTH_MAX {
        return Err(PatchError::TooDeep);
    }
    Ok(match value {
        Value::Object(fields) => Value::Object(without_directives(fields, depth)?),
        Value::Array(items) => Value::Array(plain_items(items, depth)?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    })
}

fn plain_items(items: &[Value], depth: usize) -> Result<Vec<Value>, PatchError> {
    let harmless = items.iter().filter(|item| item.get("$patch").is_none());
    harmless.map(|item| plain(item, depth + 1)).collect()
}

fn without_directives(
    fields: &Map<String, Value>,
    depth: usize,
) -> Result<Map<String, Value>, PatchError> {
    let mut result = Map::new();
    for (name, value) in fields {
        if !name.starts_with('$') && !value.is_null() {
            result.insert(name.clone(), plain(value, depth + 1)?);
        }
    }
    Ok(result)
}
