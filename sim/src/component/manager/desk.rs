//! Desks: what each controller has of its own between its decisions and the API server: a work queue
//! with its workers, a client with its rate limit, and the scripts that are being played.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use wavetank_core::fact::object::ReplicaSetChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Controller, Fact};
use wavetank_core::id::{ObjId, PodId, ReplicaSetId, Rev};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::limiter::TokenBucket;
use crate::client::script::Player;
use crate::client::work_queue::WorkQueue;
use crate::message::call::Request;
use crate::plan::settings::ControllerSettings;

/// The kind of timer of a client that waits for its rate limit; controllers number theirs from 0.
pub(super) const SEND_TIMER: u16 = u16::MAX;
/// How many controllers there are.
const COUNT: usize = 9;

/// The desks of all controllers.
#[derive(Debug)]
pub(super) struct Desks([Desk; COUNT]);

/// The desk of one controller.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) queue: WorkQueue,
    /// How often a key is tried before it is dropped (C100).
    pub(super) tries: u32,
    /// The scripts that are being played, by their keys.
    pub(super) runs: FxHashMap<ObjId, Run>,
    pub(super) client: Client,
    /// Syncs that are to begin: a message of before a restart is not among them.
    starting: Vec<(SimTime, ObjId)>,
}

/// A client with its rate limit (C39).
#[derive(Debug)]
pub(super) struct Client {
    rate: u64,
    burst: u64,
    pub(super) bucket: TokenBucket,
    /// Writes that wait for a token, in order.
    pub(super) waiting: VecDeque<Waiting>,
    /// Tells the timer that is set from those of before a restart.
    pub(super) generation: u32,
}

/// A write that waits for its client's rate limit.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) at: SimTime,
    pub(super) key: ObjId,
    pub(super) number: u32,
    pub(super) request: Request,
}

/// A script that is being played for a key.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) player: Player,
    /// Its writes: their numbers, and what they were, in order.
    pub(super) sent: Vec<(u32, Note)>,
    /// The newest revisions of the objects that it has written.
    pub(super) written: Vec<(ObjId, Rev)>,
    pub(super) again_at: Option<SimTime>,
    pub(super) failed: bool,
    pub(super) gone: bool,
}

/// What a write was: what has to be known of it when its answer comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Note {
    /// The creation of a pod.
    CreatePod,
    /// The deletion of a pod.
    DeletePod(PodId),
    /// A change of a pod's owner.
    AdoptPod,
    /// A write of a ReplicaSet's status.
    SetStatus,
    /// The creation of a ReplicaSet of this size.
    CreateSet(u32),
    /// A ReplicaSet's change of size.
    Scale {
        /// The size before.
        from: u32,
        /// The size after.
        to: u32,
    },
    /// Anything else.
    Other,
}

impl Note {
    pub(super) fn of(request: &Request, view: View<'_>) -> Self {
        let size = |id: ReplicaSetId| view.replica_set(id).map_or(0, |set| set.replicas);
        match request {
            Request::CreatePod(_) => Self::CreatePod,
            Request::DeletePod(pod, ..) => Self::DeletePod(*pod),
            Request::CreateReplicaSet(new) => Self::CreateSet(new.replicas),
            Request::Update(Fact::PodChanged(_, PodChange::Owner(_)), _) => Self::AdoptPod,
            Request::Update(Fact::ReplicaSetChanged(set, change), _) => match change {
                ReplicaSetChange::Status(_) => Self::SetStatus,
                ReplicaSetChange::Scaled { replicas, .. } => Self::Scale {
                    from: size(*set),
                    to: *replicas,
                },
                ReplicaSetChange::Meta(_)
                | ReplicaSetChange::Revision(_)
                | ReplicaSetChange::Spec(_) => Self::Other,
            },
            Request::CreateNode(_)
            | Request::CreateDeployment(_)
            | Request::CreateService(_)
            | Request::CreateSlice(..)
            | Request::CreateOther(_)
            | Request::Bind(..)
            | Request::PodStatus(..)
            | Request::Update(..)
            | Request::Delete(..)
            | Request::Evict(..) => Self::Other,
        }
    }
}

