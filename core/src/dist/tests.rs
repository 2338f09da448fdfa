use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::draw::{Key, Purpose};

const fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

fn part(weight: u32, dist: Dist) -> Part {
    Part { weight, dist }
}

fn one_of_each() -> Vec<Dist> {
    let (p50, p99, max) = (ms(20), ms(300), ms(5_000));
    vec![
        Dist::Constant(SimDuration::from_nanos(1_500)),
        Dist::Uniform {
            min: ms(5),
            max: ms(60),
        },
        Dist::Exponential { mean: ms(100) },
        Dist::Normal {
            mean: ms(10),
            sd: ms(4),
        },
        Dist::Lognormal { p50, p99, max },
        Dist::Pareto { p50, p99, max },
        Dist::Empirical(vec![ms(1), ms(2), ms(10), ms(11)]),
        Dist::Mixture(vec![
            part(
                97,
                Dist::Uniform {
                    min: ms(1),
                    max: ms(2),
                },
            ),
            part(3, Dist::Exponential { mean: ms(1_000) }),
        ]),
    ]
}

/// These numbers are a promise: a change here changes every recorded run.
fn check(sample: impl Fn(u64) -> SimDuration, expected: Expect) {
    let draws = [
        0,
        1 << 50,
        1 << 62,
        1 << 63,
        3 << 62,
        u64::MAX / 100 * 99,
        u64::MAX - (1 << 54),
        u64::MAX,
    ];
    let micros: Vec<u64> = draws
        .iter()
        .map(|&draw| sample(draw).nanos() / 1_000)
        .collect();
    expected.assert_eq(&format!("{micros:?}"));
}

#[test]
fn samples_are_frozen() {
    let expected: [Expect; 8] = [
        expect!["[2, 2, 2, 2, 2, 2, 2, 2]"],
        expect!["[5000, 5003, 18750, 32500, 46250, 59450, 59947, 60000]"],
        expect!["[0, 6, 28768, 69315, 138629, 460517, 693147, 3673680]"],
        expect!["[0, 0, 7302, 10000, 12698, 19305, 22389, 42838]"],
        expect!["[1, 228, 9121, 20000, 43855, 300000, 735974, 5000000]"],
        expect!["[12378, 12378, 15105, 20000, 32316, 300000, 1501375, 5000000]"],
        expect!["[1000, 1000, 1750, 6000, 10250, 10970, 10998, 11000]"],
        expect!["[1000, 1000, 1257, 1515, 1773, 1098612, 3424914, 36736801]"],
    ];
    for (dist, expected) in one_of_each().iter().zip(expected) {
        check(|draw| dist.sample(draw), expected);
    }
}

/// Over many draws too: a change anywhere changes the hash.
#[test]
fn many_samples_are_frozen() {
    let key = Key::new(1, &[0; 32]);
    let mut hasher = blake3::Hasher::new();
    for dist in one_of_each() {
        let sampler = Sampler::new(&dist);
        for index in 0..2_000 {
            let draw = key.draw(Purpose::ApiLatency, 1u64, index);
            hasher.update(&dist.sample(draw).nanos().to_le_bytes());
            hasher.update(&sampler.sample(draw).nanos().to_le_bytes());
        }
    }
    expect!["b76abcef19836ad3"].assert_eq(&hasher.finalize().to_hex()[..16]);
}

#[test]
fn prepared_samples_are_frozen() {
    let dist = Dist::Lognormal {
        p50: ms(4),
        p99: ms(40),
        max: ms(1_000),
    };
    let sampler = Sampler::new(&dist);
    check(
        |draw| sampler.sample(draw),
        expect!["[1, 89, 2052, 4000, 7798, 40000, 85792, 1000000]"],
    );
}

