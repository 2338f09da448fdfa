//! Every way to hurt a file that we could think of: none is accepted silently.

use super::*;

/// Bytes that are not the log they were must not pass for a whole log, nor yield other entries.
fn check_harm(what: &str, bytes: &[u8], original: &[Entry]) {
    // A damaged header is an error, which is as good as any refusal.
    if let Ok((ending, entries)) = salvage(bytes) {
        assert_ne!(ending, Ending::Clean, "{what}");
        assert!(original.starts_with(&entries), "{what}: other entries");
    }
    // By the index, blocks are verified as they are read.
    if let Ok(mut reader) = Reader::open_indexed(Cursor::new(bytes)) {
        let clean = *reader.ending() == Ending::Clean;
        let (entries, outcome) = read_all(&mut reader);
        assert!(
            original.starts_with(&entries),
            "{what}: other entries by index"
        );
        let whole = entries.len() == original.len();
        assert!(
            whole || outcome.is_err() || !clean,
            "{what}: entries lost by index"
        );
    }
}

fn check_ending(bytes: &[u8], expected: &Ending, entries: usize) {
    let (ending, found) = salvage(bytes).unwrap();
    assert_eq!((&ending, found.len()), (expected, entries));
    assert!(super::entries().starts_with(&found));
    let refused = matches!(
        Reader::open(Cursor::new(bytes)),
        Err(LogError::Damaged { .. })
    );
    assert_eq!(refused, matches!(ending, Ending::Damaged { .. }));
}

fn torn(offset: usize, defect: Defect) -> Ending {
    Ending::TornTail {
        offset: offset as u64,
        defect,
    }
}

fn damaged(offset: usize, defect: Defect) -> Ending {
    Ending::Damaged {
        offset: offset as u64,
        defect,
    }
}

#[test]
fn a_whole_log_is_clean() {
    let bytes = small_log();
    assert!(
        block_offsets(&bytes).len() > 4,
        "the log has several blocks"
    );
    check_ending(&bytes, &Ending::Clean, entries().len());
}

/// LOG-5: truncation at any byte gives the longest prefix of whole blocks, and says so.
#[test]
fn a_log_may_be_cut_at_every_byte() {
    let bytes = small_log();
    let offsets = block_offsets(&bytes);
    let footer = *offsets.last().unwrap();
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        if length < offsets[0] {
            assert!(Reader::open(Cursor::new(cut)).is_err(), "{length}");
            continue;
        }
        let mut reader = Reader::open(Cursor::new(cut)).unwrap();
        let end = offsets
            .iter()
            .rev()
            .find(|offset| **offset <= length)
            .unwrap();
        assert_eq!(reader.body_end(), *end as u64, "{length}");
        let found = match reader.ending() {
            Ending::TornTail { offset, .. } => *offset,
            other @ (Ending::Clean | Ending::Damaged { .. }) => panic!("{length}: {other:?}"),
        };
        let footer_is_whole = length >= bytes.len() - 16;
        let expected = if footer_is_whole {
            bytes.len() - 16
        } else {
            *end
        };
        assert_eq!(found, expected as u64, "{length}");
        let (found, outcome) = read_all(&mut reader);
        outcome.unwrap();
        assert!(entries().starts_with(&found), "{length}");
        assert_eq!(found == entries(), length >= footer, "{length}");
        let by_index = Reader::open_indexed(Cursor::new(cut)).unwrap();
        assert_eq!(by_index.ending(), reader.ending(), "{length}");
    }
}

