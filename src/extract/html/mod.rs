//! A page of HTML to a [`Document`]: limits, tree, what is seen of it, body, header, edges, attachments.
//!
//! Rules say what markup means on many sites; none names a site. A page without a body is never a document.

mod around;
mod attachments;
mod body;
mod density;
mod doubt;
mod edges;
mod elsewhere;
mod header;
mod hidden;
mod limits;
mod lines;
mod meta;
mod outline;
mod place;
mod tags;
mod title;
mod words;

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::{Html, Selector};
use url::Url;

use super::Reading;
use crate::model::{Document, Furniture, Page, Published, Rules, Unreadable};
use body::{By, Found};
use header::Info;
use lines::Line;
use meta::Meta;
use outline::Outline;

/// How many lines before the body may hold the info line where no title line is seen.
const HEADER_LINES: usize = 12;
/// How many lines above that a table of the document's properties (索引号, 发布机构 …) may take.
const PROPERTY_LINES: usize = 24;
/// How many lines after the body may hold it where it does not stand before.
const FOOTER_LINES: usize = 8;

/// Reads a page.
///
/// # Errors
/// [`Unreadable::TooComplex`] for hostile markup, [`Unreadable::NoBody`] where neither body nor attachment was found.
pub fn read(page: &Page, rules: &Rules, furniture: &Furniture) -> Result<Reading, Unreadable> {
    limits::check(&page.text)?;
    let rule = rules.body.as_deref().map(selector).transpose()?;
    let html = Html::parse_document(&page.text);
    let meta = Meta::of(&html);
    let sight = Sight::of(&html, &meta, rule.as_ref());
    let Sight { outline, all, title, .. } = &sight;
    let base = meta.base.as_deref().and_then(|base| page.url.join(base).ok()).unwrap_or_else(|| page.url.clone());

    let nothing = || framed(&sight, &meta, page, &base, rules);
    let Some(found) = sight.found.as_ref() else { return nothing() };
    let attachments = attachments::attachments(outline, all, &found.ranges, &base);
    let mut lines = edges::trim(lines::lines(outline, &found.ranges), title.as_deref(), found.is_edited());
    if !found.is_edited() {
        around::take_off(&mut lines, furniture);
    }
    if lines.is_empty() && attachments.is_empty() || found.by == By::Title && (attachments.is_empty() || density::has_dated_rows(&lines)) {
        return nothing();
    }
    let characters = lines.iter().map(|line| line.characters).sum();
    let mut elsewhere = if attachments.is_empty() { elsewhere::frames(outline, characters, &page.url, &base) } else { Vec::new() };
    elsewhere.extend(elsewhere::next(outline, all, found, &page.text, &page.url, &base));
    let info = info(outline, all, found, &lines, title.as_deref());
    let mut doubts = super::doubts_of(page);
    doubts.extend(doubt::second_reader(outline, all, found, &lines));
    doubts.extend(doubt::pictures(outline, found, &lines));
    doubts.extend(sight.is_revealed.then(|| "the body stands where the page's markup hides it".to_owned()));
    let around = around::around(outline, all, found, &lines);
    let document = Document {
        published: published(&info, &meta),
        column: place::column(&meta, all, title.as_deref()),
        site: place::site(&meta, title.as_deref()),
        source: info.source.or(meta.source).or(info.bare_source),
        title: sight.title,
        blocks: lines.into_iter().map(|line| line.block).collect(),
        attachments,
        elsewhere,
        doubts,
        furniture: (!found.is_edited()).then_some(furniture.generation),
        ..Document::default()
    };
    Ok(Reading { document, around })
}

/// A page without a body of its own: what it shows in a frame may be the body.
fn framed(sight: &Sight, meta: &Meta, page: &Page, base: &Url, rules: &Rules) -> Result<Reading, Unreadable> {
    let elsewhere = elsewhere::frames(&sight.outline, 0, &page.url, base);
    if elsewhere.is_empty() {
        return Err(no_body(sight, rules));
    }
    let published = meta.published.as_deref().and_then(header::date);
    let document = Document { title: sight.title.clone(), published, source: meta.source.clone(), elsewhere, ..Document::default() };
    Ok(Reading { document, around: Vec::new() })
}

/// Body characters below which it is asked whether the page hides a better one.
const SHORT: usize = 200;

/// A page as it shows itself, and where its body stands in it.
struct Sight<'a> {
    outline: Outline<'a>,
    all: Vec<Line>,
    title: Option<String>,
    found: Option<Found>,
    /// Whether a text is shown that the markup hides, though nothing but its length says that it is the body.
    is_revealed: bool,
}

