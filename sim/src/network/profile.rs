//! Profiles: the distributions of all hops, under one name.

use std::sync::LazyLock;

use wavetank_core::dist::{Dist, Sampler};
use wavetank_core::time::SimDuration;

use crate::network::DelayShape;

/// The hops of a cluster, as samplers. Each is one exchange or one piece of work; see
/// `docs/src/latencies.md` for where the figures come from.
#[derive(Clone, Debug)]
pub struct Network {
    /// From a caller to the commit of a write in the API server.
    pub api_write: Sampler,
    /// From the commit back to the caller.
    pub api_reply: Sampler,
    /// From a commit to the client's store, of control-plane processes.
    pub watch: DelayShape,
    /// From a commit to a kubelet.
    pub kubelet_watch: DelayShape,
    /// From a commit to a proxy.
    pub proxy_watch: DelayShape,
    /// From an event in a store to the start of a sync: handler and work queue.
    pub handler: Sampler,
    /// The work of a controller's sync before its first write.
    pub sync: Sampler,
    /// The work of one scheduling cycle, from pop to decision.
    pub scheduling: Sampler,
    /// From a proxy's start of a sync to new rules.
    pub proxy_sync: Sampler,
    /// From a client to a pod and back, without the server's work.
    pub client: Sampler,
    /// Everything between a kubelet and its containers.
    pub node: NodeLatencies,
}

/// The latencies of a node: from the measured cluster (C270, kubelet §22).
#[derive(Clone, Debug)]
pub struct NodeLatencies {
    /// From a pod event at the kubelet to its worker's start.
    pub worker: Sampler,
    /// Volumes of an ordinary pod: one poll (K48).
    pub volumes: Sampler,
    /// A sandbox with its network.
    pub sandbox: Sampler,
    /// Create and start of one container whose image is present.
    pub container_start: Sampler,
    /// From a change to the status write leaving the kubelet.
    pub status: Sampler,
    /// One probe attempt, network included.
    pub probe: Sampler,
    /// Start of an exec.
    pub exec: Sampler,
    /// From the decision to stop a container to TERM reaching the process.
    pub term: Sampler,
    /// From the exit of a terminating pod's last container to its address going dark.
    pub network_teardown: Sampler,
    /// From then on, until a pod's volumes are unmounted and its cgroup is gone (K147).
    pub cleanup: Sampler,
    /// The run time of one relist.
    pub relist: Sampler,
    /// A relist of one pod, asked for after a run that did something (K27).
    pub pod_relist: Sampler,
    /// Where in a second a kubelet's first relist falls (K230).
    pub relist_phase: Sampler,
    /// Where in a second a kubelet's sync ticks fall (K230).
    pub tick_phase: Sampler,
    /// The uniform variate of all jitters (K1): one second stands for one.
    pub jitter: Sampler,
}

/// A distribution of which half is below `p50` and 99 % below `p99`, in microseconds, capped.
fn skewed(p50: u64, p99: u64, max: u64) -> Dist {
    Dist::Lognormal {
        p50: SimDuration::from_micros(p50),
        p99: SimDuration::from_micros(p99),
        max: SimDuration::from_micros(max),
    }
}

fn sampler(p50: u64, p99: u64, max: u64) -> Sampler {
    Sampler::new(&skewed(p50, p99, max))
}

/// Uniform within a second.
fn unit() -> Sampler {
    Sampler::new(&Dist::Uniform {
        min: SimDuration::ZERO,
        max: SimDuration::from_micros(999_999),
    })
}

fn shape(p50: u64, p99: u64) -> DelayShape {
    DelayShape::new(sampler(p50, p99, 50_000))
}

