//! `explain`: why something is as it is: the facts about it, and the facts that led to them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use serde_json::{Value, json};
use wavetank_core::fact::object::{EndpointChange, SliceChange};
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::traffic::RequestEnd;
use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::{ClientId, Kind, NodeId, ObjId, PodId, Rev};
use wavetank_core::log::{Entry, Reader, RecordError, Replay, Until};
use wavetank_core::object::definition::Named;
use wavetank_core::object::service::Endpoint;
use wavetank_core::state::Cluster;
use wavetank_core::time::{SimDuration, SimTime};

use super::clock::Clock;
use super::names::{self, Names};
use super::phrase::Phrases;
use super::route::{Route, Routes};
use super::table::Table;

/// How many steps of a chain of causes are followed.
const DEPTH: usize = 64;
/// How many of the last records about a pod are shown with a request to it.
const LAST: usize = 6;

/// What is to be explained.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An object, by kind, namespace and name: its whole life.
    Object(Kind, Option<String>, String),
    /// A request: the traffic source, by name or number, and its number within the source.
    Request(String, u32),
    /// A record, by number: what led to it.
    Record(u64),
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] RecordError),
    /// It is not in the log.
    #[error("{0} is not in the log")]
    NotFound(String),
    /// The request ended well: only numbers of such requests are kept.
    #[error(
        "request {client}/{number} is not in the log by itself: requests that end well are only \
         counted, and {lost} of {client} did not: {examples}"
    )]
    NotLost {
        /// The traffic source.
        client: String,
        /// The request.
        number: u32,
        /// How many were lost.
        lost: usize,
        /// The numbers of the first of them.
        examples: String,
    },
}

/// One step of an explanation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The record's number.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// The number of its cause; its own when nothing in the run led to it.
    pub cause: u64,
    /// The revision, of a write.
    pub rev: Option<u32>,
    /// Who decided it.
    pub by: String,
    /// What happened.
    pub what: String,
    /// Whether it is only there because it led to another step.
    pub is_cause: bool,
}

/// An explanation: a heading, and steps in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What is explained.
    pub heading: String,
    /// The steps.
    pub steps: Vec<Step>,
    /// How a request was sent on, when the log has that: at level `messages`.
    pub route: Option<Route>,
    /// The run's clocks.
    pub clock: Clock,
}

/// Explains `subject`, from what happened up to `at` or up to the end. Reads the log twice.
///
/// # Errors
///
/// When the log cannot be read, or the subject is not in it.
pub fn explain<S: Read + Seek>(
    mut open: impl FnMut() -> Result<Reader<S>, RecordError>,
    subject: &Subject,
    at: Option<SimTime>,
) -> Result<Explanation, ExplainError> {
    let until = at.map_or(Until::End, Until::At);
    let mut first = First::default();
    if let Subject::Request(_, number) = subject {
        first.routes = Routes::of(*number);
    }
    let mut replay = Replay::new(open()?);
    let clock = Clock::of(replay.header());
    while let Some(entry) = replay.step(until)? {
        match &entry {
            Entry::Fact(record) => first.observe(record, replay.cluster().store.rev),
            Entry::Delivery { delivery, .. } => first.routes.deliver(delivery),
            Entry::Definition(_) | Entry::Checkpoint { .. } => {}
        }
    }
    let cluster = replay.into_cluster();
    let Found {
        heading,
        own,
        route,
    } = first.subject(&cluster, subject, clock)?;
    let causes = first.causes_of(&own);
    let mut steps = Vec::new();
    let mut names = Names::default();
    let mut replay = Replay::new(open()?);
    replay.each(until, |cluster, record| {
        names.observe(record);
        let is_own = own.contains(&record.seq);
        if is_own || causes.contains(&record.seq) {
            steps.push(Step {
                seq: record.seq,
                at: record.at,
                cause: record.cause,
                rev: record.fact.is_write().then_some(cluster.store.rev.0),
                by: names::actor(&names, cluster, record.by),
                what: Phrases {
                    cluster,
                    names: &names,
                }
                .fact(record),
                is_cause: !is_own,
            });
        }
    })?;
    Ok(Explanation {
        heading,
        steps,
        route,
        clock,
    })
}

/// What a subject was found to be.
#[derive(Debug)]
struct Found {
    heading: String,
    /// The numbers of the records that it itself consists of.
    own: BTreeSet<u64>,
    route: Option<Route>,
}

