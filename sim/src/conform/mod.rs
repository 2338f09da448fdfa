//! Conformance: recorded decisions of real Kubernetes components, made again by the model and compared
//! field by field.
//!
//! Nothing here decides anything: objects are loaded with the lowering that manifests go through, and
//! the answer is the one that the component itself gives.

pub mod scheduler;
