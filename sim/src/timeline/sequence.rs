//! Work on one object after the other, each by a few calls: what most commands do.

use std::collections::VecDeque;

use wavetank_core::id::ObjId;

use super::hand::Hand;
use super::select::{find, kind_of};
use super::words::refused;
use super::{change, create, exec, mark, node, rollout};
use crate::message::call::{Answer, Request};
use crate::plan::step::{Command, What};

/// Work on one object after the other. An object that fails makes the exit code 1; the others are worked
/// on all the same.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    jobs: VecDeque<Job>,
    /// The calls about the current object that are still to be made.
    requests: VecDeque<Request>,
    /// What is printed when all of them were granted.
    said: String,
    /// Kind and name of the current object, for what is said about a refusal.
    subject: (String, String),
    /// Whether a call is under way.
    is_calling: bool,
}

/// One object to work on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    /// An object of the store.
    Object(ObjId),
    /// An object that the command brings in, by its number.
    Planned(usize),
}

/// What has to be done about an object.
pub(super) enum Prepared {
    /// These calls, one after the other, then this line is printed; an empty one is not.
    Calls(Vec<Request>, String),
    /// Nothing more: it was said why.
    Nothing,
}

impl Sequence {
    /// Finds the objects of the line, and begins with the first.
    pub(super) fn start(hand: &mut Hand<'_, '_>) -> Self {
        let line = hand.line;
        let jobs = match &line.command {
            Command::Apply(objects) | Command::Create(objects) | Command::Replace(objects, _) => {
                (0..objects.len()).map(Job::Planned).collect()
            }
            Command::Expose(it) => objects(&it.what, hand),
            Command::Autoscale(it) => objects(&it.what, hand),
            Command::Label(marks) | Command::Annotate(marks) => objects(&marks.what, hand),
            Command::Taint(edit) => objects(&edit.what, hand),
            Command::Scale(what, ..)
            | Command::SetImage(what, _)
            | Command::SetEnv(what, _)
            | Command::SetResources(what, _)
            | Command::Restart(what)
            | Command::Undo(what, _)
            | Command::Pause(what, _)
            | Command::Patch(what, _)
            | Command::Cordon(what, _)
            | Command::Evict(what, _)
            | Command::Exec { what, .. } => objects(what, hand),
            Command::Delete(_)
            | Command::Drain(_)
            | Command::Status(..)
            | Command::Wait(..)
            | Command::View => VecDeque::new(),
        };
        let mut sequence = Self {
            jobs,
            ..Self::default()
        };
        sequence.next(hand);
        sequence
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_done(&self) -> bool {
        !self.is_calling && self.jobs.is_empty() && self.requests.is_empty()
    }

    /// The call under way was answered.
    pub(super) fn on_reply(&mut self, answer: &Answer, hand: &mut Hand<'_, '_>) {
        self.is_calling = false;
        if let Err(refusal) = answer {
            let (kind, name) = &self.subject;
            hand.fail(refused(kind, name, *refusal));
            self.requests.clear();
            return self.next(hand);
        }
        if self.requests.is_empty() {
            let said = std::mem::take(&mut self.said);
            if !said.is_empty() {
                hand.say(said);
            }
        }
        self.next(hand);
    }

    /// Makes the next call.
    fn next(&mut self, hand: &mut Hand<'_, '_>) {
        loop {
            if let Some(request) = self.requests.pop_front() {
                self.is_calling = true;
                return hand.call(0, request);
            }
            let Some(job) = self.jobs.pop_front() else {
                return;
            };
            self.subject = match job {
                Job::Object(object) => (kind_of(object).to_owned(), hand.name_of(object)),
                Job::Planned(number) => create::subject(number, hand),
            };
            let Prepared::Calls(requests, said) = prepare(job, hand) else {
                continue;
            };
            if requests.is_empty() && !said.is_empty() {
                hand.say(said);
            } else {
                self.said = said;
            }
            self.requests = requests.into();
        }
    }
}

/// The objects that are meant; what is not found fails.
pub(super) fn objects(what: &What, hand: &mut Hand<'_, '_>) -> VecDeque<Job> {
    let (found, missing) = find(what, hand.view);
    for text in missing {
        hand.fail(text);
    }
    found.into_iter().map(Job::Object).collect()
}

/// Decides what has to be done about one object, as the store is now.
fn prepare(job: Job, hand: &mut Hand<'_, '_>) -> Prepared {
    let line = hand.line;
    let object = match job {
        Job::Object(object) => object,
        Job::Planned(number) => return create::prepare(number, hand),
    };
    match &line.command {
        Command::Expose(expose) => create::expose(object, expose, hand),
        Command::Autoscale(autoscale) => create::autoscale(object, autoscale, hand),
        Command::Scale(_, replicas, current) => change::scale(object, *replicas, *current, hand),
        Command::SetImage(_, images) => change::images(object, images, hand),
        Command::SetEnv(_, edit) => change::env(object, edit, hand),
        Command::SetResources(_, edit) => change::resources(object, edit, hand),
        Command::Patch(_, patch) => change::patch(object, patch, hand),
        Command::Restart(_) => rollout::restart(object, hand),
        Command::Undo(_, revision) => rollout::undo(object, *revision, hand),
        Command::Pause(_, pause) => rollout::pause(object, *pause, hand),
        Command::Label(marks) => mark::label(object, marks, hand),
        Command::Annotate(marks) => mark::annotate(object, marks, hand),
        Command::Taint(edit) => node::taint(object, edit, hand),
        Command::Cordon(_, cordon) => node::cordon(object, *cordon, hand),
        Command::Evict(_, grace) => exec::evict(object, *grace, hand),
        Command::Exec {
            container, command, ..
        } => exec::exec(object, container.as_deref(), command, hand),
        Command::Apply(_)
        | Command::Create(_)
        | Command::Replace(..)
        | Command::Delete(_)
        | Command::Drain(_)
        | Command::Status(..)
        | Command::Wait(..)
        | Command::View => Prepared::Nothing,
    }
}
