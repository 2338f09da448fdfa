//! The ids of invariants in a scenario: each must be one of the catalogue's.

use crate::check::catalogue;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::scenario::schema::{Expect, Scenario, Text};

/// Reports ids that no invariant has.
pub(super) fn known_ids(scenario: &Scenario, diagnostics: &mut Diagnostics) {
    let mut check = |id: &str, written: &Text| {
        let ids = || catalogue().map(|it| it.id);
        if ids().any(|known| known == id) {
            return;
        }
        let message = format!("there is no invariant `{id}`");
        let found = Diagnostic::error("S037", message).at(written.place.clone());
        let help = "the manual lists them: P-1, X-6, …";
        diagnostics.push(found.did_you_mean(nearest(id, ids())).help(help));
    };
    for (id, reason) in &scenario.invariants.skip {
        check(id, reason);
    }
    for id in &scenario.invariants.enforce {
        check(&id.value, id);
    }
    for expect in &scenario.expect {
        if let Expect::Violates(id) = expect {
            check(&id.value, id);
        }
    }
}
