//! Steps of the timeline: times, and what a run plays of each verb.

use wavetank_core::dist::Dist;
use wavetank_core::fact::object::NewNode;
use wavetank_core::id::{NodeId, StepId};
use wavetank_core::object::definition::Definitions;
use wavetank_core::time::SimDuration;

use super::command::command;
use super::dist::dist;
use super::fault;
use super::pod::Priorities;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::manifest::Object;
use crate::plan::Span;
use crate::plan::fault::PlannedFault;
use crate::plan::step::{PlannedLine, PlannedStep, Repeat, StepAction, StepTime};
use crate::scenario::diagnostics::not_there_yet;
use crate::scenario::schema::{self, KubectlLine, Step, Verb};

/// Reads the manifests of a command line, with the scenario's patches: files and directories, relative to
/// the file of the place; whether directories are read with all that is below them.
pub type ReadFiles<'a> =
    dyn FnMut(&[String], bool, &Place) -> Result<Vec<Object>, Vec<Diagnostic>> + 'a;

/// What steps and faults are lowered with.
pub struct Lowering<'a> {
    /// Where everything is interned.
    pub definitions: &'a mut Definitions,
    /// The priority classes that are there from the start.
    pub priorities: &'a Priorities,
    /// The nodes that are there from the start.
    pub nodes: &'a [NewNode],
    /// When the run ends: the window of random faults that name none.
    pub span: Span,
    /// Reads the files that command lines name.
    pub read: &'a mut ReadFiles<'a>,
    /// What is wrong, or not there yet.
    pub diagnostics: &'a mut Diagnostics,
}

impl Lowering<'_> {
    /// Says that something is part of the format and not built yet (S033).
    pub(super) fn not_yet(&mut self, what: &str, place: &Place, help: &str) {
        self.diagnostics
            .push(not_there_yet(what, place.clone(), help));
    }

    /// The node of this name, among those that are there from the start.
    pub(super) fn node_named(&self, name: &str) -> Option<NodeId> {
        let texts = &self.definitions.texts;
        let is_it = |node: &NewNode| node.meta.name.text(texts) == name;
        self.nodes.iter().position(is_it).map(NodeId::from_index)
    }

    /// A distribution; one that is wrong is reported, and is zero.
    pub(super) fn dist(&mut self, given: &schema::Spanned<schema::Dist>) -> Dist {
        dist(&given.value, &given.place).unwrap_or_else(|diagnostic| {
            self.diagnostics.push(diagnostic);
            Dist::ZERO
        })
    }
}

/// The steps of a timeline, in its order, and the faults that stand in it at a set time.
pub fn steps(
    timeline: &[Step],
    lowering: &mut Lowering<'_>,
) -> (Vec<PlannedStep>, Vec<PlannedFault>) {
    let names: Vec<Option<&str>> = timeline
        .iter()
        .map(|step| step.name.as_ref().map(|name| name.value.as_str()))
        .collect();
    let mut faults = Vec::new();
    let mut steps: Vec<PlannedStep> = Vec::new();
    for (index, step) in timeline.iter().enumerate() {
        let when = time(step, index, &names, lowering);
        check_order(&when, step, index, &steps, lowering);
        let repeat = step.every.as_ref().map(|every| Repeat {
            every: lowering.dist(every),
            times: step.times,
        });
        if let Some(repeat) = &repeat
            && repeat.every == Dist::ZERO
        {
            let message = "`every` must be longer than 0s";
            let diagnostic = Diagnostic::error("S030", message).at(step.place.clone());
            lowering.diagnostics.push(diagnostic);
        }
        let action = action(step, index, lowering, &mut faults);
        steps.push(PlannedStep {
            name: step.name.as_ref().map(|name| name.value.as_str().into()),
            when,
            repeat,
            may_fail: step.may_fail,
            action,
        });
    }
    (steps, faults)
}

