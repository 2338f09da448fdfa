//! kubectl commands, as a run plays them.

use serde_json::{Map, Value};
use wavetank_core::id::Kind;
use wavetank_core::label::Selector;
use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::time::SimDuration;

use super::made;
use super::step::Lowering;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Sources};
use crate::manifest::Patch;
use crate::message::call::Propagation;
use crate::plan::load::PODS_MAX;
use crate::plan::step::{
    Autoscale, Command, ContainerEdit, Delete, Drain, Expose, Field, Marks, TaintEdit, WaitFor,
    Wanted, What,
};
use crate::scenario::kubectl::{self, Cascade, Kubectl, PatchKind, RolloutAction, Selection};
use crate::scenario::node::{self, Node};
use crate::scenario::target::{FieldRequirement, Namespaces, Requirement};

type Texts = Vec<(Box<str>, Box<str>)>;

/// A command as a run plays it; none when something of it is wrong or not there yet, which is reported.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub(super) fn command(
    given: &Kubectl,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Command> {
    Some(match given {
        Kubectl::Apply(files) => Command::Apply(made::files(files, place, lowering)?),
        Kubectl::Create(files) => Command::Create(made::files(files, place, lowering)?),
        Kubectl::Replace { files, force } => {
            Command::Replace(made::files(files, place, lowering)?, *force)
        }
        Kubectl::CreateObject(new, namespaces) => {
            Command::Create(made::object(new, namespaces, place, lowering)?)
        }
        Kubectl::Run(run) => Command::Create(made::run(run, place, lowering)?),
        Kubectl::Delete(delete) => Command::Delete(deletion(delete, place, lowering)?),
        Kubectl::Scale {
            what: selection,
            replicas,
            current_replicas,
        } => Command::Scale(
            scaled(selection, *replicas, place, lowering)?,
            *replicas,
            *current_replicas,
        ),
        Kubectl::SetImage {
            what: selection,
            images,
        } => Command::SetImage(what(selection, place, lowering)?, texts(images)),
        Kubectl::SetEnv {
            what: selection,
            container,
            set,
            remove,
        } => Command::SetEnv(
            what(selection, place, lowering)?,
            ContainerEdit {
                container: container.as_deref().map(Into::into),
                set: texts(set),
                requests: Vec::new(),
                remove: remove.iter().map(|name| name.as_str().into()).collect(),
            },
        ),
        Kubectl::SetResources {
            what: selection,
            container,
            limits,
            requests,
        } => Command::SetResources(
            what(selection, place, lowering)?,
            ContainerEdit {
                container: container.as_deref().map(Into::into),
                set: texts(limits),
                requests: texts(requests),
                remove: Vec::new(),
            },
        ),
        Kubectl::Rollout {
            action,
            what: selection,
            timeout,
        } => rollout(*action, selection, *timeout, place, lowering)?,
        Kubectl::Patch {
            what: selection,
            kind,
            body,
        } => {
            let what = what(selection, place, lowering)?;
            Command::Patch(what, patch(*kind, body, place, lowering)?)
        }
        Kubectl::Label(given) => Command::Label(marks(given, place, lowering)?),
        Kubectl::Annotate(given) => Command::Annotate(marks(given, place, lowering)?),
        Kubectl::Taint {
            what: selection,
            add,
            remove,
            overwrite,
        } => Command::Taint(TaintEdit {
            what: what(selection, place, lowering)?,
            add: add.iter().filter_map(taint).collect(),
            remove: remove
                .iter()
                .map(|(key, it)| (key.as_str().into(), it.as_deref().and_then(effect)))
                .collect(),
            overwrite: *overwrite,
        }),
        Kubectl::Cordon(selection) => Command::Cordon(what(selection, place, lowering)?, true),
        Kubectl::Uncordon(selection) => Command::Cordon(what(selection, place, lowering)?, false),
        Kubectl::Drain(given) => Command::Drain(drain(given, place, lowering)?),
        Kubectl::Exec {
            what: selection,
            container,
            command,
        } => Command::Exec {
            what: what(selection, place, lowering)?,
            container: container.as_deref().map(Into::into),
            command: command.iter().map(|word| word.as_str().into()).collect(),
        },
        Kubectl::Expose {
            what: selection,
            name,
            port,
            target_port,
            service_type,
            protocol,
        } => Command::Expose(Expose {
            what: what(selection, place, lowering)?,
            name: name.as_deref().map(Into::into),
            port: *port,
            target_port: target_port.as_deref().map(Into::into),
            service_type: service_type.as_deref().map(Into::into),
            protocol: protocol.as_deref().map(Into::into),
        }),
        Kubectl::Wait {
            what: selection,
            until,
            timeout,
        } => Command::Wait(
            what(selection, place, lowering)?,
            wait_for(until, place, lowering)?,
            *timeout,
        ),
        Kubectl::Autoscale {
            what: selection,
            min,
            max,
            cpu_percent,
            name,
        } => Command::Autoscale(Autoscale {
            what: what(selection, place, lowering)?,
            name: name.as_deref().map(Into::into),
            min: *min,
            max: *max,
            cpu_percent: *cpu_percent,
        }),
        Kubectl::Evict {
            what: selection,
            grace_period,
        } => Command::Evict(what(selection, place, lowering)?, *grace_period),
        Kubectl::Get { what, .. } | Kubectl::Describe(what) | Kubectl::Top(what) => {
            view(what, place, lowering)?
        }
        Kubectl::Logs(logs) => view(&logs.what, place, lowering)?,
    })
}

