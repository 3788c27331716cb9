//! Who inspected and how: the team however it is written, the word, the committee's level, the kind.
//!
//! A level is told by the committee's name; where a city's name is needed to tell it and stands nowhere, it is a city.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Inspection, InspectionKind, Level, Stated, Team, Word};

use super::dates::pattern;
use super::numeral;
use super::places;
use super::text::{Line, Place, folded};

static TEAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<committee>(?:[一二三四五六七八九十]{1,3}届)?中央(?:纪委)?|[\p{Han}]{0,14}?(?:[省市区县州盟旗地工]委|党工委|党委|党组))?(?:第[一二三四五六七八九十〇百0-9]{1,4}轮(?:(?:专项|常规|机动)?巡[视察])?)?(?:[\p{Han}]{1,10}(?:领域|系统)|“[^”]{2,20}”)?(?:第?(?P<before>[一二三四五六七八九十0-9]{1,3}))?(?:提级|专项|机动|联动|交叉|常规|联合|市县|异地|村级|政治|“回头看”)*(?P<word>巡视|巡察)(?:第?(?P<after>[一二三四五六七八九十0-9]{1,3}))?(?:工作)?组(?:[(]第?(?P<remark>[一二三四五六七八九十0-9]{1,3})组?[)])?",
    )
});

/// What may run into a team's name from before: 由市委第三巡察组.
const LEADS_IN: [&str; 20] = [
    "接受了",
    "接受",
    "部署",
    "安排",
    "批准",
    "要求",
    "期间",
    "由",
    "经",
    "向",
    "对",
    "被",
    "受",
    "的",
    "了",
    "日",
    "根据",
    "按照",
    "派出",
    "配合",
];

pub(super) fn team(line: &Line, range: Range<usize>) -> Option<Stated<Team>> {
    let text = &line.text;
    for captures in TEAM.captures_iter(&text[range.clone()]) {
        let whole = captures.get(0)?;
        let committee = captures.name("committee").map_or("", |committee| committee.as_str());
        let cut = LEADS_IN.iter().filter_map(|word| committee.rfind(word).map(|at| at + word.len())).max().unwrap_or(0);
        let found = range.start + whole.start() + cut..range.start + whole.end();
        let number = ["before", "after", "remark"]
            .into_iter()
            .find_map(|name| captures.name(name))
            .and_then(|number| numeral::whole(number.as_str()));
        let is_generic = number.is_none() && committee.len() == cut;
        if is_generic || text[found.end..].starts_with("建") || text[found.end..].starts_with('织') {
            continue;
        }
        return Some(line.value(Team { as_written: line.quote(found.clone()), number }, found));
    }
    None
}

static KIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:开展|进行|实施|展开|接受)了?[^。;,]{0,40}?(?P<kind>常规|专项|机动|回头看)[^。;,]{0,6}?(?:巡[视察]|$|[。;,])|(?P<look>巡[视察][“\x22]?回头看)|对[^。;]{2,60}?(?P<direct>常规|专项|机动)巡[视察]",
    )
});

pub(super) fn kind(line: &Line, range: Range<usize>) -> Option<Stated<InspectionKind>> {
    let Some(captures) = KIND.captures(&line.text[range.clone()]) else { return kind_in_passing(line, range) };
    let found = captures.name("kind").or(captures.name("look")).or(captures.name("direct"))?;
    let kind = if found.as_str().contains("回头看") || line.text[range.clone()].contains("“回头看”") {
        InspectionKind::LookBack
    } else {
        kind_of(found.as_str())?
    };
    Some(line.value(kind, range.start + found.start()..range.start + found.end()))
}

/// 根据县委第三轮常规巡察部署: named before, where no other kind is.
fn kind_in_passing(line: &Line, range: Range<usize>) -> Option<Stated<InspectionKind>> {
    static PASSING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<kind>常规|专项|机动)巡[视察]"));
    let found: Vec<_> = PASSING.captures_iter(&line.text[range.clone()]).filter_map(|found| found.name("kind")).collect();
    let first = found.first().filter(|first| found.iter().all(|other| other.as_str() == first.as_str()))?;
    Some(line.value(kind_of(first.as_str())?, range.start + first.start()..range.start + first.end()))
}

fn kind_of(word: &str) -> Option<InspectionKind> {
    match word {
        "常规" => Some(InspectionKind::Routine),
        "专项" => Some(InspectionKind::Special),
        "机动" => Some(InspectionKind::Mobile),
        _ => None,
    }
}

