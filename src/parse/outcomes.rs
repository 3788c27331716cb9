//! Figures of discipline, accountability and money for the rectification as a whole: 党纪处分94人, 挽回资金损失6.94万元.
//!
//! Amounts inside an item are the item's own and are not read here. Numbers stay as printed; 万元 stays a unit.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::Outcome;

use super::dates::pattern;
use super::text::{Line, Place};

/// Measures against persons, longest first, so that 党内严重警告 is not 警告.
const ACTS: &str = r"党纪政务处分|党纪政纪处分|党政纪处分|党纪处分|党内纪律处分|政务处分|政纪处分|纪律处分|党内严重警告|党内警告|严重警告|警告|撤销党内职务|留党察看|开除党籍|开除公职|行政开除|开除|记大过|记过|降级|撤职|政务警告|组织处理|组织调整|调离岗位|调整岗位|调整职务|责令辞职|引咎辞职|停职检查|停职|免职|降职|诫勉谈话|诫勉|教育提醒|提醒教育|提醒谈话|谈话提醒|警示谈话|谈话函询|约谈提醒|约谈|集体谈话|廉政谈话|批评教育|批评教育帮助|责令作出(?:书面)?检查|责令(?:书面)?检查|书面检查|作?(?:出)?书面检讨|通报批评|通报|立案审查调查|立案审查|立案调查|立案查处|立案处理|立案|移送司法(?:机关)?|采取留置措施|留置|作出处理|追责问责|问责处理|问责|追究责任|处理|处分|第[一二三四]种形态|(?:厅局|县处|乡科|正科|副科|正处|副处|厅|处|科|股)级(?:及以下)?(?:领导)?干部";

static ACT_THEN_COUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?P<what>{ACTS})(?:共|共计|合计|了|各|累计|相关(?:责任)?人(?:员)?|责任人(?:员)?|干部|党员(?:干部)?|有关人员)*(?P<approx>近|约|超过|逾)?(?P<count>[0-9]+(?:\.[0-9]+)?)(?P<more>余|多)?(?P<unit>人次|人|名|件次|件|起|次|个|批次|批)(?:[(](?P<count2>[0-9]+)(?P<unit2>人次)[)])?"
    ))
});

static COUNT_THEN_ACT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?:对|给予|共|处理|将|其中|,|、|;|^)(?P<approx>近|约|超过|逾)?(?P<count>[0-9]+)(?P<more>余|多)?(?P<unit>人次|人|名)(?:[(](?P<count2>[0-9]+)(?P<unit2>人次)[)])?(?:相关|有关)?(?:责任)?(?:人员|人|干部|党员干部|党员|同志)?(?:分别|依规依纪|严肃)?(?:给予|进行|予以|作了|受到|被)?(?:了)?(?P<what>{ACTS})"
    ))
});

static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<what>(?:挽回|追缴|追回|追收|清退|收缴|退缴|退还|退赔|退回|上缴|清缴|收回|避免|罚没|清收|核减|节约|补缴)[^,;。、0-9()]{0,18}?)(?:共|共计|合计|累计|约计)?(?P<approx>近|约|超过|超|逾|达)?(?:人民币)?(?P<count>[0-9]+(?:\.[0-9]+)?)(?P<more>余|多)?(?P<unit>万余元|万元|亿元|元)",
    )
});

static WORK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<what>(?:建立|健全|完善|制定|修订|出台|新建|形成|制订|推动|废止)(?:[、和并及]?(?:建立|健全|完善|制定|修订|出台|新建|印发|制订|废止|优化))*(?:了)?(?:相关|各类|有关|各项|规章|内部|管理|长效|工作|内控)*(?:制度机制|规章制度|制度|机制)(?:文件|办法|规定|规范)?|开展(?:了)?[^,;。、0-9]{0,10}?专项(?:治理|整治|检查|行动|清理|督查|巡察)|开展专项[\p{Han}]{2,4})(?:共|共计|等)?(?P<approx>近|约)?(?P<count>[0-9]+)(?P<more>余|多)?(?P<unit>项次|项|个|条|份|次|部|轮)",
    )
});

