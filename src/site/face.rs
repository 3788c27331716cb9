//! HTML to what a reader would see of it: title, lines, how much of it is sentences. One pass, no tree.

use std::sync::LazyLock;

use regex::Regex;

use super::{dates, text};

/// Sentences' characters from which a page counts as having something to say.
pub(super) const SUBSTANCE_CHARS_MIN: usize = 150;
/// Where a title stands at the latest, in bytes; some pages put their whole style before it.
const HEAD_BYTES: usize = 200_000;
/// Dated lines from which a page counts as a list.
const DATED_LINES_MIN: usize = 3;

/// What a reader would see of a page.
pub(super) struct Face {
    pub title: String,
    /// Visible text, a line per block.
    pub lines: Vec<String>,
    pub chars: usize,
    /// Characters in lines that are sentences.
    pub substance: usize,
}

impl Face {
    /// The title alone, from the page's first lines.
    pub fn title_of(html: &str) -> String {
        static TITLE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?is)<title[^>]*>(.{0,300}?)</title").expect("the pattern is a valid regular expression"));
        let head = &html[..html.floor_char_boundary(HEAD_BYTES)];
        TITLE.captures(head).map(|found| text::title(&found[1])).unwrap_or_default()
    }

    pub fn of(html: &str) -> Self {
        let lines = visible_lines(html);
        let (mut chars, mut substance) = (0, 0);
        for line in &lines {
            let length = line.chars().count();
            let is_sentence = length >= 40 && line.contains(['，', '。', '；', '、', ',']);
            (chars, substance) = (chars + length, substance + if is_sentence { length } else { 0 });
        }
        Self { title: Self::title_of(html), lines, chars, substance }
    }

    pub fn is_content(&self) -> bool {
        let has_date = |line: &&String| line.contains(char::is_numeric) && dates::find(line).is_some();
        self.substance >= SUBSTANCE_CHARS_MIN || self.lines.iter().filter(has_date).take(DATED_LINES_MIN).count() == DATED_LINES_MIN
    }

    /// The first match of a pattern in the title or in a short line that speaks for the page. A line that is itself the
    /// title of a notice, 关于系统维护的通知, speaks of something else.
    pub fn says(&self, words: &Regex) -> Option<String> {
        static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"关于.{2,60}的(?:通知|公告|通告|公示|通报|说明|函|报告)|须知|指南|办法")
                .expect("the pattern is a valid regular expression")
        });
        let lines = std::iter::once(&self.title).chain(&self.lines);
        lines.filter(|line| line.chars().count() <= 80).find(|line| words.is_match(line) && !ABOUT.is_match(line)).cloned()
    }
}

/// Text outside tags, scripts, styles and comments, a line per block element; one pass.
fn visible_lines(html: &str) -> Vec<String> {
    let (mut lines, mut line, mut rest) = (Vec::new(), String::new(), html);
    let flush = |line: &mut String, lines: &mut Vec<String>| {
        let words = text::squeezed(&text::unescaped(line));
        if !words.is_empty() {
            lines.push(words);
        }
        line.clear();
    };
    while let Some(at) = rest.find('<') {
        line.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        let name: String =
            rest[1..].chars().take(10).take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect::<String>().to_ascii_lowercase();
        if name.is_empty() && !rest.starts_with("<!") {
            line.push('<');
            rest = &rest[1..];
            continue;
        }
        if !matches!(name.trim_matches('/'), "a" | "span" | "b" | "i" | "em" | "strong" | "font" | "u") {
            flush(&mut line, &mut lines);
        }
        let unseen = ["script", "style", "title", "noscript", "template", "option"].into_iter().find(|tag| *tag == name);
        let end = match unseen {
            Some(tag) => end_of(rest, tag),
            None => rest.find('>').map_or(rest.len(), |end| end + 1),
        };
        rest = &rest[end..];
    }
    line.push_str(rest);
    flush(&mut line, &mut lines);
    lines
}

fn end_of(rest: &str, tag: &str) -> usize {
    let close = format!("</{tag}");
    let at = rest.as_bytes().windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
    at.map_or(rest.len(), |at| rest[at..].find('>').map_or(rest.len(), |end| at + end + 1))
}
