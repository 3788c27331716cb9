//! Where the body of a page stands: an operator's rule, a content management system's own container, else density of prose.

use std::collections::HashSet;
use std::ops::Range;

use scraper::{Html, Selector};

use super::density;
use super::lines::Line;
use super::outline::{Kind, Outline};

/// The stretches of nodes that hold the body, in order and never empty, and how they were found.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub ranges: Vec<Range<usize>>,
    pub by: By,
}

impl Found {
    /// Whether the markup itself says that this is the body.
    pub fn is_named(&self) -> bool {
        !matches!(self.by, By::Density | By::Title)
    }

    /// Whether all of it was written by an editor, with nothing of the template's.
    pub fn is_edited(&self) -> bool {
        match self.by {
            By::Rule | By::Marks => true,
            By::Container(name) => CONTAINERS[..EDITORS].contains(&name),
            By::Density | By::Title => false,
        }
    }

    fn of(outline: &Outline, roots: &[usize], by: By) -> Option<Self> {
        (!roots.is_empty()).then(|| Self { ranges: roots.iter().map(|root| *root..outline.nodes[*root].end).collect(), by })
    }
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum By {
    Rule,
    Marks,
    Container(&'static str),
    Density,
    /// Nothing but files below the title.
    Title,
}

/// How many of [`CONTAINERS`] hold what an editor wrote and nothing else.
const EDITORS: usize = 9;
/// How many of [`CONTAINERS`] are never anything but the body, even where it is a line or a linked file.
const SURE: usize = 21;

/// Names that content management systems give the element around an editor's text, surest first. Compared without case; a
/// name that ends in `*` matches what begins with it.
const CONTAINERS: [&str; 48] = [
    // An element of its own on UCAP sites (Heilongjiang, Suqian, Karamay).
    "ucapcontent",
    // TRS WCM, by far the most common; www.gov.cn has it inside #UCAP-CONTENT.
    ".trs_ueditor",
    ".trs_editor",
    ".trs_editor_view",
    ".trs_paper_preview",
    ".custom_unionstyle",
    // 博达 VSB and wp (universities, Shaanxi's and many counties' sites).
    ".v_news_content",
    ".wp_articlecontent",
    "#vsb_content*",
    // The same systems' and Hanweb's (jcms, jpaas) and Epoint's wrappers: an editor's text, sometimes with tools around it.
    "#ucap-content",
    "#zoom",
    "#zoomcon",
    ".zc_article_con",
    ".wzzw-article",
    ".article-conter",
    "#ivs_content",
    "#ivs_player_content",
    ".pages_content",
    ".pages-content",
    ".ewb-article-content",
    ".ewb-info-con",
    // Party media and portals: names that other elements may have as well.
    ".bt-box-main",
    ".bom-box",
    "#js_content",
    "#artibody",
    "#cnt_main_article_qq",
    "#cnt-main-article-qq",
    "#article_content",
    "#articlecontent",
    "#artcontent",
    "#contentmain",
    "#endtext",
    "#newscontent",
    "#news_content",
    "#rwb_zw",
    ".rm_txt_con",
    ".left_zw",
    ".news_txt",
    ".article_con",
    ".article-con",
    ".art_con",
    ".con_text",
    ".main-txt",
    ".article-content",
    ".article_content",
    ".article-body",
    ".xl_content",
    "#xilan_cont",
];

/// The body by rule, by comment marks, by container, or by density.
pub fn find(outline: &Outline, lines: &[Line], page: &Html, rule: Option<&Selector>, title: Option<&str>) -> Option<Found> {
    if let Some(selector) = rule {
        return Found::of(outline, &by_rule(outline, page, selector), By::Rule);
    }
    by_marks(outline)
        .or_else(|| by_container(outline))
        .or_else(|| density::find(outline, lines, title).map(|ranges| Found { ranges, by: By::Density }))
}

fn by_rule(outline: &Outline, page: &Html, selector: &Selector) -> Vec<usize> {
    let wanted: HashSet<*const scraper::node::Element> = page.select(selector).map(|found| std::ptr::from_ref(found.value())).collect();
    let matching = outline.elements().filter(|(_, element)| wanted.contains(&std::ptr::from_ref(*element))).map(|(index, _)| index);
    outermost(outline, matching)
}

/// Between a pair of comments that templates leave around the text: `<!--ZJEG_RSS.content.begin-->`, `<!--enpcontent-->`.
fn by_marks(outline: &Outline) -> Option<Found> {
    let comments = || {
        outline.nodes.iter().enumerate().filter_map(|(index, node)| match node.kind {
            Kind::Comment(text) => Some((index, text.trim().to_ascii_lowercase())),
            _ => None,
        })
    };
    let (begin, end_mark) = comments().find_map(|(index, text)| {
        const PAIRS: [(&str, &str); 4] = [
            ("zjeg_rss.content.begin", "zjeg_rss.content.end"),
            ("repaste.body.begin", "repaste.body.end"),
            ("enpcontent", "/enpcontent"),
            ("正文开始", "正文结束"),
        ];
        PAIRS.iter().find(|(begin, _)| text == *begin).map(|(_, end)| (index, *end))
    })?;
    let (end, _) = comments().find(|(index, text)| *index > begin && text == end_mark)?;
    let range = begin + 1..end;
    (outline.mass_between(range.start, range.end).characters > 0).then(|| Found { ranges: vec![range], by: By::Marks })
}

fn by_container(outline: &Outline) -> Option<Found> {
    let whole = outline.nodes.first().map(|_| outline.mass_between(0, outline.nodes.len()).marks)?;
    for (place, name) in CONTAINERS.iter().enumerate() {
        let roots = outermost(outline, outline.elements().filter(|(_, element)| is_called(element, name)).map(|(index, _)| index));
        let roots = united(outline, roots);
        let marks: usize = roots.iter().map(|root| outline.mass(*root).marks).sum();
        let characters: usize = roots.iter().map(|root| outline.mass(*root).characters).sum();
        if characters > 0 && (place < SURE || marks * 4 >= whole || marks >= 30) {
            return Found::of(outline, &roots, By::Container(name));
        }
    }
    None
}

/// Whether an element bears a name that only bodies bear, or one that bodies bear in party media.
pub fn is_container(element: &scraper::node::Element) -> bool {
    CONTAINERS.iter().any(|name| is_called(element, name))
}

/// Elements that only ever hold a body, whatever is in them.
pub fn sure_containers<'o>(outline: &'o Outline) -> impl Iterator<Item = usize> + 'o {
    outline.elements().filter(|(_, element)| CONTAINERS[..SURE].iter().any(|name| is_called(element, name))).map(|(index, _)| index)
}

