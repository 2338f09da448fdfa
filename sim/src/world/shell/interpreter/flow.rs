//! How commands follow each other.

use std::sync::Arc;

use super::Shell;
use super::frame::{Frame, Node};
use crate::world::shell::machine::{Ctx, OpenId, Pid, Program, Signal, Turn};
use crate::world::shell::syntax::{Chain, Command, Compound, List, Pipeline};

impl Shell {
    /// Does what the topmost frame says; it was taken off.
    pub(super) fn run(&mut self, frame: Frame, ctx: &mut Ctx<'_>) -> Turn {
        match frame {
            Frame::Sequence { list, next, tested } => self.sequence(list, next, tested, ctx),
            Frame::Chain {
                chain,
                next,
                tested,
            } => self.chain(chain, next, tested, ctx),
            Frame::Not => {
                self.status = i32::from(self.status == 0);
                Turn::Go
            }
            Frame::Check { tested } => {
                if self.options.fails && !tested && self.status != 0 {
                    self.exit(self.status, ctx);
                }
                Turn::Go
            }
            Frame::If { node, arm, tested } => self.after_condition(&node, arm, tested),
            Frame::Loop {
                node,
                after_condition,
                result,
                tested,
            } => self.loop_again(node, after_condition, result, tested),
            Frame::For {
                node,
                values,
                next,
                tested,
            } => self.next_value(node, values, next, tested, ctx),
            Frame::Count { node, tested } => {
                // After the body: the step, then the condition.
                self.expand(Node::Count(node, 2), tested, false)
            }
            Frame::Expand {
                node,
                results,
                tested,
                is_last,
            } => self.expanded(node, results, tested, is_last, ctx),
            Frame::Capture {
                pid,
                open,
                bytes,
                is_ended,
            } => self.capture(pid, open, bytes, is_ended, ctx),
            Frame::Await { pids, codes } => self.await_children(pids, codes, ctx),
            Frame::Wait { pids, all } => self.wait_jobs(pids, all, ctx),
            Frame::Write { fd, bytes, status } => self.write(fd, bytes, status, ctx),
            Frame::Read {
                names,
                line,
                raw,
                until,
                most,
            } => self.read(names, line, raw, until, most, ctx),
            Frame::Script { text } => self.read_script(text, ctx),
            undone @ (Frame::Restore { .. }
            | Frame::Variables(_)
            | Frame::Call { .. }
            | Frame::Source
            | Frame::Trap { .. }) => {
                self.undo(undone, ctx);
                Turn::Go
            }
        }
    }

    pub(super) fn begin(&mut self, list: &Arc<List>, tested: bool) {
        self.frames.push(Frame::Sequence {
            list: Arc::clone(list),
            next: 0,
            tested,
        });
    }

    fn expand(&mut self, node: Node, tested: bool, is_last: bool) -> Turn {
        self.frames.push(Frame::Expand {
            node,
            results: Vec::new(),
            tested,
            is_last,
        });
        Turn::Go
    }

    fn sequence(&mut self, list: Arc<List>, next: usize, tested: bool, ctx: &mut Ctx<'_>) -> Turn {
        let Some(item) = list.get(next).cloned() else {
            return Turn::Go;
        };
        if next + 1 < list.len() {
            self.frames.push(Frame::Sequence {
                list,
                next: next + 1,
                tested,
            });
        }
        if item.background {
            self.start_background(&item.chain, ctx);
            return Turn::Go;
        }
        self.frames.push(Frame::Chain {
            chain: item.chain,
            next: 0,
            tested,
        });
        Turn::Go
    }

    fn chain(&mut self, chain: Arc<Chain>, next: usize, tested: bool, ctx: &mut Ctx<'_>) -> Turn {
        let Some((after_success, pipeline)) = chain.links.get(next).cloned() else {
            return Turn::Go;
        };
        let is_final = next + 1 == chain.links.len();
        if !is_final {
            self.frames.push(Frame::Chain {
                chain,
                next: next + 1,
                tested,
            });
        }
        if next == 0 || after_success == (self.status == 0) {
            self.pipeline(&pipeline, tested || !is_final, ctx);
        }
        Turn::Go
    }

