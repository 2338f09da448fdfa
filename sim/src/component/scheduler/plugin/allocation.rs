//! How much of a node is taken, resource by resource, and what that is worth: the strategies of
//! `NodeResourcesFitArgs` (S95, S96) and the balance over any resources (S100).

use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;

/// A resource that a score looks at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resource {
    /// `cpu`
    Cpu,
    /// `memory`
    Memory,
    /// `ephemeral-storage`
    Storage,
    /// Any other, by its name.
    Extended(Box<str>),
}

/// The amounts of one resource, in its own unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// What the node offers; never zero.
    pub allocatable: i64,
    /// What its pods and the incoming one take.
    pub taken: i64,
    /// The incoming one's part of that.
    pub wanted: i64,
}

/// Which requests count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counting {
    /// With 100m and 200Mi for containers that request nothing (S95, S97).
    WithDefaults,
    /// As they are (S99, S101).
    AsRequested,
}

impl Resource {
    /// The resource of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "cpu" => Self::Cpu,
            "memory" => Self::Memory,
            "ephemeral-storage" => Self::Storage,
            other => Self::Extended(other.into()),
        }
    }

    /// What the pod wants of it.
    #[must_use]
    pub fn wanted(&self, pod: &PodShape, counting: Counting) -> i64 {
        let requests = pod.requests();
        match (self, counting) {
            (Self::Cpu, Counting::WithDefaults) => pod.scored.0,
            (Self::Memory, Counting::WithDefaults) => pod.scored.1,
            (Self::Cpu, Counting::AsRequested) => requests.cpu,
            (Self::Memory, Counting::AsRequested) => requests.memory,
            (Self::Storage, _) => requests.storage,
            (Self::Extended(name), _) => requests.extended(name),
        }
    }

    /// How the node stands with the pod on it; none when the resource does not count: the node has none
    /// of it, or it is an extended one that the pod does not want.
    #[must_use]
    pub fn share(&self, pod: &PodShape, node: &NodeInfo<'_>, counting: Counting) -> Option<Share> {
        let wanted = self.wanted(pod, counting);
        let (all, used) = (&node.amounts.allocatable, &node.amounts.requested);
        let nonzero = &node.amounts.nonzero;
        let (allocatable, used) = match (self, counting) {
            (Self::Cpu, Counting::WithDefaults) => (all.cpu, nonzero.0),
            (Self::Memory, Counting::WithDefaults) => (all.memory, nonzero.1),
            (Self::Cpu, Counting::AsRequested) => (all.cpu, used.cpu),
            (Self::Memory, Counting::AsRequested) => (all.memory, used.memory),
            (Self::Storage, _) => (all.storage, used.storage),
            (Self::Extended(_), _) if wanted == 0 => return None,
            (Self::Extended(name), _) => {
                let row = node.row;
                (row.allocatable.extended(name), row.extended.extended(name))
            }
        };
        (allocatable != 0).then(|| Share {
            allocatable,
            taken: used.wrapping_add(wanted),
            wanted,
        })
    }
}

/// `scoringStrategy.type`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Strategy {
    /// Free nodes are better (S96).
    #[default]
    LeastAllocated,
    /// Full nodes are better.
    MostAllocated,
    /// As the points say, each a utilization in percent and a score of 0..=100, the utilizations
    /// growing; between two points the score changes evenly.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

/// `scoringStrategy`: what a node is worth by how much of it is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScoringStrategy {
    /// `type`
    pub strategy: Strategy,
    /// `resources`, with their weights.
    pub resources: Vec<(Resource, i64)>,
}

impl Default for ScoringStrategy {
    /// LeastAllocated over CPU and memory (S3).
    fn default() -> Self {
        Self {
            strategy: Strategy::LeastAllocated,
            resources: vec![(Resource::Cpu, 1), (Resource::Memory, 1)],
        }
    }
}

