//! Faults of a scenario: what happens, to which nodes and components, when.

use wavetank_core::dist::Dist;
use wavetank_core::fact::object::NewNode;
use wavetank_core::id::NodeId;
use wavetank_core::label::Selector;
use wavetank_core::time::SimDuration;

use super::command::selector;
use super::step::Lowering;
use crate::diagnostic::{Diagnostic, Place};
use crate::plan::fault::{Pick, PlannedFault, Targets, What, When};
use crate::scenario::schema::{self, ApiAction, Map, Messages, Step, StepTime, TargetAt, Verb};
use crate::scenario::target::{Component, Namespaces, Objects, Requirement, Target};

/// Seconds in 1,000 hours: rates are counted in that time.
const THOUSAND_HOURS: u128 = 3_600_000;

/// The faults of a scenario, in its order.
pub fn faults(given: &Map<Step>, lowering: &mut Lowering<'_>) -> Vec<PlannedFault> {
    given
        .iter()
        .filter_map(|(name, step)| fault(name, step, lowering))
        .collect()
}

/// One fault; none when something of it is wrong or not there yet, which is reported.
pub(super) fn fault(name: &str, step: &Step, lowering: &mut Lowering<'_>) -> Option<PlannedFault> {
    if let Some(every) = &step.every {
        lowering.not_yet("`every:` of a fault", &every.place, "write a `rate:`");
        return None;
    }
    let when = when(step, lowering);
    let what = what(step, lowering);
    let lasts = step.length.as_ref().map(|length| lowering.dist(length));
    let pick = step.pick.map(|pick| match pick {
        schema::Pick::Count(count) => Pick::Count(count),
        schema::Pick::Share(share) => {
            Pick::Percent(u32::try_from(share.millionths / 10_000).unwrap_or(100))
        }
    });
    Some(PlannedFault {
        name: name.into(),
        when: when?,
        lasts,
        what: what?,
        pick,
    })
}

fn when(step: &Step, lowering: &mut Lowering<'_>) -> Option<When> {
    let end = lowering.span.until.unwrap_or(lowering.span.limit);
    let (from, to) = step.window.unwrap_or((SimDuration::ZERO, end));
    match &step.time {
        StepTime::Next => Some(When::At(Dist::ZERO)),
        StepTime::At(at) => Some(When::At(lowering.dist(at))),
        StepTime::Rate(rate) => {
            let per = u128::from(rate.value.per.nanos()).max(1);
            let many = u128::from(rate.value.milli) * THOUSAND_HOURS * 1_000_000_000 / per / 1_000;
            Some(When::Rate(
                u64::try_from(many).unwrap_or(u64::MAX),
                from,
                to,
            ))
        }
        StepTime::Chance(chance) => {
            let millionths = u32::try_from(chance.value.millionths).unwrap_or(1_000_000);
            Some(When::Chance(millionths, from, to))
        }
        StepTime::After { .. } => {
            lowering.not_yet("`after:` of a fault", &step.place, "write `at:`");
            None
        }
        StepTime::When(expression) => {
            lowering.not_yet("`when:` of a fault", &expression.place, "write `at:`");
            None
        }
    }
}

