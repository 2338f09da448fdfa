//! `rollout`: restart, undo, pause, resume, status.

use std::collections::VecDeque;

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::id::{DeploymentId, ObjId, TemplateId};
use wavetank_core::object::definition::Definitions;
use wavetank_core::object::spec::Spec;
use wavetank_core::object::template::PodTemplate;
use wavetank_core::object::workload::Deployment;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime, Stamp};

use super::change::{self, Draft};
use super::hand::{Hand, Signal};
use super::select::{find, kind_of};
use super::sequence::Prepared;
use super::words::{TIMED_OUT, reference};
use crate::message::call::Request;
use crate::plan::step::What;

/// The annotation by which a restart makes a template differ (C88).
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// The label by which a Deployment tells its ReplicaSets' pods apart.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// `rollout restart`: the template gets an annotation with the time (C88).
pub(super) fn restart(object: ObjId, hand: &mut Hand<'_, '_>) -> Prepared {
    let name = hand.name_of(object);
    if deployment(hand.view, object).is_some_and(|it| it.paused) {
        hand.fail(format!(
            "error: deployments.apps \"{name}\" can't restart paused deployment (run rollout resume first)"
        ));
        return Prepared::Nothing;
    }
    let stamp = wall_time(hand.ctx.stamp());
    let annotate = |draft: &mut Draft<'_>| draft.annotate(RESTARTED_AT, &stamp);
    match change::edit_template(object, hand, annotate) {
        Ok(facts) if facts.is_empty() => {
            hand.fail(format!(
                "error: failed to create patch for {name}: if restart has already been triggered \
                 within the past second, please wait before attempting to trigger another"
            ));
            Prepared::Nothing
        }
        Ok(facts) => change::updates(
            facts,
            format!("{} restarted", reference(kind_of(object), &name)),
        ),
        Err(text) => {
            hand.fail(text);
            Prepared::Nothing
        }
    }
}

/// A stored second as RFC 3339 writes it: `2026-01-01T00:00:05Z`.
fn wall_time(stamp: Stamp) -> String {
    let seconds = super::EPOCH_SECONDS + u64::from(stamp.0);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |time| time.to_string())
}

fn deployment(view: View<'_>, object: ObjId) -> Option<&Deployment> {
    view.deployment(DeploymentId::try_from(object).ok()?)
}

/// `rollout undo`: the template of an earlier revision.
pub(super) fn undo(object: ObjId, revision: u64, hand: &mut Hand<'_, '_>) -> Prepared {
    let view = hand.view;
    let Some(deployment) = deployment(view, object) else {
        return refuse_kind(object, "undo", hand);
    };
    let name = hand.name_of(object);
    if deployment.paused {
        hand.fail(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout \
             resume' and try again",
        );
        return Prepared::Nothing;
    }
    let mut sets: Vec<_> = view
        .replica_sets_of(object)
        .map(|(_, set)| (u64::from(set.revision), set.spec))
        .filter(|(revision, _)| *revision > 0)
        .collect();
    sets.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
    let found = if revision == 0 {
        sets.get(1)
    } else {
        sets.iter().find(|(known, _)| *known == revision)
    };
    let Some((found, set)) = found else {
        hand.fail(if revision == 0 {
            format!("error: no rollout history found for deployment \"{name}\"")
        } else {
            format!("error: unable to find specified revision {revision} in history")
        });
        return Prepared::Nothing;
    };
    let Spec::ReplicaSet(old) = &view.definitions().get_spec(*set).spec else {
        unreachable!("the specification of a ReplicaSet");
    };
    let template = without_hash(view.definitions(), old.template, hand);
    match change::with_template(object, template, hand) {
        None => Prepared::Calls(
            Vec::new(),
            format!(
                "deployment.apps/{name} skipped rollback (current template already matches revision {found})"
            ),
        ),
        Some(fact) => change::updates(vec![fact], format!("deployment.apps/{name} rolled back")),
    }
}

/// A ReplicaSet's template as its Deployment had it.
fn without_hash(
    definitions: &Definitions,
    template: TemplateId,
    hand: &mut Hand<'_, '_>,
) -> PodTemplate {
    let mut template = (**definitions.get_template(template)).clone();
    let labels = definitions.get_set(template.labels);
    if labels.get(TEMPLATE_HASH).is_none() {
        return template;
    }
    template.labels = hand.ctx.set(labels.without(TEMPLATE_HASH));
    if let Ok(mut json) = serde_json::from_str::<serde_json::Value>(&template.manifest) {
        if let Some(labels) = json.pointer_mut("/metadata/labels")
            && let Some(labels) = labels.as_object_mut()
        {
            labels.shift_remove(TEMPLATE_HASH);
        }
        template.manifest = json.to_string().into();
    }
    template
}

