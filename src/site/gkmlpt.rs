//! Guangdong 政府信息公开平台 gkmlpt: JSON lists at `/gkmlpt/api/all/{column}?page=n&sid=s`, articles at `/…/content/post_ID.html`.

use std::sync::LazyLock;

use regex::Regex;

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, json, linked_next};
use crate::model::Request;

pub(super) struct Gkmlpt;

static ARTICLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"/post_\d+\.html$").expect("the pattern is a valid regular expression"));

impl Family for Gkmlpt {
    fn name(&self) -> &'static str {
        "gkmlpt"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.rows_match(|url| ARTICLE.is_match(url.path()))
            || opened.url().path().contains("/gkmlpt/") && opened.json().is_some()
            || opened.is_data() && opened.json().is_some_and(|value| value["articles"].is_array())
    }

    fn read(&self, opened: &Opened<'_>, selectors: &Selectors) -> Found {
        let Some(value) = opened.json() else {
            return Found { entries: opened.entries(selectors), next: linked_next(opened), ..Found::default() };
        };
        let entries = json::entries(&value["articles"], opened);
        Found { next: json::next(opened.url(), value, entries.len()).map(Request::get), entries, ..Found::default() }
    }
}

/// Where the rows of a gkmlpt page are, which prints none itself.
pub(super) fn hint(opened: &Opened<'_>) -> Option<String> {
    sid(opened).map(|sid| format!("a gkmlpt page without rows; its lists are JSON at /gkmlpt/api/all/COLUMN?page=1&sid={sid}"))
}

/// The site's number in the settings of a gkmlpt page, which prints no rows itself; may be empty.
pub(super) fn sid(opened: &Opened<'_>) -> Option<String> {
    let is_shell = opened.url().path().contains("/gkmlpt/") && opened.has("_CONFIG");
    let after = opened.text().split("SID").nth(1).unwrap_or_default();
    is_shell.then(|| after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect())
}
