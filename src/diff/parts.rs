//! The files of two readings: which are the same, what was edited inside one, and which came or went as wholes.
//!
//! A file is told by its name; its text is not printed again when it comes or goes. The same text in other bytes or in another format
//! is no difference. What could not be read is not compared.

use std::ops::Range;

use url::Url;

use super::blocks::{self, Altered};
use super::passages::passages;
use super::words::words;
use crate::model::{Attachment, Block, Document, FieldChange, Part, PartText, Passage, Piece};

/// The files that came or went, by name; one that lies elsewhere now and could not be compared is said to be another.
pub(super) fn attachments(before: &Document, after: &Document) -> Option<FieldChange> {
    let pairs = pairs(before, after);
    let is_paired_before = |place: usize| pairs.iter().any(|(old, _)| *old == place);
    let is_paired_after = |place: usize| pairs.iter().any(|(_, new)| *new == place);
    let gone = (0..before.attachments.len()).any(|place| !is_paired_before(place));
    let came = (0..after.attachments.len()).any(|place| !is_paired_after(place));
    let replaced = pairs.iter().any(|&(old, new)| is_replaced(before, &before.attachments[old], after, &after.attachments[new]));
    if !gone && !came && !replaced {
        return None;
    }
    let names = |attachments: &[Attachment]| attachments.iter().map(|attachment| attachment.name.as_str()).collect::<Vec<_>>().join("、");
    let (old, new) = (names(&before.attachments), names(&after.attachments));
    let new = if words(&old) == words(&new) { format!("{new}（文件已更换）") } else { new };
    let stated = |names: String, attachments: &[Attachment]| (!attachments.is_empty()).then_some(names);
    Some(FieldChange {
        name: "attachments".to_owned(),
        label: "附件".to_owned(),
        before: stated(old, &before.attachments),
        after: stated(new, &after.attachments),
    })
}

/// Whether an older file is a newer one.
type Rule<'a> = &'a dyn Fn(&Attachment, &Attachment) -> bool;

/// Which older file is which newer one, by their places: called and lying alike, else saying the same, else called alike.
fn pairs(before: &Document, after: &Document) -> Vec<(usize, usize)> {
    let called = |one: &Attachment, other: &Attachment| words(&one.name) == words(&other.name);
    let lies = |one: &Attachment, other: &Attachment| file(&one.url) == file(&other.url);
    let says = |one: &Attachment, other: &Attachment| match (text(before, &one.url), text(after, &other.url)) {
        (Some(one), Some(other)) => !one.is_empty() && one == other,
        _ => false,
    };
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let rules: [Rule; 3] = [&|one, other| called(one, other) && lies(one, other), &says, &called];
    for rule in rules {
        for (old, one) in before.attachments.iter().enumerate() {
            if pairs.iter().any(|(known, _)| *known == old) {
                continue;
            }
            let free = |new: &usize| !pairs.iter().any(|(_, known)| known == new);
            let partner = (0..after.attachments.len()).filter(free).find(|new| rule(one, &after.attachments[*new]));
            pairs.extend(partner.map(|new| (old, new)));
        }
    }
    pairs
}

/// Whether a file of the same name lies at another address and what it says cannot be compared.
fn is_replaced(before: &Document, old: &Attachment, after: &Document, new: &Attachment) -> bool {
    file(&old.url) != file(&new.url) && (text(before, &old.url).is_none() || text(after, &new.url).is_none())
}

fn text(document: &Document, url: &Url) -> Option<String> {
    let blocks = document.part(url)?.blocks(document)?;
    Some(blocks.iter().map(|block| words(&block.text())).collect())
}

/// What a file is called at its address, which outlives a move of the site: `P020240912.pdf`, also where a script hands it out.
fn file(url: &Url) -> String {
    let is_file = |name: &str| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|e| {
            matches!(e.as_str(), "pdf" | "doc" | "docx" | "xls" | "xlsx" | "ofd" | "wps" | "et" | "zip" | "rar" | "txt" | "jpg" | "png")
        })
    };
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let mut candidates = std::iter::once(last.to_owned()).chain(url.query_pairs().map(|(_, value)| value.into_owned()));
    candidates.find(|name| is_file(name)).unwrap_or_else(|| last.to_owned())
}

