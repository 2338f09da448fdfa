//! What a command asks for: kinds and names, namespaces, labels, fields.

mod fields;
mod resource;

use thiserror::Error;
use wavetank_core::id::{Kind, ObjId, PodId, ServiceId, SetId, TextId};
use wavetank_core::label::Selector;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::template::RestartPolicy;

use super::events::Event;
use super::names::component;
use super::snapshot::Snapshot;
use fields::{field, supported};
pub use resource::Resource;

/// One thing that can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// An object.
    Object(ObjId),
    /// An Event.
    Event(Event),
    /// The Endpoints of a Service.
    Endpoints(ServiceId),
}

/// Why a command cannot be answered.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No kind has this name.
    #[error("the server doesn't have a resource type \"{0}\": try pods, nodes, deployments, …")]
    UnknownResource(String),
    /// There is no object of this name.
    #[error("{plural} \"{name}\" not found{elsewhere}")]
    NotFound {
        /// The kind, as the API writes it: `deployments.apps`.
        plural: String,
        /// The name.
        name: String,
        /// Where or when there is one.
        elsewhere: String,
    },
    /// A selector by field has another form than `path=value,path!=value`.
    #[error("field selector `{0}` has another form than path=value, path!=value")]
    FieldForm(String),
    /// Objects of this kind cannot be chosen by this field.
    #[error("field label not supported for {plural}: {field} (supported: {supported})")]
    FieldLabel {
        /// The kind.
        plural: String,
        /// The field.
        field: String,
        /// Those that are.
        supported: String,
    },
    /// Names and selectors cannot be used together.
    #[error("name cannot be provided when a selector is specified")]
    NameAndSelector,
    /// Nothing was asked for.
    #[error("you must specify the type of resource to get: pods, nodes, deployments, …, or all")]
    NothingAsked,
}

/// The items of each resource that was asked for.
pub type Selected = Vec<(Resource, Vec<Item>)>;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The kinds, and with each the names; no names ask for all.
    pub wanted: Vec<(Resource, Vec<String>)>,
    /// The namespace; none asks for all of them.
    pub namespace: Option<String>,
    /// `-l`
    pub labels: Selector,
    /// `--field-selector`
    pub fields: Vec<FieldRequirement>,
}

/// One requirement of `--field-selector`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldRequirement {
    /// The path: `status.phase`.
    pub field: String,
    /// Whether the value must be equal; otherwise it must differ.
    pub equal: bool,
    /// The value.
    pub value: String,
}

/// Reads `path=value,path!=value`.
///
/// # Errors
///
/// When it has another form.
pub fn parse_fields(text: &str) -> Result<Vec<FieldRequirement>, QueryError> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (field, equal, value) = part
                .split_once("!=")
                .map(|(field, value)| (field, false, value))
                .or_else(|| {
                    part.split_once("==")
                        .map(|(field, value)| (field, true, value))
                })
                .or_else(|| {
                    part.split_once('=')
                        .map(|(field, value)| (field, true, value))
                })
                .ok_or_else(|| QueryError::FieldForm(part.to_owned()))?;
            Ok(FieldRequirement {
                field: field.trim().to_owned(),
                equal,
                value: value.trim().to_owned(),
            })
        })
        .collect()
}

/// Reads the words after `get`: `pods`, `po,svc`, `pod web-1 web-2`, `deploy/web svc/web`.
///
/// # Errors
///
/// When a kind is unknown, or nothing is asked for.
pub fn parse_words(words: &[String]) -> Result<Vec<(Resource, Vec<String>)>, QueryError> {
    let mut wanted: Vec<(Resource, Vec<String>)> = Vec::new();
    let Some(first) = words.first() else {
        return Err(QueryError::NothingAsked);
    };
    if words.iter().any(|word| word.contains('/')) {
        for word in words {
            let (kind, name) = word
                .split_once('/')
                .ok_or_else(|| QueryError::UnknownResource(word.clone()))?;
            let resource = Resource::parse(kind)?;
            match wanted.last_mut().filter(|last| last.0 == resource) {
                Some(last) => last.1.push(name.to_owned()),
                None => wanted.push((resource, vec![name.to_owned()])),
            }
        }
        return Ok(wanted);
    }
    for resource in Resource::parse_list(first)? {
        wanted.push((resource, words[1..].to_vec()));
    }
    if wanted.is_empty() {
        return Err(QueryError::NothingAsked);
    }
    Ok(wanted)
}

/// The items of each resource, in the order of `kubectl`; and which names were not found.
///
/// # Errors
///
/// When the query contradicts itself.
pub fn select(
    view: &Snapshot<'_>,
    query: &Query,
) -> Result<(Selected, Vec<QueryError>), QueryError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (resource, names) in &query.wanted {
        if !names.is_empty() && (!query.labels.is_empty() || !query.fields.is_empty()) {
            return Err(QueryError::NameAndSelector);
        }
        let mut items = Vec::new();
        if names.is_empty() {
            for item in all(view, *resource, query.namespace.as_deref()) {
                if item_fits(view, *resource, &item, query)? {
                    items.push(item);
                }
            }
        }
        for name in names {
            match by_name(view, *resource, query.namespace.as_deref(), name) {
                Some(item) => items.push(item),
                None => missing.push(not_found(view, *resource, query, name)),
            }
        }
        found.push((*resource, items));
    }
    Ok((found, missing))
}

