//! Programs that run other programs: `timeout`, `xargs`.

use std::collections::VecDeque;

use wavetank_core::time::{SimDuration, SimTime};

use super::{Applet, State, basic, flags};
use crate::world::shell::machine::{Ctx, Pid, Read, Signal, Turn, Wait};

/// How much `xargs` reads.
const INPUT: usize = 1 << 20;

/// A program with a child.
#[derive(Clone, Debug)]
pub(super) struct Family {
    child: Option<Pid>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The child is sent a signal at the deadline, and KILL later.
    Timeout {
        argv: Vec<String>,
        deadline: Option<SimTime>,
        signal: Signal,
        kill_after: Option<SimDuration>,
        is_late: bool,
        keeps_status: bool,
    },
    /// Commands are made of the words of the input.
    Xargs {
        argv: Vec<String>,
        input: Option<Vec<u8>>,
        most: usize,
        replaces: Option<String>,
        skips_empty: bool,
        queue: VecDeque<Vec<String>>,
        code: i32,
    },
}

pub(super) fn begin(words: &[String], ctx: &mut Ctx<'_>) -> Applet {
    let kind = if words[0] == "timeout" {
        timeout(words, ctx)
    } else {
        Ok(xargs(words))
    };
    match kind {
        Ok(kind) => Applet::new(
            &words[0],
            State::Family(Box::new(Family { child: None, kind })),
        ),
        Err(text) => Applet::failed(&words[0], &text, 125),
    }
}

/// Words up to the first operand are flags; the rest is a command of its own.
fn split(words: &[String], valued: &str) -> usize {
    let mut at = 1;
    while let Some(word) = words
        .get(at)
        .filter(|it| it.len() > 1 && it.starts_with('-'))
    {
        at += 1;
        if word == "--" {
            break;
        }
        if word.len() == 2 && valued.contains(&word[1..]) {
            at += 1;
        }
    }
    at.min(words.len())
}

fn timeout(words: &[String], ctx: &mut Ctx<'_>) -> Result<Kind, String> {
    let at = split(words, "sk");
    let (flags, _) = flags(&words[..at], "skt");
    let length = flags
        .get(&'t')
        .or_else(|| words.get(at))
        .ok_or("missing operand")?;
    let nanos = basic::duration(length, 1_000_000_000)
        .ok_or_else(|| format!("invalid number '{length}'"))?;
    let rest = if flags.contains_key(&'t') { at } else { at + 1 };
    let argv = words.get(rest..).unwrap_or_default().to_vec();
    if argv.is_empty() {
        return Err("missing operand".to_owned());
    }
    let deadline = ctx
        .now()
        .nanos()
        .checked_add(nanos)
        .filter(|_| nanos > 0)
        .map(SimTime::from_nanos);
    let signal = flags
        .get(&'s')
        .map_or(Some(Signal::TERM), |it| Signal::parse(it));
    let kill_after = flags
        .get(&'k')
        .and_then(|it| basic::duration(it, 1_000_000_000));
    Ok(Kind::Timeout {
        argv,
        deadline,
        signal: signal.ok_or("bad signal name")?,
        kill_after: kill_after.map(SimDuration::from_nanos),
        is_late: false,
        keeps_status: words[..at].iter().any(|it| it == "--preserve-status"),
    })
}

fn xargs(words: &[String]) -> Kind {
    let at = split(words, "nIPLsd");
    let (flags, _) = flags(&words[..at], "nIPLsd");
    let mut argv = words[at..].to_vec();
    if argv.is_empty() {
        argv.push("echo".to_owned());
    }
    let number = flags.get(&'n').or_else(|| flags.get(&'L'));
    Kind::Xargs {
        argv,
        input: Some(Vec::new()),
        most: number
            .and_then(|it| it.parse().ok())
            .unwrap_or(usize::MAX)
            .max(1),
        replaces: flags.get(&'I').cloned(),
        skips_empty: flags.contains_key(&'r'),
        queue: VecDeque::new(),
        code: 0,
    }
}

