//! ImageLocality: nodes that have the images already (S131–S133).

use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::node::NodeRow;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;

const MEBIBYTE: i64 = 1 << 20;
/// Less than this does not count.
const LEAST: i64 = 23 * MEBIBYTE;
/// More than this for each container does not count.
const MOST: i64 = 1_000 * MEBIBYTE;

/// Prefers nodes that have the pod's images.
#[derive(Clone, Copy, Debug)]
pub struct ImageLocality;

impl Plugin for ImageLocality {
    fn id(&self) -> PluginId {
        PluginId::ImageLocality
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        locality(cycle.pod, node.row, cycle.snapshot)
    }
}

/// The share of the pod's images that the node has, weighed by how widely they are spread (S132).
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // doubles are the rule
pub fn locality(pod: &PodShape, node: &NodeRow, snapshot: &Snapshot) -> i64 {
    if node.present.is_empty() {
        return 0;
    }
    let all = f64::from(snapshot.node_count());
    let containers = i64::try_from(pod.spec().container_count())
        .expect("a number of containers")
        .max(1);
    let mut sum = 0_i64;
    for container in pod.spec().all_containers() {
        let name = normalized_name(&container.image);
        if let Some(image) = node.present.iter().find(|image| *image.name == *name) {
            sum += (image.size as f64 * (f64::from(image.nodes) / all)) as i64;
        }
    }
    let most = MOST * containers;
    100 * (sum.clamp(LEAST, most) - LEAST) / (most - LEAST)
}

/// The name with `:latest` when it has no tag (S131).
fn normalized_name(image: &str) -> std::borrow::Cow<'_, str> {
    if image.rfind(':') <= image.rfind('/') {
        return format!("{image}:latest").into();
    }
    image.into()
}
