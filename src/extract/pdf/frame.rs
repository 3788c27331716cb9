//! What the rows of a file have in common: their margins, size, distance, and how paragraphs begin.

use std::collections::HashMap;

use super::rows::{Row, units};

/// How a file is set.
pub(super) struct Style {
    /// Width of a Chinese character of the text.
    pub em: f64,
    /// Of its boxes.
    height: f64,
    /// From row to row within a paragraph.
    pub pitch: f64,
    /// Paragraphs begin further to the right.
    pub is_indented: bool,
    /// Rows end flush at the right, but for the last of a paragraph.
    pub is_justified: bool,
    /// Paragraphs are parted by a wider gap.
    pub is_spaced: bool,
    frames: HashMap<Key, Frame>,
    whole: Frame,
}

/// Left and right pages may have other margins, and columns do.
type Key = (usize, usize);

#[derive(Debug, Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
}

/// Rows from which a frame's margins can be told by themselves.
const FRAME_ROWS_MIN: usize = 25;

impl Style {
    /// Least indent of a paragraph, in characters; two are usual.
    pub(super) const INDENT_MIN: f64 = 1.1;
    const INDENT_MAX: f64 = 4.2;

    pub(super) fn of(rows: &[Row]) -> Self {
        let em = body_em(rows);
        let text: Vec<&Row> = rows.iter().filter(|row| (row.em - em).abs() < 0.12 * em).collect();
        let whole = Frame::of(&text, em).unwrap_or(Frame { left: 0.0, right: 1e6 });
        let mut groups: HashMap<Key, Vec<&Row>> = HashMap::new();
        for row in &text {
            groups.entry(key(row)).or_default().push(row);
        }
        let groups = groups.into_iter().filter(|((_, column), rows)| rows.len() >= FRAME_ROWS_MIN || *column > 0);
        let frames = groups.filter_map(|(key, rows)| Some((key, Frame::of(&rows, em)?))).collect();
        let mut heights: Vec<f64> = text.iter().map(|row| row.height).collect();
        let height = most_common(&mut heights).unwrap_or(em);
        let mut style = Self { em, height, pitch: em * 1.5, is_indented: false, is_justified: false, is_spaced: false, frames, whole };
        style.learn(&text);
        style
    }

    /// How far right of its margin a row begins, in characters.
    pub(super) fn offset(&self, row: &Row) -> f64 {
        (row.left() - self.frame(row).left) / self.em
    }

    /// White space between a row and the right margin, in points.
    pub(super) fn room(&self, row: &Row) -> f64 {
        self.frame(row).right - row.right()
    }

    /// In the middle of the page and larger than the text, or far from both margins: a title, a heading.
    pub(super) fn is_head(&self, row: &Row) -> bool {
        let (offset, room) = (self.offset(row), self.room(row) / self.em);
        let is_large = self.is_large(row);
        let is_centred = (offset - room).abs() < if is_large { 2.2 } else { 1.2 };
        is_centred && (is_large || (offset > 3.0 && room > 3.0))
    }

    /// Of a larger size than the text, not only stretched.
    pub(super) fn is_large(&self, row: &Row) -> bool {
        row.em > self.em * 1.12 && row.height > self.height * 1.04
    }

    /// Far from the left margin and no head: a signature, a date, a caption. It stands alone.
    pub(super) fn is_aside(&self, row: &Row) -> bool {
        self.offset(row) > 6.0
    }

    fn frame(&self, row: &Row) -> &Frame {
        self.frames.get(&key(row)).unwrap_or(&self.whole)
    }

    /// Finds out from neighbours what the signs of a paragraph's beginning are.
    fn learn(&mut self, text: &[&Row]) {
        let is_full = |style: &Self, row: &Row| style.room(row) < 1.6 * style.em;
        let pairs: Vec<(&Row, &Row)> = text.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let near = |pair: &&(&Row, &Row)| pair.0.page == pair.1.page && pair.0.column == pair.1.column && pair.1.middle > pair.0.middle;
        let mut gaps: Vec<f64> = pairs
            .iter()
            .filter(near)
            .filter(|(before, row)| is_full(self, before) && self.offset(row) < Self::INDENT_MIN)
            .map(|(before, row)| row.middle - before.middle)
            .collect();
        if let Some(pitch) = most_common(&mut gaps) {
            self.pitch = pitch;
        }
        let indented = text.iter().filter(|row| (Self::INDENT_MIN..Self::INDENT_MAX).contains(&self.offset(row))).count();
        let flush = text.iter().filter(|row| self.offset(row) < 0.5).count();
        self.is_indented = indented * 12 >= indented + flush && indented >= 2;
        let parted = pairs.iter().filter(near).filter(|(before, row)| row.middle - before.middle > self.pitch * 1.1 + 1.5);
        let (mut after_short, mut all) = (0, 0);
        for (before, _) in parted {
            all += 1;
            after_short += usize::from(!is_full(self, before));
        }
        self.is_spaced = all >= 2 && after_short * 2 >= all;
        self.is_justified = self.ends_flush(text);
    }