/// A command that only shows something: the views read the line itself.
fn view(what: &Selection, place: &Place, lowering: &mut Lowering<'_>) -> Option<Command> {
    if what.files.is_empty() {
        return Some(Command::View);
    }
    let help = "name the objects: get deployment/web";
    lowering.not_yet("showing the objects of a file", place, help);
    None
}

fn texts(pairs: &[(String, String)]) -> Texts {
    let both = |(key, value): &(String, String)| (key.as_str().into(), value.as_str().into());
    pairs.iter().map(both).collect()
}

/// A timeout; zero is none.
fn timeout(given: Option<SimDuration>) -> Option<SimDuration> {
    given.filter(|timeout| timeout.nanos() > 0)
}

fn deletion(given: &kubectl::Delete, place: &Place, lowering: &mut Lowering<'_>) -> Option<Delete> {
    // What kubectl sends: a grace of 0 is for --force only, and --force alone means it.
    let grace_seconds = match (given.grace_period, given.force) {
        (Some(0), false) => Some(1),
        (None, true) => Some(0),
        (grace, _) => grace,
    };
    Some(Delete {
        what: what(&given.what, place, lowering)?,
        grace_seconds,
        force: given.force,
        propagation: match given.cascade {
            Cascade::Background => Propagation::Background,
            Cascade::Foreground => Propagation::Foreground,
            Cascade::Orphan => Propagation::Orphan,
        },
        wait: given.wait,
        timeout: timeout(given.timeout),
        ignore_not_found: given.ignore_not_found,
    })
}