fn what(step: &Step, lowering: &mut Lowering<'_>) -> Option<What> {
    let unsupported = |what: &str, place: &Place, lowering: &mut Lowering<'_>| {
        let help = "faults are crash, restart, delay, loss, `watch: {do: hold}` and \
                    `api: {do: timeout}`";
        lowering.not_yet(what, place, help);
        None
    };
    match &step.verb {
        Verb::Crash(target) => crash(target, step, lowering),
        Verb::Restart(target) => match targets(target, lowering)? {
            Targets::Nodes(_) | Targets::Proxies(_) | Targets::ApiServer => {
                unsupported("a restart of that", &target.place, lowering)
            }
            targets @ (Targets::Kubelets(_)
            | Targets::Pods(..)
            | Targets::Scheduler
            | Targets::Controllers) => Some(What::Restart(targets)),
        },
        Verb::Watch { to, kinds, action } => {
            if action.value != "hold" {
                let what = format!("`watch: {{do: {}}}`", action.value);
                return unsupported(&what, &action.place, lowering);
            }
            if let Some(kind) = kinds.first() {
                return unsupported("holding back single kinds", &kind.place, lowering);
            }
            Some(What::HoldWatch(processes(to, lowering)?))
        }
        Verb::Api {
            verbs,
            kinds,
            share,
            action,
        } => {
            if !verbs.is_empty() || !kinds.is_empty() || share.is_some() {
                return unsupported("a part of the requests", &step.place, lowering);
            }
            if *action == ApiAction::Timeout {
                return Some(What::PauseApi);
            }
            unsupported("that answer of the API", &step.place, lowering)
        }
        Verb::Delay { messages, by } => {
            let schema::Dist::Constant(duration) = by.value else {
                return unsupported("a delay that is drawn", &by.place, lowering);
            };
            Some(What::Delay(side(messages, step, lowering)?, duration))
        }
        Verb::Loss { messages, share } => {
            let millionths = u32::try_from(share.value.millionths).unwrap_or(1_000_000);
            Some(What::Loss(side(messages, step, lowering)?, millionths))
        }
        Verb::Kubectl(_) => unsupported("kubectl in `faults`", &step.place, lowering),
        Verb::Freeze(target) => unsupported("`freeze:`", &target.place, lowering),
        Verb::Partition { .. } => unsupported("`partition:`", &step.place, lowering),
        Verb::Refuse(target) => unsupported("`refuse:`", &target.place, lowering),
        Verb::Registry { .. } => unsupported("`registry:`", &step.place, lowering),
        Verb::Program { .. } => unsupported("`program:`", &step.place, lowering),
        Verb::Pressure { .. } => unsupported("`pressure:`", &step.place, lowering),
        Verb::Clock { .. } => unsupported("`clock:`", &step.place, lowering),
        Verb::Leader { .. } => unsupported("`leader:`", &step.place, lowering),
        Verb::Corrupt { .. } => unsupported("`corrupt:`", &step.place, lowering),
        Verb::Nodes { .. } => unsupported("`nodes:`", &step.place, lowering),
        Verb::Stop(reason) => unsupported("`stop:` in `faults`", &reason.place, lowering),
    }
}

/// Nodes lose power, containers are killed, processes are gone for a while.
fn crash(target: &TargetAt, step: &Step, lowering: &mut Lowering<'_>) -> Option<What> {
    let targets = targets(target, lowering)?;
    match targets {
        Targets::Nodes(_) | Targets::Pods(..) | Targets::Proxies(_) => Some(What::Crash(targets)),
        Targets::ApiServer if step.length.is_some() => Some(What::PauseApi),
        Targets::Kubelets(_) | Targets::Scheduler | Targets::Controllers | Targets::ApiServer => {
            let help = "write `restart:`, which ends a process and starts it at once";
            lowering.not_yet("a crash of that process", &target.place, help);
            None
        }
    }
}

/// The component whose messages are meant: what stands opposite of the API server.
fn side(messages: &Messages, step: &Step, lowering: &mut Lowering<'_>) -> Option<Targets> {
    let known = |hop: &schema::Text| matches!(hop.value.as_str(), "api" | "watch");
    if let Some(hop) = messages.hop.as_ref().filter(|hop| !known(hop)) {
        let what = format!("a fault of the hop `{}`", hop.value);
        lowering.not_yet(&what, &hop.place, "hops with faults are `api` and `watch`");
        return None;
    }
    let is_server = |it: &&TargetAt| !matches!(it.target, Target::Component(Component::ApiServer));
    let mut sides = [&messages.from, &messages.to]
        .into_iter()
        .flatten()
        .filter(is_server);
    match (sides.next(), sides.next()) {
        (Some(side), None) => processes(side, lowering),
        _ => {
            let help = "name one component in `from:` or `to:`; the other side is kube-apiserver";
            lowering.not_yet("a fault between these", &step.place, help);
            None
        }
    }
}

