//! Leaving frames early, and waiting for children.

use std::sync::Arc;

use super::Shell;
use super::frame::Frame;
use crate::world::shell::machine::{Ctx, OpenId, Pid, Read, Turn, Wait, Written};

/// How much a substitution may print.
const CAPTURED: usize = 1 << 20;

impl Shell {
    /// Undoes what a frame was there to undo.
    pub(super) fn undo(&mut self, frame: Frame, ctx: &mut Ctx<'_>) {
        match frame {
            Frame::Restore { fds } => {
                for open in fds.values() {
                    ctx.process().release(*open);
                }
                let now = std::mem::replace(&mut ctx.process().fds, fds);
                for open in now.into_values() {
                    ctx.machine.close(open);
                }
            }
            Frame::Variables(old) => {
                for (name, variable) in old.into_iter().rev() {
                    self.restore(name, variable);
                }
            }
            Frame::Call { arguments, locals } => {
                self.arguments = arguments;
                for (name, variable) in locals.into_iter().rev() {
                    self.restore(name, variable);
                }
            }
            Frame::Trap { status } => self.status = status,
            Frame::Capture { pid, open, .. } => {
                ctx.process().release(open);
                ctx.machine.close(open);
                ctx.process().ended.remove(&pid);
            }
            _ => (), // Nothing is left of the others.
        }
    }

    /// Leaves loops: the innermost so many. The last one is left, or begun again.
    pub(super) fn leave_loop(&mut self, mut count: usize, again: bool, ctx: &mut Ctx<'_>) {
        let is_loop = |frame: &Frame| {
            matches!(
                frame,
                Frame::Loop { .. } | Frame::For { .. } | Frame::Count { .. }
            )
        };
        let is_border = |frame: &Frame| matches!(frame, Frame::Call { .. } | Frame::Source);
        let inside = self
            .frames
            .iter()
            .rev()
            .take_while(|frame| !is_border(frame));
        count = count.min(inside.filter(|frame| is_loop(frame)).count());
        if count == 0 {
            return;
        }
        self.status = 0;
        while let Some(frame) = self.frames.pop() {
            if is_loop(&frame) {
                count -= 1;
                if count == 0 {
                    if again {
                        self.frames.push(frame);
                    }
                    return;
                }
            }
            self.undo(frame, ctx);
        }
    }

    /// Leaves the function or file that is being run. Outside of both, the shell ends.
    pub(super) fn leave_function(&mut self, status: i32, ctx: &mut Ctx<'_>) {
        let is_border = |frame: &Frame| {
            matches!(
                frame,
                Frame::Call { .. } | Frame::Source | Frame::Trap { .. }
            )
        };
        if !self.frames.iter().any(is_border) {
            self.exit(status, ctx);
            return;
        }
        self.status = status;
        while let Some(frame) = self.frames.pop() {
            let is_end = is_border(&frame);
            self.undo(frame, ctx);
            if is_end {
                return;
            }
        }
    }

    /// Ends the shell: all frames are left, the EXIT trap runs.
    pub(super) fn exit(&mut self, status: i32, ctx: &mut Ctx<'_>) {
        while let Some(frame) = self.frames.pop() {
            self.undo(frame, ctx);
        }
        self.status = status;
    }

    /// There is nothing left to do.
    pub(super) fn end(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        if !std::mem::replace(&mut self.is_ending, true)
            && let Some(text) = self.traps.remove(&0)
        {
            self.frames.push(Frame::Trap {
                status: self.status,
            });
            self.evaluate(&text, false, ctx);
            return Turn::Go;
        }
        Turn::Exit(self.status & 255)
    }

    /// Waits for children in the foreground.
    pub(super) fn await_children(
        &mut self,
        mut pids: Vec<Pid>,
        mut codes: Vec<i32>,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        while let Some(pid) = pids.first() {
            match ctx.process().ended.remove(pid) {
                Some(code) => {
                    codes.push(code);
                    pids.remove(0);
                }
                None if ctx.machine.is_alive(*pid) => {
                    self.frames.push(Frame::Await { pids, codes });
                    return Turn::Wait(Wait::child());
                }
                None => {
                    pids.remove(0);
                }
            }
        }
        if let Some(last) = codes.last() {
            self.status = *last;
        }
        if self.options.pipe_fails
            && let Some(failed) = codes.iter().rev().find(|code| **code != 0)
        {
            self.status = *failed;
        }
        Turn::Go
    }

