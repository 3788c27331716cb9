//! A cheap look at markup before the tree is built: refuses what would make the tree builder slow or the tree too deep.
//!
//! The tree builder (html5ever) has no limit of its own and is quadratic in depth, in attributes per tag and in open
//! formatting elements: 250 KB of nested `<div>` took it 25 seconds. A byte limit does not protect, and a thread cannot be
//! stopped from outside. What is counted here is never less than what the tree builder will meet.

use super::tags::{closes_paragraph, is_formatting, is_void};
use crate::model::Unreadable;

/// Real pages stay below 60 (measured on 230 pages); browsers cut at 512.
const DEPTH: usize = 512;
const TAGS: usize = 400_000;
const ATTRIBUTES_PER_TAG: usize = 512;
/// Formatting elements (`b`, `font`, `a` …) open at once; each is cloned into every block that is entered.
const OPEN_FORMATTING: usize = 64;
/// Steps that the tree builder takes up the stack of open elements, and clones that it makes, over the whole page.
const WORK: usize = 30_000_000;
const CLONES: usize = 400_000;

/// Refuses markup whose tree would be too expensive.
///
/// # Errors
/// [`Unreadable::TooComplex`] with the limit that was passed.
pub fn check(markup: &str) -> Result<(), Unreadable> {
    let mut count = Count::default();
    let mut rest = markup.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at..];
        rest = match rest.get(1) {
            Some(b'!') if rest.starts_with(b"<!--") => after_comment(&rest[4..]),
            Some(b'!' | b'?') => after_byte(rest, b'>'),
            Some(b'/') if rest.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                let tag = Tag::read(&rest[2..], &mut count)?;
                count.end(&tag.name);
                tag.rest
            }
            Some(b'/') => after_byte(rest, b'>'),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let tag = Tag::read(&rest[1..], &mut count)?;
                count.start(&tag)?;
                if count.holds_raw_text(&tag.name) { after_raw_text(tag.rest, &tag.name) } else { tag.rest }
            }
            Some(_) => &rest[1..],
            None => break,
        };
    }
    Ok(())
}

struct Tag<'a> {
    /// In lower case.
    name: Vec<u8>,
    /// The tag's bytes between its name and its end.
    attributes: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Reads a tag from its name on, counting its attributes.
    fn read(bytes: &'a [u8], count: &mut Count) -> Result<Self, Unreadable> {
        count.tags += 1;
        within(count.tags, TAGS, "tags")?;
        let end = bytes.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')).unwrap_or(bytes.len());
        let (mut at, mut attributes) = (end, 0);
        while at < bytes.len() && bytes[at] != b'>' {
            if bytes[at].is_ascii_whitespace() || bytes[at] == b'/' {
                at += 1;
                continue;
            }
            attributes += 1;
            within(attributes, ATTRIBUTES_PER_TAG, "attributes in one tag")?;
            at = after_attribute(bytes, at);
        }
        let name = bytes[..end.min(32)].to_ascii_lowercase();
        Ok(Self { name, attributes: &bytes[end..at], rest: bytes.get(at + 1..).unwrap_or_default() })
    }
}

/// The place after one attribute that starts at `at`, which is neither space, `/` nor `>`.
fn after_attribute(bytes: &[u8], at: usize) -> usize {
    let skip = |from: usize, ends: &dyn Fn(u8) -> bool| bytes[from..].iter().position(|byte| ends(*byte)).map_or(bytes.len(), |n| from + n);
    let name = skip(at + 1, &|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'='));
    let equals = skip(name, &|byte| !byte.is_ascii_whitespace());
    if bytes.get(equals) != Some(&b'=') {
        return name;
    }
    let value = skip(equals + 1, &|byte| !byte.is_ascii_whitespace());
    match bytes.get(value) {
        Some(quote @ (b'"' | b'\'')) => (skip(value + 1, &|byte| byte == *quote) + 1).min(bytes.len()),
        _ => skip(value, &|byte| byte.is_ascii_whitespace() || byte == b'>'),
    }
}

