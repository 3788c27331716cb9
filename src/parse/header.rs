//! The opening paragraph: who inspected whom and when, and when the findings were fed back.
//!
//! Days that are printed vaguely (8月下旬, 2023年9月) stay absent.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Inspection, Stated, Team};

use super::dates::{Mention, mentions, pattern};
use super::inspector::{fill_kind, fill_level, fill_word, kind, team};
use super::outline::{Part, Style};
use super::sentence::sentences;
use super::text::{Line, Place, folded};

/// Lines before the first section that are read as the opening.
const OPENING_LINES_MAX: usize = 8;

/// How many lines the opening has: up to the first section.
fn opening(lines: &[Line], parts: &[Part]) -> usize {
    let section = parts
        .iter()
        .find(|part| part.marker.as_ref().is_some_and(|marker| marker.style <= Style::Digit))
        .map_or(lines.len(), |part| part.line);
    section.clamp(1, OPENING_LINES_MAX).min(lines.len())
}

/// Lines read where no opening stands before the first section.
const FIRST_LINES: usize = 5;

pub(super) fn inspection(lines: &[Line], parts: &[Part], title: Option<&str>) -> Inspection {
    let found = read(&lines[..opening(lines, parts)], title);
    // The opening may stand below a heading: 一、基本情况.
    if found.team.is_none() && found.from.is_none() && found.target.is_none() {
        return read(&lines[..FIRST_LINES.min(lines.len())], title);
    }
    found
}

fn read(lines: &[Line], title: Option<&str>) -> Inspection {
    let mut inspection = Inspection::default();
    let all: Vec<Place> = lines
        .iter()
        .enumerate()
        .flat_map(|(number, line)| sentences(&line.text, 0..line.text.len()).into_iter().map(move |range| Place { line: number, range }))
        .collect();
    let opens = |place: &&Place| OPENS.is_match(&lines[place.line].text[place.range.clone()]);
    let mut ended = None;
    if let Some(place) = all.iter().find(opens) {
        let line = &lines[place.line];
        read_opening(line, place.range.clone(), &mut inspection);
        ended = last_month(&line.text[place.range.clone()]);
    }
    let ended = inspection.to.as_ref().or(inspection.from.as_ref()).map(|day| day.value).or(ended);
    if inspection.team.is_none() {
        inspection.team = all.iter().find_map(|place| team(&lines[place.line], place.range.clone()));
    }
    for place in &all {
        if inspection.feedback.is_none() {
            inspection.feedback = feedback(&lines[place.line], place.range.clone(), ended);
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
        r"(?:开展|进行|实施|展开|接受|组织)了?[^。;]{0,40}?巡[视察]|巡[视察][^。;]{0,12}?组[^。;]{0,60}?对[^。;]{2,80}?(?:开展|进行|实施|展开|巡[视察])|对[^。;]{2,80}?巡[视察]|巡[视察]了|组(?:[(][^()]*[)])?巡[视察][^。;,]{2,40}[,。;]",
    )
});

fn read_opening(line: &Line, range: Range<usize>, inspection: &mut Inspection) {
    inspection.team = team(line, range.clone());
    (inspection.from, inspection.to) = period(line, range.clone());
    inspection.target = target(line, range.clone(), inspection.team.as_ref());
    inspection.kind = kind(line, range);
}

static UNTIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:起|开始|始)?,?(?:至|到|-+)$"));

