//! Defaults of the objects that make pods. // C52

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::ReplicationController;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{claim, pod, set, set_text};

/// Old ReplicaSets or revisions that are kept.
const HISTORY: i32 = 10;

pub(super) fn deployment(object: &mut Deployment) {
    let Some(spec) = &mut object.spec else { return };
    pod::template(&mut spec.template);
    set(&mut spec.replicas, 1);
    set(&mut spec.revision_history_limit, HISTORY);
    set(&mut spec.progress_deadline_seconds, 600);
    let strategy = spec.strategy.get_or_insert_default();
    set_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        set(
            &mut rolling.max_unavailable,
            IntOrString::String("25%".to_owned()),
        );
        set(
            &mut rolling.max_surge,
            IntOrString::String("25%".to_owned()),
        );
    }
}

pub(super) fn replica_set(object: &mut ReplicaSet) {
    let Some(spec) = &mut object.spec else { return };
    set(&mut spec.replicas, 1);
    if let Some(template) = &mut spec.template {
        pod::template(template);
    }
}

pub(super) fn replication_controller(object: &mut ReplicationController) {
    let Some(spec) = &mut object.spec else { return };
    set(&mut spec.replicas, 1);
    let Some(template) = &mut spec.template else {
        return;
    };
    pod::template(template);
    let labels = template
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.labels.clone());
    let Some(labels) = labels else { return };
    if spec
        .selector
        .as_ref()
        .is_none_or(|selector| selector.is_empty())
    {
        spec.selector = Some(labels.clone());
    }
    if object
        .metadata
        .labels
        .as_ref()
        .is_none_or(|labels| labels.is_empty())
    {
        object.metadata.labels = Some(labels);
    }
}

pub(super) fn stateful_set(object: &mut StatefulSet) {
    let Some(spec) = &mut object.spec else { return };
    pod::template(&mut spec.template);
    set(&mut spec.replicas, 1);
    set(&mut spec.revision_history_limit, HISTORY);
    set_text(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    set_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        set(
            &mut strategy.rolling_update.get_or_insert_default().partition,
            0,
        );
    }
    let retention = spec
        .persistent_volume_claim_retention_policy
        .get_or_insert_default();
    set_text(&mut retention.when_deleted, "Retain");
    set_text(&mut retention.when_scaled, "Retain");
    for template in spec.volume_claim_templates.iter_mut().flatten() {
        claim(template);
    }
}

pub(super) fn daemon_set(object: &mut DaemonSet) {
    let Some(spec) = &mut object.spec else { return };
    pod::template(&mut spec.template);
    set(&mut spec.revision_history_limit, HISTORY);
    let strategy = spec.update_strategy.get_or_insert_default();
    set_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        set(&mut rolling.max_unavailable, IntOrString::Int(1));
        set(&mut rolling.max_surge, IntOrString::Int(0));
    }
}

pub(super) fn job(object: &mut Job) {
    let Some(spec) = &mut object.spec else { return };
    pod::template(&mut spec.template);
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    set(&mut spec.parallelism, 1);
    let per_index = spec.backoff_limit_per_index.is_some();
    set(
        &mut spec.backoff_limit,
        if per_index { i32::MAX } else { 6 },
    );
    set_text(&mut spec.completion_mode, "NonIndexed");
    set(&mut spec.suspend, false);
    set(&mut spec.manual_selector, false);
    let failure_policy = spec.pod_failure_policy.is_some();
    let replacement = if failure_policy {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    set_text(&mut spec.pod_replacement_policy, replacement);
    if object
        .metadata
        .labels
        .as_ref()
        .is_none_or(|labels| labels.is_empty())
    {
        let metadata = spec.template.metadata.as_ref();
        object.metadata.labels = metadata.and_then(|metadata| metadata.labels.clone());
    }
}

pub(super) fn cron_job(object: &mut CronJob) {
    let spec = &mut object.spec;
    set_text(&mut spec.concurrency_policy, "Allow");
    set(&mut spec.suspend, false);
    set(&mut spec.successful_jobs_history_limit, 3);
    set(&mut spec.failed_jobs_history_limit, 1);
    // The Job's own defaults are filled in when it is created from the template.
    if let Some(job) = &mut spec.job_template.spec {
        pod::template(&mut job.template);
    }
}
