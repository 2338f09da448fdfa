//! `sed`: addresses, `s`, `d`, `p`, `q`, `y`-less, one command after the other.

use super::lines::Flow;
use crate::world::shell::text::regex::Regex;

/// How long a line may become.
const LINE: usize = 1 << 20;

/// A program, and where it is in its input.
#[derive(Clone, Debug)]
pub(super) struct Sed {
    commands: Vec<Command>,
    quiet: bool,
    in_place: bool,
    number: u64,
    /// The line before its end is known: `$` needs to see whether there is another.
    held: Option<(String, bool)>,
    /// What `-i` has written of this file.
    file: Vec<u8>,
    code: i32,
    is_over: bool,
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    inverts: bool,
    /// It is within its range.
    is_active: bool,
    action: Action,
}

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute {
        regex: Regex,
        with: Vec<char>,
        global: bool,
        prints: bool,
        number: u64,
    },
    Delete,
    Print,
    Quit(i32),
    Append(String),
    Insert(String),
    Change(String),
}

impl Sed {
    pub(super) fn new(words: &[String]) -> Result<(Self, Vec<String>), String> {
        let (mut scripts, mut rest) = (Vec::new(), Vec::new());
        let (mut extended, mut quiet, mut in_place) = (false, false, false);
        let mut words = words[1..].iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-e" | "--expression" => scripts.push(words.next().cloned().unwrap_or_default()),
                "-f" => return Err("scripts in files are not known here".to_owned()),
                _ if word.len() > 1 && word.starts_with('-') => {
                    let is_long = word.starts_with("--");
                    extended |=
                        word == "--regexp-extended" || !is_long && word.contains(['E', 'r']);
                    quiet |=
                        word == "--quiet" || word == "--silent" || !is_long && word.contains('n');
                    in_place |= word.starts_with("--in-place") || !is_long && word.contains('i');
                    if !is_long && word.ends_with('e') {
                        scripts.push(words.next().cloned().unwrap_or_default());
                    }
                }
                _ => rest.push(word.clone()),
            }
        }
        if scripts.is_empty() {
            if rest.is_empty() {
                return Err("missing command".to_owned());
            }
            scripts.push(rest.remove(0));
        }
        let script: Vec<char> = scripts.join("\n").chars().collect();
        let commands = Reader {
            text: &script,
            next: 0,
            extended,
        }
        .commands()?;
        let sed = Self {
            commands,
            quiet,
            in_place,
            number: 0,
            held: None,
            file: Vec::new(),
            code: 0,
            is_over: false,
        };
        Ok((sed, rest))
    }

    pub(super) const fn code(&self, read: i32) -> i32 {
        if self.code != 0 { self.code } else { read }
    }

    pub(super) fn line(&mut self, text: &str, whole: bool, out: &mut Vec<u8>) -> Flow {
        if let Some((before, newline)) = self.held.replace((text.to_owned(), whole)) {
            self.process(&before, newline, false, out);
        }
        if self.is_over {
            self.held = None;
            return Flow::Enough;
        }
        Flow::More
    }

    /// An input has ended: its last line is the last of all, if no other follows or files are edited in place.
    pub(super) fn end_input(
        &mut self,
        name: &str,
        is_last: bool,
        out: &mut Vec<u8>,
    ) -> Option<(String, Vec<u8>)> {
        if (is_last || self.in_place)
            && let Some((text, newline)) = self.held.take()
        {
            self.process(&text, newline, true, out);
        }
        if !self.in_place {
            return None;
        }
        self.number = 0;
        Some((name.to_owned(), std::mem::take(&mut self.file)))
    }

    fn process(&mut self, text: &str, newline: bool, is_last: bool, out: &mut Vec<u8>) {
        let out = if self.in_place { &mut self.file } else { out };
        self.number += 1;
        let mut line: Vec<char> = text.chars().collect();
        let mut after = Vec::new();
        let mut is_gone = false;
        for command in &mut self.commands {
            if !command.applies(&line, self.number, is_last) {
                continue;
            }
            match &command.action {
                Action::Delete => {
                    is_gone = true;
                    break;
                }
                Action::Print => say(&line, true, out),
                Action::Quit(code) => {
                    self.code = *code;
                    self.is_over = true;
                    break;
                }
                Action::Append(text) => after.push(text.clone()),
                Action::Insert(text) => say(&text.chars().collect::<Vec<_>>(), true, out),
                Action::Change(text) => {
                    say(&text.chars().collect::<Vec<_>>(), true, out);
                    is_gone = true;
                    break;
                }
                Action::Substitute {
                    regex,
                    with,
                    global,
                    prints,
                    number,
                } => {
                    if let Some(new) = substituted(&line, regex, with, *global, *number) {
                        line = new;
                        if *prints {
                            say(&line, true, out);
                        }
                    }
                }
            }
        }
        if !self.quiet && !is_gone {
            say(&line, newline, out);
        }
        for text in after {
            say(&text.chars().collect::<Vec<_>>(), true, out);
        }
    }
}

