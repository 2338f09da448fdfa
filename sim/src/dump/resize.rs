//! What a running pod effectively requests while it is resized in place (S91).

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::manifest::parse_quantity;

type Amounts = BTreeMap<String, Quantity>;

/// The specification of a running pod with what its containers, and it as a whole, effectively request:
/// the largest of what is asked for, allocated and in force; not what is asked for when that is
/// infeasible.
#[must_use]
pub(super) fn effective_spec(pod: &Pod) -> Cow<'_, PodSpec> {
    static NONE: std::sync::LazyLock<PodSpec> = std::sync::LazyLock::new(PodSpec::default);
    let spec = pod.spec.as_ref().unwrap_or(&NONE);
    let Some(status) = &pod.status else {
        return Cow::Borrowed(spec);
    };
    let has = |list: &Option<Vec<ContainerStatus>>| {
        list.iter()
            .flatten()
            .any(|status| status.resources.is_some())
    };
    let is_resized = has(&status.container_statuses)
        || has(&status.init_container_statuses)
        || status.resources.is_some();
    if !is_resized {
        return Cow::Borrowed(spec);
    }
    let infeasible = is_infeasible(status);
    let mut spec = spec.clone();
    for container in &mut spec.containers {
        resize(container, &status.container_statuses, infeasible);
    }
    let sidecars = spec.init_containers.iter_mut().flatten();
    for container in sidecars.filter(|it| it.restart_policy.as_deref() == Some("Always")) {
        resize(container, &status.init_container_statuses, infeasible);
    }
    if let (Some(needs), Some(actual)) = (&mut spec.resources, &status.resources) {
        let given = [&actual.requests, &status.allocated_resources];
        needs.requests = Some(largest(needs.requests.take(), given, infeasible));
    }
    Cow::Owned(spec)
}

/// Whether the first pending resize cannot be had.
fn is_infeasible(status: &PodStatus) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    let pending = conditions.find(|condition| condition.type_ == "PodResizePending");
    pending.is_some_and(|condition| condition.reason.as_deref() == Some("Infeasible"))
}

fn resize(container: &mut Container, all: &Option<Vec<ContainerStatus>>, infeasible: bool) {
    let mut statuses = all.iter().flatten();
    let Some(status) = statuses.find(|status| status.name == container.name) else {
        return;
    };
    let Some(actual) = &status.resources else {
        return;
    };
    let needs = container.resources.get_or_insert_default();
    let given = [&actual.requests, &status.allocated_resources];
    needs.requests = Some(largest(needs.requests.take(), given, infeasible));
}

/// The largest amount of each resource.
fn largest(asked: Option<Amounts>, given: [&Option<Amounts>; 2], infeasible: bool) -> Amounts {
    let mut most = if infeasible { None } else { asked }.unwrap_or_default();
    for (name, amount) in given.into_iter().flatten().flatten() {
        let known = most.entry(name.clone()).or_insert_with(|| amount.clone());
        if parse_quantity(&known.0) < parse_quantity(&amount.0) {
            *known = amount.clone();
        }
    }
    most
}
