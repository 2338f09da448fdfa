//! RFC 6902: a list of operations on JSON, addressed by pointers.

use serde_json::Value;

use super::patch::PatchError;

/// Applies the operations in order; none of them counts if one fails.
///
/// # Errors
///
/// When an operation is malformed, a pointer leads nowhere, or a `test` fails.
pub fn json_patch(document: &Value, operations: &Value) -> Result<Value, PatchError> {
    let Value::Array(operations) = operations else {
        return Err(PatchError::NotAList);
    };
    let mut result = document.clone();
    for (index, operation) in operations.iter().enumerate() {
        apply(&mut result, operation).map_err(|reason| PatchError::Operation { index, reason })?;
    }
    Ok(result)
}

fn apply(document: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |field: &str| operation.get(field).and_then(Value::as_str);
    let path =
        text("path").ok_or("an operation needs `path`, a JSON pointer such as `/spec/replicas`")?;
    let from =
        || text("from").ok_or_else(|| "this operation needs `from`, a JSON pointer".to_owned());
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| "this operation needs `value`".to_owned())
    };
    match text("op") {
        Some("add") => add(document, path, value()?),
        Some("remove") => remove(document, path).map(drop),
        Some("replace") => {
            let value = value()?;
            *target(document, path)? = value;
            Ok(())
        }
        Some("move") => {
            let from = from()?;
            if path
                .strip_prefix(from)
                .is_some_and(|rest| rest.starts_with('/'))
            {
                return Err(format!("`{from}` cannot be moved into itself"));
            }
            let value = remove(document, from)?;
            add(document, path, value)
        }
        Some("copy") => {
            let value = target(document, from()?)?.clone();
            add(document, path, value)
        }
        Some("test") => {
            let (found, wanted) = (&*target(document, path)?, value()?);
            let same = *found == wanted;
            if same {
                Ok(())
            } else {
                Err(format!("`{path}` is {found}, not {wanted}"))
            }
        }
        Some(other) => Err(format!(
            "`{other}` is no operation: add, remove, replace, move, copy or test"
        )),
        None => Err("an operation needs `op`: add, remove, replace, move, copy or test".to_owned()),
    }
}

/// The parts of a pointer, unescaped.
fn parts(pointer: &str) -> Result<Vec<String>, String> {
    match pointer.strip_prefix('/') {
        None if pointer.is_empty() => Ok(Vec::new()),
        None => Err(format!("the JSON pointer `{pointer}` must begin with `/`")),
        Some(rest) => Ok(rest
            .split('/')
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect()),
    }
}

fn target<'a>(document: &'a mut Value, pointer: &str) -> Result<&'a mut Value, String> {
    let parts = parts(pointer)?;
    descend(document, &parts, pointer)
}

fn descend<'a>(
    document: &'a mut Value,
    parts: &[String],
    pointer: &str,
) -> Result<&'a mut Value, String> {
    let mut value = document;
    for part in parts {
        let next = match value {
            Value::Object(map) => map.get_mut(part),
            Value::Array(items) => index(part, items.len()).and_then(|at| items.get_mut(at)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        value = next.ok_or_else(|| format!("`{pointer}` leads nowhere: there is no `{part}`"))?;
    }
    Ok(value)
}

/// An index of a list: digits without a leading zero, at most `most`.
fn index(part: &str, most: usize) -> Option<usize> {
    let plain = part == "0" || (!part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()));
    part.parse().ok().filter(|&at| plain && at <= most)
}

fn add(document: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let parts = parts(pointer)?;
    let Some((last, parents)) = parts.split_last() else {
        *document = value;
        return Ok(());
    };
    match descend(document, parents, pointer)? {
        Value::Object(map) => {
            map.insert(last.clone(), value);
            Ok(())
        }
        Value::Array(items) => {
            let length = items.len();
            let at = if last == "-" {
                Some(length)
            } else {
                index(last, length)
            };
            let at = at.ok_or_else(|| {
                format!("`{pointer}`: the list has {length} items, `{last}` is not a place in it")
            })?;
            items.insert(at, value);
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(format!(
            "`{pointer}`: nothing can be added to what is neither a map nor a list"
        )),
    }
}

fn remove(document: &mut Value, pointer: &str) -> Result<Value, String> {
    let parts = parts(pointer)?;
    let Some((last, parents)) = parts.split_last() else {
        return Err("the whole object cannot be removed by a patch".to_owned());
    };
    let removed = match descend(document, parents, pointer)? {
        Value::Object(map) => map.shift_remove(last),
        Value::Array(items) => {
            let at = index(last, items.len()).filter(|&at| at < items.len());
            at.map(|at| items.remove(at))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    removed.ok_or_else(|| format!("`{pointer}` leads nowhere: there is no `{last}` to remove"))
}
