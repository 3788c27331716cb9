//! The changed passages of a [`Difference`] to what is shown of them: each mark with a little around it.

use super::clean::{clean_piece, clip};
use super::discreet::Discreet;
use super::values;
use crate::model::{Difference, Passage, Piece};

/// Characters shown around a mark, and how far from that a pause may be to cut there.
const AROUND: usize = 18;
const AROUND_SLACK: usize = 6;
/// Characters of a removed or added stretch that are shown.
const MARKED_MAX: usize = 240;
const UNDER_MAX: usize = 40;

/// A passage as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// The heading, where the passage before did not stand under it.
    pub(super) under: Option<String>,
    /// What happened to the whole block: 新增整段, 删去整段, 移到此处.
    pub(super) whole: Option<&'static str>,
    pub(super) marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Same(String),
    Deleted(String),
    Inserted(String),
    /// Our words, not the notice's.
    Note(String),
}

/// At most `most` passages as they are shown, in order.
pub(super) fn passages(difference: &Difference, discreet: &Discreet, most: usize) -> Vec<Shown> {
    let mut above: Option<&str> = None;
    let mut all = Vec::new();
    for passage in difference.passages.iter().take(most) {
        let under = passage.under.as_deref();
        all.push(Shown {
            under: under.filter(|_| under != above).map(|under| discreet.line(under, UNDER_MAX)),
            whole: whole(passage),
            marks: marks(passage, discreet),
        });
        // a heading that itself was just shown need not be said again
        above = match passage.pieces.as_slice() {
            [Piece::Deleted(text) | Piece::Inserted(text)] if text.chars().count() <= UNDER_MAX => Some(text),
            _ => under,
        };
    }
    all
}

fn whole(passage: &Passage) -> Option<&'static str> {
    match (passage.before, passage.after, passage.pieces.as_slice()) {
        (None, _, _) => Some("新增整段"),
        (_, None, _) => Some("删去整段"),
        (_, _, [Piece::Same(_)]) => Some("移到此处，文字未改"),
        _ => None,
    }
}

fn marks(passage: &Passage, discreet: &Discreet) -> Vec<Mark> {
    // cleaned before masked: invisible characters between its digits must not hide a number
    let cleaned: Vec<Piece> = passage.pieces.iter().map(cleaned).collect();
    let pieces = discreet.pieces(&cleaned);
    if let [Piece::Same(text)] = pieces.as_slice() {
        return vec![Mark::Same(clip(text.trim(), 2 * AROUND))];
    }
    let mut marks: Vec<Mark> = Vec::with_capacity(pieces.len() + 1);
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Same(text) => marks.push(Mark::Same(around(text, index > 0, index < last))),
            Piece::Deleted(text) => marks.push(Mark::Deleted(bounded(text))),
            Piece::Inserted(text) => match marks.last() {
                Some(Mark::Deleted(gone)) if *gone == bounded(text) => {
                    let word = if gone.contains('*') { "号码有改动" } else { "有改动" };
                    let shown = gone.clone();
                    marks.pop();
                    marks.extend([Mark::Same(shown), Mark::Note(word.to_owned())]);
                }
                _ => marks.push(Mark::Inserted(bounded(text))),
            },
        }
    }
    marks.retain(|mark| !matches!(mark, Mark::Same(text) if text.is_empty()));
    marks
}

fn cleaned(piece: &Piece) -> Piece {
    match piece {
        Piece::Same(text) => Piece::Same(clean_piece(text)),
        Piece::Deleted(text) => Piece::Deleted(clean_piece(text)),
        Piece::Inserted(text) => Piece::Inserted(clean_piece(text)),
    }
}

/// A stretch that stayed, as far as it helps to understand the marks on either side of it.
fn around(text: &str, mark_before: bool, mark_after: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let whole_max = (AROUND + AROUND_SLACK) * (usize::from(mark_before) + usize::from(mark_after));
    if characters.len() <= whole_max {
        return text.to_owned();
    }
    let head = if mark_before { head(&characters) } else { 0 };
    let tail = if mark_after { tail(&characters) } else { characters.len() };
    format!("{}…{}", characters[..head].iter().collect::<String>(), characters[tail..].iter().collect::<String>())
}

/// Where to stop after a mark: at the pause nearest to the wanted length, else between two words.
fn head(characters: &[char]) -> usize {
    let places = AROUND - AROUND_SLACK..=AROUND + AROUND_SLACK;
    let pause = places.filter(|&place| is_pause(characters[place])).min_by_key(|&place| place.abs_diff(AROUND));
    pause.unwrap_or_else(|| (0..=AROUND).rev().find(|&place| !splits_run(characters, place)).unwrap_or(AROUND))
}

/// Where to start before a mark.
fn tail(characters: &[char]) -> usize {
    let wanted = characters.len() - AROUND;
    let places = wanted - AROUND_SLACK..=wanted + AROUND_SLACK;
    let pause = places.filter(|&place| is_pause(characters[place - 1])).min_by_key(|&place| place.abs_diff(wanted));
    pause.unwrap_or_else(|| (wanted..characters.len()).find(|&place| !splits_run(characters, place)).unwrap_or(wanted))
}

