//! One row of a listing to one [`Entry`]: which link, its whole title, its date as printed.
//!
//! Never takes a date from the address alone, nor a title that the page cut where the whole one stands beside it.

use std::sync::LazyLock;

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use jiff::civil::Date;
use regex::Regex;
use scraper::{ElementRef, Node, Selector};
use url::Url;

use super::caption::{dateless, is_unseen, link_title};
use super::dates::{self, Part};
use super::{address, text};
use crate::model::Entry;

/// Shortest title of an entry, in characters that are no white space: 人事任免.
pub(super) const TITLE_CHARS_MIN: usize = 4;

/// Longest title kept, in characters; the longest real one seen has about 120.
const TITLE_CHARS_MAX: usize = 300;

/// Longest piece of text that an unlabelled date is believed from, in bytes; a summary names dates too.
const DATE_TEXT_BYTES_MAX: usize = 90;

/// Links and pieces of text read of one row; what has more is no row.
const PARTS_MAX: usize = 200;

/// What a row's surroundings say about it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings<'a> {
    /// The year that the heading above the row names.
    pub year: Option<i16>,
    /// Year and month that the heading above the row names.
    pub month: Option<(i16, i8)>,
    /// The table's column titles.
    pub columns: &'a [String],
    /// The shape of address that most rows' entries have.
    pub shape: Option<&'a str>,
}

/// Reads rows of one page.
pub(super) struct Reader<'a> {
    pub base: &'a Url,
    pub page: &'a Url,
    /// Overrides which link of a row is the entry.
    pub link: Option<&'a Selector>,
    /// Overrides where a row's date stands.
    pub date: Option<&'a Selector>,
}

/// A piece of a row's text.
struct Piece {
    text: String,
    /// Number of the link it stands in.
    link: Option<usize>,
    /// Number of the table cell it stands in.
    cell: Option<usize>,
}

struct Link<'a> {
    element: ElementRef<'a>,
    url: Url,
    title: String,
    number: usize,
    /// Whether the link shows words rather than a picture.
    in_words: bool,
}

