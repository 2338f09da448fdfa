//! From files, directories and globs to texts, in a stable order.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, FileId, Place, Sources};
use crate::scenario::load::not_utf8;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// Deepest directory below the one that was given.
const DIRECTORY_DEPTH_MAX: usize = 32;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The directory that relative paths start from; empty for the current one.
    pub base: PathBuf,
    /// Files, directories (recursive) and globs (`*`, `?`, `**`), in order; `-` for [`Self::stdin`].
    pub paths: Vec<Wanted>,
    /// The text that stands for `-`.
    pub stdin: Option<String>,
}

/// A path, and where it was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The path as written.
    pub path: String,
    /// Where it was written, when that was in a file; the command line has no place.
    pub place: Option<Place>,
}

impl Inputs {
    /// Paths of the command line, relative to the current directory.
    #[must_use]
    pub fn of(paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let paths = paths.into_iter().map(|path| Wanted {
            path: path.into(),
            place: None,
        });
        Self {
            paths: paths.collect(),
            ..Self::default()
        }
    }
}

/// A text that was read, and whether somebody named this very file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: FileId,
    pub(super) named: bool,
}

/// Reads everything that is wanted; what cannot be read becomes a message.
pub(super) fn read(
    inputs: &Inputs,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Found> {
    let mut reader = Reader {
        inputs,
        sources,
        diagnostics,
        found: Vec::new(),
    };
    for wanted in &inputs.paths {
        reader.wanted(wanted);
    }
    reader.found
}

struct Reader<'a> {
    inputs: &'a Inputs,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    found: Vec<Found>,
}

impl Reader<'_> {
    fn wanted(&mut self, wanted: &Wanted) {
        if wanted.path == "-" {
            match &self.inputs.stdin {
                Some(text) => {
                    let file = self.sources.add("<stdin>", text.as_str());
                    self.found.push(Found { file, named: true });
                }
                None => self.complain(
                    wanted,
                    "M001",
                    "`-` reads standard input, and there is none here".to_owned(),
                    "pipe the manifests in, or name a file",
                ),
            }
            return;
        }
        let path = self.inputs.base.join(&wanted.path);
        let is_glob = wanted.path.contains(['*', '?']);
        if is_glob && !path.exists() {
            let mut files = Vec::new();
            expand(&self.inputs.base, &wanted.path, &mut files);
            if files.is_empty() {
                let message = format!("no file matches `{}`", wanted.path);
                self.complain(
                    wanted,
                    "M001",
                    message,
                    "`*` stays within a directory, `**` does not",
                );
            }
            for file in files {
                self.file_or_directory(wanted, &file, false);
            }
            return;
        }
        self.file_or_directory(wanted, &path, true);
    }

    fn file_or_directory(&mut self, wanted: &Wanted, path: &Path, named: bool) {
        if path.is_dir() {
            let mut files = Vec::new();
            walk(path, 0, &mut files);
            if files.is_empty() && named {
                let message = format!("the directory `{}` holds no manifest", path.display());
                let help = "files that end in .yaml, .yml or .json are read, in subdirectories too";
                self.complain(wanted, "M002", message, help);
            }
            for file in files {
                self.file(wanted, &file, false);
            }
        } else {
            self.file(wanted, path, named);
        }
    }

    fn file(&mut self, wanted: &Wanted, path: &Path, named: bool) {
        let shown = path.display();
        match fs::metadata(path) {
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
                let (size, most) = (metadata.len() >> 20, FILE_BYTES_MAX >> 20);
                let message = format!("`{shown}` has {size} MiB; at most {most} MiB are read");
                return self.complain(wanted, "M001", message, "split the file");
            }
            Ok(_) | Err(_) => (),
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("there is no file or directory `{shown}`");
                let help = siblings(path);
                return self.complain(wanted, "M001", message, &help);
            }
            Err(error) => {
                let message = format!("`{shown}` could not be read: {error}");
                return self.complain(wanted, "M001", message, "check its type and permissions");
            }
        };
        if let Some(problem) = not_text(&bytes) {
            let message = format!("`{shown}` is not a text file: {problem}");
            let help =
                "manifests are YAML or JSON in UTF-8; a compressed file must be unpacked first";
            return self.complain(wanted, "M004", message, help);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = self.sources.add(shown.to_string(), text);
        self.found.push(Found { file, named });
    }

    fn complain(&mut self, wanted: &Wanted, code: &'static str, message: String, help: &str) {
        let mut diagnostic = Diagnostic::error(code, message);
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        if let Some(place) = &wanted.place {
            diagnostic = diagnostic.at(place.clone());
        }
        self.diagnostics.push(diagnostic);
    }
}

