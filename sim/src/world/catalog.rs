//! The catalog: which program and which image a container has.
//!
//! Looked up once for each workload and template, never for each pod.

use rustc_hash::FxHashMap;
use wavetank_core::dist::Dist;
use wavetank_core::id::{ObjId, TemplateId};
use wavetank_core::object::template::{Container, Handler, PodSpec, PortRef, RestartPolicy};
use wavetank_core::time::SimDuration;

use super::process::Kind;
use crate::plan::image::{Images, Program};

/// How long an init container runs of which nobody said what it does.
const INIT_RUNS: SimDuration = SimDuration::from_secs(1);

/// Images and programs of a run.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    images: Images,
    entries: Vec<Entry>,
    /// The first entry of a workload's template: looked up, never iterated.
    known: FxHashMap<(TemplateId, Option<ObjId>), Kind>,
    /// Image references in the order of first use.
    references: FxHashMap<Box<str>, ImageId>,
    present: Vec<bool>,
}

/// The number of an image reference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct ImageId(pub(crate) u32);

/// What one container of a template runs.
#[derive(Clone, Debug)]
struct Entry {
    program: Program,
    ports: Vec<u16>,
    image: ImageId,
    bytes: u64,
}

impl Catalog {
    /// The catalog of a plan's images.
    pub(crate) fn new(images: &Images) -> Self {
        Self {
            images: images.clone(),
            entries: Vec::new(),
            known: FxHashMap::default(),
            references: FxHashMap::default(),
            present: Vec::new(),
        }
    }

    /// The entries of a workload's pods: the first of them, the others follow in the order of the
    /// containers. `name` gives the workload as `deployment/web`.
    pub(crate) fn resolve(
        &mut self,
        template: TemplateId,
        workload: Option<ObjId>,
        spec: &PodSpec,
        name: impl FnOnce() -> String,
    ) -> Kind {
        // Without overrides the workload does not matter.
        let workload = workload.filter(|_| !self.images.containers.is_empty());
        let is_shared = self.images.containers.is_empty() || workload.is_some();
        if is_shared && let Some(kind) = self.known.get(&(template, workload)) {
            return *kind;
        }
        let first = Kind(u32::try_from(self.entries.len()).expect("fewer than four billion"));
        let name = if self.images.containers.is_empty() {
            String::new()
        } else {
            name()
        };
        for (number, container) in spec.all_containers().enumerate() {
            let mut entry = self.entry(container, &name);
            let is_init = number < spec.init_containers.len()
                && container.restart_policy != Some(RestartPolicy::Always);
            // An init container that nobody described does its work and is done.
            if is_init && entry.program.runs.is_none() {
                entry.program.runs = Some(Dist::Constant(INIT_RUNS));
            }
            self.entries.push(entry);
        }
        if is_shared {
            self.known.insert((template, workload), first);
        }
        first
    }

    fn entry(&mut self, container: &Container, workload: &str) -> Entry {
        let image = self.images.find(&container.image).clone();
        let key = format!("{workload}/{}", container.name);
        let program = self
            .images
            .containers
            .iter()
            .find(|(known, _)| **known == key)
            .map_or(image.program, |(_, program)| program.clone());
        let ports = match (program.ports.as_slice(), container.ports.as_slice()) {
            ([], []) if program.usual_ports.is_empty() => probed_ports(container),
            ([], []) => program.usual_ports.clone(),
            ([], listed) => listed.iter().map(|port| port.port).collect(),
            (given, _) => given.to_vec(),
        };
        Entry {
            program,
            ports,
            image: self.reference(&container.image, image.present),
            bytes: image.bytes,
        }
    }

    /// The number of an image reference.
    fn reference(&mut self, reference: &str, present: bool) -> ImageId {
        if let Some(known) = self.references.get(reference) {
            return *known;
        }
        let id = ImageId(u32::try_from(self.present.len()).expect("fewer than four billion"));
        self.references.insert(reference.into(), id);
        self.present.push(present);
        id
    }

    /// What a container's process does.
    pub(crate) fn program(&self, kind: Kind) -> &Program {
        &self.entries[kind.0 as usize].program
    }

    /// The ports that a container's process listens on.
    pub(crate) fn ports(&self, kind: Kind) -> &[u16] {
        &self.entries[kind.0 as usize].ports
    }

    /// Whether a container's process listens on this port, when it listens.
    pub(crate) fn serves(&self, kind: Kind, port: u16) -> bool {
        self.ports(kind).contains(&port)
    }

    /// A container's image.
    pub(crate) fn image(&self, kind: Kind) -> ImageId {
        self.entries[kind.0 as usize].image
    }

    /// Whether every node has an image from the start.
    pub(crate) fn is_present(&self, image: ImageId) -> bool {
        self.present[image.0 as usize]
    }

    /// What a pull of a container's image takes: its bytes unless they are there, and a latency.
    pub(crate) fn pull(&self, kind: Kind, has_bytes: bool, draw: u64) -> SimDuration {
        let latency = self.images.pull_latency.sample(draw);
        let rate = self.images.bytes_per_second.max(1);
        let bytes = self.entries[kind.0 as usize].bytes;
        if has_bytes {
            return latency;
        }
        // Whole microseconds.
        let micros = u128::from(bytes) * 1_000_000 / u128::from(rate);
        latency + SimDuration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX / 1_000))
    }
}

/// The ports that a container's probes ask by number: one that lists no ports is taken to listen there,
/// as listing them means nothing to a real program.
fn probed_ports(container: &Container) -> Vec<u16> {
    let probes = [
        &container.startup,
        &container.liveness,
        &container.readiness,
    ];
    let mut ports: Vec<u16> = probes
        .into_iter()
        .flatten()
        .filter_map(|probe| match &probe.handler {
            Handler::HttpGet {
                port: PortRef::Number(port),
                ..
            }
            | Handler::TcpSocket(PortRef::Number(port), _)
            | Handler::Grpc(port, _) => Some(*port),
            Handler::HttpGet { .. }
            | Handler::TcpSocket(..)
            | Handler::Exec(_)
            | Handler::Sleep(_) => None,
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

impl Program {
    /// The status and the time of an answer for a path.
    pub(crate) fn answer(&self, path: &str) -> (u16, &Dist) {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let special = self.paths.iter().find(|(known, ..)| **known == *path);
        match special {
            Some((_, status, time)) => (*status, time.as_ref().unwrap_or(&self.answer_time)),
            None => (self.status, &self.answer_time),
        }
    }
}