impl Network {
    /// The names of the profiles.
    pub const NAMES: [&'static str; 5] = ["lab", "ideal", "lan", "cloud", "wan"];

    /// The profile with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "lab" => Some(Self::lab()),
            "ideal" => Some(Self::ideal()),
            "lan" => Some(Self::over(500, 1_500)),
            "cloud" => Some(Self::over(1_000, 5_000)),
            "wan" => Some(Self::over(20_000, 40_000)),
            _ => None,
        }
    }

    /// The measured cluster, spread out: a way between two machines takes `way` microseconds at the median
    /// and `slow` at the 99th percentile, on top of the work at its ends. Assumed, not measured: half a
    /// millisecond within a building, one between zones, twenty between regions.
    fn over(way: u64, slow: u64) -> Self {
        let longer = |p50: u64, p99: u64, max: u64| {
            sampler(p50 + way, p99 + slow, (max + slow).max(2 * slow))
        };
        let stream = || DelayShape::new(longer(1_500, 12_000, 50_000));
        Self {
            api_write: longer(3_000, 15_000, 60_000),
            api_reply: longer(300, 1_500, 5_000),
            watch: stream(),
            kubelet_watch: stream(),
            proxy_watch: stream(),
            // There and back.
            client: sampler(300 + 2 * way, 2_000 + 2 * slow, 20_000 + 4 * slow),
            ..Self::lab()
        }
    }

    /// Nothing takes any time but one microsecond, except what a kubelet and a proxy do by themselves.
    #[must_use]
    pub fn ideal() -> Self {
        let instant = || Sampler::new(&Dist::Constant(SimDuration::from_micros(1)));
        let stream = || DelayShape::new(instant());
        let lab = Self::lab();
        Self {
            api_write: instant(),
            api_reply: instant(),
            watch: stream(),
            kubelet_watch: stream(),
            proxy_watch: stream(),
            handler: instant(),
            sync: instant(),
            scheduling: instant(),
            proxy_sync: instant(),
            client: instant(),
            ..lab
        }
    }

    /// The measured cluster: one small node, control plane beside it, nothing else to do.
    #[must_use]
    pub fn lab() -> Self {
        // Its tables take longer to make than a small run, and are the same for all.
        static LAB: LazyLock<Network> = LazyLock::new(Network::measured);
        LAB.clone()
    }

    fn measured() -> Self {
        Self {
            api_write: sampler(3_000, 15_000, 60_000),
            api_reply: sampler(300, 1_500, 5_000),
            watch: shape(1_500, 12_000),
            kubelet_watch: shape(1_500, 12_000),
            proxy_watch: shape(1_500, 12_000),
            handler: sampler(200, 3_000, 20_000),
            sync: sampler(800, 6_000, 30_000),
            scheduling: sampler(1_500, 8_000, 30_000),
            proxy_sync: sampler(32_000, 90_000, 180_000),
            client: sampler(300, 2_000, 20_000),
            node: NodeLatencies {
                worker: sampler(500, 10_000, 50_000),
                volumes: sampler(300_000, 306_000, 320_000),
                sandbox: sampler(115_000, 190_000, 600_000),
                container_start: sampler(88_000, 160_000, 400_000),
                status: sampler(4_000, 15_000, 50_000),
                probe: sampler(2_000, 15_000, 100_000),
                exec: sampler(45_000, 110_000, 300_000),
                term: sampler(7_000, 20_000, 100_000),
                network_teardown: sampler(150_000, 450_000, 750_000),
                cleanup: Sampler::new(&Dist::Uniform {
                    min: SimDuration::from_millis(100),
                    max: SimDuration::from_millis(300),
                }),
                relist: sampler(12_000, 45_000, 60_000),
                pod_relist: sampler(5_000, 25_000, 80_000),
                relist_phase: unit(),
                tick_phase: unit(),
                jitter: unit(),
            },
        }
    }

    /// The canonical profile of the kubelet's test vectors (K217): every hop takes a fixed time, most of
    /// them none. Relists fall on whole seconds plus `shift`, sync ticks half a second later.
    #[must_use]
    pub fn canonical(shift: SimDuration) -> Self {
        let millis = |millis| Sampler::new(&Dist::Constant(SimDuration::from_millis(millis)));
        let none = millis(0);
        let none_shape = || DelayShape::new(none.clone());
        let at = |millis| Sampler::new(&Dist::Constant(SimDuration::from_millis(millis) + shift));
        Self {
            api_write: none.clone(),
            api_reply: none.clone(),
            watch: none_shape(),
            kubelet_watch: none_shape(),
            proxy_watch: none_shape(),
            handler: none.clone(),
            sync: none.clone(),
            scheduling: none.clone(),
            proxy_sync: none.clone(),
            client: none.clone(),
            node: NodeLatencies {
                worker: none.clone(),
                volumes: millis(300),
                sandbox: millis(300),
                container_start: millis(100),
                status: millis(10),
                probe: none.clone(),
                exec: none.clone(),
                term: none.clone(),
                network_teardown: none.clone(),
                cleanup: millis(300),
                relist: none.clone(),
                pod_relist: millis(10),
                relist_phase: at(0),
                tick_phase: at(500),
                jitter: none,
            },
        }
    }
}
