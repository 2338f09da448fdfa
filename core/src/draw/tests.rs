use std::collections::BTreeSet;

use expect_test::{Expect, expect};

use super::*;

fn key() -> Key {
    Key::new(7, &[3; 32])
}

fn check(draws: impl Iterator<Item = u64>, expected: Expect) {
    let text: Vec<String> = draws.map(|draw| format!("{draw:x}")).collect();
    expected.assert_eq(&text.join(" "));
}

/// These numbers are a promise: a change here changes every recorded run.
#[test]
fn draws_are_frozen() {
    let key = key();
    check(
        (0..4).map(|i| key.draw(Purpose::Uid, 0u64, i)),
        expect!["893999051b9e2725 1aa74b6d169acbab b353bc186567d522 a8973a73b45bbb3b"],
    );
    check(
        (0..4).map(|i| key.draw(Purpose::ClockPhase, (7u32, i), 1)),
        expect!["e9a7d5bb41f8df65 acd47ce48139c79d f761dc70627fcb0c 6cd62beca355f7fe"],
    );
    check(
        (0..4).map(|i| key.draw(Purpose::ApiLatency, (7u64, i), 1)),
        expect!["89d8f3c484b478df 74e87dab20ded967 c7e1721c04b3f61 1a54b83fec7261d5"],
    );
    check(
        (0..4).map(|i| key.draw(Purpose::Other(i), 5u32, 0)),
        expect!["1f01842f121b67fc 52ebd31a689313c5 9b1d4b9098ebbdbb 7de47ae6c5739ed9"],
    );
    check(
        (0..8).map(|i| key.below(Purpose::TieBreak, 5u32, i, 1_000)),
        expect!["193 247 399 2bf 82 2be 354 27b"],
    );
    check(
        (0..4).map(|i| key.below(Purpose::TieBreak, 5u32, i, (1 << 63) + 1)),
        expect!["33b31a65b6c0c44a 4aa06df4b73bbaf2 75f8434d69ee3101 1b9ed11fd5ee06c3"],
    );
    check(
        (0..4).map(|i| Key::new(i, &[0; 32]).draw(Purpose::Uid, 0u64, 0)),
        expect!["6746efc1050273e8 daa5cc48f1143b31 b1ebd4e41a0969e 77d6ea42c6a61701"],
    );
}

/// As above, for what is consumed in order.
#[test]
fn sequences_are_frozen() {
    let mut uids = key().sequence(SequenceName::Uids);
    check(
        (0..4).map(|_| uids.next_u64()),
        expect!["2eb213b878385475 ca482b44c07e7a06 a8d393ac30ba6c41 8722f8cccc0cb7d6"],
    );
    let mut faults = key().sequence(SequenceName::FaultSchedule);
    check(
        (0..8).map(|_| faults.below(1_000)),
        expect!["56 18a 246 3aa 6c 27f 28d 30c"],
    );
    let mut cards = [0, 1, 2, 3, 4, 5, 6, 7];
    faults.shuffle(&mut cards);
    check(cards.into_iter(), expect!["1 5 0 7 3 4 2 6"]);
}

#[test]
fn a_stored_sequence_goes_on_where_it_was() {
    let mut sequence = key().sequence(SequenceName::Workload);
    for _ in 0..37 {
        sequence.next_u64();
    }
    let bytes = bincode::serde::encode_to_vec(&sequence, bincode::config::standard()).unwrap();
    let (mut again, _): (Sequence, usize) =
        bincode::serde::decode_from_slice(&bytes, bincode::config::standard()).unwrap();
    assert_eq!(again, sequence);
    assert_eq!(again.position(), 74);
    assert_eq!(again.next_u64(), sequence.next_u64());
}

#[test]
fn purposes_identities_and_indices_do_not_share_draws() {
    let key = key();
    let mut seen = BTreeSet::new();
    let others = (0..4).map(Purpose::Other);
    for purpose in Purpose::LIST.into_iter().chain(others) {
        for identity in 0..20u64 {
            for index in 0..20 {
                assert!(
                    seen.insert(key.draw(purpose, identity, index)),
                    "{purpose:?}"
                );
            }
        }
    }
}

#[test]
fn zero_and_certain_need_no_draw() {
    let key = key();
    for index in 0..1_000 {
        assert!(!key.chance(Purpose::FaultSchedule, 1u64, index, Chance::ZERO));
        assert!(key.chance(Purpose::FaultSchedule, 1u64, index, Chance::CERTAIN));
    }
    let mut sequence = key.sequence(SequenceName::FaultSchedule);
    assert!(!sequence.chance(Chance::ZERO));
    assert!(sequence.chance(Chance::CERTAIN));
    assert_eq!(sequence.position(), 0);
}

/// χ² with `bins - 1` degrees of freedom, which has that mean and a deviation of √(2·(bins − 1)).
fn chi_square(bins: usize, values: impl Iterator<Item = u64>) -> f64 {
    let mut counts = vec![0u32; bins];
    let mut total = 0.0;
    for value in values {
        counts[usize::try_from(value).unwrap()] += 1;
        total += 1.0;
    }
    let expected = total / counts.len() as f64;
    counts
        .iter()
        .map(|&n| libm::pow(f64::from(n) - expected, 2.0) / expected)
        .sum()
}

