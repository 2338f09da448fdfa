//! What is done with lines: `grep`, `head`, `tail`, `sort`, `uniq`, `cut`, `tr`, `rev`, `tac`, `nl`, `base64`.

use std::collections::VecDeque;

use super::awk::Awk;
use super::filter::KEPT;
use super::flags;
use super::sed::Sed;
use crate::world::shell::text::escapes;
use crate::world::shell::text::regex::Regex;

/// Whether more input is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    More,
    Enough,
}

/// A program over lines.
#[derive(Clone, Debug)]
pub(super) enum Lines {
    Grep(Grep),
    Head(usize),
    /// The last lines, or all from a line on.
    Tail {
        last: VecDeque<String>,
        count: usize,
        from: Option<usize>,
        seen: usize,
        bytes: bool,
    },
    Sort {
        lines: Vec<String>,
        size: usize,
        reverse: bool,
        numeric: bool,
        unique: bool,
        key: Option<usize>,
        separator: Option<char>,
    },
    Uniq {
        last: Option<String>,
        count: u64,
        counted: bool,
        repeated: bool,
        unique: bool,
    },
    Cut {
        separator: char,
        ranges: Vec<(usize, usize)>,
        letters: bool,
        only: bool,
    },
    Translate(Translate),
    Rev,
    Tac(Vec<String>, usize),
    Number(u64),
    Base64 {
        text: String,
        decodes: bool,
        wrap: usize,
    },
    Sed(Box<Sed>),
    Awk(Box<Awk>),
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of grep")]
pub(super) struct Grep {
    patterns: Vec<Regex>,
    fixed: Vec<String>,
    inverts: bool,
    counts: bool,
    quiet: bool,
    only: bool,
    lists: bool,
    numbers: bool,
    names: bool,
    ignores_case: bool,
    most: Option<u64>,
    found: u64,
    here: u64,
    line: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Translate {
    from: Vec<char>,
    to: Vec<char>,
    inverts: bool,
    deletes: bool,
    squeezes: bool,
    last: Option<char>,
}

/// The program of a command line, and its inputs.
#[allow(clippy::too_many_lines)] // one arm a command
pub(super) fn build(words: &[String]) -> Result<(Lines, Vec<String>), String> {
    match words[0].as_str() {
        "grep" | "egrep" | "fgrep" => grep(words),
        "head" => {
            let words = counted(words);
            let (flags, rest) = flags(&words, "n");
            let text = flags.get(&'n').map_or("10", String::as_str);
            let count = text
                .parse()
                .map_err(|_| format!("invalid number '{text}'"))?;
            Ok((Lines::Head(count), rest))
        }
        "tail" => {
            let words = counted(words);
            let (flags, rest) = flags(&words, "ncs");
            let bytes = flags.contains_key(&'c');
            let text = flags
                .get(&'n')
                .or_else(|| flags.get(&'c'))
                .map_or("10", String::as_str);
            let number = text.trim_start_matches(['+', '-']);
            let count: usize = number
                .parse()
                .map_err(|_| format!("invalid number '{text}'"))?;
            let from = text.starts_with('+').then_some(count.max(1));
            let count = count.min(KEPT);
            Ok((
                Lines::Tail {
                    last: VecDeque::new(),
                    count,
                    from,
                    seen: 0,
                    bytes,
                },
                rest,
            ))
        }
        "sort" => {
            let (flags, rest) = flags(words, "kto");
            let has = |letter: char| flags.contains_key(&letter);
            let key = flags.get(&'k').map(|it| {
                let digits: String = it.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().unwrap_or(1)
            });
            let numeric =
                has('n') || has('V') || flags.get(&'k').is_some_and(|it| it.contains('n'));
            let separator = flags.get(&'t').and_then(|it| it.chars().next());
            let (reverse, unique) = (has('r'), has('u'));
            Ok((
                Lines::Sort {
                    lines: Vec::new(),
                    size: 0,
                    reverse,
                    numeric,
                    unique,
                    key,
                    separator,
                },
                rest,
            ))
        }
        "uniq" => {
            let (flags, rest) = flags(words, "");
            let has = |letter: char| flags.contains_key(&letter);
            let (counted, repeated, unique) = (has('c'), has('d'), has('u'));
            Ok((
                Lines::Uniq {
                    last: None,
                    count: 0,
                    counted,
                    repeated,
                    unique,
                },
                rest,
            ))
        }
        "cut" => {
            let (flags, rest) = flags(words, "dfcb");
            let letters = flags.get(&'c').or_else(|| flags.get(&'b'));
            let list = letters
                .or_else(|| flags.get(&'f'))
                .ok_or("expected a list of bytes, characters, or fields")?;
            let separator = flags
                .get(&'d')
                .and_then(|it| it.chars().next())
                .unwrap_or('\t');
            let (letters, only) = (letters.is_some(), flags.contains_key(&'s'));
            Ok((
                Lines::Cut {
                    separator,
                    ranges: ranges(list)?,
                    letters,
                    only,
                },
                rest,
            ))
        }
        "tr" => translate(words),
        "sed" => {
            let (sed, rest) = Sed::new(words)?;
            Ok((Lines::Sed(Box::new(sed)), rest))
        }
        "awk" => {
            let (awk, rest) = Awk::new(words)?;
            Ok((Lines::Awk(Box::new(awk)), rest))
        }
        "base64" => {
            let (flags, rest) = flags(words, "w");
            let wrap = flags.get(&'w').and_then(|it| it.parse().ok()).unwrap_or(76);
            Ok((
                Lines::Base64 {
                    text: String::new(),
                    decodes: flags.contains_key(&'d'),
                    wrap,
                },
                rest,
            ))
        }
        "rev" => Ok((Lines::Rev, words[1..].to_vec())),
        "tac" => Ok((Lines::Tac(Vec::new(), 0), words[1..].to_vec())),
        _ => Ok((Lines::Number(0), words[1..].to_vec())),
    }
}

/// `-5` is `-n 5`.
fn counted(words: &[String]) -> Vec<String> {
    let short = |word: &String| match word.strip_prefix('-') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) => {
            format!("-n{digits}")
        }
        Some(_) | None => word.clone(),
    };
    words.iter().map(short).collect()
}