impl<'a> Sight<'a> {
    fn of(html: &'a Html, meta: &Meta, rule: Option<&Selector>) -> Self {
        let sight = Self::with(html, meta, rule, &HashSet::new());
        if sight.found.as_ref().is_some_and(Found::is_named) {
            return sight;
        }
        let named = hidden::named(html);
        if !named.is_empty() {
            return Self::with(html, meta, rule, &named);
        }
        if sight.characters() >= SHORT {
            return sight;
        }
        let prose = hidden::prose(html);
        if prose.is_empty() {
            return sight;
        }
        let revealed = Self { is_revealed: true, ..Self::with(html, meta, rule, &prose) };
        if revealed.characters() > sight.characters() { revealed } else { sight }
    }

    fn with(html: &'a Html, meta: &Meta, rule: Option<&Selector>, revealed: &HashSet<NodeId>) -> Self {
        let outline = Outline::of(html, revealed);
        let all = lines::lines(&outline, std::slice::from_ref(&(0..outline.nodes.len())));
        let title = title::title(&outline, meta, &all);
        let found = body::find(&outline, &all, html, rule, title.as_deref());
        let found = found.or_else(|| rule.is_none().then(|| below_title(&outline, &all, title.as_deref())).flatten());
        Self { outline, all, title, found, is_revealed: false }
    }

    /// Of the body, before its edges are trimmed.
    fn characters(&self) -> usize {
        let ranges = self.found.iter().filter(|found| found.by != By::Title).flat_map(|found| &found.ranges);
        ranges.map(|range| self.outline.mass_between(range.start, range.end).characters).sum()
    }
}

/// Where the files of a notice without a text stand: from its title on.
fn below_title(outline: &Outline, all: &[Line], title: Option<&str>) -> Option<Found> {
    let at = title::title_line(title?, all, outline.nodes.len())?;
    let end = all.iter().skip(at + 1).find(|line| edges::is_boundary(line) || edges::is_boilerplate(&line.text));
    let range = all[at].to..end.map_or(outline.nodes.len(), |line| line.from);
    Some(Found { ranges: vec![range], by: By::Title })
}

fn selector(rule: &str) -> Result<Selector, Unreadable> {
    Selector::parse(rule).map_err(|_| Unreadable::NoBody { saw: format!("the rule {rule:?} is not valid CSS") })
}

fn no_body(sight: &Sight, rules: &Rules) -> Unreadable {
    let rule = rules.body.as_deref().map(|rule| format!("the rule {rule:?} finds no body; ")).unwrap_or_default();
    let title = sight.title.as_deref().unwrap_or("none");
    let characters: usize = sight.all.iter().map(|line| line.characters).sum();
    let pictures = match doubt::pictures_without_text(&sight.outline, &sight.all, sight.title.as_deref()) {
        0 => String::new(),
        pictures => format!("; {pictures} pictures where the text should be: what pictures say is not read"),
    };
    Unreadable::NoBody { saw: format!("{rule}title {title:?}, {} lines of {characters} characters in all{pictures}", sight.all.len()) }
}

/// Reads the header: what stands between title and body, else at the body's own head, else right after it.
fn info(outline: &Outline, all: &[Line], found: &Found, body: &[Line], title: Option<&str>) -> Info {
    let start = body.first().map_or_else(|| found.ranges[0].start, |line| line.from);
    let end = body.last().map_or(start, |line| line.to);
    let first = all.partition_point(|line| line.from < start);
    let title_at = title.and_then(|title| title::title_line(title, all, start));
    let from = title_at.map_or(first.saturating_sub(HEADER_LINES), |at| at + 1).min(first);
    let mut info = header::read(&segments(outline, &all[from..first]));
    if info.published.is_some() && info.source.is_some() {
        return info;
    }
    let after = all.partition_point(|line| line.from < end);
    let other = [
        segments(outline, &all[from.saturating_sub(PROPERTY_LINES)..from]),
        segments(outline, &all[after..(after + FOOTER_LINES).min(all.len())]),
    ];
    for segments in other {
        let more = header::read_labelled(&segments);
        if info.published.is_none() {
            (info.published, info.labelled) = (more.published, more.labelled);
        }
        info.source = info.source.or(more.source);
    }
    info
}

fn segments(outline: &Outline, lines: &[Line]) -> Vec<String> {
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) => header::segments(outline, first.from, last.to),
        _ => Vec::new(),
    }
}

/// The visible date where it is labelled, else the tag's; the time of day from whichever has it for the same day.
fn published(info: &Info, meta: &Meta) -> Option<Published> {
    let named = meta.published.as_deref().and_then(header::date);
    let visible = info.published;
    match (visible, named) {
        (Some(visible), Some(named)) if visible.date == named.date => {
            Some(Published { date: visible.date, time: visible.time.or(named.time) })
        }
        (Some(visible), Some(_)) if info.labelled => Some(visible),
        (visible, named) => named.or(visible),
    }
}

/// What info lines and page noise mean, for text that has no markup.
pub mod plain {
    pub use super::edges::is_noise as is_tail_noise;
    pub use super::header::{Info, is_info, read};
    pub use super::words::tidy;
}
