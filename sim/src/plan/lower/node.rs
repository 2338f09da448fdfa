//! Nodes.

use k8s_openapi::api::core::v1 as k8s;
use wavetank_core::fact::object::NewNode;
use wavetank_core::label::Labels;
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::node::NodeSpec;
use wavetank_core::object::spec::{Spec, SpecDefinition};
use wavetank_core::text::known;
use wavetank_core::time::Stamp;

use super::cluster::default_capacity;
use super::interner::Interner;
use super::mapping::{labels, quantities};
use super::scheduling::taints;

/// The conditions of a node whose kubelet is well.
#[must_use]
pub fn healthy() -> [Condition; 4] {
    let fine = Condition {
        status: Truth::False,
        ..Condition::default()
    };
    let ready = Condition {
        status: Truth::True,
        reason: known::KUBELET_READY,
        ..Condition::default()
    };
    [ready, fine, fine, fine]
}

/// The labels of a node, with those that its kubelet puts there when it registers, where they are missing.
#[must_use]
pub fn registered(mut labels: Labels, name: &str) -> Labels {
    for (key, value) in [
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", "amd64"),
    ] {
        if labels.get(key).is_none() {
            labels = labels.with(key, value);
        }
    }
    labels
}

/// A Node manifest: the node is there from the start, and well. Taints that a node controller manages
/// are left to it.
#[must_use]
pub fn node(
    node: &k8s::Node,
    manifest: &serde_json::Value,
    interner: &mut impl Interner,
) -> NewNode {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let status = node.status.as_ref();
    let allocatable = quantities(status.and_then(|status| status.allocatable.as_ref()));
    let capacity = quantities(status.and_then(|status| status.capacity.as_ref()));
    let own = registered(labels(node.metadata.labels.as_ref()), name);
    // A node that names only one of the two offers all it has.
    let is_empty = |it: &wavetank_core::object::resources::Resources| {
        *it == wavetank_core::object::resources::Resources::default()
    };
    let (allocatable, capacity) = if is_empty(&capacity) && is_empty(&allocatable) {
        (default_capacity(), default_capacity())
    } else {
        (allocatable, capacity)
    };
    let spec = NodeSpec {
        capacity: if is_empty(&capacity) {
            allocatable.clone()
        } else {
            capacity.clone()
        },
        allocatable: if is_empty(&allocatable) {
            capacity
        } else {
            allocatable
        },
        images: images(status),
    };
    let spec_id = interner.spec(SpecDefinition {
        spec: Spec::Node(spec),
        manifest: manifest.to_string().into(),
    });
    let given = node.spec.as_ref();
    NewNode {
        meta: meta(
            name,
            own,
            labels(node.metadata.annotations.as_ref()),
            interner,
        ),
        spec: spec_id,
        taints: taints(given.and_then(|spec| spec.taints.as_ref()))
            .into_iter()
            .filter(|taint| !taint.key.starts_with("node.kubernetes.io/"))
            .collect(),
        unschedulable: given.is_some_and(|spec| spec.unschedulable == Some(true)),
        conditions: healthy(),
    }
}

/// The images of a node by each of their names, with their bytes.
pub(crate) fn images(status: Option<&k8s::NodeStatus>) -> Vec<(Box<str>, u64)> {
    let images = status.and_then(|status| status.images.as_ref());
    let named = images.into_iter().flatten().flat_map(|image| {
        let size = u64::try_from(image.size_bytes.unwrap_or(0)).unwrap_or(0);
        let names = image.names.iter().flatten();
        names.map(move |name| (name.as_str().into(), size))
    });
    named.collect()
}

/// The metadata of a node.
pub fn meta(name: &str, labels: Labels, annotations: Labels, interner: &mut impl Interner) -> Meta {
    Meta {
        name: interner.name(name),
        namespace: known::EMPTY,
        created: Stamp(0),
        labels: interner.set(labels),
        annotations: interner.set(annotations),
        finalizers: EMPTY_SET,
        owner: None,
        generation: 1,
        deletion: None,
    }
}
