//! One written value to what it means, by its [`Shape`].

use std::net::IpAddr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use url::Url;

use super::schema::Key;
use super::{Known, nearest};
use crate::{channel, model};

/// What may stand at a key.
pub enum Shape {
    Text,
    /// Text without `/` or space.
    Name,
    Whole {
        min: u64,
        max: u64,
    },
    Duration,
    Size,
    Date,
    One(&'static [&'static str]),
    Cron,
    Zone,
    Contact,
    MailAddress,
    Mailbox,
    Address,
    Host,
    Proxy,
    Network,
    Path,
    Region,
    Selector,
    Pattern,
    Family,
    Kind,
    Fingerprint,
    /// `true` or `false`.
    Truth,
    /// A time of whole days, or `true` or `false`.
    DaysOrTruth,
    /// A time of whole days, at least so many, or `forever`.
    Period {
        days_min: u64,
    },
    List(&'static Shape),
    Table(&'static [Key]),
    Tables(&'static [Key]),
    /// One of these words, or a table.
    WordOr(&'static [&'static str], &'static [Key]),
}

/// What stands there.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Text(String),
    Whole(u64),
    Duration(Duration),
    Date(Date),
    Truth(bool),
}

impl Shape {
    /// Reads text (or a number written as text) as this shape; lists and tables are taken apart before.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn read(&self, text: &str, known: &Known<'_>) -> Result<Scalar, String> {
        let checked = |result: Result<(), String>| result.map(|()| Scalar::Text(text.to_owned()));
        match self {
            Self::Whole { min, max } => whole(text, *min, *max),
            Self::Duration => duration(text).map(Scalar::Duration),
            Self::Truth => truth(text).map(Scalar::Truth).ok_or_else(|| format!("{text:?} is neither; write true or false")),
            Self::DaysOrTruth => truth(text).map_or_else(|| days(text).map(Scalar::Whole), |truth| Ok(Scalar::Truth(truth))),
            Self::Period { days_min } => period(text, *days_min),
            Self::Size => size(text).map(Scalar::Whole),
            Self::Date => text.parse().map(Scalar::Date).map_err(|_| format!("{text:?} is no day; write one such as 2026-01-31")),
            Self::Text | Self::Path if text.trim().is_empty() => Err("it is empty; leave the key out instead".to_owned()),
            Self::Text | Self::Path | Self::Table(_) | Self::Tables(_) | Self::List(_) => checked(Ok(())),
            Self::Name => checked(name(text)),
            Self::One(words) | Self::WordOr(words, _) => checked(one(text, words)),
            Self::Cron => checked((known.cron)(text, "UTC")),
            Self::Zone => checked(zone(text, known)),
            Self::Contact => checked(contact(text)),
            Self::MailAddress => checked(channel::address(text).map(|_| ())),
            Self::Mailbox => checked(channel::mailbox(text).map(|_| ())),
            Self::Address => checked(address(text)),
            Self::Host => checked(host(text)),
            Self::Proxy => checked(proxy(text)),
            Self::Network => checked(network(text)),
            Self::Region => checked(region(text)),
            Self::Selector => checked(selector(text)),
            Self::Pattern => checked(pattern(text)),
            Self::Family => checked(if known.families.is_empty() { Ok(()) } else { one(text, known.families) }),
            Self::Kind => checked(one(text, &model::Kind::ALL.map(model::Kind::english))),
            Self::Fingerprint => checked(fingerprint(text)),
        }
    }

    /// What belongs here, to be put after "write".
    pub fn example(&self) -> &'static str {
        match self {
            Self::Whole { .. } => "a whole number such as 3",
            Self::Duration => "a duration with its unit, such as \"30s\" or \"6h\"",
            Self::Size => "a size with its unit, such as \"20 MiB\"",
            Self::Truth => "true or false",
            Self::DaysOrTruth => "a time of whole days such as \"14d\", or false",
            Self::Period { .. } => "a time such as \"2 years\" or \"90 days\", or \"forever\"",
            Self::Date => "a day such as 2026-01-31",
            Self::List(_) => "a list such as [\"…\", \"…\"]",
            Self::Table(_) => "a table",
            Self::WordOr(..) => "one of its words or a table",
            Self::Tables(_) => "one [[…]] section for each",
            Self::Cron => "a cron expression such as \"0 0 8 * * *\"",
            _ => "a text in quotation marks",
        }
    }
}

