//! The controllers, driven through the API server.

mod crash;
mod deployment;
mod harness;
mod replicaset;
