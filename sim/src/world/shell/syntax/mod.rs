//! What a script says: the grammar of POSIX XCU 2.10, with the parts of bash that manifests use
//! (`[[ … ]]`, `(( … ))`, `=~`, arrays, `$(<file)`, `<<<`, `&>`, `function`).

mod command;
mod cursor;
mod word;

use std::sync::{Arc, OnceLock};

pub(crate) use cursor::is_name;

/// How deep commands, words and substitutions may lie within each other.
pub(crate) const DEPTH: u32 = 60;
/// The longest script, in bytes.
pub(crate) const LENGTH: usize = 1 << 20;

/// Where something stands in a script, from one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct At {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Why a script was not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SyntaxError {
    pub(crate) at: At,
    /// As the shell says it: `syntax error: unexpected "done"`.
    pub(crate) text: String,
    /// It is good shell that this one does not know.
    pub(crate) is_unknown: bool,
}

/// Commands one after the other.
pub(crate) type List = [Item];

/// A chain, in the background or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) chain: Arc<Chain>,
    pub(crate) background: bool,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    /// Whether a pipeline runs after a success (`&&`); the first one's is true.
    pub(crate) links: Vec<(bool, Arc<Pipeline>)>,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pipeline {
    pub(crate) negated: bool,
    pub(crate) commands: Vec<Arc<Command>>,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Simple(Arc<Simple>),
    Compound(Arc<Compound>, Arc<[Redirect]>),
    Function(String, Arc<Self>),
}

/// Assignments, words and redirections in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Simple {
    pub(crate) at: At,
    pub(crate) assigns: Vec<Assign>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirects: Arc<[Redirect]>,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(values)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assign {
    pub(crate) name: String,
    pub(crate) index: Option<Word>,
    pub(crate) appends: bool,
    pub(crate) value: Assigned,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assigned {
    Text(Word),
    List(Vec<Word>),
}

/// Commands made of commands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Compound {
    Group(Arc<List>),
    Subshell(Arc<List>),
    /// Conditions with what they guard, and what runs otherwise.
    If(Vec<(Arc<List>, Arc<List>)>, Option<Arc<List>>),
    /// Until the condition holds, or while it does.
    Loop {
        until: bool,
        condition: Arc<List>,
        body: Arc<List>,
    },
    /// Without words: the positional parameters.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Arc<List>,
    },
    /// `for ((a; b; c))`.
    Count {
        parts: [Word; 3],
        body: Arc<List>,
    },
    Case(Word, Vec<Arm>),
    /// `[[ … ]]`.
    Test(Condition),
    /// `(( … ))`.
    Arithmetic(Word),
}

/// A branch of a `case`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arm {
    pub(crate) patterns: Vec<Word>,
    pub(crate) body: Arc<List>,
    /// It ends in `;&`.
    pub(crate) falls_through: bool,
}

/// What stands in `[[ … ]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// `-f word`.
    Unary(String, Word),
    /// `word == pattern`.
    Binary(Word, String, Word),
    /// A word that is not empty.
    Word(Word),
}

/// `3>file`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Redirect {
    pub(crate) from: u32,
    /// `&>`: the error output goes there, too.
    pub(crate) with_errors: bool,
    pub(crate) to: Target,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Read(Word),
    /// `>`, and `>|`.
    Write(Word),
    Append(Word),
    ReadWrite(Word),
    /// `>&2`, `<&-`.
    Copy(Word),
    /// `<<END`: the text comes after the line, so it is filled in later.
    Here(Arc<OnceLock<Word>>),
    /// `<<<word`.
    Text(Word),
}

/// A word before its expansion.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Word {
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// As written, outside quotes: patterns are active.
    Text(String),
    /// As written, in quotes.
    Quoted(String),
    Parameter(Arc<Parameter>, bool),
    /// `$(…)`: expanded within quotes or not.
    Command(Arc<List>, bool),
    /// `$((…))`.
    Arithmetic(Arc<Word>, bool),
}

/// `${name…}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `${!name}`: the variable that this one names.
    pub(crate) is_indirect: bool,
    pub(crate) index: Option<Word>,
    pub(crate) operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    Plain,
    Length,
    /// `-`, `=`, `?`, `+`; with a colon, an empty value counts as none.
    Alternative(char, bool, Word),
    /// Of the shortest or longest match (true), from the beginning (`#`) or the end (`%`).
    Remove(char, bool, Word),
    /// `${x:offset:length}`.
    Slice(Word, Option<Word>),
    /// `${x/a/b}`: all of them (`//`), only at the beginning (`/#`) or the end (`/%`).
    Replace(char, Word, Word),
    /// `${x^^}`, `${x,,}`: upper or lower, all of it or the first letter.
    Case(bool, bool),
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Arc<List>, SyntaxError> {
    let mut cursor = cursor::Cursor::new(text)?;
    let list = cursor.script()?;
    cursor.finish(list)
}
