//! Traps (POSIX XCU trap, 2.11).

use super::Shell;
use super::frame::Frame;
use crate::world::shell::machine::{Ctx, Signal, Turn, Written};

impl Shell {
    /// Runs the trap of a signal that has come. While a command runs in the foreground the trap waits for its end
    /// (XCU 2.11); `wait` is ended by it, with a status above 128.
    pub(super) fn handle_signals(&mut self, ctx: &mut Ctx<'_>) -> Option<Turn> {
        let process = ctx.process();
        if process.pending.is_empty() {
            return None;
        }
        match self.frames.last() {
            Some(Frame::Await { .. } | Frame::Capture { .. } | Frame::Write { .. }) => return None,
            Some(Frame::Wait { .. }) => {
                self.frames.pop();
                self.status = 128 + process.pending[0].number();
            }
            Some(Frame::Read { .. }) => {
                self.frames.pop();
                self.status = 1;
            }
            Some(_) | None => (),
        }
        let signal = ctx.process().pending.remove(0);
        if let Some(text) = self.traps.get(&signal.number()).cloned() {
            self.frames.push(Frame::Trap {
                status: self.status,
            });
            self.evaluate(&text, true, ctx);
        }
        Some(Turn::Go)
    }

    /// `trap`.
    pub(super) fn trap(&mut self, words: &[String], ctx: &mut Ctx<'_>) -> i32 {
        let mut words = &words[1..];
        if words.first().is_some_and(|it| it == "--") {
            words = &words[1..];
        }
        let Some(first) = words.first() else {
            let mut text = String::new();
            for (signal, action) in &self.traps {
                let name = match signal {
                    0 => "EXIT".to_owned(),
                    signal => signal_name(*signal),
                };
                text.push_str(&format!(
                    "trap -- {} {name}\n",
                    crate::world::shell::text::quote(action)
                ));
            }
            let (Written::Some(_) | _) = ctx.write(1, text.as_bytes());
            return 0;
        };
        if first == "-l" {
            return 0;
        }
        // `trap - TERM`, `trap 15` and `trap TERM`: back to the default.
        let resets = first == "-" || words.len() == 1 || first.parse::<u8>().is_ok();
        let names = if first == "-" || words.len() > 1 && !resets {
            &words[1..]
        } else {
            words
        };
        let mut status = 0;
        for name in names {
            if name == "0" || name == "EXIT" {
                if resets {
                    self.traps.remove(&0);
                } else {
                    self.traps.insert(0, first.clone());
                }
                continue;
            }
            if name == "ERR" || name == "DEBUG" || name == "RETURN" {
                ctx.machine.report(&format!("trap … {name}"), None);
                continue;
            }
            let Some(signal) = Signal::parse(name) else {
                self.complain(ctx, &format!("trap: {name}: invalid signal specification"));
                status = 1;
                continue;
            };
            if self.deaf.contains(signal) {
                continue;
            }
            let process = ctx.process();
            if resets {
                self.traps.remove(&signal.number());
            } else {
                self.traps.insert(signal.number(), first.clone());
            }
            process.ignored.set(signal, !resets && first.is_empty());
            process.handled.set(signal, !resets && !first.is_empty());
        }
        status
    }
}

fn signal_name(number: i32) -> String {
    let parsed = Signal::parse(&number.to_string());
    parsed.map_or_else(|| number.to_string(), Signal::name)
}
