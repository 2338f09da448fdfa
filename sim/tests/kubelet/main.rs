//! The kubelet, driven by the whole engine: what a pod on a node writes, and when.
//!
//! The vectors are those of the kubelet's specification, under its canonical profile (K217).

#![allow(clippy::too_many_lines)] // The lives of pods, written out.
#![allow(clippy::wildcard_enum_match_arm)] // Texts for people: the rest is printed as it is.

mod exact;
mod node;
mod probe;
mod start;
mod stop;
mod support;
