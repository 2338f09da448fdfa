//! The timeline: what people do, as kubectl does it.
//!
//! A step is an actor with an API client. Its lines run one after the other; each is a state machine
//! (`line::Running`) that calls the API server, hears the answers, and looks again when a write that it
//! waits for has arrived on its watch. Nothing is polled.

mod change;
mod create;
mod delete;
mod drain;
mod exec;
mod hand;
mod json;
mod line;
mod mark;
mod node;
mod rollout;
mod select;
mod sequence;
mod wait;
mod words;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use wavetank_core::dist::{Dist, Sampler};
use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::fact::{Actor, Edge, Fact, Record};
use wavetank_core::id::{Rev, StepId};
use wavetank_core::state::view::{Cursors, View};
use wavetank_core::time::SimTime;

use crate::engine::context::{Context, Effect};
use crate::engine::outcome::{Printed, StepOutcome};
use crate::message::Message;
use crate::message::call::Answer;
use crate::network::Lane;
use crate::plan::Plan;
use crate::plan::step::{PlannedStep, StepAction, StepTime};
use crate::world::World;
use hand::{Hand, Output, Signal};
use line::{Interest, Running};
pub(crate) use wait::is_known_field;

/// The wall clock's seconds since 1970 at the beginning of a run: 1 January 2026.
pub const EPOCH_SECONDS: u64 = 1_767_225_600;

/// The timeline of a run.
#[derive(Debug)]
pub struct Timeline {
    plan: Arc<Plan>,
    steps: Vec<Progress>,
    /// Draws of the steps' times.
    times: PurposeKey,
    /// Delays of the watches of kubectl.
    watch: PurposeKey,
    zero: SimTime,
    /// The store's revision: the writes that [`Self::committed`] was told of.
    rev: Rev,
    /// How many lines wait for writes.
    waiting: usize,
    /// The number of the next fact: what a view that is printed now has seen.
    pub(crate) seq: u64,
    /// Whether a step has ended the run.
    stopped: bool,
}

/// How far a step is.
#[derive(Debug, Default)]
struct Progress {
    /// How many occurrences have begun.
    runs: u32,
    /// Occurrences that are due and wait for the one before them.
    due: u32,
    began: Option<SimTime>,
    ended: Option<SimTime>,
    exit: i32,
    printed: Vec<Printed>,
    /// The line that runs, and what it does.
    line: usize,
    running: Option<Running>,
    /// The number of the line among all lines that the step has run.
    serial: u32,
    /// Writes under way to the line that waits for them.
    looks: VecDeque<Rev>,
}

impl Timeline {
    /// A timeline of which nothing has happened.
    #[must_use]
    pub fn new(plan: &Arc<Plan>, key: &Key) -> Self {
        let steps = plan.steps.iter().map(|_| Progress::default());
        Self {
            steps: steps.collect(),
            times: key.of(Purpose::Workload),
            watch: key.of(Purpose::WatchDelay),
            plan: Arc::clone(plan),
            zero: SimTime::ZERO,
            rev: Rev::ZERO,
            waiting: 0,
            seq: 0,
            stopped: false,
        }
    }

    /// t = 0.
    pub fn begin(&mut self, zero: SimTime, now: SimTime, effects: &mut Vec<Effect>) {
        self.zero = zero;
        for (index, step) in self.plan.steps.iter().enumerate() {
            let id = StepId::from_index(index);
            let after = match (&step.when, &step.repeat) {
                (StepTime::At(dist), _) => self.draw(dist, id, 0),
                // Again and again without a beginning: the first is one period after t = 0.
                (StepTime::After(None, delay), Some(repeat)) if delay.nanos() == 0 => {
                    self.draw(&repeat.every, id, 0)
                }
                (StepTime::After(None, delay), _) if index == 0 => *delay,
                (StepTime::After(..), _) => continue,
            };
            let at = (zero + after).max(now);
            let message = Message::Step(id, Signal::Begin.number(0));
            effects.push(Effect::Wake(at, Lane::USER, message));
        }
    }

