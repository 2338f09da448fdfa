//! Reading files of lines, compressed or not, without ever holding more than a batch of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::case::Damage;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Sources};

/// The longest line that is read. Recorded decisions have some hundred kilobytes.
const LINE_BYTES_MAX: usize = 32 << 20;
/// How many bytes a file may have once it is decompressed: a bomb ends here.
const FILE_BYTES_MAX: u64 = 64 << 30;
/// A batch ends with the line that makes it this long.
const BATCH_BYTES: usize = 16 << 20;
/// How many lines a batch has at most.
const BATCH_LINES: usize = 512;
/// After so many mistakes nobody reads on.
pub const MISTAKES_MAX: usize = 100;
/// What of a damaged line is kept for its drawing.
const SHOWN_BYTES: usize = 10_000;
/// Lines beyond this number are told, but not drawn.
const DRAWN_LINE_MAX: u64 = 1_000_000;

/// One line of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberedLine {
    /// Its number, from 1.
    pub number: u64,
    /// Its text without the line break.
    pub text: String,
}

/// Something that the user has to change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The file as it was named.
    pub file: String,
    /// The line from 1, its text as far as it is shown, and the column from 1; none when it is about the
    /// whole file.
    pub place: Option<(u64, String, usize)>,
    /// The stable number of its kind.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// The lines of a file, some at a time.
pub struct Batches {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    read: Arc<AtomicU64>,
    line: u64,
    unpacked: u64,
}

/// Counts the bytes that come from a file.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// How many bytes a file has; 0 when nobody knows.
#[must_use]
pub fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

impl Batches {
    /// Opens a file: `.jsonl`, or `.jsonl.zst`.
    ///
    /// # Errors
    ///
    /// When there is none, or it has another name.
    pub fn open(path: &Path) -> Result<Self, Mistake> {
        let name = path.to_string_lossy();
        let is_packed = name.ends_with(".jsonl.zst");
        if !is_packed && !name.ends_with(".jsonl") {
            let help = "files of recorded decisions end in .jsonl or .jsonl.zst";
            return Err(whole(path, "C001", "not a file of lines of JSON", help));
        }
        let cannot = |error: io::Error| {
            let message = format!("the file cannot be read: {}", told(&error));
            whole(path, "C002", message, "")
        };
        if path.is_dir() {
            return Err(whole(path, "C002", "a directory", "name the files in it"));
        }
        let read = Arc::<AtomicU64>::default();
        let file = Counted {
            file: File::open(path).map_err(cannot)?,
            read: read.clone(),
        };
        let reader: Box<dyn BufRead> = if is_packed {
            Box::new(BufReader::new(zstd::Decoder::new(file).map_err(cannot)?))
        } else {
            Box::new(BufReader::new(file))
        };
        Ok(Self {
            path: path.to_owned(),
            reader,
            read,
            line: 0,
            unpacked: 0,
        })
    }

    /// How many bytes of the file were read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The next lines, one of `one_of`; empty lines are passed over. Nothing at the end.
    ///
    /// # Errors
    ///
    /// When the file is damaged or monstrous.
    pub fn next(&mut self, one_of: u64) -> Result<Vec<NumberedLine>, Mistake> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while bytes < BATCH_BYTES && batch.len() < BATCH_LINES {
            let Some(text) = self.line()? else {
                break;
            };
            if (self.line - 1).is_multiple_of(one_of.max(1)) && !text.trim_ascii().is_empty() {
                bytes += text.len();
                batch.push(self.text(text)?);
            }
        }
        Ok(batch)
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, Mistake> {
        let mut text = Vec::new();
        let mut limited = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 1);
        let read = limited.read_until(b'\n', &mut text).map_err(|error| {
            let message = format!("damaged after line {}: {}", self.line, told(&error));
            whole(&self.path, "C003", message, "")
        })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.unpacked += read as u64;
        if read > LINE_BYTES_MAX {
            let message = format!(
                "line {} is longer than {} MiB",
                self.line,
                LINE_BYTES_MAX >> 20
            );
            return Err(whole(
                &self.path,
                "C004",
                message,
                "one line is one decision",
            ));
        }
        if self.unpacked > FILE_BYTES_MAX {
            let message = format!("more than {} GiB", FILE_BYTES_MAX >> 30);
            return Err(whole(&self.path, "C004", message, "split the file"));
        }
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        Ok(Some(text))
    }

    fn text(&self, bytes: Vec<u8>) -> Result<NumberedLine, Mistake> {
        let number = self.line;
        let text = String::from_utf8(bytes).map_err(|error| {
            let column = error.utf8_error().valid_up_to() + 1;
            let message = format!("line {number} is not UTF-8, from byte {column} on");
            whole(&self.path, "C003", message, "")
        })?;
        Ok(NumberedLine { number, text })
    }

    /// That a line is damaged.
    #[must_use]
    pub fn mistake(&self, line: &NumberedLine, damage: Damage) -> Mistake {
        let mut end = line.text.len().min(damage.column + 60);
        while !line.text.is_char_boundary(end) {
            end += 1;
        }
        let shown = if end <= SHOWN_BYTES {
            &line.text[..end]
        } else {
            ""
        };
        Mistake {
            file: self.path.display().to_string(),
            place: Some((line.number, shown.to_owned(), damage.column)),
            code: "C005",
            message: damage.message,
            help: "each line is one recorded decision or sequence, a whole JSON object",
        }
    }

    /// That the file has no decision at all.
    #[must_use]
    pub fn nothing(&self) -> Mistake {
        whole(&self.path, "C006", "no recorded decision", "")
    }

    /// That so much is wrong that nobody reads on.
    #[must_use]
    pub fn too_many(&self) -> Mistake {
        let message = format!("more than {MISTAKES_MAX} mistakes; the rest is not read");
        whole(&self.path, "C007", message, "")
    }
}

/// A mistake about a whole file.
fn whole(
    path: &Path,
    code: &'static str,
    message: impl Into<String>,
    help: &'static str,
) -> Mistake {
    Mistake {
        file: path.display().to_string(),
        place: None,
        code,
        message: message.into(),
        help,
    }
}

/// What went wrong.
fn told(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return "there is no such file".to_owned();
    }
    error.to_string()
}

impl Mistake {
    /// The message for the person who named the file.
    pub fn tell(&self, sources: &mut Sources, diagnostics: &mut Diagnostics) {
        let mut diagnostic = Diagnostic::error(self.code, self.message.clone());
        if !self.help.is_empty() {
            diagnostic = diagnostic.help(self.help);
        }
        diagnostics.push(match &self.place {
            None => {
                diagnostic.message = format!("{}: {}", self.file, self.message);
                diagnostic
            }
            Some((number, shown, column)) if *number <= DRAWN_LINE_MAX && !shown.is_empty() => {
                let line = u32::try_from(*number).unwrap_or(u32::MAX);
                let breaks = "\n".repeat(line as usize - 1);
                let before = shown.get(..column.saturating_sub(1)).unwrap_or(shown);
                let place = Place {
                    file: sources.add(self.file.as_str(), format!("{breaks}{shown}")),
                    line,
                    column: u32::try_from(before.chars().count()).unwrap_or(u32::MAX) + 1,
                    length: 1,
                    path: String::new(),
                };
                diagnostic.at(place)
            }
            Some((number, _, column)) => {
                let (file, message) = (&self.file, &self.message);
                diagnostic.message = format!("{file}:{number}:{column}: {message}");
                diagnostic
            }
        });
    }
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("path", &self.path)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
