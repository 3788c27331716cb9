//! A parsed page to a table of its elements in document order, with running counts of what listings are made of:
//! links that could be entries, dates, paging. Built in one pass, so that any element can be weighed in constant time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use regex::Regex;
use scraper::{ElementRef, Html, Node};
use url::Url;

use super::{address, caption, dates, row, rows};

/// One element and what stands at it.
pub(super) struct Place<'a> {
    pub element: ElementRef<'a>,
    pub parent: usize,
    /// One past its last descendant.
    pub end: usize,
    /// 1 in the middle of a page, less in what frames it: navigation, foot, side lists.
    pub weight: f32,
}

/// How much of what stands in a range of elements.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub links: u32,
    pub title_chars: u32,
    /// Links whose address looks like that of one article.
    pub articles: u32,
    /// Links that lead into the page's own folder.
    pub own_folder: u32,
    pub dates: u32,
    pub paging: u32,
}

pub(super) struct Outline<'a> {
    pub places: Vec<Place<'a>>,
    /// Sums before each place; one longer than `places`.
    sums: Vec<Counts>,
    positions: HashMap<NodeId, usize>,
    /// Places whose text is a bare year (2024年), in order.
    pub years: Vec<(usize, i16)>,
    /// Places whose text is a bare month of a year (2024年09月), in order.
    pub months: Vec<(usize, (i16, i8))>,
    /// The document's title, without white space.
    pub title: String,
    /// Whether the page prints that its column is empty: 暂无信息.
    pub says_empty: bool,
    /// What the text before said of a day.
    last_part: Option<dates::Part>,
}

/// Most year headings noted on one page.
const YEARS_MAX: usize = 500;

/// Class and id words of what frames a page's content.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[\s_-])(?:nav|navbar|navigation|menu|submenu|foot|footer|header|topbar|crumbs?|breadcrumbs?|dqwz|friend|friendlink|friend-?links?|yqlj|links|sidebar|aside|hot|hots|rdxw|remen|rank|ranking|phb|recommend|recommended|related|tuijian|xgwz|xglj|copyright|banner|slide|slider|swiper|carousel|sitemap|wzdt|login|share|weather|zwfw)(?:$|[\s_-]|\d|list|box|con|wrap)",
    )
    .expect("the pattern is a valid regular expression")
});

/// Last path segments and queries that stand for one article rather than for a column.
static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\d{3,}[^/]*\.(?:s?html?|aspx?|jsp|php|jhtml|pdf|docx?|wps)|/[0-9a-f-]{16,}(?:\.s?html?|/c\.html)?|\d{4,}/(?:index|content|c)\.s?html?|\d{5,}|[?&](?:[a-z]*id|sbm|newid|bh)=[0-9a-z-]+)(?:$|[?&#])")
        .expect("the pattern is a valid regular expression")
});

static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?:该栏目|本栏目|当前栏目|此栏目|对不起)?\W*(?:暂无|暂时没有|没有(?:找到|查询到)?|未查询到|无)(?:相关|任何|符合条件的|更多)?(?:信息|数据|内容|记录|文章|资讯|公告)\W*$")
        .expect("the pattern is a valid regular expression")
});

static PAGING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?:下一?页|下一頁|末页|尾页|上一?页|共\s*\d+\s*[页条]|第?\s*\d+\s*/\s*\d+\s*页?)")
        .expect("the pattern is a valid regular expression")
});

