//! `get`: tables, names, JSON and YAML of what a query chooses.

mod network;
mod other;
mod pods;
mod storage;
mod workloads;

use serde_json::Value;
use thiserror::Error;
use wavetank_core::id::{Kind, ObjId};
use wavetank_core::label::{Labels, Operator, Selector};
use wavetank_core::object::template::PodSpec;

use super::object::jsonpath::{self, PathError};
use super::object::{list, to_json, yaml};
use super::select::{Item, Query, QueryError, Resource, labels, select};
use super::snapshot::Snapshot;
use super::table::Table;

pub(in crate::report) use network::addresses;
pub use network::{ports, service_type};
pub use other::{node_roles, node_status};
pub(in crate::report) use workloads::selector_and_template;

/// How to show what was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Output {
    /// A table.
    #[default]
    Table,
    /// A table with more columns.
    Wide,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// `pod/web-1`, one a line.
    Name,
    /// A JSONPath template.
    JsonPath(String),
    /// A table with these columns: heading and path.
    Columns(Vec<(String, String)>),
}

/// An output that nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(
    "unable to match a printer to `{0}`: one of wide, json, yaml, name, jsonpath=TEMPLATE, \
     custom-columns=HEADING:PATH,…"
)]
pub struct OutputError(String);

impl std::str::FromStr for Output {
    type Err = OutputError;

    fn from_str(text: &str) -> Result<Self, OutputError> {
        match text {
            "wide" => Ok(Self::Wide),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            _ => match text.split_once('=') {
                Some(("jsonpath", template)) => Some(Self::JsonPath(template.to_owned())),
                Some(("custom-columns", columns)) => columns_of(columns).map(Self::Columns),
                Some(_) | None => None,
            }
            .ok_or_else(|| OutputError(text.to_owned())),
        }
    }
}

/// Reads `NAME:.metadata.name,NODE:.spec.nodeName`.
fn columns_of(text: &str) -> Option<Vec<(String, String)>> {
    let column = |column: &str| {
        let (heading, path) = column.split_once(':')?;
        Some((heading.to_owned(), braced(path)))
    };
    text.split(',').map(column).collect()
}

/// A path with or without dot and braces, as a template.
fn braced(path: &str) -> String {
    let path = path.trim_matches(|symbol| "{}".contains(symbol));
    let dot = if path.starts_with('.') { "" } else { "." };
    format!("{{{dot}{path}}}")
}

/// What is asked of `get`.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What is chosen.
    pub query: Query,
    /// How it is shown.
    pub output: Output,
    /// `-L`: labels with columns of their own.
    pub label_columns: Vec<String>,
    /// `--show-labels`
    pub show_labels: bool,
    /// `--no-headers`
    pub no_headings: bool,
    /// `--sort-by`: a path such as `.metadata.creationTimestamp`.
    pub sort_by: Option<String>,
}

/// What `get` found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// For the standard output.
    pub text: String,
    /// For the standard error: that nothing was found.
    pub remark: Option<String>,
    /// Names that were not found: the exit code is 1 if there are any.
    pub missing: Vec<QueryError>,
}

/// Why `get` cannot answer.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum GetError {
    /// The query is wrong.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A JSONPath template is wrong.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Answers `get`.
///
/// # Errors
///
/// When the query or a template is wrong; names that are not found are part of the answer.
pub fn get(view: &Snapshot<'_>, request: &Request) -> Result<Answer, GetError> {
    let (mut found, missing) = select(view, &request.query)?;
    if let Some(path) = &request.sort_by {
        for (_, items) in &mut found {
            sort(view, items, path)?;
        }
    }
    let is_one = matches!(&request.query.wanted[..], [(_, names)] if names.len() == 1);
    let text = match &request.output {
        Output::Table | Output::Wide => tables(view, request, &found),
        Output::Columns(columns) => custom(view, request, columns, &found)?,
        Output::Name => found
            .iter()
            .flat_map(|(resource, items)| items.iter().map(move |item| (resource, item)))
            .map(|(resource, item)| format!("{}/{}\n", resource.prefix(), item_name(view, item)))
            .collect(),
        Output::Json | Output::Yaml | Output::JsonPath(_) => {
            let mut values: Vec<Value> = found
                .iter()
                .flat_map(|(_, items)| items)
                .filter_map(|item| item_json(view, item))
                .collect();
            if is_one && values.is_empty() {
                String::new()
            } else {
                let value = if is_one {
                    values.remove(0)
                } else {
                    list(values)
                };
                print(&value, &request.output)?
            }
        }
    };
    let remark = (text.is_empty() && missing.is_empty()).then(|| nothing(&request.query));
    Ok(Answer {
        text,
        remark,
        missing,
    })
}

