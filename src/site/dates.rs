//! Texts of a row to its date. Knows how sites print dates; never guesses a year, never takes an index number for a date.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

/// What one piece of text says of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Whole(Date),
    YearMonth(i16, i8),
    MonthDay(i8, i8),
    Year(i16),
    /// Two digits or fewer: a day or a month, depending on its neighbours.
    Number(i8),
    Month(i8),
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a valid regular expression")
}

static WHOLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[^0-9A-Za-z./-])((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(日?)"));
static BARE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^((?:19|20)\d{2})(\d{2})(\d{2})$"));
static SHORT_YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})$"));
static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})日?\s*[-/.]?\s*((?:19|20)\d{2})[-/.年](\d{1,2})月?$"));
static YEAR_LAST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})[-/.月](\d{1,2})日?[-/.,\s]+((?:19|20)\d{2})年?$"));
static YEAR_MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})月?$"));
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?$"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^((?:19|20)\d{2})年?度?$"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})日?$"));
static MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})月$"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[T\s]*\d{1,2}[:：时]\d{1,2}(?:[:：分]\d{1,2}(?:\.\d+)?)?[分秒]?(?:Z|[+-]\d{2}:?\d{2})?$"));
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:发布|發布|公布|公开|更新|发文|成文|添加|录入|信息)?(?:时间|日期|時間|于)?\s*[:：]?\s*"));

/// Full-width digits and signs to plain ones, brackets and white space at the ends away.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        '－' | '–' | '—' | '−' => '-',
        '／' => '/',
        '．' => '.',
        '\u{a0}' | '\u{3000}' => ' ',
        other => other,
    };
    let text: String = text.chars().map(narrow).collect();
    text.trim_matches(|c: char| c.is_whitespace() || "[]()（）【】〔〕<>《》|·•:：,，;；".contains(c)).to_owned()
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The first day that the text names in full: `发布时间: 2024-09-12 09:52`. Not `2026-02-00018`, an index number.
pub(super) fn find(text: &str) -> Option<Date> {
    let text = plain(text);
    WHOLE.captures_iter(&text).find_map(|found| {
        let end = found.get(0)?.end();
        let after = &text[end..];
        let runs_on = found[4].is_empty() && after.starts_with(|c: char| c.is_ascii_alphanumeric() && c != 'T' && c != 't')
            || after.starts_with('-') && after[1..].starts_with(|c: char| c.is_ascii_digit());
        if runs_on { None } else { date(&found[1], &found[2], &found[3]) }
    })
}

/// What the text says if it says nothing but (a part of) a date, with or without brackets, a label and a time.
pub(super) fn exact(text: &str) -> Option<Part> {
    if text.len() > 80 {
        return None;
    }
    let text = plain(text);
    let text = LABEL.replace(&text, "");
    let text = plain(&TIME.replace(&text, ""));
    if text.is_empty() || text.len() > 24 {
        return None;
    }
    if text.contains(|c: char| c.is_ascii_alphabetic()) {
        return english(&text);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(found) = WHOLE.find(&text) {
        return (found.len() == text.len()).then(|| find(&text)).flatten().map(Part::Whole);
    }
    if let Some(found) = BARE.captures(&text) {
        return date(&found[1], &found[2], &found[3]).map(Part::Whole);
    }
    if let Some(found) = SHORT_YEAR.captures(&text) {
        // 24-09-12 can only be a year first; 09-12-24 could be anything.
        return found[1]
            .parse::<i16>()
            .ok()
            .filter(|year| (13..=60).contains(year))
            .and_then(|_| date(&format!("20{}", &found[1]), &found[2], &found[3]))
            .map(Part::Whole);
    }
    if let Some(found) = DAY_FIRST.captures(&text) {
        return date(&found[2], &found[3], &found[1]).map(Part::Whole);
    }
    if let Some(found) = YEAR_LAST.captures(&text) {
        return date(&found[3], &found[1], &found[2]).map(Part::Whole);
    }
    fragment(&text)
}

/// Sep 12, 2024 · 12 September 2024 · Sep 2024 · 12 Sep · Sep: what templates made abroad print on Chinese pages too.
fn english(text: &str) -> Option<Part> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^(?:(\d{1,2})(?:st|nd|rd|th)?[\s.,/-]*)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?(?:[\s.,/-]+(\d{1,2})(?:st|nd|rd|th)?)?(?:[\s.,/-]+((?:19|20)\d{2}))?$",
        )
    });
    let found = WORDS.captures(text)?;
    let name = found[2].to_ascii_lowercase();
    let month = i8::try_from(MONTHS.iter().position(|month| *month == name)? + 1).ok()?;
    let number = |at: usize| found.get(at).and_then(|found| found.as_str().parse::<i16>().ok());
    match (number(1).or(number(3)), number(4)) {
        (Some(day), Some(year)) => Date::new(year, month, i8::try_from(day).ok()?).ok().map(Part::Whole),
        (Some(day), None) => i8::try_from(day).ok().filter(|day| (1..=31).contains(day)).map(|day| Part::MonthDay(month, day)),
        (None, Some(year)) => Some(Part::YearMonth(year, month)),
        (None, None) => Some(Part::Month(month)),
    }
}

