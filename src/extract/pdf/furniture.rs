//! Page numbers, running heads and feet: what stands at the edges of pages again and again is no body.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Page;
use super::rows::Row;

/// Lines of a running head, or of a foot.
const DEPTH_MAX: usize = 3;
/// The share of a page's height at either edge where heads and feet stand. GB/T 9704 leaves 37 mm of 297 above the text.
const EDGE: f64 = 0.14;
/// How much the same line may wander between pages, in points.
const WANDER: f64 = 4.0;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[-—–―－_~·•\s]*(?:第\s*)?(?P<number>[0-9０-９]{1,4}|[ivxlcIVXLC]{1,7})(?:\s*页)?(?:\s*[/／,，共of]{1,2}\s*[0-9]{1,4}\s*页?)?[-—–―－_~·•\s]*$")
        .expect("the pattern is a constant that the tests compile")
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    Arabic(i64),
    Roman,
}

#[derive(Clone, Copy)]
enum Side {
    Head,
    Foot,
}

/// Takes heads, feet and page numbers from the rows of all pages.
pub(super) fn remove(pages: &[Page], rows: &mut [Vec<Row>]) {
    for side in [Side::Foot, Side::Head] {
        for _ in 0..DEPTH_MAX {
            let found = at_edge(pages, rows, side);
            if found.is_empty() {
                break;
            }
            for page in found {
                match side {
                    Side::Head => drop(rows[page].remove(0)),
                    Side::Foot => drop(rows[page].pop()),
                }
            }
        }
    }
}

/// The pages whose outermost row on this side is furniture.
fn at_edge(pages: &[Page], rows: &[Vec<Row>], side: Side) -> Vec<usize> {
    let mut repeated: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
    let mut found = Vec::new();
    let mut numbered = Vec::new();
    for (number, (page, rows)) in pages.iter().zip(rows).enumerate() {
        let Some(row) = (match side {
            Side::Head => rows.first(),
            Side::Foot => rows.last(),
        }) else {
            continue;
        };
        let distance = match side {
            Side::Head => row.middle,
            Side::Foot => page.height - row.middle,
        };
        let text = row.text();
        if let Some(printed) = printed_number(&text).filter(|_| distance < page.height * EDGE * 1.2) {
            numbered.push((number, printed, is_dressed(&text), distance < page.height * 0.1));
        } else if distance < page.height * EDGE && row.cells.len() < 4 {
            repeated.entry(shape(&text)).or_default().push((number, distance));
        }
    }
    // Numbers count pages: two of them differ as their pages do.
    let shift = |page: usize, printed: Printed| match printed {
        Printed::Arabic(number) => i64::try_from(page).ok().map(|page| number - page),
        Printed::Roman => None,
    };
    for &(page, printed, is_dressed, is_far_out) in &numbered {
        let runs = numbered.iter().filter(|(other, number, ..)| shift(*other, *number) == shift(page, printed)).count() > 1;
        if is_dressed || runs || (pages.len() == 1 && is_far_out) {
            found.push(page);
        }
    }
    for group in repeated.values() {
        for (page, distance) in group {
            let same = group.iter().filter(|(_, other)| (other - distance).abs() < WANDER).count();
            // Every page, every other page (recto and verso), or at least every third.
            if same >= 2 && same * 3 >= pages.len() {
                found.push(*page);
            }
        }
    }
    found
}

/// The number that a page is called by, if the row is nothing else.
fn printed_number(text: &str) -> Option<Printed> {
    let found = NUMBER.captures(text.trim())?;
    Some(found["number"].parse().map_or(Printed::Roman, Printed::Arabic))
}

/// - 3 -, 第3页, 3/9: nobody writes so in a body.
fn is_dressed(text: &str) -> bool {
    text.contains(['-', '—', '–', '―', '－', '页', '/', '·'])
}

/// A line as it looks on every page: its digits differ.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        match character {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            _ => shape.push(character),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::Printed;

    #[track_caller]
    fn check(text: &str, expected: Option<Printed>) {
        assert_eq!(super::printed_number(text), expected, "{text:?}");
    }

    #[test]
    fn a_page_number_is_known_by_its_dress() {
        check("- 3 -", Some(Printed::Arabic(3)));
        check("— 12 —", Some(Printed::Arabic(12)));
        check("第 3 页 共 9 页", Some(Printed::Arabic(3)));
        check("3 / 9", Some(Printed::Arabic(3)));
        check("17", Some(Printed::Arabic(17)));
        check("iv", Some(Printed::Roman));
        check("2024年", None);
        check("1.加强领导", None);
        check("3项", None);
    }
}