/// Targets as processes: of nodes, their kubelets.
fn processes(target: &TargetAt, lowering: &mut Lowering<'_>) -> Option<Targets> {
    match targets(target, lowering)? {
        Targets::Nodes(nodes) => Some(Targets::Kubelets(nodes)),
        Targets::Pods(..) => {
            lowering.not_yet(
                "a fault of pods' messages",
                &target.place,
                "name nodes or components",
            );
            None
        }
        targets @ (Targets::Kubelets(_)
        | Targets::Proxies(_)
        | Targets::Scheduler
        | Targets::Controllers
        | Targets::ApiServer) => Some(targets),
    }
}

/// What a target of a scenario comes to: nodes are found now, pods when the fault comes.
fn targets(target: &TargetAt, lowering: &mut Lowering<'_>) -> Option<Targets> {
    let place = &target.place;
    match &target.target {
        Target::Component(Component::ApiServer) => Some(Targets::ApiServer),
        Target::Component(Component::Scheduler) => Some(Targets::Scheduler),
        Target::Component(Component::ControllerManager) => Some(Targets::Controllers),
        Target::Component(Component::Kubelets(labels)) => {
            Some(Targets::Kubelets(labelled(labels, place, lowering)?))
        }
        Target::Component(Component::KubeProxies(labels)) => {
            Some(Targets::Proxies(labelled(labels, place, lowering)?))
        }
        Target::Component(Component::ControlPlane | Component::Outside) => {
            let what = format!("`{}` as the target of a fault", target.text);
            lowering.not_yet(&what, place, "name one component");
            None
        }
        Target::Objects(objects) => of_objects(objects, target, lowering),
    }
}

fn of_objects(
    objects: &Objects,
    target: &TargetAt,
    lowering: &mut Lowering<'_>,
) -> Option<Targets> {
    let place = &target.place;
    if !objects.fields.is_empty() {
        lowering.not_yet(
            "a field selector in the target of a fault",
            place,
            "select by labels",
        );
        return None;
    }
    match objects.kinds[..] {
        ["Node"] if objects.names.is_empty() => {
            Some(Targets::Nodes(labelled(&objects.labels, place, lowering)?))
        }
        ["Node"] => {
            let mut nodes = Vec::new();
            for name in &objects.names {
                match lowering.node_named(name) {
                    Some(node) => nodes.push(node),
                    None => {
                        let message = format!("there is no node `{name}`");
                        let diagnostic = Diagnostic::error("S031", message).at(place.clone());
                        lowering.diagnostics.push(diagnostic);
                        return None;
                    }
                }
            }
            Some(Targets::Nodes(nodes))
        }
        ["Pod"] if objects.names.is_empty() => {
            let namespace = match &objects.namespaces {
                Namespaces::Default => "default",
                Namespaces::Named(name) => name,
                Namespaces::All => {
                    lowering.not_yet("pods of all namespaces", place, "name one with -n");
                    return None;
                }
            };
            let selector = selector(&objects.labels, place, lowering)?.to_string();
            Some(Targets::Pods(namespace.into(), selector.into()))
        }
        _ => {
            let what = format!("`{}` as the target of a fault", target.text);
            let help = "name nodes, components, or pods by labels";
            lowering.not_yet(&what, place, help);
            None
        }
    }
}

/// The nodes with these labels.
fn labelled(
    labels: &[Requirement],
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<NodeId>> {
    let selector: Selector = selector(labels, place, lowering)?;
    let definitions = &*lowering.definitions;
    let fits = |node: &NewNode| selector.matches(definitions.get_set(node.meta.labels));
    let nodes: Vec<NodeId> = lowering
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| fits(node))
        .map(|(index, _)| NodeId::from_index(index))
        .collect();
    if nodes.is_empty() {
        let message = "no node has these labels";
        let diagnostic = Diagnostic::warning("S031", message).at(place.clone());
        lowering.diagnostics.push(diagnostic);
    }
    Some(nodes)
}
