//! OFD (GB/T 33190-2016), the national format for fixed pages, to a [`Document`]: text with its places, joined to paragraphs as
//! the lines of a PDF are.
//!
//! Annotations, attachments, signatures and pictures are not read. Lengths in the file are millimetres.

use std::collections::HashMap;

use super::super::pdf::{self, Line, Page, Pages, Word};
use super::container::Container;
use super::xml::{self, Element};
use crate::model::{Document, Unreadable};

const PAGES_MAX: usize = 2000;
const CHARACTERS_MAX: usize = 5_000_000;
const POINTS_A_MILLIMETRE: f64 = 72.0 / 25.4;
/// A4, where no page says its size.
const A4: [f64; 4] = [0.0, 0.0, 210.0, 297.0];

/// # Errors
/// [`Unreadable::Encrypted`], [`Unreadable::TooComplex`] above a limit, [`Unreadable::NoBody`] for pages that are pictures.
pub fn read(container: &mut Container<'_>) -> Result<Document, Unreadable> {
    // GM/T 0099: encrypted packages name how beside OFD.xml.
    if container.names().iter().any(|name| name.to_ascii_lowercase().ends_with("encryptions.xml")) {
        return Err(Unreadable::Encrypted);
    }
    let root = part(container, "OFD.xml")?;
    let mut reader = Reader { container, pages: Vec::new(), characters: 0, objects: 0, unknown: 0 };
    for body in root.children_named("DocBody") {
        if let Some(document) = body.child("DocRoot").map(Element::text) {
            reader.document(&resolve("", document.trim()))?;
        }
    }
    let mut doubts = Vec::new();
    if reader.unknown > 0 {
        doubts.push(format!("{} characters are drawn by their glyphs and have no text", reader.unknown));
    }
    if reader.characters == 0 {
        return Err(Unreadable::NoBody { saw: format!("an OFD file of {} pages without text, as a scan has", reader.pages.len()) });
    }
    pdf::document(&Pages { pages: reader.pages, doubts })
}

fn part(container: &mut Container<'_>, name: &str) -> Result<Element, Unreadable> {
    let bytes = container.part(name)?.ok_or_else(|| Unreadable::Damaged { what: "a part that it names is missing".to_owned() })?;
    xml::parse(&bytes)
}

