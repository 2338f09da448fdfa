//! What a command line has in its hands while it acts: the view, the API client, the terminal.

use std::sync::Arc;

use wavetank_core::id::{ObjId, StepId};
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use crate::engine::context::Context;
use crate::engine::outcome::Printed;
use crate::message::Message;
use crate::message::call::{Caller, Request};
use crate::network::Lane;
use crate::plan::step::PlannedLine;
use crate::world::World;

/// A timer of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signal {
    /// The step begins.
    Begin,
    /// A write has arrived that the line waits for.
    Look,
    /// The line has waited long enough.
    Timeout,
    /// The line does something again.
    Retry,
}

impl Signal {
    /// What of a line's number fits into a timer.
    pub(super) const SERIAL_MASK: u32 = u32::MAX >> 2;

    /// The number of this timer for a line.
    pub(super) const fn number(self, serial: u32) -> u32 {
        serial << 2 | self as u32
    }

    /// The timer with this number, and the line's number.
    pub(super) const fn of(number: u32) -> (Self, u32) {
        let signal = match number & 3 {
            0 => Self::Begin,
            1 => Self::Look,
            2 => Self::Timeout,
            _ => Self::Retry,
        };
        (signal, number >> 2)
    }
}

/// How many calls of one line can be told apart.
const CALLS: u32 = 1 << 20;
/// What of a line's number fits into a call.
pub(super) const CALL_SERIAL_MASK: u32 = u32::MAX >> 20;

/// The number of a call within its line, and the line's number.
pub(super) const fn call_of(number: u32) -> (u32, u32) {
    (number % CALLS, number / CALLS)
}

/// What a line has written, and its exit code so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) printed: Vec<Printed>,
    pub(super) exit: i32,
}

/// What a command line has in its hands.
pub(super) struct Hand<'a, 'b> {
    pub(super) step: StepId,
    pub(super) serial: u32,
    pub(super) line: &'a PlannedLine,
    pub(super) view: View<'a>,
    pub(super) world: &'a mut World,
    pub(super) ctx: &'a mut Context<'b>,
    pub(super) seq: u64,
    pub(super) output: &'a mut Output,
}

impl Hand<'_, '_> {
    /// Now.
    pub(super) const fn now(&self) -> SimTime {
        self.ctx.now
    }

    /// Prints a line.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.output.printed.push(Printed::Text(text.into()));
    }

    /// Prints a line, and makes the exit code 1.
    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.say(text);
        self.output.exit = 1;
    }

    /// Sends a call; its answer comes with the number.
    pub(super) fn call(&mut self, number: u32, request: Request) {
        let serial = self.serial & CALL_SERIAL_MASK;
        let number = number % CALLS + serial * CALLS;
        self.ctx.call(Caller::User(self.step, number), request);
    }

    /// Has a signal come at an instant.
    pub(super) fn wake(&mut self, at: SimTime, signal: Signal) {
        let message = Message::Step(self.step, signal.number(self.serial));
        self.ctx.wake(at, Lane::USER, message);
    }

    /// The name of an object that the view knows, or knew.
    pub(super) fn name_of(&self, object: ObjId) -> String {
        super::select::name_of(self.view, object)
    }

    /// The namespace of an object that the view knows, or knew; empty for kinds without one.
    pub(super) fn namespace_of(&self, object: ObjId) -> Arc<str> {
        super::select::namespace_of(self.view, object).into()
    }
}
