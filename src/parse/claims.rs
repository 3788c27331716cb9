//! What a notice says of itself: N个方面M个问题, K条措施, 已完成n个, 建立制度k项.
//!
//! Read outside the items only; figures inside an item are its own. Claims are never compared with what is printed here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::{Claims, Stated};

use super::dates::{mentions, pattern};
use super::numeral;
use super::text::{Line, Place};

const N: &str = r"[0-9]+|[一二三四五六七八九十两百〇]+";

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => { $(static $name: LazyLock<Regex> = LazyLock::new(|| pattern(&$pattern.replace("NUM", N)));)* };
}

patterns! {
    ASPECTS = r"(?P<n>NUM)个?(?:大)?(?:方面)";
    // 梳理出24项具体整改任务 sums up what several lists before it gave.
    SUMMED = r"(?:梳理|细化|分解|归纳|汇总|整理|拆分|合并)(?:出|为|成|分成|形成)?(?:了)?(?:共)?(?:(?:NUM)个?(?:大?方面|大?类))*(?P<n>NUM)(?P<unit>[个项条])(?:具体|整改|突出)*(?P<noun>任务|问题|事项|整改项)";
    PROBLEMS = r"(?P<n>NUM)(?P<unit>[个项条])(?:具体|主要|突出|反馈|整改|重点|巡[视察]|需要)*(?P<noun>问题|整改任务|整改事项)";
    PROBLEMS_AFTER = r"(?:具体|反馈|整改)?(?P<noun>问题|任务|事项)(?:共|共计|合计|总数|总计|为)?(?P<n>NUM)(?P<unit>[个项条])";
    MEASURES = r"(?P<n>NUM)(?P<unit>[条项个])(?:具体|主要)?(?:的)?(?:整改)?(?:具体)?(?:措施|举措)";
    MEASURES_AFTER = r"(?:制定|细化|明确|提出|落实|形成)[^,。;]{0,12}(?:措施|举措)(?:共|共计)?(?P<n>NUM)(?P<unit>[条项个])";
    RULES = r"(?:建立|健全|完善|制定|修订|出台|新建|形成|优化|制订|推动)(?:[、和并及]?(?:建立|健全|完善|制定|修订|出台|新建|印发|制订|废止|优化))*(?:了)?(?:相关|各类|有关|各项|系列|规章|内部|管理|长效|工作)*(?:(?:制度|机制|规定|办法)(?:机制|文件|办法|规定|措施|规范|体系)?(?:共|共计|等)?(?P<n>NUM)(?:余)?(?:个|项|条|份|部)|(?P<m>NUM)(?:余)?(?:个|项|条|份|部)(?:规章|相关|管理|工作|长效)*(?:制度|机制))";
    DONE = r"(?:已(?:经)?(?:全部|全面)?(?:整改)?(?:完成|办结|销号)(?:整改)?(?:到位|销号|的)?|(?:整改)?完成(?:整改)|已整改(?:完成|到位)?|完成整改(?:销号)?|整改(?:完成|到位)|完成)(?:的)?(?:问题)?(?:有|共)?(?P<n>NUM)(?P<unit>[个项条])?";
    ALL_DONE = r"(?P<n>NUM)(?P<unit>[个项])(?:具体|反馈|整改)*(?:问题|任务|事项)(?:中)?,?(?:目前|现|均|都|全部|已)+(?:整改)?(?:完成|到位|销号|办结|整改)";
    OPEN = r"(?:正在(?:整改|推进)|(?:尚|还)?未(?:全部)?(?:完成|整改)(?:整改|到位)*|(?:持续|继续|仍在)(?:整改|推进)(?:中)?)(?:的)?(?:问题)?(?:有|共)?(?P<n>NUM)(?P<unit>[个项条])?";
    NAMED_OPEN = r"第[0-9一二三四五六七八九十]+[项个](?:[“\x22][^”\x22]*[”\x22])?[^,。;]{0,20}?(?:需要?(?:长期|持续|进一步|继续)|未完成|尚未|正在|持续整改)";
    RATE = r"(?:整改|问题)?(?:完成|办结|销号|整改)率(?:为|达|达到|约|约为)*(?P<n>[0-9]+(?:\.[0-9]+)?)%";
    AS_OF = r"截[至止](?:到)?";
}

