//! What is kept of a run: nothing but the digest, the facts, or every delivery.
//!
//! The level changes what is kept and never what happens; the digest covers header, definitions and
//! facts, and is the same at every level.

use std::path::Path;

use wavetank_core::delivery::Delivery;
use wavetank_core::fact::Record;
use wavetank_core::log::codec::encode;
use wavetank_core::log::{Digest, Header, LogError, LogFile, RecordingLevel, RunDigest};
use wavetank_core::object::definition::Definitions;
use wavetank_core::time::SimTime;

use crate::plan::Plan;

/// The version of the model: runs of equal versions are equal. Raised when behaviour changes.
pub const MODEL_VERSION: &str = concat!("wavetank ", env!("CARGO_PKG_VERSION"));

/// The wall clock at the beginning of every run: midnight of 1 January 2026, UTC.
pub const EPOCH_SECONDS: u64 = 1_767_225_600;

/// Records a run.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The facts in memory, when somebody wants them there.
    pub kept: Option<Vec<Record>>,
    sink: Sink,
    /// How many definitions have been recorded.
    defined: usize,
    buffer: Vec<u8>,
    header: Option<Header>,
}

/// Where records go.
#[derive(Debug, Default)]
enum Sink {
    /// Nowhere, and no digest is made.
    #[default]
    Nothing,
    /// Into the digest only; none before the run begins.
    Digest(Option<Box<RunDigest>>),
    /// Into a file.
    File(Box<FileSink>),
}

/// A log file that is being written.
#[derive(Debug)]
struct FileSink {
    path: std::path::PathBuf,
    level: RecordingLevel,
    /// The file, once t = 0 is known: the header says when that is.
    file: Option<LogFile>,
    /// What was recorded before that.
    early: Vec<Entry>,
    /// The first failure; nothing is written after it.
    failure: Option<LogError>,
}

/// An entry of the log, encoded.
#[derive(Debug)]
enum Entry {
    Fact(SimTime, Option<u64>, Box<[u8]>),
    Definition(SimTime, Box<[u8]>),
    Delivery(SimTime, Option<u64>, Box<[u8]>),
}

impl Recorder {
    /// Keeps nothing and makes no digest: for measuring the engine alone.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Makes the digest and keeps nothing.
    #[must_use]
    pub fn digest() -> Self {
        Self {
            sink: Sink::Digest(None),
            ..Self::default()
        }
    }

