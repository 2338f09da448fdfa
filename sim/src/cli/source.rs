//! Where a view comes from: a log, and an instant.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use wavetank_core::log::{Ending, LogError, Reader};
use wavetank_core::time::SimTime;

use super::tell;
use crate::report::Loaded;
use crate::report::clock::Clock;

/// Whether a log was read that is cut, and nobody said that this is fine.
static CUT: AtomicBool = AtomicBool::new(false);

/// Whether a log was read that is cut, without `--salvage`: what is shown is not all there was.
pub fn was_cut() -> bool {
    CUT.load(Ordering::Relaxed)
}

/// Which log, and which instant of it.
#[derive(Clone, Debug, clap::Args)]
pub struct Source {
    /// The log of a run
    #[arg(long, value_name = "FILE")]
    pub log: PathBuf,
    /// The instant, counted from t = 0: 3m17.2s, 90s; negative for the warm-up [default: the end]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Read a cut or damaged log up to the damage
    #[arg(long)]
    pub salvage: bool,
}

impl Source {
    /// Opens the log. Says on the standard error when it is cut or damaged.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn open(&self) -> anyhow::Result<Reader<File>> {
        open(&self.log, self.salvage)
    }

    /// The instant that was asked for.
    ///
    /// # Errors
    ///
    /// When it is not a time of the run.
    pub fn instant(&self, log: &Reader<File>) -> anyhow::Result<Option<SimTime>> {
        let Some(text) = &self.at else {
            return Ok(None);
        };
        let clock = Clock::of(log.header());
        let at = clock.parse(text).context("--at")?;
        if at > log.last_at() {
            let end = clock.since_zero(log.last_at());
            tell(&format!(
                "note: the last record of the log is at t={end}; nothing changes after it"
            ));
        }
        Ok(Some(at))
    }

    /// Folds the log up to the instant.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or the instant is not one of the run.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        let log = self.open()?;
        let at = self.instant(&log)?;
        Loaded::load(log, at).with_context(|| self.log.display().to_string())
    }
}

/// Opens a log. Says on the standard error when it is cut or damaged.
///
/// # Errors
///
/// When it cannot be read.
pub fn open(path: &Path, salvage: bool) -> anyhow::Result<Reader<File>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("could not open {name}"))?;
    let opened = if salvage {
        Reader::salvage(file)
    } else {
        Reader::open(file)
    };
    let log = match opened {
        Ok(log) => log,
        Err(error @ LogError::Damaged { .. }) => {
            bail!("{name}: {error} (--salvage reads what is before the damage)")
        }
        Err(error @ LogError::UnknownFormat { .. }) => {
            bail!("{name}: {error}: it was written by another version of wavetank")
        }
        Err(error) => return Err(error).with_context(|| name.to_string()),
    };
    let clock = Clock::of(log.header());
    let end = clock.since_zero(log.last_at());
    match log.ending() {
        Ending::Clean => {}
        Ending::TornTail { offset, defect } => {
            let (level, remedy) = if salvage {
                ("warning", "")
            } else {
                CUT.store(true, Ordering::Relaxed);
                (
                    "error",
                    " (make the run again, or accept that with --salvage)",
                )
            };
            tell(&format!(
                "{level}: {name} is cut at byte {offset} ({defect}), as by a crash: it is read up to t={end}{remedy}"
            ));
        }
        Ending::Damaged { offset, defect } => tell(&format!(
            "warning: {name} is damaged at byte {offset} ({defect}): it is read up to t={end}"
        )),
    }
    Ok(log)
}

/// The namespace of a command: `-n`, all, or `default`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Namespace {
    /// The namespace
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// All namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
}

impl Namespace {
    /// The namespace; none means all of them.
    #[must_use]
    pub fn chosen(&self) -> Option<String> {
        (!self.all_namespaces).then(|| self.namespace.clone())
    }
}
