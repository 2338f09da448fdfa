//! A container's processes, and the clock that moves them.

mod descriptor;
mod launch;
mod outside;
mod process;
mod signal;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use wavetank_core::time::{SimDuration, SimTime};

use super::syntax::At;
use crate::world::files::{Disks, NodeId, TreeId, View};
pub(crate) use descriptor::{Mode, OpenId, Opens, PipeId, Read, Written, mix};
pub(crate) use launch::Found;
pub use outside::{Answer, Ask, Daemon, Method, OnTerm, Outside, Question, Request};
pub(crate) use process::{Environment, Listener, Process, Program, Turn, Wait};
pub use signal::Signal;
pub(crate) use signal::Signals;

/// The most processes of a container (`pids.max`).
const PROCESSES: usize = 256;
/// How many steps a process takes before the next one has its turn.
const TURN: u32 = 1_000;
/// How many steps are taken at one instant before time has to go on.
const BUDGET: u32 = 10_000;
/// How long that many steps take.
const QUANTUM: SimDuration = SimDuration::from_millis(20);
/// After so many quanta in a row, each is longer: somebody computes without end.
const QUANTA: u32 = 50;
/// The longest quantum.
const LONGEST: SimDuration = SimDuration::from_secs(10);
/// How many bytes are printed at one instant before time has to go on.
const PRINTED: usize = 64 << 10;
/// How many steps a new process costs, and how many it costs to find that there cannot be one.
const FORK: u32 = 200;
const NO_FORK: u32 = 2_000;
/// How fast a program that takes memory without end takes it, in bytes a second.
pub(crate) const GREED: u64 = 1 << 30;

/// The number of a process in its container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Pid(pub u32);

/// The kubelet's process 1.
pub(crate) const INIT: Pid = Pid(1);
/// No process: the parent of what came from outside.
pub(crate) const OUTSIDE: Pid = Pid(0);

/// What a process prints to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Something that happened in a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Text came out: of the container's own processes (`of` is 1: the log), or of what was executed in it.
    Output {
        /// When.
        at: SimTime,
        /// The process that [`Machine::exec`] made, or 1.
        of: Pid,
        /// Where it was printed to.
        stream: Stream,
        /// What was printed: not always whole lines.
        bytes: Vec<u8>,
    },
    /// Process 1, or one that [`Machine::exec`] made, ended.
    Ended {
        /// When.
        at: SimTime,
        /// Which.
        pid: Pid,
        /// Its exit code; 128 + n when signal n ended it.
        code: i32,
    },
    /// A script uses something that is not known here. Reported once for each name.
    Unknown {
        /// When.
        at: SimTime,
        /// The command, or the construct.
        name: String,
        /// Where in its script, if it was not a container's own command.
        place: Option<At>,
    },
    /// A process begins to listen on a port, or ceases to.
    Listening {
        /// When.
        at: SimTime,
        /// The port.
        port: u16,
        /// Whether it does now.
        listens: bool,
    },
    /// Something computes without waiting: it is slowed down from here on. Reported once.
    Busy {
        /// When.
        at: SimTime,
    },
    /// The processes took more memory than the limit, and were all killed.
    OutOfMemory {
        /// When.
        at: SimTime,
    },
}

/// What [`Machine::advance`] waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Something happens by itself at this instant.
    At(SimTime),
    /// Nothing happens unless somebody does something.
    Never,
    /// Process 1 ended with this code, and all others with it.
    Exited(i32),
}

/// What a container is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// The command with its arguments: the entry point and what follows.
    pub argv: Vec<String>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// The working directory.
    pub directory: String,
    /// The name of the host: the pod's.
    pub hostname: String,
    /// The files that it sees.
    pub view: View,
    /// The most memory, in bytes.
    pub memory: Option<u64>,
    /// What `$RANDOM` and `/dev/urandom` come from.
    pub seed: u64,
}

