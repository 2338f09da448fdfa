//! `log stat`, `log cat`, `log verify`: a log as such.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use serde_json::{Value, json};
use wavetank_core::delivery::Delivery;
use wavetank_core::fact::Record;
use wavetank_core::log::{
    Ending, Entry, Header, Reader, RecordError, RecordReader, RecordingLevel, Replay, Totals,
    Until, codec, state_digest,
};
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use super::clock::Clock;
use super::names::{self, Names};
use super::phrase::{Phrases, fact_kind};
use super::table::Table;

/// The totals of a log.
#[derive(Clone, Debug)]
pub struct Stat {
    /// What the run was made from.
    pub header: Header,
    /// How the log ends.
    pub ending: Ending,
    /// What it contains.
    pub totals: Totals,
    /// Bytes of its valid part.
    pub bytes: u64,
    /// The run digest.
    pub digest: String,
    /// The instant of the last entry.
    pub last_at: SimTime,
    /// By kind of fact: how many, and the bytes of their bodies.
    pub kinds: BTreeMap<&'static str, (u64, u64)>,
}

/// Counts what a log contains.
///
/// # Errors
///
/// When it cannot be read.
pub fn stat<S: Read + Seek>(log: Reader<S>) -> Result<Stat, RecordError> {
    let mut stat = Stat {
        header: log.header().clone(),
        ending: log.ending().clone(),
        totals: *log.totals(),
        bytes: log.body_end(),
        digest: log.digest().to_string(),
        last_at: log.last_at(),
        kinds: BTreeMap::new(),
    };
    let mut entries = RecordReader::new(log);
    let mut buffer = Vec::new();
    while let Some(entry) = entries.next()? {
        if let Entry::Fact(record) = entry {
            buffer.clear();
            codec::encode(&(record.by, &record.fact), &mut buffer)?;
            let row = stat.kinds.entry(fact_kind(&record.fact)).or_default();
            row.0 += 1;
            row.1 += buffer.len() as u64;
        }
    }
    Ok(stat)
}

impl Stat {
    /// For people.
    #[must_use]
    pub fn print(&self) -> String {
        let clock = Clock::of(&self.header);
        let totals = &self.totals;
        let mut text = format!(
            "scenario     {} ({})\nmodel        {}\nseed         {}\n",
            self.header.scenario_name,
            self.header.scenario,
            self.header.model_version,
            self.header.seed
        );
        for (key, value) in &self.header.parameters {
            text.push_str(&format!("parameter    {key}={value}\n"));
        }
        text.push_str(&format!(
            "recorded     {}, from t={} to t={}\nending       {}\ndigest       {}\n",
            level(self.header.level),
            clock.since_zero(SimTime::ZERO),
            clock.since_zero(self.last_at),
            ending(&self.ending),
            self.digest
        ));
        text.push_str(&format!(
            "size         {} bytes in {} blocks\n",
            self.bytes, totals.blocks
        ));
        for (name, count, bytes) in [
            ("facts", totals.facts, totals.fact_bytes),
            ("deliveries", totals.deliveries, totals.delivery_bytes),
            ("definitions", totals.definitions, totals.definition_bytes),
        ] {
            text.push_str(&format!(
                "{name:<12} {count}, {bytes} bytes, {} each\n",
                tenths(bytes, count)
            ));
        }
        text.push_str(&format!("checkpoints  {}\n\n", totals.checkpoints));
        let mut table = Table::new(&["FACT", "COUNT", "BYTES", "EACH"]);
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(name, (count, _))| (std::cmp::Reverse(*count), **name));
        for (name, (count, bytes)) in kinds {
            table.rows.push(vec![
                (*name).to_owned(),
                count.to_string(),
                bytes.to_string(),
                tenths(*bytes, *count),
            ]);
        }
        text.push_str(&table.print());
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let kinds: serde_json::Map<_, _> = self
            .kinds
            .iter()
            .map(|(name, (count, bytes))| {
                (
                    (*name).to_owned(),
                    json!({ "count": count, "bodyBytes": bytes }),
                )
            })
            .collect();
        let totals = &self.totals;
        json!({
            "scenario": self.header.scenario_name,
            "scenarioDigest": self.header.scenario.to_string(),
            "modelVersion": self.header.model_version,
            "seed": self.header.seed,
            "parameters": self.header.parameters.iter().map(|(key, value)| {
                (key.clone(), json!(value))
            }).collect::<serde_json::Map<_, _>>(),
            "level": level(self.header.level),
            "zeroNanos": self.header.zero.nanos(),
            "lastNanos": self.last_at.nanos(),
            "ending": ending(&self.ending),
            "digest": self.digest,
            "bytes": self.bytes,
            "blocks": totals.blocks,
            "facts": { "count": totals.facts, "bytes": totals.fact_bytes },
            "deliveries": { "count": totals.deliveries, "bytes": totals.delivery_bytes },
            "definitions": { "count": totals.definitions, "bytes": totals.definition_bytes },
            "checkpoints": totals.checkpoints,
            "kinds": kinds,
        })
    }
}

/// A quotient with one digit after the point.
fn tenths(bytes: u64, count: u64) -> String {
    match (bytes * 10).checked_div(count) {
        None => "-".to_owned(),
        Some(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
    }
}

const fn level(level: RecordingLevel) -> &'static str {
    match level {
        RecordingLevel::None => "none",
        RecordingLevel::Facts => "facts",
        RecordingLevel::Messages => "messages",
    }
}

