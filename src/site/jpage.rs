//! Hanweb 大汉 jcms "jpage": rows packed as records, in the column page and in the answers of `dataproxy.jsp`.

use std::sync::LazyLock;

use regex::Regex;
use scraper::Html;
use url::Url;

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, address, linked_next, text};
use crate::model::{Page, Request};

pub(super) struct Jpage;

/// Records asked for at once where the page does not say how many it prints.
const PER_PAGE: u32 = 15;

impl Family for Jpage {
    fn name(&self) -> &'static str {
        "jpage"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.has("<recordset") || opened.has("<datastore") || opened.has("jpage/dataproxy.jsp") || opened.has(MORE)
    }

    fn read(&self, opened: &Opened<'_>, selectors: &Selectors) -> Found {
        let records = records(opened.text());
        let mut entries = if records.is_empty() { Vec::new() } else { opened.entries_packed(&as_list(&records), selectors) };
        if entries.is_empty() {
            entries = opened.entries(selectors);
        }
        let printed = u32::try_from(records.len().max(entries.len())).unwrap_or(u32::MAX);
        Found { entries, next: next_request(opened, printed), ..Found::default() }
    }
}

/// Whether a page is a `dataproxy` answer without records: the end of the paging, in 54 bytes or a few more.
pub(super) fn is_empty_answer(page: &Page) -> bool {
    let text = page.text.trim();
    text.len() < 400 && (text.contains("<datastore") || text.contains("<recordset")) && !text.contains("<record>")
}

/// The records of the page's longest record set: a page with several columns packs each into one of its own.
fn records(text: &str) -> Vec<String> {
    let mut sets = text.split("<recordset").map(records_of);
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |longest, set| if set.len() > longest.len() { set } else { longest })
}

/// The contents of all `<record>` elements, whether packed as CDATA, escaped or plain.
fn records_of(text: &str) -> Vec<String> {
    let mut records = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<record>") {
        rest = &rest[at + "<record>".len()..];
        let Some(end) = rest.find("</record>") else { break };
        let record = unpacked(&rest[..end]);
        if !record.is_empty() {
            records.push(record);
        }
        rest = &rest[end..];
    }
    records
}

fn unpacked(record: &str) -> String {
    let record = record.trim();
    match record.strip_prefix("<![CDATA[") {
        Some(data) => data.trim_end().strip_suffix("]]>").unwrap_or(data).trim().to_owned(),
        None if record.starts_with("&lt;") => text::unescaped(record),
        None => record.to_owned(),
    }
}

/// Records side by side, as the script on the page would lay them out.
fn as_list(records: &[String]) -> String {
    let first = records.first().map(|record| record.to_ascii_lowercase()).unwrap_or_default();
    let rows = records.join("\n");
    if first.starts_with("<tr") || first.starts_with("<td") {
        format!("<table><tbody>{rows}</tbody></table>")
    } else if first.starts_with("<li") || first.starts_with("<div") || first.starts_with("<dl") || first.starts_with("<table") {
        format!("<div>{rows}</div>")
    } else {
        records.iter().map(|record| format!("<div>{record}</div>")).collect()
    }
}

fn next_request(opened: &Opened<'_>, printed: u32) -> Option<Request> {
    if opened.has(MORE) || opened.url().path().ends_with(MORE) {
        return more_next(opened, printed);
    }
    grouped_next(opened).or_else(|| recorded_next(opened, printed)).or_else(|| linked_next(opened))
}

/// The service behind 加载更多: it counts pages, not records, and its answer says how many there are.
const MORE: &str = "/morecolumndataproxy.jsp";

/// The page after this one: an answer's address has its number, the column itself is the first.
fn more_next(opened: &Opened<'_>, printed: u32) -> Option<Request> {
    let (text, url) = (opened.text(), opened.url());
    let is_last = |page: u32| printed == 0 || number(text, "<totalpage>").is_some_and(|pages| page >= pages);
    if url.path().ends_with(MORE) {
        let page = number_in(url, "page")?;
        return (!is_last(page)).then(|| Request::get(with_number(url, "page", page + 1)));
    }
    static PROXY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"["']([^"'\s<>?]{0,80}/morecolumndataproxy\.jsp)"#).expect("the pattern is a valid regular expression")
    });
    let proxy = PROXY.captures(text)?;
    // Its parameters stand behind it, joined with the number by the page's script.
    let behind = &text[proxy.get(0)?.start()..];
    let names = ["appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype", "keyWordCount"];
    let mut pairs: Vec<(&str, String)> = vec![("page", "2".to_owned())];
    pairs.extend(names.into_iter().filter_map(|name| Some((name, parameter(url, behind, name)?))));
    pairs.iter().find(|(name, _)| *name == "unitid")?;
    let mut next = address::resolve(opened.base(), url, &proxy[1])?;
    next.set_query(Some(&encoded(pairs.into_iter())));
    (!is_last(1)).then(|| Request::get(next))
}

/// The address in `<nextgroup>`, which may be encrypted; only its `page` is ours to count.
fn grouped_next(opened: &Opened<'_>) -> Option<Request> {
    let text = opened.text();
    let at = text.find("<nextgroup>")? + "<nextgroup>".len();
    let group = unpacked(&text[at..at + text[at..].find("</nextgroup>")?]);
    let html = Html::parse_fragment(&group);
    let href = html.root_element().descendent_elements().find_map(|element| element.value().attr("href").map(str::to_owned))?;
    let url = address::resolve(opened.url(), opened.url(), &href)?;
    let present = number_in(opened.url(), "page").unwrap_or(1);
    let named = number_in(&url, "page").unwrap_or(present + 1);
    Some(Request::get(if named <= present { with_number(&url, "page", present + 1) } else { url }))
}

