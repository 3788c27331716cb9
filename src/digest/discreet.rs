//! Text to text that gives no private person away: mobile and identity numbers masked, names of contact persons shortened.

use std::ops::Range;

use super::clean::{clean, clip};
use crate::model::{Difference, Notice, Piece};

/// Masks what is private in the texts of one notice.
#[derive(Debug, Clone, Default)]
pub struct Discreet {
    /// Names of contact persons.
    names: Vec<Vec<char>>,
}

impl Discreet {
    pub fn of(notice: Option<&Notice>, difference: Option<&Difference>) -> Self {
        let now = notice.and_then(|notice| notice.contact.person.as_ref()).map(|person| person.value.as_str());
        let changed = difference.iter().flat_map(|difference| &difference.fields).filter(|field| field.name == "contact.person");
        let changed = changed.flat_map(|field| [field.before.as_deref(), field.after.as_deref()]).flatten();
        let is_name = |name: &Vec<char>| (2..=4).contains(&name.len()) && name.iter().all(|&c| ('\u{3400}'..='\u{9fff}').contains(&c));
        Self { names: now.into_iter().chain(changed).map(|name| name.trim().chars().collect()).filter(is_name).collect() }
    }

    /// A text as one clean line of at most so many characters. Masked before it is cut: half a number gives away as much.
    pub(super) fn line(&self, text: &str, characters_max: usize) -> String {
        clip(&self.text(&clean(text)), characters_max)
    }

    /// The text with as many characters as before.
    pub fn text(&self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        self.mask(&mut characters);
        characters.into_iter().collect()
    }

    /// Masks the pieces of a passage; a number may stretch over several of them.
    pub(super) fn pieces(&self, pieces: &[Piece]) -> Vec<Piece> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Same(text) => {
                    before.extend(text.chars());
                    after.extend(text.chars());
                }
                Piece::Deleted(text) => before.extend(text.chars()),
                Piece::Inserted(text) => after.extend(text.chars()),
            }
        }
        self.mask(&mut before);
        self.mask(&mut after);
        let (mut before_at, mut after_at) = (0, 0);
        let take = |from: &[char], at: &mut usize, text: &str| {
            let start = *at;
            *at += text.chars().count();
            from[start..*at].iter().collect::<String>()
        };
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Same(text) => {
                    let (old, new) = (take(&before, &mut before_at, text), take(&after, &mut after_at, text));
                    Piece::Same(old.chars().zip(new.chars()).map(|(old, new)| if old == '*' { '*' } else { new }).collect())
                }
                Piece::Deleted(text) => Piece::Deleted(take(&before, &mut before_at, text)),
                Piece::Inserted(text) => Piece::Inserted(take(&after, &mut after_at, text)),
            })
            .collect()
    }

    fn mask(&self, text: &mut [char]) {
        let digits: Vec<Option<char>> = text.iter().map(|&character| digit(character)).collect();
        for start in 0..text.len() {
            if digits[start].is_none() || (start > 0 && digits[start - 1].is_some()) {
                continue;
            }
            let abroad = matches!(digits[start..], [Some('8'), Some('6'), ..]).then(|| mobile(text, &digits, start + 2)).flatten();
            for masked in mobile(text, &digits, start)
                .or(abroad)
                .or_else(|| identity(text, &digits, start))
                .or_else(|| card(text, &digits, start))
                .into_iter()
                .flatten()
            {
                text[masked] = '*';
            }
        }
        for name in &self.names {
            for start in 0..(text.len() + 1).saturating_sub(name.len()) {
                if text[start..start + name.len()] == name[..] {
                    text[start + 1..start + name.len()].fill('某');
                }
            }
        }
    }
}

fn digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(character) - 0xfee0),
        _ => None,
    }
}

/// Places to mask of a mobile number, the middle four digits: 138****1234. Blanks or dashes may stand after its 3rd and 7th digit.
fn mobile(text: &[char], digits: &[Option<char>], start: usize) -> Option<Vec<usize>> {
    const GAP_MAX: usize = 3;
    let mut places = Vec::with_capacity(11);
    let mut at = start;
    while places.len() < 11 {
        let gap = text[at.min(text.len())..].iter().take_while(|character| is_gap(**character)).count();
        if gap > 0 {
            if !matches!(places.len(), 3 | 7) || gap > GAP_MAX {
                return None;
            }
            at += gap;
        }
        (*digits.get(at)?)?;
        places.push(at);
        at += 1;
    }
    let value = |index: usize| digits[places[index]];
    let mobile = value(0) == Some('1') && value(1).is_some_and(|second| second >= '3');
    let ends = digits.get(at).copied().flatten().is_none();
    (mobile && ends).then(|| places[3..7].to_vec())
}