/// Why a container cannot be started, with runc's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartError {
    /// As in `exec: "x": executable file not found in $PATH`.
    pub text: String,
}

/// The inside of one container.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) clock: SimTime,
    pub(crate) processes: BTreeMap<Pid, Process>,
    next_pid: u32,
    pub(crate) opens: Opens,
    ready: VecDeque<Pid>,
    events: Vec<Event>,
    pub(crate) view: View,
    pub(crate) hostname: String,
    memory: Option<u64>,
    pub(crate) random: u64,
    known: BTreeSet<String>,
    next_ask: u64,
    code: Option<i32>,
    /// Steps and bytes printed at this instant.
    steps: u32,
    printed: usize,
    /// Until when everybody computes.
    busy: Option<SimTime>,
    quanta: u32,
    is_busy: bool,
    /// Descriptors of files that ended with their processes.
    pub(crate) closed: Vec<(TreeId, NodeId)>,
}

/// What a running process can reach.
pub(crate) struct Ctx<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) pid: Pid,
    pub(crate) disks: &'a mut Disks,
    pub(crate) outside: &'a mut dyn Outside,
}

impl Machine {
    /// Starts a container. Nothing has run yet: `advance` to the same instant.
    ///
    /// # Errors
    ///
    /// When the command does not exist, as a runtime would find out.
    pub fn start(
        start: Start,
        now: SimTime,
        disks: &mut Disks,
        outside: &mut dyn Outside,
    ) -> Result<Self, StartError> {
        let mut machine = Self {
            clock: now,
            processes: BTreeMap::new(),
            next_pid: 1,
            opens: Opens::default(),
            ready: VecDeque::new(),
            events: Vec::new(),
            view: start.view,
            hostname: start.hostname,
            memory: start.memory,
            random: start.seed,
            known: BTreeSet::new(),
            next_ask: 0,
            code: None,
            steps: 0,
            printed: 0,
            busy: None,
            quanta: 0,
            is_busy: false,
            closed: Vec::new(),
        };
        launch::furnish(&machine.view, &machine.hostname, disks, now);
        let mut env: BTreeMap<String, String> = start.env.into_iter().collect();
        env.entry("PATH".to_owned())
            .or_insert_with(|| launch::PATH.to_owned());
        env.entry("HOSTNAME".to_owned())
            .or_insert_with(|| machine.hostname.clone());
        env.entry("HOME".to_owned())
            .or_insert_with(|| "/root".to_owned());
        machine.enter(start.argv, Arc::new(env), start.directory, disks, outside)?;
        Ok(machine)
    }

    /// Runs a command in the container, as `kubectl exec`, probes and hooks do. Its end is an [`Event::Ended`].
    ///
    /// # Errors
    ///
    /// When the command does not exist, or the container has ended.
    pub fn exec(
        &mut self,
        argv: Vec<String>,
        disks: &mut Disks,
        outside: &mut dyn Outside,
    ) -> Result<Pid, StartError> {
        let Some(first) = self.processes.get(&INIT) else {
            let text = "container not running".to_owned();
            return Err(StartError { text });
        };
        let (env, directory) = (Arc::clone(&first.initial), first.home.clone());
        self.enter(argv, env, directory, disks, outside)
    }

    fn enter(
        &mut self,
        argv: Vec<String>,
        env: Environment,
        directory: String,
        disks: &mut Disks,
        outside: &mut dyn Outside,
    ) -> Result<Pid, StartError> {
        let pid = Pid(self.next_pid);
        let mut process = Process::new(OUTSIDE, directory, Arc::clone(&env), self.clock);
        process.fds = self.opens.standard(pid);
        self.next_pid += 1;
        self.processes.insert(pid, process);
        let mut ctx = Ctx {
            machine: self,
            pid,
            disks,
            outside,
        };
        if let Err(error) = ctx.can_enter(&argv) {
            self.bury(pid);
            return Err(error);
        }
        if let Err(code) = ctx.execute(argv, env) {
            self.end(pid, code);
        }
        Ok(pid)
    }