fn grep(words: &[String]) -> Result<(Lines, Vec<String>), String> {
    let (flags, mut rest) = flags(words, "efmABC");
    let has = |letter: char| flags.contains_key(&letter);
    let text = match flags.get(&'e') {
        Some(text) => text.clone(),
        None if rest.is_empty() => return Err("missing operand".to_owned()),
        None => rest.remove(0),
    };
    let (mut patterns, mut fixed) = (Vec::new(), Vec::new());
    let ignores_case = has('i');
    for line in text.split('\n') {
        if words[0] == "fgrep" || has('F') {
            fixed.push(if ignores_case {
                line.to_lowercase()
            } else {
                line.to_owned()
            });
            continue;
        }
        let extended = words[0] == "egrep" || has('E') || has('P');
        let line = match (has('x'), has('w'), extended) {
            (true, _, true) => format!("^({line})$"),
            (true, _, false) => format!("^\\({line}\\)$"),
            (_, true, _) => format!("\\b{line}\\b"),
            (false, false, _) => line.to_owned(),
        };
        patterns.push(Regex::new(&line, extended, ignores_case)?);
    }
    let grep = Grep {
        patterns,
        fixed,
        inverts: has('v'),
        counts: has('c'),
        quiet: has('q'),
        only: has('o'),
        lists: has('l'),
        numbers: has('n'),
        names: (rest.len() > 1 || has('H')) && !has('h'),
        ignores_case,
        most: flags.get(&'m').and_then(|it| it.parse().ok()),
        found: 0,
        here: 0,
        line: 0,
    };
    Ok((Lines::Grep(grep), rest))
}

fn ranges(list: &str) -> Result<Vec<(usize, usize)>, String> {
    let bad = || format!("invalid range '{list}'");
    let parse = |it: &str| {
        it.parse::<usize>()
            .ok()
            .filter(|it| *it > 0)
            .ok_or_else(bad)
    };
    list.split(',')
        .map(|item| match item.split_once('-') {
            None => parse(item).map(|it| (it, it)),
            Some(("", to)) => Ok((1, parse(to)?)),
            Some((from, "")) => Ok((parse(from)?, usize::MAX)),
            Some((from, to)) => Ok((parse(from)?, parse(to)?)),
        })
        .collect()
}

