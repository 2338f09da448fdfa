//! A log on disk, which appears under its name when it is complete, or not at all.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::header::Header;
use super::writer::{DEFAULT_BLOCK_BYTES, LogWriter, Summary};

/// The most names that are tried for an unfinished file.
const MAX_PARTIAL_NAMES: u32 = 1_000;

/// The operations on a file system that publishing a log takes.
///
/// It exists so that tests can let each of them fail.
pub trait Disk {
    /// An open file.
    type File: Write;

    /// Creates a file that does not exist yet.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`], or what the system says.
    fn create(&self, path: &Path) -> io::Result<Self::File>;

    /// Waits until the content of a file is on the disk.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync(&self, file: &Self::File) -> io::Result<()>;

    /// Gives a file its name, in place of a file that has it already, at one instant.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Waits until the names in a directory are on the disk.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    type File = File;

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        // Other systems cannot open a directory, and order names with contents by themselves.
        if cfg!(unix) {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// A log that is being written to a file.
///
/// The entries go to `NAME.partial` beside the file (`NAME.2.partial` and so on when that exists);
/// [`finish`](Self::finish) makes it durable and gives it its name. If the log is dropped before,
/// because an error or a panic came between, the partial file stays, with all that was appended if
/// the disk takes it: it opens as a log with a torn tail, and is the best witness of what went
/// wrong. [`discard`](Self::discard) removes it. An existing partial file is never overwritten.
pub struct LogFile<D: Disk = SystemDisk> {
    disk: D,
    path: PathBuf,
    partial: PathBuf,
    /// Taken by `finish` and `discard`.
    writer: Option<LogWriter<D::File>>,
}

impl LogFile {
    /// Begins a log that will have the name `path`.
    ///
    /// # Errors
    ///
    /// When the partial file cannot be created or written, or the header is not valid.
    pub fn create(path: impl Into<PathBuf>, header: &Header) -> Result<Self, LogError> {
        Self::create_on(SystemDisk, path, header, DEFAULT_BLOCK_BYTES)
    }
}

impl<D: Disk> LogFile<D> {
    /// Begins a log on a given disk, with blocks of a given size.
    ///
    /// # Errors
    ///
    /// When the partial file cannot be created or written, or the header is not valid.
    pub fn create_on(
        disk: D,
        path: impl Into<PathBuf>,
        header: &Header,
        block_bytes: usize,
    ) -> Result<Self, LogError> {
        let path = path.into();
        header.to_bytes()?;
        let (partial, file) = create_partial(&disk, &path)?;
        let begun = LogWriter::with_block_bytes(file, header, block_bytes);
        // Without entries there is nothing to keep.
        let writer = begun.inspect_err(|_| drop(disk.remove(&partial)))?;
        Ok(Self {
            disk,
            path,
            partial,
            writer: Some(writer),
        })
    }

    /// The writer, to append with.
    ///
    /// # Panics
    ///
    /// Never: the writer is there until the log is finished or discarded.
    #[inline]
    pub fn writer(&mut self) -> &mut LogWriter<D::File> {
        self.writer.as_mut().expect("the log is open")
    }

    /// Where the entries are until the log is finished.
    #[must_use]
    pub fn partial_path(&self) -> &Path {
        &self.partial
    }

    /// Writes the footer, makes the file durable, and gives it its name.
    ///
    /// # Errors
    ///
    /// When one of the steps fails. Nothing is tried twice, as a failed `fsync` says nothing about
    /// the next one. The name is then unused or still that of the file before, and the partial file
    /// stays; unless it was the last step that failed, making the name itself durable.
    ///
    /// # Panics
    ///
    /// Never: the writer is there until the log is finished or discarded.
    pub fn finish(mut self) -> Result<Summary, LogError> {
        let mut writer = self.writer.take().expect("the log is open");
        let summary = writer.end()?;
        let (path, partial) = (&self.path, &self.partial);
        self.disk
            .sync(writer.sink())
            .map_err(failed("sync", partial))?;
        drop(writer);
        self.disk
            .rename(partial, path)
            .map_err(failed("publish", path))?;
        let directory = directory_of(path);
        self.disk
            .sync_directory(directory)
            .map_err(failed("sync the directory", directory))?;
        Ok(summary)
    }

    /// Removes what was written.
    ///
    /// # Errors
    ///
    /// When the partial file cannot be removed.
    pub fn discard(mut self) -> Result<(), LogError> {
        drop(self.writer.take());
        let partial = &self.partial;
        self.disk.remove(partial).map_err(failed("remove", partial))
    }
}

impl<D: Disk> Drop for LogFile<D> {
    fn drop(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            // What cannot be written now is lost; that the log has no end says so to its readers.
            writer.flush().ok();
        }
    }
}

impl<D: Disk> fmt::Debug for LogFile<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFile")
            .field("path", &self.path)
            .field("partial", &self.partial)
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}

fn create_partial<D: Disk>(disk: &D, path: &Path) -> Result<(PathBuf, D::File), LogError> {
    let mut attempt = 1;
    loop {
        let partial = partial_name(path, attempt);
        match disk.create(&partial) {
            Ok(file) => return Ok((partial, file)),
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && attempt < MAX_PARTIAL_NAMES =>
            {
                attempt += 1;
            }
            Err(error) => return Err(failed("create", &partial)(error)),
        }
    }
}

fn partial_name(path: &Path, attempt: u32) -> PathBuf {
    let mut name = OsString::from(path);
    if attempt > 1 {
        name.push(format!(".{attempt}"));
    }
    name.push(".partial");
    PathBuf::from(name)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        Some(_) | None => Path::new("."),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
    let path = path.to_owned();
    move |source| LogError::File {
        action,
        path,
        source,
    }
}
