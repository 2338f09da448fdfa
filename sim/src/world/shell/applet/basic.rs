//! `echo`, `test`, `kill` and their like.

use wavetank_core::time::SimDuration;

use super::Done;
use crate::world::files::{Errno, Kind};
use crate::world::shell::machine::{Ctx, INIT, Pid, Signal};
use crate::world::shell::text::escapes;

/// How many numbers `seq` prints at most.
const NUMBERS: usize = 100_000;

pub(super) fn run(words: &[String], ctx: &mut Ctx<'_>) -> Option<Done> {
    let rest = &words[1..];
    Some(match words[0].as_str() {
        "true" | ":" | "sync" | "clear" | "stty" | "logger" => Done::default(),
        "false" => code(1),
        "echo" => out(echo(rest)),
        "printf" => super::printf::printf(rest),
        "test" | "[" => test_command(words, ctx),
        "kill" => kill(rest, ctx),
        "pwd" => out(format!("{}\n", ctx.process().directory).into_bytes()),
        "seq" => seq(rest),
        "basename" => basename(rest),
        "dirname" => {
            let path = rest
                .first()
                .map_or("", String::as_str)
                .trim_end_matches('/');
            let parent = path.rsplit_once('/').map_or(".", |(parent, _)| parent);
            out(format!("{}\n", if parent.is_empty() { "/" } else { parent }).into_bytes())
        }
        "expr" => expr(rest),
        _ => return None,
    })
}

pub(super) fn out(out: Vec<u8>) -> Done {
    Done {
        out,
        ..Done::default()
    }
}

pub(super) fn code(code: i32) -> Done {
    Done {
        code,
        ..Done::default()
    }
}

pub(super) fn failed(text: &str, code: i32) -> Done {
    Done {
        err: format!("{text}\n").into_bytes(),
        code,
        ..Done::default()
    }
}

fn echo(mut words: &[String]) -> Vec<u8> {
    let (mut newline, mut escaped) = (true, false);
    while let Some(word) = words.first() {
        let is_flag = word.len() > 1
            && word.starts_with('-')
            && word[1..].chars().all(|it| matches!(it, 'n' | 'e' | 'E'));
        if !is_flag {
            break;
        }
        for flag in word[1..].chars() {
            match flag {
                'n' => newline = false,
                'e' => escaped = true,
                _ => escaped = false,
            }
        }
        words = &words[1..];
    }
    let text = words.join(" ");
    if escaped {
        let (mut bytes, is_cut) = escapes(&text);
        if newline && !is_cut {
            bytes.push(b'\n');
        }
        return bytes;
    }
    let mut bytes = text.into_bytes();
    if newline {
        bytes.push(b'\n');
    }
    bytes
}

/// `sleep 1.5`, `sleep 2m`, `sleep 1m 30s`, `sleep infinity`.
pub(super) fn sleep(words: &[String]) -> Result<SimDuration, String> {
    if words.len() < 2 {
        return Err("missing operand".to_owned());
    }
    let unit = if words[0] == "usleep" {
        1_000
    } else {
        1_000_000_000
    };
    let mut nanos = 0_u64;
    for word in &words[1..] {
        let length = duration(word, unit).ok_or_else(|| format!("invalid number '{word}'"))?;
        nanos = nanos.saturating_add(length);
    }
    Ok(SimDuration::from_nanos(nanos))
}

