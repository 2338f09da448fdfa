//! Commands that the shell itself does.

use std::sync::Arc;

use super::Shell;
use super::frame::Frame;
use super::variables::Value;
use crate::world::files::absolute;
use crate::world::shell::applet;
use crate::world::shell::machine::{Ctx, Found, Pid, Turn};
use crate::world::shell::syntax::Simple;
use crate::world::shell::text::{arithmetic, quote};

/// Names that are no programs, or that the shell does without one.
const BUILTINS: [&str; 45] = [
    ":", "true", "false", "echo", "printf", "test", "[", "cd", "pwd", "exit", "return", "break",
    "continue", "set", "shift", "unset", "export", "readonly", "local", "declare", "typeset",
    "read", "wait", "trap", "eval", ".", "source", "kill", "command", "builtin", "type", "hash",
    "umask", "times", "jobs", "let", "getopts", "alias", "unalias", "ulimit", "shopt", "disown",
    "fg", "bg", "mapfile",
];

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

impl Shell {
    /// Runs a builtin. It leaves its status, and frames if it takes time.
    pub(super) fn builtin(
        &mut self,
        simple: &Simple,
        words: &[String],
        tested: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        let number = |default: i32| words.get(1).map_or(Some(default), |it| it.parse().ok());
        match words[0].as_str() {
            ":" | "true" => self.status = 0,
            "false" => self.status = 1,
            "exit" => {
                let status = number(self.status_before()).unwrap_or(2);
                self.exit(status, ctx);
            }
            "return" => self.leave_function(number(self.status).unwrap_or(2), ctx),
            "break" | "continue" => {
                let count = number(1)
                    .and_then(|it| usize::try_from(it).ok())
                    .unwrap_or(1);
                self.leave_loop(count.max(1), words[0] == "continue", ctx);
            }
            "eval" => {
                let text = words[1..].join(" ");
                self.status = 0;
                self.evaluate(&text, tested, ctx);
            }
            "." | "source" => self.source(words, tested, ctx),
            "read" => return self.begin_read(words, ctx),
            "wait" => return self.begin_wait(words, ctx),
            "trap" => self.status = self.trap(words, ctx),
            "command" | "builtin" => return self.command_builtin(simple, words, tested, ctx),
            "echo" | "printf" | "test" | "[" | "kill" | "pwd" => {
                let done = applet::quick(words, ctx);
                self.say(&done.out, &done.err, done.code);
                if words[0] == "kill" && !ctx.machine.processes.contains_key(&ctx.pid) {
                    return Turn::Exit(0);
                }
            }
            "cd" => self.cd(words, ctx),
            _ => self.variables_builtin(simple, words, ctx),
        }
        Turn::Go
    }

