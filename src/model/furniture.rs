use serde::{Deserialize, Serialize};

/// What a source's pages have in common besides their texts: short lines that stood around the bodies of several of them, and
/// how long those bodies are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Furniture {
    /// Raised whenever [`Furniture::is_known`] would answer differently: older readings are then read again before comparing.
    pub generation: u32,
    /// Hashes of the titles of the pages learned from, newest last.
    titles: Vec<u32>,
    /// Hash of a line, and on how many of those pages it stood; sorted by hash.
    lines: Vec<(u32, u8)>,
    /// Characters of the last bodies, newest last.
    lengths: Vec<u32>,
}

impl Furniture {
    /// On so many pages with different titles a line must have stood outside the body.
    const PAGES_MIN: u8 = 3;
    /// A page met again within so many others teaches nothing new.
    const TITLES_MAX: usize = 64;
    /// Lines remembered: a template has some dozens around its body.
    const LINES_MAX: usize = 400;
    const LENGTHS_MAX: usize = 21;
    /// Bodies that a usual length is told from, at least.
    const LENGTHS_MIN: usize = 5;

    /// A line as it is remembered: without white space and digits, so that counters and dates in it do not matter.
    pub fn hash(line: &str) -> u32 {
        let characters = line.chars().filter(|character| !character.is_whitespace() && !character.is_ascii_digit());
        // FNV-1a; kept in the store, it must not change from release to release.
        characters.fold(0x811c_9dc5, |hash, character| (hash ^ u32::from(character)).wrapping_mul(0x0100_0193))
    }

    /// Takes in one page's lines outside its body (as [`Furniture::hash`] gives them) and its body's length in characters.
    ///
    /// A page whose title was met before teaches nothing: a notice and its copy have the same signature.
    pub fn learn(&mut self, title: &str, around: &[u32], characters: usize) {
        let title = Self::hash(title);
        if self.titles.contains(&title) {
            return;
        }
        push_within(&mut self.titles, title, Self::TITLES_MAX);
        push_within(&mut self.lengths, u32::try_from(characters).unwrap_or(u32::MAX), Self::LENGTHS_MAX);
        let mut around = around.to_vec();
        around.sort_unstable();
        around.dedup();
        let mut has_news = false;
        for line in around {
            match self.lines.binary_search_by_key(&line, |(known, _)| *known) {
                Ok(at) => {
                    self.lines[at].1 = self.lines[at].1.saturating_add(1);
                    has_news |= self.lines[at].1 == Self::PAGES_MIN;
                }
                Err(at) if self.lines.len() < Self::LINES_MAX => self.lines.insert(at, (line, 1)),
                Err(_) => {}
            }
        }
        if self.lines.len() >= Self::LINES_MAX {
            self.lines.retain(|(_, pages)| *pages > 1);
        }
        self.generation += u32::from(has_news);
    }

    /// Whether the line is known to be the pages' and not the texts'.
    pub fn is_known(&self, line: &str) -> bool {
        self.generation > 0
            && self.lines.binary_search_by_key(&Self::hash(line), |(known, _)| *known).is_ok_and(|at| self.lines[at].1 >= Self::PAGES_MIN)
    }

    /// The median length of the last bodies, in characters; `None` where too few are known.
    pub fn usual_characters(&self) -> Option<usize> {
        let mut lengths = self.lengths.clone();
        lengths.sort_unstable();
        (lengths.len() >= Self::LENGTHS_MIN).then(|| lengths[lengths.len() / 2] as usize)
    }
}

fn push_within(values: &mut Vec<u32>, value: u32, most: usize) {
    if values.len() >= most {
        values.remove(0);
    }
    values.push(value);
}

#[cfg(test)]
mod tests {
    use super::Furniture;

    #[test]
    fn a_line_is_known_when_it_stood_on_three_pages_with_different_titles() {
        let mut furniture = Furniture::default();
        let line = [Furniture::hash("我要纠错 12")];
        for title in ["甲局通报", "甲局通报", "乙局通报"] {
            furniture.learn(title, &line, 900);
        }
        assert!(!furniture.is_known("我要纠错 12"), "two titles");
        assert_eq!(furniture.generation, 0);
        furniture.learn("丙局通报", &line, 900);
        assert!(furniture.is_known("我要纠错 345"));
        assert_eq!(furniture.generation, 1);
        furniture.learn("丁局通报", &line, 900);
        assert_eq!(furniture.generation, 1, "nothing new");
    }

    #[test]
    fn the_usual_length_is_the_median_of_enough_bodies() {
        let mut furniture = Furniture::default();
        for (number, length) in [800, 90, 1_000, 1_200].into_iter().enumerate() {
            furniture.learn(&format!("{}局", ["甲", "乙", "丙", "丁"][number]), &[], length);
        }
        assert_eq!(furniture.usual_characters(), None);
        furniture.learn("戊局", &[], 5_000);
        assert_eq!(furniture.usual_characters(), Some(1_000));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut furniture = Furniture::default();
        for page in 0..200_u32 {
            let around: Vec<u32> = (0..60).map(|line| page * 60 + line).chain([7]).collect();
            furniture.learn(&"甲".repeat(page as usize + 1), &around, 900);
        }
        assert!(furniture.lines.len() <= Furniture::LINES_MAX);
        assert!(furniture.titles.len() <= Furniture::TITLES_MAX && furniture.lengths.len() <= Furniture::LENGTHS_MAX);
    }
}
