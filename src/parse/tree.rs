//! Parts to a tree of headings: which numbers and lines are headings, what stands below which.
//!
//! A number that follows 整改情况: and names no problem counts measures; it is content, not a heading.

use std::sync::LazyLock;

use regex::Regex;

use super::dates::pattern;
use super::outline::{Label, Marker, Part, Style};
use super::shape::{self, Class};
use super::text::Line;

/// A heading with what stands below it.
#[derive(Debug)]
pub(super) struct Node {
    pub parent: Option<usize>,
    /// `None` for a heading without a number.
    pub marker: Option<Marker>,
    /// The part that is the heading.
    pub part: usize,
    /// Parts below it that are no headings, in order.
    pub content: Vec<usize>,
    pub children: Vec<usize>,
    pub class: Class,
    /// It opens what closes the notice: outlook, contact.
    pub is_closing: bool,
}

#[derive(Debug)]
pub(super) struct Tree {
    /// In the order of the text.
    pub nodes: Vec<Node>,
    /// For each part the node it belongs to: its own, or the one it is content of. `None` before the first heading.
    pub owner: Vec<Option<usize>>,
}

/// Characters of the longest problem that stands without number or label before 整改情况: in its line.
const FAULT_CHARACTERS_MAX: usize = 150;

static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:下一步|下步|接下来|今后|下阶段|下一阶段|欢迎|公示(?:时间|期|期限|起止)|意见(?:反馈|征求)(?:时间|期|方式)|(?:受理|监督)(?:时间|方式|渠道|信箱)|如(?:对|有)[^。,]{0,12}(?:意见|异议|建议)|联系(?:方式|电话|人|地址)|监督电话|举报电话|通[信讯]地址|邮政|电子邮箱|如有意见|以上|特此|[^。,]{0,25}(?:党组|党委|党总支|支部|工委|[省市区县州旗]委|局|委|办|院|校|我们|单位|公司)将(?:以|继续|坚持|持续|进一步|严格|切实|认真|深入|按照|始终|把|紧紧)|(?:在|通过)[^。,]{0,14}整改[^。,]{0,6},(?:共|给予|教育|建立|全|[^。]{0,20}(?:[0-9]+)(?:人|项|个))|截[至止][^。,]{2,20},[^。]{0,60}(?:问题|任务|措施|整改)|整改(?:期间|以来),)",
    )
});

impl Tree {
    pub fn new(lines: &[Line], parts: &[Part]) -> Self {
        let mut builder = Builder {
            lines,
            parts,
            tree: Tree { nodes: Vec::new(), owner: vec![None; parts.len()] },
            stack: Vec::new(),
            list: None,
            labelled: false,
        };
        let last_evidence = parts.iter().rposition(|part| builder.is_evidence(part));
        for index in 0..parts.len() {
            let past = last_evidence.is_none_or(|last| index > last);
            builder.place(index, past);
        }
        builder.tree
    }

    /// The node and all below it, in the order of the text.
    pub fn below(&self, node: usize) -> Vec<usize> {
        let mut found = vec![node];
        let mut next = 0;
        while let Some(&current) = found.get(next) {
            found.extend(&self.nodes[current].children);
            next += 1;
        }
        found.sort_unstable();
        found
    }

    /// The parts of a node and of all below it, in the order of the text, its own heading first.
    pub fn parts_of(&self, node: usize) -> Vec<usize> {
        let mut found: Vec<usize> = self
            .below(node)
            .iter()
            .flat_map(|&node| std::iter::once(self.nodes[node].part).chain(self.nodes[node].content.iter().copied()))
            .collect();
        found.sort_unstable();
        found
    }

    pub fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.nodes[node].parent, |&parent| self.nodes[parent].parent)
    }

    /// The outermost heading that a node stands below, or itself.
    pub fn top(&self, node: usize) -> usize {
        self.ancestors(node).last().unwrap_or(node)
    }
}

struct Builder<'a> {
    lines: &'a [Line],
    parts: &'a [Part],
    tree: Tree,
    stack: Vec<usize>,
    /// The numbered measures being counted: their style and the last number.
    list: Option<(Style, u32)>,
    /// 整改情况: or the like was seen below the current heading.
    labelled: bool,
}

