//! Numbers of Windows to encodings.

use encoding_rs::{Encoding, GB18030, WINDOWS_1252};

/// The Windows code pages of `\ansicpg`.
pub(super) fn code_page(number: i32) -> &'static Encoding {
    let label = match number {
        936 | 54936 => return GB18030,
        950 => "big5",
        932 => "shift_jis",
        949 => "euc-kr",
        65001 => "utf-8",
        1250..=1258 => return Encoding::for_label(format!("windows-{number}").as_bytes()).unwrap_or(WINDOWS_1252),
        _ => return WINDOWS_1252,
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// `\fcharset`: the numbers of Windows' LOGFONT; `None` where it says nothing of a code page.
pub(super) fn of_charset(number: i32) -> Option<&'static Encoding> {
    match number {
        0 => Some(WINDOWS_1252),
        134 => Some(GB18030),
        136 => Some(code_page(950)),
        128 => Some(code_page(932)),
        129 => Some(code_page(949)),
        204 => Some(code_page(1251)),
        238 => Some(code_page(1250)),
        _ => None,
    }
}
