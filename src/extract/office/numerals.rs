//! A paragraph's number to the text that Word shows for it: ECMA-376 part 1, 17.18.59 (ST_NumberFormat), and the same
//! formats by the codes that binary files use (MS-OSHARED 2.2.1.3, MSONFC).

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Decimal,
    DecimalZero,
    FullWidth,
    UpperRoman,
    LowerRoman,
    UpperLetter,
    LowerLetter,
    Ordinal,
    /// 一二三 … 十 十一.
    Counting,
    /// 一二三 … 一〇 一一: the digits one by one.
    Digits,
    /// 壹贰叁.
    LegalSimplified,
    /// 壹貳參.
    LegalTraditional,
    /// ①.
    Circle,
    /// ⒈.
    Stop,
    /// ⑴.
    Brackets,
    /// ㈠.
    IdeographBrackets,
    /// ㊀.
    IdeographCircle,
    /// 甲乙丙.
    Stems,
    /// 子丑寅.
    Branches,
    /// A mark that is the same for all.
    Bullet,
    None,
}

impl Format {
    pub fn named(name: &str) -> Self {
        match name {
            "decimalZero" => Self::DecimalZero,
            "decimalFullWidth" | "decimalFullWidth2" => Self::FullWidth,
            "upperRoman" => Self::UpperRoman,
            "lowerRoman" => Self::LowerRoman,
            "upperLetter" => Self::UpperLetter,
            "lowerLetter" => Self::LowerLetter,
            "ordinal" => Self::Ordinal,
            "chineseCounting" | "chineseCountingThousand" | "japaneseCounting" | "taiwaneseCounting" | "taiwaneseCountingThousand" => {
                Self::Counting
            }
            "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital" => Self::Digits,
            "chineseLegalSimplified" => Self::LegalSimplified,
            "ideographLegalTraditional" | "japaneseLegal" => Self::LegalTraditional,
            "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => Self::Circle,
            "decimalEnclosedFullstop" => Self::Stop,
            "decimalEnclosedParen" => Self::Brackets,
            "ideographEnclosedCircle" => Self::IdeographCircle,
            "ideographTraditional" => Self::Stems,
            "ideographZodiac" => Self::Branches,
            "bullet" => Self::Bullet,
            "none" => Self::None,
            _ => Self::Decimal,
        }
    }

    pub fn of_code(code: u8) -> Self {
        match code {
            1 => Self::UpperRoman,
            2 => Self::LowerRoman,
            3 => Self::UpperLetter,
            4 => Self::LowerLetter,
            5 => Self::Ordinal,
            10 | 17 | 36 => Self::Digits,
            11 | 33 | 35 | 37 | 39 => Self::Counting,
            14 | 19 => Self::FullWidth,
            16 | 34 => Self::LegalTraditional,
            18 | 28 => Self::Circle,
            22 => Self::DecimalZero,
            23 => Self::Bullet,
            26 => Self::Stop,
            27 => Self::Brackets,
            29 => Self::IdeographCircle,
            30 => Self::Stems,
            31 => Self::Branches,
            38 => Self::LegalSimplified,
            255 => Self::None,
            _ => Self::Decimal,
        }
    }

    /// The number as shown; in digits where the format has no sign for it.
    pub fn show(self, number: u32) -> String {
        let shown = match self {
            Self::DecimalZero => Some(format!("{number:02}")),
            Self::FullWidth => Some(full_width(number)),
            Self::UpperRoman => roman(number),
            Self::LowerRoman => roman(number).map(|roman| roman.to_lowercase()),
            Self::UpperLetter => letters(number),
            Self::LowerLetter => letters(number).map(|letters| letters.to_lowercase()),
            Self::Ordinal => Some(ordinal(number)),
            Self::Counting => Some(counting(number, "零一二三四五六七八九", "十百千", true)),
            Self::Digits => Some(number.to_string().bytes().map(|digit| nth("〇一二三四五六七八九", u32::from(digit - b'0'))).collect()),
            Self::LegalSimplified => Some(counting(number, "零壹贰叁肆伍陆柒捌玖", "拾佰仟", false)),
            Self::LegalTraditional => Some(counting(number, "零壹貳參肆伍陸柒捌玖", "拾佰仟", false)),
            Self::Circle => circled(number),
            Self::Stop => offset('⒈', number, 20),
            Self::Brackets => offset('⑴', number, 20),
            Self::IdeographBrackets => offset('㈠', number, 10),
            Self::IdeographCircle => offset('㊀', number, 10),
            Self::Stems => in_turn("甲乙丙丁戊己庚辛壬癸", number),
            Self::Branches => in_turn("子丑寅卯辰巳午未申酉戌亥", number),
            Self::Bullet | Self::None => Some(String::new()),
            Self::Decimal => None,
        };
        shown.unwrap_or_else(|| number.to_string())
    }
}