impl Builder<'_> {
    fn text(&self, part: &Part) -> &str {
        &self.lines[part.line].text[part.body.clone()]
    }

    /// Whether the part shows that the problems are not all told yet.
    fn is_evidence(&self, part: &Part) -> bool {
        match part.label {
            Some(label) => label.is_rectification() || label == Label::Problem,
            None => part.marker.is_some() && shape::is_problem(self.text(part)),
        }
    }

    fn place(&mut self, index: usize, past_evidence: bool) {
        let part = &self.parts[index];
        let text = self.text(part);
        match &part.marker {
            Some(marker) if self.is_heading(index, marker) => self.push(index, Some(marker.clone()), shape::class(heading_of(text)), false),
            Some(marker) if part.label.is_none() && self.labelled => {
                self.list = Some((marker.style, marker.ordinal));
                self.add(index);
            }
            Some(_) => self.add(index),
            None if part.opens_line && part.label.is_none() && past_evidence && CLOSING.is_match(text) => {
                self.stack.clear();
                self.push(index, None, Class::Next, true);
            }
            None => match self.bare_heading(index) {
                Some(class) => self.push(index, None, class, false),
                None => self.add(index),
            },
        }
    }

    fn add(&mut self, index: usize) {
        self.labelled |= self.parts[index].label.is_some_and(Label::is_rectification);
        let Some(&top) = self.stack.last() else { return };
        self.tree.nodes[top].content.push(index);
        self.tree.owner[index] = Some(top);
    }

    fn push(&mut self, index: usize, marker: Option<Marker>, class: Class, is_closing: bool) {
        match &marker {
            Some(marker) => self.pop_for(marker),
            None if is_closing => {}
            None => self.pop_for_bare(index),
        }
        let parent = self.stack.last().copied();
        let node = self.tree.nodes.len();
        self.tree.nodes.push(Node { parent, marker, part: index, content: Vec::new(), children: Vec::new(), class, is_closing });
        if let Some(parent) = parent {
            self.tree.nodes[parent].children.push(node);
        }
        self.tree.owner[index] = Some(node);
        self.stack.push(node);
        self.list = None;
        self.labelled = false;
    }

    fn style_of(&self, node: usize) -> Option<Style> {
        self.tree.nodes[node].marker.as_ref().map(|marker| marker.style)
    }

    fn pop_for(&mut self, marker: &Marker) {
        if let Some(at) = self.stack.iter().rposition(|&node| self.style_of(node) == Some(marker.style)) {
            self.stack.truncate(at);
            return;
        }
        // 问题1: may stand above or below 1.; what comes first and counts from one is above.
        let is_below = |above: Style| above < marker.style || (above == Style::Problem && marker.style == Style::Digit);
        // 3.…整改情况:… then 【问题4】: the next item, not one below.
        let is_beside = |above: Style| self.labelled && marker.style == Style::Problem && above == Style::Digit;
        while let Some(&top) = self.stack.last() {
            if self.style_of(top).is_some_and(|above| is_below(above) && !is_beside(above))
                || (self.style_of(top).is_none() && self.keeps_below(top))
            {
                break;
            }
            self.stack.pop();
        }
    }

    /// Numbered headings may stand below an unnumbered one that opens a group.
    fn keeps_below(&self, node: usize) -> bool {
        !self.is_problem(node)
    }

    fn is_problem(&self, node: usize) -> bool {
        let part = self.tree.nodes[node].part;
        shape::is_problem(self.text(&self.parts[part])) || self.tells_in_one_line(part)
    }

    /// 理论学习走形式。整改情况:…: no number, but a label follows in the same line.
    fn tells_in_one_line(&self, index: usize) -> bool {
        let part = &self.parts[index];
        let follows = self.parts.get(index + 1).filter(|next| next.line == part.line && next.marker.is_none());
        let is_told = follows.is_some_and(|next| next.label.is_some_and(Label::is_rectification));
        let text = self.text(part);
        is_told
            && part.opens_line
            && part.marker.is_none()
            && part.label.is_none()
            && (4..=FAULT_CHARACTERS_MAX).contains(&text.chars().count())
    }

    /// An unnumbered problem stands beside the item before it, any other unnumbered heading right below the section.
    fn pop_for_bare(&mut self, index: usize) {
        let is_problem = shape::is_problem(self.text(&self.parts[index])) || self.tells_in_one_line(index);
        while let Some(&top) = self.stack.last() {
            let stays = match self.style_of(top) {
                Some(Style::Section) => !self.is_problem(top) || !is_problem,
                Some(_) => is_problem && !self.is_problem(top) && !self.labelled,
                None => is_problem && !self.is_problem(top),
            };
            if stays {
                break;
            }
            self.stack.pop();
        }
    }

    fn is_heading(&self, index: usize, marker: &Marker) -> bool {
        let part = &self.parts[index];
        let text = self.text(part);
        if let Some(label) = part.label {
            return label == Label::Problem && !self.is_first_of_labels(index, marker);
        }
        if matches!(marker.style, Style::Division | Style::Section | Style::Problem) || shape::is_problem(text) {
            return true;
        }
        if self.list == Some((marker.style, marker.ordinal.wrapping_sub(1))) && !self.opens_item(index) {
            return false;
        }
        if !self.labelled {
            return true;
        }
        self.opens_item(index) || is_short(text) || self.continues(marker)
    }

    /// (1)反馈问题:… (2)整改措施:…: the numbers count the labels of one item.
    fn is_first_of_labels(&self, index: usize, marker: &Marker) -> bool {
        let next = self.parts[index + 1..].iter().find(|part| part.marker.is_some());
        next.is_some_and(|part| {
            part.label.is_some_and(|label| label != Label::Problem)
                && part.marker.as_ref().is_some_and(|next| next.style == marker.style && next.ordinal == marker.ordinal + 1)
        })
    }

    /// The next part is 整改情况: or the like; who is responsible may stand before it.
    fn opens_item(&self, index: usize) -> bool {
        let is_tag = |part: &&Part| part.marker.is_none() && part.label.is_some_and(Label::is_tag);
        self.parts[index + 1..].iter().find(|part| !is_tag(part)).is_some_and(|next| {
            next.marker.is_none()
                && (next.label.is_some_and(|label| label.is_rectification() || label == Label::Problem) || self.is_problem_line(next))
        })
    }

    fn is_problem_line(&self, part: &Part) -> bool {
        part.label.is_none() && is_problem_line(self.text(part))
    }

    /// It goes on counting where a heading above left off.
    fn continues(&self, marker: &Marker) -> bool {
        self.stack
            .iter()
            .filter_map(|&node| self.tree.nodes[node].marker.as_ref())
            .any(|above| above.style == marker.style && above.ordinal + 1 == marker.ordinal)
    }

    /// Whether a heading has not told its problem yet: 1.推动改革不够有力。 with 针对“…”等问题。 in the next line.
    fn awaits_problem(&self, node: usize) -> bool {
        let heading = &self.tree.nodes[node];
        let text = heading_of(self.text(&self.parts[heading.part]));
        let is_group = shape::is_group(text) && heading.class != Class::Unfinished && !shape::is_negative(text.trim_end_matches("方面"));
        !self.labelled && heading.content.is_empty() && !self.is_problem(node) && !is_group
    }

    /// The class of a line without a number that is a heading all the same.
    fn bare_heading(&self, index: usize) -> Option<Class> {
        let part = &self.parts[index];
        let text = self.text(part);
        if part.label == Some(Label::Problem) && self.stack.is_empty() {
            return Some(Class::Rectification);
        }
        let names_area = |top: usize| heading_of(self.text(&self.parts[self.tree.nodes[top].part])).ends_with("方面");
        if self.tells_in_one_line(index) && !self.stack.last().is_some_and(|&top| self.awaits_problem(top) && !names_area(top)) {
            return Some(Class::Rectification);
        }
        if part.label.is_some() || !part.opens_line || part.range.end < self.lines[part.line].text.len() {
            return None;
        }
        if is_problem_line(text) {
            let heads_nothing = self.stack.last().is_some_and(|&top| self.awaits_problem(top));
            let is_item =
                self.parts.get(index + 1).is_some_and(|next| next.label.is_some_and(Label::is_rectification) || next.marker.is_none());
            return (!heads_nothing && is_item).then_some(Class::Rectification);
        }
        let is_marked = self.lines[part.line].heading && !self.labelled;
        let is_heading = is_short(text) && (is_marked || (text.chars().count() <= 40 && BARE_HEADING.is_match(text)));
        is_heading.then(|| shape::class(text))
    }
}

