//! How a shell begins: its command line, its environment, its script.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::Frame;
use super::{Options, Shell, Value, Variable};
use crate::world::shell::machine::{Ctx, Environment, Read, Turn, Wait};
use crate::world::shell::syntax;

/// The longest script on standard input.
const LENGTH: usize = 1 << 20;

impl Shell {
    /// A shell for a command line (`sh [-eux] [-c script | file] [arguments]`). The exit code if there is none.
    pub(crate) fn start(
        argv: &[String],
        env: &Environment,
        ctx: &mut Ctx<'_>,
    ) -> Result<Self, i32> {
        let name = argv[0].rsplit('/').next().unwrap_or_default();
        let mut shell = Self::new(name, env, ctx);
        let mut words = argv[1..].iter();
        let mut rest: Vec<String> = Vec::new();
        let (mut takes_script, mut takes_input) = (false, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-" | "--" => break,
                "-o" | "+o" => {
                    let option = words.next().map(String::as_str).unwrap_or_default();
                    shell.options.set_name(option, word == "-o");
                }
                _ if word.starts_with("--") => (),
                _ if word.len() > 1 && word.starts_with(['-', '+']) => {
                    for letter in word[1..].chars() {
                        match letter {
                            'c' => takes_script = true,
                            's' => takes_input = true,
                            'o' => {
                                let option = words.next().map(String::as_str).unwrap_or_default();
                                shell.options.set_name(option, word.starts_with('-'));
                            }
                            letter => {
                                shell.options.set(letter, word.starts_with('-'));
                            }
                        }
                    }
                }
                _ => {
                    rest.push(word.clone());
                    break;
                }
            }
        }
        rest.extend(words.cloned());
        if takes_input {
            shell.arguments = std::mem::take(&mut rest);
        }
        shell.take_script(rest, takes_script, ctx)?;
        Ok(shell)
    }

    fn new(name: &str, env: &Environment, ctx: &mut Ctx<'_>) -> Self {
        let mut variables: BTreeMap<String, Variable> = BTreeMap::new();
        let mut define = |name: &str, value: &str, is_exported: bool| {
            let variable = Variable {
                value: Some(Value::Text(value.into())),
                is_exported,
                is_read_only: false,
            };
            variables.insert(name.to_owned(), variable);
        };
        for (name, value) in env.iter() {
            define(name, value, true);
        }
        define("PWD", &ctx.process().directory.clone(), true);
        define("IFS", " \t\n", false);
        define("OPTIND", "1", false);
        if name == "bash" {
            define("BASH_VERSION", "5.2.15(1)-release", false);
        }
        Self {
            name: name.to_owned(),
            bash: name == "bash",
            variables: Arc::new(variables),
            functions: Arc::new(BTreeMap::new()),
            arguments: Vec::new(),
            options: Options::default(),
            status: 0,
            frames: Vec::new(),
            traps: BTreeMap::new(),
            own: ctx.pid,
            background: None,
            jobs: Vec::new(),
            random: ctx.machine.random ^ u64::from(ctx.pid.0),
            substituted: 0,
            is_ending: false,
            deaf: ctx.process().ignored,
            option_place: 0,
        }
    }

    fn take_script(
        &mut self,
        rest: Vec<String>,
        takes_script: bool,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), i32> {
        let mut rest = rest.into_iter();
        let Some(first) = rest.next() else {
            if takes_script {
                self.complain(ctx, "-c requires an argument");
                return Err(2);
            }
            self.frames.push(Frame::Script { text: Vec::new() });
            return Ok(());
        };
        if takes_script {
            if let Some(name) = rest.next() {
                self.name = name;
            }
            self.arguments = rest.collect();
            self.evaluate(&first, false, ctx);
            return Ok(());
        }
        let path = ctx.path(&first);
        let text = match ctx.machine.view.read(ctx.disks, &path) {
            Ok(text) => text,
            Err(error) => {
                let text = match error {
                    crate::world::files::Errno::NotFound => {
                        format!("can't open '{first}': No such file or directory")
                    }
                    error => format!("can't open '{first}': {}", error.text()),
                };
                self.complain(ctx, &text);
                return Err(
                    if error == crate::world::files::Errno::NotFound && self.bash {
                        127
                    } else {
                        2
                    },
                );
            }
        };
        self.name = first;
        self.arguments = rest.collect();
        self.evaluate(&String::from_utf8_lossy(&text), false, ctx);
        Ok(())
    }

    /// Reads a script, to be run next. A script that is wrong ends the shell with 2.
    pub(super) fn evaluate(&mut self, text: &str, tested: bool, ctx: &mut Ctx<'_>) {
        match syntax::parse(text) {
            Ok(list) => {
                // An empty script succeeds.
                if list.is_empty() {
                    self.status = 0;
                }
                self.begin(&list, tested);
            }
            Err(error) => {
                if error.is_unknown {
                    ctx.machine.report(&error.text, Some(error.at));
                }
                self.complain(ctx, &format!("line {}: {}", error.at.line, error.text));
                self.exit(2, ctx);
            }
        }
    }

    /// Reads the whole of standard input as a script.
    pub(super) fn read_script(&mut self, mut text: Vec<u8>, ctx: &mut Ctx<'_>) -> Turn {
        while let Some(open) = ctx.open_of(0) {
            match ctx.read(open, 1 << 16) {
                Read::Bytes(more) if text.len() + more.len() <= LENGTH => text.extend(more),
                Read::Empty(pipe) => {
                    self.frames.push(Frame::Script { text });
                    return Turn::Wait(Wait {
                        minds_signals: true,
                        ..Wait::pipe(pipe)
                    });
                }
                Read::Bytes(_) | Read::End | Read::Endless | Read::Failed(_) => break,
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        self.evaluate(&text, false, ctx);
        Turn::Go
    }
}