#[test]
fn draws_are_even() {
    for seed in 0..8 {
        let key = Key::new(seed, &[1; 32]);
        // 255 degrees of freedom: 345 is four deviations from the mean.
        let cases: [(&str, Vec<u64>); 5] = [
            (
                "indices",
                (0..65_536)
                    .map(|i| key.draw(Purpose::Uid, 9u64, i))
                    .collect(),
            ),
            (
                "identities",
                (0..65_536u64)
                    .map(|i| key.draw(Purpose::Uid, i, 9))
                    .collect(),
            ),
            (
                "pairs",
                (0..65_536u32)
                    .map(|i| key.draw(Purpose::Uid, (i % 256, i / 256), 0))
                    .collect(),
            ),
            (
                "diagonal",
                (0..65_536).map(|i| key.draw(Purpose::Uid, i, i)).collect(),
            ),
            (
                "strides",
                (0..65_536u64)
                    .map(|i| key.draw(Purpose::Uid, i << 32, 0))
                    .collect(),
            ),
        ];
        for (name, draws) in cases {
            for shift in [0, 24, 56] {
                let chi = chi_square(256, draws.iter().map(|draw| draw >> shift & 255));
                assert!(
                    (165.0..345.0).contains(&chi),
                    "{name}, seed {seed}, {shift}: {chi}"
                );
            }
            let steps = draws.windows(2).map(|pair| (pair[0] ^ pair[1]) >> 56);
            let chi = chi_square(256, steps);
            assert!(
                (165.0..345.0).contains(&chi),
                "steps of {name}, seed {seed}: {chi}"
            );
        }
    }
}

#[test]
fn numbers_below_a_bound_are_even() {
    let key = key();
    let draws = (0..60_000).map(|i| key.below(Purpose::TieBreak, 4u64, i, 60));
    // 59 degrees of freedom: mean 59, deviation 11.
    assert!((20.0..105.0).contains(&chi_square(60, draws)));
    // Where half of the first draws are refused, halves and quarters are still as likely.
    let bound = 3 << 62;
    let draws = (0..60_000).map(|i| key.below(Purpose::TieBreak, 4u64, i, bound) >> 60);
    assert!(chi_square(12, draws) < 32.0);
}

#[test]
fn every_input_bit_flips_half_of_the_output_bits() {
    let key = key();
    let rounds = 4_096u32;
    for bit in 0..128 {
        let mut flips = [0u32; 64];
        for round in 0..rounds {
            let (identity, index) = (u64::from(round) * 31, u64::from(round % 64));
            let plain = key.draw(Purpose::WatchDelay, identity, index);
            let flipped = if bit < 64 {
                key.draw(Purpose::WatchDelay, identity ^ 1 << bit, index)
            } else {
                key.draw(Purpose::WatchDelay, identity, index ^ 1 << (bit - 64))
            };
            for (place, count) in flips.iter_mut().enumerate() {
                *count += u32::try_from((plain ^ flipped) >> place & 1).unwrap();
            }
        }
        for (place, &count) in flips.iter().enumerate() {
            // 2048 ± 32: five deviations, over 8,192 pairs of bits.
            assert!(
                (1_888..2_208).contains(&count),
                "input {bit}, output {place}: {count}"
            );
        }
    }
}

#[test]
fn chances_happen_as_often_as_they_say() {
    let key = key();
    let often = |chance: Chance| {
        (0..100_000)
            .filter(|&i| key.chance(Purpose::FaultSchedule, 2u64, i, chance))
            .count()
    };
    expect!["[981, 19820, 49618, 2]"].assert_eq(&format!(
        "{:?}",
        [
            often(Chance::ppm(10_000)),
            often(Chance::ratio(1, 5)),
            often(Chance::ratio(1, 2)),
            often(Chance::ppm(10))
        ]
    ));
    assert_eq!(Chance::ratio(5, 4), Chance::CERTAIN);
    assert!(!Chance::ratio(1, u32::MAX).is_zero());
}

#[test]
fn gaps_are_geometric() {
    let key = key();
    let gaps: Vec<u64> = (0..100_000)
        .map(|i| {
            Chance::ppm(50_000)
                .gap(key.draw(Purpose::ProbeRace, 2u64, i))
                .unwrap()
        })
        .collect();
    // Mean (1 − p) / p = 19, and p of them are zero.
    let mean = gaps.iter().sum::<u64>() as f64 / 100_000.0;
    assert!((18.8..19.2).contains(&mean), "{mean}");
    let zeros = gaps.iter().filter(|&&gap| gap == 0).count();
    assert!((4_800..5_200).contains(&zeros), "{zeros}");
    assert_eq!(Chance::ZERO.gap(5), None);
    assert_eq!(Chance::CERTAIN.gap(5), Some(0));
    assert!(Chance::ratio(1, u32::MAX).gap(0).unwrap() < 1 << 38);
}
