//! A command line that runs.

use wavetank_core::fact::Fact;
use wavetank_core::time::SimTime;

use super::delete::Deletion;
use super::drain::Draining;
use super::exec;
use super::hand::{Hand, Signal};
use super::rollout::Watching;
use super::sequence::Sequence;
use super::wait::Waiting;
use crate::message::call::Answer;
use crate::plan::step::Command;

/// A command line that runs: what it does, and its exit code so far.
#[derive(Debug)]
pub(super) enum Running {
    /// It has not begun.
    Fresh,
    /// It is at work.
    Active(Box<Task>, i32),
}

/// What a command line does.
#[derive(Debug)]
pub(super) enum Task {
    /// One object after the other.
    Sequence(Sequence),
    /// `delete`, and the first half of `replace --force`.
    Delete(Deletion),
    /// `rollout status`
    Status(Watching),
    /// `wait`
    Wait(Waiting),
    /// `drain`
    Drain(Draining),
}

/// How a write has to be told to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Interest {
    /// Not at all.
    None,
    /// By the watch.
    Watch,
    /// At this instant, at which the line looks by itself.
    At(SimTime),
}

impl Running {
    /// The line begins.
    pub(super) fn begin(&mut self, hand: &mut Hand<'_, '_>) {
        let line = hand.line;
        let task = match &line.command {
            Command::Delete(delete) => Task::Delete(Deletion::start(delete, hand)),
            Command::Replace(objects, true) => Task::Delete(Deletion::replaced(objects, hand)),
            Command::Status(what, timeout) => Task::Status(Watching::start(what, *timeout, hand)),
            Command::Wait(what, until, timeout) => {
                Task::Wait(Waiting::start(what, until, *timeout, hand))
            }
            Command::Drain(drain) => Task::Drain(Draining::start(drain, hand)),
            Command::View => {
                exec::show(hand);
                Task::Sequence(Sequence::default())
            }
            Command::Apply(_)
            | Command::Create(_)
            | Command::Replace(_, false)
            | Command::Expose(_)
            | Command::Autoscale(_)
            | Command::Scale(..)
            | Command::SetImage(..)
            | Command::SetEnv(..)
            | Command::SetResources(..)
            | Command::Restart(_)
            | Command::Undo(..)
            | Command::Pause(..)
            | Command::Patch(..)
            | Command::Label(_)
            | Command::Annotate(_)
            | Command::Taint(_)
            | Command::Cordon(..)
            | Command::Exec { .. }
            | Command::Evict(..) => Task::Sequence(Sequence::start(hand)),
        };
        *self = Self::Active(Box::new(task), 0);
        self.follow(hand);
    }

    /// A call of the line was answered.
    pub(super) fn on_reply(&mut self, call: u32, answer: &Answer, hand: &mut Hand<'_, '_>) {
        let Self::Active(task, _) = self else { return };
        match &mut **task {
            Task::Sequence(task) => task.on_reply(answer, hand),
            Task::Delete(task) => task.on_reply(answer, hand),
            Task::Drain(task) => task.on_reply(call, answer, hand),
            Task::Status(_) | Task::Wait(_) => {}
        }
        self.follow(hand);
    }

    /// A timer of the line is due, or a write has arrived.
    pub(super) fn on_signal(&mut self, signal: Signal, hand: &mut Hand<'_, '_>) {
        let Self::Active(task, _) = self else { return };
        match &mut **task {
            Task::Sequence(_) => {}
            Task::Delete(task) => task.on_signal(signal, hand),
            Task::Status(task) => task.on_signal(signal, hand),
            Task::Wait(task) => task.on_signal(signal, hand),
            Task::Drain(task) => task.on_signal(signal, hand),
        }
        self.follow(hand);
    }

    /// `replace --force` creates what it has deleted.
    fn follow(&mut self, hand: &mut Hand<'_, '_>) {
        let Self::Active(task, _) = self else { return };
        let line = hand.line;
        if let (Task::Delete(deletion), Command::Replace(..)) = (&**task, &line.command)
            && deletion.is_done()
            && hand.output.exit == 0
        {
            **task = Task::Sequence(Sequence::start(hand));
        }
    }

    /// How a write that was committed now has to be told to the line.
    pub(super) fn wants(&mut self, fact: &Fact, now: SimTime) -> Interest {
        let Self::Active(task, _) = self else {
            return Interest::None;
        };
        let is_wanted = match &mut **task {
            Task::Sequence(_) => false,
            Task::Delete(task) => task.wants(fact),
            Task::Status(task) => task.wants(fact),
            Task::Wait(task) => task.wants(fact),
            Task::Drain(task) => {
                return task.noticed(fact, now).map_or(Interest::None, Interest::At);
            }
        };
        if is_wanted {
            Interest::Watch
        } else {
            Interest::None
        }
    }

    /// Whether there are writes that would have to be told to the line.
    pub(super) fn waits(&self) -> bool {
        match self {
            Self::Fresh => false,
            Self::Active(task, _) => !matches!(**task, Task::Sequence(_)),
        }
    }

    /// Whether the line has ended.
    pub(super) fn is_done(&self) -> bool {
        let Self::Active(task, _) = self else {
            return false;
        };
        match &**task {
            Task::Sequence(task) => task.is_done(),
            Task::Delete(task) => task.is_done(),
            Task::Status(task) => task.is_done(),
            Task::Wait(task) => task.is_done(),
            Task::Drain(task) => task.is_done(),
        }
    }

    /// The exit code so far.
    pub(super) const fn exit(&self) -> i32 {
        match self {
            Self::Fresh => 0,
            Self::Active(_, exit) => *exit,
        }
    }

    /// Something has failed: the first exit code stays.
    pub(super) const fn keep_exit(&mut self, code: i32) {
        if let Self::Active(_, exit) = self
            && *exit == 0
        {
            *exit = code;
        }
    }
}