/// 7.2 (ST_Loc): from the root with a slash, else from the folder of the part that names it.
fn resolve(folder: &str, name: &str) -> String {
    let path = if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

struct Reader<'c, 'a> {
    container: &'c mut Container<'a>,
    pages: Vec<Page>,
    characters: usize,
    objects: usize,
    unknown: usize,
}

impl Reader<'_, '_> {
    /// 7.5: templates, then the pages in the order of the page tree.
    fn document(&mut self, name: &str) -> Result<(), Unreadable> {
        let document = part(self.container, name)?;
        let folder = folder(name);
        let common = document.child("CommonData");
        let area = common.and_then(|common| common.path(&["PageArea", "PhysicalBox"])).and_then(numbers4).unwrap_or(A4);
        let mut templates = HashMap::new();
        for template in common.into_iter().flat_map(|common| common.children_named("TemplatePage")) {
            if let (Some(id), Some(location)) = (template.attribute("ID"), template.attribute("BaseLoc"))
                && let Ok(page) = part(self.container, &resolve(folder, location))
            {
                templates.insert(id.to_owned(), page);
            }
        }
        for page in document.child("Pages").into_iter().flat_map(|pages| pages.children_named("Page")) {
            let Some(location) = page.attribute("BaseLoc") else { continue };
            if self.pages.len() >= PAGES_MAX {
                return Err(Unreadable::TooComplex { limit: format!("over {PAGES_MAX} pages") });
            }
            let content = part(self.container, &resolve(folder, location))?;
            self.page(&content, &templates, area)?;
        }
        Ok(())
    }

    /// 7.7: what its templates and its layers show.
    fn page(&mut self, page: &Element, templates: &HashMap<String, Element>, area: [f64; 4]) -> Result<(), Unreadable> {
        let [left, top, width, height] = page.path(&["Area", "PhysicalBox"]).and_then(numbers4).unwrap_or(area);
        let mut words = Vec::new();
        let used = page.children_named("Template").filter_map(|template| templates.get(template.attribute("TemplateID")?));
        for content in used.chain([page]).filter_map(|page| page.child("Content")) {
            let mut objects = Vec::new();
            content.find_all("TextObject", &mut objects);
            for object in objects {
                self.object(object, &mut words);
            }
            if self.characters > CHARACTERS_MAX || self.objects > CHARACTERS_MAX {
                return Err(Unreadable::TooComplex { limit: format!("over {CHARACTERS_MAX} characters") });
            }
        }
        for placed in &mut words {
            placed.left -= left;
            placed.right -= left;
            placed.baseline -= top;
        }
        self.pages.push(Page { width: width * POINTS_A_MILLIMETRE, height: height * POINTS_A_MILLIMETRE, lines: lines(words) });
        Ok(())
    }

    /// 11.3: text is placed in its object's own space, which the matrix turns and the boundary moves onto the page.
    fn object(&mut self, object: &Element, words: &mut Vec<Placed>) {
        self.objects += 1;
        if object.attribute("Visible") == Some("false") {
            return;
        }
        let [left, top, ..] = object.attribute("Boundary").and_then(numbers).unwrap_or([0.0; 4]);
        let [a, b, c, d, e, f] = object.attribute("CTM").and_then(numbers).unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let size = number(object.attribute("Size")).unwrap_or(3.7);
        let scale = number(object.attribute("HScale")).unwrap_or(1.0);
        // Text that runs upwards or downwards is no line of the page.
        if a.abs() < b.abs() {
            return;
        }
        let has_glyphs = object.child("CGTransform").is_some();
        for code in object.children_named("TextCode") {
            let text = code.text();
            let (x, y) = (number(code.attribute("X")).unwrap_or(0.0), number(code.attribute("Y")).unwrap_or(0.0));
            let mut steps = code.attribute("DeltaX").map(|steps| deltas(steps, text.len())).unwrap_or_default().into_iter();
            let mut at = x;
            let mut word: Option<Placed> = None;
            for character in text.trim_matches(['\n', '\r']).chars() {
                self.characters += 1;
                if has_glyphs && (character == '\u{a4}' || ('\u{e000}'..='\u{f8ff}').contains(&character)) {
                    self.unknown += 1;
                }
                let own = if character.is_ascii() { 0.5 } else { 1.0 } * size * scale;
                let step = steps.next().unwrap_or(own);
                let page_x = |x: f64| left + a * x + c * y + e;
                let baseline = top + b * at + d * y + f;
                let (from, to) = (page_x(at), page_x(at + own));
                let height = size * d.abs().max(0.01);
                at += step;
                if character.is_whitespace() {
                    words.extend(word.take());
                    continue;
                }
                // A gap of an em and a half is a gap between words.
                let goes_on = word.as_ref().is_some_and(|word| from - word.right < height * 1.5 && from >= word.left);
                if !goes_on {
                    words.extend(word.take());
                }
                let word = word.get_or_insert(Placed { text: String::new(), left: from, right: to, baseline, height });
                word.text.push(character);
                word.right = word.right.max(to);
            }
            words.extend(word);
        }
    }
}

/// A word on the page, in millimetres.
struct Placed {
    text: String,
    left: f64,
    right: f64,
    baseline: f64,
    height: f64,
}

/// Words that share a baseline, from left to right; lines from top to bottom.
fn lines(mut words: Vec<Placed>) -> Vec<Line> {
    words.sort_by(|one, other| one.baseline.total_cmp(&other.baseline));
    let mut lines: Vec<Vec<Placed>> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| word.baseline - last.baseline < 0.4 * last.height.min(word.height)) => {
                line.push(word)
            }
            _ => lines.push(vec![word]),
        }
    }
    for line in &mut lines {
        line.sort_by(|one, other| one.left.total_cmp(&other.left));
    }
    lines.into_iter().map(|line| Line { words: joined(line) }).collect()
}

/// Pieces of a line that touch are one word, as they are read: writers cut a line wherever the font changes.
fn joined(line: Vec<Placed>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for placed in line {
        let left = placed.left * POINTS_A_MILLIMETRE;
        let right = placed.right * POINTS_A_MILLIMETRE;
        let height = placed.height * POINTS_A_MILLIMETRE;
        let baseline = placed.baseline * POINTS_A_MILLIMETRE;
        match words.last_mut() {
            Some(word) if left - word.right < 0.2 * height => {
                word.text.push_str(&placed.text);
                word.right = word.right.max(right);
            }
            // The baseline stands a fifth of the height above the lower edge.
            _ => words.push(Word { text: placed.text, left, right, top: baseline - 0.8 * height, bottom: baseline + 0.2 * height }),
        }
    }
    words
}

/// 11.3, table 46: distances, with `g n d` for n times d; at most `count_max` of them.
fn deltas(text: &str, count_max: usize) -> Vec<f64> {
    let mut steps = Vec::new();
    let mut tokens = text.split_whitespace();
    while let Some(token) = tokens.next() {
        if token != "g" {
            steps.extend(number(Some(token)));
            continue;
        }
        let count = tokens.next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        let Some(step) = number(tokens.next()) else { continue };
        steps.extend(std::iter::repeat_n(step, count.min(count_max.saturating_sub(steps.len()))));
    }
    steps
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.trim().parse::<f64>().ok().filter(|number| number.is_finite() && number.abs() < 1e6)
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let numbers: Option<Vec<f64>> = text.split_whitespace().map(|text| number(Some(text))).collect();
    numbers?.try_into().ok()
}

fn numbers4(element: &Element) -> Option<[f64; 4]> {
    numbers(&element.text())
}