    /// `wait`: for background processes. A trapped signal ends it (XCU wait).
    pub(super) fn wait_jobs(&mut self, mut pids: Vec<Pid>, all: bool, ctx: &mut Ctx<'_>) -> Turn {
        while let Some(pid) = pids.first().copied() {
            let ended = ctx.process().ended.remove(&pid);
            if ended.is_none() && ctx.machine.is_alive(pid) {
                self.frames.push(Frame::Wait { pids, all });
                let wait = Wait {
                    minds_signals: true,
                    ..Wait::child()
                };
                return Turn::Wait(wait);
            }
            pids.remove(0);
            self.jobs.retain(|job| *job != pid);
            // A process that is not ours counts as one that ended with 127.
            self.status = if all { 0 } else { ended.unwrap_or(127) };
        }
        Turn::Go
    }

    /// Takes what a substitution prints, until it has ended and nothing more can come.
    pub(super) fn capture(
        &mut self,
        pid: Pid,
        open: OpenId,
        mut bytes: Vec<u8>,
        mut is_ended: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        while !is_ended {
            match ctx.read(open, 1 << 16) {
                Read::Bytes(more) => {
                    if bytes.len() + more.len() > CAPTURED {
                        ctx.process().release(open);
                        ctx.machine.close(open);
                        self.complain(ctx, "out of memory");
                        self.exit(2, ctx);
                        return Turn::Go;
                    }
                    bytes.extend(more);
                }
                Read::Empty(pipe) => {
                    self.frames.push(Frame::Capture {
                        pid,
                        open,
                        bytes,
                        is_ended,
                    });
                    return Turn::Wait(Wait {
                        pipe: Some(pipe),
                        ..Wait::default()
                    });
                }
                Read::End | Read::Endless | Read::Failed(_) => is_ended = true,
            }
        }
        match ctx.process().ended.remove(&pid) {
            Some(code) => self.substituted = code,
            None if ctx.machine.is_alive(pid) => {
                self.frames.push(Frame::Capture {
                    pid,
                    open,
                    bytes,
                    is_ended,
                });
                return Turn::Wait(Wait::child());
            }
            None => (),
        }
        ctx.process().release(open);
        ctx.machine.close(open);
        // No NUL, no newlines at the end (XCU 2.6.3).
        bytes.retain(|byte| *byte != 0);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\n').to_owned();
        if let Some(Frame::Expand { results, .. }) = self.frames.last_mut() {
            results.push(text);
        }
        Turn::Go
    }

    /// Writes what a builtin prints; the rest waits for room in the pipe.
    pub(super) fn write(
        &mut self,
        fd: u32,
        mut bytes: Vec<u8>,
        status: i32,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        while !bytes.is_empty() {
            match ctx.write(fd, &bytes) {
                Written::Some(count) => {
                    bytes.drain(..count);
                }
                Written::Full(pipe) => {
                    self.frames.push(Frame::Write { fd, bytes, status });
                    return Turn::Wait(Wait {
                        pipe: Some(pipe),
                        ..Wait::default()
                    });
                }
                Written::Broken => {
                    if !ctx
                        .process()
                        .ignored
                        .contains(crate::world::shell::machine::Signal::PIPE)
                    {
                        return Turn::Exit(141);
                    }
                    self.status = 1;
                    return Turn::Go;
                }
                Written::Failed(error) => {
                    self.complain(ctx, &format!("write error: {}", error.text()));
                    self.status = 1;
                    return Turn::Go;
                }
                Written::Closed => {
                    self.status = 1;
                    return Turn::Go;
                }
            }
        }
        self.status = status;
        Turn::Go
    }

    /// A function is called: its body runs with other arguments.
    pub(super) fn call(
        &mut self,
        body: &Arc<crate::world::shell::syntax::Command>,
        arguments: Vec<String>,
        tested: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let arguments = std::mem::replace(&mut self.arguments, arguments);
        self.frames.push(Frame::Call {
            arguments,
            locals: Vec::new(),
        });
        self.command(body, tested, false, ctx);
    }
}
