//! The controllers, driven through the API server.

mod crash;
mod deletion;
mod deployment;
mod harness;
mod large;
mod random;
mod replicaset;
