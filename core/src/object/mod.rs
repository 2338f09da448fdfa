//! The slim Kubernetes model: what the components read and change, and nothing else.
//!
//! A thing is split by how it lives. What is fixed at creation and shared by many (a pod template,
//! a selector) is interned in [`definition::Definitions`] and named by an id. What changes is a small
//! value of its own, versioned by the store. Texts are ids of [`crate::text::Texts`].

pub mod condition;
pub mod definition;
pub mod meta;
pub mod name;
pub mod node;
pub mod other;
pub mod pod;
pub mod resources;
pub mod scheduling;
pub mod service;
pub mod spec;
pub mod template;
pub mod workload;
