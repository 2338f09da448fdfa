use std::collections::BTreeMap;

use expect_test::expect;
use proptest::prelude::*;

use super::*;

fn key(at: u64, lane: u32, n: u32) -> Key {
    Key {
        at: SimTime::from_nanos(at),
        lane,
        n,
    }
}

#[test]
fn entries_pop_by_instant_then_lane_then_number() {
    let mut queue = Queue::new();
    // The same many times over, so that the ring takes part.
    for n in 0..200 {
        for (at, lane) in [
            (30_000_000, 2),
            (30_000_000, 1),
            (29_999_999, 9),
            (100_000_000_000, 0),
            (0, 5),
        ] {
            queue.push(key(at, lane, n), n);
        }
    }
    let mut popped = Vec::new();
    while let Some((key, item)) = queue.pop() {
        assert_eq!(key.n, item);
        if key.n % 100 == 99 {
            popped.push(format!("{} {} {}", key.at, key.lane, key.n));
        }
    }
    expect![[r#"
        0.000s 5 99
        0.000s 5 199
        0.029s 9 99
        0.029s 9 199
        0.030s 1 99
        0.030s 1 199
        0.030s 2 99
        0.030s 2 199
        100.000s 0 99
        100.000s 0 199"#]]
    .assert_eq(&popped.join("\n"));
}

#[test]
fn a_key_orders_as_its_packed_number() {
    let keys = [
        key(1, 0, 0),
        key(0, 1, 0),
        key(0, 0, 1),
        key(u64::MAX, 0, 0),
        key(0, u32::MAX, 0),
        key(0, 0, u32::MAX),
    ];
    for one in keys {
        for other in keys {
            assert_eq!(one.cmp(&other), one.packed().cmp(&other.packed()));
        }
    }
}

/// What a run does to its queue.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Push this many entries, the first so long after the last popped, the next so much later.
    Push {
        after: u64,
        step: u64,
        count: u32,
        lane: u32,
    },
    /// Push one before the last popped.
    PushBack(u64),
    Pop(u32),
    Peek,
    Reset,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    const BUCKET: u64 = 1 << 20;
    let after = prop_oneof![
        Just(0),
        0..3 * BUCKET,
        0..40_000_000u64,
        (0..100u64).prop_map(|buckets| buckets * BUCKET),
        (65_530..65_542u64).prop_map(|buckets| buckets * BUCKET),
        (65_530 * BUCKET)..(65_542 * BUCKET),
        0..400_000_000_000u64,
    ];
    let step = prop_oneof![Just(0), Just(1), Just(BUCKET), 0..20_000_000u64];
    let act = prop_oneof![
        6 => (after, step, 1..120u32, 0..4u32).prop_map(|(after, step, count, lane)| Act::Push { after, step, count, lane }),
        1 => (0..5 * BUCKET).prop_map(Act::PushBack),
        5 => (1..150u32).prop_map(Act::Pop),
        1 => Just(Act::Peek),
        1 => Just(Act::Reset),
    ];
    prop::collection::vec(act, 1..60)
}

/// Does the same to the queue and to an ordered map, and compares everything that can be seen.
fn play(acts: &[Act]) -> Result<(), TestCaseError> {
    let mut queue = Queue::new();
    let mut oracle = BTreeMap::new();
    let (mut now, mut n) = (0u64, 0);
    for &act in acts {
        match act {
            Act::Push {
                after,
                step,
                count,
                lane,
            } => {
                for place in 0..count {
                    let key = key(now + after + step * u64::from(place), lane, n);
                    queue.push(key, n);
                    oracle.insert(key, n);
                    n += 1;
                }
            }
            Act::PushBack(before) => {
                let key = key(now.saturating_sub(before), 0, n);
                queue.push(key, n);
                oracle.insert(key, n);
                n += 1;
            }
            Act::Pop(count) => {
                for _ in 0..count {
                    let popped = queue.pop();
                    prop_assert_eq!(popped, oracle.pop_first());
                    now = popped.map_or(now, |(key, _)| key.at.nanos());
                }
            }
            Act::Peek => {
                prop_assert_eq!(queue.peek(), oracle.first_key_value().map(|entry| *entry.0));
            }
            Act::Reset => {
                queue.reset();
                oracle.clear();
                now = 0;
            }
        }
        prop_assert_eq!(queue.len(), oracle.len());
    }
    while let Some(entry) = oracle.pop_first() {
        prop_assert_eq!(queue.pop(), Some(entry));
    }
    prop_assert_eq!(queue.pop(), None);
    prop_assert!(queue.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn it_is_an_ordered_map(acts in acts()) {
        play(&acts)?;
    }
}

/// A long hold, over several turns of the ring, with a crowd in one bucket now and then.
#[test]
fn the_order_holds_over_turns_of_the_ring() {
    let mut queue = Queue::new();
    let mut oracle = BTreeMap::new();
    let run = wavetank_core::draw::Key::new(3, &[0; 32]);
    let draws = run.of(wavetank_core::draw::Purpose::Search);
    let mut now = 0;
    for n in 0..60_000u32 {
        let draw = draws.draw(0u64, u64::from(n));
        let after = [
            draw % 20_000_000,
            draw % 1_000_000_000,
            draw % 90_000_000_000,
            0,
        ][(draw >> 62) as usize];
        let key = key(now + after, n % 7, n);
        queue.push(key, n);
        oracle.insert(key, n);
        if n > 2_000 {
            let popped = queue.pop();
            assert_eq!(popped, oracle.pop_first());
            now = popped.unwrap().0.at.nanos();
        }
    }
    assert!(now > 300_000_000_000, "{now}");
    assert_eq!(
        queue.peek_at(),
        oracle.first_key_value().map(|entry| entry.0.at)
    );
}
