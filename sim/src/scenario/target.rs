//! Targets: what one types after `kubectl get`, and the components that a cluster consists of.

use std::fmt;

use wavetank_core::label;

use super::words::{Word, words};
use crate::diagnostic::nearest;

/// What a verb, a patch or an expression is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// Objects of the API.
    Objects(Objects),
    /// Processes of the control plane or of nodes.
    Component(Component),
}

/// A part of the cluster that is not an object of the API.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Component {
    /// The API server.
    ApiServer,
    /// The scheduler.
    Scheduler,
    /// The controller manager.
    ControllerManager,
    /// The kubelets of the nodes that the selector picks; of all nodes when it is empty.
    Kubelets(Vec<Requirement>),
    /// The proxies of the nodes that the selector picks; of all nodes when it is empty.
    KubeProxies(Vec<Requirement>),
    /// Everything that runs on the machine of the control plane.
    ControlPlane,
    /// The world beyond the cluster.
    Outside,
}

/// Objects of one or more kinds, by name or by selector.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Objects {
    /// Kinds as they are spelled in manifests: `Deployment`; one unless a command line names several.
    pub kinds: Vec<&'static str>,
    /// Names; empty: all that the selectors leave.
    pub names: Vec<String>,
    /// `-l`: all of these must hold.
    pub labels: Vec<Requirement>,
    /// `--field-selector`: all of these must hold.
    pub fields: Vec<FieldRequirement>,
    /// Where to look.
    pub namespaces: Namespaces,
}

/// Where objects are looked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Namespaces {
    /// The namespace `default`.
    #[default]
    Default,
    /// `-n NAME`.
    Named(String),
    /// `-A`.
    All,
}

/// One requirement of a label selector.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What must hold of its value.
    pub operator: Operator,
    /// Values; none for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
}

impl Requirement {
    /// The requirement as objects are matched by it.
    ///
    /// # Errors
    ///
    /// When key or values cannot be those of a label.
    pub fn to_label(&self) -> Result<label::Requirement, label::SelectorError> {
        let operator = match self.operator {
            Operator::In => label::Operator::In,
            Operator::NotIn => label::Operator::NotIn,
            Operator::Exists => label::Operator::Exists,
            Operator::DoesNotExist => label::Operator::DoesNotExist,
        };
        let values = self.values.iter().map(String::as_str);
        label::Requirement::new(&self.key, operator, values)
    }
}

/// The operators of label selectors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operator {
    /// `k=v`, `k in (a,b)`.
    In,
    /// `k!=v`, `k notin (a,b)`; holds without the label too.
    NotIn,
    /// `k`.
    Exists,
    /// `!k`.
    DoesNotExist,
}

/// One requirement of a field selector.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldRequirement {
    /// The field: `status.phase`.
    pub field: String,
    /// `=` rather than `!=`.
    pub equal: bool,
    /// The value.
    pub value: String,
}

/// Why a target cannot be read: what, where in the text (characters), and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct TargetError {
    /// What is wrong.
    pub message: String,
    /// First character that is wrong.
    pub start: u32,
    /// How many characters are wrong.
    pub length: u32,
    /// What to write instead.
    pub help: Option<String>,
}

/// Kinds with their plural and the abbreviations that kubectl knows.
pub const KINDS: &[(&str, &[&str])] = &[
    ("Pod", &["pods", "pod", "po"]),
    ("Node", &["nodes", "node", "no"]),
    ("Deployment", &["deployments", "deployment", "deploy"]),
    ("ReplicaSet", &["replicasets", "replicaset", "rs"]),
    ("StatefulSet", &["statefulsets", "statefulset", "sts"]),
    ("DaemonSet", &["daemonsets", "daemonset", "ds"]),
    (
        "ReplicationController",
        &["replicationcontrollers", "replicationcontroller", "rc"],
    ),
    ("Job", &["jobs", "job"]),
    ("CronJob", &["cronjobs", "cronjob", "cj"]),
    ("Service", &["services", "service", "svc"]),
    ("Endpoints", &["endpoints", "ep"]),
    ("EndpointSlice", &["endpointslices", "endpointslice"]),
    ("Ingress", &["ingresses", "ingress", "ing"]),
    ("IngressClass", &["ingressclasses", "ingressclass"]),
    (
        "NetworkPolicy",
        &["networkpolicies", "networkpolicy", "netpol"],
    ),
    (
        "PodDisruptionBudget",
        &["poddisruptionbudgets", "poddisruptionbudget", "pdb"],
    ),
    (
        "HorizontalPodAutoscaler",
        &["horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"],
    ),
    ("PriorityClass", &["priorityclasses", "priorityclass", "pc"]),
    ("Namespace", &["namespaces", "namespace", "ns"]),
    ("ConfigMap", &["configmaps", "configmap", "cm"]),
    ("Secret", &["secrets", "secret"]),
    (
        "ServiceAccount",
        &["serviceaccounts", "serviceaccount", "sa"],
    ),
    (
        "PersistentVolume",
        &["persistentvolumes", "persistentvolume", "pv"],
    ),
    (
        "PersistentVolumeClaim",
        &["persistentvolumeclaims", "persistentvolumeclaim", "pvc"],
    ),
    ("StorageClass", &["storageclasses", "storageclass", "sc"]),
    ("CSINode", &["csinodes", "csinode"]),
    (
        "ResourceQuota",
        &["resourcequotas", "resourcequota", "quota"],
    ),
    ("LimitRange", &["limitranges", "limitrange", "limits"]),
    ("Lease", &["leases", "lease"]),
    ("Event", &["events", "event", "ev"]),
    ("RuntimeClass", &["runtimeclasses", "runtimeclass"]),
];

