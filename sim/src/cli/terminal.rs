//! What the terminal can do: colour and progress bars only where a person looks.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

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
