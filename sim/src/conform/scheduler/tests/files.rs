//! Files that cannot be read, and those that would not end.

use std::io::Write as _;
use std::path::PathBuf;

use expect_test::expect;

use super::*;
use crate::diagnostic::{Diagnostics, Sources, Style};

/// A file of one test.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("wavetank-conform-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// What is told about files, with their directory taken off.
fn told(files: &[PathBuf]) -> String {
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let text = match run(&paths, Options::default(), &|_| ()) {
        Ok(report) => {
            let (passed, failed) = report.totals();
            format!("{passed} passed, {failed} failed\n")
        }
        Err(mistakes) => {
            let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
            for mistake in &mistakes {
                mistake.tell(&mut sources, &mut diagnostics);
            }
            diagnostics.render(&sources, Style::Plain)
        }
    };
    let directory = files[0]
        .parent()
        .expect("a directory")
        .display()
        .to_string();
    text.replace(&format!("{directory}/"), "")
}

fn line() -> String {
    case(vec![], vec![], pod("web-1", "1")).to_string()
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let cut = format!("{}\n{{\"pod\":\n\n{{\"theme\": \"none\"}}\n", line());
    let missing = file("missing.jsonl", b"");
    std::fs::remove_file(&missing).expect("a file");
    let files = [
        file("cut.jsonl", cut.as_bytes()),
        missing,
        file("notes.txt", b"{}"),
        file("empty.jsonl", b"\n\n"),
        file("wrong.jsonl.zst", b"no frame"),
        file("latin.jsonl", b"{\"case\": \"\xff\"}\n"),
    ];
    expect![[r#"
        error[C002]: missing.jsonl: the file cannot be read: there is no such file
        error[C001]: notes.txt: not a file of lines of JSON
         |
         = help: files of recorded decisions end in .jsonl or .jsonl.zst
        error[C006]: empty.jsonl: no recorded decision
        error[C003]: wrong.jsonl.zst: damaged after line 0: Unknown frame descriptor
        error[C003]: latin.jsonl: line 1 is not UTF-8, from byte 11 on
        error[C005]: EOF while parsing a value
         --> cut.jsonl:2:7
          |
        2 | {"pod":
          |       ^
          |
          = help: each line is one recorded decision or sequence, a whole JSON object
        error[C005]: neither a decision (with `pod`) nor a sequence (with `mode` and `pods`)
         --> cut.jsonl:4:1
          |
        4 | {"theme": "none"}
          | ^
          |
          = help: each line is one recorded decision or sequence, a whole JSON object
        7 errors, 0 warnings; nothing was run
    "#]]
    .assert_eq(&told(&files));
}

#[test]
fn compressed_lines_are_lines() {
    let text = format!("{}\n{}", line(), line());
    let packed = zstd::encode_all(text.as_bytes(), 1).expect("zstd");
    expect!["0 passed, 2 failed\n"].assert_eq(&told(&[file("two.jsonl.zst", &packed)]));
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("zstd");
    for _ in 0..40 {
        encoder.write_all(&vec![b' '; 1 << 20]).expect("a buffer");
    }
    let packed = encoder.finish().expect("a buffer");
    expect![[r#"
        error[C004]: bomb.jsonl.zst: line 1 is longer than 32 MiB
         |
         = help: one line is one decision
        1 error, 0 warnings; nothing was run
    "#]]
    .assert_eq(&told(&[file("bomb.jsonl.zst", &packed)]));
}

#[test]
fn after_a_hundred_mistakes_nobody_reads_on() {
    let text = "{}\n".repeat(5_000);
    let text = told(&[file("many.jsonl", text.as_bytes())]);
    assert!(
        text.contains("more than 100 mistakes; the rest is not read"),
        "{text}"
    );
}
