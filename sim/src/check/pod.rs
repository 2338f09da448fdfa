//! The life of pods (P): phases, bindings, the order of containers, and how they are stopped.

use rustc_hash::FxHashMap;
use wavetank_core::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use wavetank_core::fact::{Actor, Record};
use wavetank_core::id::{PodId, TextId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::pod::{Phase, Pod, PodConditionType};
use wavetank_core::object::template::PodSpec;
use wavetank_core::state::Cluster;
use wavetank_core::time::{SimDuration, SimTime};

use super::catalogue::{Invariant, Observes, Tag};
use super::deadline::{Claim, Deadlines};
use super::finder::{Finder, container, name};
use super::pod_rows::{Row, Rows};
use crate::plan::fault::{Act, FaultStep};

const fn fact(
    id: &'static str,
    tag: Tag,
    statement: &'static str,
    source: &'static str,
) -> Invariant {
    Invariant {
        id,
        tag,
        statement,
        source,
        observes: Observes::Facts,
    }
}

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    fact(
        "P-1",
        Tag::Always,
        "A pod's phase goes from Pending to Running to Succeeded or Failed, may skip Running, and never goes back",
        "pod lifecycle documentation",
    ),
    fact(
        "P-2",
        Tag::Always,
        "The node of a pod is written once",
        "BindingREST.setPodNodeAndMetadata",
    ),
    fact(
        "P-3",
        Tag::Always,
        "No pod is bound that is being deleted or has scheduling gates",
        "BindingREST.setPodNodeAndMetadata",
    ),
    fact(
        "P-4",
        Tag::Always,
        "Containers, restart policy, priority and scheduler of a pod never change; nor does where it may run, once its gates are gone",
        "ValidatePodUpdate",
    ),
    fact(
        "P-5",
        Tag::Always,
        "Containers start only for pods that there are, on the node that the pod is bound to",
        "kubelet contract",
    ),
    fact(
        "P-6",
        Tag::Always,
        "No main container starts again that its restart policy leaves alone",
        "ValidateContainerStateTransition",
    ),
    fact(
        "P-7",
        Tag::Always,
        "Restart counts never fall",
        "pod status API",
    ),
    fact(
        "P-8",
        Tag::Always,
        "A container starts only after every init container before it has succeeded, and every sidecar before it has started",
        "init containers documentation; KEP-753",
    ),
    fact(
        "P-11",
        Tag::Unforced,
        "When the kubelet writes a terminal phase no container runs, and none starts afterwards",
        "status_manager.mergePodStatus",
    ),
    fact(
        "P-12",
        Tag::Always,
        "A pod whose kubelet writes a terminal phase is not Ready, nor are its containers",
        "kubernetes#108594",
    ),
    fact(
        "P-13",
        Tag::Always,
        "A pod that its kubelet calls Ready is Initialized, and its containers are ready",
        "readiness gates documentation",
    ),
    fact(
        "P-14",
        Tag::Always,
        "TERM waits for the preStop hook or the end of the grace; KILL waits for the end of the grace, and at least two seconds after TERM",
        "pod termination documentation; minimumGracePeriodInSeconds",
    ),
    fact(
        "P-15",
        Tag::Always,
        "Once the kubelet has finished with a pod none of its containers starts",
        "pod_workers.go",
    ),
    fact(
        "P-17",
        Tag::Unforced,
        "No two pods of one name run at one time",
        "StatefulSet documentation; kubernetes#59848",
    ),
    fact(
        "P-18",
        Tag::Unforced,
        "The kubelet removes a pod only after its containers are gone and the API has a terminal phase",
        "canBeDeleted",
    ),
    fact(
        "P-19",
        Tag::Eventually,
        "A bound pod that is deleted is gone after its grace and 14 s more: 2 s at least for TERM, one status sync of 10 s, 2 s for the rest",
        "kubelet constants",
    ),
    fact(
        "P-23",
        Tag::Always,
        "No two sandboxes have one address at one time, but for pods of the host's network",
        "CNI contract",
    ),
];

/// Clocks of the kubelet and of the runtime begin within this time of each other.
pub(super) const TOLERANCE: SimDuration = SimDuration::from_secs(1);
/// TERM is never followed by KILL sooner than this, less the tolerance (K107).
pub(super) const TERM_TO_KILL: SimDuration = SimDuration::from_secs(2);
/// What a deletion may take beyond its grace (P-19).
const DELETION_SLACK: SimDuration = SimDuration::from_secs(14);

/// What is remembered of all pods.
#[derive(Clone, Debug, Default)]
pub(super) struct PodChecks {
    pub(super) rows: Rows,
    /// Containers that are being stopped: looked up, never iterated.
    pub(super) stopping: FxHashMap<(PodId, u8), Stopping>,
    /// The pod of each name that has running containers: looked up, never iterated.
    pub(super) names: FxHashMap<(TextId, ObjectName), PodId>,
    /// The pod of each address: looked up, never iterated.
    pub(super) addresses: FxHashMap<u32, PodId>,
    deadlines: Deadlines,
    /// The facts of faults so far.
    pub(super) faults: Vec<u64>,
    /// Faults may have done anything.
    pub(super) faults_unknown: bool,
}

