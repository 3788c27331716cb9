//! [`Digest`] to [`Message`]: plain text and HTML from one value.
//!
//! What goes in is anybody's text; what comes out is text. Nothing here decides who is told what, and nothing is sent.

mod calendar;
mod clean;
mod discreet;
mod entries;
mod facts;
mod passages;
mod places;
mod relatives;
mod time;
mod values;
mod view;

use askama::Template;

pub use discreet::Discreet;
pub use passages::{difference_text, passages_text};

use self::passages::Mark;
use self::view::{View, view};
use crate::model::{Digest, Message};

/// `None` when there is nothing to tell.
pub fn compose(digest: &Digest) -> Option<Message> {
    let calendar_is_silent = digest.reminders.is_empty() && digest.late.is_empty();
    if digest.told.is_empty() && digest.baselines.is_empty() && digest.sources.is_empty() && calendar_is_silent {
        return None;
    }
    let view = view(digest);
    let subject = subject(&view);
    let text = Text { subject: &subject, view: &view }.render().expect("the text template only writes to a string");
    let html = Html { subject: &subject, view: &view }.render().expect("the HTML template only writes to a string");
    Some(Message { subject, text, html })
}

/// `【回头看】新增3 修改1 撤下1 · 11月22日`: made of numbers and words of ours only.
fn subject(view: &View) -> String {
    let counts: Vec<String> = view.counts.iter().map(|(word, count)| format!("{word}{count}")).collect();
    format!("【回头看】{} · {}", counts.join(" "), view.day)
}

#[derive(Template)]
#[template(path = "digest.txt")]
struct Text<'a> {
    subject: &'a str,
    view: &'a View,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Html<'a> {
    subject: &'a str,
    view: &'a View,
}
