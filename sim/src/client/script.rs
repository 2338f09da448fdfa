//! Scripts: the writes of one sync, in order, and how they are played.

use wavetank_core::fact::Refusal;
use wavetank_core::time::SimTime;

use crate::message::call::Request;

/// The writes that one sync decided on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Steps that are played instead of the rest when a write is refused: a status that reports it, say.
    /// The sync has failed nevertheless.
    pub otherwise: Vec<Step>,
    /// When the controller wants to look at the key again, whatever happens.
    pub again_at: Option<SimTime>,
    /// That the sync failed, whatever its writes do: requeue with back-off (C38).
    pub failed: bool,
    /// That the object of the key is gone: what is remembered of the key can be forgotten.
    pub gone: bool,
}

/// One step of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A write; a refusal ends the script.
    Write(Request),
    /// A write whose refusal is ignored.
    Try(Request),
    /// An update that after a conflict is sent once more, on top of whatever is stored then; a refusal
    /// of that ends the script.
    Insist(Request),
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

    /// A script for an object that is gone.
    #[must_use]
    pub fn gone() -> Self {
        Self {
            gone: true,
            ..Self::default()
        }
    }

    /// Adds a write.
    pub fn write(&mut self, request: Request) {
        self.steps.push(Step::Write(request));
    }

    /// Has the key looked at again at `at`, or earlier if that was asked for already.
    pub fn again(&mut self, at: SimTime) {
        self.again_at = Some(self.again_at.map_or(at, |earlier| earlier.min(at)));
    }
}

/// A script that is being played.
#[derive(Clone, Debug)]
pub struct Player {
    steps: std::vec::IntoIter<Step>,
    otherwise: Vec<Step>,
    /// What is left of a slow start.
    rest: std::vec::IntoIter<Request>,
    batch: usize,
    /// Answers outstanding.
    waiting: usize,
    /// Whether the current step's refusals are ignored.
    lenient: bool,
    /// The current step's update, to be sent again after a conflict.
    insists: Option<Request>,
    /// The refusal of the current step.
    refused_now: Option<Refusal>,
    /// The first refusal that ended the script.
    refused: Option<Refusal>,
}

/// What a player does after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// It has writes to send: they are in the buffer.
    Send,
    /// It waits for more answers.
    Wait,
    /// The script has ended: the refusal that ended it, if one did.
    End(Option<Refusal>),
}

impl Player {
    /// A player at the beginning of these steps.
    #[must_use]
    pub fn new(steps: Vec<Step>, otherwise: Vec<Step>) -> Self {
        Self {
            steps: steps.into_iter(),
            otherwise,
            rest: Vec::new().into_iter(),
            batch: 0,
            waiting: 0,
            lenient: false,
            insists: None,
            refused_now: None,
            refused: None,
        }
    }

    /// What to do next; to be called at the beginning and after each answer. What is to be sent is added
    /// to `requests`.
    pub fn advance(&mut self, requests: &mut Vec<Request>) -> Move {
        loop {
            if self.waiting > 0 {
                return Move::Wait;
            }
            if let Some(refusal) = self.refused_now.take() {
                self.after(refusal);
            } else if self.rest.len() > 0 {
                let batch = self.batch.min(self.rest.len());
                self.batch *= 2;
                self.waiting = batch;
                requests.extend(self.rest.by_ref().take(batch));
                return Move::Send;
            }
            self.insists = None;
            match self.steps.next() {
                Some(step) => self.begin(step, requests),
                None => return Move::End(self.refused),
            }
            if self.waiting > 0 {
                return Move::Send;
            }
        }
    }

    /// A step was refused: the script goes on with what is to be done otherwise.
    fn after(&mut self, refusal: Refusal) {
        self.rest = Vec::new().into_iter();
        if let (Refusal::Conflict, Some(request)) = (refusal, self.insists.take()) {
            let rest = std::mem::take(&mut self.steps);
            let again = Step::Write(unconditional(request));
            self.steps = std::iter::once(again)
                .chain(rest)
                .collect::<Vec<_>>()
                .into_iter();
            return;
        }
        self.refused.get_or_insert(refusal);
        self.steps = std::mem::take(&mut self.otherwise).into_iter();
    }