fn time(
    step: &Step,
    index: usize,
    names: &[Option<&str>],
    lowering: &mut Lowering<'_>,
) -> StepTime {
    match &step.time {
        schema::StepTime::Next => StepTime::After(None, SimDuration::ZERO),
        schema::StepTime::At(at) => StepTime::At(lowering.dist(at)),
        schema::StepTime::After { step: None, delay } => StepTime::After(None, *delay),
        schema::StepTime::After {
            step: Some(name),
            delay,
        } => {
            let found = names.iter().position(|known| *known == Some(name));
            match found.filter(|found| *found != index) {
                Some(found) => StepTime::After(Some(StepId::from_index(found)), *delay),
                None => {
                    let message = format!("there is no other step `{name}` to come after");
                    let diagnostic = Diagnostic::error("S036", message).at(step.place.clone());
                    lowering.diagnostics.push(diagnostic);
                    StepTime::After(None, *delay)
                }
            }
        }
        schema::StepTime::When(expression) => {
            let help = "write `at:` or `after:`, or wait with `kubectl: wait --for=…`";
            lowering.not_yet("`when:` of a step", &expression.place, help);
            StepTime::After(None, SimDuration::ZERO)
        }
        schema::StepTime::Rate(rate) => {
            lowering.not_yet(
                "`rate:` of a step",
                &rate.place,
                "random times belong in `faults`",
            );
            StepTime::After(None, SimDuration::ZERO)
        }
        schema::StepTime::Chance(chance) => {
            let help = "random times belong in `faults`";
            lowering.not_yet("`chance:` of a step", &chance.place, help);
            StepTime::After(None, SimDuration::ZERO)
        }
    }
}

/// A step that comes after one which never ends would never come.
fn check_order(
    when: &StepTime,
    step: &Step,
    index: usize,
    before: &[PlannedStep],
    lowering: &mut Lowering<'_>,
) {
    let StepTime::After(which, _) = when else {
        return;
    };
    if step.every.is_some() && which.is_none() {
        return;
    }
    let which = which.map_or_else(|| index.checked_sub(1), |which| Some(which.index()));
    let earlier = which.and_then(|which| before.get(which));
    let is_endless = |step: &PlannedStep| {
        let repeat = step.repeat.as_ref();
        repeat.is_some_and(|repeat| repeat.times.is_none())
    };
    if earlier.is_some_and(is_endless) {
        let message = "this step comes after one that never ends";
        let diagnostic = Diagnostic::error("S036", message)
            .at(step.place.clone())
            .help("give the other one `times:`, or this one `at:`");
        lowering.diagnostics.push(diagnostic);
    }
}

fn action(
    step: &Step,
    index: usize,
    lowering: &mut Lowering<'_>,
    faults: &mut Vec<PlannedFault>,
) -> StepAction {
    match &step.verb {
        Verb::Kubectl(lines) => StepAction::Kubectl(
            lines
                .iter()
                .filter_map(|line| planned_line(line, lowering))
                .collect(),
        ),
        Verb::Stop(reason) => StepAction::Stop(reason.value.as_str().into()),
        Verb::Crash(_)
        | Verb::Restart(_)
        | Verb::Freeze(_)
        | Verb::Partition { .. }
        | Verb::Delay { .. }
        | Verb::Loss { .. }
        | Verb::Refuse(_)
        | Verb::Registry { .. }
        | Verb::Watch { .. }
        | Verb::Api { .. }
        | Verb::Program { .. }
        | Verb::Pressure { .. }
        | Verb::Clock { .. }
        | Verb::Leader { .. }
        | Verb::Corrupt { .. }
        | Verb::Nodes { .. } => {
            let is_set = matches!(step.time, schema::StepTime::At(_)) && step.every.is_none();
            if is_set {
                let name = step.name.as_ref().map(|name| name.value.clone());
                let name = name.unwrap_or_else(|| format!("step{}", index + 1));
                faults.extend(fault::fault(&name, step, lowering));
            } else {
                let help = "give the step `at:`, or write it in `faults`";
                lowering.not_yet("a fault after another step", &step.place, help);
            }
            StepAction::Mark
        }
    }
}

/// One line; none when something of it is wrong or not there yet, which is reported.
pub(in crate::plan) fn planned_line(
    line: &KubectlLine,
    lowering: &mut Lowering<'_>,
) -> Option<PlannedLine> {
    Some(PlannedLine {
        text: line.text.as_str().into(),
        command: command(&line.command, &line.place, lowering)?,
    })
}