pub(super) fn claims(lines: &[Line], places: &[Place]) -> Claims {
    let mut claims = Claims::default();
    let mut units = Units::default();
    for place in places {
        let line = &lines[place.line];
        let reader = Sentence { line, range: place.range.clone(), text: &line.text[place.range.clone()], units: &units };
        let is_new = reader.read(&mut claims);
        units.note(&line.text[place.range.clone()]);
        if is_new {
            claims.statements.push(line.stated(place.range.clone()));
        }
    }
    claims
}

struct Sentence<'a> {
    line: &'a Line,
    range: Range<usize>,
    text: &'a str,
    units: &'a Units,
}

/// What earlier sentences counted problems and measures in: 42项任务, 186条措施.
#[derive(Default)]
struct Units {
    problems: Option<String>,
    measures: Option<String>,
}

impl Units {
    fn note(&mut self, text: &str) {
        let unit = |patterns: [&Regex; 2]| {
            patterns.into_iter().find_map(|pattern| Some(pattern.captures(text)?.name("unit")?.as_str().to_owned()))
        };
        self.problems = self.problems.take().or_else(|| unit([&SUMMED, &PROBLEMS]));
        self.measures = self.measures.take().or_else(|| unit([&MEASURES, &MEASURES_AFTER]));
    }

    /// Whether a bare 已完成35项 counts problems, by its unit.
    fn tell_problems(&self, unit: Option<&str>) -> bool {
        unit.is_some() && self.problems.as_deref() == unit && self.measures.as_deref() != unit
    }
}

impl Sentence<'_> {
    /// Whether the sentence stated anything new.
    fn read(&self, claims: &mut Claims) -> bool {
        let before = claims.clone();
        if is_of_the_past(self.text) {
            return false;
        }
        if claims.aspects.is_none() && PROBLEMS.is_match(self.text) {
            claims.aspects = self.first(&ASPECTS);
        }
        if claims.problems.is_none() {
            claims.problems = self.first(&SUMMED).or_else(|| self.first(&PROBLEMS)).or_else(|| self.first(&PROBLEMS_AFTER));
        }
        if claims.measures.is_none() {
            claims.measures = self.first(&MEASURES).or_else(|| self.first(&MEASURES_AFTER));
        }
        if claims.rules.is_none() {
            claims.rules = RULES.captures(self.text).and_then(|found| self.number(&found, "n").or_else(|| self.number(&found, "m")));
        }
        self.read_progress(claims);
        *claims != before
    }

    fn read_progress(&self, claims: &mut Claims) {
        if claims.done.is_none() {
            claims.done = self.progress(&DONE).or_else(|| self.first(&ALL_DONE));
        }
        if claims.open.is_none() {
            claims.open = self.progress(&OPEN).or_else(|| self.named_open(claims));
        }
        if claims.rate.is_none() {
            claims.rate = RATE.captures(self.text).and_then(|found| {
                let number = found.name("n")?;
                Some(self.line.value(number.as_str().parse().ok()?, self.at(number.range())))
            });
        }
        if claims.as_of.is_none() && (DONE.is_match(self.text) || OPEN.is_match(self.text) || ALL_DONE.is_match(self.text)) {
            claims.as_of = AS_OF.find(self.text).and_then(|word| {
                let at = self.range.start + word.end();
                let day = mentions(&self.line.text, at..self.range.end).into_iter().find(|day| day.range.start == at)?;
                Some(self.line.value(day.date()?, day.range))
            });
        }
    }

    fn at(&self, range: Range<usize>) -> Range<usize> {
        self.range.start + range.start..self.range.start + range.end
    }

    fn number(&self, found: &Captures<'_>, name: &str) -> Option<Stated<u32>> {
        let number = found.name(name)?;
        Some(self.line.value(numeral::whole(number.as_str())?, self.at(number.range())))
    }

    fn first(&self, pattern: &Regex) -> Option<Stated<u32>> {
        pattern
            .captures_iter(self.text)
            .filter(|found| !found.get(0).is_some_and(|whole| is_of_another(&self.text[..whole.start()])))
            .find_map(|found| self.number(&found, "n"))
    }

    /// A count of problems done or open, not of measures: by its unit, else by the noun before it.
    fn progress(&self, pattern: &Regex) -> Option<Stated<u32>> {
        pattern.captures_iter(self.text).find_map(|found| {
            let whole = found.get(0)?;
            let unit = found.name("unit").map(|unit| unit.as_str());
            let rest = &self.text[whole.end()..];
            // 基本完成1个 is counted by neither; 完成换届3家 is no problem.
            let is_partial = self.text[..whole.start()].ends_with("基本") || self.text[..whole.start()].ends_with("阶段性");
            let is_bare = unit.is_none() && !(rest.is_empty() || rest.starts_with([',', '、', '。', ';']));
            let counts_other = rest.starts_with(OTHER_NOUNS)
                || !counts_problems(&self.text[..whole.start()], unit, rest)
                    .unwrap_or_else(|| self.units.tell_problems(unit) || (unit == Some("个") && whole.as_str().contains("整改")));
            if is_partial || is_bare || counts_other { None } else { self.number(&found, "n") }
        })
    }

    /// 第22项“…”问题整改需要持续进行: named, not counted.
    fn named_open(&self, claims: &Claims) -> Option<Stated<u32>> {
        claims.done.as_ref()?;
        let found: Vec<_> = NAMED_OPEN.find_iter(self.text).collect();
        let first = found.first()?;
        Some(self.line.value(u32::try_from(found.len()).ok()?, self.at(first.range())))
    }
}

