//! Volumes, claims, classes and attach limits, as the scheduler knows them: what its informers brought,
//! and what it gave away itself without having seen it written (S136, S155).

use std::collections::BTreeMap;

use wavetank_core::id::PodId;
use wavetank_core::label::Labels;
use wavetank_core::object::spec::{
    ClaimPhase, ClaimSpec, CsiDriver, CsiNodeSpec, PersistentVolumeSpec, StorageClassSpec,
    VolumePhase,
};

use super::node::NodeRow;
use super::shape::PodShape;
use crate::component::scheduler::plugin::node_affinity::NodeTerms;

/// Namespace and name of a claim.
pub type ClaimKey = (Box<str>, Box<str>);

/// A claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// What it asks for, and what it has.
    pub spec: ClaimSpec,
    /// The node that a scheduler chose for its volume: `volume.kubernetes.io/selected-node`.
    pub selected_node: Option<Box<str>>,
    /// Whether it is being deleted.
    pub is_going: bool,
}

/// A volume.
#[derive(Clone, Debug)]
pub struct PersistentVolume {
    /// What it is, and who has it.
    pub spec: PersistentVolumeSpec,
    /// `metadata.labels`
    pub labels: Labels,
    /// Whether it is being deleted.
    pub is_going: bool,
    terms: NodeTerms,
}

impl PersistentVolume {
    /// A volume.
    #[must_use]
    pub fn new(spec: PersistentVolumeSpec, labels: Labels, is_going: bool) -> Self {
        Self {
            terms: NodeTerms::new(spec.affinity.as_deref()),
            spec,
            labels,
            is_going,
        }
    }

    /// Whether the volume can be reached from a node.
    #[must_use]
    pub fn reaches(&self, node: &NodeRow) -> bool {
        self.terms.match_labels(&node.labels)
    }

    /// Whether it is reserved for, or bound to, a claim. One that was released is nobody's.
    fn belongs_to(&self, claim: &ClaimKey) -> bool {
        let is_over = matches!(self.spec.phase, VolumePhase::Released | VolumePhase::Failed);
        let owner = self.spec.claim.as_ref();
        !is_over && owner.is_some_and(|it| (&it.namespace, &it.name) == (&claim.0, &claim.1))
    }
}

/// What a scheduler knows of volumes.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    claims: BTreeMap<ClaimKey, Claim>,
    volumes: BTreeMap<Box<str>, PersistentVolume>,
    classes: BTreeMap<Box<str>, StorageClassSpec>,
    /// By the name of the node.
    drivers: BTreeMap<Box<str>, CsiNodeSpec>,
    /// Volumes that were given to claims of pods whose binding is under way.
    given: BTreeMap<Box<str>, (ClaimKey, PodId)>,
    /// Nodes that were chosen for claims of such pods.
    chosen: BTreeMap<ClaimKey, (Box<str>, PodId)>,
}

/// What a pod's claims need on a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// Claims, and the volumes that they get.
    pub bindings: Vec<(ClaimKey, Box<str>)>,
    /// Claims whose volumes have to be made.
    pub provisions: Vec<ClaimKey>,
}

impl Plan {
    /// Whether everything is bound already.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bindings.is_empty() && self.provisions.is_empty()
    }
}

/// Why the volumes of a pod are not to be had on a node: reasons of VolumeBinding, one bit each, in the
/// order in which they are given (S136).
pub mod conflict {
    /// A bound volume cannot be reached from there.
    pub const NODE: u32 = 1;
    /// An unbound claim finds no volume there.
    pub const BINDING: u32 = 1 << 1;
    /// There is too little storage. Storage capacity is not modelled: never said.
    pub const SPACE: u32 = 1 << 2;
    /// A claim is bound to a volume that is not there.
    pub const MISSING: u32 = 1 << 3;
}