impl ScoringStrategy {
    /// The score of a node, 0..=100: the mean over the resources that count, by weight (S96).
    #[must_use]
    pub fn score(&self, pod: &PodShape, node: &NodeInfo<'_>) -> i64 {
        let (mut sum, mut weights) = (0_i64, 0_i64);
        for (resource, weight) in &self.resources {
            let Some(share) = resource.share(pod, node, Counting::WithDefaults) else {
                continue;
            };
            let score = self.strategy.score(share);
            // A ratio that is worth nothing does not count at all.
            let counts = match self.strategy {
                Strategy::LeastAllocated | Strategy::MostAllocated => true,
                Strategy::RequestedToCapacityRatio(_) => score > 0,
            };
            if counts {
                sum += score * weight;
                weights += weight;
            }
        }
        match (&self.strategy, weights) {
            (_, 0) => 0,
            (Strategy::LeastAllocated | Strategy::MostAllocated, _) => sum / weights,
            // Rounded, halves up: both are positive.
            (Strategy::RequestedToCapacityRatio(_), _) => (2 * sum + weights) / (2 * weights),
        }
    }
}

impl Strategy {
    /// What one resource is worth. Products wrap as they do in the original.
    fn score(&self, share: Share) -> i64 {
        let Share {
            allocatable, taken, ..
        } = share;
        let is_full = taken > allocatable;
        match self {
            Self::LeastAllocated if is_full => 0,
            Self::LeastAllocated => (allocatable - taken).wrapping_mul(100) / allocatable,
            Self::MostAllocated if is_full => 100,
            Self::MostAllocated => taken.wrapping_mul(100) / allocatable,
            Self::RequestedToCapacityRatio(points) if is_full => at(points, 100),
            Self::RequestedToCapacityRatio(points) => {
                at(points, taken.wrapping_mul(100) / allocatable)
            }
        }
    }
}

/// The score at a utilization: on the line between the points around it.
fn at(points: &[(i64, i64)], utilization: i64) -> i64 {
    let next = points.iter().position(|point| utilization <= point.0);
    match next {
        None => points.last().map_or(0, |point| point.1),
        Some(0) => points[0].1,
        Some(next) => {
            let ((x0, y0), (x1, y1)) = (points[next - 1], points[next]);
            y0 + (y1 - y0) * (utilization - x0) / (x1 - x0)
        }
    }
}

/// 100 less the standard deviation of the fractions, for a pod that is there (`with`) or not (S100).
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // doubles are the rule
pub fn balance(shares: &[Share], with: bool) -> i64 {
    let fraction = |share: &Share| {
        let taken = if with {
            share.taken
        } else {
            share.taken.wrapping_sub(share.wanted)
        };
        (taken as f64 / share.allocatable as f64).min(1.0)
    };
    let fractions: Vec<f64> = shares.iter().map(fraction).collect();
    let deviation = match fractions[..] {
        [] | [_] => 0.0,
        [first, second] => ((first - second) / 2.0).abs(),
        _ => {
            let count = fractions.len() as f64;
            let mean = fractions.iter().fold(0.0, |sum, it| sum + it) / count;
            let squares = fractions.iter().map(|it| (it - mean) * (it - mean));
            (squares.fold(0.0, |sum, it| sum + it) / count).sqrt()
        }
    };
    ((1.0 - deviation) * 100.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_follow_the_line_between_their_points() {
        let bell = [(0, 0), (40, 100), (80, 20), (90, 0)];
        let scores = [0, 10, 40, 50, 80, 85, 90, 100].map(|utilization| at(&bell, utilization));
        assert_eq!(scores, [0, 25, 100, 80, 20, 10, 0, 0]);
        assert_eq!([0, 50, 100].map(|it| at(&[(50, 30)], it)), [30, 30, 30]);
    }

    #[test]
    fn the_balance_of_three_is_their_standard_deviation() {
        let share = |taken| Share {
            allocatable: 100,
            taken,
            wanted: 0,
        };
        // Fractions 0, 0.5, 1: variance 1/6, deviation 0.408….
        assert_eq!(balance(&[share(0), share(50), share(100)], true), 59);
        assert_eq!(balance(&[share(20), share(60)], true), 80);
        assert_eq!(balance(&[share(70)], true), 100);
    }
}
