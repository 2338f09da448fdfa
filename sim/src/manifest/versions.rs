//! Which kinds Kubernetes 1.36 knows, under which versions, and since when older ones are gone.

use crate::diagnostic::nearest;

/// What a document's `apiVersion` and `kind` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A kind that is modelled, in the version that is modelled.
    Current(&'static Row),
    /// A kind that is modelled, in another version whose fields read the same.
    ReadsAs(&'static Row, Age),
    /// A built-in kind that has no effect in the model.
    NoEffect(&'static Row),
    /// A built-in kind that has no effect, in a version that this Kubernetes does not serve.
    NoEffectUnserved(&'static Row),
    /// A version that is gone and cannot be read as the current one.
    Gone(&'static Row, &'static str),
    /// A built-in kind under a version that never existed.
    NeverExisted(&'static Row),
    /// No kind of this name exists in a group that only Kubernetes fills.
    NoSuchKind(Option<&'static Row>),
    /// A kind of somebody else: a custom resource.
    Custom,
}

/// Whether an older version is still served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Served by 1.36.
    Served,
    /// Not served since this version: kubectl would refuse it.
    GoneSince(&'static str),
}

/// A kind of Kubernetes.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The kind.
    pub kind: &'static str,
    /// The version to write today; for a kind that is gone altogether, empty.
    pub current: &'static str,
    /// Other versions, with the release since which they are gone (empty: still served).
    pub older: &'static [(&'static str, &'static str, Reads)],
    /// Whether objects belong to a namespace.
    pub scope: Scope,
    /// Whether the model does something with it.
    pub modelled: bool,
}

/// How an older version compares with the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The fields that matter have the same names, or are translated.
    Same,
    /// Fields were renamed or changed their meaning.
    Differently,
}

/// Whether objects of a kind belong to a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They belong to the cluster.
    Cluster,
}

use Reads::{Differently, Same};
use Scope::{Cluster, Namespaced};

type Older = &'static [(&'static str, &'static str, Reads)];

const fn model(kind: &'static str, current: &'static str, scope: Scope, older: Older) -> Row {
    Row {
        kind,
        current,
        older,
        scope,
        modelled: true,
    }
}

const fn other(kind: &'static str, current: &'static str, scope: Scope, older: Older) -> Row {
    Row {
        kind,
        current,
        older,
        scope,
        modelled: false,
    }
}

const RBAC: Older = &[
    ("rbac.authorization.k8s.io/v1beta1", "1.22", Same),
    ("rbac.authorization.k8s.io/v1alpha1", "1.22", Same),
];
const ADMISSION: Older = &[("admissionregistration.k8s.io/v1beta1", "1.22", Same)];
const POLICY_IN_PROCESS: Older = &[
    ("admissionregistration.k8s.io/v1beta1", "", Same),
    ("admissionregistration.k8s.io/v1alpha1", "", Same),
];
const STORAGE: Older = &[("storage.k8s.io/v1beta1", "1.22", Same)];
const FLOW: Older = &[
    ("flowcontrol.apiserver.k8s.io/v1beta3", "1.32", Same),
    ("flowcontrol.apiserver.k8s.io/v1beta2", "1.29", Same),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "1.26", Same),
];
const DRA: Older = &[
    ("resource.k8s.io/v1beta2", "", Same),
    ("resource.k8s.io/v1beta1", "", Same),
    ("resource.k8s.io/v1alpha3", "", Same),
];
const CERTIFICATES: Older = &[("certificates.k8s.io/v1beta1", "1.22", Same)];
const WORKLOADS: Older = &[
    ("apps/v1beta2", "1.16", Differently),
    ("apps/v1beta1", "1.16", Differently),
    ("extensions/v1beta1", "1.16", Differently),
];
const APPS_BETA: Older = &[
    ("apps/v1beta2", "1.16", Differently),
    ("apps/v1beta1", "1.16", Differently),
];
const APPS_V1BETA2: Older = &[
    ("apps/v1beta2", "1.16", Differently),
    ("extensions/v1beta1", "1.16", Differently),
];

/// All kinds, modelled ones first. Removals: the Kubernetes deprecated API migration guide.
pub static KINDS: &[Row] = &[
    model("Pod", "v1", Namespaced, &[]),
    model("Deployment", "apps/v1", Namespaced, WORKLOADS),
    model("ReplicaSet", "apps/v1", Namespaced, APPS_V1BETA2),
    model("StatefulSet", "apps/v1", Namespaced, APPS_BETA),
    model("DaemonSet", "apps/v1", Namespaced, APPS_V1BETA2),
    model("ReplicationController", "v1", Namespaced, &[]),
    model("Job", "batch/v1", Namespaced, &[]),
    model(
        "CronJob",
        "batch/v1",
        Namespaced,
        &[
            ("batch/v1beta1", "1.25", Same),
            ("batch/v2alpha1", "1.21", Same),
        ],
    ),
    model("Service", "v1", Namespaced, &[]),
    model(
        "EndpointSlice",
        "discovery.k8s.io/v1",
        Namespaced,
        &[("discovery.k8s.io/v1beta1", "1.25", Differently)],
    ),
    model("Endpoints", "v1", Namespaced, &[]),
    model("Node", "v1", Cluster, &[]),
    model("Namespace", "v1", Cluster, &[]),
    model("ConfigMap", "v1", Namespaced, &[]),
    model("Secret", "v1", Namespaced, &[]),
    model("ServiceAccount", "v1", Namespaced, &[]),
    model(
        "PodDisruptionBudget",
        "policy/v1",
        Namespaced,
        &[("policy/v1beta1", "1.25", Same)],
    ),
    model(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        Cluster,
        &[
            ("scheduling.k8s.io/v1beta1", "1.22", Same),
            ("scheduling.k8s.io/v1alpha1", "1.17", Same),
        ],
    ),
    model(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        Namespaced,
        &[
            ("autoscaling/v1", "", Same),
            ("autoscaling/v2beta2", "1.26", Same),
            ("autoscaling/v2beta1", "1.25", Same),
        ],
    ),
    model("PersistentVolume", "v1", Cluster, &[]),
    model("PersistentVolumeClaim", "v1", Namespaced, &[]),
    model("StorageClass", "storage.k8s.io/v1", Cluster, STORAGE),
    model("CSINode", "storage.k8s.io/v1", Cluster, STORAGE),
    model("ResourceQuota", "v1", Namespaced, &[]),
    model("LimitRange", "v1", Namespaced, &[]),
    model(
        "Ingress",
        "networking.k8s.io/v1",
        Namespaced,
        &[
            ("networking.k8s.io/v1beta1", "1.22", Differently),
            ("extensions/v1beta1", "1.22", Differently),
        ],
    ),
    other("Binding", "v1", Namespaced, &[]),
    other("ComponentStatus", "v1", Cluster, &[]),
    other(
        "Event",
        "v1",
        Namespaced,
        &[
            ("events.k8s.io/v1", "", Same),
            ("events.k8s.io/v1beta1", "1.25", Same),
        ],
    ),
    other("PodTemplate", "v1", Namespaced, &[]),
    other("ControllerRevision", "apps/v1", Namespaced, APPS_BETA),
    other("Scale", "autoscaling/v1", Namespaced, &[]),
    other(
        "Eviction",
        "policy/v1",
        Namespaced,
        &[("policy/v1beta1", "1.25", Same)],
    ),
    other(
        "PodSecurityPolicy",
        "",
        Cluster,
        &[
            ("policy/v1beta1", "1.25", Same),
            ("extensions/v1beta1", "1.16", Same),
        ],
    ),
    other(
        "PodPreset",
        "",
        Namespaced,
        &[("settings.k8s.io/v1alpha1", "1.20", Same)],
    ),
    other("Role", "rbac.authorization.k8s.io/v1", Namespaced, RBAC),
    other(
        "RoleBinding",
        "rbac.authorization.k8s.io/v1",
        Namespaced,
        RBAC,
    ),
    other("ClusterRole", "rbac.authorization.k8s.io/v1", Cluster, RBAC),
    other(
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        Cluster,
        RBAC,
    ),
    other(
        "NetworkPolicy",
        "networking.k8s.io/v1",
        Namespaced,
        &[("extensions/v1beta1", "1.16", Same)],
    ),
    other(
        "IngressClass",
        "networking.k8s.io/v1",
        Cluster,
        &[("networking.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "IPAddress",
        "networking.k8s.io/v1",
        Cluster,
        &[("networking.k8s.io/v1beta1", "", Same)],
    ),
    other(
        "ServiceCIDR",
        "networking.k8s.io/v1",
        Cluster,
        &[("networking.k8s.io/v1beta1", "", Same)],
    ),
    other(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        Cluster,
        &[("apiextensions.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "APIService",
        "apiregistration.k8s.io/v1",
        Cluster,
        &[("apiregistration.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        Cluster,
        ADMISSION,
    ),
    other(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        Cluster,
        ADMISSION,
    ),
    other(
        "ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1",
        Cluster,
        POLICY_IN_PROCESS,
    ),
    other(
        "ValidatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/v1",
        Cluster,
        POLICY_IN_PROCESS,
    ),
    other(
        "MutatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1",
        Cluster,
        POLICY_IN_PROCESS,
    ),
    other(
        "MutatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/v1",
        Cluster,
        POLICY_IN_PROCESS,
    ),
    other(
        "StorageVersion",
        "internal.apiserver.k8s.io/v1alpha1",
        Cluster,
        &[],
    ),
    other(
        "StorageVersionMigration",
        "storagemigration.k8s.io/v1beta1",
        Cluster,
        &[("storagemigration.k8s.io/v1alpha1", "1.35", Same)],
    ),
    other("CSIDriver", "storage.k8s.io/v1", Cluster, STORAGE),
    other(
        "CSIStorageCapacity",
        "storage.k8s.io/v1",
        Namespaced,
        &[("storage.k8s.io/v1beta1", "1.27", Same)],
    ),
    other("VolumeAttachment", "storage.k8s.io/v1", Cluster, STORAGE),
    other(
        "VolumeAttributesClass",
        "storage.k8s.io/v1",
        Cluster,
        &[
            ("storage.k8s.io/v1beta1", "", Same),
            ("storage.k8s.io/v1alpha1", "", Same),
        ],
    ),
    other(
        "RuntimeClass",
        "node.k8s.io/v1",
        Cluster,
        &[("node.k8s.io/v1beta1", "1.25", Same)],
    ),
    other(
        "Lease",
        "coordination.k8s.io/v1",
        Namespaced,
        &[("coordination.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "LeaseCandidate",
        "coordination.k8s.io/v1beta1",
        Namespaced,
        &[("coordination.k8s.io/v1alpha2", "", Same)],
    ),
    other(
        "FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1",
        Cluster,
        FLOW,
    ),
    other(
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1",
        Cluster,
        FLOW,
    ),
    other(
        "CertificateSigningRequest",
        "certificates.k8s.io/v1",
        Cluster,
        CERTIFICATES,
    ),
    other(
        "ClusterTrustBundle",
        "certificates.k8s.io/v1beta1",
        Cluster,
        &[("certificates.k8s.io/v1alpha1", "", Same)],
    ),
    other(
        "PodCertificateRequest",
        "certificates.k8s.io/v1beta1",
        Namespaced,
        &[("certificates.k8s.io/v1alpha1", "1.35", Same)],
    ),
    other("DeviceClass", "resource.k8s.io/v1", Cluster, DRA),
    other("DeviceTaintRule", "resource.k8s.io/v1beta2", Cluster, DRA),
    other("ResourceClaim", "resource.k8s.io/v1", Namespaced, DRA),
    other(
        "ResourceClaimTemplate",
        "resource.k8s.io/v1",
        Namespaced,
        DRA,
    ),
    other("ResourceSlice", "resource.k8s.io/v1", Cluster, DRA),
    other(
        "Workload",
        "scheduling.k8s.io/v1alpha2",
        Namespaced,
        &[("scheduling.k8s.io/v1alpha1", "1.36", Same)],
    ),
    other("PodGroup", "scheduling.k8s.io/v1alpha2", Namespaced, &[]),
    other(
        "TokenReview",
        "authentication.k8s.io/v1",
        Cluster,
        &[("authentication.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "SelfSubjectReview",
        "authentication.k8s.io/v1",
        Cluster,
        &[],
    ),
    other("TokenRequest", "authentication.k8s.io/v1", Namespaced, &[]),
    other(
        "SubjectAccessReview",
        "authorization.k8s.io/v1",
        Cluster,
        &[("authorization.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1",
        Cluster,
        &[("authorization.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "LocalSubjectAccessReview",
        "authorization.k8s.io/v1",
        Namespaced,
        &[("authorization.k8s.io/v1beta1", "1.22", Same)],
    ),
    other(
        "SelfSubjectRulesReview",
        "authorization.k8s.io/v1",
        Cluster,
        &[],
    ),
];

/// Groups that only Kubernetes itself fills: a custom resource's group has a dot, and these are
/// the ones with a dot that hold the kinds above.
fn is_built_in(group: &str) -> bool {
    !group.contains('.')
        || KINDS.iter().any(|row| {
            group_of(row.current) == group
                || row
                    .older
                    .iter()
                    .any(|(version, ..)| group_of(version) == group)
        })
}

/// The group of an `apiVersion`: `apps` of `apps/v1`, empty for `v1`.
#[must_use]
pub fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The kind of this name, whatever the version.
#[must_use]
pub fn row(kind: &str) -> Option<&'static Row> {
    KINDS.iter().find(|row| row.kind == kind)
}

/// Looks up what an `apiVersion` and a `kind` mean together.
///
/// A kind in a group of somebody else (`serving.knative.dev/v1`, kind `Service`) is a custom
/// resource, even if Kubernetes has a kind of that name.
#[must_use]
pub fn judge(api_version: &str, kind: &str) -> Verdict {
    let built_in = is_built_in(group_of(api_version));
    if !built_in {
        return Verdict::Custom;
    }
    let Some(row) = row(kind) else {
        return no_such_kind(api_version, kind);
    };
    if row.current == api_version {
        return if row.modelled {
            Verdict::Current(row)
        } else {
            Verdict::NoEffect(row)
        };
    }
    let older = row
        .older
        .iter()
        .find(|(version, ..)| *version == api_version);
    match older {
        Some((_, "", _)) if !row.modelled => Verdict::NoEffect(row),
        _ if !row.modelled => Verdict::NoEffectUnserved(row),
        Some((_, "", Same)) => Verdict::ReadsAs(row, Age::Served),
        Some((_, since, Same)) => Verdict::ReadsAs(row, Age::GoneSince(since)),
        Some((_, since, Differently)) => Verdict::Gone(row, since),
        None => Verdict::NeverExisted(row),
    }
}

fn no_such_kind(api_version: &str, kind: &str) -> Verdict {
    // Groups with a dot may hold custom resources beside the built-in kinds.
    if group_of(api_version).contains('.') {
        return Verdict::Custom;
    }
    let names = KINDS
        .iter()
        .filter(|row| !row.current.is_empty())
        .map(|row| row.kind);
    Verdict::NoSuchKind(nearest(kind, names).and_then(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let mut text = String::new();
        for (api_version, kind) in [
            ("v1", "Pod"),
            ("apps/v1", "Deployment"),
            ("extensions/v1beta1", "Deployment"),
            ("apps/v2", "Deployment"),
            ("v1", "Deployment"),
            ("apps/v1", "Service"),
            ("serving.knative.dev/v1", "Service"),
            ("policy/v1beta1", "PodDisruptionBudget"),
            ("policy/v1beta1", "PodSecurityPolicy"),
            ("autoscaling/v1", "HorizontalPodAutoscaler"),
            ("autoscaling/v2beta1", "HorizontalPodAutoscaler"),
            ("networking.k8s.io/v1beta1", "Ingress"),
            ("networking.k8s.io/v1beta2", "NetworkPolicy"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("rbac.authorization.k8s.io/v1beta1", "Role"),
            ("resource.k8s.io/v1beta1", "ResourceClaim"),
            ("monitoring.coreos.com/v1", "Prometheus"),
            ("apps/v1", "deploymnet"),
            ("v1", "Gibberish"),
        ] {
            let verdict = match judge(api_version, kind) {
                Verdict::Current(row) => format!("current {}", row.current),
                Verdict::ReadsAs(row, age) => format!("reads as {} {age:?}", row.current),
                Verdict::NoEffect(_) => "no effect".to_owned(),
                Verdict::NoEffectUnserved(_) => "no effect, not served".to_owned(),
                Verdict::Gone(row, since) => format!("gone since {since}, write {}", row.current),
                Verdict::NeverExisted(row) => format!("never existed, write {}", row.current),
                Verdict::NoSuchKind(row) => format!("no such kind, {:?}", row.map(|row| row.kind)),
                Verdict::Custom => "custom".to_owned(),
            };
            text.push_str(&format!("{api_version} {kind}: {verdict}\n"));
        }
        expect_test::expect![[r#"
            v1 Pod: current v1
            apps/v1 Deployment: current apps/v1
            extensions/v1beta1 Deployment: gone since 1.16, write apps/v1
            apps/v2 Deployment: never existed, write apps/v1
            v1 Deployment: never existed, write apps/v1
            apps/v1 Service: never existed, write v1
            serving.knative.dev/v1 Service: custom
            policy/v1beta1 PodDisruptionBudget: reads as policy/v1 GoneSince("1.25")
            policy/v1beta1 PodSecurityPolicy: no effect, not served
            autoscaling/v1 HorizontalPodAutoscaler: reads as autoscaling/v2 Served
            autoscaling/v2beta1 HorizontalPodAutoscaler: reads as autoscaling/v2 GoneSince("1.25")
            networking.k8s.io/v1beta1 Ingress: gone since 1.22, write networking.k8s.io/v1
            networking.k8s.io/v1beta2 NetworkPolicy: no effect, not served
            rbac.authorization.k8s.io/v1 Role: no effect
            rbac.authorization.k8s.io/v1beta1 Role: no effect, not served
            resource.k8s.io/v1beta1 ResourceClaim: no effect
            monitoring.coreos.com/v1 Prometheus: custom
            apps/v1 deploymnet: no such kind, Some("Deployment")
            v1 Gibberish: no such kind, None
        "#]]
        .assert_eq(&text);
    }
}
