//! `wait`: until a condition holds, an object is there, or is gone.

use std::collections::VecDeque;

use wavetank_core::fact::Fact;
use wavetank_core::id::{DeploymentId, NodeId, ObjId, PodId, ReplicaSetId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::NodeConditionType;
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::state::view::View;
use wavetank_core::time::SimDuration;

use super::hand::{Hand, Signal};
use super::json;
use super::select::{find, kind_of, labels_of, node_name, pod_of};
use super::words::{TIMED_OUT, plural, reference};
use crate::plan::step::{WaitFor, What};

/// Objects that are waited for one after the other.
#[derive(Debug)]
pub(super) struct Waiting {
    objects: VecDeque<(ObjId, String)>,
    until: WaitFor,
    /// What `--for=create` looks for, while it is not there.
    missing: Option<What>,
}

impl Waiting {
    /// Looks for the first time.
    pub(super) fn start(
        what: &What,
        until: &WaitFor,
        timeout: SimDuration,
        hand: &mut Hand<'_, '_>,
    ) -> Self {
        let (objects, missing) = find(what, hand.view);
        let named = |object: ObjId, hand: &Hand<'_, '_>| (object, hand.name_of(object));
        let mut waiting = Self {
            objects: objects.into_iter().map(|it| named(it, hand)).collect(),
            until: until.clone(),
            missing: None,
        };
        if *until == WaitFor::Create {
            waiting.missing = Some(what.clone());
        } else if *until != WaitFor::Delete {
            if waiting.objects.is_empty() && missing.is_empty() {
                hand.fail("error: no matching resources found");
            }
            for text in missing {
                hand.fail(text);
            }
        }
        waiting.look(hand);
        if !waiting.is_done() {
            let deadline = hand.now() + timeout;
            hand.wake(deadline, Signal::Timeout);
        }
        waiting
    }

    /// Whether there is nothing left to wait for.
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_empty() && self.missing.is_none()
    }

    /// Whether a write may be what is waited for.
    pub(super) fn wants(&self, fact: &Fact) -> bool {
        if self.missing.is_some() {
            return is_creation(fact);
        }
        let awaited = self.objects.front().map(|(object, _)| *object);
        fact.is_write() && awaited.is_some() && fact.object() == awaited
    }

    /// A write has arrived, or the time is up.
    pub(super) fn on_signal(&mut self, signal: Signal, hand: &mut Hand<'_, '_>) {
        match signal {
            Signal::Look => self.look(hand),
            Signal::Timeout => {
                // kubectl looks once at each of the others before it gives up.
                for (object, name) in std::mem::take(&mut self.objects) {
                    let kind = plural(kind_of(object));
                    hand.fail(format!("error: {TIMED_OUT} on {kind}/{name}"));
                }
                if self.missing.take().is_some() {
                    hand.fail(format!("error: {TIMED_OUT}"));
                }
            }
            Signal::Begin | Signal::Retry => {}
        }
    }

    fn look(&mut self, hand: &mut Hand<'_, '_>) {
        if let Some(what) = &self.missing {
            let (found, missing) = find(what, hand.view);
            if !missing.is_empty() || found.is_empty() {
                return;
            }
            for object in found {
                let name = reference(kind_of(object), &hand.name_of(object));
                hand.say(format!("{name} condition met"));
            }
            self.missing = None;
            self.objects.clear();
            return;
        }
        while let Some((object, name)) = self.objects.front() {
            let is_met = match &self.until {
                WaitFor::Delete => !hand.view.knows(*object),
                WaitFor::Create => true,
                WaitFor::Condition(kind, status) => {
                    condition(hand.view, *object, kind).eq_ignore_ascii_case(status)
                }
                WaitFor::Field(path, value) => {
                    let found = field(hand.view, *object, path);
                    match value {
                        Some(value) => found.as_deref() == Some(&**value),
                        None => found.is_some_and(|found| !found.is_empty()),
                    }
                }
            };
            if !is_met {
                return;
            }
            hand.say(format!(
                "{} condition met",
                reference(kind_of(*object), name)
            ));
            self.objects.pop_front();
        }
    }
}

#[allow(clippy::wildcard_enum_match_arm)] // nothing else makes an object
const fn is_creation(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::PodCreated(..)
            | Fact::NodeCreated(..)
            | Fact::ReplicaSetCreated(..)
            | Fact::DeploymentCreated(..)
            | Fact::ServiceCreated(..)
            | Fact::SliceCreated(..)
            | Fact::OtherCreated(..)
    )
}