struct Strip<'a> {
    links: Vec<Link<'a>>,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    /// The entry of a row that may span several sibling nodes; `None` where no link of it could be one.
    pub fn entry(&self, nodes: &[NodeRef<'_, Node>], around: Surroundings<'_>) -> Option<Entry> {
        let strip = self.strip(nodes);
        let chosen = around.shape.and_then(|shape| shaped(&strip, shape)).or_else(|| self.choose(nodes, &strip))?;
        let link = &strip.links[chosen];
        let (title, own_date) = self.title(&strip, link, nodes);
        let date = match self.date {
            Some(selector) => selected_date(nodes, selector, around),
            None => printed_date(&strip, link.number, around, &link.url).or(own_date),
        };
        Some(Entry { url: link.url.clone(), title, date })
    }

    fn strip<'n>(&self, nodes: &[NodeRef<'n, Node>]) -> Strip<'n> {
        let mut strip = Strip { links: Vec::new(), pieces: Vec::new() };
        let (mut in_link, mut unseen, mut cell) = (None, 0_u32, None);
        let mut links_seen = 0;
        for edge in nodes.iter().flat_map(|node| node.traverse()) {
            if strip.links.len() > PARTS_MAX || strip.pieces.len() > PARTS_MAX {
                break;
            }
            match edge {
                Edge::Open(node) => match (node.value(), ElementRef::wrap(node)) {
                    (Node::Text(words), _) if unseen == 0 => {
                        let words = text::squeezed(words);
                        if !words.is_empty() {
                            strip.pieces.push(Piece { text: words, link: in_link, cell });
                        }
                    }
                    (_, Some(element)) => {
                        unseen += u32::from(is_unseen(element));
                        if matches!(element.value().name(), "td" | "th") {
                            cell = Some(cell.map_or(0, |cell| cell + 1));
                        }
                        if element.value().name() == "a" {
                            in_link = Some(links_seen);
                            links_seen += 1;
                            if let Some(url) = target(element, self.base, self.page) {
                                let in_words = element.text().any(|words| !words.trim().is_empty());
                                strip.links.push(Link { element, url, title: link_title(element), number: links_seen - 1, in_words });
                            }
                        }
                        if let Some(stamp) = stamp(element) {
                            strip.pieces.push(Piece { text: stamp, link: None, cell });
                        }
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    if let Some(element) = ElementRef::wrap(node) {
                        unseen -= u32::from(is_unseen(element));
                        if element.value().name() == "a" {
                            in_link = None;
                        }
                    }
                }
            }
        }
        strip
    }

    /// The link with the longest title; of several to one address the first that has a title.
    fn choose(&self, nodes: &[NodeRef<'_, Node>], strip: &Strip<'_>) -> Option<usize> {
        let chars = |link: &Link<'_>| link.title.chars().filter(|c| !c.is_whitespace()).count();
        if let Some(selector) = self.link {
            let wanted = nodes
                .iter()
                .filter_map(|node| ElementRef::wrap(*node))
                .flat_map(|element| selector.matches(&element).then_some(element).into_iter().chain(element.select(selector)));
            let wanted: Vec<_> = wanted.map(|element| element.id()).collect();
            return strip.links.iter().position(|link| {
                wanted.contains(&link.element.id()) || link.element.ancestors().any(|above| wanted.contains(&above.id()))
            });
        }
        let mut best: Option<usize> = None;
        for (index, link) in strip.links.iter().enumerate() {
            // An icon's tip (新窗口打开) is no title where words lead to the same address.
            let is_repeat =
                strip.links[..index].iter().any(|earlier| earlier.url == link.url && earlier.in_words && chars(earlier) >= TITLE_CHARS_MIN);
            let is_icon = !link.in_words
                && strip.links.iter().any(|other| other.url == link.url && other.in_words && chars(other) >= TITLE_CHARS_MIN);
            // [通知公告] before a title leads to the column, the page's own folder or one above it.
            let is_column = link.url.path().ends_with('/') && self.page.path().starts_with(link.url.path());
            if chars(link) < TITLE_CHARS_MIN || is_repeat || is_icon || is_column && strip.links.len() > 1 {
                continue;
            }
            if best.is_none_or(|best| chars(&strip.links[best]) < chars(link)) {
                best = Some(index);
            }
        }
        best
    }

    /// The title, and the date that a title without a date of its own in the row carries at its end.
    fn title(&self, strip: &Strip<'_>, link: &Link<'_>, nodes: &[NodeRef<'_, Node>]) -> (String, Option<Date>) {
        let whole = strip.links.iter().filter(|other| other.url == link.url).map(|other| other.title.as_str());
        let row_title = nodes.iter().filter_map(|node| ElementRef::wrap(*node)).filter_map(|element| element.value().attr("title"));
        let mut title = link.title.clone();
        if text::is_cut(&title) {
            let stem = text::uncut(&title).to_owned();
            let row_title = row_title.map(text::squeezed).collect::<Vec<_>>();
            let longer =
                whole.chain(row_title.iter().map(String::as_str)).find(|other| other.len() > title.len() && other.starts_with(&stem));
            title = longer.map_or(title, str::to_owned);
        }
        let (title, date) = dateless(&title);
        (title.chars().take(TITLE_CHARS_MAX).collect(), date)
    }
}

/// The first link to an address of this shape that shows words.
fn shaped(strip: &Strip<'_>, wanted: &str) -> Option<usize> {
    strip.links.iter().position(|link| link.in_words && link.title.chars().count() >= 2 && shape(&link.url) == wanted)
}

/// An address without what tells one article from the next: `/0/t0_0.htm`, `/show.asp?id`.
pub(super) fn shape(url: &Url) -> String {
    let mut shape = String::new();
    for c in url.path().chars() {
        match c {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            other => shape.push(other),
        }
    }
    for (name, _) in url.query_pairs() {
        shape.push('?');
        shape.push_str(&name);
    }
    shape
}

/// Where a link leads on this site, be it by `href` or by a script that opens a plain address.
pub(super) fn target(link: ElementRef<'_>, base: &Url, page: &Url) -> Option<Url> {
    static OPENED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?:window\.open|location(?:\.href)?\s*=|location\.(?:assign|replace))\s*\(?\s*['"]([^'"\s]{2,400})['"]"#)
            .expect("the pattern is a valid regular expression")
    });
    let href = link.value().attr("href").unwrap_or_default();
    let by_script = |script: &str| OPENED.captures(script).and_then(|found| address::resolve(base, page, &found[1]));
    let url =
        address::resolve(base, page, href).or_else(|| by_script(href)).or_else(|| link.value().attr("onclick").and_then(by_script))?;
    (url != address::canonical(page)).then_some(url)
}

/// A day that an element names in an attribute: `<span title="2024-09-12">3天前</span>`, `<time datetime=…>`.
pub(super) fn stamp(element: ElementRef<'_>) -> Option<String> {
    ["datetime", "title", "data-time", "data-date"]
        .into_iter()
        .filter_map(|name| element.value().attr(name))
        .find(|value| matches!(dates::exact(value), Some(Part::Whole(_))))
        .map(str::to_owned)
}

