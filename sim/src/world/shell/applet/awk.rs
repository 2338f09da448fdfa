//! The `awk` of one-liners: `[/regex/ or NR==n] {print $1, "text" …}`. Anything else is an error that says so.

use super::lines::Flow;
use crate::world::shell::text::regex::Regex;

/// A program of rules.
#[derive(Clone, Debug)]
pub(super) struct Awk {
    rules: Vec<Rule>,
    separator: Option<String>,
    number: u64,
    variables: Vec<(String, String)>,
    code: i32,
}

#[derive(Clone, Debug)]
struct Rule {
    when: When,
    actions: Vec<Action>,
}

#[derive(Clone, Debug)]
enum When {
    Always,
    End,
    Match(Regex, bool),
    /// NR or a field is a text or a number.
    Equal(Term, String, Term),
}

#[derive(Clone, Debug)]
enum Action {
    /// Texts that follow each other, in groups with a blank between them.
    Print(Vec<Vec<Term>>),
    Exit,
}

#[derive(Clone, Debug)]
enum Term {
    Field(usize),
    LastField(usize),
    Text(String),
    LineNumber,
    FieldCount,
    Variable(String),
}

impl Awk {
    pub(super) fn new(words: &[String]) -> Result<(Self, Vec<String>), String> {
        let mut awk = Self {
            rules: Vec::new(),
            separator: None,
            number: 0,
            variables: Vec::new(),
            code: 0,
        };
        let mut rest = words[1..].iter();
        let mut program = None;
        let mut inputs = Vec::new();
        while let Some(word) = rest.next() {
            if program.is_none() && word == "-v" {
                let pair = rest.next().and_then(|it| it.split_once('='));
                awk.variables
                    .extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
            } else if let Some(separator) = word.strip_prefix("-F").filter(|_| program.is_none()) {
                let separator = if separator.is_empty() {
                    rest.next().cloned().unwrap_or_default()
                } else {
                    separator.to_owned()
                };
                let text = crate::world::shell::text::escapes(&separator).0;
                awk.separator = Some(String::from_utf8_lossy(&text).into_owned());
            } else if program.is_none() {
                program = Some(word.clone());
            } else {
                inputs.push(word.clone());
            }
        }
        let program: Vec<char> = program.ok_or("missing program")?.chars().collect();
        let mut reader = Reader {
            text: &program,
            next: 0,
        };
        loop {
            reader.blanks();
            if reader.peek().is_none() {
                return Ok((awk, inputs));
            }
            awk.rules.push(reader.rule()?);
        }
    }

    pub(super) const fn code(&self, read: i32) -> i32 {
        if self.code != 0 { self.code } else { read }
    }

    pub(super) fn line(&mut self, text: &str, out: &mut Vec<u8>) -> Flow {
        self.number += 1;
        self.run(text, false, out)
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let _ = self.run("", true, out);
    }

    fn run(&self, text: &str, at_end: bool, out: &mut Vec<u8>) -> Flow {
        let fields: Vec<&str> = match self.separator.as_deref() {
            None | Some(" ") => text.split_whitespace().collect(),
            Some(separator) if separator.chars().count() == 1 => text.split(separator).collect(),
            Some(separator) => {
                let letters = separator.trim_matches(['[', ']']);
                text.split(|it| letters.contains(it)).collect()
            }
        };
        let value = |term: &Term| -> String {
            match term {
                Term::Field(0) => text.to_owned(),
                Term::Field(number) => (*fields.get(number - 1).unwrap_or(&"")).to_owned(),
                Term::LastField(back) => {
                    let place = fields.len().checked_sub(1 + back);
                    place
                        .and_then(|it| fields.get(it))
                        .map_or_else(String::new, |it| (*it).to_owned())
                }
                Term::Text(text) => text.clone(),
                Term::LineNumber => self.number.to_string(),
                Term::FieldCount => fields.len().to_string(),
                Term::Variable(name) => {
                    let found = self.variables.iter().rev().find(|(it, _)| it == name);
                    found.map_or_else(String::new, |(_, value)| value.clone())
                }
            }
        };
        for rule in &self.rules {
            let holds = match &rule.when {
                When::Always => !at_end,
                When::End => at_end,
                When::Match(regex, inverts) => !at_end && regex.is_match(text) != *inverts,
                When::Equal(left, operator, right) => {
                    !at_end && compare(&value(left), operator, &value(right))
                }
            };
            if !holds {
                continue;
            }
            for action in &rule.actions {
                match action {
                    Action::Exit => return Flow::Enough,
                    Action::Print(groups) => {
                        let texts: Vec<String> = groups
                            .iter()
                            .map(|it| it.iter().map(value).collect())
                            .collect();
                        out.extend(format!("{}\n", texts.join(" ")).into_bytes());
                    }
                }
            }
        }
        Flow::More
    }
}

