//! Functions over time, as folds over a step function: what has to be kept of its past.

use std::cmp::Ordering;

use wavetank_core::time::SimTime;

use crate::scenario::expr::{Amount, compare};

/// What is kept of a value's past.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FoldKind {
    /// The greatest value, else the least.
    Extreme(bool),
    /// The mean, weighted by duration.
    Mean,
    /// The area.
    Integral,
    /// How often it changed.
    Changes,
    /// How long it held.
    Held,
    /// When it first held.
    First,
    /// When it held: for `delay`, `eventually`.
    Delay,
    /// When it last began to hold, for good.
    Recovery,
    /// Whether it was ever this, and when first.
    Ever(bool),
}

/// Parts of one that numbers and rates are counted in, so that areas are integers.
const SCALE: f64 = 1e9;

/// A step function's past.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    kind: FoldKind,
    /// The value since `since`; none where it has none.
    value: Option<Amount>,
    since: SimTime,
    began: bool,
    best: Option<Amount>,
    /// Value (in parts of [`SCALE`], or nanoseconds, or thousandths) times nanoseconds.
    area: i128,
    /// Nanoseconds for which there was a value, or for which the condition held.
    nanos: i128,
    changes: u64,
    /// When the condition began to hold and ceased to.
    spells: Vec<(SimTime, Option<SimTime>)>,
    /// When the value first was what [`FoldKind::Ever`] asks for.
    pub(super) met: Option<SimTime>,
}

impl Fold {
    pub(super) const fn new(kind: FoldKind) -> Self {
        Self {
            kind,
            value: None,
            since: SimTime::ZERO,
            began: false,
            best: None,
            area: 0,
            nanos: 0,
            changes: 0,
            spells: Vec::new(),
            met: None,
        }
    }

    /// Whether nothing that comes can change the answer.
    pub(super) const fn is_decided(&self) -> bool {
        matches!(self.kind, FoldKind::First | FoldKind::Ever(_)) && self.met.is_some()
    }

    /// From `at` on the value is `value`.
    pub(super) fn set(&mut self, at: SimTime, value: Option<Amount>) {
        if self.began && self.value == value {
            return;
        }
        self.close(at);
        if self.kind == FoldKind::Changes && self.began && self.value.is_some() && value.is_some() {
            self.changes += 1;
        }
        self.began = true;
        self.begin(at, value.as_ref());
        self.value = value;
    }

