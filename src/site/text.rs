//! Texts as pages print them to texts as people read them: white space, cut marks, bullets, entities escaped twice.

/// White space single, ends trimmed; zero-width characters away.
pub(super) fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{200c}' | '\u{200d}')) {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

/// As [`squeezed`], but lines stay lines.
pub(super) fn squeezed_lines(text: &str) -> String {
    text.lines().map(squeezed).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A link's text as a title: no bullet before it, no `new` after it, entities that were escaped twice read.
pub(super) fn title(text: &str) -> String {
    let text = unescaped(&squeezed(text));
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "·•▪■◆●○◇□▶►»›>-—*".contains(c));
    let text = text
        .strip_suffix("NEW")
        .or_else(|| text.strip_suffix("new"))
        .filter(|rest| rest.trim_end().ends_with(|c: char| !c.is_ascii()))
        .unwrap_or(text);
    text.trim().to_owned()
}

/// Entities that a page escaped twice: `&amp;ldquo;回头看&amp;rdquo;`.
pub(super) fn unescaped(text: &str) -> String {
    const NAMED: [(&str, &str); 9] = [
        ("&ldquo;", "“"),
        ("&rdquo;", "”"),
        ("&lsquo;", "‘"),
        ("&rsquo;", "’"),
        ("&middot;", "·"),
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ];
    if !text.contains('&') {
        return text.to_owned();
    }
    let text = NAMED.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    text.replace("&amp;", "&")
}

/// A text as it stands in HTML, in attributes too.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Whether a text ends as if a page had cut it.
pub(super) fn is_cut(text: &str) -> bool {
    let text = text.trim_end();
    text.ends_with('…') || text.ends_with("...") || text.ends_with("．．．") || text.ends_with("。。。") || text.ends_with("..")
}

/// A text without its cut mark.
pub(super) fn uncut(text: &str) -> &str {
    if is_cut(text) { text.trim_end_matches(|c: char| c.is_whitespace() || "….．。".contains(c)) } else { text }
}

/// The title out of an attribute that lists several things by label, as old article systems write it:
/// `文章标题：关于…的通报⏎作者：办公室⏎更新时间：2024-9-12`.
pub(super) fn labelled_title(attribute: &str) -> String {
    let labelled = attribute.lines().find_map(|line| {
        let (label, rest) = line.split_once(['：', ':'])?;
        matches!(label.trim(), "标题" | "文章标题" | "信息标题" | "标 题" | "主题").then(|| rest.trim())
    });
    title(labelled.filter(|rest| !rest.is_empty()).unwrap_or(attribute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_title(text: &str, expected: &str) {
        assert_eq!(title(text), expected);
    }

    #[test]
    fn a_title_is_read_without_what_decorates_it() {
        check_title("  · 关于巡察\n 整改情况的通报 new", "关于巡察 整改情况的通报");
        check_title("关于巡视&ldquo;回头看&rdquo;整改情况的通报", "关于巡视“回头看”整改情况的通报");
        check_title("What is new", "What is new");
        check_title("renew", "renew");
    }

    #[test]
    fn a_cut_is_seen_however_it_is_marked() {
        assert!(is_cut("关于巡察整改…") && is_cut("关于巡察整改...") && is_cut("关于巡察整改……"));
        assert!(!is_cut("关于巡察整改情况的通报。"));
        assert_eq!(uncut("关于巡察整改 ..."), "关于巡察整改");
    }

    #[test]
    fn an_attribute_that_lists_labels_gives_its_title() {
        assert_eq!(labelled_title("文章标题：关于整改的通报\n作者：办公室\n更新时间：2024-9-12"), "关于整改的通报");
        assert_eq!(labelled_title("通知：关于整改的通报"), "通知：关于整改的通报");
    }
}
