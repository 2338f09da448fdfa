//! Scenario files: from YAML to a typed, spanned, checked [`schema`] tree.

pub mod check;
pub mod diagnostics;
pub mod document;
pub mod expr;
pub mod json_schema;
pub mod kubectl;
pub mod load;
pub mod lower;
pub mod node;
pub mod parameters;
pub mod print;
pub mod schema;
pub mod sweep;
pub mod table;
pub mod target;
pub mod units;
pub mod words;
