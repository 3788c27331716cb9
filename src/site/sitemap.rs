//! Sitemaps: XML `urlset` and `sitemapindex` whatever their namespace, and plain lists of addresses.
//!
//! A sitemap has no titles unless it is a news sitemap; the address's path stands in for one, so that no title filter
//! takes it for a notice.

use jiff::civil::Date;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::css::Selectors;
use super::opened::Opened;
use super::{ENTRIES_MAX, Family, Found, address, dates, feed, text};
use crate::model::{Entry, Request};

pub(super) struct Sitemap;

impl Family for Sitemap {
    fn name(&self) -> &'static str {
        "sitemap"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        is_index(opened.text()) || root_is(opened.text(), "urlset") || is_plain_list(opened.text())
    }

    fn read(&self, opened: &Opened<'_>, _: &Selectors) -> Found {
        if is_plain_list(opened.text()) {
            let places = opened.text().lines().map(|line| Place { address: line.to_owned(), ..Place::default() });
            return Found { entries: places.filter_map(|place| place.entry(opened)).take(ENTRIES_MAX).collect(), ..Found::default() };
        }
        let xml = feed::undeclared(opened.text());
        if !feed::is_safe(xml) {
            return Found::default();
        }
        let entries: Vec<Entry> = places(xml).iter().filter_map(|place| place.entry(opened)).collect();
        if !is_index(opened.text()) {
            return Found { entries, ..Found::default() };
        }
        let newest = entries.iter().max_by_key(|entry| entry.date).map(|entry| Request::get(entry.url.clone()));
        let partial = format!("an index of {} sitemaps, of which only the newest is followed", entries.len());
        Found { entries, next: newest, partial: Some(partial), ..Found::default() }
    }
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(3_000)]
}

/// Whether the document's root has this name, with or without a namespace prefix.
fn root_is(text: &str, name: &str) -> bool {
    head(text).match_indices(name).any(|(at, _)| {
        let before = head(text)[..at].rsplit('<').next().unwrap_or_default();
        head(text)[..at].contains('<') && (before.is_empty() || before.ends_with(':') && before.len() < 20 && !before.contains([' ', '>']))
    })
}

fn is_index(text: &str) -> bool {
    root_is(text, "sitemapindex")
}

fn is_plain_list(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    lines.peek().is_some()
        && lines
            .take(ENTRIES_MAX)
            .all(|line| (line.starts_with("http://") || line.starts_with("https://")) && !line.contains(char::is_whitespace))
}

/// One `<url>` or `<sitemap>`.
#[derive(Default)]
struct Place {
    address: String,
    modified: String,
    published: String,
    title: String,
}

impl Place {
    fn entry(&self, opened: &Opened<'_>) -> Option<Entry> {
        let url = address::resolve(opened.url(), opened.url(), self.address.trim().trim_start_matches('\u{feff}'))?;
        let title = text::title(&self.title);
        let title = if title.is_empty() {
            format!("{}{}", url.path(), url.query().map(|query| format!("?{query}")).unwrap_or_default())
        } else {
            title
        };
        let date: Option<Date> = dates::find(&self.published).or_else(|| dates::find(&self.modified));
        Some(Entry { url, title, date })
    }
}

fn places(xml: &str) -> Vec<Place> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut places: Vec<Place> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                path.push(start.local_name().as_ref().to_owned());
                if matches!(path.last().map(String::as_str), Some("url" | "sitemap")) {
                    places.push(Place::default());
                }
            }
            Ok(Event::End(_)) => {
                path.pop();
            }
            Ok(Event::Text(words)) => note(&mut places, &path, &words),
            Ok(Event::CData(words)) => note(&mut places, &path, &words),
            Ok(Event::GeneralRef(name)) => note(&mut places, &path, reference(&name)),
            Ok(Event::Eof) | Err(_) => return places,
            Ok(_) => {}
        }
        if places.len() > ENTRIES_MAX {
            places.pop();
            return places;
        }
    }
}

/// Text belongs to the innermost element; a few sites write an address into `<sitemap>` without its `<loc>`.
fn note(places: &mut [Place], path: &[String], words: &str) {
    let Some(place) = places.last_mut() else { return };
    let parent = path.len().checked_sub(2).and_then(|parent| path.get(parent)).map(String::as_str);
    match (path.last().map(String::as_str), parent) {
        (Some("loc"), Some("url" | "sitemap")) => place.address.push_str(words),
        (Some("url" | "sitemap"), _) if places_address(words) || !place.address.is_empty() => place.address.push_str(words.trim()),
        (Some("lastmod"), _) => place.modified.push_str(words),
        (Some("publication_date"), _) => place.published.push_str(words),
        (Some("title"), Some("news")) => place.title.push_str(words),
        _ => {}
    }
}

fn places_address(words: &str) -> bool {
    words.trim().starts_with("http")
}

fn reference(name: &str) -> &str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}
