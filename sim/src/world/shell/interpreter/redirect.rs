//! Redirections (POSIX XCU 2.7).

use std::collections::BTreeMap;

use super::Shell;
use super::frame::Frame;
use crate::world::files::Errno;
use crate::world::shell::machine::{Ctx, Mode, OpenId};

/// Where a redirection leads, after expansion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ready {
    Read(String),
    Write(String),
    Append(String),
    ReadWrite(String),
    Copy(u32),
    Close,
    Text(String),
}

type Descriptors = BTreeMap<u32, OpenId>;

impl Shell {
    /// Applies redirections to descriptors, in order. An error is what the shell says.
    pub(super) fn redirect(
        &self,
        fds: &mut Descriptors,
        redirects: &[(u32, Ready)],
        ctx: &mut Ctx<'_>,
    ) -> Result<(), String> {
        for (fd, ready) in redirects {
            let (path, mode) = match ready {
                Ready::Read(path) => (path, Mode::Read),
                Ready::Write(path) => (path, Mode::Write),
                Ready::Append(path) => (path, Mode::Append),
                Ready::ReadWrite(path) => (path, Mode::ReadWrite),
                Ready::Copy(from) => {
                    let open = fds.get(from).copied();
                    let open = open.ok_or_else(|| format!("{from}: Bad file descriptor"))?;
                    let open = ctx.machine.opens.share(open);
                    install(fds, *fd, open, ctx)?;
                    continue;
                }
                Ready::Close => {
                    if let Some(open) = fds.remove(fd) {
                        ctx.machine.close(open);
                    }
                    continue;
                }
                Ready::Text(text) => {
                    let open = ctx.machine.opens.text(text.clone().into_bytes());
                    install(fds, *fd, open, ctx)?;
                    continue;
                }
            };
            let whole = ctx.path(path);
            let whole = if path.is_empty() {
                String::new()
            } else {
                whole
            };
            let open = ctx
                .open(&whole, mode)
                .map_err(|error| self.cannot(path, mode, error))?;
            install(fds, *fd, open, ctx)?;
        }
        Ok(())
    }

    /// Busybox says what ENOENT means for what was tried.
    fn cannot(&self, path: &str, mode: Mode, error: Errno) -> String {
        if self.bash {
            return format!("{path}: {}", error.text());
        }
        match (mode, error) {
            (Mode::Read, Errno::NotFound) => format!("can't open {path}: no such file"),
            (Mode::Read, _) => format!("can't open {path}: {}", error.text()),
            (Mode::Write | Mode::Append | Mode::ReadWrite, Errno::NotFound) => {
                format!("can't create {path}: nonexistent directory")
            }
            (Mode::Write | Mode::Append | Mode::ReadWrite, _) => {
                format!("can't create {path}: {}", error.text())
            }
        }
    }

    /// Applies redirections until a frame that is left behind is reached. False when one failed, which was said.
    pub(super) fn redirect_here(&mut self, redirects: &[(u32, Ready)], ctx: &mut Ctx<'_>) -> bool {
        if redirects.is_empty() {
            return true;
        }
        let mut fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        let result = self.redirect(&mut fds, redirects, ctx);
        if let Err(text) = result {
            for open in fds.into_values() {
                ctx.machine.close(open);
            }
            self.complain(ctx, &text);
            self.status = 1;
            return false;
        }
        let before = std::mem::replace(&mut ctx.process().fds, fds);
        for open in before.values() {
            ctx.process().hold(*open);
        }
        self.frames.push(Frame::Restore { fds: before });
        true
    }
}

fn install(fds: &mut Descriptors, fd: u32, open: OpenId, ctx: &mut Ctx<'_>) -> Result<(), String> {
    ctx.install(fds, fd, open)
        .map_err(|_| format!("{fd}: Bad file descriptor"))
}
