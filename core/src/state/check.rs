//! Whether a record may be applied: for records that come from a file.
//!
//! [`Cluster::apply`](super::Cluster::apply) panics on a record that contradicts the state, since in a
//! run only a bug can make one. A log may have been written by anybody; whoever reads one asks first.

use thiserror::Error;

use crate::fact::object::{
    DeploymentChange, EndpointChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange,
    ServiceChange, SliceChange,
};
use crate::fact::pod::{NewPod, PodChange, StatusChange};
use crate::fact::{Fact, Record};
use crate::id::{Kind, NodeId, ObjId, OtherId, PodId, Rev, SetId, SpecId, TemplateId, TextId};
use crate::object::definition::{Definition, Definitions};
use crate::object::meta::Meta;
use crate::object::service::Endpoint;
use crate::object::spec::Spec;
use crate::object::template::PodTemplate;
use crate::state::Cluster;
use crate::time::SimTime;

/// The most endpoints of a slice, as the API server validates it.
const MAX_ENDPOINTS: usize = 1_000;
/// The largest generation with which an object may begin: the rest is left for its writes.
const MAX_GENERATION: u32 = 1 << 30;

/// Why a record does not fit the state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The record is not the next one.
    #[error("record {found} is not the next one, which is {expected}")]
    Sequence {
        /// The number of the record.
        found: u64,
        /// The number that comes next.
        expected: u64,
    },
    /// The record is earlier than the one before it.
    #[error("the record goes back in time, from {before} to {found}")]
    Time {
        /// The record's instant.
        found: SimTime,
        /// The instant of the record before it.
        before: SimTime,
    },
    /// Its cause is later than itself.
    #[error("its cause is record {cause}, which is later")]
    Cause {
        /// The number of the cause.
        cause: u64,
    },
    /// There are as many writes as revisions can count.
    #[error("there are more than four billion writes")]
    TooManyWrites,
    /// A new object does not have the next number of its kind.
    #[error("the new {kind} has number {found}, and the next one is {expected}")]
    NotNext {
        /// The kind.
        kind: Kind,
        /// The number in the record.
        found: u32,
        /// The next number.
        expected: u32,
    },
    /// Another object has that name (API-2).
    #[error("there is a {kind} of that name already")]
    NameTaken {
        /// The kind.
        kind: Kind,
    },
    /// There is no such object, or there is none any more.
    #[error("{kind} {index} is not there")]
    NotThere {
        /// The kind.
        kind: Kind,
        /// The number in the record.
        index: u32,
    },
    /// There is no definition of that number.
    #[error("{what} {index} is not defined: there are {count}")]
    NotDefined {
        /// What the number should stand for.
        what: &'static str,
        /// The number.
        index: u32,
        /// How many there are.
        count: usize,
    },
    /// The definition of that number is of another kind of object.
    #[error("specification {index} is not that of a {kind}")]
    WrongSpec {
        /// The kind of the object.
        kind: Kind,
        /// The number of the specification.
        index: u32,
    },
    /// A container's number is not below the number of the pod's containers.
    #[error("container {number} of a pod with {count}")]
    NoSuchContainer {
        /// The number in the record.
        number: usize,
        /// How many containers the pod has.
        count: usize,
    },
    /// A number is outside its bounds.
    #[error("{what} is {found}, and at most {limit} is possible")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// The number in the record.
        found: u64,
        /// The largest number.
        limit: u64,
    },
    /// The object's kind has a table of its own, or the object is of another kind.
    #[error("the object is recorded as a {kind}, which it cannot be")]
    WrongKind {
        /// The kind in the record.
        kind: Kind,
    },
}

type Checked = Result<(), ApplyError>;

impl Cluster {
    /// Whether `record` can be applied next. [`Self::apply`] does not panic on a record that passes.
    ///
    /// # Errors
    ///
    /// What about the record does not fit.
    pub fn check(&self, record: &Record) -> Checked {
        if record.seq != self.next_seq {
            return Err(ApplyError::Sequence {
                found: record.seq,
                expected: self.next_seq,
            });
        }
        if record.at < self.now {
            return Err(ApplyError::Time {
                found: record.at,
                before: self.now,
            });
        }
        if record.cause > record.seq {
            return Err(ApplyError::Cause {
                cause: record.cause,
            });
        }
        if record.fact.is_write() && self.store.rev.0 >= Rev::LATEST.0 - 1 {
            return Err(ApplyError::TooManyWrites);
        }
        Check(self).fact(&record.fact)
    }

