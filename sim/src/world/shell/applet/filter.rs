//! Programs that bytes or lines go through: `cat`, `grep`, `sed` … They read their inputs one after the other and
//! wait where a pipe is empty.

use std::collections::VecDeque;

use super::lines::{Flow, Lines};
use super::{Applet, Done, State, flags, size};
use crate::world::files::Errno;
use crate::world::shell::machine::{Ctx, Mode, OpenId, Read, Turn, Wait};

/// How much is read at once.
const CHUNK: usize = 64 << 10;
/// The longest line, and the most that a program keeps of its input.
pub(super) const KEPT: usize = 4 << 20;

/// A filter in the middle of its input.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    work: Work,
    /// What is still to be read: paths, or `-`.
    inputs: VecDeque<String>,
    open: Option<OpenId>,
    /// The name of the input at hand.
    current: String,
    /// The end of the input that is no whole line yet.
    partial: Vec<u8>,
    code: i32,
    is_over: bool,
}

/// What is done with the input.
#[derive(Clone, Debug)]
enum Work {
    Cat {
        numbered: Option<u64>,
    },
    /// Lines, words and bytes, of this input and of all; which are shown.
    Count {
        now: [u64; 3],
        all: [u64; 3],
        shown: [bool; 3],
        files: usize,
        in_word: bool,
    },
    /// So many bytes are let through.
    Bytes(u64),
    /// What `tee` also writes to, as descriptors.
    Tee(Vec<u32>),
    /// `yes`.
    Repeat(String),
    Lines(Box<Lines>),
}

/// Begins a filter.
pub(super) fn begin(words: &[String], ctx: &mut Ctx<'_>) -> Applet {
    let name = words[0].clone();
    match build(words, ctx) {
        Ok((work, inputs)) => {
            let inputs: VecDeque<String> = if inputs.is_empty() {
                VecDeque::from(["-".to_owned()])
            } else {
                inputs.into()
            };
            if let Some(follow) = super::tail::follow(words, &inputs, ctx) {
                return follow;
            }
            let filter = Filter {
                work,
                inputs,
                open: None,
                current: String::new(),
                partial: Vec::new(),
                code: 0,
                is_over: false,
            };
            Applet::new(&name, State::Filter(Box::new(filter)))
        }
        Err(text) => {
            let code = if name.ends_with("grep") { 2 } else { 1 };
            Applet::done(
                &name,
                Done {
                    err: format!("{name}: {text}\n").into_bytes(),
                    code,
                    ..Done::default()
                },
            )
        }
    }
}

#[allow(clippy::too_many_lines)] // one arm a command
fn build(words: &[String], ctx: &mut Ctx<'_>) -> Result<(Work, Vec<String>), String> {
    match words[0].as_str() {
        "cat" => {
            let (flags, rest) = flags(words, "");
            Ok((
                Work::Cat {
                    numbered: flags.contains_key(&'n').then_some(0),
                },
                rest,
            ))
        }
        "wc" => {
            let (flags, rest) = flags(words, "");
            let has = |letter: char| flags.contains_key(&letter);
            let mut shown = [has('l'), has('w'), has('c') || has('m')];
            if shown == [false; 3] {
                shown = [true; 3];
            }
            let (now, all) = ([0; 3], [0; 3]);
            Ok((
                Work::Count {
                    now,
                    all,
                    shown,
                    files: rest.len(),
                    in_word: false,
                },
                rest,
            ))
        }
        "head" if words.iter().any(|it| it.starts_with("-c")) => {
            let (flags, rest) = flags(words, "c");
            let text = flags.get(&'c').cloned().unwrap_or_default();
            let most = size(&text).ok_or_else(|| format!("invalid number '{text}'"))?;
            Ok((Work::Bytes(most), rest))
        }
        "tee" => {
            let (flags, rest) = flags(words, "");
            let mode = if flags.contains_key(&'a') {
                Mode::Append
            } else {
                Mode::Write
            };
            let mut fds = std::mem::take(&mut ctx.process().fds);
            let mut targets = Vec::new();
            let mut result = Ok(());
            for (fd, path) in (10..).zip(rest) {
                let whole = ctx.path(&path);
                match ctx.open(&whole, mode) {
                    Ok(open) => {
                        let installed = ctx.install(&mut fds, fd, open);
                        targets.extend(installed.is_ok().then_some(fd));
                    }
                    Err(error) => result = Err(format!("{path}: {}", error.text())),
                }
            }
            ctx.process().fds = fds;
            result.map(|()| (Work::Tee(targets), Vec::new()))
        }
        "yes" => {
            let text = if words.len() > 1 {
                words[1..].join(" ")
            } else {
                "y".to_owned()
            };
            Ok((Work::Repeat(text + "\n"), Vec::new()))
        }
        _ => {
            let (lines, rest) = super::lines::build(words)?;
            Ok((Work::Lines(Box::new(lines)), rest))
        }
    }
}

