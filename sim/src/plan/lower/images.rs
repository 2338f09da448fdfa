//! Images and their programs.

use super::network::dist;
use super::scenario::not_yet;
use crate::diagnostic::Diagnostics;
use crate::plan::image::{Image, Images, OnTerm, Program, without_tag};
use crate::scenario::schema;

/// Images of general use that every run knows: sizes as of their common releases, in MiB, and the ports
/// on which they listen when nobody says.
const BUILT_IN: [(&str, u64, &[u16]); 13] = [
    ("busybox", 2, &[]),
    ("alpine", 4, &[]),
    ("registry.k8s.io/pause", 1, &[]),
    ("nginx", 60, &[80]),
    ("httpd", 60, &[80]),
    ("traefik", 50, &[80]),
    ("redis", 50, &[6379]),
    ("memcached", 30, &[11211]),
    ("postgres", 150, &[5432]),
    ("mysql", 240, &[3306]),
    ("mariadb", 120, &[3306]),
    ("mongo", 270, &[27017]),
    ("rabbitmq", 90, &[5672]),
];

/// The images that a run knows without a scenario.
pub(super) fn built_in() -> Images {
    let mut images = Images::default();
    for (name, mebibytes, ports) in BUILT_IN {
        let image = Image {
            bytes: mebibytes << 20,
            present: false,
            program: Program {
                usual_ports: ports.to_vec(),
                ..Program::default()
            },
        };
        images.named.push((name.into(), image));
    }
    images
}

/// The images of a scenario.
pub(super) fn images(scenario: &schema::Scenario, diagnostics: &mut Diagnostics) -> Images {
    let mut images = built_in();
    // The general before the particular: what an entry does not say, it takes from the wider one.
    let mut entries: Vec<_> = scenario.images.iter().collect();
    entries.sort_by_key(|(name, _)| match name.as_str() {
        "default" => 0,
        name if without_tag(name) == name => 1,
        _ => 2,
    });
    for (name, given) in entries {
        let mut image = images.find(name).clone();
        if let Some(size) = &given.size {
            image.bytes = u64::try_from(size.value.milli / 1_000).unwrap_or(0);
        } else if !given.layers.is_empty() {
            let layers = given.layers.iter();
            let milli: i64 = layers.map(|layer| layer.value.milli).sum();
            image.bytes = u64::try_from(milli / 1_000).unwrap_or(0);
        }
        image.present |= given.present.is_some();
        if let Some(given) = &given.program {
            program(given, &mut image.program, diagnostics);
        }
        images.named.retain(|(known, _)| **known != **name);
        images.named.push((name.as_str().into(), image));
    }
    for (name, given) in &scenario.containers {
        let mut lowered = images.default.program.clone();
        program(given, &mut lowered, diagnostics);
        images.containers.push((name.as_str().into(), lowered));
    }
    if let Some(registry) = scenario.network.registries.get("default") {
        if let Some(bandwidth) = &registry.bandwidth {
            let rate = bandwidth.value;
            let per_second = u128::from(rate.milli) * 1_000_000 / u128::from(rate.per.nanos());
            images.bytes_per_second = u64::try_from(per_second).unwrap_or(u64::MAX).max(1);
        }
        if let Some(latency) = &registry.latency {
            images.pull_latency = dist(latency, diagnostics);
        }
    }
    images
}

/// Changes a program to what the scenario says of it.
fn program(given: &schema::Program, program: &mut Program, diagnostics: &mut Diagnostics) {
    if let Some(after) = &given.listens_after {
        program.listens_after = dist(after, diagnostics);
    }
    let servers = given.http.iter().chain(&given.tcp).chain(&given.grpc);
    let mut ports = Vec::new();
    for server in servers {
        ports.extend(server.port.as_ref().map(|port| port.value));
        if let Some(time) = &server.time {
            program.answer_time = dist(time, diagnostics);
        }
        if let Some(status) = server.status {
            program.status = status;
        }
        for (path, (status, time)) in &server.paths {
            let time = time.as_ref().map(|time| dist(time, diagnostics));
            program
                .paths
                .push((path.as_str().into(), status.unwrap_or(200), time));
        }
    }
    if !ports.is_empty() {
        program.ports = ports;
    }
    if let Some(runs) = &given.runs {
        program.runs = Some(dist(runs, diagnostics));
    }
    if let Some(exit) = &given.exit {
        program.exit_code = exit.value.into();
    }
    if let Some(on_term) = given.on_term {
        program.on_term = match on_term {
            schema::OnTerm::Exit => OnTerm::Exit,
            schema::OnTerm::Drain => OnTerm::Drain,
            schema::OnTerm::Serve(time) => OnTerm::Serve(time),
            schema::OnTerm::Ignore => OnTerm::Ignore,
        };
    }
    for failure in &given.fails {
        if let Some(after) = &failure.after {
            diagnostics.push(not_yet("`fails` of a program", &after.place));
        }
    }
}