/// Targets that are components, as they are typed.
pub const COMPONENTS: [&str; 7] = [
    "kube-apiserver",
    "kube-scheduler",
    "kube-controller-manager",
    "kubelets",
    "kube-proxies",
    "control-plane",
    "outside",
];

/// The kind behind a name that kubectl accepts; groups (`deployments.apps`) are cut off.
#[must_use]
pub fn kind(name: &str) -> Option<&'static str> {
    let lower = name.split('.').next().unwrap_or(name).to_lowercase();
    KINDS
        .iter()
        .find(|(_, names)| names.contains(&lower.as_str()))
        .map(|(kind, _)| *kind)
}

/// Reads a target: `deployment/web`, `pods -l app=web -n shop`, `kubelets -l zone=b`, `outside`.
///
/// # Errors
///
/// With the part of the text that is wrong, and a suggestion.
pub fn parse(text: &str) -> Result<Target, TargetError> {
    let words = words(text).map_err(|at| TargetError {
        message: "a quote is not closed".to_owned(),
        start: at,
        length: 1,
        help: None,
    })?;
    let Some((first, rest)) = words.split_first() else {
        return Err(TargetError {
            message: "a target is wanted here".to_owned(),
            start: 0,
            length: 1,
            help: Some("write what stands after `kubectl get`: deployment/web".to_owned()),
        });
    };
    let mut parser = Parser {
        objects: Objects::default(),
        all: false,
    };
    if COMPONENTS.contains(&first.text.as_str()) {
        parser.options(rest)?;
        return component(first, parser.objects, rest);
    }
    parser.resource(first)?;
    parser.options(rest)?;
    Ok(Target::Objects(parser.objects))
}

fn component(first: &Word, objects: Objects, rest: &[Word]) -> Result<Target, TargetError> {
    let component = match first.text.as_str() {
        "kubelets" => Component::Kubelets(objects.labels),
        "kube-proxies" => Component::KubeProxies(objects.labels),
        name => {
            if let Some(extra) = rest.first() {
                return Err(extra.wrong("a component takes no selector", None));
            }
            match name {
                "kube-apiserver" => Component::ApiServer,
                "kube-scheduler" => Component::Scheduler,
                "kube-controller-manager" => Component::ControllerManager,
                "control-plane" => Component::ControlPlane,
                _ => Component::Outside,
            }
        }
    };
    Ok(Target::Component(component))
}

struct Parser {
    objects: Objects,
    all: bool,
}

