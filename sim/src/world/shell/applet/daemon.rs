//! Programs that stay: HTTP servers, what the world describes, and `stress`.

use wavetank_core::time::{SimDuration, SimTime};

use super::{Applet, State, basic, flags, size};
use crate::world::shell::machine::{Ctx, Daemon, Listener, OnTerm, Signal, Turn, Wait};

/// A server.
#[derive(Clone, Debug)]
pub(super) struct Service {
    daemon: Daemon,
    /// From when its ports are open; none when that was said.
    opens: Option<SimTime>,
    ends: Option<(SimTime, i32)>,
    prints: bool,
}

/// `httpd`, `python -m http.server`, `pause`, `stress`.
pub(super) fn begin(words: &[String], ctx: &mut Ctx<'_>) -> Applet {
    match words[0].as_str() {
        "httpd" => {
            let (flags, _) = flags(words, "phcu");
            let text = flags.get(&'p').map_or("80", String::as_str);
            let port = text.rsplit(':').next().and_then(|it| it.parse().ok());
            let root = flags.get(&'h').cloned().unwrap_or_else(|| ".".to_owned());
            // In the background unless told otherwise: its parent goes on at once, and this process ends.
            server(port, &root, ctx)
        }
        "python" | "python3" => match words.get(1..3) {
            Some([flag, module]) if flag == "-m" && module == "http.server" => {
                let port = words[3..].iter().find_map(|it| it.parse().ok());
                let directory = words
                    .iter()
                    .position(|it| it == "-d" || it == "--directory");
                let root = directory.and_then(|it| words.get(it + 1)).cloned();
                server(
                    Some(port.unwrap_or(8000)),
                    &root.unwrap_or_else(|| ".".to_owned()),
                    ctx,
                )
            }
            Some(_) | None => {
                ctx.machine.report(&words[0], None);
                Applet::failed(&words[0], "not found", 127)
            }
        },
        "stress" => stress(words, ctx),
        _ => described(
            Daemon {
                ports: Vec::new(),
                root: None,
                listens_after: SimDuration::ZERO,
                runs: None,
                prints: String::new(),
                on_term: OnTerm::Exit(SimDuration::ZERO, 0),
            },
            ctx,
        ),
    }
}

fn server(port: Option<u16>, root: &str, ctx: &mut Ctx<'_>) -> Applet {
    let root = ctx.path(root);
    let daemon = Daemon {
        ports: port.into_iter().collect(),
        root: Some(root),
        listens_after: SimDuration::ZERO,
        runs: None,
        prints: String::new(),
        on_term: OnTerm::Default,
    };
    described(daemon, ctx)
}

/// `stress --vm 1 --vm-bytes 250M`: memory is taken at once, time is spent otherwise.
fn stress(words: &[String], ctx: &mut Ctx<'_>) -> Applet {
    let value = |name: &str| {
        let place = words.iter().position(|it| it == name)?;
        words.get(place + 1)
    };
    let bytes = value("--vm-bytes")
        .and_then(|it| size(it))
        .unwrap_or(256 << 20);
    let workers = value("--vm")
        .or_else(|| value("-m"))
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(0);
    let taken = bytes.saturating_mul(workers);
    if ctx.machine.memory().is_some_and(|limit| taken > limit) {
        return Applet::new("stress", Applet::hog(ctx));
    }
    let length = value("--timeout")
        .or_else(|| value("-t"))
        .and_then(|it| basic::duration(it, 1_000_000_000));
    let until = length
        .and_then(|it| ctx.now().nanos().checked_add(it))
        .map(SimTime::from_nanos);
    Applet::new("stress", State::Sleep(until))
}

/// A server as it is described.
pub(super) fn described(daemon: Daemon, ctx: &mut Ctx<'_>) -> Applet {
    let now = ctx.now();
    let after = |length: SimDuration| {
        now.nanos()
            .checked_add(length.nanos())
            .map(SimTime::from_nanos)
    };
    let opens = after(daemon.listens_after).filter(|_| !daemon.ports.is_empty());
    let ends = daemon
        .runs
        .and_then(|(length, code)| Some((after(length)?, code)));
    if let Some(from) = opens {
        for port in &daemon.ports {
            let listener = Listener {
                port: *port,
                from,
                root: daemon.root.clone(),
                is_single: false,
            };
            ctx.process().listeners.push(listener);
        }
    }
    let service = Service {
        daemon,
        opens,
        ends,
        prints: true,
    };
    Applet::new("daemon", State::Daemon(Box::new(service)))
}

impl Service {
    pub(super) const fn handles_term(&self) -> bool {
        !matches!(self.daemon.on_term, OnTerm::Default)
    }

    pub(super) fn step(&mut self, ctx: &mut Ctx<'_>, out: &mut Vec<u8>) -> Turn {
        if std::mem::take(&mut self.prints) && !self.daemon.prints.is_empty() {
            out.extend_from_slice(self.daemon.prints.as_bytes());
            return Turn::Go;
        }
        let now = ctx.now();
        if self.opens.is_some_and(|at| at <= now) {
            self.opens = None;
            for port in &self.daemon.ports {
                ctx.machine.listening(*port, true);
            }
        }
        let pending = std::mem::take(&mut ctx.process().pending);
        if pending.contains(&Signal::TERM)
            && let OnTerm::Exit(after, code) = self.daemon.on_term
        {
            self.close(ctx);
            let at = now
                .nanos()
                .checked_add(after.nanos())
                .map(SimTime::from_nanos);
            self.ends = at.map(|at| (at, code));
            // A second one changes nothing.
            self.daemon.on_term = OnTerm::Ignore;
        }
        match self.ends {
            Some((at, code)) if at <= now => Turn::Exit(code),
            ends => Turn::Wait(Wait {
                until: ends.map(|(at, _)| at).into_iter().chain(self.opens).min(),
                minds_signals: true,
                ..Wait::default()
            }),
        }
    }

    /// Ports are closed before the process ends.
    fn close(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        for listener in std::mem::take(&mut ctx.process().listeners) {
            if listener.from <= now {
                ctx.machine.listening(listener.port, false);
            }
        }
        self.opens = None;
    }
}