/// What a count may be of that is no problem: 完成换届3家.
const OTHER_NOUNS: &[char] = &['措', '制', '家', '人', '万', '次', '名', '村'];

/// Which of 问题 and 措施 the nearest words before a count are about.
fn counts_problems(before: &str, unit: Option<&str>, after: &str) -> Option<bool> {
    if after.starts_with("措施") || after.starts_with("整改措施") {
        return Some(false);
    }
    let last = |words: &[&str]| words.iter().filter_map(|word| before.rfind(word)).max();
    let problem = last(&["问题", "任务", "事项", "意见"]);
    let measure = last(&["措施", "举措", "制度", "资金", "项目"]);
    match (problem, measure) {
        (Some(problem), Some(measure)) if measure > problem => {
            let measured =
                [&MEASURES, &MEASURES_AFTER].into_iter().find_map(|pattern| Some(pattern.captures(before)?.name("unit")?.as_str()));
            // 31项具体问题,…86条,已完成28项: the unit that problems are counted in, and measures are not.
            let of_problems = |unit: &str| {
                [&SUMMED, &PROBLEMS].into_iter().any(|pattern| pattern.captures_iter(before).any(|found| &found["unit"] == unit))
            };
            let differs = unit.is_some() && measured.is_some_and(|measured| Some(measured) != unit);
            Some(differs && unit.is_some_and(|unit| unit == "个" || of_problems(unit)))
        }
        (Some(_), _) => Some(true),
        (None, Some(_)) => Some(false),
        (None, None) => None,
    }
}

/// How far back a count's own words are looked for.
const CLAUSE_CHARACTERS_MAX: usize = 150;

/// 查摆问题28个 at a 民主生活会, 帮助企业解决问题35个: counts of other problems than the inspection's.
fn is_of_another(before: &str) -> bool {
    static OTHER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"民主生活会|查摆|检视|对照检查|自查|自评|排查|查找|征集|征求|收集|解决|化解|领办|领衔|带头|包抓|督办|受理|信访|线索|督查发现|牵头|协调|走访",
        )
    });
    static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"反馈|巡[视察]组|指出|整改方案|整改任务|整改台账|问题清单|梳理|[。;]"));
    let near = before.char_indices().rev().nth(CLAUSE_CHARACTERS_MAX).map_or(0, |(at, _)| at);
    let before = &before[near..];
    OTHER.find_iter(before).last().is_some_and(|other| !OWN.is_match(&before[other.end()..]))
}

