//! Whom to write to: telephone, address, postcode, mail, and the person where one is named.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Contact, Stated};

use super::dates::{mentions, pattern};
use super::sentence::sentences;
use super::text::{Line, Place};

static CUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"电话|联系方式|联系人|地址|邮政信箱|邮编|邮政编码|邮箱|邮件|E-?mail|e-?mail|公示期|公示时间|来信|寄至"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"1[3-9][0-9]{9}|(?:\(0[0-9]{2,3}\)|0[0-9]{2,3}-*)?[1-9][0-9]{6,7}(?:-[0-9]{1,4})?|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{4}")
});
static EMAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"));
static POSTCODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:邮编|邮政编码|邮码|邮政编号)(?:为|是)?:?(?P<code>[0-9]{6})"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:邮政信箱|(?:通信|通讯|联系|邮寄|来信|办公|单位|来访|信函|寄信)*地址|信箱|(?:来信|信件|信函|意见)?请?(?:邮?寄至|邮?寄往|寄:|寄到|邮寄))(?:为|是)?(?::|(?P<bare>[\p{Han}]))",
    )
});
static PERSON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"联系人(?:为|是)?:?(?P<named>[\p{Han}]{2,4}?)(?:同志|先生|女士|主任|科长)?(?:[,;。、()]|电话|联系|手机|[0-9]|$)|(?:联系方式|联系电话|电话):?(?P<before>[\p{Han}]{2,4}?)(?:同志)?[,:(]?1[3-9][0-9]{9}",
    )
});

/// Lines from the end in which contacts are looked for.
const LINES_MAX: usize = 15;

/// Telephone numbers taken; a notice gives one or two. What was found is looked at again with each sentence.
const PHONES_MAX: usize = 30;

pub(super) fn contact(lines: &[Line]) -> Contact {
    let mut contact = Contact::default();
    let from = lines.len().saturating_sub(LINES_MAX);
    for (number, line) in lines.iter().enumerate().skip(from) {
        if !CUE.is_match(&line.text) {
            continue;
        }
        for range in sentences(&line.text, 0..line.text.len()) {
            if CUE.is_match(&line.text[range.clone()]) {
                read(line, &Place { line: number, range }, &mut contact);
            }
        }
    }
    contact
}

fn read(line: &Line, place: &Place, contact: &mut Contact) {
    let before = contact.clone();
    let text = &line.text[place.range.clone()];
    let at = |range: Range<usize>| place.range.start + range.start..place.range.start + range.end;
    let email = EMAIL.find(text).map(|found| found.range());
    let postcode = POSTCODE.captures(text).and_then(|found| found.name("code")).map(|code| code.range());
    if contact.email.is_none() {
        contact.email = email.clone().map(|range| line.stated(at(range)));
    }
    if contact.postcode.is_none() {
        contact.postcode = postcode.clone().map(|range| line.stated(at(range)));
    }
    if contact.address.is_none() {
        contact.address = address(text).map(|range| line.stated(at(range)));
    }
    let room = PHONES_MAX.saturating_sub(contact.phones.len());
    for range in phones(text, email, postcode).into_iter().take(room) {
        contact.phones.push(line.stated(at(range)));
    }
    if contact.person.is_none() {
        let person =
            PERSON.captures(text).and_then(|found| found.name("named").or(found.name("before"))).filter(|name| is_name(name.as_str()));
        contact.person = person.map(|name| line.stated(at(name.range())));
    }
    if contact.until.is_none() {
        (contact.from, contact.until) = window(line, place);
    }
    if contact.sentence.is_none() && *contact != before {
        contact.sentence = Some(line.stated(place.range.clone()));
    }
}

/// Characters between 公示期 and its first day: 为7天(.
const REMARK_CHARACTERS_MAX: usize = 8;

/// 公示期为2024年4月1日至10日: from when and until when one may write.
fn window(line: &Line, place: &Place) -> (Option<Stated<Date>>, Option<Stated<Date>>) {
    static WINDOW: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:公示(?:时间|期限?|起止时间)|(?:意见|受理|监督|反馈|接受监督)[\p{Han}]{0,4}(?:时间|期限?))(?:为|是)?:?(?:自|从)?")
    });
    let Some(word) = WINDOW.find(&line.text[place.range.clone()]) else { return (None, None) };
    let start = place.range.start + word.end();
    let days = mentions(&line.text, start..place.range.end);
    // 公示期限:7天(2023年10月9日至10月15日)
    let is_near = |at: usize| line.text[start..at].chars().count() <= REMARK_CHARACTERS_MAX;
    let [from, to] = match days.as_slice() {
        [from, to, ..] if is_near(from.range.start) && UNTIL.is_match(&line.text[from.range.end..to.range.start]) => [from, to],
        _ => return (None, None),
    };
    let Some(first) = from.date() else { return (None, None) };
    let last =
        to.date().or_else(|| [first.year(), first.year() + 1].into_iter().filter_map(|year| to.in_year(year)).find(|last| *last >= first));
    (Some(line.value(first, from.range.clone())), last.map(|last| line.value(last, to.range.clone())))
}

static UNTIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:起)?,?(?:至|到|-+)$"));

/// Numbers after the word 电话 or the like that are part of no mail address and no postcode.
fn phones(text: &str, email: Option<Range<usize>>, postcode: Option<Range<usize>>) -> Vec<Range<usize>> {
    let Some(cue) = PHONE_CUE.find(text) else { return Vec::new() };
    let overlaps = |range: &Range<usize>, other: &Option<Range<usize>>| {
        other.as_ref().is_some_and(|other| range.start < other.end && other.start < range.end)
    };
    PHONE
        .find_iter(text)
        .map(|found| found.range())
        .filter(|range| range.start >= cue.start() && !overlaps(range, &email) && !overlaps(range, &postcode))
        .filter(|range| {
            !text[..range.start].ends_with(|c: char| c.is_ascii_alphanumeric())
                && !text[range.end..].starts_with(|c: char| c.is_ascii_digit() || c == '号')
        })
        .filter(|range| range.len() != 5 || HOTLINE.is_match(&text[range.clone()]))
        .collect()
}

static PHONE_CUE: LazyLock<Regex> = LazyLock::new(|| pattern(r"电话|联系方式|手机|热线|联系人|传真"));
static HOTLINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^12[0-9]{3}$"));

/// From its label to the next label or stop.
fn address(text: &str) -> Option<Range<usize>> {
    let captures = ADDRESS.captures(text)?;
    let start = captures.name("bare").map_or(captures.get(0)?.end(), |bare| bare.start());
    let rest = &text[start..];
    let end = ADDRESS_END.find(rest).map_or(rest.len(), |found| found.start());
    (end > 0).then_some(start..start + end)
}

static ADDRESS_END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[,;。]|[(]?(?:邮编|邮政编码|收|联系)|、?(?:电子)?邮箱|(?:联系)?电话|[(]邮|邮编|[0-9]{6}$"));

/// 办公室 and the like are no names.
fn is_name(text: &str) -> bool {
    !["办公", "电话", "邮箱", "地址", "单位", "党", "局", "科", "室", "组", "联系", "方式", "部", "委", "信箱", "处", "号码", "监督"]
        .iter()
        .any(|word| text.contains(word))
}
