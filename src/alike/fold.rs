//! A text to what is compared of it: letters, digits and Chinese characters only, in half width and small letters.

/// Longest part of a problem that is compared, in characters; what follows is case text (如…).
const STATEMENT_CHARACTERS_MAX: usize = 120;
/// Most statements of one problem. The longest list in one pair of quotes that was seen has nine.
const STATEMENTS_MAX: usize = 12;
/// What is shorter says nothing alone: 一是, 不力.
const STATEMENT_CHARACTERS_MIN: usize = 4;

/// The statements that a problem is made of, folded, in order, each once: 商会底数不清；覆盖面不广 are two problems of one item.
///
/// A text of a few characters is one statement; one without letters has none.
pub fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split(['。', ';', '\u{ff1b}', '\n', '!', '\u{ff01}', '?', '\u{ff1f}']) {
        let statement: String = folded(part).take(STATEMENT_CHARACTERS_MAX).collect();
        let is_case = part.trim_start().starts_with(['如', '例']) && !found.is_empty();
        if statement.chars().count() >= STATEMENT_CHARACTERS_MIN && !is_case && !found.contains(&statement) {
            found.push(statement);
        }
        if found.len() == STATEMENTS_MAX {
            break;
        }
    }
    if found.is_empty() {
        let whole: String = folded(text).take(STATEMENT_CHARACTERS_MAX).collect();
        found.extend(Some(whole).filter(|whole| !whole.is_empty()));
    }
    found
}

/// The characters that count.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter_map(|character| {
        let character = match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0)?,
            other => other,
        };
        character.is_alphanumeric().then(|| character.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(statements(text), expected, "of {text:?}");
    }

    #[test]
    fn a_problem_is_taken_apart_into_what_it_states() {
        check("所属商会底数不清、失察失管；商会覆盖面不广", &["所属商会底数不清失察失管", "商会覆盖面不广"]);
        check("工作激情不高。个别干部想做就做;不力。", &["工作激情不高", "个别干部想做就做"]);
        check("采购手续不齐全。如2021年8月采购清扫工具21元。", &["采购手续不齐全"]);
        check("如何办文", &["如何办文"]);
        check("“三会一课”ＡＢ执行不严格", &["三会一课ab执行不严格"]);
        check("办文。办文", &["办文办文"]);
        check("。!", &[]);
    }
}
