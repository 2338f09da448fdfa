//! Regular expressions of `grep`, `sed`, `awk` and `=~` (POSIX XBD 9), without back-references.
//!
//! A program runs all alternatives side by side, so that the time is bounded by the lengths of the text and the
//! program. Of several matches at one place, the alternative that is written first wins; POSIX wants the longest.

use super::pattern::{class, is_in, set};

/// The longest program.
const PROGRAM: usize = 20_000;
/// The most steps of one search; a search that takes longer finds nothing.
const STEPS: usize = 20_000_000;
/// How deep groups may lie.
const DEPTH: u32 = 40;
/// Groups beyond this one are not remembered.
const GROUPS: usize = 10;

#[derive(Clone, Debug)]
enum Op {
    Letter(char),
    Any,
    Set(Vec<(char, char)>, bool),
    /// Go on here, and there if that fails.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    Begin,
    End,
    Boundary,
    Match,
}

/// A regular expression, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    program: Vec<Op>,
    ignores_case: bool,
}

/// Where the whole match and the groups begin and end, in characters.
pub(crate) type Found = Vec<Option<(usize, usize)>>;

type Slots = [usize; GROUPS * 2];
const NONE: usize = usize::MAX;

struct Compiler {
    letters: Vec<char>,
    next: usize,
    extended: bool,
    groups: usize,
    depth: u32,
}

impl Regex {
    /// A basic or extended expression; an error says what is wrong.
    pub(crate) fn new(text: &str, extended: bool, ignores_case: bool) -> Result<Self, String> {
        let letters = if ignores_case {
            text.to_lowercase().chars().collect()
        } else {
            text.chars().collect()
        };
        let mut compiler = Compiler {
            letters,
            next: 0,
            extended,
            groups: 0,
            depth: 0,
        };
        let mut program = vec![Op::Save(0)];
        program.extend(compiler.alternatives(1)?);
        if compiler.next < compiler.letters.len() {
            return Err("Unmatched ) or \\)".to_owned());
        }
        program.extend([Op::Save(1), Op::Match]);
        Ok(Self {
            program,
            ignores_case,
        })
    }

    /// The first match at or after a place.
    pub(crate) fn find(&self, text: &[char], from: usize) -> Option<Found> {
        let mut steps = STEPS;
        // Threads in the order of preference, each at most once a position.
        let mut threads: Vec<(usize, Slots)> = Vec::new();
        let mut best: Option<Slots> = None;
        let mut seen = vec![NONE; self.program.len()];
        for at in from..=text.len() {
            let mut next = Vec::new();
            if best.is_none() {
                threads.push((0, [NONE; GROUPS * 2]));
            }
            for (op, slots) in threads.drain(..) {
                let cost = self.follow(op, slots, text, at, &mut seen, &mut next, &mut best);
                steps = steps.checked_sub(cost)?;
                if next.last().is_some_and(|(op, _)| *op == NONE) {
                    // A match: what is less preferred does not matter.
                    next.pop();
                    break;
                }
            }
            threads = next;
            if threads.is_empty() && best.is_some() {
                break;
            }
        }
        let slots = best?;
        let pairs = slots.chunks(2).map(|pair| {
            let is_set = pair[0] != NONE && pair[1] != NONE;
            is_set.then_some((pair[0], pair[1]))
        });
        Some(pairs.collect())
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.find(&text, 0).is_some()
    }

    /// Follows a thread to the operations that read a character, and steps over it.
    #[expect(clippy::too_many_arguments, reason = "the inner loop's state")]
    fn follow(
        &self,
        op: usize,
        slots: Slots,
        text: &[char],
        at: usize,
        seen: &mut [usize],
        next: &mut Vec<(usize, Slots)>,
        best: &mut Option<Slots>,
    ) -> usize {
        let mut stack = vec![(op, slots)];
        let mut cost = 1;
        while let Some((op, mut slots)) = stack.pop() {
            if std::mem::replace(&mut seen[op], at) == at {
                continue;
            }
            cost += 1;
            let letter = text
                .get(at)
                .map(|it| if self.ignores_case { lower(*it) } else { *it });
            let steps_over = match &self.program[op] {
                Op::Letter(it) => letter == Some(*it),
                Op::Any => letter.is_some(),
                Op::Set(ranges, negated) => letter.is_some_and(|it| is_in(ranges, it) != *negated),
                Op::Split(first, second) => {
                    stack.push((*second, slots));
                    stack.push((*first, slots));
                    continue;
                }
                Op::Jump(to) => {
                    stack.push((*to, slots));
                    continue;
                }
                Op::Save(slot) => {
                    slots[*slot] = at;
                    stack.push((op + 1, slots));
                    continue;
                }
                Op::Begin | Op::End | Op::Boundary => {
                    if self.holds(op, text, at) {
                        stack.push((op + 1, slots));
                    }
                    continue;
                }
                Op::Match => {
                    *best = Some(slots);
                    next.push((NONE, slots));
                    return cost;
                }
            };
            if steps_over {
                next.push((op + 1, slots));
            }
        }
        cost
    }