/// The status of a condition; empty when there is none, or when it is about an earlier generation.
fn condition(view: View<'_>, object: ObjId, kind: &str) -> &'static str {
    let truth = if let Some(pod) = pod_of(view, object) {
        if pod.observed_generation != 0 && pod.observed_generation < pod.generation {
            return "";
        }
        let known = PodConditionType::ALL
            .into_iter()
            .find(|known| known.text().eq_ignore_ascii_case(kind));
        known.map_or(Truth::Absent, |known| pod.condition(known).status)
    } else if let Some(node) = NodeId::try_from(object).ok().and_then(|id| view.node(id)) {
        let known = NodeConditionType::ALL
            .into_iter()
            .find(|known| known.text().eq_ignore_ascii_case(kind));
        known.map_or(Truth::Absent, |known| node.condition(known).status)
    } else if let Some(it) = DeploymentId::try_from(object)
        .ok()
        .and_then(|id| view.deployment(id))
    {
        if it.status.observed_generation < it.meta.generation {
            return "";
        }
        match kind.to_lowercase().as_str() {
            "available" => it.status.availability.status,
            "progressing" => it.status.progressing.status,
            "replicafailure" => it.status.failure.status,
            _ => Truth::Absent,
        }
    } else if let Some(set) = ReplicaSetId::try_from(object)
        .ok()
        .and_then(|id| view.replica_set(id))
    {
        if kind.eq_ignore_ascii_case("ReplicaFailure") {
            set.status.failure.status
        } else {
            Truth::Absent
        }
    } else {
        Truth::Absent
    };
    truth.text()
}

/// The fields that `--for=jsonpath` can look at; with `.metadata.labels.KEY` and what stands in `.spec`.
pub(crate) fn is_known_field(path: &str) -> bool {
    const KNOWN: [&str; 9] = [
        ".status.phase",
        ".status.podIP",
        ".status.replicas",
        ".status.updatedReplicas",
        ".status.readyReplicas",
        ".status.availableReplicas",
        ".status.observedGeneration",
        ".spec.nodeName",
        ".metadata.generation",
    ];
    let path = trimmed(path);
    KNOWN.contains(&path) || path.starts_with(".metadata.labels.") || path.starts_with(".spec.")
}

fn trimmed(path: &str) -> &str {
    path.trim_start_matches('{').trim_end_matches('}')
}

/// The value of a field, as `--for=jsonpath` compares it; none when it is not there.
fn field(view: View<'_>, object: ObjId, path: &str) -> Option<String> {
    let path = trimmed(path);
    if let Some(label) = path.strip_prefix(".metadata.labels.") {
        let label = label.replace("\\.", ".");
        return labels_of(view, object).get(&label).map(str::to_owned);
    }
    let some = |number: u32| (number > 0).then(|| number.to_string());
    if let Ok(id) = PodId::try_from(object) {
        let pod = view.pod(id)?;
        return match path {
            ".status.phase" => Some(pod.phase.text().to_owned()),
            ".status.podIP" => pod.ip.is_some().then(|| pod.ip.to_string()),
            ".status.observedGeneration" => some(pod.observed_generation),
            ".spec.nodeName" => Some(node_name(view, pod.node?)),
            ".metadata.generation" => some(pod.generation),
            _ => of_json(view, object, path),
        };
    }
    let counts = if let Ok(id) = DeploymentId::try_from(object) {
        let it = view.deployment(id)?;
        let status = &it.status;
        [
            status.replicas,
            status.updated,
            status.ready,
            status.available,
            status.observed_generation,
        ]
    } else if let Ok(id) = ReplicaSetId::try_from(object) {
        let status = &view.replica_set(id)?.status;
        [
            status.replicas,
            0,
            status.ready,
            status.available,
            status.observed_generation,
        ]
    } else {
        return of_json(view, object, path);
    };
    match path {
        ".status.replicas" => some(counts[0]),
        ".status.updatedReplicas" => some(counts[1]),
        ".status.readyReplicas" => some(counts[2]),
        ".status.availableReplicas" => some(counts[3]),
        ".status.observedGeneration" => some(counts[4]),
        ".metadata.generation" => some(view.meta(object)?.generation),
        _ => of_json(view, object, path),
    }
}

#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn of_json(view: View<'_>, object: ObjId, path: &str) -> Option<String> {
    let json = json::current(view, object)?;
    match json.pointer(&path.replace('.', "/"))? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
