//! `numbering.xml` to [`Lists`].

use super::super::lists::{LEVELS, Level, List, Lists, Number, Part};
use super::super::numerals::Format;
use super::super::xml::Element;
use super::styles;

pub fn of(root: Option<&Element>) -> Lists {
    let mut lists = Lists::default();
    let Some(root) = root else { return lists };
    for list in root.children_named("abstractNum") {
        if let Some(id) = integer(list, "abstractNumId") {
            lists.lists.insert(id, self::list(list));
        }
    }
    for number in root.children_named("num") {
        if let Some(id) = integer(number, "numId") {
            lists.numbers.insert(id, self::number(number));
        }
    }
    lists
}

/// `w:abstractNum`.
fn list(list: &Element) -> List {
    let linked = |name| list.child(name).and_then(Element::val).map(str::to_owned);
    let levels = list.children_named("lvl").filter_map(|level| Some((at(level)?, self::level(level)))).collect();
    List { levels, link: linked("numStyleLink"), style: linked("styleLink") }
}

/// `w:num`.
fn number(number: &Element) -> Number {
    let list = number.child("abstractNumId").and_then(Element::val).and_then(|id| id.parse().ok()).unwrap_or(-1);
    let mut own = Number { list, ..Number::default() };
    for change in number.children_named("lvlOverride") {
        let Some(at) = at(change) else { continue };
        if let Some(start) = change.child("startOverride").and_then(Element::val).and_then(|start| start.parse().ok()) {
            own.starts.insert(at, start);
        }
        if let Some(level) = change.child("lvl") {
            own.levels.insert(at, self::level(level));
        }
    }
    own
}

/// `w:lvl`.
fn level(level: &Element) -> Level {
    let val = |name| level.child(name).and_then(Element::val);
    // Word 2010 and later write formats that the standard does not name into AlternateContent.
    let format = level.child("numFmt").or_else(|| level.path(&["AlternateContent", "Fallback", "numFmt"]));
    Level {
        start: val("start").and_then(|start| start.parse().ok()).unwrap_or(0),
        format: format.and_then(Element::val).map(Format::named).unwrap_or_default(),
        text: parts(val("lvlText").unwrap_or_default()),
        style: val("pStyle").map(str::to_owned),
        is_legal: level.child("isLgl").is_some_and(styles::is_set),
        restart: val("lvlRestart").and_then(|after| after.parse().ok()),
        joint: if val("suff") == Some("nothing") { "" } else { "\t" },
    }
}

/// `%1` to `%9` stand for the numbers of the levels.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let digit = characters.peek().and_then(|digit| digit.to_digit(10)).filter(|digit| character == '%' && *digit > 0);
        match digit {
            Some(digit) => {
                characters.next();
                parts.push(Part::Level(digit as usize - 1));
            }
            None => parts.push(Part::Text(character)),
        }
    }
    parts
}

fn at(element: &Element) -> Option<usize> {
    element.attribute("ilvl")?.parse().ok().filter(|at| *at < LEVELS)
}

fn integer(element: &Element, name: &str) -> Option<i64> {
    element.attribute(name)?.parse().ok()
}