fn refuse_kind(object: ObjId, verb: &str, hand: &mut Hand<'_, '_>) -> Prepared {
    let object = reference(kind_of(object), &hand.name_of(object));
    hand.fail(format!("error: {object}: {verb} is not supported"));
    Prepared::Nothing
}

/// `rollout pause` and `rollout resume`.
pub(super) fn pause(object: ObjId, pause: bool, hand: &mut Hand<'_, '_>) -> Prepared {
    let verb = if pause { "paused" } else { "resumed" };
    let (Ok(id), Some(deployment)) = (
        DeploymentId::try_from(object),
        deployment(hand.view, object),
    ) else {
        return refuse_kind(object, if pause { "pausing" } else { "resuming" }, hand);
    };
    let name = hand.name_of(object);
    if deployment.paused == pause {
        let state = if pause { "already" } else { "not" };
        hand.fail(format!(
            "error: deployments.apps \"{name}\" is {state} paused"
        ));
        return Prepared::Nothing;
    }
    let fact = Fact::DeploymentChanged(id, DeploymentChange::Paused(pause));
    Prepared::Calls(
        vec![Request::Update(fact, None)],
        format!("deployment.apps/{name} {verb}"),
    )
}

/// `rollout status`: waits until a rollout has finished, and prints each event that the watch brings.
#[derive(Debug)]
pub(super) struct Watching {
    objects: VecDeque<ObjId>,
    deadline: Option<SimTime>,
}

impl Watching {
    /// Looks for the first time.
    pub(super) fn start(
        what: &What,
        timeout: Option<SimDuration>,
        hand: &mut Hand<'_, '_>,
    ) -> Self {
        let (objects, missing) = find(what, hand.view);
        for text in missing {
            hand.fail(text);
        }
        let mut watching = Self {
            objects: objects.into(),
            deadline: timeout.map(|timeout| hand.now() + timeout),
        };
        watching.look(hand);
        if let Some(deadline) = watching.deadline.filter(|_| !watching.is_done()) {
            hand.wake(deadline, Signal::Timeout);
        }
        watching
    }

    /// Whether there is nothing left to wait for.
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whether a write is one that the watch delivers.
    pub(super) fn wants(&self, fact: &Fact) -> bool {
        self.objects.front().copied() == fact.object() && fact.is_write()
    }

    /// An event has arrived, or the time is up.
    pub(super) fn on_signal(&mut self, signal: Signal, hand: &mut Hand<'_, '_>) {
        match signal {
            Signal::Look => self.look(hand),
            Signal::Timeout => {
                hand.fail(format!("error: {TIMED_OUT}"));
                self.objects.clear();
            }
            Signal::Begin | Signal::Retry => {}
        }
    }

    fn look(&mut self, hand: &mut Hand<'_, '_>) {
        while let Some(object) = self.objects.front().copied() {
            let name = hand.name_of(object);
            let Ok(id) = DeploymentId::try_from(object) else {
                let object = reference(kind_of(object), &name);
                hand.fail(format!(
                    "error: {object}: no status viewer has been implemented"
                ));
                self.objects.pop_front();
                continue;
            };
            let Some(deployment) = hand.view.deployment(id) else {
                hand.fail("error: object has been deleted");
                self.objects.pop_front();
                continue;
            };
            let status = status(&name, deployment);
            match status {
                Ok((text, is_done)) => {
                    hand.say(text);
                    if !is_done {
                        return;
                    }
                }
                Err(text) => hand.fail(text),
            }
            self.objects.pop_front();
        }
    }
}

/// What `rollout status` says about a Deployment, and whether its rollout has finished.
fn status(name: &str, deployment: &Deployment) -> Result<(String, bool), String> {
    let status = &deployment.status;
    if deployment.meta.generation > status.observed_generation {
        let text = "Waiting for deployment spec update to be observed...";
        return Ok((text.to_owned(), false));
    }
    if status.progressing.reason == known::PROGRESS_DEADLINE_EXCEEDED {
        return Err(format!(
            "error: deployment \"{name}\" exceeded its progress deadline"
        ));
    }
    let waiting = format!("Waiting for deployment \"{name}\" rollout to finish:");
    let text = if status.updated < deployment.replicas {
        format!(
            "{waiting} {} out of {} new replicas have been updated...",
            status.updated, deployment.replicas
        )
    } else if status.replicas > status.updated {
        format!(
            "{waiting} {} old replicas are pending termination...",
            status.replicas - status.updated
        )
    } else if status.available < status.updated {
        format!(
            "{waiting} {} of {} updated replicas are available...",
            status.available, status.updated
        )
    } else {
        return Ok((
            format!("deployment \"{name}\" successfully rolled out"),
            true,
        ));
    };
    Ok((text, false))
}