static BARE_HEADING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:整改|尚)?未(?:全部)?完成(?:整改)?(?:的)?(?:事项|问题|任务|情况)|^(?:需要?|还需)(?:进一步|长期|持续|继续)(?:整改|推进).{0,12}$|方面(?:的|存在)?(?:问题)?(?:的)?(?:整改)?(?:情况)?$|^(?:集中)?整改(?:工作)?(?:落实|进展|组织|总体|基本)?情况$|(?:反馈|具体)问题(?:的)?整改(?:落实|进展)?情况$|问题线索.{0,10}情况$|^下一步.{0,12}$|组织(?:领导|落实|整改).{0,10}情况$",
    )
});

/// 针对“…”等问题。 alone in its line.
pub(super) fn is_problem_line(text: &str) -> bool {
    static WHOLE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"^(?:关于|针对).{3,}(?:问题|[”"])(?:的)?(?:整改)?(?:落实|进展)?(?:情况)?[。:;,]?$"#));
    shape::is_problem(text) && WHOLE.is_match(text)
}

/// A line that is a heading by its length and lack of stops.
fn is_short(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 60 && !text.contains(['。', ';', '!', '?', ':']) && !text.ends_with([',', '、'])
}

/// A part's text up to the first full stop.
pub(super) fn heading_of(text: &str) -> &str {
    &text[super::sentence::first_clause(text, 0..text.len())]
}
