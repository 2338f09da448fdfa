//! File names in the place of patterns (POSIX XCU 2.6.6).

use super::Expander;
use super::fields::Field;
use crate::world::shell::text::pattern::Pattern;

/// How many names a pattern is replaced by at most.
const NAMES: usize = 10_000;

impl Expander<'_, '_> {
    /// The names that a field's pattern matches, in order; the field itself when there are none.
    pub(super) fn files(&mut self, field: Field, all: &mut Vec<String>) {
        let before = all.len();
        if field.is_pattern && !self.shell.options.no_glob {
            self.search(&field.pattern, all);
        }
        if all.len() == before {
            all.push(field.text);
        }
    }

    fn search(&mut self, pattern: &str, all: &mut Vec<String>) {
        let (mut found, rest) = match pattern.strip_prefix('/') {
            Some(rest) => (vec!["/".to_owned()], rest),
            None => (vec![String::new()], pattern),
        };
        for part in rest.split('/').filter(|it| !it.is_empty()) {
            let matcher = Pattern::new(part);
            let is_plain = !part.contains(['*', '?', '[']);
            let mut next = Vec::new();
            for directory in &found {
                if is_plain {
                    next.push(join(directory, &part.replace('\\', "")));
                    continue;
                }
                let shown = if directory.is_empty() { "." } else { directory };
                let path = self.ctx.path(shown);
                self.ctx.refresh(&path);
                let names = self.ctx.machine.view.list(self.ctx.disks, &path);
                let names = names.unwrap_or_default();
                let hidden = part.starts_with('.');
                let names = names.iter().filter(|it| hidden || !it.starts_with('.'));
                let names = names.filter(|name| matcher.matches(name));
                next.extend(names.map(|name| join(directory, name)));
            }
            next.truncate(NAMES);
            found = next;
        }
        for path in found {
            let whole = self.ctx.path(&path);
            if self
                .ctx
                .machine
                .view
                .find_link(self.ctx.disks, &whole)
                .is_ok()
            {
                all.push(path);
            }
        }
    }
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() || directory.ends_with('/') {
        return format!("{directory}{name}");
    }
    format!("{directory}/{name}")
}
