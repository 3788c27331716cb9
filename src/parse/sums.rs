//! Arithmetic that the notice itself gives: a total with its parts. Whether it holds is the reader's to see.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Sum;

use super::dates::pattern;
use super::outcomes;
use super::text::{Line, Place};

pub(super) fn sums(lines: &[Line], outcomes: &[outcomes::Found], claims: &[Place], everywhere: &[Place]) -> Vec<Sum> {
    let mut found = Vec::new();
    found.extend(claims.iter().filter_map(|place| of_progress(&lines[place.line], place)));
    found.extend(of_outcomes(lines, outcomes));
    found.extend(everywhere.iter().filter_map(|place| of_enumeration(&lines[place.line], place)));
    found
}

/// 党纪处分94人(党内警告53人,…); 213名(217人次): the parts belong to the last count before them.
fn of_outcomes(lines: &[Line], outcomes: &[outcomes::Found]) -> Vec<Sum> {
    let mut found = Vec::new();
    for (index, total) in outcomes.iter().enumerate() {
        let next_is_same = outcomes.get(index + 1).is_some_and(|next| next.whole == total.whole);
        if next_is_same {
            continue;
        }
        let parts: Vec<f64> = outcomes[index + 1..]
            .iter()
            .take_while(|part| part.place == total.place)
            .filter(|part| {
                part.outcome.part_of.as_ref() == Some(&total.outcome.what) && is_comparable(&part.outcome.unit, &total.outcome.unit)
            })
            .map(|part| part.outcome.count)
            .collect();
        if !parts.is_empty() && total.outcome.part_of.is_none() {
            let line = &lines[total.place.line];
            found.push(Sum {
                total: total.outcome.what.clone(),
                count: total.outcome.count,
                parts,
                sentence: line.span(total.place.range.clone()),
            });
        }
    }
    found
}

fn is_comparable(part: &str, total: &str) -> bool {
    let persons = ["人", "名", "人次"];
    part == total || (persons.contains(&part) && persons.contains(&total))
}

static TOTAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?P<count>[0-9]+)[个项条](?P<noun>(?:具体|反馈|整改|突出|主要)*(?:问题|任务|事项))"));
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:已(?:经)?(?:全部|整改)?(?:完成|整改|销号|办结)(?:整改|到位|完成|销号)*|完成整改|整改(?:完成|到位)|基本(?:完成|整改到位)(?:整改)?|正在(?:整改|推进)|(?:尚|还)?未(?:完成|整改)(?:整改|到位)*|(?:持续|长期|继续)(?:深化)?(?:整改|推进|坚持)|长期坚持|(?:取得)?阶段性(?:完成|成效)|部分完成)(?:的)?(?:问题)?(?:有|共)?(?P<count>[0-9]+)[个项条]?(?P<after>[,、;。(]|$)|(?P<named>第[0-9一二三四五六七八九十]+[项个](?:[“\x22][^”\x22]*[”\x22])?[^,。;]{0,20}?(?:需要?(?:长期|持续|进一步|继续)|未完成|尚未|正在|持续整改))",
    )
});

/// 24个具体问题,已完成23个,第22项…需要持续进行.
fn of_progress(line: &Line, place: &Place) -> Option<Sum> {
    let text = &line.text[place.range.clone()];
    let first = PART.find(text)?;
    let total = TOTAL.captures_iter(&text[..first.start()]).last()?;
    let parts: Vec<f64> = PART
        .captures_iter(text)
        .map(|part| part.name("count").map_or(Some(1.0), |count| count.as_str().parse().ok()))
        .collect::<Option<_>>()?;
    let count = total.name("count")?.as_str().parse().ok()?;
    (parts.len() > 1).then(|| Sum { total: total["noun"].to_owned(), count, parts, sentence: line.span(place.range.clone()) })
}

static ENUMERATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<subject>[“\x22]?[^,。;“”:]{2,30}[”\x22]?)(?:共)?(?:包括|包含|涵盖|吸纳|含|覆盖)(?:了)?(?P<list>[^,。;:()]{4,120}?)等(?:共)?(?P<count>[0-9]+)(?P<unit>个|家|名|所|人)(?P<noun>[\p{Han}]{1,6}?)(?:[,。;]|$)",
    )
});
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?P<count>[0-9]+)(?P<unit>个|家|名|所|人)"));

/// Whether a figure follows 等 anywhere: few sentences have one, and the pattern is slow.
fn counts_after_and_so_on(text: &str) -> bool {
    text.match_indices('等')
        .any(|(at, and_so_on)| text[at + and_so_on.len()..].trim_start_matches('共').starts_with(|c: char| c.is_ascii_digit()))
}

/// A、8个B商会、7个C商会等16个商会. 等 may leave some out, so only what adds up is a sum.
fn of_enumeration(line: &Line, place: &Place) -> Option<Sum> {
    let text = &line.text[place.range.clone()];
    if !counts_after_and_so_on(text) {
        return None;
    }
    let captures = ENUMERATION.captures(text)?;
    let (noun, unit) = (&captures["noun"], &captures["unit"]);
    let mut parts = Vec::new();
    let mut counted = false;
    for element in captures["list"].split('、') {
        let number = ELEMENT.captures(element).filter(|found| &found["unit"] == unit);
        counted |= number.is_some();
        if !element.ends_with(noun) {
            return None;
        }
        parts.push(number.map_or(Some(1.0), |found| found["count"].parse().ok())?);
    }
    let count: f64 = captures["count"].parse().ok()?;
    let subject = captures.name("subject")?;
    let range = line.trimmed(place.range.start + subject.start()..place.range.start + subject.end(), &['“', '"'], &['”', '"']);
    let sum = Sum { total: format!("{}{noun}", line.quote(range)), count, parts, sentence: line.span(place.range.clone()) };
    (counted && sum.holds() && sum.parts.len() > 1).then_some(sum)
}
