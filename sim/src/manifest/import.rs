//! From inputs to checked objects: the one entrance of this folder.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Place, Severity, Sources};

use super::decode::Decoded;
use super::document::{self, Item};
use super::files::{self, Inputs};
use super::messages::{
    about_complaint, about_repetition, about_unknown, about_version, about_wrong,
};
use super::node::{Extent, Kind, Node, path_steps};
use super::typed::{Object, decode_modelled, decode_other, translate};
use super::validate::validate;
use super::versions::{self, Scope, Verdict};
use super::{apply_defaults, defaults};

/// The group of `KubeSchedulerConfiguration`, which is no object of the API.
const SCHEDULER_GROUP: &str = "kubescheduler.config.k8s.io/";

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The objects, in the order of the files. Of two with one identity, the later one in the place
    /// of the earlier.
    pub objects: Vec<Imported>,
    /// Kinds that are accepted and have no effect, with their number, in the order of finding.
    pub no_effect: Vec<(String, usize)>,
    /// Configurations of the scheduler: documents beside the objects of the API, with their files.
    pub schedulers: Vec<(FileId, Node)>,
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
pub(super) fn locate(tree: &Node, file: FileId, prefix: &str, path: &str) -> Place {
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
    schedulers: Vec<(FileId, Node)>,
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
            schedulers: self.schedulers,
            diagnostics,
        }
    }

    fn item(&mut self, sources: &Sources, item: Item) {
        if item.api_version.starts_with(SCHEDULER_GROUP) {
            self.schedulers.push((item.file, item.node));
            return;
        }
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
