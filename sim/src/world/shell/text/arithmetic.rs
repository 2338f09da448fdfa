//! Arithmetic expressions (POSIX XCU 2.6.4): signed 64 bits, the operators of C, and variables.

/// Where variables are.
pub(crate) trait Names {
    /// A variable's value; the index is that of an array.
    fn get(&mut self, name: &str, index: Option<i64>) -> Option<String>;
    /// Assigns to a variable.
    fn set(&mut self, name: &str, index: Option<i64>, value: i64);
}

/// How deep an expression may be nested.
const DEPTH: u32 = 60;

/// Operators of two operands, with how tightly they bind.
const BINARY: [(&str, u8); 19] = [
    ("**", 12),
    ("||", 1),
    ("&&", 2),
    ("<<", 8),
    (">>", 8),
    ("<=", 7),
    (">=", 7),
    ("==", 6),
    ("!=", 6),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

/// Operators that assign; the one before the equals sign is applied first.
const ASSIGN: [&str; 11] = [
    "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "=",
];

struct Reader<'a, 'n> {
    text: &'a str,
    names: &'n mut dyn Names,
    depth: u32,
    /// What is skipped by `&&`, `||` and `?:` has no effects.
    is_skipped: bool,
}

/// The value of an expression; empty text is zero.
pub(crate) fn evaluate(text: &str, names: &mut dyn Names) -> Result<i64, String> {
    evaluate_at(text, names, 0)
}

fn evaluate_at(text: &str, names: &mut dyn Names, depth: u32) -> Result<i64, String> {
    let mut reader = Reader {
        text,
        names,
        depth,
        is_skipped: false,
    };
    if reader.peek().is_empty() {
        return Ok(0);
    }
    let value = reader.comma()?;
    if reader.peek().is_empty() {
        Ok(value)
    } else {
        Err("arithmetic syntax error".to_owned())
    }
}

/// A number as arithmetic reads it: decimal, 0x…, 0….
pub(crate) fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        i64::from_str_radix(hex, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8).ok()?
    } else if let Some((base, digits)) = digits.split_once('#') {
        let base = base.parse().ok().filter(|it| (2..=36).contains(it))?;
        i64::from_str_radix(digits, base).ok()?
    } else if digits.starts_with(|it: char| it.is_ascii_digit()) {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(sign * value)
}

