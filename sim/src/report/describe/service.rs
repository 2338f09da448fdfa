//! Services, described.

use wavetank_core::id::{ObjId, ServiceId};
use wavetank_core::object::spec::Spec;
use wavetank_core::object::template::PortRef;

use super::pairs;
use crate::report::get::{addresses, service_type};
use crate::report::object::protocol;
use crate::report::snapshot::Snapshot;

pub(super) fn describe(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    let service = view.store().services.newest(object.index)?;
    let Spec::Service(spec) = &view.definitions().get_spec(service.spec).spec else {
        return None;
    };
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\n",
        view.name(object),
        view.text(service.meta.namespace)
    );
    text.push_str(&pairs("Labels", view, service.meta.labels));
    text.push_str(&pairs("Annotations", view, service.meta.annotations));
    let selector = spec.selector.as_ref().filter(|it| !it.is_empty());
    let selector = selector.map_or_else(|| "<none>".to_owned(), ToString::to_string);
    let ip = if spec.headless {
        "None".to_owned()
    } else if service.cluster_ip.is_some() {
        service.cluster_ip.to_string()
    } else {
        "<none>".to_owned()
    };
    text.push_str(&format!(
        "Selector:\t{selector}\nType:\t{}\nIP Family Policy:\tSingleStack\nIP Families:\tIPv4\n\
         IP:\t{ip}\nIPs:\t{ip}\n",
        service_type(spec.kind)
    ));
    let endpoints = addresses(view, ServiceId(object.index));
    for port in &spec.ports {
        let name = if port.name.is_empty() {
            "<unset>"
        } else {
            &port.name
        };
        let target = match &port.target {
            PortRef::Number(number) => number.to_string(),
            PortRef::Name(name) => name.to_string(),
        };
        let protocol = protocol(port.protocol);
        text.push_str(&format!("Port:\t{name}  {}/{protocol}\n", port.port));
        text.push_str(&format!("TargetPort:\t{target}/{protocol}\n"));
        if port.node_port > 0 {
            text.push_str(&format!(
                "NodePort:\t{name}  {}/{protocol}\n",
                port.node_port
            ));
        }
        text.push_str(&format!("Endpoints:\t{endpoints}\n"));
    }
    let affinity = spec.affinity_seconds.map_or("None", |_| "ClientIP");
    let internal = if spec.internal_local {
        "Local"
    } else {
        "Cluster"
    };
    text.push_str(&format!(
        "Session Affinity:\t{affinity}\nInternal Traffic Policy:\t{internal}\n"
    ));
    Some(text)
}
