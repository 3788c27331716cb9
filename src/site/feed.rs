//! RSS and Atom feeds; the XML is refused when it declares entities or is deeper than any feed is.

use feed_rs::parser;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, address, json, text};
use crate::model::Entry;

pub(super) struct Feed;

/// Deepest XML read; feeds with XHTML inside stay under 40.
const DEPTH_MAX: usize = 128;

impl Family for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        let head = &opened.text()[..opened.text().floor_char_boundary(3_000)];
        let root = ["<rss", "<feed", "<rdf:RDF", "<channel"].iter().filter_map(|root| head.find(root)).min();
        root.is_some_and(|at| !head[..at].to_ascii_lowercase().contains("<html"))
    }

    fn read(&self, opened: &Opened<'_>, _: &Selectors) -> Found {
        let xml = undeclared(opened.text());
        if !is_safe(xml) {
            return Found::default();
        }
        let Ok(feed) = parser::parse(xml.as_bytes()) else { return Found::default() };
        let entries = feed.entries.iter().filter_map(|item| entry(item, opened)).collect();
        let next = feed.links.iter().find(|link| link.rel.as_deref() == Some("next"));
        let next = next.and_then(|link| address::resolve(opened.url(), opened.url(), &link.href)).map(crate::model::Request::get);
        Found { entries, next, ..Found::default() }
    }
}

fn entry(item: &feed_rs::model::Entry, opened: &Opened<'_>) -> Option<Entry> {
    let page = item.links.iter().filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let html_first = page.clone().filter(|link| link.media_type.as_deref() == Some("text/html")).chain(page);
    let addresses = html_first.map(|link| link.href.as_str()).chain(std::iter::once(item.id.as_str()).filter(|id| id.starts_with("http")));
    let url = addresses.filter_map(|href| address::resolve(opened.url(), opened.url(), href)).next()?;
    let title = text::title(&item.title.as_ref()?.content);
    let date = item.published.or(item.updated).and_then(|moment| Timestamp::from_second(moment.timestamp()).ok()).map(json::in_china);
    (!title.is_empty()).then_some(Entry { url, title, date })
}

/// The text is decoded already: what its declaration says of bytes no longer holds.
pub(super) fn undeclared(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.strip_prefix("<?xml").and_then(|rest| rest.find("?>").map(|end| rest[end + 2..].trim_start())).unwrap_or(text)
}

/// Whether XML declares no document type and stays within the depth limit.
pub(super) fn is_safe(xml: &str) -> bool {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::DocType(_)) => return false,
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => return true,
            Ok(_) => {}
            // What cannot be read is for the feed reader to refuse.
            Err(_) => return true,
        }
        if depth > DEPTH_MAX {
            return false;
        }
    }
}
