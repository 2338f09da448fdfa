//! Properties of arbitrary logs and arbitrary bytes.

use proptest::prelude::*;

use super::*;

/// Entries in order of time, each cause an earlier fact.
fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let delta = prop_oneof![
        3 => Just(0_u64),
        3 => (1_u64..5_000_000).prop_map(|micros| micros * 1_000),
        2 => 1_u64..3_000_000_000,
        1 => any::<u64>().prop_map(|nanos| nanos >> 10),
    ];
    let body = prop::collection::vec(any::<u8>(), 0..40);
    let raw = (
        0_u8..10,
        delta,
        any::<prop::sample::Index>(),
        any::<bool>(),
        body,
    );
    prop::collection::vec(raw, 0..80).prop_map(|raw| {
        let (mut at, mut facts) = (0, 0_usize);
        let number =
            |(kind, delta, cause, caused, body): (u8, u64, prop::sample::Index, _, Vec<u8>)| {
                // Checkpoints take the time of the entry before.
                let kind = match kind {
                    0..6 => EntryKind::Fact,
                    6..8 => EntryKind::Delivery,
                    8 => EntryKind::Definition,
                    _ => EntryKind::Checkpoint,
                };
                let is_checkpoint = kind == EntryKind::Checkpoint;
                at += if is_checkpoint { 0 } else { delta };
                let has_cause = matches!(kind, EntryKind::Fact | EntryKind::Delivery);
                let cause = (has_cause && caused && facts > 0).then(|| cause.index(facts) as u64);
                facts += usize::from(kind == EntryKind::Fact);
                let body = if is_checkpoint {
                    vec![body.first().copied().unwrap_or(1); 16]
                } else {
                    body
                };
                Entry {
                    kind,
                    at: SimTime::from_nanos(at),
                    cause,
                    body,
                }
            };
        raw.into_iter().map(number).collect()
    })
}

fn digest_without_file(header: &Header, entries: &[Entry]) -> Digest {
    let mut digest = RunDigest::new(header);
    for entry in entries {
        match entry.kind {
            EntryKind::Fact => drop(digest.fact(entry.at, entry.cause, &entry.body)),
            EntryKind::Definition => digest.definition(&entry.body),
            EntryKind::Delivery | EntryKind::Checkpoint => (),
        }
    }
    digest.finish()
}

proptest! {
    /// LOG-10: what is written is read, whatever the size of blocks.
    #[test]
    fn entries_return(entries in any_entries(), block_bytes in 1_usize..400) {
        let (bytes, summary) = log(&header(), &entries, block_bytes);
        let mut reader = Reader::open(Cursor::new(&bytes)).unwrap();
        prop_assert_eq!(reader.ending(), &Ending::Clean);
        prop_assert_eq!(reader.header(), &header());
        prop_assert_eq!(reader.digest(), summary.digest);
        let (found, outcome) = read_all(&mut reader);
        outcome.unwrap();
        prop_assert_eq!(&found, &entries);
        reader.rewind();
        prop_assert_eq!(&read_all(&mut reader).0, &entries);
        // Canonical: the entries that were read make the same bytes again.
        prop_assert_eq!(log(&header(), &found, block_bytes).0, bytes);
    }

    /// The digest covers facts and definitions, and nothing that a recording level changes.
    #[test]
    fn the_digest_is_the_same_at_every_level(entries in any_entries(), block_bytes in 1_usize..400) {
        let expected = digest_without_file(&header(), &entries);
        let at_level = |level, block_bytes| {
            let header = Header {
                level,
                scenario_name: format!("{level:?}"),
                zero: SimTime::ZERO,
                ..header()
            };
            log(&header, &entries, block_bytes).1
        };
        let messages = at_level(RecordingLevel::Messages, block_bytes);
        let facts = at_level(RecordingLevel::Facts, 1_000_000);
        prop_assert_eq!((messages.digest, facts.digest), (expected, expected));
        prop_assert_eq!(facts.totals.deliveries, 0);
        prop_assert_eq!(facts.totals.facts, messages.totals.facts);
        let without: Vec<Entry> = (entries.iter())
            .filter(|entry| entry.kind != EntryKind::Checkpoint)
            .cloned()
            .collect();
        prop_assert_eq!(log(&header(), &without, block_bytes).1.digest, expected);
    }

    #[test]
    fn the_digest_tells_runs_apart(
        entries in any_entries(),
        index: prop::sample::Index,
        change in 0_u8..5,
    ) {
        let facts: Vec<usize> = (0..entries.len())
            .filter(|index| entries[*index].kind == EntryKind::Fact)
            .collect();
        prop_assume!(!facts.is_empty());
        let index = facts[index.index(facts.len())];
        let (mut header, mut changed) = (header(), entries.clone());
        let expected = digest_without_file(&header, &entries);
        match change {
            0 => changed[index].body.push(0),
            1 => for entry in &mut changed[index..] {
                entry.at = SimTime::from_nanos(entry.at.nanos() + 1);
            },
            2 => drop(changed.remove(facts[facts.len() - 1])),
            3 => header.seed += 1,
            _ => header.parameters.push(("surge".to_owned(), String::new())),
        }
        prop_assert_ne!(digest_without_file(&header, &changed), expected);
    }

    #[test]
    fn a_seek_finds_its_place(
        entries in any_entries(),
        block_bytes in 1_usize..400,
        target: prop::sample::Index,
    ) {
        prop_assume!(!entries.is_empty());
        let (bytes, _) = log(&header(), &entries, block_bytes);
        let at = entries[target.index(entries.len())].at;
        let seq = target.index(entries.len()) as u64;
        let mut reader = Reader::open_indexed(Cursor::new(&bytes)).unwrap();
        let mut facts = 0;
        let is_reached = |entry: &&Entry| {
            facts += u64::from(entry.kind == EntryKind::Fact);
            entry.kind == EntryKind::Fact && facts > seq
        };
        let by_seq = entries.iter().find(is_reached);
        let by_time = entries.iter().find(|entry| entry.at >= at);
        for (position, expected) in [(Position::Seq(seq), by_seq), (Position::At(at), by_time)] {
            reader.seek(position).unwrap();
            let found = reader.next().unwrap();
            let found = found.map(|entry| (entry.kind, entry.at, entry.cause, entry.body));
            let expected = expected.map(|entry| (entry.kind, entry.at, entry.cause, &entry.body[..]));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let headed = [&header().to_bytes().unwrap()[..], &bytes].concat();
        prop_assert!(salvage(&bytes).is_err());
        let (ending, found) = salvage(&headed).unwrap();
        prop_assert!(ending != Ending::Clean && found.is_empty());
    }

    #[test]
    fn mixed_up_logs_are_noticed(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..300), 1..5),
    ) {
        let bytes = small_log();
        let pieces: Vec<&[u8]> = cuts
            .iter()
            .map(|(begin, _)| &bytes[begin.index(bytes.len())..][..])
            .zip(&cuts)
            .map(|(piece, (_, length))| &piece[..piece.len().min(*length)])
            .collect();
        let begin = block_offsets(&bytes)[1];
        let mixed = [&bytes[..begin], &pieces.concat()].concat();
        let (ending, found) = salvage(&mixed).unwrap();
        prop_assert!(entries().starts_with(&found));
        prop_assert!(ending != Ending::Clean || mixed == bytes);
    }
}
