//! Names of glyphs to characters (Adobe Glyph List Specification, section 2).

/// Those of ASCII and of Latin typesetting that are no letters; Chinese glyphs have names made of their numbers.
const NAMES: [(&str, char); 58] = [
    ("space", ' '),
    ("exclam", '!'),
    ("quotedbl", '"'),
    ("numbersign", '#'),
    ("dollar", '$'),
    ("percent", '%'),
    ("ampersand", '&'),
    ("quotesingle", '\''),
    ("parenleft", '('),
    ("parenright", ')'),
    ("asterisk", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("minus", '−'),
    ("period", '.'),
    ("slash", '/'),
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("colon", ':'),
    ("semicolon", ';'),
    ("less", '<'),
    ("equal", '='),
    ("greater", '>'),
    ("question", '?'),
    ("at", '@'),
    ("bracketleft", '['),
    ("backslash", '\\'),
    ("bracketright", ']'),
    ("asciicircum", '^'),
    ("underscore", '_'),
    ("grave", '`'),
    ("braceleft", '{'),
    ("bar", '|'),
    ("braceright", '}'),
    ("asciitilde", '~'),
    ("quoteleft", '‘'),
    ("quoteright", '’'),
    ("quotedblleft", '“'),
    ("quotedblright", '”'),
    ("endash", '–'),
    ("emdash", '—'),
    ("ellipsis", '…'),
    ("bullet", '•'),
    ("periodcentered", '·'),
    ("multiply", '×'),
    ("degree", '°'),
    ("section", '§'),
    ("fi", 'ﬁ'),
    ("fl", 'ﬂ'),
];

/// `None`: the name says nothing to anybody but its font.
pub(super) fn character(name: &str) -> Option<String> {
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    if let Some(digits) = stem.strip_prefix("uni").filter(|digits| digits.len() >= 4 && digits.len().is_multiple_of(4) && digits.is_ascii())
    {
        let units: Option<Vec<u16>> = (0..digits.len()).step_by(4).map(|at| u16::from_str_radix(&digits[at..at + 4], 16).ok()).collect();
        return String::from_utf16(&units?).ok();
    }
    if let Some(digits) = stem.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len())) {
        return u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from);
    }
    let mut characters = stem.chars();
    match (characters.next(), characters.next()) {
        (Some(letter), None) => Some(letter.to_string()),
        _ => NAMES.iter().find(|(known, _)| *known == stem).map(|(_, character)| character.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(super::character(name).as_deref(), expected, "{name}");
    }

    #[test]
    fn names_of_letters_marks_and_numbers_are_characters() {
        check("A", Some("A"));
        check("seven.tnum", Some("7"));
        check("uni65746539", Some("整改"));
        check("u20000", Some("\u{20000}"));
    }

    #[test]
    fn names_of_one_font_only_are_none() {
        for name in ["", ".notdef", "g17", "cid1234", "uni整", "uniD800", "u110000"] {
            check(name, None);
        }
    }
}
