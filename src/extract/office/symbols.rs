//! Characters of symbol fonts to those of Unicode that show the same sign: tick boxes and marks of forms.

/// The character that shows the same; `None` where there is none that is sure.
pub fn character(font: &str, code: u32) -> Option<char> {
    let code = if (0xf000..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
    let found = match font.to_lowercase().as_str() {
        "wingdings" => match code {
            0x6c => '●',
            0x6e => '■',
            0x6f | 0xa8 => '□',
            0x75 => '◆',
            0x9f => '•',
            0xa1 => '○',
            0xfb => '✗',
            0xfc => '✓',
            0xfd => '☒',
            0xfe => '☑',
            0x81..=0x8a => char::from_u32('①' as u32 + code - 0x81)?,
            0x8c..=0x95 => char::from_u32('❶' as u32 + code - 0x8c)?,
            _ => return None,
        },
        "wingdings 2" => match code {
            0x50 => '✓',
            0x4f => '✗',
            0x51 | 0x53 => '☒',
            0x52 => '☑',
            0x2a | 0xa3 => '□',
            0x6a..=0x73 => char::from_u32('①' as u32 + code - 0x6a)?,
            _ => return None,
        },
        "symbol" => match code {
            0xb4 => '×',
            0xb8 => '÷',
            0xb1 => '±',
            0xa3 => '≤',
            0xb3 => '≥',
            0xb9 => '≠',
            0xb0 => '°',
            0xb7 => '·',
            0x20..=0x40 => char::from_u32(code)?,
            _ => return None,
        },
        // Any other font names characters of Unicode, but for its private area.
        _ => char::from_u32(code).filter(|character| !character.is_control() && !('\u{e000}'..='\u{f8ff}').contains(character))?,
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::character;

    #[test]
    fn a_tick_is_a_tick_in_every_symbol_font() {
        assert_eq!(character("Wingdings", 0xf0fe), Some('☑'));
        assert_eq!(character("Wingdings 2", 0x52), Some('☑'));
        assert_eq!(character("Wingdings 2", 0xf06b), Some('②'));
        assert_eq!(character("宋体", 0x25a1), Some('□'));
        assert_eq!(character("Webdings", 0xf034), None);
    }
}