fn is_pause(character: char) -> bool {
    matches!(character, '。' | '、' | ';' | ',' | ':' | '!' | '?' | '；' | '，' | '：' | '！' | '？')
}

fn splits_run(characters: &[char], place: usize) -> bool {
    let in_run = |character: char| character.is_ascii_alphanumeric() || character == '.';
    place > 0 && place < characters.len() && in_run(characters[place - 1]) && in_run(characters[place])
}

fn bounded(text: &str) -> String {
    let total = text.chars().count();
    if total <= MARKED_MAX { text.to_owned() } else { format!("{}（共 {total} 字）", clip(text, MARKED_MAX)) }
}

impl Shown {
    /// What stands above the marks: the heading, and what happened to the whole.
    pub(super) fn heading(&self) -> Option<String> {
        let parts: Vec<&str> = self.under.as_deref().into_iter().chain(self.whole).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// One line of plain text: `收集困难和问题83个，仅解决[删 21][增 35]个`.
    pub(super) fn text(&self) -> String {
        let whole = self.whole.map(|whole| format!("{whole}：")).unwrap_or_default();
        self.marks.iter().fold(whole, |line, mark| match mark {
            Mark::Same(text) => line + text,
            Mark::Deleted(text) => format!("{line}[删 {text}]"),
            Mark::Inserted(text) => format!("{line}[增 {text}]"),
            Mark::Note(text) => format!("{line}（{text}）"),
        })
    }
}

/// A difference as plain text, as mails tell it: values and problems, then passages under their headings; private numbers masked.
pub fn difference_text(difference: &Difference) -> String {
    let discreet = Discreet::of(None, Some(difference));
    let mut text = String::new();
    for line in values::lines(difference, &discreet) {
        text += &format!("{}\n", line.text());
    }
    text + &passages_of(difference, &discreet)
}

/// The passages alone.
pub fn passages_text(difference: &Difference) -> String {
    passages_of(difference, &Discreet::of(None, Some(difference)))
}

fn passages_of(difference: &Difference, discreet: &Discreet) -> String {
    let mut text = String::new();
    for shown in passages(difference, discreet, usize::MAX) {
        text += &shown.under.as_ref().map(|under| format!("{under}\n")).unwrap_or_default();
        text += &format!("  {}\n", shown.text());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::passages_text;
    use crate::model::{Difference, Passage, Piece};

    #[track_caller]
    fn check(pieces: &[Piece], expected: &str) {
        let passage = Passage { before: Some(0), after: Some(0), under: None, pieces: pieces.to_vec() };
        let difference = Difference { passages: vec![passage], ..Difference::default() };
        assert_eq!(passages_text(&difference), format!("  {expected}\n"));
    }

    fn same(text: &str) -> Piece {
        Piece::Same(text.to_owned())
    }

    fn gone(text: &str) -> Piece {
        Piece::Deleted(text.to_owned())
    }

    fn come(text: &str) -> Piece {
        Piece::Inserted(text.to_owned())
    }

    #[test]
    fn a_little_of_what_stayed_is_shown_cut_at_a_pause() {
        check(
            &[
                same("对民营企业开展走访调研的力度不够大，收集企业各类困难和问题83个，仅解决"),
                gone("21"),
                come("35"),
                same("个，对民营企业反映强烈的问题缺乏跟踪督办，服务企业发展的意识不够强。"),
            ],
            "…收集企业各类困难和问题83个，仅解决[删 21][增 35]个，对民营企业反映强烈的问题缺乏跟踪督办…",
        );
        check(&[same("共"), gone("27"), come("28"), same("条措施。")], "共[删 27][增 28]条措施。");
    }

    #[test]
    fn numbers_are_not_cut_where_no_pause_is_near() {
        let long = "甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛壬癸甲乙丙丁戊2024";
        check(&[come("新"), same(&format!("{long}年{long}"))], "[增 新]甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛…");
        check(&[same(&format!("{long}甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己")), come("新")], "…甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己[增 新]");
    }

    #[test]
    fn a_long_stretch_is_cut_and_its_length_said() {
        check(&[gone(&"长".repeat(500)), same("。")], &format!("[删 {}…（共 500 字）]。", "长".repeat(239)));
    }

    #[test]
    fn a_number_hidden_by_invisible_characters_is_masked() {
        check(&[same("电话1\u{200c}3\u{200d}8\u{2060}12345678，"), come("请拨打")], "电话138****5678，[增 请拨打]");
    }

    #[test]
    fn where_only_masked_digits_changed_it_is_said_so() {
        check(&[same("电话"), gone("13812345678"), come("13899995678"), same("。")], "电话138****5678（号码有改动）。");
        check(&[same("电话138 "), gone("1234 "), come("9999 "), same("5678")], "电话138 **** （号码有改动）5678");
    }
}