    fn variables_builtin(&mut self, simple: &Simple, words: &[String], ctx: &mut Ctx<'_>) {
        match words[0].as_str() {
            "set" => self.set_builtin(&words[1..], ctx),
            "shift" => {
                let count = words
                    .get(1)
                    .map_or(Ok(1), |it| it.parse::<usize>())
                    .unwrap_or(0);
                self.status = i32::from(count > self.arguments.len());
                if self.status == 0 {
                    self.arguments.drain(..count);
                }
            }
            "unset" => self.unset_builtin(words, ctx),
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                self.declare(simple, words, ctx);
            }
            "type" | "hash" => self.type_builtin(words, ctx),
            "let" => {
                let mut value = 0;
                for word in &words[1..] {
                    let mut names = Own(self);
                    match arithmetic::evaluate(word, &mut names) {
                        Ok(result) => value = result,
                        Err(text) => self.complain(ctx, &format!("let: {text}")),
                    }
                }
                self.status = i32::from(value == 0);
            }
            "getopts" => self.getopts(words, ctx),
            "umask" => self.say(if words.len() > 1 { b"" } else { b"0022\n" }, b"", 0),
            "ulimit" => self.say(if words.len() > 2 { b"" } else { b"unlimited\n" }, b"", 0),
            "alias" | "mapfile" => {
                ctx.machine.report(&words[0], Some(simple.at));
                self.status = 1;
            }
            _ => self.status = 0, // times, jobs, shopt, disown, fg, bg, unalias: nothing to do.
        }
    }

    /// What a builtin prints. Errors come first, as they are not buffered.
    pub(super) fn say(&mut self, out: &[u8], err: &[u8], status: i32) {
        self.status = status;
        for (fd, bytes) in [(1, out), (2, err)] {
            if !bytes.is_empty() {
                let bytes = bytes.to_vec();
                self.frames.push(Frame::Write { fd, bytes, status });
            }
        }
    }

    /// In a trap, `exit` without a status means that of before (XCU exit).
    fn status_before(&self) -> i32 {
        let trap = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Trap { status } => Some(*status),
            _ => None, // Only a trap remembers one.
        });
        trap.unwrap_or(self.status)
    }

    fn cd(&mut self, words: &[String], ctx: &mut Ctx<'_>) {
        let to = match words
            .iter()
            .skip(1)
            .find(|it| !matches!(it.as_str(), "-L" | "-P" | "--"))
        {
            None => self.text("HOME").unwrap_or_else(|| "/".to_owned()),
            Some(word) if word == "-" => self.text("OLDPWD").unwrap_or_default(),
            Some(word) => word.clone(),
        };
        let directory = ctx.process().directory.clone();
        let target = absolute(&directory, &to);
        let found = target.and_then(|path| {
            ctx.refresh(&path);
            let place = ctx.machine.view.find(ctx.disks, &path)?;
            let node = ctx.disks.tree(place.tree).node(place.node);
            if node.is_directory() {
                Ok(path)
            } else {
                Err(crate::world::files::Errno::NotDirectory)
            }
        });
        match found {
            Ok(path) => {
                ctx.process().directory.clone_from(&path);
                self.status = 0;
                let changed = self
                    .set_text("OLDPWD", &directory)
                    .and_then(|()| self.set_text("PWD", &path));
                if changed.is_err() {
                    self.status = 1;
                }
            }
            Err(error) => {
                let text = if self.bash {
                    format!("line 1: cd: {to}: {}", error.text())
                } else {
                    format!("cd: can't cd to {to}: {}", error.text())
                };
                self.complain(ctx, &text);
                self.status = 1;
            }
        }
    }

    fn source(&mut self, words: &[String], tested: bool, ctx: &mut Ctx<'_>) {
        let Some(name) = words.get(1) else {
            self.complain(ctx, ".: filename argument required");
            self.status = 2;
            return;
        };
        let path = ctx.path(name);
        match ctx.machine.view.read(ctx.disks, &path) {
            Ok(text) => {
                self.frames.push(Frame::Source);
                self.status = 0;
                self.evaluate(&String::from_utf8_lossy(&text), tested, ctx);
            }
            Err(_) => {
                self.complain(
                    ctx,
                    &format!(".: can't open '{name}': No such file or directory"),
                );
                self.exit(if self.bash { 1 } else { 2 }, ctx);
            }
        }
    }

    fn begin_wait(&mut self, words: &[String], ctx: &mut Ctx<'_>) -> Turn {
        let named: Vec<&String> = words[1..].iter().filter(|it| *it != "-n").collect();
        let all = named.is_empty();
        let pids: Vec<Pid> = if all {
            self.jobs.clone()
        } else {
            let job = |it: &str| match it.strip_prefix('%') {
                Some(number) => {
                    let number = number.parse::<usize>().unwrap_or(1);
                    self.jobs.get(number.wrapping_sub(1)).copied()
                }
                None => it.parse().ok().map(Pid),
            };
            named.iter().map(|it| job(it).unwrap_or(Pid(0))).collect()
        };
        self.status = 0;
        // A process of somebody else is not waited for.
        let own = |pid: &Pid| {
            let process = ctx.machine.processes.get(pid);
            process.is_none_or(|process| process.parent == ctx.pid)
        };
        let pids = pids
            .into_iter()
            .map(|pid| if own(&pid) { pid } else { Pid(0) })
            .collect();
        self.wait_jobs(pids, all, ctx)
    }

    /// `command`: without functions; `-v` and `-V` say what a name means.
    fn command_builtin(
        &mut self,
        simple: &Simple,
        words: &[String],
        tested: bool,
        ctx: &mut Ctx<'_>,
    ) -> Turn {
        let rest = &words[1..];
        match rest.first().map(String::as_str) {
            None => {
                self.status = 0;
                Turn::Go
            }
            Some("-v" | "-V") => {
                let mut text = String::new();
                self.status = 0;
                let mut status = 0;
                for name in &rest[1..] {
                    match self.meaning(name, ctx) {
                        Some(meaning) => text.push_str(&format!("{meaning}\n")),
                        None => status = 127,
                    }
                }
                self.say(text.as_bytes(), b"", status);
                Turn::Go
            }
            Some("-p" | "--") => {
                let mut inner = vec![words[0].clone()];
                inner.extend_from_slice(&rest[1..]);
                self.command_builtin(simple, &inner, tested, ctx)
            }
            Some(name) if is_builtin(name) && name != "command" => {
                self.builtin(simple, rest, tested, ctx)
            }
            Some("exec") => Turn::Become(rest[1..].to_vec(), self.environment()),
            Some(_) => {
                if let Some((text, code)) = self.missing(rest, simple, ctx) {
                    self.complain(ctx, &text);
                    self.status = code;
                    return Turn::Go;
                }
                let fds = ctx
                    .machine
                    .opens
                    .share_all(&ctx.machine.processes[&ctx.pid].fds);
                if let Some(pid) = ctx.spawn(rest.to_vec(), self.environment(), fds) {
                    let (pids, codes) = (vec![pid], Vec::new());
                    self.frames.push(Frame::Await { pids, codes });
                }
                Turn::Go
            }
        }
    }

    fn meaning(&self, name: &str, ctx: &mut Ctx<'_>) -> Option<String> {
        const KEYWORDS: [&str; 14] = [
            "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case",
            "esac", "{", "}",
        ];
        if KEYWORDS.contains(&name) || is_builtin(name) || self.functions.contains_key(name) {
            return Some(name.to_owned());
        }
        match ctx.look_up(name, self.text("PATH").as_deref()) {
            Found::Script(path) => absolute("/", &path).ok(),
            Found::Shell => Some(format!("/bin/{name}")),
            Found::Applet(base) if name.contains('/') => {
                Some(name.replace("//", "/")).filter(|_| !base.is_empty())
            }
            Found::Applet(base) => Some(format!("/usr/bin/{base}")),
            Found::Missing | Found::Denied => None,
        }
    }

    fn type_builtin(&mut self, words: &[String], ctx: &mut Ctx<'_>) {
        let (mut text, mut status) = (String::new(), 0);
        for name in words[1..].iter().filter(|it| !it.starts_with('-')) {
            match self.meaning(name, ctx) {
                Some(meaning) if meaning == *name => {
                    text.push_str(&format!("{name} is a shell builtin\n"));
                }
                Some(meaning) => text.push_str(&format!("{name} is {meaning}\n")),
                None => {
                    text.push_str(&format!("{name}: not found\n"));
                    status = 127;
                }
            }
        }
        if words[0] == "hash" {
            text.clear();
        }
        self.say(text.as_bytes(), b"", status);
    }

    fn set_builtin(&mut self, words: &[String], ctx: &mut Ctx<'_>) {
        self.status = 0;
        if words.is_empty() {
            let mut text = String::new();
            for (name, variable) in self.variables.iter() {
                if let Some(value) = variable.value.as_ref().and_then(Value::first) {
                    text.push_str(&format!("{name}='{}'\n", value.replace('\'', "'\"'\"'")));
                }
            }
            self.say(text.as_bytes(), b"", 0);
            return;
        }
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" || word == "-" {
                self.arguments = rest.cloned().collect();
                return;
            }
            let on = word.starts_with('-');
            if word.len() < 2 || !on && !word.starts_with('+') {
                self.arguments = std::iter::once(word).chain(rest).cloned().collect();
                return;
            }
            for letter in word[1..].chars() {
                let known = if letter == 'o' {
                    rest.next()
                        .is_none_or(|name| self.options.set_name(name, on))
                } else {
                    self.options.set(letter, on)
                };
                if !known {
                    self.complain(ctx, &format!("set: illegal option {word}"));
                    self.status = 2;
                }
            }
        }
    }

    fn unset_builtin(&mut self, words: &[String], ctx: &mut Ctx<'_>) {
        self.status = 0;
        let functions = words.get(1).is_some_and(|it| it == "-f");
        for name in words[1..].iter().filter(|it| !it.starts_with('-')) {
            if functions {
                Arc::make_mut(&mut self.functions).remove(name);
            } else if let Err(text) = self.unset(name) {
                self.complain(ctx, &format!("unset: {text}"));
                self.status = 2;
            }
        }
    }

    /// `export`, `readonly`, `local` and `declare`. Lists in parentheses were assigned before.
    fn declare(&mut self, simple: &Simple, words: &[String], ctx: &mut Ctx<'_>) {
        let in_function = self
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::Call { .. }));
        let is_local =
            words[0] == "local" || in_function && words[0] != "export" && words[0] != "readonly";
        if words[0] == "local" && !in_function {
            self.complain(ctx, "local: not in a function");
            self.status = 2;
            return;
        }
        self.status = 0;
        let flags: String = words[1..]
            .iter()
            .filter(|it| it.starts_with('-'))
            .cloned()
            .collect();
        let exports = words[0] == "export" || flags.contains('x');
        let protects = words[0] == "readonly" || flags.contains('r');
        let operands: Vec<&String> = words[1..]
            .iter()
            .filter(|it| !it.starts_with('-'))
            .collect();
        if operands.is_empty() && simple.assigns.is_empty() {
            let text = self.exported();
            self.say(text.as_bytes(), b"", 0);
            return;
        }
        for word in operands {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !crate::world::shell::syntax::is_name(name) {
                self.complain(ctx, &format!("{}: {word}: bad variable name", words[0]));
                self.exit(2, ctx);
                return;
            }
            if is_local {
                self.make_local(name);
            }
            let result = value.map_or(Ok(()), |value| self.set_text(name, value));
            if let Err(text) = result {
                self.complain(ctx, &format!("{}: {text}", words[0]));
                self.exit(2, ctx);
                return;
            }
            let exported = exports.then(|| !flags.contains('n'));
            self.mark(name, exported, protects);
        }
    }

    fn make_local(&mut self, name: &str) {
        let old = self.variables.get(name).cloned();
        let call = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Call { locals, .. } => Some(locals),
            _ => None, // Only a call has locals.
        });
        if let Some(locals) = call
            && !locals.iter().any(|(it, _)| it == name)
        {
            locals.push((name.to_owned(), old));
        }
        Arc::make_mut(&mut self.variables).remove(name);
        self.mark(name, None, false);
    }

    fn exported(&self) -> String {
        let mut text = String::new();
        for (name, variable) in self.variables.iter().filter(|(_, it)| it.is_exported) {
            if let Some(value) = variable.value.as_ref().and_then(Value::first) {
                text.push_str(&format!("export {name}={}\n", quote(&value)));
            }
        }
        text
    }

    /// `getopts` (XCU getopts).
    fn getopts(&mut self, words: &[String], ctx: &mut Ctx<'_>) {
        let (Some(options), Some(name)) = (words.get(1).cloned(), words.get(2).cloned()) else {
            self.status = 2;
            return;
        };
        let arguments = if words.len() > 3 {
            words[3..].to_vec()
        } else {
            self.arguments.clone()
        };
        let index = self
            .text("OPTIND")
            .and_then(|it| it.parse::<usize>().ok())
            .unwrap_or(1)
            .max(1);
        let word = arguments.get(index - 1).cloned().unwrap_or_default();
        let letters: Vec<char> = word.chars().collect();
        self.option_place = self.option_place.max(1);
        let is_option = letters.len() > 1 && letters[0] == '-' && word != "--";
        let mut results: Vec<(String, String)> = Vec::new();
        if !is_option {
            self.status = 1;
            results.push((name, "?".to_owned()));
            if word == "--" {
                results.push(("OPTIND".to_owned(), (index + 1).to_string()));
            }
            self.option_place = 1;
        } else {
            let letter = letters[self.option_place.min(letters.len() - 1)];
            let glued: String = letters.iter().skip(self.option_place + 1).collect();
            let place = options.find(letter).filter(|_| letter != ':');
            let takes_value =
                place.is_some_and(|it| options[it + letter.len_utf8()..].starts_with(':'));
            let mut next = index;
            self.status = 0;
            let mut shown = letter.to_string();
            if place.is_none() {
                self.complain(ctx, &format!("illegal option -{letter}"));
                shown = "?".to_owned();
            }
            if takes_value {
                let value = if glued.is_empty() {
                    next += 1;
                    arguments.get(index).cloned()
                } else {
                    Some(glued)
                };
                if value.is_none() {
                    self.complain(ctx, &format!("option requires an argument -{letter}"));
                    shown = "?".to_owned();
                }
                results.push(("OPTARG".to_owned(), value.unwrap_or_default()));
                next += 1;
                self.option_place = 1;
            } else if glued.is_empty() {
                next += 1;
                self.option_place = 1;
            } else {
                self.option_place += 1;
            }
            results.push((name, shown));
            results.push(("OPTIND".to_owned(), next.to_string()));
        }
        for (name, value) in results {
            if let Err(text) = self.set_text(&name, &value) {
                self.complain(ctx, &text);
            }
        }
    }
}

/// The shell's own variables, for `let`.
struct Own<'a>(&'a mut Shell);

impl arithmetic::Names for Own<'_> {
    fn get(&mut self, name: &str, _index: Option<i64>) -> Option<String> {
        self.0.text(name)
    }

    fn set(&mut self, name: &str, index: Option<i64>, value: i64) {
        // A read-only variable keeps its value.
        drop(
            self.0
                .set(name, index, Value::Text(value.to_string().into())),
        );
    }
}
