//! The profiles of a scheduler at work: one queue, one cache, one place where the next search begins.

use wavetank_core::id::{NodeId, PodId};

use super::{DEFAULT_NAME, SchedulerProfile};
use crate::component::scheduler::custom::{Placed, Placement};
use crate::component::scheduler::decision::fit_error::FitError;
use crate::component::scheduler::decision::framework::Framework;
use crate::component::scheduler::decision::preemption::PostFilter;
use crate::component::scheduler::decision::shape::{PodShape, ShapeId};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Rejectors;
use crate::component::scheduler::decision::{Outcome, Profile, Request};
use crate::component::scheduler::event::ClusterEvent;
use crate::component::scheduler::plugin::PluginId;

/// The profiles of a scheduler.
#[derive(Debug)]
pub struct Profiles {
    list: Vec<Slot>,
    /// Where the next search begins, whosever it is (S62).
    next_start: u32,
}

#[derive(Debug)]
struct Slot {
    name: Box<str>,
    profile: Profile,
    placement: Option<(PluginId, Box<dyn Placement>)>,
}

impl Profiles {
    /// Profiles whose first search begins at the first node.
    #[must_use]
    pub fn new(profiles: &[SchedulerProfile]) -> Self {
        let slot = |given: &SchedulerProfile| {
            let mut profile = Profile::new(given.percentage);
            profile.framework = given.framework.clone();
            let placement = given.placement.as_ref();
            Slot {
                name: given.name.clone(),
                profile,
                placement: placement.map(|user| (user.id, (user.make)())),
            }
        };
        Self {
            list: profiles.iter().map(slot).collect(),
            next_start: 0,
        }
    }

    /// Whether pods of this `schedulerName` are for this scheduler (S15).
    #[must_use]
    pub fn knows(&self, scheduler_name: &str) -> bool {
        self.find(scheduler_name).is_some()
    }

    /// Where the next search begins (S62).
    #[must_use]
    pub const fn next_start(&self) -> u32 {
        self.next_start
    }

    /// The plugins of the pod's profile.
    #[must_use]
    pub fn framework(&self, pod: &PodShape) -> &Framework {
        &self.list[self.of(pod)].profile.framework
    }

    /// Chooses a node for a pod.
    pub fn decide(
        &mut self,
        snapshot: &mut Snapshot,
        pod: PodId,
        shape: ShapeId,
        nominated: Option<NodeId>,
    ) -> Outcome {
        let place = self.of(snapshot.shape(shape));
        let slot = &mut self.list[place];
        if let Some((id, placement)) = &mut slot.placement {
            snapshot.refresh();
            if snapshot.list().is_empty() {
                return Outcome::NoNodes; // S52
            }
            let request = Request {
                pod,
                shape,
                nominated,
                percentage: slot.profile.percentage,
            };
            let placed = placement.place(snapshot, &slot.profile.framework, &request);
            return outcome(placed, *id, snapshot);
        }
        slot.profile.next_start = self.next_start;
        let outcome = slot.profile.decide(snapshot, pod, shape, nominated);
        self.next_start = slot.profile.next_start;
        outcome
    }

    /// What is tried when no node fits: what the profile's plugins say, if it was they who rejected.
    #[must_use]
    pub fn post_filter(
        &mut self,
        snapshot: &Snapshot,
        pod: PodId,
        shape: ShapeId,
        nominated: Option<NodeId>,
        error: &FitError,
        offset: u64,
    ) -> PostFilter {
        let place = self.of(snapshot.shape(shape));
        let slot = &mut self.list[place];
        let placement = slot.placement.as_ref();
        if placement.is_some_and(|(id, _)| error.rejectors.contains(*id)) {
            return PostFilter {
                text: String::new(),
                preemption: None,
                keeps_nomination: true,
            };
        }
        let profile = &mut slot.profile;
        profile.post_filter(snapshot, pod, shape, nominated, error, offset)
    }

    /// Whether one of those who rejected a pod says that the event is worth another attempt (S30).
    #[must_use]
    pub fn is_worth(
        &self,
        rejectors: Rejectors,
        shape: ShapeId,
        event: &ClusterEvent<'_>,
        snapshot: &Snapshot,
    ) -> bool {
        let pod = snapshot.shape(shape);
        let slot = &self.list[self.of(pod)];
        let mut filters = slot.profile.framework.filters.iter();
        let placement = slot.placement.as_ref();
        placement.is_some_and(|(id, placement)| {
            rejectors.contains(*id) && placement.is_worth_requeuing(event, pod, snapshot)
        }) || filters.any(|plugin| {
            rejectors.contains(plugin.id()) && plugin.is_worth_requeuing(event, pod, snapshot)
        })
    }

    fn find(&self, scheduler_name: &str) -> Option<usize> {
        let name = match scheduler_name {
            "" => DEFAULT_NAME,
            name => name,
        };
        self.list.iter().position(|slot| *slot.name == *name)
    }

    /// The profile of a pod; for a pod that is for somebody else, the first.
    fn of(&self, pod: &PodShape) -> usize {
        match self.list.len() {
            1 => 0,
            _ => self.find(&pod.spec().scheduler_name).unwrap_or_default(),
        }
    }
}

/// What a user's scheduler decided, as the framework would have.
fn outcome(placed: Placed, id: PluginId, snapshot: &Snapshot) -> Outcome {
    match placed {
        Placed::Node { node, feasible } => Outcome::Chosen { node, feasible },
        Placed::Unfit(error) => Outcome::Unfit(error),
        Placed::Nowhere(reason) => {
            let mut error = FitError {
                nodes: snapshot.node_count(),
                rejected: Some(String::from(reason).into()),
                ..FitError::default()
            };
            error.rejectors.insert(id);
            Outcome::Unfit(Box::new(error))
        }
    }
}