/// A container that is being stopped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopping {
    /// When the hook or TERM was sent.
    pub(super) began: SimTime,
    pub(super) term: Option<SimTime>,
    pub(super) hook_runs: bool,
    pub(super) seq: u64,
}

impl PodChecks {
    /// A pod was created.
    pub(super) fn created(&mut self, record: &Record, pod: PodId, new: &NewPod) {
        let row = self.rows.insert(pod);
        if let Some(node) = new.node {
            row.bind(node, record.seq);
        }
    }

    /// A fault began or ended: what is known of it follows, or nothing ever does.
    pub(super) fn fault(&mut self, seq: u64) {
        self.faults.push(seq);
        self.deadlines.clear();
        if self.faults_unknown {
            self.lose(|_| true, true);
        }
    }

    /// What a fault did to nodes.
    pub(super) fn faulted(&mut self, step: &FaultStep, begins: bool) {
        match step.act {
            Act::CrashNode(node) if begins => self.lose(|row| row.node() == Some(node), true),
            Act::RestartKubelet(node) => self.lose(|row| row.node() == Some(node), false),
            _ => {}
        }
    }

    /// Nodes were lost (with all that ran on them), or only their kubelets were.
    fn lose(&mut self, is_hit: impl Fn(&Row) -> bool, with_containers: bool) {
        for row in self.rows.iter_mut().filter(|row| is_hit(row)) {
            // A kubelet that starts anew may begin again what the API does not know to be done (K185).
            row.finished = false;
            if !with_containers {
                continue;
            }
            row.unsure |= row.running;
            row.running = 0;
            row.forced = true;
            row.begun = 0;
            row.terminal = false;
            if row.ip != 0 {
                self.addresses.remove(&row.ip);
                row.ip = 0;
            }
        }
    }

    /// A pod is about to be written.
    pub(super) fn changed(
        &mut self,
        record: &Record,
        id: PodId,
        change: &PodChange,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let Some(pod) = cluster.store.pods.newest(id.0) else {
            return;
        };
        let spec = &cluster.definitions.get_template(pod.template).spec;
        match change {
            PodChange::Bound(node, _) => {
                self.bound(record, id, *node, pod, spec, cluster, found);
            }
            PodChange::Status(changes) => {
                self.status(record, id, changes, pod, cluster, found);
            }
            PodChange::Deleting(deletion) => {
                let is_bound = pod.node.is_some();
                let is_first = pod.deletion.is_none();
                if is_first && is_bound && pod.finalizers == EMPTY_SET && self.faults.is_empty() {
                    let grace = SimDuration::from_secs(u64::from(deletion.grace_seconds));
                    let until = record.at + grace + DELETION_SLACK;
                    self.deadlines.claim(until, id, Claim::Gone);
                }
                if let Some(row) = self.rows.get(id) {
                    row.deleted = record.seq;
                }
            }
            PodChange::Removed => self.removed(record, id, pod, cluster, found),
            PodChange::Template(template) => {
                let after = &cluster.definitions.get_template(*template).spec;
                if let Some(part) = edited(spec, after) {
                    let message = format!("{} gets another {part}", name(cluster, id));
                    found.report("P-4", message, &[]);
                }
            }
            PodChange::Labels(_)
            | PodChange::Annotations(_)
            | PodChange::Finalizers(_)
            | PodChange::Owner(_) => {}
        }
    }

    #[allow(clippy::too_many_arguments)] // a record in its parts, and where it is
    fn bound(
        &mut self,
        record: &Record,
        id: PodId,
        node: wavetank_core::id::NodeId,
        pod: &Pod,
        spec: &PodSpec,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let Some(row) = self.rows.get(id) else {
            return;
        };
        if pod.node.is_some_and(|known| known != node) {
            let message = format!("{} moves to {}", name(cluster, id), name(cluster, node));
            found.report("P-2", message, &[row.bound]);
        }
        if pod.deletion.is_some() || !spec.scheduling_gates.is_empty() {
            let why = if pod.deletion.is_some() {
                "is being deleted"
            } else {
                "has scheduling gates"
            };
            let message = format!("{} is bound, and {why}", name(cluster, id));
            found.report("P-3", message, &[row.deleted]);
        }
        row.bind(node, record.seq);
    }

