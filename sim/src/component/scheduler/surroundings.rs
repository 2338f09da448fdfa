//! What the scheduler's other informers bring: namespaces, Services, ReplicaSets, budgets. None of
//! them wakes a pod; what has to do with volumes may (S38). And the cache as a whole, for those who ask about a decision afterwards.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wavetank_core::id::{
    Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, SetId, TemplateId, TextId,
};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::other::Other;
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::object::service::Service;
use wavetank_core::object::spec::Spec;
use wavetank_core::object::workload::ReplicaSet;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::NANOS_PER_SECOND;

use super::decision::Request;
use super::decision::cluster::{Budget, Surroundings};
use super::decision::node::PlacedPod;
use super::decision::shape::{OwnerKind, PodShape, ShapeId};
use super::decision::snapshot::Snapshot;
use super::watch::row;
use crate::component::apiserver::allowance;

/// The shapes of pods, by namespace, labels, template and owner. Looked up, never iterated.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes(FxHashMap<(TextId, SetId, TemplateId, Option<ObjId>), ShapeId>);

impl Shapes {
    /// The shape of a pod.
    pub(super) fn of(
        &mut self,
        id: PodId,
        pod: &Pod,
        view: View<'_>,
        snapshot: &mut Snapshot,
    ) -> ShapeId {
        let namespace = view.pod_identity(id).namespace;
        let key = (namespace, pod.labels, pod.template, pod.owner);
        if let Some(shape) = self.0.get(&key) {
            return *shape;
        }
        let definitions = view.definitions();
        let labels = definitions.get_set(pod.labels).clone();
        let template = definitions.get_template(pod.template).clone();
        let mut shape = PodShape::new(view.text(namespace), labels, template);
        if let Some((kind, name)) = owner(pod, view) {
            shape = shape.owned_by(kind, &name);
        }
        let shape = snapshot.add_shape(shape);
        self.0.insert(key, shape);
        shape
    }
}

/// The cache of a scheduler that knows `view`, and has put these pods on nodes without having seen their
/// bindings; and the request for `pod`, which it is to place. None when it does not know the pod.
#[must_use]
pub fn cache(
    view: View<'_>,
    assumed: &BTreeMap<PodId, NodeId>,
    pod: PodId,
    percentage: u32,
) -> Option<(Snapshot, Request)> {
    let mut snapshot = Snapshot::default();
    let mut shapes = Shapes::default();
    snapshot.around.list(view);
    snapshot.around.list_budgets(view);
    for (id, node) in view.nodes() {
        snapshot.set_node(id, row(node, view));
    }
    for (id, pod) in view.pods().filter(|it| !it.1.phase.is_terminal()) {
        let shape = shapes.of(id, pod, view, &mut snapshot);
        let node = pod.node.or_else(|| assumed.get(&id).copied());
        if let Some(node) = node {
            snapshot.add_pod(node, placed(id, pod, shape));
        } else if pod.nominated.is_some() {
            snapshot.around.nominate(id, shape, pod.nominated);
        }
    }
    let found = view.pod(pod)?;
    let shape = shapes.of(pod, found, view, &mut snapshot);
    let request = Request {
        pod,
        shape,
        nominated: found.nominated,
        percentage,
    };
    snapshot.refresh();
    Some((snapshot, request))
}

impl Surroundings {
    /// Everything that the informers list at the start.
    pub(super) fn list(&mut self, view: View<'_>) {
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
        let spec = after.map(|service| &view.definitions().get_spec(service.spec).spec);
        let selector = match spec {
            Some(Spec::Service(spec)) => spec.selector.clone(),
            Some(_) | None => None,
        };
        self.set_service(namespace, &name, selector);
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
        let spec = after.map(|set| &view.definitions().get_spec(set.spec).spec);
        let selector = match spec {
            Some(Spec::ReplicaSet(spec)) => Some(spec.selector.clone()),
            Some(_) | None => None,
        };
        let kind = OwnerKind::ReplicaSet;
        self.set_controller(namespace, kind, &name, selector);
    }

    /// A namespace was added, changed or removed, or something that has to do with volumes. Budgets are
    /// looked up when they are needed.
    pub(super) fn other_changed(
        &mut self,
        id: OtherId,
        before: Option<&Other>,
        after: Option<&Other>,
        view: View<'_>,
    ) {
        let Some(meta) = after.or(before).map(|other| &other.meta) else {
            return;
        };
        if view.other_kind(id) != Kind::Namespace {
            return self.storage_changed(id, meta, after, view);
        }
        let labels = after.map(|other| view.definitions().get_set(other.meta.labels).clone());
        let (_, name) = name(meta, view);
        self.set_namespace(&name, labels);
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
            self.set_budget(namespace, &name, Some(budget));
        }
    }
}

/// Namespace and name.
pub(super) fn name<'a>(meta: &Meta, view: View<'a>) -> (&'a str, String) {
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
fn owner(pod: &Pod, view: View<'_>) -> Option<(OwnerKind, String)> {
    let owner: ObjId = pod.owner?;
    let set = ReplicaSetId::try_from(owner).ok()?;
    Some((OwnerKind::ReplicaSet, view.stored_name(set.into())?))
}

/// The node that a pod is nominated to, as its status says.
pub(super) fn nomination(id: PodId, view: View<'_>) -> Option<NodeId> {
    view.pod(id)?.nominated
}
