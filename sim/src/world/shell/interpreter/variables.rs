//! Variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Shell;
use crate::world::shell::machine::Environment;

/// How many variables a shell holds.
const COUNT: usize = 20_000;

/// A variable's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Text(Arc<str>),
    List(Arc<BTreeMap<i64, String>>),
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Variable {
    /// None: exported or local, and not set.
    pub(crate) value: Option<Value>,
    pub(crate) is_exported: bool,
    pub(crate) is_read_only: bool,
}

impl Value {
    /// The value, or the first one.
    pub(crate) fn first(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_string()),
            Self::List(list) => list.get(&0).cloned(),
        }
    }
}

impl Shell {
    /// A variable's value.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)?.value.as_ref()
    }

    /// A variable's text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Value::first)
    }

    /// Sets a variable. An error says why not.
    pub(super) fn set(
        &mut self,
        name: &str,
        index: Option<i64>,
        value: Value,
    ) -> Result<(), String> {
        let old = self.variables.get(name);
        if old.is_some_and(|it| it.is_read_only) {
            return Err(format!("{name}: is read only"));
        }
        if old.is_none() && self.variables.len() >= COUNT {
            return Err("out of memory".to_owned());
        }
        let is_exported = self.options.exports || old.is_some_and(|it| it.is_exported);
        let value = match index {
            None => value,
            Some(index) => {
                let mut list = match old.and_then(|it| it.value.as_ref()) {
                    Some(Value::List(list)) => BTreeMap::clone(list),
                    Some(Value::Text(text)) => BTreeMap::from([(0, text.to_string())]),
                    None => BTreeMap::new(),
                };
                if list.len() >= COUNT {
                    return Err("out of memory".to_owned());
                }
                list.insert(index, value.first().unwrap_or_default());
                Value::List(Arc::new(list))
            }
        };
        let variable = Variable {
            value: Some(value),
            is_exported,
            is_read_only: false,
        };
        Arc::make_mut(&mut self.variables).insert(name.to_owned(), variable);
        Ok(())
    }

    pub(super) fn set_text(&mut self, name: &str, text: &str) -> Result<(), String> {
        self.set(name, None, Value::Text(text.into()))
    }

    pub(super) fn unset(&mut self, name: &str) -> Result<(), String> {
        if self.variables.get(name).is_some_and(|it| it.is_read_only) {
            return Err(format!("{name}: is read only"));
        }
        Arc::make_mut(&mut self.variables).remove(name);
        Ok(())
    }

    /// Marks a variable; it may not have a value yet.
    pub(super) fn mark(&mut self, name: &str, exported: Option<bool>, read_only: bool) {
        let variables = Arc::make_mut(&mut self.variables);
        let variable = variables.entry(name.to_owned()).or_insert(Variable {
            value: None,
            is_exported: false,
            is_read_only: false,
        });
        variable.is_exported = exported.unwrap_or(variable.is_exported);
        variable.is_read_only |= read_only;
    }

    /// Puts a variable back as it was.
    pub(super) fn restore(&mut self, name: String, old: Option<Variable>) {
        let variables = Arc::make_mut(&mut self.variables);
        match old {
            Some(old) => {
                variables.insert(name, old);
            }
            None => {
                variables.remove(&name);
            }
        }
    }

    /// What programs get.
    pub(super) fn environment(&self) -> Environment {
        let exported = self.variables.iter().filter(|(_, it)| it.is_exported);
        let pairs =
            exported.filter_map(|(name, it)| Some((name.clone(), it.value.as_ref()?.first()?)));
        Arc::new(pairs.collect())
    }
}
