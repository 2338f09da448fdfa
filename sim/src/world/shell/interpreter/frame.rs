//! What a shell is in the middle of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Variable;
use crate::world::shell::machine::{OpenId, Pid};
use crate::world::shell::syntax::{Chain, Compound, List, Redirect, Simple};
use wavetank_core::time::SimTime;

/// One frame of the stack. `tested`: a failure in it is not the end of `set -e` (XCU 2.8.1 of `set`).
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// A list, from an item on.
    Sequence {
        list: Arc<List>,
        next: usize,
        tested: bool,
    },
    /// A chain, from a pipeline on.
    Chain {
        chain: Arc<Chain>,
        next: usize,
        tested: bool,
    },
    /// The status is turned round: `!`.
    Not,
    /// A failure ends the shell if `set -e` says so.
    Check { tested: bool },
    /// After the condition of an arm.
    If {
        node: Arc<Compound>,
        arm: usize,
        tested: bool,
    },
    /// After the condition, or after the body.
    Loop {
        node: Arc<Compound>,
        after_condition: bool,
        result: i32,
        tested: bool,
    },
    /// Before the value with this number.
    For {
        node: Arc<Compound>,
        values: Arc<[String]>,
        next: usize,
        tested: bool,
    },
    /// A counting loop: what comes next.
    Count { node: Arc<Compound>, tested: bool },
    /// Words are expanded before something is done; what substitutions printed.
    Expand {
        node: Node,
        results: Vec<String>,
        tested: bool,
        /// It may take the place of the shell.
        is_last: bool,
    },
    /// A substitution is running.
    Capture {
        pid: Pid,
        open: OpenId,
        bytes: Vec<u8>,
        is_ended: bool,
    },
    /// Children in the foreground; the last one's status counts.
    Await { pids: Vec<Pid>, codes: Vec<i32> },
    /// `wait`: for these, or for all.
    Wait { pids: Vec<Pid>, all: bool },
    /// Redirections are undone.
    Restore { fds: BTreeMap<u32, OpenId> },
    /// Variables that were set for one command.
    Variables(Vec<(String, Option<Variable>)>),
    /// A function returns.
    Call {
        arguments: Vec<String>,
        locals: Vec<(String, Option<Variable>)>,
    },
    /// The end of a file that was read by `.`
    Source,
    /// The end of a trap: the status is as before.
    Trap { status: i32 },
    /// The rest of what a builtin prints, and its status.
    Write {
        fd: u32,
        bytes: Vec<u8>,
        status: i32,
    },
    /// A line is read into variables.
    Read {
        names: Vec<String>,
        line: Vec<u8>,
        raw: bool,
        until: Option<SimTime>,
        most: Option<usize>,
    },
    /// The script comes from standard input.
    Script { text: Vec<u8> },
}

/// What is done with expanded words.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Simple(Arc<Simple>),
    Compound(Arc<Compound>),
    /// A compound command with redirections.
    Redirected(Arc<Compound>, Arc<[Redirect]>),
    /// A part of a counting loop.
    Count(Arc<Compound>, usize),
}
