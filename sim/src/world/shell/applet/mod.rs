//! Everyday programs, as state machines that read, write and wait like the shell.

mod awk;
mod basic;
mod copy;
mod daemon;
mod family;
mod files;
mod filter;
mod lines;
mod list;
mod network;
mod printf;
mod sed;
mod system;
mod tail;

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_core::time::{SimDuration, SimTime};

use super::machine::{Ctx, Environment, GREED, Signal, Signals, Turn, Wait, Written};
pub(crate) use basic::test;
pub(crate) use files::remove_all;

/// What a program that does not wait leaves behind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Done {
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    pub(crate) code: i32,
}

/// A program in the middle of its work.
#[derive(Clone, Debug)]
pub(crate) struct Applet {
    name: String,
    state: State,
    /// What is printed before anything else is done.
    out: Vec<u8>,
    err: Vec<u8>,
    /// It ends with this code when all is printed.
    code: Option<i32>,
}

/// What a program is in the middle of.
#[derive(Clone, Debug)]
enum State {
    /// Nothing: it only ends.
    Done,
    /// It ends with 0 at this instant; never, if there is none.
    Sleep(Option<SimTime>),
    /// Lines or bytes go through it.
    Filter(Box<filter::Filter>),
    /// It looks at the end of a file again and again.
    Follow(Box<tail::Follow>),
    /// It runs other programs.
    Family(Box<family::Family>),
    /// It waits for an answer of the network.
    Network(Box<network::Exchange>),
    /// It serves.
    Daemon(Box<daemon::Service>),
    /// It takes memory without end, until this instant.
    Hog(Option<SimTime>),
}

/// Programs, in groups by what they need.
const NAMES: [&[&str]; 6] = [
    &[
        "true", "false", ":", "echo", "printf", "test", "[", "kill", "pwd", "sleep", "usleep",
        "seq", "date", "hostname", "env", "printenv", "id", "whoami", "uname", "nproc", "arch",
        "basename", "dirname", "expr", "ps", "pgrep", "pkill", "killall", "pidof", "which",
        "uptime", "free", "df", "sync", "tty", "stty", "clear", "sysctl", "getent", "groups",
        "mount", "umount", "logger",
    ],
    &[
        "touch",
        "rm",
        "mkdir",
        "rmdir",
        "ls",
        "cp",
        "mv",
        "ln",
        "chmod",
        "chown",
        "chgrp",
        "mktemp",
        "dd",
        "truncate",
        "fallocate",
        "readlink",
        "realpath",
        "stat",
        "du",
        "find",
        "install",
        "unlink",
        "link",
    ],
    &[
        "cat", "wc", "grep", "egrep", "fgrep", "head", "tail", "sort", "uniq", "cut", "sed", "awk",
        "tr", "tee", "rev", "tac", "nl", "yes", "base64",
    ],
    &[
        "nslookup", "wget", "curl", "nc", "ncat", "netcat", "ping", "host", "dig",
    ],
    &[
        "timeout", "xargs", "nohup", "nice", "setsid", "stdbuf", "busybox", "time", "ionice",
        "gosu", "su-exec",
    ],
    &["httpd", "python", "python3", "tini", "pause", "stress"],
];

/// Whether this is a program of ours.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.iter().any(|names| names.contains(&name))
}

/// A command within another one: `env A=b command`.
pub(crate) struct Wrapped {
    pub(crate) argv: Vec<String>,
    pub(crate) env: Environment,
    pub(crate) ignores_hangup: bool,
}

/// The command that a program becomes without doing anything else.
pub(crate) fn wrapped(name: &str, argv: &[String], env: &Environment) -> Option<Wrapped> {
    let mut rest = &argv[1..];
    let mut env = Arc::clone(env);
    match name {
        "env" => {
            let pairs = Arc::make_mut(&mut env);
            while let Some(word) = rest.first() {
                if word == "-i" || word == "-" {
                    pairs.clear();
                } else if word == "-u" {
                    rest = &rest[1..];
                    pairs.remove(rest.first()?);
                } else if let Some((name, value)) = word.split_once('=') {
                    pairs.insert(name.to_owned(), value.to_owned());
                } else if word != "--" {
                    break;
                }
                rest = &rest[1..];
            }
        }
        "gosu" | "su-exec" => rest = rest.get(1..)?,
        "nohup" | "setsid" | "time" | "busybox" | "tini" => rest = without_flags(rest, ""),
        "nice" | "ionice" => rest = without_flags(rest, "nc"),
        "stdbuf" => rest = without_flags(rest, ""),
        _ => return None,
    }
    (!rest.is_empty()).then(|| Wrapped {
        argv: rest.to_vec(),
        env,
        ignores_hangup: name == "nohup",
    })
}

