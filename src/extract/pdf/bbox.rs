//! What pdftotext writes with `-bbox-layout` to [`Pages`].
//!
//! The text may hold anything that a file can hold, so no XML is presumed: lines of known form are taken, the rest is passed over.

use super::{Line, Page, Pages, Word};

/// Pages and words taken from one file; a notice has fewer than a hundred pages with fewer than a thousand words each.
const PAGES_MAX: usize = 5_000;
const WORDS_MAX: usize = 1_000_000;

impl Pages {
    /// Reads as far as the text goes: what was cut off has the pages before the cut.
    pub fn of_bbox(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut pages = Self::default();
        let mut words = 0;
        for line in text.split('\n').map(str::trim) {
            if let Some(tag) = line.strip_prefix("<page ") {
                if pages.pages.len() == PAGES_MAX {
                    pages.doubts.push(format!("only the first {PAGES_MAX} pages were read"));
                    break;
                }
                let (width, height) = (number(tag, "width"), number(tag, "height"));
                pages.pages.push(Page { width: width.unwrap_or_default(), height: height.unwrap_or_default(), lines: Vec::new() });
            } else if line.starts_with("<line ") {
                pages.pages.last_mut().into_iter().for_each(|page| page.lines.push(Line::default()));
            } else if let Some(word) = line.strip_prefix("<word ").and_then(word) {
                words += 1;
                if words > WORDS_MAX {
                    pages.doubts.push(format!("only the first {WORDS_MAX} words were read"));
                    break;
                }
                let Some(page) = pages.pages.last_mut() else { continue };
                match page.lines.last_mut() {
                    Some(line) => line.words.push(word),
                    None => page.lines.push(Line { words: vec![word] }),
                }
            }
        }
        pages
    }
}

fn word(tag: &str) -> Option<Word> {
    let (attributes, text) = tag.split_once('>')?;
    let text = unescaped(text.strip_suffix("</word>")?);
    let (left, right) = (number(attributes, "xMin")?, number(attributes, "xMax")?);
    let (top, bottom) = (number(attributes, "yMin")?, number(attributes, "yMax")?);
    Some(Word { text, left, right, top, bottom })
}

/// An attribute's number, if it is one that a page can have.
fn number(tag: &str, name: &str) -> Option<f64> {
    let (_, rest) = tag.split_once(name)?;
    let value = rest.strip_prefix("=\"")?.split('"').next()?.parse::<f64>().ok()?;
    (value.is_finite() && value.abs() < 1e6).then_some(value)
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // The ampersand last, so that `&amp;lt;` stays the text `&lt;`.
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::super::Pages;

    #[test]
    fn words_come_with_their_places_and_their_characters() {
        let text = b"<doc>\n  <page width=\"595.3\" height=\"841.9\">\n<line xMin=\"80\">\n<word xMin=\"80.6\" yMin=\"121.4\" xMax=\"520.6\" yMax=\"150.0\">\
            a&amp;lt;&quot;\xe9\x80\x9a&lt;</word>\n<word xMin=\"x\">b</word>\n<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">cut o";
        let pages = Pages::of_bbox(text);
        let page = &pages.pages[0];
        assert_eq!((pages.pages.len(), page.width, page.lines.len(), page.lines[0].words.len()), (1, 595.3, 1, 1));
        let word = &page.lines[0].words[0];
        assert_eq!((word.text.as_str(), word.left, word.bottom), ("a&lt;\"通<", 80.6, 150.0));
    }

    #[test]
    fn no_page_is_read_in_what_is_none() {
        for text in [b"".as_slice(), b"\xff\xfe\0", b"<page", b"<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">a</word>"] {
            assert!(Pages::of_bbox(text).pages.is_empty(), "{text:?}");
        }
        assert_eq!(Pages::of_bbox(b"<page width=\"NaN\" height=\"1e99\">").pages[0].width, 0.0);
    }
}
