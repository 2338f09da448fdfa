//! Becoming a program: which one a name means, and what every container finds on its disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_core::time::SimTime;

use super::{Ctx, Environment, Machine, OpenId, Process, Program, Signal, StartError, Written};
use crate::world::files::{Device, Disks, Errno, Kind, View, absolute};
use crate::world::shell::applet::{self, Applet};
use crate::world::shell::interpreter::Shell;

/// Where programs are looked for.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Names of shells.
const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];
/// How often a script may name another one as its interpreter, or `env` another `env`.
const INDIRECT: u32 = 8;

/// What a command's name means.
pub(crate) enum Found {
    /// One of ours, by its plain name.
    Applet(String),
    Shell,
    /// A file with a script.
    Script(String),
    Missing,
    Denied,
}

/// What every container has, unless its image or a volume brings it.
pub(super) fn furnish(view: &View, hostname: &str, disks: &mut Disks, now: SimTime) {
    const DIRECTORIES: [&str; 20] = [
        "/bin",
        "/dev/shm",
        "/etc",
        "/home",
        "/mnt",
        "/opt",
        "/proc/sys/kernel",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/sys",
        "/tmp",
        "/usr/bin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/share",
        "/var/lib",
        "/var/log",
        "/var/run",
    ];
    const DEVICES: [(&str, Device); 7] = [
        ("/dev/null", Device::Null),
        ("/dev/zero", Device::Zero),
        ("/dev/random", Device::Random),
        ("/dev/urandom", Device::Random),
        ("/dev/stdin", Device::Own(0)),
        ("/dev/stdout", Device::Own(1)),
        ("/dev/stderr", Device::Own(2)),
    ];
    // A read-only root is furnished by the runtime all the same.
    let below = View::new(view.root());
    for directory in DIRECTORIES {
        let _ = below.make_directories(disks, directory, now);
    }
    for (path, device) in DEVICES {
        let _ = below.make_device(disks, path, device);
    }
    let root = view.root();
    let name = format!("{hostname}\n");
    let _ = disks.write(root, "/etc/hostname", name.as_bytes(), 0o644, now);
    let _ = disks.write(
        root,
        "/proc/sys/kernel/hostname",
        name.as_bytes(),
        0o444,
        now,
    );
    if below.find(disks, "/etc/passwd").is_err() {
        let passwd =
            b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
        let _ = disks.write(root, "/etc/passwd", passwd, 0o644, now);
    }
    if below.find(disks, "/etc/hosts").is_err() {
        let _ = disks.write(root, "/etc/hosts", b"127.0.0.1\tlocalhost\n", 0o644, now);
    }
}