fn rollout(
    action: RolloutAction,
    selection: &Selection,
    given: Option<SimDuration>,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Command> {
    let what = what(selection, place, lowering)?;
    let only_deployments = what.resources.iter().all(|it| it.kind == Kind::Deployment);
    if !only_deployments && !matches!(action, RolloutAction::Restart) {
        let help = "of Deployments it is";
        lowering.not_yet("`rollout` of other kinds than Deployments", place, help);
        return None;
    }
    Some(match action {
        RolloutAction::Restart => Command::Restart(what),
        RolloutAction::Undo { to_revision } => Command::Undo(what, to_revision),
        RolloutAction::Pause => Command::Pause(what, true),
        RolloutAction::Resume => Command::Pause(what, false),
        RolloutAction::Status => Command::Status(what, timeout(given)),
    })
}

fn marks(given: &kubectl::Marks, place: &Place, lowering: &mut Lowering<'_>) -> Option<Marks> {
    Some(Marks {
        what: what(&given.what, place, lowering)?,
        set: texts(&given.set),
        remove: given.remove.iter().map(|key| key.as_str().into()).collect(),
        overwrite: given.overwrite,
    })
}

fn effect(text: &str) -> Option<TaintEffect> {
    match text {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

fn taint(given: &kubectl::Taint) -> Option<Taint> {
    Some(Taint {
        key: given.key.as_str().into(),
        value: given.value.as_str().into(),
        effect: effect(&given.effect)?,
    })
}

fn drain(given: &kubectl::Drain, place: &Place, lowering: &mut Lowering<'_>) -> Option<Drain> {
    Some(Drain {
        what: what(&given.what, place, lowering)?,
        ignore_daemonsets: given.ignore_daemonsets,
        delete_emptydir_data: given.delete_emptydir_data,
        force: given.force,
        disable_eviction: given.disable_eviction,
        grace_seconds: given.grace_period,
        timeout: timeout(given.timeout),
        pods: selector(&given.pod_selector, place, lowering)?,
    })
}

fn wait_for(
    given: &kubectl::WaitFor,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<WaitFor> {
    Some(match given {
        kubectl::WaitFor::Condition { kind, status } => {
            WaitFor::Condition(kind.as_str().into(), status.as_str().into())
        }
        kubectl::WaitFor::Delete => WaitFor::Delete,
        kubectl::WaitFor::Create => WaitFor::Create,
        kubectl::WaitFor::JsonPath { path, value } => {
            if !crate::timeline::is_known_field(path) {
                let help = "known are .status.phase, .status.readyReplicas and their like";
                lowering.not_yet(&format!("waiting for `{path}`"), place, help);
                return None;
            }
            let value = value.as_deref().map(Into::into);
            WaitFor::Field(path.as_str().into(), value)
        }
    })
}

/// What is scaled, unless to more pods than can be played.
fn scaled(
    given: &Selection,
    replicas: u32,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<What> {
    if replicas > PODS_MAX {
        let message =
            format!("{replicas} replicas are more than {PODS_MAX}, the most that is played");
        let found = Diagnostic::error("S027", message).at(place.clone());
        lowering.diagnostics.push(found);
        return None;
    }
    what(given, place, lowering)
}

/// The objects that a command is about.
pub(super) fn what(given: &Selection, place: &Place, lowering: &mut Lowering<'_>) -> Option<What> {
    let namespace = match &given.namespaces {
        Namespaces::Default => Some("default".into()),
        Namespaces::Named(name) => Some(name.as_str().into()),
        Namespaces::All => None,
    };
    let mut resources = Vec::new();
    for resource in &given.resources {
        let Some(kind) = Kind::from_name(resource.kind) else {
            let what = format!("the kind {} in a run", resource.kind);
            lowering.not_yet(&what, place, "objects of this kind have no effect");
            return None;
        };
        resources.push(Wanted {
            kind,
            name: resource.name.as_deref().map(Into::into),
            namespace: None,
        });
    }
    if !given.files.is_empty() {
        let files = kubectl::Files {
            paths: given.files.clone(),
            namespaces: given.namespaces.clone(),
            ..kubectl::Files::default()
        };
        for object in made::files(&files, place, lowering)? {
            if let Some(kind) = Kind::from_name(&object.kind) {
                resources.push(Wanted {
                    kind,
                    name: Some(object.name),
                    namespace: Some(object.namespace),
                });
            }
        }
    }
    Some(What {
        resources,
        selector: selector(&given.labels, place, lowering)?,
        fields: fields(&given.fields, place, lowering)?,
        namespace,
    })
}

/// A label selector.
pub(super) fn selector(
    given: &[Requirement],
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Selector> {
    let mut requirements = Vec::new();
    for it in given {
        match it.to_label() {
            Ok(requirement) => requirements.push(requirement),
            Err(error) => {
                let diagnostic = Diagnostic::error("S012", error.to_string()).at(place.clone());
                lowering.diagnostics.push(diagnostic);
                return None;
            }
        }
    }
    Some(Selector::new(requirements))
}

fn fields(
    given: &[FieldRequirement],
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<(Field, bool, Box<str>)>> {
    let mut found = Vec::new();
    for it in given {
        let field = match it.field.as_str() {
            "metadata.name" => Field::Name,
            "metadata.namespace" => Field::Namespace,
            "status.phase" => Field::Phase,
            "spec.nodeName" => Field::NodeName,
            "spec.unschedulable" => Field::Unschedulable,
            other => {
                let help = "known are metadata.name, metadata.namespace, status.phase, \
                            spec.nodeName and spec.unschedulable";
                lowering.not_yet(&format!("the field selector `{other}`"), place, help);
                return None;
            }
        };
        found.push((field, it.equal, it.value.as_str().into()));
    }
    Some(found)
}

fn patch(kind: PatchKind, body: &str, place: &Place, lowering: &mut Lowering<'_>) -> Option<Patch> {
    let value = serde_json::from_str(body).ok().or_else(|| yaml(body));
    let Some(value) = value else {
        let diagnostic = Diagnostic::error("S012", "the patch is neither JSON nor YAML")
            .at(place.clone())
            .help("write -p '{\"spec\": {…}}'");
        lowering.diagnostics.push(diagnostic);
        return None;
    };
    Some(match kind {
        PatchKind::Strategic => Patch::Strategic(value),
        PatchKind::Merge => Patch::Merge(value),
        PatchKind::Json => Patch::Json(value),
    })
}

fn yaml(body: &str) -> Option<Value> {
    let mut sources = Sources::new();
    let file = sources.add("patch", body);
    let mut diagnostics = Diagnostics::new();
    let mut documents = crate::scenario::load::documents(file, &sources, &mut diagnostics);
    let document = documents.pop().filter(|_| !diagnostics.has_errors())?;
    Some(value_of(&document.node))
}

fn value_of(node: &Node) -> Value {
    match &node.value {
        node::Value::Null => Value::Null,
        node::Value::Bool(value) => Value::Bool(*value),
        node::Value::Int(number) => Value::from(*number),
        node::Value::Float(number) => Value::from(*number),
        node::Value::String(text) => Value::String(text.clone()),
        node::Value::Seq(items) => items.iter().map(value_of).collect(),
        node::Value::Map(entries) => {
            let pair = |entry: &node::Entry| (entry.key.clone(), value_of(&entry.value));
            Value::Object(entries.iter().map(pair).collect::<Map<_, _>>())
        }
    }
}
