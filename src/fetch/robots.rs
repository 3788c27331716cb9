//! A robots.txt and our product token to [`Robots`]: what we may read there (RFC 9309). Never asks anything itself.
//!
//! The `robotstxt` crate reads the single lines (typing errors, missing colons, comments); groups and matching are ours, because
//! the crate lets a Sitemap line end a group and takes cubic time over `*a*a*a`.

use std::time::Duration;

use robotstxt::RobotsParseHandler;
use robotstxt::parser::{ParseKeyType, ParsedRobotsKey, RobotsTxtParser};
use url::Url;

/// Largest robots.txt read, in bytes; what follows is ignored (RFC 9309, 2.5).
pub(super) const ROBOTS_BYTES_MAX: usize = 500 * 1024;
/// Rules kept for us of one file. The largest file seen, of a shop with a million goods, has some 2,000.
const RULES_MAX: usize = 10_000;
/// Bytes of a line that are read, as in the reference parser: eight times the longest address of an old browser.
const LINE_BYTES_MAX: usize = 2083 * 8 - 1;
/// Longest pause that a robots.txt can ask for; beyond it a visit would never end.
const CRAWL_DELAY_MAX_S: f64 = 3600.0;

/// What one robots.txt says to one product token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    rules: Vec<Rule>,
    pub crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allow: bool,
    pattern: String,
}

/// Whether a robots.txt lets a crawler of this name read an address.
pub fn robots_allow(robots_txt: &[u8], agent: &str, url: &Url) -> bool {
    Robots::read(robots_txt, agent).allows(url.as_str())
}

impl Robots {
    /// Reads the groups that are for `agent`: those that name it, or else those for everybody (`*`).
    pub fn read(robots_txt: &[u8], agent: &str) -> Self {
        let mut groups = Groups::new(agent);
        let text = ascii(&robots_txt[..robots_txt.len().min(ROBOTS_BYTES_MAX)]);
        for line in text.split(['\r', '\n']) {
            groups.line(line.trim());
        }
        groups.finish()
    }

    /// Whether the longest rule that matches lets us in. The address must be percent-encoded, as [`Url`] keeps it.
    pub fn allows(&self, url: &str) -> bool {
        let path = robotstxt::get_path_params_query(url);
        // Letters that should have been encoded match nothing, as with the reference parser.
        let path = if path.is_ascii() { normal(&path) } else { path.into_owned() };
        let longest = |allow| {
            let matching = self.rules.iter().filter(|rule| rule.allow == allow && rule.matches(&path));
            matching.map(|rule| rule.pattern.len()).max().unwrap_or(0)
        };
        longest(false) <= longest(true)
    }
}

impl Rule {
    /// Time is linear in the path: every piece of the pattern is searched for behind the one before it, never again.
    fn matches(&self, path: &str) -> bool {
        // `$` is special at the end only.
        let (pattern, to_the_end) = self.pattern.strip_suffix('$').map_or((self.pattern.as_str(), false), |pattern| (pattern, true));
        let mut pieces = pattern.split('*');
        let Some(mut rest) = path.strip_prefix(pieces.next().unwrap_or("")) else { return false };
        let mut last = None;
        for piece in pieces {
            if let Some(previous) = last.replace(piece) {
                let Some(at) = rest.find(previous) else { return false };
                rest = &rest[at + previous.len()..];
            }
        }
        match (last, to_the_end) {
            (None, to_the_end) => !to_the_end || rest.is_empty(),
            (Some(last), true) => rest.ends_with(last),
            (Some(last), false) => rest.contains(last),
        }
    }
}

/// The groups as they are read: rules for the agent by name, and rules for everybody.
struct Groups<'a> {
    agent: &'a str,
    named: Robots,
    everybody: Robots,
    /// Whether any group names the agent, with rules or without.
    is_named: bool,
    /// Whom the present group is for, as far as it was read.
    for_agent: bool,
    for_everybody: bool,
    /// A rule was read: the next user-agent line begins a new group.
    closed: bool,
}

impl<'a> Groups<'a> {
    fn new(agent: &'a str) -> Self {
        // A version behind the product token is no part of it: huitoukan/0.1.
        let agent = agent.split('/').next().unwrap_or(agent);
        let (named, everybody) = Default::default();
        Self { agent, named, everybody, is_named: false, for_agent: false, for_everybody: false, closed: false }
    }

    fn line(&mut self, line: &str) {
        let (name, value, true) = RobotsTxtParser::<'_, Nothing>::parse_key_value(line) else { return };
        let mut key = ParsedRobotsKey::default();
        key.parse(name);
        match key.get_type() {
            ParseKeyType::UserAgent => self.user_agent(value),
            ParseKeyType::Allow => self.rule(true, value),
            ParseKeyType::Disallow => self.rule(false, value),
            ParseKeyType::Unknown if name.eq_ignore_ascii_case("crawl-delay") => self.crawl_delay(value),
            // Other lines, such as Sitemap, neither end a group nor belong to one (RFC 9309, 2.2.4).
            ParseKeyType::Sitemap | ParseKeyType::Unknown => {}
        }
    }

