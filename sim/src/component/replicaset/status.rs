//! The status of a ReplicaSet (C97), from the pods as they were before the sync's own writes (C90).

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::ReplicaSetChange;
use wavetank_core::id::{ReplicaSetId, TextId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::object::workload::{ReplicaSet, ReplicaSetStatus};
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::SimTime;

use super::counts::Counts;
use super::spec_of;
use crate::client::script::{Script, Step};
use crate::engine::context::Context;
use crate::message::call::Request;

/// Adds the write of the status to a script, if there is something to write; and what is written instead
/// when a write before it is refused: `failure` is then the condition's reason.
pub(super) fn write(
    id: ReplicaSetId,
    set: &ReplicaSet,
    counts: &Counts,
    failure: TextId,
    view: View<'_>,
    ctx: &mut Context<'_>,
    script: &mut Script,
) {
    let (available, next) = available(id, set, counts, view, ctx);
    if let Some(next) = next {
        script.again(next);
    }
    let status = ReplicaSetStatus {
        observed_generation: set.meta.generation,
        replicas: counts.active,
        fully_labeled: counts.labeled,
        ready: counts.ready,
        available,
        terminating: counts.terminating,
        failure: Condition::default(),
    };
    if status != set.status {
        script.steps.push(Step::Insist(update(id, status, view)));
    }
    if failure == known::EMPTY {
        return;
    }
    let is_known = set.status.failure.status.is_true();
    let condition = if is_known {
        set.status.failure
    } else {
        Condition {
            status: Truth::True,
            reason: failure,
            changed: ctx.stamp(),
            ..Condition::default()
        }
    };
    let failed = ReplicaSetStatus {
        failure: condition,
        ..status
    };
    if failed != set.status {
        script
            .otherwise
            .push(Step::Insist(update(id, failed, view)));
    }
}

fn update(id: ReplicaSetId, status: ReplicaSetStatus, view: View<'_>) -> Request {
    let change = ReplicaSetChange::Status(Box::new(status));
    let fact = Fact::ReplicaSetChanged(id, change);
    Request::Update(fact, Some(view.replica_set_rev(id)))
}

/// How many pods are available (C81), and when the next one will be.
fn available(
    id: ReplicaSetId,
    set: &ReplicaSet,
    counts: &Counts,
    view: View<'_>,
    ctx: &Context<'_>,
) -> (u32, Option<SimTime>) {
    let seconds = spec_of(view, set).min_ready_seconds;
    if seconds == 0 || counts.ready == 0 {
        return (counts.ready, None);
    }
    let mut available = 0;
    let mut next: Option<SimTime> = None;
    for (_, pod) in view.pods_of_owner(id.into()) {
        if !pod.is_active() || !pod.is_ready() {
            continue;
        }
        let ready = pod.condition(PodConditionType::Ready).changed;
        let at = ready.plus(seconds).instant(ctx.phase); // C285
        if at <= ctx.now {
            available += 1;
        } else {
            next = Some(next.map_or(at, |earlier| earlier.min(at)));
        }
    }
    (available, next)
}
