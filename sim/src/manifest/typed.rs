//! The kinds that the model knows, as typed objects.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, Endpoints, LimitRange, Namespace, Node, PersistentVolume, PersistentVolumeClaim,
    Pod, PodTemplateSpec, ReplicationController, ResourceQuota, Secret, Service, ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::decode::{Decoded, decode};
use super::node::{Extent, Key, Kind, Node as Tree};

macro_rules! objects {
    ($($variant:ident),* $(,)?) => {
        /// A Kubernetes object of a kind that is modelled, or the name of one that is not.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(
                #[doc = concat!("A ", stringify!($variant), ".")]
                $variant(Box<$variant>),
            )*
            /// An object of a kind without effect: only its identity is known.
            Other(Box<Other>),
        }

        impl Object {
            /// The kind: `Deployment`.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => stringify!($variant),)*
                    Self::Other(other) => &other.kind,
                }
            }

            /// The `apiVersion` that the object was read as: the current one of its kind.
            #[must_use]
            pub fn api_version(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$variant as k8s_openapi::Resource>::API_VERSION,)*
                    Self::Other(other) => &other.api_version,
                }
            }

            /// Name, namespace, labels and so on.
            #[must_use]
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Self::$variant(object) => &object.metadata,)*
                    Self::Other(other) => &other.metadata,
                }
            }

            /// The object as JSON, with its defaults: what `-o yaml` prints of it.
            ///
            /// # Panics
            ///
            /// Never: these types always have a JSON form.
            #[must_use]
            pub fn to_json(&self) -> serde_json::Value {
                match self {
                    $(Self::$variant(object) => serde_json::to_value(object),)*
                    Self::Other(other) => Ok(serde_json::json!({
                        "apiVersion": other.api_version,
                        "kind": other.kind,
                        "metadata": other.metadata,
                    })),
                }
                .expect("a Kubernetes object as JSON")
            }

            /// Name, namespace, labels and so on, to change.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Self::$variant(object) => &mut object.metadata,)*
                    Self::Other(other) => &mut other.metadata,
                }
            }
        }

        fn decode_kind(tree: &Tree, kind: &str) -> Option<Decoded<Object>> {
            Some(match kind {
                $(stringify!($variant) => {
                    let version = <$variant as k8s_openapi::Resource>::API_VERSION;
                    let read: Decoded<$variant> = decode(tree, version, stringify!($variant));
                    Decoded {
                        object: read.object.map(|object| Object::$variant(Box::new(object))),
                        wrong: read.wrong,
                        unknown: read.unknown,
                    }
                })*
                _ => return None,
            })
        }
    };
}

objects!(
    Pod,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ReplicationController,
    Job,
    CronJob,
    Service,
    EndpointSlice,
    Endpoints,
    Node,
    Namespace,
    ConfigMap,
    Secret,
    ServiceAccount,
    PodDisruptionBudget,
    PriorityClass,
    HorizontalPodAutoscaler,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    CSINode,
    ResourceQuota,
    LimitRange,
    Ingress,
);

/// An object of a kind without effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Other {
    /// The version as written.
    pub api_version: String,
    /// The kind as written.
    pub kind: String,
    /// Its metadata, as far as it has any.
    pub metadata: ObjectMeta,
}

impl Object {
    /// The template of the pods that this object makes, if it makes any, and its path.
    #[must_use]
    pub fn template(&self) -> Option<(&PodTemplateSpec, &'static str)> {
        const TEMPLATE: &str = "spec.template";
        match self {
            Self::Deployment(o) => Some((&o.spec.as_ref()?.template, TEMPLATE)),
            Self::StatefulSet(o) => Some((&o.spec.as_ref()?.template, TEMPLATE)),
            Self::DaemonSet(o) => Some((&o.spec.as_ref()?.template, TEMPLATE)),
            Self::Job(o) => Some((&o.spec.as_ref()?.template, TEMPLATE)),
            Self::ReplicaSet(o) => Some((o.spec.as_ref()?.template.as_ref()?, TEMPLATE)),
            Self::ReplicationController(o) => Some((o.spec.as_ref()?.template.as_ref()?, TEMPLATE)),
            Self::CronJob(o) => {
                let job = o.spec.job_template.spec.as_ref()?;
                Some((&job.template, "spec.jobTemplate.spec.template"))
            }
            Self::Pod(_)
            | Self::Service(_)
            | Self::EndpointSlice(_)
            | Self::Endpoints(_)
            | Self::Node(_)
            | Self::Namespace(_)
            | Self::ConfigMap(_)
            | Self::Secret(_)
            | Self::ServiceAccount(_)
            | Self::PodDisruptionBudget(_)
            | Self::PriorityClass(_)
            | Self::HorizontalPodAutoscaler(_)
            | Self::PersistentVolume(_)
            | Self::PersistentVolumeClaim(_)
            | Self::StorageClass(_)
            | Self::CSINode(_)
            | Self::ResourceQuota(_)
            | Self::LimitRange(_)
            | Self::Ingress(_)
            | Self::Other(_) => None,
        }
    }
}