    /// Whether `definition` refers only to what is defined.
    ///
    /// # Errors
    ///
    /// What it refers to.
    pub fn check_definition(&self, definition: &Definition) -> Checked {
        let check = Check(self);
        match definition {
            Definition::Text(_) | Definition::Set(_) | Definition::Named(..) => Ok(()),
            Definition::Template(template) => check.new_template(template),
            Definition::Spec(spec) => match &spec.spec {
                Spec::ReplicaSet(set) => check.template(set.template).map(drop),
                Spec::Deployment(deployment) => check.template(deployment.template).map(drop),
                Spec::Node(_)
                | Spec::Service(_)
                | Spec::PodDisruptionBudget(_)
                | Spec::PriorityClass(_)
                | Spec::Data(_)
                | Spec::Opaque
                | Spec::PersistentVolume(_)
                | Spec::PersistentVolumeClaim(_)
                | Spec::StorageClass(_)
                | Spec::CsiNode(_) => Ok(()),
            },
        }
    }
}

/// The checks, over the state before the record.
struct Check<'a>(&'a Cluster);

impl Check<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm a fact, as in apply")]
    fn fact(&self, fact: &Fact) -> Checked {
        let store = &self.0.store;
        match fact {
            Fact::PodCreated(id, new) => self.new_pod(*id, new),
            Fact::PodChanged(id, change) => self.pod(*id, change),
            Fact::NodeCreated(id, new) => {
                self.new_object(Kind::Node, id.0, store.nodes.len(), &new.meta)?;
                self.spec(Kind::Node, new.spec)
            }
            Fact::NodeChanged(id, change) => {
                self.there((*id).into())?;
                match change {
                    NodeChange::Meta(meta) => self.meta(meta),
                    NodeChange::Spec(spec) => self.spec(Kind::Node, *spec),
                    NodeChange::Conditions(_)
                    | NodeChange::Taints(_)
                    | NodeChange::Unschedulable(_) => Ok(()),
                }
            }
            Fact::ReplicaSetCreated(id, new) => {
                self.new_object(Kind::ReplicaSet, id.0, store.replica_sets.len(), &new.meta)?;
                self.spec(Kind::ReplicaSet, new.spec)
            }
            Fact::ReplicaSetChanged(id, change) => {
                self.there((*id).into())?;
                match change {
                    ReplicaSetChange::Meta(meta) => self.meta(meta),
                    ReplicaSetChange::Spec(spec) => self.spec(Kind::ReplicaSet, *spec),
                    ReplicaSetChange::Scaled { .. }
                    | ReplicaSetChange::Revision(_)
                    | ReplicaSetChange::Status(_) => Ok(()),
                }
            }
            Fact::DeploymentCreated(id, new) => {
                self.new_object(Kind::Deployment, id.0, store.deployments.len(), &new.meta)?;
                self.spec(Kind::Deployment, new.spec)
            }
            Fact::DeploymentChanged(id, change) => {
                self.there((*id).into())?;
                match change {
                    DeploymentChange::Meta(meta) => self.meta(meta),
                    DeploymentChange::Spec(spec) => self.spec(Kind::Deployment, *spec),
                    DeploymentChange::Scaled(_)
                    | DeploymentChange::Paused(_)
                    | DeploymentChange::Status(_) => Ok(()),
                }
            }
            Fact::ServiceCreated(id, new) => {
                self.new_object(Kind::Service, id.0, store.services.len(), &new.meta)?;
                self.spec(Kind::Service, new.spec)
            }
            Fact::ServiceChanged(id, change) => {
                self.there((*id).into())?;
                match change {
                    ServiceChange::Meta(meta) => self.meta(meta),
                    ServiceChange::Spec(spec) => self.spec(Kind::Service, *spec),
                }
            }
            Fact::SliceCreated(id, new) => {
                self.new_object(Kind::EndpointSlice, id.0, store.slices.len(), &new.meta)?;
                known(Kind::Service, new.service.0, store.services.len())?;
                at_most(
                    "the number of endpoints",
                    new.endpoints.len(),
                    MAX_ENDPOINTS,
                )?;
                new.endpoints.iter().try_for_each(|it| self.endpoint(it))
            }
            Fact::SliceChanged(id, change) => {
                self.there((*id).into())?;
                match change {
                    SliceChange::Meta(meta) => self.meta(meta),
                    SliceChange::Endpoints(changes) => self.endpoints(id.0, changes),
                    SliceChange::Ports(write) => self.endpoints(id.0, &write.1),
                }
            }
            Fact::OtherCreated(id, new) => {
                if has_own_table(new.kind) {
                    return Err(ApplyError::WrongKind { kind: new.kind });
                }
                self.new_object(new.kind, id.0, store.others.len(), &new.meta)?;
                self.spec(new.kind, new.spec)
            }
            Fact::OtherChanged(kind, id, change) => self.other(*kind, *id, change),
            Fact::Runtime(..)
            | Fact::EventRecorded(..)
            | Fact::Decided(_)
            | Fact::RequestEnded(_)
            | Fact::RequestsSucceeded { .. }
            | Fact::Fault(..)
            | Fact::Step(..)
            | Fact::Mark(_)
            | Fact::Refused(..) => self.not_a_write(fact),
        }
    }

    /// Facts that are not applied; views still read them beside the state.
    fn not_a_write(&self, fact: &Fact) -> Checked {
        let store = &self.0.store;
        if let Fact::Runtime(pod, _) = fact {
            known(Kind::Pod, pod.0, store.pods.len())?;
        }
        if let Fact::Decided(decision) = fact {
            known(Kind::Pod, decision.pod.0, store.pods.len())?;
            self.node(decision.node)?;
        }
        Ok(())
    }

    fn new_pod(&self, id: PodId, new: &NewPod) -> Checked {
        let store = &self.0.store;
        next(Kind::Pod, id.0, store.pods.len())?;
        self.text(new.name.base)?;
        self.text(new.namespace)?;
        self.template(new.template)?;
        self.node(new.node)?;
        self.owner(new.owner)?;
        if store
            .index
            .named(Kind::Pod, new.namespace, new.name)
            .is_some()
        {
            return Err(ApplyError::NameTaken { kind: Kind::Pod });
        }
        Ok(())
    }

    fn pod(&self, id: PodId, change: &PodChange) -> Checked {
        self.there(id.into())?;
        match change {
            PodChange::Bound(node, _) => self.node(Some(*node)),
            PodChange::Status(changes) => changes.iter().try_for_each(|it| self.status(id, it)),
            PodChange::Labels(set) | PodChange::Annotations(set) | PodChange::Finalizers(set) => {
                self.set(*set)
            }
            PodChange::Owner(owner) => self.owner(*owner),
            PodChange::Template(template) => {
                let count = self.template(*template)?.spec.container_count();
                let expected = self.0.store.containers(id).len();
                if count != expected {
                    return Err(ApplyError::NoSuchContainer {
                        number: count,
                        count: expected,
                    });
                }
                Ok(())
            }
            PodChange::Deleting(_) | PodChange::Removed => Ok(()),
        }
    }

    fn status(&self, pod: PodId, change: &StatusChange) -> Checked {
        match change {
            StatusChange::Container(number, _) => {
                let count = self.0.store.containers(pod).len();
                if usize::from(*number) >= count {
                    return Err(ApplyError::NoSuchContainer {
                        number: usize::from(*number),
                        count,
                    });
                }
                Ok(())
            }
            StatusChange::Nominated(node) => self.node(*node),
            StatusChange::Phase(_)
            | StatusChange::Reason(_)
            | StatusChange::Message(_)
            | StatusChange::Ip(_)
            | StatusChange::Started(_)
            | StatusChange::ObservedGeneration(_)
            | StatusChange::Condition(..)
            | StatusChange::ConditionMessage(..)
            | StatusChange::Gate(..) => Ok(()),
        }
    }

    fn other(&self, kind: Kind, id: OtherId, change: &OtherChange) -> Checked {
        if self.0.store.other_kinds.get(id.index()) != Some(&kind) {
            return Err(ApplyError::WrongKind { kind });
        }
        self.there(ObjId { kind, index: id.0 })?;
        match change {
            OtherChange::Meta(meta) => self.meta(meta),
            OtherChange::Spec(spec) => self.spec(kind, *spec),
        }
    }

    fn new_object(&self, kind: Kind, index: u32, len: u32, meta: &Meta) -> Checked {
        next(kind, index, len)?;
        self.text(meta.name.base)?;
        self.text(meta.namespace)?;
        self.set(meta.labels)?;
        self.set(meta.annotations)?;
        self.set(meta.finalizers)?;
        self.owner(meta.owner)?;
        let generation = "the generation of a new object";
        at_most(
            generation,
            meta.generation as usize,
            MAX_GENERATION as usize,
        )?;
        let names = &self.0.store.index;
        if names.named(kind, meta.namespace, meta.name).is_some() {
            return Err(ApplyError::NameTaken { kind });
        }
        Ok(())
    }

    fn meta(&self, change: &MetaChange) -> Checked {
        match change {
            MetaChange::Labels(set)
            | MetaChange::Annotations(set)
            | MetaChange::Finalizers(set) => self.set(*set),
            MetaChange::Owner(owner) => self.owner(*owner),
            MetaChange::Deleting(_) | MetaChange::Removed => Ok(()),
        }
    }

    fn endpoints(&self, slice: u32, changes: &[EndpointChange]) -> Checked {
        let before = self.0.store.slices.newest(slice);
        let before = before.map_or(0, |slice| slice.endpoints.len());
        let mut added = 0;
        for change in changes {
            if let EndpointChange::Set(endpoint) = change {
                added += 1;
                self.endpoint(endpoint)?;
            }
        }
        at_most("the number of endpoints", before + added, 2 * MAX_ENDPOINTS)?;
        at_most("the number of changes", changes.len(), 2 * MAX_ENDPOINTS)
    }

    fn endpoint(&self, endpoint: &Endpoint) -> Checked {
        known(Kind::Pod, endpoint.pod.0, self.0.store.pods.len())?;
        self.node(endpoint.node)
    }

    fn owner(&self, owner: Option<ObjId>) -> Checked {
        let Some(owner) = owner else {
            return Ok(());
        };
        let store = &self.0.store;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "every other kind is in the table of the others"
        )]
        let len = match owner.kind {
            Kind::Pod => store.pods.len(),
            Kind::Node => store.nodes.len(),
            Kind::ReplicaSet => store.replica_sets.len(),
            Kind::Deployment => store.deployments.len(),
            Kind::Service => store.services.len(),
            Kind::EndpointSlice => store.slices.len(),
            _ => store.others.len(),
        };
        known(owner.kind, owner.index, len)
    }

    fn node(&self, node: Option<NodeId>) -> Checked {
        node.map_or(Ok(()), |node| {
            known(Kind::Node, node.0, self.0.store.nodes.len())
        })
    }

    fn there(&self, object: ObjId) -> Checked {
        if self.0.store.exists(object) {
            Ok(())
        } else {
            Err(ApplyError::NotThere {
                kind: object.kind,
                index: object.index,
            })
        }
    }

    fn definitions(&self) -> &Definitions {
        &self.0.definitions
    }

    fn text(&self, id: TextId) -> Checked {
        defined("text", id.0, self.definitions().texts.len())
    }

    fn set(&self, id: SetId) -> Checked {
        defined("set", id.0, self.definitions().set_count())
    }

    fn template(&self, id: TemplateId) -> Result<&PodTemplate, ApplyError> {
        defined("template", id.0, self.definitions().template_count())?;
        Ok(self.definitions().get_template(id))
    }

    fn new_template(&self, template: &PodTemplate) -> Checked {
        self.set(template.labels)?;
        self.set(template.annotations)?;
        self.set(template.finalizers)?;
        let count = template.spec.container_count();
        at_most("the number of containers", count, usize::from(u8::MAX))
    }

    /// That the specification is defined, and of the form that the kind has.
    fn spec(&self, kind: Kind, id: SpecId) -> Checked {
        defined("specification", id.0, self.definitions().spec_count())?;
        let is_right = match &self.definitions().get_spec(id).spec {
            Spec::Node(_) => kind == Kind::Node,
            Spec::ReplicaSet(_) => kind == Kind::ReplicaSet,
            Spec::Deployment(_) => kind == Kind::Deployment,
            Spec::Service(_) => kind == Kind::Service,
            Spec::PodDisruptionBudget(_)
            | Spec::PriorityClass(_)
            | Spec::Data(_)
            | Spec::Opaque
            | Spec::PersistentVolume(_)
            | Spec::PersistentVolumeClaim(_)
            | Spec::StorageClass(_)
            | Spec::CsiNode(_) => !has_own_table(kind),
        };
        if is_right {
            Ok(())
        } else {
            Err(ApplyError::WrongSpec { kind, index: id.0 })
        }
    }
}

fn has_own_table(kind: Kind) -> bool {
    kind as u8 <= Kind::EndpointSlice as u8
}

/// There is, or has been, an object of this number.
fn known(kind: Kind, index: u32, len: u32) -> Checked {
    if index < len {
        Ok(())
    } else {
        Err(ApplyError::NotThere { kind, index })
    }
}

fn next(kind: Kind, found: u32, expected: u32) -> Checked {
    if found == expected && found < u32::MAX {
        Ok(())
    } else {
        Err(ApplyError::NotNext {
            kind,
            found,
            expected,
        })
    }
}

fn defined(what: &'static str, index: u32, count: usize) -> Checked {
    if (index as usize) < count {
        Ok(())
    } else {
        Err(ApplyError::NotDefined { what, index, count })
    }
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Checked {
    if found <= limit {
        Ok(())
    } else {
        Err(ApplyError::TooLarge {
            what,
            found: found as u64,
            limit: limit as u64,
        })
    }
}
