//! Starting: sandbox, image, container, postStart hook, one after the other (K52, K60, K92–K94).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::runtime::{Hook, RuntimeFact};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::object::template::{Handler, PullPolicy};
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::Desk;
use super::pull::Image;
use super::row::{Runtime, Step, Stop};
use crate::world::network::node_ip;

impl Desk<'_, '_> {
    /// The run waits for volumes, and then for a sandbox (K48, K52).
    pub(super) fn start_sandbox(&mut self) {
        let latencies = self.latencies();
        let attempt = self.row.sandboxes;
        let mut at = self.now() + self.lag;
        if self.row.probes.is_empty() || attempt == 0 {
            at += self.sample(&latencies.volumes, Purpose::VolumeWait, 0, attempt);
            self.start_probes(at);
        }
        if attempt > 0 {
            let message = self.text("Pod sandbox changed, it will be killed and re-created.");
            self.event(EventNote::Normal(known::SANDBOX_CHANGED, message)); // K54
        }
        at += self.sample(&latencies.sandbox, Purpose::SandboxStart, 0, attempt);
        self.row.sandboxes += 1;
        self.step(Step::Sandbox, at);
    }

    /// The sandbox is up, with its address.
    pub(super) fn on_sandbox(&mut self) {
        let node = self.row.node;
        self.row.ip = if self.spec.host_network {
            node_ip(node)
        } else {
            self.node.pool.take(node)
        };
        self.row.has_sandbox = true;
        self.row.acted = true;
        self.world.address_mut(self.row.pod).set_up(true);
        let ip = self.row.ip;
        self.fact(RuntimeFact::SandboxStarted(ip));
        // Pushed at once, before any image work (K52, K202).
        let kind = PodConditionType::PodReadyToStartContainers;
        self.set_condition(kind, Truth::True, known::EMPTY, known::EMPTY);
        self.publish();
        self.act();
    }

    /// Starts the next container of the run's list, or ends the run (K59, K60).
    pub(super) fn start_next(&mut self) {
        while self.row.to_start != 0 {
            let container =
                u8::try_from(self.row.to_start.trailing_zeros()).expect("64 bits at most");
            self.row.to_start &= self.row.to_start - 1;
            if self.begin_start(container) {
                return;
            }
            if self.is_regular_init(container) {
                break; // A failing regular init container aborts the rest.
            }
        }
        self.row.to_start = 0;
        self.end_run();
    }

    /// Begins the start of a container; returns false when it failed at once.
    fn begin_start(&mut self, container: u8) -> bool {
        if !self.grant(container) {
            return false;
        }
        let kind = self.kind(container);
        let image = self.image(kind);
        let policy = self.container(container).pull_policy;
        match (policy, image) {
            (PullPolicy::Never, Image::Absent | Image::Coming(_)) => {
                self.image_never(container);
                false
            }
            (PullPolicy::IfNotPresent | PullPolicy::Never, Image::Present) => {
                self.event(EventNote::Present(container)); // K83
                self.fact(RuntimeFact::Pulled(container, 0));
                self.create(container);
                true
            }
            (PullPolicy::Always, _)
            | (PullPolicy::IfNotPresent, Image::Absent | Image::Coming(_)) => {
                self.pull(container, image);
                true
            }
        }
    }

    /// Creates and starts a container whose image is there.
    pub(super) fn create(&mut self, container: u8) {
        let attempt = self.row.containers[usize::from(container)].attempts;
        let sampler = &self.latencies().container_start;
        let takes = self.sample(sampler, Purpose::ContainerStart, container, attempt);
        let at = self.now() + takes;
        self.step(Step::Start(container), at);
    }

    /// A container's process began.
    pub(super) fn on_started(&mut self, container: u8) {
        self.event(EventNote::Created(container));
        self.event(EventNote::Started(container));
        self.fact(RuntimeFact::Started(container));
        let now = self.now();
        let row = &mut self.row.containers[usize::from(container)];
        if let Runtime::Exited { exit, .. } = row.runtime {
            row.previous = Some(exit);
        }
        row.runtime = Runtime::Running(now);
        row.attempts += 1;
        row.reason = known::EMPTY;
        row.message = known::EMPTY;
        row.stop = Stop::None;
        row.stop_generation += 1;
        self.row.acted = true;
        self.begin_process(container);
        match &self.container(container).post_start {
            Some(hook) => self.post_start(container, hook),
            None => self.start_next(),
        }
    }

