//! A score plugin of one's own, swept against the default scheduler.
//!
//! `cargo run --example score_plugin`

mod common;

use wavetank_core::id::NodeId;
use wavetank_sim::component::scheduler::custom::{
    Cycle, NodeInfo, SchedulerRegistry, Score, UserPlugin, normalize_by_maximum,
};
use wavetank_sim::plan::settings::SchedulerSettings;

/// Prefers nodes that already have many pods.
#[derive(Debug)]
struct MostPods;

impl Score for MostPods {
    fn score(&self, _cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        i64::from(node.amounts.pods)
    }

    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], scores: &mut [i64]) {
        normalize_by_maximum(scores, false);
    }
}

/// The default scheduler, and the plugin beside its plugins with growing weight.
pub(crate) fn table() -> String {
    let registry =
        SchedulerRegistry::new().plugin("MostPods", |_| Ok(UserPlugin::scoring(MostPods)));
    let with_weight = |weight: u32| {
        let yaml = format!(
            "
            apiVersion: kubescheduler.config.k8s.io/v1
            kind: KubeSchedulerConfiguration
            profiles:
            - schedulerName: default-scheduler
              plugins: {{multiPoint: {{enabled: [{{name: MostPods, weight: {weight}}}]}}}}
            "
        );
        SchedulerSettings::from_yaml(&yaml, &registry).expect("a configuration")
    };
    common::table(vec![
        ("default", SchedulerSettings::default(), "default-scheduler"),
        (
            "with MostPods, weight 1",
            with_weight(1),
            "default-scheduler",
        ),
        (
            "with MostPods, weight 5",
            with_weight(5),
            "default-scheduler",
        ),
    ])
}

#[allow(dead_code, clippy::print_stdout)] // what an example is for; a test takes the table
fn main() {
    print!("{}", table());
}