fn sorted_samples(sample: impl Fn(u64) -> SimDuration) -> Vec<u64> {
    let key = Key::new(5, &[0; 32]);
    let draws = (0..100_000).map(|index| key.draw(Purpose::ApiLatency, 1u64, index));
    let mut micros: Vec<u64> = draws.map(|draw| sample(draw).nanos() / 1_000).collect();
    micros.sort_unstable();
    micros
}

/// Median and 99th percentile of 100,000 samples, within 2 and 4 %.
fn check_quantiles(dist: &Dist, p50: u64, p99: u64) {
    assert_eq!(dist.check(), Ok(()));
    let sampler = Sampler::new(dist);
    for sorted in [
        sorted_samples(|draw| dist.sample(draw)),
        sorted_samples(|draw| sampler.sample(draw)),
    ] {
        let near = |found: u64, wanted: u64, percent: u64| {
            found.abs_diff(wanted) * 100 <= wanted * percent
        };
        assert!(
            near(sorted[50_000], p50, 2),
            "{dist:?}: median {} µs",
            sorted[50_000]
        );
        assert!(
            near(sorted[99_000], p99, 4),
            "{dist:?}: 99th {} µs",
            sorted[99_000]
        );
    }
}

#[test]
fn quantiles_are_as_asked() {
    let (p50, p99, max) = (ms(20), ms(300), ms(5_000));
    check_quantiles(&Dist::Lognormal { p50, p99, max }, 20_000, 300_000);
    check_quantiles(&Dist::Pareto { p50, p99, max }, 20_000, 300_000);
    check_quantiles(&Dist::Exponential { mean: ms(100) }, 69_315, 460_517);
    check_quantiles(
        &Dist::Normal {
            mean: ms(50),
            sd: ms(10),
        },
        50_000,
        73_263,
    );
    check_quantiles(
        &Dist::Uniform {
            min: ms(0),
            max: ms(100),
        },
        50_000,
        99_000,
    );
    check_quantiles(
        &Dist::Empirical((0..=100).map(ms).collect()),
        50_000,
        99_000,
    );
    let slow = Dist::Constant(ms(900));
    check_quantiles(
        &Dist::Mixture(vec![part(49, Dist::Constant(ms(1))), part(1, slow)]),
        1_000,
        900_000,
    );
}

#[test]
fn a_mixture_gives_each_part_its_share() {
    let parts = vec![
        part(1, Dist::Constant(ms(1))),
        part(0, Dist::Constant(ms(2))),
        part(
            2,
            Dist::Mixture(vec![
                part(3, Dist::Constant(ms(3))),
                part(1, Dist::Constant(ms(4))),
            ]),
        ),
    ];
    let dist = Dist::Mixture(parts);
    let sampler = Sampler::new(&dist);
    for sorted in [
        sorted_samples(|draw| dist.sample(draw)),
        sorted_samples(|draw| sampler.sample(draw)),
    ] {
        let count = |micros: u64| sorted.iter().filter(|&&found| found == micros).count();
        let counts = [count(1_000), count(2_000), count(3_000), count(4_000)];
        for (found, wanted) in counts.into_iter().zip([33_333, 0, 50_000, 16_667usize]) {
            assert!(found.abs_diff(wanted) < 600, "{counts:?}");
        }
    }
}

#[test]
fn a_sampler_is_close_to_its_distribution() {
    for dist in one_of_each() {
        let sampler = Sampler::new(&dist);
        for step in 0..50_000u64 {
            let draw = step.wrapping_mul(u64::MAX / 50_000);
            let (exact, quick) = (dist.sample(draw).nanos(), sampler.sample(draw).nanos());
            // 0.5 %, and 50 µs for the bend where a bell curve is cut off at zero.
            let allowed = exact / 200 + 50_000;
            assert!(
                exact.abs_diff(quick) <= allowed,
                "{dist:?} at {draw:x}: {exact} and {quick}"
            );
        }
    }
}

