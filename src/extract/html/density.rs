//! The body of a page that nobody described: the stretch where prose is densest, and the element that holds it.
//!
//! Prose is text with Chinese punctuation outside links; navigation, lists of headlines and footers have none. Paragraphs may be
//! `p`, `div` or bare text with `br`: only lines count.

use std::ops::Range;

use super::edges;
use super::header;
use super::lines::Line;
use super::outline::Outline;
use super::title::is_title;
use super::words::same_form;

/// The stretches of the body, `None` where there is neither prose nor anything below the title.
pub fn find(outline: &Outline, lines: &[Line], title: Option<&str>) -> Option<Vec<Range<usize>>> {
    let titled = title.and_then(|title| titled(title, lines));
    let Some((first, last)) = densest(lines) else { return titled.map(|titled| only(nodes_of(&lines[titled]))) };
    if let Some(titled) = titled.filter(|titled| is_better(lines, title.unwrap_or_default(), titled, first, last)) {
        return Some(only(nodes_of(&lines[titled])));
    }
    let last = above_footer(lines, first, last);
    let below = title.and_then(|title| below_title(title, lines, first, last));
    let first = below.unwrap_or(first);
    if !is_plausible(lines, title.unwrap_or_default(), first, last) {
        return None;
    }
    let stretch = lines[first].from..lines[last].to;
    let core = core(outline, lines, &stretch, NEARLY_ALL);
    let core = if is_far_larger(outline, &core, &stretch) { grown(lines, &core, first, last) } else { core };
    let before = lines[first..].iter().take_while(|line| line.from < core.start).filter(|line| is_prose(line));
    // Below the core only what stands in the same frame with it: footers have sentences too.
    let frame = outline.nodes[core.start].parent.map_or(core.end, |parent| outline.nodes[parent].end);
    let after = lines[..=last].iter().filter(|line| line.from >= core.end && line.to <= frame);
    let after = after.take_while(|line| !edges::is_boundary(line)).filter(|line| is_prose(line));
    let mut ranges: Vec<Range<usize>> = before.map(|line| line.from..line.to).collect();
    // What stands above the title is not the body: a window that asks for consent, an office that presents itself.
    let is_titled = below.is_some_and(|below| is_most_of(&lines[below - 1].text, title.unwrap_or_default()));
    ranges.push(if is_titled { core.start.max(lines[first].from)..core.end } else { core.clone() });
    ranges.extend(after.map(|line| line.from..line.to));
    Some(ranges)
}

/// The stretch of nodes that lines (at least one) came from.
fn nodes_of(lines: &[Line]) -> Range<usize> {
    lines.first().map_or(0, |line| line.from)..lines.last().map_or(0, |line| line.to)
}

fn only(range: Range<usize>) -> Vec<Range<usize>> {
    std::iter::once(range).collect()
}

/// The lines below the title up to what ends every body: related links, a disclaimer, a row of links.
///
/// A short notice or a table of figures has little prose; a description of the office elsewhere on the page may have more.
fn titled(title: &str, lines: &[Line]) -> Option<Range<usize>> {
    let title = same_form(title);
    let titles = lines.iter().enumerate().filter(|(_, line)| line.linked == 0 && is_title(&line.text, &title));
    let bodies = titles.take(TITLES).map(|(at, _)| {
        let tools = lines[at + 1..].iter().take(TITLE_LINES).take_while(|line| is_tool(line)).count();
        let start = at + 1 + tools;
        start..start + body_length(&lines[start..])
    });
    let size = |range: &Range<usize>| lines[range.clone()].iter().map(|line| line.characters - line.linked).sum::<usize>();
    bodies.max_by_key(size).filter(|range| size(range) >= LEAST && !is_listing(&lines[range.clone()]))
}

/// How many places of the title are looked below.
const TITLES: usize = 20;

/// How far above its densest stretch a body's title may stand: a header, a summary, some links between them.
const TITLE_LINES: usize = 20;

/// Whether what stands below the title is the body rather than the densest stretch, which has no title near and is not much longer.
fn is_better(lines: &[Line], title: &str, titled: &Range<usize>, first: usize, last: usize) -> bool {
    let title = same_form(title);
    let size = |lines: &[Line]| lines.iter().map(|line| line.characters).sum::<usize>();
    let apart = titled.end <= first || last < titled.start;
    let has_title = lines[first.saturating_sub(TITLE_LINES)..=last].iter().any(|line| is_title(&line.text, &title));
    let below = &lines[titled.clone()];
    let prose = size(below) >= 100 && below.iter().map(|line| line.marks).sum::<usize>() >= 3;
    let times = if prose && !has_title { 10 } else { 3 };
    apart && (!has_title || titled.end <= first) && size(below) * times >= size(&lines[first..=last])
}

