//! Profiles: what a `KubeSchedulerConfiguration` says about the decisions of each `schedulerName`.
//!
//! [`lists`] merges what a profile enables and disables with what is there by default; [`framework`] makes
//! the [`Framework`] of it. Reading the YAML is `plan/lower/scheduler`.

pub mod framework;
pub mod lists;
pub mod point;
pub mod set;

#[cfg(test)]
mod tests;

pub use framework::Arguments;
pub use lists::{Lists, PluginSet, PluginSets, expand};
pub use point::{BUILT_IN, BuiltIn, Point, built_in};

use std::fmt::{self, Debug};

use super::custom::{MakePlacement, SchedulerRegistry};
use super::decision::framework::Framework;
use super::plugin::PluginId;

/// The name under which pods ask for the default profile.
pub const DEFAULT_NAME: &str = "default-scheduler";

/// How pods of one `schedulerName` are placed.
#[derive(Clone, Debug)]
pub struct SchedulerProfile {
    /// `schedulerName`
    pub name: Box<str>,
    /// `percentageOfNodesToScore` of the profile, or else of the whole; 0 is adaptive (S60).
    pub percentage: u32,
    /// The plugins.
    pub framework: Framework,
    /// A user's scheduler, which decides in the place of the framework.
    pub placement: Option<UserScheduler>,
}

/// A user's scheduler.
#[derive(Clone)]
pub struct UserScheduler {
    /// The number under which its rejections go.
    pub(super) id: PluginId,
    pub(super) make: MakePlacement,
}

impl Debug for UserScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserScheduler({:?})", self.id)
    }
}

impl Default for SchedulerProfile {
    /// The default profile (S1).
    fn default() -> Self {
        Self::named(DEFAULT_NAME, 0)
    }
}

impl SchedulerProfile {
    /// A profile with the default plugins.
    #[must_use]
    pub fn named(name: &str, percentage: u32) -> Self {
        Self {
            name: name.into(),
            percentage,
            framework: Framework::default(),
            placement: None,
        }
    }
}

/// Gives the schedulers of a registry to the profiles of their names, which are added where they are
/// missing, with this percentage.
pub fn add_schedulers(
    profiles: &mut Vec<SchedulerProfile>,
    registry: &SchedulerRegistry,
    percentage: u32,
) {
    for (name, id, make) in registry.schedulers() {
        let found = profiles.iter().position(|profile| *profile.name == *name);
        let place = found.unwrap_or_else(|| {
            profiles.push(SchedulerProfile::named(name, percentage));
            profiles.len() - 1
        });
        let make = make.clone();
        profiles[place].placement = Some(UserScheduler { id, make });
    }
}