fn whole(text: &str, min: u64, max: u64) -> Result<Scalar, String> {
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number.map(Scalar::Whole).ok_or_else(|| format!("{text} is not between {min} and {max}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    if text.trim().parse::<f64>().is_ok() {
        return Err(format!("{text} has no unit; write \"{0}s\", \"{0} min\" or \"{0}h\"", text.trim()));
    }
    let span: Span =
        text.parse().map_err(|_| format!("{text:?} is no duration; write one such as \"30s\", \"5 min\", \"6h\" or \"2 days\""))?;
    let signed = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| format!("{text:?} has no fixed length; write it in days, hours, minutes or seconds"))?;
    if signed <= SignedDuration::ZERO {
        return Err(format!("{text:?} is not above zero"));
    }
    Duration::try_from(signed).map_err(|_| format!("{text:?} is no duration"))
}

fn truth(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// Whole days; 0 is the day itself.
fn days(text: &str) -> Result<u64, String> {
    const DAY_S: u64 = 24 * 60 * 60;
    if matches!(text.trim(), "0" | "0d" | "0 days") {
        return Ok(0);
    }
    let seconds =
        duration(text).map_err(|_| format!("{text:?} is no time of days; write one such as \"14d\" or \"2w\", or false"))?.as_secs();
    if seconds % DAY_S != 0 {
        return Err(format!("{text:?} is no number of whole days; write one such as \"14d\""));
    }
    if seconds / DAY_S > 3_650 { Err(format!("{text:?} is more than ten years; write a shorter time")) } else { Ok(seconds / DAY_S) }
}

/// Whole days; a year has 366 of them here and a month 31, so that nothing goes a day too early.
fn period(text: &str, days_min: u64) -> Result<Scalar, String> {
    const DAYS_MAX: i64 = 36_600;
    let text = text.trim();
    if text == "forever" {
        return Ok(Scalar::Text(text.to_owned()));
    }
    let span: Option<Span> = text.parse().ok();
    let whole = |span: &Span| {
        span.fieldwise() == Span::new().years(span.get_years()).months(span.get_months()).weeks(span.get_weeks()).days(span.get_days())
    };
    let days = span.filter(whole).and_then(|span| {
        let [years, months] = [i64::from(span.get_years()), i64::from(span.get_months())];
        let [weeks, days] = [i64::from(span.get_weeks()), i64::from(span.get_days())];
        years.checked_mul(366)?.checked_add(months.checked_mul(31)?)?.checked_add(weeks.checked_mul(7)?)?.checked_add(days)
    });
    let Some(days) = days.filter(|days| (1..=DAYS_MAX).contains(days)).and_then(|days| u64::try_from(days).ok()) else {
        return Err(format!(
            "{text:?} is no time for keeping; write one such as \"2 years\", \"18 months\" or \"90 days\", or \"forever\""
        ));
    };
    if days < days_min {
        return Err(format!("{text:?} is too short: what is younger is still needed; write \"{days_min} days\" or more"));
    }
    Ok(Scalar::Whole(days))
}

fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim() {
        "" if !number.is_empty() => return Err(format!("{text} has no unit; write \"{text} MiB\", \"{text} KiB\" or \"{text} B\"")),
        "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1000 * 1000,
        "GB" => 1000 * 1000 * 1000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(format!("{text:?} is no size; write a whole number and B, KiB, MiB or GiB, such as \"20 MiB\"")),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).filter(|size| *size > 0);
    size.ok_or_else(|| format!("{text:?} is no size that can be meant; write one such as \"20 MiB\""))
}

fn name(text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && !text.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control());
    fits.then_some(()).ok_or_else(|| format!("{text:?} is no name; write one without spaces and slashes"))
}

