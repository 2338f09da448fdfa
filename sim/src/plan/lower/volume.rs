//! Volumes, environment, and what gates a start.

use k8s_openapi::api::core::v1 as k8s;
use wavetank_core::object::template::{
    EnvFrom, EnvValue, EnvVar, Volume, VolumeMount, VolumeSource,
};

use super::mapping::text;

/// The volumes of a pod.
pub(super) fn volumes(volumes: Option<&Vec<k8s::Volume>>) -> Vec<Volume> {
    let source = |volume: &k8s::Volume| {
        if volume.empty_dir.is_some() {
            VolumeSource::EmptyDir
        } else if let Some(map) = &volume.config_map {
            VolumeSource::ConfigMap(map.name.as_str().into(), map.optional == Some(true))
        } else if let Some(secret) = &volume.secret {
            VolumeSource::Secret(
                text(secret.secret_name.as_ref()),
                secret.optional == Some(true),
            )
        } else if let Some(claim) = &volume.persistent_volume_claim {
            VolumeSource::Claim(claim.claim_name.as_str().into())
        } else if let Some(path) = &volume.host_path {
            VolumeSource::HostPath(path.path.as_str().into())
        } else if volume.downward_api.is_some() {
            VolumeSource::DownwardApi
        } else if let Some(projected) = &volume.projected {
            VolumeSource::Projected(projections(projected))
        } else {
            VolumeSource::Other
        }
    };
    volumes
        .into_iter()
        .flatten()
        .map(|volume| Volume {
            name: volume.name.as_str().into(),
            source: source(volume),
        })
        .collect()
}

/// The ConfigMaps and Secrets that a projected volume needs.
fn projections(projected: &k8s::ProjectedVolumeSource) -> Vec<(Box<str>, bool, bool)> {
    let sources = projected.sources.iter().flatten();
    sources
        .filter_map(|source| {
            if let Some(map) = &source.config_map {
                Some((map.name.as_str().into(), false, map.optional == Some(true)))
            } else {
                let secret = source.secret.as_ref()?;
                Some((
                    secret.name.as_str().into(),
                    true,
                    secret.optional == Some(true),
                ))
            }
        })
        .collect()
}

/// The mounts of a container.
pub(super) fn mounts(mounts: Option<&Vec<k8s::VolumeMount>>) -> Vec<VolumeMount> {
    mounts
        .into_iter()
        .flatten()
        .map(|mount| VolumeMount {
            volume: mount.name.as_str().into(),
            path: mount.mount_path.as_str().into(),
            sub_path: text(mount.sub_path.as_ref()),
            read_only: mount.read_only == Some(true),
        })
        .collect()
}

/// The environment of a container.
pub(super) fn env(env: Option<&Vec<k8s::EnvVar>>) -> Vec<EnvVar> {
    let value = |variable: &k8s::EnvVar| {
        let Some(from) = &variable.value_from else {
            return EnvValue::Text(text(variable.value.as_ref()));
        };
        if let Some(map) = &from.config_map_key_ref {
            let optional = map.optional == Some(true);
            EnvValue::ConfigMap(map.name.as_str().into(), map.key.as_str().into(), optional)
        } else if let Some(secret) = &from.secret_key_ref {
            let optional = secret.optional == Some(true);
            EnvValue::Secret(
                secret.name.as_str().into(),
                secret.key.as_str().into(),
                optional,
            )
        } else if let Some(field) = &from.field_ref {
            EnvValue::Field(field.field_path.as_str().into())
        } else {
            let resource = from.resource_field_ref.as_ref();
            EnvValue::Resource(resource.map_or("", |field| field.resource.as_str()).into())
        }
    };
    env.into_iter()
        .flatten()
        .map(|variable| EnvVar {
            name: variable.name.as_str().into(),
            value: value(variable),
        })
        .collect()
}

/// The sources of a container's environment.
pub(super) fn env_from(sources: Option<&Vec<k8s::EnvFromSource>>) -> Vec<EnvFrom> {
    sources
        .into_iter()
        .flatten()
        .filter_map(|source| {
            let prefix = text(source.prefix.as_ref());
            if let Some(map) = &source.config_map_ref {
                let name = map.name.as_str().into();
                let optional = map.optional == Some(true);
                Some(EnvFrom {
                    secret: false,
                    name,
                    optional,
                    prefix,
                })
            } else {
                let secret = source.secret_ref.as_ref()?;
                let name = secret.name.as_str().into();
                let optional = secret.optional == Some(true);
                Some(EnvFrom {
                    secret: true,
                    name,
                    optional,
                    prefix,
                })
            }
        })
        .collect()
}
