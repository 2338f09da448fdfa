//! Labels, and the selectors that choose objects by them.

mod name;
mod parse;
mod selector;

pub use name::{
    NameError, check_dns_label, check_dns_subdomain, check_label_key, check_label_value,
    check_service_name,
};
pub use selector::{Operator, Requirement, Selector, SelectorError, selects};

use serde::{Deserialize, Serialize};

/// The labels of one object, or anything else of that form: keys in order, each once.
///
/// Keys and values are not validated here, because what an object carries was validated when it was
/// read: see [`check_label_key`] and [`check_label_value`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Pair>", into = "Vec<Pair>")]
pub struct Labels(Box<[Pair]>);

type Pair = (Box<str>, Box<str>);

impl Labels {
    /// The value of `key`, which may be empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|pair| (*pair.0).cmp(key)).ok()?;
        Some(&self.0[place].1)
    }

    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.0.iter().map(|pair| (&*pair.0, &*pair.1))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These labels with `key` set to `value`.
    #[must_use]
    pub fn with(&self, key: &str, value: &str) -> Self {
        self.iter().chain([(key, value)]).collect()
    }

    /// These labels without `key`.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        self.iter().filter(|pair| pair.0 != key).collect()
    }
}

impl From<Vec<Pair>> for Labels {
    /// Of pairs with the same key, the last counts.
    fn from(mut pairs: Vec<Pair>) -> Self {
        pairs.reverse();
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        pairs.dedup_by(|next, kept| next.0 == kept.0);
        Self(pairs.into())
    }
}

impl From<Labels> for Vec<Pair> {
    fn from(labels: Labels) -> Self {
        labels.0.into_vec()
    }
}

impl<K: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()));
        Self::from(pairs.collect::<Vec<Pair>>())
    }
}

#[cfg(test)]
mod tests;
