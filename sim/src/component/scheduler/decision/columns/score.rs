//! What the plugins that look beyond one node say about a group of nodes (S103–S130).

use super::group::Group;
use super::plan::Role;
use super::tally::{Tallies, Tally};
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::plugin::inter_pod_affinity::{AVOIDED, TOO_FAR, TOO_NEAR};
use crate::component::scheduler::plugin::pod_topology_spread::{
    HOSTNAME, TOO_SKEWED, WITHOUT_LABEL, rounded, term, weight,
};
use crate::component::scheduler::plugin::{inter_pod_affinity, normalized, pod_topology_spread};

/// Somewhere to read counts: a group of nodes, or one node as it would be with other pods.
pub(super) trait Domains {
    /// Whether the label is there.
    fn has(&self, tally: &Tally) -> bool;
    /// What is counted in the domain.
    fn count(&self, tally: &Tally) -> i64;
    /// The least count of any domain.
    fn least(&self, tally: &Tally) -> i64 {
        tally.least
    }
    /// Whether no pod anywhere matches the affinity terms.
    fn has_no_company(&self, tallies: &Tallies) -> bool {
        tallies
            .of_role(Role::Affinity)
            .all(|tally| tally.total == 0)
    }
}

/// The nodes of a group, which all lie in the same domains or in such with the same counts.
pub(super) struct InGroup<'a> {
    pub(super) tallies: &'a Tallies,
    pub(super) coordinates: &'a [i32],
}

impl Domains for InGroup<'_> {
    fn has(&self, tally: &Tally) -> bool {
        self.coordinates[self.tallies.axes[tally.axis].slot] & 1 == 1
    }

    fn count(&self, tally: &Tally) -> i64 {
        let axis = &self.tallies.axes[tally.axis];
        if !axis.is_coarse {
            return i64::from(self.coordinates[tally.slot]);
        }
        let domain = self.domain(tally);
        let domain = usize::try_from(domain).expect("a number of a domain");
        tally.counts.get(domain).copied().unwrap_or_default()
    }
}

impl InGroup<'_> {
    fn domain(&self, tally: &Tally) -> i32 {
        self.coordinates[self.tallies.axes[tally.axis].slot] >> 1
    }
}

impl Tallies {
    pub(super) fn of_role(&self, role: Role) -> impl Iterator<Item = &Tally> {
        self.tallies.iter().filter(move |tally| tally.role == role)
    }

    pub(super) fn hard(&self) -> &[Tally] {
        &self.tallies[..self.plan.hard.len()]
    }

    fn soft(&self) -> &[Tally] {
        let hard = self.plan.hard.len();
        &self.tallies[hard..hard + self.plan.soft.len()]
    }

    /// Whether InterPodAffinity is asked at all (S123).
    pub(super) fn asks_about_pods(&self) -> bool {
        !self.plan.affinity.is_empty()
            || !self.plan.anti.is_empty()
            || self.of_role(Role::Existing).any(|tally| tally.total > 0)
    }

    /// What PodTopologySpread and InterPodAffinity say, for nodes on which the pod fits otherwise.
    pub(super) fn verdict(&self, domains: &impl Domains, asks_about_pods: bool) -> Verdict {
        for (place, tally) in self.hard().iter().enumerate() {
            if !domains.has(tally) {
                return WITHOUT_LABEL;
            }
            // S110
            let constraint = &self.plan.hard[place];
            let wanted = usize::try_from(constraint.min_domains.unwrap_or(1)).unwrap_or_default();
            let least = if tally.domains < wanted {
                0
            } else {
                domains.least(tally)
            };
            let there = domains.count(tally) + self.plan.itself[place];
            if there - least > i64::from(constraint.max_skew) {
                return TOO_SKEWED;
            }
        }
        if !asks_about_pods {
            return Verdict::FITS;
        }
        // S125
        let (mut has_labels, mut has_company) = (true, true);
        for tally in self.of_role(Role::Affinity) {
            has_labels &= domains.has(tally);
            has_company &= domains.count(tally) > 0;
        }
        let is_first = || self.plan.matches_itself && domains.has_no_company(self);
        if !has_labels || !(has_company || is_first()) {
            return TOO_FAR;
        }
        let is_in = |role: Role| {
            let mut tallies = self.of_role(role);
            tallies.any(|tally| domains.has(tally) && domains.count(tally) > 0)
        };
        if is_in(Role::Anti) {
            return TOO_NEAR; // S127
        }
        if is_in(Role::Existing) {
            return AVOIDED;
        }
        Verdict::FITS
    }
}