    /// Runs a postStart hook: the run waits for it (K93).
    fn post_start(&mut self, container: u8, hook: &Handler) {
        self.fact(RuntimeFact::HookStarted(container, Hook::PostStart));
        let (takes, _) = self.hook_duration(container, hook);
        let at = self.now() + takes;
        self.step(Step::PostStart(container), at);
    }

    /// A postStart hook ended. A hook fails only when its process is gone (K93).
    pub(super) fn on_post_start(&mut self, container: u8) {
        let is_running = self.row.containers[usize::from(container)].is_running();
        let ended = RuntimeFact::HookEnded(container, Hook::PostStart, is_running);
        self.fact(ended);
        if !is_running {
            let message = self.text("PostStartHook failed");
            let note = EventNote::Warning(known::FAILED_POST_START_HOOK, message);
            self.event(note); // K94
            self.fail_start(container, known::POST_START_HOOK_ERROR, known::EMPTY);
        }
        self.start_next();
    }

    /// How long a hook takes, and whether it ends well.
    pub(super) fn hook_duration(&self, container: u8, hook: &Handler) -> (SimDuration, bool) {
        let latencies = self.latencies();
        let attempt = self.row.containers[usize::from(container)].attempts;
        let draw = 2 * attempt;
        match hook {
            Handler::Sleep(seconds) => (SimDuration::from_secs(u64::from(*seconds)), true),
            Handler::Exec(command) => {
                let start = self.sample(&latencies.exec, Purpose::ExecStart, container, draw);
                (start + slept(command), true)
            }
            // A hook's answer does not matter, only whether there is one (K93).
            Handler::HttpGet { .. } | Handler::TcpSocket(..) | Handler::Grpc(..) => {
                let takes = self.sample(&latencies.probe, Purpose::ProbeDuration, container, draw);
                (takes, self.answers(container, hook, self.now()))
            }
        }
    }

    /// An attempt to start a container failed: why (K114).
    pub(super) fn fail_start(
        &mut self,
        container: u8,
        reason: wavetank_core::id::TextId,
        message: wavetank_core::id::TextId,
    ) {
        let row = &mut self.row.containers[usize::from(container)];
        (row.reason, row.message) = (reason, message);
        self.fail_run(SimTime::MAX);
    }

    /// The run has failed; a back-off may say when it is worth trying again (K25).
    pub(super) fn fail_run(&mut self, expiry: SimTime) {
        let known = self.row.failed.unwrap_or(SimTime::MAX);
        self.row.failed = Some(known.min(expiry));
    }
}

/// How long a command sleeps: `sleep N`, also within a shell's `-c`.
fn slept(command: &[Box<str>]) -> SimDuration {
    let words: Vec<&str> = command
        .iter()
        .flat_map(|word| word.split([' ', ';', '&']))
        .filter(|word| !word.is_empty())
        .collect();
    let mut slept = SimDuration::ZERO;
    for pair in words.windows(2) {
        if pair[0] == "sleep" || pair[0].ends_with("/sleep") {
            slept = slept + seconds(pair[1]);
        }
    }
    slept
}

/// A number of seconds as `sleep` takes it: `5`, `0.5`, `1m`.
fn seconds(text: &str) -> SimDuration {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3_600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse::<u32>().map_or(0, u64::from);
    let digits: String = fraction.chars().take(6).collect();
    let micros = digits.parse::<u64>().unwrap_or(0)
        * 10_u64.pow(6 - u32::try_from(digits.len()).expect("at most six"));
    SimDuration::from_micros((whole * 1_000_000 + micros) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_sleep_are_understood() {
        let check = |command: &str, millis| {
            let command: Vec<Box<str>> = command.split('|').map(Box::from).collect();
            assert_eq!(slept(&command), SimDuration::from_millis(millis));
        };
        check("sleep|5", 5_000);
        check("/bin/sleep|0.5", 500);
        check("sh|-c|sleep 2; echo done", 2_000);
        check("/bin/sh|-c|sleep 1m && sleep 1s", 61_000);
        check("true", 0);
        check("sleep|infinity", 0);
    }
}
