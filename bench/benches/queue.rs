//! The event queue: one pop and one push at a steady number of pending messages.
//!
//! The increments are those of a cluster: 60 % of the messages come 1–20 ms later, 25 % about 1 s,
//! 10 % about 10 s, and 5 % 30–300 s. `BinaryHeap` of the standard library is the yardstick.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wavetank_core::draw::{Key as Draws, Purpose};
use wavetank_core::time::SimTime;
use wavetank_sim::engine::queue::{Key, Queue};

type Item = [u64; 3];

/// How long after the one before it a message is due, for every index.
fn increments() -> Vec<u64> {
    let draws = Draws::new(1, &[0; 32]).of(Purpose::Search);
    let milli = 1_000_000;
    (0..1 << 16)
        .map(|index| {
            let at_random = |from: u64, to: u64| from + draws.below(1u64, index, to - from);
            match draws.below(0u64, index, 100) {
                0..60 => at_random(milli, 20 * milli),
                60..85 => at_random(900 * milli, 1_100 * milli),
                85..95 => at_random(9_500 * milli, 10_500 * milli),
                _ => at_random(30_000 * milli, 300_000 * milli),
            }
        })
        .collect()
}

fn key(now: u64, increment: u64, n: u32) -> Key {
    Key {
        at: SimTime::from_nanos(now + increment),
        lane: n & 1_023,
        n,
    }
}

fn hold(c: &mut Criterion) {
    let increments = increments();
    for pending in [100u32, 1_000, 30_000, 1_000_000] {
        // Entered at random remaining times, then run for some turns, so that the mix is the steady one.
        let turns = u64::from(pending) * 3 + 1_000_000;
        c.bench_function(&format!("hold/queue/{pending}"), |b| {
            let mut queue = Queue::<Item>::new();
            for n in 0..pending {
                queue.push(key(0, increments[n as usize & 0xffff], n), [7; 3]);
            }
            let mut n = pending;
            let mut turn = |queue: &mut Queue<Item>| {
                let (popped, item) = queue.pop().expect("the queue is not empty");
                n = n.wrapping_add(1);
                queue.push(
                    key(popped.at.nanos(), increments[n as usize & 0xffff], n),
                    item,
                );
            };
            for _ in 0..turns {
                turn(&mut queue);
            }
            b.iter(|| turn(black_box(&mut queue)));
        });
        c.bench_function(&format!("hold/binary-heap/{pending}"), |b| {
            let mut heap = BinaryHeap::<Reverse<(Key, Item)>>::new();
            for n in 0..pending {
                heap.push(Reverse((
                    key(0, increments[n as usize & 0xffff], n),
                    [7; 3],
                )));
            }
            let mut n = pending;
            let mut turn = |heap: &mut BinaryHeap<Reverse<(Key, Item)>>| {
                let Reverse((popped, item)) = heap.pop().expect("the heap is not empty");
                n = n.wrapping_add(1);
                heap.push(Reverse((
                    key(popped.at.nanos(), increments[n as usize & 0xffff], n),
                    item,
                )));
            };
            for _ in 0..turns {
                turn(&mut heap);
            }
            b.iter(|| turn(black_box(&mut heap)));
        });
    }
}

/// What a sweep pays between two small runs, whose last messages were still to come.
fn reset(c: &mut Criterion) {
    let increments = increments();
    for pending in [0u32, 200, 2_000] {
        c.bench_function(&format!("fill-and-reset/{pending}"), |b| {
            let mut queue = Queue::<Item>::new();
            b.iter(|| {
                for n in 0..pending {
                    queue.push(key(0, increments[n as usize], n), [7; 3]);
                }
                queue.reset();
            });
        });
    }
}

criterion_group!(benches, hold, reset);
criterion_main!(benches);