/// A decimal number with a unit, in nanoseconds: no floats on the way.
pub(super) fn duration(text: &str, unit: u64) -> Option<u64> {
    if matches!(text, "infinity" | "inf") {
        return Some(u64::MAX);
    }
    let (number, unit) = match text.chars().last()? {
        's' => (&text[..text.len() - 1], 1_000_000_000),
        'm' => (&text[..text.len() - 1], 60_000_000_000),
        'h' => (&text[..text.len() - 1], 3_600_000_000_000),
        'd' => (&text[..text.len() - 1], 86_400_000_000_000),
        _ => (text, unit),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() && part.is_empty() || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(u64::MAX)
    };
    let mut nanos = u128::from(whole) * u128::from(unit);
    let mut scale = u128::from(unit);
    for digit in part.bytes() {
        scale /= 10;
        nanos += u128::from(digit - b'0') * scale;
    }
    Some(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn test_command(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let mut rest = &words[1..];
    if words[0] == "[" {
        match rest.split_last() {
            Some((last, before)) if last == "]" => rest = before,
            Some(_) | None => return failed("[: missing ]", 2),
        }
    }
    match test(rest, ctx) {
        Ok(holds) => code(i32::from(!holds)),
        Err(text) => failed(
            &format!("{}: {text}", if words[0] == "[" { "sh" } else { "test" }),
            2,
        ),
    }
}

/// The conditions of `test` (XCU test): by the number of words first, then `!`, `-a`, `-o` and parentheses.
pub(crate) fn test(words: &[String], ctx: &mut Ctx<'_>) -> Result<bool, String> {
    let text: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut at = 0;
    if text.is_empty() {
        return Ok(false);
    }
    if let ["!", rest @ ..] = text.as_slice()
        && text.len() <= 4
        && !(text.len() == 3 && is_binary(text[1]))
    {
        return any(rest, &mut 0, ctx, 0).map(|holds| !holds);
    }
    if let [one] = text.as_slice() {
        return Ok(!one.is_empty());
    }
    let holds = any(&text, &mut at, ctx, 0)?;
    if at < text.len() {
        return Err(format!("{}: unknown operand", text[at]));
    }
    Ok(holds)
}

fn any(words: &[&str], at: &mut usize, ctx: &mut Ctx<'_>, depth: u32) -> Result<bool, String> {
    if depth > 50 {
        return Err("too complex".to_owned());
    }
    let mut holds = all(words, at, ctx, depth)?;
    while words.get(*at) == Some(&"-o") {
        *at += 1;
        holds |= all(words, at, ctx, depth)?;
    }
    Ok(holds)
}

fn all(words: &[&str], at: &mut usize, ctx: &mut Ctx<'_>, depth: u32) -> Result<bool, String> {
    let mut holds = one(words, at, ctx, depth)?;
    while words.get(*at) == Some(&"-a") {
        *at += 1;
        holds &= one(words, at, ctx, depth)?;
    }
    Ok(holds)
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "=="
            | "!="
            | "<"
            | ">"
            | "-eq"
            | "-ne"
            | "-lt"
            | "-le"
            | "-gt"
            | "-ge"
            | "-nt"
            | "-ot"
            | "-ef"
    )
}

fn one(words: &[&str], at: &mut usize, ctx: &mut Ctx<'_>, depth: u32) -> Result<bool, String> {
    let Some(first) = words.get(*at) else {
        return Err("argument expected".to_owned());
    };
    if let (Some(operator), Some(right)) = (words.get(*at + 1), words.get(*at + 2))
        && is_binary(operator)
    {
        *at += 3;
        return compare(first, operator, right, ctx);
    }
    if *first == "!" && *at + 1 < words.len() {
        *at += 1;
        let mut inverted = true;
        while words.get(*at) == Some(&"!") && *at + 1 < words.len() {
            *at += 1;
            inverted = !inverted;
        }
        return one(words, at, ctx, depth + 1).map(|holds| holds != inverted);
    }
    if *first == "(" && *at + 1 < words.len() {
        *at += 1;
        let holds = any(words, at, ctx, depth + 1)?;
        if words.get(*at) != Some(&")") {
            return Err("closing paren expected".to_owned());
        }
        *at += 1;
        return Ok(holds);
    }
    if first.len() == 2 && first.starts_with('-') && *at + 1 < words.len() {
        let operand = words[*at + 1];
        if let Some(holds) = unary(first, operand, ctx) {
            *at += 2;
            return Ok(holds);
        }
    }
    *at += 1;
    Ok(!first.is_empty())
}

fn compare(left: &str, operator: &str, right: &str, ctx: &mut Ctx<'_>) -> Result<bool, String> {
    let number = |text: &str| {
        let trimmed = text.trim();
        trimmed
            .parse::<i64>()
            .map_err(|_| format!("{text}: bad number"))
    };
    Ok(match operator {
        "=" | "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-eq" => number(left)? == number(right)?,
        "-ne" => number(left)? != number(right)?,
        "-lt" => number(left)? < number(right)?,
        "-le" => number(left)? <= number(right)?,
        "-gt" => number(left)? > number(right)?,
        "-ge" => number(left)? >= number(right)?,
        _ => {
            let mut modified = |path: &str| {
                let path = ctx.path(path);
                let place = ctx.machine.view.find(ctx.disks, &path).ok()?;
                let node = ctx.disks.tree(place.tree).node(place.node);
                Some((node.modified, place.tree, place.node))
            };
            let (left, right) = (modified(left), modified(right));
            match operator {
                "-nt" => left.map(|it| it.0) > right.map(|it| it.0),
                "-ot" => left.map(|it| it.0) < right.map(|it| it.0),
                _ => left.is_some() && left == right,
            }
        }
    })
}

/// A condition of one operand; none if there is no such operator.
fn unary(operator: &str, operand: &str, ctx: &mut Ctx<'_>) -> Option<bool> {
    match operator {
        "-n" => return Some(!operand.is_empty()),
        "-z" => return Some(operand.is_empty()),
        "-t" => return Some(false),
        _ => (),
    }
    let path = ctx.path(operand);
    ctx.refresh(&path);
    let view = &ctx.machine.view;
    let found = if operand.is_empty() {
        Err(Errno::NotFound)
    } else if matches!(operator, "-h" | "-L") {
        view.find_link(ctx.disks, &path)
    } else {
        view.find(ctx.disks, &path)
    };
    let node = found
        .ok()
        .map(|place| (place, ctx.disks.tree(place.tree).node(place.node)));
    let is = |check: &dyn Fn(&Kind) -> bool| node.as_ref().is_some_and(|(_, it)| check(&it.kind));
    Some(match operator {
        "-e" | "-a" | "-r" | "-O" | "-G" => node.is_some(),
        "-f" => is(&|kind| matches!(kind, Kind::File(..))),
        "-d" => is(&|kind| matches!(kind, Kind::Directory(_))),
        "-h" | "-L" => is(&|kind| matches!(kind, Kind::Link(_))),
        "-c" => is(&|kind| matches!(kind, Kind::Device(_))),
        "-s" => node.as_ref().is_some_and(|(_, it)| it.size() > 0),
        "-w" => node.as_ref().is_some_and(|(place, _)| !place.read_only),
        "-x" => node.as_ref().is_some_and(|(_, it)| it.mode & 0o111 != 0),
        "-b" | "-p" | "-S" | "-u" | "-g" | "-k" => false,
        _ => return None,
    })
}

fn kill(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let mut signal = Some(Signal::TERM);
    let mut rest = words;
    match rest {
        [flag, ..] if flag == "-l" => {
            let names = (1..=31).filter_map(|number: u8| Signal::parse(&number.to_string()));
            let names: Vec<String> = names.map(Signal::name).collect();
            return out(format!("{}\n", names.join(" ")).into_bytes());
        }
        [flag, name, after @ ..] if flag == "-s" => {
            (signal, rest) = (Signal::parse(name), after);
            if signal.is_none() {
                return failed(&format!("kill: bad signal name '{name}'"), 1);
            }
        }
        [flag, after @ ..] if flag.len() > 1 && flag.starts_with('-') && flag != "--" => {
            signal = Signal::parse(&flag[1..]);
            if signal.is_none() && flag != "-0" {
                return failed(&format!("kill: bad signal name '{}'", &flag[1..]), 1);
            }
            rest = after;
        }
        _ => (),
    }
    let mut result = Done::default();
    for word in rest.iter().filter(|it| *it != "--") {
        let pids = match word.parse::<i64>() {
            Ok(-1) => ctx.machine.others(ctx.pid),
            Ok(0) => vec![ctx.pid],
            // A group: here the process itself.
            Ok(number) => u32::try_from(number.unsigned_abs())
                .map(Pid)
                .into_iter()
                .collect(),
            Err(_) => {
                result
                    .err
                    .extend(format!("kill: invalid number '{word}'\n").into_bytes());
                result.code = 1;
                continue;
            }
        };
        for pid in pids {
            let is_there = match signal {
                Some(signal) => ctx.machine.deliver(pid, signal, false),
                None => ctx.machine.is_alive(pid),
            };
            if !is_there {
                let text = format!("kill: can't kill pid {}: No such process\n", pid.0);
                result.err.extend(text.into_bytes());
                result.code = 1;
            }
        }
    }
    debug_assert!(ctx.machine.is_alive(INIT) || ctx.pid != INIT);
    result
}

fn seq(words: &[String]) -> Done {
    let mut separator = "\n".to_owned();
    let mut pads = false;
    let mut numbers = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => separator = words.next().cloned().unwrap_or_default(),
            "-w" => pads = true,
            _ => match word.parse::<i64>() {
                Ok(number) => numbers.push(number),
                Err(_) => return failed(&format!("seq: invalid number '{word}'"), 1),
            },
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return failed("seq: missing operand", 1),
    };
    let width = if pads {
        first.to_string().len().max(last.to_string().len())
    } else {
        0
    };
    let mut all: Vec<String> = Vec::new();
    let mut next = first;
    while step != 0 && (step > 0 && next <= last || step < 0 && next >= last) && all.len() < NUMBERS
    {
        all.push(format!("{next:0width$}"));
        let Some(following) = next.checked_add(step) else {
            break;
        };
        next = following;
    }
    let mut text = all.join(&separator);
    if !all.is_empty() {
        text.push('\n');
    }
    out(text.into_bytes())
}

