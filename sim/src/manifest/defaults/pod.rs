//! Defaults of a pod's spec. // C47, C48

use k8s_openapi::api::core::v1::{
    Container, HTTPGetAction, LifecycleHandler, PodSecurityContext, PodSpec, PodTemplateSpec,
    Probe, ResourceRequirements, Volume,
};

use super::super::pod::image_name;
use super::{set, set_text};

/// Mode 0644 of files that volumes project.
const FILE_MODE: i32 = 420;

pub(super) fn template(template: &mut PodTemplateSpec) {
    if let Some(spec) = &mut template.spec {
        self::spec(spec);
    }
}

pub(super) fn spec(spec: &mut PodSpec) {
    set_text(&mut spec.restart_policy, "Always");
    set_text(&mut spec.dns_policy, "ClusterFirst");
    set_text(&mut spec.scheduler_name, "default-scheduler");
    set(&mut spec.termination_grace_period_seconds, 30);
    set(&mut spec.enable_service_links, true);
    if spec.security_context.is_none() {
        spec.security_context = Some(PodSecurityContext::default());
    }
    // The older name of the field follows the newer one, and the other way round.
    if spec.service_account_name.is_none() {
        spec.service_account_name.clone_from(&spec.service_account);
    }
    spec.service_account.clone_from(&spec.service_account_name);
    let host_network = spec.host_network == Some(true);
    let inits = spec.init_containers.iter_mut().flatten();
    for container in inits.chain(&mut spec.containers) {
        self::container(container, host_network);
    }
    if let Some(resources) = &mut spec.resources {
        limits_as_requests(resources);
    }
    for volume in spec.volumes.iter_mut().flatten() {
        self::volume(volume);
    }
}

fn container(container: &mut Container, host_network: bool) {
    set_text(
        &mut container.termination_message_path,
        "/dev/termination-log",
    );
    set_text(&mut container.termination_message_policy, "File");
    let image = image_name(container.image.as_deref().unwrap_or_default());
    let moving = image.digest.is_none() && matches!(image.tag, None | Some("latest"));
    let policy = if moving { "Always" } else { "IfNotPresent" };
    set_text(&mut container.image_pull_policy, policy);
    for port in container.ports.iter_mut().flatten() {
        set_text(&mut port.protocol, "TCP");
        if host_network && port.host_port.unwrap_or_default() == 0 {
            port.host_port = Some(port.container_port);
        }
    }
    if let Some(resources) = &mut container.resources {
        limits_as_requests(resources);
    }
    let probes = [
        &mut container.liveness_probe,
        &mut container.readiness_probe,
        &mut container.startup_probe,
    ];
    for probe in probes.into_iter().flatten() {
        self::probe(probe);
    }
    if let Some(lifecycle) = &mut container.lifecycle {
        let handlers = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
        for handler in handlers.into_iter().flatten() {
            self::handler(handler);
        }
    }
    for variable in container.env.iter_mut().flatten() {
        let source = variable
            .value_from
            .as_mut()
            .and_then(|from| from.field_ref.as_mut());
        if let Some(field) = source {
            set_text(&mut field.api_version, "v1");
        }
    }
}

/// A request that is missing takes the value of its limit.
fn limits_as_requests(resources: &mut ResourceRequirements) {
    let Some(limits) = &resources.limits else {
        return;
    };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits {
        requests
            .entry(name.clone())
            .or_insert_with(|| limit.clone());
    }
}

// C48. Zero is what an absent number is to the API server.
fn probe(probe: &mut Probe) {
    let number = |field: &mut Option<i32>, default| {
        if field.unwrap_or_default() == 0 {
            *field = Some(default);
        }
    };
    number(&mut probe.timeout_seconds, 1);
    number(&mut probe.period_seconds, 10);
    number(&mut probe.success_threshold, 1);
    number(&mut probe.failure_threshold, 3);
    if let Some(get) = &mut probe.http_get {
        http_get(get);
    }
    if let Some(grpc) = &mut probe.grpc {
        set(&mut grpc.service, String::new());
    }
}

fn handler(handler: &mut LifecycleHandler) {
    if let Some(get) = &mut handler.http_get {
        http_get(get);
    }
}

fn http_get(get: &mut HTTPGetAction) {
    set_text(&mut get.path, "/");
    set_text(&mut get.scheme, "HTTP");
}

fn volume(volume: &mut Volume) {
    if let Some(source) = &mut volume.config_map {
        set(&mut source.default_mode, FILE_MODE);
    }
    if let Some(source) = &mut volume.secret {
        set(&mut source.default_mode, FILE_MODE);
    }
    if let Some(source) = &mut volume.downward_api {
        set(&mut source.default_mode, FILE_MODE);
    }
    if let Some(source) = &mut volume.projected {
        set(&mut source.default_mode, FILE_MODE);
        let sources = source.sources.iter_mut().flatten();
        for token in sources.filter_map(|source| source.service_account_token.as_mut()) {
            set(&mut token.expiration_seconds, 3_600);
        }
    }
    if let Some(path) = &mut volume.host_path {
        set(&mut path.type_, String::new());
    }
    let claim = volume
        .ephemeral
        .as_mut()
        .and_then(|source| source.volume_claim_template.as_mut());
    if let Some(claim) = claim {
        set_text(&mut claim.spec.volume_mode, "Filesystem");
    }
}
