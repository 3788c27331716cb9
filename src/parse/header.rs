//! The opening paragraph: who inspected whom, how and when, and when the findings were fed back.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Inspection, InspectionKind, Level, Stated, Team, Word};

use super::dates::{Mention, mentions, pattern};
use super::numeral;
use super::outline::{Part, Style};
use super::places;
use super::sentence::sentences;
use super::text::{Line, Place};

/// Lines before the first section that are read as the opening.
const OPENING_LINES_MAX: usize = 8;

/// How many lines the opening has: up to the first section.
pub(super) fn opening(lines: &[Line], parts: &[Part]) -> usize {
    let section = parts
        .iter()
        .find(|part| part.marker.as_ref().is_some_and(|marker| marker.style <= Style::Digit))
        .map_or(lines.len(), |part| part.line);
    section.clamp(1, OPENING_LINES_MAX).min(lines.len())
}

pub(super) fn inspection(lines: &[Line], title: Option<&str>) -> Inspection {
    let mut inspection = Inspection::default();
    let all: Vec<Place> = lines
        .iter()
        .enumerate()
        .flat_map(|(number, line)| sentences(&line.text, 0..line.text.len()).into_iter().map(move |range| Place { line: number, range }))
        .collect();
    let opens = |place: &&Place| OPENS.is_match(&lines[place.line].text[place.range.clone()]);
    if let Some(place) = all.iter().find(opens) {
        read_opening(&lines[place.line], place.range.clone(), &mut inspection);
    }
    if inspection.team.is_none() {
        inspection.team = all.iter().find_map(|place| team(&lines[place.line], place.range.clone()));
    }
    for place in &all {
        if inspection.feedback.is_none() {
            inspection.feedback = feedback(&lines[place.line], place.range.clone(), &inspection);
        }
    }
    fill_word(lines, title, &all, &mut inspection);
    fill_level(title, &mut inspection);
    fill_kind(title, &mut inspection);
    inspection
}

/// A sentence that tells of an inspection done.
static OPENS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:开展|进行|实施|展开|接受|组织)了?[^。;]{0,40}?巡[视察]|巡[视察][^。;]{0,12}?组[^。;]{0,60}?对[^。;]{2,80}?(?:开展|进行|实施|展开|巡[视察])|对[^。;]{2,80}?巡[视察]|巡[视察]了",
    )
});

fn read_opening(line: &Line, range: Range<usize>, inspection: &mut Inspection) {
    inspection.team = team(line, range.clone());
    (inspection.from, inspection.to) = period(line, range.clone());
    inspection.target = target(line, range.clone(), inspection.team.as_ref());
    inspection.kind = kind(line, range);
}

static TEAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<committee>中央(?:纪委)?|[\p{Han}]{0,14}?(?:[省市区县州盟旗地工]委|党工委|党委|党组))?(?:第[一二三四五六七八九十〇百0-9]{1,4}轮)?(?:第?(?P<before>[一二三四五六七八九十0-9]{1,3}))?(?:提级|专项|机动|联动|交叉|常规|联合|市县|异地|“回头看”)*(?P<word>巡视|巡察)(?:第?(?P<after>[一二三四五六七八九十0-9]{1,3}))?(?:工作)?组",
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

fn team(line: &Line, range: Range<usize>) -> Option<Stated<Team>> {
    let text = &line.text;
    for captures in TEAM.captures_iter(&text[range.clone()]) {
        let whole = captures.get(0)?;
        let committee = captures.name("committee").map_or("", |committee| committee.as_str());
        let cut = LEADS_IN.iter().filter_map(|word| committee.rfind(word).map(|at| at + word.len())).max().unwrap_or(0);
        let found = range.start + whole.start() + cut..range.start + whole.end();
        let number = captures.name("before").or(captures.name("after")).and_then(|number| numeral::whole(number.as_str()));
        let is_generic = number.is_none() && committee.len() == cut;
        if is_generic || text[found.end..].starts_with("建") || text[found.end..].starts_with('织') {
            continue;
        }
        return Some(line.value(Team { as_written: line.quote(found.clone()), number }, found));
    }
    None
}

static UNTIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^起?(?:,)?(?:至|到|-+)$"));