fn basename(words: &[String]) -> Done {
    let Some(path) = words.first() else {
        return failed("basename: missing operand", 1);
    };
    let trimmed = path.trim_end_matches('/');
    let mut name = trimmed.rsplit('/').next().unwrap_or_default();
    if trimmed.is_empty() && !path.is_empty() {
        name = "/";
    }
    if let Some(suffix) = words.get(1) {
        name = name
            .strip_suffix(suffix.as_str())
            .filter(|it| !it.is_empty())
            .unwrap_or(name);
    }
    out(format!("{name}\n").into_bytes())
}

/// `expr`: operators as words.
fn expr(words: &[String]) -> Done {
    let mut at = 0;
    let value = expr_at(words, &mut at, 0, 0);
    match value {
        Ok(value) if at == words.len() && at > 0 => {
            let status = i32::from(value.is_empty() || value == "0");
            let mut done = out(format!("{value}\n").into_bytes());
            done.code = status;
            done
        }
        Ok(_) => failed("expr: syntax error", 2),
        Err(text) => failed(&format!("expr: {text}"), 2),
    }
}

fn expr_at(words: &[String], at: &mut usize, above: u8, depth: u32) -> Result<String, String> {
    let syntax = || "syntax error".to_owned();
    if depth > 50 {
        return Err(syntax());
    }
    let first = words.get(*at).ok_or_else(syntax)?;
    *at += 1;
    let mut left = match first.as_str() {
        "(" => {
            let value = expr_at(words, at, 0, depth + 1)?;
            if words.get(*at).map(String::as_str) != Some(")") {
                return Err(syntax());
            }
            *at += 1;
            value
        }
        "length" if *at < words.len() => {
            *at += 1;
            words[*at - 1].chars().count().to_string()
        }
        _ => first.clone(),
    };
    while let Some(operator) = words.get(*at) {
        let tightness = match operator.as_str() {
            "|" => 1,
            "&" => 2,
            "=" | "!=" | "<" | "<=" | ">" | ">=" => 3,
            "+" | "-" => 4,
            "*" | "/" | "%" => 5,
            ":" => 6,
            _ => return Ok(left),
        };
        if tightness <= above {
            return Ok(left);
        }
        *at += 1;
        let right = expr_at(words, at, tightness, depth + 1)?;
        left = expr_apply(&left, operator, &right)?;
    }
    Ok(left)
}

