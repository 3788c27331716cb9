//! A part of an office file to a tree of elements, without namespaces.
//!
//! A document type is refused, so no entity is ever expanded or fetched; depth and number of elements are limited, so the
//! tree may be walked by recursion.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::model::Unreadable;

/// Real files nest some thirty deep: a table in a text box in a table.
pub const DEPTH_MAX: usize = 128;
/// The longest notice seen has 12,000; a budget with its tables 300,000.
const ELEMENTS_MAX: usize = 1_500_000;

#[derive(Debug, Default)]
pub struct Element {
    /// Without prefix, as attributes' names.
    pub name: Box<str>,
    attributes: Vec<(Box<str>, Box<str>)>,
    pub children: Vec<Node>,
}

#[derive(Debug)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    /// `w:val`, which most elements of Word have as their only attribute.
    pub fn val(&self) -> Option<&str> {
        self.attribute("val")
    }

    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| &*element.name == name)
    }

    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |element| &*element.name == name)
    }

    /// Follows one child after the other.
    pub fn path(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The element and everything in it of that name, in order; what lies in a found element is not searched.
    pub fn find_all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        if &*self.name == name {
            found.push(self);
        } else {
            self.elements().for_each(|element| element.find_all(name, found));
        }
    }

    /// All text in it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.push_text(&mut text);
        text
    }

    fn push_text(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Element(element) => element.push_text(text),
                Node::Text(words) => text.push_str(words),
            }
        }
    }
}

/// Parses a part. A part that ends early gives what stood before.
///
/// # Errors
/// [`Unreadable::TooComplex`] above the limits or with a document type, [`Unreadable::Damaged`] where it is no XML.
pub fn parse(bytes: &[u8]) -> Result<Element, Unreadable> {
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut open = vec![Element::default()];
    let mut elements = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                elements += 1;
                if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
                    return Err(too_complex(&format!("XML with over {DEPTH_MAX} levels or {ELEMENTS_MAX} elements")));
                }
                open.push(element(&start));
            }
            Ok(Event::Empty(start)) => {
                elements += 1;
                if elements > ELEMENTS_MAX {
                    return Err(too_complex(&format!("XML with over {ELEMENTS_MAX} elements")));
                }
                push(&mut open, Node::Element(element(&start)));
            }
            Ok(Event::End(_)) => close(&mut open),
            Ok(Event::Text(words)) => push_words(&mut open, &words),
            Ok(Event::CData(words)) => push_words(&mut open, &words),
            Ok(Event::GeneralRef(name)) => match name.resolve_char_ref() {
                Ok(Some(character)) => push_words(&mut open, character.encode_utf8(&mut [0; 4])),
                _ => push_words(&mut open, resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Ok(Event::DocType(_)) => return Err(too_complex("XML with a document type (DTD), which office files never have")),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    let root = open.pop().and_then(|root| {
        root.children.into_iter().find_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    });
    root.ok_or_else(|| Unreadable::Damaged { what: "a part of the file is no XML".to_owned() })
}

fn too_complex(limit: &str) -> Unreadable {
    Unreadable::TooComplex { limit: limit.to_owned() }
}

/// UTF-8, or UTF-16 with a byte order mark, as the standards want.
fn decode(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    encoding_rs::UTF_8.decode(bytes).0
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false).filter_map(Result::ok).map(|attribute| {
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or(attribute.value.clone());
        (attribute.key.local_name().as_ref().into(), value.as_ref().into())
    });
    Element { name: start.local_name().as_ref().into(), attributes: attributes.collect(), children: Vec::new() }
}

fn close(open: &mut Vec<Element>) {
    // The first is the place of the root and never closed.
    if open.len() > 1
        && let Some(element) = open.pop()
    {
        push(open, Node::Element(element));
    }
}

fn push(open: &mut [Element], node: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

fn push_words(open: &mut [Element], words: &str) {
    let Some(parent) = open.last_mut() else { return };
    match parent.children.last_mut() {
        Some(Node::Text(text)) => text.push_str(words),
        _ => parent.children.push(Node::Text(words.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::model::Unreadable;

    #[test]
    fn names_lose_their_prefix_and_text_keeps_its_characters() {
        let root = parse("\u{feff}<w:p w:val='一&amp;二'><w:t> 整&#25913; &lt;</w:t><w:t/></w:p>".as_bytes()).unwrap();
        assert_eq!((&*root.name, root.val()), ("p", Some("一&二")));
        assert_eq!(root.text(), " 整改 <");
    }

    #[test]
    fn entities_depth_and_other_formats_are_refused() {
        let laughs = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><x>&b;</x>";
        assert!(matches!(parse(laughs), Err(Unreadable::TooComplex { .. })));
        assert!(matches!(parse("<a>".repeat(200).as_bytes()), Err(Unreadable::TooComplex { .. })));
        assert!(matches!(parse(b"no markup"), Err(Unreadable::Damaged { .. })));
    }

    #[test]
    fn a_part_that_ends_early_gives_what_stood_before() {
        assert_eq!(parse("<a><b>已完成</b><b>未完".as_bytes()).unwrap().text(), "已完成未完");
        assert_eq!(parse(b"<a>1</b></a></a>").unwrap().text(), "1");
    }
}
