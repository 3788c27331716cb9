//! A notice to the little of it that is compared with all others, and that to bytes and back.

use super::fold::statements;
use super::measures::{SIGNATURE_BYTES, Signature};
use crate::model::{ItemId, NoticeId};

/// First line of the bytes; raised when they, or the folding, change. What was written otherwise is made again.
const FORMAT: &str = "sketch 1";

/// What of one notice is compared with all others; derived from its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    pub notice: NoticeId,
    pub version: u32,
    pub source: String,
    pub region: String,
    /// Empty where none is known.
    pub sector: String,
    /// Whose notice it is, in one spelling: the same for all notices of a body.
    pub body: String,
    pub items: Vec<SketchedItem>,
    pub measures: Vec<SketchedMeasure>,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchedItem {
    pub id: ItemId,
    pub statements: Vec<String>,
}

/// One measure of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchedMeasure {
    /// Index of its item.
    pub item: u16,
    /// Index among the measures of its item.
    pub number: u16,
    pub signature: Signature,
}

impl SketchedItem {
    pub fn new(id: ItemId, heading: &str, problem: Option<&str>) -> Self {
        Self { id, statements: statements(problem.unwrap_or(heading)) }
    }
}

impl Sketch {
    /// The problems as lines of text, and the measures' signatures.
    pub fn to_bytes(&self) -> (Vec<u8>, Vec<u8>) {
        let one_line = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        let head = [&self.source, &self.region, &self.sector, &self.body].map(|text| one_line(text)).join("\t");
        let mut problems = format!("{FORMAT}\t{}\t{head}\n", self.version);
        for item in &self.items {
            problems.push_str(&item.id.0);
            for statement in &item.statements {
                problems.push('\t');
                problems.push_str(statement);
            }
            problems.push('\n');
        }
        let mut measures = Vec::with_capacity(self.measures.len() * MEASURE_BYTES);
        for measure in &self.measures {
            measures.extend(measure.item.to_be_bytes());
            measures.extend(measure.number.to_be_bytes());
            measures.extend(measure.signature.0);
        }
        (problems.into_bytes(), measures)
    }
}

const MEASURE_BYTES: usize = 4 + SIGNATURE_BYTES;

/// A sketch's problems as they are kept, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    pub version: u32,
    pub source: &'a str,
    pub region: &'a str,
    pub sector: &'a str,
    pub body: &'a str,
    items: &'a str,
}

impl<'a> Lines<'a> {
    /// `None` of what another release wrote: it is made again.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let (head, items) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        let mut head = head.strip_prefix(FORMAT)?.strip_prefix('\t')?.split('\t');
        let version = head.next()?.parse().ok()?;
        let mut next = || head.next();
        Some(Self { version, source: next()?, region: next()?, sector: next()?, body: next()?, items })
    }

    /// The items' names, each with its statements.
    pub fn items(&self) -> impl Iterator<Item = (&'a str, std::str::Split<'a, char>)> + use<'a> {
        self.items.lines().map(|line| {
            let mut parts = line.split('\t');
            (parts.next().unwrap_or_default(), parts)
        })
    }
}

/// The measures of a sketch's bytes: item, number, signature.
pub fn measures_of(bytes: &[u8]) -> impl Iterator<Item = (u16, u16, &[u8; SIGNATURE_BYTES])> {
    bytes.chunks_exact(MEASURE_BYTES).filter_map(|chunk| {
        let (item, rest) = chunk.split_first_chunk::<2>()?;
        let (number, signature) = rest.split_first_chunk::<2>()?;
        Some((u16::from_be_bytes(*item), u16::from_be_bytes(*number), signature.first_chunk()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_comes_back_from_its_bytes_and_a_strange_one_does_not() {
        let id = ItemId("7K3Q9M2D-4F7Q2K".into());
        let signature = Signature::of("成立商会换届工作领导小组,摸清到期商会底数").unwrap();
        let sketch = Sketch {
            notice: NoticeId("7K3Q9M2D".into()),
            version: 2,
            source: "licheng".into(),
            region: "福建/泉州".into(),
            sector: String::new(),
            body: "鲤城区\t工商联".into(),
            items: vec![SketchedItem::new(id, "关于换届的问题", Some("商会换届不及时;底数不清楚"))],
            measures: vec![SketchedMeasure { item: 0, number: 3, signature }],
        };
        let (problems, measures) = sketch.to_bytes();
        let lines = Lines::of(&problems).unwrap();
        assert_eq!((lines.version, lines.source, lines.region), (2, "licheng", "福建/泉州"));
        assert_eq!((lines.sector, lines.body), ("", "鲤城区 工商联"));
        let items: Vec<(&str, Vec<&str>)> = lines.items().map(|(id, statements)| (id, statements.collect())).collect();
        assert_eq!(items, [("7K3Q9M2D-4F7Q2K", vec!["商会换届不及时", "底数不清楚"])]);
        assert_eq!(measures_of(&measures).collect::<Vec<_>>(), [(0, 3, &signature.0)]);
        assert!(Lines::of(b"sketch 0\t1\n").is_none() && Lines::of(b"").is_none());
    }
}
