//! How many feasible nodes are looked for (S60).

/// Below this many nodes all are looked at, and never fewer are asked for.
const MINIMUM: u32 = 100;

/// How many feasible nodes of `nodes` candidates end the search. `percentage` 0 is adaptive.
#[must_use]
pub fn target_count(nodes: u32, percentage: u32) -> u32 {
    if nodes < MINIMUM || percentage >= 100 {
        return nodes;
    }
    let percentage = match percentage {
        0 => 50_u32.saturating_sub(nodes / 125).max(5),
        given => given,
    };
    let share = u64::from(nodes) * u64::from(percentage) / 100;
    u32::try_from(share).expect("a share").max(MINIMUM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_shrinks_with_the_cluster() {
        // S60
        let examples = [100, 120, 250, 1_000, 5_000, 6_000];
        let targets = examples.map(|nodes| target_count(nodes, 0));
        assert_eq!(targets, [100, 100, 120, 420, 500, 300]);
        assert_eq!(target_count(5_000, 100), 5_000);
        assert_eq!(target_count(99, 0), 99);
    }
}
