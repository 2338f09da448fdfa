//! The scheduler (S): no node is given more than it has, no pod is bound twice.

use wavetank_core::fact::Decision;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::fact::pod::{NewPod, PodChange, StatusChange};
use wavetank_core::id::{NodeId, PodId, SpecId, TemplateId};
use wavetank_core::object::pod::Pod;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::spec::Spec;
use wavetank_core::state::Cluster;

use super::catalogue::Invariant;
use super::finder::{Finder, name};

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::of_facts(
        "S-1",
        "What the pods bound to a node request is within its allocatable resources; given up for a node that somebody else binds to, that shrinks, or whose pods are resized",
        "Fit plugin; kubernetes#99919",
    ),
    Invariant::of_facts(
        "S-2",
        "No more pods are bound to a node than it takes; given up as S-1 is",
        "Fit plugin",
    ),
    Invariant::of_facts("S-8", "A pod is bound once", "BindingREST"),
    Invariant::of_facts(
        "S-16",
        "No node is looked for while a pod has scheduling gates",
        "scheduling readiness documentation",
    ),
];

/// CPU in millicores, memory and storage in bytes, pods.
type Amounts = [i64; 4];
const WORDS: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pods"];

/// What is bound to each node.
#[derive(Clone, Debug, Default)]
pub(super) struct LedgerChecks {
    nodes: Vec<Account>,
    /// Pods that a binding was committed for, a bit each.
    bound: Vec<u64>,
}

/// What is bound to one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Account {
    used: Amounts,
    allocatable: Amounts,
    /// Nothing is claimed of this node any more.
    waived: bool,
}

impl LedgerChecks {
    fn account(&mut self, node: NodeId) -> &mut Account {
        if self.nodes.len() <= node.index() {
            self.nodes.resize(node.index() + 1, Account::default());
        }
        &mut self.nodes[node.index()]
    }

    /// A node was created.
    pub(super) fn node(&mut self, node: NodeId, spec: SpecId, cluster: &Cluster) {
        let allocatable = allocatable(spec, cluster);
        let account = self.account(node);
        account.waived |= allocatable.is_none();
        account.allocatable = allocatable.unwrap_or_default();
    }

    /// A node is about to be written.
    pub(super) fn node_changed(&mut self, node: NodeId, change: &NodeChange, cluster: &Cluster) {
        if let NodeChange::Spec(spec) = change {
            let before = self.account(node).allocatable;
            self.node(node, *spec, cluster);
            let account = self.account(node);
            account.waived |= before
                .iter()
                .zip(account.allocatable)
                .any(|(was, is)| is < *was);
        }
    }

    /// A pod is about to be created.
    pub(super) fn created(&mut self, new: &NewPod, cluster: &Cluster) {
        if let Some(node) = new.node {
            let account = self.account(node);
            account.waived = true; // Somebody else than the scheduler chose.
            add(&mut account.used, new.template, cluster, 1);
        }
    }

    /// A pod is about to be written.
    pub(super) fn changed(
        &mut self,
        id: PodId,
        change: &PodChange,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let Some(pod) = cluster.store.pods.newest(id.0) else {
            return;
        };
        match change {
            PodChange::Bound(node, _) => self.bound(id, *node, pod, cluster, found),
            PodChange::Status(changes) => {
                let ends =
                    |it: &StatusChange| matches!(it, StatusChange::Phase(to) if to.is_terminal());
                if !pod.phase.is_terminal() && changes.iter().any(ends) {
                    self.leave(pod, cluster);
                }
            }
            PodChange::Removed if !pod.phase.is_terminal() => self.leave(pod, cluster),
            PodChange::Template(template) => {
                if let Some(node) = pod.node.filter(|_| !pod.phase.is_terminal()) {
                    let account = self.account(node);
                    account.waived = true;
                    add(&mut account.used, pod.template, cluster, -1);
                    add(&mut account.used, *template, cluster, 1);
                }
            }
            PodChange::Removed
            | PodChange::Deleting(_)
            | PodChange::Labels(_)
            | PodChange::Annotations(_)
            | PodChange::Finalizers(_)
            | PodChange::Owner(_) => {}
        }
    }

