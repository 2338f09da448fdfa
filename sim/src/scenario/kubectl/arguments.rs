//! The words of a command line sorted into positions, flags and what follows `--`.

use wavetank_core::time::SimDuration;

use super::flags::{self, Flag};
use super::{Ineffective, KubectlError};
use crate::diagnostic::nearest;
use crate::scenario::units;
use crate::scenario::words::Word;

/// A command line taken apart.
pub(super) struct Arguments {
    /// The command's words: `set image`.
    pub(super) command: Word,
    /// Words that are neither flags nor their values.
    pub(super) positions: Vec<Word>,
    /// Flags in the order of the line.
    flags: Vec<Given>,
    /// Words after `--`.
    pub(super) tail: Vec<Word>,
    /// Flags that change nothing.
    pub(super) ineffective: Vec<Ineffective>,
}

struct Given {
    flag: Flag,
    word: Word,
    value: Word,
}

impl Arguments {
    /// Sorts `words`, which follow the command, by the flags that `table` names.
    pub(super) fn read(command: Word, table: &str, words: &[Word]) -> Result<Self, KubectlError> {
        let known = flags::of(table);
        let mut found = Self {
            command,
            positions: Vec::new(),
            flags: Vec::new(),
            tail: Vec::new(),
            ineffective: Vec::new(),
        };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word.text == "--" {
                found.tail = rest.cloned().collect();
                break;
            }
            if matches!(
                word.text.as_str(),
                "|" | ">" | ">>" | "<" | "&&" | "||" | ";" | "&"
            ) {
                let message = format!("`{}` is shell; a line is one kubectl command", word.text);
                let help = "write a list of lines: kubectl: [first, second]";
                return Err(unsupported(word, message, help.to_owned()));
            }
            if let Some(long) = word.text.strip_prefix("--") {
                let (name, inline) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                let flag = known.iter().find(|flag| flag.name == name);
                let flag = *flag.ok_or_else(|| unknown_flag(word, name, &found.command, &known))?;
                let offset = u32::try_from(name.chars().count()).unwrap_or(0) + 3;
                let value = inline.map(|value| part(word, value, offset));
                found.give(flag, word, value, &mut rest)?;
            } else if word.text.len() > 1 && word.text.starts_with('-') && !is_number(&word.text) {
                found.short_flags(word, &known, &mut rest)?;
            } else {
                found.positions.push(word.clone());
            }
        }
        Ok(found)
    }

    /// `-it`, `-nshop`, `-n shop`, `-l=app=web`.
    fn short_flags<'a>(
        &mut self,
        word: &Word,
        known: &[Flag],
        rest: &mut impl Iterator<Item = &'a Word>,
    ) -> Result<(), KubectlError> {
        let letters: Vec<char> = word.text.chars().skip(1).collect();
        for (index, &letter) in letters.iter().enumerate() {
            let flag = known.iter().find(|flag| flag.short == Some(letter));
            let flag = *flag
                .ok_or_else(|| unknown_flag(word, &format!("-{letter}"), &self.command, known))?;
            let following: String = letters[index + 1..].iter().collect();
            if flag.value && !following.is_empty() {
                let value = following.strip_prefix('=').unwrap_or(&following);
                let offset = letters.len() + 1 - value.chars().count();
                let value = part(word, value, u32::try_from(offset).unwrap_or(0));
                return self.give(flag, word, Some(value), rest);
            }
            self.give(flag, word, None, rest)?;
        }
        Ok(())
    }

    fn give<'a>(
        &mut self,
        flag: Flag,
        word: &Word,
        inline: Option<Word>,
        rest: &mut impl Iterator<Item = &'a Word>,
    ) -> Result<(), KubectlError> {
        let value = match inline {
            Some(value) => value,
            None if flag.value => match rest.next() {
                Some(next) if next.text != "--" => next.clone(),
                _ => return Err(usage(word, format!("`{}` needs a value", word.text), None)),
            },
            None => part(word, "true", 0),
        };
        if !flag.effect {
            let found = Ineffective {
                flag: word.text.split('=').next().unwrap_or("").to_owned(),
                start: word.start,
                length: word.length,
            };
            if !self.ineffective.contains(&found) {
                self.ineffective.push(found);
            }
        }
        let word = word.clone();
        self.flags.push(Given { flag, word, value });
        Ok(())
    }

    /// The last value of a flag.
    pub(super) fn value(&self, name: &str) -> Option<&Word> {
        self.values(name).last()
    }

    /// All values of a flag.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &Word> {
        self.flags
            .iter()
            .filter(move |given| given.flag.name == name)
            .map(|given| &given.value)
    }

    /// The word in which a flag was given.
    pub(super) fn flag_word(&self, name: &str) -> Option<&Word> {
        let mut given = self.flags.iter().filter(|given| given.flag.name == name);
        given.next_back().map(|given| &given.word)
    }

    /// The value of a switch.
    pub(super) fn switch(&self, name: &str, default: bool) -> Result<bool, KubectlError> {
        match self.value(name) {
            None => Ok(default),
            Some(word) => match word.text.as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(usage(word, format!("--{name} is true or false"), None)),
            },
        }
    }

    /// The value of a flag as a number.
    pub(super) fn number<T: std::str::FromStr>(
        &self,
        name: &str,
    ) -> Result<Option<T>, KubectlError> {
        let parse = |word: &Word| {
            let message = format!("--{name} needs a whole number, not `{}`", word.text);
            word.text.parse().map_err(|_| usage(word, message, None))
        };
        self.value(name).map(parse).transpose()
    }

    /// The value of a flag as seconds of grace; -1 means "not given", as in kubectl.
    pub(super) fn grace(&self) -> Result<Option<u32>, KubectlError> {
        let seconds: Option<i64> = self.number("grace-period")?;
        let word = self.value("grace-period");
        match seconds {
            None | Some(-1) => Ok(None),
            Some(seconds) => match (u32::try_from(seconds), word) {
                (Ok(seconds), _) => Ok(Some(seconds)),
                (Err(_), Some(word)) => Err(usage(
                    word,
                    "--grace-period is 0 or more seconds".to_owned(),
                    None,
                )),
                (Err(_), None) => Ok(None),
            },
        }
    }

    /// The value of a flag as a duration; zero means none, as in kubectl.
    pub(super) fn duration(&self, name: &str) -> Result<Option<SimDuration>, KubectlError> {
        let Some(word) = self.value(name) else {
            return Ok(None);
        };
        match units::duration(&word.text) {
            Ok(SimDuration::ZERO) => Ok(None),
            Ok(duration) => Ok(Some(duration)),
            Err(_) => {
                let message = format!("--{name} needs a duration, not `{}`", word.text);
                Err(usage(word, message, Some("write 30s, 5m, 1h".to_owned())))
            }
        }
    }
}

