//! Finds the rows of a listing on a page that nobody described: siblings alike, each with a link and, most often, a date.
//!
//! Weighs every container once by what its children hold; only the best one is read. Navigation, side lists and friend
//! links lose because their titles are short, undated, framed, or headed 热点 or 相关链接.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ego_tree::NodeRef;
use regex::Regex;
use scraper::{ElementRef, Html, Node};

use super::outline::{Counts, Outline};
use super::row::Reader;
use super::{blocks, caption, rows, text};
use crate::model::Entry;

/// Most links that a single row may hold: column, title, file, source, "more".
const ROW_LINKS_MAX: u32 = 6;

/// Rows that weigh more than this many weigh no more: a long list is no better than a full page.
const ROWS_WEIGHED_MAX: u32 = 60;

/// Entries in the order of the page; empty where nothing on the page is like a listing.
pub(super) fn entries(html: &Html, reader: &Reader<'_>) -> Vec<Entry> {
    let outline = Outline::of(html, reader.base, reader.page);
    let Some(best) = best_group(&outline) else { return Vec::new() };
    let mut entries = Vec::new();
    for &container in &best.containers {
        rows::read_container(&outline, container, reader, &mut entries);
    }
    entries
}

/// Containers of one kind side by side, read together.
struct Group {
    containers: Vec<usize>,
    score: f32,
    rows: Rows,
}

/// What a container's row-like children hold together.
#[derive(Debug, Clone, Copy, Default)]
struct Rows {
    count: u32,
    dates: u32,
    sums: Counts,
}

/// What containers side by side have in common: their parent, tag and class.
type Kind<'a> = (usize, &'a str, &'a str);

fn best_group(outline: &Outline<'_>) -> Option<Group> {
    let mut best: Option<Group> = None;
    let mut candidates: Vec<usize> = Vec::new();
    let is_bare = says_nothing_here(outline);
    let mut keep = |group: Group| {
        if !group.is_listing() || is_aside(outline, &group, is_bare) {
            return;
        }
        if let [only] = group.containers[..] {
            candidates.push(only);
        }
        if best.as_ref().is_none_or(|best| best.score < group.score) {
            best = Some(group);
        }
    };
    let mut siblings: BTreeMap<Kind<'_>, Vec<(usize, Rows)>> = BTreeMap::new();
    for at in 0..outline.places.len() {
        let rows = rows_of(outline, at);
        if rows.count == 0 {
            continue;
        }
        let place = &outline.places[at];
        let value = place.element.value();
        siblings.entry((place.parent, value.name(), value.attr("class").unwrap_or_default())).or_default().push((at, rows));
        if rows.count <= 2 && is_row_itself(outline, at) {
            continue;
        }
        keep(Group { containers: vec![at], score: score(outline, at, rows), rows });
    }
    for parts in siblings.into_values().filter(|parts| parts.len() > 1) {
        let parts: Vec<(usize, Rows)> = parts.into_iter().filter(|(at, _)| !rows::is_unshown(outline.places[*at].element)).collect();
        let rows = parts.iter().fold(Rows::default(), |sum, (_, rows)| sum.and(*rows));
        let average = f64::from(rows.count) / parts.len().max(1) as f64;
        if average >= 1.5 && parts.len() > 1 && parts.iter().all(|(at, _)| !is_headed_otherwise(outline, *at)) {
            keep(Group { containers: parts.iter().map(|(at, _)| *at).collect(), score: score(outline, parts[0].0, rows), rows });
        }
    }
    let best = with_other_years(outline, best?);
    let [only] = best.containers[..] else { return Some(best) };
    Some(Group { containers: blocks::beside(outline, only, &candidates), ..best })
}

/// Whether a container is one row of a longer list: its neighbour is of its kind and has a link too.
fn is_row_itself(outline: &Outline<'_>, at: usize) -> bool {
    let element = outline.places[at].element;
    let alike = |node: &NodeRef<'_, Node>| {
        let value = ElementRef::wrap(*node).map(|element| element.value());
        value.is_some_and(|value| value.name() == element.value().name())
            && outline.position(node.id()).is_some_and(|place| outline.within(place).links > 0)
    };
    let before = element.prev_siblings().filter(|node| node.value().is_element()).take(3).any(|node| alike(&node));
    before || element.next_siblings().filter(|node| node.value().is_element()).take(3).any(|node| alike(&node))
}

impl Rows {
    fn and(self, other: Rows) -> Rows {
        let (a, b) = (self.sums, other.sums);
        let sums = Counts {
            links: a.links + b.links,
            title_chars: a.title_chars + b.title_chars,
            articles: a.articles + b.articles,
            own_folder: a.own_folder + b.own_folder,
            dates: a.dates + b.dates,
            paging: a.paging + b.paging,
        };
        Rows { count: self.count + other.count, dates: self.dates + other.dates, sums }
    }

