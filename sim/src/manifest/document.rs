//! From the documents of a file to single objects: lists are taken apart, empty ones skipped.

use crate::diagnostic::{Diagnostic, FileId, Place};

use super::node::{Kind, Node, Step, path_text};
use super::yaml::{self, Mistake};

/// One object as it was written.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) file: FileId,
    pub(super) node: Node,
    pub(super) api_version: String,
    pub(super) kind: String,
    /// Where in its document the object stands: `items[3]`, or empty.
    pub(super) prefix: String,
}

/// Splits a text into its objects.
pub(super) fn split(
    text: &str,
    file: FileId,
    named: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Item> {
    let parsed = yaml::parse(text);
    let mut items = Vec::new();
    let unreadable = !parsed.mistakes.is_empty();
    diagnostics.extend(
        parsed
            .mistakes
            .into_iter()
            .map(|mistake| describe(mistake, file)),
    );
    let mut documents = 0;
    for node in parsed.documents {
        if node.kind != Kind::Null {
            documents += 1;
            flatten(node, file, String::new(), None, &mut items, diagnostics);
        }
    }
    if documents == 0 && !unreadable {
        let message = "this file holds no object";
        let diagnostic = if named {
            Diagnostic::error("M003", message)
        } else {
            Diagnostic::warning("M003", message)
        };
        let what = if text.trim().is_empty() {
            "the file is empty"
        } else {
            "only comments"
        };
        let place = crate::diagnostic::Span::start_of(file);
        diagnostics.push(
            diagnostic
                .at(place)
                .note(what)
                .help("a manifest has at least `apiVersion`, `kind` and `metadata.name`"),
        );
    }
    items
}

fn describe(mistake: Mistake, file: FileId) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("M005", mistake.message).at(mistake.extent.of(file));
    if let Some((extent, text)) = mistake.earlier {
        diagnostic = diagnostic.label(extent.of(file), text);
    }
    match mistake.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn flatten(
    node: Node,
    file: FileId,
    prefix: String,
    implied: Option<(&str, &str)>,
    items: &mut Vec<Item>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let place = |node: &Node| node.extent.of(file).place(prefix.as_str());
    if !matches!(node.kind, Kind::Map(_)) {
        let message = format!(
            "a manifest is a map of fields, and this is {}",
            node.describe()
        );
        diagnostics.push(Diagnostic::error("M006", message).at(place(&node)).help(
            "a manifest begins with `apiVersion:` and `kind:`; documents are divided by `---`",
        ));
        return;
    }
    let text = |field: &str| {
        node.get(field)
            .and_then(Node::as_text)
            .filter(|text| !text.is_empty())
    };
    let kind = text("kind")
        .or(implied.map(|(_, kind)| kind))
        .map(str::to_owned);
    let api_version = text("apiVersion")
        .or(implied.map(|(version, _)| version))
        .map(str::to_owned);
    let (Some(kind), Some(api_version)) = (kind.clone(), api_version.clone()) else {
        diagnostics.push(unidentified(
            &node,
            kind.is_some(),
            api_version.is_some(),
            place(&node),
        ));
        return;
    };
    let element = kind.strip_suffix("List");
    let is_list = element.is_some() && (kind == "List" || node.get("items").is_some());
    let Some(element) = element.filter(|_| is_list) else {
        items.push(Item {
            file,
            node,
            api_version,
            kind,
            prefix,
        });
        return;
    };
    let implied = (!element.is_empty()).then_some((api_version.as_str(), element));
    for (index, value) in list_items(node, file, diagnostics).into_iter().enumerate() {
        let mut prefix = prefix.clone();
        prefix.push_str(if prefix.is_empty() { "items" } else { ".items" });
        prefix.push_str(&path_text(&[Step::Index(index)]));
        if value.kind != Kind::Null {
            flatten(value, file, prefix, implied, items, diagnostics);
        }
    }
}

/// The items of a list of objects.
fn list_items(list: Node, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    let Some(items) = list.into_entry("items") else {
        return Vec::new();
    };
    let found = items.describe();
    let (extent, kind) = (items.extent, items.kind);
    match kind {
        Kind::List(items) => return items,
        Kind::Null => (),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) | Kind::Map(_) => {
            let message = format!("items: expected a list, found {found}");
            diagnostics.push(
                Diagnostic::error("M010", message)
                    .at(extent.of(file).place("items"))
                    .note("expected a list"),
            );
        }
    }
    Vec::new()
}

fn unidentified(node: &Node, has_kind: bool, has_version: bool, place: Place) -> Diagnostic {
    let message = match (has_kind, has_version) {
        (false, true) => "this object has no `kind`",
        (true, false) => "this object has no `apiVersion`",
        (false, false) | (true, true) => {
            "this is not a Kubernetes object: no `apiVersion`, no `kind`"
        }
    };
    let kind = node.get("kind").and_then(Node::as_text);
    let help = match kind.and_then(super::versions::row) {
        Some(row) if !row.current.is_empty() => format!("add `apiVersion: {}`", row.current),
        Some(_) | None if node.get("resources").is_some() && !has_kind => {
            "a kustomization is rendered first: `kubectl kustomize DIR`".to_owned()
        }
        Some(_) | None => "add `apiVersion:` and `kind:`, such as `apiVersion: apps/v1` and \
                           `kind: Deployment`; the parts of a Helm chart are rendered first: \
                           `helm template DIR`"
            .to_owned(),
    };
    Diagnostic::error("M006", message).at(place).help(help)
}
