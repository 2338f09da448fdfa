//! From a path to a checked scenario: read, include, override, substitute, check, lower.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::expr::{self, Names, Scope, Unit};
use super::node::{Entry, Node, Value};
use super::parameters::{self, Override, Parameters};
use super::schema::Scenario;
use super::{check, diagnostics, load, lower};
use crate::diagnostic::{Diagnostics, FileId, Place, Sources};

/// A scenario file with everything it includes, before parameters have values.
#[derive(Clone, Debug)]
pub struct Document {
    /// The merged tree; places tell which file each value comes from.
    pub root: Node,
    /// The file itself.
    pub file: FileId,
    /// Manifests after the first `---`, those of included files first.
    pub manifests: Vec<EmbeddedManifest>,
    /// Directory of each file that was read, by its place in [`Sources`]: what its paths start from.
    pub directories: Vec<(FileId, PathBuf)>,
}

/// A manifest inside a scenario file.
#[derive(Clone, PartialEq, Debug)]
pub struct EmbeddedManifest {
    /// The file.
    pub file: FileId,
    /// The line of the file, from 1, on which the text begins.
    pub start_line: u32,
    /// The text of the document.
    pub text: String,
    /// The same as a tree.
    pub node: Node,
}

/// A scenario with one value for every parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// The typed scenario.
    pub scenario: Scenario,
    /// The document it was made from, parameters filled in: what `--dry-run -o yaml` prints.
    pub effective: Node,
}

/// Reads a scenario file and everything it includes; `name` is what messages call it.
///
/// Returns nothing when no document could be read; mistakes in it are reported either way.
pub fn open(
    path: &Path,
    name: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let root = path.parent().unwrap_or(Path::new(""));
    let mut reader = Reader {
        project: fs::canonicalize(or_dot(root)).ok(),
        sources,
        diagnostics,
        chain: Vec::new(),
        manifests: Vec::new(),
        directories: Vec::new(),
    };
    let (root, file) = reader.read(path, name, None)?;
    Some(Document {
        root,
        file,
        manifests: reader.manifests,
        directories: reader.directories,
    })
}

impl Document {
    /// The directory from which paths at `place` start.
    #[must_use]
    pub fn directory(&self, place: &Place) -> &Path {
        let mut known = self.directories.iter();
        let found = known.find(|(file, _)| *file == place.file);
        // What `--set` names starts where the scenario is.
        let own = self.directories.first();
        found.or(own).map_or(Path::new(""), |(_, path)| path)
    }

    /// The names of declared parameters and the lines of their declarations.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&str, u32)> {
        parameters::declared(&self.root)
    }

    /// Gives parameters their values and makes the typed scenario; `given` in the order of growing
    /// precedence. All mistakes are reported; with an error there is no scenario.
    pub fn point(&self, given: &[Override], diagnostics: &mut Diagnostics) -> Option<Point> {
        let before = diagnostics.errors();
        let mut root = self.root.clone();
        parameters::apply_paths(&mut root, given, diagnostics);
        let values = parameters::resolve(&root, given, diagnostics);
        let declared: Vec<(String, u32)> = parameters::declared(&root)
            .into_iter()
            .map(|(name, line)| (name.to_owned(), line))
            .collect();
        let declared: Vec<(&str, u32)> = declared
            .iter()
            .map(|(name, line)| (name.as_str(), *line))
            .collect();
        parameters::substitute(&mut root, &values, &declared, diagnostics);
        let names = names(&root, &values, diagnostics);
        check::check(&root, &names, diagnostics);
        if diagnostics.errors() > before {
            return None;
        }
        let scenario = lower::lower(&root, &values);
        Some(Point {
            scenario,
            effective: readable_again(root, &values),
        })
    }
}

/// A document whose references are filled in, as a scenario that means the same: parameters have
/// their values as defaults, and dollar signs are doubled.
fn readable_again(mut root: Node, values: &Parameters) -> Node {
    let Value::Map(entries) = &mut root.value else {
        return root;
    };
    for entry in entries {
        if entry.key != "parameters" {
            double_dollars(&mut entry.value);
            continue;
        }
        let Value::Map(declarations) = &mut entry.value.value else {
            continue;
        };
        for declaration in declarations {
            let (Some(parameter), Value::Map(fields)) =
                (values.get(&declaration.key), &mut declaration.value.value)
            else {
                continue;
            };
            fields.retain(|field| field.key != "expr" && field.key != "default");
            fields.push(Entry {
                key: "default".to_owned(),
                key_span: declaration.key_span,
                key_is_text: true,
                value: parameter.node.clone(),
            });
        }
    }
    root
}

