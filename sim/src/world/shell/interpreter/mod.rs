//! The shell as a machine of frames: each step takes the topmost frame and does one small thing.
//!
//! Nothing here waits. A command that takes time leaves a frame that knows what it waits for, and the process is
//! looked at again when that may have happened.

mod builtin;
mod condition;
mod control;
mod flow;
mod frame;
mod read;
mod redirect;
mod simple;
mod start;
mod traps;
mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::machine::{Ctx, Pid, Signals, Turn};
use super::syntax::Command;
use frame::Frame;
pub(crate) use redirect::Ready;
pub(crate) use variables::{Value, Variable};

/// How deep commands and functions may call each other. Real shells end with a segmentation fault.
const FRAMES: usize = 4_000;

/// A shell in the middle of its work.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// `$0`.
    pub(crate) name: String,
    /// It was called `bash`.
    pub(crate) bash: bool,
    pub(crate) variables: Arc<BTreeMap<String, Variable>>,
    functions: Arc<BTreeMap<String, Arc<Command>>>,
    pub(crate) arguments: Vec<String>,
    pub(crate) options: Options,
    pub(crate) status: i32,
    frames: Vec<Frame>,
    /// What a signal runs, by its number; 0 is the end of the shell.
    traps: BTreeMap<i32, String>,
    /// `$$`.
    pub(crate) own: Pid,
    /// `$!`.
    pub(crate) background: Option<Pid>,
    /// Background processes that nobody has waited for.
    jobs: Vec<Pid>,
    pub(crate) random: u64,
    /// The status of the last substitution of the command at hand.
    substituted: i32,
    /// It has run its EXIT trap.
    is_ending: bool,
    /// Signals that were ignored when it began: they cannot be trapped (XCU 2.11).
    deaf: Signals,
    /// `getopts`: the place within an argument.
    option_place: usize,
}

/// What `set` sets.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of the shell")]
pub(crate) struct Options {
    /// `-e`.
    pub(crate) fails: bool,
    /// `-u`.
    pub(crate) unset_fails: bool,
    /// `-x`.
    pub(crate) traces: bool,
    /// `-f`.
    pub(crate) no_glob: bool,
    /// `-a`.
    pub(crate) exports: bool,
    /// `-o pipefail`.
    pub(crate) pipe_fails: bool,
}

impl Options {
    /// `$-`.
    pub(crate) fn letters(self) -> String {
        let flags = [
            (self.exports, 'a'),
            (self.fails, 'e'),
            (self.no_glob, 'f'),
            (self.unset_fails, 'u'),
            (self.traces, 'x'),
        ];
        flags
            .iter()
            .filter(|(is_set, _)| *is_set)
            .map(|(_, letter)| *letter)
            .collect()
    }

    /// Sets the option of a letter. False when there is none.
    pub(crate) const fn set(&mut self, letter: char, on: bool) -> bool {
        match letter {
            'a' => self.exports = on,
            'e' => self.fails = on,
            'f' => self.no_glob = on,
            'u' => self.unset_fails = on,
            'x' => self.traces = on,
            // Known, and without a meaning here.
            'm' | 'b' | 'h' | 'v' | 'C' | 'i' | 'l' | 'n' | 's' => (),
            _ => return false,
        }
        true
    }

    /// Sets the option of a name.
    pub(crate) fn set_name(&mut self, name: &str, on: bool) -> bool {
        let letter = match name {
            "errexit" => 'e',
            "nounset" => 'u',
            "xtrace" => 'x',
            "noglob" => 'f',
            "allexport" => 'a',
            "monitor" | "noclobber" | "notify" | "verbose" | "posix" | "vi" | "emacs"
            | "errtrace" => 'v',
            "pipefail" => {
                self.pipe_fails = on;
                return true;
            }
            _ => return false,
        };
        self.set(letter, on)
    }
}

impl Shell {
    /// One step.
    pub(crate) fn step(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        if self.frames.len() > FRAMES {
            // As a stack that has overflowed.
            return Turn::Exit(139);
        }
        if let Some(turn) = self.handle_signals(ctx) {
            return turn;
        }
        match self.frames.pop() {
            Some(frame) => self.run(frame, ctx),
            None => self.end(ctx),
        }
    }

    /// What the error output is told, with the shell's name before it.
    fn complain(&self, ctx: &mut Ctx<'_>, text: &str) {
        let line = format!("{}: {text}\n", self.name);
        let _ = ctx.write(2, line.as_bytes());
    }

    /// A copy for a subshell: traps are gone, what was ignored stays so (XCU 2.12).
    fn forked(&self, frames: Vec<Frame>) -> Self {
        let mut traps = self.traps.clone();
        traps.retain(|signal, text| *signal != 0 && text.is_empty());
        Self {
            frames,
            traps,
            jobs: Vec::new(),
            is_ending: false,
            ..self.shallow()
        }
    }

    /// A copy without its frames.
    fn shallow(&self) -> Self {
        Self {
            name: self.name.clone(),
            bash: self.bash,
            variables: Arc::clone(&self.variables),
            functions: Arc::clone(&self.functions),
            arguments: self.arguments.clone(),
            options: self.options,
            status: self.status,
            frames: Vec::new(),
            traps: BTreeMap::new(),
            own: self.own,
            background: self.background,
            jobs: Vec::new(),
            random: self.random,
            substituted: 0,
            is_ending: false,
            deaf: self.deaf,
            option_place: 0,
        }
    }
}
