//! A page's tree to the bodies that their own markup hides until a script shows them.
//!
//! WeChat serves every article as `<div id="js_content" style="visibility: hidden">`; some templates write `display:none` on the
//! text and show it when the page has loaded. Copies for print and windows that open on a click are hidden too, and stay so:
//! this is only asked where nothing that is shown is known to be a body.

use std::collections::HashSet;

use ego_tree::{NodeId, NodeRef};
use scraper::{Html, Node};

use super::body;
use super::outline::{hides_itself, is_mark, is_unseen};
use super::words::is_blank;

/// Fewest characters and sentence marks of a hidden text that no name calls a body.
const CHARACTERS: usize = 200;
const MARKS: usize = 6;

/// Hidden elements that bear a name that only bodies bear.
pub fn named(page: &Html) -> HashSet<NodeId> {
    of(page, |node| matches!(node.value(), Node::Element(element) if body::is_container(element)) && has_prose(node, 1, 1))
}

/// Hidden elements that hold as much prose as a short notice.
pub fn prose(page: &Html) -> HashSet<NodeId> {
    of(page, |node| has_prose(node, CHARACTERS, MARKS))
}

fn of(page: &Html, wanted: impl Fn(NodeRef<Node>) -> bool) -> HashSet<NodeId> {
    let hidden =
        page.tree.nodes().filter(|node| matches!(node.value(), Node::Element(element) if hides_itself(element) && !is_unseen(element)));
    hidden.filter(|node| wanted(*node)).map(|node| node.id()).collect()
}

/// Whether the subtree holds so many characters and sentence marks; looks no further than it must.
fn has_prose(root: NodeRef<Node>, characters_min: usize, marks_min: usize) -> bool {
    let (mut characters, mut marks) = (0, 0);
    for node in root.descendants() {
        let Node::Text(text) = node.value() else { continue };
        let is_code = node.parent().is_some_and(|parent| matches!(parent.value(), Node::Element(element) if is_unseen(element)));
        if is_code {
            continue;
        }
        characters += text.chars().filter(|character| !is_blank(*character)).count();
        marks += text.chars().filter(|character| is_mark(*character)).count();
        if characters >= characters_min && marks >= marks_min {
            return true;
        }
    }
    false
}
