//! Endpoints into slices of at most 100 (C201, C202).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{EndpointChange, NewSlice, SliceChange};
use wavetank_core::id::{PodId, Rev, ServiceId, SliceId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::service::{Endpoint, EndpointSlice, Service, SlicePort};
use wavetank_core::object::spec::ServiceSpec;
use wavetank_core::state::view::View;

use super::endpoints::Found;
use crate::client::script::Script;
use crate::engine::context::Context;
use crate::message::call::{Propagation, Request};

/// How many endpoints a slice holds (C201).
const CAPACITY: usize = 100;

/// A slice, and what becomes of it.
struct Plan<'a> {
    id: SliceId,
    slice: &'a EndpointSlice,
    changes: Vec<EndpointChange>,
    /// How many endpoints it will have.
    count: usize,
}

/// The writes that bring the slices of a Service to what was found.
pub(super) fn script(
    id: ServiceId,
    service: &Service,
    spec: &ServiceSpec,
    place: &FxHashMap<PodId, SliceId>,
    mut found: Found,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Script {
    let mut plans: Vec<Plan<'_>> = view
        .slices_of(id)
        .filter(|(_, slice)| slice.meta.deletion.is_none())
        .map(|(id, slice)| Plan {
            id,
            slice,
            changes: Vec::new(),
            count: slice.endpoints.len(),
        })
        .collect();
    let mut new = BTreeMap::new();
    compare(&mut plans, place, &found, &mut new);
    let mut created: Vec<(Vec<SlicePort>, Vec<Endpoint>)> = Vec::new();
    for (ports, endpoints) in new {
        let ports = std::mem::take(&mut found.port_sets[ports]);
        let rest = fill(&mut plans, &ports, endpoints);
        for endpoints in rest.chunks(CAPACITY) {
            created.push((ports.clone(), endpoints.to_vec()));
        }
    }
    let has_endpoints = !created.is_empty() || plans.iter().any(|plan| plan.count > 0);
    if !has_endpoints {
        created.push((Vec::new(), Vec::new())); // the placeholder (C201)
    }
    let mut script = Script::default();
    write(&mut script, plans, created, (id, service, spec), view, ctx);
    script
}

/// Notes the changes of endpoints that are listed already, and collects the new ones by their ports.
fn compare(
    plans: &mut [Plan<'_>],
    place: &FxHashMap<PodId, SliceId>,
    found: &Found,
    new: &mut BTreeMap<usize, Vec<Endpoint>>,
) {
    let find = |pod: PodId| {
        let slice = place.get(&pod)?;
        plans.iter().position(|plan| plan.id == *slice)
    };
    let mut steps = Vec::new();
    for (ports, endpoint) in &found.listed {
        steps.push((find(endpoint.pod), Some((*ports, *endpoint)), endpoint.pod));
    }
    for pod in &found.unlisted {
        steps.push((find(*pod), None, *pod));
    }
    for (plan, wanted, pod) in steps {
        let Some(plan) = plan.map(|place| &mut plans[place]) else {
            if let Some((ports, endpoint)) = wanted {
                new.entry(ports).or_default().push(endpoint);
            }
            continue;
        };
        match wanted {
            Some((ports, endpoint)) if plan.slice.ports[..] == found.port_sets[ports][..] => {
                if !plan.slice.endpoints.contains(&endpoint) {
                    plan.changes.push(EndpointChange::Set(endpoint));
                }
            }
            other => {
                plan.changes.push(EndpointChange::Removed(pod));
                plan.count -= 1;
                if let Some((ports, endpoint)) = other {
                    new.entry(ports).or_default().push(endpoint);
                }
            }
        }
    }
}

/// Adds new endpoints to slices that have room: first those that are written anyway, fullest first; then
/// a single other one that can take all the rest (C201). Returns what is left.
fn fill(
    plans: &mut [Plan<'_>],
    ports: &[SlicePort],
    mut endpoints: Vec<Endpoint>,
) -> Vec<Endpoint> {
    let has_ports = |plan: &Plan<'_>| plan.slice.ports[..] == *ports;
    let mut written: Vec<usize> = (0..plans.len())
        .filter(|place| has_ports(&plans[*place]) && !plans[*place].changes.is_empty())
        .collect();
    written.sort_by_key(|place| std::cmp::Reverse(plans[*place].count));
    for place in written {
        let plan = &mut plans[place];
        let room = CAPACITY.saturating_sub(plan.count).min(endpoints.len());
        let added = endpoints.drain(..room).map(EndpointChange::Set);
        plan.changes.extend(added);
        plan.count += room;
    }
    if endpoints.is_empty() || endpoints.len() >= CAPACITY {
        return endpoints;
    }
    let other = plans
        .iter_mut()
        .filter(|plan| has_ports(plan) && plan.changes.is_empty() && plan.count > 0)
        .filter(|plan| plan.count + endpoints.len() <= CAPACITY)
        .max_by_key(|plan| (plan.count, std::cmp::Reverse(plan.id)));
    if let Some(plan) = other {
        plan.count += endpoints.len();
        plan.changes
            .extend(endpoints.drain(..).map(EndpointChange::Set));
    }
    endpoints
}

/// The writes: creations, updates, deletions, where a slice that would be deleted is used for one that
/// would be created (C202).
fn write(
    script: &mut Script,
    plans: Vec<Plan<'_>>,
    created: Vec<(Vec<SlicePort>, Vec<Endpoint>)>,
    service: (ServiceId, &Service, &ServiceSpec),
    view: View<'_>,
    ctx: &mut Context<'_>,
) {
    let mut created = created.into_iter();
    let (mut updates, mut deletes) = (Vec::new(), Vec::new());
    for plan in plans {
        if plan.count > 0 {
            if !plan.changes.is_empty() {
                let change = SliceChange::Endpoints(plan.changes.into());
                updates.push((plan.id, change));
            }
        } else if let Some((ports, endpoints)) = created.next() {
            let mut changes = plan.changes;
            changes.extend(endpoints.into_iter().map(EndpointChange::Set));
            if plan.slice.ports[..] != ports[..] {
                let change = SliceChange::Ports(Box::new((ports, changes)));
                updates.push((plan.id, change));
            } else if !changes.is_empty() {
                updates.push((plan.id, SliceChange::Endpoints(changes.into())));
            }
        } else {
            deletes.push(plan.id);
        }
    }
    for (ports, endpoints) in created {
        script.write(creation(service, ports, endpoints, view, ctx));
    }
    for (id, change) in updates {
        let rev: Rev = view.slice_rev(id);
        script.write(Request::Update(Fact::SliceChanged(id, change), Some(rev)));
    }
    for id in deletes {
        script.write(Request::Delete(id.into(), Propagation::Background));
    }
}

fn creation(
    (id, service, spec): (ServiceId, &Service, &ServiceSpec),
    ports: Vec<SlicePort>,
    endpoints: Vec<Endpoint>,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Request {
    let definitions = view.definitions();
    let name = service.meta.name.text(&definitions.texts);
    let mut labels = definitions
        .get_set(service.meta.labels)
        .with("kubernetes.io/service-name", &name)
        .with(
            "endpointslice.kubernetes.io/managed-by",
            "endpointslice-controller.k8s.io",
        );
    if spec.headless {
        labels = labels.with("service.kubernetes.io/headless", "");
    }
    let base = ctx.text(&format!("{name}-"));
    let meta = Meta {
        name: service.meta.name, // the server makes one
        namespace: service.meta.namespace,
        created: ctx.stamp(),
        labels: ctx.set(labels),
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        owner: Some(id.into()),
        generation: 1,
        deletion: None,
    };
    let slice = NewSlice {
        meta,
        service: id,
        ports,
        endpoints,
    };
    Request::CreateSlice(Box::new(slice), base)
}
