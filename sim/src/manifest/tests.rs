//! From texts to objects and messages.

mod mistakes;
mod patches;
mod pods;
mod shelf;
mod together;

use crate::diagnostic::{Sources, Style};

use super::{Import, capacities, hints, import_text};

/// Reads one text, with hints, and draws every message.
fn messages(text: &str) -> String {
    let mut sources = Sources::new();
    let mut import = import_text("web.yaml", text, &mut sources);
    let nodes = capacities(&import.objects);
    import
        .diagnostics
        .extend(hints(&import.objects, &nodes, &|_| false));
    import.diagnostics.render(&sources, Style::Plain)
}

/// Reads one text that has no mistakes.
fn read(text: &str) -> Import {
    let mut sources = Sources::new();
    let import = import_text("web.yaml", text, &mut sources);
    let errors = import.diagnostics.render(&sources, Style::Plain);
    assert!(!import.diagnostics.has_errors(), "{errors}");
    import
}