/// A group in the scoring: some of its nodes are scored.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub(super) group: u16,
    /// The best base score of its nodes.
    pub(super) top: i16,
    /// How many of its nodes are scored; looked up only when that matters.
    pub(super) members: u32,
    /// What normalisation gave it.
    pub(super) extra: i64,
    /// The raw score of PodTopologySpread; none when its nodes are ignored (S113).
    spread: Option<i64>,
    /// The raw score of InterPodAffinity.
    pods: i64,
}

impl Scored {
    pub(super) const fn new(group: u16, top: i16, members: u32) -> Self {
        Self {
            group,
            top,
            members,
            extra: 0,
            spread: None,
            pods: 0,
        }
    }
}

impl Tallies {
    /// Scores groups, of which there are `feasible` nodes: everything that is normalised, weighted.
    pub(super) fn score(&self, list: &[Group], scored: &mut [Scored], feasible: u32) {
        let group = |it: &Scored| &list[usize::from(it.group)];
        let taints = |it: &Scored| i64::from(group(it).coordinates[0]);
        let preference = |it: &Scored| i64::from(group(it).coordinates[1]);
        let most_taints = scored.iter().map(taints).max().unwrap_or_default();
        let most_preferred = scored
            .iter()
            .map(preference)
            .max()
            .unwrap_or_default()
            .max(0);
        for it in scored.iter_mut() {
            it.extra = 3 * normalized(taints(it), most_taints, true)
                + 2 * normalized(preference(it), most_preferred, false);
        }
        if !self.plan.soft.is_empty() {
            self.score_spread(list, scored, feasible);
        }
        if self.of_role(Role::Score).next().is_some() {
            self.score_pods(list, scored);
        }
    }

    /// S113–S118
    fn score_spread(&self, list: &[Group], scored: &mut [Scored], feasible: u32) {
        let domains = |it: &Scored| InGroup {
            tallies: self,
            coordinates: &list[usize::from(it.group)].coordinates,
        };
        let is_ignored = |it: &Scored| {
            let domains = domains(it);
            self.plan.needs_all && !self.soft().iter().all(|tally| domains.has(tally))
        };
        let ignored = scored
            .iter()
            .filter(|it| is_ignored(it))
            .map(|it| it.members);
        let counted = feasible - ignored.sum::<u32>();
        let weights: Vec<f64> = self
            .soft()
            .iter()
            .zip(&self.plan.soft)
            .map(|(tally, constraint)| {
                if &*constraint.topology_key == HOSTNAME {
                    return weight(counted as usize);
                }
                let counting = scored.iter().filter(|it| !is_ignored(it));
                let mut values: Vec<i32> = counting.map(|it| domains(it).domain(tally)).collect();
                values.sort_unstable();
                values.dedup();
                weight(values.len())
            })
            .collect();
        let (mut least, mut most) = (i64::MAX, 0);
        for it in scored.iter_mut() {
            it.spread = None;
            if is_ignored(it) {
                continue;
            }
            let domains = domains(it);
            let mut sum = 0.0;
            for (place, tally) in self.soft().iter().enumerate() {
                if domains.has(tally) {
                    let skew = self.plan.soft[place].max_skew;
                    sum += term(domains.count(tally), weights[place], skew);
                }
            }
            let raw = rounded(sum);
            it.spread = Some(raw);
            (least, most) = (least.min(raw), most.max(raw));
        }
        for it in scored {
            if let Some(raw) = it.spread {
                it.extra += 2 * pod_topology_spread::normalized(raw, least, most);
            }
        }
    }

    /// S129, S130
    fn score_pods(&self, list: &[Group], scored: &mut [Scored]) {
        let (mut least, mut most) = (i64::MAX, i64::MIN);
        for it in scored.iter_mut() {
            let domains = InGroup {
                tallies: self,
                coordinates: &list[usize::from(it.group)].coordinates,
            };
            let tallies = self.of_role(Role::Score);
            let there = tallies.filter(|tally| domains.has(tally));
            it.pods = there.map(|tally| domains.count(tally)).sum();
            (least, most) = (least.min(it.pods), most.max(it.pods));
        }
        for it in scored {
            it.extra += 2 * inter_pod_affinity::normalized(it.pods, least, most);
        }
    }

    /// Whether the number of scored nodes of each group matters (S113).
    pub(super) fn counts_members(&self) -> bool {
        self.plan.needs_all && !self.plan.soft.is_empty()
    }
}
