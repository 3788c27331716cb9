//! Any text to text that is harmless wherever it is shown: one line, no controls, no reversed direction, not endless.
//!
//! Does not escape: templates do.

use url::Url;

/// A text as one clean line: controls and line ends become spaces, invisible and direction-changing characters vanish.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !invisible(*character)) {
        let blank = character.is_whitespace() || character.is_control();
        match blank {
            true if cleaned.is_empty() || cleaned.ends_with(' ') => {}
            true => cleaned.push(if character == '\u{3000}' { '\u{3000}' } else { ' ' }),
            false => cleaned.push(character),
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// The same, ends kept: for a piece out of the middle of a sentence.
pub(super) fn clean_piece(text: &str) -> String {
    let blank = |character: Option<char>| character.is_some_and(|character| character.is_whitespace());
    let inner = clean(text);
    let before = if blank(text.chars().next()) { " " } else { "" };
    let after = if !inner.is_empty() && blank(text.chars().next_back()) { " " } else { "" };
    format!("{before}{inner}{after}")
}

fn invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// At most so many characters; what is cut is shown by `…`.
pub(super) fn clip(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some(_) => {
            let end = text.char_indices().nth(characters_max.saturating_sub(1)).map_or(0, |(end, _)| end);
            format!("{}…", text[..end].trim_end())
        }
    }
}

/// An address that may be followed, and the host that it really leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) href: String,
    pub(super) host: String,
}

/// `None` for what is not a web address, and for one too long to be honest.
pub(super) fn link(url: &Url) -> Option<Link> {
    const LENGTH_MAX: usize = 1_000;
    let mut url = url.clone();
    if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > LENGTH_MAX {
        return None;
    }
    // https://www.gov.cn@example.org/ leads to example.org
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return None;
    }
    Some(Link { host: url.host_str()?.to_owned(), href: url.into() })
}

#[cfg(test)]
mod tests {
    use super::{clean, clip, link};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(clean(text), expected);
    }

    #[test]
    fn text_becomes_one_line_without_tricks() {
        check("关于\r\nBcc: x@y\t的通报\0", "关于 Bcc: x@y 的通报");
        check("\u{202e}报通\u{2066}的\u{200b}", "报通的");
        check("  \u{3000}通报 ", "通报");
        check("<script>alert(1)</script>", "<script>alert(1)</script>");
    }

    #[test]
    fn long_text_is_cut_with_a_sign() {
        assert_eq!(clip("一二三四五", 5), "一二三四五");
        assert_eq!(clip("一二三四五六", 5), "一二三四…");
    }

    #[test]
    fn only_web_addresses_are_links_and_the_host_is_the_real_one() {
        let link = |text: &str| link(&text.parse().unwrap()).map(|link| (link.href, link.host));
        assert_eq!(
            link("https://www.gov.cn@evil.example/a\"b"),
            Some(("https://evil.example/a%22b".to_owned(), "evil.example".to_owned()))
        );
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(link(&format!("https://a.example/{}", "x".repeat(2_000))), None);
    }
}
