//! DOCX (ECMA-376 WordprocessingML, also as one flat XML file) to paragraphs and rows as Word shows them with all changes
//! accepted.
//!
//! Numbers stand before their paragraphs. Notes stand at the end, as `[1]`, and their marks in the text likewise. Headers,
//! footers, comments, field codes, deleted and hidden text are not read.

mod body;
mod inline;
mod numbering;
mod styles;

use super::container::Container;
use super::shape::Draft;
use super::xml::{self, Element};
use crate::model::Unreadable;
use body::Parts;

/// Reads a ZIP that [`super::of_zip`] took for a DOCX.
///
/// # Errors
/// What [`Container`] and [`xml::parse`] say of the main part; other parts that cannot be read are doubts.
pub fn read(container: &mut Container<'_>) -> Result<Draft, Unreadable> {
    let main = main_part(container);
    let bytes = container.part(&main)?.ok_or_else(|| Unreadable::Damaged { what: "it has no main document part".to_owned() })?;
    let document = xml::parse(&bytes)?;
    drop(bytes);
    let mut doubts = Vec::new();
    let mut other = |kind: &str| match part(container, &main, kind) {
        Ok(part) => part,
        Err(problem) => {
            doubts.push(format!("the file's {kind} cannot be read: {problem}"));
            None
        }
    };
    let (styles, numbering) = (other("styles"), other("numbering"));
    let (footnotes, endnotes) = (other("footnotes"), other("endnotes"));
    let parts =
        Parts { styles: styles.as_ref(), numbering: numbering.as_ref(), footnotes: footnotes.as_ref(), endnotes: endnotes.as_ref() };
    let mut draft = body::read(&document, &parts)?;
    draft.doubts.splice(0..0, doubts);
    Ok(draft)
}

/// Reads a document that is one XML file: Word 2003 XML (`w:wordDocument`) or a flat package (`pkg:package`).
///
/// # Errors
/// As [`read`].
pub fn read_flat(bytes: &[u8]) -> Result<Draft, Unreadable> {
    let root = xml::parse(bytes)?;
    let part = |end: &str| {
        let named = |part: &&Element| part.attribute("name").is_some_and(|name| name.to_lowercase().ends_with(end));
        root.children_named("part").find(named)?.child("xmlData")?.elements().next()
    };
    if &*root.name == "package" {
        let document = part("/document.xml").ok_or_else(|| Unreadable::Damaged { what: "it has no main document part".to_owned() })?;
        let parts = Parts {
            styles: part("/styles.xml"),
            numbering: part("/numbering.xml"),
            footnotes: part("/footnotes.xml"),
            endnotes: part("/endnotes.xml"),
        };
        return body::read(document, &parts);
    }
    body::read(&root, &Parts { styles: root.child("styles"), ..Parts::default() })
}

/// As the package's relationships name it; `word/document.xml` in every file seen.
fn main_part(container: &mut Container<'_>) -> String {
    let named = relationship(container, "_rels/.rels", "officeDocument").ok().flatten();
    named.filter(|name| container.has(name)).unwrap_or_else(|| "word/document.xml".to_owned())
}

/// A part that belongs to the main one, by the kind of their relationship.
fn part(container: &mut Container<'_>, main: &str, kind: &str) -> Result<Option<Element>, Unreadable> {
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", main));
    let target = relationship(container, &format!("{folder}/_rels/{file}.rels"), kind)?;
    let name = match target {
        Some(target) if target.starts_with('/') => target,
        Some(target) => format!("{folder}/{target}"),
        None => format!("{folder}/{kind}.xml"),
    };
    container.part(&name)?.map(|bytes| xml::parse(&bytes)).transpose()
}

fn relationship(container: &mut Container<'_>, rels: &str, kind: &str) -> Result<Option<String>, Unreadable> {
    let Some(bytes) = container.part(rels)? else { return Ok(None) };
    let rels = xml::parse(&bytes)?;
    let of_kind = |rel: &&Element| rel.attribute("Type").is_some_and(|name| name.rsplit('/').next() == Some(kind));
    Ok(rels.children_named("Relationship").find(of_kind).and_then(|rel| rel.attribute("Target")).map(str::to_owned))
}
