//! The network of a scenario: a profile, and hops that differ from it.

use wavetank_core::dist::{Dist, Sampler};

use super::scenario::not_yet;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::network::DelayShape;
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
                let shape = DelayShape::new(sampler);
                network.watch = shape.clone();
                network.kubelet_watch = shape.clone();
                network.proxy_watch = shape;
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

/// A distribution of a scenario; one that is wrong is reported, and is zero.
pub(super) fn dist(given: &Spanned<schema::Dist>, diagnostics: &mut Diagnostics) -> Dist {
    super::dist::dist(&given.value, &given.place).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        Dist::ZERO
    })
}