impl Found {
    const fn new(heading: String, own: BTreeSet<u64>) -> Self {
        Self {
            heading,
            own,
            route: None,
        }
    }
}

/// What the first reading keeps of each record: enough to find chains.
#[derive(Debug, Default)]
struct First {
    names: Names,
    /// Cause by number, 32 bits a record.
    causes: Vec<u32>,
    /// Objects by number of the record.
    about: Vec<Option<ObjId>>,
    /// Ends of requests that are kept, with the number of the record.
    ends: Vec<(u64, SimTime, RequestEnd)>,
    /// By pod: the records in which its deletion began, and those that changed its endpoints.
    turns: BTreeMap<PodId, Turns>,
    routes: Routes,
}

/// The records about a pod that matter to those who send it requests.
#[derive(Clone, Debug, Default)]
struct Turns {
    deleting: Option<u64>,
    endpoints: Vec<u64>,
}

impl First {
    fn observe(&mut self, record: &Record, rev: Rev) {
        self.names.observe(record);
        self.routes.observe(record, rev);
        let cause = u32::try_from(record.cause).unwrap_or(u32::MAX);
        self.causes.push(cause);
        self.about.push(record.fact.object());
        if let Fact::RequestEnded(end) = record.fact {
            self.ends.push((record.seq, record.at, end));
        }
        if let Fact::PodChanged(pod, PodChange::Deleting(_)) = record.fact {
            let turns = self.turns.entry(pod).or_default();
            turns.deleting.get_or_insert(record.seq);
        }
        if let Fact::SliceChanged(_, SliceChange::Endpoints(changes)) = &record.fact {
            for change in changes {
                let (EndpointChange::Set(Endpoint { pod, .. }) | EndpointChange::Removed(pod)) =
                    change;
                self.turns
                    .entry(*pod)
                    .or_default()
                    .endpoints
                    .push(record.seq);
            }
        }
    }

    /// Finds the subject.
    fn subject(
        &self,
        cluster: &Cluster,
        subject: &Subject,
        clock: Clock,
    ) -> Result<Found, ExplainError> {
        match subject {
            Subject::Record(seq) => {
                if *seq < cluster.next_seq {
                    Ok(Found::new(format!("record {seq}"), [*seq].into()))
                } else {
                    let last = cluster.next_seq.saturating_sub(1);
                    let what = format!("record {seq} (the last one is {last})");
                    Err(ExplainError::NotFound(what))
                }
            }
            Subject::Object(kind, namespace, name) => {
                self.object(cluster, (*kind, namespace.as_deref(), name))
            }
            Subject::Request(client, number) => self.request(cluster, client, *number, clock),
        }
    }

    fn object(
        &self,
        cluster: &Cluster,
        (kind, namespace, name): (Kind, Option<&str>, &str),
    ) -> Result<Found, ExplainError> {
        let place = namespace.and_then(|it| cluster.definitions.texts.find(it));
        let found = match (namespace, place) {
            (Some(_), None) => Vec::new(), // nobody ever spoke of that namespace
            (_, place) => self.names.all_named(cluster, kind, place, name),
        };
        // The last of that name, when it was made again.
        let Some(object) = found.last().copied() else {
            let what = format!("{}/{name}", kind.name().to_lowercase());
            return Err(ExplainError::NotFound(what));
        };
        let about = self.about.iter().enumerate();
        let own = about.filter(|(_, about)| **about == Some(object));
        let mut heading = self.names.path(cluster, object);
        if found.len() > 1 {
            heading.push_str(&format!("   (the last of {} of that name)", found.len()));
        }
        let own = own.map(|(seq, _)| seq as u64).collect();
        Ok(Found::new(heading, own))
    }

