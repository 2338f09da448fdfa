//! The syntax of names and labels, and what is wrong with one. // C49

use super::quantity::parse_quantity;

/// What the API server says of a name that is not a DNS-1123 subdomain.
pub(super) fn subdomain(name: &str) -> Option<String> {
    if name.len() > 253 {
        return Some("must be no more than 253 characters".to_owned());
    }
    let valid = name.split('.').all(|part| {
        is_label_like(part, |byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit()
        })
    });
    (!valid).then(|| {
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
         or '.', and must start and end with an alphanumeric character"
            .to_owned()
    })
}

/// What the API server says of a name that is not a DNS-1123 label.
pub(super) fn label(name: &str) -> Option<String> {
    if name.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    let valid = is_label_like(name, |byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit()
    });
    (!valid).then(|| {
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
         and must start and end with an alphanumeric character"
            .to_owned()
    })
}

/// What the API server says of a Service's name, which must be a DNS-1035 label.
pub(super) fn service(name: &str) -> Option<String> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    if label(name).is_none() && begins_well {
        return None;
    }
    Some(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with \
         an alphabetic character, and end with an alphanumeric character, at most 63"
            .to_owned(),
    )
}

/// What is wrong with the key of a label or annotation.
pub(super) fn qualified(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if let Some(prefix) = prefix
        && let Some(problem) = subdomain(prefix)
    {
        return Some(format!("prefix part {problem}"));
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 characters".to_owned());
    }
    let valid = is_name_like(name);
    (!valid).then(|| {
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and \
         end with an alphanumeric character"
            .to_owned()
    })
}

/// What is wrong with the value of a label.
pub(super) fn label_value(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    let valid = value.is_empty() || is_name_like(value);
    (!valid).then(|| {
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
         '.', and must start and end with an alphanumeric character"
            .to_owned()
    })
}

/// What is wrong with the name of a port.
pub(super) fn port(name: &str) -> Option<String> {
    if name.len() > 15 {
        return Some("must be no more than 15 characters".to_owned());
    }
    let valid = is_label_like(name, |byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit()
    }) && name.contains(|c: char| c.is_ascii_lowercase())
        && !name.contains("--");
    (!valid).then(|| {
        "must contain only lower case alphanumeric characters and single '-', at least one letter, \
         and start and end with an alphanumeric character"
            .to_owned()
    })
}

/// What is wrong with a quantity.
pub(super) fn quantity(text: &str) -> Option<String> {
    match parse_quantity(text) {
        None => Some(
            "quantities must match a number with an optional suffix: m, k, M, G, T, P, E, Ki, Mi, \
             Gi, Ti, Pi, Ei"
                .to_owned(),
        ),
        Some(amount) if amount.0 < 0 => Some("must be greater than or equal to 0".to_owned()),
        Some(_) => None,
    }
}

/// Whether text is made of allowed bytes and inner hyphens.
fn is_label_like(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter()
        .all(|byte| byte.is_some_and(|&byte| allowed(byte)))
        && bytes.iter().all(|&byte| allowed(byte) || byte == b'-')
}

fn is_name_like(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter()
        .all(|byte| byte.is_some_and(|byte| byte.is_ascii_alphanumeric()))
        && bytes
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
