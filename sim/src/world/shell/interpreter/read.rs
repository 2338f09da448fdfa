//! `read`.

use super::Shell;
use super::frame::Frame;
use crate::world::shell::machine::{Ctx, Read, Turn, Wait};
use wavetank_core::time::{SimDuration, SimTime};

/// The longest line.
const LINE: usize = 1 << 20;

impl Shell {
    /// Begins to read a line into variables.
    pub(super) fn begin_read(&mut self, words: &[String], ctx: &mut Ctx<'_>) -> Turn {
        let (mut raw, mut until, mut most) = (false, None, None);
        let mut names = Vec::new();
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            let Some(flags) = word.strip_prefix('-').filter(|_| names.is_empty()) else {
                names.push(word.clone());
                continue;
            };
            for (place, flag) in flags.char_indices() {
                let mut value = || {
                    let glued = &flags[place + 1..];
                    if glued.is_empty() {
                        rest.next().cloned().unwrap_or_default()
                    } else {
                        glued.to_owned()
                    }
                };
                match flag {
                    'r' => raw = true,
                    't' => {
                        let seconds = value().parse::<u64>().unwrap_or(0).min(1 << 31);
                        until = Some(ctx.now() + SimDuration::from_secs(seconds));
                        break;
                    }
                    'n' | 'N' => {
                        most = value().parse().ok();
                        break;
                    }
                    'p' | 'd' | 'u' | 'a' => {
                        value();
                        break;
                    }
                    _ => (),
                }
            }
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        self.read(names, Vec::new(), raw, until, most, ctx)
    }

    /// Reads byte by byte, so that what follows the line is left to others.
    pub(super) fn read(
        &mut self,
        names: Vec<String>,
        mut line: Vec<u8>,
        raw: bool,
        until: Option<SimTime>,
        most: Option<usize>,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        let Some(open) = ctx.open_of(0) else {
            self.status = 1;
            return Turn::Go;
        };
        let mut status = 0;
        while most.is_none_or(|most| line.len() < most) {
            match ctx.read(open, 1) {
                Read::Bytes(byte) if byte == b"\n" => {
                    // A backslash before the newline continues the line.
                    if !raw && line.last() == Some(&b'\\') {
                        line.pop();
                        continue;
                    }
                    break;
                }
                Read::Bytes(byte) if line.len() < LINE => line.extend(byte),
                Read::Empty(pipe) if until.is_none_or(|until| until > ctx.now()) => {
                    self.frames.push(Frame::Read {
                        names,
                        line,
                        raw,
                        until,
                        most,
                    });
                    return Turn::Wait(Wait {
                        until,
                        ..Wait::pipe(pipe)
                    });
                }
                Read::Bytes(_) | Read::End | Read::Endless | Read::Empty(_) | Read::Failed(_) => {
                    status = 1;
                    break;
                }
            }
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        self.status = status;
        self.spread(&names, &text, raw, ctx);
        Turn::Go
    }

    /// Splits a line by IFS; the last name gets the rest.
    fn spread(&mut self, names: &[String], text: &str, raw: bool, ctx: &mut Ctx<'_>) {
        let separators = self.text("IFS").unwrap_or_else(|| " \t\n".to_owned());
        let is_blank = |it: char| it.is_whitespace() && separators.contains(it);
        let mut rest = text.trim_start_matches(is_blank);
        for (number, name) in names.iter().enumerate() {
            let value = if number + 1 == names.len() {
                std::mem::take(&mut rest).trim_end_matches(is_blank)
            } else {
                let end = rest
                    .find(|it| separators.contains(it))
                    .unwrap_or(rest.len());
                let value = &rest[..end];
                rest = rest[end..].trim_start_matches(is_blank);
                if let Some(sign) = rest.chars().next().filter(|it| separators.contains(*it)) {
                    rest = rest[sign.len_utf8()..].trim_start_matches(is_blank);
                }
                value
            };
            let value = if raw {
                value.to_owned()
            } else {
                unescaped(value)
            };
            if let Err(text) = self.set_text(name, &value) {
                self.complain(ctx, &text);
                self.status = 2;
            }
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            result.extend(letters.next());
        } else {
            result.push(letter);
        }
    }
    result
}
