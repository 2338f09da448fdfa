//! `diff`: where two logs part, and what followed.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Seek};

use serde_json::{Value, json};
use wavetank_core::fact::Record;
use wavetank_core::id::ObjId;
use wavetank_core::log::{Header, Reader, RecordError, Replay, Until};
use wavetank_core::time::SimTime;

use super::clock::Clock;
use super::names::{self, Names};
use super::object::to_json;
use super::phrase::Phrases;
use super::select::{Resource, objects};
use super::snapshot::Snapshot;

/// How many facts are shown on each side of the first difference.
const CONTEXT: usize = 3;
/// How many differing objects are named.
const OBJECTS: usize = 50;

/// What differs between two logs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Fields of the header that differ: name, and both values.
    pub header: Vec<(String, String, String)>,
    /// The number of the first fact that differs, if any does.
    pub first: Option<u64>,
    /// When it was, in either log.
    pub at: Option<String>,
    /// The facts before it, which are equal.
    pub before: Vec<String>,
    /// It and the facts after it, in each log.
    pub after: [Vec<String>; 2],
    /// How many facts each log has.
    pub facts: [u64; 2],
    /// Objects that differ at the end, and what about them does.
    pub objects: Vec<String>,
    /// How many more objects differ.
    pub more_objects: usize,
}

impl Difference {
    /// Whether the runs are the same: everything that was decided is equal.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none() && self.header.is_empty() && self.objects.is_empty()
    }
}

/// One of the two logs.
struct Side<S> {
    replay: Replay<S>,
    names: Names,
    clock: Clock,
}

impl<S: Read + Seek> Side<S> {
    fn new(log: Reader<S>) -> Self {
        let clock = Clock::of(log.header());
        Self {
            replay: Replay::new(log),
            names: Names::default(),
            clock,
        }
    }

    /// The next record, and its line.
    fn next(&mut self) -> Result<Option<Record>, RecordError> {
        loop {
            match self.replay.step(Until::End)? {
                None => return Ok(None),
                Some(wavetank_core::log::Entry::Fact(record)) => {
                    self.names.observe(&record);
                    return Ok(Some(record));
                }
                Some(
                    wavetank_core::log::Entry::Definition(_)
                    | wavetank_core::log::Entry::Delivery { .. }
                    | wavetank_core::log::Entry::Checkpoint { .. },
                ) => {}
            }
        }
    }

    fn line(&self, record: &Record) -> String {
        let cluster = self.replay.cluster();
        let phrases = Phrases {
            cluster,
            names: &self.names,
        };
        format!(
            "t={}  {}: {}",
            self.clock.since_zero(record.at),
            names::actor(&self.names, cluster, record.by),
            phrases.fact(record)
        )
    }
}

/// Compares two logs.
///
/// # Errors
///
/// When one of them cannot be read.
pub fn diff<S: Read + Seek, T: Read + Seek>(
    one: Reader<S>,
    other: Reader<T>,
) -> Result<Difference, RecordError> {
    let mut found = Difference {
        header: headers(one.header(), other.header()),
        facts: [one.totals().facts, other.totals().facts],
        ..Difference::default()
    };
    let (mut one, mut other) = (Side::new(one), Side::new(other));
    let mut before: VecDeque<String> = VecDeque::new();
    let mut recent: VecDeque<Record> = VecDeque::new();
    loop {
        let (left, right) = (one.next()?, other.next()?);
        // Ids may stand for different texts: equal records of equal definitions are compared by words
        // only where they part.
        if left == right {
            let Some(record) = left else {
                break;
            };
            if recent.len() == CONTEXT {
                recent.pop_front();
                before.pop_front();
            }
            before.push_back(one.line(&record));
            recent.push_back(record);
            continue;
        }
        let place = [&left, &right].into_iter().flatten().next();
        found.first = place.map(|record| record.seq);
        found.at = place.map(|record| one.clock.since_zero(record.at));
        let mut sides = [left, right];
        for step in 0..CONTEXT {
            if step > 0 {
                sides = [one.next()?, other.next()?];
            }
            let [left, right] = &sides;
            found.after[0].extend(left.as_ref().map(|record| one.line(record)));
            found.after[1].extend(right.as_ref().map(|record| other.line(record)));
        }
        break;
    }
    found.before = before.into();
    while one.next()?.is_some() {}
    while other.next()?.is_some() {}
    compare_objects(&mut found, &one, &other);
    Ok(found)
}