fn not_text(bytes: &[u8]) -> Option<String> {
    if let Err(error) = std::str::from_utf8(bytes) {
        let (reason, help) = not_utf8(bytes, error.valid_up_to());
        return Some(format!("{reason} ({help})"));
    }
    let at = bytes.iter().position(|&byte| byte == 0)?;
    Some(format!("byte {at} is zero"))
}

/// What lies where a missing file was expected.
fn siblings(path: &Path) -> String {
    let Some(parent) = path.parent() else {
        return String::new();
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    if !parent.is_dir() {
        return format!("there is no directory `{}` either", parent.display());
    }
    let mut names: Vec<String> = entries(parent)
        .into_iter()
        .filter(|path| path.is_dir() || is_manifest(path))
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let wanted = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // Endings alike are no likeness.
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name.len(), |(stem, _)| stem.len())
    };
    let near = crate::diagnostic::nearest(&wanted, names.iter().map(String::as_str));
    let is_like = |near: &&str| {
        let (wanted, near) = (&wanted[..stem(&wanted)], &near[..stem(near)]);
        crate::diagnostic::nearest(wanted, [near]).is_some()
    };
    if let Some(near) = near.filter(is_like) {
        return format!("did you mean `{}`?", parent.join(near).display());
    }
    let more = names.len().saturating_sub(8);
    names.truncate(8);
    let end = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    match names.as_slice() {
        [] => format!("`{}` holds no manifest", parent.display()),
        names => format!("`{}` holds {}{end}", parent.display(), names.join(", ")),
    }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
}

/// The entries of a directory, sorted by name; none when it cannot be read.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect()
        })
        .unwrap_or_default();
    paths.sort();
    paths
}

/// All manifests below a directory. As with kubectl, links to directories are not followed.
fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    if depth > DIRECTORY_DEPTH_MAX {
        return;
    }
    for path in entries(directory) {
        if path.is_dir() {
            if !path.is_symlink() {
                walk(&path, depth + 1, files);
            }
        } else if is_manifest(&path) {
            files.push(path);
        }
    }
}

/// All files that a glob means, sorted.
fn expand(base: &Path, pattern: &str, files: &mut Vec<PathBuf>) {
    let (start, segments) = match pattern.strip_prefix('/') {
        Some(rest) => (PathBuf::from("/"), rest),
        None => (base.to_path_buf(), pattern),
    };
    let segments: Vec<&str> = segments
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    descend(&start, &segments, 0, files);
    files.sort();
    files.dedup();
}

fn descend(directory: &Path, segments: &[&str], depth: usize, files: &mut Vec<PathBuf>) {
    let [segment, rest @ ..] = segments else {
        return;
    };
    if depth > DIRECTORY_DEPTH_MAX {
        return;
    }
    if !segment.contains(['*', '?']) {
        let path = directory.join(segment);
        if rest.is_empty() && path.exists() {
            files.push(path);
        } else if !rest.is_empty() {
            descend(&path, rest, depth + 1, files);
        }
        return;
    }
    let here = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    if *segment == "**" {
        descend(directory, rest, depth + 1, files);
    }
    for path in entries(here) {
        let Some(name) = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
        else {
            continue;
        };
        let path = directory.join(&name);
        let enters = path.is_dir() && !path.is_symlink();
        if *segment == "**" {
            if enters {
                descend(&path, segments, depth + 1, files);
            }
        } else if matches(segment.as_bytes(), name.as_bytes()) && !name.starts_with('.') {
            if rest.is_empty() {
                files.push(path);
            } else if enters {
                descend(&path, rest, depth + 1, files);
            }
        }
    }
}

/// Whether a name matches a pattern of `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == name[n]) {
            p += 1;
            n += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("*.yaml", "web.yaml", true),
            ("*.yaml", "web.yml", false),
            ("a*b*c", "aXbYbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
