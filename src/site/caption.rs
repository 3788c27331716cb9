//! A link to its title: the whole one where the page cut its text, without dates, bullets and marks.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use scraper::{ElementRef, Node};

use super::dates::{self, Part};
use super::row::TITLE_CHARS_MIN;
use super::text;

/// A link's title: its `title` attribute where that is the whole of a text that was cut, else its text.
pub(super) fn link_title(link: ElementRef<'_>) -> String {
    let shown = shown_title(link);
    let inner = || {
        link.descendent_elements()
            .skip(1)
            .filter_map(|element| element.value().attr("title"))
            .find(|title| title.chars().count() >= TITLE_CHARS_MIN)
    };
    let Some(attribute) = link.value().attr("title").or_else(inner) else { return shown };
    let attribute = text::labelled_title(&text::squeezed_lines(attribute));
    let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (stem, whole) = (squeeze(text::uncut(&shown)), squeeze(&attribute));
    if whole.is_empty() || dates::exact(&attribute).is_some() {
        return shown;
    }
    let fits = stem.is_empty() || whole.starts_with(&stem) || whole.contains(&stem) && whole.len() <= stem.len() * 3;
    let is_better = fits && whole.len() >= stem.len() && !text::is_cut(&attribute);
    // [置顶]关于…的通报, 关于…的通报[图]: the attribute is the title without the decoration.
    let rest = stem.strip_suffix(&whole).or_else(|| stem.strip_prefix(&whole)).unwrap_or_default();
    const DECORATIONS: [&str; 10] = ["置顶", "图", "图文", "组图", "新", "最新", "热", "荐", "视频", "附件"];
    let bare = rest.trim_matches(['[', ']', '【', '】', '(', ')', '（', '）']);
    let is_plainer = bare.len() < rest.len() && DECORATIONS.contains(&bare);
    let is_better = is_better || is_plainer && whole.chars().count() >= TITLE_CHARS_MIN;
    // 详情 or 查看全文 names no page; the attribute does.
    let is_generic =
        shown.chars().count() < TITLE_CHARS_MIN || matches!(shown.as_str(), "查看详情" | "查看全文" | "点击查看" | "阅读全文" | "查看更多");
    if is_better || is_generic { attribute } else { shown }
}

/// A link's text without the dates in it; of a link around a whole block, the block's heading.
fn shown_title(link: ElementRef<'_>) -> String {
    const BLOCKS: [&str; 16] =
        ["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "li", "ul", "section", "article", "figure"];
    let mut blocks = link.descendent_elements().skip(1).filter(|element| BLOCKS.contains(&element.value().name())).peekable();
    if blocks.peek().is_some() {
        let is_heading = |element: &ElementRef<'_>| {
            let class = element.value().attr("class").unwrap_or_default().to_ascii_lowercase();
            element.value().name().starts_with('h') || class.contains("tit") || class.contains("bt") && !class.contains("btn")
        };
        let enough = |title: &String| title.chars().count() >= TITLE_CHARS_MIN && dates::exact(title).is_none();
        let blocks: Vec<ElementRef<'_>> = blocks.collect();
        let innermost =
            |element: &&ElementRef<'_>| !element.descendent_elements().skip(1).any(|inner| BLOCKS.contains(&inner.value().name()));
        let heading = blocks.iter().filter(|element| is_heading(element)).map(|element| inline_text(*element)).find(enough);
        let first = || blocks.iter().filter(innermost).map(|element| inline_text(*element)).find(enough);
        if let Some(title) = heading.or_else(first) {
            return title;
        }
    }
    inline_text(link)
}

/// Text with white space squeezed and pieces that are nothing but a date left out.
fn inline_text(element: ElementRef<'_>) -> String {
    let mut title = String::new();
    for node in element.descendants() {
        let Node::Text(words) = node.value() else { continue };
        if node.parent().and_then(ElementRef::wrap).is_some_and(is_unseen) {
            continue;
        }
        let is_date = matches!(dates::exact(words), Some(Part::Whole(_) | Part::MonthDay(..) | Part::YearMonth(..)));
        if !is_date {
            title.push_str(words);
        }
    }
    text::title(&title)
}

/// A title without the date at its end or before it: `关于…的公告 (2024-09-12)`, `[2024-09-12] 关于…`. A date in words
/// (2024年9月12日) belongs to it.
pub(super) fn dateless(title: &str) -> (String, Option<Date>) {
    static AT_END: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(.{4,}?)\s*[\[(（【\s]\s*((?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*[\])）】]?$")
            .expect("the pattern is a valid regular expression")
    });
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\[(（【]?((?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2})(?:[\])）】]\s*|\s+)(\D.{3,})$")
            .expect("the pattern is a valid regular expression")
    });
    if let Some(found) = AT_END.captures(title) {
        return (found[1].trim_end().to_owned(), dates::find(&found[2]));
    }
    match BEFORE.captures(title) {
        Some(found) => (found[2].trim().to_owned(), dates::find(&found[1])),
        None => (title.to_owned(), None),
    }
}

/// Scripts, styles and form controls: text in them is not shown.
pub(super) fn is_unseen(element: ElementRef<'_>) -> bool {
    matches!(element.value().name(), "script" | "style" | "noscript" | "template" | "option" | "textarea" | "head" | "title")
}
