//! The tables of Services, EndpointSlices and Endpoints.

use serde_json::{Value, json};
use wavetank_core::id::{ObjId, ServiceId, SliceId};
use wavetank_core::object::service::{Endpoint, EndpointSlice, SlicePort};
use wavetank_core::object::spec::{ServiceSpec, ServiceType, Spec};

use super::selector_text;
use crate::report::object::{api_version, protocol};
use crate::report::select::Item;
use crate::report::snapshot::Snapshot;
use crate::report::table::Table;

/// How many endpoints and ports a cell names.
const SHOWN: usize = 3;

/// `type` of a Service.
#[must_use]
pub const fn service_type(kind: ServiceType) -> &'static str {
    match kind {
        ServiceType::ClusterIp => "ClusterIP",
        ServiceType::NodePort => "NodePort",
        ServiceType::LoadBalancer => "LoadBalancer",
        ServiceType::ExternalName => "ExternalName",
    }
}

/// The ports of a Service: `80/TCP,443:30443/TCP`.
#[must_use]
pub fn ports(spec: &ServiceSpec) -> String {
    if spec.ports.is_empty() {
        return "<none>".to_owned();
    }
    let ports: Vec<_> = spec
        .ports
        .iter()
        .map(|port| match port.node_port {
            0 => format!("{}/{}", port.port, protocol(port.protocol)),
            node => format!("{}:{node}/{}", port.port, protocol(port.protocol)),
        })
        .collect();
    ports.join(",")
}

pub(super) fn services(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec![
        "NAME",
        "TYPE",
        "CLUSTER-IP",
        "EXTERNAL-IP",
        "PORT(S)",
        "AGE",
    ];
    if wide {
        headings.push("SELECTOR");
    }
    let mut table = Table::new(&headings);
    for object in objects {
        let Some(service) = view.store().services.newest(object.index) else {
            continue;
        };
        let Spec::Service(spec) = &view.definitions().get_spec(service.spec).spec else {
            continue;
        };
        let address = if spec.headless {
            "None".to_owned()
        } else if service.cluster_ip.is_some() {
            service.cluster_ip.to_string()
        } else {
            "<none>".to_owned()
        };
        let external = match spec.kind {
            ServiceType::LoadBalancer => "<pending>",
            ServiceType::ClusterIp | ServiceType::NodePort | ServiceType::ExternalName => "<none>",
        };
        let mut row = vec![
            view.name(*object),
            service_type(spec.kind).to_owned(),
            address,
            external.to_owned(),
            ports(spec),
            view.age(service.meta.created),
        ];
        if wide {
            row.push(selector_text(spec.selector.as_ref()));
        }
        table.rows.push(row);
    }
    table
}

pub(super) fn slices(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let mut table = Table::new(&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"]);
    for object in objects {
        let Some(slice) = view.store().slices.newest(object.index) else {
            continue;
        };
        let ports: Vec<_> = slice
            .ports
            .iter()
            .map(|port| port.port.to_string())
            .collect();
        let endpoints: Vec<_> = slice.endpoints.iter().map(|it| it.ip.to_string()).collect();
        table.rows.push(vec![
            view.name(*object),
            "IPv4".to_owned(),
            shortened(&ports),
            shortened(&endpoints),
            view.age(slice.meta.created),
        ]);
    }
    table
}

/// The first three of a list, and how many more there are.
fn shortened(list: &[String]) -> String {
    match list.len() {
        0 => "<unset>".to_owned(),
        count if count > SHOWN => {
            format!("{} + {} more...", list[..SHOWN].join(","), count - SHOWN)
        }
        _ => list.join(","),
    }
}

pub(super) fn endpoints(view: &Snapshot<'_>, items: &[Item]) -> Table {
    let mut table = Table::new(&["NAME", "ENDPOINTS", "AGE"]);
    for item in items {
        let Item::Endpoints(service) = item else {
            continue;
        };
        let Some(found) = view.store().services.newest(service.0) else {
            continue;
        };
        table.rows.push(vec![
            view.name(*service),
            addresses(view, *service),
            view.age(found.meta.created),
        ]);
    }
    table
}

/// The ready addresses of a Service with their ports, as Endpoints show them.
pub(in crate::report) fn addresses(view: &Snapshot<'_>, service: ServiceId) -> String {
    let mut list = Vec::new();
    for (port, endpoint) in ready(view, service) {
        list.push(match port {
            Some(port) => format!("{}:{}", endpoint.ip, port.port),
            None => endpoint.ip.to_string(),
        });
    }
    list.sort();
    match list.len() {
        0 => "<none>".to_owned(),
        _ => shortened(&list),
    }
}

/// The slices of a Service that are there.
fn slices_of<'a>(
    view: &Snapshot<'a>,
    service: ServiceId,
) -> impl Iterator<Item = (SliceId, &'a EndpointSlice)> {
    let store = view.store();
    let slices = store.index.slices_of(service).iter();
    slices.filter_map(|index| Some((SliceId(*index), store.slices.newest(*index)?)))
}

/// The ready endpoints of a Service, once for each port.
fn ready<'a>(view: &Snapshot<'a>, service: ServiceId) -> Vec<(Option<&'a SlicePort>, Endpoint)> {
    let mut list = Vec::new();
    for (_, slice) in slices_of(view, service) {
        for endpoint in slice.endpoints.iter().filter(|endpoint| endpoint.ready) {
            if slice.ports.is_empty() {
                list.push((None, *endpoint));
            }
            list.extend(slice.ports.iter().map(|port| (Some(port), *endpoint)));
        }
    }
    list
}

/// The Endpoints of a Service as the API shows them, derived from its slices.
pub(super) fn endpoints_json(view: &Snapshot<'_>, service: ServiceId) -> Value {
    let mut subsets = Vec::new();
    for (_, slice) in slices_of(view, service) {
        let addresses = |wanted: bool| -> Vec<Value> {
            let chosen = slice.endpoints.iter().filter(|it| it.ready == wanted);
            chosen.map(|endpoint| address(view, endpoint)).collect()
        };
        let ports: Vec<_> = slice
            .ports
            .iter()
            .map(
                |it| json!({ "name": it.name, "port": it.port, "protocol": protocol(it.protocol) }),
            )
            .collect();
        let mut subset = json!({ "ports": ports });
        for (key, list) in [
            ("addresses", addresses(true)),
            ("notReadyAddresses", addresses(false)),
        ] {
            if !list.is_empty() {
                subset[key] = json!(list);
            }
        }
        subsets.push(subset);
    }
    json!({
        "apiVersion": api_version(wavetank_core::id::Kind::Endpoints),
        "kind": "Endpoints",
        "metadata": {
            "name": view.name(service),
            "namespace": view.namespace(service.into()),
        },
        "subsets": subsets,
    })
}

fn address(view: &Snapshot<'_>, endpoint: &Endpoint) -> Value {
    let mut value = json!({
        "ip": endpoint.ip.to_string(),
        "targetRef": {
            "kind": "Pod",
            "name": view.name(endpoint.pod),
            "namespace": view.namespace(endpoint.pod.into()),
            "uid": view.uid(endpoint.pod.into()),
        },
    });
    if let Some(node) = endpoint.node {
        value["nodeName"] = json!(view.name(node));
    }
    value
}
