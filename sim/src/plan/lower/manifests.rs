//! Manifests of a run: reading them, and the calls that apply them.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_core::fact::object::NewOther;
use wavetank_core::id::{Kind, NodeId};
use wavetank_core::object::spec::{Spec, SpecDefinition};

use super::object::{creation, meta};
use super::pod::Priorities;
use super::scheduler;
use crate::component::scheduler::custom::SchedulerRegistry;
use crate::diagnostic::{Diagnostic, Diagnostics, Sources};
use crate::manifest::{Import, Imported, Inputs, Object, Wanted, import_inputs, import_text};
use crate::plan::Plan;
use crate::plan::load::PODS_MAX;
use crate::plan::settings::SchedulerSettings;
use crate::scenario::document::Document;
use crate::scenario::node::Node;
use crate::scenario::schema::Scenario;

/// Namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Kinds that are stored, and whose controllers are not played yet.
const WITHOUT_CONTROLLER: [&str; 9] = [
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicationController",
    "HorizontalPodAutoscaler",
    "ResourceQuota",
    "LimitRange",
    "Ingress",
];

/// Everything that files said, checked and defaulted.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// The objects, in the order in which they are applied.
    pub(super) objects: Vec<Imported>,
    /// Kinds without effect.
    pub(super) no_effect: Vec<(String, usize)>,
    /// Kinds that are stored, and whose controllers are not played yet.
    pub(super) not_simulated: Vec<(String, usize)>,
    /// Configurations of the scheduler.
    schedulers: Vec<Node>,
}

impl Manifests {
    /// Reads files of the command line.
    pub(super) fn read(
        inputs: &Inputs,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut manifests = Self::default();
        manifests.add(import_inputs(inputs, sources), diagnostics);
        manifests
    }

    /// Reads the files that a scenario names, then the documents that follow it in its own file.
    pub(super) fn of_scenario(
        scenario: &Scenario,
        document: &Document,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut manifests = Self::default();
        for path in &scenario.manifests {
            let inputs = Inputs {
                base: document.directory(&path.place).to_owned(),
                paths: vec![Wanted {
                    path: path.value.clone(),
                    place: Some(path.place.clone()),
                }],
                stdin: None,
            };
            manifests.add(import_inputs(&inputs, sources), diagnostics);
        }
        for embedded in &document.manifests {
            // Blank lines before it keep the line numbers of the file.
            let lines = embedded.start_line.saturating_sub(1) as usize;
            let text = "\n".repeat(lines) + &embedded.text;
            let name = sources.name(embedded.file).to_owned();
            manifests.add(import_text(&name, &text, sources), diagnostics);
        }
        manifests
    }

    /// What a configuration of the scheduler among the manifests says. `named` tells whether the scenario
    /// names one already.
    pub(super) fn scheduler(
        &self,
        named: bool,
        registry: &SchedulerRegistry,
        diagnostics: &mut Diagnostics,
    ) -> Option<SchedulerSettings> {
        let again = &self.schedulers[usize::from(!named).min(self.schedulers.len())..];
        diagnostics.extend(again.iter().map(scheduler::twice));
        let first = self.schedulers.first().filter(|_| !named)?;
        Some(scheduler::settings(first, "", registry, diagnostics))
    }

    fn add(&mut self, import: Import, diagnostics: &mut Diagnostics) {
        diagnostics.extend(import.diagnostics);
        for imported in &import.objects {
            if WITHOUT_CONTROLLER.contains(&imported.object.kind()) {
                count(&mut self.not_simulated, imported.object.kind(), 1);
            }
        }
        self.objects.extend(import.objects);
        let schedulers = import.schedulers.iter();
        self.schedulers
            .extend(schedulers.map(|(file, node)| scheduler::tree(*file, node)));
        for (kind, number) in import.no_effect {
            count(&mut self.no_effect, &kind, number);
        }
    }
}

fn count(list: &mut Vec<(String, usize)>, kind: &str, number: usize) {
    match list.iter_mut().find(|(known, _)| known == kind) {
        Some((_, known)) => *known += number,
        None => list.push((kind.to_owned(), number)),
    }
}

