//! A script, what happens to it, and the transcript.

mod hostile;
mod language;
mod manifests;
mod processes;
mod property;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::Expect;
use wavetank_core::time::{SimDuration, SimTime};

use super::{
    Answer, Ask, Daemon, Event, Machine, Next, OnTerm, Outside, Pid, Question, Signal, Start,
    Stream,
};
use crate::world::files::{Disks, TreeId, View};

/// A network of names that appear, and of servers at addresses. Every answer takes 5 ms.
#[derive(Default)]
struct Network {
    /// A name, from when it is known, its address.
    names: Vec<(&'static str, u64, &'static str)>,
    /// An address and a port, and what they answer.
    servers: Vec<(&'static str, u16, u16, &'static str)>,
    waiting: BTreeMap<(SimTime, Ask), Answer>,
}

const LATENCY: SimDuration = SimDuration::from_millis(5);

impl Outside for Network {
    fn unix_time(&self, at: SimTime) -> i64 {
        1_767_225_600 + i64::try_from(at.nanos() / 1_000_000_000).unwrap()
    }

    fn addresses(&self) -> Vec<String> {
        vec!["10.244.1.7".to_owned()]
    }

    fn name_server(&self) -> String {
        "10.96.0.10".to_owned()
    }

    fn ask(&mut self, ask: Ask, question: &Question, at: SimTime) {
        let answer = match question {
            Question::Resolve { name } => {
                let full = format!("{name}.default.svc.cluster.local");
                let known = self.names.iter().find(|(it, ..)| it == name);
                match known.filter(|(_, from, _)| SimTime::from_secs(*from) <= at) {
                    Some((.., address)) => Answer::Resolved(full, vec![(*address).to_owned()]),
                    None => Answer::NoName(full),
                }
            }
            Question::Connect { host, port } => match self.server(host, *port) {
                Some(_) => Answer::Connected,
                None => Answer::Refused,
            },
            // A server that never answers has the status 0.
            Question::Http(request) => match self.server(&request.host, request.port) {
                Some((0, _)) => return,
                Some((status, body)) => Answer::Http {
                    status,
                    body: body.into(),
                },
                None => Answer::Refused,
            },
        };
        self.waiting.insert((at + LATENCY, ask), answer);
    }

    fn forget(&mut self, ask: Ask) {
        self.waiting.retain(|(_, it), _| *it != ask);
    }

    fn program(&mut self, argv: &[String]) -> Option<Daemon> {
        (argv[0] == "nginx").then(|| Daemon {
            ports: vec![80],
            root: Some("/usr/share/nginx/html".to_owned()),
            listens_after: SimDuration::from_millis(100),
            runs: None,
            prints: "start worker processes\n".to_owned(),
            on_term: OnTerm::Exit(SimDuration::ZERO, 0),
        })
    }
}

impl Network {
    fn server(&self, host: &str, port: u16) -> Option<(u16, &'static str)> {
        let found = self
            .servers
            .iter()
            .find(|(it, number, ..)| *it == host && *number == port);
        found.map(|(_, _, status, body)| (*status, *body))
    }
}

/// A container and what is around it.
struct Play {
    machine: Machine,
    disks: Disks,
    root: TreeId,
    network: Network,
    text: String,
    /// A line that has not ended, by process and stream.
    open: BTreeMap<(u32, bool), String>,
    code: Option<i32>,
    now: SimTime,
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

impl Play {
    fn new(argv: &[&str]) -> Self {
        Self::with(argv, &[], Network::default(), None)
    }

    fn sh(script: &str) -> Self {
        Self::new(&["sh", "-c", script])
    }

    fn with(
        argv: &[&str],
        files: &[(&str, &str)],
        mut network: Network,
        memory: Option<u64>,
    ) -> Self {
        let mut disks = Disks::default();
        let root = disks.add(None);
        for (path, text) in files {
            let mode = if path.ends_with(".sh") { 0o755 } else { 0o644 };
            disks
                .write(root, path, text.as_bytes(), mode, SimTime::ZERO)
                .unwrap();
        }
        let start = Start {
            argv: words(argv),
            env: Vec::new(),
            directory: "/".to_owned(),
            hostname: "web-0".to_owned(),
            view: View::new(root),
            memory,
            seed: 7,
        };
        let machine = Machine::start(start, SimTime::ZERO, &mut disks, &mut network).unwrap();
        Self {
            machine,
            disks,
            root,
            network,
            text: String::new(),
            open: BTreeMap::new(),
            code: None,
            now: SimTime::ZERO,
        }
    }