/// A value as JSON, as YAML, or by a template.
fn print(value: &Value, output: &Output) -> Result<String, PathError> {
    match output {
        Output::Yaml => Ok(yaml::print(value)),
        Output::JsonPath(template) => {
            let mut text = jsonpath::evaluate(template, value)?;
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            Ok(text)
        }
        Output::Table | Output::Wide | Output::Name | Output::Json | Output::Columns(_) => {
            Ok(pretty(value))
        }
    }
}

/// JSON as `kubectl` prints it.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return String::new();
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    text.push('\n');
    text
}

fn nothing(query: &Query) -> String {
    let is_namespaced = query
        .wanted
        .iter()
        .any(|(resource, _)| resource.is_namespaced());
    match &query.namespace {
        Some(namespace) if is_namespaced => {
            format!("No resources found in {namespace} namespace.")
        }
        Some(_) | None => "No resources found".to_owned(),
    }
}

fn tables(view: &Snapshot<'_>, request: &Request, found: &[(Resource, Vec<Item>)]) -> String {
    let with_prefix = found.len() > 1;
    let tables: Vec<_> = found
        .iter()
        .filter(|(_, items)| !items.is_empty())
        .map(|(resource, items)| table(view, request, *resource, items, with_prefix).print())
        .collect();
    tables.join("\n")
}

/// The table of `-o custom-columns`.
fn custom(
    view: &Snapshot<'_>,
    request: &Request,
    columns: &[(String, String)],
    found: &[(Resource, Vec<Item>)],
) -> Result<String, PathError> {
    let mut table = Table::default();
    for item in found.iter().flat_map(|(_, items)| items) {
        let value = item_json(view, item).unwrap_or_default();
        let mut row = Vec::new();
        for (_, path) in columns {
            let cell = jsonpath::evaluate(path, &value)?;
            row.push(if cell.is_empty() {
                "<none>".to_owned()
            } else {
                cell
            });
        }
        table.rows.push(row);
    }
    if table.rows.is_empty() {
        return Ok(String::new());
    }
    if !request.no_headings {
        table.headings = columns.iter().map(|(heading, _)| heading.clone()).collect();
    }
    Ok(table.print())
}

/// The table of one resource.
fn table(
    view: &Snapshot<'_>,
    request: &Request,
    resource: Resource,
    items: &[Item],
    with_prefix: bool,
) -> Table {
    let wide = request.output == Output::Wide;
    let with_namespace = request.query.namespace.is_none() && resource.is_namespaced();
    let mut table = rows(view, resource, items, wide, with_namespace);
    for (row, item) in table.rows.iter_mut().zip(items) {
        let object = match item {
            Item::Object(object) => *object,
            Item::Endpoints(service) => (*service).into(),
            Item::Event(_) => continue,
        };
        if with_prefix {
            row[0] = format!("{}/{}", resource.prefix(), row[0]);
        }
        if with_namespace {
            row.insert(0, view.namespace(object).to_owned());
        }
        add_labels(row, view.set(labels(view, object)), request);
    }
    if with_namespace && resource != Resource::Event {
        table.headings.insert(0, "NAMESPACE".to_owned());
    }
    for key in &request.label_columns {
        let name = key.rsplit('/').next().unwrap_or(key);
        table.headings.push(name.to_uppercase());
    }
    if request.show_labels {
        table.headings.push("LABELS".to_owned());
    }
    if request.no_headings {
        table.headings.clear();
    }
    table
}

fn add_labels(row: &mut Vec<String>, labels: &Labels, request: &Request) {
    for key in &request.label_columns {
        row.push(labels.get(key).unwrap_or_default().to_owned());
    }
    if request.show_labels {
        row.push(pairs(labels));
    }
}

/// Labels as `a=b,c=d`; `<none>` when there are none.
#[must_use]
pub fn pairs(labels: &Labels) -> String {
    if labels.is_empty() {
        return "<none>".to_owned();
    }
    let pairs: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}

