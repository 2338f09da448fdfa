//! The kubelet, driven by the whole engine: what a pod on a node writes, and when.
//!
//! The vectors are those of the kubelet's specification, under its canonical profile (K217).

mod exact;
mod node;
mod probe;
mod start;
mod stop;
mod support;
