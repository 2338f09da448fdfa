//! Names of objects that no file makes.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::diagnostic::nearest;

use super::super::typed::Object;
use super::{Hints, Maker};

/// Names by kind and namespace.
type Names<'a> = BTreeMap<(&'static str, &'a str), BTreeSet<&'a str>>;

/// A name that a pod's spec mentions: where, of what kind, and what happens without it.
struct Mention<'a> {
    path: String,
    kind: &'static str,
    name: &'a str,
    consequence: &'static str,
}

const NOT_STARTED: &str = "its container is not started (CreateContainerConfigError)";
const NOT_MOUNTED: &str = "the pod stays in ContainerCreating: the volume cannot be mounted";

impl Hints<'_> {
    /// Warns of ConfigMaps, Secrets, claims, service accounts, priority classes, Services and scale
    /// targets that do not exist.
    pub(super) fn references(&mut self, makers: &[Maker<'_>]) {
        let names = names(self);
        for maker in makers {
            let namespace = maker.imported.namespace.as_str();
            for mention in mentions(maker.spec) {
                let scope = if mention.kind == "PriorityClass" {
                    ""
                } else {
                    namespace
                };
                let known = names.get(&(mention.kind, scope));
                if exists_anyway(mention.kind, mention.name)
                    || known.is_some_and(|known| known.contains(mention.name))
                {
                    continue;
                }
                let Mention {
                    path,
                    kind,
                    name,
                    consequence,
                } = mention;
                let message = format!(
                    "{} names {kind} `{name}`, which no file makes",
                    maker.imported.reference()
                );
                let near = nearest(name, known.into_iter().flatten().copied());
                let note = near.map_or_else(String::new, |near| format!("did you mean `{near}`?"));
                let help = format!("without it, {consequence}");
                self.warn(
                    maker.imported,
                    &format!("{}.{path}", maker.path),
                    message,
                    &note,
                    help,
                );
            }
        }
        self.other_references(&names);
    }

    fn other_references(&mut self, names: &Names<'_>) {
        let objects = self.objects;
        for imported in objects {
            let namespace = imported.namespace.as_str();
            let knows = |kind, name: &str| {
                names
                    .get(&(kind, namespace))
                    .is_some_and(|known| known.contains(name))
            };
            match &imported.object {
                Object::StatefulSet(object) => {
                    let service = object
                        .spec
                        .as_ref()
                        .and_then(|spec| spec.service_name.as_deref());
                    let Some(service) = service.filter(|name| !name.is_empty()) else {
                        continue;
                    };
                    if !knows("Service", service) {
                        let message = format!(
                            "{} names Service `{service}`, which no file makes",
                            imported.reference()
                        );
                        let help = "without it, its pods have no DNS names of their own".to_owned();
                        self.warn(imported, "spec.serviceName", message, "", help);
                    }
                }
                Object::HorizontalPodAutoscaler(object) => {
                    let target = &object.spec.scale_target_ref;
                    let kind = match target.kind.as_str() {
                        "Deployment" => "Deployment",
                        "StatefulSet" => "StatefulSet",
                        "ReplicaSet" => "ReplicaSet",
                        _ => continue,
                    };
                    if !knows(kind, &target.name) {
                        let message = format!(
                            "{} scales {kind} `{}`, which no file makes",
                            imported.reference(),
                            target.name
                        );
                        self.warn(
                            imported,
                            "spec.scaleTargetRef.name",
                            message,
                            "",
                            "without it, nothing is scaled".to_owned(),
                        );
                    }
                }
                Object::Ingress(object) => {
                    let rules = object
                        .spec
                        .iter()
                        .flat_map(|spec| spec.rules.iter().flatten());
                    for (rule, http) in rules
                        .enumerate()
                        .filter_map(|(i, rule)| Some((i, rule.http.as_ref()?)))
                    {
                        for (index, path) in http.paths.iter().enumerate() {
                            let Some(service) = &path.backend.service else {
                                continue;
                            };
                            if !knows("Service", &service.name) {
                                let message = format!(
                                    "{} sends to Service `{}`, which no file makes",
                                    imported.reference(),
                                    service.name
                                );
                                let at = format!(
                                    "spec.rules[{rule}].http.paths[{index}].backend.service.name"
                                );
                                self.warn(
                                    imported,
                                    &at,
                                    message,
                                    "",
                                    "without it, requests are answered with 503".to_owned(),
                                );
                            }
                        }
                    }
                }
                _ => (),
            }
        }
    }
}

