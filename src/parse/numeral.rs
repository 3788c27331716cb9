//! Numerals as Chinese documents write them: 24, 二十四, 两.

/// A whole number, in Arabic or Chinese digits; up to four digits of the latter.
pub(super) fn whole(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { chinese(text) }
}

fn chinese(text: &str) -> Option<u32> {
    let (mut total, mut digit, mut plain): (u32, Option<u32>, bool) = (0, None, true);
    for character in text.chars() {
        let unit = match character {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                let value = digit_of(character)?;
                digit = Some(if plain { digit.unwrap_or(0).checked_mul(10)?.checked_add(value)? } else { value });
                continue;
            }
        };
        plain = false;
        total = total.checked_add(digit.unwrap_or(1).checked_mul(unit)?)?;
        digit = None;
    }
    if text.is_empty() { None } else { total.checked_add(digit.unwrap_or(0)) }
}

fn digit_of(character: char) -> Option<u32> {
    match character {
        '两' => Some(2),
        '廿' => Some(20),
        _ => "〇一二三四五六七八九".chars().position(|digit| digit == character).and_then(|digit| u32::try_from(digit).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[track_caller]
    fn check(text: &str, expected: Option<u32>) {
        assert_eq!(whole(text), expected, "in {text:?}");
    }

    #[test]
    fn numbers_are_read_in_both_scripts() {
        check("24", Some(24));
        check("二十四", Some(24));
        check("十", Some(10));
        check("一百〇三", Some(103));
        check("二〇二四", Some(2024));
        check("两", Some(2));
        check("", None);
        check("甲", None);
        check("99999999999", None);
        check("九九九九九九九九九九九九", None);
    }
}
