//! Whose notice it is: 中共鲤城区…党组 of 中共鲤城区…党组关于巡察整改进展情况的通报, else the signature.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Stated;

use super::dates::pattern;
use super::text::Line;

static ISSUER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?P<about>[^。,!:《]{2,60}?)关于|(?P<before>[^。,!:《]{2,60}?)(?:落实|接受|公布|公开|通报|发布|(?:[一二三四五六七八九十]{1,3}届)?(?:中央|[省市区县州盟旗]委)(?:第[一二三四五六七八九十0-9]{1,3}轮)?(?:专项|常规|机动|提级)?巡[视察]|(?:专项|常规|机动|提级)?巡[视察]|整改))",
    )
});

/// A name that ends as bodies' names do, not a headline's first words.
static BODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:党组|党委|党总支|支部|委员会|[省市区县州盟旗工]委|委|局|厅|部|院|校|大学|中学|小学|中心|公司|集团|银行|联合会|联|会|社|办|室|政府|镇|乡|街道|处|站|所|馆|台|检察院|园区|开发区|医院|队|组|厂|学院|署|村|社区|新区|系统)$",
    )
});

pub(super) fn title(title: Option<&Line>) -> Option<Stated<String>> {
    let title = title?;
    let value = title.quote(0..title.text.len());
    (!value.is_empty()).then_some(Stated { value, span: None, inferred: false })
}

pub(super) fn issuer(title: Option<&Line>, signed: Option<&Stated<String>>) -> Option<Stated<String>> {
    let named = title.and_then(|title| {
        let before = ISSUER.captures(&title.text).and_then(|found| found.name("about").or(found.name("before")))?;
        BODY.is_match(before.as_str()).then(|| Stated { value: title.quote(before.range()), span: None, inferred: false })
    });
    named.or_else(|| signed.cloned())
}
