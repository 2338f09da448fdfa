//! Traffic sources.

use super::scenario::not_yet;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::traffic::Source;
use crate::scenario::schema::{self, Connections, Load};
use crate::scenario::target::{Component, Namespaces, Target};
use wavetank_core::time::SimDuration;

/// The sources of a scenario.
pub(super) fn sources(scenario: &schema::Scenario, diagnostics: &mut Diagnostics) -> Vec<Source> {
    let sources = scenario.traffic.iter();
    sources
        .filter_map(|(name, traffic)| source(name, traffic, diagnostics))
        .collect()
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