#[derive(Default)]
struct Count {
    tags: usize,
    work: usize,
    clones: usize,
    /// Names of the elements that are open, outermost first.
    open: Vec<Vec<u8>>,
    /// Name and attributes (as a hash) of the formatting elements that were not closed by their own end tag.
    formatting: Vec<(Vec<u8>, u64)>,
    /// Open `svg`, `math` and `select` elements: in them the names of raw text elements may mean nothing.
    foreign: usize,
}

impl Count {
    fn start(&mut self, tag: &Tag) -> Result<(), Unreadable> {
        let name = tag.name.as_slice();
        self.work += self.open.len() + self.formatting.len();
        within(self.work, WORK, "steps through open elements")?;
        if is_void(name) {
            return Ok(());
        }
        self.close_implied(name);
        if is_formatting(name) {
            self.start_formatting(tag)?;
        } else {
            self.clones += self.formatting.len();
            within(self.clones, CLONES, "copies of formatting elements")?;
        }
        if is_foreign(name) {
            self.foreign += 1;
        }
        self.open.push(name.to_vec());
        within(self.open.len(), DEPTH, "nested elements")
    }

    fn start_formatting(&mut self, tag: &Tag) -> Result<(), Unreadable> {
        let key = (tag.name.clone(), hash(tag.attributes));
        // The standard keeps at most three that are alike, and one `a`.
        let alike = if tag.name == b"a" || tag.name == b"nobr" { 1 } else { 3 };
        let same = |other: &(Vec<u8>, u64)| if alike == 1 { other.0 == key.0 } else { *other == key };
        if self.formatting.iter().filter(|other| same(other)).count() >= alike
            && let Some(at) = self.formatting.iter().position(same)
        {
            self.formatting.remove(at);
        }
        self.formatting.push(key);
        within(self.formatting.len(), OPEN_FORMATTING, "open formatting elements")
    }

    fn end(&mut self, name: &[u8]) {
        self.work += self.open.len();
        self.clones += self.formatting.len();
        if let Some(at) = self.formatting.iter().rposition(|(open, _)| open == name) {
            self.formatting.remove(at);
        }
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.foreign -= self.open[at..].iter().filter(|open| is_foreign(open)).count();
            self.open.truncate(at);
        }
    }

    /// Elements that the start of another one closes: without this, pages that leave out end tags would seem deep.
    fn close_implied(&mut self, name: &[u8]) {
        let (closes, within): (&[&[u8]], &[&[u8]]) = match name {
            b"li" => (&[b"li"], &[b"ul", b"ol", b"menu", b"table", b"td", b"th"]),
            b"dt" | b"dd" => (&[b"dt", b"dd"], &[b"dl", b"table", b"td", b"th"]),
            b"option" | b"optgroup" => (&[b"option"], &[b"select", b"datalist"]),
            b"td" | b"th" => (&[b"td", b"th"], &[b"tr", b"table"]),
            b"tr" => (&[b"tr"], &[b"table"]),
            b"tbody" | b"thead" | b"tfoot" => (&[b"tbody", b"thead", b"tfoot"], &[b"table"]),
            _ if closes_paragraph(name) => (&[b"p"], &[b"table", b"td", b"th", b"button", b"object", b"caption", b"marquee"]),
            _ => return,
        };
        let is_one_of = |list: &[&[u8]], open: &Vec<u8>| list.contains(&open.as_slice());
        let floor = self.open.iter().rposition(|open| is_one_of(within, open)).map_or(0, |at| at + 1);
        if let Some(at) = self.open[floor..].iter().rposition(|open| is_one_of(closes, open)) {
            let cut = &self.open[floor + at..];
            self.foreign -= cut.iter().filter(|open| is_foreign(open)).count();
            self.open.truncate(floor + at);
        }
    }

    fn holds_raw_text(&self, name: &[u8]) -> bool {
        self.foreign == 0
            && matches!(name, b"script" | b"style" | b"title" | b"textarea" | b"xmp" | b"iframe" | b"noembed" | b"noframes" | b"noscript")
    }
}