    fn user_agent(&mut self, value: &str) {
        if std::mem::take(&mut self.closed) {
            (self.for_agent, self.for_everybody) = (false, false);
        }
        if value.strip_prefix('*').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
            self.for_everybody = true;
            return;
        }
        // Letters, `-` and `_` are what the standard gives a product token; some have digits nevertheless.
        let is_agent = |is_part: fn(char) -> bool| {
            let token = value.find(|c| !is_part(c) && !matches!(c, '-' | '_')).map_or(value, |end| &value[..end]);
            token.eq_ignore_ascii_case(self.agent)
        };
        if is_agent(|c| c.is_ascii_alphabetic()) || is_agent(|c| c.is_ascii_alphanumeric()) {
            (self.for_agent, self.is_named) = (true, true);
        }
    }

    fn rule(&mut self, allow: bool, value: &str) {
        let Some(group) = self.group() else { return };
        if group.rules.len() < RULES_MAX && !value.is_empty() {
            group.rules.push(Rule { allow, pattern: normal(value) });
            // Letting a folder's index.html in lets the folder itself in, as with the reference parser.
            if let Some((folder, page)) = value.rsplit_once('/')
                && allow
                && page.starts_with("index.htm")
            {
                group.rules.push(Rule { allow, pattern: normal(&format!("{folder}/$")) });
            }
        }
        self.closed = true;
    }

    fn crawl_delay(&mut self, value: &str) {
        let Some(seconds) = value.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0) else { return };
        if let Some(group) = self.group() {
            group.crawl_delay = group.crawl_delay.max(Some(Duration::from_secs_f64(seconds.min(CRAWL_DELAY_MAX_S))));
        }
    }

    fn group(&mut self) -> Option<&mut Robots> {
        if self.for_agent { Some(&mut self.named) } else { self.for_everybody.then_some(&mut self.everybody) }
    }

    fn finish(self) -> Robots {
        if self.is_named { self.named } else { self.everybody }
    }
}

/// Bytes to text without a character beyond ASCII: those are percent-encoded byte by byte, whatever charset they are in, as they
/// stand in addresses. UTF-16 is told by its byte order mark.
fn ascii(bytes: &[u8]) -> String {
    let utf16 = |decode: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| decode([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
    };
    let decoded;
    let bytes = match bytes {
        [0xFF, 0xFE, ..] => {
            decoded = utf16(u16::from_le_bytes);
            &decoded
        }
        [0xFE, 0xFF, ..] => {
            decoded = utf16(u16::from_be_bytes);
            &decoded
        }
        // A byte order mark that lost its tail is skipped too, as by the reference parser.
        [0xEF, 0xBB, 0xBF, rest @ ..] | [0xEF, 0xBB, rest @ ..] | [0xEF, rest @ ..] => rest,
        other => other,
    };
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        // Cut before encoding makes it longer.
        let end = if line.len() > LINE_BYTES_MAX { line.last() } else { None };
        for byte in line.iter().take(LINE_BYTES_MAX).chain(end.filter(|byte| byte.is_ascii_whitespace())) {
            match byte {
                0 => {}
                0x80.. => push_encoded(&mut text, *byte),
                ascii => text.push(char::from(*ascii)),
            }
        }
    }
    text
}

/// Percent-encodes what is beyond ASCII and writes the hexadecimal digits of what is encoded in capitals; decodes nothing.
fn normal(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match bytes.get(at + 1..at + 3) {
            Some(digits) if byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit) => {
                text.push('%');
                text.extend(digits.iter().map(|digit| char::from(digit.to_ascii_uppercase())));
                at += 3;
                continue;
            }
            _ if byte.is_ascii() => text.push(char::from(byte)),
            _ => push_encoded(&mut text, byte),
        }
        at += 1;
    }
    text
}

fn push_encoded(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.extend(['%', char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])]);
}

/// The crate's line reader asks for a handler although it calls none for single lines.
struct Nothing;

impl RobotsParseHandler for Nothing {
    fn handle_robots_start(&mut self) {}
    fn handle_robots_end(&mut self) {}
    fn handle_user_agent(&mut self, _: u32, _: &str) {}
    fn handle_allow(&mut self, _: u32, _: &str) {}
    fn handle_disallow(&mut self, _: u32, _: &str) {}
    fn handle_sitemap(&mut self, _: u32, _: &str) {}
    fn handle_unknown_action(&mut self, _: u32, _: &str, _: &str) {}
}