    /// A drawn time of a step, for one of its occurrences.
    fn draw(&self, dist: &Dist, step: StepId, run: u32) -> wavetank_core::time::SimDuration {
        if let Dist::Constant(duration) = dist {
            return *duration;
        }
        Sampler::new(dist).sample(self.times.draw(step.0, u64::from(run)))
    }

    /// Whether every step has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let mut steps = self.plan.steps.iter().zip(&self.steps);
        self.stopped || steps.all(|(step, progress)| progress.is_done(step))
    }

    /// Whether a step has ended the run.
    #[must_use]
    pub const fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// A write was committed: a step that waits for it looks again when its watch delivers it. Every
    /// write has to come here.
    pub fn committed(&mut self, record: &Record, effects: &mut Vec<Effect>, now: SimTime) {
        self.rev = self.rev.next();
        if self.waiting == 0 {
            return;
        }
        for (index, progress) in self.steps.iter_mut().enumerate() {
            let Some(running) = &mut progress.running else {
                continue;
            };
            let (at, signal) = match running.wants(&record.fact, now) {
                Interest::None => continue,
                Interest::At(at) => (at, Signal::Retry),
                Interest::Watch => {
                    progress.looks.push_back(self.rev);
                    let shape = &self.plan.network.watch;
                    (shape.arrival(Lane::USER, now, self.watch), Signal::Look)
                }
            };
            let number = signal.number(progress.serial);
            let message = Message::Step(StepId::from_index(index), number);
            effects.push(Effect::Wake(at, Lane::USER, message));
        }
    }

    /// A timer of a step: a number that the runner chose.
    pub fn on_timer(
        &mut self,
        step: StepId,
        number: u32,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        let (signal, serial) = Signal::of(number);
        if signal == Signal::Begin {
            return self.due(step, view, world, ctx);
        }
        if self.steps[step.index()].serial & Signal::SERIAL_MASK != serial {
            return; // The line has ended meanwhile.
        }
        let mut view = view;
        if signal == Signal::Look
            && let Some(rev) = self.steps[step.index()].looks.pop_front()
        {
            view = view.as_of(Cursors::all(rev));
        }
        self.drive(step, view, world, ctx, |running, hand| {
            running.on_signal(signal, hand);
        });
    }

    /// The API server answered a call of a step.
    #[allow(clippy::too_many_arguments)] // what a reply is, and what a handler gets
    pub fn on_reply(
        &mut self,
        step: StepId,
        number: u32,
        answer: &Answer,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        let (call, serial) = hand::call_of(number);
        if self.steps[step.index()].serial & hand::CALL_SERIAL_MASK != serial {
            return; // The line has given up meanwhile.
        }
        self.drive(step, view, world, ctx, |running, hand| {
            running.on_reply(call, answer, hand);
        });
    }

    /// An occurrence of a step is due.
    fn due(&mut self, id: StepId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let plan = Arc::clone(&self.plan);
        let step = &plan.steps[id.index()];
        let begun = self.steps[id.index()].runs + self.steps[id.index()].due + 1;
        if let Some(repeat) = &step.repeat
            && repeat.times.is_none_or(|times| begun < times)
        {
            let at = ctx.now + self.draw(&repeat.every, id, begun);
            let message = Message::Step(id, Signal::Begin.number(0));
            ctx.wake(at, Lane::USER, message);
        }
        let progress = &mut self.steps[id.index()];
        if progress.running.is_some() {
            progress.due += 1;
            return;
        }
        self.start(id, view, world, ctx);
    }

    /// A step begins.
    fn start(&mut self, id: StepId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let progress = &mut self.steps[id.index()];
        progress.runs += 1;
        progress.began = progress.began.or(Some(ctx.now));
        progress.line = 0;
        ctx.fact(Actor::User, Fact::Step(id, Edge::Began));
        let plan = Arc::clone(&self.plan);
        match &plan.steps[id.index()].action {
            StepAction::Kubectl(lines) if !lines.is_empty() => {
                progress.running = Some(Running::Fresh);
                self.drive(id, view, world, ctx, Running::begin);
            }
            StepAction::Kubectl(_) | StepAction::Mark => self.end(id, 0, ctx),
            StepAction::Stop(reason) => {
                progress.printed.push(Printed::Text(reason.to_string()));
                self.stopped = true;
                self.end(id, 0, ctx);
            }
        }
        self.again(id, view, world, ctx);
    }

    /// Lets the running line of a step act, and goes on to the next line when it has ended.
    fn drive(
        &mut self,
        id: StepId,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
        act: impl FnOnce(&mut Running, &mut Hand<'_, '_>),
    ) {
        let plan = Arc::clone(&self.plan);
        let step = &plan.steps[id.index()];
        let StepAction::Kubectl(lines) = &step.action else {
            return;
        };
        let progress = &mut self.steps[id.index()];
        let Some(mut running) = progress.running.take() else {
            return;
        };
        let was_waiting = running.waits();
        let mut act = Some(act);
        let ended = loop {
            let line = &lines[progress.line];
            let mut output = Output::default();
            let mut hand = Hand {
                step: id,
                serial: progress.serial,
                line,
                view,
                world: &mut *world,
                ctx: &mut *ctx,
                seq: self.seq,
                output: &mut output,
            };
            match act.take() {
                Some(act) => act(&mut running, &mut hand),
                None => running.begin(&mut hand),
            }
            progress.printed.append(&mut output.printed);
            if !running.is_done() {
                if output.exit != 0 {
                    running.keep_exit(output.exit);
                }
                break None;
            }
            let exit = running.exit().max(output.exit);
            progress.exit = if progress.exit == 0 {
                exit
            } else {
                progress.exit
            };
            progress.serial += 1;
            progress.looks.clear();
            progress.line += 1;
            running = Running::Fresh;
            if progress.line == lines.len() || (exit != 0 && !step.may_fail) {
                break Some(progress.exit);
            }
        };
        self.waiting -= usize::from(was_waiting);
        match ended {
            None => {
                self.waiting += usize::from(running.waits());
                self.steps[id.index()].running = Some(running);
            }
            Some(exit) => {
                self.end(id, exit, ctx);
                self.again(id, view, world, ctx);
            }
        }
    }

    /// A step has ended: those that wait for its end are sent their beginnings.
    fn end(&mut self, id: StepId, exit: i32, ctx: &mut Context<'_>) {
        self.steps[id.index()].ended = Some(ctx.now);
        ctx.fact(Actor::User, Fact::Step(id, Edge::Ended(exit)));
        if !self.steps[id.index()].is_done(&self.plan.steps[id.index()]) {
            return;
        }
        for (index, step) in self.plan.steps.iter().enumerate() {
            let StepTime::After(which, delay) = &step.when else {
                continue;
            };
            let is_free = which.is_none() && step.repeat.is_some() && delay.nanos() == 0;
            let follows = match which {
                Some(which) => *which == id,
                None => index == id.index() + 1 && !is_free,
            };
            if follows {
                let message = Message::Step(StepId::from_index(index), Signal::Begin.number(0));
                ctx.wake(ctx.now + *delay, Lane::USER, message);
            }
        }
    }

    /// Begins an occurrence that had to wait, if there is one.
    fn again(&mut self, id: StepId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let progress = &mut self.steps[id.index()];
        if progress.due > 0 && progress.running.is_none() {
            progress.due -= 1;
            self.start(id, view, world, ctx);
        }
    }

    /// What the steps did, at the end of the run.
    #[must_use]
    pub fn finish(self) -> Vec<StepOutcome> {
        let outcome = |(step, progress): (&PlannedStep, Progress)| StepOutcome {
            name: step.name.clone(),
            began: progress.began,
            duration: progress
                .began
                .and_then(|began| Some(progress.ended?.since(began)))
                .filter(|_| progress.running.is_none()),
            exit: progress.exit,
            printed: progress.printed,
        };
        self.plan
            .steps
            .iter()
            .zip(self.steps)
            .map(outcome)
            .collect()
    }
}

impl Progress {
    /// Whether the step has nothing more to do that the run waits for.
    fn is_done(&self, step: &PlannedStep) -> bool {
        let Some(repeat) = &step.repeat else {
            return self.ended.is_some() && self.running.is_none();
        };
        let all = |times: u32| self.runs >= times && self.running.is_none() && self.due == 0;
        repeat.times.is_none_or(all)
    }
}