fn translate(words: &[String]) -> Result<(Lines, Vec<String>), String> {
    let (flags, rest) = flags(words, "");
    let set = |text: &str| {
        let text = String::from_utf8_lossy(&escapes(text).0).into_owned();
        let mut letters = Vec::new();
        let mut source: VecDeque<char> = expand_classes(&text).chars().collect();
        while let Some(letter) = source.pop_front() {
            if source.len() > 1 && source[0] == '-' && source[1] >= letter {
                letters.extend((letter..=source[1]).take(1000));
                source.drain(..2);
            } else {
                letters.push(letter);
            }
        }
        letters
    };
    let from = rest.first().map(|it| set(it)).ok_or("missing operand")?;
    let to = rest.get(1).map(|it| set(it)).unwrap_or_default();
    let has = |letter: char| flags.contains_key(&letter);
    let (deletes, squeezes, inverts) = (has('d'), has('s'), has('c') || has('C'));
    Ok((
        Lines::Translate(Translate {
            from,
            to,
            inverts,
            deletes,
            squeezes,
            last: None,
        }),
        Vec::new(),
    ))
}

fn expand_classes(text: &str) -> String {
    text.replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:digit:]", "0-9")
        .replace("[:alnum:]", "A-Za-z0-9")
        .replace("[:alpha:]", "A-Za-z")
        .replace("[:space:]", " \t\n\r")
        .replace("[:blank:]", " \t")
}

impl Translate {
    fn text(&mut self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        for letter in text.chars() {
            let place = self.from.iter().position(|it| *it == letter);
            let is_in = place.is_some() != self.inverts;
            if is_in && self.deletes {
                continue;
            }
            let new = match (is_in, self.to.last()) {
                (true, Some(last)) => {
                    let mapped = place.and_then(|place| self.to.get(place));
                    *mapped.unwrap_or(last)
                }
                _ => letter,
            };
            let squeezed = self.squeezes && is_in && self.last == Some(new);
            if !squeezed {
                result.push(new);
            }
            self.last = Some(new);
        }
        result
    }
}

impl Grep {
    fn line(&mut self, text: &str, name: &str, out: &mut Vec<u8>) -> Flow {
        self.line += 1;
        let lower = if self.ignores_case {
            text.to_lowercase()
        } else {
            String::new()
        };
        let plain = if self.ignores_case {
            lower.as_str()
        } else {
            text
        };
        let matches = self.fixed.iter().any(|it| plain.contains(it.as_str()))
            || self.patterns.iter().any(|it| it.is_match(text));
        if matches == self.inverts {
            return Flow::More;
        }
        self.found += 1;
        self.here += 1;
        if self.quiet {
            return Flow::Enough;
        }
        if self.lists || self.counts {
            return Flow::More;
        }
        let mut prefix = String::new();
        if self.names {
            prefix = format!("{name}:");
        }
        if self.numbers {
            prefix = format!("{prefix}{}:", self.line);
        }
        if self.only && !self.inverts {
            let letters: Vec<char> = text.chars().collect();
            let mut at = 0;
            while let Some(found) = self.patterns.iter().find_map(|it| it.find(&letters, at)) {
                let Some((from, to)) = found[0] else { break };
                if to > from {
                    let piece: String = letters[from..to].iter().collect();
                    out.extend(format!("{prefix}{piece}\n").into_bytes());
                }
                at = to.max(at + 1).max(from + 1);
                if at > letters.len() {
                    break;
                }
            }
        } else {
            out.extend(format!("{prefix}{text}\n").into_bytes());
        }
        if self.most.is_some_and(|most| self.here >= most) {
            Flow::Enough
        } else {
            Flow::More
        }
    }

    fn end_input(&mut self, name: &str, out: &mut Vec<u8>) {
        let here = std::mem::take(&mut self.here);
        self.line = 0;
        if self.lists && here > 0 {
            out.extend(format!("{name}\n").into_bytes());
        } else if self.counts && !self.quiet {
            let prefix = if self.names {
                format!("{name}:")
            } else {
                String::new()
            };
            out.extend(format!("{prefix}{here}\n").into_bytes());
        }
    }
}

