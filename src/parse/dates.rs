//! Dates in running text: 2024年1月4日, 1月4日, 2024-01-04, 二〇二四年一月四日, 6月底, 2024年底.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::numeral;

/// A day as printed; the year may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub range: Range<usize>,
    pub year: Option<i16>,
    /// 同年, 当年: the year of what was said before; 次年: one more.
    pub year_shift: i16,
    pub month: i8,
    pub day: i8,
}

impl Mention {
    pub fn date(&self) -> Option<Date> {
        Date::new(self.year?, self.month, self.day).ok()
    }

    pub fn in_year(&self, year: i16) -> Option<Date> {
        Date::new(year.checked_add(self.year_shift)?, self.month, self.day).ok()
    }
}

static DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:(?P<year>(?:19|20)[0-9]{2}|[一二][〇一二三四五六七八九]{3})年|(?P<same>同年|当年)|(?P<next>次年|翌年))?(?P<month>[0-9]{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]|(?P<y>20[0-9]{2})(?:-(?P<m1>[0-9]{1,2})-(?P<d1>[0-9]{1,2})|\.(?P<m2>[0-9]{1,2})\.(?P<d2>[0-9]{1,2})|/(?P<m3>[0-9]{1,2})/(?P<d3>[0-9]{1,2}))",
    )
});

static RANGE_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:起)?(?:至|到|-+)(?P<day>[0-9]{1,2})[日号]"));

/// Every day named in the text, in order.
pub(super) fn mentions(text: &str, within: Range<usize>) -> Vec<Mention> {
    let mut found = Vec::new();
    for captures in DAY.captures_iter(&text[within.clone()]) {
        let whole = captures.get(0).map_or(0..0, |whole| whole.range());
        let part = |name: &str| captures.name(name).and_then(|part| numeral::whole(part.as_str()));
        let (year, month, day) = match part("y") {
            Some(year) => (Some(year), part("m1").or(part("m2")).or(part("m3")), part("d1").or(part("d2")).or(part("d3"))),
            None => (part("year"), part("month"), part("day")),
        };
        let (Some(month), Some(day)) = (month.and_then(narrow), day.and_then(narrow)) else { continue };
        let mention = Mention {
            range: within.start + whole.start..within.start + whole.end,
            year: year.and_then(|year| i16::try_from(year).ok()),
            year_shift: i16::from(captures.name("next").is_some()),
            month,
            day,
        };
        if Date::new(mention.year.unwrap_or(2024), month, day).is_err() {
            continue;
        }
        let end = mention.range.end;
        found.push(mention);
        found.extend(short_end(text, end..within.end, month));
    }
    found
}

/// 3月4日至28日: the end of a range within one month.
fn short_end(text: &str, rest: Range<usize>, month: i8) -> Option<Mention> {
    let captures = RANGE_END.captures(&text[rest.clone()])?;
    let day = captures.name("day")?;
    let number = day.as_str().parse().ok()?;
    let range = rest.start + day.start()..rest.start + captures.get(0)?.end();
    Some(Mention { range, year: None, year_shift: 0, month, day: number })
}

fn narrow(number: u32) -> Option<i8> {
    i8::try_from(number).ok()
}

static BOUND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:(?P<year>20[0-9]{2})年)?(?:(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})[日号]|(?P<monthend>[0-9]{1,2})月(?:份)?(?P<bottom>底|末)?|年?(?P<yearend>底|末))",
    )
});

/// A day by which something is to be done: a day, the end of a month, the end of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub range: Range<usize>,
    pub year: Option<i16>,
    pub month: i8,
    /// `None`: the last of the month.
    pub day: Option<i8>,
}

impl Bound {
    pub fn in_year(&self, year: i16) -> Option<Date> {
        match self.day {
            Some(day) => Date::new(year, self.month, day).ok(),
            None => Date::new(year, self.month, 1).ok().map(Date::last_of_month),
        }
    }
}

/// The first such day in the text.
pub(super) fn bound(text: &str, within: Range<usize>) -> Option<Bound> {
    for captures in BOUND.captures_iter(&text[within.clone()]) {
        let whole = captures.get(0)?;
        let number = |name: &str| captures.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
        let range = within.start + whole.start()..within.start + whole.end();
        let year = number("year");
        let small = |name: &str| number(name).and_then(|number| i8::try_from(number).ok());
        if let (Some(month), Some(day)) = (small("month"), small("day")) {
            return Some(Bound { range, year, month, day: Some(day) });
        }
        // 6月前 leaves open which day is meant.
        let is_open = captures.name("bottom").is_none() && text[range.end..within.end].starts_with('前');
        if let Some(month) = small("monthend").filter(|month| (1..=12).contains(month) && !is_open) {
            return Some(Bound { range, year, month, day: None });
        }
        if captures.name("yearend").is_some() && year.is_some() {
            return Some(Bound { range, year, month: 12, day: None });
        }
    }
    None
}

pub(super) fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}
