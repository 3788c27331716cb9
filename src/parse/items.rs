//! The problems (问题) that a notice prints, each with what was done about it.
//!
//! An item is the finest heading that names a problem, or the finest one with a label (整改情况:, 反馈问题:) of its own.
//! A heading with items below it is a group and no item; matters told only as not finished are none.

use crate::model::Item;

use super::deadline::Anchor;
use super::item::Reader;
use super::outline::{Label, Part, Style};
use super::shape::{self, Class};
use super::tables::{self, Table};
use super::text::Line;
use super::tree::{Tree, heading_of};

/// An item and the parts it was read from.
pub(super) struct Found {
    pub item: Item,
    pub parts: Vec<usize>,
    /// Where it begins.
    line: usize,
}

pub(super) fn items(lines: &[Line], parts: &[Part], tree: &Tree, tables: &[Table], anchor: Anchor) -> Vec<Found> {
    let chooser = Chooser { reader: Reader { lines, parts, anchor }, tree };
    let mut found = Vec::new();
    for (node, parts_of_node) in chooser.item_nodes() {
        for group in chooser.split(node, parts_of_node) {
            let Some(&first) = group.first() else { continue };
            let item = chooser.reader.read(chooser.path(node), &group, first == tree.nodes[node].part);
            found.extend(item.map(|item| Found { item, parts: group, line: parts[first].line }));
        }
    }
    for table in tables {
        let path = chooser.path_at(table.first);
        found.extend(tables::items(lines, table, &path, anchor).into_iter().map(|(line, item)| Found { item, parts: Vec::new(), line }));
    }
    found.sort_by_key(|found| found.line);
    found
}

struct Chooser<'a> {
    reader: Reader<'a>,
    tree: &'a Tree,
}

