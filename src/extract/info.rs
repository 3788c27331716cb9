//! The information line (来源, 发布时间) that stands below a file's title, and what is no text at its end.

use super::html::plain::{self, Info};
use crate::model::Block;

/// Takes both off a file's blocks, the title already gone, and returns what the line says; empty where there is none.
pub(super) fn take(blocks: &mut Vec<Block>) -> Info {
    let is_info = |block: &&Block| !matches!(block, Block::Row(_)) && plain::is_info(&block.text());
    let info = blocks.first().filter(is_info).map(|block| plain::read(&[block.text().into_owned()]));
    if info.is_some() {
        blocks.remove(0);
    }
    while blocks.last().is_some_and(|block| plain::is_tail_noise(&block.text())) {
        blocks.pop();
    }
    info.unwrap_or_default()
}