fn within(count: usize, limit: usize, what: &str) -> Result<(), Unreadable> {
    if count <= limit { Ok(()) } else { Err(Unreadable::TooComplex { limit: format!("more than {limit} {what}") }) }
}

fn after_byte(bytes: &[u8], byte: u8) -> &[u8] {
    bytes.iter().position(|other| *other == byte).map_or(&[], |at| &bytes[at + 1..])
}

/// `<!-->` and `<!--->` are whole comments; `--!>` ends one as `-->` does.
fn after_comment(bytes: &[u8]) -> &[u8] {
    if let Some(rest) = bytes.strip_prefix(b">").or_else(|| bytes.strip_prefix(b"->")) {
        return rest;
    }
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == b'>') {
        let end = at + next;
        if bytes[..end].ends_with(b"--") || bytes[..end].ends_with(b"--!") {
            return &bytes[end + 1..];
        }
        at = end + 1;
    }
    &[]
}

fn after_raw_text<'a>(bytes: &'a [u8], name: &[u8]) -> &'a [u8] {
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == b'<') {
        let tag = &bytes[at + next..];
        let end = 2 + name.len();
        let closes = tag.get(1) == Some(&b'/')
            && tag.get(2..end).is_some_and(|other| other.eq_ignore_ascii_case(name))
            && tag.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
        if closes {
            return tag;
        }
        at += next + 1;
    }
    &[]
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn is_foreign(name: &[u8]) -> bool {
    matches!(name, b"svg" | b"math" | b"select")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[track_caller]
    fn refused(markup: &str, what: &str) {
        let problem = check(markup).expect_err(what).to_string();
        assert!(problem.contains(what), "{problem}");
    }

    #[track_caller]
    fn passes(markup: &str) {
        check(markup).unwrap();
    }

    #[test]
    fn nested_elements_are_refused() {
        refused(&"<div>".repeat(50_000), "nested elements");
        refused(&"<ul><li>".repeat(32_000), "nested elements");
        refused(&"<svg><style>".repeat(600), "nested elements");
        refused(&"<select><title><div>".repeat(600), "nested elements");
    }

    #[test]
    fn a_hundred_thousand_attributes_are_refused() {
        let attributes: String = (0..100_000).map(|number| format!(" a{number}=1")).collect();
        refused(&format!("<div{attributes}>"), "attributes in one tag");
        refused(&format!("<div{attributes}"), "attributes in one tag");
    }

    #[test]
    fn misnested_formatting_is_refused() {
        let unclosed: String = (0..2_000).map(|number| format!("<b class=x{number}><i class=x{number}>")).collect();
        refused(&unclosed, "open formatting elements");
        let kept: String = (0..60).map(|number| format!("<b class=x{number}>")).collect();
        refused(&format!("{kept}{}", "<p>x</p>".repeat(20_000)), "copies of formatting elements");
    }

    #[test]
    fn pages_that_leave_out_end_tags_pass() {
        passes(&"<p>one<br>".repeat(5_000));
        passes(&format!("<table>{}</table>", "<tr><td>one<td>two".repeat(5_000)));
        passes(&format!("<ul>{}</ul>", "<li><a href=x>one</a>".repeat(5_000)));
        passes(&"<font color=red>text<p>".repeat(5_000));
    }

    #[test]
    fn markup_inside_scripts_and_comments_is_not_counted() {
        passes(&format!("<script>{}</script>", "document.write('<div>');".repeat(5_000)));
        passes(&format!("<!--{}-->", "<div>".repeat(5_000)));
        passes("<a href=\"<div><div>\" title='>'>x</a>");
    }

    #[test]
    fn any_cut_of_markup_passes_without_a_panic() {
        let markup = "<!-- a --><p class=\"x\" id=y>text</p><script>a</script><br/><a href='x";
        for end in 0..markup.len() {
            passes(&markup[..end]);
        }
    }
}
