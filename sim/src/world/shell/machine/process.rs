//! One process.

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_core::time::SimTime;

use super::{Answer, Ask, OpenId, Pid, PipeId, Signal, Signals};
use crate::world::shell::applet::Applet;
use crate::world::shell::interpreter::Shell;

/// Exported variables, shared until somebody changes them.
pub(crate) type Environment = Arc<BTreeMap<String, String>>;

/// How many ended children a process remembers.
const REMEMBERED: usize = 1_000;

/// What a process runs.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    Shell(Box<Shell>),
    Applet(Box<Applet>),
    /// It has its turn.
    Running,
}

/// What a process wants after a step.
pub(crate) enum Turn {
    /// Another step.
    Go,
    /// To be woken.
    Wait(Wait),
    /// To end.
    Exit(i32),
    /// To be another program.
    Become(Vec<String>, Environment),
}

/// What a process waits for: the first of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wait {
    pub(crate) until: Option<SimTime>,
    pub(crate) pipe: Option<PipeId>,
    pub(crate) ask: Option<Ask>,
    pub(crate) child: bool,
    /// A handled signal ends the waiting.
    pub(crate) minds_signals: bool,
}

/// A port that a process listens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    pub(crate) from: SimTime,
    pub(crate) root: Option<String>,
    /// It takes one connection and ends.
    pub(crate) is_single: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) parent: Pid,
    pub(crate) name: Vec<String>,
    pub(crate) program: Program,
    pub(crate) fds: BTreeMap<u32, OpenId>,
    /// Descriptors that come back after a command with redirections.
    pub(crate) held: Vec<OpenId>,
    pub(crate) directory: String,
    /// What it was started with.
    pub(crate) initial: Environment,
    pub(crate) home: String,
    pub(crate) started: SimTime,
    pub(crate) wait: Wait,
    pub(crate) is_ready: bool,
    pub(crate) answer: Option<Answer>,
    /// Signals that have a handler, and those that are ignored.
    pub(crate) handled: Signals,
    pub(crate) ignored: Signals,
    /// Signals that came and were not handled yet.
    pub(crate) pending: Vec<Signal>,
    /// Children that ended, with their codes.
    pub(crate) ended: BTreeMap<Pid, i32>,
    pub(crate) listeners: Vec<Listener>,
}

impl Process {
    pub(crate) fn new(
        parent: Pid,
        directory: String,
        initial: Environment,
        started: SimTime,
    ) -> Self {
        Self {
            parent,
            name: Vec::new(),
            program: Program::Running,
            fds: BTreeMap::new(),
            held: Vec::new(),
            home: directory.clone(),
            directory,
            initial,
            started,
            wait: Wait::default(),
            is_ready: false,
            answer: None,
            handled: Signals::default(),
            ignored: Signals::default(),
            pending: Vec::new(),
            ended: BTreeMap::new(),
            listeners: Vec::new(),
        }
    }

    /// A child has ended. Old news is forgotten.
    pub(crate) fn ended(&mut self, child: Pid, code: i32) {
        if self.ended.len() >= REMEMBERED {
            self.ended.pop_first();
        }
        self.ended.insert(child, code);
    }

    /// An open file that is kept for later is closed with the process.
    pub(crate) fn hold(&mut self, open: OpenId) {
        self.held.push(open);
    }

    /// It is in use again, or about to be closed.
    pub(crate) fn release(&mut self, open: OpenId) {
        if let Some(place) = self.held.iter().rposition(|it| *it == open) {
            self.held.remove(place);
        }
    }

    /// The name that `ps` shows: that of the program.
    pub(crate) fn command(&self) -> &str {
        let first = self.name.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }
}

impl Wait {
    pub(crate) fn is_due(&self, now: SimTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub(crate) fn until(at: SimTime) -> Self {
        Self {
            until: Some(at),
            minds_signals: true,
            ..Self::default()
        }
    }

    pub(crate) fn pipe(pipe: PipeId) -> Self {
        Self {
            pipe: Some(pipe),
            minds_signals: true,
            ..Self::default()
        }
    }

    pub(crate) fn child() -> Self {
        Self {
            child: true,
            ..Self::default()
        }
    }

    pub(crate) fn ever() -> Self {
        Self {
            minds_signals: true,
            ..Self::default()
        }
    }
}