    fn leave(&mut self, pod: &Pod, cluster: &Cluster) {
        if let Some(node) = pod.node {
            add(&mut self.account(node).used, pod.template, cluster, -1);
        }
    }

    /// S-1, S-2, S-8.
    fn bound(
        &mut self,
        id: PodId,
        node: NodeId,
        pod: &Pod,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let (word, bit) = (id.index() / 64, 1_u64 << (id.index() % 64));
        if self.bound.len() <= word {
            self.bound.resize(word + 1, 0);
        }
        if self.bound[word] & bit != 0 {
            let message = format!(
                "{} is bound again, to {}",
                name(cluster, id),
                name(cluster, node)
            );
            found.report("S-8", message, &[]);
        }
        self.bound[word] |= bit;
        if let Some(known) = pod.node {
            // A mistake that others report: the accounts follow it.
            self.leave(pod, cluster);
            self.account(known).waived = true;
            self.account(node).waived = true;
        }
        let account = self.account(node);
        add(&mut account.used, pod.template, cluster, 1);
        if account.waived {
            return;
        }
        let Account {
            used, allocatable, ..
        } = *account;
        let over = (0..WORDS.len()).find(|which| used[*which] > allocatable[*which]);
        if let Some(which) = over {
            let message = format!(
                "{} is bound to {}, where {} {} of {} are then requested",
                name(cluster, id),
                name(cluster, node),
                WORDS[which],
                used[which],
                allocatable[which]
            );
            found.report(if which == 3 { "S-2" } else { "S-1" }, message, &[]);
        }
    }

    /// one node's account, made anew from the store. Returns what differs.
    pub(super) fn audit(&self, node: usize, cluster: &Cluster) -> Option<String> {
        let account = self.nodes.get(node)?;
        let id = NodeId::from_index(node);
        let mut used = Amounts::default();
        for index in cluster.store.index.pods_of_node(id) {
            if let Some(pod) = cluster.store.pods.newest(*index)
                && pod.node == Some(id)
                && !pod.phase.is_terminal()
            {
                add(&mut used, pod.template, cluster, 1);
            }
        }
        (used != account.used).then(|| {
            let name = name(cluster, id);
            format!(
                "{name} has {:?} requested by its account, {used:?} by its pods",
                account.used
            )
        })
    }

    /// How many nodes there are.
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }
}

fn allocatable(spec: SpecId, cluster: &Cluster) -> Option<Amounts> {
    if spec.index() >= cluster.definitions.spec_count() {
        return None;
    }
    match &cluster.definitions.get_spec(spec).spec {
        Spec::Node(node) => Some(amounts(&node.allocatable, node.allocatable.pods)),
        _ => None,
    }
}

const fn amounts(it: &Resources, pods: i64) -> Amounts {
    [it.cpu, it.memory, it.storage, pods]
}

/// Adds a pod's requests, or takes them away.
fn add(used: &mut Amounts, template: TemplateId, cluster: &Cluster, sign: i64) {
    if template.index() < cluster.definitions.template_count() {
        let requests = &cluster.definitions.get_template(template).spec.requests;
        for (used, more) in used.iter_mut().zip(amounts(requests, 1)) {
            *used = used.saturating_add(more.saturating_mul(sign));
        }
    }
}

/// S-16.
pub(super) fn decided(decision: &Decision, cluster: &Cluster, found: &mut Finder<'_>) {
    let Some(pod) = cluster.store.pods.newest(decision.pod.0) else {
        return;
    };
    let spec = &cluster.definitions.get_template(pod.template).spec;
    if !spec.scheduling_gates.is_empty() {
        let message = format!(
            "a node is looked for for {}, which has gates",
            name(cluster, decision.pod)
        );
        found.report("S-16", message, &[]);
    }
}