/// Characters of prose that need no title above them to be a body: contact lines below a list of links have fewer.
const ENOUGH: usize = 200;

/// The end of the stretch without the footer that follows it: an address below 主办单位 has sentence marks too.
fn above_footer(lines: &[Line], first: usize, last: usize) -> usize {
    let (mut before, mut after) = (0, lines[first..=last].iter().map(|line| line.marks).sum::<usize>());
    for (at, line) in lines[first..=last].iter().enumerate() {
        if at > 0 && after * 4 < before && edges::is_boilerplate(&line.text) {
            return first + at - 1;
        }
        before += line.marks;
        after -= line.marks;
    }
    last
}

/// Whether a stretch is long enough, or stands right below its title.
fn is_plausible(lines: &[Line], title: &str, first: usize, last: usize) -> bool {
    let title = same_form(title);
    let size: usize = lines[first..=last].iter().map(|line| line.characters - line.linked).sum();
    let is_own = |line: &&Line| (line.linked * 2 <= line.characters || line.characters < 8) && !edges::is_boilerplate(&line.text);
    let mut above = lines[..first].iter().rev().take(TITLE_LINES).take_while(is_own);
    size >= ENOUGH || above.any(|line| is_title(&line.text, &title))
}

/// Characters that a body below a title has at least, where it is no prose.
const LEAST: usize = 60;

/// Mostly links, or rows of titles and dates though no links may be seen in them.
fn is_listing(lines: &[Line]) -> bool {
    let linked: usize = lines.iter().map(|line| line.linked).sum();
    let all: usize = lines.iter().map(|line| line.characters).sum();
    let links = lines.iter().filter(|line| line.linked * 2 > line.characters).count();
    (links >= 3 && linked * 2 > all) || has_dated_rows(lines)
}

/// Whether so many lines end with a date that they are the rows of a listing.
pub fn has_dated_rows(lines: &[Line]) -> bool {
    let is_row =
        |line: &&Line| line.text.ends_with(|last: char| last.is_ascii_digit() || last == ')') && header::date(&line.text).is_some();
    let rows = lines.iter().filter(is_row).count();
    rows >= 3 && rows * 4 >= lines.len()
}

/// A link to share or print by, an info line.
fn is_tool(line: &Line) -> bool {
    line.linked * 2 > line.characters || edges::is_head_noise(&line.text)
}

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

/// Whether a line says the title, or most of it: the office alone, which signs many notices, is less.
fn is_most_of(line: &str, title: &str) -> bool {
    let title = same_form(title);
    is_title(line, &title) && same_form(line).len() * 100 >= title.len() * 60
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
    if marks == 0 || edges::is_head_noise(&line.text) {
        return if characters > 40 { 0 } else { -4 };
    }
    marks * 6 + (characters - linked) / 10 - linked
}

/// Percent of a stretch's sentence marks that the element of the body holds.
const NEARLY_ALL: usize = 92;

/// The smallest element that holds so much, in percent, of the prose of the stretch.
pub fn core(outline: &Outline, lines: &[Line], stretch: &Range<usize>, percent: usize) -> Range<usize> {
    let marks = |node: usize| {
        let end = outline.nodes[node].end.min(stretch.end);
        outline.mass_between(node.max(stretch.start).min(end), end).marks
    };
    let whole = outline.mass_between(stretch.start, stretch.end).marks;
    let mut core = outline.ancestors(stretch.start).find(|node| outline.nodes[*node].end >= stretch.end).unwrap_or(0);
    while let Some(inner) = outline.children(core).find(|child| outline.element(*child).is_some() && marks(*child) * 100 >= whole * percent)
    {
        core = inner;
    }
    // A lone paragraph is not the body but a part of it: the signature stands beside it.
    let inside = |core: usize| lines.iter().filter(|line| outline.contains(core, line.from)).count();
    while let Some(outer) = outline.nodes[core].parent.filter(|_| inside(core) <= 1) {
        core = outer;
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

pub fn is_prose(line: &Line) -> bool {
    line.marks >= 1
        && line.characters >= 30
        && line.linked * 3 < line.characters
        && line.text.ends_with(['\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{201d}'])
}
