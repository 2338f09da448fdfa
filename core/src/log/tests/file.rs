//! Sinks and disks that fail, at every call.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use expect_test::expect;

use super::*;

/// A disk in memory, of which one operation fails.
#[derive(Clone)]
struct FlakyDisk(Rc<RefCell<Shelf>>);

struct Shelf {
    files: BTreeMap<PathBuf, Rc<RefCell<Vec<u8>>>>,
    /// Operations until the one that fails.
    calls_left: usize,
    error: ErrorKind,
    /// Operations after the one that failed.
    calls_after: usize,
    /// The most bytes that one write takes.
    short: usize,
}

struct FlakyFile(FlakyDisk, Rc<RefCell<Vec<u8>>>);

impl FlakyDisk {
    fn new(calls: usize, error: ErrorKind, short: usize) -> Self {
        Self(Rc::new(RefCell::new(Shelf {
            files: BTreeMap::new(),
            calls_left: calls,
            error,
            calls_after: 0,
            short,
        })))
    }

    fn call(&self) -> io::Result<()> {
        let mut shelf = self.0.borrow_mut();
        if shelf.calls_left == usize::MAX {
            shelf.calls_after += 1;
        } else if shelf.calls_left == 0 {
            shelf.calls_left = usize::MAX;
            return Err(shelf.error.into());
        } else {
            shelf.calls_left -= 1;
        }
        Ok(())
    }

    fn content(&self, path: &str) -> Option<Vec<u8>> {
        let shelf = self.0.borrow();
        shelf
            .files
            .get(Path::new(path))
            .map(|file| file.borrow().clone())
    }
}

impl Write for FlakyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.call()?;
        let taken = bytes.len().min(self.0.0.borrow().short);
        self.1.borrow_mut().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.call()
    }
}

impl Disk for FlakyDisk {
    type File = FlakyFile;

    fn create(&self, path: &Path) -> io::Result<FlakyFile> {
        self.call()?;
        if self.0.borrow().files.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = Rc::new(RefCell::new(Vec::new()));
        self.0
            .borrow_mut()
            .files
            .insert(path.to_owned(), Rc::clone(&file));
        Ok(FlakyFile(self.clone(), file))
    }

    fn sync(&self, _file: &FlakyFile) -> io::Result<()> {
        self.call()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call()?;
        let mut shelf = self.0.borrow_mut();
        let file = shelf.files.remove(from).ok_or(ErrorKind::NotFound)?;
        shelf.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        self.call()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call()?;
        self.0.borrow_mut().files.remove(path);
        Ok(())
    }
}

fn write_log(disk: &FlakyDisk) -> Result<Summary, LogError> {
    let mut file = LogFile::create_on(disk.clone(), "run.log", &header(), 24)?;
    for entry in entries() {
        append(file.writer(), &entry)?;
    }
    file.finish()
}

/// How many operations writing the log takes.
fn calls(short: usize) -> usize {
    const MANY: usize = 1 << 20;
    let disk = FlakyDisk::new(MANY, ErrorKind::Other, short);
    write_log(&disk).unwrap();
    MANY - disk.0.borrow().calls_left
}

/// LOG-8: whatever fails, the name is unused or has a whole log.
#[test]
fn a_disk_may_fail_at_every_call() {
    for short in [usize::MAX, 50] {
        let calls = calls(short);
        assert!(calls > 10);
        for failing in 0..calls {
            let disk = FlakyDisk::new(failing, ErrorKind::StorageFull, short);
            let error = write_log(&disk).unwrap_err();
            assert!(
                matches!(error, LogError::Write(_) | LogError::File { .. }),
                "{failing}: {error}"
            );
            let published = disk.content("run.log");
            // Only the last call, which makes the name durable, may fail after the log has its name.
            assert_eq!(published.is_some(), failing == calls - 1, "{failing}");
            if let Some(bytes) = published {
                assert_eq!(salvage(&bytes).unwrap(), (Ending::Clean, entries()));
            }
            if let Some(bytes) = disk.content("run.log.partial")
                && let Ok((ending, found)) = salvage(&bytes)
            {
                // `Clean` when only the name was missing.
                assert!(
                    !matches!(ending, Ending::Damaged { .. }),
                    "{failing}: {ending:?}"
                );
                assert!(entries().starts_with(&found), "{failing}");
            }
            let after = disk.0.borrow().calls_after;
            assert!(after <= 1, "{failing}: {after} calls after a failure");
        }
    }
}

