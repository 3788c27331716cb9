//! A body and the page it was found on to reasons why the reading may be wrong, each in one line.
//!
//! The second reader knows no containers and no titles: a paragraph of prose is a sentence of some length that is no link. What
//! it sees outside the body is held against the body. It never changes what was read.

use super::body::{self, Found};
use super::density::is_prose;
use super::edges;
use super::lines::Line;
use super::outline::Outline;
use super::title;

/// Characters of paragraphs outside a body that are worth a doubt.
const ENOUGH: usize = 150;
/// Characters of a body that pictures may hold more than.
const HARDLY_ANY: usize = 100;
/// More text than this for each picture, and than this in all, is illustrated and not scanned.
const OF_A_PICTURE: usize = 60;
const OF_ALL_PICTURES: usize = 300;

/// Paragraphs outside the body that weigh more than those in it.
pub fn second_reader(outline: &Outline, all: &[Line], found: &Found, body: &[Line]) -> Option<String> {
    if found.by == body::By::Rule {
        return None;
    }
    let (Some(first), Some(last)) = (body.first(), body.last()) else { return None };
    let own: usize = body.iter().filter(|line| is_prose(line)).map(|line| line.characters).sum();
    let whole: usize = body.iter().map(|line| line.characters).sum();
    let is_outside = |line: &&Line| line.to <= first.from || line.from >= last.to;
    let mut said: Vec<&str> = body.iter().map(|line| line.text.as_str()).collect();
    said.sort_unstable();
    let is_copy = |line: &&Line| said.binary_search(&line.text.as_str()).is_ok();
    let outside =
        all.iter().filter(|line| is_prose(line)).filter(is_outside).filter(|line| !edges::is_boilerplate(&line.text) && !is_copy(line));
    // The stretch of paragraphs that lie in one frame: comments and summaries of other texts lie in many.
    let most = heaviest_frame(outline, outside);
    (most >= ENOUGH && most > own.max(whole / 2))
        .then(|| format!("the body holds {own} characters of paragraphs, another part of the page {most}"))
}

/// Most characters of paragraphs that are children of one element.
fn heaviest_frame<'l>(outline: &Outline, lines: impl Iterator<Item = &'l Line>) -> usize {
    let mut frames: Vec<(Option<usize>, usize)> = Vec::new();
    for line in lines {
        let paragraph = outline.ancestors(line.from).find(|node| super::lines::is_block(outline.name(*node)));
        let frame = paragraph.and_then(|paragraph| outline.nodes[paragraph].parent);
        match frames.iter_mut().find(|(known, _)| *known == frame) {
            Some((_, sum)) => *sum += line.characters,
            None => frames.push((frame, line.characters)),
        }
    }
    frames.into_iter().map(|(_, sum)| sum).max().unwrap_or(0)
}

/// A body of pictures with hardly any text: scanned notices are put online like that.
pub fn pictures(outline: &Outline, found: &Found, body: &[Line]) -> Option<String> {
    let characters: usize = body.iter().map(|line| line.characters).sum();
    let pictures = found.ranges.iter().map(|range| pictures_in(outline, range.start, range.end)).sum::<usize>();
    (pictures > 0 && characters < HARDLY_ANY.max((OF_A_PICTURE * pictures).min(OF_ALL_PICTURES)))
        .then(|| format!("{pictures} pictures beside {characters} characters of text: what pictures say is not read"))
}

/// How many pictures stand where a page that has no text should have it: in its container, else between title and footer.
pub fn pictures_without_text(outline: &Outline, all: &[Line], title: Option<&str>) -> usize {
    let contained: usize =
        body::sure_containers(outline).map(|root| pictures_in(outline, root, outline.nodes[root].end)).max().unwrap_or(0);
    if contained > 0 {
        return contained;
    }
    let Some(at) = title.and_then(|title| title::title_line(title, all, outline.nodes.len())) else { return 0 };
    let end = all.iter().skip(at + 1).find(|line| edges::is_boundary(line) || edges::is_boilerplate(&line.text));
    pictures_in(outline, all[at].to, end.map_or(outline.nodes.len(), |line| line.from))
}

/// Pictures that are no icons: of files that editors upload, not of the template's folder, and not said to be small.
fn pictures_in(outline: &Outline, from: usize, to: usize) -> usize {
    let is_picture = |index: &usize| {
        outline.element(*index).filter(|element| element.name() == "img").is_some_and(|element| {
            let is_small =
                |name| element.attr(name).and_then(|size| size.trim_end_matches("px").parse::<u32>().ok()).is_some_and(|size| size < 100);
            let is_icon =
                element.attr("src").is_some_and(|src| ["icon", "fileType", "logo", "data:"].iter().any(|word| src.contains(word)));
            !is_small("width") && !is_small("height") && !is_icon
        })
    };
    (from..to).filter(is_picture).count()
}