    /// Makes the digest and keeps the facts in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            kept: Some(Vec::new()),
            ..Self::digest()
        }
    }

    /// Writes a log file, which appears under `path` when the run has ended.
    #[must_use]
    pub fn file(path: &Path, level: RecordingLevel) -> Self {
        let sink = FileSink {
            path: path.to_owned(),
            level,
            file: None,
            early: Vec::new(),
            failure: None,
        };
        Self {
            sink: Sink::File(Box::new(sink)),
            ..Self::default()
        }
    }

    /// Whether deliveries are kept, so that nobody has to make them up otherwise.
    #[must_use]
    pub fn keeps_deliveries(&self) -> bool {
        matches!(&self.sink, Sink::File(file) if file.level == RecordingLevel::Messages)
    }

    /// The run begins.
    pub(crate) fn begin(&mut self, plan: &Plan, seed: u64, phase: u32) {
        let level = match &self.sink {
            Sink::File(file) => file.level,
            Sink::Nothing | Sink::Digest(_) => RecordingLevel::Facts,
        };
        let header = Header {
            model_version: MODEL_VERSION.to_owned(),
            scenario: Digest(plan.digest),
            scenario_name: plan.name.to_string(),
            parameters: plan
                .parameters
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            seed,
            level,
            clock_phase: phase,
            zero: SimTime::ZERO,
            epoch_seconds: EPOCH_SECONDS,
        };
        if let Sink::Digest(digest) = &mut self.sink {
            *digest = Some(Box::new(RunDigest::new(&header)));
        }
        self.header = Some(header);
    }

    /// t = 0 is known: the file can begin.
    pub(crate) fn zero(&mut self, zero: SimTime) {
        let Some(header) = &mut self.header else {
            return;
        };
        header.zero = zero;
        if let Sink::File(sink) = &mut self.sink {
            sink.open(header);
        }
    }

    /// A fact happened.
    pub(crate) fn append(&mut self, record: &Record, definitions: &Definitions) {
        if let Some(kept) = &mut self.kept {
            kept.push(record.clone());
        }
        if matches!(self.sink, Sink::Nothing) {
            return;
        }
        if definitions.len() > self.defined {
            self.define(record.at, definitions);
        }
        let cause = (record.cause != record.seq).then_some(record.cause);
        self.buffer.clear();
        encode(&(record.by, &record.fact), &mut self.buffer).expect("facts have a plain form");
        match &mut self.sink {
            Sink::Nothing => {}
            Sink::Digest(digest) => {
                let digest = digest.as_mut().expect("the run has begun");
                digest.fact(record.at, cause, &self.buffer);
            }
            Sink::File(sink) => match &mut sink.file {
                Some(file) => {
                    let written = file.writer().fact(record.at, cause, &self.buffer);
                    sink.failure = written.err();
                    sink.close_on_failure();
                }
                None if sink.failure.is_none() => {
                    let body = self.buffer.as_slice().into();
                    sink.early.push(Entry::Fact(record.at, cause, body));
                }
                None => {}
            },
        }
    }

    /// Records the definitions that are new.
    fn define(&mut self, at: SimTime, definitions: &Definitions) {
        for definition in definitions.since(self.defined) {
            self.buffer.clear();
            encode(&definition, &mut self.buffer).expect("definitions have a plain form");
            match &mut self.sink {
                Sink::Nothing => {}
                Sink::Digest(digest) => {
                    digest
                        .as_mut()
                        .expect("the run has begun")
                        .definition(&self.buffer);
                }
                Sink::File(sink) => sink.put(Entry::Definition(at, self.buffer.as_slice().into())),
            }
        }
        self.defined = definitions.len();
    }

    /// A message reached its receiver.
    pub(crate) fn delivery(&mut self, at: SimTime, cause: Option<u64>, delivery: &Delivery) {
        self.buffer.clear();
        encode(delivery, &mut self.buffer).expect("deliveries have a plain form");
        if let Sink::File(sink) = &mut self.sink {
            sink.put(Entry::Delivery(at, cause, self.buffer.as_slice().into()));
        }
    }

    /// The run has ended: publishes the file, and returns the run's digest.
    ///
    /// # Errors
    ///
    /// When the file could not be written; then there is no file under its name.
    pub(crate) fn finish(self) -> Result<Digest, LogError> {
        match self.sink {
            Sink::Nothing => Ok(Digest([0; 32])),
            Sink::Digest(digest) => Ok(digest.expect("the run has begun").finish()),
            Sink::File(mut sink) => {
                if let Some(failure) = sink.failure.take() {
                    return Err(failure);
                }
                if sink.file.is_none() {
                    sink.open(&self.header.expect("the run has begun"));
                }
                if let Some(failure) = sink.failure.take() {
                    return Err(failure);
                }
                let file = sink.file.expect("a file that was opened without a failure");
                let partial = file.partial_path().to_owned();
                let finished = file.finish();
                if finished.is_err() {
                    drop(std::fs::remove_file(partial));
                }
                Ok(finished?.digest)
            }
        }
    }
}

impl FileSink {
    /// Creates the file and writes what was recorded so far.
    fn open(&mut self, header: &Header) {
        match LogFile::create(&self.path, header) {
            Ok(file) => self.file = Some(file),
            Err(failure) => self.failure = Some(failure),
        }
        for entry in std::mem::take(&mut self.early) {
            self.put(entry);
        }
    }

    /// Writes an entry, or keeps it until the file can begin.
    fn put(&mut self, entry: Entry) {
        if self.failure.is_some() {
            return;
        }
        let Some(file) = &mut self.file else {
            self.early.push(entry);
            return;
        };
        let writer = file.writer();
        let written = match &entry {
            Entry::Fact(at, cause, body) => writer.fact(*at, *cause, body).map(|_| ()),
            Entry::Definition(at, body) => writer.definition(*at, body),
            Entry::Delivery(at, cause, body) => writer.delivery(*at, *cause, body),
        };
        self.failure = written.err();
        self.close_on_failure();
    }

    /// After a failure nothing more is written, and what was is removed: the run can be made again.
    fn close_on_failure(&mut self) {
        if self.failure.is_some()
            && let Some(file) = self.file.take()
        {
            drop(file.discard());
        }
    }
}