impl Chooser<'_> {
    /// The nodes that are items with their parts, in the order of the text.
    fn item_nodes(&self) -> Vec<(usize, Vec<usize>)> {
        let nodes = &self.tree.nodes;
        let mut is_problem: Vec<bool> = (0..nodes.len()).map(|node| self.is_told(node) && self.names_problem(node)).collect();
        self.add_negative_children(&mut is_problem);
        self.add_negative_leaves(&mut is_problem);
        let is_group = |node: usize| self.tree.below(node).iter().any(|&below| below != node && is_problem[below]);
        let mut found = Vec::new();
        for node in (0..nodes.len()).filter(|&node| is_problem[node]) {
            if !is_group(node) {
                found.push((node, self.tree.parts_of(node)));
            } else if self.has_own_rectification(node) {
                // An item whose next one is numbered as if it stood below: both are told.
                found.push((node, std::iter::once(nodes[node].part).chain(nodes[node].content.iter().copied()).collect()));
            }
        }
        found
    }

    fn has_own_rectification(&self, node: usize) -> bool {
        self.tree.nodes[node].content.iter().any(|&part| self.reader.parts[part].label.is_some_and(Label::is_rectification))
    }

    /// Whether a node stands where problems and their rectification are told.
    fn is_told(&self, node: usize) -> bool {
        let top = &self.tree.nodes[self.tree.top(node)];
        if top.is_closing {
            return false;
        }
        match top.class {
            // 三、尚未完成的问题 tells of matters; an unnumbered 整改未完成事项 goes on with the section it stands in.
            Class::Unfinished => top.marker.is_none(),
            Class::Outcome | Class::Next => self.tells_rectification(self.tree.top(node)),
            _ => true,
        }
    }

    /// Whether problems and labels stand below a heading whose words promise none: 二、坚持问题导向,抓好整改.
    fn tells_rectification(&self, top: usize) -> bool {
        let below = self.tree.below(top);
        let parts = below.iter().flat_map(|&node| &self.tree.nodes[node].content);
        let has_label = parts.clone().any(|&part| self.reader.parts[part].label.is_some_and(Label::is_rectification));
        let named = below.iter().filter(|&&node| shape::is_problem(self.reader.text(self.tree.nodes[node].part))).count();
        has_label && named > 0 || named > 1
    }

    fn names_problem(&self, node: usize) -> bool {
        let node = &self.tree.nodes[node];
        let heading = &self.reader.parts[node.part];
        if heading.marker.as_ref().is_some_and(|marker| marker.style == Style::Problem) || heading.label == Some(Label::Problem) {
            return true;
        }
        if self.reader.problem_in_heading(node.part).is_some() {
            return true;
        }
        let labels = |wanted: fn(Label) -> bool| node.content.iter().any(|&part| self.reader.parts[part].label.is_some_and(wanted));
        let is_problem_below =
            labels(|label| label == Label::Problem) || node.content.iter().any(|&part| self.reader.is_problem_line(part));
        let is_section = matches!(node.marker.as_ref().map(|marker| marker.style), Some(Style::Section));
        is_problem_below || (labels(Label::is_rectification) && (!is_section || shape::is_negative(self.reader.text(node.part))))
    }

    /// 1.关于…的问题 > (1)学习不深入。一是…: the finer headings are the items where most of them read as problems.
    fn add_negative_children(&self, is_problem: &mut [bool]) {
        for node in 0..self.tree.nodes.len() {
            let children = &self.tree.nodes[node].children;
            let numbered: Vec<usize> = children.iter().copied().filter(|&child| self.tree.nodes[child].marker.is_some()).collect();
            if numbered.is_empty() || !self.is_told(node) {
                continue;
            }
            let strict = numbered.iter().filter(|&&child| is_problem[child]).count();
            let negative = numbered
                .iter()
                .filter(|&&child| !is_problem[child] && shape::is_negative(self.reader.text(self.tree.nodes[child].part)))
                .count();
            if is_problem[node] && self.tells_cases(&numbered) {
                numbered.iter().for_each(|&child| is_problem[child] = false);
                continue;
            }
            if (strict > 0 || is_problem[node]) && negative > 0 && (strict + negative) * 5 >= numbered.len() * 3 {
                for child in numbered {
                    is_problem[child] |= shape::is_negative(self.reader.text(self.tree.nodes[child].part));
                }
            }
        }
    }

    /// (1)凭证不全。(2)报账不及时。整改情况:…: the numbers count the cases of one problem, told before what was done.
    fn tells_cases(&self, numbered: &[usize]) -> bool {
        let Some((&last, before)) = numbered.split_last() else { return false };
        let is_bare = |&node: &usize| {
            let part = self.tree.nodes[node].part;
            let text = self.reader.text(part);
            if shape::is_problem(text) {
                return false;
            }
            let rest = &text[heading_of(text).len()..];
            self.tree.nodes[node].content.is_empty() && self.tree.nodes[node].children.is_empty() && rest.chars().count() <= 1
        };
        let content = &self.tree.nodes[last].content;
        let has_label = content.first().is_some_and(|&part| self.reader.parts[part].label.is_some_and(Label::is_rectification));
        has_label && !before.is_empty() && before.iter().all(is_bare)
    }

    /// Sections without any labelled problem: their finest numbered headings that read as problems.
    fn add_negative_leaves(&self, is_problem: &mut [bool]) {
        let tops: Vec<usize> = (0..self.tree.nodes.len()).filter(|&node| self.tree.nodes[node].parent.is_none()).collect();
        // One section that reads as a fault may be a figure of speech; several are the problems themselves.
        let is_faulty = |&&top: &&usize| shape::is_negative(self.reader.text(self.tree.nodes[top].part)) && self.is_told(top);
        let faulty_sections = tops.iter().filter(is_faulty).count();
        for top in tops {
            let below = self.tree.below(top);
            let class = self.tree.nodes[top].class;
            if below.iter().any(|&node| is_problem[node]) || matches!(class, Class::Organisation) || !self.is_told(top) {
                continue;
            }
            for node in below {
                let current = &self.tree.nodes[node];
                let is_low = current
                    .marker
                    .as_ref()
                    .is_some_and(|marker| marker.style > Style::Section || class != Class::Unknown || faulty_sections > 1);
                is_problem[node] = is_low && shape::is_negative(self.reader.text(current.part));
            }
        }
    }

    /// One node may tell several problems, each after its own label; then each is an item.
    fn split(&self, node: usize, parts: Vec<usize>) -> Vec<Vec<usize>> {
        let own = self.tree.nodes[node].part;
        let begins =
            |&part: &usize| self.reader.parts[part].label == Some(Label::Problem) || (part != own && self.reader.is_problem_line(part));
        let starts: Vec<usize> = (0..parts.len()).filter(|&at| begins(&parts[at])).collect();
        if starts.len() < 2 {
            return vec![parts];
        }
        let ends = starts.iter().skip(1).copied().chain([parts.len()]);
        starts.iter().zip(ends).map(|(&start, end)| parts[start..end].to_vec()).collect()
    }

    /// The path of the heading that a line stands below.
    fn path_at(&self, line: usize) -> Vec<String> {
        let above = (0..self.tree.nodes.len()).rev().find(|&node| self.reader.parts[self.tree.nodes[node].part].line < line);
        above.map_or_else(Vec::new, |node| self.path(node))
    }

    fn path(&self, node: usize) -> Vec<String> {
        let mut path: Vec<String> = std::iter::once(node)
            .chain(self.tree.ancestors(node))
            .filter_map(|node| self.tree.nodes[node].marker.as_ref().map(|marker| marker.name.clone()))
            .collect();
        path.reverse();
        path
    }
}
