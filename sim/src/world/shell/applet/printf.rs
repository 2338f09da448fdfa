//! `printf` (POSIX XCU printf).

use super::Done;
use super::basic::failed;
use crate::world::shell::text::arithmetic::number;
use crate::world::shell::text::escapes;

/// The widest field.
const WIDTH: usize = 1 << 16;
/// How often the format is used again, in bytes of output.
const OUTPUT: usize = 1 << 20;

pub(super) fn printf(words: &[String]) -> Done {
    let mut words = words;
    if words.first().is_some_and(|it| it == "--") {
        words = &words[1..];
    }
    let Some((format, mut rest)) = words.split_first() else {
        return failed("printf: usage: printf FORMAT [ARG]...", 1);
    };
    let mut done = Done::default();
    loop {
        let before = rest.len();
        if !once(format, &mut rest, &mut done) || rest.is_empty() || rest.len() == before {
            return done;
        }
        if done.out.len() > OUTPUT {
            return done;
        }
    }
}

/// Prints the format once. False when `\c` ended it.
fn once(format: &str, rest: &mut &[String], done: &mut Done) -> bool {
    let mut letters = format.chars().peekable();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            plain.push(letter);
            if letter == '\\' {
                plain.extend(letters.next());
            }
            continue;
        }
        if letters.next_if_eq(&'%').is_some() {
            plain.push('%');
            continue;
        }
        let (bytes, is_cut) = escapes(&std::mem::take(&mut plain));
        done.out.extend(bytes);
        if is_cut {
            return false;
        }
        let (mut flags, mut width, mut precision) = (String::new(), 0, None);
        while let Some(flag) = letters.next_if(|it| "-+ #0".contains(*it)) {
            flags.push(flag);
        }
        let mut digits = |rest: &mut &[String]| {
            if letters.next_if_eq(&'*').is_some() {
                return take(rest).parse().unwrap_or(0);
            }
            let mut text = String::new();
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                text.push(digit);
            }
            text.parse().unwrap_or(0_usize)
        };
        width += digits(rest).min(WIDTH);
        if letters.next_if_eq(&'.').is_some() {
            let mut text = String::new();
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                text.push(digit);
            }
            precision = Some(text.parse().unwrap_or(0_usize).min(WIDTH));
        }
        let Some(kind) = letters.next() else {
            done.err.extend_from_slice(b"printf: %: invalid format\n");
            done.code = 1;
            return false;
        };
        let bytes = converted(kind, &take(rest), &flags, precision, done);
        pad(&bytes, &flags, width, kind, &mut done.out);
    }
    let (bytes, is_cut) = escapes(&plain);
    done.out.extend(bytes);
    !is_cut
}

fn take(rest: &mut &[String]) -> String {
    match rest.split_first() {
        Some((first, after)) => {
            *rest = after;
            first.clone()
        }
        None => String::new(),
    }
}

fn converted(
    kind: char,
    argument: &str,
    flags: &str,
    precision: Option<usize>,
    done: &mut Done,
) -> Vec<u8> {
    let value = |done: &mut Done| {
        if let Some(letter) = argument.strip_prefix(['\'', '"']) {
            return letter
                .chars()
                .next()
                .map_or(0, |it| i64::from(u32::from(it)));
        }
        if argument.is_empty() {
            return 0;
        }
        number(argument.trim()).unwrap_or_else(|| {
            done.err
                .extend(format!("printf: invalid number '{argument}'\n").into_bytes());
            done.code = 1;
            0
        })
    };
    let signed = |value: i64| {
        let digits = format!("{:01$}", value.unsigned_abs(), precision.unwrap_or(1));
        let sign = match (value < 0, flags.contains('+'), flags.contains(' ')) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            (false, false, false) => "",
        };
        format!("{sign}{digits}")
    };
    match kind {
        's' => {
            let all = argument.chars();
            all.take(precision.unwrap_or(usize::MAX))
                .collect::<String>()
                .into_bytes()
        }
        'b' => escapes(argument).0,
        'q' => crate::world::shell::text::quote(argument).into_bytes(),
        'c' => argument.chars().take(1).collect::<String>().into_bytes(),
        'd' | 'i' => signed(value(done)).into_bytes(),
        'u' => format!(
            "{:01$}",
            value(done).cast_unsigned(),
            precision.unwrap_or(1)
        )
        .into_bytes(),
        'x' => format!("{:01$x}", value(done), precision.unwrap_or(1)).into_bytes(),
        'X' => format!("{:01$X}", value(done), precision.unwrap_or(1)).into_bytes(),
        'o' => format!("{:01$o}", value(done), precision.unwrap_or(1)).into_bytes(),
        'f' | 'F' => decimal(argument, precision.unwrap_or(6)).into_bytes(),
        _ => {
            done.err
                .extend(format!("printf: %{kind}: invalid format\n").into_bytes());
            done.code = 1;
            Vec::new()
        }
    }
}

/// A decimal number with so many places, cut and rounded as text: no floats.
fn decimal(text: &str, places: usize) -> String {
    let places = places.min(30);
    let (sign, digits) = text
        .trim()
        .strip_prefix('-')
        .map_or(("", text.trim()), |it| ("-", it));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut all: Vec<u8> = whole.bytes().filter(u8::is_ascii_digit).collect();
    if all.is_empty() {
        all.push(b'0');
    }
    let mut fraction: Vec<u8> = part.bytes().filter(u8::is_ascii_digit).collect();
    let rounds_up = fraction.get(places).is_some_and(|it| *it >= b'5');
    fraction.resize(places, b'0');
    let point = all.len();
    all.extend(fraction);
    if rounds_up {
        let nines = all.iter().rev().take_while(|it| **it == b'9').count();
        let length = all.len();
        all[length - nines..].fill(b'0');
        match all.iter_mut().rev().nth(nines) {
            Some(digit) => *digit += 1,
            None => {
                all.insert(0, b'1');
                return decimal(
                    &format!("{sign}{}", String::from_utf8_lossy(&all[..=point])),
                    places,
                );
            }
        }
    }
    let (whole, fraction) = all.split_at(point);
    let (whole, fraction) = (
        String::from_utf8_lossy(whole),
        String::from_utf8_lossy(fraction),
    );
    if places == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

fn pad(bytes: &[u8], flags: &str, width: usize, kind: char, out: &mut Vec<u8>) {
    let length = String::from_utf8_lossy(bytes).chars().count();
    let fill = width.saturating_sub(length);
    let zeros = flags.contains('0') && !flags.contains('-') && !matches!(kind, 's' | 'b' | 'c');
    if flags.contains('-') {
        out.extend_from_slice(bytes);
        out.extend(std::iter::repeat_n(b' ', fill));
    } else if zeros {
        let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
        out.extend_from_slice(&bytes[..sign]);
        out.extend(std::iter::repeat_n(b'0', fill));
        out.extend_from_slice(&bytes[sign..]);
    } else {
        out.extend(std::iter::repeat_n(b' ', fill));
        out.extend_from_slice(bytes);
    }
}