pub(super) fn fill_word(lines: &[Line], title: Option<&str>, all: &[Place], inspection: &mut Inspection) {
    let word_in = |text: &str| match (text.find("巡视"), text.find("巡察")) {
        (Some(shi), Some(cha)) => Some(if shi < cha { (shi, Word::Xunshi) } else { (cha, Word::Xuncha) }),
        (Some(shi), None) => Some((shi, Word::Xunshi)),
        (None, Some(cha)) => Some((cha, Word::Xuncha)),
        (None, None) => None,
    };
    if let Some(team) = &inspection.team
        && let Some((_, word)) = word_in(&folded(&team.value.as_written))
    {
        inspection.word = Some(Stated { value: word, span: team.span, inferred: false });
        return;
    }
    if let Some((_, word)) = title.and_then(word_in) {
        inspection.word = Some(Stated { value: word, span: None, inferred: false });
        return;
    }
    inspection.word = all.iter().find_map(|place| {
        let (at, word) = word_in(&lines[place.line].text[place.range.clone()])?;
        let at = place.range.start + at;
        Some(lines[place.line].value(word, at..at + "巡视".len()))
    });
}

static TITLE_COMMITTEE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:中央|自治区党委|[省市区县州盟旗]委)[^,。]{0,12}?巡[视察]"));

pub(super) fn fill_level(title: Option<&str>, inspection: &mut Inspection) {
    let word = inspection.word.as_ref().map(|word| word.value);
    if let Some(team) = &inspection.team {
        let level = level(&folded(&team.value.as_written), word, title);
        inspection.level = level.map(|level| Stated { value: level, span: team.span, inferred: false });
    }
    if inspection.level.is_none() && inspection.team.as_ref().is_none_or(|team| !folded(&team.value.as_written).contains(['委', '党'])) {
        let found = title.and_then(|title| TITLE_COMMITTEE.find(title).map(|found| found.as_str()));
        inspection.level =
            found.and_then(|found| level(found, word, title)).map(|level| Stated { value: level, span: None, inferred: false });
    }
}

/// 省委 and the word tell the level; 市委 is a province's where it sends 巡视 (直辖市) and a county's in a county-level city.
fn level(committee: &str, word: Option<Word>, title: Option<&str>) -> Option<Level> {
    if committee.trim_start_matches(|c: char| "一二三四五六七八九十届".contains(c)).starts_with("中央") {
        return Some(Level::Central);
    }
    if committee.contains("省委")
        || committee.contains("自治区党委")
        || committee.contains("兵团党委")
        || (committee.contains("区党委") && word == Some(Word::Xunshi))
    {
        return Some(Level::Province);
    }
    if committee.contains("市委") {
        return Some(match word {
            Some(Word::Xunshi) if !title.is_some_and(places::is_of_another_city) => Level::Province,
            _ if places::is_county_level_city(committee) || title.is_some_and(places::is_county_level_city) => Level::County,
            _ => Level::City,
        });
    }
    // 师市党委: a division of the 兵团 that is a city as well.
    if ["州委", "州党委", "盟委", "地委", "师市党委", "师党委"].iter().any(|name| committee.contains(name)) {
        return Some(Level::City);
    }
    ["区委", "县委", "县党委", "旗委", "旗党委"].iter().any(|name| committee.contains(name)).then_some(Level::County)
}

static TITLE_KIND: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<kind>常规|专项|机动)巡[视察]|巡[视察][“\x22]?(?P<look>回头看)"));

/// Where the opening says only 巡察, the title or the team may say which.
pub(super) fn fill_kind(title: Option<&str>, inspection: &mut Inspection) {
    if inspection.kind.is_some() {
        return;
    }
    let named = title.and_then(|title| TITLE_KIND.captures(title));
    let kind =
        named.and_then(
            |found| if found.name("look").is_some() { Some(InspectionKind::LookBack) } else { kind_of(found.name("kind")?.as_str()) },
        );
    if let Some(kind) = kind {
        inspection.kind = Some(Stated { value: kind, span: None, inferred: false });
        return;
    }
    if let Some(team) = inspection.team.as_ref().filter(|team| folded(&team.value.as_written).contains("专项")) {
        inspection.kind = Some(Stated { value: InspectionKind::Special, span: team.span, inferred: false });
    }
}
