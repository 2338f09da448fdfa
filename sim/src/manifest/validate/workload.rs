//! What the API server refuses in the objects that make pods.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, JobSpec};
use k8s_openapi::api::core::v1::{PodTemplateSpec, ReplicationController};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::pod::{Requirement, requirements, requirements_of, selects};
use super::Checker;

const NO_SPEC: &str = "add `spec:` with `selector` and `template`";
const TEMPLATE: &str = "spec.template";

impl Checker {
    pub(super) fn deployment(&mut self, object: &Deployment) {
        let Some(spec) = &object.spec else {
            return self.required("spec", NO_SPEC);
        };
        self.at_least(spec.replicas.map(i64::from), 0, "spec.replicas");
        self.at_least(
            spec.min_ready_seconds.map(i64::from),
            0,
            "spec.minReadySeconds",
        );
        self.at_least(
            spec.revision_history_limit.map(i64::from),
            0,
            "spec.revisionHistoryLimit",
        );
        let deadline = spec.progress_deadline_seconds;
        self.at_least(deadline.map(i64::from), 0, "spec.progressDeadlineSeconds");
        if let (Some(deadline), Some(ready)) = (deadline, spec.min_ready_seconds)
            && deadline <= ready
            && ready > 0
        {
            let message =
                format!("Invalid value: {deadline}: must be greater than minReadySeconds");
            self.complain("spec.progressDeadlineSeconds", message, "");
        }
        if let Some(strategy) = &spec.strategy {
            self.one_of(
                strategy.type_.as_ref(),
                "spec.strategy.type",
                &["Recreate", "RollingUpdate"],
            );
            let at = "spec.strategy.rollingUpdate";
            if let Some(rolling) = &strategy.rolling_update {
                if strategy.type_.as_deref() == Some("Recreate") {
                    self.complain(
                        at,
                        "Forbidden: may not be specified when strategy `type` is 'Recreate'",
                        "remove it, or use `type: RollingUpdate`",
                    );
                }
                let shares = [rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref()];
                self.rolling(shares, at);
            }
        }
        self.selected_template(&spec.selector, &spec.template);
        self.always_restarts(&spec.template);
    }

    pub(super) fn replica_set(&mut self, object: &ReplicaSet) {
        let Some(spec) = &object.spec else {
            return self.required("spec", NO_SPEC);
        };
        self.at_least(spec.replicas.map(i64::from), 0, "spec.replicas");
        self.at_least(
            spec.min_ready_seconds.map(i64::from),
            0,
            "spec.minReadySeconds",
        );
        let Some(template) = &spec.template else {
            return self.required(TEMPLATE, "the pods to make");
        };
        self.selected_template(&spec.selector, template);
        self.always_restarts(template);
    }

    pub(super) fn replication_controller(&mut self, object: &ReplicationController) {
        let Some(spec) = &object.spec else {
            return self.required("spec", NO_SPEC);
        };
        self.at_least(spec.replicas.map(i64::from), 0, "spec.replicas");
        let Some(template) = &spec.template else {
            return self.required(TEMPLATE, "the pods to make");
        };
        let selector = spec.selector.clone().unwrap_or_default();
        if selector.is_empty() {
            self.required("spec.selector", "the labels of the template");
        } else {
            self.matches_template(&requirements_of(&selector), template);
        }
        self.template(template, TEMPLATE);
        self.always_restarts(template);
    }

