//! Configuration of components, in their own words.

use serde_json::Value;
use wavetank_core::time::SimDuration;

use super::patches::to_json;
use super::scheduler;
use crate::component::scheduler::custom::SchedulerRegistry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Sources, Span};
use crate::plan::settings::{SchedulerSettings, Settings};
use crate::scenario::document::Document;
use crate::scenario::node::Node;
use crate::scenario::schema::{Cluster, ForeignDocument, RelPath};
use crate::scenario::{load, units};

/// The settings of a scenario's components. Files that are named here are settings: the draws of a run
/// do not depend on them, so that two configurations can be compared run by run.
pub(super) fn settings(
    cluster: &Cluster,
    document: &Document,
    registry: &SchedulerRegistry,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Settings {
    let mut settings = Settings {
        scheduler: SchedulerSettings::with(registry),
        ..Settings::default()
    };
    for (component, given) in &cluster.config {
        let (node, place) = match given {
            ForeignDocument::Inline(node) => (node.clone(), node.span.place(component.clone())),
            ForeignDocument::File(file) => match read(file, document, sources, diagnostics) {
                Some(node) => (node, file.place.clone()),
                None => continue,
            },
        };
        if component == "kube-scheduler" {
            let path = match given {
                ForeignDocument::Inline(_) => "cluster.config.kube-scheduler",
                ForeignDocument::File(_) => "",
            };
            settings.scheduler = scheduler::settings(&node, path, registry, diagnostics);
            continue;
        }
        let tree = to_json(&node);
        let mut reader = Reader {
            component,
            place: &place,
            diagnostics,
        };
        match component.as_str() {
            "kube-proxy" => reader.proxy(&tree, &mut settings),
            "kubelet" => reader.kubelet(&tree, &mut settings),
            "kube-controller-manager" => reader.manager(&tree, &mut settings),
            _ => reader.ignored(""),
        }
    }
    settings
}

/// The first document of a file.
fn read(
    file: &RelPath,
    document: &Document,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let path = document.directory(&file.place).join(&file.value);
    let read = load::read_file(&path, &file.value, Some(&file.place), sources, diagnostics)?;
    sources.set_aside(read);
    let documents = load::documents(read, sources, diagnostics);
    let first = documents.into_iter().next().map(|document| document.node);
    Some(first.unwrap_or_else(|| Node::empty_map(Span::start_of(read))))
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
}
