//! A node as the plugins see it: the object, what runs there, and the sums of that (S41–S43).

use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::Labels;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::Taint;

use super::shape::{PodShape, ShapeId};
use crate::component::scheduler::plugin::node_ports::HostPort;

/// A node at which a plugin looks: as it is, or as it would be with other pods.
#[derive(Clone, Copy, Debug)]
pub struct NodeInfo<'a> {
    /// Which node.
    pub id: NodeId,
    /// The object and its pods.
    pub row: &'a NodeRow,
    /// The sums.
    pub amounts: &'a Amounts,
}

/// What the scheduler knows of a node beside its amounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeRow {
    /// `metadata.name`
    pub name: Box<str>,
    /// `metadata.labels`
    pub labels: Labels,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`
    pub unschedulable: bool,
    /// `status.allocatable`
    pub allocatable: Resources,
    /// `status.images`: names and bytes.
    pub images: Vec<(Box<str>, u64)>,
    /// The extended resources that its pods request.
    pub extended: Resources,
    /// The host ports that its pods have, each once.
    pub ports: Vec<HostPort>,
    /// Its pods, in the order of the original's list (S41).
    pub pods: Vec<PlacedPod>,
    /// Its images as of when it was last looked at (S133).
    pub present: Vec<PresentImage>,
}

/// A pod on a node, bound or assumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlacedPod {
    /// The pod.
    pub pod: PodId,
    /// What it looks like.
    pub shape: ShapeId,
    /// `status.startTime`, in nanoseconds; none while the kubelet has not seen it.
    pub started: Option<i64>,
    /// Whether it has a `deletionTimestamp`: it still takes its room, but spreads no more (S108).
    pub terminating: bool,
    /// Whether its condition says that the scheduler preempted it (S144).
    pub preempted: bool,
}

impl PlacedPod {
    /// A pod that was just put there.
    #[must_use]
    pub const fn new(pod: PodId, shape: ShapeId) -> Self {
        Self {
            pod,
            shape,
            started: None,
            terminating: false,
            preempted: false,
        }
    }
}

/// An image on a node, with how many nodes had it when this node was last looked at (S50, S133).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentImage {
    /// The name.
    pub name: Box<str>,
    /// The size that was reported first for this name, in bytes.
    pub size: u64,
    /// How many nodes have it.
    pub nodes: u32,
}

/// The amounts of a node that every decision reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// `status.allocatable`
    pub allocatable: Triple,
    /// `status.allocatable.pods`
    pub allocatable_pods: i64,
    /// What its pods request (S43).
    pub requested: Triple,
    /// CPU and memory that its pods request, with defaults for those that request none (S43).
    pub nonzero: (i64, i64),
    /// How many pods it has.
    pub pods: u32,
}

/// CPU in millicores, memory and ephemeral storage in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // resources
pub struct Triple {
    pub cpu: i64,
    pub memory: i64,
    pub storage: i64,
}

impl Triple {
    pub(super) const fn of(resources: &Resources) -> Self {
        Self {
            cpu: resources.cpu,
            memory: resources.memory,
            storage: resources.storage,
        }
    }
}

impl Amounts {
    /// An empty node.
    #[must_use]
    pub const fn of(allocatable: &Resources) -> Self {
        Self {
            allocatable: Triple::of(allocatable),
            allocatable_pods: allocatable.pods,
            requested: Triple {
                cpu: 0,
                memory: 0,
                storage: 0,
            },
            nonzero: (0, 0),
            pods: 0,
        }
    }

    /// Adds what a pod takes, or with `sign` -1 takes it back (S43).
    pub(super) fn count(&mut self, shape: &PodShape, sign: i64) {
        let (wanted, nonzero) = (shape.requests(), shape.spec().nonzero);
        let add = |to: &mut i64, amount: i64| *to = to.wrapping_add(sign.wrapping_mul(amount));
        add(&mut self.requested.cpu, wanted.cpu);
        add(&mut self.requested.memory, wanted.memory);
        add(&mut self.requested.storage, wanted.storage);
        add(&mut self.nonzero.0, nonzero.0);
        add(&mut self.nonzero.1, nonzero.1);
        if sign > 0 {
            self.pods += 1;
        } else {
            self.pods -= 1;
        }
    }
}

/// Adds what a pod takes to what a node has given, or with `sign` -1 takes it back (S43).
///
/// Host ports are a set: where two pods have the same one, it is free once either is gone (S41).
pub(super) fn count(row: &mut NodeRow, amounts: &mut Amounts, shape: &PodShape, sign: i64) {
    amounts.count(shape, sign);
    if sign > 0 {
        for port in &shape.ports {
            if !row.ports.contains(port) {
                row.ports.push(port.clone());
            }
        }
    } else {
        row.ports.retain(|port| !shape.ports.contains(port));
    }
    let wanted = shape.requests();
    if !wanted.extended.is_empty() {
        let extended = wanted.extended.iter();
        let extended = extended.map(|(name, amount)| (name.clone(), sign.wrapping_mul(*amount)));
        row.extended.add(&Resources {
            extended: extended.collect(),
            ..Resources::default()
        });
    }
}