/// The first day of the first range and the last day of the last one.
fn period(line: &Line, range: Range<usize>) -> (Option<Stated<Date>>, Option<Stated<Date>>) {
    let found = mentions(&line.text, range.clone());
    let pairs: Vec<&[Mention]> = found.windows(2).filter(|pair| joined(line, pair)).collect();
    let Some(first) = pairs.first() else { return (beginning(line, &found), None) };
    let Some(from) = first[0].date() else { return (None, None) };
    // A later range goes on with the inspection; an earlier one is the time that was looked at.
    let follows = |pair: &&&[Mention]| pair[0].date().or_else(|| pair[0].in_year(from.year())).is_some_and(|begins| begins >= from);
    let last = pairs.iter().rev().find(follows).unwrap_or(first);
    let begins = last[0].date().or_else(|| last[0].in_year(from.year())).unwrap_or(from);
    let stated = |date: Date, mention: &Mention| line.value(date, mention.range.clone());
    let to = last[1].date().or_else(|| last[1].in_year(begins.year()).filter(|date| *date >= begins));
    let to = to.map(|to| stated(to, &last[1])).or_else(|| {
        let next_year = last[1].in_year(begins.year() + 1).filter(|_| last[1].year.is_none())?;
        Some(Stated { inferred: true, ..stated(next_year, &last[1]) })
    });
    (Some(stated(from, &first[0])), to)
}

/// 2022年6月13日起: a beginning without an end.
fn beginning(line: &Line, found: &[Mention]) -> Option<Stated<Date>> {
    let begins =
        |mention: &&Mention| line.text[mention.range.end..].starts_with('起') || line.text[mention.range.end..].starts_with("开始");
    let mention = found.iter().find(begins)?;
    Some(line.value(mention.date()?, mention.range.clone()))
}

fn joined(line: &Line, pair: &[Mention]) -> bool {
    pair[0].range.end <= pair[1].range.start && UNTIL.is_match(&line.text[pair[0].range.end..pair[1].range.start])
}

static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:对|(?:进驻|入驻))(?P<target>(?:[^,。;:()]|[(][^()]*[)])+?)(?:(?:同步|集中|分别|统筹|先后|同时)*(?:组织)?(?:开展|进行|实施|展开)|(?:的)?(?:常规|专项|机动|提级)*巡[视察])|(?:巡[视察]了|组(?:[(][^()]*[)])?巡[视察])(?P<after>(?:[^,。;:()]|[(][^()]*[)])+)|(?:^|[,。;])(?P<passive>[^,。;:]{2,40}?)接受了?[^,。;]{0,30}巡[视察]",
    )
});

fn target(line: &Line, range: Range<usize>, team: Option<&Stated<Team>>) -> Option<Stated<String>> {
    let text = &line.text;
    // After the team where it is named first: 市委巡察四组于…对….
    let after_team =
        team.and_then(|team| text[range.clone()].find(&folded(&team.value.as_written))).map_or(range.start, |at| range.start + at);
    [after_team, range.start].into_iter().find_map(|start| target_from(line, start..range.end))
}

fn target_from(line: &Line, range: Range<usize>) -> Option<Stated<String>> {
    TARGET.captures_iter(&line.text[range.clone()]).find_map(|found| {
        let found = found.name("target").or(found.name("after")).or(found.name("passive"))?;
        let rest = &line.text[range.start + found.end()..];
        // 对…社区党组织开展了: the 组织 is the body's, not the verb's.
        let end = found.end() + if found.as_str().ends_with('党') && rest.starts_with("组织") { "组织".len() } else { 0 };
        let place = line.trimmed(range.start + found.start()..range.start + end, &['“', '了'], &['”', '的', '了']);
        let name = &line.text[place.clone()];
        let is_body = (2..=120).contains(&name.chars().count()) && !NO_BODY.is_match(name);
        is_body.then(|| line.stated(place))
    })
}

/// 对反馈的问题进行了整改 names no body.
static NO_BODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"委第[一二三四五六七八九十0-9]+$|问题|反馈|意见|整改|巡[视察]|(?:情况|工作)$|^(?:照|此|标|期间|结束|组|办|工作)")
});

static FEEDBACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"反馈"));
/// 3月1日召开会议传达学习反馈意见 is no day of feedback.
static ANOTHER_ACT: LazyLock<Regex> = LazyLock::new(|| pattern(r"开展|传达|学习|研究|部署|对照|针对|根据|按照|落实|完成|整改"));
static NOT_FEEDBACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:的|问题|意见(?:的)?(?:整改|落实|提出|指出|要求)|情况|各|[0-9])"));

