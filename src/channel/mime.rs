//! A [`Delivery`] to the bytes of a mail: the same delivery gives the same bytes.
//!
//! Every text that goes into a header passes through [`header_text`]; nothing from a site reaches a header otherwise.

use std::time::SystemTime;

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Sender;
use crate::model::Delivery;

/// Subjects are cut here: a line of a mail ends after 998 bytes (RFC 5322, 2.1.1), and a phone shows some 40 characters.
const HEADER_CHARACTERS_MAX: usize = 200;

/// The whole mail, header and body, with CRLF line ends and nothing but ASCII.
///
/// # Errors
/// An address that is none.
pub fn eml(delivery: &Delivery, sender: &Sender) -> Result<Vec<u8>, String> {
    message(delivery, sender).map(|message| message.formatted())
}

pub(super) fn message(delivery: &Delivery, sender: &Sender) -> Result<Message, String> {
    let (from, to) = (mailbox(&sender.mailbox)?, address(&delivery.recipient)?);
    let host = host(&from.email);
    let mut builder = Message::builder()
        .envelope(Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|error| error.to_string())?)
        .message_id(Some(format!("<{}@{host}>", header_text(&delivery.id))))
        .date(SystemTime::from(delivery.created_at))
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(header_text(&delivery.message.subject))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Precedence", "bulk"))
        .raw_header(header("List-Id", &format!("<huitoukan.{host}>")));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    if let Some(unsubscribe) = &sender.unsubscribe {
        builder = builder.raw_header(header("List-Unsubscribe", &format!("<mailto:{}?subject=unsubscribe>", address(unsubscribe)?)));
    }
    let part = |kind, text: &str| SinglePart::builder().header(kind).body(body_text(text));
    let parts = MultiPart::alternative()
        .boundary(boundary(delivery))
        .singlepart(part(ContentType::TEXT_PLAIN, &delivery.message.text))
        .singlepart(part(ContentType::TEXT_HTML, &delivery.message.html));
    let message = builder.multipart(parts).map_err(|error| error.to_string())?;
    sign(message, sender)
}

#[cfg(not(feature = "dkim"))]
#[expect(clippy::unnecessary_wraps, reason = "signing can fail")]
fn sign(message: Message, _: &Sender) -> Result<Message, String> {
    Ok(message)
}

#[cfg(feature = "dkim")]
fn sign(mut message: Message, sender: &Sender) -> Result<Message, String> {
    use lettre::message::dkim::DkimConfig;
    if let Some(dkim) = &sender.dkim {
        message.sign(&DkimConfig::default_config(dkim.selector.clone(), dkim.domain.clone(), signing_key(dkim)?));
    }
    Ok(message)
}

#[cfg(feature = "dkim")]
pub(super) fn signing_key(dkim: &super::Dkim) -> Result<lettre::message::dkim::DkimSigningKey, String> {
    use lettre::message::dkim::{DkimSigningAlgorithm, DkimSigningKey};
    DkimSigningKey::new(dkim.key.reveal(), DkimSigningAlgorithm::Rsa)
        .map_err(|error| format!("the DKIM key cannot be used ({error}); give an RSA key in PEM (PKCS #1)"))
}

/// Reads a bare mail address.
///
/// # Errors
/// It is none, with an example of one.
pub fn address(text: &str) -> Result<Address, String> {
    let plain = header_text(text) == text;
    text.parse().ok().filter(|_| plain).ok_or_else(|| format!("{text:?} is no mail address; write one such as \"office@example.org\""))
}

/// Reads a mail address with or without a name before it.
///
/// # Errors
/// It is none, with examples.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    let read = match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, inner)) => {
            let name = header_text(name.trim().trim_matches('"'));
            address(inner).map(|address| Mailbox::new((!name.is_empty()).then_some(name), address))
        }
        None => address(text.trim()).map(|address| Mailbox::new(None, address)),
    };
    read.map_err(|_| format!("{text:?} is no mailbox; write \"robot@example.org\" or \"回头看 <robot@example.org>\""))
}

/// The host of an address as the wire wants it: `例子.中国` is `xn--fsqu00a.xn--fiqs8s`.
pub(super) fn host(address: &Address) -> String {
    url::Host::parse(address.domain()).map_or_else(|_| address.domain().to_owned(), |host| host.to_string())
}

/// Text as a header may hold it: one line, no control or direction characters, no encoded words of somebody else, not long.
///
/// lettre panics on line ends in names, and writes long words unfolded.
pub(super) fn header_text(text: &str) -> String {
    let visible = |c: &char| !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let spaced: String =
        text.chars().filter(visible).map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?");
    match words.char_indices().nth(HEADER_CHARACTERS_MAX) {
        Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
        None => words,
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// What stands between the parts, and nowhere in them.
fn boundary(delivery: &Delivery) -> String {
    let (id, message) = (header_text(&delivery.id), &delivery.message);
    let mut boundary = format!("=_{id}");
    let mut number = 0;
    while message.text.contains(&boundary) || message.html.contains(&boundary) {
        number += 1;
        boundary = format!("=_{id}_{number}_");
    }
    boundary
}

/// Lines end in LF alone; lettre makes them CRLF. Other control characters have no business in a mail.
fn body_text(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::{header_text, mailbox};

    #[track_caller]
    fn clean(text: &str, expected: &str) {
        assert_eq!(header_text(text), expected);
    }

    #[test]
    fn a_header_holds_one_line_of_visible_text() {
        clean("整改情况\r\nBcc: all@example.org", "整改情况 Bcc: all@example.org");
        clean("a\u{2028}b\u{0}c\u{85}d\te", "a b c d e");
        clean("fdp.\u{202e}exe\u{2066}x\u{200f}", "fdp.exex");
        clean("  two   spaces ", "two spaces");
        clean("=?utf-8?B?Qg==?=", "= ?utf-8?B?Qg== ?=");
        clean("", "");
    }

    #[test]
    fn a_long_header_is_cut_between_characters() {
        assert_eq!(header_text(&"整".repeat(5000)).chars().count(), 201);
        assert_eq!(header_text(&"整".repeat(200)).chars().count(), 200);
    }

    #[track_caller]
    fn reads(text: &str, name: Option<&str>, address: &str) {
        let read = mailbox(text).unwrap();
        assert_eq!((read.name.as_deref(), read.email.to_string().as_str()), (name, address), "{text}");
    }

    #[test]
    fn a_mailbox_may_carry_a_name() {
        reads("robot@example.org", None, "robot@example.org");
        reads("回头看 <robot@example.org>", Some("回头看"), "robot@example.org");
        reads("\"Look, again\" <robot@example.org>", Some("Look, again"), "robot@example.org");
        reads("<robot@example.org>", None, "robot@example.org");
        for wrong in ["", "robot", "robot@", "a@b\r\nBcc: c@d.org", "回头看 <robot>", "x <a@example.org", "a@b@c"] {
            assert!(mailbox(wrong).is_err(), "{wrong:?}");
        }
    }
}