    fn begin(&mut self, step: Step, requests: &mut Vec<Request>) {
        self.lenient = matches!(step, Step::Try(_));
        match step {
            Step::Write(request) | Step::Try(request) => {
                self.waiting = 1;
                requests.push(request);
            }
            Step::Insist(request) => {
                self.waiting = 1;
                self.insists = Some(request.clone());
                requests.push(request);
            }
            Step::Parallel(all) => {
                self.waiting = all.len();
                requests.extend(all);
            }
            Step::SlowStart(all) => {
                self.waiting = all.len().min(1);
                self.batch = 2;
                self.rest = all.into_iter();
                requests.extend(self.rest.next());
            }
        }
    }

    /// Takes an answer: the refusal, if it was one that counts.
    pub fn answered(&mut self, refusal: Option<Refusal>) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(refusal) = refusal
            && !self.lenient
        {
            self.refused_now.get_or_insert(refusal);
        }
    }

    /// How many writes of a slow start will never be sent, now that one of its batch was refused (C43).
    #[must_use]
    pub fn skipped(&self) -> usize {
        if self.refused_now.is_some() && self.waiting == 0 {
            self.rest.len()
        } else {
            0
        }
    }
}

/// The same update without the revision that it was based on: as after reading the object again.
fn unconditional(mut request: Request) -> Request {
    if let Request::Update(_, expected) = &mut request {
        *expected = None;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use wavetank_core::id::PodId;

    fn delete(pod: u32) -> Request {
        Request::DeletePod(PodId(pod), None, None)
    }

    fn deletes(pods: std::ops::Range<u32>) -> Vec<Request> {
        pods.map(delete).collect()
    }

    /// Plays a script against a server that refuses to delete the pods of `refused`.
    fn check(steps: Vec<Step>, otherwise: Vec<Step>, refused: &[u32], expected: &Expect) {
        let mut player = Player::new(steps, otherwise);
        let mut lines = String::new();
        loop {
            let mut requests = Vec::new();
            match player.advance(&mut requests) {
                Move::Send => {}
                Move::Wait => unreachable!("every answer was given"),
                Move::End(end) => {
                    lines.push_str(&format!("{end:?}\n"));
                    return expected.assert_eq(&lines);
                }
            }
            let pods: Vec<u32> = requests
                .iter()
                .map(|request| {
                    let Request::DeletePod(pod, ..) = request else {
                        unreachable!("only deletions were asked for")
                    };
                    pod.0
                })
                .collect();
            for pod in &pods {
                player.answered(refused.contains(pod).then_some(Refusal::Internal));
            }
            lines.push_str(&format!("{pods:?}, {} skipped\n", player.skipped()));
        }
    }

    #[test]
    fn a_slow_start_doubles_its_batches() {
        check(
            vec![Step::SlowStart(deletes(0..9)), Step::Write(delete(50))],
            vec![],
            &[],
            &expect![[r"
                [0], 0 skipped
                [1, 2], 0 skipped
                [3, 4, 5, 6], 0 skipped
                [7, 8], 0 skipped
                [50], 0 skipped
                None
            "]],
        );
    }

    #[test]
    fn a_refusal_ends_a_slow_start_after_its_batch() {
        check(
            vec![Step::SlowStart(deletes(0..9)), Step::Write(delete(50))],
            vec![Step::Write(delete(60))],
            &[2],
            &expect![[r"
                [0], 0 skipped
                [1, 2], 6 skipped
                [60], 0 skipped
                Some(Internal)
            "]],
        );
    }

    #[test]
    fn tries_are_ignored_and_empty_steps_skipped() {
        check(
            vec![
                Step::Try(delete(1)),
                Step::Parallel(vec![]),
                Step::SlowStart(vec![]),
                Step::Parallel(deletes(2..4)),
            ],
            vec![],
            &[1],
            &expect![[r"
                [1], 0 skipped
                [2, 3], 0 skipped
                None
            "]],
        );
    }
}
