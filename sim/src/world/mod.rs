//! The world that kubelets talk to: images and registries, container processes, addresses.
//!
//! Kubelets tell it what they start and stop, and note as facts what it answers. Traffic and probes ask
//! it what a connection meets. A process is a step function of time: it listens from here to there and
//! ends then, as far as is known, so that nobody has to look at it in between.

pub mod catalog;
pub mod files;
pub mod network;
pub mod process;
pub mod shell;

use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::id::PodId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::plan::Plan;
use catalog::Catalog;
use network::Address;
use process::Process;

/// The world of a run.
#[derive(Debug)]
pub struct World {
    /// Images and programs.
    pub(crate) catalog: Catalog,
    key: PurposeKey,
    /// Where a pod's row is, by pod.
    slots: Vec<u32>,
    rows: Vec<Address>,
    free: Vec<u32>,
}

/// A pod that never had an address.
const NEVER: u32 = u32::MAX;
/// A pod whose address is forgotten.
const FORGOTTEN: u32 = u32::MAX - 1;

/// What happens to a new connection to a pod's address (C229).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// A process listens: how long its answer takes, and its HTTP status.
    Served {
        /// From the request's arrival to its answer.
        time: SimDuration,
        /// The status of the answer.
        status: u16,
    },
    /// The address answers, but nothing listens.
    Refused,
    /// Nobody answers the address.
    Silent,
}

/// What became of a command in a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Executed {
    /// It ended with this code, and printed this.
    Ended(i32, Option<String>),
    /// The container does not run.
    NotRunning,
    /// A command that the world does not know: it changes nothing.
    NotPlayed,
}

impl World {
    /// A world in which nothing runs.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        Self {
            catalog: Catalog::new(&plan.images),
            key: key.of(Purpose::RequestTime),
            slots: Vec::new(),
            rows: Vec::new(),
            free: Vec::new(),
        }
    }

    /// What a new connection to a port of a pod meets at this instant; `index` addresses the draw of the
    /// answer's time.
    #[must_use]
    pub fn connect(
        &self,
        pod: PodId,
        port: u16,
        path: &str,
        index: u64,
        at: SimTime,
    ) -> Connection {
        let Some(address) = self.address(pod).filter(|address| address.is_up(at)) else {
            return Connection::Silent;
        };
        let Some(process) = self.listener(address, port, at) else {
            return Connection::Refused;
        };
        let program = self.catalog.program(process.kind);
        let (status, time) = program.answer(path);
        Connection::Served {
            time: time.sample(self.key.draw(pod.0, index)),
            status,
        }
    }

    /// When the processes of a pod that were alive at `at` ended, or will end as far as is known: what is
    /// in flight then is cut. None when that is not known yet, and for a process that answered everything
    /// before it ended.
    #[must_use]
    pub fn cut_at(&self, pod: PodId, port: u16, at: SimTime) -> Option<SimTime> {
        let Some(address) = self.address(pod) else {
            // Forgotten only after everything in it had ended.
            return self.is_forgotten(pod).then_some(at);
        };
        address
            .processes
            .iter()
            .filter(|process| process.started <= at && at < process.ended)
            .filter(|process| self.catalog.serves(process.kind, port))
            .find_map(|process| process.cut)
    }

    /// Runs a command in a container, as `kubectl exec` does.
    #[must_use]
    pub fn exec(&self, pod: PodId, container: u8, command: &[&str], at: SimTime) -> Executed {
        let process = self.address(pod).and_then(|it| it.process(container));
        if !process.is_some_and(|process| process.started <= at && at < process.ended) {
            return Executed::NotRunning;
        }
        match command {
            ["true" | ":"] => Executed::Ended(0, None),
            ["false"] => Executed::Ended(1, None),
            ["echo", words @ ..] => Executed::Ended(0, Some(words.join(" "))),
            _ => Executed::NotPlayed,
        }
    }

    /// A number that changes whenever an answer of [`Self::connect`] for this pod can change.
    #[must_use]
    pub fn epoch(&self, pod: PodId) -> u32 {
        match self.address(pod) {
            Some(address) => address.epoch,
            None if self.is_forgotten(pod) => u32::MAX,
            None => 0,
        }
    }

    /// What happens next at this pod's address without anybody's doing: a port begins or ceases to
    /// listen after `at`. None when nothing is known to happen.
    #[must_use]
    pub fn next_step(&self, pod: PodId, at: SimTime) -> Option<SimTime> {
        let address = self.address(pod)?;
        address
            .processes
            .iter()
            .flat_map(|process| [process.listens, process.stops, process.ended])
            .filter(|step| *step > at && *step < SimTime::MAX)
            .min()
    }

    /// The process that listens on `port`, if the address is up and one does.
    fn listener<'a>(&'a self, address: &'a Address, port: u16, at: SimTime) -> Option<&'a Process> {
        address
            .processes
            .iter()
            .find(|process| process.listens_at(at) && self.catalog.serves(process.kind, port))
    }

    fn is_forgotten(&self, pod: PodId) -> bool {
        self.slots.get(pod.index()) == Some(&FORGOTTEN)
    }

    /// The address of a pod, if it has one.
    pub(crate) fn address(&self, pod: PodId) -> Option<&Address> {
        let slot = *self.slots.get(pod.index())?;
        self.rows.get(slot as usize)
    }

    /// The address of a pod, made if it has none.
    pub(crate) fn address_mut(&mut self, pod: PodId) -> &mut Address {
        if self.slots.len() <= pod.index() {
            self.slots.resize(pod.index() + 1, NEVER);
        }
        let slot = &mut self.slots[pod.index()];
        if *slot >= FORGOTTEN {
            *slot = self.free.pop().unwrap_or_else(|| {
                self.rows.push(Address::default());
                u32::try_from(self.rows.len() - 1).expect("fewer than four billion pods")
            });
            self.rows[*slot as usize].begin();
        }
        &mut self.rows[*slot as usize]
    }

    /// Nobody will ask for this pod's address any more.
    pub(crate) fn forget(&mut self, pod: PodId) {
        if let Some(slot) = self.slots.get_mut(pod.index())
            && *slot < FORGOTTEN
        {
            self.free.push(*slot);
            *slot = FORGOTTEN;
        }
    }

    /// When every new connection to a port of a pod is served, until the next step or runtime fact: the
    /// longest that an answer takes, and its status.
    #[must_use]
    pub fn certain(
        &self,
        pod: PodId,
        port: u16,
        path: &str,
        at: SimTime,
    ) -> Option<(SimDuration, u16)> {
        let address = self.address(pod).filter(|address| address.is_up(at))?;
        let process = self.listener(address, port, at)?;
        let (status, time) = self.catalog.program(process.kind).answer(path);
        // Samplers are monotone in the draw: the greatest draw gives the longest time.
        Some((time.longest(), status))
    }
}