impl Volumes {
    /// A claim; none when it is gone.
    pub fn set_claim(&mut self, namespace: &str, name: &str, claim: Option<Claim>) {
        let key = (namespace.into(), name.into());
        if claim.as_ref().is_none_or(|it| it.selected_node.is_some()) {
            self.chosen.remove(&key); // the choice is seen
        }
        set(&mut self.claims, key, claim);
    }

    /// A volume; none when it is gone.
    pub fn set_volume(&mut self, name: &str, volume: Option<PersistentVolume>) {
        if volume.as_ref().is_none_or(|it| it.spec.claim.is_some()) {
            self.given.remove(name); // the gift is seen
        }
        set(&mut self.volumes, name.into(), volume);
    }

    /// A class; none when it is gone.
    pub fn set_class(&mut self, name: &str, class: Option<StorageClassSpec>) {
        set(&mut self.classes, name.into(), class);
    }

    /// What the drivers on a node say; none when they say nothing any more.
    pub fn set_drivers(&mut self, node: &str, drivers: Option<CsiNodeSpec>) {
        set(&mut self.drivers, node.into(), drivers);
    }

    /// A claim.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&Claim> {
        self.claims.get(&(namespace.into(), name.into()))
    }

    /// A volume.
    #[must_use]
    pub fn volume(&self, name: &str) -> Option<&PersistentVolume> {
        self.volumes.get(name)
    }

    /// A class.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&StorageClassSpec> {
        self.classes.get(name)
    }

    /// The drivers on a node.
    #[must_use]
    pub fn drivers(&self, node: &str) -> &[CsiDriver] {
        self.drivers.get(node).map_or(&[], |it| &it.drivers)
    }

    /// Whether a claim has its volume for good.
    #[must_use]
    pub fn is_bound(claim: &Claim) -> bool {
        claim.spec.phase == ClaimPhase::Bound && !claim.spec.volume.is_empty()
    }

    /// Whether a claim waits until a pod that uses it is placed.
    #[must_use]
    pub fn waits(&self, claim: &Claim) -> bool {
        let class = claim
            .spec
            .class
            .as_deref()
            .and_then(|name| self.class(name));
        claim.spec.volume.is_empty() && class.is_some_and(|class| class.waits)
    }

    /// What the claims of a pod need on a node, or why it is not to be had there (S136).
    pub fn plan(&self, pod: &PodShape, node: &NodeRow) -> Result<Plan, u32> {
        let claims = pod.claims.iter();
        let claims = claims.filter_map(|name| {
            let key = (pod.namespace.clone(), name.clone());
            Some((self.claims.get(&key)?, key))
        });
        let (bound, unbound): (Vec<_>, Vec<_>) = claims.partition(|it| Self::is_bound(it.0));
        let mut conflicts = 0;
        for (claim, _) in &bound {
            match self.volume(&claim.spec.volume) {
                Some(volume) if volume.reaches(node) => {}
                Some(_) => conflicts = conflict::NODE,
                None => conflicts = conflict::MISSING,
            }
            if conflicts != 0 {
                break;
            }
        }
        match self.plan_unbound(unbound, node) {
            Some(plan) if conflicts == 0 => Ok(plan),
            Some(_) => Err(conflicts),
            None => Err(conflicts | conflict::BINDING),
        }
    }

    /// Finds volumes for claims without one, for the smallest claim first; what finds none is made.
    fn plan_unbound(&self, claims: Vec<(&Claim, ClaimKey)>, node: &NodeRow) -> Option<Plan> {
        let mut plan = Plan::default();
        let mut to_match = Vec::new();
        for (claim, key) in claims {
            let chosen = self.chosen.get(&key).map(|it| &it.0);
            match chosen.or(claim.selected_node.as_ref()) {
                Some(chosen) if *chosen != node.name => return None,
                Some(_) => plan.provisions.push(key),
                None => to_match.push((claim, key)),
            }
        }
        to_match.sort_by_key(|it| it.0.spec.request);
        for (claim, key) in to_match {
            let taken = |name: &str| plan.bindings.iter().any(|it| *it.1 == *name);
            match self.smallest(claim, &key, node, taken) {
                Some(volume) => plan.bindings.push((key, volume.into())),
                None => plan.provisions.push(key),
            }
        }
        let is_provisionable = |key: &ClaimKey| {
            let class = self.claims.get(key).and_then(|it| it.spec.class.as_deref());
            let class = class.and_then(|name| self.class(name));
            class.is_some_and(|class| class.provisions() && is_allowed(class, node))
        };
        plan.provisions.iter().all(is_provisionable).then_some(plan)
    }

    /// The volume that is reserved for a claim, or the smallest free one that fits; of equals the first
    /// by name, where the original takes any.
    fn smallest(
        &self,
        claim: &Claim,
        key: &ClaimKey,
        node: &NodeRow,
        taken: impl Fn(&str) -> bool,
    ) -> Option<&str> {
        let wanted = &claim.spec;
        let class = wanted.class.as_deref().unwrap_or_default();
        let mut best: Option<(&str, i64)> = None;
        for (name, volume) in &self.volumes {
            let spec = &volume.spec;
            let given = self.given.get(name).map(|it| &it.0);
            let is_own = volume.belongs_to(key) || given == Some(key);
            let is_anothers = !is_own && (spec.claim.is_some() || given.is_some());
            let does_not_do = spec.capacity < wanted.request || spec.is_block != wanted.is_block;
            if is_anothers || does_not_do || volume.is_going || taken(name) || *spec.class != *class
            {
                continue;
            }
            let reaches = volume.reaches(node);
            if is_own {
                return reaches.then_some(name);
            }
            let selected = wanted.selector.as_ref();
            let fits = spec.phase == VolumePhase::Available
                && selected.is_none_or(|selector| selector.matches(&volume.labels))
                && reaches
                && spec.modes.contain(wanted.modes);
            if fits && best.is_none_or(|best| spec.capacity < best.1) {
                best = Some((name, spec.capacity));
            }
        }
        best.map(|best| best.0)
    }

    /// A pod takes what its plan says, before anything of it is written (S155).
    pub fn assume(&mut self, plan: &Plan, node: &str, pod: PodId) {
        for (claim, volume) in &plan.bindings {
            self.given.insert(volume.clone(), (claim.clone(), pod));
        }
        for claim in &plan.provisions {
            self.chosen.insert(claim.clone(), (node.into(), pod));
        }
    }

    /// What a pod took and nobody has seen written is free again (S156).
    pub fn release(&mut self, pod: PodId) {
        self.given.retain(|_, given| given.1 != pod);
        self.chosen.retain(|_, chosen| chosen.1 != pod);
    }

    /// The driver and the name of the volume of a claim, when the driver may limit how many of them a
    /// node has: of the volume, or of the one that its class will make (S135).
    #[must_use]
    pub fn attachment(&self, namespace: &str, name: &str) -> Option<(Box<str>, String)> {
        let claim = self.claim(namespace, name)?;
        if let Some(volume) = self.volume(&claim.spec.volume) {
            let spec = &volume.spec;
            return (!spec.driver.is_empty())
                .then(|| (spec.driver.clone(), spec.handle.to_string()));
        }
        let class = self.class(claim.spec.class.as_deref()?)?;
        Some((class.provisioner.clone(), format!("{namespace}/{name}")))
    }
}

/// Whether volumes of a class may be made for a node.
fn is_allowed(class: &StorageClassSpec, node: &NodeRow) -> bool {
    let has = |(key, values): &(Box<str>, Vec<Box<str>>)| {
        let value = node.labels.get(key);
        value.is_some_and(|value| values.iter().any(|it| **it == *value))
    };
    class.topologies.is_empty() || class.topologies.iter().any(|term| term.iter().all(has))
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}
