//! What the scheduler reads of a pod, shared by all pods that look alike.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as k8s;
use wavetank_core::label::Labels;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{PodSpec, PodTemplate, VolumeSource};

use crate::component::scheduler::plugin::node_affinity::NodeChoice;
use crate::component::scheduler::plugin::node_ports::HostPort;
use crate::plan::lower;

/// The number of a [`PodShape`] within a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ShapeId(pub u32);

impl ShapeId {
    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What the scheduler reads of a pod: namespace, labels and specification, prepared for the plugins.
/// Pods of one shape are interchangeable to every plugin.
#[derive(Clone, Debug)]
pub struct PodShape {
    /// `metadata.namespace`
    pub namespace: Box<str>,
    /// `metadata.labels`
    pub labels: Labels,
    /// The template, for its specification.
    pub template: Arc<PodTemplate>,
    /// What `NodeResourcesFit` counts when it scores the pod: millicores, bytes (S97).
    pub scored: (i64, i64),
    /// The host ports that the pod wants (S89).
    pub ports: Vec<HostPort>,
    /// Node selector and node affinity, prepared (S83–S88).
    pub nodes: NodeChoice,
    /// What owns the pod, if its siblings are spread by default (S104).
    pub owner: Option<Owner>,
    /// The names of the claims that it uses.
    pub claims: Vec<Box<str>>,
}

/// What owns a pod: its kind and name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner {
    /// `kind`
    pub kind: OwnerKind,
    /// `name`
    pub name: Box<str>,
}

/// The kinds of owners by whose selectors pods are spread by default (S104).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // Kubernetes' own kinds
pub enum OwnerKind {
    ReplicaSet,
    ReplicationController,
    StatefulSet,
}

impl PodShape {
    /// The shape of a pod.
    #[must_use]
    pub fn new(namespace: &str, labels: Labels, template: Arc<PodTemplate>) -> Self {
        let spec = &template.spec;
        Self {
            namespace: namespace.into(),
            labels,
            scored: scored(&template),
            ports: HostPort::wanted(spec),
            nodes: NodeChoice::new(spec),
            owner: None,
            claims: claims(spec),
            template,
        }
    }

    /// This shape, of pods that something owns.
    #[must_use]
    pub fn owned_by(mut self, kind: OwnerKind, name: &str) -> Self {
        let name = name.into();
        self.owner = Some(Owner { kind, name });
        self
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &PodSpec {
        &self.template.spec
    }

    /// `spec.priority` (S11).
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.spec().priority
    }

    /// Whether the pod has terms about other pods (S41).
    #[must_use]
    pub fn has_pod_terms(&self) -> bool {
        let affinity = &self.spec().affinity;
        !(affinity.pod_required.is_empty()
            && affinity.pod_preferred.is_empty()
            && affinity.anti_required.is_empty()
            && affinity.anti_preferred.is_empty())
    }

    /// Whether the pod uses a claim.
    #[must_use]
    pub fn has_claim(&self, namespace: &str, name: &str) -> bool {
        *self.namespace == *namespace && self.claims.iter().any(|claim| **claim == *name)
    }

    /// What the pod requests (S90).
    #[must_use]
    pub fn requests(&self) -> &Resources {
        &self.spec().requests
    }
}

/// The names of the claims that a pod uses, each once.
fn claims(spec: &PodSpec) -> Vec<Box<str>> {
    let mut claims: Vec<Box<str>> = Vec::new();
    for volume in &spec.volumes {
        if let VolumeSource::Claim(name) = &volume.source
            && !claims.contains(name)
        {
            claims.push(name.clone());
        }
    }
    claims
}

/// What scoring counts for an incoming pod: pod-level resources are ignored (S97). What its containers
/// request one by one is in the manifest to the letter: there an explicit zero is no missing request.
fn scored(template: &PodTemplate) -> (i64, i64) {
    if !template.spec.has_pod_level_requests {
        return template.spec.nonzero;
    }
    let manifest = serde_json::from_str::<k8s::PodTemplateSpec>(&template.manifest);
    let spec = manifest.ok().and_then(|manifest| manifest.spec);
    spec.map_or(template.spec.nonzero, |spec| lower::pod::scored(&spec))
}
