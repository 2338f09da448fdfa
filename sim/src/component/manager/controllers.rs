//! The controllers behind the desks: which of them an event, a key or an answer belongs to.

use wavetank_core::draw::Key;
use wavetank_core::fact::{Controller, Refusal};
use wavetank_core::id::{ObjId, Rev};
use wavetank_core::state::view::View;

use super::desk::Note;
use super::event::{PodEvent, Wakes};
use crate::client::script::Script;
use crate::component::deployment::Deployments;
use crate::component::endpointslice::EndpointSlices;
use crate::component::garbagecollector::GarbageCollector;
use crate::component::kubelet::lease::Leases;
use crate::component::namespace::Namespaces;
use crate::component::nodelifecycle::NodeLifecycle;
use crate::component::persistentvolume::PersistentVolumes;
use crate::component::podgc::PodGarbageCollector;
use crate::component::replicaset::ReplicaSets;
use crate::component::tainteviction::TaintEviction;
use crate::engine::context::Context;
use crate::message::ControllerTimer;
use crate::message::call::Answer;
use crate::network::Watched;
use crate::plan::Plan;

/// The controllers, each with what it remembers.
#[derive(Debug)]
pub(super) struct Controllers {
    deployments: Deployments,
    replica_sets: ReplicaSets,
    endpoint_slices: EndpointSlices,
    node_lifecycle: NodeLifecycle,
    taint_eviction: TaintEviction,
    garbage: GarbageCollector,
    pod_garbage: PodGarbageCollector,
    namespaces: Namespaces,
    volumes: PersistentVolumes,
}

impl Controllers {
    pub(super) fn new(plan: &Plan, key: &Key) -> Self {
        Self {
            deployments: Deployments::default(),
            replica_sets: ReplicaSets::new(key),
            endpoint_slices: EndpointSlices::default(),
            node_lifecycle: NodeLifecycle::new(plan, key),
            taint_eviction: TaintEviction::default(),
            garbage: GarbageCollector,
            pod_garbage: PodGarbageCollector::default(),
            namespaces: Namespaces,
            volumes: PersistentVolumes::default(),
        }
    }

    /// The process starts: every controller lists what there is.
    pub(super) fn restart(
        &mut self,
        view: View<'_>,
        leases: &Leases,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        self.deployments.restart(view, wakes);
        self.replica_sets.restart(view, wakes);
        self.endpoint_slices.restart(view, wakes);
        self.node_lifecycle.restart(view, leases, ctx, wakes);
        self.taint_eviction.restart(view, ctx, wakes);
        self.garbage.restart(view, wakes);
        self.pod_garbage.restart(view, ctx, wakes);
        self.namespaces.restart(view, ctx, wakes);
        self.volumes.restart(view, wakes);
    }

    /// The handlers of an informer's events.
    pub(super) fn on_watch(
        &mut self,
        watched: Watched,
        from: Rev,
        view: View<'_>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        match watched {
            Watched::Pods => {
                for change in view.pod_changes(from) {
                    let event = PodEvent::new(&change);
                    self.replica_sets.on_pod(&event, view, wakes);
                    self.deployments.on_pod(&event, view, wakes);
                    self.endpoint_slices.on_pod(&event, view, wakes);
                    self.node_lifecycle.on_pod(&event, view, wakes);
                    self.taint_eviction.on_pod(&event, view, ctx, wakes);
                    self.garbage.on_pod(&event, view, wakes);
                }
            }
            Watched::Nodes => {
                for change in view.node_changes(from) {
                    self.node_lifecycle.on_node(&change, ctx, wakes);
                    self.taint_eviction.on_node(&change, view, ctx, wakes);
                    self.pod_garbage.on_node(&change, ctx, wakes);
                }
            }
            Watched::ReplicaSets => {
                for change in view.replica_set_changes(from) {
                    self.replica_sets.on_set(&change, view, wakes);
                    self.deployments.on_set(&change, wakes);
                    self.garbage.on_set(&change, view, wakes);
                }
            }
            Watched::Deployments => {
                for change in view.deployment_changes(from) {
                    self.deployments.on_deployment(&change, wakes);
                    self.garbage.on_deployment(&change, view, wakes);
                }
            }
            Watched::Services => {
                for change in view.service_changes(from) {
                    self.endpoint_slices.on_service(&change, wakes);
                    self.garbage.on_service(&change, view, wakes);
                }
            }
            Watched::Slices => {
                for change in view.slice_changes(from) {
                    self.endpoint_slices.on_slice(&change, ctx, wakes);
                }
            }
            Watched::Others => {
                for change in view.other_changes(from) {
                    self.namespaces.on_other(&change, view, ctx, wakes);
                    self.volumes.on_other(&change, view, wakes);
                    self.garbage.on_other(&change, view, wakes);
                }
            }
        }
    }

    /// One decision of a controller about a key.
    #[allow(clippy::wildcard_enum_match_arm)] // the other controllers have no desk
    pub(super) fn sync(
        &mut self,
        controller: Controller,
        key: ObjId,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Script {
        match controller {
            Controller::Deployment => self.deployments.sync(key, view, ctx),
            Controller::ReplicaSet => self.replica_sets.sync(key, view, ctx),
            Controller::EndpointSlice => self.endpoint_slices.sync(key, view, ctx),
            Controller::NodeLifecycle => self.node_lifecycle.sync(key, view, ctx),
            Controller::TaintEviction => self.taint_eviction.sync(key, view, ctx),
            Controller::GarbageCollector => self.garbage.sync(key, view, ctx),
            Controller::PodGarbageCollector => self.pod_garbage.sync(key, view, ctx),
            Controller::Namespace => self.namespaces.sync(key, view, ctx),
            Controller::PersistentVolume => self.volumes.sync(key, view, ctx),
            other => unreachable!("the model has no controller {other:?}"),
        }
    }

    /// An answer to a write: what the controller remembers of it, and whether it is an error to it.
    #[allow(clippy::wildcard_enum_match_arm)] // the other controllers have no desk
    pub(super) fn answered(
        &mut self,
        controller: Controller,
        key: ObjId,
        note: Note,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Option<Refusal> {
        match controller {
            Controller::Deployment => Deployments::answered(key, note, answer, ctx),
            Controller::ReplicaSet => self.replica_sets.answered(key, note, answer, view, ctx),
            Controller::EndpointSlice => self.endpoint_slices.answered(key, answer),
            Controller::NodeLifecycle => self.node_lifecycle.answered(key, answer),
            Controller::PersistentVolume => self.volumes.answered(key, answer),
            // What is gone needs no deletion.
            Controller::TaintEviction
            | Controller::GarbageCollector
            | Controller::PodGarbageCollector
            | Controller::Namespace => answer.err().filter(|refusal| *refusal != Refusal::NotFound),
            other => unreachable!("the model has no controller {other:?}"),
        }
    }

    /// Writes of a slow start will never be sent (C43).
    pub(super) fn skipped(&mut self, controller: Controller, key: ObjId, count: usize) {
        if controller == Controller::ReplicaSet {
            self.replica_sets.skipped(key, count);
        }
    }

    /// A timer of a controller went off.
    pub(super) fn on_timer(
        &mut self,
        controller: Controller,
        timer: ControllerTimer,
        view: View<'_>,
        leases: &Leases,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        if controller == Controller::NodeLifecycle {
            self.node_lifecycle
                .on_timer(timer, view, leases, ctx, wakes);
        }
    }
}
