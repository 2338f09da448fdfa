//! The controllers, driven through the API server.

mod deployment;
mod harness;
