//! What a pod is as an endpoint (C199, C200, C212).

use wavetank_core::id::{PodId, TemplateId};
use wavetank_core::label::Selector;
use wavetank_core::object::pod::Pod;
use wavetank_core::object::service::{Endpoint, Service, SlicePort};
use wavetank_core::object::spec::ServiceSpec;
use wavetank_core::object::template::{PodSpec, PortRef, RestartPolicy};
use wavetank_core::state::view::View;

/// What was found of the pods that were looked at.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Pods that are to be listed: their ports' place in `port_sets`, and the endpoint.
    pub(super) listed: Vec<(usize, Endpoint)>,
    /// Pods that are not.
    pub(super) unlisted: Vec<PodId>,
    /// Pods whose node is not known: to be looked at again (C200).
    pub(super) retry: Vec<PodId>,
    /// Distinct port sets, in the order in which they were found.
    pub(super) port_sets: Vec<Vec<SlicePort>>,
    /// The place of each template's ports.
    templates: Vec<(TemplateId, usize)>,
}

impl Found {
    /// Looks at a pod.
    pub(super) fn look(
        &mut self,
        id: PodId,
        service: &Service,
        spec: &ServiceSpec,
        selector: &Selector,
        view: View<'_>,
    ) {
        let is_selected = |pod: &Pod| {
            view.pod_identity(id).namespace == service.meta.namespace
                && selector.matches(view.definitions().get_set(pod.labels))
        };
        let is_listed = |pod: &Pod| pod.ip.is_some() && !pod.phase.is_terminal();
        let Some(pod) = view
            .pod(id)
            .filter(|pod| is_listed(pod) && is_selected(pod))
        else {
            return self.unlisted.push(id);
        };
        let node_is_known = pod.node.is_none_or(|node| view.node(node).is_some());
        if !node_is_known && !spec.publish_not_ready {
            self.retry.push(id);
            return self.unlisted.push(id);
        }
        let serving = pod.is_ready();
        let terminating = pod.deletion.is_some();
        let endpoint = Endpoint {
            pod: id,
            ip: pod.ip,
            node: pod.node,
            ready: spec.publish_not_ready || (serving && !terminating),
            serving,
            terminating,
        };
        let ports = self.ports(pod, spec, view);
        self.listed.push((ports, endpoint));
    }

    /// The place of a pod's ports.
    fn ports(&mut self, pod: &Pod, spec: &ServiceSpec, view: View<'_>) -> usize {
        let known = self.templates.iter().find(|it| it.0 == pod.template);
        if let Some((_, place)) = known {
            return *place;
        }
        let ports = resolve(spec, view.pod_spec(pod));
        let place = self.port_set(ports);
        self.templates.push((pod.template, place));
        place
    }

    /// The place of a port set.
    pub(super) fn port_set(&mut self, ports: Vec<SlicePort>) -> usize {
        let known = self.port_sets.iter().position(|it| *it == ports);
        known.unwrap_or_else(|| {
            self.port_sets.push(ports);
            self.port_sets.len() - 1
        })
    }
}

/// The ports of a Service at a pod: without those whose name the pod does not have (C212).
fn resolve(service: &ServiceSpec, pod: &PodSpec) -> Vec<SlicePort> {
    let sidecars = pod
        .init_containers
        .iter()
        .filter(|container| container.restart_policy == Some(RestartPolicy::Always));
    let containers = || pod.containers.iter().chain(sidecars.clone());
    let number = |target: &PortRef, protocol| match target {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => containers()
            .flat_map(|container| &container.ports)
            .find(|port| port.name == *name && port.protocol == protocol)
            .map(|port| port.port),
    };
    service
        .ports
        .iter()
        .filter_map(|port| {
            Some(SlicePort {
                name: port.name.clone(),
                port: number(&port.target, port.protocol)?,
                protocol: port.protocol,
            })
        })
        .collect()
}