/// The date right behind a word for publication, in a text that says more: 发布时间：2024-09-12　来源：….
pub(super) fn published(text: &str) -> Option<Date> {
    static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:发布|發布|公布|公开|发文)(?:时间|日期|時間|于)?\s*[:：]?\s*((?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})")
    });
    LABELLED.captures(text).and_then(|found| find(&found[1]))
}

/// A day that needs a month's heading above it: 12日. A bare number may be anything.
pub(super) fn day_of_month(text: &str) -> Option<i8> {
    let text = plain(text);
    let digits = text.strip_suffix('日').or_else(|| text.strip_suffix('号'))?;
    digits.trim().parse().ok().filter(|day| (1..=31).contains(day))
}

fn fragment(text: &str) -> Option<Part> {
    let month = |text: &str| text.parse::<i8>().ok().filter(|month| (1..=12).contains(month));
    let day = |text: &str| text.parse::<i8>().ok().filter(|day| (1..=31).contains(day));
    if let Some(found) = YEAR_MONTH.captures(text) {
        return Some(Part::YearMonth(found[1].parse().ok()?, month(&found[2])?));
    }
    if let Some(found) = MONTH_DAY.captures(text) {
        return Some(Part::MonthDay(month(&found[1])?, day(&found[2])?));
    }
    if let Some(found) = YEAR.captures(text) {
        return found[1].parse().ok().map(Part::Year);
    }
    if let Some(found) = MONTH.captures(text) {
        return month(&found[1]).map(Part::Month);
    }
    NUMBER.captures(text).and_then(|found| day(&found[1])).map(Part::Number)
}

/// The day that neighbouring pieces say together: 12 | 2024-09, 09-12 | 2024, 2024 | 9月 | 12.
pub(super) fn joined(parts: &[Part]) -> Option<Date> {
    use Part::{Month, MonthDay, Number, Whole, Year, YearMonth};
    let triple = parts.windows(3).find_map(|three| match three {
        [Number(day), Month(month) | Number(month), Year(year)] => Date::new(*year, *month, *day).ok(),
        [Month(month), Number(day), Year(year)] | [Year(year), Month(month), Number(day)] => Date::new(*year, *month, *day).ok(),
        [Year(year), Number(month), Number(day)] => Date::new(*year, *month, *day).ok(),
        _ => None,
    });
    let pair = || {
        parts.windows(2).find_map(|two| match two {
            [Number(day), YearMonth(year, month)] | [YearMonth(year, month), Number(day)] => Date::new(*year, *month, *day).ok(),
            [Year(year), MonthDay(month, day)] | [MonthDay(month, day), Year(year)] => Date::new(*year, *month, *day).ok(),
            _ => None,
        })
    };
    let single = || parts.iter().find_map(|part| if let Whole(date) = part { Some(*date) } else { None });
    single().or(triple).or_else(pair)
}

/// The month and day that pieces name where no year stands beside them: 09-12, 9月 | 12日, 12 | 9月.
pub(super) fn month_day(parts: &[Part]) -> Option<(i8, i8)> {
    let single = parts.iter().find_map(|part| if let Part::MonthDay(month, day) = part { Some((*month, *day)) } else { None });
    single.or_else(|| {
        parts.windows(2).find_map(|two| match two {
            [Part::Month(month), Part::Number(day)] | [Part::Number(day), Part::Month(month)] => Some((*month, *day)),
            _ => None,
        })
    })
}

