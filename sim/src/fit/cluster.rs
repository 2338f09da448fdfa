//! The cluster on which pods are to be placed.

use crate::component::scheduler::decision::framework::Framework;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dump::{Objects, World};
use crate::manifest::Object;

/// The cluster of a dump, with these plugins. What contradicts itself is told.
pub fn cluster(
    framework: Framework,
    objects: impl Iterator<Item = Object>,
    diagnostics: &mut Diagnostics,
) -> Option<World> {
    let (mut namespaces, mut nodes, mut pods) = (Vec::new(), Vec::new(), Vec::new());
    let (mut services, mut budgets) = (Vec::new(), Vec::new());
    let (mut replica_sets, mut stateful_sets) = (Vec::new(), Vec::new());
    let (mut volumes, mut claims) = (Vec::new(), Vec::new());
    let (mut classes, mut csi_nodes) = (Vec::new(), Vec::new());
    #[allow(clippy::wildcard_enum_match_arm)] // the scheduler reads nothing else
    for object in objects {
        match object {
            Object::Namespace(it) => namespaces.push(*it),
            Object::Node(it) => nodes.push(*it),
            Object::Pod(it) => pods.push(*it),
            Object::Service(it) => services.push(*it),
            Object::PodDisruptionBudget(it) => budgets.push(*it),
            Object::ReplicaSet(it) => replica_sets.push(*it),
            Object::StatefulSet(it) => stateful_sets.push(*it),
            Object::PersistentVolume(it) => volumes.push(*it),
            Object::PersistentVolumeClaim(it) => claims.push(*it),
            Object::StorageClass(it) => classes.push(*it),
            Object::CSINode(it) => csi_nodes.push(*it),
            _ => {}
        }
    }
    let objects = Objects {
        namespaces: &namespaces,
        nodes: &nodes,
        pdbs: &budgets,
        services: &services,
        replicasets: &replica_sets,
        stateful_sets: &stateful_sets,
        volumes: &volumes,
        claims: &claims,
        classes: &classes,
        csi_nodes: &csi_nodes,
    };
    match World::running(framework, &objects, &pods) {
        Ok(world) => Some(world),
        Err(error) => {
            diagnostics.push(Diagnostic::error("F005", error.to_string()));
            None
        }
    }
}
