//! Tables to what explains them: a codebook for people, and a Data Package (Frictionless Data) for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Format, Kind, Table};

/// A written file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub table: &'static Table,
    pub path: String,
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub digest: String,
    pub rows: u64,
}

/// `about` stands at its head, a paragraph each; the same for every export of a release.
pub fn codebook(about: &[&str], tables: &[&'static Table]) -> String {
    let mut text = "# Codebook\n\n".to_owned();
    for paragraph in about {
        let _ = write!(text, "{paragraph}\n\n");
    }
    for table in tables {
        let _ = write!(
            text,
            "## {} ({})\n\nOne row is {} Key: {}.\n\n| column | kind | what it says |\n|---|---|---|\n",
            table.name,
            table.chinese,
            table.about,
            table.key.join(", ")
        );
        for column in table.columns {
            let _ = writeln!(text, "| {} | {} | {} |", column.name, word(column.kind), column.about);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The Data Package descriptor of an export.
pub fn data_package(name: &str, title: &str, about: &[&str], format: Format, files: &[File]) -> Value {
    let resources: Vec<Value> = files.iter().map(|file| resource(format, file)).collect();
    json!({ "name": name, "profile": "data-package", "title": title, "description": about.join("\n\n"), "resources": resources })
}

fn resource(format: Format, file: &File) -> Value {
    let table = file.table;
    let fields: Vec<Value> = table
        .columns
        .iter()
        .map(|column| json!({ "name": column.name, "type": frictionless(column.kind), "description": column.about }))
        .collect();
    let schema = json!({ "fields": fields, "primaryKey": table.key, "missingValues": [""] });
    let mut resource = json!({
        "name": table.name, "path": file.path, "title": table.chinese, "description": format!("One row is {}", table.about),
        "format": format.ending(), "encoding": "utf-8", "bytes": file.bytes, "hash": format!("sha256:{}", file.digest), "rows": file.rows,
        "schema": schema,
    });
    if matches!(format, Format::Csv { .. }) {
        resource["profile"] = "tabular-data-resource".into();
        resource["dialect"] = json!({ "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true, "header": true });
    }
    resource
}

fn frictionless(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Prose => "string",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Truth => "boolean",
        Kind::Day => "date",
        Kind::Moment => "datetime",
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Prose => "words of the notice",
        Kind::Integer => "whole number",
        Kind::Number => "number",
        Kind::Truth => "true or false",
        Kind::Day => "date",
        Kind::Moment => "time, UTC",
    }
}