    fn pipeline(&mut self, pipeline: &Arc<Pipeline>, tested: bool, ctx: &mut Ctx<'_>) {
        let tested = tested || pipeline.negated;
        if pipeline.negated {
            self.frames.push(Frame::Not);
        }
        if let [command] = pipeline.commands.as_slice() {
            self.command(command, tested, false, ctx);
            return;
        }
        self.frames.push(Frame::Check { tested });
        let mut pids = Vec::new();
        let mut input: Option<OpenId> = None;
        for (number, command) in pipeline.commands.iter().enumerate() {
            let is_final = number + 1 == pipeline.commands.len();
            let pipe = (!is_final).then(|| ctx.machine.opens.pipe());
            let (reader, writer) = pipe.unzip();
            match self.fork(command, tested, (input, writer), ctx) {
                Some(pid) => pids.push(pid),
                None => self.cannot_fork(ctx),
            }
            input = reader;
        }
        if let Some(input) = input {
            ctx.machine.close(input);
        }
        let codes = Vec::new();
        self.frames.push(Frame::Await { pids, codes });
    }

    fn cannot_fork(&mut self, ctx: &mut Ctx<'_>) {
        self.complain(ctx, "can't fork: Resource temporarily unavailable");
        self.status = 2;
    }

    /// A command in a process of its own, between pipes.
    fn fork(
        &self,
        command: &Arc<Command>,
        tested: bool,
        (input, output): (Option<OpenId>, Option<OpenId>),
        ctx: &mut Ctx<'_>,
    ) -> Option<Pid> {
        let mut shell = self.forked(Vec::new());
        shell.command(command, tested, true, ctx);
        let mut fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        for (fd, open) in [(0, input), (1, output)] {
            if let Some(open) = open {
                let _ = ctx.install(&mut fds, fd, open);
            }
        }
        ctx.fork(fds, Program::Shell(Box::new(shell)))
    }

    /// `chain &`: a process of its own, without input, deaf to the keyboard's signals (XCU 2.9.3.1).
    fn start_background(&mut self, chain: &Arc<Chain>, ctx: &mut Ctx<'_>) {
        let mut shell = self.forked(Vec::new());
        match chain.links.as_slice() {
            [(_, pipeline)] if !pipeline.negated && pipeline.commands.len() == 1 => {
                shell.command(&pipeline.commands[0], false, true, ctx);
            }
            _ => shell.frames.push(Frame::Chain {
                chain: Arc::clone(chain),
                next: 0,
                tested: false,
            }),
        }
        let mut fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        let null = ctx.machine.opens.null();
        let _ = ctx.install(&mut fds, 0, null);
        self.status = 0;
        match ctx.fork(fds, Program::Shell(Box::new(shell))) {
            Some(pid) => {
                if let Some(process) = ctx.machine.processes.get_mut(&pid) {
                    process.ignored.set(Signal::INT, true);
                    process.ignored.set(Signal::QUIT, true);
                }
                self.background = Some(pid);
                self.jobs.push(pid);
                let ended = &ctx.machine.processes[&ctx.pid].ended;
                if self.jobs.len() > 1_000 {
                    self.jobs.retain(|pid| !ended.contains_key(pid));
                }
            }
            None => self.cannot_fork(ctx),
        }
    }

    /// Begins a command. `is_last`: nothing comes after it in this process.
    pub(super) fn command(
        &mut self,
        command: &Arc<Command>,
        tested: bool,
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) {
        match &**command {
            Command::Simple(simple) => {
                self.expand(Node::Simple(Arc::clone(simple)), tested, is_last);
            }
            Command::Compound(compound, redirects) if redirects.is_empty() => {
                self.compound(compound, tested, is_last, ctx);
            }
            Command::Compound(compound, redirects) => {
                let node = Node::Redirected(Arc::clone(compound), Arc::clone(redirects));
                self.expand(node, tested, false);
            }
            Command::Function(name, body) => {
                let functions = Arc::make_mut(&mut self.functions);
                if functions.len() < 10_000 {
                    functions.insert(name.clone(), Arc::clone(body));
                }
                self.status = 0;
            }
        }
    }

