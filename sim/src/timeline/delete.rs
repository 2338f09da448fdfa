//! `delete`: the calls, then waiting until everything is gone.

use std::collections::VecDeque;

use wavetank_core::fact::object::{
    DeploymentChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange, ServiceChange,
    SliceChange,
};
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{Kind, ObjId, PodId};
use wavetank_core::time::{SimDuration, SimTime};

use super::hand::{Hand, Signal};
use super::select::{find, kind_of};
use super::words::{TIMED_OUT, plural, refused, singular};
use crate::message::call::{Answer, Propagation, Request};
use crate::plan::step::{Delete, PlannedObject, Wanted, What};

/// Objects that are deleted one after the other, and then waited for one after the other.
#[derive(Debug)]
pub(super) struct Deletion {
    todo: VecDeque<ObjId>,
    /// The object whose call is under way, with its name and namespace.
    calling: Option<(ObjId, String, String)>,
    /// Objects that are to go, with their names.
    going: VecDeque<(ObjId, String)>,
    flags: Flags,
    deadline: Option<SimTime>,
}

#[derive(Debug)]
struct Flags {
    grace_seconds: Option<u32>,
    propagation: Propagation,
    force: bool,
    wait: bool,
    timeout: Option<SimDuration>,
    ignore_not_found: bool,
}

impl Deletion {
    /// `delete`
    pub(super) fn start(delete: &Delete, hand: &mut Hand<'_, '_>) -> Self {
        let flags = Flags {
            grace_seconds: delete.grace_seconds,
            propagation: delete.propagation,
            force: delete.force,
            wait: delete.wait,
            timeout: delete.timeout,
            ignore_not_found: delete.ignore_not_found,
        };
        Self::of(&delete.what, flags, hand)
    }

    /// The first half of `replace --force`.
    pub(super) fn replaced(objects: &[PlannedObject], hand: &mut Hand<'_, '_>) -> Self {
        let wanted = |object: &PlannedObject| {
            Some(Wanted {
                kind: Kind::from_name(&object.kind)?,
                name: Some(object.name.clone()),
                namespace: Some(object.namespace.clone()),
            })
        };
        let what = What {
            resources: objects.iter().filter_map(wanted).collect(),
            ..What::default()
        };
        let flags = Flags {
            grace_seconds: Some(0),
            propagation: Propagation::Background,
            force: true,
            wait: true,
            timeout: None,
            ignore_not_found: true,
        };
        Self::of(&what, flags, hand)
    }

    fn of(what: &What, flags: Flags, hand: &mut Hand<'_, '_>) -> Self {
        let (found, missing) = find(what, hand.view);
        if !flags.ignore_not_found {
            let is_named = !missing.is_empty();
            for text in missing {
                hand.fail(text);
            }
            if found.is_empty() && !is_named {
                hand.say("No resources found");
            }
        }
        if flags.force && !found.is_empty() {
            hand.say(
                "Warning: Immediate deletion does not wait for confirmation that the running \
                 resource has been terminated. The resource may continue to run on the cluster \
                 indefinitely.",
            );
        }
        let mut deletion = Self {
            todo: found.into(),
            calling: None,
            going: VecDeque::new(),
            flags,
            deadline: None,
        };
        deletion.next(hand);
        deletion
    }

    /// Whether everything was deleted and, if wanted, is gone.
    pub(super) fn is_done(&self) -> bool {
        self.calling.is_none() && self.todo.is_empty() && self.going.is_empty()
    }

    /// Whether a write is the end of the object that is waited for.
    pub(super) fn wants(&self, fact: &Fact) -> bool {
        let awaited = self.going.front().map(|(object, _)| *object);
        awaited.is_some() && fact.object() == awaited && removes(fact)
    }

    /// The call under way was answered.
    pub(super) fn on_reply(&mut self, answer: &Answer, hand: &mut Hand<'_, '_>) {
        let Some((object, name, namespace)) = self.calling.take() else {
            return;
        };
        match answer {
            Ok(_) => {
                let kind = singular(kind_of(object));
                let force = if self.flags.force { "force " } else { "" };
                let from = if namespace.is_empty() {
                    String::new()
                } else {
                    format!(" from {namespace} namespace")
                };
                hand.say(format!("{kind} \"{name}\" {force}deleted{from}"));
                if self.flags.wait {
                    self.going.push_back((object, name));
                }
            }
            Err(Refusal::NotFound) if self.flags.ignore_not_found => {}
            Err(refusal) => hand.fail(refused(kind_of(object), &name, *refusal)),
        }
        self.next(hand);
    }

    /// Something has gone, or the time is up.
    pub(super) fn on_signal(&mut self, signal: Signal, hand: &mut Hand<'_, '_>) {
        match signal {
            Signal::Look => self.look(hand),
            Signal::Timeout => {
                if let Some((object, name)) = self.going.front() {
                    let kind = plural(kind_of(*object));
                    hand.fail(format!("error: {TIMED_OUT} on {kind}/{name}"));
                }
                self.going.clear();
            }
            Signal::Begin | Signal::Retry => {}
        }
    }

    fn next(&mut self, hand: &mut Hand<'_, '_>) {
        let Some(object) = self.todo.pop_front() else {
            self.look(hand);
            if let Some(timeout) = self.flags.timeout.filter(|_| !self.going.is_empty()) {
                let deadline = hand.now() + timeout;
                self.deadline = Some(deadline);
                hand.wake(deadline, Signal::Timeout);
            }
            return;
        };
        let name = hand.name_of(object);
        let namespace = hand.namespace_of(object).to_string();
        let request = match PodId::try_from(object) {
            Ok(pod) => Request::DeletePod(pod, self.flags.grace_seconds, None),
            Err(object) => Request::Delete(object, self.flags.propagation),
        };
        hand.call(0, request);
        self.calling = Some((object, name, namespace));
    }

    /// Lets go of what is gone, in order.
    fn look(&mut self, hand: &Hand<'_, '_>) {
        if self.calling.is_some() || !self.todo.is_empty() {
            return;
        }
        while let Some((object, _)) = self.going.front() {
            if hand.view.knows(*object) {
                return;
            }
            self.going.pop_front();
        }
    }
}

/// Whether a write is the end of its object.
#[allow(clippy::wildcard_enum_match_arm)] // every other write leaves it there
pub(super) fn removes(fact: &Fact) -> bool {
    let meta = match fact {
        Fact::PodChanged(_, change) => return matches!(change, PodChange::Removed),
        Fact::NodeChanged(_, NodeChange::Meta(meta))
        | Fact::ReplicaSetChanged(_, ReplicaSetChange::Meta(meta))
        | Fact::DeploymentChanged(_, DeploymentChange::Meta(meta))
        | Fact::ServiceChanged(_, ServiceChange::Meta(meta))
        | Fact::SliceChanged(_, SliceChange::Meta(meta))
        | Fact::OtherChanged(_, _, OtherChange::Meta(meta)) => meta,
        _ => return false,
    };
    matches!(meta, MetaChange::Removed)
}