fn double_dollars(node: &mut Node) {
    match &mut node.value {
        Value::String(text) => *text = text.replace('$', "$$"),
        Value::Seq(items) => items.iter_mut().for_each(double_dollars),
        Value::Map(entries) => {
            for entry in entries {
                double_dollars(&mut entry.value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}

/// All names that expressions of this document may use.
fn names(root: &Node, values: &Parameters, diagnostics: &mut Diagnostics) -> Names {
    let mut names = parameters::names(values);
    // A parameter whose value is wrong is still a parameter.
    for (name, _) in parameters::declared(root) {
        if !names.parameters.iter().any(|(known, _)| known == name) {
            names.parameters.push((name.to_owned(), Unit::Any));
        }
    }
    let keys = |section: &str| -> Vec<String> {
        let entries = root.get(section).map_or(&[][..], Node::entries);
        entries.iter().map(|entry| entry.key.clone()).collect()
    };
    names.faults = keys("faults");
    names.traffic = keys("traffic");
    let mut first_places: Vec<(String, Place)> = Vec::new();
    let timeline = root.get("timeline").map_or(&[][..], Node::items);
    for (index, step) in timeline.iter().enumerate() {
        let Some(name) = step.get("name") else {
            continue;
        };
        let place = name.span.place(format!("timeline[{index}].name"));
        let text = name.text().unwrap_or("").to_owned();
        match first_places.iter().find(|(known, _)| *known == text) {
            Some((_, first)) => {
                diagnostics.push(diagnostics::repeated_name(&text, place, first.clone()));
            }
            None => first_places.push((text, place)),
        }
    }
    names.steps = first_places.into_iter().map(|(name, _)| name).collect();
    names.measures = keys("measures")
        .into_iter()
        .map(|name| (name, Unit::Any))
        .collect();
    // Units of measures that use earlier ones become known on the way.
    let measures = root.get("measures").map_or(&[][..], Node::entries);
    for (index, entry) in measures.iter().enumerate() {
        let text = entry.value.text().unwrap_or("");
        if let Ok(parsed) = expr::parse(text) {
            let unit = expr::check(&parsed, Scope::Run, &names, text).0;
            names.measures[index].1 = unit;
        }
    }
    names
}

struct Reader<'a> {
    project: Option<PathBuf>,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    /// Files on the way from the scenario to the one being read: path, name, where it was included.
    chain: Vec<(PathBuf, String, Option<Place>)>,
    manifests: Vec<EmbeddedManifest>,
    directories: Vec<(FileId, PathBuf)>,
}

/// Deepest chain of files that include each other.
const INCLUDES_MAX: usize = 32;

impl Reader<'_> {
    fn read(&mut self, path: &Path, name: &str, from: Option<&Place>) -> Option<(Node, FileId)> {
        self.refuse_foreign(path, name, from)?;
        let file = load::read_file(path, name, from, self.sources, self.diagnostics)?;
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        self.directories.push((file, directory.clone()));
        let before = self.diagnostics.errors();
        let mut documents = load::documents(file, self.sources, self.diagnostics);
        if documents.is_empty() {
            if self.diagnostics.errors() == before {
                let mut message = diagnostics::empty_file(name);
                message.place = from.cloned();
                self.diagnostics.push(message);
            }
            return None;
        }
        let rest = documents.split_off(1);
        let mut root = documents.pop()?.node;
        if !self.is_scenario(&root, &rest, from.is_some()) {
            return None;
        }
        let key = normalized(path);
        self.chain.push((key, name.to_owned(), from.cloned()));
        root = self.included(root, &directory, name);
        self.chain.pop();
        for document in rest {
            self.manifests.push(EmbeddedManifest {
                file,
                start_line: document.start_line,
                text: document.text,
                node: document.node,
            });
        }
        if let Value::Map(entries) = &mut root.value {
            entries.retain(|entry| !entry.key.starts_with("x-"));
        }
        Some((root, file))
    }

    /// S002: a manifest where the scenario should be. Included files may leave out kind and version.
    fn is_scenario(&mut self, root: &Node, rest: &[load::Document], included: bool) -> bool {
        let kind = |node: &Node| node.get("kind").and_then(Node::text).map(str::to_owned);
        let found = kind(root);
        if found.as_deref() == Some("Scenario") || (included && found.is_none()) {
            return true;
        }
        let has_scenario = rest
            .iter()
            .any(|d| kind(&d.node).as_deref() == Some("Scenario"));
        let looks_like_one = root.get("apiVersion").and_then(Node::text) == Some("wavetank/v1");
        if looks_like_one && !has_scenario {
            return true;
        }
        let name = root
            .get("metadata")
            .and_then(|metadata| metadata.get("name"));
        let what = match (found, name.and_then(Node::text)) {
            (Some(kind), Some(name)) => format!("{kind} `{name}`"),
            (Some(kind), None) => kind,
            (None, _) => root.describe(),
        };
        let place = root.span.place("");
        let message = diagnostics::scenario_is_not_first(&what, place, has_scenario);
        self.diagnostics.push(message);
        false
    }

    /// The document laid over everything that it includes.
    fn included(&mut self, mut root: Node, directory: &Path, name: &str) -> Node {
        let Value::Map(entries) = &mut root.value else {
            return root;
        };
        let Some(index) = entries.iter().position(|entry| entry.key == "include") else {
            return root;
        };
        let include = entries.remove(index);
        let mut base: Option<Node> = None;
        for (index, item) in include.value.items().iter().enumerate() {
            let place = item.span.place(format!("include[{index}]"));
            let Some(relative) = item.text() else {
                let found = item.describe();
                let message = diagnostics::wrong_type("a path", &found, place);
                self.diagnostics.push(message);
                continue;
            };
            let path = directory.join(relative);
            let shown = Path::new(name)
                .parent()
                .unwrap_or(Path::new(""))
                .join(relative);
            let shown = normalized(&shown).display().to_string();
            if self.closes_cycle(&path, &shown, &place) {
                continue;
            }
            if let Some((node, _)) = self.read(&path, &shown, Some(&place)) {
                base = Some(match base {
                    Some(base) => merged(base, node),
                    None => node,
                });
            }
        }
        if !matches!(include.value.value, Value::Seq(_)) {
            let place = include.value.span.place("include");
            let found = include.value.describe();
            self.diagnostics
                .push(diagnostics::wrong_type("a list", &found, place));
        }
        match base {
            Some(base) => merged(base, root),
            None => root,
        }
    }

    fn closes_cycle(&mut self, path: &Path, shown: &str, place: &Place) -> bool {
        let key = normalized(path);
        let start = self.chain.iter().position(|(known, ..)| *known == key);
        let start = match start {
            Some(start) => start,
            None if self.chain.len() < INCLUDES_MAX => return false,
            None => 0,
        };
        let cycle = &self.chain[start..];
        let mut names: Vec<String> = cycle.iter().map(|(_, name, _)| name.clone()).collect();
        names.push(shown.to_owned());
        let mut places: Vec<Place> = cycle
            .iter()
            .skip(1)
            .filter_map(|(_, _, place)| place.clone())
            .collect();
        places.push(place.clone());
        self.diagnostics
            .push(diagnostics::include_cycle(&names, &places));
        true
    }

    /// S020: a symbolic link that leads out of the scenario's directory.
    fn refuse_foreign(&mut self, path: &Path, name: &str, from: Option<&Place>) -> Option<()> {
        let link = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink());
        let (Some(project), true) = (&self.project, link) else {
            return Some(());
        };
        let target = fs::canonicalize(path).ok()?;
        if target.starts_with(project) || from.is_none() {
            return Some(());
        }
        let target = target.display().to_string();
        self.diagnostics
            .push(diagnostics::outside_project(name, &target, from));
        None
    }
}

/// Maps merge by key, lists append, everything else is replaced.
fn merged(base: Node, over: Node) -> Node {
    let (span, origin) = (over.span, over.origin.clone());
    match (base.value, over.value) {
        (Value::Map(mut entries), Value::Map(others)) => {
            for other in others {
                let index = entries.iter().position(|entry| entry.key == other.key);
                match index {
                    Some(index) => {
                        let entry = entries.remove(index);
                        let value = merged(entry.value, other.value);
                        entries.insert(index, Entry { value, ..other });
                    }
                    None => entries.push(other),
                }
            }
            let mut node = Node::new(Value::Map(entries), span);
            node.origin = origin;
            node
        }
        (Value::Seq(mut items), Value::Seq(others)) => {
            items.extend(others);
            Node::new(Value::Seq(items), span)
        }
        (_, value) => Node {
            value,
            ..over_parts(span, over.plain, over.tag, origin, over.written)
        },
    }
}

fn over_parts(
    span: crate::diagnostic::Span,
    plain: bool,
    tag: Option<String>,
    origin: Option<std::sync::Arc<super::node::Origin>>,
    written: Box<str>,
) -> Node {
    Node {
        value: Value::Null,
        span,
        plain,
        tag,
        origin,
        written,
    }
}

/// The path without `.` and, as far as they can be resolved by name, without `..`.
fn normalized(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if found.file_name().is_some() => {
                found.pop();
            }
            Component::ParentDir
            | Component::Normal(_)
            | Component::RootDir
            | Component::Prefix(_) => found.push(part),
        }
    }
    found
}

fn or_dot(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}
