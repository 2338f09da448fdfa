//! What the API server refuses in a pod's spec. // C48, C49

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    Container, ExecAction, GRPCAction, HTTPGetAction, LifecycleHandler, PodSpec, Probe,
    ResourceRequirements, TCPSocketAction, Toleration,
};

use super::super::names;
use super::super::quantity::parse_quantity;
use super::Checker;

impl Checker {
    pub(super) fn pod_spec(&mut self, spec: &PodSpec, at: &str) {
        if spec.containers.is_empty() {
            self.required(
                format!("{at}.containers"),
                "a pod has at least one container",
            );
        }
        let mut seen = BTreeSet::new();
        let inits = spec.init_containers.iter().flatten().enumerate();
        for (index, container) in inits {
            let at = format!("{at}.initContainers[{index}]");
            self.container(container, &at, spec, &mut seen);
            self.one_of(
                container.restart_policy.as_ref(),
                format!("{at}.restartPolicy"),
                &["Always", "Never", "OnFailure"],
            );
            let restarts = container.restart_policy.as_deref() == Some("Always");
            for (probe, field) in probes(container) {
                if !restarts && probe.is_some() {
                    let help =
                        "with `restartPolicy: Always` it becomes a sidecar, which may have probes";
                    self.complain(format!("{at}.{field}"), "Forbidden: may not be set for init containers without restartPolicy=Always", help);
                }
            }
        }
        for (index, container) in spec.containers.iter().enumerate() {
            self.container(
                container,
                &format!("{at}.containers[{index}]"),
                spec,
                &mut seen,
            );
        }
        self.one_of(
            spec.restart_policy.as_ref(),
            format!("{at}.restartPolicy"),
            &["Always", "OnFailure", "Never"],
        );
        let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
        self.one_of(
            spec.dns_policy.as_ref(),
            format!("{at}.dnsPolicy"),
            &policies,
        );
        self.at_least(
            spec.termination_grace_period_seconds,
            0,
            format!("{at}.terminationGracePeriodSeconds"),
        );
        self.at_least(
            spec.active_deadline_seconds,
            1,
            format!("{at}.activeDeadlineSeconds"),
        );
        for (key, value) in spec.node_selector.iter().flatten() {
            self.label(key, value, &format!("{at}.nodeSelector"));
        }
        self.volumes(spec, at);
        for (index, toleration) in spec.tolerations.iter().flatten().enumerate() {
            self.toleration(toleration, &format!("{at}.tolerations[{index}]"));
        }
        self.spread(spec, at);
        self.quantities(spec.overhead.as_ref(), &format!("{at}.overhead"));
        if let Some(resources) = &spec.resources {
            self.resources(resources, &format!("{at}.resources"));
        }
    }