impl Lines {
    /// The exit code, given that of reading.
    pub(super) const fn code(&self, read: i32) -> i32 {
        match self {
            Self::Grep(grep) if grep.found > 0 && (read == 0 || grep.quiet) => 0,
            Self::Grep(_) if read == 0 => 1,
            Self::Sed(sed) => sed.code(read),
            Self::Awk(awk) => awk.code(read),
            _ => read,
        }
    }

    #[allow(clippy::too_many_lines)] // one arm a command
    pub(super) fn line(&mut self, text: &str, whole: bool, name: &str, out: &mut Vec<u8>) -> Flow {
        let end = if whole { "\n" } else { "" };
        let mut say = |text: &str| {
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(end.as_bytes());
        };
        match self {
            Self::Grep(grep) => return grep.line(text, name, out),
            Self::Sed(sed) => return sed.line(text, whole, out),
            Self::Awk(awk) => return awk.line(text, out),
            Self::Head(0) => return Flow::Enough,
            Self::Head(left) => {
                say(text);
                *left -= 1;
                return if *left == 0 { Flow::Enough } else { Flow::More };
            }
            Self::Tail {
                last,
                count,
                from,
                seen,
                ..
            } => {
                *seen += 1;
                if let Some(from) = from {
                    if *seen >= *from {
                        say(text);
                    }
                } else {
                    last.push_back(format!("{text}{end}"));
                    if last.len() > *count {
                        last.pop_front();
                    }
                }
            }
            Self::Sort { lines, size, .. } | Self::Tac(lines, size) => {
                *size += text.len() + 24;
                if *size > KEPT {
                    return Flow::Enough;
                }
                lines.push(text.to_owned());
            }
            Self::Uniq { .. } => self.uniq(text, out),
            Self::Cut {
                separator,
                ranges,
                letters,
                only,
            } => {
                if let Some(text) = cut(text, *separator, ranges, *letters, *only) {
                    out.extend(format!("{text}\n").into_bytes());
                }
            }
            Self::Translate(translate) => {
                let text = translate.text(&format!("{text}{end}"));
                out.extend(text.into_bytes());
            }
            Self::Rev => say(&text.chars().rev().collect::<String>()),
            Self::Number(number) => {
                if text.is_empty() {
                    say("");
                } else {
                    *number += 1;
                    say(&format!("{number:6}\t{text}"));
                }
            }
            Self::Base64 { text: kept, .. } => {
                if kept.len() < KEPT {
                    kept.push_str(text);
                    kept.push_str(end);
                }
            }
        }
        Flow::More
    }

    fn uniq(&mut self, text: &str, out: &mut Vec<u8>) {
        if let Self::Uniq { last, count, .. } = self
            && last.as_deref() == Some(text)
        {
            *count += 1;
            return;
        }
        self.say_uniq(out);
        if let Self::Uniq { last, count, .. } = self {
            (*last, *count) = (Some(text.to_owned()), 1);
        }
    }

    fn say_uniq(&self, out: &mut Vec<u8>) {
        if let Self::Uniq {
            last: Some(last),
            count,
            counted,
            repeated,
            unique,
        } = self
            && !(*repeated && *count < 2 || *unique && *count > 1)
        {
            let text = if *counted {
                format!("{count:7} {last}\n")
            } else {
                format!("{last}\n")
            };
            out.extend(text.into_bytes());
        }
    }

    /// An input has ended. `sed -i` says what its file is now.
    pub(super) fn end_input(
        &mut self,
        name: &str,
        is_last: bool,
        out: &mut Vec<u8>,
    ) -> Option<(String, Vec<u8>)> {
        match self {
            Self::Grep(grep) => grep.end_input(name, out),
            Self::Sed(sed) => return sed.end_input(name, is_last, out),
            _ => (), // The others do not care.
        }
        None
    }