/// A form request for the records after those printed, from the numbers that the page's script carries.
fn recorded_next(opened: &Opened<'_>, printed: u32) -> Option<Request> {
    let text = opened.text();
    let url = opened.url();
    let names = ["col", "appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype"];
    let mut form: Vec<(&str, String)> = names.into_iter().filter_map(|name| Some((name, parameter(url, text, name)?))).collect();
    if form.iter().all(|(name, _)| *name != "columnid") {
        form.push(("columnid", column_in(url)?));
    }
    form.iter().find(|(name, _)| *name == "unitid")?;
    let per_page = number_in(url, "perpage").or_else(|| number(text, "perPage")).filter(|count| *count > 0).unwrap_or(PER_PAGE);
    let total = number(text, "totalRecord").or_else(|| number(text, "totalrecord"));
    let last = number_in(url, "endrecord").unwrap_or(printed);
    if printed == 0 || total.is_some_and(|total| last >= total) {
        return None;
    }
    let proxy = address::resolve(opened.base(), url, &proxy_path(text))?;
    let query = [("startrecord", last + 1), ("endrecord", last + per_page), ("perpage", per_page)];
    let form = encoded(form.iter().map(|(name, value)| (*name, value.clone())));
    // The answer knows only its own address: the numbers stand there too, so that the page after it can be asked for.
    let mut next = proxy;
    next.set_query(Some(&format!("{}&{form}", encoded(query.into_iter().map(|(name, value)| (name, value.to_string()))))));
    Some(Request { url: next, form: Some(form) })
}

fn proxy_path(text: &str) -> String {
    static PROXY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"["']([^"'\s<>]{0,80}/jpage/dataproxy\.jsp)"#).expect("the pattern is a valid regular expression"));
    PROXY.captures(text).map_or_else(|| "/module/web/jpage/dataproxy.jsp".to_owned(), |found| found[1].to_owned())
}

/// A parameter of this name, from the address or as a script writes it: `unitid: '423656'`, `unitid=423656&`.
fn parameter(url: &Url, text: &str, name: &str) -> Option<String> {
    let own = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    own.or_else(|| {
        text.match_indices(name).take(60).find_map(|(at, _)| {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                return None;
            }
            let rest = text[at + name.len()..].trim_start_matches(['"', '\'']).trim_start().strip_prefix([':', '='])?.trim_start();
            let quoted = rest.strip_prefix(['"', '\'']);
            let end = |c: char| matches!(c, '"' | '\'' | '&' | ',' | ';' | '}' | ')' | '<' | '>') || quoted.is_none() && c.is_whitespace();
            let value: String = quoted.unwrap_or(rest).chars().take_while(|c| !end(*c)).take(80).collect();
            (!value.is_empty() || quoted.is_some()).then(|| value.trim().to_owned())
        })
    })
}

/// `/col/col282/index.html`
fn column_in(url: &Url) -> Option<String> {
    let at = url.path().find("/col/col")? + "/col/col".len();
    let digits: String = url.path()[at..].chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// A number that a script or the answer itself gives a name: `totalRecord:386`, `<totalrecord>386</totalrecord>`.
fn number(text: &str, name: &str) -> Option<u32> {
    text.match_indices(name).take(20).find_map(|(at, _)| {
        let rest = text[at + name.len()..].trim_start_matches(|c: char| c.is_whitespace() || "\"':=>".contains(c));
        rest.chars().take_while(char::is_ascii_digit).take(9).collect::<String>().parse().ok()
    })
}

fn number_in(url: &Url, name: &str) -> Option<u32> {
    url.query_pairs().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
}

fn with_number(url: &Url, name: &str, number: u32) -> Url {
    let mut changed = url.clone();
    let query = url.query().unwrap_or_default().split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if key == name => format!("{key}={number}"),
        _ => pair.to_owned(),
    });
    changed.set_query(Some(&query.collect::<Vec<_>>().join("&")));
    changed
}

fn encoded<'n>(pairs: impl Iterator<Item = (&'n str, String)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_unpacked_however_they_are_packed() {
        let text = "<record><![CDATA[ <li>一</li> ]]></record><record>&lt;li&gt;二&lt;/li&gt;</record><record><li>三</li></record>";
        assert_eq!(records(text), ["<li>一</li>", "<li>二</li>", "<li>三</li>"]);
    }

    #[test]
    fn parameters_are_found_as_scripts_write_them() {
        let url: Url = "http://a.gov.cn/col/col282/index.html".parse().unwrap();
        let text = "params : {'appid':'1', webid: 3, path:'/', unitid:'423656',webname:'某市',permissiontype:''}, proxy?unitid=9";
        let of = |name| parameter(&url, text, name);
        assert_eq!(of("webid").as_deref(), Some("3"));
        assert_eq!(of("unitid").as_deref(), Some("423656"));
        assert_eq!(of("permissiontype").as_deref(), Some(""));
        assert_eq!(of("columnid"), None);
        assert_eq!(column_in(&url).as_deref(), Some("282"));
    }
}
