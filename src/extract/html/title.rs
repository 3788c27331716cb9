//! Which words of a page are its title: the national tag, else the heading that the `title` element repeats, else that element.

use super::header;
use super::lines::Line;
use super::meta::Meta;
use super::outline::{Kind, Outline};
use super::words::{same_form, tidy};

/// Longer texts are no titles (the longest of 3,000 seen had 94 characters).
const LONGEST: usize = 160;

pub fn title(outline: &Outline, meta: &Meta, lines: &[Line]) -> Option<String> {
    let headings = headings(outline);
    if let Some(named) = meta.title.as_ref().filter(|named| !names_a_place(named, meta)) {
        return Some(uncut(named, &headings));
    }
    let page_title = meta.page_title.as_deref().unwrap_or_default();
    let shared = meta.shared_title.as_deref().unwrap_or_default();
    let best = headings.iter().map(|heading| (heading.likeness(page_title, shared, meta), heading)).filter(|(score, _)| *score > 0);
    let best = best.max_by_key(|(score, heading)| (*score, std::cmp::Reverse(heading.place)));
    let above = above_info(lines);
    match best {
        Some((_, heading)) if heading.form.chars().count() >= 8 || above.is_none() => return Some(heading.text.clone()),
        _ if above.is_some() => return above,
        _ => {}
    }
    if !shared.is_empty() {
        return Some(strip_site(shared, meta));
    }
    let lone = headings.iter().filter(|heading| heading.level == 1 && heading.text.chars().count() >= 6).map(|heading| &heading.text);
    let mut lone = lone.collect::<Vec<_>>();
    lone.dedup();
    match (page_title, lone.as_slice()) {
        ("", [only]) => Some((*only).clone()),
        ("", _) => None,
        (page_title, _) => Some(strip_site(page_title, meta)).filter(|title| !title.is_empty()),
    }
}

/// Some templates fill the title's tag with the site's or the column's name.
fn names_a_place(title: &str, meta: &Meta) -> bool {
    [&meta.site, &meta.column].into_iter().flatten().any(|place| same_form(place) == same_form(title))
}

/// The line of the page where the title stands, the last one before the body begins.
pub fn title_line(title: &str, lines: &[Line], body_from: usize) -> Option<usize> {
    let title = same_form(title);
    lines
        .iter()
        .take_while(|line| line.from < body_from)
        .enumerate()
        .filter(|(_, line)| is_title(&line.text, &title))
        .map(|(at, _)| at)
        .last()
}

/// Whether a line says no more than the title (`title` in its comparable form) or an end of it: long titles are broken over lines.
pub fn is_title(line: &str, title: &str) -> bool {
    let line = same_form(line);
    let part = |share: usize| line.chars().count() >= 8 && line.len() * 100 >= title.len() * share;
    line == title || (title.contains(&line) && part(40)) || ((title.starts_with(&line) || title.ends_with(&line)) && part(25))
}

/// The line above the info line: the title of pages whose `title` element names only column and site.
fn above_info(lines: &[Line]) -> Option<String> {
    let own = |line: &&Line| line.linked == 0 && (8..=LONGEST).contains(&line.characters) && !header::is_info(&line.text);
    let pair = lines.windows(2).find(|pair| (header::is_info(&pair[1].text) || header::is_moment(&pair[1].text)) && own(&&pair[0]))?;
    Some(pair[0].text.clone())
}

struct Heading {
    text: String,
    form: String,
    /// 1 to 6; 7 for an element that only its class calls a title, 8 for any other line.
    level: u8,
    place: usize,
}

impl Heading {
    /// How well it agrees with what the page calls itself; 0 for not at all.
    fn likeness(&self, page_title: &str, shared: &str, meta: &Meta) -> usize {
        let length = self.form.chars().count();
        let is_site = meta.site.as_deref().is_some_and(|site| same_form(site) == self.form);
        if length < 4 || is_site {
            return 0;
        }
        let level = match self.level {
            1 => 12,
            2 | 3 => 8,
            4..=7 => 4,
            _ => 0,
        };
        let parted = |whole: &str| {
            whole.split(['_', '|', '\u{ff5c}', '-', '\u{2014}', '\u{2013}', '>', '\u{ff0d}']).any(|part| same_form(part) == self.form)
        };
        // A line that nothing marks as a title must be all that the page calls itself: the office that signs begins many titles.
        let begins = |rest: &str| match self.level {
            8 => rest.is_empty() || !rest.starts_with(char::is_alphanumeric) || is_parted_by_blank(page_title, &self.form),
            _ => length >= 10 || !rest.starts_with(char::is_alphanumeric),
        };
        let starts = same_form(page_title).strip_prefix(&self.form).is_some_and(begins);
        // 呼和浩特网友发帖倡议… above, 网友发帖倡议… in the `title` element: it leaves out the place (northnews.cn).
        let says_more = self.level <= 4
            && page_title.split(['_', '|', '\u{ff5c}']).next().map(same_form).is_some_and(|part| {
                let part_length = part.chars().count();
                part_length >= 10 && length <= part_length + 6 && self.form.ends_with(&part)
            });
        let ends = length >= 10 && same_form(page_title).ends_with(&self.form);
        if starts || ends || says_more {
            length + 20 + level
        } else if same_form(shared) == self.form || parted(page_title) {
            length + level
        } else {
            0
        }
    }
}