#[test]
fn what_makes_no_distribution_is_named() {
    let wrong = [
        Dist::Uniform {
            min: ms(2),
            max: ms(1),
        },
        Dist::Lognormal {
            p50: ms(0),
            p99: ms(1),
            max: ms(1),
        },
        Dist::Pareto {
            p50: ms(2),
            p99: ms(3),
            max: ms(1),
        },
        Dist::Empirical(vec![]),
        Dist::Empirical(vec![ms(1), ms(3), ms(2)]),
        Dist::Mixture(vec![part(1, Dist::Mixture(vec![part(0, Dist::ZERO)]))]),
        (0..9).fold(Dist::ZERO, |dist, _| Dist::Mixture(vec![part(1, dist)])),
    ];
    let messages: Vec<String> = wrong
        .iter()
        .map(|dist| dist.check().unwrap_err().to_string())
        .collect();
    expect![[r#"
        the least, 0.002000000s, is greater than the greatest, 0.001000000s
        expected 0 < p50 ≤ p99 ≤ max, found p50 0.000000000s, p99 0.001000000s, max 0.001000000s
        expected 0 < p50 ≤ p99 ≤ max, found p50 0.002000000s, p99 0.003000000s, max 0.001000000s
        the table of measured durations is empty
        entry 2 of the measured durations is shorter than the one before it
        the weights of the mixture add up to zero
        mixtures are nested more than 8 deep"#]]
    .assert_eq(&messages.join("\n"));
    for dist in wrong {
        let _ = (
            dist.sample(0),
            dist.sample(u64::MAX),
            Sampler::new(&dist).sample(u64::MAX),
        );
    }
}

fn quantile_functions() -> impl Strategy<Value = Dist> {
    let length = || (0..10_000_000_000u64).prop_map(SimDuration::from_nanos);
    let three = || {
        prop::array::uniform3(1..10_000_000_000u64).prop_map(|mut three| {
            three.sort_unstable();
            three.map(SimDuration::from_nanos)
        })
    };
    prop_oneof![
        length().prop_map(Dist::Constant),
        three().prop_map(|[min, max, _]| Dist::Uniform { min, max }),
        length().prop_map(|mean| Dist::Exponential { mean }),
        (length(), length()).prop_map(|(mean, sd)| Dist::Normal { mean, sd }),
        three().prop_map(|[p50, p99, max]| Dist::Lognormal { p50, p99, max }),
        three().prop_map(|[p50, p99, max]| Dist::Pareto { p50, p99, max }),
        prop::collection::vec(length(), 1..20).prop_map(|mut samples| {
            samples.sort_unstable();
            Dist::Empirical(samples)
        }),
    ]
}

fn longest(dist: &Dist) -> SimDuration {
    match dist {
        Dist::Constant(max)
        | Dist::Uniform { max, .. }
        | Dist::Lognormal { max, .. }
        | Dist::Pareto { max, .. } => *max,
        Dist::Empirical(samples) => samples[samples.len() - 1],
        Dist::Exponential { .. } | Dist::Normal { .. } | Dist::Mixture(_) => {
            SimDuration::from_secs(1_000)
        }
    }
}

proptest! {
    #[test]
    fn samples_rise_with_the_draw_in_whole_microseconds_up_to_the_maximum(
        dist in quantile_functions(),
        mut draws in prop::collection::vec(any::<u64>(), 2..40),
    ) {
        draws.extend([0, u64::MAX]);
        draws.sort_unstable();
        let sampler = Sampler::new(&dist);
        for two in draws.windows(2) {
            prop_assert!(dist.sample(two[0]) <= dist.sample(two[1]));
            prop_assert!(sampler.sample(two[0]) <= sampler.sample(two[1]));
        }
        for draw in draws {
            for sample in [dist.sample(draw), sampler.sample(draw)] {
                prop_assert_eq!(sample.nanos() % 1_000, 0);
                prop_assert!(sample <= longest(&dist) + SimDuration::from_nanos(500));
            }
        }
    }
}