/// The last day before the word 反馈 that is no end of a range; without a year it takes that of the inspection's end.
fn feedback(line: &Line, range: Range<usize>, ended: Option<Date>) -> Option<Stated<Date>> {
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
            || ANOTHER_ACT.is_match(between)
            || text[range.start..last.range.start].ends_with(['至', '到'])
        {
            continue;
        }
        if let Some(date) = last.date() {
            return Some(line.value(date, last.range.clone()));
        }
        return inferred(line, last, ended?);
    }
    None
}

/// The month that an inspection of months ended in (2022年2月至4月, 3月中旬至6月底), to infer a year by; no day is told.
fn last_month(text: &str) -> Option<Date> {
    static MONTHS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?P<year>20[0-9]{2})年(?P<from>[0-9]{1,2})月[^,。;0-9]{0,4}(?:[0-9]{1,2}日)?(?:起)?(?:至|到|-+)(?:(?P<next>20[0-9]{2})年)?(?P<to>[0-9]{1,2})月",
        )
    });
    let found = MONTHS.captures(text)?;
    let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
    Date::new(number("next").or(number("year"))?, i8::try_from(number("to")?).ok()?, 1).ok()
}

fn inferred(line: &Line, mention: &Mention, end: Date) -> Option<Stated<Date>> {
    let same = mention.in_year(end.year())?;
    let date = if same < end { mention.in_year(end.year() + 1)? } else { same };
    Some(Stated { value: date, span: Some(line.span(mention.range.clone())), inferred: true })
}

#[cfg(test)]
mod tests {
    use crate::model::{Block, Document};
    use crate::parse;

    /// `kind/level/number target from..to feedback`, `-` where nothing is stated, `~` before an inferred day.
    #[track_caller]
    fn check(opening: &str, expected: &str) {
        let document = Document {
            blocks: vec![Block::Paragraph(opening.to_owned()), Block::Paragraph("一、关于“学习不深入”问题的整改情况".to_owned())],
            ..Document::default()
        };
        let found = parse::notice(&document).inspection;
        let day = |day: &Option<crate::model::Stated<jiff::civil::Date>>| {
            day.as_ref().map_or("-".to_owned(), |day| format!("{}{}", if day.inferred { "~" } else { "" }, day.value))
        };
        let told = format!(
            "{}/{}/{} {} {}..{} {}",
            found.kind.as_ref().map_or("-".to_owned(), |kind| format!("{:?}", kind.value)),
            found.level.as_ref().map_or("-".to_owned(), |level| format!("{:?}", level.value)),
            found.team.as_ref().and_then(|team| team.value.number).map_or("-".to_owned(), |number| number.to_string()),
            found.target.as_ref().map_or("-", |target| target.value.as_str()),
            day(&found.from),
            day(&found.to),
            day(&found.feedback),
        );
        assert_eq!(told, expected, "in {opening:?}");
    }

