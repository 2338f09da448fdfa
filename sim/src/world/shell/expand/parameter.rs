//! Parameters (POSIX XCU 2.6.2), with the forms of bash.

use std::collections::BTreeMap;

use super::fields::Builder;
use super::{Expanded, Expander, Stop};
use crate::world::shell::interpreter::Value;
use crate::world::shell::machine::mix;
use crate::world::shell::syntax::{Operation, Parameter, Word};
use crate::world::shell::text::pattern::Pattern;

/// How many characters one operation looks at before it gives up and finds nothing.
const WORK: usize = 20_000_000;

impl Expander<'_, '_> {
    pub(super) fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        into: &mut Builder,
    ) -> Expanded<()> {
        if let Some(values) = self.many(parameter)? {
            return self.spread(parameter, values, quoted, into);
        }
        let index = match &parameter.index {
            Some(word) => Some(self.index(word)?),
            None => None,
        };
        let name = if parameter.is_indirect {
            self.variable(&parameter.name).unwrap_or_default()
        } else {
            parameter.name.clone()
        };
        let value = self.element(&name, index);
        if let Operation::Alternative(sign, colon, word) = &parameter.operation {
            return self.alternative(&name, *sign, *colon, value, word, quoted, into);
        }
        if value.is_none() && self.shell.options.unset_fails && !matches!(name.as_str(), "@" | "*")
        {
            return Err(Stop::Failed(format!("{name}: parameter not set")));
        }
        let value = value.unwrap_or_default();
        let text = self.operate(&parameter.operation, value)?;
        self.count(text.len())?;
        into.value(&text, quoted);
        Ok(())
    }

    /// `${x-word}` and its like. The word keeps its own quotes, and is split where it is not quoted.
    #[expect(clippy::too_many_arguments, reason = "the parts of one expansion")]
    fn alternative(
        &mut self,
        name: &str,
        sign: char,
        colon: bool,
        value: Option<String>,
        word: &Word,
        quoted: bool,
        into: &mut Builder,
    ) -> Expanded<()> {
        let is_set = value.as_ref().is_some_and(|it| !colon || !it.is_empty());
        match (sign, is_set) {
            ('+', false) => {
                into.value("", quoted);
                Ok(())
            }
            ('-', true) | ('=', true) | ('?', true) => {
                let value = value.unwrap_or_default();
                self.count(value.len())?;
                into.value(&value, quoted);
                Ok(())
            }
            ('=', false) => {
                let text = self.text(word)?;
                let stored = Value::Text(text.as_str().into());
                self.assigned.push((name.to_owned(), None, stored));
                into.value(&text, quoted);
                Ok(())
            }
            ('?', false) => {
                let text = self.text(word)?;
                let text = if text.is_empty() {
                    "parameter not set".to_owned()
                } else {
                    text
                };
                Err(Stop::Failed(format!("{name}: {text}")))
            }
            _ if quoted || !into.splits() => {
                let text = self.text(word)?;
                into.value(&text, quoted);
                Ok(())
            }
            // Literal text in the word is split as well.
            _ => {
                for part in &word.parts {
                    match part {
                        crate::world::shell::syntax::Part::Text(text) => into.value(text, false),
                        other => {
                            let one = Word {
                                parts: vec![other.clone()],
                            };
                            self.parts(&one, false, into)?;
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn operate(&mut self, operation: &Operation, value: String) -> Expanded<String> {
        Ok(match operation {
            Operation::Plain | Operation::Alternative(..) => value,
            Operation::Length => value.chars().count().to_string(),
            Operation::Remove(sign, longest, word) => {
                let pattern = self.pattern(word)?;
                removed(&value, &pattern, *sign == '#', *longest)
            }
            Operation::Slice(offset, length) => {
                let letters: Vec<char> = value.chars().collect();
                let (from, to) = self.slice(letters.len(), offset, length.as_ref())?;
                letters[from..to].iter().collect()
            }
            Operation::Replace(how, word, with) => {
                let pattern = self.pattern(word)?;
                let with = self.text(with)?;
                let text = replaced(&value, &pattern, &with, *how);
                self.count(text.len())?;
                text
            }
            Operation::Case(upper, all) => {
                let change = |text: &str| {
                    if *upper {
                        text.to_uppercase()
                    } else {
                        text.to_lowercase()
                    }
                };
                if *all {
                    change(&value)
                } else {
                    let first = value.chars().next().map_or(0, char::len_utf8);
                    change(&value[..first]) + &value[first..]
                }
            }
        })
    }

    fn slice(
        &mut self,
        length: usize,
        offset: &Word,
        count: Option<&Word>,
    ) -> Expanded<(usize, usize)> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let clamp = |it: i64| it.clamp(0, length);
        let offset = self.arithmetic(offset)?;
        let from = clamp(if offset < 0 {
            length.saturating_add(offset)
        } else {
            offset
        });
        let to = match count {
            None => length,
            Some(word) => {
                let count = self.arithmetic(word)?;
                let base = if count < 0 { length } else { from };
                clamp(base.saturating_add(count)).max(from)
            }
        };
        let index = |it: i64| usize::try_from(it).unwrap_or(0);
        Ok((index(from), index(to)))
    }

    /// The values of `$@`, `$*` and `${array[@]}`.
    fn many(&mut self, parameter: &Parameter) -> Expanded<Option<Vec<String>>> {
        let is_all = |index: &Word| matches!(index.text().as_str(), "@" | "*");
        if matches!(parameter.name.as_str(), "@" | "*") {
            return Ok(Some(self.shell.arguments.clone()));
        }
        if parameter.index.as_ref().is_some_and(is_all) {
            return Ok(Some(self.list(&parameter.name).into_values().collect()));
        }
        Ok(None)
    }

    fn spread(
        &mut self,
        parameter: &Parameter,
        mut values: Vec<String>,
        quoted: bool,
        into: &mut Builder,
    ) -> Expanded<()> {
        match &parameter.operation {
            Operation::Length => {
                into.value(&values.len().to_string(), quoted);
                return Ok(());
            }
            Operation::Slice(offset, length) => {
                // `${@:1}`: arguments are counted from one.
                let is_arguments = parameter.name == "@" || parameter.name == "*";
                if is_arguments {
                    values.insert(0, self.shell.name.clone());
                }
                let (from, to) = self.slice(values.len(), offset, length.as_ref())?;
                values = values[from..to].to_vec();
            }
            Operation::Alternative(sign, colon, word) => {
                let is_empty = *colon && values.iter().all(String::is_empty);
                let is_set = !values.is_empty() && !is_empty;
                if is_set == (*sign == '+') {
                    let text = if *sign == '+' || !is_set {
                        self.text(word)?
                    } else {
                        String::new()
                    };
                    into.value(&text, quoted);
                    return Ok(());
                }
                if *sign == '+' {
                    return Ok(());
                }
            }
            operation => {
                for value in &mut values {
                    *value = self.operate(operation, std::mem::take(value))?;
                }
            }
        }
        self.count(values.iter().map(String::len).sum())?;
        let is_star = parameter.name == "*"
            || parameter
                .index
                .as_ref()
                .is_some_and(|index| index.text() == "*");
        if quoted && is_star {
            let separators = self.separators();
            let separator = separators
                .chars()
                .next()
                .map_or_else(String::new, |it| it.to_string());
            into.quoted(&values.join(&separator));
            return Ok(());
        }
        if quoted && values.is_empty() {
            into.void();
        }
        for (number, value) in values.iter().enumerate() {
            if number > 0 {
                into.end();
            }
            into.value(value, quoted);
        }
        Ok(())
    }

    /// A variable or a special parameter.
    pub(crate) fn variable(&mut self, name: &str) -> Option<String> {
        let shell = self.shell;
        if let Ok(number) = name.parse::<usize>() {
            return match number {
                0 => Some(shell.name.clone()),
                _ => shell.arguments.get(number - 1).cloned(),
            };
        }
        match name {
            "?" => Some(shell.status.to_string()),
            "$" => Some(shell.own.0.to_string()),
            "!" => shell.background.map(|pid| pid.0.to_string()),
            "#" => Some(shell.arguments.len().to_string()),
            "-" => Some(shell.options.letters()),
            "@" | "*" => Some(shell.arguments.join(" ")),
            "RANDOM" if self.assigned_value(name).is_none() => {
                self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
                Some((mix(self.random) % 32_768).to_string())
            }
            "SECONDS" if shell.get(name).is_none() => {
                let since = self.ctx.now().since(self.ctx.process().started);
                Some((since.nanos() / wavetank_core::time::NANOS_PER_SECOND).to_string())
            }
            "EPOCHSECONDS" => Some(
                self.ctx
                    .outside
                    .unix_time(self.ctx.machine.clock)
                    .to_string(),
            ),
            "PPID" => Some(self.ctx.process().parent.0.to_string()),
            "BASHPID" => Some(self.ctx.pid.0.to_string()),
            _ => match self.assigned_value(name) {
                Some(value) => value.first(),
                None => shell.get(name).and_then(Value::first),
            },
        }
    }

    fn assigned_value(&self, name: &str) -> Option<&Value> {
        let found = self
            .assigned
            .iter()
            .rev()
            .find(|(it, index, _)| it == name && index.is_none());
        found.map(|(_, _, value)| value)
    }

    /// A variable, or an element of an array; the element 0 of what is none is the variable.
    pub(crate) fn element(&mut self, name: &str, index: Option<i64>) -> Option<String> {
        let Some(index) = index else {
            return self.variable(name);
        };
        let own = |it: &(String, Option<i64>, Value)| it.0 == name && it.1 == Some(index);
        if let Some((_, _, value)) = self.assigned.iter().rev().find(|it| own(it)) {
            return value.first();
        }
        let list = self.list(name);
        let index = if index < 0 {
            list.last_key_value().map_or(0, |(last, _)| last + 1) + index
        } else {
            index
        };
        list.get(&index).cloned()
    }

    /// An array, or a variable as an array of one.
    pub(crate) fn list(&mut self, name: &str) -> BTreeMap<i64, String> {
        let value = self.assigned_value(name).or_else(|| self.shell.get(name));
        match value {
            Some(Value::List(list)) => BTreeMap::clone(list),
            Some(Value::Text(text)) => BTreeMap::from([(0, text.to_string())]),
            None => BTreeMap::new(),
        }
    }

    pub(crate) fn index(&mut self, word: &Word) -> Expanded<i64> {
        self.arithmetic(word)
    }
}

/// A text without the shortest or longest match at its beginning or end.
fn removed(text: &str, pattern: &str, at_begin: bool, longest: bool) -> String {
    let pattern = Pattern::new(pattern);
    let letters: Vec<char> = text.chars().collect();
    let mut places = 0..=letters.len();
    let mut left = WORK;
    let mut matches = |place: &usize| {
        let part = if at_begin {
            &letters[..*place]
        } else {
            &letters[*place..]
        };
        left = left.saturating_sub(part.len());
        left > 0 && pattern.matches_letters(part)
    };
    // The shortest prefix ends first, the shortest suffix begins last.
    let found = if at_begin == longest {
        places.rev().find(|it| matches(it))
    } else {
        places.find(|it| matches(it))
    };
    match found {
        None => text.to_owned(),
        Some(place) if at_begin => letters[place..].iter().collect(),
        Some(place) => letters[..place].iter().collect(),
    }
}

fn replaced(text: &str, pattern: &str, with: &str, how: char) -> String {
    if pattern.is_empty() {
        return text.to_owned();
    }
    let pattern = Pattern::new(pattern);
    let letters: Vec<char> = text.chars().collect();
    let mut result = String::new();
    let mut at = 0;
    let mut left = WORK;
    while at <= letters.len() {
        let mut ends = (at..=letters.len()).rev();
        let found = match how {
            '#' if at > 0 => None,
            '%' => pattern
                .matches_letters(&letters[at..])
                .then_some(letters.len()),
            _ => ends.find(|end| {
                left = left.saturating_sub(end - at + 1);
                left > 0 && *end > at && pattern.matches_letters(&letters[at..*end])
            }),
        };
        match found {
            Some(end) => {
                result.push_str(with);
                at = end.max(at + 1);
                if how != '/' {
                    break;
                }
            }
            None => {
                result.extend(letters.get(at));
                at += 1;
            }
        }
        if result.len() > super::SIZE {
            break;
        }
    }
    result.extend(letters.get(at..).unwrap_or_default());
    result
}
