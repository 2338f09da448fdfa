//! Processes of containers beside the kubelet: they listen, they end, relists find them dead (K41–K45).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::row::{Exit, Runtime, Step, Stop};
use super::{Desk, timer};
use crate::world::process::Process;

/// What a timer of a process is for.
const LISTENS: u16 = 0;
const ENDS: u16 = 1;

/// What containers' processes draw is numbered from here, above what the containers themselves draw.
const LISTEN_DRAWS: u32 = 256;
const RUN_DRAWS: u32 = 512;

impl Desk<'_, '_> {
    /// A container's process begins.
    pub(super) fn begin_process(&mut self, container: u8) {
        let now = self.now();
        let kind = self.kind(container);
        let attempt = self.row.containers[usize::from(container)].attempts;
        let draw = |base: u32| {
            let identity = (self.row.pod.0, base + u32::from(container));
            let key = self.ctx.key;
            key.draw(Purpose::ContainerStart, identity, u64::from(attempt))
        };
        let program = self.world.catalog.program(kind);
        let listens = now + program.listens_after.sample(draw(LISTEN_DRAWS));
        let ends = program
            .runs
            .as_ref()
            .map(|runs| now + runs.sample(draw(RUN_DRAWS)));
        let has_ports = !self.world.catalog.ports(kind).is_empty();
        self.world.address_mut(self.row.pod).start(Process {
            container,
            kind,
            started: now,
            listens,
            stops: SimTime::MAX,
            ended: ends.unwrap_or(SimTime::MAX),
            cut: ends,
        });
        if has_ports && ends.is_none_or(|ends| listens < ends) {
            if listens == now {
                self.listens(container);
            } else {
                self.wake(listens, timer::PROCESS, container, LISTENS, attempt);
            }
        }
        if let Some(ends) = ends {
            self.wake(ends, timer::PROCESS, container, ENDS, attempt);
        }
    }

    /// Something happens to a process by itself; `attempt` is the instance that the timer was set for.
    pub(super) fn on_process(&mut self, container: u8, what: u16, attempt: u32) {
        let Some(row) = self.row.containers.get(usize::from(container)) else {
            return;
        };
        if row.attempts != attempt || !row.is_running() {
            return;
        }
        if what == LISTENS {
            self.world.address_mut(self.row.pod).epoch += 1;
            return self.listens(container);
        }
        let code = self.world.catalog.program(self.kind(container)).exit_code;
        self.exit(container, code, true);
    }

    /// A container's ports answer from now on, unless TERM has closed them already.
    fn listens(&mut self, container: u8) {
        let now = self.now();
        let process = self.world.address(self.row.pod);
        let process = process.and_then(|address| address.process(container));
        if !process.is_some_and(|process| process.listens_at(now)) {
            return;
        }
        for port in self.world.catalog.ports(self.kind(container)).to_vec() {
            self.fact(RuntimeFact::Listening(container, port));
        }
    }

    /// A container's ports accept no more connections.
    pub(super) fn stop_listening(&mut self, container: u8) {
        let now = self.now();
        let pod = self.row.pod;
        let Some(process) = self.world.address_mut(pod).process_mut(container) else {
            return;
        };
        let listened = process.listens_at(now);
        process.stops = now;
        if listened {
            for port in self.world.catalog.ports(self.kind(container)).to_vec() {
                self.fact(RuntimeFact::ListenStopped(container, port));
            }
        }
        self.plan_probes_of(container);
    }

    /// A container's process ends; `cuts` says whether what is in flight is cut.
    pub(super) fn exit(&mut self, container: u8, code: i32, cuts: bool) {
        let now = self.now();
        let pod = self.row.pod;
        if let Some(process) = self.world.address_mut(pod).process_mut(container) {
            process.end(now, cuts);
        }
        self.fact(RuntimeFact::Exited(container, code, false));
        let row = &mut self.row.containers[usize::from(container)];
        let exit = Exit {
            code,
            reason: if code == 0 {
                known::COMPLETED
            } else {
                known::ERROR
            },
            started: row.started().unwrap_or(now),
            at: now,
        };
        let seen = false;
        row.runtime = Runtime::Exited { exit, seen };
        let was_killed = row.stop != Stop::None;
        row.stop = Stop::None;
        row.stop_generation += 1;
        self.plan_probes_of(container);
        if self.row.step != Step::KillPod {
            self.find_dead(container);
        }
        if was_killed {
            self.on_stopped();
        }
    }

    /// The first relist that begins after a death finds it (K41).
    fn find_dead(&mut self, container: u8) {
        let now = self.now();
        let found = self.relist_after(now).end;
        let attempt = self.row.containers[usize::from(container)].attempts;
        self.wake(found, timer::SEEN, container, 0, attempt);
    }

    /// A relist has found a container dead (K13).
    pub(super) fn on_seen(&mut self, container: u8, attempt: u32) {
        let Some(row) = self.row.containers.get_mut(usize::from(container)) else {
            return;
        };
        if row.attempts != attempt {
            return;
        }
        if let Runtime::Exited { seen, .. } = &mut row.runtime {
            *seen = true;
            self.request_now();
        }
    }

    /// How long a program that drains takes to answer what it has begun.
    pub(super) fn drain_time(&self, container: u8) -> SimDuration {
        let attempt = self.row.containers[usize::from(container)].attempts;
        let identity = (self.row.pod.0, u32::from(container));
        let draw = self
            .ctx
            .key
            .draw(Purpose::TermReaction, identity, u64::from(attempt));
        let program = self.world.catalog.program(self.kind(container));
        program.answer_time.sample(draw)
    }
}