impl Parser {
    /// `KIND`, `KIND/NAME` or `KIND,KIND`.
    fn resource(&mut self, word: &Word) -> Result<(), TargetError> {
        let (kinds, name) = match word.text.split_once('/') {
            Some((kinds, name)) => (kinds, Some(name)),
            None => (word.text.as_str(), None),
        };
        for name in kinds.split(',') {
            let kind = kind(name).ok_or_else(|| unknown_kind(name, word))?;
            self.objects.kinds.push(kind);
        }
        match name {
            Some("") => Err(word.wrong("the name after `/` is missing", None)),
            Some(name) => {
                self.objects.names.push(name.to_owned());
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn options(&mut self, rest: &[Word]) -> Result<(), TargetError> {
        let mut index = 0;
        while index < rest.len() {
            let word = &rest[index];
            let (flag, inline) = match word.text.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (word.text.as_str(), None),
            };
            index += 1;
            let mut value = || -> Result<(String, u32), TargetError> {
                if let Some(value) = &inline {
                    let offset = u32::try_from(flag.chars().count()).unwrap_or(0) + 1;
                    return Ok((value.clone(), word.start + offset));
                }
                // A set-based selector contains blanks: everything up to the next flag belongs to it.
                let mut text = String::new();
                let start = rest.get(index).map(|next| next.start);
                while let Some(next) = rest.get(index).filter(|next| !next.text.starts_with('-')) {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(&next.text);
                    index += 1;
                }
                match start {
                    Some(start) if !text.is_empty() => Ok((text, start)),
                    _ => Err(word.wrong(&format!("`{flag}` needs a value"), None)),
                }
            };
            match flag {
                "-l" | "--selector" => {
                    let (text, start) = value()?;
                    self.objects.labels.extend(selector(&text, start)?);
                }
                "--field-selector" => {
                    let (text, start) = value()?;
                    self.objects.fields.extend(field_selector(&text, start)?);
                }
                "-n" | "--namespace" => self.objects.namespaces = Namespaces::Named(value()?.0),
                "-A" | "--all-namespaces" => self.objects.namespaces = Namespaces::All,
                "--all" => self.all = true,
                flag if flag.starts_with('-') => {
                    let help = "targets take -l, -n, -A and --field-selector".to_owned();
                    return Err(word.wrong(&format!("unknown flag `{flag}`"), Some(help)));
                }
                name if !self.objects.kinds.is_empty() && !name.contains('/') => {
                    self.objects.names.push(name.to_owned());
                }
                _ => return Err(word.wrong("this cannot stand in a target", None)),
            }
        }
        Ok(())
    }
}

fn unknown_kind(name: &str, word: &Word) -> TargetError {
    let names = KINDS.iter().flat_map(|(_, names)| names.iter().copied());
    let near = nearest(name, names.chain(COMPONENTS));
    let help = match near {
        Some(near) => format!("did you mean `{}`?", word.text.replacen(name, near, 1)),
        None => "write KIND/NAME, KIND -l SELECTOR, or a component such as kubelets".to_owned(),
    };
    word.wrong(&format!("there is no kind `{name}`"), Some(help))
}

/// Reads a label selector: `app=web,tier!=db,env in (a,b),!legacy,canary`.
///
/// # Errors
///
/// With the requirement that is wrong; places are counted from `start`.
pub fn selector(text: &str, start: u32) -> Result<Vec<Requirement>, TargetError> {
    let mut found = Vec::new();
    for (part, offset) in split_outside_parentheses(text) {
        let trimmed = part.trim();
        let wrong = |message: &str| TargetError {
            message: format!("{message} in the selector `{trimmed}`"),
            start: start + offset,
            length: u32::try_from(part.chars().count()).unwrap_or(1).max(1),
            help: Some("write app=web, tier!=db, env in (a,b), canary or !canary".to_owned()),
        };
        found.push(requirement(trimmed).ok_or_else(|| wrong("a mistake"))?);
    }
    Ok(found)
}

fn requirement(text: &str) -> Option<Requirement> {
    let make = |key: &str, operator, values: Vec<String>| {
        let key = key.trim();
        let fits = !key.is_empty()
            && key.len() <= 317
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        fits.then(|| Requirement {
            key: key.to_owned(),
            operator,
            values,
        })
    };
    let value = |text: &str| {
        let text = text.trim();
        let fits = text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        fits.then(|| text.to_owned())
    };
    if let Some(open) = text.find('(') {
        let list = text[open + 1..].strip_suffix(')')?;
        let values: Option<Vec<String>> = list.split(',').map(value).collect();
        let (key, word) = text[..open].trim_end().rsplit_once(' ')?;
        let operator = match word {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => return None,
        };
        return make(key, operator, values?);
    }
    if let Some((key, right)) = text.split_once("!=") {
        return make(key, Operator::NotIn, vec![value(right)?]);
    }
    if let Some((key, right)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return make(key, Operator::In, vec![value(right)?]);
    }
    match text.strip_prefix('!') {
        Some(key) => make(key, Operator::DoesNotExist, Vec::new()),
        None => make(text, Operator::Exists, Vec::new()),
    }
}

/// Reads a field selector: `status.phase!=Running,metadata.name=web`.
///
/// # Errors
///
/// With the requirement that is wrong; places are counted from `start`.
pub fn field_selector(text: &str, start: u32) -> Result<Vec<FieldRequirement>, TargetError> {
    let mut found = Vec::new();
    for (part, offset) in split_outside_parentheses(text) {
        let (equal, split) = match part.split_once("!=") {
            Some(split) => (false, Some(split)),
            None => (true, part.split_once("==").or_else(|| part.split_once('='))),
        };
        let Some((field, value)) = split.filter(|(field, _)| !field.trim().is_empty()) else {
            return Err(TargetError {
                message: format!("`{part}` is not a field selector"),
                start: start + offset,
                length: u32::try_from(part.chars().count()).unwrap_or(1).max(1),
                help: Some("write status.phase=Running".to_owned()),
            });
        };
        found.push(FieldRequirement {
            field: field.trim().trim_start_matches('.').to_owned(),
            equal,
            value: value.trim().to_owned(),
        });
    }
    Ok(found)
}

/// The parts between commas that stand outside parentheses, each with its offset in characters.
pub(crate) fn split_outside_parentheses(text: &str) -> Vec<(&str, u32)> {
    let mut parts = Vec::new();
    let (mut depth, mut from, mut from_char) = (0_i32, 0, 0);
    for (count, (at, c)) in text.char_indices().enumerate() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push((&text[from..at], from_char));
                from = at + 1;
                from_char = u32::try_from(count).unwrap_or(u32::MAX - 1) + 1;
            }
            _ => {}
        }
    }
    parts.push((&text[from..], from_char));
    parts
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(",");
        match (self.operator, self.values.len()) {
            (Operator::In, 1) => write!(f, "{}={values}", self.key),
            (Operator::NotIn, 1) => write!(f, "{}!={values}", self.key),
            (Operator::In, _) => write!(f, "{} in ({values})", self.key),
            (Operator::NotIn, _) => write!(f, "{} notin ({values})", self.key),
            (Operator::Exists, _) => write!(f, "{}", self.key),
            (Operator::DoesNotExist, _) => write!(f, "!{}", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let shown = match parse(text) {
            Ok(target) => format!("{target:?}"),
            Err(error) => format!(
                "{}+{}: {error} ({})",
                error.start,
                error.length,
                error.help.as_deref().unwrap_or("")
            ),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn targets_are_what_kubectl_get_accepts() {
        check(
            "deploy/web",
            &expect![[
                r#"Objects(Objects { kinds: ["Deployment"], names: ["web"], labels: [], fields: [], namespaces: Default })"#
            ]],
        );
        check(
            "pods -l app=web,tier!=db -n shop",
            &expect![[
                r#"Objects(Objects { kinds: ["Pod"], names: [], labels: [Requirement { key: "app", operator: In, values: ["web"] }, Requirement { key: "tier", operator: NotIn, values: ["db"] }], fields: [], namespaces: Named("shop") })"#
            ]],
        );
        check(
            "nodes -l env in (a,b)",
            &expect![[
                r#"Objects(Objects { kinds: ["Node"], names: [], labels: [Requirement { key: "env", operator: In, values: ["a", "b"] }], fields: [], namespaces: Default })"#
            ]],
        );
        check(
            "pods -A --field-selector status.phase=Pending",
            &expect![[
                r#"Objects(Objects { kinds: ["Pod"], names: [], labels: [], fields: [FieldRequirement { field: "status.phase", equal: true, value: "Pending" }], namespaces: All })"#
            ]],
        );
        check(
            "kubelets -l zone=b",
            &expect![[
                r#"Component(Kubelets([Requirement { key: "zone", operator: In, values: ["b"] }]))"#
            ]],
        );
        check("outside", &expect!["Component(Outside)"]);
    }

    #[test]
    fn mistakes_have_places() {
        check(
            "",
            &expect![
                "0+1: a target is wanted here (write what stands after `kubectl get`: deployment/web)"
            ],
        );
        check(
            "deplyoment/web",
            &expect!["0+14: there is no kind `deplyoment` (did you mean `deployment/web`?)"],
        );
        check(
            "pods -l a==b==c",
            &expect![
                "8+7: a mistake in the selector `a==b==c` (write app=web, tier!=db, env in (a,b), canary or !canary)"
            ],
        );
        check(
            "pods --watch",
            &expect!["5+7: unknown flag `--watch` (targets take -l, -n, -A and --field-selector)"],
        );
        check("pods -l", &expect!["5+2: `-l` needs a value ()"]);
        check(
            "outside -l a=b",
            &expect!["8+2: a component takes no selector ()"],
        );
        check("pod/", &expect!["0+4: the name after `/` is missing ()"]);
    }
}
