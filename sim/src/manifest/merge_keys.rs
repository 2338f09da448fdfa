//! Which lists a strategic merge patch merges, and by what.

/// How a patch changes a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListStrategy {
    /// Items that agree in this field are one item.
    MergeBy(&'static str),
    /// A set of texts or numbers: the patch adds what is missing.
    Union,
}

/// How a strategic merge treats a list. Lists without an entry are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeKey {
    /// The type that has the field.
    pub owner: &'static str,
    /// The field.
    pub field: &'static str,
    /// How the list is merged.
    pub strategy: ListStrategy,
    /// The type of the items; empty for texts and for types without merged lists inside.
    pub item: &'static str,
}

use ListStrategy::{MergeBy, Union};

const fn by(
    owner: &'static str,
    field: &'static str,
    key: &'static str,
    item: &'static str,
) -> MergeKey {
    MergeKey {
        owner,
        field,
        strategy: MergeBy(key),
        item,
    }
}

/// All lists that a strategic merge does not replace, of the kinds that are modelled.
///
/// From `patchStrategy` and `patchMergeKey` of the API types. Ports are matched by their number
/// alone, though TCP and UDP may share one: so does kubectl.
pub static MERGE_KEYS: &[MergeKey] = &[
    by("ObjectMeta", "ownerReferences", "uid", ""),
    MergeKey {
        owner: "ObjectMeta",
        field: "finalizers",
        strategy: Union,
        item: "",
    },
    by("PodSpec", "containers", "name", "Container"),
    by("PodSpec", "initContainers", "name", "Container"),
    by("PodSpec", "ephemeralContainers", "name", "Container"),
    by("PodSpec", "volumes", "name", "Volume"),
    by("PodSpec", "imagePullSecrets", "name", ""),
    by("PodSpec", "hostAliases", "ip", ""),
    by("PodSpec", "topologySpreadConstraints", "topologyKey", ""),
    by("PodSpec", "schedulingGates", "name", ""),
    by("PodSpec", "resourceClaims", "name", "PodResourceClaim"),
    by("Container", "env", "name", ""),
    by("Container", "ports", "containerPort", ""),
    by("Container", "volumeMounts", "mountPath", ""),
    by("Container", "volumeDevices", "devicePath", ""),
    by("PodStatus", "conditions", "type", ""),
    by("PodStatus", "podIPs", "ip", ""),
    by("PodStatus", "hostIPs", "ip", ""),
    by("ServiceSpec", "ports", "port", ""),
    by("ServiceAccount", "secrets", "name", ""),
    MergeKey {
        owner: "NodeSpec",
        field: "podCIDRs",
        strategy: Union,
        item: "",
    },
    by("Status", "conditions", "type", ""),
    by("Status", "addresses", "type", ""),
];

/// Which type a field holds, where that matters for a merge.
static FIELDS: &[(&str, &str, &str)] = &[
    ("", "metadata", "ObjectMeta"),
    ("", "status", "Status"),
    ("Pod", "spec", "PodSpec"),
    ("Pod", "status", "PodStatus"),
    ("Node", "spec", "NodeSpec"),
    ("Service", "spec", "ServiceSpec"),
    ("Deployment", "spec", "DeploymentSpec"),
    ("ReplicaSet", "spec", "Workload"),
    ("StatefulSet", "spec", "Workload"),
    ("DaemonSet", "spec", "Workload"),
    ("ReplicationController", "spec", "Workload"),
    ("Job", "spec", "Workload"),
    ("CronJob", "spec", "CronJobSpec"),
    ("PodDisruptionBudget", "spec", "PodDisruptionBudgetSpec"),
    ("CronJobSpec", "jobTemplate", "JobTemplate"),
    ("JobTemplate", "metadata", "ObjectMeta"),
    ("JobTemplate", "spec", "Workload"),
    ("DeploymentSpec", "template", "PodTemplate"),
    ("Workload", "template", "PodTemplate"),
    ("PodTemplate", "metadata", "ObjectMeta"),
    ("PodTemplate", "spec", "PodSpec"),
];

/// The type of a field's value.
pub(super) fn type_of(owner: &str, field: &str, outermost: bool) -> &'static str {
    let find = |owner: &str| FIELDS.iter().find(|row| row.0 == owner && row.1 == field);
    find(owner)
        .or_else(|| if outermost { find("") } else { None })
        .map_or("", |row| row.2)
}

/// Maps that a patch replaces as a whole.
pub(super) fn is_replaced(owner: &str, field: &str) -> bool {
    (owner, field) == ("PodDisruptionBudgetSpec", "selector")
}
