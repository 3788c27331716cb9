//! A number and its format code (ECMA-376 part 1, 18.8.30 and 18.8.31) to what a cell shows: dates, times, decimals, per cent.
//!
//! Formats beyond that (fractions, exponents, conditions) show the number in digits.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, date};

/// Excel writes at most 255 characters.
const CODE_BYTES_MAX: usize = 1024;

/// The code of a format that files name by number only, as Excel in Chinese shows it.
pub fn built_in(number: u16) -> &'static str {
    match number {
        1 => "0",
        2 => "0.00",
        3 | 37 | 38 => "#,##0",
        4 | 39 | 40 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        14 | 30 => "yyyy/m/d",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 52 | 57 => "yyyy\"年\"m\"月\"",
        28 | 29 | 51 | 53 | 54 | 58 => "m\"月\"d\"日\"",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 | 55 => "h\"时\"mm\"分\"",
        33 | 56 => "h\"时\"mm\"分\"ss\"秒\"",
        45 => "mm:ss",
        _ => "General",
    }
}

/// What the cell shows. Days are counted from 1900, or from 1904 where the workbook says so.
pub fn show(value: f64, code: &str, from_1904: bool) -> String {
    let code = &code[..code.floor_char_boundary(CODE_BYTES_MAX)];
    let sections: Vec<&str> = sections(code);
    let (section, value) = match sections.as_slice() {
        [_, negative, ..] if value < 0.0 && !negative.is_empty() => (*negative, -value),
        [_, _, zero, ..] if value == 0.0 => (*zero, value),
        [first, ..] => (*first, value),
        [] => ("General", value),
    };
    let tokens = tokens(section);
    if tokens.iter().any(|token| matches!(token, Token::Date(..))) {
        return moment(value, from_1904).map_or_else(|| general(value), |moment| dated(&tokens, moment));
    }
    numbered(&tokens, value)
}

/// As many digits as a cell shows.
pub fn general(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    // Fifteen digits are what Excel keeps; the sixteenth is an echo of binary fractions.
    let shown: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{shown}")
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(char),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    General,
    /// A letter of a date and how often it stands.
    Date(char, usize),
    /// AM/PM or 上午/下午.
    HalfDay(bool),
    Other,
}

