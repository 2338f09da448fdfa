//! Drawing of one message with its source lines and carets.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, FileId, Place, Severity, Sources};

/// Longest source line that is drawn; longer ones are shown by position only.
const LINE_BYTES_MAX: usize = 20_000;

/// How messages are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Without colour: files, pipes, tests.
    #[default]
    Plain,
    /// With ANSI colours: terminals.
    Coloured,
}

/// Draws one message; ends without a line break.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::HELP.with_name("hint"),
    };
    let message = printable(&diagnostic.message);
    let mut group = Group::with_title(level.primary_title(message).id(diagnostic.code));
    for snippet in snippets(diagnostic, sources) {
        group = group.element(snippet);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let text = renderer.render(&[group]);
    match &diagnostic.place {
        Some(place) => with_paths(&text, place, sources),
        None => text,
    }
}

/// One snippet a file, the primary place's file first.
fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let Some(primary) = &diagnostic.place else {
        return Vec::new();
    };
    let mut files = vec![primary.file];
    for label in &diagnostic.labels {
        if !files.contains(&label.place.file) {
            files.push(label.place.file);
        }
    }
    let draw = |file: FileId| {
        let here = diagnostic.labels.iter().filter(|l| l.place.file == file);
        let lines = here.clone().map(|label| label.place.line);
        let lines = lines.chain((file == primary.file).then_some(primary.line));
        let window = Window::around(sources, file, lines);
        let mut annotations = Vec::new();
        if file == primary.file {
            let caret = AnnotationKind::Primary.span(window.range(sources, primary));
            annotations.push(match diagnostic.note.as_str() {
                "" => caret,
                note => caret.label(note),
            });
        }
        for label in here {
            let mark = AnnotationKind::Context.span(window.range(sources, &label.place));
            annotations.push(mark.label(label.text.as_str()));
        }
        Snippet::source(window.text)
            .line_start(window.first_line as usize)
            .path(sources.name(file))
            .annotations(annotations)
    };
    files.into_iter().map(draw).collect()
}

/// The lines of a file that one drawing needs, so that large files are not scanned each time.
struct Window {
    first_line: u32,
    text: String,
}

impl Window {
    fn around(sources: &Sources, file: FileId, lines: impl Iterator<Item = u32>) -> Self {
        let lines: Vec<u32> = lines.collect();
        let first_line = lines.iter().copied().min().unwrap_or(1).max(1);
        let last = lines.iter().copied().max().unwrap_or(1);
        let mut text = String::new();
        // Labels far away would otherwise drag a whole file in; the drawing folds what is between.
        for line in first_line..=last.min(first_line.saturating_add(5_000)) {
            text.push_str(&shown(sources.line(file, line)));
            text.push('\n');
        }
        Self { first_line, text }
    }

    /// Bytes of the window's text that a place covers.
    fn range(&self, sources: &Sources, place: &Place) -> Range<usize> {
        let mut start = 0;
        for line in self.first_line..place.line {
            start += shown(sources.line(place.file, line)).len() + 1;
        }
        if start >= self.text.len() {
            return 0..0;
        }
        let line = shown(sources.line(place.file, place.line));
        let byte_of = |column: u32| {
            let at = line.char_indices().nth(column.saturating_sub(1) as usize);
            at.map_or(line.len(), |(byte, _)| byte)
        };
        let from = byte_of(place.column);
        let to = byte_of(place.column.saturating_add(place.length.max(1)));
        let to = if to == from { from + 1 } else { to };
        start + from..(start + to).min(self.text.len())
    }
}

/// A source line as it may be shown: control characters replaced one for one, monsters cut.
fn shown(line: &str) -> String {
    let mut end = line.len().min(LINE_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    printable(&line[..end])
}

fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// Writes the field's path behind `file:line:column`, where a reader looks first.
fn with_paths(text: &str, place: &Place, sources: &Sources) -> String {
    if place.path.is_empty() {
        return text.to_owned();
    }
    let origin = format!(
        "{}:{}:{}",
        sources.name(place.file),
        place.line,
        place.column
    );
    match text.find(&origin) {
        Some(at) => {
            let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
            format!(
                "{}  {}{}",
                &text[..end],
                printable(&place.path),
                &text[end..]
            )
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{Diagnostics, Span};
    use super::*;

    fn check(diagnostics: &Diagnostics, sources: &Sources, expected: &Expect) {
        expected.assert_eq(&diagnostics.render(sources, Style::Plain));
    }

    #[test]
    fn a_message_has_place_caret_note_labels_and_help() {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", "x: 1\ny: {prestop: é, z: 2}\n");
        let span = |line, column, length| Span {
            file,
            line,
            column,
            length,
        };
        let mut diagnostics = Diagnostics::new();
        let message = Diagnostic::error("S014", "unknown field `prestop`")
            .at(span(2, 5, 7).place("y"))
            .did_you_mean(Some("preStop"))
            .label(span(1, 1, 1), "first here")
            .help("there are preStop and postStart");
        diagnostics.push(message.clone());
        diagnostics.push(message);
        diagnostics.push(Diagnostic::warning("S001", "beyond the end").at(span(9, 9, 9)));
        diagnostics.push(Diagnostic::hint("S000", "no place"));
        check(
            &diagnostics,
            &sources,
            &expect![[r#"
            hint[S000]: no place
            error[S014]: unknown field `prestop`
             --> a.yaml:2:5  y
              |
            1 | x: 1
              | - first here
            2 | y: {prestop: é, z: 2}
              |     ^^^^^^^ did you mean `preStop`?
              |
              = help: there are preStop and postStart
            warning[S001]: beyond the end
             --> a.yaml:9:1
              |
            9 |
              | ^
            1 error, 1 warning; nothing was run
        "#]],
        );
    }
}