    /// Runs until everything waits for something later than `now`.
    pub fn advance(&mut self, now: SimTime, disks: &mut Disks, outside: &mut dyn Outside) -> Next {
        loop {
            self.run(disks, outside);
            for (tree, node) in std::mem::take(&mut self.closed) {
                disks.tree_mut(tree).close(node);
            }
            if let Some(code) = self.code {
                return Next::Exited(code);
            }
            match self.next_wake() {
                Some(at) if at <= now => self.go_to(at),
                next => {
                    self.go_to(now.max(self.clock));
                    return next.map_or(Next::Never, Next::At);
                }
            }
        }
    }

    fn go_to(&mut self, at: SimTime) {
        if at > self.clock {
            let was_busy = self.busy.is_some_and(|until| until <= at);
            if self.busy.is_none() {
                self.quanta = 0;
            }
            if was_busy {
                self.busy = None;
            }
            self.clock = at;
            self.steps = 0;
            self.printed = 0;
        }
        let due = self
            .processes
            .iter()
            .filter(|(_, process)| process.wait.is_due(at));
        let due: Vec<Pid> = due.map(|(pid, _)| *pid).collect();
        for pid in due {
            self.wake(pid);
        }
    }

    fn next_wake(&self) -> Option<SimTime> {
        let waits = self
            .processes
            .values()
            .filter_map(|process| process.wait.until);
        let busy = self.busy.filter(|_| !self.ready.is_empty());
        waits.chain(busy).min().map(|at| at.max(self.clock))
    }

    /// Gives every process that can run its turn, until none can or the instant's budget is spent.
    fn run(&mut self, disks: &mut Disks, outside: &mut dyn Outside) {
        if self.busy.is_some_and(|until| until > self.clock) {
            return;
        }
        while self.code.is_none() {
            if self.steps >= BUDGET || self.printed >= PRINTED {
                self.slow_down();
                return;
            }
            let Some(pid) = self.ready.pop_front() else {
                return;
            };
            self.turn(pid, disks, outside);
        }
    }

    /// The steps of this instant took time.
    fn slow_down(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        self.quanta = self.quanta.saturating_add(1);
        let mut quantum = QUANTUM;
        if self.quanta > QUANTA {
            if !std::mem::replace(&mut self.is_busy, true) {
                self.events.push(Event::Busy { at: self.clock });
            }
            let doublings = ((self.quanta - QUANTA) / 8).min(20);
            quantum = quantum.times(1 << doublings).min(LONGEST);
        }
        self.busy = Some(self.clock + quantum);
    }

    fn turn(&mut self, pid: Pid, disks: &mut Disks, outside: &mut dyn Outside) {
        let Some(process) = self.processes.get_mut(&pid) else {
            return;
        };
        process.is_ready = false;
        process.wait = Wait::default();
        let mut program = std::mem::replace(&mut process.program, Program::Running);
        for _ in 0..TURN {
            if self.steps >= BUDGET {
                break;
            }
            self.steps += 1;
            let mut ctx = Ctx {
                machine: self,
                pid,
                disks,
                outside,
            };
            let turn = match &mut program {
                Program::Shell(shell) => shell.step(&mut ctx),
                Program::Applet(applet) => applet.step(&mut ctx),
                Program::Running => Turn::Exit(255),
            };
            // Somebody ended it meanwhile: itself, or the limit of memory.
            if !self.processes.contains_key(&pid) || self.code.is_some() {
                return;
            }
            match turn {
                Turn::Go => (),
                Turn::Wait(wait) => {
                    self.put_back(pid, program);
                    self.park(pid, wait);
                    return;
                }
                Turn::Exit(code) => {
                    self.put_back(pid, program);
                    self.end(pid, code);
                    return;
                }
                Turn::Become(argv, env) => {
                    let mut ctx = Ctx {
                        machine: self,
                        pid,
                        disks,
                        outside,
                    };
                    if let Err(code) = ctx.execute(argv, env) {
                        self.end(pid, code);
                    }
                    return;
                }
            }
        }
        self.put_back(pid, program);
        self.wake(pid);
    }

