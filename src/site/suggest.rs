//! A page that gave no entries to what could be written into its source's file, made from the page itself.
//!
//! Always a guess for a person to look at; nothing is ever read by it.

use scraper::ElementRef;

use super::opened::Opened;
use super::outline::Outline;
use super::{address, gkmlpt, mapped, row, script};

/// Children with a link from which an element may be a list.
const ROWS_MIN: usize = 3;

/// What to try for a page without entries: lines of TOML, or another address. `None` where nothing on the page is a hint.
pub(super) fn of(opened: &Opened<'_>) -> Option<String> {
    if let Some(answer) = opened.json() {
        return mapped::suggested(answer).map(|lines| format!("these lines, with what is wrong in them mended:\n{lines}"));
    }
    if let Some(sid) = gkmlpt::sid(opened) {
        let url = opened.url().join(&format!("/gkmlpt/api/all/COLUMN?page=1&sid={sid}")).ok()?;
        return Some(format!(
            "the column's number for COLUMN (it stands in the page's address line when a browser shows the column):\nlisting = \"{url}\""
        ));
    }
    if let Some(url) = frame(opened) {
        return Some(format!("the address of the frame instead:\nlisting = \"{url}\""));
    }
    if script::writes_rows(opened) || scripts(opened) >= 1 && links(opened) < ROWS_MIN {
        return Some(
            "the address of the data that the page's script asks for (a browser's network view shows it); or this line, with Chromium installed:\nrender = \"browser\""
                .to_owned(),
        );
    }
    rows(opened).map(|selector| format!("a selector, perhaps:\n[rules]\nrows = \"{selector}\"\nlink = \"a\""))
}

fn frame(opened: &Opened<'_>) -> Option<url::Url> {
    let frames = opened.html().root_element().descendent_elements().filter(|element| matches!(element.value().name(), "iframe" | "frame"));
    let mut urls = frames.filter_map(|frame| address::resolve(opened.base(), opened.url(), frame.value().attr("src")?));
    urls.next()
}

fn scripts(opened: &Opened<'_>) -> usize {
    opened.html().root_element().descendent_elements().filter(|element| element.value().name() == "script").count()
}

fn links(opened: &Opened<'_>) -> usize {
    let elements = opened.html().root_element().descendent_elements();
    elements.filter(|element| element.value().name() == "a" && row::target(*element, opened.base(), opened.url()).is_some()).count()
}

/// The rows of the element with the most children of one tag that hold a link, outside the page's frame if there is one.
fn rows(opened: &Opened<'_>) -> Option<String> {
    let outline = Outline::of(opened.html(), opened.base(), opened.url());
    let mut best: Option<(f32, usize, &str)> = None;
    for at in 0..outline.places.len() {
        let mut tags: Vec<(&str, usize)> = Vec::new();
        for child in outline
            .children(at)
            .filter(|child| outline.places[*child].element.descendent_elements().any(|inner| inner.value().name() == "a"))
        {
            let name = outline.places[child].element.value().name();
            match tags.iter_mut().find(|(tag, _)| *tag == name) {
                Some((_, count)) => *count += 1,
                None => tags.push((name, 1)),
            }
        }
        let Some((tag, count)) = tags.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count >= ROWS_MIN) else { continue };
        let weight = count as f32 * outline.places[at].weight;
        if best.is_none_or(|(known, ..)| known < weight) {
            best = Some((weight, at, tag));
        }
    }
    let (_, at, tag) = best?;
    Some(format!("{} > {tag}", named(outline.places[at].element)?))
}

/// A selector of an element by its id, its class, or the nearest element above that has one.
fn named(element: ElementRef<'_>) -> Option<String> {
    let plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            && !text.starts_with(|c: char| c.is_ascii_digit())
    };
    let own = |element: ElementRef<'_>| {
        let value = element.value();
        let id = value.attr("id").filter(|id| plain(id)).map(|id| format!("#{id}"));
        id.or_else(|| value.classes().find(|class| plain(class)).map(|class| format!("{}.{class}", value.name())))
    };
    if let Some(own) = own(element) {
        return Some(own);
    }
    let above = element.ancestors().filter_map(ElementRef::wrap).find_map(own);
    let name = element.value().name();
    Some(above.map_or_else(|| name.to_owned(), |above| format!("{above} {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Page;

    #[track_caller]
    fn check(text: &str, words: &str) {
        let page = Page {
            url: "http://a.gov.cn/list/".parse().unwrap(),
            content_type: None,
            text: text.to_owned(),
            charset: "utf-8",
            replaced: 0,
        };
        let suggested = of(&Opened::new(&page)).unwrap_or_default();
        assert!(suggested.contains(words), "{suggested}");
    }

    #[test]
    fn what_to_write_is_made_from_the_page() {
        check(r#"{"d":[{"id":7,"mc":"关于巡察整改情况的通报"}]}"#, "rows = \"d\"\ntitle = \"mc\"\nurl = \"/…{id}…\"");
        check("<iframe src=/inner/list.htm></iframe>", "listing = \"http://a.gov.cn/inner/list.htm\"");
        check("<div id=app></div><script src=/app.js></script>", "render = \"browser\"");
        check(
            "<div class=nav><a href=/x>甲</a></div><div class='news'><p><a href=1>一</a></p><p><a href=2>二</a></p><p><a href=3>三</a></p></div>",
            "rows = \"div.news > p\"",
        );
        check("<script>window._CONFIG = {SID: '753'}</script>", "");
    }
}
