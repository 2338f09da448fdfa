//! The examples of the manual: every block marked `console` in the README, in the pages of the book and
//! in `sim/tests/transcripts` is run, and its output compared to the letter.
//!
//! Each page has a directory of its own with the repository's scenarios in it, so that commands read as
//! they are typed at the repository's root, and may leave files behind. `TRYCMD=overwrite` accepts what
//! was printed. Blocks in another language, such as `sh`, are not run: what takes long, or needs other
//! programs.

#![cfg(feature = "cli")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// What of the repository commands may name.
const COPIED: [&str; 3] = ["scenarios", "docs/src/examples", "sim/tests/transcripts"];

/// Pages, and directories of them.
const PAGES: [&str; 4] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/src",
    "sim/tests/transcripts",
];

#[test]
fn examples_print_what_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the repository");
    let mut pages = Vec::new();
    for page in PAGES {
        collect(&root.join(page), &mut pages);
    }
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts");
    drop(fs::remove_dir_all(&scratch));
    let mut run = 0;
    let mut failed = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let text = fs::read_to_string(page).expect("a page");
        if !text.contains("```console") {
            continue;
        }
        run += 1;
        let directory = scratch.join(number.to_string());
        for part in COPIED {
            copy(&root.join(part), &directory.join(part));
        }
        std::env::set_current_dir(&directory).expect("the page's directory");
        let result = catch_unwind(|| {
            trycmd::TestCases::new()
                .register_bin("wavetank", Path::new(env!("CARGO_BIN_EXE_wavetank")))
                .case(page)
                .run();
        });
        if result.is_err() {
            failed.push(page.display().to_string());
        }
    }
    assert!(run > 0, "no page has an example");
    assert!(
        failed.is_empty(),
        "examples print something else in {}",
        failed.join(", ")
    );
}

/// The pages at a path, in order.
fn collect(path: &Path, pages: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        entries.sort();
        for entry in entries {
            collect(&entry, pages);
        }
    } else if path.extension().is_some_and(|extension| extension == "md") {
        pages.push(path.to_owned());
    }
}

/// Copies a directory with all below it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file is copied");
        }
    }
}
