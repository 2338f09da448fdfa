//! `drain`: cordon, choose the pods, evict all at once, wait until they are gone (C88).

use std::collections::VecDeque;

use wavetank_core::fact::object::NodeChange;
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{Kind, NodeId, ObjId, PodId};
use wavetank_core::object::pod::Pod;
use wavetank_core::object::template::VolumeSource;
use wavetank_core::state::view::View;
use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime};

use super::delete::removes;
use super::hand::{Hand, Signal};
use super::select::{find, labels_of, namespace_of};
use super::words::{BUDGET, refused};
use crate::message::call::{Answer, Request};
use crate::plan::step::{Command, Drain};

/// How long after a refusal by a budget an eviction is tried again (C67).
const RETRY: SimDuration = SimDuration::from_secs(5);
/// How often kubectl looks whether an evicted pod is gone (C88).
const POLL_NANOS: u64 = NANOS_PER_SECOND;

/// A drain at work.
#[derive(Debug)]
pub(super) struct Draining {
    /// Nodes that are still to be cordoned; the first one's call is under way.
    cordoning: VecDeque<NodeId>,
    /// Nodes that are still to be drained.
    nodes: VecDeque<NodeId>,
    /// The node that is drained now.
    current: Option<NodeId>,
    pods: Vec<Leaving>,
    /// The number of the first call of the current node.
    first_call: u32,
    deadline: Option<SimTime>,
    failed: Vec<(String, String)>,
}

/// A pod that has to leave.
#[derive(Clone, Debug)]
struct Leaving {
    pod: PodId,
    name: String,
    namespace: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The call is under way.
    Calling,
    /// The budget allowed nothing: tried again at this instant.
    Refused(SimTime),
    /// Evicted at this instant; looked after every second from then on.
    Going(SimTime),
    /// Gone: noticed at this instant.
    Noticed(SimTime),
    /// Gone, and it was said.
    Gone,
}

impl Draining {
    /// Cordons the nodes first.
    pub(super) fn start(drain: &Drain, hand: &mut Hand<'_, '_>) -> Self {
        let (found, missing) = find(&drain.what, hand.view);
        for text in missing {
            hand.fail(text);
        }
        let nodes: VecDeque<NodeId> = found
            .into_iter()
            .filter_map(|object| NodeId::try_from(object).ok())
            .collect();
        let mut draining = Self {
            cordoning: nodes.clone(),
            nodes,
            current: None,
            pods: Vec::new(),
            first_call: 1,
            deadline: None,
            failed: Vec::new(),
        };
        if hand.output.exit != 0 {
            draining.cordoning.clear();
            draining.nodes.clear();
        }
        draining.cordon(hand);
        draining
    }

    /// Whether all nodes are done.
    pub(super) fn is_done(&self) -> bool {
        self.cordoning.is_empty() && self.nodes.is_empty() && self.current.is_none()
    }

    /// When a write will be noticed: that a pod has gone, at the next look of its every-second look.
    pub(super) fn noticed(&mut self, fact: &Fact, now: SimTime) -> Option<SimTime> {
        let gone = PodId::try_from(fact.object()?).ok()?;
        if !removes(fact) {
            return None;
        }
        let leaving = self.pods.iter_mut().find(|it| it.pod == gone)?;
        let State::Going(since) = leaving.state else {
            return None;
        };
        let looks = now.since(since).nanos().div_ceil(POLL_NANOS);
        let at = since + SimDuration::from_nanos(looks * POLL_NANOS);
        leaving.state = State::Noticed(at);
        Some(at)
    }

    fn cordon(&mut self, hand: &mut Hand<'_, '_>) {
        while let Some(id) = self.cordoning.front().copied() {
            let name = hand.name_of(id.into());
            if hand.view.node(id).is_some_and(|node| !node.unschedulable) {
                let fact = Fact::NodeChanged(id, NodeChange::Unschedulable(true));
                return hand.call(0, Request::Update(fact, None));
            }
            hand.say(format!("node/{name} already cordoned"));
            self.cordoning.pop_front();
        }
        self.next_node(hand);
    }

    fn next_node(&mut self, hand: &mut Hand<'_, '_>) {
        let line = hand.line;
        let Command::Drain(drain) = &line.command else {
            return;
        };
        while let Some(node) = self.nodes.pop_front() {
            let name = hand.name_of(node.into());
            let chosen = choose(node, drain, hand.view);
            if !chosen.errors.is_empty() {
                self.give_up(&name, together(&chosen.errors), hand);
                continue;
            }
            if !chosen.warnings.is_empty() {
                hand.say(format!("Warning: {}", chosen.warnings.join("; ")));
            }
            if chosen.pods.is_empty() {
                hand.say(format!("node/{name} drained"));
                continue;
            }
            self.current = Some(node);
            self.pods = chosen.pods;
            self.deadline = drain.timeout.map(|timeout| hand.now() + timeout);
            if let Some(deadline) = self.deadline {
                hand.wake(deadline, Signal::Timeout);
            }
            for index in 0..self.pods.len() {
                self.send(index, drain, hand);
            }
            return;
        }
        self.summary(hand);
    }

