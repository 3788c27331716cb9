//! Every key that a configuration file may hold, with its shape and its default: the one table that checking, the JSON
//! Schema and the tests of the example are made from.

use super::value::Shape::{self, *};

/// One key of a table.
pub struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub absent: Absent,
    /// What it is for, in one or two sentences; shown by editors.
    pub help: &'static str,
}

/// What it means that a key is not written.
#[derive(Clone, Copy)]
pub enum Absent {
    Refused,
    /// The same as this text (in the notation of the shape) written.
    Means(&'static str),
    Fine,
}

use Absent::{Fine, Means, Refused};

const fn key(name: &'static str, shape: Shape, absent: Absent, help: &'static str) -> Key {
    Key { name, shape, absent, help }
}

/// `huitoukan.toml`
pub const MAIN: &[Key] = &[
    key(
        "contact",
        Contact,
        Refused,
        "Who a webmaster can talk to about our visits: a mail address or the address of a page. Sent with every request.",
    ),
    key("zone", Zone, Means("Asia/Shanghai"), "Time zone of all hours that do not name another."),
    key("store", Path, Means("store"), "Folder of the records and the archive, seen from this file."),
    key(
        "visit",
        Cron,
        Means("0 */30 8-20 * * Mon-Fri"),
        "When sources that say nothing else are visited: second minute hour day month weekday.",
    ),
    key("pause", Duration, Means("2s"), "Shortest pause between two requests to one host. Below 1s only for networks in allow_private."),
    key("hosts_max", Whole { min: 1, max: 256 }, Means("8"), "Hosts visited at the same time, at most."),
    key("log", One(&["text", "json"]), Means("text"), "How log lines are written."),
    key("purpose", Text, Fine, "What notices are collected for, in a sentence; stands in reports of sources."),
    key("keep", Table(KEEP), Fine, "For how long things are kept; for good where nothing is written."),
    key("fetch", Table(FETCH), Fine, "Limits of a request."),
    key("mail", Table(MAIL), Fine, "How mail leaves the house."),
    key("files", Table(FILES), Fine, "How PDFs and office files are read: in a process of their own, with limits."),
];

const FETCH: &[Key] = &[
    key("timeout", Duration, Means("60s"), "Longest time for one answer, from asking to its last byte."),
    key("body_max", Size, Means("20 MiB"), "Largest page taken."),
    key("attempts_max", Whole { min: 1, max: 10 }, Means("3"), "Attempts at one request within a visit."),
    key("allow_private", List(&Network), Fine, "Private networks that may be visited all the same, for example an intranet's."),
    key("per_address", Table(PER_ADDRESS), Fine, "What hosts that one machine serves (a platform of many sites) are asked together."),
];

const KEEP: &[Key] = &[
    key("snapshots", Period { days_min: 90 }, Means("forever"), KEEP_SNAPSHOTS),
    key("versions", Period { days_min: 90 }, Means("forever"), KEEP_VERSIONS),
    key("withdrawn", Period { days_min: 30 }, Means("forever"), KEEP_WITHDRAWN),
    key(
        "messages",
        Period { days_min: 7 },
        Means("forever"),
        "The words of mails that went out; that they went out, when and to whom, stays.",
    ),
    key("impact", Period { days_min: 31 }, Means("forever"), "What hosts were asked on each day, by whole months."),
    key("at", Cron, Means("0 30 3 * * *"), "When it is done, once a day: second minute hour day month weekday."),
];

const KEEP_SNAPSHOTS: &str = "Pages and files as served, from the day on which the site last served them. Their versions stay, and cannot be read again by later releases.";
const KEEP_VERSIONS: &str = "Versions with their pages, from the day on which the next one took their place. The newest stays.";
const KEEP_WITHDRAWN: &str =
    "Notices with all that is kept of them, from the day on which they were told to be withdrawn. Hashes, and that it happened, stay.";

/// What a source may say otherwise.
const SOURCE_KEEP: &[Key] = &[
    key("snapshots", Period { days_min: 90 }, Fine, KEEP_SNAPSHOTS),
    key("versions", Period { days_min: 90 }, Fine, KEEP_VERSIONS),
    key("withdrawn", Period { days_min: 30 }, Fine, KEEP_WITHDRAWN),
];

const PER_ADDRESS: &[Key] = &[
    key("pause", Duration, Fine, "Shortest pause between two requests to one address; half of `pause` where not written."),
    key("at_once", Whole { min: 1, max: 64 }, Fine, "Requests to one address at the same time; 2 where not written."),
];

const FILES: &[Key] = &[
    key("time", Duration, Means("20s"), "Longest time for one file."),
    key("memory", Size, Means("512 MiB"), "Memory that the reading process may take, and each program that it starts."),
    key("output_max", Size, Means("8 MiB"), "Largest text taken from one file."),
    key("pdftotext", Text, Means("pdftotext"), "The program of poppler that reads PDFs: a name in PATH, or a path seen from this file."),
    key(
        "ocr",
        One(&["off", "tesseract"]),
        Means("off"),
        "Whether pictures of pages are recognised: by tesseract, with chi_sim, where installed.",
    ),
    key("ocr_time", Duration, Means("5 min"), "Time for one file besides, where its pages are recognised."),
];

const MAIL: &[Key] = &[
    key("from", Mailbox, Means("huitoukan@localhost"), "Whom mails come from."),
    key("reply_to", MailAddress, Fine, "Who gets the answers."),
    key(
        "unsubscribe",
        MailAddress,
        Fine,
        "Who takes notice of readers that want no more mail; becomes the List-Unsubscribe button of mail programs.",
    ),
    key(
        "hold_after",
        Duration,
        Means("14 days"),
        "A message that no attempt could deliver for so long is held: `huitoukan outbox` shows it, and a person decides.",
    ),
    key("folder", Path, Means("outbox"), "Where mails are laid as .eml files as long as no server is set, seen from this file."),
    key("smtp", Table(SMTP), Fine, "The mail server. The password is never written here: see password_file."),
];

const SMTP: &[Key] = &[
    key("host", Host, Refused, "Name or address of the mail server."),
    key("port", Whole { min: 1, max: 65_535 }, Fine, "Its port; 587 for starttls, 465 for tls, 25 for none where not written."),
    key(
        "security",
        One(&["starttls", "tls", "none", "insecure"]),
        Means("starttls"),
        "How the conversation is encrypted. none only on this machine and in private networks; insecure is none anywhere.",
    ),
    key("authority", Path, Fine, "A PEM file with a certificate that counts besides the machine's authorities."),
    key("user", Text, Fine, "Who logs in."),
    key(
        "password_file",
        Path,
        Fine,
        "A file that holds the password alone. HUITOUKAN_SMTP_PASSWORD in the environment goes before it, then a systemd credential named smtp.",
    ),
    key("timeout", Duration, Means("2 min"), "Longest wait for the server to be ready, and again for each message."),
    key("dkim", Table(DKIM), Fine, "Signs mails, where the server does not; needs a build with the feature dkim."),
];

const DKIM: &[Key] = &[
    key("selector", Text, Refused, "Name of the key in DNS."),
    key("domain", Host, Refused, "The domain that signs."),
    key("key_file", Path, Refused, "An RSA key in PEM."),
];

/// `subscribers.toml`
pub const SUBSCRIBERS: &[Key] = &[key("subscriber", Tables(SUBSCRIBER), Fine, "Who hears about what, when, and how much.")];

const SUBSCRIBER: &[Key] = &[
    key(
        "id",
        Name,
        Fine,
        "A unique name; the first address where not written. Who is renamed is told nothing again and nothing of the past.",
    ),
    key("to", List(&MailAddress), Refused, "Mail addresses; each gets a mail of its own."),
    key("digest", Cron, Means("0 0 8 * * *"), "When the digest is sent: second minute hour day month weekday."),
    key("zone", Zone, Fine, "Time zone of these hours and of the times in the mail; the general one where not written."),
    key("regions", List(&Region), Fine, "Places told of; all where not written. A place holds what lies in it."),
    key("sources", List(&Text), Fine, "Sources told of, by their file names without .toml; all where not written."),
    key("sectors", List(&Text), Fine, "Words of which the source's sector or the notice's title must hold one."),
    key("match", List(&Pattern), Fine, "Regular expressions of which the title or the body must match one."),
    key(
        "kinds",
        List(&Kind),
        Fine,
        "Kinds of change told of. Where not written all but ailing and recovered sources, which are for operators.",
    ),
    key("urgent", List(&Kind), Fine, "Kinds told at once, not in the digest."),
    key(
        "remind",
        DaysOrTruth,
        Fine,
        "Reminds once of a deadline that a notice set itself and that nothing reports done: so long before, such as 14d; on the day where not written; false: never, as for who asks for neither published nor edited.",
    ),
    key("late", Truth, Fine, "Whether bodies are told of that had findings fed back and no rectification notice after the usual time."),
    key("checks", Truth, Fine, "Whether the digest says what is worth a second look in new and edited notices, with the sentences."),
];

/// `catalogue/*.toml`
pub const CATALOGUE: &[Key] = &[key("source", Tables(COLUMN), Fine, "A known column.")];

const COLUMN: &[Key] = &[
    key("id", Name, Refused, "What its source's file will be called; unique."),
    key("name", Text, Refused, "What the column is called."),
    key("listing", Address, Refused, "Address of the page that lists the notices."),
    key("region", Region, Fine, "The place, from large to small."),
    key("sector", Text, Fine, "What kind of body publishes there."),
    key("family", Family, Fine, "The content management system, where known."),
    key("note", Text, Fine, "What whoever takes it should know."),
];

/// `sources/*.toml`
pub const SOURCE: &[Key] = &[
    key("name", Text, Refused, "What the column is called in mails and tables."),
    key("listing", Address, Refused, "Address of the page that lists the notices, or of its feed."),
    key("region", Region, Fine, "The place, from large to small: 福建/泉州/鲤城."),
    key("sector", Text, Fine, "What kind of body publishes here, in your words: 工商联, 卫生健康."),
    key("family", Family, Fine, "The content management system; recognised from the page where not written."),
    key("visit", Cron, Fine, "When it is visited: second minute hour day month weekday."),
    key("zone", Zone, Fine, "Time zone of these hours."),
    key("depth", Whole { min: 1, max: 1000 }, Means("3"), "Listing pages followed on the first visit."),
    key("announce_since", Date, Fine, "Notices published from this day on are announced even on the first visit."),
    key("pause", Duration, Fine, "Pause between two requests, where longer than the general one."),
    key("follow", List(&Host), Fine, "Other hosts that redirects may lead to."),
    key("proxy", Proxy, Fine, "An http, https or socks5 proxy on the way."),
    key(
        "tls",
        WordOr(&["strict"], TLS),
        Means("strict"),
        "How the server's certificate is checked: by the machine's authorities, by another besides, or by its fingerprint.",
    ),
    key(
        "render",
        One(&["no", "browser"]),
        Means("no"),
        "Whether pages are read as a browser shows them, after their scripts ran. Wants Chromium on the machine, and costs a request for every script.",
    ),
    key("purpose", Text, Fine, "What it is watched for, in a sentence; the general one where not written."),
    key("keep", Table(SOURCE_KEEP), Fine, "For how long its notices are kept, where that is another time than the general one."),
    key("robots", Table(ROBOTS), Fine, "Sets robots.txt aside, for a reason that stands in every report."),
    key("rules", Table(RULES), Fine, "CSS selectors, where a page is not read well by itself."),
    key(
        "topics",
        List(&One(&["rectification", "feedback", "audit", "environment", "summary"])),
        Fine,
        "What is recorded and told: rectification notices alone where not written; feedback of inspections, and rectification after audits, \
         environmental inspections, or of a whole round, where asked for.",
    ),
    key("json", Table(JSON), Fine, "Where the answer of a data service holds its rows, where it is not read well by itself."),
    key("title", Table(TITLE), Fine, "Which titles are notices, as regular expressions; the built-in rule knows rectification notices."),
];

const TLS: &[Key] = &[
    key("authority", Path, Fine, "A PEM file with certificates that count besides the machine's, seen from the configuration folder."),
    key("pin", Fingerprint, Fine, "SHA-256 of the server's own certificate, in hexadecimal."),
];

const ROBOTS: &[Key] = &[key("ignore", Text, Refused, "The reason.")];

const RULES: &[Key] = &[
    key("rows", Selector, Fine, "One element per entry of the listing."),
    key("link", Selector, Fine, "The link inside a row; the row's first link where not written."),
    key("date", Selector, Fine, "The element inside a row that holds the date."),
    key("next", Selector, Fine, "The link to the next listing page."),
    key("body", Selector, Fine, "The element of a notice page that holds its body."),
];

const JSON: &[Key] = &[
    key("rows", Text, Fine, "Path from the answer to the array of rows: names with dots between."),
    key("url", Text, Fine, "Path from a row to its address, or an address with paths in braces: /detail?id={id}."),
    key("title", Text, Fine, "Path from a row to its title."),
    key("date", Text, Fine, "Path from a row to its date: a printed day, or a count of seconds or milliseconds."),
    key("body", Text, Fine, "Path from a row to the article itself, where the answer holds it; its page is not fetched then."),
    key("next", Text, Fine, "Path to the address of the next page, or that address with {page} where its number stands."),
    key("total", Text, Fine, "Path to how many rows there are on all pages."),
    key("pages", Text, Fine, "Path to how many pages there are."),
    key("request", Text, Fine, "What is sent by POST, a form or JSON, with {page} where the page's number stands; GET where not written."),
    key("first", Whole { min: 0, max: 1 }, Means("1"), "Number of the first page."),
];

const TITLE: &[Key] = &[
    key("take", List(&Pattern), Fine, "Titles that match one of these are notices; replaces the built-in rule."),
    key("skip", List(&Pattern), Fine, "Titles that match one of these are not."),
];
