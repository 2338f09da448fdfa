//! What is kept of a run: nothing but the digest, the facts, or every delivery.
//!
//! The level changes what is kept and never what happens; the digest covers header, definitions and
//! facts, and is the same at every level.

use std::path::{Path, PathBuf};

use wavetank_core::delivery::Delivery;
use wavetank_core::fact::Record;
use wavetank_core::log::codec::encode;
use wavetank_core::log::{
    Digest, Header, LogError, LogFile, LogWriter, RecordingLevel, RunDigest, state_digest,
};
use wavetank_core::object::definition::Definitions;
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use crate::plan::Plan;

/// The version of the model: runs of equal versions are equal. Raised when behaviour changes.
pub const MODEL_VERSION: &str = concat!("wavetank ", env!("CARGO_PKG_VERSION"));

/// The wall clock at the beginning of every run: midnight of 1 January 2026, UTC.
pub const EPOCH_SECONDS: u64 = 1_767_225_600;

/// The fewest facts from one digest of the state in a log to the next.
const CHECKPOINT_FACTS: u64 = 1_024;
/// How many facts there are for each object that a digest of the state walks over: what digests cost stays
/// a small part of what facts cost, however large the cluster.
const CHECKPOINT_FACTS_OF_OBJECT: u64 = 16;

/// Records a run.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The facts in memory, when somebody wants them there.
    pub kept: Option<Vec<Record>>,
    sink: Sink,
    /// How many definitions have been recorded.
    defined: usize,
    /// The number of facts from which on the digest of the state is due in the log.
    checkpoint_due: u64,
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
    /// Into a log.
    Log(Box<LogSink>),
}

/// A log that is being written.
#[derive(Debug)]
struct LogSink {
    /// Where it will be; none: in memory.
    path: Option<PathBuf>,
    level: RecordingLevel,
    /// The log, once t = 0 is known: the header says when that is.
    log: Option<OpenLog>,
    /// What was recorded before that.
    early: Vec<Entry>,
    /// The first failure; nothing is written after it.
    failure: Option<LogError>,
}

/// A log that entries can be written to.
#[derive(Debug)]
enum OpenLog {
    File(Box<LogFile>),
    Memory(Box<LogWriter<Vec<u8>>>),
}

