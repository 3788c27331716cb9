//! `styles.xml` to what a style says of a paragraph's place and of text that is not shown.

use std::collections::HashMap;

use super::super::xml::Element;

/// Styles are based on one another; real chains have five links.
const CHAIN_MAX: usize = 20;

#[derive(Debug, Default)]
pub struct Styles {
    by_id: HashMap<String, Style>,
    /// Paragraphs that name no style have this one.
    default: Option<String>,
}

/// What one style says itself; `None` is left to the style that it is based on.
#[derive(Debug, Default, Clone)]
pub struct Style {
    name: String,
    based_on: Option<String>,
    pub outline: Option<u8>,
    /// Numbering and level.
    pub number: Option<(Option<i64>, Option<usize>)>,
    pub is_centred: Option<bool>,
    pub size: Option<u16>,
    pub is_hidden: Option<bool>,
}

impl Styles {
    pub fn of(root: Option<&Element>) -> Self {
        let mut styles = Self::default();
        for style in root.into_iter().flat_map(|root| root.children_named("style")) {
            let Some(id) = style.attribute("styleId") else { continue };
            if style.attribute("type") == Some("paragraph") && style.attribute("default").is_some_and(is_on) {
                styles.default = Some(id.to_owned());
            }
            styles.by_id.insert(id.to_owned(), Style::of(style));
        }
        styles
    }

    /// The first answer along the chain of styles; `None` for no style, which is the default one.
    pub fn ask<T>(&self, id: Option<&str>, question: impl Fn(&Style) -> Option<T>) -> Option<T> {
        self.chain(id).into_iter().find_map(|(_, style)| question(style))
    }

    /// The styles from the named one to its last ancestor, each with its id.
    pub fn chain<'a>(&'a self, id: Option<&'a str>) -> Vec<(&'a str, &'a Style)> {
        let mut next = id.or(self.default.as_deref());
        let mut chain = Vec::new();
        while let Some((id, style)) = next.and_then(|id| self.by_id.get_key_value(id)) {
            chain.push((id.as_str(), style));
            next = style.based_on.as_deref().filter(|_| chain.len() < CHAIN_MAX);
        }
        chain
    }

    /// Whether the style, or one it is based on, is Word's title style.
    pub fn is_title(&self, id: Option<&str>) -> bool {
        self.ask(id, |style| matches!(style.name.to_lowercase().as_str(), "title" | "标题").then_some(())).is_some()
    }

    /// 1 for the highest heading, by the outline level or the name of the style.
    pub fn heading(&self, id: Option<&str>) -> Option<u8> {
        self.ask(id, |style| style.outline.or_else(|| heading_named(&style.name))).filter(|level| (1..=9).contains(level))
    }
}

impl Style {
    fn of(style: &Element) -> Self {
        let paragraph = style.child("pPr");
        let run = style.child("rPr");
        Self {
            name: style.child("name").and_then(Element::val).unwrap_or_default().to_owned(),
            based_on: style.child("basedOn").and_then(Element::val).map(str::to_owned),
            outline: paragraph.and_then(outline),
            number: paragraph.and_then(number),
            is_centred: paragraph.and_then(is_centred),
            size: run.and_then(size),
            is_hidden: run.and_then(is_hidden),
        }
    }
}

fn heading_named(name: &str) -> Option<u8> {
    let name = name.to_lowercase();
    name.strip_prefix("heading ").or_else(|| name.strip_prefix("标题 "))?.trim().parse().ok()
}

/// `w:outlineLvl` counts from 0; 9 is body text.
pub fn outline(paragraph: &Element) -> Option<u8> {
    paragraph.child("outlineLvl")?.val()?.parse::<u8>().ok()?.checked_add(1)
}

pub fn number(paragraph: &Element) -> Option<(Option<i64>, Option<usize>)> {
    let number = paragraph.child("numPr")?;
    let id = number.child("numId").and_then(Element::val).and_then(|id| id.parse().ok());
    let level = number.child("ilvl").and_then(Element::val).and_then(|level| level.parse().ok());
    Some((id, level))
}

pub fn is_centred(paragraph: &Element) -> Option<bool> {
    paragraph.child("jc")?.val().map(|side| side == "center")
}

pub fn size(run: &Element) -> Option<u16> {
    run.child("sz")?.val()?.parse().ok()
}

/// `w:vanish`: hidden text, which Word neither shows nor prints.
pub fn is_hidden(run: &Element) -> Option<bool> {
    run.child("vanish").map(is_set)
}

/// An on/off element is on unless it says otherwise.
pub fn is_set(element: &Element) -> bool {
    element.val().is_none_or(is_on)
}

fn is_on(value: &str) -> bool {
    !matches!(value, "0" | "false" | "off")
}
