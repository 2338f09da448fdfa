//! Which of the best nodes is taken (S71–S73).

/// Where a place of the feasible list comes in the pre-order of the implicit binary heap (S72): of
/// places with equal scores the one with the smallest key is taken.
///
/// The pre-order compares the binary digits of `place + 1` from the left, a shorter number before the
/// longer ones that begin with it.
#[must_use]
pub const fn heap_preorder(place: u32) -> u64 {
    let number = place as u64 + 1;
    let zeros = number.leading_zeros();
    // The digits aligned to the left, then the length: 33 digits and 6 bits fit.
    (number << zeros) & !0x3f | (64 - zeros) as u64
}

/// The place of the chosen one among `totals`: the largest, ties by [`heap_preorder`].
#[must_use]
pub fn choose(totals: &[i64]) -> Option<usize> {
    let best = totals.iter().max()?;
    (0..totals.len())
        .filter(|place| totals[*place] == *best)
        .min_by_key(|place| heap_preorder(u32::try_from(*place).expect("fewer nodes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the scheduler does: build a heap by sifting down, and take its root.
    fn root_of_heap(totals: &[i64]) -> Option<usize> {
        let mut heap: Vec<usize> = (0..totals.len()).collect();
        let less = |a: usize, b: usize| totals[a] > totals[b];
        for start in (0..heap.len() / 2).rev() {
            let mut at = start;
            loop {
                let mut child = 2 * at + 1;
                if child >= heap.len() {
                    break;
                }
                if child + 1 < heap.len() && less(heap[child + 1], heap[child]) {
                    child += 1;
                }
                if !less(heap[child], heap[at]) {
                    break;
                }
                heap.swap(child, at);
                at = child;
            }
        }
        heap.first().copied()
    }

    #[test]
    fn the_order_of_seven_is_that_of_the_tree() {
        let mut places: Vec<u32> = (0..7).collect();
        places.sort_by_key(|place| heap_preorder(*place));
        assert_eq!(places, [0, 1, 3, 4, 2, 5, 6]); // S72
    }

    #[test]
    fn examples_of_the_rule() {
        // S72: best {2,3,4} of 5, best {2,4,5,6} of 7; TV21.
        assert_eq!(choose(&[462, 462, 468, 468, 468]), Some(3));
        assert_eq!(choose(&[1, 1, 2, 1, 2, 2, 2]), Some(4));
        assert_eq!(choose(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn the_rule_is_the_root_of_the_heap(totals in proptest::collection::vec(0_i64..4, 0..70)) {
            proptest::prop_assert_eq!(choose(&totals), root_of_heap(&totals));
        }
    }
}
