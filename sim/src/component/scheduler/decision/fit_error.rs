//! That no node fits, and how the scheduler puts it (S158–S161).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::framework::Framework;
use super::shape::PodShape;
use super::verdict::{Histogram, Rejectors};
use crate::component::scheduler::plugin::PluginId;

/// That no node fits a pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FitError {
    /// How many nodes there are.
    pub nodes: u32,
    /// How many nodes were rejected how.
    pub verdicts: Histogram,
    /// Nodes that nobody looked at, since the pod names those it can run on (S56).
    pub absent: u32,
    /// The plugins that named those, in their order.
    pub absent_by: Vec<PluginId>,
    /// Why the pod was rejected before any node was looked at (S54).
    pub rejected: Option<std::borrow::Cow<'static, str>>,
    /// Who rejected.
    pub rejectors: Rejectors,
}

impl FitError {
    /// The text, with what PostFilter adds, which may be empty.
    #[must_use]
    pub fn text(&self, framework: &Framework, pod: &PodShape, post_filter: &str) -> String {
        let mut text = format!("0/{} nodes are available:", self.nodes);
        let reasons = match &self.rejected {
            Some(reason) => reason.clone().into_owned(),
            None => self.reasons(framework, pod),
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
    fn reasons(&self, framework: &Framework, pod: &PodShape) -> String {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (verdict, nodes) in self.verdicts.iter().filter(|entry| !entry.0.fits()) {
            for reason in framework.reasons(pod, verdict) {
                *counts.entry(reason).or_default() += nodes;
            }
        }
        if self.absent > 0 {
            let mut names: Vec<&str> = self
                .absent_by
                .iter()
                .map(|it| framework.name(*it))
                .collect();
            names.sort_unstable();
            let reason = format!("node(s) didn't satisfy plugin(s) [{}]", names.join(" "));
            *counts.entry(reason).or_default() += self.absent;
        }
        histogram_text(&counts)
    }
}

/// `3 this, 5 that`, sorted as texts: `10 x` comes before `2 y` (S158).
pub(super) fn histogram_text(counts: &BTreeMap<String, u32>) -> String {
    let mut entries: Vec<String> = counts
        .iter()
        .map(|(reason, nodes)| format!("{nodes} {reason}"))
        .collect();
    entries.sort();
    entries.join(", ")
}
