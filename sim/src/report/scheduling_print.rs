//! `explain POD --scheduling` as text and as JSON.

use serde_json::{Value, json};

use super::scheduling::{Attempt, NodeLine, Scheduling};
use super::table::Table;

/// The most nodes that a table shows.
const MOST: usize = 20;

impl Scheduling {
    /// For people: at most 20 nodes of each sort, unless all are wanted.
    #[must_use]
    pub fn print(&self, all: bool) -> String {
        let most = if all { usize::MAX } else { MOST };
        let mut text = self.heading();
        if let Some((by_rules, in_log)) = &self.differs {
            text.push_str(&format!(
                "note: by this profile it would be {}, and the log has {}: the run had another configuration \
                 (--scheduler-config), or its scheduler had just started anew\n",
                or_none(by_rules.as_ref()),
                or_none(in_log.as_ref())
            ));
        }
        if !self.knows_deliveries {
            text.push_str(
                "note: the log has no deliveries, so the scheduler is taken to have known everything\n",
            );
        }
        let fits = |line: &&NodeLine| line.rejected.is_none();
        let feasible: Vec<_> = self.nodes.iter().filter(fits).collect();
        let rejected: Vec<_> = self.nodes.iter().filter(|line| !fits(line)).collect();
        if !feasible.is_empty() {
            text.push('\n');
            text.push_str(&self.scores(&feasible, most));
        }
        if self.best.len() > 1 {
            text.push_str(&format!(
                "{} nodes have the most points: {}. Of those, the first in the order of the heap is taken.\n",
                self.best.len(),
                shortened(&self.best, most)
            ));
        }
        if !rejected.is_empty() {
            text.push('\n');
            text.push_str(&verdicts(&rejected, most));
        }
        if let Some(message) = &self.message {
            text.push_str(&format!("\nmessage: {message}\n"));
        }
        text.push_str(&self.preemption_text(most));
        text
    }

    fn heading(&self) -> String {
        let at = |attempt: &Attempt| self.clock.since_zero(attempt.at);
        let last = &self.chosen;
        let what = match &last.node {
            Some(node) => format!("{node}, one of {} that fit", last.feasible),
            None => "no node fits".to_owned(),
        };
        let mut text = format!("{}: t={}, seq {}: {what}\n", self.pod, at(last), last.seq);
        for earlier in self.attempts.iter().rev().skip(1).rev() {
            text.push_str(&format!(
                "earlier: t={}, seq {}: {}\n",
                at(earlier),
                earlier.seq,
                or_none(earlier.node.as_ref())
            ));
        }
        text
    }

    /// Points by plugin, its own measure in brackets.
    fn scores(&self, nodes: &[&NodeLine], most: usize) -> String {
        let mut headings = vec!["NODE", "TOTAL"];
        headings.extend(self.plugins.iter().map(|plugin| plugin.0));
        let mut table = Table::new(&headings);
        for line in nodes.iter().take(most) {
            let total = match self.plugins.is_empty() {
                true => "-".to_owned(), // the only one: nobody scores it
                false => line.total.to_string(),
            };
            let scores = line.scores.iter();
            let mut row = vec![line.name.clone(), total];
            row.extend(scores.map(|(raw, score)| format!("{score} ({raw})")));
            table.rows.push(row);
        }
        table.print() + &rest(nodes.len(), most)
    }

    fn preemption_text(&self, most: usize) -> String {
        let Some(preemption) = &self.preemption else {
            return String::new();
        };
        let mut table = Table::new(&["NODE", "PROTECTED", "VICTIMS"]);
        for (node, victims, violations) in preemption.candidates.iter().take(most) {
            let victims = shortened(victims, most);
            table
                .rows
                .push(vec![node.clone(), violations.to_string(), victims]);
        }
        format!(
            "\nnominated to {}, by the rule {}\n{}{}",
            preemption.nominated,
            preemption.rule,
            table.print(),
            rest(preemption.candidates.len(), most)
        )
    }

    /// For programs: everything.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let nodes = self.nodes.iter().map(|line| {
            let scores = self.plugins.iter().zip(&line.scores);
            let scores: serde_json::Map<_, _> = scores
                .map(|((plugin, weight), (raw, score))| {
                    let entry = json!({ "raw": raw, "score": score, "weight": weight });
                    ((*plugin).to_owned(), entry)
                })
                .collect();
            json!({
                "node": line.name,
                "fits": line.rejected.is_none(),
                "rejectedBy": line.rejected.as_ref().map(|it| &it.0),
                "reasons": line.rejected.as_ref().map(|it| &it.1),
                "total": line.rejected.is_none().then_some(line.total),
                "scores": scores,
            })
        });
        let attempts = self.attempts.iter().map(|attempt| {
            json!({
                "seq": attempt.seq,
                "atNanos": attempt.at.nanos(),
                "node": attempt.node,
                "feasible": attempt.feasible,
            })
        });
        let preemption = self.preemption.as_ref().map(|it| {
            let candidates = it.candidates.iter().map(|(node, victims, violations)| {
                json!({ "node": node, "victims": victims, "pdbViolations": violations })
            });
            json!({
                "nominated": it.nominated,
                "decidingRule": it.rule,
                "candidates": candidates.collect::<Vec<_>>(),
            })
        });
        json!({
            "pod": self.pod,
            "node": self.chosen.node,
            "attempts": attempts.collect::<Vec<_>>(),
            "nodes": nodes.collect::<Vec<_>>(),
            "best": self.best,
            "message": self.message,
            "preemption": preemption,
            "agreesWithLog": self.differs.is_none(),
            "knowsDeliveries": self.knows_deliveries,
        })
    }
}

fn verdicts(nodes: &[&NodeLine], most: usize) -> String {
    let mut table = Table::new(&["NODE", "REJECTED BY", "REASONS"]);
    for line in nodes.iter().take(most) {
        let (plugin, reasons) = line.rejected.as_ref().expect("only those are given");
        let row = vec![line.name.clone(), plugin.clone(), reasons.join(", ")];
        table.rows.push(row);
    }
    table.print() + &rest(nodes.len(), most)
}

fn rest(count: usize, most: usize) -> String {
    match count.checked_sub(most) {
        None | Some(0) => String::new(),
        Some(more) => format!("and {more} more: --all shows them\n"),
    }
}

fn shortened(names: &[String], most: usize) -> String {
    let shown = names
        .iter()
        .take(most)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(most) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

fn or_none(node: Option<&String>) -> &str {
    node.map_or("no node", String::as_str)
}