impl<'a> Reader<'a, '_> {
    fn peek(&mut self) -> &'a str {
        self.text = self.text.trim_start();
        self.text
    }

    fn skip(&mut self, token: &str) -> bool {
        let rest = self.peek().strip_prefix(token).map(str::len);
        rest.is_some_and(|rest| {
            self.text = &self.text[self.text.len() - rest..];
            true
        })
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.ternary()?;
        while self.skip(",") {
            value = self.ternary()?;
        }
        Ok(value)
    }

    fn ternary(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("expression nested too deeply".to_owned());
        }
        let condition = self.binary(0)?;
        let value = if self.skip("?") {
            let yes = self.guarded(condition == 0, Self::comma)?;
            if !self.skip(":") {
                return Err("malformed ?: operator".to_owned());
            }
            let no = self.guarded(condition != 0, Self::ternary)?;
            if condition == 0 { no } else { yes }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(value)
    }

    fn guarded(
        &mut self,
        skips: bool,
        read: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        let before = self.is_skipped;
        self.is_skipped |= skips;
        let value = read(self);
        self.is_skipped = before;
        value
    }

    fn binary(&mut self, above: u8) -> Result<i64, String> {
        let mut left = self.unary()?;
        loop {
            let text = self.peek();
            let found = BINARY.iter().find(|(sign, _)| text.starts_with(sign));
            let Some((sign, tightness)) = found.filter(|(_, tightness)| *tightness > above) else {
                return Ok(left);
            };
            // `a = b` was not an assignment, then: `+=` after a number is an error.
            if text[sign.len()..].starts_with('=') && !matches!(*sign, "==" | "<=" | ">=" | "!=") {
                return Err("arithmetic syntax error".to_owned());
            }
            self.skip(sign);
            let skips = *sign == "&&" && left == 0 || *sign == "||" && left != 0;
            // Powers are read from right to left.
            let below = if *sign == "**" {
                *tightness - 1
            } else {
                *tightness
            };
            self.depth += 1;
            if self.depth > DEPTH {
                return Err("expression nested too deeply".to_owned());
            }
            let right = self.guarded(skips, |it| it.binary(below))?;
            self.depth -= 1;
            left = if self.is_skipped {
                0
            } else {
                apply(sign, left, right)?
            };
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        let mut signs = Vec::new();
        loop {
            let text = self.peek();
            if text.starts_with("++") || text.starts_with("--") {
                let by = if text.starts_with('+') { 1 } else { -1 };
                let is_name = text[2..]
                    .trim_start()
                    .starts_with(|it: char| it == '_' || it.is_alphabetic());
                if is_name {
                    self.text = &self.text[2..];
                    let (name, index) = self.name()?;
                    let value = self.value(&name, index)?.wrapping_add(by);
                    self.assign(&name, index, value);
                    return Ok(signed(&signs, value));
                }
            }
            match text.chars().next() {
                Some(sign @ ('+' | '-' | '!' | '~')) if signs.len() < 1000 => {
                    self.text = &self.text[1..];
                    signs.push(sign);
                }
                _ => break,
            }
        }
        let value = self.primary()?;
        Ok(signed(&signs, value))
    }

    fn primary(&mut self) -> Result<i64, String> {
        if self.skip("(") {
            let value = self.comma()?;
            return if self.skip(")") {
                Ok(value)
            } else {
                Err("missing ')'".to_owned())
            };
        }
        let text = self.peek();
        let is_number = text.starts_with(|it: char| it.is_ascii_digit());
        if is_number {
            let end = text.find(|it: char| !it.is_ascii_alphanumeric() && it != '#');
            let digits = &text[..end.unwrap_or(text.len())];
            let value = number(digits).ok_or_else(|| format!("bad number '{digits}'"))?;
            self.text = &self.text[digits.len()..];
            return Ok(value);
        }
        let (name, index) = self.name()?;
        let text = self.peek();
        let assigns = ASSIGN.iter().find(|sign| text.starts_with(**sign)).copied();
        if let Some(sign) = assigns.filter(|_| !text.starts_with("==")) {
            self.skip(sign);
            let right = self.ternary()?;
            let operator = &sign[..sign.len() - 1];
            let value = match operator {
                "" => right,
                _ if self.is_skipped => 0,
                _ => apply(operator, self.value(&name, index)?, right)?,
            };
            self.assign(&name, index, value);
            return Ok(value);
        }
        let value = self.value(&name, index)?;
        for (sign, by) in [("++", 1), ("--", -1)] {
            if self.skip(sign) {
                self.assign(&name, index, value.wrapping_add(by));
            }
        }
        Ok(value)
    }

    fn name(&mut self) -> Result<(String, Option<i64>), String> {
        let text = self.peek();
        let end = text.find(|it: char| it != '_' && !it.is_ascii_alphanumeric());
        let name = text[..end.unwrap_or(text.len())].to_owned();
        if name.is_empty() {
            return Err("arithmetic syntax error".to_owned());
        }
        self.text = &self.text[name.len()..];
        let index = if self.text.starts_with('[') {
            self.text = &self.text[1..];
            let index = self.comma()?;
            if !self.skip("]") {
                return Err("missing ']'".to_owned());
            }
            Some(index)
        } else {
            None
        };
        Ok((name, index))
    }

    /// A variable's value is an expression itself; unset and empty ones are zero.
    fn value(&mut self, name: &str, index: Option<i64>) -> Result<i64, String> {
        if self.is_skipped {
            return Ok(0);
        }
        let text = self.names.get(name, index).unwrap_or_default();
        if text.trim().is_empty() {
            return Ok(0);
        }
        match number(text.trim()) {
            Some(value) => Ok(value),
            None if self.depth + 10 > DEPTH => Err("expression recursion loop".to_owned()),
            None => evaluate_at(&text, self.names, self.depth + 10),
        }
    }

    fn assign(&mut self, name: &str, index: Option<i64>, value: i64) {
        if !self.is_skipped {
            self.names.set(name, index, value);
        }
    }
}

fn signed(signs: &[char], value: i64) -> i64 {
    signs.iter().rev().fold(value, |value, sign| match sign {
        '-' => value.wrapping_neg(),
        '!' => i64::from(value == 0),
        '~' => !value,
        _ => value,
    })
}

fn apply(sign: &str, left: i64, right: i64) -> Result<i64, String> {
    let shift = u32::try_from(right.rem_euclid(64)).unwrap_or(0);
    Ok(match sign {
        "/" | "%" if right == 0 => return Err("divide by zero".to_owned()),
        "**" if right < 0 => return Err("exponent less than 0".to_owned()),
        "**" => left.wrapping_pow(u32::try_from(right).unwrap_or(u32::MAX)),
        "/" => left.wrapping_div(right),
        "%" => left.wrapping_rem(right),
        "*" => left.wrapping_mul(right),
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "<<" => left.wrapping_shl(shift),
        ">>" => left.wrapping_shr(shift),
        "&" => left & right,
        "|" => left | right,
        "^" => left ^ right,
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "&&" => i64::from(left != 0 && right != 0),
        _ => i64::from(left != 0 || right != 0),
    })
}