    /// There is no more input.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Tail {
                last, bytes, count, ..
            } => {
                let text: String = last.drain(..).collect();
                let from = if *bytes {
                    text.len().saturating_sub(*count)
                } else {
                    0
                };
                out.extend_from_slice(&text.as_bytes()[from..]);
            }
            Self::Sort { .. } => self.sort(out),
            Self::Tac(lines, _) => {
                for line in lines.iter().rev() {
                    out.extend(format!("{line}\n").into_bytes());
                }
            }
            Self::Uniq { .. } => self.say_uniq(out),
            Self::Base64 {
                text,
                decodes,
                wrap,
            } => out.extend(base64(text, *decodes, *wrap)),
            Self::Awk(awk) => awk.finish(out),
            _ => (), // The others have said everything.
        }
    }

    fn sort(&mut self, out: &mut Vec<u8>) {
        let Self::Sort {
            lines,
            reverse,
            numeric,
            unique,
            key,
            separator,
            ..
        } = self
        else {
            return;
        };
        let (key, separator) = (*key, *separator);
        let pick = move |line: &str| -> String {
            match (key, separator) {
                (None, _) => line.to_owned(),
                (Some(key), Some(separator)) => line
                    .split(separator)
                    .nth(key.saturating_sub(1))
                    .unwrap_or("")
                    .to_owned(),
                (Some(key), None) => line
                    .split_whitespace()
                    .nth(key.saturating_sub(1))
                    .unwrap_or("")
                    .to_owned(),
            }
        };
        let number = |text: &str| -> i128 {
            // Thousandths: enough for what scripts sort.
            let text = text.trim_start();
            let (sign, text) = text.strip_prefix('-').map_or((1, text), |it| (-1, it));
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            let digits = |it: &str| {
                it.chars()
                    .take_while(char::is_ascii_digit)
                    .take(18)
                    .collect::<String>()
            };
            let part = format!("{:0<3}", digits(part));
            let whole = digits(whole).parse::<i128>().unwrap_or(0);
            sign * (whole * 1000 + part[..3].parse::<i128>().unwrap_or(0))
        };
        let (numeric, reverse) = (*numeric, *reverse);
        lines.sort_by(|left, right| {
            let (a, b) = (pick(left), pick(right));
            let order = if numeric {
                number(&a).cmp(&number(&b))
            } else {
                a.cmp(&b)
            };
            let order = order.then_with(|| left.cmp(right));
            if reverse { order.reverse() } else { order }
        });
        if *unique {
            lines.dedup();
        }
        for line in lines {
            out.extend(format!("{line}\n").into_bytes());
        }
    }
}

fn cut(
    text: &str,
    separator: char,
    ranges: &[(usize, usize)],
    letters: bool,
    only: bool,
) -> Option<String> {
    let is_in = |place: usize| {
        ranges
            .iter()
            .any(|(from, to)| *from <= place && place <= *to)
    };
    if letters {
        return Some(
            text.chars()
                .zip(1..)
                .filter(|(_, place)| is_in(*place))
                .map(|(it, _)| it)
                .collect(),
        );
    }
    if !text.contains(separator) {
        return (!only).then(|| text.to_owned());
    }
    let fields = text
        .split(separator)
        .zip(1..)
        .filter(|(_, place)| is_in(*place));
    Some(
        fields
            .map(|(it, _)| it)
            .collect::<Vec<_>>()
            .join(&separator.to_string()),
    )
}

fn base64(text: &str, decodes: bool, wrap: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    if decodes {
        let (mut word, mut bits) = (0_u32, 0);
        for letter in text.bytes() {
            let Some(value) = LETTERS.iter().position(|it| *it == letter) else {
                continue;
            };
            word = word << 6 | u32::try_from(value).unwrap_or(0);
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                out.push((word >> bits).to_le_bytes()[0]);
                word &= (1 << bits) - 1;
            }
        }
        return out;
    }
    let mut column = 0;
    for chunk in text.as_bytes().chunks(3) {
        let mut word = 0_u32;
        for place in 0..3 {
            word = word << 8 | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            let letter = LETTERS[usize::try_from(word >> (18 - 6 * place) & 63).unwrap_or(0)];
            out.push(if place <= chunk.len() { letter } else { b'=' });
            column += 1;
            if column == wrap {
                out.push(b'\n');
                column = 0;
            }
        }
    }
    if column > 0 && wrap > 0 {
        out.push(b'\n');
    }
    out
}
