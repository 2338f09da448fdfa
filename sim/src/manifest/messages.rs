//! What is said about a manifest: all messages of the importer.

use crate::diagnostic::{Diagnostic, Place, Sources, nearest};

use super::decode::{Quotes, Unknown, Wrong};
use super::document::Item;
use super::import::{Imported, locate};
use super::node::path_text;
use super::typed::Object;
use super::validate::Complaint;
use super::versions::{Age, Verdict};

pub(super) fn about_repetition(earlier: &Imported, later: &Imported) -> Diagnostic {
    let of = match later.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" in namespace `{namespace}`"),
    };
    let what = format!("{} `{}`{of}", later.object.kind(), later.name);
    let diagnostic = if earlier.place.file == later.place.file {
        Diagnostic::error("M013", format!("{what} is defined twice in this file"))
            .help("rename or remove one of them: applied, the second would overwrite the first")
    } else {
        Diagnostic::warning(
            "M013",
            format!("{what} is defined in two files; the later one is used"),
        )
        .help("remove one of them, or list only the files that belong together")
    };
    diagnostic
        .at(later.place.clone())
        .label(earlier.place.clone(), "first defined here")
}

pub(super) fn about_version(item: &Item, verdict: Verdict) -> Option<Diagnostic> {
    let Item {
        api_version, kind, ..
    } = item;
    let at = |field| locate(&item.node, item.file, &item.prefix, field);
    Some(match verdict {
        Verdict::Current(_) | Verdict::NoEffect(_) | Verdict::Custom => return None,
        Verdict::ReadsAs(row, age) => {
            let current = row.current;
            let since = match age {
                Age::Served => String::new(),
                Age::GoneSince(since) => format!("; Kubernetes {since} and later refuse it"),
            };
            let message = format!("{kind} in `{api_version}` is read as `{current}`{since}");
            Diagnostic::warning("M007", message)
                .at(at("apiVersion"))
                .help(format!("write `apiVersion: {current}`"))
        }
        Verdict::NoEffectUnserved(row) => {
            let message = format!("Kubernetes 1.36 has no {kind} in `{api_version}`");
            let help = match row.current {
                "" => "remove it: this kind is gone; it has no effect here".to_owned(),
                current => format!("write `apiVersion: {current}`; it has no effect here"),
            };
            Diagnostic::warning("M008", message)
                .at(at("apiVersion"))
                .help(help)
        }
        Verdict::Gone(row, since) => {
            let message = format!("{kind} in `{api_version}` is gone since Kubernetes {since}");
            Diagnostic::error("M008", message)
                .at(at("apiVersion"))
                .note(format!("now `{}`", row.current))
                .help(format!(
                    "write `apiVersion: {}` and convert the fields that changed (`kubectl convert`)",
                    row.current
                ))
        }
        Verdict::NeverExisted(row) => {
            let message = format!("there is no kind `{kind}` in `{api_version}`");
            let diagnostic = Diagnostic::error("M009", message).at(at("apiVersion"));
            diagnostic
                .note(format!("{kind} is in `{}`", row.current))
                .help(format!("write `apiVersion: {}`", row.current))
        }
        Verdict::NoSuchKind(suggestion) => {
            let message = format!("there is no kind `{kind}` in `{api_version}`");
            let diagnostic = Diagnostic::error("M009", message)
                .at(at("kind"))
                .did_you_mean(suggestion.map(|row| row.kind));
            match suggestion {
                Some(row) => diagnostic.help(format!(
                    "write `apiVersion: {}` and `kind: {}`",
                    row.current, row.kind
                )),
                None if api_version.starts_with("wavetank/") => diagnostic.help(
                    "this is a scenario, not a manifest: `wavetank run` plays one at a time, named as a file",
                ),
                None => {
                    diagnostic.help("custom resources have a group with a dot: `example.com/v1`")
                }
            }
        }
    })
}