/// Words after the flags; those in `valued` take the next word.
fn without_flags<'a>(mut words: &'a [String], valued: &str) -> &'a [String] {
    while let Some(word) = words.first().filter(|it| it.starts_with('-')) {
        words = &words[1..];
        if word == "--" {
            break;
        }
        if word.len() == 2 && word[1..].chars().all(|it| valued.contains(it)) {
            words = words.get(1..).unwrap_or_default();
        }
    }
    words
}

/// Runs a program that never waits, for the shell and for itself.
pub(crate) fn quick(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let found = basic::run(words, ctx)
        .or_else(|| system::run(words, ctx))
        .or_else(|| files::run(words, ctx))
        .or_else(|| copy::run(words, ctx))
        .or_else(|| list::run(words, ctx));
    found.unwrap_or_default()
}

impl Applet {
    fn new(name: &str, state: State) -> Self {
        Self {
            name: name.to_owned(),
            state,
            out: Vec::new(),
            err: Vec::new(),
            code: None,
        }
    }

    /// Begins a program by its plain name and arguments.
    pub(crate) fn start(words: Vec<String>, ctx: &mut Ctx<'_>) -> Self {
        let name = words[0].clone();
        let state = match name.as_str() {
            "sleep" | "usleep" => match basic::sleep(&words) {
                Ok(length) => State::Sleep(
                    ctx.now()
                        .nanos()
                        .checked_add(length.nanos())
                        .map(SimTime::from_nanos),
                ),
                Err(text) => return Self::failed(&name, &text, 1),
            },
            "tini" | "pause" | "stress" | "httpd" | "python" | "python3" => {
                return daemon::begin(&words, ctx);
            }
            "nslookup" | "wget" | "curl" | "nc" | "ncat" | "netcat" | "ping" | "host" | "dig"
            | "getent" => return network::begin(&words, ctx),
            "timeout" | "xargs" => return family::begin(&words, ctx),
            _ if NAMES[2].contains(&name.as_str()) => return filter::begin(&words, ctx),
            _ => {
                let done = quick(&words, ctx);
                return Self::done(&name, done);
            }
        };
        Self::new(&name, state)
    }

    /// A program that has nothing left but to print.
    fn done(name: &str, done: Done) -> Self {
        Self {
            out: done.out,
            err: done.err,
            code: Some(done.code),
            ..Self::new(name, State::Done)
        }
    }

    /// A program that could not do what it was asked.
    fn failed(name: &str, text: &str, code: i32) -> Self {
        let done = Done {
            err: format!("{name}: {text}\n").into_bytes(),
            code,
            ..Done::default()
        };
        Self::done(name, done)
    }

    /// A program that the world described.
    pub(crate) fn daemon(daemon: super::machine::Daemon, ctx: &mut Ctx<'_>) -> Self {
        daemon::described(daemon, ctx)
    }

    /// The signals that it has handlers for.
    pub(crate) fn handles(&self) -> Signals {
        let mut signals = Signals::default();
        match &self.state {
            State::Family(_) => {
                signals.set(Signal::TERM, true);
                signals.set(Signal::INT, true);
            }
            State::Daemon(service) => signals.set(Signal::TERM, service.handles_term()),
            State::Done
            | State::Sleep(_)
            | State::Filter(_)
            | State::Follow(_)
            | State::Network(_)
            | State::Hog(_) => (),
        }
        signals
    }

