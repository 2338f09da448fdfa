//! The kubectl lines of a timeline that only show something: what they would have printed then.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use wavetank_core::fact::Fact;
use wavetank_core::id::{Kind, ObjId, PodId};
use wavetank_core::label::Selector;
use wavetank_core::log::{Reader, RecordError, Replay, Until};
use wavetank_core::time::SimTime;

use super::clock::Clock;
use super::describe::describe_all;
use super::events::Events;
use super::get::{self, Request, get, selector_and_template};
use super::logs::{Lines, LogOptions};
use super::names::Names;
use super::select::{FieldRequirement, Item, Query, QueryError, Resource, labels, select};
use super::snapshot::Snapshot;
use crate::scenario::kubectl::{self, Kubectl, Logs, Output, Selection};
use crate::scenario::target::{Namespaces, Requirement};

/// Lines of each pod that `logs -l` shows unless `--tail` says otherwise, as in kubectl.
const TAIL_OF_MANY: usize = 10;

/// A line, and where in the history it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked<'a> {
    /// The cluster is seen as it was before the fact with this number.
    pub seq: u64,
    /// When that was.
    pub at: SimTime,
    /// The line, with or without `kubectl` in front.
    pub line: &'a str,
}

/// What each line would have printed, output and errors together.
///
/// # Errors
///
/// When the log cannot be read, or contradicts itself.
pub fn answers<S: Read + Seek>(
    log: Reader<S>,
    asked: &[Asked<'_>],
) -> Result<Vec<String>, RecordError> {
    let parsed: Vec<_> = asked.iter().map(|it| kubectl::parse(it.line)).collect();
    let wants_lines = parsed
        .iter()
        .any(|it| matches!(it, Ok((Kubectl::Logs(_), _))));
    let mut order: Vec<usize> = (0..asked.len()).collect();
    order.sort_by_key(|place| asked[*place].seq);

    let clock = Clock::of(log.header());
    let uid_key = log.header().uid_key();
    let mut names = Names::default();
    let mut events = Events::default();
    let mut lines: BTreeMap<PodId, Lines> = BTreeMap::new();
    let mut replay = Replay::new(log);
    let mut texts = vec![String::new(); asked.len()];
    for place in order {
        replay.each(Until::Seq(asked[place].seq), |cluster, record| {
            names.observe(record);
            events.observe(cluster, record);
            if let Fact::Runtime(pod, _) = record.fact
                && wants_lines
            {
                let lines = lines.entry(pod).or_insert_with(|| Lines::of(pod));
                lines.observe(record);
            }
        })?;
        let view = Snapshot {
            cluster: replay.cluster(),
            names: &names,
            events: &events,
            clock,
            uid_key,
            now: asked[place].at,
        };
        texts[place] = match &parsed[place] {
            Ok((command, _)) => answer(&view, command, &lines),
            Err(error) => format!("error: {error}\n"),
        };
    }
    Ok(texts)
}

/// What one line prints.
fn answer(view: &Snapshot<'_>, command: &Kubectl, lines: &BTreeMap<PodId, Lines>) -> String {
    let answered = if let Kubectl::Get { what, .. } = command {
        query(what).and_then(|query| shown(view, command, query))
    } else if let Kubectl::Describe(what) = command {
        query(what).and_then(|query| described(view, &query))
    } else if let Kubectl::Logs(logs) = command {
        written(view, logs, lines)
    } else {
        // As where no metrics server runs: nothing measures usage.
        Err("Metrics API not available".to_owned())
    };
    answered.unwrap_or_else(|error| format!("error: {error}\n"))
}

type Answered<T> = Result<T, String>;

fn shown(view: &Snapshot<'_>, command: &Kubectl, query: Query) -> Answered<String> {
    let Kubectl::Get {
        output,
        show_labels,
        no_headers,
        label_columns,
        sort_by,
        ..
    } = command
    else {
        return Ok(String::new());
    };
    let request = Request {
        query,
        output: format(output)?,
        label_columns: label_columns.clone(),
        show_labels: *show_labels,
        no_headings: *no_headers,
        sort_by: sort_by.clone(),
    };
    let answer = get(view, &request).map_err(|error| error.to_string())?;
    let mut text = answer.text;
    if let Some(remark) = answer.remark {
        text.push_str(&remark);
        text.push('\n');
    }
    not_found(&mut text, &answer.missing);
    Ok(text)
}

fn format(output: &Output) -> Answered<get::Output> {
    Ok(match output {
        Output::Table => get::Output::Table,
        Output::Wide => get::Output::Wide,
        Output::Name => get::Output::Name,
        Output::Yaml => get::Output::Yaml,
        Output::Json => get::Output::Json,
        Output::JsonPath(template) => get::Output::JsonPath(template.clone()),
        Output::CustomColumns(columns) => {
            let columns = std::format!("custom-columns={columns}").parse();
            columns.map_err(|error: get::OutputError| error.to_string())?
        }
    })
}

fn described(view: &Snapshot<'_>, query: &Query) -> Answered<String> {
    let (mut text, missing) = describe_all(view, query).map_err(|error| error.to_string())?;
    if text.is_empty() && missing.is_empty() {
        text.push_str("No resources found\n");
    }
    not_found(&mut text, &missing);
    Ok(text)
}

fn not_found(text: &mut String, missing: &[QueryError]) {
    for missing in missing {
        text.push_str(&format!("Error from server (NotFound): {missing}\n"));
    }
}

/// `logs`: of a pod, of one pod of a workload, or of all pods that have some labels.
fn written(view: &Snapshot<'_>, logs: &Logs, lines: &BTreeMap<PodId, Lines>) -> Answered<String> {
    let query = query(&logs.what)?;
    let (found, missing) = select(view, &query).map_err(|error| error.to_string())?;
    let mut text = String::new();
    not_found(&mut text, &missing);
    let by_labels = !query.labels.is_empty();
    let tail = logs.tail.and_then(|tail| usize::try_from(tail).ok());
    let options = LogOptions {
        container: logs.container.clone(),
        all: logs.all_containers,
        prefix: logs.prefix,
        previous: logs.previous,
        tail: tail.or(by_labels.then_some(TAIL_OF_MANY)),
        timestamps: logs.timestamps,
        since: logs.since.map(|since| view.now.back(since)),
    };
    for item in found.iter().flat_map(|(_, items)| items) {
        let Item::Object(object) = item else { continue };
        let Some(pod) = pod_of(view, *object, &mut text) else {
            text.push_str(&format!(
                "error: no pod of {} is there\n",
                view.name(*object)
            ));
            continue;
        };
        let lines = lines.get(&pod).cloned().unwrap_or(Lines::of(pod));
        match lines.show(view, &options) {
            Ok(shown) => text.push_str(&shown),
            Err(error) => text.push_str(&format!("error: {error}\n")),
        }
    }
    Ok(text)
}

/// The pod itself; of a workload the pod that `kubectl logs` takes: a ready one before others, the
/// oldest of them.
fn pod_of(view: &Snapshot<'_>, object: ObjId, text: &mut String) -> Option<PodId> {
    if object.kind == Kind::Pod {
        return Some(PodId(object.index));
    }
    let store = view.store();
    let spec = if object.kind == Kind::Deployment {
        store.deployments.newest(object.index)?.spec
    } else if object.kind == Kind::ReplicaSet {
        store.replica_sets.newest(object.index)?.spec
    } else {
        return None;
    };
    let (selector, _) = selector_and_template(view, spec)?;
    let place = view.namespace(object);
    let mut pods = view.pods();
    pods.retain(|pod| {
        view.namespace((*pod).into()) == place
            && selector.matches(view.set(labels(view, (*pod).into())))
    });
    let best = pods.iter().copied().min_by_key(|pod| {
        let is_ready = view
            .store()
            .pods
            .newest(pod.0)
            .is_some_and(|pod| pod.is_ready());
        (!is_ready, view.store().pod_identity(*pod).created, *pod)
    })?;
    if pods.len() > 1 {
        let name = view.name(best);
        text.push_str(&format!("Found {} pods, using pod/{name}\n", pods.len()));
    }
    Some(best)
}

/// What a line is about, as views ask for it.
fn query(what: &Selection) -> Answered<Query> {
    let mut wanted: Vec<(Resource, Vec<String>)> = Vec::new();
    for resource in &what.resources {
        let kind = Resource::parse(resource.kind).map_err(|error| error.to_string())?;
        let names = resource.name.clone().into_iter();
        match wanted.last_mut() {
            Some((last, known)) if *last == kind => known.extend(names),
            Some(_) | None => wanted.push((kind, names.collect())),
        }
    }
    let fields = what.fields.iter().map(|it| FieldRequirement {
        field: it.field.clone(),
        equal: it.equal,
        value: it.value.clone(),
    });
    Ok(Query {
        wanted,
        namespace: match &what.namespaces {
            Namespaces::Default => Some("default".to_owned()),
            Namespaces::Named(name) => Some(name.clone()),
            Namespaces::All => None,
        },
        labels: selector(what)?,
        fields: fields.collect(),
    })
}

fn selector(what: &Selection) -> Answered<Selector> {
    let requirement = |it: &Requirement| it.to_label().map_err(|error| error.to_string());
    let requirements: Answered<Vec<_>> = what.labels.iter().map(requirement).collect();
    Ok(Selector::new(requirements?))
}