    fn request(
        &self,
        cluster: &Cluster,
        client: &str,
        number: u32,
        clock: Clock,
    ) -> Result<Found, ExplainError> {
        let id = cluster
            .definitions
            .find_named(Named::Client, client)
            .or_else(|| client.parse().ok())
            .map(ClientId)
            .ok_or_else(|| ExplainError::NotFound(format!("a traffic source {client}")))?;
        let of_client = || self.ends.iter().filter(|(_, _, end)| end.client == id);
        let Some((seq, at, end)) = of_client().find(|(_, _, end)| end.number == number) else {
            let examples: Vec<_> = of_client()
                .take(5)
                .map(|(_, _, end)| end.number.to_string())
                .collect();
            return Err(ExplainError::NotLost {
                client: client.to_owned(),
                number,
                lost: of_client().count(),
                examples: examples.join(", "),
            });
        };
        let took = SimDuration::from_micros(u64::from(end.took_micros));
        let sent = at.back(took);
        let verdict = if end.outcome.is_lost() { "LOST" } else { "OK" };
        let heading = format!(
            "request {client}/{number}   sent t={}   {verdict} {} at t={}",
            clock.since_zero(sent),
            end.outcome.name(),
            clock.since_zero(*at)
        );
        let mut found = Found::new(heading, [*seq].into());
        if let Some(pod) = end.pod {
            found.own.extend(self.end_of(pod, *seq));
            let changes = self.turns.get(&pod).map_or(&[][..], |it| &it.endpoints);
            let name = |node: NodeId| self.names.name(cluster, node.into());
            found.route = self.routes.route(id, sent, changes, name);
            let unseen = found.route.iter().flat_map(|route| &route.unseen);
            found.own.extend(unseen.map(|it| it.seq));
        }
        Ok(found)
    }

    /// What had become of a pod when a request to it ended: its records from the deletion on, or the
    /// last few if it was not deleted, and the last changes of its endpoints.
    fn end_of(&self, pod: PodId, seq: u64) -> Vec<u64> {
        let object = ObjId::from(pod);
        let last = usize::try_from(seq).unwrap_or(usize::MAX);
        let turns = self.turns.get(&pod).cloned().unwrap_or_default();
        let begin = turns.deleting.unwrap_or(0);
        let about = self.about.iter().take(last).enumerate();
        let mut own: Vec<u64> = about
            .filter(|(_, about)| **about == Some(object))
            .map(|(seq, _)| seq as u64)
            .filter(|seq| *seq >= begin)
            .collect();
        if turns.deleting.is_none() {
            own.drain(..own.len().saturating_sub(LAST));
        }
        let changes = turns.endpoints.into_iter().filter(|change| *change < seq);
        let mut changes: Vec<u64> = changes.collect();
        changes.drain(..changes.len().saturating_sub(LAST));
        own.extend(changes);
        own
    }

    /// The numbers of the records that led to these, but are not among them.
    fn causes_of(&self, own: &BTreeSet<u64>) -> BTreeSet<u64> {
        let mut causes = BTreeSet::new();
        for seq in own {
            let mut current = *seq;
            for _ in 0..DEPTH {
                let place = usize::try_from(current).unwrap_or(usize::MAX);
                let Some(cause) = self.causes.get(place).map(|cause| u64::from(*cause)) else {
                    break;
                };
                if cause >= current || causes.contains(&cause) {
                    break;
                }
                if !own.contains(&cause) {
                    causes.insert(cause);
                }
                current = cause;
            }
        }
        causes
    }
}

impl Explanation {
    /// The steps as a table: number, because of which step, time, record, revision, who, what.
    #[must_use]
    pub fn print(&self) -> String {
        let mut table = Table::default();
        for (number, step) in self.steps.iter().enumerate() {
            let because = self.steps.iter().position(|other| other.seq == step.cause);
            let because = match because {
                Some(place) if step.cause != step.seq => format!("<- {}", place + 1),
                Some(_) | None => String::new(),
            };
            table.rows.push(vec![
                format!("{:>3}", number + 1),
                because,
                format!("t={}", self.clock.since_zero(step.at)),
                format!("seq {}", step.seq),
                step.rev.map_or_else(String::new, |rev| format!("rv {rev}")),
                step.by.clone(),
                step.what.clone(),
            ]);
        }
        let route = self.route.as_ref();
        let route = route.map_or_else(String::new, |route| route.print(&self.clock));
        format!("{}\n{route}{}", self.heading, table.print())
    }

    /// The explanation for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "seq": step.seq,
                    "atNanos": step.at.nanos(),
                    "t": self.clock.since_zero(step.at),
                    "cause": if step.cause == step.seq { Value::Null } else { json!(step.cause) },
                    "resourceVersion": step.rev,
                    "by": step.by,
                    "what": step.what,
                    "isCause": step.is_cause,
                })
            })
            .collect();
        let route = self.route.as_ref().map(Route::to_json);
        json!({ "subject": self.heading, "route": route, "steps": steps })
    }
}