    /// A new value begins.
    fn begin(&mut self, at: SimTime, value: Option<&Amount>) {
        let held = is_true(self.value.as_ref());
        let holds = is_true(value);
        match self.kind {
            FoldKind::Extreme(greatest) => {
                let wanted = if greatest {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                if let Some(value) = value
                    && self
                        .best
                        .as_ref()
                        .is_none_or(|best| compare(value, best) == Some(wanted))
                {
                    self.best = Some(value.clone());
                }
            }
            FoldKind::Delay => match (held, holds) {
                (false, true) => self.spells.push((at, None)),
                (true, false) => {
                    if let Some(last) = self.spells.last_mut() {
                        last.1 = Some(at);
                    }
                }
                _ => {}
            },
            FoldKind::Recovery if holds && !held => self.met = Some(at),
            FoldKind::First if holds && self.met.is_none() => self.met = Some(at),
            FoldKind::Ever(wanted)
                if value == Some(&Amount::Bool(wanted)) && self.met.is_none() =>
            {
                self.met = Some(at);
            }
            FoldKind::Mean
            | FoldKind::Integral
            | FoldKind::Changes
            | FoldKind::Held
            | FoldKind::First
            | FoldKind::Recovery
            | FoldKind::Ever(_) => {}
        }
    }

    /// Adds what the current value has been worth up to `at`.
    fn close(&mut self, at: SimTime) {
        let nanos = i128::from(at.since(self.since).nanos());
        self.since = at;
        match self.kind {
            FoldKind::Mean | FoldKind::Integral => {
                if let Some(size) = self.value.as_ref().and_then(scaled) {
                    self.area += size * nanos;
                    self.nanos += nanos;
                }
            }
            FoldKind::Held => {
                if is_true(self.value.as_ref()) {
                    self.nanos += nanos;
                }
            }
            FoldKind::Extreme(_)
            | FoldKind::Changes
            | FoldKind::First
            | FoldKind::Delay
            | FoldKind::Recovery
            | FoldKind::Ever(_) => {}
        }
    }

    /// The run ends: the last value lasts until `at`.
    pub(super) fn end(&mut self, at: SimTime) {
        self.close(at);
    }

    /// The answer, after [`Self::end`]. Instants count from `zero`; `from` is what functions of an
    /// instant count from.
    pub(super) fn answer(&self, zero: SimTime, from: Option<&Amount>) -> Option<Amount> {
        let instant = |at: SimTime| i128::from(at.nanos()) - i128::from(zero.nanos());
        let from = match from {
            Some(Amount::Duration(nanos)) => Some(*nanos),
            Some(Amount::Number(value)) if *value == 0.0 => Some(0),
            _ => None,
        };
        match self.kind {
            FoldKind::Extreme(_) => self.best.clone(),
            FoldKind::Mean if self.nanos == 0 => self.value.clone(),
            FoldKind::Mean => mean(self.value.as_ref(), self.area, self.nanos),
            FoldKind::Integral => area(self.value.as_ref(), self.area),
            #[allow(clippy::cast_precision_loss)]
            FoldKind::Changes => Some(Amount::Number(self.changes as f64)),
            FoldKind::Held => Some(Amount::Duration(self.nanos)),
            FoldKind::First => self.met.map(|at| Amount::Duration(instant(at))),
            FoldKind::Delay => {
                let from = from?;
                self.first_from(zero, from)
                    .map(|at| Amount::Duration(at - from))
            }
            FoldKind::Recovery => {
                let from = from?;
                let met = self.met.filter(|_| is_true(self.value.as_ref()));
                met.map(|at| Amount::Duration((instant(at) - from).max(0)))
            }
            FoldKind::Ever(_) => Some(Amount::Bool(self.met.is_some())),
        }
    }

    /// The first instant at or after `from` at which the condition holds, both counted from `zero`.
    pub(super) fn first_from(&self, zero: SimTime, from: i128) -> Option<i128> {
        let instant = |at: SimTime| i128::from(at.nanos()) - i128::from(zero.nanos());
        let open = |until: &Option<SimTime>| until.is_none_or(|until| instant(until) > from);
        let mut spells = self.spells.iter();
        // A spell that began and ended at one instant counts at that instant.
        let found = spells.find(|(began, until)| open(until) || instant(*began) >= from)?;
        Some(instant(found.0).max(from))
    }
}

fn is_true(value: Option<&Amount>) -> bool {
    match value {
        Some(Amount::Bool(truth)) => *truth,
        _ => false,
    }
}

/// The value in whole parts.
#[allow(clippy::cast_possible_truncation)]
fn scaled(value: &Amount) -> Option<i128> {
    match value {
        Amount::Number(value) | Amount::Rate(value) => {
            let size = (value * SCALE).round();
            (size.abs() < 1e27).then_some(size as i128)
        }
        Amount::Duration(size) | Amount::Quantity(size) => Some(*size),
        Amount::Bool(_) | Amount::Text(_) => None,
    }
}

#[allow(clippy::cast_precision_loss)]
fn mean(like: Option<&Amount>, area: i128, nanos: i128) -> Option<Amount> {
    Some(match like? {
        Amount::Number(_) => Amount::Number(area as f64 / nanos as f64 / SCALE),
        Amount::Rate(_) => Amount::Rate(area as f64 / nanos as f64 / SCALE),
        Amount::Duration(_) => Amount::Duration(area / nanos),
        Amount::Quantity(_) => Amount::Quantity(area / nanos),
        Amount::Bool(_) | Amount::Text(_) => return None,
    })
}

/// The area in the unit that the product of value and duration has: replicas times seconds are a
/// duration, events a second times seconds a count.
#[allow(clippy::cast_precision_loss)]
fn area(like: Option<&Amount>, area: i128) -> Option<Amount> {
    Some(match like? {
        Amount::Number(_) => Amount::Duration(area / 1_000_000_000),
        Amount::Rate(_) => Amount::Number(area as f64 / SCALE / 1e9),
        Amount::Duration(_) => Amount::Number(area as f64 / 1e18),
        Amount::Quantity(_) => Amount::Number(area as f64 / 1e12),
        Amount::Bool(_) | Amount::Text(_) => return None,
    })
}