/// Divided by `;` outside of quotes.
fn sections(code: &str) -> Vec<&str> {
    let (mut start, mut quoted, mut escaped, mut sections) = (0, false, false, Vec::new());
    for (at, character) in code.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                sections.push(&code[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    sections.push(&code[start..]);
    sections
}

fn tokens(section: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let characters: Vec<char> = section.chars().collect();
    let starts = |at: usize, word: &str| {
        let end = (at + word.chars().count()).min(characters.len());
        characters[at..end].iter().collect::<String>().eq_ignore_ascii_case(word)
    };
    let mut at = 0;
    while let Some(character) = characters.get(at).copied() {
        let mut length = 1;
        match character {
            '"' => {
                let quoted: Vec<char> = characters[at + 1..].iter().copied().take_while(|character| *character != '"').collect();
                length += quoted.len() + 1;
                tokens.extend(quoted.into_iter().map(Token::Literal));
            }
            '\\' => {
                tokens.extend(characters.get(at + 1).map(|character| Token::Literal(*character)));
                length = 2;
            }
            // A space as wide as the next sign, or a sign that fills the cell.
            '_' | '*' => length = 2,
            '[' => {
                let inner: String = characters[at + 1..].iter().take_while(|character| **character != ']').collect();
                length += inner.chars().count() + 1;
                let lower = inner.to_ascii_lowercase();
                if matches!(lower.as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    tokens.push(Token::Other);
                } else if let Some(currency) = inner.strip_prefix('$') {
                    tokens.extend(currency.split('-').next().unwrap_or_default().chars().map(Token::Literal));
                }
            }
            _ if starts(at, "General") => {
                tokens.push(Token::General);
                length = "General".len();
            }
            // What Excel in Chinese writes for General.
            _ if starts(at, "G/通用格式") => {
                tokens.push(Token::General);
                length = "G/通用格式".chars().count();
            }
            _ if starts(at, "AM/PM") => {
                tokens.push(Token::HalfDay(false));
                length = "AM/PM".len();
            }
            _ if starts(at, "上午/下午") => {
                tokens.push(Token::HalfDay(true));
                length = "上午/下午".chars().count();
            }
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'a' | 'A' => {
                let same = |other: &&char| other.eq_ignore_ascii_case(&character);
                length = characters[at..].iter().take_while(same).count();
                tokens.push(Token::Date(character.to_ascii_lowercase(), length));
            }
            '0' | '#' | '?' => tokens.push(Token::Digit(character)),
            '.' => tokens.push(Token::Point),
            ',' => tokens.push(Token::Comma),
            '%' => tokens.push(Token::Percent),
            'E' | 'e' | '@' => tokens.push(Token::Other),
            other => tokens.push(Token::Literal(other)),
        }
        at += length;
    }
    minutes(&mut tokens);
    tokens
}

/// `m` beside hours or seconds counts minutes; it is written `n` from here on.
fn minutes(tokens: &mut [Token]) {
    let dates: Vec<usize> = (0..tokens.len()).filter(|at| matches!(tokens[*at], Token::Date(..))).collect();
    let letter = |tokens: &[Token], at: Option<&usize>| match at.map(|at| &tokens[*at]) {
        Some(Token::Date(letter, _)) => *letter,
        _ => ' ',
    };
    for (number, at) in dates.iter().enumerate() {
        let before = letter(tokens, number.checked_sub(1).and_then(|number| dates.get(number)));
        let after = letter(tokens, dates.get(number + 1));
        if let Token::Date(letter @ 'm', count) = &mut tokens[*at]
            && *count <= 2
            && (before == 'h' || after == 's')
        {
            *letter = 'n';
        }
    }
}

fn moment(value: f64, from_1904: bool) -> Option<DateTime> {
    let first: Date = if from_1904 { date(1904, 1, 1) } else { date(1899, 12, 30) };
    if !(0.0..2_958_466.0).contains(&value) {
        return None;
    }
    let seconds = (value.fract() * 86_400.0).round() as i64;
    // Excel counts a 29th of February 1900, as Lotus did.
    let lotus = i64::from(!from_1904 && value < 60.0);
    first.at(0, 0, 0, 0).checked_add((value.trunc() as i64 + lotus).days().seconds(seconds)).ok()
}

fn dated(tokens: &[Token], moment: DateTime) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let weekday = ["一", "二", "三", "四", "五", "六", "日"][usize::from(moment.weekday().to_monday_zero_offset().unsigned_abs()) % 7];
    let has_halves = tokens.iter().any(|token| matches!(token, Token::HalfDay(_)));
    let hour = if has_halves { (moment.hour() + 11) % 12 + 1 } else { moment.hour() };
    let mut shown = String::new();
    let padded = |number: i8, count: usize| if count >= 2 { format!("{number:02}") } else { number.to_string() };
    for token in tokens {
        match *token {
            Token::Literal(character) => shown.push(character),
            Token::Date('y', 1 | 2) => shown.push_str(&format!("{:02}", moment.year() % 100)),
            Token::Date('y', _) => shown.push_str(&moment.year().to_string()),
            Token::Date('m', 3..) => shown.push_str(MONTHS[usize::from(moment.month().unsigned_abs() - 1) % 12]),
            Token::Date('m', count) => shown.push_str(&padded(moment.month(), count)),
            Token::Date('d', 3..) => shown.push_str(&format!("星期{weekday}")),
            Token::Date('d', count) => shown.push_str(&padded(moment.day(), count)),
            Token::Date('a', count) => shown.push_str(&if count > 3 { format!("星期{weekday}") } else { weekday.to_owned() }),
            Token::Date('h', count) => shown.push_str(&padded(hour, count)),
            Token::Date('n', count) => shown.push_str(&padded(moment.minute(), count)),
            Token::Date('s', count) => shown.push_str(&padded(moment.second(), count)),
            Token::HalfDay(true) => shown.push_str(if moment.hour() < 12 { "上午" } else { "下午" }),
            Token::HalfDay(false) => shown.push_str(if moment.hour() < 12 { "AM" } else { "PM" }),
            Token::Comma => shown.push(','),
            Token::Point => shown.push('.'),
            _ => {}
        }
    }
    shown
}

fn numbered(tokens: &[Token], value: f64) -> String {
    let is_plain = tokens.iter().all(|token| !matches!(token, Token::Other));
    let digit = |token: &Token| matches!(token, Token::Digit(_));
    let (Some(first), Some(last)) = (tokens.iter().position(digit), tokens.iter().rposition(digit)) else {
        return worded(tokens, value);
    };
    if !is_plain {
        return general(value);
    }
    let point = tokens.iter().position(|token| *token == Token::Point).unwrap_or(tokens.len());
    let after: Vec<char> =
        tokens.iter().skip(point).filter_map(|token| if let Token::Digit(sign) = token { Some(*sign) } else { None }).collect();
    let percents = tokens.iter().filter(|token| **token == Token::Percent).count();
    let thousands = tokens.iter().skip(last + 1).take_while(|token| **token == Token::Comma).count();
    let groups = tokens[first..last].contains(&Token::Comma);
    let scaled = value * 100f64.powi(percents.min(3) as i32) / 1000f64.powi(thousands.min(4) as i32);
    let mut digits = format!("{:.*}", after.len().min(20), scaled.abs());
    // Digits that need not stand: `#`.
    let optional = after.iter().rev().take_while(|sign| **sign == '#').count();
    for _ in 0..optional {
        if digits.ends_with('0') {
            digits.pop();
        }
    }
    let digits = if groups { grouped(digits.trim_end_matches('.')) } else { digits.trim_end_matches('.').to_owned() };
    let whole = tokens[first..point.clamp(first, tokens.len())].iter().filter(|token| **token == Token::Digit('0')).count();
    let zeros = whole.saturating_sub(digits.split('.').next().unwrap_or_default().len()).min(30);
    let mut shown = String::new();
    if scaled < 0.0 && digits.contains(|digit: char| ('1'..='9').contains(&digit)) {
        shown.push('-');
    }
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Digit(_) if at == first => {
                shown.extend(std::iter::repeat_n('0', zeros));
                shown.push_str(&digits);
            }
            Token::Literal(character) => shown.push(*character),
            Token::Percent => shown.push('%'),
            _ => {}
        }
    }
    shown
}

