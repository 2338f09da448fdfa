//! What the API server would refuse, in its words. // C48, C49

mod other;
mod pod;
mod volume;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::names;
use super::typed::Object;

/// The largest total of all annotations, in bytes.
const ANNOTATIONS_BYTES_MAX: usize = 256 << 10;

/// A reason to refuse an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The field: `spec.template.spec.containers[0].image`.
    pub path: String,
    /// What the API server says of it.
    pub message: String,
    /// What is written beside the caret; may be empty.
    pub note: String,
    /// What to do; may be empty.
    pub help: String,
}

/// Everything that is wrong with an object; the object has its defaults.
pub(super) fn validate(object: &Object) -> Vec<Complaint> {
    let mut checker = Checker::default();
    checker.metadata(object);
    match object {
        Object::Pod(object) => match &object.spec {
            Some(spec) => checker.pod_spec(spec, "spec"),
            None => checker.required("spec", "a pod has at least one container"),
        },
        Object::Deployment(object) => checker.deployment(object),
        Object::ReplicaSet(object) => checker.replica_set(object),
        Object::StatefulSet(object) => checker.stateful_set(object),
        Object::DaemonSet(object) => checker.daemon_set(object),
        Object::ReplicationController(object) => checker.replication_controller(object),
        Object::Job(object) => checker.job(object.spec.as_ref(), "spec"),
        Object::CronJob(object) => checker.cron_job(object),
        Object::Service(object) => checker.service(object),
        Object::PodDisruptionBudget(object) => checker.disruption_budget(object),
        Object::PriorityClass(object) => checker.priority_class(object),
        Object::HorizontalPodAutoscaler(object) => checker.autoscaler(object),
        Object::PersistentVolumeClaim(object) => checker.claim(object),
        Object::Node(object) => {
            let status = object.status.as_ref();
            checker.quantities(status.and_then(|s| s.capacity.as_ref()), "status.capacity");
            checker.quantities(
                status.and_then(|s| s.allocatable.as_ref()),
                "status.allocatable",
            );
        }
        Object::ResourceQuota(object) => {
            let hard = object.spec.as_ref().and_then(|spec| spec.hard.as_ref());
            checker.quantities(hard, "spec.hard");
        }
        Object::LimitRange(object) => {
            for (index, item) in object.spec.iter().flat_map(|spec| &spec.limits).enumerate() {
                let at = format!("spec.limits[{index}]");
                checker.quantities(item.max.as_ref(), &format!("{at}.max"));
                checker.quantities(item.min.as_ref(), &format!("{at}.min"));
                checker.quantities(item.default.as_ref(), &format!("{at}.default"));
                checker.quantities(
                    item.default_request.as_ref(),
                    &format!("{at}.defaultRequest"),
                );
            }
        }
        Object::EndpointSlice(_)
        | Object::Endpoints(_)
        | Object::Namespace(_)
        | Object::ConfigMap(_)
        | Object::Secret(_)
        | Object::ServiceAccount(_)
        | Object::PersistentVolume(_)
        | Object::StorageClass(_)
        | Object::CSINode(_)
        | Object::Ingress(_)
        | Object::Other(_) => (),
    }
    checker.complaints
}

#[derive(Default)]
struct Checker {
    complaints: Vec<Complaint>,
    /// Names of the claim templates whose volumes the pods will have.
    claims: BTreeSet<String>,
}

impl Checker {
    fn complain(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let complaint = Complaint {
            path: path.into(),
            message: message.into(),
            note: String::new(),
            help: help.into(),
        };
        self.complaints.push(complaint);
    }

    /// The last complaint gets a note beside its caret.
    fn note(&mut self, note: impl Into<String>) {
        if let Some(last) = self.complaints.last_mut() {
            last.note = note.into();
        }
    }

    fn required(&mut self, path: impl Into<String>, help: &str) {
        let path = path.into();
        let note = format!(
            "`{}` is missing",
            path.rsplit('.').next().unwrap_or_default()
        );
        self.complain(path, "Required value", help);
        self.note(note);
    }

    fn invalid(&mut self, path: impl Into<String>, value: &str, problem: &str, help: &str) {
        self.complain(path, format!("Invalid value: {value:?}: {problem}"), help);
    }

    fn unsupported(&mut self, path: impl Into<String>, value: &str, supported: &[&str]) {
        let list = supported
            .iter()
            .map(|value| format!("{value:?}"))
            .collect::<Vec<_>>()
            .join(", ");
        self.complain(
            path,
            format!("Unsupported value: {value:?}: supported values: {list}"),
            "",
        );
        let near = crate::diagnostic::nearest(value, supported.iter().copied());
        if let Some(near) = near {
            self.note(format!("did you mean `{near}`?"));
        }
    }

    /// A text that must be one of a few; absent is fine.
    fn one_of(&mut self, value: Option<&String>, path: impl Into<String>, supported: &[&str]) {
        if let Some(value) = value
            && !supported.contains(&value.as_str())
        {
            self.unsupported(path, value, supported);
        }
    }

    fn at_least(&mut self, value: Option<i64>, least: i64, path: impl Into<String>) {
        if let Some(value) = value.filter(|&value| value < least) {
            let problem = match least {
                0 => "must be greater than or equal to 0".to_owned(),
                1 => "must be greater than 0".to_owned(),
                _ => format!("must be greater than or equal to {least}"),
            };
            self.complain(path, format!("Invalid value: {value}: {problem}"), "");
        }
    }