    pub(super) fn stateful_set(&mut self, object: &StatefulSet) {
        let Some(spec) = &object.spec else {
            return self.required("spec", NO_SPEC);
        };
        self.at_least(spec.replicas.map(i64::from), 0, "spec.replicas");
        self.at_least(
            spec.min_ready_seconds.map(i64::from),
            0,
            "spec.minReadySeconds",
        );
        let policies = ["OrderedReady", "Parallel"];
        self.one_of(
            spec.pod_management_policy.as_ref(),
            "spec.podManagementPolicy",
            &policies,
        );
        if let Some(strategy) = &spec.update_strategy {
            let kinds = ["OnDelete", "RollingUpdate"];
            self.one_of(strategy.type_.as_ref(), "spec.updateStrategy.type", &kinds);
            let partition = strategy
                .rolling_update
                .as_ref()
                .and_then(|rolling| rolling.partition);
            self.at_least(
                partition.map(i64::from),
                0,
                "spec.updateStrategy.rollingUpdate.partition",
            );
        }
        let claims = spec.volume_claim_templates.iter().flatten();
        self.claims = claims
            .filter_map(|claim| claim.metadata.name.clone())
            .collect();
        self.selected_template(&spec.selector, &spec.template);
        self.claims.clear();
        self.always_restarts(&spec.template);
        for (index, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
            let requests = claim
                .spec
                .as_ref()
                .and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
            self.quantities(
                requests,
                &format!("spec.volumeClaimTemplates[{index}].spec.resources.requests"),
            );
        }
    }

    pub(super) fn daemon_set(&mut self, object: &DaemonSet) {
        let Some(spec) = &object.spec else {
            return self.required("spec", NO_SPEC);
        };
        self.at_least(
            spec.min_ready_seconds.map(i64::from),
            0,
            "spec.minReadySeconds",
        );
        if let Some(strategy) = &spec.update_strategy {
            let kinds = ["OnDelete", "RollingUpdate"];
            self.one_of(strategy.type_.as_ref(), "spec.updateStrategy.type", &kinds);
            if let Some(rolling) = &strategy.rolling_update {
                let at = "spec.updateStrategy.rollingUpdate";
                self.rolling(
                    [rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref()],
                    at,
                );
            }
        }
        self.selected_template(&spec.selector, &spec.template);
        self.always_restarts(&spec.template);
    }

    pub(super) fn job(&mut self, spec: Option<&JobSpec>, at: &str) {
        let Some(spec) = spec else {
            return self.required(at, "add `spec:` with `template`");
        };
        self.at_least(
            spec.parallelism.map(i64::from),
            0,
            format!("{at}.parallelism"),
        );
        self.at_least(
            spec.completions.map(i64::from),
            0,
            format!("{at}.completions"),
        );
        self.at_least(
            spec.backoff_limit.map(i64::from),
            0,
            format!("{at}.backoffLimit"),
        );
        self.at_least(
            spec.active_deadline_seconds,
            0,
            format!("{at}.activeDeadlineSeconds"),
        );
        self.at_least(
            spec.ttl_seconds_after_finished.map(i64::from),
            0,
            format!("{at}.ttlSecondsAfterFinished"),
        );
        self.one_of(
            spec.completion_mode.as_ref(),
            format!("{at}.completionMode"),
            &["Indexed", "NonIndexed"],
        );
        let indexed = spec.completion_mode.as_deref() == Some("Indexed");
        if indexed && spec.completions.is_none() {
            self.complain(
                format!("{at}.completions"),
                "Required value: when completion mode is Indexed",
                "",
            );
        }
        if spec.backoff_limit_per_index.is_some() && !indexed {
            self.complain(
                format!("{at}.backoffLimitPerIndex"),
                "Invalid value: requires indexed completion mode",
                "add `completionMode: Indexed`",
            );
        }
        self.template(&spec.template, &format!("{at}.template"));
        let policy = spec
            .template
            .spec
            .as_ref()
            .and_then(|pod| pod.restart_policy.as_deref());
        if policy == Some("Always") {
            let path = format!("{at}.template.spec.restartPolicy");
            self.complain(path, "Required value: valid values: \"OnFailure\", \"Never\"", "add `restartPolicy: OnFailure` or `restartPolicy: Never`: the default, Always, would never let a Job finish");
        }
    }

