//! Simple commands, and what happens after words are expanded.

use std::sync::Arc;

use super::Shell;
use super::frame::{Frame, Node};
use super::redirect::Ready;
use super::variables::Value;
use crate::world::shell::expand::{Effects, Expander, Stop};
use crate::world::shell::machine::{Ctx, Program, Turn};
use crate::world::shell::syntax::{At, Command, Compound, List, Simple, Word};
use crate::world::shell::text::pattern::Pattern;
use crate::world::shell::text::quote;

/// An assignment to be made.
type Made = (String, Option<i64>, Value);

/// What an expansion found, before anything is done with it.
enum Outcome {
    /// Words, redirections and assignments.
    Simple(Vec<String>, Vec<(u32, Ready)>, Vec<Made>),
    Redirects(Vec<(u32, Ready)>),
    /// The values of a loop.
    Values(Vec<String>),
    /// The arm of a `case`.
    Arm(Option<usize>),
    /// A test, or an arithmetic command; what `=~` matched.
    Status(bool, Option<Vec<String>>),
}

impl Shell {
    /// Tries to expand a node, and does what follows. A substitution is run first, and the expansion done again.
    pub(super) fn expanded(
        &mut self,
        node: Node,
        results: Vec<String>,
        tested: bool,
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        if results.is_empty() {
            self.substituted = 0;
        }
        let mut expander = Expander::new(self, ctx, &results);
        let outcome = outcome(&node, &mut expander);
        let effects = expander.finish();
        match outcome {
            Err(Stop::Needs(list)) => {
                let frame = Frame::Expand {
                    node,
                    results,
                    tested,
                    is_last,
                };
                self.frames.push(frame);
                self.substitute(&list, &effects, ctx)
            }
            Err(Stop::Failed(text)) => {
                self.complain(ctx, &text);
                // An error of expansion ends a shell that is not interactive (XCU 2.8.1).
                self.exit(if self.bash { 1 } else { 2 }, ctx);
                Turn::Go
            }
            Ok(outcome) => {
                if let Err(text) = self.adopt(&effects) {
                    self.complain(ctx, &text);
                    self.exit(2, ctx);
                    return Turn::Go;
                }
                self.act(node, outcome, tested, is_last, ctx)
            }
        }
    }

    /// Makes assignments that an expansion made on its way. Those of a simple command are made by it.
    fn adopt(&mut self, effects: &Effects) -> Result<(), String> {
        self.random = effects.random;
        for (name, index, value) in &effects.assigned {
            self.set(name, *index, value.clone())?;
        }
        Ok(())
    }

    /// Starts a substitution in a subshell that sees what the expansion has assigned.
    fn substitute(&mut self, list: &Arc<List>, effects: &Effects, ctx: &mut Ctx<'_>) -> Turn {
        let mut shell = self.forked(Vec::new());
        for (name, index, value) in &effects.assigned {
            // One that cannot be assigned is reported when the expansion comes to its end.
            drop(shell.set(name, *index, value.clone()));
        }
        shell.substitution_body(list);
        let (reader, writer) = ctx.machine.opens.pipe();
        let mut fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        let _ = ctx.install(&mut fds, 1, writer);
        match ctx.fork(fds, Program::Shell(Box::new(shell))) {
            Some(pid) => {
                ctx.process().hold(reader);
                self.frames.push(Frame::Capture {
                    pid,
                    open: reader,
                    bytes: Vec::new(),
                    is_ended: false,
                });
            }
            None => {
                ctx.machine.close(reader);
                self.complain(ctx, "can't fork: Resource temporarily unavailable");
                self.exit(2, ctx);
            }
        }
        Turn::Go
    }

    /// `$(<file)` prints the file; anything else runs.
    fn substitution_body(&mut self, list: &Arc<List>) {
        let Some(simple) = only_command(list) else {
            self.begin(list, false);
            return;
        };
        let mut simple = simple;
        if simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.len() == 1 {
            Arc::make_mut(&mut simple).words.push(Word::quoted("cat"));
        }
        self.frames.push(Frame::Expand {
            node: Node::Simple(simple),
            results: Vec::new(),
            tested: false,
            is_last: true,
        });
    }

