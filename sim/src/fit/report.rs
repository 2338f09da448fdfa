//! What `fit` prints.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Item, MOST};
use crate::report::table::Table;

/// The most nodes that a line or a table names.
const SHOWN: usize = 20;

/// What became of everything that was asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// By object, in the order of the manifests.
    pub items: Vec<Item>,
    /// How many nodes the cluster has.
    pub nodes: u32,
    /// How many pods were there before.
    pub running: u32,
}

impl Report {
    /// Whether every pod got a node.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.items.iter().all(|item| item.failure.is_none())
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let several = |count: u32, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let (nodes_text, pods_text) = (several(self.nodes, "node"), several(self.running, "pod"));
        let mut text = format!("{nodes_text}, {pods_text}\n\n");
        let mut table = Table::new(&["OBJECT", "PLACED", "NODES", "ROOM FOR MORE"]);
        for item in &self.items {
            let (count, wanted) = (item.placed_count(), item.wanted);
            let more = item.more.count();
            table.rows.push(vec![
                item.name.clone(),
                format!("{count}/{wanted}"),
                nodes(&item.placed),
                match more {
                    0 => "none".to_owned(),
                    MOST => format!("{MOST} or more: {}", nodes(&item.more.by_node)),
                    _ => format!("{more}: {}", nodes(&item.more.by_node)),
                },
            ]);
        }
        text.push_str(&table.print());
        for item in &self.items {
            text.push_str(&limits(item));
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let items = self.items.iter().map(|item| {
            let failure = item.failure.as_ref().map(|failure| {
                let nodes = failure.nodes.iter().map(|(node, plugin, reasons)| {
                    json!({ "node": node, "rejectedBy": plugin, "reasons": reasons })
                });
                let preemption = failure.preemption.as_ref();
                json!({
                    "message": failure.message,
                    "nodes": nodes.collect::<Vec<_>>(),
                    "preemption": preemption.map(|(node, victims)| {
                        json!({ "node": node, "victims": victims })
                    }),
                })
            });
            json!({
                "object": item.name,
                "wanted": item.wanted,
                "placed": item.placed,
                "failure": failure,
                "more": {
                    "count": item.more.count(),
                    "isLimit": item.more.message.is_none(),
                    "byNode": item.more.by_node,
                    "message": item.more.message,
                },
            })
        });
        json!({
            "nodes": self.nodes,
            "pods": self.running,
            "fits": self.fits(),
            "items": items.collect::<Vec<_>>(),
        })
    }
}

/// Why there is no more room for an item's pods.
fn limits(item: &Item) -> String {
    let name = &item.name;
    let Some(failure) = &item.failure else {
        return match &item.more.message {
            Some(message) => match item.more.count() {
                0 => format!("\n{name}: no room for another: {message}\n"),
                count => format!("\n{name}: after {count} more: {message}\n"),
            },
            None => String::new(),
        };
    };
    let mut text = format!("\n{name} does not fit: {}\n", failure.message);
    if let Some((node, victims)) = &failure.preemption {
        text.push_str(&format!(
            "It would preempt on {node}: {}\n",
            victims.join(", ")
        ));
    }
    let mut table = Table::new(&["NODE", "REJECTED BY", "REASONS"]);
    for (node, plugin, reasons) in failure.nodes.iter().take(SHOWN) {
        table
            .rows
            .push(vec![node.clone(), plugin.clone(), reasons.join(", ")]);
    }
    if !table.rows.is_empty() {
        text.push_str(&table.print());
    }
    if let Some(more) = failure
        .nodes
        .len()
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
    {
        text.push_str(&format!("and {more} more: -o json has them all\n"));
    }
    text
}

/// `node-1 2, node-2 1`
fn nodes(placed: &BTreeMap<String, u32>) -> String {
    if placed.is_empty() {
        return "-".to_owned();
    }
    let shown = placed.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|(node, count)| format!("{node} {count}"))
        .collect();
    let shown = shown.join(", ");
    match placed.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
