//! The parts of a pod template, described: of pods and of workloads.

use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{
    Container, ContainerPort, EnvValue, Handler, PodSpec, PodTemplate, PortRef, Probe, VolumeSource,
};

use super::{listed, pairs, pod::tolerations};
use crate::report::object::{amounts, protocol};
use crate::report::snapshot::Snapshot;

/// `Pod Template` of a workload.
pub(super) fn pod_template(view: &Snapshot<'_>, template: &PodTemplate) -> String {
    let mut text = String::from("Pod Template:\n");
    text.push_str(&indented(&pairs("Labels", view, template.labels)));
    if !view.set(template.annotations).is_empty() {
        text.push_str(&indented(&pairs("Annotations", view, template.annotations)));
    }
    for (heading, containers) in [
        ("Init Containers", &template.spec.init_containers),
        ("Containers", &template.spec.containers),
    ] {
        if !containers.is_empty() {
            text.push_str(&format!("  {heading}:\n"));
        }
        for container in containers {
            let mut lines = container_head(container) + &container_tail(container);
            lines.insert(0, ' '); // as kubectl does
            text.push_str(&lines);
        }
    }
    text.push_str(&indented(&volumes(&template.spec)));
    text.push_str(&indented(&placement(&template.spec)));
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Name, image and ports of a container.
pub(super) fn container_head(container: &Container) -> String {
    let mut text = format!("  {}:\n    Image:\t{}\n", container.name, container.image);
    let list = |numbers: Vec<String>| match numbers.len() {
        0 => "<none>".to_owned(),
        _ => numbers.join(", "),
    };
    let ports = |number: fn(&ContainerPort) -> u16| {
        let ports = container.ports.iter();
        list(
            ports
                .map(|port| format!("{}/{}", number(port), protocol(port.protocol)))
                .collect(),
        )
    };
    let plural = if container.ports.len() > 1 { "s" } else { "" };
    text.push_str(&format!(
        "    Port{plural}:\t{}\n    Host Port{plural}:\t{}\n",
        ports(|port| port.port),
        ports(|port| port.host_port)
    ));
    for (heading, words) in [("Command", &container.command), ("Args", &container.args)] {
        if !words.is_empty() {
            text.push_str(&format!("    {heading}:\n"));
            for word in words {
                text.push_str(&format!("      {}\n", word.replace('\n', "\\n")));
            }
        }
    }
    text
}

/// Resources, probes, environment and mounts of a container.
pub(super) fn container_tail(container: &Container) -> String {
    let mut text = String::new();
    for (heading, list) in [
        ("Limits", &container.limits),
        ("Requests", &container.requests),
    ] {
        text.push_str(&amounts_text(heading, list));
    }
    for (heading, probe) in [
        ("Liveness", &container.liveness),
        ("Readiness", &container.readiness),
        ("Startup", &container.startup),
    ] {
        if let Some(probe) = probe {
            text.push_str(&format!("    {heading}:\t{}\n", probe_text(probe)));
        }
    }
    if container.env.is_empty() {
        text.push_str("    Environment:\t<none>\n");
    } else {
        text.push_str("    Environment:\n");
    }
    for variable in &container.env {
        let value = match &variable.value {
            EnvValue::Text(text) => text.replace('\n', "\\n"),
            EnvValue::ConfigMap(name, key, _) => {
                format!("<set to the key '{key}' of config map '{name}'>")
            }
            EnvValue::Secret(name, key, _) => {
                format!("<set to the key '{key}' in secret '{name}'>")
            }
            EnvValue::Field(path) => format!(" (v1:{path})"),
            EnvValue::Resource(name) => name.to_string(),
        };
        text.push_str(&format!("      {}:\t{value}\n", variable.name));
    }
    if container.mounts.is_empty() {
        text.push_str("    Mounts:\t<none>\n");
    } else {
        text.push_str("    Mounts:\n");
    }
    for mount in &container.mounts {
        let mode = if mount.read_only { "ro" } else { "rw" };
        text.push_str(&format!(
            "      {} from {} ({mode})\n",
            mount.path, mount.volume
        ));
    }
    text
}

fn amounts_text(heading: &str, list: &Resources) -> String {
    let list = amounts(list);
    if list.is_empty() {
        return String::new();
    }
    let mut text = format!("    {heading}:\n");
    for (name, amount) in list {
        text.push_str(&format!("      {name}:\t{amount}\n"));
    }
    text
}

fn probe_text(probe: &Probe) -> String {
    let port = |port: &PortRef| match port {
        PortRef::Number(port) => port.to_string(),
        PortRef::Name(name) => name.to_string(),
    };
    let action = match &probe.handler {
        Handler::Exec(command) => {
            let words: Vec<_> = command.iter().map(|word| &**word).collect();
            format!("exec [{}]", words.join(" "))
        }
        Handler::HttpGet {
            path,
            port: number,
            host,
            https,
            ..
        } => {
            let scheme = if *https { "https" } else { "http" };
            format!("http-get {scheme}://{host}:{}{path}", port(number))
        }
        Handler::TcpSocket(number, host) => format!("tcp-socket {host}:{}", port(number)),
        Handler::Grpc(number, service) => format!("grpc <pod>:{number} {service}"),
        Handler::Sleep(seconds) => format!("sleep {seconds}s"),
    };
    format!(
        "{action} delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold,
    )
}

/// `Volumes`
pub(super) fn volumes(spec: &PodSpec) -> String {
    if spec.volumes.is_empty() {
        return "Volumes:\t<none>\n".to_owned();
    }
    let mut text = String::from("Volumes:\n");
    for volume in &spec.volumes {
        text.push_str(&format!("  {}:\n", volume.name));
        let (kind, more) = match &volume.source {
            VolumeSource::EmptyDir => ("EmptyDir", String::new()),
            VolumeSource::ConfigMap(name, optional) => (
                "ConfigMap",
                format!("    Name:\t{name}\n    Optional:\t{optional}\n"),
            ),
            VolumeSource::Secret(name, optional) => (
                "Secret",
                format!("    SecretName:\t{name}\n    Optional:\t{optional}\n"),
            ),
            VolumeSource::Claim(name) => {
                ("PersistentVolumeClaim", format!("    ClaimName:\t{name}\n"))
            }
            VolumeSource::HostPath(path) => ("HostPath", format!("    Path:\t{path}\n")),
            VolumeSource::DownwardApi => ("DownwardAPI", String::new()),
            VolumeSource::Projected(_) => ("Projected", String::new()),
            VolumeSource::Other => ("Other", String::new()),
        };
        text.push_str(&format!("    Type:\t{kind}\n{more}"));
    }
    text
}

/// `Node-Selectors` and `Tolerations`.
pub(super) fn placement(spec: &PodSpec) -> String {
    let selectors = spec.node_selector.iter();
    let selectors = selectors.map(|(key, value)| format!("{key}={value}"));
    listed("Node-Selectors", selectors.collect()) + &tolerations(spec)
}