/// EINTR is not a failure.
#[test]
fn an_interrupted_write_is_continued() {
    // Call 0 creates the file, the last three publish it, and those between write and flush.
    for failing in 1..calls(50) - 4 {
        let disk = FlakyDisk::new(failing, ErrorKind::Interrupted, 50);
        write_log(&disk).unwrap();
        assert_eq!(disk.content("run.log").unwrap(), small_log(), "{failing}");
    }
}

#[test]
fn a_failed_writer_takes_nothing_more() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = LogWriter::with_block_bytes(Full(300), &header(), 24).unwrap();
    let mut outcomes = entries()
        .into_iter()
        .map(|entry| append(&mut writer, &entry));
    assert!(matches!(
        outcomes.find(Result::is_err),
        Some(Err(LogError::Write(_)))
    ));
    assert!(outcomes.all(|outcome| matches!(outcome, Err(LogError::Abandoned))));
    assert!(matches!(writer.finish(), Err(LogError::Abandoned)));
}

#[test]
fn a_sink_that_takes_nothing_is_an_error() {
    let error = LogWriter::create(&mut [0; 100][..], &header()).unwrap_err();
    expect!["the log could not be written"].assert_eq(&error.to_string());
}

#[test]
fn an_entry_can_be_too_long() {
    let mut writer = LogWriter::create(Vec::new(), &header()).unwrap();
    let longest = vec![7; MAX_BODY_BYTES];
    writer.fact(SimTime::MAX, None, &[1]).unwrap();
    writer.definition(SimTime::MAX, &longest).unwrap();
    let error = writer
        .fact(SimTime::MAX, None, &vec![7; MAX_BODY_BYTES + 1])
        .unwrap_err();
    expect!["an entry of 4194274 bytes does not fit in a log, which takes at most 4194273"]
        .assert_eq(&error.to_string());
    writer.fact(SimTime::MAX, Some(0), &longest).unwrap();
    let (bytes, _) = writer.finish().unwrap();
    let (ending, found) = salvage(&bytes).unwrap();
    assert_eq!((ending, found.len()), (Ending::Clean, 3));
    assert_eq!(found[2].body, longest);
}

#[test]
fn a_log_file_appears_when_it_is_finished() {
    let directory = std::env::temp_dir().join(format!("wavetank-log-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("run.log");
    let begin = || LogFile::create(&path, &header()).unwrap();
    let names = || {
        let names = std::fs::read_dir(&directory).unwrap();
        let mut names: Vec<_> = names.map(|name| name.unwrap().file_name()).collect();
        names.sort();
        names
    };

    // Dropped: what was appended stays, beside the name.
    let mut dropped = begin();
    append(dropped.writer(), &entries()[0]).unwrap();
    drop(dropped);
    assert_eq!(names(), ["run.log.partial"]);
    let mut reader =
        Reader::open(std::fs::File::open(directory.join("run.log.partial")).unwrap()).unwrap();
    assert!(matches!(
        reader.ending(),
        Ending::TornTail {
            defect: Defect::NoEndMark,
            ..
        }
    ));
    assert_eq!(read_all(&mut reader).0, entries()[..1]);

    // Discarded: nothing stays.
    begin().discard().unwrap();
    assert_eq!(names(), ["run.log.partial"]);

    // Finished, twice: the second takes the place of the first, and of nothing else.
    begin().finish().unwrap();
    let mut file = begin();
    assert_eq!(file.partial_path(), directory.join("run.log.2.partial"));
    entries()
        .iter()
        .for_each(|entry| append(file.writer(), entry).unwrap());
    let summary = file.finish().unwrap();
    assert_eq!(names(), ["run.log", "run.log.partial"]);
    let mut reader = Reader::open(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(
        (reader.ending(), reader.digest()),
        (&Ending::Clean, summary.digest)
    );
    assert_eq!(read_all(&mut reader).0, entries());
    std::fs::remove_dir_all(&directory).unwrap();
}