fn headers(one: &Header, other: &Header) -> Vec<(String, String, String)> {
    let fields = |header: &Header| {
        let parameters: Vec<_> = header
            .parameters
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        [
            ("model", header.model_version.clone()),
            ("scenario", header.scenario_name.clone()),
            ("scenario digest", header.scenario.to_string()),
            ("seed", header.seed.to_string()),
            ("parameters", parameters.join(" ")),
            ("epoch", header.epoch_seconds.to_string()),
        ]
    };
    fields(one)
        .into_iter()
        .zip(fields(other))
        .filter(|(one, other)| one != other)
        .map(|((name, one), (_, other))| (name.to_owned(), one, other))
        .collect()
}

/// All objects that are there, by path, as the API shows them.
fn shown<S: Read + Seek>(side: &Side<S>) -> BTreeMap<String, Value> {
    let cluster = side.replay.cluster();
    let events = super::events::Events::default();
    let view = Snapshot {
        cluster,
        names: &side.names,
        events: &events,
        clock: side.clock,
        uid_key: side.replay.header().uid_key(),
        now: SimTime::MAX,
    };
    let mut shown = BTreeMap::new();
    for kind in wavetank_core::id::Kind::ALL {
        for object in objects(&view, kind) {
            let path = format!("{}{}", namespace_prefix(&view, object), view.name(object));
            let path = format!("{}/{path}", Resource::Object(kind).prefix());
            shown.insert(path, to_json(&view, object).unwrap_or_default());
        }
    }
    shown
}

fn namespace_prefix(view: &Snapshot<'_>, object: ObjId) -> String {
    match view.namespace(object) {
        "" | "default" => String::new(),
        namespace => format!("{namespace}/"),
    }
}

fn compare_objects<S: Read + Seek, T: Read + Seek>(
    found: &mut Difference,
    one: &Side<S>,
    other: &Side<T>,
) {
    let (left, right) = (shown(one), shown(other));
    let mut lines = Vec::new();
    for (path, value) in &left {
        match right.get(path) {
            None => lines.push(format!("{path}: only in the first")),
            Some(same) if same == value => {}
            Some(different) => {
                let mut fields = Vec::new();
                differing(value, different, "", &mut fields);
                lines.push(format!("{path}: {}", fields.join(", ")));
            }
        }
    }
    for path in right.keys().filter(|path| !left.contains_key(*path)) {
        lines.push(format!("{path}: only in the second"));
    }
    found.more_objects = lines.len().saturating_sub(OBJECTS);
    lines.truncate(OBJECTS);
    found.objects = lines;
}

/// The paths at which two values differ, with both values where they are short; at most a few.
fn differing(one: &Value, other: &Value, path: &str, fields: &mut Vec<String>) {
    if one == other || fields.len() >= 4 {
        return;
    }
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let null = Value::Null;
                let (one, other) = (one.get(key), other.get(key));
                let path = format!("{path}.{key}");
                differing(one.unwrap_or(&null), other.unwrap_or(&null), &path, fields);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (place, (one, other)) in one.iter().zip(other).enumerate() {
                differing(one, other, &format!("{path}[{place}]"), fields);
            }
        }
        _ => {
            let short = |value: &Value| {
                let text = value.to_string();
                if text.len() > 40 {
                    "…".to_owned()
                } else {
                    text
                }
            };
            fields.push(format!("{path} {} → {}", short(one), short(other)));
        }
    }
}

impl Difference {
    /// For people.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        for (name, one, other) in &self.header {
            text.push_str(&format!("{name}: {one} → {other}\n"));
        }
        match self.first {
            None => text.push_str(&format!("all {} facts are equal\n", self.facts[0])),
            Some(seq) => {
                let at = self.at.as_deref().unwrap_or("?");
                text.push_str(&format!(
                    "the first {seq} facts are equal; they part at t={at} (facts in all: {} and {})\n",
                    self.facts[0], self.facts[1]
                ));
            }
        }
        if self.first.is_some() {
            for line in &self.before {
                text.push_str(&format!("    {line}\n"));
            }
            for (sign, lines) in ["-", "+"].into_iter().zip(&self.after) {
                for line in lines {
                    text.push_str(&format!("  {sign} {line}\n"));
                }
                if lines.is_empty() {
                    text.push_str(&format!("  {sign} (the log ends)\n"));
                }
            }
        }
        if !self.objects.is_empty() {
            text.push_str("objects that differ at the end:\n");
            for line in &self.objects {
                text.push_str(&format!("  {line}\n"));
            }
            if self.more_objects > 0 {
                text.push_str(&format!("  … and {} more\n", self.more_objects));
            }
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let header: Vec<_> = self
            .header
            .iter()
            .map(|(name, one, other)| json!({ "field": name, "first": one, "second": other }))
            .collect();
        json!({
            "equal": self.is_empty(),
            "header": header,
            "firstDifference": self.first,
            "facts": self.facts,
            "before": self.before,
            "first": self.after[0],
            "second": self.after[1],
            "objects": self.objects,
            "moreObjects": self.more_objects,
        })
    }
}