fn names<'a>(hints: &Hints<'a>) -> Names<'a> {
    let mut names = Names::new();
    for imported in hints.objects {
        let kind = match &imported.object {
            Object::ConfigMap(_) => "ConfigMap",
            Object::Secret(_) => "Secret",
            Object::PersistentVolumeClaim(_) => "PersistentVolumeClaim",
            Object::ServiceAccount(_) => "ServiceAccount",
            Object::PriorityClass(_) => "PriorityClass",
            Object::Service(_) => "Service",
            Object::Deployment(_) => "Deployment",
            Object::StatefulSet(_) => "StatefulSet",
            Object::ReplicaSet(_) => "ReplicaSet",
            _ => continue,
        };
        names
            .entry((kind, imported.namespace.as_str()))
            .or_default()
            .insert(&imported.name);
    }
    names
}

/// Objects that every cluster has.
fn exists_anyway(kind: &str, name: &str) -> bool {
    match kind {
        "ConfigMap" => name == "kube-root-ca.crt",
        "ServiceAccount" => name == "default",
        "PriorityClass" => matches!(name, "system-node-critical" | "system-cluster-critical"),
        _ => false,
    }
}

fn mentions(spec: &PodSpec) -> Vec<Mention<'_>> {
    let mut mentions = Vec::new();
    let mut mention = |path: &str, kind, name, consequence| {
        mentions.push(Mention {
            path: path.to_owned(),
            kind,
            name,
            consequence,
        });
    };
    if let Some(name) = spec
        .priority_class_name
        .as_deref()
        .filter(|name| !name.is_empty())
    {
        mention(
            "priorityClassName",
            "PriorityClass",
            name,
            "the pod is refused",
        );
    }
    if let Some(name) = spec
        .service_account_name
        .as_deref()
        .filter(|name| !name.is_empty())
    {
        mention(
            "serviceAccountName",
            "ServiceAccount",
            name,
            "the pod is refused",
        );
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let at = format!("volumes[{index}]");
        let needed = |optional: Option<bool>| optional != Some(true);
        if let Some(source) = volume
            .config_map
            .as_ref()
            .filter(|source| needed(source.optional))
        {
            mention(
                &format!("{at}.configMap.name"),
                "ConfigMap",
                &source.name,
                NOT_MOUNTED,
            );
        }
        if let Some(source) = volume
            .secret
            .as_ref()
            .filter(|source| needed(source.optional))
        {
            let name = source.secret_name.as_deref().unwrap_or_default();
            mention(
                &format!("{at}.secret.secretName"),
                "Secret",
                name,
                NOT_MOUNTED,
            );
        }
        if let Some(source) = &volume.persistent_volume_claim {
            let path = format!("{at}.persistentVolumeClaim.claimName");
            let waits = "the pod stays Pending";
            mention(&path, "PersistentVolumeClaim", &source.claim_name, waits);
        }
        let sources = volume
            .projected
            .iter()
            .flat_map(|source| source.sources.iter().flatten());
        for (part, source) in sources.enumerate() {
            let at = format!("{at}.projected.sources[{part}]");
            if let Some(source) = source
                .config_map
                .as_ref()
                .filter(|source| needed(source.optional))
            {
                mention(
                    &format!("{at}.configMap.name"),
                    "ConfigMap",
                    &source.name,
                    NOT_MOUNTED,
                );
            }
            if let Some(source) = source
                .secret
                .as_ref()
                .filter(|source| needed(source.optional))
            {
                mention(
                    &format!("{at}.secret.name"),
                    "Secret",
                    &source.name,
                    NOT_MOUNTED,
                );
            }
        }
    }
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        environment(
            container,
            &format!("initContainers[{index}]"),
            &mut mentions,
        );
    }
    for (index, container) in spec.containers.iter().enumerate() {
        environment(container, &format!("containers[{index}]"), &mut mentions);
    }
    mentions
}

fn environment<'a>(container: &'a Container, at: &str, mentions: &mut Vec<Mention<'a>>) {
    let mut mention = |path: String, kind, name, optional: Option<bool>| {
        if optional != Some(true) {
            mentions.push(Mention {
                path,
                kind,
                name,
                consequence: NOT_STARTED,
            });
        }
    };
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        if let Some(from) = &source.config_map_ref {
            let path = format!("{at}.envFrom[{index}].configMapRef.name");
            mention(path, "ConfigMap", from.name.as_str(), from.optional);
        }
        if let Some(from) = &source.secret_ref {
            let path = format!("{at}.envFrom[{index}].secretRef.name");
            mention(path, "Secret", from.name.as_str(), from.optional);
        }
    }
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let Some(source) = &variable.value_from else {
            continue;
        };
        if let Some(from) = &source.config_map_key_ref {
            let path = format!("{at}.env[{index}].valueFrom.configMapKeyRef.name");
            mention(path, "ConfigMap", from.name.as_str(), from.optional);
        }
        if let Some(from) = &source.secret_key_ref {
            let path = format!("{at}.env[{index}].valueFrom.secretKeyRef.name");
            mention(path, "Secret", from.name.as_str(), from.optional);
        }
    }
}
