//! Links to addresses: resolved, compared by site, spelled in one way. Never asks whether anything stands there.

use url::{Host, Url};

/// Query parameters that say who asks or where a link was clicked, never which page is meant.
const TRACKING: [&str; 13] = [
    "jsessionid",
    "phpsessid",
    "aspsessionid",
    "sessionid",
    "session_id",
    "spm",
    "isappinstalled",
    "nsukey",
    "share_token",
    "gclid",
    "fbclid",
    "bd_vid",
    "scene_from",
];

/// The one spelling of an address: no fragment, no default port, no session parameters.
pub fn canonical(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.cannot_be_a_base() {
        return url;
    }
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    let path = tidy_escapes(&without_session(url.path()));
    url.set_path(&path);
    let query =
        url.query().map(|query| query.split('&').filter(|pair| is_meaningful(pair)).map(tidy_escapes).collect::<Vec<_>>().join("&"));
    url.set_query(query.as_deref().filter(|query| !query.is_empty()));
    url
}

/// A canonical address as it stands, and as the same page was or will be written when its site moves between http and
/// https, or to or from `www.`: sites flip between them without telling, in both directions.
pub fn spellings(url: &Url) -> Vec<Url> {
    let mut spellings = vec![url.clone()];
    let other_scheme = if url.scheme() == "https" { "http" } else { "https" };
    let mut flipped = url.clone();
    if url.port().is_none() && flipped.set_scheme(other_scheme).is_ok() {
        spellings.push(flipped);
    }
    for url in spellings.clone() {
        let Some(Host::Domain(host)) = url.host() else { continue };
        let other_host = host.strip_prefix("www.").map_or_else(|| format!("www.{host}"), str::to_owned);
        let mut flipped = url.clone();
        if flipped.set_host(Some(&other_host)).is_ok() {
            spellings.push(flipped);
        }
    }
    spellings
}

/// `/a;jsessionid=1F/b` to `/a/b`.
fn without_session(path: &str) -> String {
    let clean = |segment: &str| {
        let cut = segment
            .find(';')
            .filter(|&at| segment.as_bytes().get(at + 1..at + 11).is_some_and(|name| name.eq_ignore_ascii_case(b"jsessionid")));
        segment[..cut.unwrap_or(segment.len())].to_owned()
    };
    path.split('/').map(clean).collect::<Vec<_>>().join("/")
}

fn is_meaningful(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    let is_stamp = value.len() == 13 && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_tracking = TRACKING.contains(&name.as_str())
        || name.starts_with("utm_")
        || name.starts_with("aspsessionid")
        || name == "_" && is_stamp
        || name == "from" && matches!(value, "singlemessage" | "groupmessage" | "timeline");
    !pair.is_empty() && !is_tracking
}

/// Upper-case escapes, and none where the character needs none (RFC 3986, 6.2.2): `%7e%e4` to `~%E4`.
fn tidy_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(byte) = rest.get(1..3).and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
            out.push('%');
            rest = &rest[1..];
            continue;
        };
        match char::from(byte) {
            plain if plain.is_ascii_alphanumeric() || matches!(plain, '-' | '.' | '_' | '~') => out.push(plain),
            _ => out.push_str(&rest[..3].to_ascii_uppercase()),
        }
        rest = &rest[3..];
    }
    out.push_str(rest);
    out
}

/// Whether two addresses are of one site: the same host but for `www.`, and the same port unless both are the schemes' own.
pub(super) fn is_same_site(one: &Url, other: &Url) -> bool {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').trim_start_matches("www.").to_owned());
    is_web(one) && is_web(other) && host(one).is_some() && host(one) == host(other) && one.port() == other.port()
}

/// Whether two hosts belong to one body, as far as names tell: the same registered name, `xm.gov.cn` of `www.xm.gov.cn` and
/// `file.xm.gov.cn`. Addresses in figures are their own.
pub fn is_one_site(one: &Url, other: &Url) -> bool {
    let is_port_plain = other.port().is_none() || other.port() == one.port();
    is_port_plain && registered(one).is_some_and(|name| registered(other) == Some(name))
}

fn registered(url: &Url) -> Option<String> {
    let host = match url.host()? {
        Host::Domain(host) => host.trim_end_matches('.').to_ascii_lowercase(),
        host => return Some(host.to_string()),
    };
    let labels: Vec<&str> = host.split('.').collect();
    let shared = labels.len() >= 2 && labels[labels.len() - 1].len() == 2 && is_shared(labels[labels.len() - 2]);
    Some(labels[labels.len().saturating_sub(if shared { 3 } else { 2 })..].join("."))
}

/// Second levels below which anybody may register: gov.cn, com.cn, and those of the provinces, fj.cn.
fn is_shared(label: &str) -> bool {
    matches!(label, "gov" | "com" | "org" | "edu" | "net" | "ac" | "mil" | "co" | "government") || label.len() == 2
}