    fn holds(&self, op: usize, text: &[char], at: usize) -> bool {
        let is_word =
            |place: Option<&char>| place.is_some_and(|it| it.is_alphanumeric() || *it == '_');
        match &self.program[op] {
            Op::Begin => at == 0,
            Op::End => at == text.len(),
            Op::Boundary => {
                let before = at.checked_sub(1).and_then(|before| text.get(before));
                is_word(before) != is_word(text.get(at))
            }
            Op::Letter(_) | Op::Any | Op::Set(..) | Op::Split(..) | Op::Jump(_) | Op::Save(_) => {
                false
            }
            Op::Match => true,
        }
    }
}

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

impl Compiler {
    fn peek(&self, token: &str) -> bool {
        let escaped = if self.extended || token.len() > 1 {
            token.to_owned()
        } else {
            format!("\\{token}")
        };
        escaped
            .chars()
            .enumerate()
            .all(|(n, it)| self.letters.get(self.next + n) == Some(&it))
    }

    /// A sign that has a backslash in basic expressions.
    fn skip(&mut self, token: &str) -> bool {
        let is_there = self.peek(token);
        if is_there {
            self.next += if self.extended { 1 } else { 2 };
        }
        is_there
    }

    /// Code that begins at `base`.
    fn alternatives(&mut self, base: usize) -> Result<Vec<Op>, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("expression too deep".to_owned());
        }
        let mut code = self.sequence(base)?;
        while self.skip("|") {
            // Split(first, second) first Jump(end) second
            let second = base + code.len() + 2;
            let other = self.sequence(second)?;
            let mut whole = vec![Op::Split(base + 1, second)];
            whole.extend(moved(code, 1));
            whole.push(Op::Jump(second + other.len()));
            whole.extend(other);
            code = whole;
            if code.len() > PROGRAM {
                return Err("Regular expression too big".to_owned());
            }
        }
        self.depth -= 1;
        Ok(code)
    }

    fn sequence(&mut self, base: usize) -> Result<Vec<Op>, String> {
        let mut code: Vec<Op> = Vec::new();
        while self.next < self.letters.len() && !self.peek("|") {
            if self.peek(")") && self.depth > 1 {
                break;
            }
            let mut atom = self.atom(base + code.len(), code.is_empty())?;
            while let Some((least, most)) = self.repetition(atom.is_empty())? {
                atom = repeated(&atom, least, most, base + code.len())?;
            }
            code.extend(atom);
            if code.len() > PROGRAM {
                return Err("Regular expression too big".to_owned());
            }
        }
        Ok(code)
    }

    fn repetition(&mut self, is_empty: bool) -> Result<Option<(u32, Option<u32>)>, String> {
        if is_empty {
            return Ok(None);
        }
        if self.letters.get(self.next) == Some(&'*') {
            self.next += 1;
            return Ok(Some((0, None)));
        }
        if self.skip("+") {
            // `+?`: as short as possible is not POSIX; the question mark adds nothing.
            return Ok(Some((1, None)));
        }
        if self.skip("?") {
            return Ok(Some((0, Some(1))));
        }
        let is_interval = self.peek("{")
            && (!self.extended
                || self
                    .letters
                    .get(self.next + 1)
                    .is_some_and(char::is_ascii_digit));
        if !is_interval {
            return Ok(None);
        }
        self.skip("{");
        let mut text = String::new();
        while !self.peek("}") {
            text.push(*self.letters.get(self.next).ok_or("Unmatched { or \\{")?);
            self.next += 1;
        }
        self.skip("}");
        let number = |it: &str| it.parse::<u32>().ok().filter(|it| *it <= 1000);
        let bad = "Invalid content of \\{\\}";
        Ok(Some(match text.split_once(',') {
            None => {
                let exact = number(&text).ok_or(bad)?;
                (exact, Some(exact))
            }
            Some((least, "")) => (number(least).ok_or(bad)?, None),
            Some((least, most)) => (number(least).unwrap_or(0), Some(number(most).ok_or(bad)?)),
        }))
    }

    fn atom(&mut self, base: usize, is_first: bool) -> Result<Vec<Op>, String> {
        if self.skip("(") {
            self.groups += 1;
            let group = self.groups;
            if self.letters.get(self.next) == Some(&'?')
                && self.letters.get(self.next + 1) == Some(&':')
            {
                self.next += 2;
            }
            let inner = self.alternatives(base + 1)?;
            if !self.skip(")") {
                return Err("Unmatched ( or \\(".to_owned());
            }
            if group >= GROUPS {
                return Ok(moved(inner, usize::MAX));
            }
            let mut code = vec![Op::Save(group * 2)];
            code.extend(inner);
            code.push(Op::Save(group * 2 + 1));
            return Ok(code);
        }
        let letter = self.letters[self.next];
        self.next += 1;
        Ok(vec![match letter {
            '.' => Op::Any,
            '^' if self.extended || is_first => Op::Begin,
            '$' if self.is_at_end() => Op::End,
            '[' => {
                let (ranges, negated, length) =
                    set(&self.letters[self.next..]).ok_or("Unmatched [ or [^")?;
                self.next += length;
                Op::Set(ranges, negated)
            }
            '\\' => {
                let escaped = *self.letters.get(self.next).ok_or("Trailing backslash")?;
                self.next += 1;
                escape(escaped)?
            }
            other => Op::Letter(other),
        }])
    }

    fn is_at_end(&self) -> bool {
        self.extended || self.next >= self.letters.len() || self.peek("|") || self.peek(")")
    }
}