/// The only year that an address gives to this month and day: `/202409/t20240912_1.htm`, `/art/2024/9/12/art_1.html`.
pub(super) fn year_by_address(path: &str, month: i8, day: i8) -> Option<i16> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^0-9])(20\d{2})[-/]?(\d{1,2})[-/]?(\d{2}|\d)(?:[^0-9]|$)"));
    let mut years = path
        .split(['t', '_'])
        .flat_map(|piece| DAY.captures_iter(piece))
        .filter_map(|found| (found[2].parse() == Ok(month) && found[3].parse() == Ok(day)).then(|| found[1].parse().ok()).flatten());
    years.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(find(text).map(|date| date.to_string()).as_deref(), expected, "in {text:?}");
    }

    #[test]
    fn a_day_is_read_however_it_is_printed() {
        for text in
            ["2024-09-12", "[2024/9/12]", "2024年9月12日", "2024.09.12", "２０２４－０９－１２", "2024-\n 09-12", "2024-09-12T08:00:00"]
        {
            check(text, Some("2024-09-12"));
        }
        check("发布时间：2024-09-12 09:52", Some("2024-09-12"));
        check("来源:区纪委 2024-09-12", Some("2024-09-12"));
    }

    #[test]
    fn an_index_number_is_no_day() {
        check("2026-02-00018", None);
        check("索引号 11350502-2024-09-1201", None);
        check("2024-13-40", None);
        check("QZ2024-09-12", None);
        check("京政发〔2025〕28号", None);
    }

    #[track_caller]
    fn check_exact(text: &str, expected: Option<Part>) {
        assert_eq!(exact(text), expected, "in {text:?}");
    }

    #[test]
    fn a_text_that_is_nothing_but_a_date_is_told_from_one_that_mentions_it() {
        let day = Some(Part::Whole(Date::constant(2024, 9, 12)));
        for text in
            ["[2024-09-12]", "发布日期：2024-09-12 08:50:11", "(24-09-12)", "20240912", "12 2024-09", "09-12 2024", "2024年09月12日 10:00"]
        {
            check_exact(text, day);
        }
        check_exact("关于2024年9月12日停水的公告", None);
        check_exact("[09-12]", Some(Part::MonthDay(9, 12)));
        for text in ["Sep 12, 2024", "12 September 2024", "Sept. 12 2024", "12-Sep-2024", "sep 12th, 2024"] {
            check_exact(text, day);
        }
        check_exact("Sep 2024", Some(Part::YearMonth(2024, 9)));
        check_exact("12 Sep", Some(Part::MonthDay(9, 12)));
        check_exact("SEP", Some(Part::Month(9)));
        check_exact("Mayor 12", None);
        check_exact("2024-09", Some(Part::YearMonth(2024, 9)));
        check_exact("2024年", Some(Part::Year(2024)));
        check_exact("12", Some(Part::Number(12)));
        check_exact("2026-02-00018", None);
        check_exact("13-40", None);
    }

    #[track_caller]
    fn check_joined(pieces: &[&str], expected: Option<&str>) {
        let parts: Vec<Part> = pieces.iter().filter_map(|piece| exact(piece)).collect();
        assert_eq!(joined(&parts).map(|date| date.to_string()).as_deref(), expected, "in {pieces:?}");
    }

    #[test]
    fn a_date_in_pieces_is_put_together() {
        check_joined(&["12", "2024-09"], Some("2024-09-12"));
        check_joined(&["2024.09", "12日"], Some("2024-09-12"));
        check_joined(&["09-12", "2024"], Some("2024-09-12"));
        check_joined(&["2024年", "9月", "12日"], Some("2024-09-12"));
        check_joined(&["12", "09月", "2024"], Some("2024-09-12"));
        check_joined(&["09-12"], None);
        check_joined(&["2024"], None);
    }

    #[test]
    fn a_year_is_taken_from_the_address_only_where_month_and_day_agree() {
        assert_eq!(year_by_address("/zwgk/202409/t20240912_1.htm", 9, 12), Some(2024));
        assert_eq!(year_by_address("/art/2024/9/12/art_1_2.html", 9, 12), Some(2024));
        assert_eq!(year_by_address("/content/2024-09/12/content_1.htm", 9, 12), Some(2024));
        assert_eq!(year_by_address("/zwgk/202409/t20240911_1.htm", 9, 12), None);
        assert_eq!(year_by_address("/info/1011/2654.htm", 9, 12), None);
    }
}
