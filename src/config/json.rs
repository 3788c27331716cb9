//! The tables of keys as JSON Schema, for editors that complete and explain while one writes.

use serde_json::{Map, Value, json};

use super::schema::{self, Absent, Key};
use super::value::Shape;
use crate::model;

/// One of the kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    Main,
    Subscribers,
    Source,
}

/// The schema of one kind of file (JSON Schema, draft 2020-12).
pub fn json_schema(file: File) -> Value {
    let (title, keys) = match file {
        File::Main => ("huitoukan.toml", schema::MAIN),
        File::Subscribers => ("subscribers.toml", schema::SUBSCRIBERS),
        File::Source => ("sources/*.toml", schema::SOURCE),
    };
    let mut schema = table(keys);
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), title.into());
    Value::Object(schema)
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| matches!(key.absent, Absent::Refused)).map(|key| key.name).collect();
    let mut table = Map::new();
    table.insert("type".into(), "object".into());
    table.insert("additionalProperties".into(), false.into());
    table.insert("properties".into(), properties.into());
    if !required.is_empty() {
        table.insert("required".into(), required.into());
    }
    table
}

fn property(key: &Key) -> Value {
    let mut property = shape(&key.shape);
    property.insert("description".into(), key.help.into());
    if let Absent::Means(text) = key.absent {
        let number = matches!(key.shape, Shape::Whole { .. }).then(|| text.parse::<u64>().ok()).flatten();
        property.insert("default".into(), number.map_or_else(|| Value::from(text), Value::from));
    }
    Value::Object(property)
}

fn shape(shape_of: &Shape) -> Map<String, Value> {
    let value = match shape_of {
        Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::One(words) => json!({ "enum": words }),
        Shape::Kind => json!({ "enum": model::Kind::ALL.map(model::Kind::english) }),
        Shape::Duration => json!({ "type": "string", "examples": ["30s", "5 min", "6h"] }),
        Shape::Truth => json!({ "type": "boolean" }),
        Shape::Period { .. } => json!({ "type": "string", "examples": ["forever", "2 years", "90 days"] }),
        Shape::DaysOrTruth => json!({ "oneOf": [{ "type": "string", "examples": ["14d", "2w"] }, { "type": "boolean" }] }),
        Shape::Size => json!({ "type": "string", "pattern": "^\\s*[0-9]+\\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)\\s*$", "examples": ["20 MiB"] }),
        Shape::Cron => json!({ "type": "string", "examples": ["0 0 8 * * *", "0 */30 8-20 * * Mon-Fri"] }),
        Shape::Fingerprint => json!({ "type": "string", "pattern": "^([0-9a-fA-F]{2}:?){32}$" }),
        // A day may be written with or without quotation marks; editors show a TOML day as text.
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Address => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        Shape::MailAddress => json!({ "type": "string", "format": "email" }),
        Shape::Pattern => json!({ "type": "string", "format": "regex" }),
        Shape::List(of) => json!({ "type": "array", "minItems": 1, "items": shape(of) }),
        Shape::Table(keys) => Value::Object(table(keys)),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::WordOr(words, keys) => json!({ "oneOf": [{ "enum": words }, table(keys)] }),
        _ => json!({ "type": "string", "minLength": 1 }),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