fn one(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    match nearest(text, words.iter().copied()) {
        Some(near) => Err(format!("there is no {text:?}; did you mean {near:?}?")),
        None => Err(format!("there is no {text:?}; write one of {}", words.join(", "))),
    }
}

fn zone(text: &str, known: &Known<'_>) -> Result<(), String> {
    (known.cron)("0 0 0 * * *", text).map_err(|problem| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        match nearest(text, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no time zone {text:?}; did you mean {near:?}?"),
            None => problem,
        }
    })
}

fn contact(text: &str) -> Result<(), String> {
    let page = text.parse::<Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let reaches_somebody = page || channel::address(text).is_ok();
    reaches_somebody.then_some(()).ok_or_else(|| {
        format!("{text:?} is neither a mail address nor the address of a page; write where a webmaster can reach you, such as \"office@example.org\"")
    })
}

fn address(text: &str) -> Result<(), String> {
    let url: Url = text.parse().map_err(|error| format!("{text:?} is no address ({error}); write all of it, with https://"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{text:?} begins with {}:; only http and https can be visited", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with user and password in it is not visited: they would stand in logs and mails".to_owned());
    }
    Ok(())
}

fn host(text: &str) -> Result<(), String> {
    if let Some(host) = text.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned)) {
        return Err(format!("{text:?} is an address; write the host alone: {host:?}"));
    }
    let parsed = if text.contains(['/', ' ', '@']) { None } else { url::Host::parse(text.trim_matches(['[', ']'])).ok() };
    let address = text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    (address || parsed.is_some()).then_some(()).ok_or_else(|| format!("{text:?} is no host; write a name such as \"www.example.org\""))
}

fn proxy(text: &str) -> Result<(), String> {
    let wrong =
        || format!("{text:?} is no proxy; write an address such as \"http://proxy.example.org:3128\" or \"socks5://10.0.0.1:1080\"");
    let url: Url = text.parse().map_err(|_| wrong())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a proxy's user and password would stand in logs; only proxies without a login can be used".to_owned());
    }
    (matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()).then_some(()).ok_or_else(wrong)
}

fn network(text: &str) -> Result<(), String> {
    let wrong = || format!("{text:?} is no network; write its address and the length of its prefix, such as \"10.1.0.0/16\"");
    let Some((address, length)) = text.split_once('/') else {
        let address: IpAddr = text.parse().map_err(|_| wrong())?;
        return Err(format!("{text:?} is one address; write \"{address}/{}\" to mean it alone", if address.is_ipv4() { 32 } else { 128 }));
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
    let length: u32 = length.parse().ok().filter(|length| *length <= bits).ok_or_else(wrong)?;
    let first = match address {
        IpAddr::V4(four) => IpAddr::from((u32::from(four) & u32::MAX.checked_shl(32 - length).unwrap_or(0)).to_be_bytes()),
        IpAddr::V6(six) => IpAddr::from((u128::from(six) & u128::MAX.checked_shl(128 - length).unwrap_or(0)).to_be_bytes()),
    };
    if first == address { Ok(()) } else { Err(format!("{text:?} begins inside a network; write \"{first}/{length}\"")) }
}

fn region(text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && text.split('/').all(|part| !part.is_empty() && part.trim() == part);
    fits.then_some(())
        .ok_or_else(|| format!("{text:?} is no place; write it from large to small with / between, such as \"福建/泉州/鲤城\""))
}

fn selector(text: &str) -> Result<(), String> {
    scraper::Selector::parse(text).map(|_| ()).map_err(|error| format!("{text:?} is no CSS selector: {error}"))
}

fn pattern(text: &str) -> Result<(), String> {
    regex::Regex::new(text).map(|_| ()).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        format!("{text:?} is no regular expression: {last}")
    })
}

fn fingerprint(text: &str) -> Result<(), String> {
    let text = text.replace(':', "");
    let hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then_some(()).ok_or_else(|| {
        "a pin is the SHA-256 of the certificate in 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` prints it"
            .to_owned()
    })
}
