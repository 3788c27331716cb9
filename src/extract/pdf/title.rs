//! The title among the first blocks of a file.

use std::sync::LazyLock;

use regex::Regex;

use super::paragraphs::Placed;
use crate::model::Block;

/// Blocks before the text that may be the title: letterhead, number, title, date.
const BLOCKS_MAX: usize = 6;
const CHARACTERS_MAX: usize = 120;

/// How titles of official papers end (GB/T 9704: organ, matter, kind of paper), perhaps with a remark in brackets.
static END: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:通\s*报|公\s*告|公\s*示|通\s*知|报\s*告|情况|进展|方案|意见|决定|函|结果|清单|台账|说明|汇总表|一览表)(?:[（(][^（）()]{1,20}[)）])?$")
        .expect("the pattern is a constant that the tests compile")
});
/// 某政发〔2024〕1号, and letterheads end in 文件.
static NO_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[〔\[（(]20[0-9]{2}[〕\])）].{0,6}号$|文件$|^附件[0-9一二三四五六七八九十]{0,3}[:：]?$|^[0-9年月日\s〇零一二三四五六七八九十\-.（）()]+$").expect("the pattern is a constant that the tests compile")
});

/// Takes the title out of the blocks.
pub(super) fn apart(blocks: Vec<Placed>) -> (Option<String>, Vec<Block>) {
    let at = position(&blocks);
    let mut title = None;
    let mut others = Vec::with_capacity(blocks.len());
    for (number, placed) in blocks.into_iter().enumerate() {
        match placed.block {
            Block::Heading(text) | Block::Paragraph(text) if Some(number) == at => title = Some(text),
            block => others.push(block),
        }
    }
    (title, others)
}

fn position(blocks: &[Placed]) -> Option<usize> {
    let first = blocks.iter().take(BLOCKS_MAX).enumerate().take_while(|(_, placed)| placed.page == 0);
    let candidates: Vec<(usize, &Placed)> = first.filter(|(_, placed)| can_be(&placed.block)).collect();
    let heads = || candidates.iter().filter(|(_, placed)| placed.is_head);
    let largest = heads().map(|(_, placed)| placed.em).fold(0.0, f64::max);
    let is_large = |placed: &Placed| placed.em > 0.9 * largest;
    heads()
        .find(|(_, placed)| is_large(placed) && END.is_match(&placed.block.text()))
        .or_else(|| heads().find(|(_, placed)| END.is_match(&placed.block.text())))
        .or_else(|| heads().find(|(_, placed)| is_large(placed)))
        .or_else(|| candidates.iter().find(|(number, placed)| *number == 0 && END.is_match(&placed.block.text())))
        .map(|(number, _)| *number)
}

fn can_be(block: &Block) -> bool {
    let text = block.text();
    let is_line = matches!(block, Block::Heading(_) | Block::Paragraph(_));
    is_line && text.chars().count() <= CHARACTERS_MAX && !text.contains(['。', '；']) && !NO_TITLE.is_match(&text)
}