/// Lowers the manifests into the Plan: namespaces first, then everything in its order.
pub(super) fn lower(manifests: &Manifests, plan: &mut Plan, diagnostics: &mut Diagnostics) {
    let priorities = priorities(manifests);
    namespaces(manifests, plan);
    let nodes: BTreeMap<String, NodeId> = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            (
                node.meta.name.text(&plan.definitions.texts),
                NodeId::from_index(index),
            )
        })
        .collect();
    for imported in &manifests.objects {
        if let Object::Pod(pod) = &imported.object
            && let Some(name) = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref())
            && !name.is_empty()
            && !nodes.contains_key(name)
        {
            diagnostics.push(unknown_node(imported, name, &nodes));
        }
        too_many_pods(imported, diagnostics);
        if matches!(imported.object, Object::Node(_)) {
            continue; // they are the cluster already
        }
        let definitions = &mut plan.definitions;
        let named = |name: &str| nodes.get(name).copied();
        let call = creation(
            &imported.object,
            &imported.json,
            &priorities,
            definitions,
            &named,
        );
        plan.objects.extend(call);
    }
}

/// An object that asks for more pods than can be played.
fn too_many_pods(imported: &Imported, diagnostics: &mut Diagnostics) {
    let asked = imported.object.replicas().unwrap_or(0);
    if u32::try_from(asked).is_ok_and(|asked| asked > PODS_MAX) {
        let message = format!("{asked} replicas are more than {PODS_MAX}, the most that is played");
        let help = "is the number meant? a cluster of 5,000 nodes holds 150,000 pods";
        let found = Diagnostic::error("S027", message).at(imported.place_of("spec.replicas"));
        diagnostics.push(found.help(help));
    }
}

fn unknown_node(imported: &Imported, name: &str, nodes: &BTreeMap<String, NodeId>) -> Diagnostic {
    let near = crate::diagnostic::nearest(name, nodes.keys().map(String::as_str));
    let first: Vec<_> = nodes.keys().take(3).map(String::as_str).collect();
    Diagnostic::error("S031", format!("there is no node `{name}`"))
        .at(imported.place_of("spec.nodeName"))
        .did_you_mean(near)
        .help(format!(
            "the cluster has {} nodes: {} …; remove `nodeName` and the scheduler places the pod, or name the Node manifests too: `kubectl get nodes,pods -A -o yaml`",
            nodes.len(),
            first.join(", ")
        ))
}

/// Priority classes among the manifests, and the built-in ones.
pub(super) fn priorities(manifests: &Manifests) -> Priorities {
    let mut priorities = Priorities::new();
    for imported in &manifests.objects {
        if let Object::PriorityClass(class) = &imported.object {
            let never = class.preemption_policy.as_deref() == Some("Never");
            let default = class.global_default == Some(true);
            priorities.add(&imported.name, class.value.unwrap_or(0), never, default);
        }
    }
    priorities
}

/// The namespaces that are there from the start: those of every cluster, and those that objects are in
/// but no file makes. A namespace that a file makes is applied in its turn.
fn namespaces(manifests: &Manifests, plan: &mut Plan) {
    let mut wanted: BTreeSet<&str> = NAMESPACES.into();
    for imported in &manifests.objects {
        if !imported.namespace.is_empty() {
            wanted.insert(&imported.namespace);
        }
    }
    for imported in &manifests.objects {
        if matches!(imported.object, Object::Namespace(_)) {
            wanted.remove(imported.name.as_str());
        }
    }
    for name in wanted {
        let given = k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some([("kubernetes.io/metadata.name".to_owned(), name.to_owned())].into()),
            ..Default::default()
        };
        let meta = meta(Kind::Namespace, &given, &mut plan.definitions);
        let spec = SpecDefinition {
            spec: Spec::Opaque,
            manifest: "".into(),
        };
        let spec = plan.definitions.spec(spec);
        plan.namespaces.push(NewOther {
            kind: Kind::Namespace,
            meta,
            spec,
        });
    }
}
