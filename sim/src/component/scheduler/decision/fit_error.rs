//! That no node fits, and how the scheduler puts it (S158–S161).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::shape::PodShape;
use super::verdict::{Histogram, Rejectors};
use crate::component::scheduler::plugin;

/// That no node fits a pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FitError {
    /// How many nodes there are.
    pub nodes: u32,
    /// How many nodes were rejected how.
    pub verdicts: Histogram,
    /// Nodes that nobody looked at, since the pod names those it can run on (S56).
    pub absent: u32,
    /// Why the pod was rejected before any node was looked at (S54).
    pub rejected: Option<&'static str>,
    /// Who rejected.
    pub rejectors: Rejectors,
}

impl FitError {
    /// The text, with what PostFilter adds, which may be empty.
    #[must_use]
    pub fn text(&self, pod: &PodShape, post_filter: &str) -> String {
        let mut text = format!("0/{} nodes are available:", self.nodes);
        let reasons = match self.rejected {
            Some(reason) => reason.to_owned(),
            None => self.reasons(pod),
        };
        if !reasons.is_empty() {
            let _ = write!(text, " {reasons}.");
        }
        if !post_filter.is_empty() {
            let _ = write!(text, " {post_filter}");
        }
        text
    }

    /// How often each reason was given, sorted as texts (S158).
    fn reasons(&self, pod: &PodShape) -> String {
        let mut counts: BTreeMap<std::borrow::Cow<'static, str>, u32> = BTreeMap::new();
        for (verdict, nodes) in self.verdicts.iter().filter(|entry| !entry.0.fits()) {
            let plugin = plugin::filter_of(verdict.plugin);
            for bit in (0..u32::BITS).filter(|bit| verdict.reasons >> bit & 1 == 1) {
                *counts.entry(plugin.reason(pod, bit)).or_default() += nodes;
            }
        }
        if self.absent > 0 {
            let reason = "node(s) didn't satisfy plugin(s) [NodeAffinity]".into();
            *counts.entry(reason).or_default() += self.absent;
        }
        histogram_text(&counts)
    }
}

/// `3 this, 5 that`, sorted as texts: `10 x` comes before `2 y` (S158).
fn histogram_text(counts: &BTreeMap<std::borrow::Cow<'static, str>, u32>) -> String {
    let mut entries: Vec<String> = counts
        .iter()
        .map(|(reason, nodes)| format!("{nodes} {reason}"))
        .collect();
    entries.sort();
    entries.join(", ")
}
