//! Small plans made by programs: tests, benchmarks, examples.

use wavetank_core::fact::object::{NewDeployment, NewNode, NewOther, NewService};
use wavetank_core::id::{Kind, SetId, SpecId, TemplateId};
use wavetank_core::label::{Labels, Selector};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::definition::{Definitions, EMPTY_SET};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::node::NodeSpec;
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::spec::{
    DeploymentSpec, IntOrPercent, ServicePort, ServiceSpec, ServiceType, Spec, SpecDefinition,
    Strategy,
};
use wavetank_core::object::template::{
    Container, ContainerPort, Handler, PodSpec, PodTemplate, PortRef, Probe, Protocol,
};
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, Stamp};

use super::image::Images;
use super::lower::pod::Priorities;
use super::lower::step::{Lowering, planned_line};
use super::settings::Settings;
use super::step::{PlannedStep, StepAction, StepTime};
use super::{Plan, Span};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Place, Span as DiagnosticSpan};
use crate::message::call::{CreatePod, NewName, Request};
use crate::network::profile::Network;
use crate::scenario::schema::KubectlLine;

/// Makes a plan step by step.
#[derive(Clone, Debug)]
pub struct PlanBuilder {
    plan: Plan,
}

impl PlanBuilder {
    /// An empty cluster with the latencies of the lab. It runs until it is steady, one hour at most.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let plan = Plan {
            name: name.into(),
            digest: *blake3::hash(name.as_bytes()).as_bytes(),
            parameters: Vec::new(),
            definitions: Definitions::default(),
            nodes: Vec::new(),
            namespaces: Vec::new(),
            objects: Vec::new(),
            images: Images::default(),
            traffic: Vec::new(),
            steps: Vec::new(),
            faults: Vec::new(),
            network: Network::lab(),
            settings: Settings::default(),
            span: Span {
                warm: false,
                until: None,
                limit: SimDuration::from_secs(3_600),
            },
            exact: false,
        };
        Self { plan }
    }

    /// The plan itself, for what the builder has no method for.
    pub const fn plan(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// Adds `count` nodes `node-1…` of 4 CPUs, 16 GiB and 110 pods, in zones `a`, `b`, `c` in turn.
    #[must_use]
    pub fn nodes(self, count: usize) -> Self {
        self.nodes_of(count, 4_000, 16 << 30, 110)
    }

    /// Adds `count` nodes of this many millicores, bytes and pods.
    #[must_use]
    pub fn nodes_of(mut self, count: usize, cpu: i64, memory: i64, pods: i64) -> Self {
        let capacity = Resources {
            cpu,
            memory,
            storage: 100 << 30,
            pods,
            extended: Vec::new(),
        };
        let allocatable = capacity.clone();
        let node = NodeSpec {
            capacity,
            allocatable,
            images: Vec::new(),
        };
        let spec = self.spec(Spec::Node(node));
        for _ in 0..count {
            let number = self.plan.nodes.len();
            let name = format!("node-{}", number + 1);
            let zone = ["a", "b", "c"][number % 3];
            let labels = [
                ("kubernetes.io/hostname", &*name),
                ("topology.kubernetes.io/zone", zone),
            ];
            let labels: Labels = labels.into_iter().collect();
            let labels = self.plan.definitions.set(labels);
            let mut meta = self.meta(&name, labels);
            meta.namespace = known::EMPTY;
            let ready = Condition {
                status: Truth::True,
                reason: known::KUBELET_READY,
                ..Condition::default()
            };
            let fine = Condition {
                status: Truth::False,
                ..Condition::default()
            };
            self.plan.nodes.push(NewNode {
                meta,
                spec,
                taints: Vec::new(),
                unschedulable: false,
                conditions: [ready, fine, fine, fine],
            });
        }
        self
    }

    /// Adds a Deployment of `replicas` pods with label `app: NAME` and one container NAME of image
    /// `NAME:1`, serving port 8080; `edit` may change the pod specification.
    #[must_use]
    pub fn deployment(
        mut self,
        name: &str,
        replicas: u32,
        edit: impl FnOnce(&mut PodSpec),
    ) -> Self {
        let template = self.template(name, edit);
        let labels = self.plan.definitions.get_template(template).labels;
        let spec = self.spec(Spec::Deployment(DeploymentSpec {
            selector: Selector::from_parts([("app", name)], []).expect("a plain selector"),
            template,
            strategy: Strategy::RollingUpdate {
                max_surge: IntOrPercent::Percent(25),
                max_unavailable: IntOrPercent::Percent(25),
            },
            min_ready_seconds: 0,
            progress_deadline_seconds: 600,
            revision_history_limit: 10,
        }));
        let meta = self.meta(name, labels);
        let new = NewDeployment {
            meta,
            spec,
            replicas,
            paused: false,
        };
        self.plan
            .objects
            .push(Request::CreateDeployment(Box::new(new)));
        self
    }

    /// Adds a pod without owner, made as the pods of [`Self::deployment`] are.
    #[must_use]
    pub fn pod(mut self, name: &str, edit: impl FnOnce(&mut PodSpec)) -> Self {
        let template = self.template(name, edit);
        let name = NewName::Fixed(self.plan.definitions.name(name));
        let new = CreatePod {
            namespace: known::DEFAULT,
            name,
            template,
            owner: None,
            node: None,
        };
        self.plan.objects.push(Request::CreatePod(Box::new(new)));
        self
    }

    /// Adds a Service NAME: port 80 to port 8080 of the pods with label `app: NAME`.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        let spec = self.spec(Spec::Service(ServiceSpec {
            kind: ServiceType::ClusterIp,
            headless: false,
            selector: Some(Selector::from_parts([("app", name)], []).expect("a plain selector")),
            ports: vec![ServicePort {
                name: "".into(),
                port: 80,
                target: PortRef::Number(8_080),
                protocol: Protocol::Tcp,
                node_port: 0,
            }],
            publish_not_ready: false,
            affinity_seconds: None,
            internal_local: false,
            external_local: false,
        }));
        let meta = self.meta(name, EMPTY_SET);
        let new = NewService {
            meta,
            spec,
            cluster_ip: PodIp::NONE,
        };
        self.plan
            .objects
            .push(Request::CreateService(Box::new(new)));
        self
    }

    /// Adds an object of a kind of which the model reads nothing but the metadata.
    #[must_use]
    pub fn other(mut self, kind: Kind, name: &str) -> Self {
        let spec = self.spec(Spec::Opaque);
        let mut meta = self.meta(name, EMPTY_SET);
        if !kind.is_namespaced() {
            meta.namespace = known::EMPTY;
        }
        self.plan
            .objects
            .push(Request::CreateOther(Box::new(NewOther {
                kind,
                meta,
                spec,
            })));
        self
    }

    /// Adds a step of these kubectl lines, which cannot name files.
    ///
    /// # Panics
    ///
    /// With everything that is wrong with the lines.
    #[must_use]
    pub fn kubectl(mut self, when: StepTime, lines: &[&str]) -> Self {
        let place = DiagnosticSpan::start_of(FileId(0)).place("");
        let mut diagnostics = Diagnostics::new();
        let line = |text: &&str| KubectlLine {
            text: (*text).to_owned(),
            command: crate::scenario::kubectl::parse(text)
                .unwrap_or_else(|error| panic!("{text}: {error}"))
                .0,
            place: place.clone(),
        };
        let lines: Vec<KubectlLine> = lines.iter().map(line).collect();
        let mut no_files = |_: &[String], _: bool, _: &Place| {
            Err(vec![Diagnostic::error("S026", "there are no files here")])
        };
        let mut lowering = Lowering {
            definitions: &mut self.plan.definitions,
            priorities: &Priorities::new(),
            nodes: &self.plan.nodes,
            span: self.plan.span,
            read: &mut no_files,
            diagnostics: &mut diagnostics,
        };
        let lines = lines
            .iter()
            .filter_map(|line| planned_line(line, &mut lowering))
            .collect();
        let wrong: Vec<&str> = diagnostics.iter().map(|it| it.message.as_str()).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("; "));
        self.plan.steps.push(PlannedStep {
            name: None,
            when,
            repeat: None,
            may_fail: false,
            action: StepAction::Kubectl(lines),
        });
        self
    }

    /// The plan.
    #[must_use]
    pub fn build(self) -> Plan {
        self.plan
    }

    fn spec(&mut self, spec: Spec) -> SpecId {
        self.plan.definitions.spec(SpecDefinition {
            spec,
            manifest: "".into(),
        })
    }

    fn meta(&mut self, name: &str, labels: SetId) -> Meta {
        Meta {
            name: self.plan.definitions.name(name),
            namespace: known::DEFAULT,
            created: Stamp(0),
            labels,
            annotations: EMPTY_SET,
            finalizers: EMPTY_SET,
            owner: None,
            generation: 1,
            deletion: None,
        }
    }

    /// The template of a pod with label `app: NAME` and one container NAME of image `NAME:1`, which serves
    /// port 8080; `edit` may change the pod specification.
    pub fn template(&mut self, name: &str, edit: impl FnOnce(&mut PodSpec)) -> TemplateId {
        let container = Container {
            name: name.into(),
            image: format!("{name}:1").into(),
            ports: vec![ContainerPort {
                port: 8_080,
                ..ContainerPort::default()
            }],
            requests: Resources {
                cpu: 100,
                memory: 128 << 20,
                ..Resources::default()
            },
            ..Container::default()
        };
        let mut spec = PodSpec {
            containers: vec![container],
            grace_seconds: 30,
            scheduler_name: "default-scheduler".into(),
            service_account: "default".into(),
            requests: Resources {
                cpu: 100,
                memory: 128 << 20,
                ..Resources::default()
            },
            nonzero: (100, 128 << 20),
            ..PodSpec::default()
        };
        edit(&mut spec);
        let labels: Labels = [("app", name)].into_iter().collect();
        let labels = self.plan.definitions.set(labels);
        self.plan.definitions.template(PodTemplate {
            labels,
            annotations: EMPTY_SET,
            finalizers: EMPTY_SET,
            // The manifest stands for the specification where templates are compared.
            manifest: format!("{spec:?}").into(),
            spec,
        })
    }
}

/// A readiness probe by HTTP on port 8080 with this period.
#[must_use]
pub fn http_probe(period_seconds: u32) -> Probe {
    Probe {
        handler: Handler::HttpGet {
            path: "/".into(),
            port: PortRef::Number(8_080),
            host: "".into(),
            https: false,
            headers: Vec::new(),
        },
        initial_delay_seconds: 0,
        period_seconds,
        timeout_seconds: 1,
        success_threshold: 1,
        failure_threshold: 3,
        grace_seconds: None,
    }
}
