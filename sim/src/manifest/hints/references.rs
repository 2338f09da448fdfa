//! Names of objects that no file makes.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec, Volume};

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

/// More missing objects of one kind than this are told in one message.
const SINGLE_MAX: usize = 3;
const NOT_STARTED: &str = "a real kubelet does not start its container (CreateContainerConfigError); here it is started all the same";
const NOT_MOUNTED: &str = "a real kubelet cannot mount the volume and the pod stays in ContainerCreating; here it is started all the same";

impl Hints<'_> {
    /// Warns of ConfigMaps, Secrets, claims, service accounts, priority classes, Services and scale
    /// targets that do not exist.
    pub(super) fn references(&mut self, makers: &[Maker<'_>]) {
        let names = names(self);
        for maker in makers {
            let mut missing: BTreeMap<&str, Vec<Mention<'_>>> = BTreeMap::new();
            for mention in mentions(maker.spec) {
                let namespace = maker.imported.namespace.as_str();
                let scope = if mention.kind == "PriorityClass" {
                    ""
                } else {
                    namespace
                };
                let known = names.get(&(mention.kind, scope));
                let exists = known.is_some_and(|known| known.contains(mention.name));
                let others = missing.entry(mention.kind).or_default();
                let said = others.iter().any(|other| other.name == mention.name);
                if !exists && !said && !exists_anyway(mention.kind, mention.name) {
                    others.push(mention);
                }
            }
            for (kind, mentions) in missing {
                if mentions.len() > SINGLE_MAX {
                    self.many_missing(maker, kind, &mentions);
                    continue;
                }
                let scope = if kind == "PriorityClass" {
                    ""
                } else {
                    &maker.imported.namespace
                };
                let known = names
                    .iter()
                    .find(|((of, at), _)| *of == kind && *at == scope);
                for mention in &mentions {
                    let known = known
                        .into_iter()
                        .flat_map(|(_, known)| known.iter().copied());
                    self.one_missing(maker, mention, nearest(mention.name, known));
                }
            }
        }
        self.other_references(&names);
    }

    fn one_missing(&mut self, maker: &Maker<'_>, mention: &Mention<'_>, near: Option<&str>) {
        let Mention {
            path,
            kind,
            name,
            consequence,
        } = mention;
        let what = maker.imported.reference();
        let message = format!("{what} names {kind} `{name}`, which no file makes");
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

    fn many_missing(&mut self, maker: &Maker<'_>, kind: &str, mentions: &[Mention<'_>]) {
        let Some(first) = mentions.first() else {
            return;
        };
        let what = maker.imported.reference();
        let message = format!(
            "{what} names {} objects of kind {kind} that no file makes",
            mentions.len()
        );
        let shown: Vec<&str> = mentions
            .iter()
            .skip(1)
            .take(4)
            .map(|mention| mention.name)
            .collect();
        let more = mentions.len().saturating_sub(1 + shown.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let note = format!("also {}{more}", shown.join(", "));
        let help = format!("without them, {}", first.consequence);
        self.warn(
            maker.imported,
            &format!("{}.{}", maker.path, first.path),
            message,
            &note,
            help,
        );
    }

    fn other_references(&mut self, names: &Names<'_>) {
        for imported in self.objects {
            let namespace = imported.namespace.as_str();
            let knows = |kind, name: &str| {
                names
                    .get(&(kind, namespace))
                    .is_some_and(|known| known.contains(name))
            };
            let what = imported.reference();
            let mut missing: Vec<(String, String, &str)> = Vec::new();
            if let Object::StatefulSet(object) = &imported.object {
                let service = object
                    .spec
                    .as_ref()
                    .and_then(|spec| spec.service_name.as_deref());
                let unknown = |name: &&str| !name.is_empty() && !knows("Service", name);
                if let Some(service) = service.filter(unknown) {
                    let message = format!("{what} names Service `{service}`, which no file makes");
                    let help = "without it, its pods have no DNS names of their own";
                    missing.push(("spec.serviceName".to_owned(), message, help));
                }
            }
            if let Object::HorizontalPodAutoscaler(object) = &imported.object {
                let target = &object.spec.scale_target_ref;
                let kind = SCALED_KINDS.iter().find(|kind| **kind == target.kind);
                if let Some(kind) = kind.filter(|kind| !knows(kind, &target.name)) {
                    let name = &target.name;
                    let message = format!("{what} scales {kind} `{name}`, which no file makes");
                    let path = "spec.scaleTargetRef.name".to_owned();
                    missing.push((path, message, "without it, nothing is scaled"));
                }
            }
            if let Object::Ingress(object) = &imported.object {
                let rules = object
                    .spec
                    .iter()
                    .flat_map(|spec| spec.rules.iter().flatten());
                for (rule, http) in rules
                    .enumerate()
                    .filter_map(|(i, rule)| Some((i, rule.http.as_ref()?)))
                {
                    for (index, path) in http.paths.iter().enumerate() {
                        let service = path.backend.service.as_ref();
                        let Some(service) =
                            service.filter(|service| !knows("Service", &service.name))
                        else {
                            continue;
                        };
                        let message = format!(
                            "{what} sends to Service `{}`, which no file makes",
                            service.name
                        );
                        let at =
                            format!("spec.rules[{rule}].http.paths[{index}].backend.service.name");
                        missing.push((at, message, "without it, requests are answered with 503"));
                    }
                }
            }
            for (path, message, help) in missing {
                self.warn(imported, &path, message, "", help.to_owned());
            }
        }
    }
}

/// Kinds that an autoscaler of this model scales.
const SCALED_KINDS: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];

