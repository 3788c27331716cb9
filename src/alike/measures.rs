//! Measures to signatures that tell at a glance which texts were nearly copied (照抄), and exactly how much two share.
//!
//! One-permutation MinHash over sequences of three characters, one byte a place: two signatures agree in about as many places as the
//! texts share sequences (Jaccard), give or take six in a hundred. 300,000 of them are 20 MB and are gone through in a few milliseconds.

use super::fold::folded;

/// Places of a signature, one byte each.
pub const SIGNATURE_BYTES: usize = 64;
/// Shorter texts are alike by chance: 一是加强学习。
const CHARACTERS_MIN: usize = 12;
/// Characters of one sequence.
const GRAM: usize = 3;
/// Signatures that agree less are not looked at exactly.
const LOOKED_AT: f32 = 0.2;

/// What two measures must share to be told of as nearly the same; chosen on `tests/corpus/pairs`, see docs/measurements.md.
pub const NEARLY_THE_SAME: f32 = 0.45;

/// A text's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl Signature {
    /// `None` of a text too short to be a copy of another.
    pub fn of(text: &str) -> Option<Self> {
        let characters: Vec<char> = body(text);
        if characters.len() < CHARACTERS_MIN {
            return None;
        }
        let mut least = [u64::MAX; SIGNATURE_BYTES];
        for gram in characters.windows(GRAM) {
            let hash = hash(gram);
            let place = &mut least[(hash % SIGNATURE_BYTES as u64) as usize];
            *place = (*place).min(hash);
        }
        Some(Self(std::array::from_fn(|place| byte_of(&least, place))))
    }

    /// About how much of their sequences two texts share, 0 to 1.
    pub fn agreement(&self, other: &[u8; SIGNATURE_BYTES]) -> f32 {
        let same = self.0.iter().zip(other).filter(|(one, other)| one == other).count();
        // One place in 256 agrees by chance.
        let chance = 1.0 / 256.0;
        ((same as f32 / SIGNATURE_BYTES as f32 - chance) / (1.0 - chance)).max(0.0)
    }

    pub fn is_worth_a_look(&self, other: &[u8; SIGNATURE_BYTES]) -> Option<f32> {
        Some(self.agreement(other)).filter(|agreement| *agreement >= LOOKED_AT)
    }
}

/// A place that no sequence fell to takes that of another, the same one in every text (Shrivastava 2017).
fn byte_of(least: &[u64; SIGNATURE_BYTES], place: usize) -> u8 {
    let mut at = place;
    let mut step = 0_u64;
    while least[at] == u64::MAX {
        step += 1;
        at = (mix((place as u64) << 32 | step) % SIGNATURE_BYTES as u64) as usize;
    }
    (mix(least[at]) >> 56) as u8
}

/// How much of their sequences two texts share: 1 when they are made of the same, 0 when they have none in common (Jaccard).
pub fn shared(one: &str, other: &str) -> f32 {
    let (one, other) = (grams(one), grams(other));
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let (mut left, mut right, mut both) = (0, 0, 0_usize);
    while left < one.len() && right < other.len() {
        both += usize::from(one[left] == other[right]);
        let (step_left, step_right) = (one[left] <= other[right], other[right] <= one[left]);
        left += usize::from(step_left);
        right += usize::from(step_right);
    }
    both as f32 / (one.len() + other.len() - both) as f32
}

fn grams(text: &str) -> Vec<u64> {
    let mut grams: Vec<u64> = body(text).windows(GRAM).map(hash).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// Its characters without the mark 一是 … 十是 at its head, which tells nothing.
fn body(text: &str) -> Vec<char> {
    let characters: Vec<char> = folded(text).collect();
    let numerals = characters.iter().take_while(|character| "一二三四五六七八九十".contains(**character)).count();
    match characters.get(numerals) {
        Some('是') if (1..=2).contains(&numerals) => characters[numerals + 1..].to_vec(),
        _ => characters,
    }
}

fn hash(gram: &[char]) -> u64 {
    mix(gram.iter().fold(0, |all, &character| all << 21 | u64::from(character)))
}

/// Spreads a number over all bits (the finisher of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "一是成立商会换届工作领导小组,全面摸清到期商会底数,制定换届工作方案,明确时间表和路线图,逐个推进换届。";
    const COPIED: &str = "三是成立商会换届工作领导小组,全面摸清辖区到期商会底数,制定换届方案,明确时间表和路线图,逐个推进换届。";
    const OTHER: &str = "二是修订财务管理制度,严格票据审核,组织财务人员参加业务培训,杜绝白条入账。";

    #[test]
    fn a_copy_agrees_about_as_much_as_it_shares_and_another_text_does_not() {
        let signature = Signature::of(ONE).unwrap();
        let copied = Signature::of(COPIED).unwrap();
        assert!((signature.agreement(&copied.0) - shared(ONE, COPIED)).abs() < 0.2);
        assert!(shared(ONE, COPIED) > NEARLY_THE_SAME && shared(ONE, OTHER) < 0.05);
        assert!(signature.is_worth_a_look(&Signature::of(OTHER).unwrap().0).is_none());
        assert!((signature.agreement(&signature.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_mark_at_its_head_and_punctuation_are_not_compared() {
        assert_eq!(Signature::of(ONE), Signature::of(&ONE.replace("一是", "十一是").replace(',', "\u{ff0c}")));
        assert!((shared("一是健全机制", "健全机制。") - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_text_too_short_has_no_signature() {
        assert_eq!(Signature::of("一是加强学习,提高认识。"), None);
        assert_eq!(Signature::of(""), None);
    }
}
