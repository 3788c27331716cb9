//! Two texts to pieces: what stayed, what went, what came, in few and meaningful marks.

use super::runs::{self, Hunk, STRETCH_MAX};
use super::words::{Token, Word, pause, same_words, tokens};
use crate::model::Piece;

/// Equal stretches longer than this are never swallowed by the marks around them.
const SWALLOWED_MAX: usize = 4;

/// The pieces from one text to the other. What stayed is given as the newer text writes it.
pub(super) fn pieces(before: &str, after: &str) -> Vec<Piece> {
    let (before_tokens, after_tokens) = (tokens(before), tokens(after));
    let hunks = swallow(hunks(&before_tokens, &after_tokens));
    let hunks: Vec<Hunk> = hunks
        .into_iter()
        .filter(|hunk| !same_words(slice(before, &before_tokens, &hunk.before), slice(after, &after_tokens, &hunk.after)))
        .collect();
    if rewritten(&hunks, &before_tokens, &after_tokens) {
        return whole(before, after);
    }
    let mut pieces = Vec::with_capacity(3 * hunks.len() + 1);
    let mut at = 0;
    for hunk in &hunks {
        push(&mut pieces, Piece::Same, slice(after, &after_tokens, &(at..hunk.after.start)));
        push(&mut pieces, Piece::Deleted, slice(before, &before_tokens, &hunk.before));
        push(&mut pieces, Piece::Inserted, slice(after, &after_tokens, &hunk.after));
        at = hunk.after.end;
    }
    push(&mut pieces, Piece::Same, slice(after, &after_tokens, &(at..after_tokens.len())));
    pieces
}

/// All gone and all new.
pub(super) fn whole(before: &str, after: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(2);
    push(&mut pieces, Piece::Deleted, before);
    push(&mut pieces, Piece::Inserted, after);
    pieces
}

/// Where two token sequences differ. Long ones are compared by clauses first, then by words inside the clauses that differ.
pub(super) fn hunks(before: &[Token], after: &[Token]) -> Vec<Hunk> {
    let (before_words, after_words) = (words_of(before), words_of(after));
    if before.len().max(after.len()) <= STRETCH_MAX {
        return runs::word_hunks(&before_words, &after_words, |word| pause(word));
    }
    let (before_clauses, after_clauses) = (clauses(&before_words), clauses(&after_words));
    let (before_ends, after_ends) = (ends(&before_clauses), ends(&after_clauses));
    let mut hunks = Vec::new();
    for clause_hunk in runs::hunks(&before_clauses, &after_clauses) {
        let before_at = before_ends[clause_hunk.before.start]..before_ends[clause_hunk.before.end];
        let after_at = after_ends[clause_hunk.after.start]..after_ends[clause_hunk.after.end];
        if before_at.len().max(after_at.len()) > STRETCH_MAX {
            hunks.push(Hunk { before: before_at, after: after_at });
            continue;
        }
        let inner = runs::word_hunks(&before_words[before_at.clone()], &after_words[after_at.clone()], |word| pause(word));
        hunks.extend(inner.into_iter().map(|hunk| Hunk {
            before: before_at.start + hunk.before.start..before_at.start + hunk.before.end,
            after: after_at.start + hunk.after.start..after_at.start + hunk.after.end,
        }));
    }
    hunks
}

fn words_of(tokens: &[Token]) -> Vec<&Word> {
    tokens.iter().map(|token| &token.word).collect()
}

fn clauses<'a, 'b>(words: &'b [&'a Word]) -> Vec<&'b [&'a Word]> {
    words.split_inclusive(|word| pause(word) >= 2).collect()
}

/// Where each part ends in the whole; the first entry is 0.
fn ends<T>(parts: &[&[T]]) -> Vec<usize> {
    let mut ends = vec![0];
    for part in parts {
        ends.push(ends[ends.len() - 1] + part.len());
    }
    ends
}

