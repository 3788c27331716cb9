//! Lists of Word, of whatever file format, and the counting of their numbers: ECMA-376 part 1, 17.9; MS-DOC 2.4.6.3.

use std::collections::HashMap;

use super::numerals::Format;

pub const LEVELS: usize = 9;

/// What a document's paragraphs may be numbered by, and how far it was counted.
#[derive(Debug, Default)]
pub struct Lists {
    pub lists: HashMap<i64, List>,
    /// What paragraphs name: a list, and what is changed of it there.
    pub numbers: HashMap<i64, Number>,
    counters: HashMap<i64, [Option<u32>; LEVELS]>,
}

#[derive(Debug, Default)]
pub struct List {
    pub levels: HashMap<usize, Level>,
    /// The style that holds the levels in its stead, and the style that it is the list of.
    pub link: Option<String>,
    pub style: Option<String>,
}

#[derive(Debug, Default)]
pub struct Number {
    pub list: i64,
    /// Levels that start anew when this number is first used.
    pub starts: HashMap<usize, u32>,
    pub levels: HashMap<usize, Level>,
    pub was_used: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Level {
    pub start: u32,
    pub format: Format,
    pub text: Vec<Part>,
    /// The paragraph style that is numbered by this level.
    pub style: Option<String>,
    /// All numbers in digits (`w:isLgl`).
    pub is_legal: bool,
    /// Starts anew after a level above this one; 0 never; after any higher one where not said.
    pub restart: Option<usize>,
    /// Between number and text.
    pub joint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(char),
    /// The number of a level, counted from 0.
    Level(usize),
}

impl Lists {
    /// The level of a list that numbers the paragraphs of one of these styles.
    pub fn level_of_style<'a>(&self, number: i64, mut styles: impl Iterator<Item = &'a str>) -> Option<usize> {
        let list = self.lists.get(&self.list_of(number)?)?;
        let of_style = |style: &str| list.levels.iter().find(|(_, level)| level.style.as_deref() == Some(style)).map(|(at, _)| *at);
        styles.find_map(of_style)
    }

    /// Counts one paragraph and gives what stands before its text; empty for bullets and paragraphs without a number.
    pub fn next(&mut self, number: i64, level: usize) -> String {
        let level = level.min(LEVELS - 1);
        let Some(list) = self.list_of(number) else { return String::new() };
        let levels: Vec<Level> = (0..LEVELS).map(|at| self.level(number, list, at)).collect();
        let Some(used) = self.numbers.get_mut(&number) else { return String::new() };
        let is_first = !std::mem::replace(&mut used.was_used, true);
        let counters = self.counters.entry(list).or_default();
        if is_first {
            for (at, start) in &used.starts {
                counters[(*at).min(LEVELS - 1)] = start.checked_sub(1);
            }
        }
        for at in 0..level {
            counters[at].get_or_insert(levels[at].start);
        }
        counters[level] = Some(counters[level].map_or(levels[level].start, |count| count.saturating_add(1)));
        for at in level + 1..LEVELS {
            if levels[at].restart.is_none_or(|after| after > level) {
                counters[at] = None;
            }
        }
        shown(&levels, level, counters)
    }

    fn level(&self, number: i64, list: i64, at: usize) -> Level {
        let number = self.numbers.get(&number);
        let own = number.and_then(|number| number.levels.get(&at));
        let level = own.or_else(|| self.lists.get(&list)?.levels.get(&at));
        let mut level = level.cloned().unwrap_or_else(|| Level { start: 1, ..Level::default() });
        if let Some(start) = number.and_then(|number| number.starts.get(&at)) {
            level.start = *start;
        }
        level
    }

    /// Follows `w:numStyleLink` to the list that has the levels.
    fn list_of(&self, number: i64) -> Option<i64> {
        let id = self.numbers.get(&number)?.list;
        let link = self.lists.get(&id)?.link.as_deref();
        let linked =
            link.and_then(|link| self.lists.iter().filter(|(_, list)| list.style.as_deref() == Some(link)).map(|(id, _)| *id).min());
        Some(linked.unwrap_or(id))
    }
}

fn shown(levels: &[Level], level: usize, counters: &[Option<u32>; LEVELS]) -> String {
    let Level { format, text, is_legal, joint, .. } = &levels[level];
    if *format == Format::Bullet {
        return String::new();
    }
    let mut shown = String::new();
    for part in text {
        match *part {
            Part::Text(character) => shown.push(character),
            Part::Level(at) => {
                let at = at.min(LEVELS - 1);
                let format = if *is_legal { Format::Decimal } else { levels[at].format };
                shown.push_str(&format.show(counters[at].unwrap_or(levels[at].start)));
            }
        }
    }
    if !shown.is_empty() {
        shown.push_str(joint);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{Format, Level, List, Lists, Number, Part};

    fn level(format: Format, text: &str) -> Level {
        let text = text.chars().map(|c| c.to_digit(10).map_or(Part::Text(c), |digit| Part::Level(digit as usize - 1))).collect();
        Level { start: 1, format, text, ..Level::default() }
    }

    fn lists(starts: &[(usize, u32)]) -> Lists {
        let levels = [(0, level(Format::Counting, "1、")), (1, level(Format::Decimal, "1.2"))].into();
        let mut lists = Lists::default();
        lists.lists.insert(7, List { levels, ..List::default() });
        lists.numbers.insert(1, Number { list: 7, ..Number::default() });
        lists.numbers.insert(2, Number { list: 7, starts: starts.iter().copied().collect(), ..Number::default() });
        lists
    }

    #[track_caller]
    fn check(mut lists: Lists, paragraphs: &[(i64, usize, &str)]) {
        for (number, level, expected) in paragraphs {
            assert_eq!(lists.next(*number, *level), *expected, "{number} {level}");
        }
    }

    #[test]
    fn a_lower_level_starts_anew_below_each_higher_one() {
        check(lists(&[]), &[(1, 0, "一、"), (1, 1, "一.1"), (1, 1, "一.2"), (1, 0, "二、"), (1, 1, "二.1")]);
    }

    #[test]
    fn two_numbers_of_one_list_go_on_unless_one_starts_anew() {
        check(lists(&[]), &[(1, 0, "一、"), (2, 0, "二、"), (1, 0, "三、")]);
        check(lists(&[(0, 1)]), &[(1, 0, "一、"), (1, 0, "二、"), (2, 0, "一、"), (2, 0, "二、")]);
        check(lists(&[]), &[(9, 0, "")]);
    }
}