    fn title_chars(self) -> f32 {
        self.sums.title_chars as f32 / self.count.max(1) as f32
    }
}

impl Group {
    /// Few rows must look like notices in every way; many may lack dates if their titles are sentences.
    fn is_listing(&self) -> bool {
        let Rows { count, dates, sums } = self.rows;
        let chars = sums.title_chars as f32 / sums.links.max(1) as f32;
        let to_articles = sums.articles.max(sums.own_folder);
        match count {
            0 => false,
            1 | 2 => dates > 0 && chars >= 6.0 && to_articles > 0,
            _ => dates * 2 >= count && chars >= 4.0 || chars >= 9.0 && to_articles * 2 >= count && sums.links <= count * 2,
        }
    }
}

/// The children of a container that could be rows, of the tag that most of them have. A child with as many dates as
/// links holds several rows, unless most of its neighbours are single rows: a forum prints who wrote last, and when.
pub(super) fn row_children<'o>(outline: &'o Outline<'_>, at: usize) -> impl Iterator<Item = usize> + 'o {
    let could_be = |child: &usize| (1..=ROW_LINKS_MAX).contains(&outline.within(*child).links);
    let mut tags: Vec<(&str, u32, u32)> = Vec::new();
    for child in outline.children(at).filter(could_be) {
        let (counts, name) = (outline.within(child), outline.places[child].element.value().name());
        let is_single = counts.links == 1 || counts.dates < counts.links;
        match tags.iter_mut().find(|(tag, ..)| *tag == name) {
            Some((_, single, all)) => (*single, *all) = (*single + u32::from(is_single), *all + 1),
            None => tags.push((name, u32::from(is_single), 1)),
        }
    }
    let usual = tags.into_iter().rev().filter(|(_, single, all)| *single * 3 >= *all * 2).max_by_key(|(_, single, _)| *single);
    outline
        .children(at)
        .filter(could_be)
        .filter(move |child| usual.is_some_and(|(tag, ..)| outline.places[*child].element.value().name() == tag))
}

fn rows_of(outline: &Outline<'_>, at: usize) -> Rows {
    if caption::is_unseen(outline.places[at].element) || outline.within(at).links == 0 {
        return Rows::default();
    }
    let mut rows = Rows::default();
    for child in row_children(outline, at) {
        let counts = outline.within(child);
        rows.dates += u32::from(counts.dates > 0);
        rows = rows.and(Rows { count: 1, dates: 0, sums: counts });
    }
    if rows.dates == 0 && rows.count > 0 {
        // Flat lists: the dates stand beside the rows, <dt><a/></dt><dd>2024-09-12</dd>.
        rows.dates =
            outline.children(at).filter(|child| outline.within(*child).links == 0).map(|child| outline.within(child).dates.min(1)).sum();
        rows.dates = (rows.dates + outline.between(at..at + 1).dates).min(rows.count);
    }
    rows
}

fn score(outline: &Outline<'_>, at: usize, rows: Rows) -> f32 {
    let count = rows.count.min(ROWS_WEIGHED_MAX) as f32;
    let share = |part: u32| (part as f32 / rows.count.max(1) as f32).min(1.0);
    let dated = share(rows.dates);
    let per_row = (rows.title_chars().min(25.0) / 5.0 + 6.0 * dated) * (0.3 + 0.7 * dated);
    let by_address = (1.0 + share(rows.sums.own_folder)) * (1.0 + 0.5 * share(rows.sums.articles));
    let short = if rows.title_chars() < 7.0 { 0.4 } else { 1.0 };
    let side = if is_headed_as_side_list(outline, at) { 0.2 } else { 1.0 };
    let paged = if is_paged(outline, at) { 1.5 } else { 1.0 };
    let named = if is_headed_as_page(outline, at) { 2.0 } else { 1.0 };
    count * per_row * by_address * short * side * paged * named * outline.places[at].weight
}

/// Whether the page prints that its column is empty: 暂无信息.
fn says_nothing_here(outline: &Outline<'_>) -> bool {
    outline.says_empty
}

/// Whether a group is a side list that must not stand in for a column that is empty or that we fail to read.
fn is_aside(outline: &Outline<'_>, group: &Group, is_bare: bool) -> bool {
    let Some(&at) = group.containers.first() else { return true };
    let is_own = group.rows.sums.own_folder * 2 >= group.rows.count || is_paged(outline, at);
    let is_framed = outline.places[at].weight < 0.5;
    !is_own && (is_headed_as_side_list(outline, at) || is_bare && is_framed || is_bare && !is_headed_as_page(outline, at))
}