fn compare(left: &str, operator: &str, right: &str) -> bool {
    let numbers = left
        .trim()
        .parse::<i64>()
        .ok()
        .zip(right.trim().parse::<i64>().ok());
    let order = numbers.map_or_else(|| left.cmp(right), |(left, right)| left.cmp(&right));
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

struct Reader<'a> {
    text: &'a [char],
    next: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.next).copied()
    }

    fn blanks(&mut self) {
        while self
            .peek()
            .is_some_and(|it| it.is_whitespace() || it == ';')
        {
            self.next += 1;
        }
    }

    fn skip(&mut self, sign: char) -> bool {
        self.blanks();
        let is_there = self.peek() == Some(sign);
        self.next += usize::from(is_there);
        is_there
    }

    fn unknown(&self) -> String {
        let rest: String = self.text[self.next.min(self.text.len())..]
            .iter()
            .take(20)
            .collect();
        format!("this awk does not know: {rest}")
    }

    fn word(&mut self) -> String {
        self.blanks();
        let mut word = String::new();
        while let Some(letter) = self
            .peek()
            .filter(|it| *it == '_' || it.is_ascii_alphanumeric())
        {
            word.push(letter);
            self.next += 1;
        }
        word
    }

    fn rule(&mut self) -> Result<Rule, String> {
        self.blanks();
        let before = self.next;
        let when = match self.peek() {
            Some('{') => When::Always,
            Some('/') => When::Match(self.regex()?, false),
            Some('!') => {
                self.next += 1;
                When::Match(self.regex()?, true)
            }
            Some(_) if self.word() == "END" => When::End,
            Some(_) | None => {
                self.next = before;
                let left = self.term()?;
                self.blanks();
                let mut operator = String::new();
                while let Some(sign) = self.peek().filter(|it| "=!<>".contains(*it)) {
                    operator.push(sign);
                    self.next += 1;
                }
                if !matches!(operator.as_str(), "==" | "!=" | "<" | "<=" | ">" | ">=") {
                    return Err(self.unknown());
                }
                When::Equal(left, operator, self.term()?)
            }
        };
        let mut actions = Vec::new();
        if !self.skip('{') {
            actions.push(Action::Print(vec![vec![Term::Field(0)]]));
            return Ok(Rule { when, actions });
        }
        loop {
            self.blanks();
            if self.skip('}') {
                return Ok(Rule { when, actions });
            }
            match self.word().as_str() {
                "print" => actions.push(self.print()?),
                "exit" => actions.push(Action::Exit),
                _ => return Err(self.unknown()),
            }
        }
    }

    fn regex(&mut self) -> Result<Regex, String> {
        if !self.skip('/') {
            return Err(self.unknown());
        }
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unknown()),
                Some('/') => break,
                Some('\\') if self.text.get(self.next + 1) == Some(&'/') => {
                    text.push('/');
                    self.next += 1;
                }
                Some(letter) => text.push(letter),
            }
            self.next += 1;
        }
        self.next += 1;
        Regex::new(&text, true, false)
    }

    fn print(&mut self) -> Result<Action, String> {
        let mut groups = vec![Vec::new()];
        loop {
            while self.peek().is_some_and(|it| it == ' ' || it == '\t') {
                self.next += 1;
            }
            match self.peek() {
                None | Some('}' | ';' | '\n') => break,
                Some(',') => {
                    self.next += 1;
                    groups.push(Vec::new());
                }
                Some(_) => {
                    let term = self.term()?;
                    groups
                        .last_mut()
                        .expect("there is a first group")
                        .push(term);
                }
            }
        }
        if groups.iter().all(Vec::is_empty) {
            groups = vec![vec![Term::Field(0)]];
        }
        Ok(Action::Print(groups))
    }

    fn term(&mut self) -> Result<Term, String> {
        self.blanks();
        match self.peek() {
            Some('"') => {
                let mut text = String::new();
                self.next += 1;
                while let Some(letter) = self.peek().filter(|it| *it != '"') {
                    text.push(letter);
                    self.next += 1;
                    if letter == '\\' {
                        text.extend(self.peek());
                        self.next += 1;
                    }
                }
                self.next += 1;
                let bytes = crate::world::shell::text::escapes(&text.replace("\\\"", "\"")).0;
                Ok(Term::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Some('$') => {
                self.next += 1;
                if self.skip('(') {
                    let term = self.last_field()?;
                    return if self.skip(')') {
                        Ok(term)
                    } else {
                        Err(self.unknown())
                    };
                }
                let word = self.word();
                match word.as_str() {
                    "NF" => Ok(Term::LastField(0)),
                    _ => word.parse().map(Term::Field).map_err(|_| self.unknown()),
                }
            }
            Some(letter) if letter.is_ascii_alphanumeric() => {
                let word = self.word();
                Ok(match word.as_str() {
                    "NR" | "FNR" => Term::LineNumber,
                    "NF" => Term::FieldCount,
                    _ if word.bytes().all(|it| it.is_ascii_digit()) => Term::Text(word),
                    _ if self.peek() == Some('(') => return Err(self.unknown()),
                    _ => Term::Variable(word),
                })
            }
            Some(_) | None => Err(self.unknown()),
        }
    }

    /// `NF-1` in parentheses.
    fn last_field(&mut self) -> Result<Term, String> {
        if self.word() != "NF" {
            return Err(self.unknown());
        }
        let back = if self.skip('-') {
            self.word().parse().map_err(|_| self.unknown())?
        } else {
            0
        };
        Ok(Term::LastField(back))
    }
}