    fn put_back(&mut self, pid: Pid, program: Program) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.program = program;
        }
    }

    fn park(&mut self, pid: Pid, wait: Wait) {
        let now = self.clock;
        let Some(process) = self.processes.get_mut(&pid) else {
            return;
        };
        // A signal that came in its own turn is handled before it waits.
        let is_due = wait.is_due(now) || !process.pending.is_empty() && wait.minds_signals;
        process.wait = wait;
        if is_due {
            self.wake(pid);
        }
    }

    /// A process has something to do.
    pub(crate) fn wake(&mut self, pid: Pid) {
        if let Some(process) = self.processes.get_mut(&pid)
            && !std::mem::replace(&mut process.is_ready, true)
        {
            self.ready.push_back(pid);
        }
    }

    /// Whoever waits for a pipe looks at it again.
    pub(crate) fn wake_pipe(&mut self, pipe: PipeId) {
        let waiting = self
            .processes
            .iter()
            .filter(|(_, it)| it.wait.pipe == Some(pipe));
        let waiting: Vec<Pid> = waiting.map(|(pid, _)| *pid).collect();
        for pid in waiting {
            self.wake(pid);
        }
    }

    /// The answer to a question has come.
    pub fn answered(&mut self, ask: Ask, answer: Answer) {
        let asker = self
            .processes
            .iter_mut()
            .find(|(_, it)| it.wait.ask == Some(ask));
        if let Some((pid, process)) = asker {
            process.answer = Some(answer);
            let pid = *pid;
            self.wake(pid);
        }
    }

    pub(crate) fn next_ask(&mut self) -> Ask {
        self.next_ask += 1;
        Ask(self.next_ask)
    }

    /// A place for one more process.
    pub(crate) fn add(&mut self, process: Process) -> Option<Pid> {
        if self.processes.len() >= PROCESSES {
            self.steps = self.steps.saturating_add(NO_FORK);
            return None;
        }
        self.steps = self.steps.saturating_add(FORK);
        // Numbers begin again after 32767, as the kernel's do.
        while self.next_pid > 32_767 || self.processes.contains_key(&Pid(self.next_pid)) {
            self.next_pid = if self.next_pid > 32_767 {
                2
            } else {
                self.next_pid + 1
            };
        }
        let pid = Pid(self.next_pid);
        self.next_pid += 1;
        self.processes.insert(pid, process);
        self.wake(pid);
        Some(pid)
    }

    /// A process ends: its descriptors are closed, its children go to process 1, its parent is told. With process 1
    /// all others are killed.
    pub(crate) fn end(&mut self, pid: Pid, code: i32) {
        let Some(parent) = self.bury(pid) else { return };
        if parent == OUTSIDE {
            let at = self.clock;
            self.events.push(Event::Ended { at, pid, code });
        }
        if pid == INIT {
            let rest: Vec<Pid> = self.processes.keys().copied().collect();
            for pid in rest {
                self.end(pid, 128 + Signal::KILL.number());
            }
            self.code = Some(code);
            return;
        }
        if let Some(parent) = self.processes.get_mut(&parent) {
            parent.ended(pid, code);
        }
        if self.processes.get(&parent).is_some_and(|it| it.wait.child) {
            self.wake(parent);
        }
    }

    fn bury(&mut self, pid: Pid) -> Option<Pid> {
        let process = self.processes.remove(&pid)?;
        for open in process.fds.values().chain(process.held.iter()) {
            self.close(*open);
        }
        for listener in process.listeners {
            if listener.from <= self.clock {
                self.listening(listener.port, false);
            }
        }
        for other in self
            .processes
            .values_mut()
            .filter(|other| other.parent == pid)
        {
            other.parent = INIT;
        }
        Some(process.parent)
    }

    pub(crate) fn listening(&mut self, port: u16, listens: bool) {
        let at = self.clock;
        self.events.push(Event::Listening { at, port, listens });
    }

    /// Moving bytes takes steps, too.
    pub(crate) fn moved(&mut self, bytes: usize) {
        self.steps = self
            .steps
            .saturating_add(u32::try_from(bytes / 16).unwrap_or(u32::MAX));
    }

    /// Notes output; what is printed to one stream at one instant is one event.
    pub(crate) fn print(&mut self, of: Pid, stream: Stream, text: &[u8]) {
        self.printed += text.len();
        if let Some(Event::Output {
            at,
            of: last_of,
            stream: last_stream,
            bytes,
        }) = self.events.last_mut()
            && *at == self.clock
            && *last_of == of
            && *last_stream == stream
        {
            bytes.extend_from_slice(text);
            return;
        }
        self.events.push(Event::Output {
            at: self.clock,
            of,
            stream,
            bytes: text.to_vec(),
        });
    }

    /// Reports something that is not known here, once.
    pub(crate) fn report(&mut self, name: &str, place: Option<At>) {
        if self.known.len() < 1_000 && self.known.insert(name.to_owned()) {
            self.events.push(Event::Unknown {
                at: self.clock,
                name: name.to_owned(),
                place,
            });
        }
    }

    /// A process holds this many bytes: when the limit would be passed.
    pub(crate) const fn memory(&self) -> Option<u64> {
        self.memory
    }

    /// The limit of memory is passed: the whole container is killed (`memory.oom.group`).
    pub(crate) fn out_of_memory(&mut self) {
        self.events.push(Event::OutOfMemory { at: self.clock });
        self.end(INIT, 128 + Signal::KILL.number());
    }

    /// What happened since the last call.
    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether a process lives.
    #[must_use]
    pub fn is_alive(&self, pid: Pid) -> bool {
        self.processes.contains_key(&pid)
    }

    /// Whether somebody listens on a port now, and the directory that an HTTP server there serves.
    #[must_use]
    pub fn listener(&self, port: u16) -> Option<Option<&str>> {
        let mut all = self
            .processes
            .values()
            .flat_map(|process| &process.listeners);
        let found = all.find(|it| it.port == port && it.from <= self.clock)?;
        Some(found.root.as_deref())
    }

    /// What an HTTP server with a document root answers: the status, and the bytes of the file.
    #[must_use]
    pub fn serve(&self, port: u16, path: &str, disks: &Disks) -> Option<(u16, Vec<u8>)> {
        let root = self.listener(port)??;
        let path = path.split(['?', '#']).next().unwrap_or(path);
        // The server resolves dots before it looks.
        let Ok(path) = crate::world::files::absolute("/", path) else {
            return Some((400, Vec::new()));
        };
        let whole = format!("{root}{path}");
        let index = format!("{}/index.html", whole.trim_end_matches('/'));
        let found = self
            .view
            .read(disks, &index)
            .or_else(|_| self.view.read(disks, &whole));
        Some(found.map_or((404, Vec::new()), |bytes| (200, bytes)))
    }

    /// A connection to a port has come: a listener that takes only one, such as `nc -l`, is done with it. What
    /// it says to the client is the answer.
    pub fn connected(&mut self, port: u16) -> Option<Vec<u8>> {
        let mut all = self.processes.iter_mut();
        let (pid, process) = all.find(|(_, process)| {
            process
                .listeners
                .iter()
                .any(|it| it.port == port && it.is_single)
        })?;
        process.answer = Some(Answer::Connected);
        let pid = *pid;
        self.wake(pid);
        Some(Vec::new())
    }
}