fn say(line: &[char], newline: bool, out: &mut Vec<u8>) {
    out.extend(line.iter().collect::<String>().into_bytes());
    if newline {
        out.push(b'\n');
    }
}

/// The line after a substitution, if there was a match.
pub(super) fn substituted(
    line: &[char],
    regex: &Regex,
    with: &[char],
    global: bool,
    number: u64,
) -> Option<Vec<char>> {
    let mut result = Vec::new();
    let (mut at, mut count, mut is_done) = (0, 0, false);
    while at <= line.len() && result.len() < LINE {
        let Some(found) = regex.find(line, at) else {
            break;
        };
        let Some((from, to)) = found[0] else { break };
        result.extend_from_slice(&line[at..from]);
        count += 1;
        if count >= number {
            is_done = true;
            replace(line, with, &found, &mut result);
        } else {
            result.extend_from_slice(&line[from..to]);
        }
        at = to;
        if to == from {
            result.extend(line.get(at));
            at += 1;
        }
        if is_done && !global {
            break;
        }
    }
    result.extend_from_slice(line.get(at..).unwrap_or_default());
    is_done.then_some(result)
}

fn replace(line: &[char], with: &[char], found: &[Option<(usize, usize)>], result: &mut Vec<char>) {
    let mut letters = with.iter().copied();
    while let Some(letter) = letters.next() {
        let group = match letter {
            '&' => Some(0),
            '\\' => match letters.next() {
                Some(digit @ '0'..='9') => digit.to_digit(10),
                Some('n') => {
                    result.push('\n');
                    None
                }
                Some('t') => {
                    result.push('\t');
                    None
                }
                Some('r') => {
                    result.push('\r');
                    None
                }
                Some(other) => {
                    result.push(other);
                    None
                }
                None => None,
            },
            other => {
                result.push(other);
                None
            }
        };
        let place = group
            .and_then(|it| usize::try_from(it).ok())
            .and_then(|it| found.get(it).copied().flatten());
        if let Some((from, to)) = place {
            result.extend_from_slice(&line[from..to]);
        }
    }
}

impl Command {
    fn applies(&mut self, line: &[char], number: u64, is_last: bool) -> bool {
        let is_at = |address: &Address| match address {
            Address::Line(it) => *it == number,
            Address::Last => is_last,
            Address::Match(regex) => regex.find(line, 0).is_some(),
        };
        let holds = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => is_at(from),
            (Some(from), Some(to)) => {
                if self.is_active {
                    let passed = matches!(to, Address::Line(it) if *it <= number);
                    self.is_active = !passed && !is_at(to);
                    !matches!(to, Address::Line(it) if *it < number)
                } else if is_at(from) {
                    self.is_active = !matches!(to, Address::Line(it) if *it <= number);
                    true
                } else {
                    false
                }
            }
        };
        holds != self.inverts
    }
}

