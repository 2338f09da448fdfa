//! Scripts: the writes of one sync, in order, and how they are played.

use wavetank_core::fact::Refusal;
use wavetank_core::time::SimTime;

use crate::message::call::{Answer, Request};

/// The writes that one sync decided on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// When the controller wants to look at the key again, whatever happens.
    pub again_at: Option<SimTime>,
    /// That the sync failed before its first write: requeue with back-off (C38).
    pub failed: bool,
}

/// One step of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A write; a refusal ends the script.
    Write(Request),
    /// A write whose refusal is ignored.
    Try(Request),
    /// Writes that are sent together; the next step follows the last answer. A refusal of any ends the
    /// script after it.
    Parallel(Vec<Request>),
    /// Writes in batches of 1, 2, 4, …; a refusal within a batch ends the script after it (C43).
    SlowStart(Vec<Request>),
}

impl Script {
    /// A script without writes.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// A script that only reports failure.
    #[must_use]
    pub fn failure() -> Self {
        Self {
            failed: true,
            ..Self::default()
        }
    }

    /// Adds a write.
    pub fn write(&mut self, request: Request) {
        self.steps.push(Step::Write(request));
    }
}

/// A script that is being played.
#[derive(Clone, Debug)]
pub struct Player {
    steps: std::vec::IntoIter<Step>,
    /// What is left of a slow start.
    rest: std::vec::IntoIter<Request>,
    batch: usize,
    /// Answers outstanding.
    waiting: usize,
    /// Whether the current step's refusals are ignored.
    lenient: bool,
    refused: Option<Refusal>,
    again_at: Option<SimTime>,
    failed: bool,
}

/// What a player wants after a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// Send these.
    Send(Vec<Request>),
    /// Wait for more answers.
    Wait,
    /// The script has ended: the refusal that ended it, if one did, or whether the sync itself failed.
    End {
        /// The refusal that ended the script.
        refused: Option<Refusal>,
        /// Whether the sync failed before its first write.
        failed: bool,
        /// When to look at the key again.
        again_at: Option<SimTime>,
    },
}

impl Player {
    /// A player at the beginning of `script`.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self {
            steps: script.steps.into_iter(),
            rest: Vec::new().into_iter(),
            batch: 0,
            waiting: 0,
            lenient: false,
            refused: None,
            again_at: script.again_at,
            failed: script.failed,
        }
    }

    /// What to do next; to be called at the beginning and after each answer.
    pub fn advance(&mut self) -> Move {
        if self.waiting > 0 {
            return Move::Wait;
        }
        if self.refused.is_none() && self.rest.len() > 0 {
            return self.next_batch();
        }
        if self.refused.is_none() {
            match self.steps.next() {
                Some(Step::Write(request)) => return self.send(vec![request], false),
                Some(Step::Try(request)) => return self.send(vec![request], true),
                Some(Step::Parallel(requests)) => {
                    return if requests.is_empty() {
                        self.advance()
                    } else {
                        self.send(requests, false)
                    };
                }
                Some(Step::SlowStart(requests)) => {
                    self.rest = requests.into_iter();
                    self.batch = 1;
                    return if self.rest.len() == 0 {
                        self.advance()
                    } else {
                        self.next_batch()
                    };
                }
                None => {}
            }
        }
        Move::End {
            refused: self.refused,
            failed: self.failed,
            again_at: self.again_at,
        }
    }

    fn next_batch(&mut self) -> Move {
        let batch = self.rest.by_ref().take(self.batch).collect();
        self.batch *= 2;
        self.send(batch, false)
    }

    fn send(&mut self, requests: Vec<Request>, lenient: bool) -> Move {
        self.waiting = requests.len();
        self.lenient = lenient;
        Move::Send(requests)
    }

    /// Takes an answer.
    pub fn answered(&mut self, answer: &Answer) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Err(refusal) = answer
            && !self.lenient
        {
            self.refused.get_or_insert(*refusal);
        }
    }

    /// How many writes of the current slow start were never sent.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.rest.len()
    }
}
