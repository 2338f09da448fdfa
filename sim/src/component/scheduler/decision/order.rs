//! The order in which nodes are visited: zones in turn (S45–S49).

use wavetank_core::id::NodeId;
use wavetank_core::label::Labels;

/// The nodes by zone. Zones in the order of their first appearance, nodes in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct NodeTree {
    zones: Vec<(Box<str>, Vec<NodeId>)>,
}

impl NodeTree {
    /// Adds a node that is not in it.
    pub fn add(&mut self, node: NodeId, labels: &Labels) {
        let zone = zone_key(labels);
        match self.zones.iter_mut().find(|entry| entry.0 == zone) {
            Some(entry) => entry.1.push(node),
            None => self.zones.push((zone, vec![node])),
        }
    }

    /// Removes a node. A zone that empties loses its place (S48).
    pub fn remove(&mut self, node: NodeId, labels: &Labels) {
        let zone = zone_key(labels);
        if let Some(entry) = self.zones.iter_mut().find(|entry| entry.0 == zone) {
            entry.1.retain(|other| *other != node);
        }
        self.zones.retain(|entry| !entry.1.is_empty());
    }

    /// Moves a node whose labels changed, if its zone did.
    pub fn update(&mut self, node: NodeId, before: &Labels, after: &Labels) {
        if zone_key(before) != zone_key(after) {
            self.remove(node, before);
            self.add(node, after);
        }
    }

    /// The list: in each round the next node of each zone (S49).
    #[must_use]
    pub fn list(&self) -> Vec<NodeId> {
        let longest = self.zones.iter().map(|zone| zone.1.len()).max();
        (0..longest.unwrap_or(0))
            .flat_map(|round| self.zones.iter().filter_map(move |zone| zone.1.get(round)))
            .copied()
            .collect()
    }
}

/// The zone of a node: region and zone, the beta labels first (S48).
fn zone_key(labels: &Labels) -> Box<str> {
    let get = |beta: &str, stable: &str| labels.get(beta).or_else(|| labels.get(stable));
    let zone = get(
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
    );
    let region = get(
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
    );
    let (zone, region) = (zone.unwrap_or_default(), region.unwrap_or_default());
    if zone.is_empty() && region.is_empty() {
        return "".into();
    }
    format!("{region}:\0:{zone}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_take_turns() {
        // S49: zones A [a1 a2], B [b1], none [x1].
        let zone = |zone: &str| Labels::from_iter([("topology.kubernetes.io/zone", zone)]);
        let mut tree = NodeTree::default();
        for (node, labels) in [zone("A"), zone("A"), zone("B"), Labels::default()]
            .iter()
            .enumerate()
        {
            tree.add(NodeId::from_index(node), labels);
        }
        assert_eq!(tree.list(), [0, 2, 3, 1].map(NodeId));
        // The zone loses its place when it empties.
        tree.remove(NodeId(2), &zone("B"));
        tree.add(NodeId(2), &zone("B"));
        assert_eq!(tree.list(), [0, 3, 2, 1].map(NodeId));
    }
}