    /// It takes memory from now on without end.
    fn hog(ctx: &Ctx<'_>) -> State {
        State::Hog(ctx.machine.memory().map(|limit| {
            let nanos = u128::from(limit) * 1_000_000_000 / u128::from(GREED);
            ctx.now() + SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4))
        }))
    }

    /// One step: what is to be printed first, then the work.
    pub(crate) fn step(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        if let Some(turn) = self.flush(ctx) {
            return turn;
        }
        if let Some(code) = self.code {
            return Turn::Exit(code);
        }
        match &mut self.state {
            State::Done => Turn::Exit(0),
            State::Sleep(Some(until)) if *until <= ctx.now() => Turn::Exit(0),
            State::Sleep(Some(until)) => Turn::Wait(Wait::until(*until)),
            State::Sleep(None) | State::Hog(None) => Turn::Wait(Wait::ever()),
            State::Hog(Some(until)) if *until <= ctx.now() => {
                ctx.machine.out_of_memory();
                Turn::Go
            }
            State::Hog(Some(until)) => Turn::Wait(Wait::until(*until)),
            State::Filter(_) => self.filter(ctx),
            State::Follow(follow) => {
                let turn = follow.step(ctx, &mut self.out, &mut self.err);
                if self.out.is_empty() && self.err.is_empty() {
                    turn
                } else {
                    Turn::Go
                }
            }
            State::Family(family) => {
                let turn = family.step(ctx, &mut self.err);
                self.after(turn)
            }
            State::Network(_) => self.network(ctx),
            State::Daemon(service) => service.step(ctx, &mut self.out),
        }
    }

    /// An end comes after what is still to be printed.
    fn after(&mut self, turn: Turn) -> Turn {
        match turn {
            Turn::Exit(code) if !(self.out.is_empty() && self.err.is_empty()) => {
                self.code = Some(code);
                Turn::Go
            }
            other => other,
        }
    }

    fn flush(&mut self, ctx: &mut Ctx<'_>) -> Option<Turn> {
        for fd in [2, 1] {
            let bytes = if fd == 1 {
                &mut self.out
            } else {
                &mut self.err
            };
            while !bytes.is_empty() {
                match ctx.write(fd, bytes) {
                    Written::Some(count) => {
                        bytes.drain(..count);
                    }
                    Written::Full(pipe) => return Some(Turn::Wait(Wait::pipe(pipe))),
                    Written::Broken if !ctx.process().ignored.contains(Signal::PIPE) => {
                        return Some(Turn::Exit(128 + Signal::PIPE.number()));
                    }
                    Written::Failed(error) => {
                        bytes.clear();
                        if fd == 1 {
                            let text = format!("{}: write error: {}\n", self.name, error.text());
                            self.err.extend(text.into_bytes());
                            self.code = Some(1);
                            return Some(Turn::Go);
                        }
                    }
                    Written::Broken | Written::Closed => {
                        bytes.clear();
                        self.code = Some(1);
                    }
                }
            }
        }
        None
    }
}

/// Flags of one letter and the rest of the words. Letters in `valued` take a value.
pub(super) fn flags(words: &[String], valued: &str) -> (BTreeMap<char, String>, Vec<String>) {
    let (mut found, mut rest) = (BTreeMap::new(), Vec::new());
    let mut words = words[1..].iter();
    while let Some(word) = words.next() {
        if word == "--" {
            rest.extend(words.cloned());
            break;
        }
        let letters = match word.strip_prefix('-') {
            Some(letters) if !letters.is_empty() && !letters.starts_with('-') => letters,
            Some(_) if word.len() > 2 => {
                // Long options: by their first letter, as busybox's mostly are.
                let (name, value) = word[2..].split_once('=').unwrap_or((&word[2..], ""));
                found.insert(long(name), value.to_owned());
                continue;
            }
            Some(_) | None => {
                rest.push(word.clone());
                continue;
            }
        };
        for (place, letter) in letters.char_indices() {
            if !valued.contains(letter) {
                found.insert(letter, String::new());
                continue;
            }
            let glued = &letters[place + letter.len_utf8()..];
            let value = if glued.is_empty() {
                words.next().cloned()
            } else {
                Some(glued.to_owned())
            };
            found.insert(letter, value.unwrap_or_default());
            break;
        }
    }
    (found, rest)
}

fn long(name: &str) -> char {
    match name {
        "recursive" => 'r',
        "parents" => 'p',
        "force" => 'f',
        "quiet" | "silent" => 'q',
        "all" => 'a',
        "lines" => 'n',
        "bytes" => 'c',
        "fields" => 'f',
        "delimiter" => 'd',
        "follow" => 'f',
        "retry" => 'F',
        "reverse" => 'r',
        "numeric-sort" => 'n',
        "unique" => 'u',
        "decode" => 'd',
        "append" => 'a',
        "directory" => 'd',
        "signal" => 's',
        "kill-after" => 'k',
        "size" => 's',
        "length" => 'l',
        "no-clobber" => 'n',
        "ignore-case" => 'i',
        "invert-match" => 'v',
        "count" => 'c',
        "utc" => 'u',
        "symbolic" => 's',
        "expression" => 'e',
        "in-place" => 'i',
        "wrap" => 'w',
        _ => '\0',
    }
}

/// A number with a suffix: `10`, `1k`, `2M`, `1G`; `None` if it is none.
pub(super) fn size(text: &str) -> Option<u64> {
    let end = text
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit: u64 = match &text[end..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "Ki" | "KiB" => 1 << 10,
        "kB" | "KB" => 1_000,
        "M" | "m" | "Mi" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "G" | "g" | "Gi" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        "T" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(unit)
}