    /// Goes on until an instant, in milliseconds, stopping wherever something happens.
    fn until(&mut self, millis: u64) -> &mut Self {
        let end = SimTime::from_nanos(millis * 1_000_000);
        while self.code.is_none() {
            let next = self
                .machine
                .advance(self.now, &mut self.disks, &mut self.network);
            self.note();
            let at = match next {
                Next::Exited(code) => {
                    self.code = Some(code);
                    break;
                }
                Next::At(at) => Some(at),
                Next::Never => None,
            };
            let answer = self.network.waiting.keys().next().map(|(at, _)| *at);
            let Some(at) = at.into_iter().chain(answer).min().filter(|at| *at <= end) else {
                break;
            };
            self.machine
                .advance(at.max(self.now), &mut self.disks, &mut self.network);
            self.now = at.max(self.now);
            while let Some(((due, ask), answer)) = self.network.waiting.pop_first() {
                if due > self.now {
                    self.network.waiting.insert((due, ask), answer);
                    break;
                }
                self.machine.answered(ask, answer);
            }
        }
        if self.code.is_none() {
            self.now = end;
            self.machine
                .advance(end, &mut self.disks, &mut self.network);
            self.note();
        }
        self
    }

    fn signal(&mut self, signal: Signal) -> &mut Self {
        self.machine.signal(Pid(1), signal);
        self.until(self.now.nanos() / 1_000_000)
    }

    fn exec(&mut self, argv: &[&str]) -> &mut Self {
        let result = self
            .machine
            .exec(words(argv), &mut self.disks, &mut self.network);
        if let Err(error) = result {
            let _ = writeln!(self.text, "{} cannot exec: {}", self.clock(), error.text);
        }
        self.until(self.now.nanos() / 1_000_000)
    }

    fn clock(&self) -> String {
        clock(self.now)
    }

    fn note(&mut self) {
        for event in self.machine.events() {
            let (at, line) = match event {
                Event::Output {
                    at,
                    of,
                    stream,
                    bytes,
                } => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let key = (of.0, stream == Stream::Err);
                    let whole = self.open.remove(&key).unwrap_or_default() + &text;
                    let who = if of == Pid(1) {
                        String::new()
                    } else {
                        format!(" [{}]", of.0)
                    };
                    let sign = if stream == Stream::Err { "!" } else { "|" };
                    for line in whole.split_inclusive('\n') {
                        if line.ends_with('\n') {
                            let _ = write!(self.text, "{}{who} {sign} {line}", clock(at));
                        } else {
                            self.open.insert(key, line.to_owned());
                        }
                    }
                    continue;
                }
                Event::Ended { at, pid, code } => (at, format!("{} ends with {code}", pid.0)),
                Event::Unknown { at, name, place } => {
                    let place = place
                        .map_or_else(String::new, |it| format!(" at {}:{}", it.line, it.column));
                    (at, format!("unknown: {name}{place}"))
                }
                Event::Listening { at, port, listens } => (
                    at,
                    format!("port {port} {}", if listens { "opens" } else { "closes" }),
                ),
                Event::Busy { at } => (at, "busy".to_owned()),
                Event::OutOfMemory { at } => (at, "out of memory".to_owned()),
            };
            let _ = writeln!(self.text, "{} {line}", clock(at));
        }
    }

    fn done(&mut self, expected: Expect) {
        for ((_, is_err), text) in std::mem::take(&mut self.open) {
            let _ = writeln!(self.text, "{} {text}⏎", if is_err { "!" } else { "|" });
        }
        expected.assert_eq(&self.text);
    }

    fn file(&self, path: &str) -> String {
        let bytes = View::new(self.root)
            .read(&self.disks, path)
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn clock(at: SimTime) -> String {
    let millis = at.nanos() / 1_000_000;
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// A script's transcript over two minutes.
fn check(script: &str, expected: Expect) {
    Play::sh(script).until(120_000).done(expected);
}

/// What a script prints, and its exit code, with all of it at the same instant.
fn says(script: &str, expected: &str) {
    let mut play = Play::sh(script);
    play.until(120_000);
    let mut text = String::new();
    for line in play.text.lines() {
        let line = line.split_once(' ').map_or("", |(_, it)| it);
        let line = line
            .strip_prefix("1 ends")
            .map_or_else(|| line.to_owned(), |it| format!("ends{it}"));
        if line != "ends with 0" {
            text.push_str(line.trim_start_matches(['|', '!', ' ']));
            text.push('\n');
        }
    }
    assert_eq!(text.trim_end(), expected.trim_end(), "{script}");
}
