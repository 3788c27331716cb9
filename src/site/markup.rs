//! Refuses HTML made to be slow before it is parsed: the parser is quadratic in depth, attributes and open formatting
//! elements (50,000 nested `<div>` take it 24 seconds). One pass over the bytes, no allocation per tag.

/// Longest page parsed, in bytes; the longest real list page seen has 0.6 MB.
const BYTES_MAX: usize = 12 * 1024 * 1024;
/// Elements open at once; real pages stay under 100.
const DEPTH_MAX: i64 = 800;
/// Formatting elements open at once. Old pages forget to close `<font>` in every row of a long list.
const FORMATTING_MAX: i64 = 600;
/// Attributes of one tag; the most seen is 40.
const ATTRIBUTES_MAX: usize = 400;

const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements without content, and those that the next of their kind closes.
const UNCOUNTED: [&str; 34] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p", "li", "td", "th",
    "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "colgroup", "optgroup", "html", "head", "body", "rp", "rt", "frame", "script",
];

/// What is too much about a page, in one line; `None` for a page that can be parsed.
pub(super) fn too_complex(text: &str) -> Option<String> {
    if text.len() > BYTES_MAX {
        return Some(format!("{} bytes of markup", text.len()));
    }
    let (mut depth, mut formatting) = (0_i64, 0_i64);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        let (closing, tag) = rest.strip_prefix('/').map_or((false, rest), |tag| (true, tag));
        let length = tag.bytes().take(12).take_while(u8::is_ascii_alphanumeric).count();
        if length == 0 {
            continue;
        }
        let name = tag[..length].to_ascii_lowercase();
        let end = tag.find('>').unwrap_or(tag.len());
        let attributes = tag[..end].bytes().filter(|byte| *byte == b'=' || byte.is_ascii_whitespace()).count();
        if attributes > ATTRIBUTES_MAX * 8 || attributes_of(&tag[..end]) > ATTRIBUTES_MAX {
            return Some(format!("a <{name}> tag with more than {ATTRIBUTES_MAX} attributes"));
        }
        let step = if closing { -1 } else { 1 };
        if FORMATTING.contains(&name.as_str()) {
            formatting = (formatting + step).max(0);
        } else if !UNCOUNTED.contains(&name.as_str()) && !tag[..end].ends_with('/') {
            depth = (depth + step).max(0);
        }
        if depth > DEPTH_MAX {
            return Some(format!("more than {DEPTH_MAX} elements inside one another"));
        }
        if formatting > FORMATTING_MAX {
            return Some(format!("more than {FORMATTING_MAX} open formatting elements"));
        }
        rest = &tag[end..];
        if !closing && matches!(name.as_str(), "script" | "style" | "textarea") {
            let close = format!("</{name}");
            let found = rest.as_bytes().windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
            rest = found.map_or("", |found| &rest[found..]);
        }
    }
    None
}

/// Attributes of a tag, counted by their starts outside quotes.
fn attributes_of(tag: &str) -> usize {
    let (mut count, mut quote, mut after_space) = (0, None, false);
    for byte in tag.bytes() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if byte.is_ascii_whitespace() || byte == b'/' => after_space = true,
            None => {
                count += usize::from(after_space);
                after_space = false;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::too_complex;

    #[test]
    fn markup_made_to_be_slow_is_refused() {
        assert!(too_complex(&"<div>".repeat(5_000)).is_some());
        assert!(too_complex(&"<ul><li>".repeat(5_000)).is_some());
        assert!(too_complex(&"<b><i><p>".repeat(2_000)).is_some());
        assert!(too_complex(&format!("<a {}>", "x=1 ".repeat(5_000))).is_some());
    }

    #[test]
    fn a_long_list_that_forgets_to_close_its_tags_is_not() {
        assert_eq!(too_complex(&"<li><a href='a.htm' title='a > b'>关于通报</a><span>2024-09-12</span>".repeat(3_000)), None);
        assert_eq!(too_complex(&"<p>一<br>二".repeat(5_000)), None);
        assert_eq!(too_complex(&format!("<script>{}</script>", "if (a<b) document.write('<div>');".repeat(5_000))), None);
    }
}
