//! Holds: what a fault does to a stream. A held stream delivers nothing until it is released, and then
//! everything in order.

use wavetank_core::time::SimTime;

use crate::network::Lane;

/// A time during which lanes deliver nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The first lane concerned.
    pub first: Lane,
    /// The last lane concerned.
    pub last: Lane,
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub to: SimTime,
}

/// All holds of a run: they come from the expanded fault schedule, so they are known before it begins.
#[derive(Clone, Debug, Default)]
pub struct Holds(pub Vec<Hold>);

impl Holds {
    /// When something that would arrive on `lane` at `arrival` does arrive.
    #[must_use]
    pub fn release(&self, lane: Lane, mut arrival: SimTime) -> SimTime {
        // A release may fall into the next hold; each hold moves the arrival at most once.
        for _ in 0..=self.0.len() {
            let holding = self.0.iter().find(|hold| {
                hold.first <= lane && lane <= hold.last && hold.from <= arrival && arrival < hold.to
            });
            match holding {
                Some(hold) => arrival = hold.to,
                None => return arrival,
            }
        }
        arrival
    }
}
