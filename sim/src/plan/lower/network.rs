//! The network of a scenario: a profile, and hops that differ from it.

use wavetank_core::dist::{Dist, Part, Sampler};
use wavetank_core::time::SimDuration;

use super::scenario::not_yet;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::network::profile::Network;
use crate::scenario::schema::{self, Spanned};

/// The network of a scenario.
pub(super) fn network(given: &schema::Network, diagnostics: &mut Diagnostics) -> Network {
    let mut network = match &given.profile {
        None => Network::lab(),
        Some(profile) => Network::named(&profile.value).unwrap_or_else(|| {
            let names = Network::NAMES;
            let near = crate::diagnostic::nearest(&profile.value, names.iter().copied());
            let message = format!("there is no network profile `{}`", profile.value);
            let help = format!("profiles are {}", names.join(", "));
            let found = Diagnostic::error("S027", message).at(profile.place.clone());
            diagnostics.push(found.did_you_mean(near).help(help));
            Network::lab()
        }),
    };
    for (hop, time) in &given.hops {
        let sampler = Sampler::new(&dist(time, diagnostics));
        match hop.as_str() {
            "api" => network.api_write = sampler,
            "watch" => {
                network.watch.sampler = sampler.clone();
                network.kubelet_watch.sampler = sampler.clone();
                network.proxy_watch.sampler = sampler;
            }
            "probe" => network.node.probe = sampler,
            "client" | "pod" => network.client = sampler,
            "proxySync" => network.proxy_sync = sampler,
            "cri" => network.node.container_start = sampler,
            _ => diagnostics.push(not_yet(&format!("hop `{hop}`"), &time.place)),
        }
    }
    for link in &given.links {
        diagnostics.push(not_yet("`network.links`", &link.between.place));
    }
    network
}

/// A distribution of a scenario.
pub(super) fn dist(given: &Spanned<schema::Dist>, diagnostics: &mut Diagnostics) -> Dist {
    let lowered = lower(&given.value, given, diagnostics);
    if let Err(error) = lowered.check() {
        let found = Diagnostic::error("S030", error.to_string()).at(given.place.clone());
        diagnostics.push(found);
        return Dist::Constant(SimDuration::ZERO);
    }
    lowered
}

fn lower(given: &schema::Dist, at: &Spanned<schema::Dist>, diagnostics: &mut Diagnostics) -> Dist {
    // An hour bounds what nobody bounded: ten times the p99 where that is longer.
    let cap = |p99: SimDuration, max: Option<SimDuration>| max.unwrap_or(p99.times(10));
    match given {
        schema::Dist::Constant(time) => Dist::Constant(*time),
        schema::Dist::Uniform { min, max } => Dist::Uniform {
            min: *min,
            max: *max,
        },
        schema::Dist::Normal { mean, sd } => Dist::Normal {
            mean: *mean,
            sd: *sd,
        },
        schema::Dist::Exponential { mean } => Dist::Exponential { mean: *mean },
        schema::Dist::Lognormal { p50, p99, max } => Dist::Lognormal {
            p50: *p50,
            p99: *p99,
            max: cap(*p99, *max),
        },
        schema::Dist::Pareto { p50, p99, max } => Dist::Pareto {
            p50: *p50,
            p99: *p99,
            max: cap(*p99, *max),
        },
        schema::Dist::Empirical { file } => {
            diagnostics.push(not_yet("an empirical distribution", &file.place));
            Dist::Constant(SimDuration::ZERO)
        }
        schema::Dist::Mixture(parts) => Dist::Mixture(
            parts
                .iter()
                .map(|(share, part)| Part {
                    weight: u32::try_from(share.millionths).unwrap_or(u32::MAX),
                    dist: lower(part, at, diagnostics),
                })
                .collect(),
        ),
    }
}
