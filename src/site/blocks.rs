//! The blocks of a page that shows several notice lists side by side: 进驻 | 反馈 | 整改, under headings or behind tabs.
//!
//! Only blocks of the best one's build that are headed as notices too: news, side lists and navigation stay out.

use std::sync::LazyLock;

use regex::Regex;
use scraper::ElementRef;

use super::discover::heading_above;
use super::outline::Outline;
use super::{rows, text};

/// Most blocks read of one page.
const BLOCKS_MAX: usize = 12;
/// Longest heading, in characters.
const HEADING_CHARS_MAX: usize = 16;

/// Headings of what a watcher of notices wants, whichever of a page's blocks is longest.
static NOTICES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"进驻|反馈|整改|巡视|巡察|督察|通知|公告|公示|通报|通告").expect("the pattern is a valid regular expression")
});

/// The best container with the others of its kind, in the order of the page.
pub(super) fn beside(outline: &Outline<'_>, best: usize, candidates: &[usize]) -> Vec<usize> {
    let of_notices = |at: usize| heading(outline, at).is_some_and(|heading| NOTICES.is_match(&heading));
    let hidden = |at: usize| is_unseen(outline, at);
    if hidden(best) || !of_notices(best) {
        return vec![best];
    }
    let mut blocks: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|at| *at != best && is_of_one_build(outline, best, *at) && of_notices(*at))
        .filter(|at| !hidden(*at) || tab_heading(outline, *at).is_some())
        .collect();
    blocks.push(best);
    blocks.sort_unstable();
    blocks.dedup();
    // A container of blocks among the candidates would give their entries twice.
    let is_inner = |at: &usize| !blocks.iter().any(|other| other != at && (*at..outline.places[*at].end).contains(other));
    let blocks: Vec<usize> = blocks.iter().copied().filter(is_inner).take(BLOCKS_MAX).collect();
    if blocks.contains(&best) { blocks } else { vec![best] }
}

/// The same tag and class, in a parent of the same tag and class, below the same ancestor three steps up at most.
fn is_of_one_build(outline: &Outline<'_>, one: usize, other: usize) -> bool {
    let kind = |at: usize| {
        let value = outline.places[at].element.value();
        let classes = value.classes().filter(|class| !matches!(*class, "on" | "cur" | "current" | "active" | "show" | "hide" | "none"));
        (value.name().to_owned(), classes.map(str::to_owned).collect::<Vec<_>>())
    };
    let parent = |at: usize| outline.places[at].parent;
    if kind(one) != kind(other) || !is_unseen(outline, other) && outline.places[other].weight < outline.places[one].weight {
        return false;
    }
    let (mut a, mut b) = (parent(one), parent(other));
    for _ in 0..3 {
        if a == b {
            return true;
        }
        if kind(a) != kind(b) {
            return false;
        }
        (a, b) = (parent(a), parent(b));
    }
    false
}

fn heading(outline: &Outline<'_>, at: usize) -> Option<String> {
    heading_above(outline, at).filter(|heading| heading.chars().count() <= HEADING_CHARS_MAX)
}

/// What the tab bar above a panel calls it: of as many short texts as there are panels, the one of its number.
pub(super) fn tab_heading(outline: &Outline<'_>, at: usize) -> Option<String> {
    let mut panel = at;
    for _ in 0..3 {
        let parent = outline.places[panel].parent;
        let name = outline.places[panel].element.value().name();
        let panels: Vec<usize> = outline
            .children(parent)
            .filter(|child| outline.places[*child].element.value().name() == name && outline.within(*child).links > 0)
            .collect();
        if panels.len() >= 2 {
            let number = panels.iter().position(|other| *other == panel)?;
            let before_panels = outline.places[panels[0]].element.prev_siblings().find_map(ElementRef::wrap);
            let before_parent = outline.places[parent].element.prev_siblings().find_map(ElementRef::wrap);
            return [before_panels, before_parent]
                .into_iter()
                .flatten()
                .map(labels)
                .find(|labels| labels.len() == panels.len())?
                .into_iter()
                .nth(number);
        }
        panel = parent;
    }
    None
}

/// The short texts of a bar, one per label.
fn labels(bar: ElementRef<'_>) -> Vec<String> {
    let words = bar.text().map(text::squeezed).filter(|words| !words.is_empty() && *words != "|");
    words.take(BLOCKS_MAX + 1).take_while(|words| words.chars().count() <= HEADING_CHARS_MAX).collect()
}

/// Whether the page does not show a place, or what stands right around it.
pub(super) fn is_unseen(outline: &Outline<'_>, at: usize) -> bool {
    std::iter::successors(Some(at), |at| Some(outline.places[*at].parent).filter(|parent| parent != at && *parent != 0))
        .take(4)
        .any(|at| rows::is_unshown(outline.places[at].element))
}
