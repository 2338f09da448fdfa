//! The examples of users' scheduling run, and print what the book shows.

#![allow(clippy::duplicate_mod)] // what the examples share is a module of each

use expect_test::expect;

#[path = "../examples/custom_scheduler.rs"]
mod custom_scheduler;
#[path = "../examples/score_plugin.rs"]
mod score_plugin;

#[test]
fn a_score_plugin_against_the_default_scheduler() {
    expect![[r#"
        scheduler                          nodes used pods pending  most pods a node
        default                                   8.0          2.2               4.0
        with MostPods, weight 1                   8.0          0.8               5.6
        with MostPods, weight 5                   8.0          0.0               8.0
    "#]]
    .assert_eq(&score_plugin::table());
}

#[test]
fn a_scheduler_against_the_default_one() {
    expect![[r#"
        scheduler                          nodes used pods pending  most pods a node
        default                                   8.0          2.2               4.0
        MostAllocated, weight 1                   8.0          2.2               4.0
        MostAllocated, weight 10                  8.0          0.0               8.0
        best-fit                                  8.0          0.0               8.0
    "#]]
    .assert_eq(&custom_scheduler::table());
}