/// Without the texts of annexes that came or went as wholes: their names are told.
pub(super) fn without_whole(altered: Vec<Altered>, before: &Document, after: &Document) -> Vec<Altered> {
    let pairs = pairs(before, after);
    let lone = |document: &Document, is_paired: &dyn Fn(usize) -> bool| -> Vec<Range<usize>> {
        let places = document.attachments.iter().enumerate().filter(|(place, _)| !is_paired(*place));
        places.filter_map(|(_, file)| annex(document.part(&file.url)?)).collect()
    };
    let gone = lone(before, &|place| pairs.iter().any(|(old, _)| *old == place));
    let came = lone(after, &|place| pairs.iter().any(|(_, new)| *new == place));
    let inside =
        |ranges: &[Range<usize>], range: &Range<usize>| ranges.iter().any(|whole| whole.start <= range.start && range.end <= whole.end);
    let is_told = |altered: &Altered| {
        let removed = altered.after.is_empty() && inside(&gone, &altered.before);
        let added = altered.before.is_empty() && inside(&came, &altered.after);
        removed || added
    };
    altered.into_iter().filter(|altered| !is_told(altered)).collect()
}

fn annex(part: &Part) -> Option<Range<usize>> {
    match &part.text {
        PartText::Annex(range) => Some(range.start as usize..range.end as usize),
        _ => None,
    }
}

/// Says of each passage inside an annex which file it is in.
pub(super) fn name(passages: &mut [Passage], before: &Document, after: &Document) {
    let holds = |document: &Document, block: Option<usize>| {
        let block = block?;
        let part = document.parts.iter().find(|part| annex(part).is_some_and(|range| range.contains(&block)))?;
        Some(part.name.clone())
    };
    for passage in passages {
        if let Some(name) = holds(after, passage.after).or_else(|| holds(before, passage.before)) {
            passage.under = Some(under(&name, passage.under.take()));
        }
    }
}

fn under(name: &str, heading: Option<String>) -> String {
    match heading {
        Some(heading) => format!("附件 {name} · {heading}"),
        None => format!("附件 {name}"),
    }
}

/// What was edited inside files that say what the notice says, unless the notice was edited in the same way.
pub(super) fn of_copies(told: &[Passage], before: &Document, after: &Document) -> Vec<Passage> {
    let mut of_copies = Vec::new();
    for (old, new) in pairs(before, after) {
        let (old, new) = (before.part(&before.attachments[old].url), after.part(&after.attachments[new].url));
        let (Some(PartText::Copy(old)), Some((name, PartText::Copy(new)))) =
            (old.map(|part| &part.text), new.map(|part| (&part.name, &part.text)))
        else {
            continue;
        };
        of_copies.extend(in_copy(name, old, new).into_iter().filter(|passage| !told.iter().any(|told| marks(told) == marks(passage))));
    }
    of_copies
}

fn in_copy(name: &str, old: &[Block], new: &[Block]) -> Vec<Passage> {
    let passages = passages(blocks::altered(old, new), old, new);
    // The blocks of a copy are not among the document's.
    passages.into_iter().map(|passage| Passage { before: None, after: None, under: Some(under(name, passage.under)), ..passage }).collect()
}

fn marks(passage: &Passage) -> Vec<&Piece> {
    passage.pieces.iter().filter(|piece| !matches!(piece, Piece::Same(_))).collect()
}

/// How the text of a file that says the same differs from the notice itself, in a reader's order.
pub fn copy_differs(document: &Document, part: &Part) -> Vec<Passage> {
    match &part.text {
        PartText::Copy(copy) => in_copy(&part.name, document.body(), copy),
        _ => Vec::new(),
    }
}
