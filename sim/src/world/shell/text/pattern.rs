//! Shell patterns (POSIX XCU 2.13): `*`, `?`, `[…]`, and a backslash before what is meant literally.

/// One position of a pattern.
enum Piece {
    Letter(char),
    Any,
    Star,
    Set(Vec<(char, char)>, bool),
}

/// A pattern, ready to be matched.
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut pieces = Vec::with_capacity(letters.len());
        let mut next = 0;
        while let Some(letter) = letters.get(next) {
            next += 1;
            match letter {
                '*' => {
                    if !matches!(pieces.last(), Some(Piece::Star)) {
                        pieces.push(Piece::Star);
                    }
                }
                '?' => pieces.push(Piece::Any),
                '[' => match set(&letters[next..]) {
                    Some((ranges, negated, length)) => {
                        next += length;
                        pieces.push(Piece::Set(ranges, negated));
                    }
                    None => pieces.push(Piece::Letter('[')),
                },
                '\\' => {
                    pieces.push(Piece::Letter(letters.get(next).copied().unwrap_or('\\')));
                    next += 1;
                }
                other => pieces.push(Piece::Letter(*other)),
            }
        }
        Self(pieces)
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.matches_letters(&text)
    }

    /// Matching with one place to come back to: a later star makes earlier ones final.
    pub(crate) fn matches_letters(&self, text: &[char]) -> bool {
        let (mut piece, mut at) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            let is_match = match (self.0.get(piece), text.get(at)) {
                (Some(Piece::Star), _) => {
                    back = Some((piece + 1, at));
                    piece += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::Letter(letter)), Some(it)) => letter == it,
                (Some(Piece::Any), Some(_)) => true,
                (Some(Piece::Set(ranges, negated)), Some(it)) => is_in(ranges, *it) != *negated,
                (None, Some(_)) | (Some(_), None) => false,
            };
            if is_match {
                piece += 1;
                at += 1;
                continue;
            }
            match back {
                Some((star, begin)) if begin < text.len() => {
                    back = Some((star, begin + 1));
                    piece = star;
                    at = begin + 1;
                }
                Some(_) | None => return false,
            }
        }
    }
}

pub(super) fn is_in(ranges: &[(char, char)], it: char) -> bool {
    ranges.iter().any(|(from, to)| *from <= it && it <= *to)
}

type Set = (Vec<(char, char)>, bool, usize);

/// What stands in brackets: ranges, whether they are negated, and the length with the closing bracket.
pub(super) fn set(letters: &[char]) -> Option<Set> {
    let negated = matches!(letters.first(), Some('!' | '^'));
    let first = usize::from(negated);
    let mut at = first;
    let mut ranges = Vec::new();
    loop {
        let mut letter = *letters.get(at)?;
        if letter == ']' && at > first {
            return Some((ranges, negated, at + 1));
        }
        if letter == '[' && letters.get(at + 1) == Some(&':') {
            let length = letters[at + 2..]
                .windows(2)
                .position(|it| it == [':', ']'])?;
            let name: String = letters[at + 2..at + 2 + length].iter().collect();
            ranges.extend_from_slice(class(&name)?);
            at += length + 4;
            continue;
        }
        if letter == '\\' && letters.get(at + 1).is_some() {
            at += 1;
            letter = letters[at];
        }
        at += 1;
        let is_range = letters.get(at) == Some(&'-') && letters.get(at + 1)? != &']';
        let end = if is_range { letters[at + 1] } else { letter };
        at += if is_range { 2 } else { 0 };
        ranges.push((letter, end));
    }
}

/// A named class of characters.
pub(super) fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "word" => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "print" => &[(' ', '~')],
        "graph" => &[('!', '~')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        _ => return None,
    })
}

/// A text with a backslash before everything that a pattern would take for something else.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