/// The requirements of a selector that are plain `key=value` pairs.
#[must_use]
pub fn plain_pairs(selector: &Selector) -> Vec<(&str, &str)> {
    selector
        .requirements()
        .iter()
        .filter(|it| it.operator() == Operator::In && it.values().len() == 1)
        .map(|it| (it.key(), &*it.values()[0]))
        .collect()
}

/// A selector as tables show it.
fn selector_text(selector: Option<&Selector>) -> String {
    match selector {
        None => "<none>".to_owned(),
        Some(selector) if selector.is_empty() => "<none>".to_owned(),
        Some(selector) => selector.to_string(),
    }
}

/// The names and the images of a template's containers.
fn containers_and_images(spec: &PodSpec) -> [String; 2] {
    let join = |texts: Vec<&str>| texts.join(",");
    [
        join(spec.containers.iter().map(|it| &*it.name).collect()),
        join(spec.containers.iter().map(|it| &*it.image).collect()),
    ]
}

/// The columns of a resource, without namespace and labels.
fn rows(
    view: &Snapshot<'_>,
    resource: Resource,
    items: &[Item],
    wide: bool,
    with_namespace: bool,
) -> Table {
    let objects: Vec<ObjId> = items
        .iter()
        .filter_map(|item| match item {
            Item::Object(object) => Some(*object),
            Item::Event(_) | Item::Endpoints(_) => None,
        })
        .collect();
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "kinds without columns of their own show name and age"
    )]
    match resource {
        Resource::Event => {
            let events: Vec<_> = items
                .iter()
                .filter_map(|item| match item {
                    Item::Event(event) => Some(*event),
                    Item::Object(_) | Item::Endpoints(_) => None,
                })
                .collect();
            super::events::table(view, &events, with_namespace, wide)
        }
        Resource::Endpoints => network::endpoints(view, items),
        Resource::Object(kind) => match kind {
            Kind::Pod => pods::table(view, &objects, wide),
            Kind::Node => other::nodes(view, &objects, wide),
            Kind::Deployment => workloads::deployments(view, &objects, wide),
            Kind::ReplicaSet => workloads::replica_sets(view, &objects, wide),
            Kind::Service => network::services(view, &objects, wide),
            Kind::EndpointSlice => network::slices(view, &objects),
            Kind::Namespace => other::namespaces(view, &objects),
            Kind::ConfigMap | Kind::Secret => other::data(view, &objects, kind),
            Kind::PodDisruptionBudget => other::budgets(view, &objects),
            Kind::PriorityClass => other::priority_classes(view, &objects),
            Kind::PersistentVolume => storage::volumes(view, &objects, wide),
            Kind::PersistentVolumeClaim => storage::claims(view, &objects, wide),
            Kind::StorageClass => storage::classes(view, &objects),
            Kind::CsiNode => storage::csi_nodes(view, &objects),
            _ => other::plain(view, &objects),
        },
    }
}

fn item_name(view: &Snapshot<'_>, item: &Item) -> String {
    match item {
        Item::Object(object) => view.name(*object),
        Item::Event(event) => event.name(view),
        Item::Endpoints(service) => view.name(*service),
    }
}

/// An item as the API shows it.
#[must_use]
pub fn item_json(view: &Snapshot<'_>, item: &Item) -> Option<Value> {
    match item {
        Item::Object(object) => to_json(view, *object),
        Item::Event(event) => Some(event.to_json(view)),
        Item::Endpoints(service) => Some(network::endpoints_json(view, *service)),
    }
}

/// Sorts items by the value of a path.
fn sort(view: &Snapshot<'_>, items: &mut [Item], path: &str) -> Result<(), PathError> {
    let path = braced(path);
    let mut keyed = Vec::new();
    for item in items.iter() {
        let value = item_json(view, item).unwrap_or_default();
        let text = jsonpath::evaluate(&path, &value)?;
        // Numbers sort as numbers, before texts.
        let number = text.parse::<i64>().unwrap_or(i64::MAX);
        keyed.push(((number, text), *item));
    }
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    for (item, (_, sorted)) in items.iter_mut().zip(keyed) {
        *item = sorted;
    }
    Ok(())
}
