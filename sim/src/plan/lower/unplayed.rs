//! What is read and has no effect yet: said once for each, so that nobody waits for it.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::manifest::{Imported, Object};
use crate::scenario::document::Document;
use crate::scenario::schema::{Nodes, Program, Scenario};

/// Warns of the sections and fields of a scenario that nothing reads.
pub(super) fn sections(scenario: &Scenario, document: &Document, diagnostics: &mut Diagnostics) {
    let mut paths: Vec<String> = Vec::new();
    let mut list = |is_set: bool, path: &str| {
        if is_set {
            paths.push(path.to_owned());
        }
    };
    let cluster = &scenario.cluster;
    list(!cluster.feature_gates.is_empty(), "cluster.featureGates");
    if let Some(Nodes::Groups(groups)) = &cluster.nodes {
        for (name, group) in groups {
            list(
                !group.config.is_empty(),
                &format!("cluster.nodes.{name}.config"),
            );
            list(
                group.autoscale.is_some(),
                &format!("cluster.nodes.{name}.autoscale"),
            );
        }
    }
    let network = &scenario.network;
    list(!network.load_balancers.is_empty(), "network.loadBalancers");
    list(network.dns_ttl.is_some(), "network.dns");
    for (name, registry) in &network.registries {
        list(name != "default", &format!("network.registries.{name}"));
        list(registry.auth, &format!("network.registries.{name}.auth"));
        list(
            registry.parallel.is_some(),
            &format!("network.registries.{name}.parallel"),
        );
    }
    for (name, image) in &scenario.images {
        list(!image.share.is_empty(), &format!("images.{name}.share"));
        if let Some(given) = &image.program {
            program(given, &format!("images.{name}.program"), &mut list);
        }
    }
    for (name, given) in &scenario.containers {
        program(given, &format!("containers.{name}"), &mut list);
    }
    let invariants = &scenario.invariants;
    list(!invariants.enforce.is_empty(), "invariants.enforce");
    for path in paths {
        let message = format!("`{path}` is read, and has no effect yet");
        let place = Span::start_of(document.file).place(path);
        diagnostics.push(Diagnostic::warning("S033", message).at(place));
    }
}

fn program(given: &Program, path: &str, list: &mut impl FnMut(bool, &str)) {
    let uses_cpu =
        given.cpu_idle.is_some() || given.cpu_per_request.is_some() || given.cpu_start.is_some();
    let uses_memory = given.memory_base.is_some()
        || given.memory_per_request.is_some()
        || given.memory_leak.is_some();
    let servers = given.http.iter().chain(&given.tcp).chain(&given.grpc);
    let queues = servers
        .filter(|server| server.concurrency.is_some() || server.queue.is_some())
        .count();
    list(!given.needs.is_empty(), &format!("{path}.needs"));
    list(uses_cpu, &format!("{path}.cpu"));
    list(uses_memory, &format!("{path}.memory"));
    list(queues > 0, &format!("{path}.http.concurrency and queue"));
}

/// Says once that the scripts of containers are not played.
#[allow(clippy::wildcard_enum_match_arm)] // nothing else makes pods that are played
pub(super) fn scripts(objects: &[Imported]) -> Option<Diagnostic> {
    let mut first = None;
    let mut count = 0;
    for imported in objects {
        let (spec, path): (Option<&PodSpec>, String) = match &imported.object {
            Object::Pod(pod) => (pod.spec.as_ref(), "spec".to_owned()),
            Object::Deployment(_) | Object::ReplicaSet(_) => match imported.object.template() {
                Some((template, path)) => (template.spec.as_ref(), format!("{path}.spec")),
                None => continue,
            },
            _ => continue,
        };
        let Some(spec) = spec else { continue };
        let inits = spec.init_containers.iter().flatten().enumerate();
        let inits = inits.map(|(index, it)| (format!("{path}.initContainers[{index}]"), it));
        let mains = spec.containers.iter().enumerate();
        let mains = mains.map(|(index, it)| (format!("{path}.containers[{index}]"), it));
        for (at, _) in inits.chain(mains).filter(|(_, it)| is_script(it)) {
            count += 1;
            let place = || imported.place_of(&format!("{at}.command"));
            first.get_or_insert_with(place);
        }
    }
    let message = match count {
        1 => "a container runs a shell script, and scripts are not played yet".to_owned(),
        _ => format!("{count} containers run shell scripts, and scripts are not played yet"),
    };
    let help = "such a container runs until it is stopped, an init container for a second; what a \
                program does is said below `images` of a scenario: `runs`, `exit`, `http`";
    let found = Diagnostic::hint("S033", message).at(first?);
    Some(found.help(help))
}

/// Whether a container's command is a shell with a script.
fn is_script(container: &Container) -> bool {
    let words = container.command.iter().chain(&container.args).flatten();
    let words: Vec<&str> = words.map(String::as_str).collect();
    let Some((shell, rest)) = words.split_first() else {
        return false;
    };
    let name = shell.rsplit('/').next().unwrap_or(shell);
    let is_shell = matches!(name, "sh" | "bash" | "ash" | "dash");
    is_shell
        && rest
            .iter()
            .any(|word| word.starts_with('-') && word.contains('c'))
}
