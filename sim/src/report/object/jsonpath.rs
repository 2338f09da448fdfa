//! The part of `kubectl`'s JSONPath that people use: fields, indexes, `[*]`, simple filters, `range`.

use serde_json::Value;
use thiserror::Error;

/// The longest template that is looked at, in bytes.
const LENGTH_MAX: usize = 16 * 1_024;

/// Why a template cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PathError {
    /// A brace or bracket is missing, or something else stands in its place.
    #[error("jsonpath: {what} in `{place}`")]
    Form {
        /// What is wrong.
        what: &'static str,
        /// Where.
        place: String,
    },
}

/// Evaluates a template such as `{.items[*].metadata.name}` over a value.
///
/// # Errors
///
/// When the template is not valid.
pub fn evaluate(template: &str, value: &Value) -> Result<String, PathError> {
    if template.len() > LENGTH_MAX {
        return Err(wrong("too long a template", &template[..0]));
    }
    // `-o jsonpath=.metadata.name` is allowed without braces.
    let braced = if template.contains('{') {
        template.to_owned()
    } else {
        format!("{{{template}}}")
    };
    let pieces = pieces(&braced)?;
    let mut output = String::new();
    run(&pieces, value, &mut output)?;
    Ok(output)
}

#[derive(Clone, Debug)]
enum Piece<'a> {
    Text(&'a str),
    Action(&'a str),
}

fn wrong(what: &'static str, place: &str) -> PathError {
    PathError::Form {
        what,
        place: place.to_owned(),
    }
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, PathError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        let after = &rest[open + 1..];
        let close = closing(after).ok_or_else(|| wrong("a brace is not closed", rest))?;
        pieces.push(Piece::Action(after[..close].trim()));
        rest = &after[close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// The place of the closing brace, outside of quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (place, symbol) in text.char_indices() {
        match (quote, symbol) {
            (Some(open), _) if open == symbol => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(symbol),
            (None, '}') => return Some(place),
            (None, _) => {}
        }
    }
    None
}

fn run(pieces: &[Piece<'_>], value: &Value, output: &mut String) -> Result<(), PathError> {
    let mut next = 0;
    while next < pieces.len() {
        match &pieces[next] {
            Piece::Text(text) => output.push_str(text),
            Piece::Action(action) => {
                if let Some(path) = action.strip_prefix("range ") {
                    let end = matching_end(pieces, next)
                        .ok_or_else(|| wrong("`range` has no `end`", action))?;
                    for item in select(path.trim(), value)? {
                        run(&pieces[next + 1..end], item, output)?;
                    }
                    next = end;
                } else if *action == "end" {
                    return Err(wrong("`end` without `range`", action));
                } else if let Some(text) = quoted(action) {
                    output.push_str(&text);
                } else {
                    let found = select(action, value)?;
                    let texts: Vec<_> = found.into_iter().map(text).collect();
                    output.push_str(&texts.join(" "));
                }
            }
        }
        next += 1;
    }
    Ok(())
}

fn matching_end(pieces: &[Piece<'_>], range: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, piece) in pieces.iter().enumerate().skip(range) {
        if let Piece::Action(action) = piece {
            if action.starts_with("range ") {
                depth += 1;
            } else if *action == "end" {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
        }
    }
    None
}

fn quoted(action: &str) -> Option<String> {
    let mark = action.chars().next().filter(|mark| "\"'".contains(*mark))?;
    let inner = action.strip_prefix(mark)?.strip_suffix(mark)?;
    Some(inner.replace("\\n", "\n").replace("\\t", "\t"))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The values that a path chooses.
fn select<'v>(path: &str, value: &'v Value) -> Result<Vec<&'v Value>, PathError> {
    let mut found = vec![value];
    let mut rest = path.trim_start_matches('$').trim_start_matches('@');
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let close = after
                .find(']')
                .ok_or_else(|| wrong("a bracket is not closed", rest))?;
            found = bracket(&after[..close], &found)?;
            rest = &after[close + 1..];
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, left) = field(after);
            rest = left;
            if name.is_empty() {
                continue;
            }
            found = if name == "*" {
                found.into_iter().flat_map(children).collect()
            } else {
                found.iter().filter_map(|value| value.get(&name)).collect()
            };
        } else {
            return Err(wrong("a path begins with a dot", rest));
        }
    }
    Ok(found)
}