impl Ctx<'_> {
    /// The process that has its turn.
    pub(crate) fn process(&mut self) -> &mut Process {
        let pid = self.pid;
        self.machine
            .processes
            .get_mut(&pid)
            .expect("a process that has its turn lives")
    }

    pub(crate) fn now(&self) -> SimTime {
        self.machine.clock
    }

    /// A path as seen from the process's directory.
    pub(crate) fn path(&mut self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        format!("{}/{path}", self.process().directory)
    }

    /// Puts the processes that live now under `/proc`, if that is what is looked at.
    pub(crate) fn refresh(&mut self, path: &str) {
        let Ok(path) = absolute("/", path) else {
            return;
        };
        if !path.starts_with("/proc") {
            return;
        }
        let (view, now) = (View::new(self.machine.view.root()), self.machine.clock);
        for name in view.list(self.disks, "/proc").unwrap_or_default() {
            if name.bytes().all(|it| it.is_ascii_digit()) {
                let _ = applet::remove_all(&view, self.disks, &format!("/proc/{name}"), now);
            }
        }
        for (pid, process) in &self.machine.processes {
            let root = view.root();
            let line = process.name.join("\0") + "\0";
            let path = format!("/proc/{}/cmdline", pid.0);
            let _ = self.disks.write(root, &path, line.as_bytes(), 0o444, now);
            let line = format!("{}\n", process.command());
            let path = format!("/proc/{}/comm", pid.0);
            let _ = self.disks.write(root, &path, line.as_bytes(), 0o644, now);
        }
    }

    /// The open file that `/proc/1/fd/1` names.
    pub(crate) fn descriptor_of(&mut self, path: &str) -> Option<OpenId> {
        let (pid, fd) = path.strip_prefix("/proc/")?.split_once("/fd/")?;
        let pid = if pid == "self" {
            self.pid
        } else {
            super::Pid(pid.parse().ok()?)
        };
        let open = *self
            .machine
            .processes
            .get(&pid)?
            .fds
            .get(&fd.parse().ok()?)?;
        Some(self.machine.opens.share(open))
    }

    /// What a command means. Programs of ours are in every directory of the usual path.
    pub(crate) fn look_up(&mut self, name: &str, path: Option<&str>) -> Found {
        let base = name.rsplit('/').next().unwrap_or(name);
        let usual = |directory: &str| PATH.split(':').any(|it| it == directory);
        if name.contains('/') {
            let whole = self.path(name);
            return match self.script_at(&whole) {
                Ok(true) => Found::Script(whole),
                Ok(false) => Found::Denied,
                Err(_) if usual(name.rsplit_once('/').map_or("", |(it, _)| it)) => known(base),
                Err(_) => Found::Missing,
            };
        }
        let path = path.unwrap_or(PATH);
        for directory in path.split(':') {
            let whole = self.path(&format!("{directory}/{name}"));
            if self.script_at(&whole) == Ok(true) {
                return Found::Script(whole);
            }
        }
        if path.split(':').any(usual) {
            known(base)
        } else {
            Found::Missing
        }
    }

    /// Whether there is a file, and it may be executed.
    fn script_at(&mut self, path: &str) -> Result<bool, Errno> {
        let place = self.machine.view.find(self.disks, path)?;
        let node = self.disks.tree(place.tree).node(place.node);
        Ok(matches!(node.kind, Kind::File(..)) && node.mode & 0o111 != 0)
    }

    /// Whether a runtime could start this command (runc's texts).
    pub(super) fn can_enter(&mut self, argv: &[String]) -> Result<(), StartError> {
        let error = |text: String| Err(StartError { text });
        let Some(name) = argv.first() else {
            return error("no command specified".to_owned());
        };
        let path = self.process().initial.get("PATH").cloned();
        match self.look_up(name, path.as_deref()) {
            Found::Applet(_) | Found::Shell | Found::Script(_) => Ok(()),
            Found::Denied => error(format!("exec: \"{name}\": permission denied")),
            Found::Missing if self.outside.program(argv).is_some() => Ok(()),
            Found::Missing if name.contains('/') => error(format!(
                "exec: \"{name}\": stat {name}: no such file or directory"
            )),
            Found::Missing => error(format!(
                "exec: \"{name}\": executable file not found in $PATH"
            )),
        }
    }

    /// The process becomes a program. When there is none, the exit code of what could not be executed.
    pub(crate) fn execute(&mut self, mut argv: Vec<String>, env: Environment) -> Result<(), i32> {
        let mut env = env;
        for _ in 0..INDIRECT {
            let path = env.get("PATH").cloned();
            let name = argv.first().cloned().unwrap_or_default();
            match self.look_up(&name, path.as_deref()) {
                Found::Shell => return self.become_shell(argv, env),
                Found::Applet(base) => match applet::wrapped(&base, &argv, &env) {
                    Some(wrapped) => {
                        if wrapped.ignores_hangup {
                            self.process().ignored.set(Signal::HUP, true);
                        }
                        (argv, env) = (wrapped.argv, wrapped.env);
                    }
                    None => return self.become_applet(argv, base, env),
                },
                Found::Script(path) => argv = self.interpreter(&path, argv),
                Found::Denied => {
                    self.complain(&format!("sh: {name}: Permission denied\n"));
                    return Err(126);
                }
                Found::Missing => {
                    if let Some(daemon) = self.outside.program(&argv) {
                        let applet = Applet::daemon(daemon, self);
                        self.enter_program(argv, env, Program::Applet(Box::new(applet)));
                        return Ok(());
                    }
                    self.machine.report(&name, None);
                    let text = if name.contains('/') {
                        format!("sh: {name}: No such file or directory\n")
                    } else {
                        format!("sh: {name}: not found\n")
                    };
                    self.complain(&text);
                    return Err(127);
                }
            }
        }
        Err(126)
    }

    fn complain(&mut self, text: &str) {
        // Nobody is there to hear it if the error output is closed.
        let (Written::Some(_)
        | Written::Full(_)
        | Written::Broken
        | Written::Failed(_)
        | Written::Closed) = self.write(2, text.as_bytes());
    }

    /// The command that runs a script: its first line names it, otherwise it is a shell.
    fn interpreter(&mut self, path: &str, argv: Vec<String>) -> Vec<String> {
        let text = self.machine.view.read(self.disks, path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().next().unwrap_or_default();
        let mut words: Vec<String> = match line.strip_prefix("#!") {
            Some(line) => line.split_whitespace().map(str::to_owned).collect(),
            None => vec!["/bin/sh".to_owned()],
        };
        words.push(path.to_owned());
        words.extend(argv.into_iter().skip(1));
        words
    }

    fn become_shell(&mut self, argv: Vec<String>, env: Environment) -> Result<(), i32> {
        let shell = Shell::start(&argv, &env, self)?;
        self.enter_program(argv, env, Program::Shell(Box::new(shell)));
        Ok(())
    }

    fn become_applet(
        &mut self,
        argv: Vec<String>,
        base: String,
        env: Environment,
    ) -> Result<(), i32> {
        let mut named = argv.clone();
        named[0] = base;
        self.process().initial = Arc::clone(&env);
        self.process().name.clone_from(&argv);
        let applet = Applet::start(named, self);
        self.enter_program(argv, env, Program::Applet(Box::new(applet)));
        Ok(())
    }

    fn enter_program(&mut self, argv: Vec<String>, env: Environment, program: Program) {
        let pid = self.pid;
        // What handled a signal is gone; what was ignored stays so (XCU 2.11).
        let applet_handles = match &program {
            Program::Applet(applet) => applet.handles(),
            Program::Shell(_) | Program::Running => super::Signals::default(),
        };
        // It may have been killed by its own doing.
        if let Some(process) = self.machine.processes.get_mut(&pid) {
            process.name = argv;
            process.initial = env;
            process.handled = applet_handles;
            process.pending.clear();
            process.program = program;
            self.machine.wake(pid);
        }
    }

    /// A new process beside this one, with descriptors of its own.
    pub(crate) fn fork(
        &mut self,
        fds: BTreeMap<u32, OpenId>,
        program: Program,
    ) -> Option<super::Pid> {
        let now = self.machine.clock;
        let me = self.process();
        let mut child = Process::new(
            OUTSIDE_UNTIL_ADDED,
            me.directory.clone(),
            Arc::clone(&me.initial),
            now,
        );
        child.ignored = me.ignored;
        child.name.clone_from(&me.name);
        child.home.clone_from(&me.home);
        child.parent = self.pid;
        child.fds = fds;
        child.program = program;
        let fds: Vec<OpenId> = child.fds.values().copied().collect();
        let added = self.machine.add(child);
        if added.is_none() {
            for open in fds {
                self.machine.close(open);
            }
        }
        added
    }

    /// A new process that is another program. Its exit code if it could not be executed.
    pub(crate) fn spawn(
        &mut self,
        argv: Vec<String>,
        env: Environment,
        fds: BTreeMap<u32, OpenId>,
    ) -> Option<super::Pid> {
        let pid = self.fork(fds, Program::Running)?;
        let parent = std::mem::replace(&mut self.pid, pid);
        let result = self.execute(argv, env);
        self.pid = parent;
        if let Err(code) = result {
            self.machine.end(pid, code);
        }
        Some(pid)
    }
}

const OUTSIDE_UNTIL_ADDED: super::Pid = super::OUTSIDE;

fn known(base: &str) -> Found {
    if SHELLS.contains(&base) {
        Found::Shell
    } else if applet::is_known(base) {
        Found::Applet(base.to_owned())
    } else {
        Found::Missing
    }
}

impl Machine {
    /// Whether a shell here knows a command by this name.
    #[must_use]
    pub fn knows(name: &str) -> bool {
        SHELLS.contains(&name) || applet::is_known(name)
    }
}