impl Applet {
    /// One step of a filter.
    pub(super) fn filter(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        let State::Filter(filter) = &mut self.state else {
            return Turn::Exit(1);
        };
        if let Work::Repeat(text) = &filter.work {
            while self.out.len() < 4096 {
                self.out.extend_from_slice(text.as_bytes());
            }
            return Turn::Go;
        }
        if filter.is_over {
            filter.finish(&mut self.out);
            self.code = Some(filter.code());
            return Turn::Go;
        }
        let Some(open) = filter.open else {
            filter.next_input(&self.name, ctx, &mut self.err);
            return Turn::Go;
        };
        match ctx.read(open, CHUNK) {
            Read::Bytes(bytes) => filter.take(&bytes, ctx, &mut self.out),
            Read::Endless if filter.keeps_all() => {
                self.state = Self::hog(ctx);
                return Turn::Go;
            }
            Read::Endless => filter.take(&[0; 4096], ctx, &mut self.out),
            Read::Empty(pipe) => return Turn::Wait(Wait::pipe(pipe)),
            Read::End => filter.end_input(ctx, &mut self.out),
            Read::Failed(error) => {
                let text = match error {
                    Errno::IsDirectory => format!("{}: read error: Is a directory\n", self.name),
                    error => format!("{}: {}: {}\n", self.name, filter.current, error.text()),
                };
                self.err.extend(text.into_bytes());
                filter.code = 1;
                filter.partial.clear();
                filter.end_input(ctx, &mut self.out);
            }
        }
        Turn::Go
    }
}

impl Filter {
    fn keeps_all(&self) -> bool {
        match &self.work {
            Work::Lines(_) => true,
            Work::Cat { .. }
            | Work::Count { .. }
            | Work::Bytes(_)
            | Work::Tee(_)
            | Work::Repeat(_) => false,
        }
    }

    fn code(&self) -> i32 {
        match &self.work {
            Work::Lines(lines) => lines.code(self.code),
            Work::Cat { .. }
            | Work::Count { .. }
            | Work::Bytes(_)
            | Work::Tee(_)
            | Work::Repeat(_) => self.code,
        }
    }

    fn next_input(&mut self, name: &str, ctx: &mut Ctx<'_>, err: &mut Vec<u8>) {
        let Some(path) = self.inputs.pop_front() else {
            self.is_over = true;
            return;
        };
        let opened = if path == "-" {
            ctx.open_of(0)
                .map(|open| ctx.machine.opens.share(open))
                .ok_or(Errno::Invalid)
        } else {
            let whole = ctx.path(&path);
            ctx.open(&whole, Mode::Read)
        };
        match opened {
            Ok(open) => {
                ctx.process().hold(open);
                self.open = Some(open);
            }
            Err(error) => {
                let is_grep = name.ends_with("grep");
                let text = if is_grep || name == "sed" && error != Errno::NotFound {
                    format!("{name}: {path}: {}\n", error.text())
                } else {
                    format!("{name}: can't open '{path}': {}\n", error.text())
                };
                err.extend(text.into_bytes());
                self.code = if is_grep { 2 } else { 1 };
            }
        }
        self.current = path;
    }