/// A field's name, up to the next dot or bracket that has no backslash, and what follows.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut symbols = text.char_indices();
    while let Some((place, symbol)) = symbols.next() {
        match symbol {
            '\\' => name.extend(symbols.next().map(|(_, symbol)| symbol)),
            '.' | '[' => return (name, &text[place..]),
            _ => name.push(symbol),
        }
    }
    (name, "")
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn bracket<'v>(inner: &str, found: &[&'v Value]) -> Result<Vec<&'v Value>, PathError> {
    let inner = inner.trim();
    if inner == "*" {
        return Ok(found.iter().flat_map(|value| children(value)).collect());
    }
    if let Some(name) = quoted(inner) {
        return Ok(found.iter().filter_map(|value| value.get(&name)).collect());
    }
    if let Some(filter) = inner.strip_prefix("?(").and_then(|it| it.strip_suffix(')')) {
        return filtered(filter, found);
    }
    let number: i64 = inner
        .parse()
        .map_err(|_| wrong("neither an index, nor `*`, nor a filter", inner))?;
    Ok(found
        .iter()
        .filter_map(|value| {
            let items = value.as_array()?;
            let place = if number < 0 {
                items
                    .len()
                    .checked_sub(usize::try_from(number.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(number).ok()?
            };
            items.get(place)
        })
        .collect())
}

fn filtered<'v>(filter: &str, found: &[&'v Value]) -> Result<Vec<&'v Value>, PathError> {
    let (path, wanted, equal) = if let Some((path, wanted)) = filter.split_once("==") {
        (path, Some(wanted), true)
    } else if let Some((path, wanted)) = filter.split_once("!=") {
        (path, Some(wanted), false)
    } else {
        (filter, None, true)
    };
    let wanted = wanted.map(|wanted| {
        let wanted = wanted.trim();
        quoted(wanted).unwrap_or_else(|| wanted.to_owned())
    });
    let mut kept = Vec::new();
    for item in found.iter().flat_map(|value| children(value)) {
        let values = select(path.trim(), item)?;
        let fits = match &wanted {
            None => !values.is_empty(),
            Some(wanted) => values.iter().any(|value| text(value) == *wanted) == equal,
        };
        if fits {
            kept.push(item);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(template: &str, expected: &str) {
        let value = json!({
            "items": [
                {"metadata": {"name": "a", "labels": {"x.y/z": "1"}}, "n": 1},
                {"metadata": {"name": "b"}, "n": 2},
            ],
        });
        let found = evaluate(template, &value).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{template}");
    }

    #[test]
    fn paths_choose_values() {
        check("{.items[*].metadata.name}", "a b");
        check(".items[0].metadata.name", "a");
        check("{.items[-1].n}", "2");
        check(
            "{range .items[*]}{.metadata.name}={.n}{\"\\n\"}{end}",
            "a=1\nb=2\n",
        );
        check("{.items[?(@.n==2)].metadata.name}", "b");
        check("{.items[?(@.metadata.name!=\"a\")].n}", "2");
        check("{.items[0].metadata.labels.x\\.y/z}", "1");
        check("{.items[0].metadata.labels['x.y/z']}", "1");
        check("{.missing}", "");
        check("{.items[", "jsonpath: a brace is not closed in `{.items[`");
        check(
            "{.items[x]}",
            "jsonpath: neither an index, nor `*`, nor a filter in `x`",
        );
        check(
            "{range .items[*]}",
            "jsonpath: `range` has no `end` in `range .items[*]`",
        );
        check("{end}", "jsonpath: `end` without `range` in `end`");
        check("{items}", "jsonpath: a path begins with a dot in `items`");
    }
}