fn names<'a>(hints: &Hints<'a>) -> Names<'a> {
    let mut names = Names::new();
    for imported in hints.objects {
        let kind = NAMED_KINDS
            .iter()
            .find(|kind| **kind == imported.object.kind());
        let Some(kind) = kind
            .copied()
            .filter(|_| !matches!(imported.object, Object::Other(_)))
        else {
            continue;
        };
        names
            .entry((kind, imported.namespace.as_str()))
            .or_default()
            .insert(&imported.name);
    }
    names
}

/// Kinds that others name.
const NAMED_KINDS: [&str; 9] = [
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "PriorityClass",
    "Service",
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
];

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
    for (path, kind, name) in [
        (
            "priorityClassName",
            "PriorityClass",
            &spec.priority_class_name,
        ),
        (
            "serviceAccountName",
            "ServiceAccount",
            &spec.service_account_name,
        ),
    ] {
        if let Some(name) = name.as_deref().filter(|name| !name.is_empty()) {
            let consequence = "a real API server refuses the pod; here it is made all the same";
            mentions.push(Mention {
                path: path.to_owned(),
                kind,
                name,
                consequence,
            });
        }
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        mounted(volume, &format!("volumes[{index}]"), &mut mentions);
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

fn mounted<'a>(volume: &'a Volume, at: &str, mentions: &mut Vec<Mention<'a>>) {
    let mut mention = |path: String, kind, name, optional: Option<bool>, consequence| {
        if optional != Some(true) {
            mentions.push(Mention {
                path,
                kind,
                name,
                consequence,
            });
        }
    };
    if let Some(source) = &volume.config_map {
        let path = format!("{at}.configMap.name");
        mention(
            path,
            "ConfigMap",
            source.name.as_str(),
            source.optional,
            NOT_MOUNTED,
        );
    }
    if let Some(source) = &volume.secret {
        let path = format!("{at}.secret.secretName");
        let name = source.secret_name.as_deref().unwrap_or_default();
        mention(path, "Secret", name, source.optional, NOT_MOUNTED);
    }
    if let Some(source) = &volume.persistent_volume_claim {
        let path = format!("{at}.persistentVolumeClaim.claimName");
        let name = source.claim_name.as_str();
        mention(
            path,
            "PersistentVolumeClaim",
            name,
            None,
            "the pod stays Pending until the claim is there",
        );
    }
    let projected = volume.projected.iter();
    let sources = projected.flat_map(|source| source.sources.iter().flatten());
    for (part, source) in sources.enumerate() {
        let at = format!("{at}.projected.sources[{part}]");
        if let Some(source) = &source.config_map {
            let path = format!("{at}.configMap.name");
            mention(
                path,
                "ConfigMap",
                source.name.as_str(),
                source.optional,
                NOT_MOUNTED,
            );
        }
        if let Some(source) = &source.secret {
            let path = format!("{at}.secret.name");
            mention(
                path,
                "Secret",
                source.name.as_str(),
                source.optional,
                NOT_MOUNTED,
            );
        }
    }
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