/// Where a link leads, in canonical spelling; `None` for scripts, mail, bare fragments, and what leaves the page's site.
pub(super) fn resolve(base: &Url, page: &Url, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let url = canonical(&base.join(href).ok()?);
    (is_same_site(page, &url) && !url.path().contains("/../")).then_some(url)
}

/// The folder that an address lies in, with its final slash; `None` for the site's root, which says nothing.
pub(super) fn folder(url: &Url) -> Option<&str> {
    let path = url.path();
    let folder = &path[..=path.rfind('/')?];
    (folder.len() > 1).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_at_the_same_site_or_elsewhere() {
        let check = |one: &str, other: &str| is_one_site(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(check("https://www.xm.gov.cn/a", "https://file.xm.gov.cn/b.pdf"));
        assert!(check("https://xm.gov.cn/a", "http://www.xm.gov.cn/b.pdf"));
        assert!(!check("https://www.xm.gov.cn/a", "https://www.qz.gov.cn/b.pdf"), "all of gov.cn is no site");
        assert!(!check("https://www.abc.fj.cn/a", "https://www.def.fj.cn/b.pdf"));
        assert!(check("https://www.example.com/a", "https://cdn.example.com/b.pdf"));
        assert!(!check("https://www.xm.gov.cn/a", "https://file.xm.gov.cn:8080/b.pdf"));
        assert!(!check("http://10.0.0.1/a", "http://10.0.0.2/b.pdf"));
    }

    #[track_caller]
    fn check(address: &str, expected: &str) {
        let once = canonical(&address.parse().unwrap());
        assert_eq!(once.as_str(), expected);
        assert_eq!(canonical(&once), once, "stays as it is");
    }

    #[test]
    fn an_address_has_one_spelling() {
        check("HTTP://WWW.QZLC.GOV.CN:80/zwgk/../a.htm#top", "http://www.qzlc.gov.cn/a.htm");
        check("https://a.gov.cn./x;jsessionid=0F3A.node1?id=3", "https://a.gov.cn/x?id=3");
        check("https://a.gov.cn/x;JSESSIONID=1/y", "https://a.gov.cn/x/y");
        check("https://a.gov.cn/x?utm_source=w&id=3&from=timeline&spm=a.b", "https://a.gov.cn/x?id=3");
        check("https://a.gov.cn/x?_=1700000000000", "https://a.gov.cn/x");
        check("https://a.gov.cn/%7euser/%e9%80%9a?q=%41%zz", "https://a.gov.cn/~user/%E9%80%9A?q=A%zz");
        check("https://a.gov.cn/通报.html", "https://a.gov.cn/%E9%80%9A%E6%8A%A5.html");
    }

    #[test]
    fn a_query_that_means_something_stays() {
        check("http://a.gov.cn/show.asp?id=3631", "http://a.gov.cn/show.asp?id=3631");
        check("http://a.gov.cn/gkmlpt/api/all/12?page=2&sid=753", "http://a.gov.cn/gkmlpt/api/all/12?page=2&sid=753");
        check("http://a.gov.cn/x?from=2024&t=1", "http://a.gov.cn/x?from=2024&t=1");
    }

    #[track_caller]
    fn check_site(one: &str, other: &str, expected: bool) {
        assert_eq!(is_same_site(&one.parse().unwrap(), &other.parse().unwrap()), expected, "{one} and {other}");
    }

    #[test]
    fn a_site_is_its_host_with_or_without_www_and_encryption() {
        check_site("http://www.a.gov.cn/", "https://a.gov.cn/x", true);
        check_site("http://a.gov.cn/", "http://jw.a.gov.cn/", false);
        check_site("http://a.gov.cn/", "http://a.gov.cn.evil.cn/", false);
        check_site("http://127.0.0.1:8001/", "http://127.0.0.1:8002/", false);
        check_site("http://a.gov.cn/", "ftp://a.gov.cn/", false);
    }

    #[test]
    fn links_that_lead_nowhere_or_away_are_dropped() {
        let page: Url = "https://a.gov.cn/zwgk/tzgg/".parse().unwrap();
        for href in ["javascript:void(0)", "#", "", "mailto:a@b.cn", "https://mp.weixin.qq.com/s/1", "tel:123"] {
            assert_eq!(resolve(&page, &page, href), None, "{href}");
        }
        assert_eq!(resolve(&page, &page, " ../a/../t1.htm#x ").map(String::from), Some("https://a.gov.cn/zwgk/t1.htm".into()));
    }

    #[test]
    fn a_page_is_the_same_over_http_and_https_with_www_and_without() {
        let spelled = |url: &str| super::spellings(&url.parse().unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            spelled("http://www.x.gov.cn/1.htm"),
            ["http://www.x.gov.cn/1.htm", "https://www.x.gov.cn/1.htm", "http://x.gov.cn/1.htm", "https://x.gov.cn/1.htm"]
        );
        assert_eq!(spelled("http://127.0.0.1:8080/1.htm"), ["http://127.0.0.1:8080/1.htm"]);
    }
}