/// What an earlier inspection found is no claim of this one.
fn is_of_the_past(text: &str) -> bool {
    static PAST: LazyLock<Regex> = LazyLock::new(|| pattern(r"上[一]?[轮次届](?:[省市区县]委)?巡[视察]"));
    PAST.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::{Place, claims};
    use crate::model::{Block, Document};
    use crate::parse::{sentence, text};

    /// `aspects/problems/measures/rules done/open rate as-of`, `-` where nothing is claimed.
    #[track_caller]
    fn check(paragraph: &str, expected: &str) {
        let document = Document { blocks: vec![Block::Paragraph(paragraph.to_owned())], ..Document::default() };
        let lines = text::lines(&document);
        let places: Vec<Place> =
            sentence::sentences(&lines[0].text, 0..lines[0].text.len()).into_iter().map(|range| Place { line: 0, range }).collect();
        let found = claims(&lines, &places);
        let number = |value: &Option<crate::model::Stated<u32>>| value.as_ref().map_or("-".to_owned(), |value| value.value.to_string());
        let told = format!(
            "{}/{}/{}/{} {}/{} {} {}",
            number(&found.aspects),
            number(&found.problems),
            number(&found.measures),
            number(&found.rules),
            number(&found.done),
            number(&found.open),
            found.rate.as_ref().map_or("-".to_owned(), |rate| rate.value.to_string()),
            found.as_of.as_ref().map_or("-".to_owned(), |day| day.value.to_string()),
        );
        assert_eq!(told, expected, "in {paragraph:?}");
    }

    #[test]
    fn claims_are_what_the_notice_counts_of_itself() {
        check("针对巡察反馈的5个方面18个问题，制定53条整改措施。", "5/18/53/- -/- - -");
        check("对照反馈意见，梳理形成4大类32项整改任务，细化整改措施96项。", "-/32/96/- -/- - -");
        check("反馈问题共25个，已完成19个、正在整改6个，整改完成率76%。", "-/25/-/- 19/6 76 -");
        check("截至2023年12月31日，反馈的38个问题，已整改完成35个，基本完成1个，尚未完成2个。", "-/38/-/- 35/2 - 2023-12-31");
        check("目前，24个问题已全部完成整改。", "-/24/-/- 24/- - -");
        check("制定整改措施65项，已完成63项，正在推进2项。", "-/-/65/- -/- - -");
        check("反馈的27个问题制定整改措施99条，已完成整改25个，持续整改2个。", "-/27/99/- 25/2 - -");
        check("截至目前，已完成整改21个，需长期坚持3个。", "-/-/-/- 21/- - -");
        check("召开专题民主生活会，查摆问题28个，制定整改措施45条。", "-/-/-/- -/- - -");
        check("帮助企业解决问题35个。", "-/-/-/- -/- - -");
        check("建立健全制度12项，修订完善制度3项。", "-/-/-/12 -/- - -");
        check("修订完善32项规章制度。", "-/-/-/32 -/- - -");
        check("将反馈意见分解为6个方面18类58个具体问题，制定157条整改措施。", "6/58/157/- -/- - -");
        check("巡察组反馈三个方面十六个问题，我局制定四十二条整改措施。", "3/16/42/- -/- - -");
        check("按照要求完成所有问题整改，完成换届3家。", "-/-/-/- -/- - -");
        check("上一轮巡察反馈的21个问题已整改20个。", "-/-/-/- -/- - -");
        check("对照市委巡察反馈的7方面19个问题，认领问题19个，制定措施61条，明确责任领导和完成时限。", "7/19/61/- -/- - -");
        check("召开党组会9次，领导小组会议12次，班子成员带头领办3个问题。", "-/-/-/- -/- - -");
        check("697个问题已完成整改688个，基本完成4个，正在推进5个，完成率98.71%。", "-/697/-/- 688/5 98.71 -");
        check("截至2024年10月，省委巡视反馈的4方面30个问题，已整改销号28个，剩余2个正在有序推进。", "4/30/-/- 28/- - -");
        check("共制定整改措施120条，目前已全部落实。", "-/-/120/- -/- - -");
        check("巡视反馈的33个问题中，已完成31个，取得阶段性成效2个。", "-/33/-/- 31/- - -");
    }
}
