//! YAML as `kubectl` prints it.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as a YAML document, with a line break at the end.
#[must_use]
pub fn print(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => put(&mut text, value, 0),
        Value::Array(items) if !items.is_empty() => put(&mut text, value, 0),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            text.push_str(&scalar(value, 0));
            text.push('\n');
        }
    }
    text
}

/// Appends a map or list that is not empty; the cursor is at the beginning of a line.
fn put(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            for (number, (key, value)) in map.iter().enumerate() {
                if number > 0 || text.is_empty() || text.ends_with('\n') {
                    indent(text, depth);
                }
                text.push_str(&quoted(key, depth));
                text.push(':');
                after_key(text, value, depth);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                if number > 0 || text.is_empty() || text.ends_with('\n') {
                    indent(text, depth);
                }
                text.push_str("- ");
                if is_block(item) {
                    put(text, item, depth + 1);
                } else {
                    text.push_str(&scalar(item, depth + 1));
                    text.push('\n');
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&scalar(value, depth));
            text.push('\n');
        }
    }
}

fn after_key(text: &mut String, value: &Value, depth: usize) {
    if is_block(value) {
        text.push('\n');
        // Lists are not indented below their key.
        let deeper = usize::from(value.is_object());
        put(text, value, depth + deeper);
    } else {
        text.push(' ');
        text.push_str(&scalar(value, depth + 1));
        text.push('\n');
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn scalar(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text, depth),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// A text, with quotes if it would otherwise read as something else; a block if it has lines.
fn quoted(text: &str, depth: usize) -> String {
    if text
        .chars()
        .any(|symbol| symbol.is_control() && symbol != '\n')
    {
        return format!("{text:?}");
    }
    if text.contains('\n') {
        return block(text, depth);
    }
    if reads_as_other(text) {
        return format!("{text:?}");
    }
    let first = text.chars().next().unwrap_or(' ');
    let is_indicator = "!&*%@`'\"#,[]{}|>".contains(first)
        || ("-?:".contains(first) && text[1..].chars().next().is_none_or(|next| next == ' '));
    let is_broken = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    if is_indicator || is_broken || text.starts_with(' ') || text.ends_with(' ') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    text.to_owned()
}

fn block(text: &str, depth: usize) -> String {
    let mut block = String::from(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.lines() {
        block.push('\n');
        if !line.is_empty() {
            let _ = write!(block, "{:1$}{line}", "", depth * 2);
        }
    }
    block
}

/// Whether an unquoted text would be null, a truth value, a number or a time.
fn reads_as_other(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    ];
    if words.contains(&lower.as_str()) {
        return true;
    }
    let is_number = text.parse::<f64>().is_ok()
        || text
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|it| it.is_ascii_hexdigit()));
    let is_date = text.len() >= 10
        && text
            .bytes()
            .take(10)
            .enumerate()
            .all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    is_number || is_date
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_kubectl_does() {
        let value = json!({
            "empty": {},
            "list": [{"a": 1, "b": [true, null]}, "x", []],
            "texts": ["yes", "1", "a: b", "*", "-", "-x", "2026-01-01T00:00:00Z", "it's", "", "1m"],
            "lines": "one\ntwo\n",
        });
        expect![[r#"
            empty: {}
            list:
            - a: 1
              b:
              - true
              - null
            - x
            - []
            texts:
            - "yes"
            - "1"
            - 'a: b'
            - '*'
            - '-'
            - -x
            - "2026-01-01T00:00:00Z"
            - it's
            - ""
            - 1m
            lines: |
              one
              two
        "#]]
        .assert_eq(&print(&value));
    }
}