    /// Whether rows without room for two more characters nearly all end at the margin itself: ragged ones end anywhere.
    fn ends_flush(&self, text: &[&Row]) -> bool {
        let rooms: Vec<f64> = text.iter().map(|row| self.room(row) / self.em).filter(|room| *room < 2.0).collect();
        let flush = rooms.iter().filter(|room| room.abs() < 0.35).count();
        rooms.len() >= 8 && flush * 100 >= rooms.len() * 93
    }
}

fn key(row: &Row) -> Key {
    (row.page % 2, row.column)
}

impl Frame {
    /// The leftmost and rightmost places that many rows have; what a few rows have is no margin.
    fn of(rows: &[&Row], em: f64) -> Option<Self> {
        let near = |places: &[f64], at: f64| {
            let enough = (places.len() / 20).max(2).min(places.len());
            places.iter().filter(|place| (**place - at).abs() < 0.35 * em).count() >= enough
        };
        // Marks hang over the margins, or their empty halves do: they tell nothing where others are.
        let firm = |is_mark: fn(&Row) -> bool| {
            let firm: Vec<&Row> = rows.iter().copied().filter(|row| !is_mark(row)).collect();
            if firm.len() * 3 > rows.len() { firm } else { rows.to_vec() }
        };
        let lefts: Vec<f64> = firm(Row::begins_with_mark).iter().map(|row| row.left()).collect();
        let rights: Vec<f64> = firm(Row::ends_with_mark).iter().map(|row| row.right()).collect();
        let left = lefts.iter().copied().filter(|at| near(&lefts, *at)).fold(f64::MAX, f64::min);
        let right = rights.iter().copied().filter(|at| near(&rights, *at)).fold(f64::MIN, f64::max);
        let (left, right) = (
            if left < f64::MAX { left } else { lefts.iter().copied().fold(f64::MAX, f64::min) },
            if right > f64::MIN { right } else { rights.iter().copied().fold(f64::MIN, f64::max) },
        );
        (!rows.is_empty()).then_some(Self { left, right })
    }
}

/// The size that most characters have.
fn body_em(rows: &[Row]) -> f64 {
    let mut sizes: HashMap<i64, (f64, f64)> = HashMap::new();
    for row in rows {
        let weight = row.cells.iter().map(|cell| units(&cell.text)).sum::<f64>();
        #[expect(clippy::cast_possible_truncation, reason = "an em is between 2 and 200 points")]
        let size = sizes.entry((row.em * 2.0).round() as i64).or_default();
        *size = (size.0 + weight, size.1 + weight * row.em);
    }
    // Neighbouring sizes are one: stretched lines measure a little wider.
    let around = |size: i64| (size - 1..=size + 1).filter_map(|near| sizes.get(&near)).map(|(weight, _)| weight).sum::<f64>();
    let best = sizes.keys().copied().max_by(|a, b| around(*a).total_cmp(&around(*b)).then(b.cmp(a)));
    let (weight, sum) = best.map_or((0.0, 0.0), |best| {
        (best - 1..=best + 1).filter_map(|near| sizes.get(&near)).fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1))
    });
    if weight > 0.0 { sum / weight } else { 10.0 }
}

/// The distance around which most lie, within a point.
fn most_common(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let mut best: Option<&[f64]> = None;
    let mut end = 0;
    for begin in 0..values.len() {
        while end < values.len() && values[end] - values[begin] <= 1.0 {
            end += 1;
        }
        if best.is_none_or(|best| end - begin > best.len()) {
            best = Some(&values[begin..end]);
        }
    }
    best.map(|near| near[near.len() / 2])
}
