//! What draws are for: the closed list of purposes, each with a number that never changes.

use serde::{Deserialize, Serialize};

/// What a draw decides. Purposes never share draws, whatever their identities and indices.
///
/// The list grows at the end only: a purpose's key comes from its number, so a number that moved
/// would change every recorded run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// A purpose outside this list, such as a user's own controller, by its number.
    Other(u16),
    /// The random part of an object's uid (C7).
    Uid,
    /// The five letters after a generated name.
    PodNameSuffix,
    /// How long the API server works on a request.
    ApiLatency,
    /// How late a watch stream delivers.
    WatchDelay,
    /// From a delivery to the end of the informer's handlers.
    HandlerLag,
    /// How long a controller computes in one sync.
    SyncCpu,
    /// How long one scheduling cycle takes.
    SchedulerCycle,
    /// A choice among equals, such as nodes with the same score (S72).
    TieBreak,
    /// From the call to a ready pod sandbox.
    SandboxStart,
    /// From the call to a running container.
    ContainerStart,
    /// Speed and latency of an image pull.
    ImagePull,
    /// How long a volume takes to be mounted.
    VolumeWait,
    /// How long a pod worker computes.
    KubeletWorker,
    /// How late the kubelet's status manager writes.
    StatusPatch,
    /// Where in its first period a kubelet relists.
    RelistPhase,
    /// What a relist adds to its period (K24).
    RelistPeriod,
    /// Where in a second a kubelet's sync tick falls (K14).
    SyncTickPhase,
    /// How long until a pod is synced again unasked (K25).
    ResyncJitter,
    /// What is added to a back-off.
    BackoffJitter,
    /// The delay before a probe worker's first attempt.
    ProbePhase,
    /// Which of two simultaneous probe wake-ups is first.
    ProbeRace,
    /// How long a probe takes.
    ProbeDuration,
    /// How long a process takes to act on SIGTERM.
    TermReaction,
    /// From the call to a running exec process.
    ExecStart,
    /// How long a sandbox takes to stop.
    TeardownDelay,
    /// How long the network plug-in takes to let go of a pod.
    NetworkTeardown,
    /// Where in its first period a proxy syncs.
    ProxyPhase,
    /// How long a proxy takes to write its rules.
    ProxySyncDuration,
    /// How long the EndpointSlice controller batches.
    SliceController,
    /// Which endpoint a connection goes to.
    EndpointChoice,
    /// When a client's next request comes.
    TrafficArrival,
    /// Which client, and what it asks.
    TrafficClient,
    /// How long a server works on a request.
    RequestTime,
    /// The network between a client and the cluster.
    ClientLatency,
    /// Where in its period a node renews its lease.
    LeasePhase,
    /// Where in its period the node lifecycle controller looks.
    MonitorPhase,
    /// How long a node takes to come up.
    NodeStart,
    /// When and where a fault falls, addressed by the fault.
    FaultSchedule,
    /// Properties of generated objects, addressed by the object.
    Workload,
    /// Choices of a search over seeds.
    Search,
    /// Where in a wall second a process's clock began.
    ClockPhase,
}

impl Purpose {
    /// Every purpose of the list, in the order of their numbers.
    pub const LIST: [Self; 41] = [
        Self::Uid,
        Self::PodNameSuffix,
        Self::ApiLatency,
        Self::WatchDelay,
        Self::HandlerLag,
        Self::SyncCpu,
        Self::SchedulerCycle,
        Self::TieBreak,
        Self::SandboxStart,
        Self::ContainerStart,
        Self::ImagePull,
        Self::VolumeWait,
        Self::KubeletWorker,
        Self::StatusPatch,
        Self::RelistPhase,
        Self::RelistPeriod,
        Self::SyncTickPhase,
        Self::ResyncJitter,
        Self::BackoffJitter,
        Self::ProbePhase,
        Self::ProbeRace,
        Self::ProbeDuration,
        Self::TermReaction,
        Self::ExecStart,
        Self::TeardownDelay,
        Self::NetworkTeardown,
        Self::ProxyPhase,
        Self::ProxySyncDuration,
        Self::SliceController,
        Self::EndpointChoice,
        Self::TrafficArrival,
        Self::TrafficClient,
        Self::RequestTime,
        Self::ClientLatency,
        Self::LeasePhase,
        Self::MonitorPhase,
        Self::NodeStart,
        Self::FaultSchedule,
        Self::Workload,
        Self::Search,
        Self::ClockPhase,
    ];

    /// This purpose's number in the list. It is the same for every [`Purpose::Other`]: one more
    /// than the list can ever have.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Uid => 0,
            Self::PodNameSuffix => 1,
            Self::ApiLatency => 2,
            Self::WatchDelay => 3,
            Self::HandlerLag => 4,
            Self::SyncCpu => 5,
            Self::SchedulerCycle => 6,
            Self::TieBreak => 7,
            Self::SandboxStart => 8,
            Self::ContainerStart => 9,
            Self::ImagePull => 10,
            Self::VolumeWait => 11,
            Self::KubeletWorker => 12,
            Self::StatusPatch => 13,
            Self::RelistPhase => 14,
            Self::RelistPeriod => 15,
            Self::SyncTickPhase => 16,
            Self::ResyncJitter => 17,
            Self::BackoffJitter => 18,
            Self::ProbePhase => 19,
            Self::ProbeRace => 20,
            Self::ProbeDuration => 21,
            Self::TermReaction => 22,
            Self::ExecStart => 23,
            Self::TeardownDelay => 24,
            Self::NetworkTeardown => 25,
            Self::ProxyPhase => 26,
            Self::ProxySyncDuration => 27,
            Self::SliceController => 28,
            Self::EndpointChoice => 29,
            Self::TrafficArrival => 30,
            Self::TrafficClient => 31,
            Self::RequestTime => 32,
            Self::ClientLatency => 33,
            Self::LeasePhase => 34,
            Self::MonitorPhase => 35,
            Self::NodeStart => 36,
            Self::FaultSchedule => 37,
            Self::Workload => 38,
            Self::Search => 39,
            Self::ClockPhase => 40,
            Self::Other(_) => Self::OTHER,
        }
    }

    /// The number of every [`Purpose::Other`].
    pub(super) const OTHER: u16 = u16::MAX;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (place, purpose) in Purpose::LIST.iter().enumerate() {
            assert_eq!(usize::from(purpose.number()), place, "{purpose:?}");
        }
        let names: Vec<String> = Purpose::LIST.iter().map(|p| format!("{p:?}")).collect();
        let all = blake3::hash(names.join(" ").as_bytes());
        // A purpose was added at the end? Accept the new hash. Anything else changes recorded runs.
        expect_test::expect!["57402267cb956125"].assert_eq(&all.to_hex()[..16]);
    }
}