/// Whether the heading above a container is the page's own title: 通知公告 on 通知公告_某区人民政府.
fn is_headed_as_page(outline: &Outline<'_>, at: usize) -> bool {
    let heading = heading_above(outline, at).map(|heading| heading.replace(' ', ""));
    heading.is_some_and(|heading| heading.chars().count() >= 2 && outline.title.contains(&heading))
}

/// Whether paging stands right beside a container rather than somewhere on the page.
fn is_paged(outline: &Outline<'_>, at: usize) -> bool {
    let own = outline.within(at);
    let mut above = at;
    for _ in 0..3 {
        above = outline.places[above].parent;
        let around = outline.within(above);
        if around.links > own.links + 3 {
            return false;
        }
        if around.paging > own.paging {
            return true;
        }
    }
    own.paging > 0
}

/// The short text right above a container: of its nearest sibling before, or of an ancestor's.
pub(super) fn heading_above(outline: &Outline<'_>, at: usize) -> Option<String> {
    if let Some(tab) = blocks::tab_heading(outline, at) {
        return Some(tab);
    }
    let mut at = at;
    for _ in 0..3 {
        let before = outline.places[at].element.prev_siblings().find_map(|node| match node.value() {
            Node::Element(_) => {
                let words = ElementRef::wrap(node)?.text().take(20).collect::<String>();
                let words = text::squeezed(&words);
                (!words.is_empty()).then_some(words)
            }
            Node::Text(words) => Some(text::squeezed(words)).filter(|words| !words.is_empty()),
            _ => None,
        });
        if before.is_some() {
            return before.filter(|words| words.chars().count() <= 24);
        }
        at = outline.places[at].parent;
        if outline.places[at].element.value().name() == "body" {
            return None;
        }
    }
    None
}

fn is_headed_as_side_list(outline: &Outline<'_>, at: usize) -> bool {
    static SIDE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"热点|热门|相关(?:链接|新闻|文章|信息|阅读|推荐)|推荐|排行|友情|链接|图片新闻|专题|点击榜|猜你|导航|最近更新|最新(?:更新|发布|文章|信息|动态|新闻)|今日头条|要闻|延伸阅读|一周|本月")
            .expect("the pattern is a valid regular expression")
    });
    heading_above(outline, at).is_some_and(|heading| heading.chars().count() <= 14 && SIDE.is_match(&heading))
}

/// Whether a container has a heading of its own that is no year or month: a different list, then.
fn is_headed_otherwise(outline: &Outline<'_>, at: usize) -> bool {
    static PERIOD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W*(?:(?:19|20)\d{2}\s*年?度?)?\W*(?:\d{1,2}\s*月)?\W*$").expect("the pattern is a valid regular expression")
    });
    let inner = outline.children(at).find_map(|child| {
        let element = outline.places[child].element;
        let is_heading = matches!(element.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "caption" | "legend");
        is_heading.then(|| text::squeezed(&element.text().take(20).collect::<String>()))
    });
    inner.is_some_and(|heading| !PERIOD.is_match(&heading) && outline.within(at).links > 0)
}

/// Lists of other years or months beside the best one: <div><h3>2024年</h3><ul/></div><div><h3>2023年</h3><ul/></div>.
fn with_other_years(outline: &Outline<'_>, group: Group) -> Group {
    let [only] = group.containers[..] else { return group };
    let parent = outline.places[only].parent;
    let is_dated = |list: usize| outline.within(list).dates * 2 >= outline.within(list).links;
    let is_piece = |parent: usize, list: usize| {
        is_wrapper(outline, parent, list)
            && is_dated(only)
            && is_dated(list)
            && !blocks::is_unseen(outline, list)
            && !is_headed_as_side_list(outline, list)
    };
    let stands_under_year =
        |parent: usize, list: usize| outline.years.iter().any(|(at, _)| (parent..list).contains(at)) || is_piece(parent, list);
    if parent == 0 || !stands_under_year(parent, only) {
        return group;
    }
    let alike = |one: usize, other: usize| {
        let (one, other) = (outline.places[one].element.value(), outline.places[other].element.value());
        one.name() == other.name() && one.attr("class") == other.attr("class")
    };
    let mut containers = Vec::new();
    for block in outline.children(outline.places[parent].parent).filter(|block| alike(*block, parent)) {
        containers.extend(outline.children(block).filter(|list| alike(*list, only) && stands_under_year(block, *list)));
    }
    if containers.contains(&only) { Group { containers, ..group } } else { group }
}

/// Whether a place holds nothing but a list: <li><ul>…</ul></li><li><ul>…</ul></li>, one list cut into pieces.
fn is_wrapper(outline: &Outline<'_>, parent: usize, list: usize) -> bool {
    let chars = |at: usize| outline.places[at].element.text().map(|words| words.trim().len()).sum::<usize>();
    outline.within(parent).links == outline.within(list).links && chars(parent) == chars(list)
}
