//! What an attempt of a probe meets: a step function of time (K163, K164).

use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::runtime::ProbeKind;
use wavetank_core::object::template::{Handler, PortRef, Probe};
use wavetank_core::time::{SimDuration, SimTime};

use super::Desk;
use super::row::ProbeRow;

impl Desk<'_, '_> {
    /// What an attempt at `at` meets, and until when every later one meets the same, as far as is known.
    pub(super) fn outcome(&self, probe: &ProbeRow, spec: &Probe, at: SimTime) -> (bool, SimTime) {
        let never = (false, SimTime::MAX);
        let Some(address) = self
            .world
            .address(self.row.pod)
            .filter(|address| address.up)
        else {
            return never;
        };
        let Some(process) = address.process(probe.container) else {
            return never;
        };
        if at >= process.ended {
            return never;
        }
        if matches!(spec.handler, Handler::Exec(_) | Handler::Sleep(_)) {
            return (true, process.ended);
        }
        let Some(port) = self.port(probe.container, &spec.handler) else {
            return never;
        };
        let ends = process.stops.min(process.ended);
        if at >= ends || !self.world.catalog.serves(process.kind, port) {
            return never;
        }
        if at < process.listens {
            return (false, process.listens.min(ends));
        }
        (self.is_well(probe.container, spec), ends)
    }

    /// Whether a listening server's answer counts as success (K163).
    fn is_well(&self, container: u8, spec: &Probe) -> bool {
        let Handler::HttpGet { path, .. } = &spec.handler else {
            return true;
        };
        let (status, time) = self
            .world
            .catalog
            .program(self.kind(container))
            .answer(path);
        let timeout = SimDuration::from_secs(u64::from(spec.timeout_seconds.max(1)));
        // The shortest answer decides: a slow one now and then is not played.
        (200..400).contains(&status) && time.sample(0) <= timeout
    }

    /// The port that a handler goes to.
    fn port(&self, container: u8, handler: &Handler) -> Option<u16> {
        match handler {
            Handler::HttpGet { port, .. } | Handler::TcpSocket(port, _) => {
                PortRef::resolve(port, self.container(container))
            }
            Handler::Grpc(port, _) => Some(*port),
            Handler::Exec(_) | Handler::Sleep(_) => None,
        }
    }

    /// Whether somebody answers a hook at this instant.
    pub(super) fn answers(&self, container: u8, hook: &Handler, at: SimTime) -> bool {
        let process = self
            .world
            .address(self.row.pod)
            .and_then(|address| address.process(container));
        let port = self.port(container, hook);
        process.is_some_and(|process| {
            process.listens_at(at)
                && port.is_some_and(|port| self.world.catalog.serves(process.kind, port))
        })
    }

    /// The Event of a failed attempt (K155).
    pub(super) fn unhealthy(&mut self, probe: &ProbeRow, spec: &Probe) {
        let word = match probe.kind {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        };
        let port = self.port(probe.container, &spec.handler).unwrap_or(0);
        let ip = self.row.ip;
        let refused = format!("dial tcp {ip}:{port}: connect: connection refused");
        let output = match &spec.handler {
            Handler::HttpGet { path, https, .. } => {
                let listens = self.answers(probe.container, &spec.handler, self.now());
                let scheme = if *https { "https" } else { "http" };
                if listens {
                    let kind = self.kind(probe.container);
                    let (status, _) = self.world.catalog.program(kind).answer(path);
                    format!("HTTP probe failed with statuscode: {status}")
                } else {
                    format!("Get \"{scheme}://{ip}:{port}{path}\": {refused}")
                }
            }
            Handler::TcpSocket(..) => refused,
            Handler::Grpc(..) => format!(
                "timeout: failed to connect service \"{ip}:{port}\" within {}s: {refused}",
                spec.timeout_seconds
            ),
            Handler::Exec(_) | Handler::Sleep(_) => String::new(),
        };
        let message = self.text(&format!("{word} probe failed: {output}"));
        self.event(EventNote::Unhealthy(probe.container, message));
    }
}
