//! Configuration of components, in their own words.

use serde_json::Value;
use wavetank_core::time::SimDuration;

use super::patches::to_json;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::plan::settings::Settings;
use crate::scenario::document::Document;
use crate::scenario::schema::{Cluster, ForeignDocument};
use crate::scenario::units;

/// The settings of a scenario's components.
pub(super) fn settings(
    cluster: &Cluster,
    document: &Document,
    diagnostics: &mut Diagnostics,
) -> Settings {
    let mut settings = Settings::default();
    for (component, given) in &cluster.config {
        let (tree, place) = match given {
            ForeignDocument::Inline(node) => (to_json(node), node.span.place(component.clone())),
            ForeignDocument::File(file) => {
                let path = document.directory(&file.place).join(&file.value);
                match std::fs::read_to_string(&path) {
                    Ok(text) => match serde_saphyr::from_str::<Value>(&text) {
                        Ok(tree) => (tree, file.place.clone()),
                        Err(error) => {
                            let message = format!("`{}`: {error}", file.value);
                            let found = Diagnostic::error("S023", message);
                            diagnostics.push(found.at(file.place.clone()));
                            continue;
                        }
                    },
                    Err(error) => {
                        let message = format!("`{}` cannot be read: {error}", file.value);
                        let found = Diagnostic::error("S026", message);
                        diagnostics.push(found.at(file.place.clone()));
                        continue;
                    }
                }
            }
        };
        let mut reader = Reader {
            component,
            place: &place,
            diagnostics,
        };
        match component.as_str() {
            "kube-proxy" => reader.proxy(&tree, &mut settings),
            "kubelet" => reader.kubelet(&tree, &mut settings),
            "kube-controller-manager" => reader.manager(&tree, &mut settings),
            "kube-scheduler" => reader.scheduler(&tree, &mut settings),
            _ => reader.ignored(""),
        }
    }
    settings
}

struct Reader<'a> {
    component: &'a str,
    place: &'a Place,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// A field that the model does not read.
    fn ignored(&mut self, field: &str) {
        let dot = if field.is_empty() { "" } else { "." };
        let message = format!("`{}{dot}{field}` has no effect", self.component);
        self.diagnostics
            .push(Diagnostic::warning("S033", message).at(self.place.clone()));
    }

    fn duration(&mut self, field: &str, value: &Value) -> Option<SimDuration> {
        let text = value.as_str().unwrap_or_default();
        let read = match value.as_u64() {
            Some(0) => Some(SimDuration::ZERO),
            _ => units::duration(text).ok(),
        };
        if read.is_none() {
            let message = format!("`{}.{field}` is a duration, such as `1s`", self.component);
            self.diagnostics
                .push(Diagnostic::error("S003", message).at(self.place.clone()));
        }
        read
    }

    fn each(&mut self, tree: &Value, mut field: impl FnMut(&mut Self, &str, &Value) -> bool) {
        for (name, value) in tree.as_object().into_iter().flatten() {
            if !matches!(name.as_str(), "apiVersion" | "kind") && !field(self, name, value) {
                self.ignored(name);
            }
        }
    }

    fn proxy(&mut self, tree: &Value, settings: &mut Settings) {
        self.each(tree, |reader, name, value| match name {
            "iptables" | "nftables" => {
                reader.each(value, |reader, name, value| {
                    if name != "minSyncPeriod" {
                        return false;
                    }
                    if let Some(period) = reader.duration("minSyncPeriod", value) {
                        settings.proxy.min_sync_period = period;
                    }
                    true
                });
                true
            }
            "mode" => true,
            _ => false,
        });
    }

    fn kubelet(&mut self, tree: &Value, settings: &mut Settings) {
        let kubelet = &mut settings.kubelet;
        self.each(tree, |reader, name, value| {
            match name {
                "serializeImagePulls" => kubelet.serial_pulls = value.as_bool().unwrap_or(true),
                "syncFrequency" => {
                    kubelet.sync_frequency = reader
                        .duration(name, value)
                        .unwrap_or(kubelet.sync_frequency);
                }
                "nodeStatusUpdateFrequency" => {
                    kubelet.node_status_frequency = reader
                        .duration(name, value)
                        .unwrap_or(kubelet.node_status_frequency);
                }
                "nodeLeaseDurationSeconds" => {
                    let seconds = value.as_u64().unwrap_or(40);
                    kubelet.lease_duration = SimDuration::from_secs(seconds);
                }
                "crashLoopBackOff" => {
                    let longest = value.get("maxContainerRestartPeriod");
                    if let Some(longest) = longest
                        && let Some(longest) = reader.duration("maxContainerRestartPeriod", longest)
                    {
                        kubelet.crash_back_off_max = longest;
                    }
                }
                _ => return false,
            }
            true
        });
    }

    fn manager(&mut self, tree: &Value, settings: &mut Settings) {
        let controllers = &mut settings.controllers;
        self.each(tree, |reader, name, value| {
            match name {
                "node-monitor-period" => {
                    controllers.node_monitor_period = reader
                        .duration(name, value)
                        .unwrap_or(controllers.node_monitor_period);
                }
                "node-monitor-grace-period" => {
                    controllers.node_monitor_grace_period = reader
                        .duration(name, value)
                        .unwrap_or(controllers.node_monitor_grace_period);
                }
                "kube-api-qps" => controllers.api_qps = value.as_u64().unwrap_or(20),
                "kube-api-burst" => controllers.api_burst = value.as_u64().unwrap_or(30),
                "node-eviction-rate" => {
                    let rate = value.as_f64().unwrap_or(0.1) * 1_000.0;
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded
                    let milli = rate.clamp(0.0, 1e9) as u64;
                    controllers.eviction_rate_milli = milli;
                }
                "large-cluster-size-threshold" => {
                    let size = value.as_u64().unwrap_or(50);
                    controllers.large_zone = u32::try_from(size).unwrap_or(u32::MAX);
                }
                _ => return false,
            }
            true
        });
    }

    fn scheduler(&mut self, tree: &Value, settings: &mut Settings) {
        let scheduler = &mut settings.scheduler;
        self.each(tree, |_, name, value| {
            match name {
                "percentageOfNodesToScore" => {
                    let percent = value.as_u64().unwrap_or(0);
                    scheduler.percentage_of_nodes = u32::try_from(percent).unwrap_or(100);
                }
                "clientConnection" => {
                    if let Some(qps) = value.get("qps").and_then(Value::as_u64) {
                        scheduler.api_qps = qps;
                    }
                    if let Some(burst) = value.get("burst").and_then(Value::as_u64) {
                        scheduler.api_burst = burst;
                    }
                }
                "leaderElection" => {}
                _ => return false,
            }
            true
        });
    }
}
