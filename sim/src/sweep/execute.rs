//! Running the runs of a sweep on all cores. A run is a pure function, and results are put where they
//! belong by their number, so that neither threads nor order show in the result.

use rayon::prelude::*;

/// One run of a sweep: which point, which seed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunKey {
    /// The number of the point.
    pub point: usize,
    /// The seed.
    pub seed: u64,
}

/// The runs of a sweep, points first: every point under every seed.
#[must_use]
pub fn keys(points: usize, seeds: &[u64]) -> Vec<RunKey> {
    (0..points)
        .flat_map(|point| seeds.iter().map(move |seed| RunKey { point, seed: *seed }))
        .collect()
}

/// Runs all of `keys` on `jobs` threads (0: as many as there are cores) and returns their rows in the
/// order of the keys.
///
/// # Errors
///
/// When the threads cannot be started.
pub fn execute<R: Send>(
    keys: &[RunKey],
    jobs: usize,
    run: impl Fn(RunKey) -> R + Sync,
) -> Result<Vec<R>, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    // Points differ in length, seeds of a point hardly: dealing single runs keeps all cores busy.
    Ok(pool.install(|| {
        keys.par_iter()
            .with_max_len(1)
            .map(|key| run(*key))
            .collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_the_keys_whatever_the_threads() {
        let keys = keys(3, &[1, 2, 5]);
        let row = |key: RunKey| (key.point, key.seed * 10);
        let one = execute(&keys, 1, row).expect("threads");
        let five = execute(&keys, 5, row).expect("threads");
        assert_eq!(one, five);
        assert_eq!(one[4], (1, 20));
    }
}
