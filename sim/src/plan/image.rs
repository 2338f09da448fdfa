//! Images and the programs in them.

use wavetank_core::dist::Dist;
use wavetank_core::time::SimDuration;

/// All images that a scenario speaks of, and the default for those it does not.
#[derive(Clone, PartialEq, Debug)]
pub struct Images {
    /// By name, with or without tag: the most specific wins.
    pub named: Vec<(Box<str>, Image)>,
    /// Images that nobody described: pulled, and serving their container ports.
    pub default: Image,
    /// By workload and container (`deployment/web/web`): overrides the image's program.
    pub containers: Vec<(Box<str>, Program)>,
    /// Bytes a second from the registry (C270).
    pub bytes_per_second: u64,
    /// What a pull takes besides its bytes.
    pub pull_latency: Dist,
}

/// An image.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// Its size, in bytes.
    pub bytes: u64,
    /// Whether every node has it before the run.
    pub present: bool,
    /// What its process does.
    pub program: Program,
}

/// What a container's process does.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// From the process's start to its ports accepting connections.
    pub listens_after: Dist,
    /// The ports that it serves HTTP on; empty: the container's ports.
    pub ports: Vec<u16>,
    /// The ports of a well-known image, for containers that list none.
    pub usual_ports: Vec<u16>,
    /// How long an answer takes.
    pub answer_time: Dist,
    /// The status of an answer.
    pub status: u16,
    /// Statuses and times of particular paths.
    pub paths: Vec<(Box<str>, u16, Option<Dist>)>,
    /// How long the process runs by itself; none: for ever.
    pub runs: Option<Dist>,
    /// The exit code when it ends by itself.
    pub exit_code: i32,
    /// What TERM does to it.
    pub on_term: OnTerm,
}

/// What TERM does to a process (C234).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnTerm {
    /// It ends at once; connections are cut.
    Exit,
    /// It closes its listener, answers what it has begun, and ends.
    Drain,
    /// It serves on for this long, then drains.
    Serve(SimDuration),
    /// Nothing: it serves until KILL.
    Ignore,
}

impl Default for Program {
    fn default() -> Self {
        Self {
            listens_after: Dist::Constant(SimDuration::from_millis(200)),
            ports: Vec::new(),
            usual_ports: Vec::new(),
            answer_time: Dist::Constant(SimDuration::from_millis(5)),
            status: 200,
            paths: Vec::new(),
            runs: None,
            exit_code: 0,
            on_term: OnTerm::Exit,
        }
    }
}

impl Default for Images {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            default: Image {
                bytes: 100 << 20,
                present: false,
                program: Program::default(),
            },
            containers: Vec::new(),
            bytes_per_second: 50_000_000,
            pull_latency: Dist::Lognormal {
                p50: SimDuration::from_millis(500),
                p99: SimDuration::from_millis(1_500),
                max: SimDuration::from_secs(10),
            },
        }
    }
}

impl Images {
    /// The image that a reference names: by its full text, then without its tag or digest, then without
    /// the names that the default registry goes by.
    #[must_use]
    pub fn find(&self, reference: &str) -> &Image {
        let named = |name: &str| self.named.iter().find(|(known, _)| **known == *name);
        let plain = without_tag(reference);
        let short = plain.strip_prefix("docker.io/").unwrap_or(plain);
        let short = short.strip_prefix("library/").unwrap_or(short);
        named(reference)
            .or_else(|| named(plain))
            .or_else(|| named(short))
            .or_else(|| named("default"))
            .map_or(&self.default, |(_, image)| image)
    }
}

/// An image reference without its tag and digest.
#[must_use]
pub fn without_tag(reference: &str) -> &str {
    let name = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    match name.rfind(':') {
        Some(colon) if !name[colon..].contains('/') => &name[..colon],
        _ => name,
    }
}