fn headings(outline: &Outline) -> Vec<Heading> {
    let mut headings = Vec::new();
    for (place, element) in outline.elements() {
        let named = || [element.id(), element.attr("class")].into_iter().flatten().any(is_title_name);
        let level = match element.name() {
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            "h4" | "h5" | "h6" => 4,
            "a" | "li" | "ul" | "body" | "html" => continue,
            _ if named() => 7,
            "div" | "p" | "td" | "span" | "strong" | "b" | "font" | "dt" | "big" | "center" => 8,
            _ => continue,
        };
        let mass = outline.mass(place);
        let linked = mass.linked * 2 > mass.characters && level > 1;
        if mass.characters == 0 || mass.characters > LONGEST || linked {
            continue;
        }
        let text = outline.text(place);
        if let Some(lead) = (level < 8).then(|| lead(outline, place)).flatten() {
            headings.push(Heading { form: same_form(&lead), text: lead, level, place });
        }
        let text = undecorated(&text).to_owned();
        let form = same_form(&text);
        headings.push(Heading { text, form, level, place });
    }
    headings
}

/// The words of a heading before its first line break or inner element: PHPCMS puts date and source into its `h1`.
fn lead(outline: &Outline, place: usize) -> Option<String> {
    let inner = place + 1..outline.nodes[place].end;
    let first = inner.clone().find(|index| matches!(outline.nodes[*index].kind, Kind::Text(text) if !text.trim().is_empty()))?;
    let end = (first..inner.end).find(|index| outline.element(*index).is_some())?;
    let mut text = String::new();
    for node in &outline.nodes[first..end] {
        if let Kind::Text(part) = node.kind {
            text.push_str(part);
        }
    }
    let text = tidy(&text);
    (text.chars().count() >= 8).then(|| undecorated(&text).to_owned())
}

/// A title without the arrow or the square that a template draws before it.
fn undecorated(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{25a0}'..='\u{25cf}' | '>' | '\u{bb}'));
    if rest.is_empty() { text } else { rest }
}

/// Whether the words of this form stand at the beginning with white space after them.
fn is_parted_by_blank(page_title: &str, form: &str) -> bool {
    let mut said = String::new();
    page_title.split_whitespace().any(|word| {
        said.push_str(&same_form(word));
        said == form
    })
}

fn is_title_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("title") || name.contains("tit") || name.contains("headline") || name.contains("biaoti")
}

/// The whole title where the tag holds only its beginning and dots.
fn uncut(named: &str, headings: &[Heading]) -> String {
    let stem = named.trim_end_matches(['.', '\u{2026}']);
    let form = same_form(stem);
    let whole = headings.iter().find(|heading| heading.level <= 7 && heading.form.starts_with(&form) && heading.form.len() > form.len());
    match whole {
        Some(heading) if stem.len() < named.len() => heading.text.clone(),
        _ => named.to_owned(),
    }
}

/// `标题_栏目_网站` and `标题 - 网站` to `标题`.
fn strip_site(title: &str, meta: &Meta) -> String {
    let mut rest = title.trim();
    if let Some(site) = &meta.site {
        rest = rest
            .strip_suffix(site.as_str())
            .unwrap_or(rest)
            .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '|' | '\u{2014}'));
    }
    let parted = rest.split(['_', '|', '\u{ff5c}']).map(str::trim).find(|part| part.chars().count() >= 4).unwrap_or(rest);
    for dash in [" - ", "--", "\u{2014}\u{2014}", " \u{2014} ", " \u{2013} ", "-"] {
        if let Some((head, tail)) = parted.rsplit_once(dash)
            && head.chars().count() >= 4
            && tail.chars().count() <= 20
        {
            return head.split(dash).next().filter(|first| first.chars().count() >= 8).unwrap_or(head).trim().to_owned();
        }
    }
    parted.to_owned()
}