/// What kubectl itself would refuse.
pub(super) fn usage(word: &Word, message: String, help: Option<String>) -> KubectlError {
    KubectlError {
        message,
        start: word.start,
        length: word.length,
        help,
        unsupported: false,
    }
}

/// What kubectl has and a run does not.
pub(super) fn unsupported(word: &Word, message: String, help: String) -> KubectlError {
    KubectlError {
        message,
        start: word.start,
        length: word.length,
        help: Some(help),
        unsupported: true,
    }
}

fn unknown_flag(word: &Word, name: &str, command: &Word, known: &[Flag]) -> KubectlError {
    let near = nearest(name, known.iter().map(|flag| flag.name));
    let names: Vec<String> = known
        .iter()
        .filter(|flag| flag.effect)
        .map(|flag| format!("--{}", flag.name))
        .collect();
    let help = match near {
        Some(near) => format!("did you mean `--{near}`?"),
        None => format!("flags with an effect: {}", names.join(", ")),
    };
    let dashed = name.trim_start_matches('-');
    let dashes = if name.starts_with('-') { "-" } else { "--" };
    let message = format!(
        "kubectl {} has no flag `{dashes}{dashed}` in a run",
        command.text
    );
    unsupported(word, message, help)
}

/// A part of a word, as a word.
fn part(word: &Word, text: &str, offset: u32) -> Word {
    Word {
        text: text.to_owned(),
        start: word.start + offset,
        length: word.length.saturating_sub(offset).max(1),
    }
}

fn is_number(text: &str) -> bool {
    text[1..].bytes().all(|b| b.is_ascii_digit())
}
