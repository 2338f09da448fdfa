//! Text work without any state: patterns, regular expressions, arithmetic, escapes.

pub(crate) mod arithmetic;
pub(crate) mod pattern;
pub(crate) mod regex;

/// The bytes of a text with backslash escapes, as `echo -e` and `printf` have them, and whether `\c` ended it.
pub(crate) fn escapes(text: &str) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        if next != '\\' {
            push(&mut bytes, next);
            continue;
        }
        match rest.next() {
            Some('a') => bytes.push(7),
            Some('b') => bytes.push(8),
            Some('c') => return (bytes, true),
            Some('e') => bytes.push(27),
            Some('f') => bytes.push(12),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('v') => bytes.push(11),
            Some('\\') => bytes.push(b'\\'),
            Some('x') => {
                let digits = digits(&mut rest, 16, 2);
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) => bytes.push(byte),
                    Err(_) => bytes.extend_from_slice(b"\\x"),
                }
            }
            Some(first @ '0'..='7') => {
                let more = digits(&mut rest, 8, if first == '0' { 3 } else { 2 });
                let value = u32::from_str_radix(&format!("{first}{more}"), 8).unwrap_or(0);
                bytes.push(value.to_le_bytes()[0]);
            }
            Some(other) => {
                bytes.push(b'\\');
                push(&mut bytes, other);
            }
            None => bytes.push(b'\\'),
        }
    }
    (bytes, false)
}

fn digits(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize) -> String {
    let mut digits = String::new();
    while digits.len() < most
        && let Some(digit) = rest.next_if(|it| it.is_digit(radix))
    {
        digits.push(digit);
    }
    digits
}

fn push(bytes: &mut Vec<u8>, letter: char) {
    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A text as a shell would have to write it: for `set -x` and `export -p`.
pub(crate) fn quote(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./:=@%+,".contains(it);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