    #[test]
    fn openings_tell_who_inspected_whom_and_when() {
        check(
            "根据区委统一部署,2024年1月4日至2月2日,区委巡察一组对区工商联开展了巡察,并于2024年3月20日反馈了巡察意见。",
            "-/County/1 区工商联 2024-01-04..2024-02-02 2024-03-20",
        );
        check(
            "区委第三巡察组于2020年8月17日至10月23日对区教育局党组开展了专项巡察。2021年1月8日，反馈了意见。",
            "Special/County/3 区教育局党组 2020-08-17..2020-10-23 2021-01-08",
        );
        check(
            "2021年4月1日—5月28日，县委巡察二组对县科协党组开展常规巡察。6月30日，县委巡察二组向县科协党组反馈了巡察意见。",
            "Routine/County/2 县科协党组 2021-04-01..2021-05-28 ~2021-06-30",
        );
        check(
            "从2021年10月8日到2022年1月12日，省委第八巡视组对福江学院党委进行了常规巡视，同步开展选人用人专项检查，2022年3月4日，省委第八巡视组向福江学院党委反馈了巡视意见。",
            "Routine/Province/8 福江学院党委 2021-10-08..2022-01-12 2022-03-04",
        );
        check(
            "2023年9月至11月，市委第五巡察组对市司法局党组开展了常规巡察，2024年1月5日反馈意见。",
            "Routine/City/5 市司法局党组 -..- 2024-01-05",
        );
        check(
            "2023年5月15日至7月5日，中央第三巡视组对国家能源江河集团党组进行了常规巡视。9月25日，中央第三巡视组向集团党组反馈了巡视意见。",
            "Routine/Central/3 国家能源江河集团党组 2023-05-15..2023-07-05 ~2023-09-25",
        );
        check(
            "根据州委巡察工作安排，州委第一巡察组于2022年5月10日至6月30日，对州残联党组开展了巡察，并于2022年8月12日向州残联党组反馈了巡察意见，指出了4个方面12个问题。",
            "-/City/1 州残联党组 2022-05-10..2022-06-30 2022-08-12",
        );
        check(
            "按照市委巡察工作要求，2020年4月20日至5月29日、6月8日至6月19日，市委第三巡察组对市信访局党组开展了常规巡察，并于2020年8月7日反馈巡察意见。",
            "Routine/City/3 市信访局党组 2020-04-20..2020-06-19 2020-08-07",
        );
        check(
            "2022年3月24日至31日，区委第二机动巡察组对幸福社区党总支开展了机动巡察。",
            "Mobile/County/2 幸福社区党总支 2022-03-24..2022-03-31 -",
        );
        check(
            "2023.3.6-2023.5.12，市委巡察六组对市文联党组开展了常规巡察；2023.7.14反馈了意见。",
            "Routine/City/6 市文联党组 2023-03-06..2023-05-12 2023-07-14",
        );
        check(
            "二〇二一年三月八日至五月十四日，县委第四巡察组对县气象局党组开展了常规巡察，并于二〇二一年七月二日反馈了巡察意见。",
            "Routine/County/4 县气象局党组 2021-03-08..2021-05-14 2021-07-02",
        );
    }