/// Reads a script.
struct Reader<'a> {
    text: &'a [char],
    next: usize,
    extended: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.next).copied()
    }

    fn blanks(&mut self, more: &[char]) {
        while self
            .peek()
            .is_some_and(|it| it == ' ' || it == '\t' || more.contains(&it))
        {
            self.next += 1;
        }
    }

    fn commands(mut self) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        loop {
            self.blanks(&[';', '\n']);
            if self.peek().is_none() {
                return Ok(commands);
            }
            let from = self.address()?;
            self.blanks(&[]);
            let to = if from.is_some() && self.peek() == Some(',') {
                self.next += 1;
                self.blanks(&[]);
                self.address()?
            } else {
                None
            };
            self.blanks(&[]);
            let inverts = self.peek() == Some('!');
            self.next += usize::from(inverts);
            self.blanks(&[]);
            let action = self.action()?;
            commands.push(Command {
                from,
                to,
                inverts,
                is_active: false,
                action,
            });
        }
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        Ok(match self.peek() {
            Some('$') => {
                self.next += 1;
                Some(Address::Last)
            }
            Some('/') => {
                self.next += 1;
                let text: String = self.until('/')?.iter().collect();
                Some(Address::Match(Regex::new(&text, self.extended, false)?))
            }
            Some(digit) if digit.is_ascii_digit() => {
                let mut number = 0_u64;
                while let Some(digit) = self.peek().and_then(|it| it.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(u64::from(digit));
                    self.next += 1;
                }
                Some(Address::Line(number))
            }
            Some(_) | None => None,
        })
    }

    /// Text up to a sign, which is taken; a backslash before the sign makes it plain.
    fn until(&mut self, sign: char) -> Result<Vec<char>, String> {
        let mut text = Vec::new();
        loop {
            let letter = self.peek().ok_or_else(|| "unmatched '/'".to_owned())?;
            self.next += 1;
            if letter == sign {
                return Ok(text);
            }
            if letter == '\\' {
                let escaped = self.peek().ok_or_else(|| "unmatched '/'".to_owned())?;
                self.next += 1;
                if escaped != sign {
                    text.push('\\');
                }
                text.push(escaped);
                continue;
            }
            text.push(letter);
        }
    }

    fn action(&mut self) -> Result<Action, String> {
        let letter = self.peek().ok_or_else(|| "missing command".to_owned())?;
        self.next += 1;
        Ok(match letter {
            'd' => Action::Delete,
            'p' => Action::Print,
            'q' | 'Q' => {
                self.blanks(&[]);
                let code = self.peek().and_then(|it| it.to_digit(10)).unwrap_or(0);
                self.next += usize::from(self.peek().is_some_and(|it| it.is_ascii_digit()));
                Action::Quit(i32::try_from(code).unwrap_or(0))
            }
            'a' | 'i' | 'c' => {
                self.blanks(&['\\', '\n']);
                let mut text = String::new();
                while let Some(letter) = self.peek().filter(|it| *it != '\n') {
                    text.push(letter);
                    self.next += 1;
                }
                match letter {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }
            }
            's' => {
                let sign = self.peek().ok_or_else(|| "bad substitution".to_owned())?;
                self.next += 1;
                let pattern: String = self.until(sign)?.iter().collect();
                let with = self.until(sign)?;
                let (mut global, mut prints, mut ignores, mut number) = (false, false, false, 1);
                while let Some(flag) = self.peek() {
                    match flag {
                        'g' => global = true,
                        'p' => prints = true,
                        'i' | 'I' => ignores = true,
                        '1'..='9' => number = u64::from(flag.to_digit(10).unwrap_or(1)),
                        _ => break,
                    }
                    self.next += 1;
                }
                let regex = Regex::new(&pattern, self.extended, ignores)?;
                Action::Substitute {
                    regex,
                    with,
                    global,
                    prints,
                    number,
                }
            }
            other => return Err(format!("unsupported command {other}")),
        })
    }
}
