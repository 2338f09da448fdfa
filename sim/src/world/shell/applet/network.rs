//! Programs that ask the network: `nslookup`, `wget`, `curl`, `nc`, `getent hosts`, `ping`.

use wavetank_core::time::{SimDuration, SimTime};

use super::{Applet, Done, State, basic, flags};
use crate::world::shell::machine::{
    Answer, Ask, Ctx, Listener, Method, Question, Request, Turn, Wait,
};

/// A question and what is done with its answer.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    tool: Tool,
    name: String,
    port: u16,
    path: String,
    method: Method,
    is_secure: bool,
    /// Where the body goes; none: standard output.
    file: Option<String>,
    deadline: Option<SimTime>,
    limit: u64,
    is_quiet: bool,
    shows_headers: bool,
    /// `curl -f`, `nc -z`.
    is_strict: bool,
    drops_body: bool,
    /// `curl -w`.
    format: String,
    tries: u32,
    /// The name server.
    server: String,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tool {
    Nslookup,
    Getent,
    Wget,
    Curl,
    Connect,
    Ping,
    Listen,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Stage {
    Begin,
    Resolving(Ask),
    Asking(Ask, String),
    Listening,
}

pub(super) fn begin(words: &[String], ctx: &mut Ctx<'_>) -> Applet {
    let name = words[0].as_str();
    let mut exchange = Exchange {
        tool: Tool::Nslookup,
        name: String::new(),
        port: 0,
        path: String::new(),
        method: Method::Get,
        is_secure: false,
        file: None,
        deadline: None,
        limit: 0,
        is_quiet: false,
        shows_headers: false,
        is_strict: false,
        drops_body: false,
        format: String::new(),
        tries: 1,
        server: ctx.outside.name_server(),
        stage: Stage::Begin,
    };
    let problem = match name {
        "wget" => exchange.wget(words, ctx),
        "curl" => exchange.curl(words, ctx),
        "nc" | "ncat" | "netcat" => exchange.nc(words, ctx),
        "getent" => {
            exchange.tool = Tool::Getent;
            exchange.name = words.get(2).cloned().unwrap_or_default();
            match words.get(1).map(String::as_str) {
                Some("hosts" | "ahosts" | "ahostsv4") => Ok(()),
                Some(_) | None => return Applet::done("getent", basic::code(2)),
            }
        }
        "ping" => {
            let (flags, rest) = flags(words, "cwWis");
            exchange.tool = Tool::Ping;
            exchange.tries = flags.get(&'c').and_then(|it| it.parse().ok()).unwrap_or(4);
            exchange.name = rest.first().cloned().unwrap_or_default();
            Ok(())
        }
        _ => {
            let operand = words[1..].iter().find(|it| !it.starts_with('-'));
            exchange.name = operand.cloned().unwrap_or_default();
            Ok(())
        }
    };
    match problem {
        Ok(()) if exchange.name.is_empty() && exchange.tool != Tool::Listen => {
            Applet::failed(name, "missing operand", 1)
        }
        Ok(()) => Applet::new(name, State::Network(Box::new(exchange))),
        Err(text) => Applet::failed(name, &text, if name == "curl" { 2 } else { 1 }),
    }
}

fn deadline(text: &str, ctx: &Ctx<'_>) -> Option<(SimTime, u64)> {
    let nanos = basic::duration(text, 1_000_000_000).filter(|it| *it > 0)?;
    let at = ctx.now().nanos().checked_add(nanos)?;
    Some((SimTime::from_nanos(at), nanos))
}

impl Exchange {
    fn url(&mut self, url: &str) {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let secure = rest.strip_prefix("https://");
        self.is_secure = secure.is_some();
        let rest = secure.unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        let host = host.rsplit('@').next().unwrap_or(host);
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            Some(_) | None => (host, None),
        };
        self.name = name.trim_matches(['[', ']']).to_owned();
        self.port = port.unwrap_or(if self.is_secure { 443 } else { 80 });
        self.path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
    }

    fn set_deadline(&mut self, text: &str, ctx: &Ctx<'_>) {
        if let Some((at, nanos)) = deadline(text, ctx) {
            (self.deadline, self.limit) = (Some(at), nanos);
        }
    }

    fn wget(&mut self, words: &[String], ctx: &Ctx<'_>) -> Result<(), String> {
        self.tool = Tool::Wget;
        let mut url = None;
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            if let Some(value) = word.strip_prefix("--timeout=") {
                self.set_deadline(value, ctx);
            } else if let Some(value) = word.strip_prefix("--output-document=") {
                self.file = Some(value.to_owned());
            } else if word == "--spider" {
                self.drops_body = true;
            } else if word == "--server-response" {
                self.shows_headers = true;
            } else if word == "--quiet" {
                self.is_quiet = true;
            } else if word.starts_with("--post-data") {
                self.method = Method::Post;
            } else if word.starts_with("--") {
            } else if let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) {
                for (place, letter) in letters.char_indices() {
                    let valued = "OTUPYt".contains(letter);
                    match letter {
                        'q' => self.is_quiet = true,
                        'S' => self.shows_headers = true,
                        _ => (),
                    }
                    if valued {
                        let glued = &letters[place + 1..];
                        let value = if glued.is_empty() {
                            rest.next().cloned().unwrap_or_default()
                        } else {
                            glued.to_owned()
                        };
                        match letter {
                            'O' => self.file = Some(value),
                            'T' => self.set_deadline(&value, ctx),
                            _ => (),
                        }
                        break;
                    }
                }
            } else {
                url = Some(word.clone());
            }
        }
        self.url(&url.ok_or("missing URL")?);
        if self.file.is_none() {
            let name = self
                .path
                .split('?')
                .next()
                .unwrap_or_default()
                .rsplit('/')
                .next()
                .unwrap_or_default();
            self.file = Some(if name.is_empty() { "index.html" } else { name }.to_owned());
        }
        if self.file.as_deref() == Some("-") {
            self.file = None;
        }
        Ok(())
    }

    fn curl(&mut self, words: &[String], ctx: &Ctx<'_>) -> Result<(), String> {
        self.tool = Tool::Curl;
        let mut url = None;
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            if let Some(name) = word.strip_prefix("--") {
                let (name, glued) = name
                    .split_once('=')
                    .map_or((name, None), |(name, value)| (name, Some(value)));
                match name {
                    "fail" => self.is_strict = true,
                    "silent" => self.is_quiet = true,
                    "head" => self.method = Method::Head,
                    "max-time" | "connect-timeout" => self.set_deadline(
                        glued
                            .or_else(|| rest.next().map(String::as_str))
                            .unwrap_or_default(),
                        ctx,
                    ),
                    "output" => self.file = rest.next().cloned(),
                    "request" | "header" | "data" | "retry" | "retry-delay" | "cacert" | "user"
                    | "url" | "write-out" | "cert" | "key" => {
                        let value = rest.next().cloned().unwrap_or_default();
                        match name {
                            "request" => self.method = method(&value),
                            "data" => self.method = Method::Post,
                            "write-out" => self.format = value,
                            "url" => url = Some(value),
                            _ => (),
                        }
                    }
                    _ => (),
                }
            } else if let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) {
                for (place, letter) in letters.char_indices() {
                    match letter {
                        'f' => self.is_strict = true,
                        's' => self.is_quiet = true,
                        'S' | 'k' | 'L' | 'v' | 'g' | '4' => (),
                        'I' => self.method = Method::Head,
                        'i' => self.shows_headers = true,
                        _ if "omXHdwuAFeT".contains(letter) => {
                            let glued = &letters[place + 1..];
                            let value = if glued.is_empty() {
                                rest.next().cloned().unwrap_or_default()
                            } else {
                                glued.to_owned()
                            };
                            match letter {
                                'o' => self.file = Some(value),
                                'm' => self.set_deadline(&value, ctx),
                                'X' => self.method = method(&value),
                                'd' => self.method = Method::Post,
                                'w' => self.format = value,
                                _ => (),
                            }
                            break;
                        }
                        _ => (),
                    }
                }
            } else {
                url = Some(word.clone());
            }
        }
        self.url(&url.ok_or("no URL specified")?);
        Ok(())
    }

    fn nc(&mut self, words: &[String], ctx: &mut Ctx<'_>) -> Result<(), String> {
        let (flags, rest) = flags(words, "wpiec");
        let has = |letter: char| flags.contains_key(&letter);
        if let Some(text) = flags.get(&'w') {
            self.set_deadline(text, ctx);
        }
        if has('l') || words.iter().any(|it| it == "--listen") {
            self.tool = Tool::Listen;
            let port = flags
                .get(&'p')
                .or_else(|| rest.last())
                .and_then(|it| it.parse().ok());
            let port = port.ok_or("missing port")?;
            let is_single = !has('k') && !words.iter().any(|it| it == "--keep-open");
            let from = ctx.now();
            ctx.process().listeners.push(Listener {
                port,
                from,
                root: None,
                is_single,
            });
            ctx.machine.listening(port, true);
            self.stage = Stage::Listening;
            return Ok(());
        }
        self.tool = Tool::Connect;
        self.is_strict = has('z');
        self.is_quiet = !has('v');
        self.name = rest.first().cloned().unwrap_or_default();
        self.port = rest
            .get(1)
            .and_then(|it| it.parse().ok())
            .ok_or("missing port")?;
        Ok(())
    }
}

