//! kubectl's words for kinds, objects and refusals.

use wavetank_core::fact::Refusal;

use crate::manifest::{group_of, row};
use crate::scenario::target::KINDS;

/// A kind as kubectl prints it: `deployment.apps`, `pod`.
pub(super) fn singular(kind: &str) -> String {
    with_group(kind, kind.to_lowercase())
}

/// A kind as the API server names it in errors: `deployments.apps`, `pods`.
pub(super) fn plural(kind: &str) -> String {
    let names = KINDS.iter().find(|(known, _)| *known == kind);
    let plural = names.and_then(|(_, names)| names.first());
    let plural = plural.map_or_else(|| kind.to_lowercase() + "s", |name| (*name).to_owned());
    with_group(kind, plural)
}

fn with_group(kind: &str, word: String) -> String {
    match row(kind).map(|row| group_of(row.current)) {
        Some(group) if !group.is_empty() => format!("{word}.{group}"),
        Some(_) | None => word,
    }
}

/// An object as kubectl prints it: `deployment.apps/web`.
pub(super) fn reference(kind: &str, name: &str) -> String {
    format!("{}/{name}", singular(kind))
}

/// An object as the API server names it in errors: `deployments.apps "web"`.
pub(super) fn quoted(kind: &str, name: &str) -> String {
    format!("{} \"{name}\"", plural(kind))
}

/// What kubectl prints about a refused call.
pub(super) fn refused(kind: &str, name: &str, refusal: Refusal) -> String {
    let object = quoted(kind, name);
    let (reason, message) = match refusal {
        Refusal::NotFound => ("NotFound", format!("{object} not found")),
        Refusal::AlreadyExists => ("AlreadyExists", format!("{object} already exists")),
        Refusal::Conflict => (
            "Conflict",
            format!(
                "Operation cannot be fulfilled on {object}: the object has been modified; please \
                 apply your changes to the latest version and try again"
            ),
        ),
        Refusal::Forbidden => ("Forbidden", format!("{object} is forbidden")),
        Refusal::Invalid => ("Invalid", format!("{object} is invalid")),
        Refusal::TooManyRequests => ("TooManyRequests", BUDGET.to_owned()),
        Refusal::Gone => ("Expired", "too old resource version".to_owned()),
        Refusal::Internal => ("InternalError", "an error on the server".to_owned()),
        Refusal::Timeout => (
            "Timeout",
            "the server was unable to return a response".to_owned(),
        ),
    };
    format!("Error from server ({reason}): {message}")
}

/// What an eviction that a budget does not allow is told (C67).
pub(super) const BUDGET: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// What a line prints whose time is up.
pub(super) const TIMED_OUT: &str = "timed out waiting for the condition";