/// Joins marks with so little between them that a reader would rather read them as one: 3月5日 to 4月6日 is one change, not two.
fn swallow(hunks: Vec<Hunk>) -> Vec<Hunk> {
    let size = |hunk: &Hunk| hunk.before.len().max(hunk.after.len());
    let mut joined: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        let mut hunk = hunk;
        while let Some(last) = joined.last() {
            let gap = hunk.before.start - last.before.end;
            if gap > SWALLOWED_MAX || gap > size(last).min(size(&hunk)) {
                break;
            }
            hunk = Hunk { before: last.before.start..hunk.before.end, after: last.after.start..hunk.after.end };
            joined.pop();
        }
        joined.push(hunk);
    }
    joined
}

/// Whether so little stayed, in so many bits, that both texts are better shown whole.
fn rewritten(hunks: &[Hunk], before: &[Token], after: &[Token]) -> bool {
    let letters = |tokens: &[Token]| tokens.iter().filter(|token| !matches!(token.word, Word::Char(c) if !c.is_alphanumeric())).count();
    let gone: usize = hunks.iter().map(|hunk| letters(&before[hunk.before.clone()])).sum();
    let come: usize = hunks.iter().map(|hunk| letters(&after[hunk.after.clone()])).sum();
    let stayed = letters(after).saturating_sub(come);
    hunks.len() > 1 && 3 * stayed < gone.max(come)
}

fn slice<'a>(text: &'a str, tokens: &[Token], range: &std::ops::Range<usize>) -> &'a str {
    match tokens.get(range.clone()) {
        Some([first, .., last]) => &text[first.range.start..last.range.end],
        Some([only]) => &text[only.range.clone()],
        _ => "",
    }
}

fn push(pieces: &mut Vec<Piece>, kind: impl Fn(String) -> Piece, text: &str) {
    if !text.is_empty() {
        pieces.push(kind(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::pieces;
    use crate::model::Piece;

    fn shown(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Same(text) => text.clone(),
                Piece::Deleted(text) => format!("[-{text}]"),
                Piece::Inserted(text) => format!("[+{text}]"),
            })
            .collect()
    }

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        assert_eq!(shown(&pieces(before, after)), expected);
    }

    #[test]
    fn two_digits_changed_in_a_sentence_mark_exactly_these() {
        check(
            "收集企业各类困难和问题83个,仅解决21个,对民营企业反映强烈的融资难等问题缺乏跟踪督办,服务意识不强。",
            "收集企业各类困难和问题83个,仅解决35个,对民营企业反映强烈的融资难等问题缺乏跟踪督办,服务意识不强。",
            "收集企业各类困难和问题83个,仅解决[-21][+35]个,对民营企业反映强烈的融资难等问题缺乏跟踪督办,服务意识不强。",
        );
    }

    #[test]
    fn one_date_changed_is_one_mark() {
        check("整改时限:2025年6月30日。", "整改时限:2026年12月31日。", "整改时限:[-2025年6月30][+2026年12月31]日。");
        check("2024年9月11日", "2024年10月8日", "2024年[-9月11][+10月8]日");
    }

    #[test]
    fn marks_begin_and_end_at_pauses() {
        check("已修订制度。已开展培训。", "已修订制度。已建立台账。已开展培训。", "已修订制度。[+已建立台账。]已开展培训。");
        check(
            "一是加强学习,提高认识;二是加强管理。",
            "一是加强学习,提高认识;二是加强监督,严格执纪;三是加强管理。",
            "一是加强学习,提高认识;二是加强[+监督,严格执纪;三是加强]管理。",
        );
    }

    #[test]
    fn layout_is_never_marked() {
        check("共 27 条(已完成)", "共27条(已完成)", "共27条(已完成)");
        check("共 27 条(未完成)", "共27条(已完成)", "共27条([-未][+已]完成)");
    }

    #[test]
    fn a_sentence_written_anew_is_shown_whole() {
        check("商会换届工作正在推进之中。", "因厦门政策所限,已改设联络组。", "[-商会换届工作正在推进之中][+因厦门政策所限,已改设联络组]。");
        check("一,正在办,未办结,拟续办", "二,已交办,将了结,再手续", "[-一,正在办,未办结,拟续办][+二,已交办,将了结,再手续]");
    }
}
