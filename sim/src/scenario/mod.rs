//! Scenario files: from YAML to a typed, spanned, checked [`schema`] tree.

pub mod check;
pub mod diagnostics;
pub mod expr;
pub mod kubectl;
pub mod load;
pub mod lower;
pub mod node;
pub mod parameters;
pub mod schema;
pub mod table;
pub mod target;
pub mod units;
pub mod words;
