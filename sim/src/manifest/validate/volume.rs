//! What the API server refuses in a pod's volumes and their mounts.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::super::names;
use super::Checker;

impl Checker {
    pub(super) fn mounts(&mut self, container: &Container, at: &str, pod: &PodSpec) {
        let mut paths = BTreeSet::new();
        for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
            let at = format!("{at}.volumeMounts[{index}]");
            let known = || {
                pod.volumes
                    .iter()
                    .flatten()
                    .map(|volume| volume.name.as_str())
            };
            // A StatefulSet's claim templates become volumes later; they are checked there.
            if !known().any(|name| name == mount.name) && !self.claims.contains(&mount.name) {
                self.complain(
                    format!("{at}.name"),
                    format!("Not found: {:?}", mount.name),
                    "add a volume of this name to the pod's `volumes`",
                );
                if let Some(near) = crate::diagnostic::nearest(&mount.name, known()) {
                    self.note(format!("did you mean `{near}`?"));
                }
            }
            if mount.mount_path.is_empty() {
                self.required(format!("{at}.mountPath"), "");
            } else if !paths.insert(&mount.mount_path) {
                let message = format!("Invalid value: {:?}: must be unique", mount.mount_path);
                self.complain(format!("{at}.mountPath"), message, "");
            }
        }
    }

    pub(super) fn volumes(&mut self, spec: &PodSpec, at: &str) {
        let mut seen = BTreeSet::new();
        for (index, volume) in spec.volumes.iter().flatten().enumerate() {
            let at = format!("{at}.volumes[{index}].name");
            if volume.name.is_empty() {
                self.required(at, "");
                continue;
            }
            if let Some(problem) = names::label(&volume.name) {
                self.invalid(at.as_str(), &volume.name, &problem, "");
            }
            if !seen.insert(&volume.name) {
                self.complain(at, format!("Duplicate value: {:?}", volume.name), "");
            }
        }
    }
}
