//! What may be a name, a label's key, or a label's value (C49).

use thiserror::Error;

/// Why a text is not a name. Each kind tells `what` was expected, in words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("{what} is empty")]
    Empty {
        /// What was expected.
        what: &'static str,
    },
    /// More characters than are allowed.
    #[error("{what} has {length} characters; at most {limit} are allowed")]
    TooLong {
        /// What was expected.
        what: &'static str,
        /// How many there are, in bytes.
        length: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A character that is not allowed anywhere.
    #[error("{what} `{text}` contains `{found}` at character {position}; {allowed} are allowed")]
    Character {
        /// What was expected.
        what: &'static str,
        /// The text.
        text: Box<str>,
        /// The first character that is not allowed.
        found: char,
        /// Its place, counted from 1.
        position: usize,
        /// The characters that are.
        allowed: &'static str,
    },
    /// A character that is not allowed at the beginning or end.
    #[error("{what} `{text}` {edge} with `{found}`; it must do so with {allowed}")]
    Edge {
        /// What was expected.
        what: &'static str,
        /// The text.
        text: Box<str>,
        /// Whether it `begins` or `ends` so.
        edge: &'static str,
        /// The character.
        found: char,
        /// The characters that are allowed there.
        allowed: &'static str,
    },
    /// More than one slash in a label's key.
    #[error(
        "label key `{text}` has {slashes} slashes; at most one, after a DNS prefix, is allowed"
    )]
    Slashes {
        /// The text.
        text: Box<str>,
        /// How many slashes it has.
        slashes: usize,
    },
}

/// What is allowed where.
struct Rule {
    what: &'static str,
    limit: usize,
    inside: fn(char) -> bool,
    inside_words: &'static str,
    first: fn(char) -> bool,
    first_words: &'static str,
    last: fn(char) -> bool,
    last_words: &'static str,
}

const LOWER_WORDS: &str = "lower-case letters, digits and `-`";
const EDGE_WORDS: &str = "a lower-case letter or digit";
const ANY_WORDS: &str = "letters, digits, `-`, `_` and `.`";
const ANY_EDGE_WORDS: &str = "a letter or digit";

const fn lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

const fn lower_or_dash(c: char) -> bool {
    lower(c) || c == '-'
}

const fn qualified(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

const fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

const fn lower_letter(c: char) -> bool {
    c.is_ascii_lowercase()
}

const DNS_LABEL: Rule = Rule {
    what: "name",
    limit: 63,
    inside: lower_or_dash,
    inside_words: LOWER_WORDS,
    first: lower,
    first_words: EDGE_WORDS,
    last: lower,
    last_words: EDGE_WORDS,
};

const SERVICE_NAME: Rule = Rule {
    what: "service name",
    first: lower_letter,
    first_words: "a lower-case letter",
    ..DNS_LABEL
};

const LABEL_NAME: Rule = Rule {
    what: "label key",
    limit: 63,
    inside: qualified,
    inside_words: ANY_WORDS,
    first: alphanumeric,
    first_words: ANY_EDGE_WORDS,
    last: alphanumeric,
    last_words: ANY_EDGE_WORDS,
};

const LABEL_VALUE: Rule = Rule {
    what: "label value",
    ..LABEL_NAME
};

/// A DNS label (RFC 1123): namespaces, containers, ports' owners; at most 63 characters.
///
/// # Errors
///
/// The first thing wrong with it.
pub fn check_dns_label(text: &str) -> Result<(), NameError> {
    check(&DNS_LABEL, text)
}

/// A DNS label that begins with a letter (RFC 1035): services; at most 63 characters.
///
/// # Errors
///
/// The first thing wrong with it.
pub fn check_service_name(text: &str) -> Result<(), NameError> {
    check(&SERVICE_NAME, text)
}

/// DNS labels with dots between them (RFC 1123): pods and most other objects; at most 253
/// characters, and no limit on each part (as in Kubernetes).
///
/// # Errors
///
/// The first thing wrong with it.
pub fn check_dns_subdomain(text: &str) -> Result<(), NameError> {
    subdomain("name", text)
}

/// A label's key: a name of at most 63 characters, before it perhaps a DNS subdomain and a slash.
/// Annotations and extended resources have the same form.
///
/// # Errors
///
/// The first thing wrong with it.
pub fn check_label_key(text: &str) -> Result<(), NameError> {
    match text.matches('/').count() {
        0 => check(&LABEL_NAME, text),
        1 => {
            let (prefix, name) = text.split_once('/').unwrap_or_default();
            subdomain("prefix of a label key", prefix)?;
            check(&LABEL_NAME, name)
        }
        slashes => Err(NameError::Slashes {
            text: shown(text),
            slashes,
        }),
    }
}

/// A label's value: nothing, or at most 63 characters.
///
/// # Errors
///
/// The first thing wrong with it.
pub fn check_label_value(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Ok(());
    }
    check(&LABEL_VALUE, text)
}

fn subdomain(what: &'static str, text: &str) -> Result<(), NameError> {
    const LIMIT: usize = 253;
    length(what, LIMIT, text)?;
    let rule = Rule {
        what,
        limit: LIMIT,
        ..DNS_LABEL
    };
    let mut before = 0;
    for part in text.split('.') {
        if part.is_empty() {
            return Err(NameError::Character {
                what,
                text: shown(text),
                found: '.',
                // An empty part ends at a dot, unless it is the last and begins after one.
                position: if before == text.len() {
                    before
                } else {
                    before + 1
                },
                allowed: "single dots between names",
            });
        }
        check(&rule, part)?;
        before += part.len() + 1;
    }
    Ok(())
}

fn length(what: &'static str, limit: usize, text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if text.len() > limit {
        let length = text.len();
        return Err(NameError::TooLong {
            what,
            length,
            limit,
        });
    }
    Ok(())
}

fn check(rule: &Rule, text: &str) -> Result<(), NameError> {
    let &Rule { what, .. } = rule;
    length(what, rule.limit, text)?;
    if let Some((place, found)) = text.chars().enumerate().find(|&(_, c)| !(rule.inside)(c)) {
        return Err(NameError::Character {
            what,
            text: shown(text),
            found,
            position: place + 1,
            allowed: rule.inside_words,
        });
    }
    let edges = [
        ("begins", text.chars().next(), rule.first, rule.first_words),
        ("ends", text.chars().next_back(), rule.last, rule.last_words),
    ];
    for (edge, found, fits, allowed) in edges {
        if let Some(found) = found.filter(|&c| !fits(c)) {
            return Err(NameError::Edge {
                what,
                text: shown(text),
                edge,
                found,
                allowed,
            });
        }
    }
    Ok(())
}

/// The text for a message, cut where nobody reads on.
fn shown(text: &str) -> Box<str> {
    text.chars().take(80).collect()
}
