//! Workers at work: syncs, and the playing of their scripts.

use wavetank_core::fact::{Controller, Fact};
use wavetank_core::id::{ObjId, Rev};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::desk::{Note, Run, SEND_TIMER, Waiting};
use super::{Manager, identity};
use crate::client::script::{Move, Player, Script};
use crate::engine::context::Context;
use crate::message::call::{Answer, Caller, Request};
use crate::message::{ControllerTimer, Message};
use crate::network::Lane;

impl Manager {
    /// A worker takes keys until it has one with a script to play, or the queue is empty.
    pub(super) fn work(&mut self, controller: Controller, view: View<'_>, ctx: &mut Context<'_>) {
        while let Some(key) = self.desk(controller).queue.take() {
            let script = self.controllers.sync(controller, key, view, ctx);
            if let Some(decided) = &mut self.decided
                && !script.steps.is_empty()
            {
                decided.push((controller, key, script.clone()));
            }
            if !self.begin(controller, key, script, view, ctx) {
                return;
            }
        }
    }

    /// Begins to play a script. Returns whether it is over and the worker goes on.
    fn begin(
        &mut self,
        controller: Controller,
        key: ObjId,
        script: Script,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> bool {
        let run = Run {
            player: Player::new(script.steps, script.otherwise),
            sent: Vec::new(),
            written: Vec::new(),
            again_at: script.again_at,
            failed: script.failed,
            gone: script.gone,
        };
        let taken = self.desk(controller).queue.taken(key);
        let draw = self.work.draw(identity(controller, key), u64::from(taken));
        self.advance(controller, key, run, Some(draw), view, ctx)
    }

    /// Plays a script on. `draw` is given before its first write: the sync's own work comes before it.
    /// Returns whether the script is over and the worker goes on with another key.
    fn advance(
        &mut self,
        controller: Controller,
        key: ObjId,
        mut run: Run,
        draw: Option<u64>,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> bool {
        let mut requests = std::mem::take(&mut self.requests);
        let next = run.player.advance(&mut requests);
        let over = match next {
            Move::Send => {
                let delay = draw.map_or(SimDuration::ZERO, |draw| ctx.network.sync.sample(draw));
                for request in requests.drain(..) {
                    self.send(controller, key, &mut run, request, delay, view, ctx);
                }
                false
            }
            Move::Wait => false,
            Move::End(refused) => {
                let failed = run.failed || refused.is_some();
                self.requests = requests;
                return self.finish(controller, key, failed, &run, ctx);
            }
        };
        self.requests = requests;
        self.desk(controller).runs.insert(key, run);
        over
    }

    /// Sends one write of a script, when its client's rate limit lets it.
    #[allow(clippy::too_many_arguments)] // whose write it is, and what a handler gets
    fn send(
        &mut self,
        controller: Controller,
        key: ObjId,
        run: &mut Run,
        mut request: Request,
        delay: SimDuration,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        run.sent.push((number, Note::of(&request, view)));
        if let Request::Update(fact, Some(expected)) = &mut request
            && *expected == Rev::LATEST
        {
            *expected = latest(run, fact, view);
        }
        let client = &mut self.desk(controller).client;
        let at = client.bucket.take(ctx.now);
        if at <= ctx.now && client.waiting.is_empty() {
            let from = Caller::Controller(controller, key, number);
            ctx.call_after(from, request, delay);
            return;
        }
        let is_first = client.waiting.is_empty();
        let generation = client.generation;
        client.waiting.push_back(Waiting {
            at,
            key,
            number,
            request,
        });
        if is_first {
            wake_client(controller, generation, at, ctx);
        }
    }

    /// A client's rate limit lets the next write go.
    pub(super) fn send_next(
        &mut self,
        controller: Controller,
        generation: u32,
        ctx: &mut Context<'_>,
    ) {
        let client = &mut self.desk(controller).client;
        if client.generation != generation {
            return; // set before a restart
        }
        while let Some(next) = client.waiting.front() {
            if next.at > ctx.now {
                return wake_client(controller, generation, next.at, ctx);
            }
            let next = client.waiting.pop_front().expect("just seen");
            let from = Caller::Controller(controller, next.key, next.number);
            ctx.call(from, next.request);
        }
    }

    /// Takes the answer to a write. Returns whether its script is over and the worker goes on.
    pub(super) fn take_answer(
        &mut self,
        controller: Controller,
        key: ObjId,
        number: u32,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> bool {
        let desk = self.desk(controller);
        let Some(note) = desk.runs.get(&key).and_then(|run| run.note(number)) else {
            return false; // of a process that is no more
        };
        let mut run = desk.runs.remove(&key).expect("just seen");
        if let Ok(written) = answer {
            run.wrote(written.object, written.rev);
        }
        let refusal = self
            .controllers
            .answered(controller, key, note, answer, view, ctx);
        run.player.answered(refusal);
        let skipped = run.player.skipped();
        if skipped > 0 {
            self.controllers.skipped(controller, key, skipped);
        }
        self.advance(controller, key, run, None, view, ctx)
    }

    /// A script is over. Returns whether the worker goes on with another key.
    fn finish(
        &mut self,
        controller: Controller,
        key: ObjId,
        failed: bool,
        run: &Run,
        ctx: &mut Context<'_>,
    ) -> bool {
        let desk = self.desk(controller);
        if failed && desk.queue.failures(key) < desk.tries {
            let wait = desk.queue.failed(key, ctx.now); // C38
            self.add_at(controller, key, ctx.now + wait, ctx);
        } else {
            desk.queue.forget(key);
        }
        if let Some(at) = run.again_at {
            self.add_at(controller, key, at, ctx);
        }
        let queue = &mut self.desk(controller).queue;
        let goes_on = queue.done(key);
        if run.gone {
            queue.remove(key);
        }
        goes_on
    }
}

fn wake_client(controller: Controller, generation: u32, at: SimTime, ctx: &mut Context<'_>) {
    let timer = ControllerTimer {
        kind: SEND_TIMER,
        about: generation,
    };
    ctx.wake(
        at,
        Lane::CONTROLLERS,
        Message::Controller(controller, timer),
    );
}

/// The revision of an object after what this script has written: what the client got in its answer.
fn latest(run: &Run, fact: &Fact, view: View<'_>) -> Rev {
    let object = fact.object().expect("an update is about an object");
    let written = run.written.iter().find(|known| known.0 == object);
    written.map_or_else(|| rev_in_view(object, view), |known| known.1)
}

#[allow(clippy::wildcard_enum_match_arm)] // the other kinds are written without a precondition
fn rev_in_view(object: ObjId, view: View<'_>) -> Rev {
    use wavetank_core::id::{DeploymentId, Kind, NodeId, ReplicaSetId, SliceId};
    match object.kind {
        Kind::Deployment => view.deployment_rev(DeploymentId(object.index)),
        Kind::ReplicaSet => view.replica_set_rev(ReplicaSetId(object.index)),
        Kind::EndpointSlice => view.slice_rev(SliceId(object.index)),
        Kind::Node => view.node_rev(NodeId(object.index)),
        _ => unreachable!("controllers write these kinds without a precondition"),
    }
}