    fn send(&mut self, index: usize, drain: &Drain, hand: &mut Hand<'_, '_>) {
        let leaving = &mut self.pods[index];
        leaving.state = State::Calling;
        let request = if drain.disable_eviction {
            Request::DeletePod(leaving.pod, drain.grace_seconds, None)
        } else {
            let text = format!("evicting pod {}/{}", leaving.namespace, leaving.name);
            hand.say(text);
            Request::Evict(leaving.pod, drain.grace_seconds)
        };
        let number = self.first_call + u32::try_from(index).unwrap_or(u32::MAX);
        hand.call(number, request);
    }

    /// A call was answered: the cordon's, or that of a pod.
    pub(super) fn on_reply(&mut self, call: u32, answer: &Answer, hand: &mut Hand<'_, '_>) {
        if call == 0 {
            if let Some(node) = self.cordoning.pop_front() {
                let name = hand.name_of(node.into());
                match answer {
                    Ok(_) => hand.say(format!("node/{name} cordoned")),
                    Err(refusal) => {
                        hand.fail(refused("Node", &name, *refusal));
                        self.nodes.retain(|it| *it != node);
                    }
                }
            }
            return self.cordon(hand);
        }
        let Some(index) = call.checked_sub(self.first_call) else {
            return; // Of a node that was given up.
        };
        let now = hand.now();
        let Some(leaving) = self.pods.get_mut(index as usize) else {
            return;
        };
        match answer {
            Ok(_) => {
                leaving.state = State::Going(now);
                if !hand.view.knows(leaving.pod.into()) {
                    leaving.state = State::Noticed(now);
                }
            }
            Err(Refusal::NotFound) => leaving.state = State::Gone,
            Err(Refusal::TooManyRequests) => {
                leaving.state = State::Refused(now + RETRY);
                let (name, namespace) = (&leaving.name, &leaving.namespace);
                hand.say(format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): {BUDGET}"
                ));
                hand.wake(now + RETRY, Signal::Retry);
            }
            Err(refusal) => {
                let (name, namespace) = (&leaving.name, &leaving.namespace);
                let text = refused("Pod", name, *refusal);
                let text =
                    format!("error when evicting pods/\"{name}\" -n \"{namespace}\": {text}");
                return self.fail_node(text, hand);
            }
        }
        self.look(hand);
    }

    /// Pods are noticed to be gone, evictions are tried again, or the time is up.
    pub(super) fn on_signal(&mut self, signal: Signal, hand: &mut Hand<'_, '_>) {
        let line = hand.line;
        let Command::Drain(drain) = &line.command else {
            return;
        };
        let now = hand.now();
        if signal == Signal::Timeout && self.deadline.is_some_and(|deadline| deadline <= now) {
            return self.time_up(drain, hand);
        }
        for index in 0..self.pods.len() {
            if matches!(self.pods[index].state, State::Refused(at) if at <= now) {
                self.send(index, drain, hand);
            }
        }
        self.look(hand);
    }

    fn look(&mut self, hand: &mut Hand<'_, '_>) {
        let line = hand.line;
        let (Some(node), Command::Drain(drain)) = (self.current, &line.command) else {
            return;
        };
        let now = hand.now();
        let verb = if drain.disable_eviction {
            "deleted"
        } else {
            "evicted"
        };
        for leaving in &mut self.pods {
            if matches!(leaving.state, State::Noticed(at) if at <= now) {
                leaving.state = State::Gone;
                hand.say(format!("pod/{} {verb}", leaving.name));
            }
        }
        if self.pods.iter().any(|it| it.state != State::Gone) {
            return;
        }
        let name = hand.name_of(node.into());
        hand.say(format!("node/{name} drained"));
        self.leave_node();
        self.next_node(hand);
    }

    fn leave_node(&mut self) {
        self.first_call += u32::try_from(self.pods.len()).unwrap_or(u32::MAX);
        self.current = None;
        self.deadline = None;
        self.pods.clear();
    }

    fn time_up(&mut self, drain: &Drain, hand: &mut Hand<'_, '_>) {
        let timeout = go_duration(drain.timeout.unwrap_or(SimDuration::ZERO));
        let errors: Vec<String> = self
            .pods
            .iter()
            .filter_map(|leaving| {
                let (name, namespace) = (&leaving.name, &leaving.namespace);
                match leaving.state {
                    State::Gone => None,
                    State::Calling | State::Refused(_) => Some(format!(
                        "error when evicting pods/\"{name}\" -n \"{namespace}\": global timeout \
                         reached: {timeout}"
                    )),
                    State::Going(_) | State::Noticed(_) => Some(format!(
                        "error when waiting for pod \"{name}\" in namespace \"{namespace}\" to \
                         terminate: global timeout reached: {timeout}"
                    )),
                }
            })
            .collect();
        self.fail_node(together(&errors), hand);
    }

    fn fail_node(&mut self, error: String, hand: &mut Hand<'_, '_>) {
        let Some(node) = self.current else { return };
        let name = hand.name_of(node.into());
        let line = hand.line;
        if let Command::Drain(drain) = &line.command {
            let pending = choose(node, drain, hand.view).pods;
            if !pending.is_empty() {
                hand.say(format!(
                    "There are pending pods in node \"{name}\" when an error occurred: {error}"
                ));
                for pod in pending {
                    hand.say(format!("pod/{}", pod.name));
                }
            }
        }
        self.give_up(&name, error, hand);
        self.leave_node();
        self.next_node(hand);
    }

    fn give_up(&mut self, node: &str, error: String, hand: &mut Hand<'_, '_>) {
        hand.fail(format!(
            "error: unable to drain node \"{node}\" due to error: {error}, continuing command..."
        ));
        self.failed.push((node.to_owned(), error));
    }

    fn summary(&mut self, hand: &mut Hand<'_, '_>) {
        if self.failed.is_empty() {
            return;
        }
        hand.say("There are pending nodes to be drained:");
        for (node, _) in &self.failed {
            hand.say(format!(" {node}"));
        }
        let errors: Vec<String> = self.failed.drain(..).map(|(_, error)| error).collect();
        hand.fail(together(&errors));
    }
}

