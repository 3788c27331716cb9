//! Hunan 株洲: `/c1041/20240912/i2234567.html` (tianyuan.gov.cn).

use std::sync::LazyLock;

use regex::Regex;

use super::Family;
use super::opened::Opened;

pub(super) struct Zhuzhou;

static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/c\d+/\d{8}/i\d+\.s?html?$").expect("the pattern is a valid regular expression"));

impl Family for Zhuzhou {
    fn name(&self) -> &'static str {
        "zhuzhou"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.rows_match(|url| ARTICLE.is_match(url.path()))
    }
}
