//! Lists, pipelines and commands.

use std::sync::{Arc, OnceLock};

use super::cursor::{Cursor, Parsed, Waiting, is_meta, is_name};
use super::{
    Arm, Assign, Assigned, Chain, Command, Compound, Condition, Item, List, Part, Pipeline,
    Redirect, Simple, Target, Word,
};

/// Words that end a list.
const ENDS: [&str; 7] = ["then", "else", "elif", "fi", "do", "done", "esac"];

impl Cursor {
    pub(super) fn script(&mut self) -> Parsed<Arc<List>> {
        self.list()
    }

    /// Commands until a word or a sign that ends them, which stays.
    fn list(&mut self) -> Parsed<Arc<List>> {
        self.nested(|it| {
            let mut items = Vec::new();
            loop {
                it.newlines();
                if it.is_end() {
                    return Ok(items.into());
                }
                let chain = Arc::new(it.chain()?);
                it.blanks();
                let background = it.looks_at("&") && !it.looks_at("&&");
                items.push(Item { chain, background });
                let is_separated = if background || it.looks_at(";") && !it.is_arm_end() {
                    it.next += 1;
                    true
                } else {
                    it.newline()
                };
                it.blanks();
                if !is_separated {
                    return Ok(items.into());
                }
            }
        })
    }

    fn is_arm_end(&self) -> bool {
        self.looks_at(";;") || self.looks_at(";&")
    }

    fn is_end(&mut self) -> bool {
        self.blanks();
        match self.peek() {
            None | Some(')') => true,
            Some(';') => self.is_arm_end(),
            Some(_) => self
                .plain_word()
                .is_some_and(|word| word == "}" || ENDS.contains(&word.as_str())),
        }
    }

    /// A list that may not be empty, as between `do` and `done`.
    fn body(&mut self) -> Parsed<Arc<List>> {
        let list = self.list()?;
        if list.is_empty() {
            return Err(self.unexpected());
        }
        Ok(list)
    }

