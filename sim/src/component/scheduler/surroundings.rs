//! What the scheduler's other informers bring: namespaces, Services, ReplicaSets, budgets. None of
//! them wakes a pod (S38).

use wavetank_core::id::{Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::other::Other;
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::object::service::Service;
use wavetank_core::object::spec::Spec;
use wavetank_core::object::workload::ReplicaSet;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::NANOS_PER_SECOND;

use super::Scheduler;
use super::decision::cluster::Budget;
use super::decision::node::PlacedPod;
use super::decision::shape::{OwnerKind, ShapeId};
use crate::component::apiserver::allowance;

impl Scheduler {
    /// Everything that the informers list at the start.
    pub(super) fn list_surroundings(&mut self, view: View<'_>) {
        for (_, service) in view.services() {
            self.service_changed(None, Some(service), view);
        }
        for (_, set) in view.replica_sets() {
            self.set_changed(None, Some(set), view);
        }
        for (id, other) in view.others() {
            self.other_changed(id, None, Some(other), view);
        }
    }

    /// A Service was added, changed or removed (S104).
    pub(super) fn service_changed(
        &mut self,
        before: Option<&Service>,
        after: Option<&Service>,
        view: View<'_>,
    ) {
        let Some(meta) = after.or(before).map(|service| &service.meta) else {
            return;
        };
        let (namespace, name) = name(meta, view);
        let selector =
            after.and_then(
                |service| match &view.definitions().get_spec(service.spec).spec {
                    Spec::Service(spec) => spec.selector.clone(),
                    _ => None,
                },
            );
        self.snapshot.around.set_service(namespace, &name, selector);
    }

    /// A ReplicaSet was added, changed or removed (S104).
    pub(super) fn set_changed(
        &mut self,
        before: Option<&ReplicaSet>,
        after: Option<&ReplicaSet>,
        view: View<'_>,
    ) {
        let Some(meta) = after.or(before).map(|set| &set.meta) else {
            return;
        };
        let is_status = before
            .zip(after)
            .is_some_and(|(old, new)| old.spec == new.spec);
        if is_status {
            return;
        }
        let (namespace, name) = name(meta, view);
        let selector = after.and_then(|set| match &view.definitions().get_spec(set.spec).spec {
            Spec::ReplicaSet(spec) => Some(spec.selector.clone()),
            _ => None,
        });
        let kind = OwnerKind::ReplicaSet;
        let around = &mut self.snapshot.around;
        around.set_controller(namespace, kind, &name, selector);
    }

    /// A namespace was added, changed or removed. Budgets are looked up when they are needed.
    pub(super) fn other_changed(
        &mut self,
        id: OtherId,
        before: Option<&Other>,
        after: Option<&Other>,
        view: View<'_>,
    ) {
        if view.other_kind(id) != Kind::Namespace {
            return;
        }
        let Some(meta) = after.or(before).map(|other| &other.meta) else {
            return;
        };
        let labels = after.map(|other| view.definitions().get_set(other.meta.labels).clone());
        let (_, name) = name(meta, view);
        self.snapshot.around.set_namespace(&name, labels);
    }

    /// The budgets as the disruption controller left them, for a dry run (S149).
    pub(super) fn list_budgets(&mut self, view: View<'_>) {
        for (id, other) in view.others() {
            if view.other_kind(id) != Kind::PodDisruptionBudget {
                continue;
            }
            let Spec::PodDisruptionBudget(spec) = &view.definitions().get_spec(other.spec).spec
            else {
                continue;
            };
            let (allowed, ..) = allowance(view, other.meta.namespace, spec);
            let (namespace, name) = name(&other.meta, view);
            let budget = Budget {
                selector: spec.selector.clone(),
                allowed: i32::try_from(allowed).unwrap_or(i32::MAX),
                disrupted: Vec::new(),
            };
            self.snapshot
                .around
                .set_budget(namespace, &name, Some(budget));
        }
    }

    /// Forgets the budgets again: the next dry run lists them anew.
    pub(super) fn forget_budgets(&mut self) {
        self.snapshot.around.clear_budgets();
    }
}

/// Namespace and name.
fn name<'a>(meta: &Meta, view: View<'a>) -> (&'a str, String) {
    let name = meta.name.text(&view.definitions().texts);
    (view.text(meta.namespace), name)
}

/// What the scheduler reads of a pod on a node.
pub(super) fn placed(id: PodId, pod: &Pod, shape: ShapeId) -> PlacedPod {
    let disruption = pod.condition(PodConditionType::DisruptionTarget);
    let nanos = |seconds: u32| i64::from(seconds) * NANOS_PER_SECOND.cast_signed();
    PlacedPod {
        pod: id,
        shape,
        started: pod.started.map(|stamp| nanos(stamp.0)),
        terminating: pod.deletion.is_some(),
        preempted: disruption.status.is_true()
            && disruption.reason == known::PREEMPTION_BY_SCHEDULER,
    }
}

/// The ReplicaSet that owns a pod, if one does.
pub(super) fn owner(pod: &Pod, view: View<'_>) -> Option<(OwnerKind, String)> {
    let owner: ObjId = pod.owner?;
    let set = ReplicaSetId::try_from(owner).ok()?;
    Some((OwnerKind::ReplicaSet, view.stored_name(set.into())?))
}

/// The node that a pod is nominated to, as its status says.
pub(super) fn nomination(id: PodId, view: View<'_>) -> Option<NodeId> {
    view.pod(id)?.nominated
}
