//! A problem among all problems of an archive: which are alike, weighed by what is rare in that archive.
//!
//! The cosine of two statements' character pairs, each weighted by its inverse document frequency, and how much of the shorter one the
//! longer one has, in equal parts; an item is as alike as the best of its statements. Everything is gone through once per question: 100,000 items are 16 MB of text, and no index has to be kept true.

/// Cells that character pairs are counted in; two that share one are taken for one.
const CELLS: usize = 1 << 19;
const _: () = assert!(CELLS.is_power_of_two());

/// From here on two problems are taken for the same; chosen on `tests/corpus/pairs`, see docs/measurements.md.
pub const THE_SAME: f32 = 0.25;

/// What every notice says of every problem. In an archive of a few notices chance makes some of it look rare, so that it counts as if one
/// statement in six had it, however few there are; a large archive knows so by itself.
const GENRE: &[&str] = &[
    "不到位",
    "不够",
    "还不够",
    "不及时",
    "不足",
    "不力",
    "不强",
    "不高",
    "不深入",
    "不扎实",
    "不充分",
    "不明显",
    "不完善",
    "不规范",
    "不严格",
    "不严",
    "不牢",
    "不畅",
    "不实",
    "不多",
    "不经常",
    "不佳",
    "不新",
    "不齐全",
    "有力",
    "存在",
    "短板",
    "差距",
    "欠缺",
    "问题",
    "方面",
    "整改",
    "情况",
    "工作",
    "落实",
    "有待",
    "进一步",
    "加强",
    "提高",
    "针对",
    "关于",
];
const GENRE_SHARE: u32 = 6;

/// How often each character pair stands in the statements of an archive.
#[derive(Debug)]
pub struct Weights {
    counts: Vec<u32>,
    statements: u32,
    /// Weight by count, for the counts that are met most.
    of_count: Vec<f32>,
    /// That of the most frequent pair.
    least: f32,
}

/// What is looked for.
#[derive(Debug)]
pub struct Query {
    statements: Vec<Vector>,
    /// One bit a cell: whether any statement has it. Most pairs that are met are none of ours.
    has: Vec<u64>,
}

#[derive(Debug)]
struct Vector {
    /// Cells and their squared weights, by cell.
    cells: Vec<(u32, f32)>,
    length: f32,
}

impl Weights {
    /// Counted over folded statements.
    pub fn of<'a>(statements: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = vec![0_u32; CELLS];
        let mut number = 0_u32;
        for statement in statements {
            number = number.saturating_add(1);
            each_gram(statement, |cell| counts[cell as usize] = counts[cell as usize].saturating_add(1));
        }
        let common = number / GENRE_SHARE;
        for word in GENRE {
            each_gram(word, |cell| counts[cell as usize] = counts[cell as usize].max(common));
        }
        let of_count = (0..4096).map(|count| weight(count, number)).collect();
        let least = weight(counts.iter().copied().max().unwrap_or(0), number);
        Self { counts, statements: number, of_count, least }
    }

    fn of_cell(&self, cell: u32) -> f32 {
        let count = self.counts[cell as usize];
        self.of_count.get(count as usize).copied().unwrap_or_else(|| weight(count, self.statements))
    }

    fn vector(&self, statement: &str) -> Vector {
        let mut cells = Vec::new();
        each_gram(statement, |cell| cells.push((cell, self.of_cell(cell).powi(2))));
        cells.sort_unstable_by_key(|(cell, _)| *cell);
        cells.dedup_by_key(|(cell, _)| *cell);
        let length = cells.iter().map(|(_, squared)| squared).sum::<f32>().sqrt();
        Vector { cells, length }
    }
}

/// Rare is heavy: the logarithm of how many statements there are for each that has it.
fn weight(count: u32, statements: u32) -> f32 {
    let (count, statements) = (count.max(1) as f32, statements as f32);
    (1.0 + (statements + 1.0) / (count + 1.0)).ln()
}

impl Query {
    /// `statements` are folded; the archive's weights say what counts in them.
    pub fn new(statements: &[String], weights: &Weights) -> Self {
        let statements: Vec<Vector> = statements.iter().map(|statement| weights.vector(statement)).collect();
        let mut has = vec![0_u64; CELLS / 64];
        for (cell, _) in statements.iter().flat_map(|statement| &statement.cells) {
            has[*cell as usize / 64] |= 1 << (cell % 64);
        }
        Self { statements, has }
    }

