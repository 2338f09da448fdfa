//! `wavetank fit`: where would these pods go on that cluster, and how many more of them would fit?
//!
//! The cluster is a dump of objects as `kubectl get … -o json` prints them. Pods are placed one after
//! the other by the scheduler's own rules, with every node scored, and each placement feeds the next.

mod asked;
mod cluster;
mod report;

use std::collections::BTreeMap;

use wavetank_core::id::{NodeId, PodId};

pub use asked::{Asked, asked};
pub use cluster::cluster;
pub use report::Report;

use crate::component::scheduler::decision::framework::Framework;
use crate::component::scheduler::decision::shape::ShapeId;
use crate::component::scheduler::decision::trace::{Trace, trace};
use crate::component::scheduler::decision::{Outcome, Profile, Request};
use crate::dump::World;

/// The most pods of one kind that are counted as room.
pub const MOST: u32 = 100_000;

/// What became of one object.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// `pod/web`, `deployment/api`
    pub name: String,
    /// How many pods it wants.
    pub wanted: u32,
    /// How many it got, by node, in the order of the nodes' names.
    pub placed: BTreeMap<String, u32>,
    /// Why the next one fits nowhere, when not all do.
    pub failure: Option<Failure>,
    /// How many more there is room for, after everything else was placed.
    pub more: More,
}

/// Why a pod fits nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The scheduler's message.
    pub message: String,
    /// By node: who rejected the pod, and why.
    pub nodes: Vec<(String, String, Vec<String>)>,
    /// The node that preemption would free, and the pods that would go.
    pub preemption: Option<(String, Vec<String>)>,
}

/// Room for further pods.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct More {
    /// How many, by node.
    pub by_node: BTreeMap<String, u32>,
    /// Why not one more; none when counting ended at [`MOST`].
    pub message: Option<String>,
}

impl Item {
    /// How many pods got a node.
    #[must_use]
    pub fn placed_count(&self) -> u32 {
        self.placed.values().sum()
    }
}

impl More {
    /// How many there is room for.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.by_node.values().sum()
    }
}

/// Places what was asked for, in order, and counts the room that is left for each.
#[must_use]
pub fn fit(mut world: World, wanted: &[Asked]) -> Report {
    let nodes = u32::try_from(world.nodes.len()).expect("fewer nodes");
    let running = u32::try_from(world.pods.len()).expect("fewer pods");
    let mut profile = Profile::new(100);
    profile.framework = world.framework.clone();
    let mut board = Board {
        profile,
        next: PodId::from_index(world.pods.len()),
        placed: Vec::new(),
    };
    let mut items = Vec::new();
    let mut shapes = Vec::new();
    for asked in wanted {
        let shape = asked.shape(&mut world);
        let mut item = Item {
            name: asked.name.clone(),
            wanted: asked.count,
            placed: BTreeMap::new(),
            failure: None,
            more: More::default(),
        };
        for _ in 0..asked.count {
            world.pods.push(asked.name.clone());
            let Some(node) = board.place(&mut world, shape) else {
                item.failure = Some(board.failure(&world, shape));
                break;
            };
            *item
                .placed
                .entry(world.node_name(node).to_owned())
                .or_default() += 1;
        }
        items.push(item);
        shapes.push(shape);
    }
    board.placed.clear();
    for (item, shape) in items.iter_mut().zip(shapes) {
        item.more = match &item.failure {
            Some(failure) => More {
                by_node: BTreeMap::new(),
                message: Some(failure.message.clone()),
            },
            None => board.room(&mut world, shape),
        };
    }
    Report {
        items,
        nodes,
        running,
    }
}

/// The scheduler at work, and what it placed.
struct Board {
    profile: Profile,
    next: PodId,
    placed: Vec<(NodeId, PodId)>,
}

impl Board {
    fn place(&mut self, world: &mut World, shape: ShapeId) -> Option<NodeId> {
        let pod = self.next;
        let outcome = self.profile.decide(&mut world.snapshot, pod, shape, None);
        let Outcome::Chosen { node, .. } = outcome else {
            return None;
        };
        self.next = PodId(pod.0 + 1);
        world.put(node, pod, shape);
        self.placed.push((node, pod));
        Some(node)
    }

    /// Places as many as fit, counts them, and takes them away again.
    fn room(&mut self, world: &mut World, shape: ShapeId) -> More {
        let mut more = More::default();
        let mut count = 0;
        while count < MOST {
            let Some(node) = self.place(world, shape) else {
                more.message = Some(self.failure(world, shape).message);
                break;
            };
            count += 1;
            *more
                .by_node
                .entry(world.node_name(node).to_owned())
                .or_default() += 1;
        }
        for (node, pod) in self.placed.drain(..).rev() {
            world.snapshot.remove_pod(node, pod);
        }
        more
    }

    /// Why a pod fits nowhere.
    fn failure(&self, world: &World, shape: ShapeId) -> Failure {
        let request = Request {
            pod: self.next,
            shape,
            nominated: None,
            percentage: 100,
        };
        let framework = &self.profile.framework;
        if world.snapshot.list().is_empty() {
            return Failure {
                message: "no nodes available to schedule pods".to_owned(),
                nodes: Vec::new(),
                preemption: None,
            };
        }
        let trace = trace(
            framework,
            &world.snapshot,
            &request,
            self.profile.next_start,
        );
        let messages = trace.messages(framework, &world.snapshot, &request);
        Failure {
            message: messages.map(|it| it.1).unwrap_or_default(),
            nodes: rejections(framework, world, &request, &trace),
            preemption: victims(world, &trace),
        }
    }
}

/// By node, in the order of the names: who rejected the pod, and why.
fn rejections(
    framework: &Framework,
    world: &World,
    request: &Request,
    trace: &Trace,
) -> Vec<(String, String, Vec<String>)> {
    let mut nodes: Vec<_> = trace
        .verdicts
        .iter()
        .map(|(node, asked)| {
            let (plugin, reasons) = asked.told(framework, world.shape(request.shape));
            (world.node_name(*node).to_owned(), plugin, reasons)
        })
        .collect();
    nodes.sort();
    nodes
}

/// The node that preemption would free, and who would have to go.
fn victims(world: &World, trace: &Trace) -> Option<(String, Vec<String>)> {
    let preemption = trace.failure.as_ref()?.1.preemption.as_ref()?;
    let chosen = preemption.chosen();
    let victims = chosen.victims.iter();
    let victims = victims.map(|pod| world.pods[pod.index()].clone()).collect();
    Some((world.node_name(chosen.node).to_owned(), victims))
}

#[cfg(test)]
mod tests;