    fn chain(&mut self) -> Parsed<Chain> {
        let mut links = vec![(true, Arc::new(self.pipeline()?))];
        loop {
            self.blanks();
            let after_success = self.looks_at("&&");
            if !after_success && !self.looks_at("||") {
                return Ok(Chain { links });
            }
            self.next += 2;
            self.newlines();
            links.push((after_success, Arc::new(self.pipeline()?)));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let mut negated = false;
        while self.reserved("!") {
            negated = !negated;
        }
        let mut commands = vec![self.command()?];
        loop {
            self.blanks();
            if !self.looks_at("|") || self.looks_at("||") {
                return Ok(Pipeline { negated, commands });
            }
            self.next += 1;
            if self.skip("&") {
                let last = commands.pop().expect("a pipeline has a command");
                commands.push(Arc::new(with_errors(&last)));
            }
            self.newlines();
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Parsed<Arc<Command>> {
        self.nested(|it| it.any_command().map(Arc::new))
    }

    fn any_command(&mut self) -> Parsed<Command> {
        self.blanks();
        if self.looks_at("((") {
            let before = self.next;
            self.next += 2;
            if let Ok(word) = self.arithmetic() {
                return self.compound(Compound::Arithmetic(word));
            }
            self.next = before;
        }
        if self.skip("(") {
            let list = self.body()?;
            self.close(")")?;
            return self.compound(Compound::Subshell(list));
        }
        let word = self.plain_word().unwrap_or_default();
        if ENDS.contains(&word.as_str()) || word == "}" {
            return Err(self.unexpected());
        }
        match word.as_str() {
            "{" | "if" | "while" | "until" | "for" | "case" | "[[" | "function" => {
                self.next += word.len();
                self.keyword(&word)
            }
            "select" | "coproc" => Err(self.unknown(&word)),
            _ if is_name(&word.replace('-', "_")) && self.is_function(&word) => {
                self.function(&word)
            }
            _ => self.simple(),
        }
    }

    fn keyword(&mut self, word: &str) -> Parsed<Command> {
        match word {
            "{" => {
                let list = self.body()?;
                self.expect("}")?;
                self.compound(Compound::Group(list))
            }
            "if" => self.conditional(),
            "while" | "until" => {
                let condition = self.body()?;
                let body = self.guarded()?;
                let until = word == "until";
                self.compound(Compound::Loop {
                    until,
                    condition,
                    body,
                })
            }
            "for" => self.for_loop(),
            "case" => self.case(),
            "[[" => {
                let condition = self.condition()?;
                self.expect("]]")?;
                self.compound(Compound::Test(condition))
            }
            _ => {
                let name = self.plain_word().ok_or_else(|| self.unexpected())?;
                self.next += name.len();
                self.blanks();
                if self.skip("(") {
                    self.close(")")?;
                }
                self.newlines();
                Ok(Command::Function(name, self.command()?))
            }
        }
    }

    fn is_function(&mut self, word: &str) -> bool {
        let before = self.next;
        self.next += word.len();
        self.blanks();
        let is_function = self.skip("(") && {
            self.blanks();
            self.looks_at(")")
        };
        self.next = before;
        is_function
    }

    fn function(&mut self, name: &str) -> Parsed<Command> {
        self.next += name.len();
        self.blanks();
        self.next += 1;
        self.close(")")?;
        self.newlines();
        Ok(Command::Function(name.to_owned(), self.command()?))
    }

    fn close(&mut self, sign: &str) -> Parsed<()> {
        self.newlines();
        if self.skip(sign) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// A compound command with the redirections that follow it.
    fn compound(&mut self, compound: Compound) -> Parsed<Command> {
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command::Compound(Arc::new(compound), redirects.into()))
    }

    fn conditional(&mut self) -> Parsed<Command> {
        let mut arms = Vec::new();
        loop {
            let condition = self.body()?;
            self.expect("then")?;
            arms.push((condition, self.body()?));
            if self.reserved("elif") {
                continue;
            }
            let otherwise = if self.reserved("else") {
                Some(self.body()?)
            } else {
                None
            };
            self.expect("fi")?;
            return self.compound(Compound::If(arms, otherwise));
        }
    }

    fn guarded(&mut self) -> Parsed<Arc<List>> {
        self.expect("do")?;
        let body = self.body()?;
        self.expect("done")?;
        Ok(body)
    }

    fn for_loop(&mut self) -> Parsed<Command> {
        self.blanks();
        if self.skip("((") {
            let parts = [
                self.until_sign(";")?,
                self.until_sign(";")?,
                self.arithmetic()?,
            ];
            self.blanks();
            self.skip(";");
            let body = self.guarded()?;
            return self.compound(Compound::Count { parts, body });
        }
        let name = self.plain_word().filter(|it| is_name(it));
        let name = name.ok_or_else(|| self.error("syntax error: bad for loop variable"))?;
        self.next += name.len();
        self.newlines();
        let words = if self.reserved("in") {
            let mut words = Vec::new();
            while let Some(word) = self.word()? {
                words.push(word);
            }
            Some(words)
        } else {
            None
        };
        self.blanks();
        self.skip(";");
        let body = self.guarded()?;
        self.compound(Compound::For { name, words, body })
    }

    fn case(&mut self) -> Parsed<Command> {
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines();
            if self.reserved("esac") {
                return self.compound(Compound::Case(word, arms));
            }
            self.skip("(");
            let mut patterns = Vec::new();
            loop {
                patterns.push(self.word()?.ok_or_else(|| self.unexpected())?);
                self.blanks();
                if !self.skip("|") {
                    break;
                }
            }
            self.close(")")?;
            let body = self.list()?;
            self.newlines();
            let falls_through = self.skip(";&");
            if !falls_through && !self.skip(";;") && self.plain_word().as_deref() != Some("esac") {
                return Err(self.unexpected());
            }
            self.skip("&");
            arms.push(Arm {
                patterns,
                body,
                falls_through,
            });
        }
    }

    fn condition(&mut self) -> Parsed<Condition> {
        let mut left = self.all_of()?;
        loop {
            self.newlines();
            if !self.skip("||") {
                return Ok(left);
            }
            left = Condition::Or(Box::new(left), Box::new(self.nested(Self::all_of)?));
        }
    }

    fn all_of(&mut self) -> Parsed<Condition> {
        let mut left = self.nested(Self::term)?;
        loop {
            self.newlines();
            if !self.skip("&&") {
                return Ok(left);
            }
            left = Condition::And(Box::new(left), Box::new(self.nested(Self::term)?));
        }
    }

    fn term(&mut self) -> Parsed<Condition> {
        self.newlines();
        if self.reserved("!") {
            return Ok(Condition::Not(Box::new(self.nested(Self::term)?)));
        }
        if self.skip("(") {
            let inner = self.nested(Self::condition)?;
            self.close(")")?;
            return Ok(inner);
        }
        let first = self.word()?.ok_or_else(|| self.unexpected())?;
        self.blanks();
        if let Some(operator) = first
            .literal()
            .filter(|it| it.len() == 2 && it.starts_with('-'))
            && !matches!(self.peek(), Some('&' | '|' | ')') | None)
            && !self.looks_at("]]")
        {
            let operand = self.word()?.ok_or_else(|| self.unexpected())?;
            return Ok(Condition::Unary(operator, operand));
        }
        let operator = match self.peek() {
            Some(sign @ ('<' | '>')) => {
                self.next += 1;
                sign.to_string()
            }
            Some(_) if self.looks_at("]]") || self.looks_at("&&") || self.looks_at("||") => {
                return Ok(Condition::Word(first));
            }
            Some(')') => return Ok(Condition::Word(first)),
            Some(_) | None => {
                let word = self.plain_operator().ok_or_else(|| self.unexpected())?;
                self.next += word.len();
                word
            }
        };
        self.blanks();
        let second = if operator == "=~" {
            self.regex()?
        } else {
            self.word()?
        };
        let second = second.ok_or_else(|| self.unexpected())?;
        Ok(Condition::Binary(first, operator, second))
    }

    fn plain_operator(&self) -> Option<String> {
        const OPERATORS: [&str; 13] = [
            "==", "=~", "!=", "=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
        ];
        let found = OPERATORS.iter().find(|it| self.looks_at(it));
        found.map(|it| (*it).to_owned())
    }

    fn simple(&mut self) -> Parsed<Command> {
        self.blanks();
        let at = self.at();
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
            } else if let Some(assign) = self.assign(words.is_empty(), words.first())? {
                assigns.push(assign);
            } else if let Some(word) = self.word()? {
                words.push(word);
            } else {
                break;
            }
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        let redirects = redirects.into();
        Ok(Command::Simple(Arc::new(Simple {
            at,
            assigns,
            words,
            redirects,
        })))
    }

    /// An assignment before the command's name. After it, only a list in parentheses as in `local a=(…)` is one.
    fn assign(&mut self, is_first: bool, command: Option<&Word>) -> Parsed<Option<Assign>> {
        let before = self.next;
        let mut name = String::new();
        while let Some(letter) = self
            .peek()
            .filter(|it| *it == '_' || it.is_ascii_alphanumeric())
        {
            name.push(letter);
            self.next += 1;
        }
        let declares = || {
            let names = ["local", "declare", "export", "readonly", "typeset"];
            command
                .and_then(Word::literal)
                .is_some_and(|it| names.contains(&it.as_str()))
        };
        if is_name(&name) {
            let index = if self.peek() == Some('[') {
                self.index()?
            } else {
                None
            };
            let appends = self.looks_at("+=");
            if self.skip("+=") || self.skip("=") {
                if self.peek() == Some('(') && (is_first || declares()) {
                    self.next += 1;
                    let value = Assigned::List(self.array()?);
                    return Ok(Some(Assign {
                        name,
                        index,
                        appends,
                        value,
                    }));
                }
                if is_first {
                    let value = if self
                        .peek()
                        .is_none_or(|it| is_meta(it) || it.is_whitespace())
                    {
                        Word::default()
                    } else {
                        self.word()?.unwrap_or_default()
                    };
                    let value = Assigned::Text(value);
                    return Ok(Some(Assign {
                        name,
                        index,
                        appends,
                        value,
                    }));
                }
            }
        }
        self.next = before;
        Ok(None)
    }

    /// `[index]` before an equals sign.
    fn index(&mut self) -> Parsed<Option<Word>> {
        let before = self.next;
        self.next += 1;
        match self.until_sign("]") {
            Ok(word) if self.looks_at("=") || self.looks_at("+=") => Ok(Some(word)),
            Ok(_) | Err(_) => {
                self.next = before;
                Ok(None)
            }
        }
    }

    fn array(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.newlines();
            if self.skip(")") {
                return Ok(words);
            }
            words.push(self.word()?.ok_or_else(|| self.unexpected())?);
        }
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        self.blanks();
        let before = self.next;
        let mut number = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            number.push(digit);
            self.next += 1;
        }
        if number.is_empty() && (self.looks_at("&>") || self.looks_at(">&")) && !self.is_copy() {
            let appends = self.looks_at("&>>");
            self.next += if appends { 3 } else { 2 };
            let word = self.operand()?;
            let to = if appends {
                Target::Append(word)
            } else {
                Target::Write(word)
            };
            return Ok(Some(Redirect {
                from: 1,
                with_errors: true,
                to,
            }));
        }
        let is_input = self.looks_at("<");
        if !is_input && !self.looks_at(">") || number.len() > 4 || self.looks_at("<(") {
            self.next = before;
            return Ok(None);
        }
        let to = self.target()?;
        let from = number.parse().unwrap_or(u32::from(!is_input));
        Ok(Some(Redirect {
            from,
            with_errors: false,
            to,
        }))
    }

    /// Whether `>&` is followed by a descriptor.
    fn is_copy(&self) -> bool {
        self.looks_at(">&")
            && self
                .peek_at(2)
                .is_none_or(|it| it.is_ascii_digit() || matches!(it, '-' | '$' | '"'))
    }

    fn target(&mut self) -> Parsed<Target> {
        if self.skip("<<<") {
            return self.operand().map(Target::Text);
        }
        if self.skip("<<") {
            let strips_tabs = self.skip("-");
            let word = self.operand()?;
            let is_literal = word
                .parts
                .iter()
                .any(|part| matches!(part, Part::Quoted(_)));
            let body = Arc::new(OnceLock::new());
            let end = word.text();
            let reference = Arc::clone(&body);
            self.waiting.push(Waiting {
                end,
                is_literal,
                strips_tabs,
                body,
            });
            return Ok(Target::Here(reference));
        }
        if self.skip(">&") || self.skip("<&") {
            return self.operand().map(Target::Copy);
        }
        if self.skip("<>") {
            return self.operand().map(Target::ReadWrite);
        }
        if self.skip(">>") {
            return self.operand().map(Target::Append);
        }
        if self.skip(">|") || self.skip(">") {
            return self.operand().map(Target::Write);
        }
        self.next += 1;
        self.operand().map(Target::Read)
    }

    fn operand(&mut self) -> Parsed<Word> {
        self.blanks();
        self.word()?.ok_or_else(|| self.unexpected())
    }
}

/// The command with its error output where its output goes: `|&`.
fn with_errors(command: &Command) -> Command {
    let copy = Redirect {
        from: 2,
        with_errors: false,
        to: Target::Copy(Word::quoted("1")),
    };
    let group = Chain {
        links: vec![(
            true,
            Arc::new(Pipeline {
                negated: false,
                commands: vec![Arc::new(command.clone())],
            }),
        )],
    };
    let item = Item {
        chain: Arc::new(group),
        background: false,
    };
    Command::Compound(Arc::new(Compound::Group([item].into())), [copy].into())
}
