//! From inputs to checked objects: the one entrance of this folder.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Place, Severity, Sources, nearest};

use super::decode::{Decoded, Quotes, Unknown, Wrong};
use super::document::{self, Item};
use super::files::{self, Inputs};
use super::node::{Extent, Kind, Node, path_steps, path_text};
use super::typed::{Object, decode_modelled, decode_other, translate};
use super::validate::{Complaint, validate};
use super::versions::{self, Age, Scope, Verdict};
use super::{apply_defaults, defaults};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The objects, in the order of the files. Of two with one identity, the later one in the place
    /// of the earlier.
    pub objects: Vec<Imported>,
    /// Kinds that are accepted and have no effect, with their number, in the order of finding.
    pub no_effect: Vec<(String, usize)>,
    /// All that is to be said about the files.
    pub diagnostics: Diagnostics,
}

/// An object and where it came from.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The object, with defaults.
    pub object: Object,
    /// The object as it was written, with the `apiVersion` and `kind` that it was read as, without
    /// defaults: what patches work on.
    pub json: Value,
    /// Where it was written: its name, or else its first line.
    pub place: Place,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`, `default` where none was written; empty for what belongs to the cluster.
    pub namespace: String,
    /// The object as it was written, with the place of each value.
    tree: Arc<Node>,
    /// Where the object stands in its document: `items[3]`, or empty.
    prefix: String,
}

/// Why an object could not be read again after a change.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} {}", .problems.len(), if .problems.len() == 1 { "problem" } else { "problems" })]
pub struct RereadError {
    /// Every mistake, at the place that was given. Unknown fields are errors here: a patch that
    /// sets a field that Kubernetes does not have does nothing.
    pub problems: Vec<Diagnostic>,
}

/// Reads files, directories and globs of the command line.
pub fn import<P: AsRef<str>>(paths: &[P], sources: &mut Sources) -> Import {
    import_inputs(&Inputs::of(paths.iter().map(AsRef::as_ref)), sources)
}

/// Reads everything that is wanted, in order.
pub fn import_inputs(inputs: &Inputs, sources: &mut Sources) -> Import {
    let mut importer = Importer::default();
    for found in files::read(inputs, sources, &mut importer.diagnostics) {
        importer.text(sources, found.file, found.named);
    }
    importer.finish()
}

/// Reads one text under a name: what was typed in, or follows a scenario in its file.
pub fn import_text(name: &str, text: &str, sources: &mut Sources) -> Import {
    let file = sources.add(name, text);
    let mut importer = Importer::default();
    importer.text(sources, file, true);
    importer.finish()
}

/// Reads an object again after its JSON was changed, for example by a patch.
///
/// # Errors
///
/// When the object is not one that the API server would accept, or has a field that Kubernetes
/// does not have.
pub fn reread(value: &Value, place: &Place) -> Result<Object, RereadError> {
    let mut importer = Importer::default();
    let mut node = Node::from_value(value, Extent::from(place.span()));
    let text = |field: &str| {
        node.get(field)
            .and_then(Node::as_text)
            .unwrap_or_default()
            .to_owned()
    };
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version.is_empty() || kind.is_empty() {
        let message = "an object needs `apiVersion` and `kind`";
        let problems = vec![Diagnostic::error("M006", message).at(place.clone())];
        return Err(RereadError { problems });
    }
    node.extent = Extent::from(place.span());
    let item = Item {
        file: place.file,
        node,
        api_version,
        kind,
        prefix: String::new(),
    };
    importer.item(&Sources::new(), item);
    // Versions and the like were warned about when the file was read.
    let harmful =
        |problem: &Diagnostic| problem.severity == Severity::Error || problem.code == "M011";
    let mut problems: Vec<Diagnostic> = importer.diagnostics.into_iter().filter(harmful).collect();
    match importer.objects.pop() {
        Some((_, imported)) if problems.is_empty() => Ok(imported.object),
        Some(_) | None => {
            for problem in &mut problems {
                problem.severity = Severity::Error;
                let changed = problem
                    .message
                    .strip_suffix("; it is ignored")
                    .map(str::to_owned);
                problem.message = changed.unwrap_or_else(|| std::mem::take(&mut problem.message));
            }
            Err(RereadError { problems })
        }
    }
}

impl Imported {
    /// Where a field of this object was written, or the nearest thing around it that was.
    #[must_use]
    pub fn place_of(&self, path: &str) -> Place {
        locate(&self.tree, self.place.file, &self.prefix, path)
    }

    /// How kubectl names the object: `deployment/web`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.object.kind().to_lowercase(), self.name)
    }
}

/// Where `path` was written: its key if it has one, else the value, else what is around it.
fn locate(tree: &Node, file: FileId, prefix: &str, path: &str) -> Place {
    let steps = path_steps(path);
    let (key, value, depth) = tree.nearest(&steps);
    // A value that fits in a line is shown itself; of larger ones, the key.
    let large = value.extent.length <= 1 && matches!(value.kind, Kind::List(_) | Kind::Map(_));
    let extent = match key {
        Some(key) if large || depth < steps.len() => key,
        Some(_) | None => value.extent,
    };
    let full = match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}.{path}"),
    };
    extent.of(file).place(full)
}

type Identity = (String, String, String);

#[derive(Default)]
struct Importer {
    /// Objects by group and kind, namespace and name.
    objects: IndexMap<Identity, Imported, rustc_hash::FxBuildHasher>,
    no_effect: IndexMap<String, usize, rustc_hash::FxBuildHasher>,
    diagnostics: Vec<Diagnostic>,
}

impl Importer {
    fn text(&mut self, sources: &Sources, file: FileId, named: bool) {
        let items = document::split(sources.text(file), file, named, &mut self.diagnostics);
        for item in items {
            self.item(sources, item);
        }
    }

    fn finish(self) -> Import {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(self.diagnostics);
        Import {
            objects: self.objects.into_values().collect(),
            no_effect: self.no_effect.into_iter().collect(),
            diagnostics,
        }
    }

    fn item(&mut self, sources: &Sources, item: Item) {
        let verdict = versions::judge(&item.api_version, &item.kind);
        if let Some(diagnostic) = about_version(&item, verdict) {
            self.diagnostics.push(diagnostic);
        }
        match verdict {
            Verdict::Current(row) | Verdict::ReadsAs(row, _) => {
                let mut item = item;
                translate(&mut item.node, &item.api_version);
                let decoded = decode_modelled(&item.node, &item.kind);
                self.modelled(sources, item, row.current, decoded);
            }
            Verdict::NoEffect(_) | Verdict::NoEffectUnserved(_) | Verdict::Custom => {
                if item.api_version.starts_with("wavetank/") {
                    return;
                }
                *self.no_effect.entry(item.kind.clone()).or_default() += 1;
                let object = decode_other(&item.node, &item.api_version, &item.kind);
                self.keep(item, object);
            }
            Verdict::Gone(..) | Verdict::NeverExisted(_) | Verdict::NoSuchKind(_) => (),
        }
    }

    fn modelled(
        &mut self,
        sources: &Sources,
        mut item: Item,
        current: &str,
        decoded: Decoded<Object>,
    ) {
        for wrong in &decoded.wrong {
            self.diagnostics.push(about_wrong(sources, &item, wrong));
        }
        for unknown in &decoded.unknown {
            self.diagnostics.push(about_unknown(&item, unknown));
        }
        let Some(mut object) = decoded.object else {
            return;
        };
        if item.api_version != current {
            current.clone_into(&mut item.api_version);
        }
        apply_defaults(&mut object);
        for complaint in validate(&object) {
            let place = locate(&item.node, item.file, &item.prefix, &complaint.path);
            self.diagnostics
                .push(about_complaint(&object, &complaint, place));
        }
        self.keep(item, object);
    }

    fn keep(&mut self, item: Item, mut object: Object) {
        let scope = versions::row(object.kind()).map_or(Scope::Namespaced, |row| row.scope);
        let cluster = scope == Scope::Cluster
            && !matches!(
                versions::judge(&item.api_version, &item.kind),
                Verdict::Custom
            );
        let metadata = object.metadata_mut();
        let name = metadata.name.clone().unwrap_or_default();
        let namespace = if cluster {
            String::new()
        } else {
            metadata
                .namespace
                .clone()
                .unwrap_or_else(|| defaults::NAMESPACE.to_owned())
        };
        let at = if name.is_empty() { "" } else { "metadata.name" };
        let mut place = locate(&item.node, item.file, &item.prefix, at);
        place.path.clone_from(&item.prefix);
        let mut json = item.node.to_value();
        if let Value::Object(fields) = &mut json {
            for (field, text) in [("kind", &item.kind), ("apiVersion", &item.api_version)] {
                match fields.get_mut(field) {
                    Some(value) => *value = Value::String(text.clone()),
                    None => {
                        fields.shift_insert(0, field.to_owned(), Value::String(text.clone()));
                    }
                }
            }
        }
        let imported = Imported {
            object,
            json,
            place,
            name,
            namespace,
            tree: Arc::new(item.node),
            prefix: item.prefix,
        };
        self.insert(&item.api_version, imported);
    }

    fn insert(&mut self, api_version: &str, imported: Imported) {
        let group = versions::group_of(api_version);
        let kind = format!("{}.{group}", imported.object.kind());
        // Objects that get a generated name are all different.
        let name = match imported.name.as_str() {
            "" => format!("\0{}", self.objects.len()),
            name => name.to_owned(),
        };
        let identity = (kind, imported.namespace.clone(), name);
        if let Some(earlier) = self.objects.get(&identity) {
            self.diagnostics.push(about_repetition(earlier, &imported));
        }
        self.objects.insert(identity, imported);
    }
}

fn about_repetition(earlier: &Imported, later: &Imported) -> Diagnostic {
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

fn about_version(item: &Item, verdict: Verdict) -> Option<Diagnostic> {
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
                None => {
                    diagnostic.help("custom resources have a group with a dot: `example.com/v1`")
                }
            }
        }
    })
}

fn about_wrong(sources: &Sources, item: &Item, wrong: &Wrong) -> Diagnostic {
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

fn about_unknown(item: &Item, unknown: &Unknown) -> Diagnostic {
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

fn about_complaint(object: &Object, complaint: &Complaint, place: Place) -> Diagnostic {
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
