//! A whole scheduler of one's own, swept against the default one.
//!
//! `cargo run --example custom_scheduler`

mod common;

use wavetank_sim::component::scheduler::custom::{
    Framework, Placed, Placement, Request, SchedulerRegistry, Snapshot, feasible,
};
use wavetank_sim::plan::settings::SchedulerSettings;

/// Best fit: of the nodes that the filters of Kubernetes leave, the one on which the least CPU stays free.
#[derive(Debug, Default)]
struct BestFit;

impl Placement for BestFit {
    fn place(&mut self, cluster: &Snapshot, framework: &Framework, request: &Request) -> Placed {
        let nodes = match feasible(framework, cluster, request) {
            Ok(nodes) => nodes,
            Err(error) => return Placed::Unfit(error),
        };
        let free = |node| {
            let amounts = cluster.amounts(node);
            amounts.allocatable.cpu - amounts.requested.cpu
        };
        // Of equals the first: `min_by_key` keeps it, so that every run chooses the same.
        let best = nodes.iter().copied().min_by_key(|node| free(*node));
        Placed::Node {
            node: best.expect("`feasible` gives at least one"),
            feasible: u32::try_from(nodes.len()).expect("fewer nodes"),
        }
    }
}

/// The default scheduler, `MostAllocated` against its spreading plugins, and the scheduler of its own: the same pods, which name it.
pub(crate) fn table() -> String {
    let registry = SchedulerRegistry::new().scheduler("best-fit", BestFit::default);
    let most_allocated = |weight: u32| {
        let yaml = format!(
            "
            profiles:
            - plugins: {{multiPoint: {{enabled: [{{name: NodeResourcesFit, weight: {weight}}}]}}}}
              pluginConfig:
              - name: NodeResourcesFit
                args: {{scoringStrategy: {{type: MostAllocated}}}}
            "
        );
        SchedulerSettings::from_yaml(&yaml, &registry).expect("a configuration")
    };
    common::table(vec![
        ("default", SchedulerSettings::default(), "default-scheduler"),
        (
            "MostAllocated, weight 1",
            most_allocated(1),
            "default-scheduler",
        ),
        (
            "MostAllocated, weight 10",
            most_allocated(10),
            "default-scheduler",
        ),
        ("best-fit", SchedulerSettings::with(&registry), "best-fit"),
    ])
}

#[allow(dead_code, clippy::print_stdout)] // what an example is for; a test takes the table
fn main() {
    print!("{}", table());
}
