//! Whether any node has room for a pod.

use std::collections::BTreeMap;

use super::super::pod::{requirements_of, selects};
use super::super::quantity::Amounts;
use super::NodeCapacity;

/// Why no node takes a pod.
#[derive(Clone)]
pub(super) enum Misfit {
    NoSuchNode,
    TooMuch {
        resource: String,
        asked: i64,
        most: i64,
        node: String,
    },
}

/// Remembers the answer for each shape of pods.
pub(super) struct Fitting<'a> {
    pub(super) nodes: &'a [NodeCapacity],
    pub(super) known: BTreeMap<(Amounts, BTreeMap<String, String>), Option<Misfit>>,
}

impl Fitting<'_> {
    pub(super) fn problem(
        &mut self,
        requests: Amounts,
        selector: BTreeMap<String, String>,
    ) -> Option<Misfit> {
        let key = (requests, selector);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let problem = self.look(&key.0, &key.1);
        self.known.insert(key, problem.clone());
        problem
    }

    fn look(&self, requests: &Amounts, selector: &BTreeMap<String, String>) -> Option<Misfit> {
        let requirements = requirements_of(selector);
        let nodes: Vec<&NodeCapacity> = self
            .nodes
            .iter()
            .filter(|node| selects(&requirements, &node.labels))
            .collect();
        if nodes.is_empty() {
            return Some(Misfit::NoSuchNode);
        }
        let of = |node: &NodeCapacity, resource: &str| {
            node.allocatable.get(resource).copied().unwrap_or(0)
        };
        let fits = |node: &&NodeCapacity| {
            requests
                .iter()
                .all(|(name, &asked)| asked <= of(node, name))
        };
        if nodes.iter().any(fits) {
            return None;
        }
        // The resource that the largest node is furthest from; if each alone would fit, the first.
        let worst = requests.iter().map(|(resource, &asked)| {
            let largest = nodes.iter().max_by_key(|node| of(node, resource));
            let most = largest.map_or(0, |node| of(node, resource));
            let name = largest.map_or("", |node| node.name.as_str());
            (resource, asked, most, name)
        });
        let (resource, asked, most, node) =
            worst.max_by_key(|&(_, asked, most, _)| i128::from(asked) - i128::from(most))?;
        Some(Misfit::TooMuch {
            resource: resource.clone(),
            asked,
            most,
            node: node.to_owned(),
        })
    }
}

/// An amount as people write it.
pub(super) fn shown(resource: &str, amount: i64) -> String {
    let binary =
        resource == "memory" || resource.ends_with("storage") || resource.starts_with("hugepages");
    if resource == "cpu" {
        return if amount % 1_000 == 0 {
            (amount / 1_000).to_string()
        } else {
            format!("{amount}m")
        };
    }
    for (size, suffix) in [(1_i64 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")] {
        if binary && amount != 0 && amount % size == 0 {
            return format!("{}{suffix}", amount / size);
        }
    }
    amount.to_string()
}
