//! The inside of a container: a small POSIX shell, processes and everyday programs, on simulated time.
//!
//! ```text
//!   kubelet, world                       Machine (one container)                  Disks (one node)
//!   ──────────────                       ───────────────────────                  ────────────────
//!   Machine::start(Start{argv,env,…})──► pid 1: a shell, an applet, a daemon ───► View: root + volumes
//!   exec(argv) ────────────────────────► a further process without parent
//!   signal(pid, TERM) ─────────────────► handlers, defaults, pid 1's privilege
//!   advance(now, disks, outside) ──────► runs until everything waits
//!        ◄── Next::At(t) | Never | Exited(code)
//!        ◄── events(): Output, Ended, Unknown, Listening, Busy, OutOfMemory
//!                                        outside.ask(id, Resolve | Connect | Http) ──► network
//!   answered(id, answer) ◄──────────────────────────────────────────────────────────
//! ```
//!
//! How to drive it. `advance` to an instant before telling it of anything that happens then ([`Machine::signal`],
//! [`Machine::answered`], [`Machine::exec`]), and `advance` to the same instant again after that. Never go past an
//! instant that [`Next::At`] named without stopping there while questions are open: their answers would be late.
//! Otherwise it does not matter in how many steps time goes on: the same things happen at the same instants.
//!
//! What it is not: it has no terminal, no job control, no users, no permissions but the executable bit, and no
//! time passes while a command computes, except that a process which computes without end is slowed down
//! ([`Event::Busy`]). What a script uses and this shell does not know is reported once, with its place, and is a
//! command that was not found (127).
//!
//! Texts are those of busybox 1.36 unless a script is run by `bash`.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "frames, operators and words of commands fall into few cases"
)]

mod applet;
mod expand;
mod interpreter;
mod machine;
mod syntax;
mod text;

#[cfg(test)]
mod tests;

pub use machine::{
    Answer, Ask, Daemon, Event, Machine, Method, Next, OnTerm, Outside, Pid, Question, Request,
    Signal, Start, StartError, Stream,
};
pub use syntax::At;
