//! Traffic sources.

use k8s_openapi::api::core::v1::ServicePort;

use super::manifests::Manifests;
use super::scenario::not_yet;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::manifest::Object;
use crate::plan::traffic::Source;
use crate::scenario::kubectl::Kubectl;
use crate::scenario::schema::{self, Connections, Load, Step, Verb};
use crate::scenario::target::{Component, Namespaces, Target};
use wavetank_core::time::SimDuration;

/// The sources of a scenario.
pub(super) fn sources(
    scenario: &schema::Scenario,
    manifests: &Manifests,
    diagnostics: &mut Diagnostics,
) -> Vec<Source> {
    let mut sources = Vec::new();
    for (name, traffic) in &scenario.traffic {
        if let Some(mut source) = source(name, traffic, diagnostics) {
            aim(&mut source, traffic, scenario, manifests, diagnostics);
            sources.push(source);
        }
    }
    sources
}

/// Finds the Service among the manifests, and its port. One that is not there is a mistake, unless the
/// timeline makes objects.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn aim(
    source: &mut Source,
    traffic: &schema::Traffic,
    scenario: &schema::Scenario,
    manifests: &Manifests,
    diagnostics: &mut Diagnostics,
) {
    let services = manifests.objects.iter().filter_map(|it| match &it.object {
        Object::Service(service) if it.namespace == *source.namespace => Some((it, service)),
        _ => None,
    });
    let services: Vec<_> = services.collect();
    let place = traffic.to.place.clone();
    let Some((_, service)) = services.iter().find(|(it, _)| it.name == *source.service) else {
        if !scenario.timeline.iter().any(makes_objects) {
            let names = services.iter().map(|(it, _)| it.name.as_str());
            let near = nearest(&source.service, names.clone());
            let there: Vec<_> = names.map(|name| format!("service/{name}")).collect();
            let help = match there.as_slice() {
                [] => format!(
                    "no file makes a Service in namespace `{}`",
                    source.namespace
                ),
                there => format!("there is {}", there.join(", ")),
            };
            let message = format!("there is no Service `{}`", source.service);
            let found = Diagnostic::error("S031", message).at(place);
            diagnostics.push(found.did_you_mean(near).help(help));
        }
        return;
    };
    let Some(wanted) = &traffic.to.port else {
        return;
    };
    let ports = || {
        service
            .spec
            .iter()
            .flat_map(|spec| spec.ports.iter().flatten())
    };
    let is_meant = |port: &&ServicePort| {
        port.name.as_deref() == Some(wanted.as_str()) || port.port.to_string() == *wanted
    };
    match ports().find(is_meant) {
        Some(port) => source.port = u16::try_from(port.port).ok(),
        None => {
            let message = format!("Service `{}` has no port `{wanted}`", source.service);
            let listed: Vec<_> = ports().map(|port| port.port.to_string()).collect();
            let help = format!("its ports are {}", listed.join(", "));
            let found = Diagnostic::error("S031", message).at(place);
            diagnostics.push(found.help(help));
        }
    }
}

/// Whether a step may bring a Service.
fn makes_objects(step: &Step) -> bool {
    let Verb::Kubectl(lines) = &step.verb else {
        return false;
    };
    lines.iter().any(|line| {
        matches!(
            line.command,
            Kubectl::Apply(_)
                | Kubectl::Create(_)
                | Kubectl::CreateObject(..)
                | Kubectl::Replace { .. }
                | Kubectl::Expose { .. }
        )
    })
}

#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
fn source(name: &str, traffic: &schema::Traffic, diagnostics: &mut Diagnostics) -> Option<Source> {
    let place = &traffic.to.place;
    let Target::Objects(target) = &traffic.to.target else {
        diagnostics.push(not_a_service(traffic));
        return None;
    };
    let ([kind], [service]) = (&target.kinds[..], &target.names[..]) else {
        diagnostics.push(not_a_service(traffic));
        return None;
    };
    if *kind != "Service" {
        diagnostics.push(not_a_service(traffic));
        return None;
    }
    let on_nodes = match traffic
        .from
        .as_ref()
        .map(|from| (&from.target, &from.place))
    {
        None => true,
        Some((Target::Component(Component::Outside), _)) => false,
        Some((Target::Objects(from), place)) => {
            if from.kinds != ["Node"] || !from.labels.is_empty() || !from.names.is_empty() {
                diagnostics.push(not_yet("traffic from some pods or some nodes", place));
            }
            true
        }
        Some((Target::Component(_), place)) => {
            let message = "a component sends no requests";
            let help = "traffic comes `from: nodes` or `from: outside`";
            diagnostics.push(
                Diagnostic::error("S031", message)
                    .at(place.clone())
                    .help(help),
            );
            true
        }
    };
    let Load::Open {
        rate,
        poisson,
        stages,
    } = &traffic.load
    else {
        diagnostics.push(not_yet("closed-loop traffic", place));
        return None;
    };
    if !stages.is_empty() {
        diagnostics.push(not_yet("stages of traffic", &rate.place));
    }
    if !matches!(traffic.connections, Connections::New) {
        diagnostics.push(not_yet("kept connections", place));
    }
    if traffic
        .retries
        .as_ref()
        .is_some_and(|retries| retries.max > 0)
    {
        diagnostics.push(not_yet("retries", place));
    }
    let milli = u128::from(rate.value.milli) * 1_000_000_000 / u128::from(rate.value.per.nanos());
    let duration = |time: &Option<schema::Duration>| time.as_ref().map(|time| time.value);
    Some(Source {
        name: name.into(),
        namespace: match &target.namespaces {
            Namespaces::Named(name) => name.as_str().into(),
            Namespaces::Default | Namespaces::All => "default".into(),
        },
        service: service.as_str().into(),
        port: traffic.to.port.as_ref().and_then(|port| port.parse().ok()),
        path: traffic
            .path
            .as_ref()
            .map_or("/", |path| path.value.as_str())
            .into(),
        on_nodes,
        rate_milli: u64::try_from(milli).unwrap_or(u64::MAX),
        poisson: *poisson,
        start: duration(&traffic.start).unwrap_or(SimDuration::ZERO),
        stop: duration(&traffic.stop),
        timeout: duration(&traffic.timeout).unwrap_or(SimDuration::from_secs(1)),
    })
}

fn not_a_service(traffic: &schema::Traffic) -> Diagnostic {
    let message = format!(
        "traffic goes to a Service, and `{}` is none",
        traffic.to.text
    );
    Diagnostic::error("S031", message)
        .at(traffic.to.place.clone())
        .help("write `to: service/NAME`, with `:PORT` where it has several")
}