    fn end_input(&mut self, ctx: &mut Ctx<'_>, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            ctx.process().release(open);
            ctx.machine.close(open);
        }
        let partial = std::mem::take(&mut self.partial);
        match &mut self.work {
            Work::Count {
                now,
                all,
                shown,
                files,
                in_word,
            } => {
                *in_word = false;
                let name = if *files > 0 {
                    self.current.as_str()
                } else {
                    ""
                };
                out.extend(count_line(*now, *shown, name));
                for (all, now) in all.iter_mut().zip(now) {
                    *all += std::mem::take(now);
                }
                if *files > 1 && self.inputs.is_empty() {
                    out.extend(count_line(*all, *shown, "total"));
                }
            }
            Work::Lines(lines) => {
                let mut flow = Flow::More;
                if !partial.is_empty() {
                    let text = String::from_utf8_lossy(&partial).into_owned();
                    flow = lines.line(&text, false, &self.current, out);
                }
                self.is_over = flow == Flow::Enough;
                if let Some((path, text)) =
                    lines.end_input(&self.current, self.inputs.is_empty(), out)
                {
                    rewrite(&path, &text, ctx);
                }
            }
            Work::Cat { .. } | Work::Bytes(_) | Work::Tee(_) | Work::Repeat(_) => (),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if let Work::Lines(lines) = &mut self.work {
            lines.finish(out);
        }
    }

    fn take(&mut self, bytes: &[u8], ctx: &mut Ctx<'_>, out: &mut Vec<u8>) {
        match &mut self.work {
            Work::Cat { numbered: None } => out.extend_from_slice(bytes),
            Work::Cat {
                numbered: Some(number),
            } => {
                for line in bytes.split_inclusive(|it| *it == b'\n') {
                    *number += 1;
                    out.extend(format!("{number:6}\t").into_bytes());
                    out.extend_from_slice(line);
                }
            }
            Work::Count { now, in_word, .. } => {
                for byte in bytes {
                    now[0] += u64::from(*byte == b'\n');
                    let is_blank = byte.is_ascii_whitespace();
                    now[1] += u64::from(!is_blank && !*in_word);
                    *in_word = !is_blank;
                }
                now[2] += bytes.len() as u64;
            }
            Work::Bytes(left) => {
                let length = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                out.extend_from_slice(&bytes[..length]);
                *left -= length as u64;
                self.is_over |= *left == 0;
            }
            Work::Tee(targets) => {
                out.extend_from_slice(bytes);
                for fd in targets {
                    // A full disk does not stop the others.
                    let _ = ctx.write(*fd, bytes);
                }
            }
            Work::Repeat(_) => (),
            Work::Lines(_) => self.take_lines(bytes, out),
        }
    }

    fn take_lines(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Work::Lines(lines) = &mut self.work else {
            return;
        };
        for piece in bytes.split_inclusive(|it| *it == b'\n') {
            self.partial.extend_from_slice(piece);
            if self.partial.len() > KEPT {
                self.code = 1;
                self.is_over = true;
                return;
            }
            if piece.ends_with(b"\n") {
                self.partial.pop();
                let line = std::mem::take(&mut self.partial);
                let text = String::from_utf8_lossy(&line);
                if lines.line(&text, true, &self.current, out) == Flow::Enough {
                    self.is_over = true;
                    return;
                }
            }
        }
    }
}

/// `sed -i` writes a file anew.
fn rewrite(path: &str, text: &[u8], ctx: &mut Ctx<'_>) {
    let whole = ctx.path(path);
    let now = ctx.machine.clock;
    if let Ok(place) = ctx.machine.view.create(ctx.disks, &whole, now) {
        let tree = ctx.disks.tree_mut(place.tree);
        let _ = tree.truncate(place.node, 0, now);
        let _ = tree.write_at(place.node, 0, text, now);
    }
}

/// As busybox prints it: one number alone, several in columns.
fn count_line(counts: [u64; 3], shown: [bool; 3], name: &str) -> Vec<u8> {
    let numbers: Vec<u64> = counts
        .iter()
        .zip(shown)
        .filter(|(_, shown)| *shown)
        .map(|(it, _)| *it)
        .collect();
    let mut text = match numbers.as_slice() {
        [one] => one.to_string(),
        several => several
            .iter()
            .map(|it| format!("{it:9}"))
            .collect::<Vec<_>>()
            .join(" "),
    };
    if !name.is_empty() {
        text.push(' ');
        text.push_str(name);
    }
    text.push('\n');
    text.into_bytes()
}