    fn act(
        &mut self,
        node: Node,
        outcome: Outcome,
        tested: bool,
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        match (node, outcome) {
            (Node::Simple(simple), Outcome::Simple(words, redirects, assigns)) => {
                self.trace(&words, &assigns, ctx);
                return self.simple(&simple, words, &redirects, assigns, tested, is_last, ctx);
            }
            (Node::Redirected(compound, _), Outcome::Redirects(redirects)) => {
                if self.redirect_here(&redirects, ctx) {
                    self.compound(&compound, tested, false, ctx);
                } else {
                    self.frames.push(Frame::Check { tested });
                }
            }
            (Node::Compound(node), Outcome::Values(values)) => {
                self.status = 0;
                self.frames.push(Frame::For {
                    node,
                    values: values.into(),
                    next: 0,
                    tested,
                });
            }
            (Node::Compound(node), Outcome::Arm(arm)) => {
                self.status = 0;
                if let (Compound::Case(_, arms), Some(first)) = (&*node, arm) {
                    // `;&` goes on with the next arm, so bodies are stacked from the last one up.
                    let fall = arms[first..]
                        .iter()
                        .take_while(|arm| arm.falls_through)
                        .count();
                    let last = (first + fall).min(arms.len() - 1);
                    for arm in arms[first..=last].iter().rev() {
                        self.begin(&arm.body, tested);
                    }
                }
            }
            (Node::Compound(_), Outcome::Status(holds, matched)) => {
                if let Some(matched) = matched {
                    let list = (0..).zip(matched).collect();
                    drop(self.set("BASH_REMATCH", None, Value::List(Arc::new(list))));
                }
                self.status = i32::from(!holds);
                self.frames.push(Frame::Check { tested });
            }
            (Node::Count(node, part), Outcome::Status(holds, _)) => {
                self.count(node, part, holds, tested);
            }
            // Each node has its own outcome.
            _ => (),
        }
        Turn::Go
    }

    /// A counting loop: 0 its beginning, 1 its condition, 2 its step.
    fn count(&mut self, node: Arc<Compound>, part: usize, holds: bool, tested: bool) {
        let Compound::Count { parts, body } = &*node else {
            return;
        };
        // A condition that is not there holds.
        let holds = holds || parts[1].parts.is_empty();
        if part == 1 {
            self.status = 0;
            if holds {
                let body = Arc::clone(body);
                self.frames.push(Frame::Count { node, tested });
                self.begin(&body, tested);
            }
            return;
        }
        self.frames.push(Frame::Expand {
            node: Node::Count(node, 1),
            results: Vec::new(),
            tested,
            is_last: false,
        });
    }