pub(super) fn about_wrong(sources: &Sources, item: &Item, wrong: &Wrong) -> Diagnostic {
    let path = path_text(&wrong.path);
    let mut place = locate(&item.node, item.file, &item.prefix, &path);
    let span = wrong.extent.of(item.file);
    (place.line, place.column, place.length) = (span.line, span.column, span.length);
    let written = written(sources, &place);
    let subject = if path.is_empty() {
        item.kind.clone()
    } else {
        path
    };
    let message = format!(
        "{subject}: expected {}, found {}",
        wrong.expected, wrong.found
    );
    let diagnostic = Diagnostic::error("M010", message).at(place);
    match (wrong.quotes, written) {
        (Quotes::Missing, Some(written)) => diagnostic
            .note("must be quoted")
            .help(format!("write `\"{written}\"`")),
        (Quotes::Missing, None) => diagnostic.note("must be quoted"),
        (Quotes::Superfluous, Some(written)) => {
            let bare = written.trim_matches(['"', '\'']);
            diagnostic
                .note("must not be quoted")
                .help(format!("write `{bare}` without quotes"))
        }
        (Quotes::Superfluous, None) => diagnostic.note("must not be quoted"),
        (Quotes::Unrelated, _) => diagnostic.note(format!("expected {}", wrong.expected)),
    }
}

/// The characters at a place, if it lies within one line.
fn written(sources: &Sources, place: &Place) -> Option<String> {
    let line = sources.line(place.file, place.line);
    let text: String = line
        .chars()
        .skip(place.column as usize - 1)
        .take(place.length as usize)
        .collect();
    (!text.is_empty() && place.length < 60).then_some(text)
}

pub(super) fn about_unknown(item: &Item, unknown: &Unknown) -> Diagnostic {
    let path = path_text(&unknown.path);
    let full = match item.prefix.as_str() {
        "" => path.clone(),
        prefix => format!("{prefix}.{path}"),
    };
    let place = unknown.extent.of(item.file).place(full);
    let last = path.rsplit('.').next().unwrap_or_default();
    let suggestion = nearest(last, unknown.known.iter().copied());
    let message = format!("unknown field `{path}` in {}; it is ignored", item.kind);
    let diagnostic = Diagnostic::warning("M011", message)
        .at(place)
        .did_you_mean(suggestion);
    if suggestion.is_some() {
        return diagnostic;
    }
    let help = elsewhere(last).map_or_else(
        || {
            format!(
                "`kubectl explain {}` lists the fields",
                explain(item, &path)
            )
        },
        |owner| format!("`{last}` belongs to {owner}: check the indentation"),
    );
    diagnostic.help(help)
}

/// What `kubectl explain` takes: the path of the parent, without indices.
fn explain(item: &Item, path: &str) -> String {
    let mut text = item.kind.to_lowercase();
    if let Some((parent, _)) = path.rsplit_once('.') {
        text.push('.');
        let mut inside = false;
        for c in parent.chars() {
            inside = (inside || c == '[') && c != ']';
            if !inside && c != ']' {
                text.push(c);
            }
        }
    }
    text
}

/// Where fields belong that people often put one level too high or too low.
fn elsewhere(field: &str) -> Option<&'static str> {
    Some(match field {
        "image" | "command" | "args" | "env" | "envFrom" | "ports" | "livenessProbe"
        | "readinessProbe" | "startupProbe" | "lifecycle" | "volumeMounts" | "imagePullPolicy" => {
            "a container"
        }
        "containers"
        | "initContainers"
        | "nodeSelector"
        | "tolerations"
        | "affinity"
        | "volumes"
        | "terminationGracePeriodSeconds"
        | "priorityClassName"
        | "topologySpreadConstraints"
        | "serviceAccountName"
        | "restartPolicy" => "a pod spec",
        "replicas" | "minReadySeconds" | "revisionHistoryLimit" | "strategy" => {
            "the spec of a workload"
        }
        "maxSurge" => "`strategy.rollingUpdate`",
        "labels" | "annotations" | "namespace" | "name" => "`metadata`",
        _ => return None,
    })
}

pub(super) fn about_complaint(object: &Object, complaint: &Complaint, place: Place) -> Diagnostic {
    let name = object.metadata().name.as_deref().unwrap_or_default();
    let message = format!(
        "{} `{name}` is invalid: {}: {}",
        object.kind(),
        complaint.path,
        complaint.message
    );
    let diagnostic = Diagnostic::error("M012", message)
        .at(place)
        .note(complaint.note.clone());
    if complaint.help.is_empty() {
        diagnostic
    } else {
        diagnostic.help(complaint.help.clone())
    }
}