    fn metadata(&mut self, object: &Object) {
        let metadata = object.metadata();
        let name = metadata.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            if metadata.generate_name.is_none() {
                self.complain(
                    "metadata.name",
                    "Required value: name or generateName is required",
                    "add `name:` under `metadata:`",
                );
            }
        } else if let Some(problem) = match object {
            Object::Service(_) => names::service(name),
            Object::Namespace(_) => names::label(name),
            Object::Pod(_)
            | Object::Deployment(_)
            | Object::ReplicaSet(_)
            | Object::StatefulSet(_)
            | Object::DaemonSet(_)
            | Object::ReplicationController(_)
            | Object::Job(_)
            | Object::CronJob(_)
            | Object::EndpointSlice(_)
            | Object::Endpoints(_)
            | Object::Node(_)
            | Object::ConfigMap(_)
            | Object::Secret(_)
            | Object::ServiceAccount(_)
            | Object::PodDisruptionBudget(_)
            | Object::PriorityClass(_)
            | Object::HorizontalPodAutoscaler(_)
            | Object::PersistentVolume(_)
            | Object::PersistentVolumeClaim(_)
            | Object::StorageClass(_)
            | Object::CSINode(_)
            | Object::ResourceQuota(_)
            | Object::LimitRange(_)
            | Object::Ingress(_) => names::subdomain(name),
            Object::Other(_) => None,
        } {
            let help = suggested_name(name)
                .map_or_else(String::new, |name| format!("for example `{name}`"));
            self.invalid("metadata.name", name, &problem, &help);
        }
        if let Some(namespace) = &metadata.namespace
            && let Some(problem) = names::label(namespace)
        {
            self.invalid("metadata.namespace", namespace, &problem, "");
        }
        self.labels(metadata, "metadata");
    }

    fn labels(&mut self, metadata: &ObjectMeta, at: &str) {
        for (key, value) in metadata.labels.iter().flatten() {
            self.label(key, value, &format!("{at}.labels"));
        }
        let mut bytes = 0;
        for (key, value) in metadata.annotations.iter().flatten() {
            bytes += key.len() + value.len();
            if let Some(problem) = names::qualified(key) {
                self.invalid(format!("{at}.annotations[{key}]"), key, &problem, "");
            }
        }
        if bytes > ANNOTATIONS_BYTES_MAX {
            let message = format!("Too long: may not be more than {ANNOTATIONS_BYTES_MAX} bytes");
            self.complain(
                format!("{at}.annotations"),
                message,
                format!("they have {bytes} bytes"),
            );
        }
    }

    fn label(&mut self, key: &str, value: &str, at: &str) {
        if let Some(problem) = names::qualified(key) {
            self.invalid(format!("{at}[{key}]"), key, &problem, "");
        }
        if let Some(problem) = names::label_value(value) {
            self.invalid(format!("{at}[{key}]"), value, &problem, "");
        }
    }

    fn selector(&mut self, selector: &LabelSelector, at: &str) {
        for (key, value) in selector.match_labels.iter().flatten() {
            self.label(key, value, &format!("{at}.matchLabels"));
        }
        for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
            let at = format!("{at}.matchExpressions[{index}]");
            let has_values = expression
                .values
                .as_ref()
                .is_some_and(|values| !values.is_empty());
            match expression.operator.as_str() {
                "In" | "NotIn" if !has_values => {
                    self.complain(
                        format!("{at}.values"),
                        "Required value: must be specified when `operator` is 'In' or 'NotIn'",
                        "",
                    );
                }
                "Exists" | "DoesNotExist" if has_values => {
                    self.complain(format!("{at}.values"), "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'", "");
                }
                "In" | "NotIn" | "Exists" | "DoesNotExist" => (),
                other => self.unsupported(
                    format!("{at}.operator"),
                    other,
                    &["In", "NotIn", "Exists", "DoesNotExist"],
                ),
            }
        }
    }

    fn quantities(&mut self, quantities: Option<&BTreeMap<String, Quantity>>, at: &str) {
        for (name, quantity) in quantities.into_iter().flatten() {
            if let Some(problem) = names::quantity(&quantity.0) {
                self.invalid(format!("{at}[{name}]"), &quantity.0, &problem, "");
            }
        }
    }

    /// A number that is not negative, or a percentage.
    fn share(&mut self, value: Option<&IntOrString>, at: String) {
        match value {
            None => (),
            Some(IntOrString::Int(number)) => self.at_least(Some(i64::from(*number)), 0, at),
            Some(IntOrString::String(text)) => {
                let digits = text.strip_suffix('%').unwrap_or_default();
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    let help = match text.parse::<u32>() {
                        Ok(number) => {
                            format!("write `{number}` without quotes, or `\"{number}%\"`")
                        }
                        Err(_) => String::new(),
                    };
                    self.invalid(
                        at,
                        text,
                        "a valid percent string must be a numeric string followed by an ending '%'",
                        &help,
                    );
                }
            }
        }
    }

    fn port_range(&mut self, port: i32, path: String) {
        if !(1..=65_535).contains(&port) {
            self.complain(
                path,
                format!("Invalid value: {port}: must be between 1 and 65535, inclusive"),
                "",
            );
        }
    }

    /// A port's number, or the name of one.
    fn port_or_name(&mut self, port: &IntOrString, path: String) {
        match port {
            IntOrString::Int(number) => self.port_range(*number, path),
            IntOrString::String(name) => {
                if let Some(problem) = names::port(name) {
                    let help = if name.parse::<u16>().is_ok() {
                        format!("write `{name}` without quotes")
                    } else {
                        String::new()
                    };
                    self.invalid(path, name, &problem, &help);
                }
            }
        }
    }
}

/// A valid name near an invalid one.
fn suggested_name(name: &str) -> Option<String> {
    let mapped: String = name
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(63)
        .collect();
    let trimmed = mapped.trim_matches(['-', '.']).to_owned();
    (names::subdomain(&trimmed).is_none() && trimmed != name).then_some(trimmed)
}