fn escape(letter: char) -> Result<Op, String> {
    let of = |name: &str| class(name).unwrap_or_default().to_vec();
    Ok(match letter {
        's' => Op::Set(of("space"), false),
        'S' => Op::Set(of("space"), true),
        'd' => Op::Set(of("digit"), false),
        'D' => Op::Set(of("digit"), true),
        'w' => Op::Set(of("word"), false),
        'W' => Op::Set(of("word"), true),
        'b' | '<' | '>' => Op::Boundary,
        'n' => Op::Letter('\n'),
        't' => Op::Letter('\t'),
        'r' => Op::Letter('\r'),
        '1'..='9' => return Err("back-references are not known here".to_owned()),
        other => Op::Letter(other),
    })
}

/// Code at another place. A group that is not remembered loses its frame: code that begins one earlier.
fn moved(code: Vec<Op>, by: usize) -> Vec<Op> {
    let shift = |to: usize| to.wrapping_add(by);
    let code = code.into_iter().map(|op| match op {
        Op::Split(first, second) => Op::Split(shift(first), shift(second)),
        Op::Jump(to) => Op::Jump(shift(to)),
        other => other,
    });
    code.collect()
}

/// Code that runs at least and at most so often; it was made for `base`.
fn repeated(atom: &[Op], least: u32, most: Option<u32>, base: usize) -> Result<Vec<Op>, String> {
    let copies = most.unwrap_or(least).max(least) as usize + 1;
    if copies * (atom.len() + 2) > PROGRAM {
        return Err("Regular expression too big".to_owned());
    }
    let mut code = Vec::new();
    for _ in 0..least {
        code.extend(moved(atom.to_vec(), code.len()));
    }
    match most {
        None => {
            // Split(in, out) atom Jump(split)
            let split = base + code.len();
            let end = split + atom.len() + 2;
            code.push(Op::Split(split + 1, end));
            code.extend(moved(atom.to_vec(), code.len()));
            code.push(Op::Jump(split));
        }
        Some(most) => {
            let optional = most.saturating_sub(least) as usize;
            let end = base + code.len() + optional * (atom.len() + 1);
            for _ in 0..optional {
                code.push(Op::Split(base + code.len() + 1, end));
                code.extend(moved(atom.to_vec(), code.len()));
            }
        }
    }
    Ok(code)
}