fn method(text: &str) -> Method {
    match text {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    }
}

/// Whether a host is written as an address.
fn is_address(host: &str) -> bool {
    host.contains(':') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

impl Applet {
    /// One step of an exchange.
    pub(super) fn network(&mut self, ctx: &mut Ctx<'_>) -> Turn {
        let State::Network(exchange) = &mut self.state else {
            return Turn::Exit(1);
        };
        let mut done = Done::default();
        let turn = exchange.step(ctx, &mut done);
        self.out.extend(done.out);
        self.err.extend(done.err);
        self.after(turn)
    }
}

impl Exchange {
    fn step(&mut self, ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        let answer = ctx.process().answer.take();
        match std::mem::replace(&mut self.stage, Stage::Begin) {
            Stage::Begin if self.tool == Tool::Nslookup || !is_address(&self.name) => {
                if self.name == "localhost" && self.tool != Tool::Nslookup {
                    return self.ask("127.0.0.1".to_owned(), ctx, done);
                }
                let ask = ctx.machine.next_ask();
                let question = Question::Resolve {
                    name: self.name.clone(),
                };
                let now = ctx.now();
                ctx.outside.ask(ask, &question, now);
                self.stage = Stage::Resolving(ask);
                self.wait(ask)
            }
            Stage::Begin => self.ask(self.name.clone(), ctx, done),
            Stage::Resolving(ask) => match answer {
                Some(answer) => self.resolved(answer, ctx, done),
                None if self.is_late(ctx) => self.late(ask, ctx, done),
                None => {
                    self.stage = Stage::Resolving(ask);
                    self.wait(ask)
                }
            },
            Stage::Asking(ask, host) => match answer {
                Some(answer) => self.answered(answer, &host, ctx, done),
                None if self.is_late(ctx) => self.late(ask, ctx, done),
                None => {
                    self.stage = Stage::Asking(ask, host);
                    self.wait(ask)
                }
            },
            Stage::Listening => {
                let is_single = ctx.process().listeners.iter().any(|it| it.is_single);
                if answer.is_some() && is_single || self.is_late(ctx) {
                    return Turn::Exit(0);
                }
                self.stage = Stage::Listening;
                Turn::Wait(Wait {
                    until: self.deadline,
                    ..Wait::ever()
                })
            }
        }
    }

    fn wait(&self, ask: Ask) -> Turn {
        Turn::Wait(Wait {
            ask: Some(ask),
            until: self.deadline,
            ..Wait::ever()
        })
    }

    fn is_late(&self, ctx: &Ctx<'_>) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= ctx.now())
    }

    fn late(&self, ask: Ask, ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        ctx.outside.forget(ask);
        self.failure(&Answer::TimedOut, &self.name, done)
    }

    fn ask(&mut self, host: String, ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        let question = match self.tool {
            Tool::Getent => {
                done.out
                    .extend(format!("{host:16}  {0}\n", self.name).into_bytes());
                return Turn::Exit(0);
            }
            Tool::Ping => return self.ping(&host, done),
            Tool::Wget | Tool::Curl => Question::Http(Request {
                method: if self.drops_body {
                    Method::Head
                } else {
                    self.method.clone()
                },
                host: host.clone(),
                name: self.name.clone(),
                port: self.port,
                path: self.path.clone(),
                is_secure: self.is_secure,
            }),
            Tool::Connect | Tool::Nslookup | Tool::Listen => Question::Connect {
                host: host.clone(),
                port: self.port,
            },
        };
        if self.tool == Tool::Wget && !self.is_quiet {
            done.err.extend(
                format!("Connecting to {} ({host}:{})\n", self.shown(), self.port).into_bytes(),
            );
        }
        let ask = ctx.machine.next_ask();
        let now = ctx.now();
        ctx.outside.ask(ask, &question, now);
        self.stage = Stage::Asking(ask, host);
        self.wait(ask)
    }

    fn shown(&self) -> String {
        let usual = if self.is_secure { 443 } else { 80 };
        if self.port == usual {
            self.name.clone()
        } else {
            format!("{}:{}", self.name, self.port)
        }
    }

    /// Every packet comes back: what the model has no numbers for is not printed.
    fn ping(&self, host: &str, done: &mut Done) -> Turn {
        let count = self.tries;
        let text = format!(
            "PING {0} ({host}): 56 data bytes\n\n--- {0} ping statistics ---\n{count} packets transmitted, {count} packets received, 0% packet loss\n",
            self.name
        );
        done.out.extend(text.into_bytes());
        Turn::Exit(0)
    }

    fn resolved(&mut self, answer: Answer, ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        let Answer::Resolved(full, addresses) = answer else {
            return self.failure(&answer, "", done);
        };
        match self.tool {
            Tool::Nslookup => {
                let server = ctx.outside.name_server();
                let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
                for address in &addresses {
                    text.push_str(&format!("Name:\t{full}\nAddress: {address}\n"));
                }
                text.push('\n');
                done.out.extend(text.into_bytes());
                Turn::Exit(0)
            }
            Tool::Getent => {
                for address in &addresses {
                    done.out
                        .extend(format!("{address:16}  {full}\n").into_bytes());
                }
                Turn::Exit(if addresses.is_empty() { 2 } else { 0 })
            }
            Tool::Wget | Tool::Curl | Tool::Connect | Tool::Ping | Tool::Listen => {
                match addresses.into_iter().next() {
                    Some(host) => self.ask(host, ctx, done),
                    None => self.failure(&Answer::NoName(full), "", done),
                }
            }
        }
    }

    fn answered(&mut self, answer: Answer, host: &str, ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        match (self.tool, &answer) {
            (Tool::Wget, Answer::Http { status, body }) => self.wget_done(*status, body, ctx, done),
            (Tool::Curl, Answer::Http { status, body }) => self.curl_done(*status, body, ctx, done),
            (Tool::Connect, Answer::Connected | Answer::Http { .. }) => {
                if !self.is_quiet {
                    done.err.extend(
                        format!("{} ({host}:{}) open\n", self.name, self.port).into_bytes(),
                    );
                }
                Turn::Exit(0)
            }
            _ => self.failure(&answer, host, done),
        }
    }

    fn wget_done(&self, status: u16, body: &[u8], ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        if self.shows_headers {
            done.err
                .extend(format!("  HTTP/1.1 {status} {}\n", reason(status)).into_bytes());
        }
        if !(200..400).contains(&status) {
            let text = format!(
                "wget: server returned error: HTTP/1.1 {status} {}\n",
                reason(status)
            );
            done.err.extend(text.into_bytes());
            return Turn::Exit(1);
        }
        if self.drops_body {
            if !self.is_quiet {
                done.err.extend_from_slice(b"remote file exists\n");
            }
            return Turn::Exit(0);
        }
        self.deliver(body, ctx, done)
    }

    fn deliver(&self, body: &[u8], ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        let Some(file) = self.file.as_deref().filter(|it| *it != "-") else {
            done.out.extend_from_slice(body);
            return Turn::Exit(0);
        };
        let path = ctx.path(file);
        let now = ctx.now();
        let written = ctx
            .machine
            .view
            .create(ctx.disks, &path, now)
            .and_then(|place| {
                let tree = ctx.disks.tree_mut(place.tree);
                if !matches!(
                    tree.node(place.node).kind,
                    crate::world::files::Kind::File(..)
                ) {
                    return Ok(());
                }
                tree.truncate(place.node, 0, now)?;
                tree.write_at(place.node, 0, body, now)
            });
        match (written, self.tool) {
            (Ok(()), Tool::Wget) if !self.is_quiet => {
                done.err
                    .extend(format!("saving to '{file}'\n'{file}' saved\n").into_bytes());
                Turn::Exit(0)
            }
            (Ok(()), _) => Turn::Exit(0),
            (Err(error), Tool::Curl) => {
                done.err.extend(
                    format!("curl: (23) Failed writing body: {}\n", error.text()).into_bytes(),
                );
                Turn::Exit(23)
            }
            (Err(error), _) => {
                done.err
                    .extend(format!("wget: can't open '{file}': {}\n", error.text()).into_bytes());
                Turn::Exit(1)
            }
        }
    }

    fn curl_done(&self, status: u16, body: &[u8], ctx: &mut Ctx<'_>, done: &mut Done) -> Turn {
        if self.is_strict && status >= 400 {
            done.err.extend(
                format!("curl: (22) The requested URL returned error: {status}\n").into_bytes(),
            );
            self.write_out(status, done);
            return Turn::Exit(22);
        }
        if self.method == Method::Head || self.shows_headers {
            done.out
                .extend(format!("HTTP/1.1 {status} {}\r\n\r\n", reason(status)).into_bytes());
        }
        let turn = if self.method == Method::Head {
            Turn::Exit(0)
        } else {
            self.deliver(body, ctx, done)
        };
        self.write_out(status, done);
        turn
    }

    fn write_out(&self, status: u16, done: &mut Done) {
        let text = self
            .format
            .replace("%{http_code}", &format!("{status:03}"))
            .replace("%{response_code}", &format!("{status:03}"));
        done.out.extend(crate::world::shell::text::escapes(&text).0);
    }

    /// What each tool says when there is no answer, and its exit code.
    fn failure(&self, answer: &Answer, host: &str, done: &mut Done) -> Turn {
        let (name, port) = (&self.name, self.port);
        let (text, code) = match (self.tool, answer) {
            (Tool::Nslookup, Answer::NoName(full)) => {
                let text = format!(
                    "Server:\t\t{0}\nAddress:\t{0}:53\n\n** server can't find {full}: NXDOMAIN\n",
                    self.server
                );
                (text, 1)
            }
            (Tool::Nslookup, _) => (
                ";; connection timed out; no servers could be reached\n".to_owned(),
                1,
            ),
            (Tool::Getent, _) => (String::new(), 2),
            (Tool::Wget, Answer::NoName(_) | Answer::NoServer) => {
                (format!("wget: bad address '{}'", self.shown()), 1)
            }
            (Tool::Wget, Answer::Refused) => (
                format!("wget: can't connect to remote host ({host}): Connection refused"),
                1,
            ),
            (Tool::Wget, Answer::TimedOut) => ("wget: download timed out".to_owned(), 1),
            (Tool::Wget, _) => (
                "wget: error getting response: Connection reset by peer".to_owned(),
                1,
            ),
            (Tool::Curl, Answer::NoName(_) | Answer::NoServer) => {
                (format!("curl: (6) Could not resolve host: {name}"), 6)
            }
            (Tool::Curl, Answer::Refused) => (
                format!(
                    "curl: (7) Failed to connect to {name} port {port} after 0 ms: Couldn't connect to server"
                ),
                7,
            ),
            (Tool::Curl, Answer::TimedOut) => (
                format!(
                    "curl: (28) Connection timed out after {} milliseconds",
                    SimDuration::from_nanos(self.limit).nanos() / 1_000_000
                ),
                28,
            ),
            (Tool::Curl, _) => (
                "curl: (56) Recv failure: Connection reset by peer".to_owned(),
                56,
            ),
            (Tool::Ping, _) => (format!("ping: bad address '{name}'"), 1),
            (Tool::Connect | Tool::Listen, Answer::NoName(_) | Answer::NoServer) => {
                (format!("nc: bad address '{name}'"), 1)
            }
            (Tool::Connect | Tool::Listen, Answer::Refused) if !self.is_quiet => {
                (format!("nc: {name} ({host}:{port}): Connection refused"), 1)
            }
            (Tool::Connect | Tool::Listen, _) => (String::new(), 1),
        };
        if self.tool == Tool::Nslookup {
            done.out.extend(format!("{text}\n").into_bytes());
        } else if !text.is_empty() && (self.tool != Tool::Curl || !self.is_quiet) {
            done.err.extend(format!("{text}\n").into_bytes());
        }
        if self.tool == Tool::Curl {
            self.write_out(0, done);
        }
        Turn::Exit(code)
    }
}

/// The words of an HTTP status.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
