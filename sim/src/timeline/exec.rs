//! `exec`, `evict`, and the commands that only show something.

use wavetank_core::id::{DeploymentId, ObjId, PodId};

use super::hand::Hand;
use super::select::kind_of;
use super::sequence::Prepared;
use crate::engine::outcome::Printed;
use crate::message::call::Request;
use crate::world::Executed;

/// `get`, `describe`, `logs`, `top`: rendered after the run, from the log.
pub(super) fn show(hand: &mut Hand<'_, '_>) {
    let view = Printed::View {
        seq: hand.seq,
        at: hand.now(),
        line: hand.line.text.clone(),
    };
    hand.output.printed.push(view);
}

/// `exec`: runs a command in a container; its exit code is the line's.
pub(super) fn exec(
    object: ObjId,
    container: Option<&str>,
    command: &[Box<str>],
    hand: &mut Hand<'_, '_>,
) -> Prepared {
    let Some(pod) = first_pod(object, hand) else {
        let name = hand.name_of(object);
        let kind = kind_of(object).to_lowercase();
        hand.fail(format!("error: no pod of {kind}/{name} is there"));
        return Prepared::Nothing;
    };
    let view = hand.view;
    let Some(state) = view.pod(pod) else {
        return Prepared::Nothing;
    };
    let spec = view.pod_spec(state);
    let wanted = container.or_else(|| spec.containers.first().map(|it| &*it.name));
    let number = spec
        .all_containers()
        .position(|it| Some(&*it.name) == wanted);
    let Some(number) = number.and_then(|number| u8::try_from(number).ok()) else {
        let name = view.pod_name(pod);
        let container = container.unwrap_or_default();
        hand.fail(format!(
            "Error from server (BadRequest): container {container} is not valid for pod {name}"
        ));
        return Prepared::Nothing;
    };
    let words: Vec<&str> = command.iter().map(|word| &**word).collect();
    match hand.world.exec(pod, number, &words, hand.ctx.now) {
        Executed::Ended(code, printed) => {
            if let Some(printed) = printed {
                hand.say(printed);
            }
            if code != 0 {
                hand.say(format!("command terminated with exit code {code}"));
                hand.output.exit = code;
            }
        }
        Executed::NotRunning => {
            let name = wanted.unwrap_or_default();
            hand.fail(format!(
                "error: unable to upgrade connection: container not found (\"{name}\")"
            ));
        }
        Executed::NotPlayed => {
            let command = words.join(" ");
            hand.say(format!(
                "note: `{command}` is not played yet: it changes nothing and ends well"
            ));
        }
    }
    Prepared::Nothing
}

/// The pod itself, or the first pod of a workload.
fn first_pod(object: ObjId, hand: &Hand<'_, '_>) -> Option<PodId> {
    if let Ok(pod) = PodId::try_from(object) {
        return Some(pod);
    }
    let pods = |owner: ObjId| {
        hand.view
            .pods_of_owner(owner)
            .find(|(_, pod)| pod.is_active())
            .map(|(id, _)| id)
    };
    if DeploymentId::try_from(object).is_ok() {
        let sets = hand.view.replica_sets_of(object);
        return sets.filter_map(|(set, _)| pods(set.into())).min();
    }
    pods(object)
}

/// `evict`: the eviction API (C63).
pub(super) fn evict(object: ObjId, grace: Option<u32>, hand: &mut Hand<'_, '_>) -> Prepared {
    let Ok(pod) = PodId::try_from(object) else {
        return Prepared::Nothing;
    };
    let said = format!("pod/{} evicted", hand.name_of(object));
    Prepared::Calls(vec![Request::Evict(pod, grace)], said)
}