    /// P-1, P-7, P-11 of a write of the status.
    fn status(
        &mut self,
        record: &Record,
        id: PodId,
        changes: &[StatusChange],
        pod: &Pod,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let mut phase = pod.phase;
        for change in changes {
            match *change {
                StatusChange::Phase(next) => {
                    if phase != next && !may_follow(phase, next) {
                        let message = format!(
                            "{} goes from {} to {}",
                            name(cluster, id),
                            phase.text(),
                            next.text()
                        );
                        found.report("P-1", message, &[]);
                    }
                    phase = next;
                }
                StatusChange::Container(number, ContainerChange::Restarts(restarts)) => {
                    let known = cluster.store.containers(id).get(usize::from(number));
                    if let Some(known) = known.filter(|it| it.restarts > restarts) {
                        let message = format!(
                            "the restarts of {} fall from {} to {restarts}",
                            container(cluster, id, number),
                            known.restarts
                        );
                        found.report("P-7", message, &[]);
                    }
                }
                _ => {}
            }
        }
        if phase.is_terminal()
            && !pod.phase.is_terminal()
            && matches!(record.by, Actor::Kubelet(_))
            && let Some(row) = self.rows.get(id)
        {
            row.terminal = true;
            if row.running != 0 {
                let running = row.running.count_ones();
                let message = format!(
                    "{} is {}, and {running} of its containers run",
                    name(cluster, id),
                    phase.text()
                );
                found.report("P-11", message, &[row.started]);
            }
        }
    }

    fn removed(
        &mut self,
        record: &Record,
        id: PodId,
        pod: &Pod,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let Some(row) = self.rows.get(id) else {
            return;
        };
        row.removed = true;
        let is_kubelet = matches!(record.by, Actor::Kubelet(_));
        if is_kubelet && !row.forced && (row.running != 0 || !pod.phase.is_terminal()) {
            let message = format!(
                "the kubelet removes {}, which is {} with {} running containers",
                name(cluster, id),
                pod.phase.text(),
                row.running.count_ones()
            );
            found.report("P-18", message, &[row.started]);
        }
        row.forced |= row.running != 0 || row.unsure != 0;
        let is_over = row.finished || row.node().is_none() || is_kubelet;
        if is_over && row.running == 0 {
            self.release(id);
        }
    }

    pub(super) fn release(&mut self, id: PodId) {
        if let Some(row) = self.rows.get(id)
            && row.ip != 0
        {
            self.addresses.remove(&row.ip);
        }
        self.rows.release(id);
    }

    /// Judges what should have happened before now.
    pub(super) fn due(&mut self, now: SimTime, cluster: &Cluster, found: &mut Finder<'_>) {
        while let Some((until, pod, claim)) = self.deadlines.due(now) {
            match claim {
                Claim::Gone => {
                    let Some(it) = cluster.store.pods.newest(pod.0) else {
                        continue;
                    };
                    if it.finalizers == EMPTY_SET {
                        let seq = self.rows.get(pod).map_or(0, |row| row.deleted);
                        let message = format!(
                            "{} is still there, and should have gone by {until}",
                            name(cluster, pod)
                        );
                        found.report("P-19", message, &[seq]);
                    }
                }
            }
        }
    }
}

const fn may_follow(before: Phase, after: Phase) -> bool {
    matches!(
        (before, after),
        (
            Phase::Pending,
            Phase::Running | Phase::Succeeded | Phase::Failed
        ) | (Phase::Running, Phase::Succeeded | Phase::Failed)
    )
}

/// P-4: a part of the specification that may not change, and does.
fn edited(before: &PodSpec, after: &PodSpec) -> Option<&'static str> {
    let names = |spec: &PodSpec| -> Vec<Box<str>> {
        spec.all_containers().map(|it| it.name.clone()).collect()
    };
    if before.init_containers.len() != after.init_containers.len() || names(before) != names(after)
    {
        return Some("list of containers");
    }
    if before.restart_policy != after.restart_policy {
        return Some("restart policy");
    }
    if (before.priority, &before.scheduler_name) != (after.priority, &after.scheduler_name) {
        return Some("priority or scheduler");
    }
    let place = |spec: &PodSpec| (spec.node_selector.clone(), spec.affinity.clone());
    if before.scheduling_gates.is_empty() && place(before) != place(after) {
        return Some("choice of nodes");
    }
    None
}

/// P-12 and P-13, after the write.
pub(super) fn after(
    record: &Record,
    id: PodId,
    change: &PodChange,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) {
    if !matches!(
        (change, record.by),
        (PodChange::Status(_), Actor::Kubelet(_))
    ) {
        return;
    }
    let Some(pod) = cluster.store.pods.newest(id.0) else {
        return;
    };
    let is_true = |kind| pod.condition(kind).status.is_true();
    let containers = is_true(PodConditionType::ContainersReady);
    if pod.phase.is_terminal() && (pod.is_ready() || containers) {
        let message = format!("{} is {} and ready", name(cluster, id), pod.phase.text());
        found.report("P-12", message, &[]);
    } else if pod.is_ready() && !(containers && is_true(PodConditionType::Initialized)) {
        let message = format!("{} is Ready before its containers are", name(cluster, id));
        found.report("P-13", message, &[]);
    }
}

#[cfg(test)]
impl PodChecks {
    /// Forgets that a pod was removed by force.
    pub(super) fn unforce(&mut self, pod: PodId) {
        if let Some(row) = self.rows.get(pod) {
            row.forced = false;
        }
    }
}