    pub(super) fn cron_job(&mut self, object: &CronJob) {
        let spec = &object.spec;
        if spec.schedule.is_empty() {
            self.required(
                "spec.schedule",
                "for example `\"*/5 * * * *\"`: every five minutes",
            );
        } else if !is_schedule(&spec.schedule) {
            self.invalid(
                "spec.schedule",
                &spec.schedule,
                "expected five fields: minute, hour, day of month, month, day of week",
                "for example `\"*/5 * * * *\"`: every five minutes",
            );
        }
        self.at_least(
            spec.starting_deadline_seconds,
            0,
            "spec.startingDeadlineSeconds",
        );
        let policies = ["Allow", "Forbid", "Replace"];
        self.one_of(
            spec.concurrency_policy.as_ref(),
            "spec.concurrencyPolicy",
            &policies,
        );
        self.job(spec.job_template.spec.as_ref(), "spec.jobTemplate.spec");
    }

    fn selected_template(&mut self, selector: &LabelSelector, template: &PodTemplateSpec) {
        self.selector(selector, "spec.selector");
        let requirements = requirements(selector);
        if requirements.is_empty() {
            self.required(
                "spec.selector",
                "add `matchLabels:` with the labels of the template",
            );
        } else {
            self.matches_template(&requirements, template);
        }
        self.template(template, TEMPLATE);
    }

    fn matches_template(&mut self, requirements: &[Requirement], template: &PodTemplateSpec) {
        let none = BTreeMap::new();
        let labels = template
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.labels.as_ref());
        let labels = labels.unwrap_or(&none);
        if selects(requirements, labels) {
            return;
        }
        let written = labels.iter().map(|(key, value)| format!("{key}: {value}"));
        let written = written.collect::<Vec<_>>().join(", ");
        self.complain(
            "spec.template.metadata.labels",
            format!("Invalid value: {{{written}}}: `selector` does not match template `labels`"),
            "the template must have every label that `spec.selector` asks for",
        );
        let missing: Vec<&str> = requirements
            .iter()
            .filter(|one| !selects(std::slice::from_ref(*one), labels))
            .map(|one| one.key.as_str())
            .collect();
        self.note(format!(
            "the selector asks for another `{}`",
            missing.join("`, `")
        ));
    }

    fn template(&mut self, template: &PodTemplateSpec, at: &str) {
        if let Some(metadata) = &template.metadata {
            self.labels(metadata, &format!("{at}.metadata"));
        }
        match &template.spec {
            Some(spec) => self.pod_spec(spec, &format!("{at}.spec")),
            None => self.required(
                format!("{at}.spec.containers"),
                "a pod has at least one container",
            ),
        }
    }

    fn always_restarts(&mut self, template: &PodTemplateSpec) {
        let policy = template
            .spec
            .as_ref()
            .and_then(|spec| spec.restart_policy.as_ref());
        if let Some(policy) = policy.filter(|policy| *policy != "Always") {
            self.unsupported("spec.template.spec.restartPolicy", policy, &["Always"]);
            if let Some(last) = self.complaints.last_mut() {
                "what should run to its end is a Job".clone_into(&mut last.help);
            }
        }
    }

    /// `maxUnavailable` and `maxSurge`: valid, and not both zero.
    fn rolling(&mut self, shares: [Option<&IntOrString>; 2], at: &str) {
        self.share(shares[0], format!("{at}.maxUnavailable"));
        self.share(shares[1], format!("{at}.maxSurge"));
        let is_zero = |share: &IntOrString| match share {
            IntOrString::Int(number) => *number == 0,
            IntOrString::String(text) => text == "0%",
        };
        if shares.iter().all(|share| share.is_some_and(is_zero)) {
            self.complain(
                format!("{at}.maxUnavailable"),
                "Invalid value: 0: may not be 0 when `maxSurge` is 0",
                "an update could neither remove an old pod nor add a new one",
            );
        }
    }
}

/// Whether text looks like a cron schedule; the ranges of its fields are not checked.
fn is_schedule(text: &str) -> bool {
    let macros = [
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    if macros.contains(&text) || text.starts_with("@every ") {
        return true;
    }
    let known = |c: char| c.is_ascii_alphanumeric() || "*/,-?LW# ".contains(c);
    text.split_whitespace().count() == 5 && text.chars().all(known)
}