    /// How alike the statements of an item are to what is looked for: that of the best pair of them, 0 to 1.
    ///
    /// What is below `floor` may be told as 0.
    pub fn score<'a>(&self, statements: impl Iterator<Item = &'a str>, weights: &Weights, floor: f32) -> f32 {
        let mut best = 0.0_f32;
        let mut shared = Vec::new();
        for statement in statements {
            shared.clear();
            let mut pairs = 0.0;
            each_gram(statement, |cell| {
                pairs += 1.0;
                if self.has[cell as usize / 64] & 1 << (cell % 64) != 0 {
                    shared.push(cell);
                }
            });
            shared.sort_unstable();
            shared.dedup();
            // Most statements end here: they could not be alike enough if all else that they say weighed as little as anything does.
            let at_least = pairs * weights.least.powi(2);
            if shared.is_empty() || self.statements.iter().all(|wanted| wanted.likeness(&shared, at_least) < floor) {
                continue;
            }
            let mut squares = 0.0;
            each_gram(statement, |cell| squares += weights.of_cell(cell).powi(2));
            best = self.statements.iter().map(|wanted| wanted.likeness(&shared, squares)).fold(best, f32::max);
        }
        best.min(1.0)
    }
}

impl Vector {
    fn likeness(&self, shared: &[u32], squares: f32) -> f32 {
        let both = shared.iter().filter_map(|cell| self.cells.binary_search_by_key(cell, |(cell, _)| *cell).ok());
        let dot: f32 = both.map(|at| self.cells[at].1).sum();
        if dot == 0.0 {
            return 0.0;
        }
        // The cosine alone would hold against a short statement all that a long one says besides.
        let cosine = dot / (self.length * squares.sqrt());
        let contained = dot / (self.length * self.length).min(squares);
        f32::midpoint(cosine, contained)
    }
}

/// Every pair of neighbouring characters.
fn each_gram(statement: &str, mut each: impl FnMut(u32)) {
    let mut before = None;
    for character in statement.chars() {
        if let Some(before) = before {
            each(cell(before, character));
        }
        before = Some(character);
    }
}

fn cell(one: char, other: char) -> u32 {
    let pair = u64::from(one) << 21 | u64::from(other);
    (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32 & (CELLS as u32 - 1)
}

#[cfg(test)]
mod tests {
    use super::{Query, Weights};
    use crate::alike::statements;

    const ARCHIVE: &[&str] = &[
        "指导基层商会换届不及时",
        "党组中心组理论学习不深入",
        "落实意识形态工作责任制不到位",
        "落实主体责任不到位",
        "落实监督责任不到位",
        "采购手续不齐全",
        "基层商会换届工作滞后",
        "党建工作责任落实不到位",
    ];

    fn score(one: &str, other: &str) -> f32 {
        let archive: Vec<String> = ARCHIVE.iter().flat_map(|text| statements(text)).collect();
        let weights = Weights::of(archive.iter().map(String::as_str));
        let other = statements(other);
        Query::new(&statements(one), &weights).score(other.iter().map(String::as_str), &weights, 0.0)
    }

    #[test]
    fn what_is_rare_in_the_archive_weighs_more_than_what_every_notice_says() {
        let same = score(ARCHIVE[0], ARCHIVE[6]);
        let boilerplate = score(ARCHIVE[2], ARCHIVE[3]);
        assert!(same > boilerplate, "{same} {boilerplate}");
        assert!((score(ARCHIVE[0], ARCHIVE[0]) - 1.0).abs() < 1e-5);
        assert_eq!(score(ARCHIVE[0], ARCHIVE[5]), 0.0);
    }

    #[test]
    fn one_statement_of_several_is_enough() {
        let whole = score("采购手续不齐全", "会费收缴不及时；采购手续不齐全；底数不清");
        assert!(whole > 0.99, "{whole}");
        assert_eq!(score("采购手续不齐全", ""), 0.0);
        assert_eq!(score("", "采购手续不齐全"), 0.0);
    }
}
