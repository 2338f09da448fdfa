//! Reading a tree strictly: what is not known or cannot be is told with its place, and reading goes on.

use std::ops::RangeInclusive;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::diagnostics;
use crate::scenario::node::{Node, Value};

/// A value and the way to it.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
    path: String,
}

impl<'a> At<'a> {
    pub(super) const fn new(node: &'a Node, path: String) -> Self {
        Self { node, path }
    }

    pub(super) fn place(&self) -> Place {
        self.node.span.place(self.path.clone())
    }

    /// A field, if it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name)?;
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        (node.value != Value::Null).then_some(At { node, path })
    }
}

/// Collects what is wrong.
pub(super) struct Reader<'d> {
    pub(super) diagnostics: &'d mut Diagnostics,
}

impl Reader<'_> {
    pub(super) fn wrong(&mut self, message: String, at: &At<'_>, help: &str) {
        let found = Diagnostic::error("S038", message).at(at.place());
        self.diagnostics.push(found.help(help));
    }

    /// Something that is read and changes nothing.
    pub(super) fn no_effect(&mut self, what: &str, at: &At<'_>, why: &str) {
        let found = Diagnostic::warning("S033", format!("{what} has no effect")).at(at.place());
        self.diagnostics.push(found.help(why));
    }

    /// Whether this is a map; fields that it should not have are told.
    pub(super) fn map(&mut self, at: &At<'_>, of: &str, known: &[&str]) -> bool {
        let Value::Map(entries) = &at.node.value else {
            let found = at.node.describe();
            self.diagnostics
                .push(diagnostics::wrong_type("a map", &found, at.place()));
            return false;
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let place = entry.key_span.place(at.path.clone());
                self.diagnostics
                    .push(diagnostics::unknown_field(&entry.key, place, of, known));
            }
        }
        true
    }

    /// The elements of a list; nothing when it is not there.
    pub(super) fn items<'a>(&mut self, at: &At<'a>, name: &str) -> Vec<At<'a>> {
        let Some(list) = at.get(name) else {
            return Vec::new();
        };
        let Value::Seq(items) = &list.node.value else {
            let found = list.node.describe();
            self.diagnostics
                .push(diagnostics::wrong_type("a list", &found, list.place()));
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items
            .map(|(place, node)| At::new(node, format!("{}[{place}]", list.path)))
            .collect()
    }

    /// A whole number within limits; nothing when it is not there or wrong.
    pub(super) fn number(
        &mut self,
        at: &At<'_>,
        name: &str,
        limits: RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = at.get(name)?;
        let Value::Int(number) = value.node.value else {
            let found = value.node.describe();
            let wanted = "a whole number";
            self.diagnostics
                .push(diagnostics::wrong_type(wanted, &found, value.place()));
            return None;
        };
        if !limits.contains(&number) {
            let (least, most) = (limits.start(), limits.end());
            let text = match *most {
                i64::MAX => format!("at least {least}"),
                most => format!("{least} to {most}"),
            };
            let found = number.to_string();
            self.diagnostics
                .push(diagnostics::out_of_range(&found, &text, value.place()));
            return None;
        }
        Some(number)
    }

    /// A text; nothing when it is not there or wrong.
    pub(super) fn text<'a>(&mut self, at: &At<'a>, name: &str) -> Option<&'a str> {
        let value = at.get(name)?;
        self.as_text(&value)
    }

    pub(super) fn as_text<'a>(&mut self, value: &At<'a>) -> Option<&'a str> {
        if let Value::String(text) = &value.node.value {
            return Some(text);
        }
        let found = value.node.describe();
        self.diagnostics
            .push(diagnostics::wrong_type("text", &found, value.place()));
        None
    }

    /// A text that must be there.
    pub(super) fn needed<'a>(
        &mut self,
        at: &At<'a>,
        name: &str,
        of: &str,
        help: &str,
    ) -> Option<&'a str> {
        let is_missing = at.get(name).is_none() || at.node.get(name)?.text() == Some("");
        if is_missing {
            self.diagnostics
                .push(diagnostics::missing_field(name, at.place(), of, help));
            return None;
        }
        self.text(at, name)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, at: &At<'_>, name: &str) -> Option<bool> {
        let value = at.get(name)?;
        if let Value::Bool(flag) = value.node.value {
            return Some(flag);
        }
        let found = value.node.describe();
        let wanted = "true or false";
        self.diagnostics
            .push(diagnostics::wrong_type(wanted, &found, value.place()));
        None
    }

    /// One of some words.
    pub(super) fn word<'a>(&mut self, at: &At<'a>, name: &str, words: &[&str]) -> Option<&'a str> {
        let text = self.text(at, name)?;
        if words.contains(&text) {
            return Some(text);
        }
        let place = at.get(name)?.place();
        self.diagnostics
            .push(diagnostics::unknown_word(text, place, words));
        None
    }
}