/// One object by kind and name.
///
/// # Errors
///
/// When there is none.
pub fn one(
    view: &Snapshot<'_>,
    resource: Resource,
    namespace: &str,
    name: &str,
) -> Result<Item, QueryError> {
    by_name(view, resource, Some(namespace), name).ok_or_else(|| {
        let query = Query {
            namespace: Some(namespace.to_owned()),
            ..Query::default()
        };
        not_found(view, resource, &query, name)
    })
}

fn not_found(view: &Snapshot<'_>, resource: Resource, query: &Query, name: &str) -> QueryError {
    let mut elsewhere = String::new();
    if let Resource::Object(kind) = resource {
        let known = view.names.all_named(view.cluster, kind, None, name);
        let there = known.iter().find(|object| view.store().exists(**object));
        if let Some(object) = there {
            elsewhere = format!(": it is in namespace {}", view.namespace(*object));
        } else if !known.is_empty() {
            let now = view.clock.since_zero(view.now);
            elsewhere = format!(" at t={now}: it is gone by then (ask for an earlier --at)");
        } else if query.namespace.is_none() {
            elsewhere = " in any namespace".to_owned();
        }
    }
    QueryError::NotFound {
        plural: resource.plural(),
        name: name.to_owned(),
        elsewhere,
    }
}

fn by_name(
    view: &Snapshot<'_>,
    resource: Resource,
    namespace: Option<&str>,
    name: &str,
) -> Option<Item> {
    let texts = &view.definitions().texts;
    let kind = match resource {
        Resource::Object(kind) => kind,
        Resource::Endpoints => Kind::Service,
        Resource::Event => {
            let mut events = view.events.at(view.now).into_iter();
            return events
                .find(|event| event.name(view) == name)
                .map(Item::Event);
        }
    };
    let wanted = ObjectName::find(name, texts)?;
    let find = |namespace: TextId| view.store().find(kind, namespace, wanted);
    let object = match namespace {
        Some(namespace) => find(texts.find(namespace)?),
        None => {
            let known = view.names.all_named(view.cluster, kind, None, name);
            known
                .into_iter()
                .find(|object| view.store().exists(*object))
        }
    }?;
    Some(match resource {
        Resource::Endpoints => Item::Endpoints(ServiceId(object.index)),
        Resource::Object(_) | Resource::Event => Item::Object(object),
    })
}

/// All items of a resource in a namespace, or in all of them.
fn all(view: &Snapshot<'_>, resource: Resource, namespace: Option<&str>) -> Vec<Item> {
    let is_in = |place: &str| {
        !resource.is_namespaced() || namespace.is_none_or(|namespace| namespace == place)
    };
    let kind = match resource {
        Resource::Object(kind) => kind,
        Resource::Endpoints => Kind::Service,
        Resource::Event => {
            let in_namespace = |event: &Event| match view.namespace(event.object) {
                "" => is_in("default"),
                namespace => is_in(namespace),
            };
            let events = view.events.at(view.now).into_iter();
            return events.filter(in_namespace).map(Item::Event).collect();
        }
    };
    let mut objects: Vec<_> = objects(view, kind)
        .into_iter()
        .map(|object| (view.namespace(object), view.name(object), object))
        .filter(|(place, ..)| is_in(place))
        .collect();
    objects.sort();
    let item = |object: ObjId| match resource {
        Resource::Endpoints => Item::Endpoints(ServiceId(object.index)),
        Resource::Object(_) | Resource::Event => Item::Object(object),
    };
    objects
        .into_iter()
        .map(|(_, _, object)| item(object))
        .collect()
}

/// The objects of a kind that are there, in the order of their numbers.
#[must_use]
pub fn objects(view: &Snapshot<'_>, kind: Kind) -> Vec<ObjId> {
    let store = view.store();
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other kind is in the table of the others"
    )]
    let indexes: Vec<u32> = match kind {
        Kind::Pod => store.pods.live_indexes().collect(),
        Kind::Node => store.nodes.live_indexes().collect(),
        Kind::ReplicaSet => store.replica_sets.live_indexes().collect(),
        Kind::Deployment => store.deployments.live_indexes().collect(),
        Kind::Service => store.services.live_indexes().collect(),
        Kind::EndpointSlice => store.slices.live_indexes().collect(),
        _ => {
            let others = store.others.live_indexes();
            others
                .filter(|index| store.other_kind(wavetank_core::id::OtherId(*index)) == kind)
                .collect()
        }
    };
    indexes
        .into_iter()
        .map(|index| ObjId { kind, index })
        .collect()
}

fn item_fits(
    view: &Snapshot<'_>,
    resource: Resource,
    item: &Item,
    query: &Query,
) -> Result<bool, QueryError> {
    if !query.labels.is_empty() {
        let fits = match item {
            Item::Object(object) => query.labels.matches(view.set(labels(view, *object))),
            Item::Endpoints(service) => query
                .labels
                .matches(view.set(labels(view, (*service).into()))),
            Item::Event(_) => query
                .labels
                .matches(&wavetank_core::label::Labels::default()),
        };
        if !fits {
            return Ok(false);
        }
    }
    for requirement in &query.fields {
        let value =
            field(view, item, &requirement.field).ok_or_else(|| QueryError::FieldLabel {
                plural: resource.plural(),
                field: requirement.field.clone(),
                supported: supported(resource).join(", "),
            })?;
        if (value == requirement.value) != requirement.equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `metadata.labels` of an object; the empty set when it is gone.
#[must_use]
pub fn labels(view: &Snapshot<'_>, object: ObjId) -> SetId {
    let store = view.store();
    let labels = if object.kind == Kind::Pod {
        store.pods.newest(object.index).map(|pod| pod.labels)
    } else {
        store.meta(object).map(|meta| meta.labels)
    };
    labels.unwrap_or_default()
}
