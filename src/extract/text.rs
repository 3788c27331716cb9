//! Plain text to a [`Document`]: a line is a paragraph; the first may be the title, the next the info line.

use super::html::plain;
use super::info;
use crate::model::{Block, Document, Page, Unreadable};

/// Reads a text file.
///
/// # Errors
/// [`Unreadable::NoBody`] where it holds no line, or only a title.
pub fn read(page: &Page) -> Result<Document, Unreadable> {
    let mut lines: Vec<String> = page.text.lines().map(plain::tidy).filter(|line| !line.is_empty()).collect();
    let title = lines.first().filter(|first| lines.len() > 1 && is_title(first)).cloned();
    if title.is_some() {
        lines.remove(0);
    }
    let mut blocks = lines.into_iter().map(Block::Paragraph).collect();
    let info = info::take(&mut blocks);
    if blocks.is_empty() {
        return Err(Unreadable::NoBody { saw: format!("{} bytes of text without a paragraph", page.text.len()) });
    }
    Ok(Document { title, published: info.published, source: info.source, blocks, doubts: super::doubts_of(page), ..Document::default() })
}

/// A title is short and no sentence.
fn is_title(line: &str) -> bool {
    line.chars().count() <= 80 && !line.ends_with(['\u{3002}', '\u{ff1b}', ';', ':', '\u{ff1a}'])
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::model::{Page, Unreadable};

    fn page(text: &str) -> Page {
        let url = "https://www.example.gov.cn/a.txt".parse().unwrap();
        Page { url, content_type: None, text: text.to_owned(), charset: "utf-8", replaced: 0 }
    }

    #[test]
    fn title_info_line_and_editor_are_not_body() {
        let text = "关于巡察整改情况的通报\n来源:区工商联 发布时间:2024-09-12 09:52\n\n  现将整改情况予以公布。\n区工商联\n2024年9月11日\n【责任编辑:林某】\n";
        let document = read(&page(text)).unwrap();
        assert_eq!(document.title.as_deref(), Some("关于巡察整改情况的通报"));
        assert_eq!(document.published.unwrap().to_string(), "2024-09-12 09:52");
        assert_eq!(document.source.as_deref(), Some("区工商联"));
        let body: Vec<_> = document.blocks.iter().map(|block| block.text().into_owned()).collect();
        assert_eq!(body, ["现将整改情况予以公布。", "区工商联", "2024年9月11日"]);
    }

    #[test]
    fn a_text_that_begins_with_a_sentence_has_no_title() {
        let document = read(&page("现将整改情况予以公布。\n欢迎监督。")).unwrap();
        assert_eq!((document.title, document.blocks.len()), (None, 2));
    }

    #[test]
    fn an_empty_text_has_no_body() {
        assert!(matches!(read(&page(" \n\u{3000}\n")), Err(Unreadable::NoBody { .. })));
    }
}
