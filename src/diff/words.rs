//! Text to the words that count when two texts are compared: characters folded, layout left out, runs kept whole.
//!
//! White space, control and zero-width characters are layout; full and half width, and the shapes of quotes and dashes, are one.

use std::ops::Range;

/// What a character counts as; `None` for layout.
pub(super) fn fold(character: char) -> Option<char> {
    match character {
        '!'..='~' | '\u{4e00}'..='\u{9fff}' => Some(character),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        '“' | '”' | '„' | '〝' | '〞' => Some('"'),
        '‘' | '’' => Some('\''),
        '—' | '–' | '―' | '‐' | '‑' | '−' | '─' | '﹣' => Some('-'),
        '•' | '・' | '‧' => Some('·'),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{61c}' => None,
        other if other.is_whitespace() || other.is_control() => None,
        other => Some(other),
    }
}

/// The text as it is compared: equal for two layouts of the same words.
pub(super) fn words(text: &str) -> String {
    text.chars().filter_map(fold).collect()
}

/// Whether two texts say the same in whatever layout.
pub(super) fn same_words(one: &str, other: &str) -> bool {
    one.chars().filter_map(fold).eq(other.chars().filter_map(fold))
}

/// The smallest thing that is marked as changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Word {
    /// A Chinese character or a mark of punctuation.
    Char(char),
    /// A number or a Latin word: 6.94, ESG, A4.
    Run(String),
}

/// A word and where it stands in its text, in bytes; layout after it belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) range: Range<usize>,
}

/// The tokens of a text; their ranges cover it from end to end, unless it holds no word at all.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3 + 1);
    let mut open = false;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let Some(folded) = fold(character) else {
            open = open && !character.is_whitespace();
            if let Some(last) = tokens.last_mut() {
                last.range.end = end;
            }
            continue;
        };
        let joins = is_run(folded) || (folded == '.' && character == '.' && point_in_number(&tokens, &text[end..]));
        match tokens.last_mut() {
            Some(Token { word: Word::Run(run), range }) if open && joins => {
                run.push(folded);
                range.end = end;
            }
            _ => {
                let start = if tokens.is_empty() { 0 } else { at };
                open = is_run(folded);
                let word = if open { Word::Run(folded.to_string()) } else { Word::Char(folded) };
                tokens.push(Token { word, range: start..end });
            }
        }
    }
    tokens
}

fn is_run(character: char) -> bool {
    character.is_ascii_alphanumeric() || (character.is_alphabetic() && !is_ideograph(character))
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn point_in_number(tokens: &[Token], rest: &str) -> bool {
    let after = rest.chars().next().and_then(fold).is_some_and(|next| next.is_ascii_digit());
    after && matches!(tokens.last(), Some(Token { word: Word::Run(run), .. }) if run.ends_with(|last: char| last.is_ascii_digit()))
}

/// How good a place this is to begin or end a mark after: 3 after a sentence, 2 after a clause, 1 after other punctuation.
pub(super) fn pause(word: &Word) -> u32 {
    match word {
        Word::Char('。' | '!' | '?' | ';') => 3,
        Word::Char(',' | '、' | ':' | '.') => 2,
        Word::Char(')' | '》' | '】' | '"' | ']') => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{same_words, tokens};

    #[track_caller]
    fn check_tokens(text: &str, expected: &[&str]) {
        let tokens = tokens(text);
        assert_eq!(tokens.iter().map(|token| &text[token.range.clone()]).collect::<Vec<_>>(), expected);
        assert_eq!(tokens.iter().map(|token| &text[token.range.clone()]).collect::<String>(), text);
    }

    #[test]
    fn numbers_and_latin_words_are_whole_and_chinese_goes_by_characters() {
        check_tokens("问题83个", &["问", "题", "83", "个"]);
        check_tokens("近6.94万元。", &["近", "6.94", "万", "元", "。"]);
        check_tokens("ESG 研讨", &["ESG ", "研", "讨"]);
        check_tokens("A4纸,共3.", &["A4", "纸", ",", "共", "3", "."]);
        check_tokens(" 27 24 3", &[" 27 ", "24 ", "3"]);
        check_tokens("20\u{200b}24年", &["20\u{200b}24", "年"]);
    }

    #[test]
    fn width_spacing_and_shape_of_marks_are_layout() {
        assert!(same_words("(一)“当下改”,共 27 条", "(一) \"当下改\",共27条"));
        assert!(same_words("0571—87051527", "0571-87051527"));
        assert!(!same_words("共27条", "共28条"));
    }
}
