/// Most bytes of a name in UTF-8: file systems take 255, and somebody may add an ending.
const BYTES_MAX: usize = 150;

/// A name that a page gave to a file, as one that is harmless wherever it is shown or written: no folders, no controls, no
/// reversed direction, nothing that Windows keeps for itself, at most 150 bytes. May be empty.
pub fn file_name(given: &str) -> String {
    let given = undone(given);
    let visible: String = given.chars().filter(|c| !is_control(*c)).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let mut name: String = last(&visible).chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    name = trimmed(&name).to_owned();
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if is_reserved(&stem) {
        name.insert(0, '_');
    }
    clipped(&name)
}

/// Whether a character acts instead of being seen: it moves the cursor, or turns the direction of what follows.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Without the escapes of addresses that hide a folder: `%2f`, also escaped twice.
fn undone(given: &str) -> String {
    let mut name = given.to_owned();
    for (escape, character) in [("%25", "%"), ("%2f", "/"), ("%5c", "\\"), ("%2e", "."), ("%00", "")] {
        name = name.replace(escape, character).replace(&escape.to_ascii_uppercase(), character);
    }
    name
}

/// What follows the folders. A `/` in a name that is no path, `2023/2024年清单`, stands between two words.
fn last(name: &str) -> String {
    let parts: Vec<&str> = name.split(['/', '\\']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let leads = |part: &&str| part.chars().all(|c| matches!(c, '.' | '…')) || part.ends_with(':');
    let has_ending = |part: &&str| part.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && (1..=5).contains(&ending.len()));
    match parts.last() {
        None => String::new(),
        Some(last) if name.starts_with(['/', '\\']) || parts.iter().any(leads) || has_ending(last) => (*last).to_owned(),
        Some(_) => parts.join("-"),
    }
}

/// Windows drops dots and blanks at the end, and elsewhere a dot at the beginning hides the file.
fn trimmed(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c == '…' || c.is_whitespace())
}

/// Names of devices, with whatever ending.
fn is_reserved(stem: &str) -> bool {
    let is_port =
        |name: &str| matches!(stem.strip_prefix(name).map(|rest| rest.chars().collect::<Vec<_>>()).as_deref(), Some([c]) if c.is_numeric());
    matches!(stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") || is_port("COM") || is_port("LPT")
}

/// Cut in the middle, so that the ending stays.
fn clipped(name: &str) -> String {
    if name.len() <= BYTES_MAX {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.len() <= 8).map(|ending| format!(".{ending}"));
    let ending = ending.unwrap_or_default();
    let room = BYTES_MAX - ending.len();
    let end = (0..=room).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{ending}", trimmed(&name[..end]))
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        assert_eq!(file_name(given), expected, "{given:?}");
        assert_eq!(file_name(expected), expected, "a harmless name stays as it is");
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        check("../../../etc/passwd", "passwd");
        check("..%2f..%2Fetc%2fcron.d%2fx", "x");
        check("%252e%252e%252fpasswd", "passwd");
        check("....\\\\....\\\\整改.pdf", "整改.pdf");
        check("C:\\Windows\\win.ini", "win.ini");
        check("/etc/shadow", "shadow");
        check("/..", "");
        check("..", "");
        check(".ssh", "ssh");
    }

    #[test]
    fn no_name_acts() {
        check("a\0.pdf\u{1b}[31m\n\u{9b}2J", "a.pdf[31m2J");
        check("a.pdf\u{202e}fdp.exe", "a.pdffdp.exe");
        check("CON", "_CON");
        check("nul.pdf", "_nul.pdf");
        check("COM¹.txt", "_COM¹.txt");
        check("com10.txt", "com10.txt");
        check("清单?.pdf. . ", "清单_.pdf");
        check("整改:“台账”<1>", "整改_“台账”_1_");
    }

    #[test]
    fn a_name_for_people_stays() {
        check("附件1 巡察整改清单.docx", "附件1 巡察整改清单.docx");
        check("2023/2024年整改清单", "2023-2024年整改清单");
        check("附件", "附件");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = file_name(&format!("{}.pdf", "整".repeat(200)));
        assert!(name.len() <= 150 && name.ends_with("整.pdf"), "{name}");
        assert!(file_name(&"整".repeat(200)).len() <= 150);
    }
}