fn selected_date(nodes: &[NodeRef<'_, Node>], selector: &Selector, around: Surroundings<'_>) -> Option<Date> {
    let elements = nodes.iter().filter_map(|node| ElementRef::wrap(*node));
    let mut found =
        elements.flat_map(|row| selector.matches(&row).then_some(row).into_iter().chain(row.select(selector)).collect::<Vec<_>>());
    found.find_map(|element| {
        let whole = element.text().collect::<Vec<_>>().join(" ");
        let parts: Vec<Part> = element.text().filter_map(dates::exact).chain(dates::exact(&whole)).collect();
        let yearless = || dates::month_day(&parts).zip(around.year).and_then(|((month, day), year)| Date::new(year, month, day).ok());
        dates::find(&whole).or_else(|| dates::joined(&parts)).or_else(yearless)
    })
}

/// The date that a row prints: a whole one, labelled as publication first; else one in pieces; else month and day with
/// the year of a heading above or of an address that agrees.
fn printed_date(strip: &Strip<'_>, link: usize, around: Surroundings<'_>, url: &Url) -> Option<Date> {
    let outside: Vec<&Piece> = strip.pieces.iter().filter(|piece| piece.link != Some(link)).collect();
    let inside: Vec<&Piece> = strip.pieces.iter().filter(|piece| piece.link == Some(link)).collect();
    let mut best: Option<(u8, Date)> = None;
    for (index, piece) in outside.iter().enumerate() {
        let label = index.checked_sub(1).map_or("", |before| outside[before].text.as_str());
        let column = piece.cell.and_then(|cell| around.columns.get(cell)).map_or("", String::as_str);
        let Some((rank, date)) = ranked(piece, label, column) else { continue };
        if best.is_none_or(|(best, _)| rank < best) {
            best = Some((rank, date));
        }
    }
    if let Some((_, date)) = best {
        return Some(date);
    }
    let parts = |pieces: &[&Piece]| pieces.iter().filter_map(|piece| dates::exact(&piece.text)).collect::<Vec<_>>();
    let (outer, inner) = (parts(&outside), parts(&inside));
    let is_scrap = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "-/.年月日[]()：:".contains(c));
    let torn = outside.iter().map(|piece| piece.text.as_str()).filter(|text| is_scrap(text)).collect::<Vec<_>>().join(" ");
    let pieced = dates::joined(&outer).or_else(|| dates::joined(&inner));
    let torn = || (torn.len() <= DATE_TEXT_BYTES_MAX).then(|| dates::find(&torn)).flatten();
    let yearless = || {
        let (month, day) = dates::month_day(&outer).or_else(|| dates::month_day(&inner))?;
        let year = around.year.or_else(|| dates::year_by_address(url.path(), month, day))?;
        Date::new(year, month, day).ok()
    };
    let monthly = || {
        let day = strip.pieces.iter().find_map(|piece| dates::day_of_month(&piece.text))?;
        around.month.and_then(|(year, month)| Date::new(year, month, day).ok())
    };
    pieced.or_else(torn).or_else(yearless).or_else(monthly)
}

/// A piece's whole date with its rank; the lowest rank is believed first.
fn ranked(piece: &Piece, label_before: &str, column: &str) -> Option<(u8, Date)> {
    const PUBLISHED: [&str; 5] = ["发布", "發布", "公布", "公开日", "发文"];
    const OTHER: [&str; 9] = ["成文", "生成", "生效", "截止", "截至", "有效", "更新", "修改", "废止"];
    let says = |words: &[&str]| {
        words.iter().any(|word| {
            column.contains(word) || piece.text.contains(word) || label_before.ends_with(word) || short_label(label_before, word)
        })
    };
    let exact = matches!(dates::exact(&piece.text), Some(Part::Whole(_)));
    let date = match dates::exact(&piece.text) {
        Some(Part::Whole(date)) => date,
        _ => dates::find(&piece.text)?,
    };
    // A summary names dates of its own: 2023年1月3日至3月5日，区委第一巡察组….
    let is_prose = piece.text.len() > DATE_TEXT_BYTES_MAX || piece.text.contains(['，', '。', '；', '至']);
    if let Some(date) = dates::published(&piece.text).filter(|_| is_prose) {
        return Some((0, date));
    }
    let says_published = !is_prose && says(&PUBLISHED) || short_label(label_before, "发布");
    let rank = match (says_published, says(&OTHER), exact) {
        (true, false, _) => 0,
        (false, false, true) => 1,
        (false, false, false) | (true, true, _) => 2,
        (false, true, _) => 3,
    };
    (exact || says_published || !is_prose).then_some((rank, date))
}

fn short_label(label: &str, word: &str) -> bool {
    label.chars().count() <= 8 && label.contains(word)
}
