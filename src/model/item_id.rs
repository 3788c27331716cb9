use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Item, Notice, NoticeId, Unfinished};

/// A problem's name for people: its notice's and six more characters, `7K3Q9M2D-4F7Q2K`; the same on every machine.
///
/// Made from the problem's words, not from its number: an item that is put in before others, or a new numbering, must
/// never make a known name mean another problem. A problem that is reworded gets another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub String);

impl ItemId {
    /// One for each of the notice's items, in their order. Of equal words, the later ones are counted.
    pub fn of_items(notice: &NoticeId, items: &[Item]) -> Vec<Self> {
        let mut count = Counted::default();
        items.iter().map(|item| count.next(notice, item.words())).collect()
    }

    /// One for each of the notice's unfinished matters, in their order. A matter in the words of an item bears its name.
    pub fn of_unfinished(notice: &NoticeId, matters: &[Unfinished]) -> Vec<Self> {
        let mut count = Counted::default();
        matters.iter().map(|matter| count.next(notice, &matter.problem.value)).collect()
    }

    /// The notice that it is of; `None` of a text that is no item's name.
    pub fn notice(&self) -> Option<NoticeId> {
        let (notice, item) = self.0.split_once('-')?;
        (notice.len() == 8 && item.len() == 6).then(|| NoticeId(notice.to_owned()))
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Item {
    /// The problem as its reader would call it: in its own words, else its heading.
    pub fn words(&self) -> &str {
        &self.problem.as_ref().unwrap_or(&self.heading).value
    }
}

impl Notice {
    /// The names of its items, in their order.
    pub fn item_ids(&self, id: &NoticeId) -> Vec<ItemId> {
        ItemId::of_items(id, &self.items)
    }
}

#[derive(Default)]
struct Counted(BTreeMap<String, u32>);

impl Counted {
    /// Marks and white space do not count: typing errors in them are mended most often.
    fn next(&mut self, notice: &NoticeId, words: &str) -> ItemId {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let words: String = words.chars().filter(|c| c.is_alphanumeric()).collect();
        let earlier = self.0.entry(words.clone()).or_default();
        let hash = Sha256::digest(format!("{words}\n{earlier}").as_bytes());
        *earlier += 1;
        let bits = u64::from_be_bytes(std::array::from_fn(|index| hash[index]));
        let name: String = (0..6).map(|place| char::from(DIGITS[(bits >> (59 - 5 * place)) as usize & 31])).collect();
        ItemId(format!("{notice}-{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Span, Stated};

    fn item(number: &str, problem: &str) -> Item {
        let stated = |text: &str| Stated::at(text.to_owned(), Span { block: 0, start: 0, end: 1 });
        Item {
            path: vec![number.to_owned()],
            heading: stated("关于问题"),
            problem: Some(stated(problem)),
            rectification: None,
            measures: Vec::new(),
            status: None,
            status_as_written: None,
            responsible_unit: None,
            responsible_person: None,
            deadline: None,
        }
    }

    fn ids(items: &[Item]) -> Vec<ItemId> {
        ItemId::of_items(&NoticeId("7K3Q9M2D".into()), items)
    }

    #[test]
    fn a_problem_keeps_its_name_when_numbers_and_marks_change() {
        let before = ids(&[item("1", "学习不深入"), item("2", "换届不及时")]);
        let after = ids(&[item("1", "制度缺失"), item("2", "学习不深入。"), item("3", "“换届”不及时")]);
        assert_eq!(before, after[1..]);
        assert_eq!(before[0].notice(), Some(NoticeId("7K3Q9M2D".into())));
    }

    #[test]
    fn equal_problems_of_one_notice_have_names_of_their_own() {
        let all = ids(&[item("1", "学习不深入"), item("2", "学习不深入")]);
        assert_ne!(all[0], all[1]);
    }
}
