//! Documents as YAML text: what `--dry-run -o yaml` prints, and what reads back as the same tree.

use super::node::{Entry, Node, Value, resolve_plain};

/// Widest line of a collection in flow style.
const FLOW_WIDTH_MAX: usize = 100;

/// The text of a document; ends with a line break. Small collections stand on one line.
#[must_use]
pub fn to_yaml(node: &Node) -> String {
    let mut text = String::new();
    block(node, 0, &mut text);
    text
}

fn block(node: &Node, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                text.push_str(&pad);
                text.push_str(&key(entry));
                text.push(':');
                child(&entry.value, indent + 2, text);
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&pad);
                text.push('-');
                child(item, indent + 2, text);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Map(_)
        | Value::Seq(_) => {
            text.push_str(&pad);
            text.push_str(&flow(node));
            text.push('\n');
        }
    }
}

/// What follows `key:` or `-`: on the same line when it fits, else below.
fn child(node: &Node, indent: usize, text: &mut String) {
    let line = flow(node);
    let top = indent <= 2 && matches!(node.value, Value::Map(_)) && line.len() > 60;
    if node.is_scalar() || (!top && line.len() + indent <= FLOW_WIDTH_MAX) || line.len() <= 2 {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
    } else {
        text.push('\n');
        block(node, indent, text);
    }
}

pub(crate) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) if node.written.is_empty() => value.to_string(),
        Value::Float(value) if node.written.is_empty() => value.to_string(),
        Value::Int(_) | Value::Float(_) => node.written.to_string(),
        Value::String(value) => scalar(value),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}: {}", key(entry), flow(&entry.value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn key(entry: &Entry) -> String {
    if entry.key_is_text {
        scalar(&entry.key)
    } else {
        entry.key.clone()
    }
}

/// A text as a scalar: plain where it reads back as the same text anywhere, else in double quotes.
fn scalar(text: &str) -> String {
    let first_fits = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_')
        || (text.starts_with(['.', '(']) && text.len() > 1);
    let plain = first_fits
        && matches!(resolve_plain(text), Value::String(_))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "yes" | "no" | "on" | "off" | "y" | "n" | "true" | "false" | "null"
        )
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([' ', ':'])
        && !text.starts_with("---")
        && !text.chars().any(|c| {
            c.is_control()
                || matches!(
                    c,
                    '{' | '}' | '[' | ']' | ',' | '\u{feff}' | '\u{85}' | '\u{2028}' | '\u{2029}'
                )
        });
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                quoted.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
