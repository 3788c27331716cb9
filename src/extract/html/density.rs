//! The body of a page that nobody described: the stretch where prose is densest, and the element that holds it.
//!
//! Prose is text with Chinese punctuation outside links; navigation, lists of headlines and footers have none. Paragraphs may be
//! `p`, `div` or bare text with `br`: only lines count.

use std::ops::Range;

use super::edges;
use super::lines::Line;
use super::outline::Outline;
use super::title::is_title;
use super::words::same_form;

/// The stretches of the body, `None` where there is neither prose nor anything below the title.
pub fn find(outline: &Outline, lines: &[Line], title: Option<&str>) -> Option<Vec<Range<usize>>> {
    let titled = title.and_then(|title| titled(title, lines));
    let Some((first, last)) = densest(lines) else { return titled.map(|titled| vec![lines[titled.start].from..lines[titled.end - 1].to]) };
    if let Some(titled) = titled.filter(|titled| is_better(lines, title.unwrap_or_default(), titled, first, last)) {
        return Some(vec![lines[titled.start].from..lines[titled.end - 1].to]);
    }
    let first = title.and_then(|title| below_title(title, lines, first, last)).unwrap_or(first);
    let stretch = lines[first].from..lines[last].to;
    let core = core(outline, &stretch);
    let core = if is_far_larger(outline, &core, &stretch) { grown(lines, &core, first, last) } else { core };
    let before = lines[first..].iter().take_while(|line| line.from < core.start).filter(|line| is_prose(line));
    let after = lines[..=last]
        .iter()
        .filter(|line| line.from >= core.end)
        .take_while(|line| !edges::is_boundary(line))
        .filter(|line| is_prose(line));
    let mut ranges: Vec<Range<usize>> = before.map(|line| line.from..line.to).collect();
    ranges.push(core.clone());
    ranges.extend(after.map(|line| line.from..line.to));
    Some(ranges)
}

/// The lines below the title up to what ends every body: related links, a disclaimer, a row of links.
///
/// A short notice or a table of figures has little prose; a description of the office elsewhere on the page may have more.
fn titled(title: &str, lines: &[Line]) -> Option<Range<usize>> {
    let title = same_form(title);
    let titles = lines.iter().enumerate().filter(|(_, line)| line.linked == 0 && is_title(&line.text, &title));
    let bodies = titles.map(|(at, _)| at + 1..at + 1 + body_length(&lines[at + 1..]));
    let size = |range: &Range<usize>| lines[range.clone()].iter().map(|line| line.characters).sum::<usize>();
    bodies.max_by_key(size).filter(|range| size(range) >= LEAST)
}

/// How far above its densest stretch a body's title may stand: a header, a summary, some links between them.
const TITLE_LINES: usize = 20;

/// Whether what stands below the title is the body rather than the densest stretch, which has no title near and is not much longer.
fn is_better(lines: &[Line], title: &str, titled: &Range<usize>, first: usize, last: usize) -> bool {
    let title = same_form(title);
    let size = |lines: &[Line]| lines.iter().map(|line| line.characters).sum::<usize>();
    let apart = titled.end <= first || last < titled.start;
    let has_title = lines[first.saturating_sub(TITLE_LINES)..=last].iter().any(|line| is_title(&line.text, &title));
    apart && (!has_title || titled.end <= first) && size(&lines[titled.clone()]) * 3 >= size(&lines[first..=last])
}

/// Characters that a body below a title has at least, where it is no prose.
const LEAST: usize = 60;

fn body_length(lines: &[Line]) -> usize {
    let linked = |line: &Line| line.linked * 2 > line.characters;
    (0..lines.len())
        .find(|at| {
            edges::is_boundary(&lines[*at])
                || edges::is_boilerplate(&lines[*at].text)
                || lines[*at..].iter().take(3).filter(|line| linked(line)).count() == 3
        })
        .unwrap_or(lines.len())
}

/// The line below the title, where the title stands in the stretch with at least half of the prose below it.
///
/// Below the body the title may stand again: in a copy for printing, in a list of neighbours.
fn below_title(title: &str, lines: &[Line], first: usize, last: usize) -> Option<usize> {
    let title = same_form(title);
    let whole: usize = lines[first..=last].iter().map(|line| line.marks).sum();
    let mut below = 0;
    for at in (first..=last).rev() {
        if below * 2 >= whole && is_title(&lines[at].text, &title) {
            return Some(at + 1);
        }
        below += lines[at].marks;
    }
    None
}

/// The stretch of lines with the greatest sum of scores.
fn densest(lines: &[Line]) -> Option<(usize, usize)> {
    let (mut best, mut best_sum) = (None, 0);
    let (mut start, mut sum) = (0, 0i64);
    for (at, line) in lines.iter().enumerate() {
        if sum <= 0 {
            (start, sum) = (at, 0);
        }
        sum += score(line);
        if sum > best_sum {
            (best, best_sum) = (Some((start, at)), sum);
        }
    }
    best
}

fn score(line: &Line) -> i64 {
    let (characters, linked, marks) = (line.characters as i64, line.linked as i64, line.marks as i64);
    if linked * 2 > characters || edges::is_boilerplate(&line.text) {
        return -12;
    }
    if marks == 0 {
        return if characters > 40 { 0 } else { -4 };
    }
    marks * 6 + (characters - linked) / 10 - linked
}

/// The smallest element that holds nearly all prose of the stretch.
fn core(outline: &Outline, stretch: &Range<usize>) -> Range<usize> {
    let marks = |node: usize| {
        let end = outline.nodes[node].end.min(stretch.end);
        outline.mass_between(node.max(stretch.start).min(end), end).marks
    };
    let whole = outline.mass_between(stretch.start, stretch.end).marks;
    let mut core = outline.ancestors(stretch.start).find(|node| outline.nodes[*node].end >= stretch.end).unwrap_or(0);
    while let Some(inner) = outline.children(core).find(|child| marks(*child) * 100 >= whole * 92) {
        core = inner;
    }
    core..outline.nodes[core].end
}

fn is_far_larger(outline: &Outline, core: &Range<usize>, stretch: &Range<usize>) -> bool {
    let end = core.end.min(stretch.end);
    let inside = outline.mass_between(core.start.max(stretch.start).min(end), end);
    outline.mass_between(core.start, core.end).characters * 2 > inside.characters * 3
}

/// Lines without a sentence mark that a stretch may grow by: a salutation above it; contacts, signature and date below.
const GROWTH: usize = 8;

/// The part of a large element that belongs to the stretch: what stands beside it up to links, noise or the header.
fn grown(lines: &[Line], core: &Range<usize>, first: usize, last: usize) -> Range<usize> {
    let inside = |line: &&Line| line.from >= core.start && line.to <= core.end;
    let foreign = |line: &Line| line.linked * 2 > line.characters || edges::is_boundary(line) || edges::is_noise(&line.text);
    let above = |line: &&Line| !foreign(line) && !edges::is_head_noise(&line.text);
    let start = lines[..first].iter().rev().take(GROWTH).take_while(inside).take_while(above).last();
    let end = lines[last + 1..].iter().take(GROWTH).take_while(inside).take_while(|line| !foreign(line)).last();
    let from = core.start.max(start.map_or(lines[first].from, |line| line.from));
    from..core.end.min(end.map_or(lines[last].to, |line| line.to))
}

fn is_prose(line: &Line) -> bool {
    line.marks >= 1
        && line.characters >= 30
        && line.linked * 3 < line.characters
        && line.text.ends_with(['\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{201d}'])
}