/// What is left of a run's record.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The run's digest.
    pub(crate) digest: Digest,
    /// The log, when it was kept in memory.
    pub(crate) log: Option<Vec<u8>>,
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
        Self::log(Some(path.to_owned()), level)
    }

    /// Keeps the log of the facts in memory: [`Ended::log`](super::Ended::log).
    #[must_use]
    pub fn log_in_memory() -> Self {
        Self::log(None, RecordingLevel::Facts)
    }

    fn log(path: Option<PathBuf>, level: RecordingLevel) -> Self {
        let sink = LogSink {
            path,
            level,
            log: None,
            early: Vec::new(),
            failure: None,
        };
        Self {
            sink: Sink::Log(Box::new(sink)),
            checkpoint_due: CHECKPOINT_FACTS,
            ..Self::default()
        }
    }

    /// Whether deliveries are kept, so that nobody has to make them up otherwise.
    #[must_use]
    pub fn keeps_deliveries(&self) -> bool {
        matches!(&self.sink, Sink::Log(log) if log.level == RecordingLevel::Messages)
    }

    /// The run begins.
    pub(crate) fn begin(&mut self, plan: &Plan, seed: u64, phase: u32) {
        let level = match &self.sink {
            Sink::Log(log) => log.level,
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
        if let Sink::Log(sink) = &mut self.sink {
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
            Sink::Log(sink) => match &mut sink.log {
                Some(log) => {
                    let written = log.fact(record.at, cause, &self.buffer);
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
                Sink::Log(sink) => sink.put(Entry::Definition(at, self.buffer.as_slice().into())),
            }
        }
        self.defined = definitions.len();
    }

    /// A message reached its receiver.
    pub(crate) fn delivery(&mut self, at: SimTime, cause: Option<u64>, delivery: &Delivery) {
        self.buffer.clear();
        encode(delivery, &mut self.buffer).expect("deliveries have a plain form");
        if let Sink::Log(sink) = &mut self.sink {
            sink.put(Entry::Delivery(at, cause, self.buffer.as_slice().into()));
        }
    }

    /// A fact was applied: now and then the digest of the state goes into the log, so that whoever replays
    /// it can tell that the states are the same (LOG-2). Not part of the run digest.
    pub(crate) fn applied(&mut self, cluster: &Cluster) {
        if cluster.next_seq < self.checkpoint_due {
            return;
        }
        let Sink::Log(sink) = &mut self.sink else {
            self.checkpoint_due = u64::MAX;
            return;
        };
        if sink.checkpoint(cluster) {
            let store = &cluster.store;
            let objects = store.pods.live() + store.nodes.live() + store.replica_sets.live();
            let facts = CHECKPOINT_FACTS_OF_OBJECT * u64::from(objects);
            self.checkpoint_due = cluster.next_seq + facts.max(CHECKPOINT_FACTS);
        }
    }

    /// The run has ended in this state: publishes the file, and returns the run's digest.
    ///
    /// # Errors
    ///
    /// When the file could not be written; then there is no file under its name.
    pub(crate) fn finish(self, cluster: &Cluster) -> Result<Finished, LogError> {
        let digest = match self.sink {
            Sink::Nothing => Digest([0; 32]),
            Sink::Digest(digest) => digest.expect("the run has begun").finish(),
            Sink::Log(mut sink) => {
                if sink.log.is_none() && sink.failure.is_none() {
                    sink.open(&self.header.expect("the run has begun"));
                }
                sink.checkpoint(cluster);
                if let Some(failure) = sink.failure.take() {
                    return Err(failure);
                }
                let log = sink.log.expect("a log that was opened without a failure");
                return log.finish();
            }
        };
        Ok(Finished { digest, log: None })
    }
}

impl LogSink {
    /// Creates the log and writes what was recorded so far.
    fn open(&mut self, header: &Header) {
        let created = match &self.path {
            Some(path) => LogFile::create(path, header).map(|file| OpenLog::File(Box::new(file))),
            None => LogWriter::create(Vec::new(), header)
                .map(|writer| OpenLog::Memory(Box::new(writer))),
        };
        match created {
            Ok(log) => self.log = Some(log),
            Err(failure) => self.failure = Some(failure),
        }
        for entry in std::mem::take(&mut self.early) {
            self.put(entry);
        }
    }

    /// Writes an entry, or keeps it until the log can begin.
    fn put(&mut self, entry: Entry) {
        if self.failure.is_some() {
            return;
        }
        let Some(log) = &mut self.log else {
            self.early.push(entry);
            return;
        };
        let written = match &entry {
            Entry::Fact(at, cause, body) => log.fact(*at, *cause, body),
            Entry::Definition(at, body) => log.definition(*at, body),
            Entry::Delivery(at, cause, body) => log.delivery(*at, *cause, body),
        };
        self.failure = written.err();
        self.close_on_failure();
    }

    /// Writes the digest of the state, if the log has begun.
    fn checkpoint(&mut self, cluster: &Cluster) -> bool {
        let Some(log) = &mut self.log else {
            return false;
        };
        self.failure = log.checkpoint(state_digest(cluster)).err();
        self.close_on_failure();
        true
    }

    /// After a failure nothing more is written, and what was is removed: the run can be made again.
    fn close_on_failure(&mut self) {
        if self.failure.is_some()
            && let Some(OpenLog::File(file)) = self.log.take()
        {
            drop(file.discard());
        }
    }
}

impl OpenLog {
    fn fact(&mut self, at: SimTime, cause: Option<u64>, body: &[u8]) -> Result<(), LogError> {
        match self {
            Self::File(file) => file.writer().fact(at, cause, body),
            Self::Memory(writer) => writer.fact(at, cause, body),
        }
        .map(|_| ())
    }

    fn definition(&mut self, at: SimTime, body: &[u8]) -> Result<(), LogError> {
        match self {
            Self::File(file) => file.writer().definition(at, body),
            Self::Memory(writer) => writer.definition(at, body),
        }
    }

    fn delivery(&mut self, at: SimTime, cause: Option<u64>, body: &[u8]) -> Result<(), LogError> {
        match self {
            Self::File(file) => file.writer().delivery(at, cause, body),
            Self::Memory(writer) => writer.delivery(at, cause, body),
        }
    }

    fn checkpoint(&mut self, state: u128) -> Result<(), LogError> {
        match self {
            Self::File(file) => file.writer().checkpoint(state),
            Self::Memory(writer) => writer.checkpoint(state),
        }
    }

    fn finish(self) -> Result<Finished, LogError> {
        match self {
            Self::File(file) => {
                let partial = file.partial_path().to_owned();
                let finished = file.finish();
                if finished.is_err() {
                    drop(std::fs::remove_file(partial));
                }
                let digest = finished?.digest;
                Ok(Finished { digest, log: None })
            }
            Self::Memory(writer) => {
                let (bytes, summary) = writer.finish()?;
                Ok(Finished {
                    digest: summary.digest,
                    log: Some(bytes),
                })
            }
        }
    }
}
