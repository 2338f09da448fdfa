//! Tests of the log as a whole: entries in, bytes between, entries out.

mod damage;
mod file;
mod golden;
mod property;
mod record;
mod samples;

use std::io::Cursor;

use super::*;
use crate::time::SimTime;

/// An entry that owns its body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    kind: EntryKind,
    at: SimTime,
    cause: Option<u64>,
    body: Vec<u8>,
}

fn header() -> Header {
    Header {
        model_version: "0.1.0".to_owned(),
        scenario: Digest::of(b"kind: Scenario"),
        scenario_name: "rollout".to_owned(),
        parameters: vec![("replicas".to_owned(), "10".to_owned())],
        seed: 42,
        level: RecordingLevel::Messages,
        clock_phase: 250_000_000,
        zero: SimTime::from_secs(60),
        epoch_seconds: 1_767_225_600,
    }
}

fn entry(kind: EntryKind, micros: u64, cause: Option<u64>, body: &[u8]) -> Entry {
    Entry {
        kind,
        at: SimTime::from_nanos(micros * 1_000),
        cause,
        body: body.to_vec(),
    }
}

/// Thirteen entries of all kinds.
fn entries() -> Vec<Entry> {
    use EntryKind::{Checkpoint, Definition, Delivery, Fact};
    let mut entries = vec![
        entry(Definition, 0, None, b"template: web"),
        entry(Fact, 0, None, &[9, 1]),
        entry(Fact, 0, Some(0), &[0, 7, 3]),
        entry(Delivery, 4_000, Some(1), &[2, 2]),
        entry(Fact, 4_100, Some(1), &[0, 7, 4, 1]),
        entry(Checkpoint, 4_100, None, &[0xc5; 16]),
        entry(Delivery, 8_250, Some(2), &[]),
        entry(
            Definition,
            8_250,
            None,
            b"a text that is longer than fourteen bytes",
        ),
        entry(Fact, 1_000_000, Some(0), &[3; 15]),
        entry(Delivery, 1_000_001, None, &[1]),
        entry(Fact, 1_000_001, Some(3), &[]),
        entry(Fact, 2_500_000, None, &[5, 5, 5]),
    ];
    entries.push(Entry {
        at: SimTime::from_nanos(2_500_000_001),
        ..entry(Fact, 0, Some(1), &[6])
    });
    entries
}

fn append(writer: &mut LogWriter<impl std::io::Write>, entry: &Entry) -> Result<(), LogError> {
    let Entry {
        kind,
        at,
        cause,
        body,
    } = entry;
    match kind {
        EntryKind::Fact => writer.fact(*at, *cause, body).map(drop),
        EntryKind::Delivery => writer.delivery(*at, *cause, body),
        EntryKind::Definition => writer.definition(*at, body),
        EntryKind::Checkpoint => {
            writer.checkpoint(u128::from_le_bytes(body[..].try_into().unwrap()))
        }
    }
}

/// The bytes of a finished log.
fn log(header: &Header, entries: &[Entry], block_bytes: usize) -> (Vec<u8>, Summary) {
    let mut writer = LogWriter::with_block_bytes(Vec::new(), header, block_bytes).unwrap();
    for entry in entries {
        append(&mut writer, entry).unwrap();
    }
    let (bytes, summary) = writer.finish().unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    (bytes, summary)
}

/// The log that the damage is done to: three entries or so a block.
fn small_log() -> Vec<u8> {
    log(&header(), &entries(), 24).0
}

/// Reads on until the end or an error. Facts must be numbered from 0.
fn read_all<S: std::io::Read + std::io::Seek>(
    reader: &mut Reader<S>,
) -> (Vec<Entry>, Result<(), LogError>) {
    let mut entries = Vec::new();
    let mut facts = 0;
    loop {
        match reader.next() {
            Ok(None) => return (entries, Ok(())),
            Err(error) => return (entries, Err(error)),
            Ok(Some(EntryRef {
                kind,
                seq,
                at,
                cause,
                body,
            })) => {
                let is_fact = kind == EntryKind::Fact;
                assert_eq!(seq, is_fact.then_some(facts));
                facts += u64::from(is_fact);
                entries.push(Entry {
                    kind,
                    at,
                    cause,
                    body: body.to_vec(),
                });
            }
        }
    }
}

/// Opens for salvage and reads everything that is there.
fn salvage(bytes: &[u8]) -> Result<(Ending, Vec<Entry>), LogError> {
    let mut reader = Reader::salvage(Cursor::new(bytes))?;
    let (entries, outcome) = read_all(&mut reader);
    outcome.expect("what was verified on opening can be read");
    Ok((reader.ending().clone(), entries))
}

/// Where the blocks begin, and where the footer begins.
fn block_offsets(bytes: &[u8]) -> Vec<usize> {
    let reader = Reader::open(Cursor::new(bytes)).unwrap();
    let blocks = reader.blocks().iter().map(|block| block.offset);
    let offsets = blocks.chain([reader.body_end()]);
    offsets
        .map(|offset| usize::try_from(offset).unwrap())
        .collect()
}
