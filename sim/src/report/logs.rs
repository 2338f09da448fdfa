//! `logs`: what containers wrote.

use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::{PodId, TextId};
use wavetank_core::time::SimTime;

use super::snapshot::Snapshot;

/// A line that a container wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// The container's number, init containers first.
    pub container: u8,
    /// Which incarnation of the container, from 1.
    pub incarnation: u32,
    /// The line.
    pub text: TextId,
}

/// The lines of one pod: a fold.
#[derive(Clone, Debug)]
pub struct Lines {
    pod: PodId,
    incarnations: Vec<u32>,
    lines: Vec<Line>,
}

/// Which lines to show, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogOptions {
    /// The container; none: the first main one.
    pub container: Option<String>,
    /// `--all-containers`
    pub all: bool,
    /// `--prefix`: pod and container before each line.
    pub prefix: bool,
    /// `--previous`: those of the incarnation before the last.
    pub previous: bool,
    /// `--tail`: at most so many of the last lines.
    pub tail: Option<usize>,
    /// `--timestamps`
    pub timestamps: bool,
    /// Only lines from this instant on.
    pub since: Option<SimTime>,
}

/// Why there are no lines to show.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// The pod has no such container.
    #[error("container {name} is not valid for pod {pod}: it has {has}")]
    NoContainer {
        /// What was asked for.
        name: String,
        /// The pod.
        pod: String,
        /// The containers that it has.
        has: String,
    },
    /// The container was not restarted.
    #[error("previous terminated container \"{name}\" in pod \"{pod}\" not found")]
    NoPrevious {
        /// The container.
        name: String,
        /// The pod.
        pod: String,
    },
    /// The pod is not there any more.
    #[error("the pod is gone")]
    Gone,
}

impl Lines {
    /// No lines yet, of this pod.
    #[must_use]
    pub const fn of(pod: PodId) -> Self {
        Self {
            pod,
            incarnations: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Takes note of a record.
    pub fn observe(&mut self, record: &Record) {
        let Fact::Runtime(pod, fact) = record.fact else {
            return;
        };
        if pod != self.pod {
            return;
        }
        match fact {
            RuntimeFact::Started(number) => *self.incarnation(number) += 1,
            RuntimeFact::Logged(container, text) => {
                let incarnation = *self.incarnation(container);
                self.lines.push(Line {
                    at: record.at,
                    container,
                    incarnation,
                    text,
                });
            }
            RuntimeFact::Admitted
            | RuntimeFact::SandboxStarted(_)
            | RuntimeFact::SandboxStopped
            | RuntimeFact::PullStarted(_)
            | RuntimeFact::Pulled(..)
            | RuntimeFact::PullFailed(..)
            | RuntimeFact::Listening(..)
            | RuntimeFact::ListenStopped(..)
            | RuntimeFact::Exited(..)
            | RuntimeFact::HookStarted(..)
            | RuntimeFact::HookEnded(..)
            | RuntimeFact::Signalled(..)
            | RuntimeFact::Probed(..)
            | RuntimeFact::Finished => {}
        }
    }

    fn incarnation(&mut self, container: u8) -> &mut u32 {
        let place = usize::from(container);
        if self.incarnations.len() <= place {
            self.incarnations.resize(place + 1, 0);
        }
        &mut self.incarnations[place]
    }

    /// The lines as `kubectl logs` prints them, of a pod that is there.
    ///
    /// # Errors
    ///
    /// When it is not, or has no such container, or no such incarnation of it.
    pub fn show(&self, view: &Snapshot<'_>, options: &LogOptions) -> Result<String, LogsError> {
        let pod = view
            .store()
            .pods
            .newest(self.pod.0)
            .ok_or(LogsError::Gone)?;
        let spec = &view.definitions().get_template(pod.template).spec;
        let names = spec.all_containers().map(|it| it.name.to_string());
        let names: Vec<_> = names.collect();
        self.print(view, (&names, spec.init_containers.len()), options)
    }

    /// The lines as `kubectl logs` prints them. `names` are the pod's containers, init containers
    /// first; `init` says how many those are.
    ///
    /// # Errors
    ///
    /// When there is no such container, or no such incarnation of it.
    pub fn print(
        &self,
        view: &Snapshot<'_>,
        (names, init): (&[String], usize),
        options: &LogOptions,
    ) -> Result<String, LogsError> {
        let pod = || view.name(self.pod);
        let chosen: Vec<usize> = match &options.container {
            _ if options.all => (0..names.len()).collect(),
            None => vec![init.min(names.len().saturating_sub(1))],
            Some(name) => {
                let place = names.iter().position(|known| known == name);
                vec![place.ok_or_else(|| LogsError::NoContainer {
                    name: name.clone(),
                    pod: pod(),
                    has: names.join(", "),
                })?]
            }
        };
        let mut text = String::new();
        for container in chosen {
            let name = names.get(container).cloned().unwrap_or_default();
            let latest = self.incarnations.get(container).copied().unwrap_or(0);
            let wanted = if options.previous {
                latest
                    .checked_sub(1)
                    .filter(|it| *it > 0)
                    .ok_or_else(|| LogsError::NoPrevious {
                        name: name.clone(),
                        pod: pod(),
                    })?
            } else {
                latest
            };
            let lines: Vec<_> = self
                .lines
                .iter()
                .filter(|line| usize::from(line.container) == container)
                .filter(|line| line.incarnation == wanted)
                .filter(|line| options.since.is_none_or(|since| line.at >= since))
                .collect();
            let skip = options
                .tail
                .map_or(0, |tail| lines.len().saturating_sub(tail));
            for line in &lines[skip..] {
                if options.prefix {
                    text.push_str(&format!("[pod/{}/{name}] ", pod()));
                }
                if options.timestamps {
                    text.push_str(&format!("{} ", view.clock.wall_precise(line.at)));
                }
                text.push_str(view.text(line.text));
                text.push('\n');
            }
        }
        Ok(text)
    }
}
