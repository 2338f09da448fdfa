//! `describe`: an object in the layout of `kubectl describe`, with its Events.

mod node;
mod pod;
mod service;
mod template;
mod workload;

use wavetank_core::id::{Kind, ObjId, PodId, SetId};
use wavetank_core::object::spec::Spec;

use super::events::section;
use super::select::{Item, Query, QueryError, select};
use super::snapshot::Snapshot;
use super::table;

/// An object that is there, described.
#[must_use]
pub fn describe(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "kinds without a layout of their own show their metadata"
    )]
    let mut text = match object.kind {
        Kind::Pod => pod::describe(view, PodId(object.index))?,
        Kind::Node => node::describe(view, object)?,
        Kind::Deployment => workload::deployment(view, object)?,
        Kind::ReplicaSet => workload::replica_set(view, object)?,
        Kind::Service => service::describe(view, object)?,
        _ => other(view, object)?,
    };
    text.push_str(&section(view, object));
    Some(table::describe(&text))
}

/// What a query chooses, described one after the other; and which names were not found.
///
/// # Errors
///
/// When the query contradicts itself.
pub fn describe_all(
    view: &Snapshot<'_>,
    query: &Query,
) -> Result<(String, Vec<QueryError>), QueryError> {
    let (found, missing) = select(view, query)?;
    let described = found
        .iter()
        .flat_map(|(_, items)| items)
        .filter_map(|item| {
            let object = match item {
                Item::Object(object) => *object,
                Item::Endpoints(service) => (*service).into(),
                Item::Event(event) => event.object,
            };
            describe(view, object)
        });
    let described: Vec<_> = described.collect();
    Ok((described.join("\n\n"), missing))
}

fn other(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    let meta = view.store().meta(object)?;
    let mut text = format!("Name:\t{}\n", view.name(object));
    if object.kind.is_namespaced() {
        text.push_str(&format!("Namespace:\t{}\n", view.namespace(object)));
    }
    text.push_str(&pairs("Labels", view, meta.labels));
    text.push_str(&pairs("Annotations", view, meta.annotations));
    let store = view.store();
    if let Some(other) = store.others.newest(object.index)
        && object.kind as u8 > Kind::EndpointSlice as u8
        && let Spec::Data(data) = &view.definitions().get_spec(other.spec).spec
    {
        text.push_str("\nData\n====\n");
        for (key, value) in data {
            if object.kind == Kind::Secret {
                text.push_str(&format!("{key}:  {} bytes\n", value.len()));
            } else {
                text.push_str(&format!("{key}:\n----\n{value}\n\n"));
            }
        }
        text.push('\n');
    }
    Some(text)
}

/// A set of pairs below a heading, one a line.
fn pairs(heading: &str, view: &Snapshot<'_>, set: SetId) -> String {
    let separator = if heading == "Annotations" { ": " } else { "=" };
    let lines = view
        .set(set)
        .iter()
        .map(|(key, value)| format!("{key}{separator}{value}"));
    listed(heading, lines.collect())
}

/// Lines beside a heading; `<none>` when there are none.
fn listed(heading: &str, lines: Vec<String>) -> String {
    if lines.is_empty() {
        return format!("{heading}:\t<none>\n");
    }
    let mut text = String::new();
    for (number, line) in lines.into_iter().enumerate() {
        let heading = if number == 0 {
            format!("{heading}:")
        } else {
            String::new()
        };
        text.push_str(&format!("{heading}\t{line}\n"));
    }
    text
}
