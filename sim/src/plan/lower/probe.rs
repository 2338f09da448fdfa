//! Probes and lifecycle hooks.

use k8s_openapi::api::core::v1 as k8s;
use wavetank_core::object::template::{Handler, Probe};

use super::mapping::{count, port, port_ref, text};

/// A probe, with the defaults of C48 in place.
pub(super) fn probe(probe: &k8s::Probe) -> Option<Probe> {
    let handler = if let Some(exec) = &probe.exec {
        exec_handler(exec)
    } else if let Some(get) = &probe.http_get {
        http_handler(get)
    } else if let Some(socket) = &probe.tcp_socket {
        Handler::TcpSocket(port_ref(&socket.port), text(socket.host.as_ref()))
    } else {
        let grpc = probe.grpc.as_ref()?;
        Handler::Grpc(port(grpc.port), text(grpc.service.as_ref()))
    };
    let of = |field: Option<i32>, default: u32| field.map_or(default, count).max(1);
    Some(Probe {
        handler,
        initial_delay_seconds: probe.initial_delay_seconds.map_or(0, count),
        period_seconds: of(probe.period_seconds, 10),
        timeout_seconds: of(probe.timeout_seconds, 1),
        success_threshold: of(probe.success_threshold, 1),
        failure_threshold: of(probe.failure_threshold, 3),
        grace_seconds: probe.termination_grace_period_seconds.map(count),
    })
}

/// A postStart or preStop hook.
pub(super) fn hook(hook: &k8s::LifecycleHandler) -> Option<Handler> {
    if let Some(exec) = &hook.exec {
        Some(exec_handler(exec))
    } else if let Some(get) = &hook.http_get {
        Some(http_handler(get))
    } else if let Some(socket) = &hook.tcp_socket {
        Some(Handler::TcpSocket(
            port_ref(&socket.port),
            text(socket.host.as_ref()),
        ))
    } else {
        hook.sleep
            .as_ref()
            .map(|sleep| Handler::Sleep(count(sleep.seconds)))
    }
}

fn exec_handler(exec: &k8s::ExecAction) -> Handler {
    Handler::Exec(
        exec.command
            .iter()
            .flatten()
            .map(|word| word.as_str().into())
            .collect(),
    )
}

fn http_handler(get: &k8s::HTTPGetAction) -> Handler {
    let headers = get.http_headers.iter().flatten();
    Handler::HttpGet {
        path: get.path.as_deref().unwrap_or("/").into(),
        port: port_ref(&get.port),
        host: text(get.host.as_ref()),
        https: get.scheme.as_deref() == Some("HTTPS"),
        headers: headers
            .map(|header| (header.name.as_str().into(), header.value.as_str().into()))
            .collect(),
    }
}
