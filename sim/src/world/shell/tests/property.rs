//! It does not matter in how many steps time goes on.

use proptest::prelude::*;
use wavetank_core::time::SimTime;

use super::{Event, Next, Play, Signal};
use crate::world::shell::Pid;

const SCRIPTS: [&str; 8] = [
    "trap 'echo term; exit 0' TERM; sleep 3600 & wait",
    "for i in 1 2 3 4 5; do echo $i; sleep 1; done | while read n; do echo got $n; done; sleep 4; exit 3",
    "trap 'echo late' TERM; while :; do sleep 2; echo tick; done",
    "i=0; while [ $i -lt 9000 ]; do i=$((i+1)); done; echo $i; sleep 1; date",
    "(sleep 1; echo a; sleep 2; echo b) & (sleep 2; echo c; kill $$) & trap 'echo t' TERM; wait; echo w; wait; echo x",
    "yes | head -n 3; timeout 3 sleep 9; echo $?; while :; do :; done",
    "x=$(sleep 1; echo in; sleep 1); echo $x; tail -f /etc/hostname & sleep 3; echo more >> /etc/hostname; sleep 3; kill $!",
    "set -e; sleep 1 & sleep 3; wait $!; false; echo never",
];

/// All events, when TERM comes at an instant, and time is moved to these instants as well.
fn events(script: &str, term: u64, stops: &[u64]) -> Vec<Event> {
    let mut play = Play::sh(script);
    let millis = |it: u64| SimTime::from_nanos(it * 1_000_000);
    let mut all: Vec<(u64, bool)> = stops.iter().map(|it| (*it, false)).collect();
    all.extend([(term, true), (20_000, false)]);
    all.sort_unstable();
    let mut events = Vec::new();
    for (at, is_term) in all {
        let next = play
            .machine
            .advance(millis(at), &mut play.disks, &mut play.network);
        if is_term && !matches!(next, Next::Exited(_)) {
            play.machine.signal(Pid(1), Signal::TERM);
            play.machine
                .advance(millis(at), &mut play.disks, &mut play.network);
        }
        for event in play.machine.events() {
            // What is printed at one instant may come in pieces.
            if let (
                Event::Output {
                    at,
                    of,
                    stream,
                    bytes,
                },
                Some(Event::Output {
                    at: last_at,
                    of: last_of,
                    stream: last_stream,
                    bytes: before,
                }),
            ) = (&event, events.last_mut())
                && (*at, *of, *stream) == (*last_at, *last_of, *last_stream)
            {
                before.extend_from_slice(bytes);
                continue;
            }
            events.push(event);
        }
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_of_time_gives_the_same(
        script in 0..SCRIPTS.len(),
        term in 0_u64..12_000,
        stops in prop::collection::vec(0_u64..20_000, 0..40),
    ) {
        let whole = events(SCRIPTS[script], term, &[]);
        prop_assert_eq!(whole, events(SCRIPTS[script], term, &stops));
    }
}
