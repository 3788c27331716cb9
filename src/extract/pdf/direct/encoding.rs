//! Bytes of a string to codes, and codes to characters where a font has no ToUnicode table.

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_16BE, WINDOWS_1252};
use hayro_cmap::CMap;

use super::names;

/// How the bytes of a font's strings are cut into codes.
pub(super) enum Codes {
    /// One byte each, with their characters (ISO 32000-1, 9.6.6).
    Single(Vec<Option<String>>),
    /// Two bytes, which are numbers of glyphs: only ToUnicode tells what they mean.
    Numbers,
    /// A charset, which a predefined table turns into Adobe's numbers (9.7.5.2): what it means is known without that table.
    Charset { charset: &'static Encoding, space: u32 },
    /// A table that lies in the file.
    Own(Box<CMap>),
}

/// One character of a string, as the font numbers it.
pub(super) struct Code {
    pub value: u32,
    pub bytes: usize,
    /// The key of its width.
    pub cid: u32,
}

impl Codes {
    /// By the name of a predefined table; the text runs upright where it ends with V.
    pub(super) fn predefined(name: &str) -> Option<Self> {
        let stem = name.strip_suffix("-H").or_else(|| name.strip_suffix("-V"))?;
        // Adobe-GB1 has two sets of Latin letters, half as wide as Chinese ones and proportional; the others begin with one.
        let (charset, space) = match stem {
            "Identity" => return Some(Self::Numbers),
            "GB-EUC" | "GBK-EUC" => (GBK, 814),
            "GBpc-EUC" | "GBKp-EUC" => (GBK, 1),
            "GBK2K" => (GB18030, 1),
            "B5pc" | "ETen-B5" | "HKscs-B5" => (BIG5, 1),
            "ETenms-B5" => (BIG5, 13648),
            "UniGB-UCS2" | "UniGB-UTF16" | "UniCNS-UCS2" | "UniCNS-UTF16" => (UTF_16BE, 1),
            _ => return None,
        };
        Some(Self::Charset { charset, space })
    }

    /// The first code; `None` at the end.
    pub(super) fn first(&self, bytes: &[u8]) -> Option<Code> {
        let lead = *bytes.first()?;
        let code = |length: usize, cid: Option<u32>| {
            let value = bytes.iter().take(length).fold(0, |value, byte| value << 8 | u32::from(*byte));
            Code { value, bytes: length.min(bytes.len()), cid: cid.unwrap_or(value) }
        };
        Some(match self {
            Self::Single(_) => code(1, None),
            Self::Numbers => code(2, None),
            Self::Charset { charset, space } => {
                let length = length(charset, lead, bytes.get(1).copied());
                let mut code = code(length, None);
                // Chinese characters are all as wide as the font's usual width: only Latin ones have a number that matters.
                code.cid = if (0x20..0x7F).contains(&code.value) { code.value - 0x20 + space } else { u32::MAX };
                code
            }
            Self::Own(table) => {
                let found = (1..=4_u8).take(bytes.len()).find_map(|length| {
                    let candidate = code(usize::from(length), None);
                    Some((length, table.lookup_cid_code(candidate.value, length)?))
                });
                found.map_or_else(|| code(2, None), |(length, cid)| code(usize::from(length), Some(cid)))
            }
        })
    }

    /// What a code means by itself.
    pub(super) fn character(&self, code: u32, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Single(characters) => characters.get(code as usize)?.clone(),
            Self::Charset { charset, .. } => {
                charset.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
            }
            Self::Numbers | Self::Own(_) => None,
        }
    }

    /// One byte each, by the name of the table, with the differences that the font lists (code and name of the glyph).
    pub(super) fn single(base: Option<&str>, differences: &[(u8, String)]) -> Self {
        let mut characters: Vec<Option<String>> = (0..=u8::MAX).map(|byte| usual(base, byte)).collect();
        for (code, name) in differences {
            characters[usize::from(*code)] = names::character(name);
        }
        Self::Single(characters)
    }
}

/// Standard, Mac and Windows tables agree on ASCII but for its two quotes; beyond it Windows' is the usual one.
fn usual(base: Option<&str>, byte: u8) -> Option<String> {
    if byte < 0x20 {
        return None;
    }
    let charset = if base == Some("MacRomanEncoding") { encoding_rs::MACINTOSH } else { WINDOWS_1252 };
    charset.decode_without_bom_handling_and_without_replacement(&[byte]).map(|text| text.into_owned())
}

fn length(charset: &'static Encoding, lead: u8, second: Option<u8>) -> usize {
    if charset == UTF_16BE {
        return if (0xD8..=0xDB).contains(&lead) { 4 } else { 2 };
    }
    let is_four = charset == GB18030 && second.is_some_and(|second| second.is_ascii_digit());
    match lead {
        0..0x81 => 1,
        _ if is_four => 4,
        _ => 2,
    }
}

/// A string that is meant for people (ISO 32000-1, 7.9.2.2).
pub(super) fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, text @ ..] => UTF_16BE.decode_without_bom_handling(text).0.into_owned(),
        [0xEF, 0xBB, 0xBF, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        text => WINDOWS_1252.decode_without_bom_handling(text).0.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &str, bytes: &[u8], expected: &str) {
        let codes = Codes::predefined(table).unwrap();
        let (mut rest, mut text) = (bytes, String::new());
        while let Some(code) = codes.first(rest) {
            let (bytes, after) = rest.split_at(code.bytes);
            text.push_str(codes.character(code.value, bytes).as_deref().unwrap_or("?"));
            rest = after;
        }
        assert_eq!(text, expected, "{table}");
    }

    #[test]
    fn strings_in_the_charsets_of_predefined_tables_are_read_without_those_tables() {
        check("GBK-EUC-H", b"\xD5\xFB\xB8\xC4A1", "整改A1");
        check("GBK2K-H", b"\x81\x30\x81\x30\xD5\xFB", "\u{80}整");
        check("ETen-B5-H", b"\xBE\xE3\xA7\xEF", "整改");
        check("UniGB-UTF16-H", b"\x65\x74\xD8\x40\xDC\x00\x00\x41", "整\u{20000}A");
    }

    #[test]
    fn a_string_that_was_cut_ends_without_a_character() {
        check("GBK-EUC-H", b"\xD5\xFB\xD5", "整?");
        check("UniGB-UCS2-H", b"\x65\x74\x65", "整?");
        check("Identity-H", b"\x00\x01\x02", "??");
    }

    #[test]
    fn differences_replace_what_the_table_says() {
        let codes = Codes::single(Some("WinAnsiEncoding"), &[(65, "uni6574".to_owned()), (66, "g17".to_owned())]);
        let said: Vec<Option<String>> = [65_u8, 66, 67].iter().map(|code| codes.character(u32::from(*code), &[*code])).collect();
        assert_eq!(said, [Some("整".to_owned()), None, Some("C".to_owned())]);
    }

    #[test]
    fn strings_for_people_tell_their_charset_by_their_first_bytes() {
        assert_eq!(text_string(b"\xFE\xFF\x65\x74"), "整");
        assert_eq!(text_string("\u{feff}改".as_bytes()), "改");
        assert_eq!(text_string(b"fi"), "fi");
    }
}