    pub(super) fn compound(
        &mut self,
        compound: &Arc<Compound>,
        tested: bool,
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) {
        match &**compound {
            Compound::Group(list) => self.begin(list, tested),
            Compound::Subshell(list) if is_last => self.begin(list, tested),
            Compound::Subshell(list) => {
                let mut shell = self.forked(Vec::new());
                shell.begin(list, tested);
                let fds = ctx
                    .machine
                    .opens
                    .share_all(&ctx.machine.processes[&ctx.pid].fds);
                self.frames.push(Frame::Check { tested });
                match ctx.fork(fds, Program::Shell(Box::new(shell))) {
                    Some(pid) => self.frames.push(Frame::Await {
                        pids: vec![pid],
                        codes: Vec::new(),
                    }),
                    None => self.cannot_fork(ctx),
                }
            }
            Compound::If(arms, _) => {
                self.frames.push(Frame::If {
                    node: Arc::clone(compound),
                    arm: 0,
                    tested,
                });
                self.begin(&arms[0].0, true);
            }
            Compound::Loop { condition, .. } => {
                self.frames.push(Frame::Loop {
                    node: Arc::clone(compound),
                    after_condition: true,
                    result: 0,
                    tested,
                });
                self.begin(condition, true);
            }
            Compound::Count { .. } => {
                self.expand(Node::Count(Arc::clone(compound), 0), tested, false);
            }
            Compound::For { .. }
            | Compound::Case(..)
            | Compound::Test(_)
            | Compound::Arithmetic(_) => {
                self.expand(Node::Compound(Arc::clone(compound)), tested, false);
            }
        }
    }

    fn after_condition(&mut self, node: &Arc<Compound>, arm: usize, tested: bool) -> Turn {
        let Compound::If(arms, otherwise) = &**node else {
            return Turn::Go;
        };
        if self.status == 0 {
            self.begin(&arms[arm].1, tested);
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            self.frames.push(Frame::If {
                node: Arc::clone(node),
                arm: arm + 1,
                tested,
            });
            self.begin(condition, true);
        } else {
            self.status = 0;
            if let Some(otherwise) = otherwise {
                self.begin(otherwise, tested);
            }
        }
        Turn::Go
    }

    fn loop_again(
        &mut self,
        node: Arc<Compound>,
        after_condition: bool,
        result: i32,
        tested: bool,
    ) -> Turn {
        let Compound::Loop {
            until,
            condition,
            body,
        } = &*node
        else {
            return Turn::Go;
        };
        if after_condition {
            if (self.status == 0) == *until {
                self.status = result;
                return Turn::Go;
            }
            let list = Arc::clone(body);
            self.frames.push(Frame::Loop {
                node,
                after_condition: false,
                result,
                tested,
            });
            self.begin(&list, tested);
        } else {
            let list = Arc::clone(condition);
            self.frames.push(Frame::Loop {
                node,
                after_condition: true,
                result: self.status,
                tested,
            });
            self.begin(&list, true);
        }
        Turn::Go
    }

    fn next_value(
        &mut self,
        node: Arc<Compound>,
        values: Arc<[String]>,
        next: usize,
        tested: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        let Compound::For { name, body, .. } = &*node else {
            return Turn::Go;
        };
        let Some(value) = values.get(next) else {
            return Turn::Go;
        };
        if let Err(text) = self.set_text(name, value) {
            self.complain(ctx, &text);
            self.exit(2, ctx);
            return Turn::Go;
        }
        let list = Arc::clone(body);
        self.frames.push(Frame::For {
            node,
            values,
            next: next + 1,
            tested,
        });
        self.begin(&list, tested);
        Turn::Go
    }
}
