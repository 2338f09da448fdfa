//! Settings of the components, with Kubernetes' defaults.

use wavetank_core::time::SimDuration;

use crate::component::scheduler::profile::SchedulerProfile;
use crate::component::scheduler::queue::clock::BackOff;

/// Settings of all components.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The kubelets, the same for all nodes.
    pub kubelet: KubeletSettings,
    /// The proxies, the same for all nodes.
    pub proxy: ProxySettings,
    /// The controllers.
    pub controllers: ControllerSettings,
    /// The scheduler.
    pub scheduler: SchedulerSettings,
}

/// Fields of KubeletConfiguration that the model reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KubeletSettings {
    /// `serializeImagePulls`
    pub serial_pulls: bool,
    /// `crashLoopBackOff.maxContainerRestartPeriod`
    pub crash_back_off_max: SimDuration,
    /// `syncFrequency`
    pub sync_frequency: SimDuration,
    /// `nodeStatusUpdateFrequency`
    pub node_status_frequency: SimDuration,
    /// `nodeLeaseDurationSeconds`
    pub lease_duration: SimDuration,
}

impl Default for KubeletSettings {
    fn default() -> Self {
        Self {
            serial_pulls: true,
            crash_back_off_max: SimDuration::from_secs(300),
            sync_frequency: SimDuration::from_secs(60),
            node_status_frequency: SimDuration::from_secs(10),
            lease_duration: SimDuration::from_secs(40),
        }
    }
}

/// Fields of KubeProxyConfiguration that the model reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxySettings {
    /// `iptables.minSyncPeriod` (C216)
    pub min_sync_period: SimDuration,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            min_sync_period: SimDuration::from_secs(1),
        }
    }
}

/// Flags of kube-controller-manager that the model reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControllerSettings {
    /// `node-monitor-period` (C178)
    pub node_monitor_period: SimDuration,
    /// `node-monitor-grace-period` (C178)
    pub node_monitor_grace_period: SimDuration,
    /// `node-eviction-rate`, in nodes per 1,000 seconds (C178)
    pub eviction_rate_milli: u64,
    /// `secondary-node-eviction-rate`, in nodes per 1,000 seconds (C178)
    pub secondary_eviction_rate_milli: u64,
    /// `unhealthy-zone-threshold`, in percent (C178)
    pub unhealthy_zone_percent: u32,
    /// `large-cluster-size-threshold` (C178)
    pub large_zone: u32,
    /// `kube-api-qps` of each controller's client; 0 means no limit (C39)
    pub api_qps: u64,
    /// `kube-api-burst` of each controller's client (C39)
    pub api_burst: u64,
}

impl Default for ControllerSettings {
    fn default() -> Self {
        Self {
            node_monitor_period: SimDuration::from_secs(5),
            node_monitor_grace_period: SimDuration::from_secs(50),
            eviction_rate_milli: 100,
            secondary_eviction_rate_milli: 10,
            unhealthy_zone_percent: 55,
            large_zone: 50,
            api_qps: 20,
            api_burst: 30,
        }
    }
}

/// What a KubeSchedulerConfiguration says, and what users bring beside it.
#[derive(Clone, Debug)]
pub struct SchedulerSettings {
    /// How pods are placed, by their `schedulerName`; never empty. Pods of other names are nobody's (S15).
    pub profiles: Vec<SchedulerProfile>,
    /// `podInitialBackoffSeconds`, `podMaxBackoffSeconds`
    pub back_off: BackOff,
    /// `clientConnection.qps`; 0 means no limit (S3).
    pub api_qps: u64,
    /// `clientConnection.burst`
    pub api_burst: u64,
}

impl Default for SchedulerSettings {
    fn default() -> Self {
        Self {
            profiles: vec![SchedulerProfile::default()],
            back_off: BackOff::default(),
            api_qps: 50,
            api_burst: 100,
        }
    }
}
