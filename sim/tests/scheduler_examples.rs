//! The examples of users' scheduling run, and print what the book shows.

use expect_test::expect;

#[path = "../examples/custom_scheduler.rs"]
mod custom_scheduler;
#[path = "../examples/score_plugin.rs"]
mod score_plugin;

#[test]
fn a_score_plugin_against_the_default_scheduler() {
    expect![[""]].assert_eq(&score_plugin::table());
}

#[test]
fn a_scheduler_against_the_default_one() {
    expect![[""]].assert_eq(&custom_scheduler::table());
}
