//! What the terminal can do: colour and progress bars only where a person looks.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wavetank_core::time::SimTime;

/// Whether messages on standard error may have colours.
#[must_use]
#[allow(clippy::disallowed_methods)] // the command line may ask; the model may not
pub fn colours_on_stderr() -> bool {
    std::io::stderr().is_terminal() && std::env::var("NO_COLOR").is_err_and(|_| true)
}

/// A progress bar over `len` runs; hidden when nobody looks.
#[must_use]
pub fn bar(len: u64) -> ProgressBar {
    bar_of(len, "runs")
}

/// The most memory that this process has had so far, in bytes; none where the system does not tell.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// A progress bar over `len` of something; hidden when nobody looks.
#[must_use]
pub fn bar_of(len: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(len);
    let style = format!("{{bar:40}} {{pos}}/{{len}} {what}  {{per_sec}}  {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&style) {
        bar.set_style(style);
    }
    bar
}

/// A spinner that says how far a single run is; hidden when nobody looks.
#[must_use]
pub fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Lets simulated time pass at a multiple of real time.
#[derive(Debug)]
#[allow(clippy::disallowed_types)] // people wait in real time; the model never does
pub struct Pace {
    /// Simulated seconds in a real one; 0: nobody waits.
    speed: u32,
    /// What is before this instant is not waited for.
    from: SimTime,
    began: std::time::Instant,
    /// How much longer to wait for the instant that was last asked for.
    left: Duration,
}

#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // people wait in real time
impl Pace {
    /// A pace of `speed` simulated seconds in a real one, from an instant on; 0 never waits.
    #[must_use]
    pub fn new(speed: u32, from: SimTime) -> Self {
        Self {
            speed,
            from,
            began: std::time::Instant::now(),
            left: Duration::ZERO,
        }
    }

    /// Whether it is too early for `at`.
    pub fn must_wait(&mut self, at: SimTime) -> bool {
        self.left =
            due(self.speed, at.since(self.from).nanos()).saturating_sub(self.began.elapsed());
        self.left > Duration::ZERO
    }

    /// Waits for the instant that was last asked for.
    pub fn wait(&mut self) {
        std::thread::sleep(std::mem::take(&mut self.left));
    }
}

/// How long after the beginning what happened `nanos` after it is due.
fn due(speed: u32, nanos: u64) -> Duration {
    Duration::from_nanos(nanos.checked_div(u64::from(speed)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faster_is_earlier_and_zero_is_at_once() {
        assert_eq!(due(1, 3_000), Duration::from_nanos(3_000));
        assert_eq!(due(10, 3_000), Duration::from_nanos(300));
        assert_eq!(due(0, 3_000), Duration::ZERO);
    }
}