impl Family {
    pub(super) fn step(&mut self, ctx: &mut Ctx<'_>, err: &mut Vec<u8>) -> Turn {
        self.pass_signals(ctx);
        if let Some(child) = self.child {
            let Some(code) = ctx.process().ended.remove(&child) else {
                return if ctx.machine.is_alive(child) {
                    self.wait(child, ctx)
                } else {
                    Turn::Exit(127)
                };
            };
            self.child = None;
            return match &mut self.kind {
                Kind::Timeout {
                    is_late,
                    keeps_status,
                    ..
                } => {
                    // 124 as coreutils; 143 as older busyboxes do.
                    Turn::Exit(if *is_late && !*keeps_status && code != 137 {
                        124
                    } else {
                        code
                    })
                }
                Kind::Xargs { code: all, .. } => {
                    if code != 0 {
                        *all = if code > 125 { code.min(127) } else { 123 };
                    }
                    Turn::Go
                }
            };
        }
        match &mut self.kind {
            Kind::Timeout { argv, .. } => {
                let argv = argv.clone();
                self.run(argv, ctx, err)
            }
            Kind::Xargs { input: Some(_), .. } => self.collect(ctx),
            Kind::Xargs { queue, code, .. } => match queue.pop_front() {
                Some(argv) => self.run(argv, ctx, err),
                None => Turn::Exit(*code),
            },
        }
    }

    /// What it is sent goes to the child, and ends it.
    fn pass_signals(&mut self, ctx: &mut Ctx<'_>) {
        let pending = std::mem::take(&mut ctx.process().pending);
        for signal in pending {
            match self.child {
                Some(child) => {
                    ctx.machine.deliver(child, signal, false);
                }
                None => {
                    let pid = ctx.pid;
                    ctx.process().handled.set(signal, false);
                    ctx.machine.deliver(pid, signal, false);
                    return;
                }
            }
        }
    }

    fn run(&mut self, argv: Vec<String>, ctx: &mut Ctx<'_>, err: &mut Vec<u8>) -> Turn {
        let env = ctx.process().initial.clone();
        let fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        match ctx.spawn(argv, env, fds) {
            Some(pid) => {
                self.child = Some(pid);
                Turn::Go
            }
            None => {
                err.extend_from_slice(b"can't fork: Resource temporarily unavailable\n");
                Turn::Exit(1)
            }
        }
    }

    fn wait(&mut self, child: Pid, ctx: &mut Ctx<'_>) -> Turn {
        let now = ctx.now();
        let mut until = None;
        if let Kind::Timeout {
            deadline,
            signal,
            kill_after,
            is_late,
            ..
        } = &mut self.kind
        {
            if deadline.is_some_and(|deadline| deadline <= now) {
                let sent = if *is_late { Signal::KILL } else { *signal };
                *is_late = true;
                *deadline = kill_after.take().map(|after| now + after);
                ctx.machine.deliver(child, sent, false);
                return Turn::Go;
            }
            until = *deadline;
        }
        Turn::Wait(Wait {
            until,
            minds_signals: true,
            ..Wait::child()
        })
    }

    /// Reads all of the input, then makes the commands.
    fn collect(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        let Kind::Xargs {
            argv,
            input,
            most,
            replaces,
            skips_empty,
            queue,
            ..
        } = &mut self.kind
        else {
            return Turn::Exit(1);
        };
        let Some(bytes) = input else { return Turn::Go };
        if let Some(open) = ctx.open_of(0) {
            match ctx.read(open, 1 << 16) {
                Read::Bytes(more) if bytes.len() + more.len() <= INPUT => {
                    bytes.extend(more);
                    return Turn::Go;
                }
                Read::Empty(pipe) => return Turn::Wait(Wait::pipe(pipe)),
                Read::Bytes(_) | Read::End | Read::Endless | Read::Failed(_) => (),
            }
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        *input = None;
        if let Some(mark) = replaces {
            for line in text.lines().filter(|it| !it.trim().is_empty()) {
                queue.push_back(
                    argv.iter()
                        .map(|it| it.replace(mark.as_str(), line.trim()))
                        .collect(),
                );
            }
            return Turn::Go;
        }
        let words: Vec<String> = text
            .split_whitespace()
            .map(|it| it.trim_matches(['"', '\'']).to_owned())
            .collect();
        if words.is_empty() && !*skips_empty {
            queue.push_back(argv.clone());
        }
        for chunk in words.chunks((*most).min(1 << 20)) {
            queue.push_back(argv.iter().chain(chunk).cloned().collect());
        }
        Turn::Go
    }
}
