//! What users bring, by name.

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::adapter::{Adapter, UserPlugin};
use super::placement::{MakePlacement, Placement};
use crate::component::scheduler::plugin::{Plugin, PluginId, USER_PLUGINS_MAX};

type MakePlugin = Arc<dyn Fn(&PluginArguments) -> Result<UserPlugin, String> + Send + Sync>;

/// Plugins and schedulers of a user, by name.
///
/// A plugin does nothing until a profile enables it; a scheduler has a profile of its name, made where the
/// configuration has none.
#[derive(Clone, Default)]
pub struct SchedulerRegistry {
    plugins: Vec<(Box<str>, MakePlugin)>,
    schedulers: Vec<(Box<str>, MakePlacement)>,
}

/// `pluginConfig[].args` of a user's plugin.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PluginArguments(pub(crate) Value);

impl PluginArguments {
    /// The arguments as a type of the plugin's; with nothing given, as if `{}` was.
    ///
    /// # Errors
    ///
    /// When they do not have its form. The text is for the person who wrote the configuration.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let value = if self.0.is_null() {
            Value::Object(serde_json::Map::new())
        } else {
            self.0.clone()
        };
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

impl SchedulerRegistry {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin. `make` is given what a profile's `pluginConfig` says about it, and called once for
    /// each profile that enables it.
    ///
    /// # Panics
    ///
    /// When the name is taken, or there are more than [`USER_PLUGINS_MAX`].
    #[must_use]
    pub fn plugin(
        mut self,
        name: &str,
        make: impl Fn(&PluginArguments) -> Result<UserPlugin, String> + Send + Sync + 'static,
    ) -> Self {
        let is_taken =
            self.has(name) || crate::component::scheduler::profile::built_in(name).is_some();
        assert!(!is_taken, "there is a plugin {name} already");
        self.plugins.push((name.into(), Arc::new(make)));
        self.check_numbers();
        self
    }

    /// Adds a scheduler: the pods with this `schedulerName` are placed by it. `make` is called once for
    /// each start of the scheduler's process.
    ///
    /// # Panics
    ///
    /// When the name is taken, or there are more than [`USER_PLUGINS_MAX`].
    #[must_use]
    pub fn scheduler<P: Placement + 'static>(
        mut self,
        name: &str,
        make: impl Fn() -> P + Send + Sync + 'static,
    ) -> Self {
        let mut taken = self.schedulers.iter();
        assert!(
            taken.all(|entry| *entry.0 != *name),
            "there is a scheduler {name} already"
        );
        let make: MakePlacement = Arc::new(move || Box::new(make()));
        self.schedulers.push((name.into(), make));
        self.check_numbers();
        self
    }

    fn check_numbers(&self) {
        let count = self.plugins.len() + self.schedulers.len();
        assert!(
            count <= usize::from(USER_PLUGINS_MAX),
            "at most {USER_PLUGINS_MAX} plugins and schedulers can be registered"
        );
    }

    /// Whether there is a plugin of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.plugins.iter().any(|entry| *entry.0 == *name)
    }

    /// The names of the plugins, in the order of their registration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|entry| &*entry.0)
    }

    /// Makes a plugin; none when there is none of this name.
    pub(crate) fn make(
        &self,
        name: &str,
        arguments: &PluginArguments,
    ) -> Option<Result<MadePlugin, String>> {
        let number = self.plugins.iter().position(|entry| *entry.0 == *name)?;
        let id = PluginId::User(u8::try_from(number).expect("few plugins"));
        let made = (self.plugins[number].1)(arguments);
        Some(made.map(|plugin| MadePlugin {
            filters: plugin.filter.is_some(),
            scores: plugin.score.is_some(),
            plugin: Arc::new(Adapter {
                id,
                name: name.into(),
                plugin,
            }),
        }))
    }

    /// The schedulers: their names, the number under which their rejections go, and how they are made.
    /// They are numbered after the plugins.
    pub(crate) fn schedulers(&self) -> impl Iterator<Item = (&str, PluginId, &MakePlacement)> {
        let number = |place: usize| u8::try_from(self.plugins.len() + place).expect("few plugins");
        let schedulers = self.schedulers.iter().enumerate();
        schedulers.map(move |(place, (name, make))| (&**name, PluginId::User(number(place)), make))
    }
}

/// A plugin that was made for a profile.
#[derive(Clone, Debug)]
pub(crate) struct MadePlugin {
    /// Whether it has PreFilter and Filter.
    pub(crate) filters: bool,
    /// Whether it has PreScore and Score.
    pub(crate) scores: bool,
    pub(crate) plugin: Arc<dyn Plugin>,
}

impl Debug for SchedulerRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schedulers = self.schedulers.iter().map(|entry| &entry.0);
        f.debug_struct("SchedulerRegistry")
            .field("plugins", &self.names().collect::<Vec<_>>())
            .field("schedulers", &schedulers.collect::<Vec<_>>())
            .finish()
    }
}