impl Object {
    /// How many pods the object keeps, where it says so.
    #[must_use]
    pub fn replicas(&self) -> Option<i32> {
        let deployment = if let Self::Deployment(o) = self {
            o.spec.as_ref()?.replicas
        } else {
            None
        };
        let replica_set = if let Self::ReplicaSet(o) = self {
            o.spec.as_ref()?.replicas
        } else {
            None
        };
        let stateful = if let Self::StatefulSet(o) = self {
            o.spec.as_ref()?.replicas
        } else {
            None
        };
        let plain = if let Self::ReplicationController(o) = self {
            o.spec.as_ref()?.replicas
        } else {
            None
        };
        deployment.or(replica_set).or(stateful).or(plain)
    }
}

/// Rewrites fields that have other names in the current version.
pub(super) fn translate(tree: &mut Tree, api_version: &str) {
    if matches!(api_version, "autoscaling/v1" | "autoscaling/v2beta1") {
        autoscaler_as_v2(tree);
    }
}

/// Reads an object of a modelled kind, whatever version the document names.
///
/// # Panics
///
/// When the kind is marked as modelled and has no type here.
pub(super) fn decode_modelled(tree: &Tree, kind: &str) -> Decoded<Object> {
    decode_kind(tree, kind).expect("every kind that is marked as modelled is decoded")
}

/// Reads the metadata of an object of any other kind; odd metadata is taken as none.
pub(super) fn decode_other(tree: &Tree, api_version: &str, kind: &str) -> Object {
    let metadata = tree
        .get("metadata")
        .and_then(|metadata| decode(metadata, "", "").object);
    Object::Other(Box::new(Other {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        metadata: metadata.unwrap_or_default(),
    }))
}

/// Rewrites the metrics of `autoscaling/v1` and `v2beta1` as those of `v2`.
fn autoscaler_as_v2(tree: &mut Tree) {
    let Some(Kind::Map(spec)) = value_mut(tree, "spec").map(|spec| &mut spec.kind) else {
        return;
    };
    if let Some(at) = spec
        .iter()
        .position(|(key, _)| key.text == "targetCPUUtilizationPercentage")
    {
        let (key, value) = spec.remove(at);
        let here = value.extent;
        let target = map(
            here,
            [
                ("type", text(here, "Utilization")),
                ("averageUtilization", value),
            ],
        );
        let resource = map(here, [("name", text(here, "cpu")), ("target", target)]);
        let metric = map(
            here,
            [("type", text(here, "Resource")), ("resource", resource)],
        );
        let metrics = Tree {
            extent: here,
            kind: Kind::List(vec![metric]),
        };
        spec.push((
            Key {
                extent: key.extent,
                text: "metrics".to_owned(),
            },
            metrics,
        ));
    }
    let metrics = spec.iter_mut().find(|(key, _)| key.text == "metrics");
    if let Some(Kind::List(metrics)) = metrics.map(|(_, value)| &mut value.kind) {
        for metric in metrics {
            for source in ["resource", "containerResource"] {
                if let Some(source) = value_mut(metric, source) {
                    gather_target(source);
                }
            }
        }
    }
}

/// `targetAverageUtilization: 50` becomes `target: {type: Utilization, averageUtilization: 50}`.
fn gather_target(source: &mut Tree) {
    let Kind::Map(fields) = &mut source.kind else {
        return;
    };
    for (old, new, kind) in [
        (
            "targetAverageUtilization",
            "averageUtilization",
            "Utilization",
        ),
        ("targetAverageValue", "averageValue", "AverageValue"),
    ] {
        if let Some(at) = fields.iter().position(|(key, _)| key.text == old) {
            let (key, value) = fields.remove(at);
            let here = value.extent;
            let target = map(here, [("type", text(here, kind)), (new, value)]);
            fields.push((
                Key {
                    extent: key.extent,
                    text: "target".to_owned(),
                },
                target,
            ));
        }
    }
}

fn value_mut<'a>(tree: &'a mut Tree, name: &str) -> Option<&'a mut Tree> {
    let Kind::Map(entries) = &mut tree.kind else {
        return None;
    };
    entries
        .iter_mut()
        .find(|(key, _)| key.text == name)
        .map(|(_, value)| value)
}

fn text(extent: Extent, text: &str) -> Tree {
    Tree {
        extent,
        kind: Kind::Text(text.to_owned()),
    }
}

fn map<const N: usize>(extent: Extent, entries: [(&str, Tree); N]) -> Tree {
    let entries = entries.map(|(name, value)| {
        (
            Key {
                extent,
                text: name.to_owned(),
            },
            value,
        )
    });
    Tree {
        extent,
        kind: Kind::Map(entries.into()),
    }
}
