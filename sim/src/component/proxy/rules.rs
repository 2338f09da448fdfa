//! Rules: which pods a new connection to a Service may go to.

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{MetaChange, ServiceChange, SliceChange};
use wavetank_core::id::{NodeId, PodId, ServiceId};
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::service::{EndpointSlice, SlicePort};
use wavetank_core::object::spec::{ServicePort, Spec};
use wavetank_core::state::view::View;

/// A pod that the rules send connections to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Backend {
    /// Its address.
    pub ip: PodIp,
    /// The port there.
    pub port: u16,
    /// The pod.
    pub pod: PodId,
    /// Its node: what the Local policies and the hints of topology will ask for.
    pub node: Option<NodeId>,
}

/// The backends of a Service's port (none: its first) in rules made from this view, in a fixed order: the
/// ready ones; if there is none, those that serve although they are terminating; else none (C221, EP-7).
///
/// `None` when there is no such Service or port: then there are no rules for its address.
#[must_use]
pub fn backends(view: View<'_>, service: ServiceId, port: Option<u16>) -> Option<Vec<Backend>> {
    let known = view.service(service)?;
    let definition = view.definitions().get_spec(known.spec);
    let Spec::Service(spec) = &definition.spec else {
        return None;
    };
    let port = match port {
        Some(number) => spec.ports.iter().find(|port| port.port == number)?,
        None => spec.ports.first()?,
    };
    let mut list = select(view, service, port, |ready, _, _| ready);
    if list.is_empty() {
        list = select(view, service, port, |_, serving, terminating| {
            serving && terminating
        });
    }
    // Slices of a Service are merged, and an address in two of them counts once (C224).
    list.sort_unstable();
    list.dedup_by_key(|backend| (backend.ip, backend.port));
    Some(list)
}

fn select(
    view: View<'_>,
    service: ServiceId,
    port: &ServicePort,
    is_chosen: impl Fn(bool, bool, bool) -> bool,
) -> Vec<Backend> {
    let mut list = Vec::new();
    for (_, slice) in view.slices_of(service) {
        let Some(target) = target(slice, port) else {
            continue;
        };
        let chosen = slice
            .endpoints
            .iter()
            .filter(|endpoint| is_chosen(endpoint.ready, endpoint.serving, endpoint.terminating))
            .map(|endpoint| Backend {
                ip: endpoint.ip,
                port: target.port,
                pod: endpoint.pod,
                node: endpoint.node,
            });
        list.extend(chosen);
    }
    list
}

/// The slice's port of the same name and protocol (C212).
fn target<'a>(slice: &'a EndpointSlice, port: &ServicePort) -> Option<&'a SlicePort> {
    slice
        .ports
        .iter()
        .find(|target| target.name == port.name && target.protocol == port.protocol)
}

/// How many endpoints a write changes, if it changes what proxies have to program: metadata does not, the
/// end of an object does.
#[must_use]
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
pub fn programmed(fact: &Fact) -> Option<u32> {
    let count = |length: usize| Some(u32::try_from(length).unwrap_or(u32::MAX));
    match fact {
        Fact::ServiceCreated(..)
        | Fact::ServiceChanged(
            _,
            ServiceChange::Spec(_) | ServiceChange::Meta(MetaChange::Removed),
        )
        | Fact::SliceChanged(_, SliceChange::Meta(MetaChange::Removed)) => Some(0),
        Fact::SliceCreated(_, new) => count(new.endpoints.len()),
        Fact::SliceChanged(_, SliceChange::Endpoints(changes)) => count(changes.len()),
        _ => None,
    }
}
