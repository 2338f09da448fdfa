//! Reading of checked values, each with its path.

use wavetank_core::time::SimDuration;

use crate::diagnostic::Place;
use crate::scenario::expr::{self, Expr, Literal, Scope, Term};
use crate::scenario::node::{Node, Value};
use crate::scenario::schema::{
    Dist, Expression, ForeignDocument, Map, Pick, Spanned, TargetAt, Text,
};
use crate::scenario::target;
use crate::scenario::units::{self, Percent, Quantity, Rate};

/// A node and the path to it.
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
    path: String,
}

impl<'a> At<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            node,
            path: String::new(),
        }
    }

    /// The value below `key`, unless there is none or it is null.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let node = self.node.get(key)?;
        if node.value == Value::Null {
            return None;
        }
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Some(At { node, path })
    }

    /// Elements of the list below `key`; a single value counts as a list of one.
    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        let Some(list) = self.get(key) else {
            return Vec::new();
        };
        let Value::Seq(items) = &list.node.value else {
            return vec![list];
        };
        let path = |index: usize| format!("{}[{index}]", list.path);
        items
            .iter()
            .enumerate()
            .map(|(index, node)| At {
                node,
                path: path(index),
            })
            .collect()
    }

    /// Entries of the map below `key`.
    pub(super) fn map<T>(&self, key: &str, read: impl Fn(&Self) -> T) -> Map<T> {
        let Some(map) = self.get(key) else {
            return Map::default();
        };
        map.entries(read)
    }

    /// Entries of this map.
    pub(super) fn entries<T>(&self, read: impl Fn(&Self) -> T) -> Map<T> {
        let mut found = Map::default();
        for entry in self.node.entries() {
            let at = At {
                node: &entry.value,
                path: format!("{}.{}", self.path, entry.key),
            };
            found.insert(entry.key.clone(), read(&at));
        }
        found
    }

    pub(super) fn place(&self) -> Place {
        self.node.span.place(self.path.clone())
    }

    pub(super) fn spanned<T>(&self, value: T) -> Spanned<T> {
        Spanned {
            value,
            place: self.place(),
        }
    }

    pub(super) fn str(&self) -> &'a str {
        self.node.text().unwrap_or("")
    }

    pub(super) fn text(&self) -> Text {
        self.spanned(self.str().to_owned())
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.str() == word
    }

    pub(super) fn truth(&self) -> bool {
        self.node.value == Value::Bool(true)
    }

    pub(super) fn number<T: TryFrom<i64> + Default>(&self) -> T {
        match self.node.value {
            Value::Int(number) => T::try_from(number).unwrap_or_default(),
            Value::Null
            | Value::Bool(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Seq(_)
            | Value::Map(_) => T::default(),
        }
    }

    pub(super) fn span_of(&self) -> SimDuration {
        units::duration(self.str()).unwrap_or_default()
    }

    pub(super) fn duration(&self) -> Spanned<SimDuration> {
        self.spanned(self.span_of())
    }

    pub(super) fn quantity(&self) -> Spanned<Quantity> {
        self.spanned(units::quantity(self.str()).unwrap_or_default())
    }

    pub(super) fn rate(&self) -> Spanned<Rate> {
        let none = Rate {
            milli: 0,
            per: SimDuration::from_secs(1),
        };
        self.spanned(units::rate(self.str()).unwrap_or(none))
    }

    pub(super) fn percent(&self) -> Spanned<Percent> {
        self.spanned(units::percent(self.str()).unwrap_or_default())
    }

    pub(super) fn pick(&self) -> Pick {
        match units::percent(self.str()) {
            Ok(share) => Pick::Share(share),
            Err(_) => Pick::Count(self.number()),
        }
    }

    pub(super) fn expression(&self, scope: Scope) -> Expression {
        let text = self.str().to_owned();
        Expression {
            expr: expr::parse(&text).unwrap_or(NEVER),
            text,
            scope,
            place: self.place(),
        }
    }

    pub(super) fn target(&self) -> TargetAt {
        let text = self.str();
        let service = text.starts_with("service/") || text.starts_with("svc/");
        let (name, port) = match text.split_once(':').filter(|_| service) {
            Some((name, port)) => (name, Some(port.to_owned())),
            None => (text, None),
        };
        let nothing = target::Target::Objects(target::Objects::default());
        TargetAt {
            text: text.to_owned(),
            target: target::parse(name).unwrap_or(nothing),
            port,
            place: self.place(),
        }
    }

    pub(super) fn document(&self) -> ForeignDocument {
        match self.node.value {
            Value::Map(_) => ForeignDocument::Inline(self.node.clone()),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Seq(_) => ForeignDocument::File(self.text()),
        }
    }

    pub(super) fn dist(&self) -> Spanned<Dist> {
        self.spanned(self.distribution())
    }

    fn distribution(&self) -> Dist {
        let Some(entry) = self.node.entries().first() else {
            return Dist::Constant(self.span_of());
        };
        let inner = At {
            node: &entry.value,
            path: format!("{}.{}", self.path, entry.key),
        };
        let length = |key: &str| inner.get(key).map(|at| at.span_of());
        let must = |key: &str| length(key).unwrap_or_default();
        match entry.key.as_str() {
            "uniform" => Dist::Uniform {
                min: must("min"),
                max: must("max"),
            },
            "normal" => Dist::Normal {
                mean: must("mean"),
                sd: must("sd"),
            },
            "exponential" => Dist::Exponential { mean: must("mean") },
            "lognormal" => Dist::Lognormal {
                p50: must("p50"),
                p99: must("p99"),
                max: length("max"),
            },
            "pareto" => Dist::Pareto {
                p50: must("p50"),
                p99: must("p99"),
                max: length("max"),
            },
            "empirical" => Dist::Empirical {
                file: inner.get("file").map_or(inner.text(), |at| at.text()),
            },
            _ => {
                let parts = self.items("mixture");
                let part = |at: &At<'a>| {
                    let share = at.get("share").map(|at| at.percent().value);
                    let of = at.get("of").map(|at| at.distribution());
                    let none = Dist::Constant(SimDuration::ZERO);
                    (share.unwrap_or_default(), of.unwrap_or(none))
                };
                Dist::Mixture(parts.iter().map(part).collect())
            }
        }
    }
}

/// What an expression that could not be read becomes; the check has refused it.
const NEVER: Expr = Expr {
    term: Term::Literal(Literal::Bool(false)),
    start: 0,
    length: 0,
};
