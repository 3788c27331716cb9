//! 安徽子牙 yeecms of Anhui discipline-inspection sites: `/html/wenzhang_779687.html`.

use std::sync::LazyLock;

use regex::Regex;

use super::Family;
use super::opened::Opened;

pub(super) struct Yeecms;

static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/wenzhang_\d+\.s?html?$").expect("the pattern is a valid regular expression"));

impl Family for Yeecms {
    fn name(&self) -> &'static str {
        "yeecms"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.has("yeecms") || opened.rows_match(|url| ARTICLE.is_match(url.path()))
    }
}
