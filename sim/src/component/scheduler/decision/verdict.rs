//! What a filter says about one node, and how such verdicts are counted.

use crate::component::scheduler::plugin::PluginId;

/// What the filters say about one node: it fits, or the first plugin that rejects it and why (S58).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Verdict {
    /// The plugin's reasons, one bit each, numbered by the plugin; none means that the node fits.
    pub reasons: u32,
    /// The first plugin that rejects the node; without meaning when it fits.
    pub plugin: PluginId,
    /// Whether no preemption can help: code UnschedulableAndUnresolvable.
    pub unresolvable: bool,
}

impl Verdict {
    /// The node fits.
    pub const FITS: Self = Self {
        reasons: 0,
        plugin: PluginId::SchedulingGates,
        unresolvable: false,
    };

    /// Rejected by `plugin` for its first reason; preemption may help.
    #[must_use]
    pub const fn unschedulable(plugin: PluginId) -> Self {
        Self {
            reasons: 1,
            plugin,
            unresolvable: false,
        }
    }

    /// Rejected by `plugin` for its first reason; preemption cannot help.
    #[must_use]
    pub const fn unresolvable(plugin: PluginId) -> Self {
        Self {
            reasons: 1,
            plugin,
            unresolvable: true,
        }
    }

    /// Whether the node fits.
    #[must_use]
    pub const fn fits(self) -> bool {
        self.reasons == 0
    }
}

/// A set of plugins: those that rejected a pod, and whose events may wake it (S30).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rejectors(u64);

impl Rejectors {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// Adds a plugin.
    pub const fn insert(&mut self, plugin: PluginId) {
        self.0 |= 1 << plugin.index();
    }

    /// Whether a plugin is among them.
    #[must_use]
    pub const fn contains(self, plugin: PluginId) -> bool {
        self.0 >> plugin.index() & 1 == 1
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// How many nodes had which verdict. Few entries, in the order of their first use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram(Vec<(Verdict, u32)>);

impl Histogram {
    /// Counts one more node.
    pub fn add(&mut self, verdict: Verdict) {
        self.add_many(verdict, 1);
    }

    /// Counts so many nodes more.
    pub fn add_many(&mut self, verdict: Verdict, nodes: u32) {
        match self.0.iter_mut().find(|entry| entry.0 == verdict) {
            Some(entry) => entry.1 += nodes,
            None => self.0.push((verdict, nodes)),
        }
    }

    /// Counts one node less.
    pub fn remove(&mut self, verdict: Verdict) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == verdict) {
            entry.1 -= 1;
        }
    }

    /// The verdicts that some node has, with the number of nodes.
    pub fn iter(&self) -> impl Iterator<Item = (Verdict, u32)> + '_ {
        self.0.iter().copied().filter(|entry| entry.1 > 0)
    }
}

impl FromIterator<(Verdict, u32)> for Histogram {
    fn from_iter<I: IntoIterator<Item = (Verdict, u32)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}
