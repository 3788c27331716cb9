//! A page's tree without what no reader sees: nodes in document order, each with the end of its subtree.
//!
//! Dropped with all that is in them: scripts, styles, templates, form controls, frames, and subtrees hidden by their own markup.

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::node::Element;
use scraper::{Html, Node as Tree};

pub struct Outline<'a> {
    pub nodes: Vec<Node<'a>>,
    /// Sums over all nodes before the index; one longer than `nodes`.
    sums: Vec<Mass>,
}

pub struct Node<'a> {
    pub kind: Kind<'a>,
    /// Index of the parent; `None` for `html` and the comments beside it.
    pub parent: Option<usize>,
    /// Index after the last node of the subtree.
    pub end: usize,
}

#[derive(Clone, Copy)]
pub enum Kind<'a> {
    Element(&'a Element),
    Text(&'a str),
    Comment(&'a str),
}

/// How much text there is, and of what sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mass {
    /// Characters that are not white space.
    pub characters: usize,
    /// Those of them inside links.
    pub linked: usize,
    /// Sentence marks outside links: navigation has none.
    pub marks: usize,
}

impl<'a> Outline<'a> {
    /// What is seen of a page, with the elements of `revealed` shown although their markup hides them.
    pub fn of(page: &'a Html, revealed: &HashSet<NodeId>) -> Self {
        let mut nodes: Vec<Node<'a>> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut waiting: Vec<_> = page.tree.root().children().rev().map(|child| (child, 0usize)).collect();
        while let Some((node, depth)) = waiting.pop() {
            while open.len() > depth {
                let closed = open.pop().expect("longer than depth");
                nodes[closed].end = nodes.len();
            }
            let kind = match node.value() {
                Tree::Element(element) if element.name() == "script" => {
                    match viewer_call(node.children().find_map(|child| child.value().as_text())) {
                        Some(call) => Kind::Comment(call),
                        None => continue,
                    }
                }
                Tree::Element(element) if !is_unseen(element) && (!hides_itself(element) || revealed.contains(&node.id())) => {
                    Kind::Element(element)
                }
                Tree::Text(text) => Kind::Text(text),
                Tree::Comment(comment) => Kind::Comment(comment),
                _ => continue,
            };
            let index = nodes.len();
            nodes.push(Node { kind, parent: open.last().copied(), end: index + 1 });
            if matches!(kind, Kind::Element(element) if !is_frame(element)) {
                open.push(index);
                waiting.extend(node.children().rev().map(|child| (child, depth + 1)));
            }
        }
        let length = nodes.len();
        open.into_iter().for_each(|index| nodes[index].end = length);
        let sums = sums(&nodes);
        Self { nodes, sums }
    }

    pub fn element(&self, index: usize) -> Option<&'a Element> {
        match self.nodes.get(index)?.kind {
            Kind::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The element's name; empty for text and comments.
    pub fn name(&self, index: usize) -> &'a str {
        self.element(index).map_or("", Element::name)
    }

    pub fn mass(&self, index: usize) -> Mass {
        self.mass_between(index, self.nodes[index].end)
    }

    pub fn mass_between(&self, from: usize, to: usize) -> Mass {
        let (before, after) = (self.sums[from], self.sums[to.max(from)]);
        Mass { characters: after.characters - before.characters, linked: after.linked - before.linked, marks: after.marks - before.marks }
    }

    /// The direct children, in order.
    pub fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes[index].end;
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.nodes[child].end;
            Some(child)
        })
    }

    /// The node and what it stands in, innermost first.
    pub fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(index), |index| self.nodes[*index].parent)
    }

    pub fn contains(&self, outer: usize, inner: usize) -> bool {
        outer <= inner && inner < self.nodes[outer].end
    }

    /// The text of a subtree with single spaces.
    pub fn text(&self, index: usize) -> String {
        let mut text = String::new();
        for node in &self.nodes[index..self.nodes[index].end] {
            if let Kind::Text(part) = node.kind {
                text.push_str(part);
            }
        }
        super::words::tidy(&text)
    }

    /// Indices of all elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = (usize, &'a Element)> + '_ {
        self.nodes.iter().enumerate().filter_map(|(index, node)| match node.kind {
            Kind::Element(element) => Some((index, element)),
            _ => None,
        })
    }
}

fn sums(nodes: &[Node]) -> Vec<Mass> {
    let mut sums = Vec::with_capacity(nodes.len() + 1);
    let mut sum = Mass::default();
    let mut link_ends = 0;
    for (index, node) in nodes.iter().enumerate() {
        sums.push(sum);
        match node.kind {
            Kind::Element(element) if element.name() == "a" && element.attr("href").is_some() => link_ends = link_ends.max(node.end),
            Kind::Text(text) => {
                let linked = index < link_ends;
                for character in text.chars().filter(|character| !super::words::is_blank(*character)) {
                    sum.characters += 1;
                    sum.linked += usize::from(linked);
                    sum.marks += usize::from(!linked && is_mark(character));
                }
            }
            _ => {}
        }
    }
    sums.push(sum);
    sums
}

pub fn is_mark(character: char) -> bool {
    // ,。;:、!? of full width, and the half-width comma and semicolon that some offices type instead.
    matches!(character, '\u{ff0c}' | '\u{3002}' | '\u{ff1b}' | '\u{ff1a}' | '\u{3001}' | '\u{ff01}' | '\u{ff1f}' | ',' | ';')
}

/// Another page or file shown inside this one: its own content is not ours, its address may be an attachment's.
pub fn is_frame(element: &Element) -> bool {
    matches!(element.name(), "iframe" | "object" | "embed")
}

/// A script that shows a file in the page, as VSB writes it: `showVsbpdfIframe("/__local/A/BC/1.pdf","100%",…)`.
fn viewer_call(script: Option<&scraper::node::Text>) -> Option<&str> {
    script.map(|text| &**text).filter(|text| text.contains("showVsbpdfIframe"))
}

/// What browsers never show, by its name.
pub fn is_unseen(element: &Element) -> bool {
    const UNSEEN: [&str; 19] = [
        "head", "script", "style", "template", "noscript", "select", "option", "textarea", "input", "button", "frameset", "svg", "canvas",
        "audio", "video", "map", "title", "datalist", "math",
    ];
    UNSEEN.contains(&element.name())
}

/// What is not shown because of its own attributes, or a class that a framework defines as hiding, until a script changes them.
pub fn hides_itself(element: &Element) -> bool {
    if element.attr("hidden").is_some() {
        return true;
    }
    if element.classes().any(|class| matches!(class, "ng-hide" | "d-none" | "layui-hide" | "sr-only" | "visually-hidden")) {
        return true;
    }
    element.attr("style").is_some_and(|style| {
        let style: String = style.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.contains("display:none") || style.contains("visibility:hidden")
    })
}