/// LOG-6: any flipped bit.
#[test]
fn every_bit_counts() {
    let mut bytes = small_log();
    let original = entries();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        check_harm(&format!("bit {bit}"), &bytes, &original);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// LOG-6: any run of up to 32 bits, in every place (here: four overwritten bytes).
#[test]
fn every_burst_counts() {
    let bytes = small_log();
    for offset in 0..bytes.len() - 4 {
        for fill in [0x00, 0xff, 0x5a] {
            let mut burst = bytes.clone();
            burst[offset..offset + 4].fill(fill);
            if burst != bytes {
                check_harm(&format!("{fill:02x} at {offset}"), &burst, &entries());
            }
        }
    }
}

#[test]
fn every_sector_counts() {
    let body: Vec<Entry> = (0..200)
        .map(|i| entry(EntryKind::Fact, i, None, &[7; 9]))
        .collect();
    let (bytes, _) = log(&header(), &body, 300);
    for offset in (0..bytes.len()).step_by(64) {
        let mut zeroed = bytes.clone();
        let end = bytes.len().min(offset + 512);
        zeroed[offset..end].fill(0);
        check_harm(&format!("sector at {offset}"), &zeroed, &body);
    }
}

/// LOG-6: blocks that were moved, lost or repeated, each of them valid by itself.
#[test]
fn blocks_have_their_places() {
    let bytes = small_log();
    let offsets = block_offsets(&bytes);
    let block = |index: usize| &bytes[offsets[index]..offsets[index + 1]];
    let last = offsets.len() - 1;
    for first in 0..last {
        let without = [&bytes[..offsets[first]], &bytes[offsets[first + 1]..]].concat();
        check_harm(&format!("without block {first}"), &without, &entries());
        let twice = [&bytes[..offsets[first + 1]], &bytes[offsets[first]..]].concat();
        check_harm(&format!("block {first} twice"), &twice, &entries());
        for second in first + 1..last {
            let (before, after) = (&bytes[..offsets[first]], &bytes[offsets[second + 1]..]);
            let between = &bytes[offsets[first + 1]..offsets[second]];
            let swapped = [before, block(second), between, block(first), after].concat();
            check_harm(
                &format!("{first} and {second} swapped"),
                &swapped,
                &entries(),
            );
        }
    }
}

#[test]
fn a_lost_block_is_damage_and_not_a_crash() {
    let bytes = small_log();
    let offsets = block_offsets(&bytes);
    let without = [&bytes[..offsets[1]], &bytes[offsets[2]..]].concat();
    let (ending, _) = salvage(&without).unwrap();
    let Ending::Damaged {
        offset,
        defect: Defect::ChainBroken { what, .. },
    } = ending
    else {
        panic!("{ending:?}");
    };
    assert_eq!(
        (offset, what),
        (offsets[1] as u64, "the hash of the block before")
    );
}

#[test]
fn a_block_of_another_run_does_not_belong() {
    let other = log(
        &Header {
            seed: 43,
            ..header()
        },
        &entries(),
        24,
    )
    .0;
    let bytes = small_log();
    let begin = block_offsets(&bytes)[0];
    check_harm(
        "other body",
        &[&bytes[..begin], &other[begin..]].concat(),
        &entries(),
    );
}

#[test]
fn bytes_after_the_end_are_damage() {
    let bytes = small_log();
    let end = bytes.len();
    for count in [1, 16, 67, 68, 500] {
        let longer = [&bytes[..], &vec![0; count]].concat();
        let defect = Defect::BytesAfterEnd {
            count: count as u64,
        };
        check_ending(&longer, &damaged(end, defect), entries().len());
    }
    check_harm("twice", &[&bytes[..], &bytes].concat(), &entries());
}

/// A file that was longer once, and was written over from the front.
#[test]
fn stale_bytes_after_a_torn_tail_are_noticed() {
    let bytes = small_log();
    let offsets = block_offsets(&bytes);
    let cut = offsets[2] + 30;
    // Garbage only: a crash.
    let garbage = [&bytes[..cut], &[0xaa; 700]].concat();
    let (ending, found) = salvage(&garbage).unwrap();
    assert!(matches!(ending, Ending::TornTail { offset, .. } if offset == offsets[2] as u64));
    assert!(found.len() < entries().len() && entries().starts_with(&found));
    // A whole block among the garbage: more than a crash, however the search window falls.
    for gap in [0, 1, 7, 65_000, 65_500, 65_536 - 68, 65_536, 70_000] {
        let stale = [
            &bytes[..cut],
            &vec![0xaa; gap],
            &bytes[offsets[3]..offsets[4]],
        ]
        .concat();
        let (ending, _) = salvage(&stale).unwrap();
        assert!(
            matches!(ending, Ending::Damaged { .. }),
            "{gap}: {ending:?}"
        );
    }
}

#[test]
fn a_damaged_footer_leaves_the_body_readable() {
    let bytes = small_log();
    let footer = *block_offsets(&bytes).last().unwrap();
    let all = entries().len();
    check_ending(&bytes[..footer], &torn(footer, Defect::NoEndMark), all);

    let mut hurt = bytes.clone();
    hurt[footer] = b'X';
    let defect = Defect::NotABlock { found: *b"XTBK" };
    check_ending(&hurt, &torn(footer, defect), all);

    let mut hurt = bytes.clone();
    hurt[footer + 70] ^= 1;
    let (ending, found) = salvage(&hurt).unwrap();
    assert_eq!(found, entries());
    let Ending::TornTail {
        offset,
        defect: Defect::PayloadChecksum { .. },
    } = ending
    else {
        panic!("{ending:?}");
    };
    assert_eq!(offset, footer as u64);

    let mut hurt = bytes.clone();
    let mark = bytes.len() - 16;
    hurt[mark] ^= 1;
    check_ending(&hurt, &torn(mark, Defect::EndMark), all);
}

/// LOG-7: the footer is a cache of the body.
#[test]
fn a_rebuilt_footer_is_the_stored_one() {
    for block_bytes in [1, 24, 100, 100_000] {
        let (bytes, summary) = log(&header(), &entries(), block_bytes);
        let footer = *block_offsets(&bytes).last().unwrap();
        let stored = Reader::open_indexed(Cursor::new(&bytes)).unwrap();
        let rebuilt = rebuild_footer(Cursor::new(&bytes[..footer])).unwrap();
        assert_eq!(stored.blocks(), rebuilt.blocks.items());
        assert_eq!(stored.checkpoints(), rebuilt.checkpoints.items());
        assert_eq!(*stored.totals(), rebuilt.totals);
        assert_eq!(stored.last_at(), rebuilt.last_at);
        assert_eq!(
            (stored.digest(), summary.digest),
            (rebuilt.digest, rebuilt.digest)
        );
        assert_eq!(summary.totals, rebuilt.totals);
    }
}

/// A forged length, with the checksum made right again, in every field that holds one.
#[test]
fn giant_lengths_allocate_nothing() {
    let bytes = small_log();
    for block in block_offsets(&bytes) {
        for field in [8, 12, 16, 20, 24] {
            for value in [u32::MAX, 1 << 30, 1 << 22, (1 << 22) + 1] {
                let mut forged = bytes.clone();
                forged[block + field..block + field + 4].copy_from_slice(&value.to_le_bytes());
                let checksum = crc32c::crc32c(&forged[block..block + 64]);
                forged[block + 64..block + 68].copy_from_slice(&checksum.to_le_bytes());
                check_harm(&format!("{value} at {block}+{field}"), &forged, &entries());
            }
        }
    }
    for value in [u32::MAX, 1 << 16, 0] {
        let mut forged = bytes.clone();
        forged[12..16].copy_from_slice(&value.to_le_bytes());
        assert!(Reader::open(Cursor::new(forged)).is_err());
    }
}

/// Forged payloads with right checksums: what only a hostile or broken writer makes.
#[test]
fn forged_payloads_are_damage() {
    let bytes = small_log();
    let offsets = block_offsets(&bytes);
    for window in offsets.windows(2) {
        let (block, payload) = (window[0], window[0] + 68);
        for offset in payload..window[1] {
            for value in [0x00, 0x0c, 0x7f, 0x80, 0xf0, 0xff] {
                let mut forged = bytes.clone();
                forged[offset] = value;
                let checksum = crc32c::crc32c(&forged[payload..window[1]]);
                forged[block + 28..block + 32].copy_from_slice(&checksum.to_le_bytes());
                let checksum = crc32c::crc32c(&forged[block..block + 64]);
                forged[block + 64..block + 68].copy_from_slice(&checksum.to_le_bytes());
                if forged != bytes {
                    let (ending, _) = salvage(&forged).unwrap();
                    assert_ne!(ending, Ending::Clean, "{value:02x} at {offset}");
                }
            }
        }
    }
}
