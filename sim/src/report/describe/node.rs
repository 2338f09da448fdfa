//! Nodes, described.

use wavetank_core::id::{NodeId, ObjId, PodId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::spec::Spec;

use super::{listed, pairs};
use crate::report::get::node_roles;
use crate::report::object::{amounts, bytes, cpu, effect};
use crate::report::snapshot::Snapshot;

pub(super) fn describe(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    let node = view.store().nodes.newest(object.index)?;
    let mut text = format!(
        "Name:\t{}\nRoles:\t{}\n",
        view.name(object),
        node_roles(view, node)
    );
    text.push_str(&pairs("Labels", view, node.meta.labels));
    text.push_str(&pairs("Annotations", view, node.meta.annotations));
    text.push_str(&format!(
        "CreationTimestamp:\t{}\n",
        view.clock.wall_long(node.meta.created)
    ));
    let taints = node.taints.iter().map(|taint| {
        let value = match &*taint.value {
            "" => String::new(),
            value => format!("={value}"),
        };
        format!("{}{value}:{}", taint.key, effect(taint.effect))
    });
    text.push_str(&listed("Taints", taints.collect()));
    text.push_str(&format!("Unschedulable:\t{}\n", node.unschedulable));
    text.push_str(&conditions(view, node));
    let empty = Resources::default();
    let (capacity, allocatable) = match &view.definitions().get_spec(node.spec).spec {
        Spec::Node(spec) => (&spec.capacity, &spec.allocatable),
        Spec::ReplicaSet(_)
        | Spec::Deployment(_)
        | Spec::Service(_)
        | Spec::PodDisruptionBudget(_)
        | Spec::PriorityClass(_)
        | Spec::Data(_)
        | Spec::Opaque
        | Spec::PersistentVolume(_)
        | Spec::PersistentVolumeClaim(_)
        | Spec::StorageClass(_)
        | Spec::CsiNode(_) => (&empty, &empty),
    };
    for (heading, list) in [("Capacity", capacity), ("Allocatable", allocatable)] {
        text.push_str(&format!("{heading}:\n"));
        for (name, amount) in amounts(list) {
            text.push_str(&format!("  {name}:\t{amount}\n"));
        }
    }
    text.push_str(&pods(view, NodeId(object.index), allocatable));
    Some(text)
}

fn conditions(view: &Snapshot<'_>, node: &Node) -> String {
    let mut text = String::from(
        "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  \
         ----\t------\t------------------\t------\t-------\n",
    );
    for kind in [
        NodeConditionType::MemoryPressure,
        NodeConditionType::DiskPressure,
        NodeConditionType::PidPressure,
        NodeConditionType::Ready,
    ] {
        let condition = node.condition(kind);
        if condition.status != Truth::Absent {
            text.push_str(&format!(
                "  {}\t{}\t{}\t{}\t{}\n",
                kind.text(),
                condition.status.text(),
                view.clock.wall_long(condition.changed),
                view.text(condition.reason),
                view.text(condition.message),
            ));
        }
    }
    text
}

/// The pods of a node, and what they request together.
fn pods(view: &Snapshot<'_>, node: NodeId, allocatable: &Resources) -> String {
    let store = view.store();
    let mut list: Vec<_> = store
        .index
        .pods_of_node(node)
        .iter()
        .filter_map(|index| {
            let pod = store.pods.newest(*index)?;
            let is_here = pod.node == Some(node) && !pod.phase.is_terminal();
            is_here.then(|| {
                (
                    view.namespace(PodId(*index).into()),
                    view.name(PodId(*index)),
                    pod,
                )
            })
        })
        .collect();
    list.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    let mut text = format!(
        "Non-terminated Pods:\t({} in total)\n  Namespace\tName\tCPU Requests\tCPU Limits\t\
         Memory Requests\tMemory Limits\n  ---------\t----\t------------\t----------\t\
         ---------------\t-------------\n",
        list.len()
    );
    let (mut requests, mut limits) = (Resources::default(), Resources::default());
    for (namespace, name, pod) in list {
        let spec = &view.definitions().get_template(pod.template).spec;
        let mut limit = (0_i64, 0_i64);
        for container in &spec.containers {
            limit.0 = limit.0.saturating_add(container.limits.cpu);
            limit.1 = limit.1.saturating_add(container.limits.memory);
        }
        let (cpus, memory) = (spec.requests.cpu, spec.requests.memory);
        text.push_str(&format!(
            "  {namespace}\t{name}\t{}\t{}\t{}\t{}\n",
            cpu_share(cpus, allocatable),
            cpu_share(limit.0, allocatable),
            memory_share(memory, allocatable),
            memory_share(limit.1, allocatable),
        ));
        requests.cpu = requests.cpu.saturating_add(cpus);
        requests.memory = requests.memory.saturating_add(memory);
        limits.cpu = limits.cpu.saturating_add(limit.0);
        limits.memory = limits.memory.saturating_add(limit.1);
    }
    text.push_str(&format!(
        "Allocated resources:\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n  \
         cpu\t{}\t{}\n  memory\t{}\t{}\n",
        cpu_share(requests.cpu, allocatable),
        cpu_share(limits.cpu, allocatable),
        memory_share(requests.memory, allocatable),
        memory_share(limits.memory, allocatable),
    ));
    text
}

fn cpu_share(millicores: i64, of: &Resources) -> String {
    format!("{} ({}%)", cpu(millicores), percent(millicores, of.cpu))
}

fn memory_share(amount: i64, of: &Resources) -> String {
    format!("{} ({}%)", bytes(amount), percent(amount, of.memory))
}

fn percent(part: i64, of: i64) -> i128 {
    match of {
        0 => 0,
        of => i128::from(part) * 100 / i128::from(of),
    }
}
