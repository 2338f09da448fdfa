//! From the objects of a line to what the scheduler works on.

use k8s_openapi::api::core::v1::Pod;
use wavetank_core::id::PodId;

use super::case::{Case, Damage, Sequence};
use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::framework::{Framework, PreemptionArgs};
use crate::dump::{Contradiction, Objects, World};

/// All nodes are scored.
const PERCENTAGE: u32 = 100;

/// The profile of the recordings: the default one, that looks at all nodes and tries all candidates.
fn framework() -> Framework {
    let mut framework = Framework::default();
    framework.preemption = Some(PreemptionArgs {
        percentage: 100,
        absolute: 100,
    });
    framework
}

/// The cluster of a decision, and what is asked of it.
///
/// # Errors
///
/// When its objects make no cluster.
pub fn of_case(case: &Case) -> Result<(World, Request), Damage> {
    let objects = Objects {
        namespaces: &case.namespaces,
        nodes: &case.nodes,
        pdbs: &case.pdbs,
        services: &case.services,
        replicasets: &case.replicasets,
        ..Objects::default()
    };
    let incoming = std::iter::once(&case.pod);
    let mut world = World::new(framework(), &objects, case.pods.iter().chain(incoming))?;
    for (number, pod) in case.pods.iter().enumerate() {
        world.add(PodId::from_index(number), pod);
    }
    let request = request(&mut world, PodId::from_index(case.pods.len()), &case.pod);
    world.snapshot.refresh();
    Ok((world, request))
}

/// The cluster of a sequence, before anything arrives.
///
/// # Errors
///
/// When its objects make no cluster.
pub fn of_sequence(sequence: &Sequence) -> Result<World, Damage> {
    let objects = Objects {
        namespaces: &sequence.namespaces,
        nodes: &sequence.nodes,
        pdbs: &sequence.pdbs,
        services: &sequence.services,
        replicasets: &sequence.replicasets,
        ..Objects::default()
    };
    Ok(World::new(framework(), &objects, sequence.pods.iter())?)
}

/// What is asked about a pod.
pub fn request(world: &mut World, id: PodId, pod: &Pod) -> Request {
    Request {
        pod: id,
        shape: world.incoming(pod),
        nominated: world.nominated(pod),
        percentage: PERCENTAGE,
    }
}

impl From<Contradiction> for Damage {
    fn from(contradiction: Contradiction) -> Self {
        Self::new(contradiction.to_string())
    }
}