    /// `set -x`.
    fn trace(&self, words: &[String], assigns: &[Made], ctx: &mut Ctx<'_>) {
        if !self.options.traces {
            return;
        }
        let mut line = "+".to_owned();
        for (name, _, value) in assigns {
            line.push_str(&format!(
                " {name}={}",
                quote(&value.first().unwrap_or_default())
            ));
        }
        for word in words {
            line.push(' ');
            line.push_str(&quote(word));
        }
        line.push('\n');
        let _ = ctx.write(2, line.as_bytes());
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a simple command")]
    fn simple(
        &mut self,
        simple: &Simple,
        words: Vec<String>,
        redirects: &[(u32, Ready)],
        assigns: Vec<Made>,
        tested: bool,
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        self.frames.push(Frame::Check { tested });
        let Some(name) = words.first() else {
            self.status = self.substituted;
            self.redirect_here(redirects, ctx);
            return self.assign_all(assigns, ctx);
        };
        if name == "exec" {
            return self.exec(&words, redirects, assigns, ctx);
        }
        let function = self.functions.get(name).map(Arc::clone);
        if function.is_none() && !super::builtin::is_builtin(name) {
            return self.external(simple, words, redirects, &assigns, is_last, ctx);
        }
        if !self.redirect_here(redirects, ctx) {
            return Turn::Go;
        }
        if !assigns.is_empty() {
            let names = assigns.iter().map(|(name, ..)| name.clone());
            let old = names.map(|name| (name.clone(), self.variables.get(&name).cloned()));
            let old = old.collect();
            // Assignments before special builtins stay (XCU 2.14); here only those before `:`, `eval` and `export`.
            if function.is_some() || !matches!(name.as_str(), ":" | "eval" | "export") {
                self.frames.push(Frame::Variables(old));
            }
            for (name, index, value) in assigns {
                if let Err(text) = self.set(&name, index, value) {
                    self.complain(ctx, &text);
                    self.exit(2, ctx);
                    return Turn::Go;
                }
                if function.is_some() {
                    self.mark(&name, Some(true), false);
                }
            }
        }
        match function {
            Some(body) => {
                self.call(&body, words[1..].to_vec(), tested, ctx);
                Turn::Go
            }
            None => self.builtin(simple, &words, tested, ctx),
        }
    }

    fn assign_all(&mut self, assigns: Vec<Made>, ctx: &mut Ctx<'_>) -> Turn {
        for (name, index, value) in assigns {
            if let Err(text) = self.set(&name, index, value) {
                self.complain(ctx, &text);
                self.exit(2, ctx);
                break;
            }
        }
        Turn::Go
    }

    /// A command that is none of ours: a process of its own, unless nothing comes after it.
    fn external(
        &mut self,
        simple: &Simple,
        words: Vec<String>,
        redirects: &[(u32, Ready)],
        assigns: &[Made],
        is_last: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        let mut env = self.environment();
        if !assigns.is_empty() {
            let pairs = Arc::make_mut(&mut env);
            for (name, _, value) in assigns {
                pairs.insert(name.clone(), value.first().unwrap_or_default());
            }
        }
        let mut fds = ctx
            .machine
            .opens
            .share_all(&ctx.machine.processes[&ctx.pid].fds);
        if let Err(text) = self.redirect(&mut fds, redirects, ctx) {
            for open in fds.into_values() {
                ctx.machine.close(open);
            }
            self.complain(ctx, &text);
            self.status = 1;
            return Turn::Go;
        }
        let missing = self.missing(&words, simple, ctx);
        if is_last && self.frames.len() <= 1 && missing.is_none() && self.traps.is_empty() {
            let old = std::mem::replace(&mut ctx.process().fds, fds);
            for open in old.into_values() {
                ctx.machine.close(open);
            }
            return Turn::Become(words, env);
        }
        if let Some((text, code)) = missing {
            let old = std::mem::replace(&mut ctx.process().fds, fds);
            self.complain(ctx, &text);
            let fds = std::mem::replace(&mut ctx.process().fds, old);
            for open in fds.into_values() {
                ctx.machine.close(open);
            }
            self.status = code;
            return Turn::Go;
        }
        match ctx.spawn(words, env, fds) {
            Some(pid) => self.frames.push(Frame::Await {
                pids: vec![pid],
                codes: Vec::new(),
            }),
            None => {
                self.complain(ctx, "can't fork: Resource temporarily unavailable");
                self.status = 2;
            }
        }
        Turn::Go
    }

    /// What the shell says when there is no such program, and its status.
    pub(super) fn missing(
        &self,
        words: &[String],
        simple: &Simple,
        ctx: &mut Ctx<'_>,
    ) -> Option<(String, i32)> {
        use crate::world::shell::machine::Found;
        let name = &words[0];
        match ctx.look_up(name, self.text("PATH").as_deref()) {
            Found::Applet(_) | Found::Shell | Found::Script(_) => None,
            Found::Denied => Some((format!("{name}: Permission denied"), 126)),
            Found::Missing if ctx.outside.program(words).is_some() => None,
            Found::Missing => {
                ctx.machine.report(name, Some(simple.at));
                let text = if name.contains('/') {
                    format!("{name}: No such file or directory")
                } else if self.bash {
                    format!("line {}: {name}: command not found", simple.at.line)
                } else {
                    format!("{name}: not found")
                };
                Some((text, 127))
            }
        }
    }

    /// `exec`: the shell becomes the command, or its redirections stay.
    fn exec(
        &mut self,
        words: &[String],
        redirects: &[(u32, Ready)],
        assigns: Vec<Made>,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
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
            self.exit(1, ctx);
            return Turn::Go;
        }
        for open in std::mem::replace(&mut ctx.process().fds, fds).into_values() {
            ctx.machine.close(open);
        }
        let mut rest = &words[1..];
        if let [flag, name, after @ ..] = rest
            && flag == "-a"
            && !name.is_empty()
        {
            rest = after;
        }
        if rest.first().is_some_and(|it| it == "--") {
            rest = &rest[1..];
        }
        if rest.is_empty() {
            self.status = 0;
            return self.assign_all(assigns, ctx);
        }
        for (name, index, value) in assigns {
            drop(self.set(&name, index, value));
            self.mark(&name, Some(true), false);
        }
        let at = Simple {
            at: At::default(),
            assigns: Vec::new(),
            words: Vec::new(),
            redirects: Arc::new([]),
        };
        if let Some((text, code)) = self.missing(rest, &at, ctx) {
            self.complain(ctx, &format!("exec: {text}"));
            self.exit(code, ctx);
            return Turn::Go;
        }
        // What was kept for the shell's own use is closed on exec.
        for open in std::mem::take(&mut ctx.process().held) {
            ctx.machine.close(open);
        }
        Turn::Become(rest.to_vec(), self.environment())
    }
}