fn nth(characters: &str, at: u32) -> char {
    characters.chars().nth(at as usize).unwrap_or('?')
}

/// 1 is the first character.
fn in_turn(characters: &str, number: u32) -> Option<String> {
    characters.chars().nth(number.checked_sub(1)? as usize).map(String::from)
}

fn offset(first: char, number: u32, last: u32) -> Option<String> {
    let at = number.checked_sub(1).filter(|_| number <= last)?;
    char::from_u32(first as u32 + at).map(String::from)
}

fn circled(number: u32) -> Option<String> {
    match number {
        21..=35 => char::from_u32('㉑' as u32 + number - 21).map(String::from),
        36..=50 => char::from_u32('㊱' as u32 + number - 36).map(String::from),
        _ => offset('①', number, 20),
    }
}

fn full_width(number: u32) -> String {
    number.to_string().chars().filter_map(|digit| char::from_u32(digit as u32 + 0xfee0)).collect()
}

fn letters(number: u32) -> Option<String> {
    let at = number.checked_sub(1)?;
    let letter = char::from(b'A' + u8::try_from(at % 26).ok()?);
    (at < 26 * 20).then(|| std::iter::repeat_n(letter, at as usize / 26 + 1).collect())
}

fn ordinal(number: u32) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

fn roman(number: u32) -> Option<String> {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let (mut rest, mut shown) = (number, String::new());
    for (value, sign) in SIGNS {
        while rest >= value && number < 4000 {
            shown.push_str(sign);
            rest -= value;
        }
    }
    (!shown.is_empty()).then_some(shown)
}

/// 十, 二十三, 一百零五; `ten_alone` writes 十一 for 一十一. From ten thousand on the digits stand one by one.
fn counting(number: u32, digits: &str, units: &str, ten_alone: bool) -> String {
    if number == 0 || number > 9999 {
        return number.to_string().bytes().map(|digit| nth(digits, u32::from(digit - b'0'))).collect();
    }
    let mut shown = String::new();
    let mut gap = false;
    for power in (0..4).rev() {
        let digit = number / 10u32.pow(power) % 10;
        if digit == 0 {
            gap = !shown.is_empty();
            continue;
        }
        if gap {
            shown.push(nth(digits, 0));
            gap = false;
        }
        if !(ten_alone && power == 1 && digit == 1 && shown.is_empty()) {
            shown.push(nth(digits, digit));
        }
        if power > 0 {
            shown.push(nth(units, power - 1));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[track_caller]
    fn check(name: &str, expected: &[(u32, &str)]) {
        for (number, shown) in expected {
            assert_eq!(Format::named(name).show(*number), *shown, "{name} {number}");
        }
    }

    #[test]
    fn numbers_are_shown_as_word_shows_them() {
        check("chineseCounting", &[(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (105, "一百零五")]);
        check("japaneseCounting", &[(3, "三"), (12, "十二")]);
        check("chineseLegalSimplified", &[(1, "壹"), (12, "壹拾贰")]);
        check("ideographDigital", &[(1, "一"), (10, "一〇")]);
        check("decimalEnclosedCircle", &[(1, "①"), (20, "⑳"), (21, "㉑"), (51, "51")]);
        check("decimalEnclosedParen", &[(1, "⑴"), (21, "21")]);
        check("decimalFullWidth", &[(12, "１２")]);
        check("upperRoman", &[(4, "IV"), (1999, "MCMXCIX"), (0, "0")]);
        check("lowerLetter", &[(1, "a"), (27, "aa")]);
        check("ideographTraditional", &[(2, "乙"), (11, "11")]);
        check("bullet", &[(3, "")]);
        check("unheardOf", &[(7, "7")]);
    }

    #[test]
    fn the_codes_of_binary_files_mean_the_same() {
        assert_eq!(Format::of_code(39).show(12), "十二");
        assert_eq!(Format::of_code(0).show(12), "12");
        assert_eq!(Format::of_code(255).show(12), "");
    }
}