fn is_called(element: &scraper::node::Element, name: &str) -> bool {
    if !name.starts_with(['#', '.']) {
        return element.name() == name;
    }
    let (sort, name) = name.split_at(1);
    let same = |other: &str| match name.strip_suffix('*') {
        Some(stem) => other.len() >= stem.len() && other.is_char_boundary(stem.len()) && other[..stem.len()].eq_ignore_ascii_case(stem),
        None => other.eq_ignore_ascii_case(name),
    };
    if sort == "#" { element.id().is_some_and(same) } else { element.classes().any(same) }
}

/// Nested ones count as their outermost.
fn outermost(outline: &Outline, indices: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut roots: Vec<usize> = Vec::new();
    for index in indices {
        if roots.last().is_none_or(|last| !outline.contains(*last, index)) {
            roots.push(index);
        }
    }
    roots
}

/// Several containers of one name are one body where they are siblings and differ; elsewhere on the page they are other texts,
/// and two that say the same are copies for wide and narrow windows.
fn united(outline: &Outline, roots: Vec<usize>) -> Vec<usize> {
    let Some(&largest) = roots.iter().max_by_key(|root| (outline.mass(**root).characters, std::cmp::Reverse(**root))) else { return roots };
    let parent = outline.nodes[largest].parent;
    let mut seen = HashSet::new();
    let mut siblings: Vec<usize> = roots.into_iter().filter(|root| outline.nodes[*root].parent == parent).collect();
    if siblings.len() > 1 {
        siblings.retain(|root| seen.insert(outline.text(*root)));
    }
    siblings
}