/// The command of a list that is nothing else.
fn only_command(list: &List) -> Option<Arc<Simple>> {
    let [item] = list else { return None };
    let [(_, pipeline)] = item.chain.links.as_slice() else {
        return None;
    };
    match pipeline.commands.as_slice() {
        [command] if !item.background && !pipeline.negated => match &**command {
            Command::Simple(simple) => Some(Arc::clone(simple)),
            Command::Compound(..) | Command::Function(..) => None,
        },
        _ => None,
    }
}

fn outcome(node: &Node, expander: &mut Expander<'_, '_>) -> Result<Outcome, Stop> {
    Ok(match node {
        Node::Simple(simple) => {
            let words = expander.words(&simple.words)?;
            let redirects = expander.redirects(&simple.redirects)?;
            let before = expander.assigned.len();
            let assigns = expander.assigns(&simple.assigns)?;
            // The command's own assignments are not effects of its expansion.
            let own: Vec<Made> = expander.assigned.drain(before..).collect();
            let is_own = |it: &Made| assigns.contains(it);
            expander
                .assigned
                .extend(own.into_iter().filter(|it| !is_own(it)));
            Outcome::Simple(words, redirects, assigns)
        }
        Node::Redirected(_, redirects) => Outcome::Redirects(expander.redirects(redirects)?),
        Node::Count(compound, part) => match &**compound {
            Compound::Count { parts, .. } => {
                Outcome::Status(expander.arithmetic(&parts[*part])? != 0, None)
            }
            _ => Outcome::Status(false, None),
        },
        Node::Compound(compound) => match &**compound {
            Compound::For {
                words: Some(words), ..
            } => Outcome::Values(expander.words(words)?),
            Compound::For { words: None, .. } => Outcome::Values(expander.shell.arguments.clone()),
            Compound::Case(word, arms) => {
                let text = expander.text(word)?;
                let mut found = None;
                'arms: for (number, arm) in arms.iter().enumerate() {
                    for pattern in &arm.patterns {
                        let pattern = expander.pattern(pattern)?;
                        if Pattern::new(&pattern).matches(&text) {
                            found = Some(number);
                            break 'arms;
                        }
                    }
                }
                Outcome::Arm(found)
            }
            Compound::Test(condition) => {
                let (holds, matched) = super::condition::holds(condition, expander)?;
                Outcome::Status(holds, matched)
            }
            Compound::Arithmetic(word) => Outcome::Status(expander.arithmetic(word)? != 0, None),
            _ => Outcome::Status(true, None), // The others have no words.
        },
    })
}