    #[test]
    fn openings_of_rarer_forms_tell_the_same() {
        check("市委第六巡察组巡察了我局党组，于2022年9月9日反馈了巡察意见。", "-/City/6 我局党组 -..- 2022-09-09");
        check(
            "2021年9月7日至11月5日，市委第九巡察组进驻市水利局党组开展常规巡察。11月30日，市委召开巡察反馈会，向市水利局党组反馈意见。",
            "Routine/City/9 市水利局党组 2021-09-07..2021-11-05 ~2021-11-30",
        );
        check(
            "2021年9月7日至11月5日，市委第九巡察组对市水利局党组开展常规巡察。针对反馈的12个问题，2022年3月1日召开会议研究。",
            "Routine/City/9 市水利局党组 2021-09-07..2021-11-05 -",
        );
        check(
            "根据县委统一部署，县委第五巡察组2019年10月15日至12月10日对县医保局党组开展了营造“三个环境”专项巡察。2020年1月3日，向县医保局党组反馈了巡察意见。",
            "Special/County/5 县医保局党组 2019-10-15..2019-12-10 2020-01-03",
        );
        check(
            "2021年3月15日至5月30日，新疆维吾尔自治区党委第五巡视组对自治区广电局党组开展了常规巡视。",
            "Routine/Province/5 自治区广电局党组 2021-03-15..2021-05-30 -",
        );
        check(
            "2021年3月15日至5月30日，区委第三巡察组对区机关事务管理局党组（含下属车队、食堂）开展了巡察。同年7月9日反馈了意见。",
            "-/County/3 区机关事务管理局党组（含下属车队、食堂） 2021-03-15..2021-05-30 ~2021-07-09",
        );
        check(
            "根据区委巡察工作领导小组的部署要求，区委第一巡察组对区妇联党组进行了为期一个半月的常规巡察（2022年7月1日至8月15日）。",
            "Routine/County/1 区妇联党组 2022-07-01..2022-08-15 -",
        );
        check(
            "2020年10月12日至12月11日，省委第一提级巡视组对海湾县开展了提级巡视，2021年2月3日反馈意见。",
            "-/Province/1 海湾县 2020-10-12..2020-12-11 2021-02-03",
        );
        check("按照省委部署，省委巡视组于2017年3月至5月对省农科院党组进行了巡视。", "-/Province/- 省农科院党组 -..- -");
        check(
            "市委涉粮领域专项巡察第二组于2021年12月1日至2022年1月20日对市粮食集团党委开展巡察，2022年4月1日市委巡察办向市粮食集团党委反馈了情况。",
            "Special/City/2 市粮食集团党委 2021-12-01..2022-01-20 2022-04-01",
        );
        check(
            "2022年3月1日始，至4月29日止，县委村级巡察第一组对县水利局党组及所属5家党组织开展了巡察，6月10日进行了反馈。",
            "-/County/1 县水利局党组及所属5家党组织 2022-03-01..2022-04-29 ~2022-06-10",
        );
        check(
            "师市党委第二巡察组于2022年4月6日开始，至2022年6月5日结束，对某团党委开展常规巡察。",
            "Routine/City/2 某团党委 2022-04-06..2022-06-05 -",
        );
        check("2022年2月至4月，市委巡察组（四组）巡察市残联党组，5月27日反馈了意见。", "-/City/4 市残联党组 -..- ~2022-05-27");
        check(
            "十九届中央第六轮巡视第七巡视组于2020年10月10日至12月10日对某集团党组开展了常规巡视，2021年2月2日反馈。",
            "Routine/Central/7 某集团党组 2020-10-10..2020-12-10 2021-02-02",
        );
        check("2022年11月28日，区委第四巡察组向区统计局党组反馈了巡察意见。现将整改情况公布如下。", "-/County/4 - -..- 2022-11-28");
        check(
            "2022年6月13日起，市委第二巡察组对市社科联党组开展了为期45天的常规巡察。9月2日反馈。",
            "Routine/City/2 市社科联党组 2022-06-13..- ~2022-09-02",
        );
        check(
            "2024年4月8日至6月7日，省委第十三巡视组对省药监局党组开展巡视“回头看”。",
            "LookBack/Province/13 省药监局党组 2024-04-08..2024-06-07 -",
        );
        check(
            "2024年4月8日至6月7日,市委第十巡察组对市属医院开展了医药领域腐败问题专项巡察，其中第一人民医院党委由第十巡察组负责。2024年8月23日，反馈了专项巡察意见。",
            "Special/City/10 市属医院 2024-04-08..2024-06-07 2024-08-23",
        );
        check(
            "根据中央统一部署，2021年10月28日至12月25日，中央第九巡视组对银河银行党委开展常规巡视。2022年2月21日，中央巡视组向银河银行党委反馈了巡视意见。",
            "Routine/Central/9 银河银行党委 2021-10-28..2021-12-25 2022-02-21",
        );
        check(
            "2023年2月20日至4月14日，市委第一巡察组、第二巡察组对开发区党工委开展了交叉巡察。",
            "-/City/1 开发区党工委 2023-02-20..2023-04-14 -",
        );
        check(
            "2023年2月20日至4月14日，学校党委第二巡察组对机电学院党委开展了常规巡察，5月10日反馈了意见。",
            "Routine/-/2 机电学院党委 2023-02-20..2023-04-14 ~2023-05-10",
        );
    }
}
