//! Text of pages as a reader sees it: white space single, invisible characters gone.

use regex::Regex;

/// White space in the widest sense, and characters that take no room.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

/// Zero-width and direction marks, soft hyphens, byte order marks: pasted along, never seen.
pub fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
        || (character.is_control() && !character.is_whitespace())
}

/// White space single, ends trimmed, invisible characters gone; a line break of the markup beside a Chinese character is nothing.
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let (mut gap, mut broken_only) = (false, true);
    for character in text.chars() {
        if is_invisible(character) {
            continue;
        }
        if character.is_whitespace() {
            gap = true;
            broken_only &= matches!(character, '\n' | '\r' | '\t');
            continue;
        }
        if gap && !tidied.is_empty() {
            let beside_wide = is_wide(character) || tidied.chars().next_back().is_some_and(is_wide);
            if !(broken_only && beside_wide) {
                tidied.push(' ');
            }
        }
        (gap, broken_only) = (false, true);
        tidied.push(character);
    }
    tidied
}

/// Chinese characters and full-width signs.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff65}' | '\u{20000}'..='\u{3ffff}')
        || matches!(character, '\u{2018}'..='\u{201d}' | '\u{2026}' | '\u{2014}')
}

/// For comparing titles: no white space, one sort of quotes, brackets, dashes and colons.
pub fn same_form(text: &str) -> String {
    text.chars()
        .filter(|character| !is_blank(*character))
        .map(|character| match character {
            '\u{201c}' | '\u{201d}' => '"',
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
            '\u{2010}'..='\u{2015}' => '-',
            '\u{2022}' | '\u{30fb}' => '\u{b7}',
            other => other,
        })
        .collect()
}

/// A regular expression of our own.
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern stands in our code and is compiled by every test")
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(tidy(text), expected);
    }

    #[test]
    fn white_space_is_single_and_ends_are_trimmed() {
        check("\u{3000}\u{3000}强赋能 \u{a0} 提素养\u{200b} ", "强赋能 提素养");
        check("a\n b", "a b");
    }

    #[test]
    fn a_line_break_of_the_markup_inside_chinese_text_is_nothing() {
        check("巡察\n\t整改,\r\n情况", "巡察整改,情况");
        check("于\n2024年", "于2024年");
    }
}
