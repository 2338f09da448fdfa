//! Containers: their order, their restarts, and how they are stopped (P-5 to P-17, P-23).

use wavetank_core::fact::runtime::{Hook, ProbeKind, RuntimeFact, Signal};
use wavetank_core::fact::{Actor, Record};
use wavetank_core::id::PodId;
use wavetank_core::object::pod::Pod;
use wavetank_core::object::template::{PodSpec, RestartPolicy};
use wavetank_core::state::Cluster;
use wavetank_core::time::SimDuration;

use super::finder::{Finder, container, name};
use super::pod::{PodChecks, Stopping, TERM_TO_KILL, TOLERANCE};
use super::pod_rows::Row;

impl PodChecks {
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
}

const fn bit(number: u8) -> u32 {
    match 1_u32.checked_shl(number as u32) {
        Some(bit) => bit,
        None => 0,
    }
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
