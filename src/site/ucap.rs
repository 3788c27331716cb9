//! UCAP 开普: JSON lists at `/common/search/{channel}?page=1&_pageSize=15…`, often with the whole text in each row.

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, json};
use crate::model::Request;

pub(super) struct Ucap;

impl Family for Ucap {
    fn name(&self) -> &'static str {
        "ucap"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        (opened.url().path().contains("/common/search/") || opened.has("publishedTimeStr") && opened.is_data())
            && opened.json().is_some_and(|value| value["data"]["results"].is_array())
    }

    fn read(&self, opened: &Opened<'_>, _: &Selectors) -> Found {
        let Some(value) = opened.json() else { return Found::default() };
        let entries = json::entries(&value["data"]["results"], opened);
        Found { next: json::next(opened.url(), value, entries.len()).map(Request::get), entries, ..Found::default() }
    }
}