fn is_gap(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}

/// Places to mask of an identity number, all but the first four: eighteen digits, the last may be X, with a date of birth in them.
fn identity(text: &[char], digits: &[Option<char>], start: usize) -> Option<Vec<usize>> {
    let body: String = digits.get(start..start + 17)?.iter().copied().collect::<Option<_>>()?;
    let last = *text.get(start + 17)?;
    let is_last = digits[start + 17].is_some() || matches!(last, 'x' | 'X' | '\u{ff38}' | '\u{ff58}');
    let ends = digits.get(start + 18).copied().flatten().is_none();
    let number = |range: Range<usize>| body[range].parse::<u32>().unwrap_or(0);
    let born = (1900..2100).contains(&number(6..10)) && (1..13).contains(&number(10..12)) && (1..32).contains(&number(12..14));
    (is_last && ends && born).then(|| (start + 4..start + 18).collect())
}

/// Places to mask of a bank card's number, all but the first and last four: 16 to 19 digits, in groups of four or not, with a
/// check digit (ISO/IEC 7812-1, annex B).
fn card(text: &[char], digits: &[Option<char>], start: usize) -> Option<Vec<usize>> {
    const DIGITS_MAX: usize = 19;
    let mut places = Vec::with_capacity(DIGITS_MAX);
    let mut at = start;
    while let Some(next) = digits.get(at) {
        match next {
            Some(_) => places.push(at),
            None if is_gap(text[at]) && places.len() % 4 == 0 && digits.get(at + 1).is_some_and(Option::is_some) => {}
            None => break,
        }
        at += 1;
    }
    let value = |place: &usize| digits[*place].and_then(|digit| digit.to_digit(10)).unwrap_or(0);
    let is_issued = matches!(places.first().map(value), Some(3..=6 | 9));
    let doubled = |digit: u32| digit * 2 / 10 + digit * 2 % 10;
    let sum: u32 =
        places.iter().rev().map(value).enumerate().map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum();
    let is_card = (16..=DIGITS_MAX).contains(&places.len()) && is_issued && sum.is_multiple_of(10);
    is_card.then(|| places[4..places.len() - 4].to_vec())
}

#[cfg(test)]
mod tests {
    use super::Discreet;
    use crate::model::Piece;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Discreet::default().text(text), expected);
    }

    #[test]
    fn mobile_identity_and_card_numbers_are_masked_and_nothing_else() {
        check("联系电话:13812345678。", "联系电话:138****5678。");
        check("138 1234 5678", "138 **** 5678");
        check("138-1234-5678,", "138-****-5678,");
        check("138 - 1234 - 5678", "138 - **** - 5678");
        check("１３８１２３４５６７８", "１３８****５６７８");
        check("13812345678", "138****5678");
        check("+8613812345678", "+86138****5678");
        check("+86 13812345678", "+86 138****5678");
        check("电话0595-22355925,邮编362000", "电话0595-22355925,邮编362000");
        check("金额12812345678元", "金额12812345678元");
        check("编号138123456789", "编号138123456789");
        check("身份证350502198001011234", "身份证3505**************");
        check("35050219800101123X", "3505**************");
        check("账号350502998001011234", "账号350502998001011234");
        check("卡号6222021001116245702。", "卡号6222***********5702。");
        check("6222 0210 0111 6245 702", "6222 **** **** ***5 702");
        check("4111-1111-1111-1111", "4111-****-****-1111");
        check("卡号6222021001116245707", "卡号6222021001116245707");
        check("统一社会信用代码 12350502489380135X", "统一社会信用代码 12350502489380135X");
    }

    #[test]
    fn a_number_is_masked_across_pieces() {
        let pieces =
            [Piece::Same("电话138 ".into()), Piece::Deleted("1234 ".into()), Piece::Inserted("9999 ".into()), Piece::Same("5678".into())];
        let masked =
            [Piece::Same("电话138 ".into()), Piece::Deleted("**** ".into()), Piece::Inserted("**** ".into()), Piece::Same("5678".into())];
        assert_eq!(Discreet::default().pieces(&pieces), masked);
    }

    #[test]
    fn a_contact_person_keeps_the_surname() {
        let discreet = Discreet { names: vec!["王小明".chars().collect()] };
        assert_eq!(discreet.text("联系人:王小明,王小明收"), "联系人:王某某,王某某收");
    }
}
