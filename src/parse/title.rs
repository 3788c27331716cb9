//! Whose notice it is: 中共鲤城区…党组 of 中共鲤城区…党组关于巡察整改进展情况的通报, else the signature.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Block, Document, Stated};

use super::dates::pattern;
use super::text::Line;

static ISSUER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:\[[^\]]{1,8}\])?(?:(?P<about>[^。,!:《]{2,60}?)关于|(?P<before>[^。,!:《]{2,60}?)(?:落实|接受|公布|公开|通报|发布|(?:[一二三四五六七八九十]{1,3}届)?(?:中央|[省市区县州盟旗]委)(?:第[一二三四五六七八九十0-9]{1,3}轮)?(?:专项|常规|机动|提级)?巡[视察]|(?:专项|常规|机动|提级)?巡[视察]|整改))",
    )
});

/// A name that ends as bodies' names do, not a headline's first words.
static BODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:党组|党委|党总支|支部|委员会|[省市区县州盟旗工]委|委|局|厅|部|院|校|大学|中学|小学|中心|公司|集团|银行|联合会|联|会|社|办|室|政府|镇|乡|街道|处|站|所|馆|台|检察院|园区|开发区|医院|队|组|厂|学院|署|村|社区|新区|系统)$",
    )
});

/// The document's title, else the first block that reads as one: a page whose title was not found has it in the body.
pub(super) fn line(document: &Document) -> Option<Line> {
    if let Some(title) = &document.title {
        return Some(Line::new(0, &Block::Heading(title.clone())));
    }
    let first = Line::new(0, document.blocks.first()?);
    TITLE.is_match(&first.text).then_some(first)
}

static TITLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[^。,;]{0,60}巡[视察][^。,;]{0,30}整改[^。,;]{0,20}(?:通报|报告|公告|公示|情况)$"));

pub(super) fn title(title: Option<&Line>, in_body: bool) -> Option<Stated<String>> {
    let title = title?;
    Some(stated(title, 0..title.text.len(), in_body)).filter(|title| !title.value.is_empty())
}

/// A title that is none of the blocks has no span.
fn stated(title: &Line, range: Range<usize>, in_body: bool) -> Stated<String> {
    let stated = title.stated(range);
    if in_body { stated } else { Stated { span: None, ..stated } }
}

pub(super) fn issuer(title: Option<&Line>, in_body: bool, signed: Option<&Stated<String>>) -> Option<Stated<String>> {
    let named = title.and_then(|title| {
        let before = ISSUER.captures(&title.text).and_then(|found| found.name("about").or(found.name("before")))?;
        // 关于X党组落实…: the name stands after the word.
        // 区委巡察组向某街道反馈…: the news of a team, which is no issuer.
        if title.text[before.end()..].trim_start_matches(|c: char| c != '组').starts_with("组向") {
            return None;
        }
        let start = before.end() - before.as_str().trim_start_matches("关于").len();
        BODY.is_match(before.as_str()).then(|| stated(title, start..before.end(), in_body))
    });
    named.or_else(|| signed.cloned())
}