/// How a log ends, in words.
#[must_use]
pub fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Clean => "clean".to_owned(),
        Ending::TornTail { offset, defect } => {
            format!("cut at byte {offset}, as by a crash: {defect}")
        }
        Ending::Damaged { offset, defect } => format!("damaged at byte {offset}: {defect}"),
    }
}

/// Which entries `cat` prints, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CatOptions {
    /// From this instant on.
    pub from: Option<SimTime>,
    /// Up to and including this instant.
    pub to: Option<SimTime>,
    /// Deliveries as well.
    pub deliveries: bool,
    /// One JSON object a line.
    pub json: bool,
}

/// Prints the entries of a log, one a line, to `put`, which may end it by returning false.
///
/// # Errors
///
/// When the log cannot be read, or contradicts itself.
pub fn cat<S: Read + Seek>(
    log: Reader<S>,
    options: CatOptions,
    mut put: impl FnMut(&str) -> bool,
) -> Result<(), RecordError> {
    let clock = Clock::of(log.header());
    let mut names = Names::default();
    let mut replay = Replay::new(log);
    let until = options.to.map_or(Until::End, Until::At);
    let is_in = |at: SimTime| options.from.is_none_or(|from| at >= from);
    while let Some(entry) = replay.step(until)? {
        let cluster = replay.cluster();
        let line = match &entry {
            Entry::Fact(record) => {
                names.observe(record);
                if !is_in(record.at) {
                    continue;
                }
                fact_line(&clock, cluster, &names, record, options.json)
            }
            Entry::Delivery {
                at,
                cause,
                delivery,
            } if options.deliveries && is_in(*at) => {
                delivery_line(&clock, *at, *cause, delivery, options.json)
            }
            Entry::Delivery { .. } | Entry::Definition(_) | Entry::Checkpoint { .. } => continue,
        };
        if !put(&line) {
            break;
        }
    }
    Ok(())
}

/// A fact, right after it was applied to `cluster` and observed by `names`, as `cat` prints it.
#[must_use]
pub fn fact_line(
    clock: &Clock,
    cluster: &Cluster,
    names: &Names,
    record: &Record,
    as_json: bool,
) -> String {
    let by = names::actor(names, cluster, record.by);
    let phrases = Phrases { cluster, names };
    let what = phrases.fact(record);
    let cause = Some(record.cause).filter(|cause| *cause != record.seq);
    if as_json {
        return json!({
            "seq": record.seq,
            "atNanos": record.at.nanos(),
            "t": clock.since_zero(record.at),
            "cause": cause,
            "by": by,
            "kind": fact_kind(&record.fact),
            "object": record.fact.object().map(|it| names.path(cluster, it)),
            "what": what,
        })
        .to_string();
    }
    let cause = cause.map_or_else(String::new, |cause| format!(" <{cause}"));
    let at = clock.since_zero(record.at);
    format!("{:<7}{cause:<8} {at:>10}  {by}: {what}", record.seq)
}

fn delivery_line(
    clock: &Clock,
    at: SimTime,
    cause: Option<u64>,
    delivery: &Delivery,
    as_json: bool,
) -> String {
    let what = format!("{delivery:?}");
    let at_text = clock.since_zero(at);
    if as_json {
        return json!({
            "atNanos": at.nanos(),
            "t": at_text,
            "cause": cause,
            "kind": "Delivery",
            "what": what,
        })
        .to_string();
    }
    let cause = cause.map_or_else(String::new, |cause| format!(" <{cause}"));
    format!("{:>7}{cause:<8} {at_text:>10}    {what}", "")
}

/// What `verify` found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// How the log ends.
    pub ending: Ending,
    /// Facts that were applied.
    pub facts: u64,
    /// Checkpoints that agreed with the state.
    pub checkpoints: u64,
    /// The run digest.
    pub digest: String,
    /// The digest of the state at the end.
    pub state: u128,
}

/// Verifies a log: `log` was opened with [`Reader::open`], which verified checksums, chain, totals and
/// run digest; here every record is checked against the state and applied, and the state is compared
/// with all checkpoints.
///
/// # Errors
///
/// What is wrong with it.
pub fn verify<S: Read + Seek>(log: Reader<S>) -> Result<Verified, RecordError> {
    let ending = log.ending().clone();
    let digest = log.digest().to_string();
    let mut replay = Replay::new(log).checking();
    replay.to(Until::End)?;
    Ok(Verified {
        ending,
        facts: replay.cluster().next_seq,
        checkpoints: replay.agreed(),
        digest,
        state: state_digest(replay.cluster()),
    })
}

impl Verified {
    /// Whether the log is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.ending == Ending::Clean
    }

    /// For people.
    #[must_use]
    pub fn print(&self) -> String {
        format!(
            "{}: {} facts applied, {} checkpoints agree\nending  {}\ndigest  {}\nstate   {:032x}\n",
            if self.is_whole() { "ok" } else { "not whole" },
            self.facts,
            self.checkpoints,
            ending(&self.ending),
            self.digest,
            self.state
        )
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "whole": self.is_whole(),
            "facts": self.facts,
            "checkpoints": self.checkpoints,
            "ending": ending(&self.ending),
            "digest": self.digest,
            "stateDigest": format!("{:032x}", self.state),
        })
    }
}
