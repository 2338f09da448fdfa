//! `tail -f` and `tail -F`: the end of a file, looked at once a second.

use std::collections::VecDeque;

use wavetank_core::time::SimDuration;

use super::{Applet, Done, State, flags};
use crate::world::files::Place;
use crate::world::shell::machine::{Ctx, Turn, Wait};

/// How often busybox looks.
const EVERY: SimDuration = SimDuration::from_secs(1);
/// How many lines are shown first.
const LINES: usize = 10;

/// A file that is followed.
#[derive(Clone, Debug)]
pub(super) struct Follow {
    path: String,
    shown: String,
    place: Option<Place>,
    offset: u64,
    /// It is looked for again when it is gone (`-F`).
    retries: bool,
    is_missing: bool,
}

/// The applet, if the command line asks to follow a file.
pub(super) fn follow(
    words: &[String],
    inputs: &VecDeque<String>,
    ctx: &mut Ctx<'_>,
) -> Option<Applet> {
    let (flags, _) = flags(words, "ncs");
    let retries = flags.contains_key(&'F');
    if words[0] != "tail" || !retries && !flags.contains_key(&'f') {
        return None;
    }
    let shown = inputs.front()?.clone();
    if shown == "-" {
        return None;
    }
    let path = ctx.path(&shown);
    let mut follow = Follow {
        path,
        shown,
        place: None,
        offset: 0,
        retries,
        is_missing: false,
    };
    let mut done = Done::default();
    let lines = flags
        .get(&'n')
        .and_then(|it| it.trim_start_matches(['-', '+']).parse().ok());
    let from_start = flags.get(&'n').is_some_and(|it| it.starts_with('+'));
    match follow.find(ctx) {
        Some(size) => {
            let text = ctx
                .machine
                .view
                .read(ctx.disks, &follow.path)
                .unwrap_or_default();
            let wanted = if from_start {
                usize::MAX
            } else {
                lines.unwrap_or(LINES)
            };
            let mut ends = text
                .iter()
                .enumerate()
                .rev()
                .skip(1)
                .filter(|(_, it)| **it == b'\n');
            let begin = if wanted == 0 {
                text.len()
            } else {
                ends.nth(wanted.saturating_sub(1))
                    .map_or(0, |(place, _)| place + 1)
            };
            done.out = text[begin..].to_vec();
            follow.offset = size;
        }
        None => {
            done.err = format!(
                "tail: can't open '{}': No such file or directory\n",
                follow.shown
            )
            .into_bytes();
            if !retries {
                done.err.extend_from_slice(b"tail: no files\n");
                done.code = 1;
                return Some(Applet::done("tail", done));
            }
            follow.is_missing = true;
        }
    }
    let mut applet = Applet::new("tail", State::Follow(Box::new(follow)));
    (applet.out, applet.err) = (done.out, done.err);
    Some(applet)
}

impl Follow {
    /// The size of the file, if it is there. Another file under its name is read from its beginning.
    fn find(&mut self, ctx: &Ctx<'_>) -> Option<u64> {
        let place = if self.retries || self.place.is_none() {
            ctx.machine.view.find(ctx.disks, &self.path).ok()?
        } else {
            self.place?
        };
        if self.place != Some(place) {
            self.place = Some(place);
            self.offset = 0;
        }
        Some(ctx.disks.tree(place.tree).node(place.node).size())
    }

    pub(super) fn step(&mut self, ctx: &mut Ctx<'_>, out: &mut Vec<u8>, err: &mut Vec<u8>) -> Turn {
        match self.find(ctx) {
            None if !self.is_missing => {
                self.is_missing = true;
                self.place = None;
                err.extend(
                    format!("tail: {}: No such file or directory\n", self.shown).into_bytes(),
                );
            }
            None => (),
            Some(size) => {
                if self.is_missing {
                    self.is_missing = false;
                    err.extend(
                        format!(
                            "tail: {} has appeared; following end of new file\n",
                            self.shown
                        )
                        .into_bytes(),
                    );
                }
                if size < self.offset {
                    self.offset = 0;
                }
                if let Some(place) = self.place.filter(|_| size > self.offset) {
                    let bytes =
                        ctx.disks
                            .tree(place.tree)
                            .read_at(place.node, self.offset, 1 << 16);
                    let bytes = bytes.unwrap_or_default();
                    self.offset += bytes.len() as u64;
                    out.extend(bytes);
                }
            }
        }
        Turn::Wait(Wait::until(ctx.now() + EVERY))
    }
}
