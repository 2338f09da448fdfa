//! The cluster at an instant, as the views read it.

use std::io::{Read, Seek};

use wavetank_core::fact::Record;
use wavetank_core::id::{NodeId, ObjId, PodId, SetId, TextId};
use wavetank_core::label::Labels;
use wavetank_core::log::{Ending, Header, Reader, RecordError, Replay, Until};
use wavetank_core::object::definition::Definitions;
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::state::Cluster;
use wavetank_core::state::store::Store;
use wavetank_core::time::{SimTime, Stamp};

use super::clock::Clock;
use super::events::Events;
use super::names::Names;

/// A log, folded up to an instant.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the run was made from.
    pub header: Header,
    /// How the log ends.
    pub ending: Ending,
    /// The instant of the views: the one asked for, or that of the last record.
    pub now: SimTime,
    /// The state.
    pub cluster: Cluster,
    /// What objects were called.
    pub names: Names,
    /// The Kubernetes Events.
    pub events: Events,
}

impl Loaded {
    /// Folds `log` up to and including `at`, or up to its end.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or contradicts itself.
    pub fn load<S: Read + Seek>(log: Reader<S>, at: Option<SimTime>) -> Result<Self, RecordError> {
        Self::load_with(log, at, |_, _| ())
    }

    /// As [`Self::load`], and calls `observe` for each record, after it was applied.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or contradicts itself.
    pub fn load_with<S: Read + Seek>(
        log: Reader<S>,
        at: Option<SimTime>,
        mut observe: impl FnMut(&Cluster, &Record),
    ) -> Result<Self, RecordError> {
        let header = log.header().clone();
        let ending = log.ending().clone();
        let last_at = log.last_at();
        let mut names = Names::default();
        let mut events = Events::default();
        let mut replay = Replay::new(log);
        replay.each(at.map_or(Until::End, Until::At), |cluster, record| {
            names.observe(record);
            events.observe(cluster, record);
            observe(cluster, record);
        })?;
        Ok(Self {
            header,
            ending,
            now: at.unwrap_or(last_at),
            cluster: replay.into_cluster(),
            names,
            events,
        })
    }

    /// The views' side of it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            cluster: &self.cluster,
            names: &self.names,
            events: &self.events,
            clock: Clock::of(&self.header),
            uid_key: self.header.uid_key(),
            now: self.now,
        }
    }
}

/// The cluster at an instant, with what was folded beside it.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The state.
    pub cluster: &'a Cluster,
    /// What objects were called.
    pub names: &'a Names,
    /// The Kubernetes Events.
    pub events: &'a Events,
    /// The run's clocks.
    pub clock: Clock,
    /// See [`Header::uid_key`].
    pub uid_key: u64,
    /// The instant of the view.
    pub now: SimTime,
}

impl<'a> Snapshot<'a> {
    /// The store.
    #[must_use]
    pub const fn store(&self) -> &'a Store {
        &self.cluster.store
    }

    /// Everything interned.
    #[must_use]
    pub const fn definitions(&self) -> &'a Definitions {
        &self.cluster.definitions
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, id: TextId) -> &'a str {
        self.cluster.definitions.texts.get(id)
    }

    /// The labels, annotations or finalizers of a number.
    #[must_use]
    pub fn set(&self, id: SetId) -> &'a Labels {
        self.cluster.definitions.get_set(id)
    }

    /// The name of an object.
    #[must_use]
    pub fn name(&self, object: impl Into<ObjId>) -> String {
        self.names.name(self.cluster, object.into())
    }

    /// The name of a node, or what `kubectl` writes when there is none.
    #[must_use]
    pub fn node_or_none(&self, node: Option<NodeId>) -> String {
        node.map_or_else(|| "<none>".to_owned(), |node| self.name(node))
    }

    /// The namespace of an object; empty for kinds without one.
    #[must_use]
    pub fn namespace(&self, object: ObjId) -> &'a str {
        self.names
            .find(self.cluster, object)
            .map_or("", |(_, namespace)| self.text(namespace))
    }

    /// The uid of an object, as a text.
    #[must_use]
    pub fn uid(&self, object: ObjId) -> String {
        uid_text(uid(self.uid_key, object))
    }

    /// How long ago a stored time is.
    #[must_use]
    pub fn age(&self, stamp: Stamp) -> String {
        self.clock.age(stamp, self.now)
    }

    /// The pods that are there, in the order of namespace and name: that of `kubectl get`.
    #[must_use]
    pub fn pods(&self) -> Vec<PodId> {
        let mut pods: Vec<_> = self
            .store()
            .pods
            .live_indexes()
            .map(PodId)
            .map(|pod| {
                let identity = self.store().pod_identity(pod);
                let name = identity.name.text(&self.definitions().texts);
                (self.text(identity.namespace), name, pod)
            })
            .collect();
        pods.sort();
        pods.into_iter().map(|(_, _, pod)| pod).collect()
    }
}
