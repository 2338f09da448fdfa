//! A command line split into words as a shell would, each with its place in the line.

use super::target::TargetError;

/// A word of a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word without its quotes.
    pub text: String,
    /// Its first character in the line, from 0.
    pub start: u32,
    /// How many characters of the line it takes, quotes included.
    pub length: u32,
}

impl Word {
    /// An error about the whole word.
    pub(crate) fn wrong(&self, message: &str, help: Option<String>) -> TargetError {
        TargetError {
            message: message.to_owned(),
            start: self.start,
            length: self.length,
            help,
        }
    }
}

/// Splits at blanks outside quotes; a backslash takes the next character as it is, also inside
/// double quotes. Nothing is expanded.
///
/// # Errors
///
/// With the place of a quote that is not closed.
pub fn words(line: &str) -> Result<Vec<Word>, u32> {
    let mut found = Vec::new();
    let mut current: Option<Word> = None;
    let mut quote: Option<(char, u32)> = None;
    let mut characters = line.chars().zip(0_u32..).peekable();
    while let Some((c, at)) = characters.next() {
        let blank = c.is_whitespace() && quote.is_none();
        if blank {
            if let Some(mut word) = current.take() {
                word.length = at - word.start;
                found.push(word);
            }
            continue;
        }
        let word = current.get_or_insert_with(|| Word {
            text: String::new(),
            start: at,
            length: 0,
        });
        match (c, quote) {
            ('\'' | '"', None) => quote = Some((c, at)),
            (c, Some((open, _))) if c == open => quote = None,
            ('\\', None | Some(('"', _))) => match characters.next() {
                Some((next, _)) => word.text.push(next),
                None => word.text.push('\\'),
            },
            (c, _) => word.text.push(c),
        }
    }
    if let Some((_, at)) = quote {
        return Err(at);
    }
    if let Some(mut word) = current.take() {
        let end = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        word.length = end - word.start;
        found.push(word);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        let texts = |line: &str| -> Vec<String> {
            words(line)
                .unwrap()
                .into_iter()
                .map(|word| word.text)
                .collect()
        };
        assert_eq!(
            texts("a  'b c' \"d\\\"e\" f\\ g ''"),
            ["a", "b c", "d\"e", "f g", ""]
        );
        assert_eq!(words("a 'b"), Err(2));
        assert_eq!(
            words("x yz").unwrap()[1],
            Word {
                text: "yz".into(),
                start: 2,
                length: 2
            }
        );
    }
}
