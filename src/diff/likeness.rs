//! Text to the set of its character sequences: how alike two texts are, and a hash that says whether they are the same.

use sha2::{Digest as _, Sha256};

use super::words::fold;
use crate::model::Document;

/// Above this many sequences only every n-th, chosen by its hash, is looked at.
const GRAMS_MAX: usize = 16_384;

/// Hash of a body's words without white space and punctuation width: equal for moved and copied notices.
///
/// Kept in the store: it must not change from release to release.
pub fn fingerprint(document: &Document) -> u64 {
    let mut words = String::new();
    document.blocks.iter().for_each(|block| words.extend(block.text().chars().filter_map(fold)));
    let hash = Sha256::digest(words);
    u64::from_be_bytes(std::array::from_fn(|index| hash[index]))
}

/// How alike two bodies are: 1 when they are made of the same three-character sequences, 0 when they share none.
///
/// Twice the shared sequences by all sequences (Dice). Punctuation, layout and the order of paragraphs hardly count. Of real notices of one
/// kind, two that have nothing to do with each other reach some 0.2, a notice and its later edit 0.9 and more.
pub fn likeness(one: &Document, other: &Document) -> f64 {
    let text = |document: &Document| document.blocks.iter().map(|block| block.text().into_owned()).collect::<Vec<_>>().join("");
    Grams::of(&text(one), 3).likeness(&Grams::of(&text(other), 3))
}

/// How alike two short texts are, such as two problems: 1 when they say the same, 0 when they share no two characters in a row.
pub fn alike(one: &str, other: &str) -> f64 {
    Grams::of(one, 2).likeness(&Grams::of(other, 2))
}

/// The different sequences of `length` characters of a text, as sorted hashes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grams(Vec<u64>);

impl Grams {
    /// A text shorter than `length` is one sequence; one without letters and digits has none.
    pub(super) fn of(text: &str, length: usize) -> Self {
        let characters: Vec<char> = text.chars().filter_map(fold).filter(|character| character.is_alphanumeric()).collect();
        if characters.is_empty() {
            return Self(Vec::new());
        }
        let mut hashes: Vec<u64> = characters.windows(length.min(characters.len())).map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The share of these sequences that the other has too; 0 where there are none.
    pub(super) fn held_by(&self, other: &Self) -> f64 {
        let held = self.0.iter().filter(|hash| other.0.binary_search(hash).is_ok()).count();
        if self.0.is_empty() { 0.0 } else { held as f64 / self.0.len() as f64 }
    }

    pub(super) fn likeness(&self, other: &Self) -> f64 {
        if self.0.is_empty() && other.0.is_empty() {
            return 1.0;
        }
        let every = (self.0.len().max(other.0.len()) / GRAMS_MAX + 1) as u64;
        let (one, two) = (self.sample(every), other.sample(every));
        let (mut left, mut right, mut shared) = (0, 0, 0_usize);
        while left < one.len() && right < two.len() {
            shared += usize::from(one[left] == two[right]);
            let (step_left, step_right) = (one[left] <= two[right], two[right] <= one[left]);
            left += usize::from(step_left);
            right += usize::from(step_right);
        }
        if one.is_empty() && two.is_empty() { 0.0 } else { 2.0 * shared as f64 / (one.len() + two.len()) as f64 }
    }

    fn sample(&self, every: u64) -> std::borrow::Cow<'_, [u64]> {
        match every {
            1 => (&self.0).into(),
            _ => self.0.iter().copied().filter(|hash| hash % every == 0).collect::<Vec<_>>().into(),
        }
    }
}

/// FNV-1a over the characters, finished so that every bit counts.
fn hash(characters: &[char]) -> u64 {
    let hash = characters.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, likeness};
    use crate::model::{Block, Document};

    fn document(paragraphs: &[&str]) -> Document {
        Document { blocks: paragraphs.iter().map(|&text| Block::Paragraph(text.to_owned())).collect(), ..Document::default() }
    }

    #[test]
    fn the_fingerprint_is_the_same_for_every_layout_and_another_for_other_words() {
        let one = document(&["一、总体情况", "共27条措施,全部完成。"]);
        assert_eq!(fingerprint(&one), fingerprint(&document(&["一、总体情况 共 27 条", "措施,全部完成。"])));
        assert_ne!(fingerprint(&one), fingerprint(&document(&["一、总体情况", "共28条措施,全部完成。"])));
    }

    #[test]
    fn the_fingerprint_is_what_it_was_when_it_was_stored() {
        assert_eq!(fingerprint(&document(&["巡察整改"])), 0x0a54_4b9f_dfd8_fbf8);
    }

    #[track_caller]
    fn check(one: &str, other: &str, expected: std::ops::RangeInclusive<f64>) {
        let likeness = likeness(&document(&[one]), &document(&[other]));
        assert!(expected.contains(&likeness), "{likeness} is not in {expected:?}");
    }

    #[test]
    fn likeness_reaches_from_nothing_shared_to_the_same_words() {
        check("指导基层商会换届不及时", "指导基层商会换届不及时", 1.0..=1.0);
        check("指导基层商会换届不及时", "采购手续不齐全", 0.0..=0.0);
        check("指导基层商会换届不及时的问题", "指导基层商会换届工作不及时的问题", 0.6..=0.9);
        check("", "", 1.0..=1.0);
        check("", "采购", 0.0..=0.0);
        check("采购", "采购", 1.0..=1.0);
    }

    #[test]
    fn very_long_texts_are_sampled_to_nearly_the_same_answer() {
        let text = |from: u32| {
            (from..from + 60_000)
                .filter_map(|n| char::from_u32(0x4e00 + (n.wrapping_mul(n ^ 0x9e37_79b9) >> 11) % 20_000))
                .collect::<String>()
        };
        check(&text(0), &text(30_000), 0.47..=0.53);
        check(&text(0), &text(0), 1.0..=1.0);
    }
}
