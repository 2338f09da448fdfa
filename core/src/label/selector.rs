//! Selectors: conjunctions of requirements on labels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Labels, NameError, check_label_key, check_label_value, parse};

/// A choice of objects by their labels: those that meet every requirement.
///
/// **A selector without requirements chooses everything.** A selector that is *absent* (`nil` in
/// Kubernetes) chooses nothing; it is `Option::None`, and [`selects`] knows the difference.
///
/// The text form is that of `kubectl get -l`; printing gives a text that reads as the same selector.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Selector {
    requirements: Box<[Requirement]>,
}

/// One condition on one label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Requirement {
    key: Box<str>,
    operator: Operator,
    /// In order, each once.
    values: Box<[Box<str>]>,
}

/// How a label's value is compared. The list grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Operator {
    /// The label is there, with one of the values.
    In,
    /// The label is not there, or has none of the values.
    NotIn,
    /// The label is there, with any value.
    Exists,
    /// The label is not there.
    DoesNotExist,
    /// The label is there, an integer, and greater than the value. Only for nodes and in text.
    Gt,
    /// The label is there, an integer, and less than the value. Only for nodes and in text.
    Lt,
}

/// Why something is not a selector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectorError {
    /// A key or value cannot be that of a label.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An operator that does not exist.
    #[error("`{found}` is not an operator: they are In, NotIn, Exists, DoesNotExist, Gt and Lt")]
    UnknownOperator {
        /// What was written.
        found: Box<str>,
    },
    /// An operator with too many or too few values.
    #[error("operator {operator:?} of `{key}` takes {expected}, and has {found}")]
    ValueCount {
        /// The requirement's key.
        key: Box<str>,
        /// The operator.
        operator: Operator,
        /// How many values it takes, in words.
        expected: &'static str,
        /// How many it has.
        found: usize,
    },
    /// A comparison with what is not a number.
    #[error("operator {operator:?} of `{key}` compares integers, and `{found}` is none")]
    NotAnInteger {
        /// The requirement's key.
        key: Box<str>,
        /// The operator.
        operator: Operator,
        /// The value.
        found: Box<str>,
    },
    /// A text that does not follow the grammar.
    #[error("expected {expected} at character {position} of the selector, found {found}")]
    Syntax {
        /// What could have followed.
        expected: &'static str,
        /// What did, in quotation marks, or `the end`.
        found: Box<str>,
        /// Its place, counted from 1.
        position: usize,
    },
    /// A selector beyond all use.
    #[error("a selector is {length} bytes long; at most {limit} are allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The greatest length.
        limit: usize,
    },
}

/// Whether a selector that may be absent chooses an object: an absent one chooses nothing.
#[must_use]
pub fn selects(selector: Option<&Selector>, labels: &Labels) -> bool {
    selector.is_some_and(|selector| selector.matches(labels))
}

impl Selector {
    /// Chooses everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// A selector of these requirements, in this order.
    #[must_use]
    pub fn new(requirements: Vec<Requirement>) -> Self {
        Self {
            requirements: requirements.into(),
        }
    }

    /// A selector from a manifest's `matchLabels` and `matchExpressions`.
    ///
    /// # Errors
    ///
    /// Everything wrong with any of them, in their order.
    pub fn from_parts<'a>(
        match_labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        match_expressions: impl IntoIterator<Item = (&'a str, Operator, Vec<&'a str>)>,
    ) -> Result<Self, Vec<SelectorError>> {
        let equal = match_labels
            .into_iter()
            .map(|(key, value)| Requirement::new(key, Operator::In, [value]));
        let expressions = match_expressions
            .into_iter()
            .map(|(key, operator, values)| Requirement::new(key, operator, values));
        let mut requirements = Vec::new();
        let mut errors = Vec::new();
        for result in equal.chain(expressions) {
            match result {
                Ok(requirement) => requirements.push(requirement),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(Self::new(requirements))
        } else {
            Err(errors)
        }
    }

    /// Whether an object with these labels is chosen.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.matches(labels))
    }

    /// Whether this chooses everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// What it requires, in the order in which it was written.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

impl Requirement {
    /// A requirement. The order of the values, and their repetition, mean nothing.
    ///
    /// # Errors
    ///
    /// When the key or a value cannot be that of a label, or the operator takes another number of
    /// values, or other values.
    pub fn new<'a>(
        key: &str,
        operator: Operator,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SelectorError> {
        check_label_key(key)?;
        let mut values: Vec<Box<str>> = values.into_iter().map(Into::into).collect();
        let (fits, expected) = match operator {
            Operator::In | Operator::NotIn => (!values.is_empty(), "at least one value"),
            Operator::Exists | Operator::DoesNotExist => (values.is_empty(), "no value"),
            Operator::Gt | Operator::Lt => (values.len() == 1, "exactly one value"),
        };
        if !fits {
            return Err(SelectorError::ValueCount {
                key: key.into(),
                operator,
                expected,
                found: values.len(),
            });
        }
        for value in &values {
            if matches!(operator, Operator::Gt | Operator::Lt) && value.parse::<i64>().is_err() {
                return Err(SelectorError::NotAnInteger {
                    key: key.into(),
                    operator,
                    found: value.clone(),
                });
            }
            check_label_value(value)?;
        }
        values.sort();
        values.dedup();
        Ok(Self {
            key: key.into(),
            operator,
            values: values.into(),
        })
    }

    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How the label's value is compared.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with, in order.
    #[must_use]
    pub fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// Whether these labels meet it.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = |value: &str| self.values.iter().any(|listed| **listed == *value);
        let compared = |value: &str| {
            let limit = self.values.first()?.parse::<i64>().ok()?;
            Some(value.parse::<i64>().ok()?.cmp(&limit))
        };
        match self.operator {
            Operator::In => value.is_some_and(listed),
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => value
                .and_then(compared)
                .is_some_and(std::cmp::Ordering::is_gt),
            Operator::Lt => value
                .and_then(compared)
                .is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

impl FromStr for Operator {
    type Err = SelectorError;

    /// The operators of manifests, in their spelling there.
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        match text {
            "In" => Ok(Self::In),
            "NotIn" => Ok(Self::NotIn),
            "Exists" => Ok(Self::Exists),
            "DoesNotExist" => Ok(Self::DoesNotExist),
            "Gt" => Ok(Self::Gt),
            "Lt" => Ok(Self::Lt),
            other => Err(SelectorError::UnknownOperator {
                found: other.chars().take(80).collect(),
            }),
        }
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    /// The form of `kubectl get -l`: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>5`. Nothing chooses
    /// everything.
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        parse::selector(text)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, requirement) in self.requirements.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let values = self.values.join(",");
        match (self.operator, self.values.len()) {
            (Operator::Exists, _) => write!(f, "{key}"),
            (Operator::DoesNotExist, _) => write!(f, "!{key}"),
            (Operator::In, 1) => write!(f, "{key}={values}"),
            (Operator::NotIn, 1) => write!(f, "{key}!={values}"),
            (Operator::In, _) => write!(f, "{key} in ({values})"),
            (Operator::NotIn, _) => write!(f, "{key} notin ({values})"),
            (Operator::Gt, _) => write!(f, "{key}>{values}"),
            (Operator::Lt, _) => write!(f, "{key}<{values}"),
        }
    }
}
