//! The format as JSON Schema, for editors: made from the same tables that check documents.

use serde_json::{Map, Value, json};

use super::table::{Kind, SCENARIO, Shape};

/// The schema of the whole format, or of the field at a path such as `traffic.open`; names that the
/// user chooses are left out of paths. None when there is no such field.
#[must_use]
pub fn schema_json(path: Option<&str>) -> Option<Value> {
    let mut definitions = Definitions {
        made: Map::new(),
        names: Vec::new(),
    };
    let mut kind: &'static Kind = &ROOT;
    let mut help = "A wavetank scenario";
    for part in path
        .unwrap_or("")
        .split('.')
        .filter(|part| !part.is_empty())
    {
        let field = shapes(kind)
            .into_iter()
            .find_map(|shape| shape.field(part))?;
        kind = field.kind;
        help = field.help;
    }
    let mut schema = definitions.of(kind);
    if let Value::Object(object) = &mut schema {
        let head = "https://json-schema.org/draft/2020-12/schema";
        object.insert("$schema".to_owned(), json!(head));
        object.insert("description".to_owned(), json!(help));
        object.insert("$defs".to_owned(), Value::Object(definitions.made));
    }
    Some(schema)
}

static ROOT: Kind = Kind::Object(&SCENARIO);

/// The shapes that a kind may have, below lists and maps.
fn shapes(kind: &'static Kind) -> Vec<&'static Shape> {
    match kind {
        Kind::Object(shape) => vec![shape],
        Kind::List(inner) | Kind::OneOrList(inner) | Kind::Map(_, inner) => shapes(inner),
        Kind::WordsOr(_, inner) => shapes(inner),
        Kind::Shaped { scalar, list, map } => {
            let kinds = [scalar, list, map].into_iter().flatten();
            kinds.flat_map(|kind| shapes(kind)).collect()
        }
        Kind::Bool
        | Kind::Int(..)
        | Kind::Text
        | Kind::Version
        | Kind::Format
        | Kind::Duration
        | Kind::Quantity(_)
        | Kind::Rate
        | Kind::Percent
        | Kind::IntOrPercent
        | Kind::Expr(_)
        | Kind::Target
        | Kind::Kubectl
        | Kind::Path
        | Kind::Window
        | Kind::After
        | Kind::Identifier
        | Kind::Any
        | Kind::Words(_)
        | Kind::DurationOr(_) => Vec::new(),
    }
}

struct Definitions {
    made: Map<String, Value>,
    names: Vec<(&'static Shape, String)>,
}

impl Definitions {
    fn of(&mut self, kind: &'static Kind) -> Value {
        match kind {
            Kind::Bool => or_parameter(json!({"type": "boolean"})),
            Kind::Int(min, max) => {
                or_parameter(json!({"type": "integer", "minimum": min, "maximum": max}))
            }
            Kind::Text | Kind::Path | Kind::Kubectl | Kind::Target => json!({"type": "string"}),
            Kind::Version => json!({"type": "string", "pattern": r"^\d+\.\d+"}),
            Kind::Format => json!({"const": "wavetank/v1"}),
            Kind::Duration => or_parameter(json!({
                "anyOf": [{"const": 0}, {"type": "string",
                    "pattern": r"^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$"}],
            })),
            Kind::Quantity(_) => or_parameter(json!({"type": ["string", "number"]})),
            Kind::Rate => {
                or_parameter(json!({"type": "string", "pattern": r"^[\d.]+[A-Za-z]*/[smh]$"}))
            }
            Kind::Percent => or_parameter(json!({"type": "string", "pattern": r"^[\d.]+%$"})),
            Kind::IntOrPercent => or_parameter(json!({"type": ["integer", "string"]})),
            Kind::Expr(_) | Kind::DurationOr(_) => {
                json!({"type": ["string", "boolean", "integer"]})
            }
            Kind::Window | Kind::After => json!({"type": "string"}),
            Kind::Identifier => json!({"type": "string", "pattern": "^[a-z][A-Za-z0-9]*$"}),
            Kind::Any => json!({}),
            Kind::Words(words) => or_parameter(json!({"enum": words})),
            Kind::WordsOr(words, other) => json!({"anyOf": [{"enum": words}, self.of(other)]}),
            Kind::List(inner) => json!({"type": "array", "items": self.of(inner)}),
            Kind::OneOrList(inner) => {
                let one = self.of(inner);
                json!({"anyOf": [one, {"type": "array", "items": one}]})
            }
            Kind::Map(_, inner) => {
                json!({"type": "object", "additionalProperties": self.of(inner)})
            }
            Kind::Object(shape) => self.reference(shape),
            Kind::Shaped { scalar, list, map } => {
                let kinds = [scalar, list, map].into_iter().flatten();
                let kinds: Vec<Value> = kinds.map(|kind| self.of(kind)).collect();
                json!({"anyOf": kinds})
            }
        }
    }

    /// A reference to the definition of a shape, which is made at its first use.
    fn reference(&mut self, shape: &'static Shape) -> Value {
        let known = self
            .names
            .iter()
            .find(|(known, _)| std::ptr::eq(*known, shape));
        if let Some((_, name)) = known {
            return json!({"$ref": format!("#/$defs/{name}")});
        }
        let words = shape.name.replace(['`', '.'], " ");
        let stem = words.split_whitespace().collect::<Vec<_>>().join("-");
        // Shapes with one name but other fields get a number.
        let same = |known: &&(&'static Shape, String)| known.0.name == shape.name;
        let name = match self.names.iter().filter(same).count() {
            0 => stem,
            others => format!("{stem}-{}", others + 1),
        };
        self.names.push((shape, name.clone()));
        let made = self.shape(shape);
        self.made.insert(name.clone(), made);
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        let mut properties = Map::new();
        for field in shape.fields {
            let mut value = self.of(field.kind);
            if let Value::Object(object) = &mut value {
                let default = match field.default {
                    "" => String::new(),
                    default => format!(" (default: {default})"),
                };
                object.insert(
                    "description".to_owned(),
                    json!(format!("{}{default}", field.help)),
                );
            }
            properties.insert(field.name.to_owned(), value);
        }
        let required = shape.fields.iter().filter(|field| field.required);
        let required: Vec<&str> = required.map(|field| field.name).collect();
        let mut made = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if let Value::Object(object) = &mut made
            && shape.name == SCENARIO.name
        {
            object.insert("patternProperties".to_owned(), json!({"^x-": {}}));
        }
        made
    }
}

/// A parameter may stand wherever a scalar stands.
fn or_parameter(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "string", "pattern": r"^\$"}]})
}