/// The first day of the first range and the last day of the last one.
fn period(line: &Line, range: Range<usize>) -> (Option<Stated<Date>>, Option<Stated<Date>>) {
    let found = mentions(&line.text, range.clone());
    let is_range = |pair: &[Mention]| {
        let between = &line.text[pair[0].range.end..pair[1].range.start.max(pair[0].range.end)];
        UNTIL.is_match(between)
            || (between.is_empty() && UNTIL_AT_START.is_match(&line.text[pair[1].range.start - pair[1].range.start.min(3)..]))
    };
    let pairs: Vec<&[Mention]> = found.windows(2).filter(|pair| is_range(pair) || joined(line, pair)).collect();
    let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return (None, None) };
    let Some(from) = first[0].date() else { return (None, None) };
    let begins = last[0].date().or_else(|| last[0].in_year(from.year())).unwrap_or(from);
    let stated = |date: Date, mention: &Mention| line.value(date, mention.range.clone());
    let to = last[1].date().or_else(|| {
        last[1].in_year(begins.year()).and_then(|date| if date < begins { last[1].in_year(begins.year() + 1) } else { Some(date) })
    });
    (Some(stated(from, &first[0])), to.map(|to| stated(to, &last[1])))
}

static UNTIL_AT_START: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:至|到)"));

fn joined(line: &Line, pair: &[Mention]) -> bool {
    pair[0].range.end <= pair[1].range.start && UNTIL.is_match(&line.text[pair[0].range.end..pair[1].range.start])
}

static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:对|(?:进驻|入驻))(?P<target>(?:[^,。;:()]|[(][^()]*[)])+?)(?:(?:同步|集中|分别|统筹|先后|组织|同时)*(?:开展|进行|实施|展开)|(?:的)?(?:常规|专项|机动|提级)*巡[视察])|巡[视察]了(?P<after>(?:[^,。;:()]|[(][^()]*[)])+)",
    )
});

fn target(line: &Line, range: Range<usize>, team: Option<&Stated<Team>>) -> Option<Stated<String>> {
    let text = &line.text;
    // After the team where it is named first: 市委巡察四组于…对….
    let start =
        team.and_then(|team| text[range.clone()].find(&fold_team(&team.value.as_written))).map_or(range.start, |at| range.start + at);
    let captures = TARGET.captures(&text[start..range.end]).or_else(|| TARGET.captures(&text[range.clone()]));
    let base = if TARGET.is_match(&text[start..range.end]) { start } else { range.start };
    let found = captures?;
    let found = found.name("target").or(found.name("after"))?;
    let place = line.trimmed(base + found.start()..base + found.end(), &['“', '了'], &['”', '的', '了']);
    let count = text[place.clone()].chars().count();
    let is_body = !text[place.clone()].contains("巡视组") && !text[place.clone()].contains("巡察组") && (2..=120).contains(&count);
    is_body.then(|| line.stated(place))
}

/// A quoted team as it stands in the folded text, near enough to be found there.
fn fold_team(as_written: &str) -> String {
    as_written.to_owned()
}

static KIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:开展|进行|实施|展开|接受)了?[^。;,]{0,40}?(?P<kind>常规|专项|机动|回头看)[^。;,]{0,6}?(?:巡[视察]|$|[。;,])|(?P<look>巡[视察][“\x22]?回头看)|对[^。;]{2,60}?(?P<direct>常规|专项|机动)巡[视察]",
    )
});

fn kind(line: &Line, range: Range<usize>) -> Option<Stated<InspectionKind>> {
    let captures = KIND.captures(&line.text[range.clone()])?;
    let found = captures.name("kind").or(captures.name("look")).or(captures.name("direct"))?;
    let kind = if found.as_str().contains("回头看") || line.text[range.clone()].contains("“回头看”") {
        InspectionKind::LookBack
    } else {
        kind_of(found.as_str())?
    };
    Some(line.value(kind, range.start + found.start()..range.start + found.end()))
}

fn kind_of(word: &str) -> Option<InspectionKind> {
    match word {
        "常规" => Some(InspectionKind::Routine),
        "专项" => Some(InspectionKind::Special),
        "机动" => Some(InspectionKind::Mobile),
        _ => None,
    }
}

static FEEDBACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"反馈"));
static NOT_FEEDBACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:的|问题|意见(?:的)?(?:整改|落实|提出|指出|要求)|情况|各|[0-9])"));

/// The last day before the word 反馈 that is no end of a range; without a year it takes that of the inspection's end.
fn feedback(line: &Line, range: Range<usize>, inspection: &Inspection) -> Option<Stated<Date>> {
    let text = &line.text;
    for word in FEEDBACK.find_iter(&text[range.clone()]) {
        let at = range.start + word.start();
        if NOT_FEEDBACK.is_match(&text[range.start + word.end()..range.end]) {
            continue;
        }
        let days = mentions(text, range.start..at);
        let Some(last) = days.last() else { continue };
        let is_range_end = days.len() > 1 && joined(line, &days[days.len() - 2..]);
        let between = &text[last.range.end..at];
        if is_range_end
            || between.contains(['。', ';'])
            || between.contains("开展")
            || text[range.start..last.range.start].ends_with(['至', '到'])
        {
            continue;
        }
        if let Some(date) = last.date() {
            return Some(line.value(date, last.range.clone()));
        }
        return inferred(line, last, inspection);
    }
    None
}

fn inferred(line: &Line, mention: &Mention, inspection: &Inspection) -> Option<Stated<Date>> {
    let end = inspection.to.as_ref().or(inspection.from.as_ref())?.value;
    let same = mention.in_year(end.year())?;
    let date = if same < end { mention.in_year(end.year() + 1)? } else { same };
    Some(Stated { value: date, span: Some(line.span(mention.range.clone())), inferred: true })
}

fn fill_word(lines: &[Line], title: Option<&str>, all: &[Place], inspection: &mut Inspection) {
    let word_in = |text: &str| match (text.find("巡视"), text.find("巡察")) {
        (Some(shi), Some(cha)) => Some(if shi < cha { (shi, Word::Xunshi) } else { (cha, Word::Xuncha) }),
        (Some(shi), None) => Some((shi, Word::Xunshi)),
        (None, Some(cha)) => Some((cha, Word::Xuncha)),
        (None, None) => None,
    };
    if let Some(team) = &inspection.team
        && let Some((_, word)) = word_in(&team.value.as_written.replace('視', "视"))
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

fn fill_level(title: Option<&str>, inspection: &mut Inspection) {
    let word = inspection.word.as_ref().map(|word| word.value);
    if let Some(team) = &inspection.team {
        let level = level(&team.value.as_written, word, title);
        inspection.level = level.map(|level| Stated { value: level, span: team.span, inferred: false });
    }
    if inspection.level.is_none() && inspection.team.as_ref().is_none_or(|team| !team.value.as_written.contains(['委', '党'])) {
        let found = title.and_then(|title| TITLE_COMMITTEE.find(title).map(|found| found.as_str()));
        inspection.level =
            found.and_then(|found| level(found, word, title)).map(|level| Stated { value: level, span: None, inferred: false });
    }
}

/// 省委 and the word tell the level; 市委 is a province's where it sends 巡视 (直辖市) and a county's in a county-level city.
fn level(committee: &str, word: Option<Word>, title: Option<&str>) -> Option<Level> {
    if committee.starts_with("中央") {
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
            Some(Word::Xunshi) => Level::Province,
            _ if places::is_county_level_city(committee) || title.is_some_and(places::is_county_level_city) => Level::County,
            _ => Level::City,
        });
    }
    if ["州委", "盟委", "地委"].iter().any(|name| committee.contains(name)) {
        return Some(Level::City);
    }
    ["区委", "县委", "旗委"].iter().any(|name| committee.contains(name)).then_some(Level::County)
}

static TITLE_KIND: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<kind>常规|专项|机动)巡[视察]|巡[视察][“\x22]?(?P<look>回头看)"));

/// Where the opening says only 巡察, the title or the team may say which.
fn fill_kind(title: Option<&str>, inspection: &mut Inspection) {
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
    if let Some(team) = inspection.team.as_ref().filter(|team| team.value.as_written.contains("专项")) {
        inspection.kind = Some(Stated { value: InspectionKind::Special, span: team.span, inferred: false });
    }
}