impl<'a> Outline<'a> {
    pub fn of(html: &'a Html, base: &Url, page: &Url) -> Self {
        let mut outline = Self {
            places: Vec::new(),
            sums: Vec::new(),
            positions: HashMap::new(),
            years: Vec::new(),
            months: Vec::new(),
            title: String::new(),
            says_empty: false,
            last_part: None,
        };
        let mut open: Vec<usize> = Vec::new();
        let mut marks: Vec<Counts> = Vec::new();
        let mut last_link: Option<Url> = None;
        for edge in html.tree.root().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(_) => {
                        let Some(element) = ElementRef::wrap(node) else { continue };
                        let parent = open.last().copied();
                        let mut mark = link_counts(element, base, page, &mut last_link);
                        mark.dates += u32::from(row::stamp(element).is_some());
                        marks.push(mark);
                        outline.open(element, parent);
                        open.push(outline.places.len() - 1);
                    }
                    Node::Text(text) => {
                        if let Some(&at) = open.last() {
                            outline.text(at, text, &mut marks[at]);
                        }
                    }
                    _ => {}
                },
                Edge::Close(node) if node.value().is_element() => {
                    if let Some(at) = open.pop() {
                        outline.places[at].end = outline.places.len();
                    }
                }
                Edge::Close(_) => {}
            }
        }
        outline.sums = running_sums(&marks);
        outline
    }

    fn open(&mut self, element: ElementRef<'a>, parent: Option<usize>) {
        let at = self.places.len();
        let inherited = parent.map_or(1.0, |parent| self.places[parent].weight);
        let weight = inherited.min(own_weight(element));
        self.places.push(Place { element, parent: parent.unwrap_or(0), end: at + 1, weight });
        self.positions.insert(element.id(), at);
    }

    fn text(&mut self, at: usize, text: &str, mark: &mut Counts) {
        let text = text.trim();
        if self.places[at].element.value().name() == "title" && self.title.is_empty() {
            self.title = text.split_whitespace().collect();
        }
        if text.is_empty() || caption::is_unseen(self.places[at].element) {
            return;
        }
        let in_link = self.places[at].element.value().name() == "a";
        let part = dates::exact(text);
        match part {
            Some(dates::Part::Year(year)) => {
                // 12 | 09 | 2024: a date in pieces rather than a heading.
                mark.dates += u32::from(matches!(self.last_part, Some(dates::Part::Number(_))));
                self.year(at, year, in_link);
            }
            Some(dates::Part::Number(_)) if !self.months.is_empty() && dates::day_of_month(text).is_some() => mark.dates += 1,
            Some(dates::Part::Number(_)) => mark.dates += u32::from(matches!(self.last_part, Some(dates::Part::Year(_)))),
            Some(dates::Part::YearMonth(year, month)) => {
                mark.dates += 1;
                self.year(at, year, in_link);
                if !in_link && self.months.len() < YEARS_MAX {
                    self.months.push((at, (year, month)));
                }
            }
            Some(_) => mark.dates += 1,
            None if in_link => mark.dates += u32::from(text.len() <= 400 && caption::dateless(text).1.is_some()),
            None if text.len() <= 120 && dates::find(text).is_some() => mark.dates += 1,
            None => {}
        }
        self.last_part = part;
        self.says_empty |= text.len() <= 60 && EMPTY.is_match(text);
        if text.len() <= 60 && PAGING.is_match(text) {
            mark.paging += 1;
        }
    }

    /// Notes a year that may head what follows; a link of this name leads to an archive.
    fn year(&mut self, at: usize, year: i16, in_link: bool) {
        if !in_link && self.years.len() < YEARS_MAX {
            self.years.push((at, year));
        }
    }

    pub fn position(&self, id: NodeId) -> Option<usize> {
        self.positions.get(&id).copied()
    }

    /// What stands at a place and below it.
    pub fn within(&self, at: usize) -> Counts {
        self.between(at..self.places[at].end)
    }

    pub fn between(&self, range: Range<usize>) -> Counts {
        let (from, to) = (self.sums[range.start], self.sums[range.end]);
        Counts {
            links: to.links - from.links,
            title_chars: to.title_chars - from.title_chars,
            articles: to.articles - from.articles,
            own_folder: to.own_folder - from.own_folder,
            dates: to.dates - from.dates,
            paging: to.paging - from.paging,
        }
    }

    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.places[at].end;
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.places[child].end;
            Some(child)
        })
    }
}

/// Whether an address looks like that of one article rather than of a column.
pub(super) fn is_article(url: &Url) -> bool {
    ARTICLE.is_match(&url[url::Position::BeforePath..])
}

fn running_sums(marks: &[Counts]) -> Vec<Counts> {
    let mut sums = Vec::with_capacity(marks.len() + 1);
    let mut sum = Counts::default();
    sums.push(sum);
    for mark in marks {
        sum.links += mark.links;
        sum.title_chars += mark.title_chars;
        sum.articles += mark.articles;
        sum.own_folder += mark.own_folder;
        sum.dates += mark.dates;
        sum.paging += mark.paging;
        sums.push(sum);
    }
    sums
}

fn own_weight(element: ElementRef<'_>) -> f32 {
    let value = element.value();
    if matches!(value.name(), "nav" | "footer" | "header" | "aside" | "form" | "select") && value.name() != "form" {
        return 0.15;
    }
    let words = [value.attr("class"), value.attr("id"), value.attr("role")].into_iter().flatten();
    // The page's own frame, not its body: some sites put everything into <div class="header-fixed-page">.
    let is_body = matches!(value.name(), "body" | "html" | "ul" | "table" | "li" | "tr" | "a");
    let framed = words.clone().any(|words| words.len() < 200 && FRAME.is_match(words));
    if rows::is_unshown(element) {
        return 0.5;
    }
    match (framed, is_body) {
        (true, false) => 0.25,
        (true, true) => 0.5,
        _ => 1.0,
    }
}

/// A link's marks; nothing where it leads away or has no title. Two links in a row to one address are one.
fn link_counts(element: ElementRef<'_>, base: &Url, page: &Url, last: &mut Option<Url>) -> Counts {
    let none = Counts::default();
    if element.value().name() != "a" {
        return none;
    }
    let Some(url) = row::target(element, base, page) else { return none };
    let chars = caption::link_title(element).chars().filter(|c| !c.is_whitespace()).count();
    if chars < row::TITLE_CHARS_MIN || last.as_ref() == Some(&url) {
        return none;
    }
    let counts = Counts {
        links: 1,
        title_chars: u32::try_from(chars.min(40)).unwrap_or(40),
        articles: u32::from(is_article(&url)),
        own_folder: u32::from(
            address::folder(page).is_some_and(|folder| url.path().len() > folder.len() && url.path().starts_with(folder)),
        ),
        ..none
    };
    *last = Some(url);
    counts
}