/// Formats without digits: General with words around it, or words alone.
fn worded(tokens: &[Token], value: f64) -> String {
    if !tokens.iter().any(|token| matches!(token, Token::General | Token::Literal(_))) {
        return general(value);
    }
    let mut shown = String::new();
    for token in tokens {
        match token {
            Token::Literal(character) => shown.push(*character),
            Token::General => shown.push_str(&general(value)),
            _ => {}
        }
    }
    shown
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut shown = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::{built_in, show};

    #[track_caller]
    fn check(value: f64, code: &str, expected: &str) {
        assert_eq!(show(value, code, false), expected, "{value} as {code}");
    }

    #[test]
    fn numbers_are_shown_by_their_format() {
        check(85.0, "General", "85");
        check(0.1 + 0.2, "General", "0.3");
        check(0.856, "0%", "86%");
        check(0.856, "0.0%", "85.6%");
        check(1234567.891, "#,##0.00", "1,234,567.89");
        check(-3.0, "0.00;(0.00)", "(3.00)");
        check(0.0, "0;-0;\"-\"", "-");
        check(7.0, "000", "007");
        check(12.5, "0.##\"万元\"", "12.5万元");
        check(3.0, "0\"项\"", "3项");
        check(5.0, "G/通用格式", "5");
    }

    #[test]
    fn dates_and_times_are_shown_by_their_format() {
        check(45546.0, built_in(14), "2024/9/11");
        check(45546.0, built_in(31), "2024年9月11日");
        check(45546.5, "yyyy-mm-dd hh:mm;@", "2024-09-11 12:00");
        check(45546.75, "[$-804]yyyy\"年\"m\"月\"d\"日\" 上午/下午h:mm", "2024年9月11日 下午6:00");
        check(45546.0, "aaaa", "星期三");
        check(1.0, "yyyy/m/d", "1900/1/1");
        assert_eq!(show(0.0, "yyyy/m/d", true), "1904/1/1");
        check(-1.0, "yyyy/m/d", "-1");
    }
}
