//! The bytes of format 1. They are a promise: a change here makes old logs unreadable.

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::*;

fn check_bytes(bytes: &[u8], expected: Expect) {
    let mut text = String::new();
    for (index, line) in bytes.chunks(16).enumerate() {
        write!(text, "{:04x} ", index * 16).unwrap();
        line.iter()
            .for_each(|byte| write!(text, " {byte:02x}").unwrap());
        text.push('\n');
    }
    expected.assert_eq(&text);
}

fn check_error(bytes: &[u8], expected: Expect) {
    let error = Reader::open(Cursor::new(bytes)).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn the_header_is_frozen() {
    check_bytes(
        &header().to_bytes().unwrap(),
        expect![[r#"
        0000  57 41 56 45 54 41 4e 4b 01 00 02 00 70 00 00 00
        0010  00 58 47 f8 0d 00 00 00 2a 00 00 00 00 00 00 00
        0020  00 b9 55 69 00 00 00 00 80 b2 e6 0e 81 28 c5 4b
        0030  09 3d 5f 54 7b 1c 69 db 04 21 52 40 b1 e2 9a d7
        0040  53 01 bf a1 a1 03 73 ad fc 87 7e 53 05 00 30 2e
        0050  31 2e 30 01 00 08 00 72 65 70 6c 69 63 61 73 02
        0060  00 31 30 07 00 72 6f 6c 6c 6f 75 74 6e df 3e 64
    "#]],
    );
}

#[test]
fn a_small_log_is_frozen() {
    let (bytes, summary) = log(&header(), &entries()[..6], 1024);
    let body = header().to_bytes().unwrap().len();
    check_bytes(
        &bytes[body..],
        expect![[r#"
        0000  57 54 42 4b 00 00 01 00 37 00 00 00 37 00 00 00
        0010  03 00 00 00 01 00 00 00 01 00 00 00 bd 48 86 cd
        0020  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        0030  00 00 00 00 00 00 00 00 fd 89 26 f7 fb 65 83 8b
        0040  da 9b 6f a8 d2 74 65 6d 70 6c 61 74 65 3a 20 77
        0050  65 62 20 00 09 01 30 01 00 07 03 25 a0 1f 01 02
        0060  02 44 84 20 01 00 07 04 01 f3 01 c5 c5 c5 c5 c5
        0070  c5 c5 c5 c5 c5 c5 c5 c5 c5 c5 c5 57 54 42 4b 01
        0080  00 00 00 98 00 00 00 98 00 00 00 00 00 00 00 00
        0090  00 00 00 00 00 00 00 e7 65 46 96 03 00 00 00 00
        00a0  00 00 00 a0 8f 3e 00 00 00 00 00 a0 8f 3e 00 00
        00b0  00 00 00 f9 53 f6 5b e8 07 d3 8c d2 d6 2a 33 7f
        00c0  67 34 0b 82 14 4b 2a 93 ce bc 27 d8 93 d2 a6 66
        00d0  59 d2 38 81 70 98 31 55 39 cd 50 21 09 93 31 03
        00e0  00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01
        00f0  00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01
        0100  00 00 00 00 00 00 00 11 00 00 00 00 00 00 00 06
        0110  00 00 00 00 00 00 00 0e 00 00 00 00 00 00 00 01
        0120  00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00
        0130  00 00 00 00 00 00 00 70 00 00 00 00 00 00 00 03
        0140  00 00 00 00 00 00 00 c5 c5 c5 c5 c5 c5 c5 c5 c5
        0150  c5 c5 c5 c5 c5 c5 c5 eb 00 00 00 00 00 00 00 f6
        0160  09 56 36 57 54 4e 44
    "#]],
    );
    expect!["7f67340b82144b2a93cebc27d893d2a66659d238817098315539cd5021099331"]
        .assert_eq(&format!("{}", summary.digest));
}

#[test]
fn a_header_returns() {
    let bytes = header().to_bytes().unwrap();
    let (read, length) = Header::read(&mut &bytes[..]).unwrap();
    assert_eq!((read, length), (header(), bytes.len() as u64));
}

#[test]
fn what_is_unknown_is_named() {
    let with = |offset: usize, byte: u8| {
        let mut bytes = header().to_bytes().unwrap();
        bytes[offset] = byte;
        let covered = bytes.len() - 4;
        let checksum = crc32c::crc32c(&bytes[..covered]);
        bytes[covered..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    };
    check_error(
        b"",
        expect![[r#"this is not a run log: it begins with [], not with "WAVETANK""#]],
    );
    check_error(
        b"WAVE",
        expect!["the log ends inside its header: 4 bytes of 16"],
    );
    check_error(
        b"PK\x03\x04 and so on and on",
        expect![[
            r#"this is not a run log: it begins with [50, 4b, 03, 04, 20, 61, 6e, 64], not with "WAVETANK""#
        ]],
    );
    check_error(
        &with(8, 2),
        expect!["the log has format 2, and this program reads format 1 only"],
    );
    check_error(
        &with(10, 0),
        expect!["the log's header is not valid: a run recorded at level none has no log"],
    );
    check_error(
        &with(10, 3),
        expect!["the log's header is not valid: its level is unknown"],
    );
    check_error(
        &with(11, 1),
        expect!["the log's header sets the flags 0x01, and this program knows none"],
    );
    check_error(
        &with(12, 3),
        expect!["the log's header is not valid: its length is not between 20 bytes and 64 KiB"],
    );
    check_error(
        &with(79, 0xff),
        expect!["the log's header is not valid: a field passes its end, or is not UTF-8"],
    );
}

#[test]
fn an_unknown_codec_is_named() {
    let mut bytes = small_log();
    let block = block_offsets(&bytes)[1];
    bytes[block + 5] = 1;
    let checksum = crc32c::crc32c(&bytes[block..block + 64]);
    bytes[block + 64..block + 68].copy_from_slice(&checksum.to_le_bytes());
    check_error(
        &bytes,
        expect![
            "the block at byte 209 is stored with codec 1, and this program reads codec 0 (plain) only"
        ],
    );
}

#[test]
fn a_field_out_of_bounds_is_not_written() {
    let check = |header: Header, expected: Expect| {
        let error = LogWriter::create(Vec::new(), &header).unwrap_err();
        expected.assert_eq(&error.to_string());
    };
    let long = |length: usize| "x".repeat(length);
    check(
        Header {
            clock_phase: 1_000_000_000,
            ..header()
        },
        expect!["the log's header is not valid: the clock's phase is not below one second"],
    );
    check(
        Header {
            model_version: long(65),
            ..header()
        },
        expect!["the log's header is not valid: the model version is longer than 64 bytes"],
    );
    check(
        Header {
            scenario_name: long(1_025),
            ..header()
        },
        expect!["the log's header is not valid: the scenario's name is longer than 1,024 bytes"],
    );
    check(
        Header {
            level: RecordingLevel::None,
            ..header()
        },
        expect!["the log's header is not valid: a run recorded at level none has no log"],
    );
    let parameters = vec![(long(257), String::new())];
    check(
        Header {
            parameters,
            ..header()
        },
        expect![
            "the log's header is not valid: a parameter's key is longer than 256 bytes, or its value longer than 4,096"
        ],
    );
    let parameters = vec![(long(256), long(4_096)); 16];
    check(
        Header {
            parameters,
            ..header()
        },
        expect!["the log's header is not valid: it is longer than 64 KiB"],
    );
}

#[test]
fn digests_print_and_parse() {
    let digest = Digest::of(b"");
    let text = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!(
        (digest.to_string().as_str(), text.parse()),
        (text, Ok(digest))
    );
    assert_eq!(
        "af13".parse::<Digest>().unwrap_err().to_string(),
        "a digest is 64 hexadecimal digits"
    );
}
