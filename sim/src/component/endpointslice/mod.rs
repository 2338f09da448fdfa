//! The EndpointSlice controller: which pods are behind a Service, and in which state (C196–C205).

mod endpoints;
mod pack;

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use wavetank_core::fact::{Controller, Refusal};
use wavetank_core::id::{Kind, ObjId, PodId, Rev, ServiceId, SliceId};
use wavetank_core::object::pod::Pod;
use wavetank_core::object::service::{EndpointSlice, Service};
use wavetank_core::object::spec::{ServiceSpec, ServiceType, Spec};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::time::SimDuration;

use crate::client::script::Script;
use crate::component::manager::{PodEvent, Selected, Wakes};
use crate::engine::context::Context;
use crate::message::call::Answer;

/// Who this is.
const SELF: Controller = Controller::EndpointSlice;
/// How long after a foreign write of a slice its Service is looked at (C197).
const FOREIGN_DELAY: SimDuration = SimDuration::from_secs(1);

/// The EndpointSlice controller's memory.
#[derive(Debug, Default)]
pub struct EndpointSlices {
    services: FxHashMap<ServiceId, ServiceState>,
    /// Which Services select pods with a label set.
    selected: Selected,
}

/// What is remembered of one Service.
#[derive(Clone, Debug, Default)]
struct ServiceState {
    /// The newest revision that own writes of slices returned (C197).
    wrote: Rev,
    /// All own revisions that have not come back yet.
    own: Vec<Rev>,
    /// Every pod has to be looked at.
    all: bool,
    /// Pods to look at.
    dirty: BTreeSet<PodId>,
    /// In which slice a pod is listed, as of the slices' cursor.
    place: FxHashMap<PodId, SliceId>,
}

/// What is fixed of a Service.
fn spec_of<'a>(view: View<'a>, service: &Service) -> &'a ServiceSpec {
    let Spec::Service(spec) = &view.definitions().get_spec(service.spec).spec else {
        unreachable!("a Service has such a specification")
    };
    spec
}

impl EndpointSlices {
    /// The process starts: it learns where pods are listed, and looks at every Service.
    pub(crate) fn restart(&mut self, view: View<'_>, wakes: &mut Wakes) {
        self.services.clear();
        self.selected.clear();
        for (id, _) in view.services() {
            let mut state = ServiceState {
                all: true,
                ..ServiceState::default()
            };
            for (slice_id, slice) in view.slices_of(id) {
                let pods = slice.endpoints.iter().map(|it| (it.pod, slice_id));
                state.place.extend(pods);
            }
            self.services.insert(id, state);
            wakes.now(SELF, id);
        }
    }

    /// An event of a Service.
    pub(crate) fn on_service(&mut self, change: &Change<'_, Service>, wakes: &mut Wakes) {
        let id = ServiceId(change.index);
        self.selected.clear();
        if change.after.is_some() {
            self.services.entry(id).or_default().all = true;
        }
        wakes.now(SELF, id);
    }

    /// An event of a slice: only somebody else's write is news (C197).
    pub(crate) fn on_slice(
        &mut self,
        change: &Change<'_, EndpointSlice>,
        ctx: &Context<'_>,
        wakes: &mut Wakes,
    ) {
        let id = SliceId(change.index);
        let Some(slice) = change.after.or(change.before) else {
            return;
        };
        let Some(state) = self.services.get_mut(&slice.service) else {
            return;
        };
        if let Some(before) = change.before {
            let after = change.after.map_or(&[][..], |it| &it.endpoints);
            let kept: FxHashSet<PodId> = after.iter().map(|it| it.pod).collect();
            for endpoint in before.endpoints.iter() {
                if !kept.contains(&endpoint.pod) && state.place.get(&endpoint.pod) == Some(&id) {
                    state.place.remove(&endpoint.pod);
                }
            }
        }
        if let Some(after) = change.after {
            let pods = after.endpoints.iter().map(|it| (it.pod, id));
            state.place.extend(pods);
        }
        let is_own = state.own.contains(&change.rev);
        state.own.retain(|rev| *rev > change.rev);
        if !is_own {
            state.all = true;
            wakes.at(SELF, slice.service, ctx.now + FOREIGN_DELAY);
        }
    }

    /// An event of a pod (C196).
    pub(crate) fn on_pod(&mut self, event: &PodEvent<'_>, view: View<'_>, wakes: &mut Wakes) {
        if self.services.is_empty() {
            return;
        }
        let is_terminating = event.pod().deletion.is_some();
        let matters = is_terminating
            || event.is_creation()
            || event.is_removal()
            || event.deletion_began
            || event.readiness_changed
            || event.ip_changed
            || event.labels_changed;
        if !matters {
            return;
        }
        if event.labels_changed
            && let (Some(before), Some(_)) = (event.before, event.after)
        {
            self.touch(event.id, before, view, wakes);
        }
        self.touch(event.id, event.pod(), view, wakes);
    }

    /// Every Service that selects a pod as it is or was looks at it.
    fn touch(&mut self, id: PodId, pod: &Pod, view: View<'_>, wakes: &mut Wakes) {
        let namespace = view.pod_identity(id).namespace;
        let services = self.selected.of(namespace, pod.labels, || {
            let labels = view.definitions().get_set(pod.labels);
            view.services()
                .filter(|(_, service)| service.meta.namespace == namespace)
                .filter(|(_, service)| {
                    let selector = spec_of(view, service).selector.as_ref();
                    selector.is_some_and(|it| it.matches(labels))
                })
                .map(|(id, _)| id.0)
                .collect()
        });
        for service in services {
            let service = ServiceId(*service);
            if let Some(state) = self.services.get_mut(&service) {
                state.dirty.insert(id);
                wakes.now(SELF, service);
            }
        }
    }

    /// One decision.
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = ServiceId(key.index);
        let Some(service) = view.service(id) else {
            self.services.remove(&id);
            return Script::gone();
        };
        let spec = spec_of(view, service);
        let is_external = spec.kind == ServiceType::ExternalName;
        let Some(selector) = spec.selector.as_ref().filter(|_| !is_external) else {
            return Script::nothing(); // somebody else makes its slices (C208)
        };
        let state = self.services.entry(id).or_default();
        if view.cursors().slices < state.wrote {
            return Script::failure(); // C197
        }
        let pods: Vec<PodId> = if std::mem::take(&mut state.all) {
            let mut pods: Vec<PodId> = state.place.keys().copied().collect();
            let selected = view.pods_selected(service.meta.namespace, selector);
            pods.extend(selected.map(|(pod, _)| pod));
            pods.sort_unstable();
            pods.dedup();
            pods
        } else {
            state.dirty.iter().copied().collect()
        };
        state.dirty.clear();
        let mut found = endpoints::Found::default();
        for pod in pods {
            found.look(pod, service, spec, selector, view);
        }
        state.dirty.extend(found.retry.iter().copied());
        let failed = !found.retry.is_empty();
        let mut script = pack::script(id, service, spec, &state.place, found, view, ctx);
        script.failed = failed; // C200
        script
    }

    /// An answer to a write: what is remembered of own writes. Returns the refusal that counts.
    pub(crate) fn answered(&mut self, key: ObjId, answer: &Answer) -> Option<Refusal> {
        let state = self.services.get_mut(&ServiceId(key.index))?;
        match answer {
            Ok(written) if written.object.kind == Kind::EndpointSlice && written.changed => {
                state.wrote = state.wrote.max(written.rev);
                state.own.push(written.rev);
                None
            }
            Ok(_) => None,
            Err(refusal) => {
                state.all = true;
                Some(*refusal)
            }
        }
    }
}