static WORK_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<what>(?:建立|健全|完善|制定|修订|出台|新建|制订)(?:[、和并及]?(?:建立|健全|完善|制定|修订|出台|新建|制订))*)(?:了)?(?P<approx>近|约)?(?P<count>[0-9]+)(?P<more>余|多)?(?P<unit>项|个|条|份)(?P<noun>(?:规章|相关|管理|工作|长效)*制度)",
    )
});

/// An outcome with where its count stands in its line.
pub(super) struct Found {
    pub outcome: Outcome,
    pub place: Place,
    /// From the first character of what is counted to the last of its unit.
    pub whole: Range<usize>,
}

pub(super) fn outcomes(lines: &[Line], places: &[Place]) -> Vec<Found> {
    let mut found = Vec::new();
    for place in places {
        let mut here = in_sentence(&lines[place.line], place);
        here.sort_by_key(|found| found.whole.start);
        attach_parts(&lines[place.line].text, &mut here);
        found.extend(here);
    }
    found
}

fn in_sentence(line: &Line, place: &Place) -> Vec<Found> {
    let text = &line.text[place.range.clone()];
    let mut found: Vec<Found> = Vec::new();
    for pattern in [&MONEY, &WORK, &WORK_AFTER, &COUNT_THEN_ACT, &ACT_THEN_COUNT] {
        for captures in pattern.captures_iter(text) {
            let (Some(what), Some(count), Some(unit)) = (captures.name("what"), captures.name("count"), captures.name("unit")) else {
                continue;
            };
            let start = what.start().min(count.start());
            let end = what.end().max(unit.end()).max(captures.name("unit2").map_or(0, |unit| unit.end()));
            let whole = place.range.start + start..place.range.start + end;
            if found.iter().any(|other| other.whole.start < whole.end && whole.start < other.whole.end) {
                continue;
            }
            let noun = captures.name("noun").map_or("", |noun| noun.as_str());
            let name = format!("{}{noun}", line.quote(place.range.start + what.start()..place.range.start + what.end()));
            let approximate = captures.name("approx").or(captures.name("more")).map(|word| word.as_str().to_owned());
            let mut push = |count: &str, unit: &str| {
                let Ok(count) = count.parse() else { return };
                let outcome = Outcome {
                    what: cleaned(&name),
                    count,
                    unit: unit.to_owned(),
                    approximate: approximate.clone(),
                    part_of: None,
                    sentence: line.span(place.range.clone()),
                };
                found.push(Found { outcome, place: place.clone(), whole: whole.clone() });
            };
            push(count.as_str(), unit.as_str());
            if let (Some(count), Some(unit)) = (captures.name("count2"), captures.name("unit2")) {
                push(count.as_str(), unit.as_str());
            }
        }
    }
    found
}

fn cleaned(what: &str) -> String {
    what.trim_end_matches(['了', '共', '约']).to_owned()
}

static AMONG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[)]?(?:[,;:、]|人次|[(])*其中"));

/// Counts in the brackets after a count, or after 其中, are parts of it.
fn attach_parts(text: &str, found: &mut [Found]) {
    let mut bracket: Option<(String, usize)> = None;
    let mut among: Option<String> = None;
    for index in 0..found.len() {
        let start = found[index].whole.start;
        if bracket.as_ref().is_some_and(|(_, end)| start > *end) {
            bracket = None;
        }
        if index > 0 && bracket.is_none() {
            let previous = &found[index - 1];
            let between = text.get(previous.whole.end..start).unwrap_or_default();
            // (其中党内警告6人,…) ends with its bracket.
            if AMONG.is_match(between) && !between.starts_with('(') {
                among = Some(previous.outcome.part_of.clone().unwrap_or_else(|| previous.outcome.what.clone()));
            } else if between.contains([';', '。', '(']) {
                among = None;
            }
            if between.starts_with('(') && !between.contains(')') {
                let close = text[start..].find(')').map_or(text.len(), |at| start + at);
                bracket = Some((previous.outcome.what.clone(), close));
            }
        }
        found[index].outcome.part_of =
            bracket.as_ref().map(|(what, _)| what.clone()).or_else(|| among.clone()).filter(|whole| *whole != found[index].outcome.what);
    }
}
