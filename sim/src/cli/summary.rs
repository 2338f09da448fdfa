//! The end of a run, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use wavetank_core::fact::traffic::Outcome as RequestOutcome;
use wavetank_core::id::Kind;
use wavetank_core::time::{SimDuration, SimTime};

use super::unsettled;
use crate::engine::Ended;
use crate::engine::outcome::Printed;
use crate::engine::record::EPOCH_SECONDS;
use crate::measure::{amount_text, duration_text};
use crate::report::clock::Clock;
use crate::report::events::Events;
use crate::report::get::{Request, get};
use crate::report::names::Names;
use crate::report::select::{Query, Resource};
use crate::report::snapshot::Snapshot;
use crate::run::Job;

/// Pods up to which they are listed one by one.
const PODS_LISTED: u32 = 30;

/// Everything that the end of a run says.
pub struct Summary<'a> {
    /// The run's scenario.
    pub job: &'a Job,
    /// How it ended.
    pub ended: &'a Ended,
    /// What each view among the printed shows, in the order of the steps.
    pub shown: &'a [String],
    /// Kinds that were accepted and have no effect.
    pub no_effect: &'a [(String, usize)],
    /// Kinds that were accepted and are not simulated yet.
    pub not_simulated: &'a [(String, usize)],
    /// The command that runs it again.
    pub command: &'a str,
    /// The log that was written.
    pub log: Option<&'a Path>,
    /// The schedule of faults, one line a step, when there is a swarm.
    pub schedule: Option<Vec<String>>,
}