    fn container<'a>(
        &mut self,
        container: &'a Container,
        at: &str,
        pod: &PodSpec,
        seen: &mut BTreeSet<&'a str>,
    ) {
        if container.name.is_empty() {
            self.required(format!("{at}.name"), "each container has a name of its own");
        } else {
            if let Some(problem) = names::label(&container.name) {
                self.invalid(format!("{at}.name"), &container.name, &problem, "");
            }
            if !seen.insert(&container.name) {
                let message = format!("Duplicate value: {:?}", container.name);
                self.complain(
                    format!("{at}.name"),
                    message,
                    "names are unique among all containers and init containers of a pod",
                );
            }
        }
        match container.image.as_deref().unwrap_or_default() {
            "" => self.required(format!("{at}.image"), "for example `image: nginx:1.29`"),
            image if image.trim() != image => {
                self.invalid(
                    format!("{at}.image"),
                    image,
                    "must not have leading or trailing whitespace",
                    "",
                );
            }
            _ => (),
        }
        let policies = ["Always", "IfNotPresent", "Never"];
        self.one_of(
            container.image_pull_policy.as_ref(),
            format!("{at}.imagePullPolicy"),
            &policies,
        );
        self.ports(container, at, pod.host_network == Some(true));
        self.environment(container, at);
        if let Some(resources) = &container.resources {
            self.resources(resources, &format!("{at}.resources"));
        }
        for (probe, field) in probes(container) {
            if let Some(probe) = probe {
                self.probe(probe, field, &format!("{at}.{field}"));
            }
        }
        self.hooks(container, at, pod);
        self.mounts(container, at, pod);
    }

    fn hooks(&mut self, container: &Container, at: &str, pod: &PodSpec) {
        let lifecycle = container.lifecycle.as_ref();
        let hooks = [
            (
                lifecycle.and_then(|hooks| hooks.post_start.as_ref()),
                "postStart",
            ),
            (
                lifecycle.and_then(|hooks| hooks.pre_stop.as_ref()),
                "preStop",
            ),
        ];
        for (hook, field) in hooks {
            if let Some(hook) = hook {
                let grace = pod.termination_grace_period_seconds.unwrap_or(30);
                self.hook(hook, grace, &format!("{at}.lifecycle.{field}"));
            }
        }
    }

    fn environment(&mut self, container: &Container, at: &str) {
        for (index, variable) in container.env.iter().flatten().enumerate() {
            let at = format!("{at}.env[{index}]");
            if variable.name.is_empty() {
                self.required(format!("{at}.name"), "");
            } else if variable.name.contains('=') {
                self.invalid(
                    format!("{at}.name"),
                    &variable.name,
                    "a valid environment variable name must not contain '='",
                    "split it into `name:` and `value:`",
                );
            }
            if variable.value_from.is_some()
                && variable
                    .value
                    .as_deref()
                    .is_some_and(|value| !value.is_empty())
            {
                self.complain(
                    format!("{at}.valueFrom"),
                    "Invalid value: \"\": may not be specified when `value` is not empty",
                    "keep one of them",
                );
            }
        }
    }

    fn ports(&mut self, container: &Container, at: &str, host_network: bool) {
        let mut named = BTreeSet::new();
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let at = format!("{at}.ports[{index}]");
            if port.container_port == 0 {
                self.required(
                    format!("{at}.containerPort"),
                    "the port that the program listens on",
                );
            } else {
                self.port_range(port.container_port, format!("{at}.containerPort"));
            }
            if let Some(host) = port.host_port.filter(|&host| host != 0) {
                self.port_range(host, format!("{at}.hostPort"));
                if host_network && host != port.container_port {
                    let problem = format!(
                        "Invalid value: {host}: must match `containerPort` when `hostNetwork` is true"
                    );
                    self.complain(format!("{at}.hostPort"), problem, "");
                }
            }
            self.one_of(
                port.protocol.as_ref(),
                format!("{at}.protocol"),
                &["SCTP", "TCP", "UDP"],
            );
            let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) else {
                continue;
            };
            if let Some(problem) = names::port(name) {
                self.invalid(format!("{at}.name"), name, &problem, "");
            }
            if !named.insert(name) {
                self.complain(
                    format!("{at}.name"),
                    format!("Duplicate value: {name:?}"),
                    "",
                );
            }
        }
    }

    fn resources(&mut self, resources: &ResourceRequirements, at: &str) {
        self.quantities(resources.limits.as_ref(), &format!("{at}.limits"));
        self.quantities(resources.requests.as_ref(), &format!("{at}.requests"));
        for (name, request) in resources.requests.iter().flatten() {
            let limit = resources
                .limits
                .as_ref()
                .and_then(|limits| limits.get(name));
            let Some(limit) = limit else { continue };
            let (Some(asked), Some(most)) = (parse_quantity(&request.0), parse_quantity(&limit.0))
            else {
                continue;
            };
            if asked > most {
                let problem = format!("must be less than or equal to {name} limit of {}", limit.0);
                self.invalid(
                    format!("{at}.requests[{name}]"),
                    &request.0,
                    &problem,
                    "lower the request or raise the limit",
                );
            }
        }
    }

    // C48
    fn probe(&mut self, probe: &Probe, field: &str, at: &str) {
        let handlers = [
            probe.exec.is_some(),
            probe.http_get.is_some(),
            probe.tcp_socket.is_some(),
            probe.grpc.is_some(),
        ];
        self.one_handler(&handlers, at, "exec, httpGet, tcpSocket or grpc");
        self.actions(
            probe.exec.as_ref(),
            probe.http_get.as_ref(),
            probe.tcp_socket.as_ref(),
            at,
        );
        if let Some(GRPCAction { port, .. }) = &probe.grpc {
            self.port_range(*port, format!("{at}.grpc.port"));
        }
        self.at_least(
            probe.initial_delay_seconds.map(i64::from),
            0,
            format!("{at}.initialDelaySeconds"),
        );
        self.at_least(
            probe.timeout_seconds.map(i64::from),
            1,
            format!("{at}.timeoutSeconds"),
        );
        self.at_least(
            probe.period_seconds.map(i64::from),
            1,
            format!("{at}.periodSeconds"),
        );
        self.at_least(
            probe.success_threshold.map(i64::from),
            1,
            format!("{at}.successThreshold"),
        );
        self.at_least(
            probe.failure_threshold.map(i64::from),
            1,
            format!("{at}.failureThreshold"),
        );
        let readiness = field == "readinessProbe";
        if let Some(successes) = probe.success_threshold.filter(|&n| n > 1 && !readiness) {
            self.complain(
                format!("{at}.successThreshold"),
                format!("Invalid value: {successes}: must be 1"),
                "only a readinessProbe may ask for more than one success",
            );
        }
        match probe.termination_grace_period_seconds {
            Some(seconds) if readiness => self.complain(
                format!("{at}.terminationGracePeriodSeconds"),
                format!("Invalid value: {seconds}: must not be set for readinessProbes"),
                "a failed readinessProbe stops nothing",
            ),
            seconds => self.at_least(seconds, 1, format!("{at}.terminationGracePeriodSeconds")),
        }
    }

    fn hook(&mut self, hook: &LifecycleHandler, grace: i64, at: &str) {
        let handlers = [
            hook.exec.is_some(),
            hook.http_get.is_some(),
            hook.tcp_socket.is_some(),
            hook.sleep.is_some(),
        ];
        self.one_handler(&handlers, at, "exec, httpGet or sleep");
        self.actions(
            hook.exec.as_ref(),
            hook.http_get.as_ref(),
            hook.tcp_socket.as_ref(),
            at,
        );
        if let Some(sleep) = &hook.sleep
            && !(0..=grace).contains(&sleep.seconds)
        {
            let message = format!(
                "Invalid value: {}: must be non-negative and no more than terminationGracePeriodSeconds ({grace})",
                sleep.seconds
            );
            self.complain(
                format!("{at}.sleep.seconds"),
                message,
                "the pod is killed when its grace period is over: raise that, or sleep less",
            );
        }
    }

    fn one_handler(&mut self, handlers: &[bool], at: &str, choice: &str) {
        match handlers.iter().filter(|&&given| given).count() {
            0 => {
                let message = "Required value: must specify a handler type";
                self.complain(at, message, format!("say what to do: {choice}"));
            }
            1 => (),
            _ => self.complain(
                at,
                "Forbidden: may not specify more than 1 handler type",
                format!("keep one of {choice}"),
            ),
        }
    }

    fn actions(
        &mut self,
        exec: Option<&ExecAction>,
        http: Option<&HTTPGetAction>,
        tcp: Option<&TCPSocketAction>,
        at: &str,
    ) {
        if exec.is_some_and(|exec| exec.command.as_ref().is_none_or(Vec::is_empty)) {
            self.required(
                format!("{at}.exec.command"),
                "a list: `command: [cat, /tmp/healthy]`",
            );
        }
        if let Some(http) = http {
            self.port_or_name(&http.port, format!("{at}.httpGet.port"));
            self.one_of(
                http.scheme.as_ref(),
                format!("{at}.httpGet.scheme"),
                &["HTTP", "HTTPS"],
            );
        }
        if let Some(tcp) = tcp {
            self.port_or_name(&tcp.port, format!("{at}.tcpSocket.port"));
        }
    }

    fn toleration(&mut self, toleration: &Toleration, at: &str) {
        let operators = ["Equal", "Exists", "Lt", "Gt"];
        self.one_of(
            toleration.operator.as_ref(),
            format!("{at}.operator"),
            &operators,
        );
        let effect = toleration
            .effect
            .as_ref()
            .filter(|effect| !effect.is_empty());
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        self.one_of(effect, format!("{at}.effect"), &effects);
        let exists = toleration.operator.as_deref() == Some("Exists");
        if exists
            && toleration
                .value
                .as_deref()
                .is_some_and(|value| !value.is_empty())
        {
            self.complain(
                format!("{at}.value"),
                "Invalid value: value must be empty when `operator` is 'Exists'",
                "",
            );
        }
        if toleration.key.as_deref().unwrap_or_default().is_empty() && !exists {
            self.complain(format!("{at}.operator"), "Invalid value: operator must be Exists when `key` is empty, which means \"match all values and all keys\"", "");
        }
        if toleration.toleration_seconds.is_some()
            && effect.is_none_or(|effect| effect != "NoExecute")
        {
            self.complain(
                format!("{at}.effect"),
                "Invalid value: effect must be 'NoExecute' when `tolerationSeconds` is set",
                "",
            );
        }
    }

    fn spread(&mut self, spec: &PodSpec, at: &str) {
        let constraints = spec
            .topology_spread_constraints
            .iter()
            .flatten()
            .enumerate();
        for (index, constraint) in constraints {
            let at = format!("{at}.topologySpreadConstraints[{index}]");
            self.at_least(
                Some(i64::from(constraint.max_skew)),
                1,
                format!("{at}.maxSkew"),
            );
            if constraint.topology_key.is_empty() {
                self.required(
                    format!("{at}.topologyKey"),
                    "for example `topology.kubernetes.io/zone`",
                );
            }
            let actions = ["DoNotSchedule", "ScheduleAnyway"];
            self.one_of(
                Some(&constraint.when_unsatisfiable),
                format!("{at}.whenUnsatisfiable"),
                &actions,
            );
        }
    }
}

fn probes(container: &Container) -> [(Option<&Probe>, &'static str); 3] {
    [
        (container.liveness_probe.as_ref(), "livenessProbe"),
        (container.readiness_probe.as_ref(), "readinessProbe"),
        (container.startup_probe.as_ref(), "startupProbe"),
    ]
}