/// Several errors as Kubernetes prints them: each once, in brackets when there is more than one.
fn together(errors: &[String]) -> String {
    match errors {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// The pods of a node that a drain takes, what it warns of, and why it does not begin.
struct Chosen {
    pods: Vec<Leaving>,
    warnings: Vec<String>,
    errors: Vec<String>,
}

/// What becomes of one pod.
enum Fate {
    Leaves,
    LeavesWith(&'static str),
    Stays(&'static str),
    Forbids(&'static str),
}

/// kubectl's filters, in its order: DaemonSets, local data, pods that nobody owns.
fn choose(node: NodeId, drain: &Drain, view: View<'_>) -> Chosen {
    let mut pods = Vec::new();
    let mut warnings: Vec<(&str, Vec<String>)> = Vec::new();
    let mut errors: Vec<(&str, Vec<String>)> = Vec::new();
    let note =
        |list: &mut Vec<(&'static str, Vec<String>)>, text: &'static str, name: String| match list
            .iter_mut()
            .find(|(known, _)| *known == text)
        {
            Some((_, names)) => names.push(name),
            None => list.push((text, vec![name])),
        };
    for (id, pod) in view.pods_of_node(node) {
        let object = ObjId::from(id);
        if !drain.pods.matches(labels_of(view, object)) {
            continue;
        }
        let (name, namespace) = (view.pod_name(id), namespace_of(view, object).to_owned());
        let full = format!("{namespace}/{name}");
        match fate(pod, drain, view) {
            Fate::Forbids(text) => {
                note(&mut errors, text, full);
                continue;
            }
            Fate::Stays(text) => {
                note(&mut warnings, text, full);
                continue;
            }
            Fate::LeavesWith(text) => note(&mut warnings, text, full),
            Fate::Leaves => {}
        }
        pods.push(Leaving {
            pod: id,
            name,
            namespace,
            state: State::Calling,
        });
    }
    let texts = |list: Vec<(&str, Vec<String>)>, begin: &str| {
        let text =
            |(text, names): (&str, Vec<String>)| format!("{begin}{text}: {}", names.join(", "));
        list.into_iter().map(text).collect()
    };
    Chosen {
        pods,
        warnings: texts(warnings, ""),
        errors: texts(errors, "cannot delete "),
    }
}

fn fate(pod: &Pod, drain: &Drain, view: View<'_>) -> Fate {
    let is_over = pod.phase.is_terminal();
    let is_daemon = pod.owner.is_some_and(|owner| owner.kind == Kind::DaemonSet);
    if is_daemon && !is_over {
        return if drain.ignore_daemonsets {
            Fate::Stays("ignoring DaemonSet-managed Pods")
        } else {
            Fate::Forbids("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        };
    }
    let mut volumes = view.pod_spec(pod).volumes.iter();
    let has_data = volumes.any(|volume| volume.source == VolumeSource::EmptyDir);
    let is_unowned = pod.owner.is_none() && !is_over;
    if has_data && !is_over && !drain.delete_emptydir_data {
        return Fate::Forbids("Pods with local storage (use --delete-emptydir-data to override)");
    }
    if is_unowned {
        return if drain.force {
            Fate::LeavesWith("deleting Pods that declare no controller")
        } else {
            Fate::Forbids("cannot delete Pods that declare no controller (use --force to override)")
        };
    }
    if has_data && !is_over {
        return Fate::LeavesWith("deleting Pods with local storage");
    }
    Fate::Leaves
}

/// A duration as Go prints it: `5m0s`, `1h0m30s`, `1.5s`.
fn go_duration(duration: SimDuration) -> String {
    let nanos = duration.nanos();
    let (seconds, rest) = (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    if seconds == 0 && rest > 0 {
        return format!("{}ms", nanos / 1_000_000);
    }
    let fraction = format!("{rest:09}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}h{minutes}m{seconds}{point}{fraction}s")
    } else if minutes > 0 {
        format!("{minutes}m{seconds}{point}{fraction}s")
    } else {
        format!("{seconds}{point}{fraction}s")
    }
}