impl Summary<'_> {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        if !self.no_effect.is_empty() {
            let _ = writeln!(text, "accepted, no effect: {}", counted(self.no_effect));
        }
        if !self.not_simulated.is_empty() {
            let kinds = counted(self.not_simulated);
            let _ = writeln!(text, "accepted, not simulated yet: {kinds}");
        }
        if !self.no_effect.is_empty() || !self.not_simulated.is_empty() {
            text.push('\n');
        }
        for (number, line) in self.schedule.iter().flatten().enumerate() {
            let _ = writeln!(text, "fault {number:<3} {line}");
        }
        for printed in self.printed().into_iter().flatten() {
            text.push_str(&printed);
        }
        self.tables(text);
        self.requests(text);
        self.measures(text);
        self.verdict(text);
    }

    /// What each step printed, in lines.
    fn printed(&self) -> Vec<Vec<String>> {
        let mut shown = self.shown.iter();
        let mut printed = |printed: &Printed| match printed {
            Printed::Text(line) => format!("{}\n", line.trim_end()),
            Printed::View { at, line, .. } => {
                let at = self.since_zero(*at);
                let answer = shown.next().map_or("", String::as_str);
                format!("t={at} $ {}\n{answer}", command(line))
            }
        };
        let steps = self.ended.outcome.steps.iter();
        steps
            .map(|step| step.printed.iter().map(&mut printed).collect())
            .collect()
    }

    fn since_zero(&self, at: SimTime) -> String {
        let nanos = i128::from(at.nanos()) - i128::from(self.ended.outcome.zero.nanos());
        duration_text(nanos)
    }

    /// What `kubectl get` shows: workloads, and pods when they are few.
    fn tables(&self, text: &mut String) {
        let names = Names::default();
        let events = Events::default();
        let clock = Clock {
            epoch_seconds: EPOCH_SECONDS,
            phase: self.ended.phase,
            zero: self.ended.outcome.zero,
        };
        let cluster = &self.ended.cluster;
        let view = Snapshot {
            cluster,
            names: &names,
            events: &events,
            clock,
            uid_key: 0,
            now: self.ended.outcome.ended,
        };
        let mut wanted = Vec::new();
        if cluster.store.deployments.live() > 0 {
            wanted.push(Kind::Deployment);
        }
        let pods = cluster.store.pods.live();
        if pods > 0 && pods <= PODS_LISTED {
            wanted.push(Kind::Pod);
        }
        for kind in wanted {
            let query = Query {
                wanted: vec![(Resource::Object(kind), Vec::new())],
                ..Query::default()
            };
            let request = Request {
                query,
                ..Request::default()
            };
            if let Ok(answer) = get(&view, &request) {
                let _ = writeln!(text, "{}", answer.text);
            }
        }
        if pods > PODS_LISTED {
            let _ = writeln!(text, "pods: {}\n", phases(cluster));
        }
        unsettled::write(&view, text);
    }

    fn requests(&self, text: &mut String) {
        for (source, requests) in self
            .job
            .plan
            .traffic
            .iter()
            .zip(&self.ended.outcome.requests)
        {
            let lost = requests.lost();
            let _ = write!(
                text,
                "requests {}: {} sent, {lost} lost",
                source.name, requests.sent
            );
            let causes = RequestOutcome::ALL.iter().zip(requests.ended).skip(1);
            let causes: Vec<_> = causes
                .filter(|(_, count)| *count > 0)
                .map(|(cause, count)| format!("{} {count}", cause.name()))
                .collect();
            if causes.is_empty() {
                let _ = writeln!(text);
            } else {
                let _ = writeln!(text, " ({})", causes.join(", "));
            }
        }
    }

    fn measures(&self, text: &mut String) {
        for (name, value) in &self.ended.measured.values {
            let value = value.as_ref().map_or_else(|| "—".to_owned(), amount_text);
            let _ = writeln!(text, "{name} = {value}");
        }
        for expectation in &self.ended.measured.expectations {
            let verdict = match expectation.holds {
                Some(true) => "holds   ",
                Some(false) => "VIOLATED",
                None => "over runs",
            };
            let detail = &expectation.detail;
            let dash = if detail.is_empty() { "" } else { ": " };
            let _ = writeln!(text, "{verdict} {}{dash}{detail}", expectation.text);
        }
        for step in self.ended.outcome.failed_steps(&self.job.plan) {
            let name = step.name.as_deref().unwrap_or("a step without name");
            let _ = writeln!(text, "FAILED   {name}: exit {}", step.exit);
        }
    }

    fn verdict(&self, text: &mut String) {
        let outcome = &self.ended.outcome;
        let place = |at| self.since_zero(at);
        for violation in &outcome.violations {
            let _ = writeln!(
                text,
                "VIOLATED {} at t={} (record {}): {}",
                violation.id,
                place(violation.at),
                violation.seq,
                violation.message
            );
        }
        let ended = place(outcome.ended);
        let rest = match (outcome.steady, self.not_simulated) {
            (true, []) => "steady",
            (true, _) => "steady as far as it is simulated",
            (false, _) => "not steady: something is not as it should be",
        };
        let _ = writeln!(
            text,
            "ended at t={ended}, {rest}; {} facts, {} messages, digest {}",
            outcome.facts,
            outcome.messages,
            &outcome.digest.to_string()[..16]
        );
        match self.log {
            Some(log) => {
                let log = log.display();
                let _ = writeln!(text, "log {log}: wavetank get pods --log {log} --at 1s");
            }
            None => {
                let _ = writeln!(text, "replay: {} --log run.wtl", self.command);
            }
        }
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let outcome = &self.ended.outcome;
        let requests = self.job.plan.traffic.iter().zip(&outcome.requests);
        let requests: serde_json::Map<String, Value> = requests
            .map(|(source, it)| {
                let ended = RequestOutcome::ALL.iter().zip(it.ended);
                let mut causes: serde_json::Map<String, Value> = ended
                    .map(|(cause, count)| (cause.name().to_owned(), count.into()))
                    .collect();
                causes.insert("sent".to_owned(), it.sent.into());
                causes.insert("lost".to_owned(), it.lost().into());
                (source.name.to_string(), causes.into())
            })
            .collect();
        let values = self.ended.measured.values.iter();
        let values: serde_json::Map<String, Value> = values
            .map(|(name, value)| {
                (
                    name.clone(),
                    value
                        .as_ref()
                        .map_or(Value::Null, |it| amount_text(it).into()),
                )
            })
            .collect();
        let expectations = self.ended.measured.expectations.iter();
        let violations = outcome.violations.iter();
        let steps = outcome.steps.iter().zip(self.printed());
        let listed = |list: &[(String, usize)]| -> Vec<Value> {
            let list = list.iter();
            list.map(|(kind, count)| json!({"kind": kind, "count": count}))
                .collect()
        };
        json!({
            "scenario": self.job.plan.name,
            "seed": outcome.seed,
            "digest": outcome.digest.to_string(),
            "facts": outcome.facts,
            "messages": outcome.messages,
            "endedNanos": outcome.ended.nanos(),
            "zeroNanos": outcome.zero.nanos(),
            "steady": outcome.steady,
            "requests": requests,
            "values": values,
            "expectations": expectations.map(|it| json!({
                "text": it.text, "holds": it.holds, "detail": it.detail,
            })).collect::<Vec<_>>(),
            "violations": violations.map(|it| json!({
                "id": it.id, "seq": it.seq, "atNanos": it.at.nanos(), "message": it.message,
            })).collect::<Vec<_>>(),
            "steps": steps.map(|(step, printed)| json!({
                "name": step.name, "exit": step.exit, "printed": printed.concat(),
                "beganNanos": step.began.map(SimTime::nanos),
                "durationNanos": step.duration.map(SimDuration::nanos),
            })).collect::<Vec<_>>(),
            "noEffect": listed(self.no_effect),
            "notSimulated": listed(self.not_simulated),
            "faults": self.schedule,
            "replay": self.command,
        })
    }
}

/// A kubectl line with its first word.
fn command(line: &str) -> String {
    let line = line.trim();
    let rest = line.strip_prefix("kubectl ").unwrap_or(line);
    format!("kubectl {rest}")
}

fn counted(kinds: &[(String, usize)]) -> String {
    let kinds = kinds.iter();
    let kinds: Vec<_> = kinds
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    kinds.join(", ")
}

/// How many pods are in which phase.
fn phases(cluster: &wavetank_core::state::Cluster) -> String {
    let mut counts = std::collections::BTreeMap::new();
    let pods = &cluster.store.pods;
    for index in pods.live_indexes() {
        if let Some(pod) = pods.newest(index) {
            let ready = if pod.is_ready() { ", ready" } else { "" };
            *counts
                .entry(format!("{}{ready}", pod.phase.text()))
                .or_insert(0_u64) += 1;
        }
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(phase, count)| format!("{count} {phase}"))
        .collect();
    counts.join("; ")
}
