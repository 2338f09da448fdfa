//! Creation (C9–C11, C50, C207).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::object::{
    NewDeployment, NewNode, NewOther, NewReplicaSet, NewService, NewSlice,
};
use wavetank_core::fact::pod::NewPod;
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{
    DeploymentId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, ServiceId, SliceId, TextId,
};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::name::{ObjectName, SUFFIXES};
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::spec::Spec;

use super::Desk;
use crate::message::call::{Answer, CreatePod, NewName};

/// The first address of the Service range, 10.96.0.0/12: kubeadm's default.
const SERVICE_RANGE: u32 = 0x0a60_0000;
/// The first addresses, which are left for Services that ask for one (C207).
const SERVICE_STATIC: u32 = 256;
/// How often a generated name is tried (C10).
const NAME_TRIES: u64 = 8;

impl Desk<'_, '_> {
    /// Whether objects may be created in a namespace: not in one that is going (C70).
    fn admits(&self, namespace: TextId) -> bool {
        let Some(object) = self.namespace(namespace) else {
            return true;
        };
        self.cluster
            .store
            .meta(object)
            .is_some_and(|meta| meta.deletion.is_none())
    }

    fn namespace(&self, namespace: TextId) -> Option<ObjId> {
        let text = self.cluster.definitions.texts.get(namespace);
        let name = ObjectName::find(text, &self.cluster.definitions.texts)?;
        self.cluster.store.find(Kind::Namespace, namespace, name)
    }

    /// The object of that name, if there is one.
    fn existing(&self, kind: Kind, namespace: TextId, name: ObjectName) -> Option<ObjId> {
        self.cluster.store.find(kind, namespace, name)
    }

    /// A generated name that is free (C10).
    fn generate(
        &self,
        kind: Kind,
        namespace: TextId,
        base: TextId,
        index: u32,
    ) -> Option<ObjectName> {
        let identity = (kind as u32, index);
        (0..NAME_TRIES).find_map(|attempt| {
            let draw = self.ctx.key.below(
                Purpose::PodNameSuffix,
                identity,
                attempt,
                u64::from(SUFFIXES),
            );
            let name = ObjectName::generated(base, u32::try_from(draw).ok()?);
            self.existing(kind, namespace, name)
                .is_none()
                .then_some(name)
        })
    }

    /// Fills in what the server fills in: creation time and generation (C9).
    fn meta(&self, meta: &Meta) -> Meta {
        Meta {
            created: self.ctx.stamp(),
            generation: 1,
            deletion: None,
            ..*meta
        }
    }

    /// Whether an object of this kind and metadata may be created; the refusal otherwise.
    fn check(&mut self, kind: Kind, meta: &Meta, index: u32) -> Result<(), Answer> {
        if let Some(existing) = self.existing(kind, meta.namespace, meta.name) {
            return Err(self.refuse(existing, Refusal::AlreadyExists));
        }
        if kind.is_namespaced() && !self.admits(meta.namespace) {
            return Err(self.refuse(ObjId { kind, index }, Refusal::Forbidden));
        }
        Ok(())
    }

    pub(super) fn create_pod(&mut self, new: &CreatePod) -> Answer {
        let id = PodId(self.cluster.store.pods.len());
        let name = match new.name {
            NewName::Fixed(name) => Some(name),
            NewName::Generate(base) => self.generate(Kind::Pod, new.namespace, base, id.0),
        };
        let Some(name) = name else {
            return self.refuse(id.into(), Refusal::AlreadyExists); // C10
        };
        if let Some(existing) = self.existing(Kind::Pod, new.namespace, name) {
            return self.refuse(existing, Refusal::AlreadyExists);
        }
        if !self.admits(new.namespace) {
            return self.refuse(id.into(), Refusal::Forbidden);
        }
        let template = self.ctx.definitions().get_template(new.template);
        let pod = NewPod {
            name,
            namespace: new.namespace,
            template: new.template,
            owner: new.owner,
            created: self.ctx.stamp(),
            node: new.node,
            gated: !template.spec.scheduling_gates.is_empty(), // C50
        };
        self.commit(Fact::PodCreated(id, Box::new(pod)));
        self.written(id.into())
    }

    pub(super) fn create_node(&mut self, new: &NewNode) -> Answer {
        let id = NodeId(self.cluster.store.nodes.len());
        if let Err(refused) = self.check(Kind::Node, &new.meta, id.0) {
            return refused;
        }
        let mut node = new.clone();
        node.meta = self.meta(&new.meta);
        self.commit(Fact::NodeCreated(id, Box::new(node)));
        self.written(id.into())
    }

    pub(super) fn create_replica_set(&mut self, new: &NewReplicaSet) -> Answer {
        let id = ReplicaSetId(self.cluster.store.replica_sets.len());
        if let Err(refused) = self.check(Kind::ReplicaSet, &new.meta, id.0) {
            return refused;
        }
        let set = NewReplicaSet {
            meta: self.meta(&new.meta),
            ..*new
        };
        self.commit(Fact::ReplicaSetCreated(id, Box::new(set)));
        self.written(id.into())
    }

    pub(super) fn create_deployment(&mut self, new: &NewDeployment) -> Answer {
        let id = DeploymentId(self.cluster.store.deployments.len());
        if let Err(refused) = self.check(Kind::Deployment, &new.meta, id.0) {
            return refused;
        }
        let deployment = NewDeployment {
            meta: self.meta(&new.meta),
            ..*new
        };
        self.commit(Fact::DeploymentCreated(id, Box::new(deployment)));
        self.written(id.into())
    }

    pub(super) fn create_service(&mut self, new: &NewService) -> Answer {
        let id = ServiceId(self.cluster.store.services.len());
        if let Err(refused) = self.check(Kind::Service, &new.meta, id.0) {
            return refused;
        }
        let spec = self.cluster.definitions.get_spec(new.spec);
        let headless = matches!(&spec.spec, Spec::Service(service) if service.headless);
        let mut service = NewService {
            meta: self.meta(&new.meta),
            ..*new
        };
        if !service.cluster_ip.is_some() && !headless {
            // The order of addresses is not drawn: nothing but `get services` shows it.
            service.cluster_ip = PodIp(SERVICE_RANGE + SERVICE_STATIC + self.server.next_service);
            self.server.next_service += 1;
        }
        self.commit(Fact::ServiceCreated(id, Box::new(service)));
        self.written(id.into())
    }

    pub(super) fn create_slice(&mut self, new: &NewSlice, base: TextId) -> Answer {
        let id = SliceId(self.cluster.store.slices.len());
        let namespace = new.meta.namespace;
        let Some(name) = self.generate(Kind::EndpointSlice, namespace, base, id.0) else {
            return self.refuse(id.into(), Refusal::AlreadyExists);
        };
        let mut slice = new.clone();
        slice.meta = Meta {
            name,
            ..self.meta(&new.meta)
        };
        if let Err(refused) = self.check(Kind::EndpointSlice, &slice.meta, id.0) {
            return refused;
        }
        self.commit(Fact::SliceCreated(id, Box::new(slice)));
        self.written(id.into())
    }

    pub(super) fn create_other(&mut self, new: &NewOther) -> Answer {
        let id = OtherId(self.cluster.store.others.len());
        if let Err(refused) = self.check(new.kind, &new.meta, id.0) {
            return refused;
        }
        let other = NewOther {
            meta: self.meta(&new.meta),
            ..*new
        };
        self.commit(Fact::OtherCreated(id, Box::new(other)));
        self.written(ObjId {
            kind: new.kind,
            index: id.0,
        })
    }
}
