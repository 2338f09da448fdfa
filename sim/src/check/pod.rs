//! The life of pods (P): phases, bindings, the order of containers, and how they are stopped.

use rustc_hash::FxHashMap;
use wavetank_core::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use wavetank_core::fact::runtime::{Hook, ProbeKind, RuntimeFact, Signal};
use wavetank_core::fact::{Actor, Record};
use wavetank_core::id::{PodId, TextId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::pod::{Phase, Pod, PodConditionType};
use wavetank_core::object::template::{PodSpec, RestartPolicy};
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
const TOLERANCE: SimDuration = SimDuration::from_secs(1);
/// TERM is never followed by KILL sooner than this, less the tolerance (K107).
const TERM_TO_KILL: SimDuration = SimDuration::from_secs(2);
/// What a deletion may take beyond its grace (P-19).
const DELETION_SLACK: SimDuration = SimDuration::from_secs(14);

/// What is remembered of all pods.
#[derive(Clone, Debug, Default)]
pub(super) struct PodChecks {
    rows: Rows,
    /// Containers that are being stopped: looked up, never iterated.
    stopping: FxHashMap<(PodId, u8), Stopping>,
    /// The pod of each name that has running containers: looked up, never iterated.
    names: FxHashMap<(TextId, ObjectName), PodId>,
    /// The pod of each address: looked up, never iterated.
    addresses: FxHashMap<u32, PodId>,
    deadlines: Deadlines,
    /// The facts of faults so far.
    faults: Vec<u64>,
    /// Faults may have done anything.
    pub(super) faults_unknown: bool,
}

/// A container that is being stopped.
#[derive(Clone, Copy, Debug)]
struct Stopping {
    /// When the hook or TERM was sent.
    began: SimTime,
    term: Option<SimTime>,
    hook_runs: bool,
    seq: u64,
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

    fn release(&mut self, id: PodId) {
        if let Some(row) = self.rows.get(id)
            && row.ip != 0
        {
            self.addresses.remove(&row.ip);
        }
        self.rows.release(id);
    }

    /// Something happened to a pod on its node.
    pub(super) fn runtime(
        &mut self,
        record: &Record,
        id: PodId,
        fact: RuntimeFact,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        match fact {
            RuntimeFact::Started(number) => self.started(record, id, number, cluster, found),
            RuntimeFact::Exited(number, code, _) => self.exited(id, number, code, cluster, found),
            RuntimeFact::Signalled(number, Signal::Term) => {
                self.terminated(record, id, number, cluster, found);
            }
            RuntimeFact::Signalled(number, Signal::Kill) => {
                self.killed(record, id, number, cluster, found);
            }
            RuntimeFact::HookStarted(number, Hook::PreStop) => {
                let stopping = self.stopping.entry((id, number)).or_insert(Stopping {
                    began: record.at,
                    term: None,
                    hook_runs: true,
                    seq: record.seq,
                });
                stopping.hook_runs = true;
            }
            RuntimeFact::HookEnded(number, Hook::PreStop, _) => {
                if let Some(stopping) = self.stopping.get_mut(&(id, number)) {
                    stopping.hook_runs = false;
                }
            }
            RuntimeFact::Probed(number, ProbeKind::Startup, true) => {
                if let Some(row) = self.rows.get(id) {
                    row.passed |= bit(number);
                }
            }
            RuntimeFact::SandboxStarted(ip) => self.sandbox(id, ip.0, cluster, found),
            RuntimeFact::SandboxStopped => {
                if let Some(row) = self.rows.get(id)
                    && row.ip != 0
                {
                    self.addresses.remove(&row.ip);
                    row.ip = 0;
                }
            }
            RuntimeFact::Finished => {
                if let Some(row) = self.rows.get(id) {
                    row.finished = true;
                    if row.removed && row.running == 0 {
                        self.release(id);
                    }
                }
            }
            RuntimeFact::Admitted
            | RuntimeFact::PullStarted(_)
            | RuntimeFact::Pulled(..)
            | RuntimeFact::PullFailed(..)
            | RuntimeFact::Listening(..)
            | RuntimeFact::ListenStopped(..)
            | RuntimeFact::HookStarted(_, Hook::PostStart)
            | RuntimeFact::HookEnded(_, Hook::PostStart, _)
            | RuntimeFact::Probed(..)
            | RuntimeFact::Logged(..) => {}
        }
    }

    /// P-23, and a new sandbox begins with the first init container again (K54).
    fn sandbox(&mut self, id: PodId, ip: u32, cluster: &Cluster, found: &mut Finder<'_>) {
        let Some(row) = self.rows.get(id) else {
            return;
        };
        row.begun = 0;
        row.succeeded = 0;
        row.passed = 0;
        let is_host = spec_of(cluster, id).is_none_or(|(_, spec)| spec.host_network);
        if ip == 0 || is_host {
            return;
        }
        row.ip = ip;
        if let Some(other) = self.addresses.insert(ip, id)
            && other != id
        {
            let ip = wavetank_core::object::pod::PodIp(ip);
            let message = format!(
                "{} gets the address {ip} of {}",
                name(cluster, id),
                name(cluster, other)
            );
            found.report("P-23", message, &[]);
        }
    }

    /// P-5, P-6, P-8, P-11, P-15, P-17, X-6 of a start.
    fn started(
        &mut self,
        record: &Record,
        id: PodId,
        number: u8,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        self.stopping.remove(&(id, number));
        let Some(row) = self.rows.get(id) else {
            let message = format!(
                "{} starts, of a pod that is gone",
                container(cluster, id, number)
            );
            return found.report("P-5", message, &[]);
        };
        let who = || container(cluster, id, number);
        let here = row.node().map(Actor::Kubelet);
        if here != Some(record.by) {
            let message = format!(
                "{} starts by {:?}, and the pod belongs to {here:?}",
                who(),
                record.by
            );
            found.report("P-5", message, &[row.bound]);
        }
        if row.finished {
            let message = format!(
                "{} starts after its kubelet has finished with the pod",
                who()
            );
            found.report("P-15", message, &[row.deleted]);
        } else if row.terminal && !row.forced {
            let message = format!("{} starts in a pod that is done", who());
            found.report("P-11", message, &[]);
        }
        let this = bit(number);
        if row.running & this != 0 {
            let message = format!("{} starts while it runs", who());
            found.report("X-6", message, &[row.started]);
        }
        if let Some((_, spec)) = spec_of(cluster, id) {
            order(row, number, spec, cluster, found);
            restart(row, number, spec, cluster, found);
        }
        row.begun |= this;
        row.running |= this;
        row.unsure &= !this;
        row.succeeded &= !this;
        row.started = record.seq;
        if row.running == this {
            self.running(id, cluster, found);
        }
    }

    /// P-17: the first container of a pod runs.
    fn running(&mut self, id: PodId, cluster: &Cluster, found: &mut Finder<'_>) {
        let identity = cluster.store.pod_identity(id);
        let key = (identity.namespace, identity.name);
        let Some(other) = self.names.insert(key, id).filter(|other| *other != id) else {
            return;
        };
        if let Some(row) = self.rows.get(other).copied()
            && row.running != 0
            && !row.forced
        {
            let message = format!("two incarnations of {} run", name(cluster, id));
            found.report("P-17", message, &[row.started]);
        }
    }

    /// X-6 of an exit.
    fn exited(
        &mut self,
        id: PodId,
        number: u8,
        code: i32,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        self.stopping.remove(&(id, number));
        let this = bit(number);
        let Some(row) = self.rows.get(id) else {
            return;
        };
        if this != 0 && (row.running | row.unsure) & this == 0 {
            let message = format!(
                "{} ends, which does not run",
                container(cluster, id, number)
            );
            found.report("X-6", message, &[row.started]);
        }
        row.running &= !this;
        row.unsure &= !this;
        if code == 0 {
            row.succeeded |= this;
        }
        if row.running == 0 {
            if row.removed && row.finished {
                self.release(id);
            }
            if cluster.store.pods.len() > id.0 {
                let identity = cluster.store.pod_identity(id);
                let key = (identity.namespace, identity.name);
                if self.names.get(&key) == Some(&id) {
                    self.names.remove(&key);
                }
            }
        }
    }

    /// P-14 of TERM.
    fn terminated(
        &mut self,
        record: &Record,
        id: PodId,
        number: u8,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let stopping = self.stopping.entry((id, number)).or_insert(Stopping {
            began: record.at,
            term: None,
            hook_runs: false,
            seq: record.seq,
        });
        stopping.term.get_or_insert(record.at);
        let Stopping {
            began,
            hook_runs,
            seq,
            ..
        } = *stopping;
        if hook_runs
            && let Some(grace) = least_grace(cluster, id)
            && record.at + TOLERANCE < began + grace
        {
            let message = format!(
                "TERM is sent to {} {:?} after its preStop hook began, which still runs; the grace is {grace:?}",
                container(cluster, id, number),
                record.at.since(began)
            );
            found.report("P-14", message, &[seq]);
        }
    }

    /// P-14 of KILL.
    fn killed(
        &mut self,
        record: &Record,
        id: PodId,
        number: u8,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        if self.faults.binary_search(&record.cause).is_ok() {
            return; // Not the kubelet's doing.
        }
        let Some(row) = self.rows.get(id) else {
            return;
        };
        if row.unsure & bit(number) != 0 {
            return;
        }
        let who = || container(cluster, id, number);
        let Some(Stopping {
            began, term, seq, ..
        }) = self.stopping.get(&(id, number)).copied()
        else {
            let message = format!("KILL is sent to {} without TERM", who());
            return found.report("P-14", message, &[]);
        };
        let early = term.is_none_or(|term| record.at + TOLERANCE < term + TERM_TO_KILL)
            || least_grace(cluster, id).is_some_and(|grace| record.at + TOLERANCE < began + grace);
        if early {
            let message = format!(
                "KILL is sent to {} {:?} after its stop began",
                who(),
                record.at.since(began)
            );
            found.report("P-14", message, &[seq]);
        }
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

const fn bit(number: u8) -> u32 {
    match 1_u32.checked_shl(number as u32) {
        Some(bit) => bit,
        None => 0,
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

fn spec_of(cluster: &Cluster, id: PodId) -> Option<(&Pod, &PodSpec)> {
    let pod = cluster.store.pods.newest(id.0)?;
    Some((pod, &cluster.definitions.get_template(pod.template).spec))
}

/// The shortest grace that a kill of a container may have had (K23, K104); none when it is not known.
fn least_grace(cluster: &Cluster, id: PodId) -> Option<SimDuration> {
    let (pod, spec) = spec_of(cluster, id)?;
    let mut seconds = spec.grace_seconds;
    if let Some(deletion) = pod.deletion {
        seconds = seconds.min(deletion.grace_seconds.max(1));
    }
    for container in spec.all_containers() {
        let probes = [&container.liveness, &container.startup];
        let own = probes
            .into_iter()
            .flatten()
            .filter_map(|it| it.grace_seconds);
        seconds = own.fold(seconds, u32::min);
        if container
            .restart_rules
            .iter()
            .any(|rule| rule.all_containers)
        {
            seconds = 0; // K101
        }
    }
    Some(SimDuration::from_secs(u64::from(seconds)))
}

/// P-8.
fn order(row: &Row, number: u8, spec: &PodSpec, cluster: &Cluster, found: &mut Finder<'_>) {
    for (place, init) in spec
        .init_containers
        .iter()
        .enumerate()
        .take(usize::from(number))
    {
        let this = bit(u8::try_from(place).unwrap_or(u8::MAX));
        let is_met = if init.restart_policy == Some(RestartPolicy::Always) {
            row.begun & this != 0 && (init.startup.is_none() || row.passed & this != 0)
        } else {
            row.succeeded & this != 0
        };
        if this != 0 && !is_met {
            let message = format!(
                "{} starts before init container {} is done",
                container(cluster, row.pod, number),
                init.name
            );
            return found.report("P-8", message, &[row.started]);
        }
    }
}

/// P-6.
fn restart(row: &Row, number: u8, spec: &PodSpec, cluster: &Cluster, found: &mut Finder<'_>) {
    let this = bit(number);
    let main = usize::from(number).checked_sub(spec.init_containers.len());
    let Some(it) = main.and_then(|place| spec.containers.get(place)) else {
        return;
    };
    if row.begun & this == 0 || row.running & this != 0 || !it.restart_rules.is_empty() {
        return;
    }
    let is_left = match it.restart_policy.unwrap_or(spec.restart_policy) {
        RestartPolicy::Always => false,
        RestartPolicy::OnFailure => row.succeeded & this != 0,
        RestartPolicy::Never => true,
    };
    if is_left {
        let message = format!("{} starts again", container(cluster, row.pod, number));
        found.report("P-6", message, &[row.started]);
    }
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
