//! How an unquoted scalar becomes a value: as `kubectl` reads it, which is YAML 1.1.

use super::node::Kind;

/// The value of an unquoted scalar.
///
/// `yes`, `on` and `y` are booleans, `0644` is octal, `1_000` is a thousand: the rules of the
/// YAML library that kubectl uses, and not those of YAML 1.2.
#[must_use]
pub(super) fn resolve(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Kind::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Kind::Bool(false);
        }
        _ => (),
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Kind::Text(text.to_owned());
    }
    whole(text)
        .or_else(|| fraction(text))
        .unwrap_or_else(|| Kind::Text(text.to_owned()))
}

fn whole(text: &str) -> Option<Kind> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    (value >= i128::from(i64::MIN)).then_some(Kind::Int(value))
}

/// A decimal number, which is whole after all when it has no fraction (`2.0`, `1e3`).
fn fraction(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.contains(|c: char| c.is_ascii_digit())
        || !digits.chars().all(allowed)
    {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    if value.fract().abs() > 0.0 || value.abs() >= 9.0e18 {
        return Some(Kind::Float(value));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within the range of i64"
    )]
    Some(Kind::Int(i128::from(value as i64)))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn scalars_are_read_as_kubectl_reads_them() {
        let mut text = String::new();
        for scalar in [
            "yes",
            "off",
            "NULL",
            "8080",
            "-1",
            "0644",
            "0o17",
            "0x1F",
            "1_000",
            "2.0",
            "1.5",
            "1e3",
            "1.2.3",
            "12a",
            "100m",
            "0",
            "00",
            "08",
            "+",
            "-",
            ".",
            "...",
            "2001-12-14",
            ".inf",
            "1e999",
            "18446744073709551615",
            "99999999999999999999",
            "0x",
            "-0x-1",
            "e3",
        ] {
            text.push_str(&format!("{scalar} = {:?}\n", resolve(scalar)));
        }
        expect_test::expect![[r#"
            yes = Bool(true)
            off = Bool(false)
            NULL = Null
            8080 = Int(8080)
            -1 = Int(-1)
            0644 = Int(420)
            0o17 = Int(15)
            0x1F = Int(31)
            1_000 = Int(1000)
            2.0 = Int(2)
            1.5 = Float(1.5)
            1e3 = Int(1000)
            1.2.3 = Text("1.2.3")
            12a = Text("12a")
            100m = Text("100m")
            0 = Int(0)
            00 = Int(0)
            08 = Int(8)
            + = Text("+")
            - = Text("-")
            . = Text(".")
            ... = Text("...")
            2001-12-14 = Text("2001-12-14")
            .inf = Text(".inf")
            1e999 = Text("1e999")
            18446744073709551615 = Int(18446744073709551615)
            99999999999999999999 = Float(1e20)
            0x = Text("0x")
            -0x-1 = Text("-0x-1")
            e3 = Text("e3")
        "#]]
        .assert_eq(&text);
    }
}
