//! Rows that a page writes by script, read without running it where the script is regular: variables that hold string
//! literals, and `document.write` of literals and such variables joined by `+` (Wuhan, wuhan.gov.cn).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::opened::Opened;
use super::text;

/// Whether a page's rows come from a script, so that a person may look for another address.
pub(super) fn writes_rows(opened: &Opened<'_>) -> bool {
    opened.has("document.write") || opened.has("$.ajax") || opened.has("$.post(") || opened.has("$.getJSON") || opened.has("axios")
}

/// The page with each regular script that writes a link replaced by what it writes.
pub(super) fn unfolded(text: &str) -> Cow<'_, str> {
    if !text.contains("document.write") && !text.contains("var url") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<script") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((open, end)) = rest.find('>').zip(rest.find("</script>")) else { break };
        let written = if open < end { written(&rest[open + 1..end]) } else { String::new() };
        let end = end + "</script>".len();
        out.push_str(if written.contains("<a ") { &written } else { &rest[..end] });
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What one script writes; where it writes no link itself but names an address and a title, the link of these two.
fn written(script: &str) -> String {
    static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"(?:var|let|const)\s+([A-Za-z_$][\w$]*)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*[;,\r\n]"#,
            r#"|document\.write(?:ln)?\s*\(((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$+\s])*)\)"#
        ))
        .expect("the pattern is a valid regular expression")
    });
    let mut values: HashMap<&str, String> = HashMap::new();
    let mut written = String::new();
    for statement in STATEMENT.captures_iter(script) {
        if let (Some(name), Some(literal)) = (statement.get(1), statement.get(2)) {
            values.insert(name.as_str(), unquoted(literal.as_str()));
        } else if let Some(expression) = statement.get(3) {
            written.push_str(&evaluated(expression.as_str(), &values).unwrap_or_default());
        }
    }
    let named = |names: &[&str]| names.iter().find_map(|name| values.get(name)).filter(|value| !value.is_empty()).cloned();
    match (named(&["url", "link", "href", "docurl"]), named(&["title", "doctitle", "tit", "name"])) {
        (Some(url), Some(title)) if !written.contains("<a ") => {
            format!("<a href=\"{}\">{}</a><span>{written}</span>", text::escaped(&url), text::escaped(&title))
        }
        _ => written,
    }
}

/// Literals and known names joined by `+`; `None` where anything else stands in the expression.
fn evaluated(expression: &str, values: &HashMap<&str, String>) -> Option<String> {
    static TERM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_$][\w$]*)\s*(\+|$)"#)
            .expect("the pattern is a valid regular expression")
    });
    let (mut out, mut at) = (String::new(), 0);
    for term in TERM.captures_iter(expression) {
        let whole = term.get(0)?;
        if whole.start() != at {
            return None;
        }
        at = whole.end();
        match &term[1] {
            literal if literal.starts_with(['"', '\'']) => out.push_str(&unquoted(literal)),
            name => out.push_str(values.get(name)?),
        }
    }
    (at == expression.len()).then_some(out)
}

fn unquoted(literal: &str) -> String {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'r' | 't') => out.push(' '),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &str) {
        assert_eq!(written(script), expected);
    }

    #[test]
    fn a_regular_script_is_read_without_running_it() {
        check(r#"document.writeln("<a href='a.htm'>通报</a>");"#, "<a href='a.htm'>通报</a>");
        check(r#"var u="a.htm"; var t='通报'; document.write("<a href='" + u + "'>" + t + "</a>");"#, "<a href='a.htm'>通报</a>");
        check(
            r#"var url="./t1.shtml"; var title="通报"; document.writeln("2026-02-14 17:32")"#,
            r#"<a href="./t1.shtml">通报</a><span>2026-02-14 17:32</span>"#,
        );
    }

    #[test]
    fn anything_else_is_left_alone() {
        check(r#"document.write("<a href='" + urls[i] + "'>");"#, "");
        check(r#"var a = f("x"); document.write(a);"#, "");
    }
}