fn expr_apply(left: &str, operator: &str, right: &str) -> Result<String, String> {
    use crate::world::shell::text::regex::Regex;
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let is_true = |it: &str| !it.is_empty() && it != "0";
    Ok(match operator {
        "|" => (if is_true(left) { left } else { right }).to_owned(),
        "&" => (if is_true(left) && is_true(right) {
            left
        } else {
            "0"
        })
        .to_owned(),
        ":" => {
            let regex = Regex::new(&format!("^{right}"), false, false)?;
            let letters: Vec<char> = left.chars().collect();
            let found = regex.find(&letters, 0).unwrap_or_default();
            match (
                found.first().copied().flatten(),
                found.get(1).copied().flatten(),
            ) {
                (_, Some((from, to))) => letters[from..to].iter().collect(),
                (Some((_, to)), None) => to.to_string(),
                (None, None) => "0".to_owned(),
            }
        }
        "=" | "!=" | "<" | "<=" | ">" | ">=" => {
            let order = numbers.map_or_else(|| left.cmp(right), |(left, right)| left.cmp(&right));
            let holds = match operator {
                "=" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            };
            i32::from(holds).to_string()
        }
        _ => {
            let (left, right) = numbers.ok_or_else(|| "non-numeric argument".to_owned())?;
            let value = match operator {
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                _ if right == 0 => return Err("division by zero".to_owned()),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
            value.to_string()
        }
    })
}