impl Run {
    /// What the write of this number was, if it is of this run.
    pub(super) fn note(&self, number: u32) -> Option<Note> {
        let first = self.sent.first()?.0;
        let ordinal = |number: u32| number.wrapping_sub(first);
        let place = self
            .sent
            .binary_search_by_key(&ordinal(number), |it| ordinal(it.0));
        Some(self.sent[place.ok()?].1)
    }

    /// Notes that an object has a new revision.
    pub(super) fn wrote(&mut self, object: ObjId, rev: Rev) {
        match self.written.iter_mut().find(|known| known.0 == object) {
            Some(known) => known.1 = rev,
            None => self.written.push((object, rev)),
        }
    }
}

impl Client {
    fn new(rate: u64, burst: u64) -> Self {
        Self {
            rate,
            burst,
            bucket: TokenBucket::new(rate, burst),
            waiting: VecDeque::new(),
            generation: 0,
        }
    }
}

impl Desk {
    fn new(queue: WorkQueue, tries: u32, client: Client) -> Self {
        Self {
            queue,
            tries,
            runs: FxHashMap::default(),
            client,
            starting: Vec::new(),
        }
    }

    /// Notes that a sync begins at `at`.
    pub(super) fn starts(&mut self, key: ObjId, at: SimTime) {
        self.starting.push((at, key));
    }

    /// Whether a sync that is to begin now is one of this process.
    pub(super) fn has_started(&mut self, key: ObjId, now: SimTime) -> bool {
        let place = self.starting.iter().position(|it| *it == (now, key));
        place.is_some_and(|place| {
            self.starting.swap_remove(place);
            true
        })
    }

    fn reset(&mut self) {
        self.queue.reset();
        self.runs.clear();
        self.starting.clear();
        let client = &mut self.client;
        client.bucket = TokenBucket::new(client.rate, client.burst);
        client.waiting.clear();
        client.generation = client.generation.wrapping_add(1);
    }
}

impl Desks {
    /// The desks, with the workers of C40 and the rates of C39.
    pub(super) fn new(settings: &ControllerSettings) -> Self {
        let (rate, burst) = (settings.api_qps, settings.api_burst);
        let second = SimDuration::from_secs(1);
        let longest = SimDuration::from_secs(1_000);
        let plain =
            |workers| Desk::new(WorkQueue::new(workers), u32::MAX, Client::new(rate, burst));
        let deployment = Desk {
            tries: 15, // C100
            ..plain(5)
        };
        let endpoint_slice = Desk {
            queue: WorkQueue::with_limits(5, second, longest), // C197
            tries: 15,
            ..plain(5)
        };
        let taint_eviction = Desk {
            queue: WorkQueue::with_limits(
                8,
                SimDuration::from_millis(10),
                SimDuration::from_millis(10),
            ),
            tries: 5, // C189
            ..plain(8)
        };
        // Twice the rate, and every deletion is a GET and a DELETE (C39, C172).
        let garbage = plain(20);
        let namespace = Desk {
            queue: WorkQueue::with_limits(
                10,
                SimDuration::from_millis(5),
                SimDuration::from_secs(60),
            ),
            client: Client::new(20 * rate, 100 * burst), // C39
            ..plain(10)
        };
        Self([
            deployment,
            plain(5),
            endpoint_slice,
            plain(8),
            taint_eviction,
            garbage,
            plain(1),
            namespace,
            plain(5), // volumes
        ])
    }

    /// The desk of a controller.
    ///
    /// # Panics
    ///
    /// For a controller that the model does not have.
    pub(super) fn of(&mut self, controller: Controller) -> &mut Desk {
        let place = if controller == Controller::PersistentVolume {
            COUNT - 1
        } else {
            controller as usize
        };
        &mut self.0[place]
    }

    pub(super) fn reset(&mut self) {
        for desk in &mut self.0 {
            desk.reset();
        }
    }
}
