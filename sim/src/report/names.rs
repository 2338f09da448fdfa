//! What objects are called, also those that are gone.

use std::collections::BTreeMap;

use wavetank_core::fact::{Actor, Controller, Record};
use wavetank_core::id::{Kind, ObjId, TextId};
use wavetank_core::object::name::ObjectName;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;

/// The names of all objects other than pods that there have ever been; the store keeps those of pods.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: BTreeMap<ObjId, (ObjectName, TextId)>,
}

impl Names {
    /// Takes note of a record that was applied.
    pub fn observe(&mut self, record: &Record) {
        let Some(meta) = record.fact.new_meta() else {
            return;
        };
        if let Some(object) = record.fact.object() {
            self.names.insert(object, (meta.name, meta.namespace));
        }
    }

    /// The name and namespace of an object, if there has ever been one.
    #[must_use]
    pub fn find(&self, cluster: &Cluster, object: ObjId) -> Option<(String, TextId)> {
        let (name, namespace) = if object.kind == Kind::Pod {
            cluster.store.name_of(object)?
        } else {
            // Those that are there know their own names.
            match self.names.get(&object) {
                Some(found) => *found,
                None => cluster.store.name_of(object)?,
            }
        };
        Some((name.text(&cluster.definitions.texts), namespace))
    }

    /// The name of an object; its kind and number when nobody knows the name.
    #[must_use]
    pub fn name(&self, cluster: &Cluster, object: ObjId) -> String {
        self.find(cluster, object).map_or_else(
            || format!("{}#{}", object.kind.name().to_lowercase(), object.index),
            |(name, _)| name,
        )
    }

    /// `pod/web-1`, with the namespace in front when it is not `default`: `kube-system/pod/dns`.
    #[must_use]
    pub fn path(&self, cluster: &Cluster, object: ObjId) -> String {
        let kind = object.kind.name().to_lowercase();
        match self.find(cluster, object) {
            None => format!("{kind}#{}", object.index),
            Some((name, namespace)) if is_plain(namespace) => format!("{kind}/{name}"),
            Some((name, namespace)) => {
                format!("{}/{kind}/{name}", cluster.definitions.texts.get(namespace))
            }
        }
    }

    /// The objects of a kind and name that there have ever been, in any namespace or the given one, in
    /// the order of their creation. Walks over all objects of the kind.
    #[must_use]
    pub fn all_named(
        &self,
        cluster: &Cluster,
        kind: Kind,
        namespace: Option<TextId>,
        name: &str,
    ) -> Vec<ObjId> {
        let Some(wanted) = ObjectName::find(name, &cluster.definitions.texts) else {
            return Vec::new();
        };
        let fits = |(found, place): (ObjectName, TextId)| {
            found == wanted && (!kind.is_namespaced() || namespace.is_none_or(|only| only == place))
        };
        if kind == Kind::Pod {
            return (0..cluster.store.pods.len())
                .map(|index| ObjId { kind, index })
                .filter(|pod| cluster.store.name_of(*pod).is_some_and(fits))
                .collect();
        }
        self.names
            .iter()
            .filter(|(object, known)| object.kind == kind && fits(**known))
            .map(|(object, _)| *object)
            .collect()
    }
}

/// Whether a namespace need not be said.
fn is_plain(namespace: TextId) -> bool {
    namespace == known::DEFAULT || namespace == known::EMPTY
}

/// The component that an actor reports events as: `source.component` of an Event.
#[must_use]
pub const fn component(actor: Actor) -> &'static str {
    match actor {
        Actor::Scenario => "scenario",
        Actor::User => "kubectl",
        Actor::ApiServer => "kube-apiserver",
        Actor::Scheduler => "default-scheduler",
        Actor::Controller(controller) => controller_name(controller),
        Actor::Kubelet(_) => "kubelet",
        Actor::Proxy(_) => "kube-proxy",
        Actor::Client(_) => "client",
    }
}

/// The name under which a controller reports events.
const fn controller_name(controller: Controller) -> &'static str {
    match controller {
        Controller::Deployment => "deployment-controller",
        Controller::ReplicaSet => "replicaset-controller",
        Controller::EndpointSlice => "endpoint-slice-controller",
        Controller::NodeLifecycle => "node-controller",
        Controller::TaintEviction => "taint-eviction-controller",
        Controller::GarbageCollector => "garbage-collector-controller",
        Controller::PodGarbageCollector => "pod-garbage-collector-controller",
        Controller::Namespace => "namespace-controller",
        Controller::Disruption => "controllermanager",
        Controller::StatefulSet => "statefulset-controller",
        Controller::DaemonSet => "daemonset-controller",
        Controller::Job => "job-controller",
        Controller::CronJob => "cronjob-controller",
        Controller::HorizontalPodAutoscaler => "horizontal-pod-autoscaler",
        Controller::TtlAfterFinished => "ttl-after-finished-controller",
        Controller::ResourceQuota => "resourcequota-controller",
        Controller::Endpoints => "endpoint-controller",
        Controller::ReplicationController => "replication-controller",
        Controller::PersistentVolume => "persistentvolume-controller",
    }
}

/// An actor in a timeline: its component, with the node or client that it is on.
#[must_use]
pub fn actor(names: &Names, cluster: &Cluster, actor: Actor) -> String {
    match actor {
        Actor::Kubelet(node) | Actor::Proxy(node) => {
            format!("{} {}", component(actor), names.name(cluster, node.into()))
        }
        Actor::Client(client) => client_name(cluster, client.0),
        Actor::Scenario
        | Actor::User
        | Actor::ApiServer
        | Actor::Scheduler
        | Actor::Controller(_) => component(actor).to_owned(),
    }
}

/// What the scenario calls a traffic source; its number when the log does not say.
#[must_use]
pub fn client_name(cluster: &Cluster, client: u32) -> String {
    use wavetank_core::object::definition::Named;
    let name = cluster.definitions.name_of(Named::Client, client);
    name.map_or_else(|| format!("client#{client}"), str::to_owned)
}
