//! Where a redirect leads, and whether we go there. Pure.

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use super::FetchError;
use crate::model::Reach;

/// Redirects followed one after the other.
pub(super) const REDIRECTS_MAX: usize = 5;

/// The address that a redirect names; `None` where the answer is no redirect, or one to nowhere.
pub fn target(from: &Url, status: u16, headers: &HeaderMap) -> Option<Url> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION)?.as_bytes();
    // Chinese file names come as bare bytes, in whatever charset; they stand in addresses byte by byte.
    let location: String =
        location.iter().map(|byte| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect();
    from.join(location.trim()).ok().map(tidy)
}

/// An address without what is not sent (a fragment), not wanted (a password), or hides that two hosts are one (a dot at the end).
pub(super) fn tidy(mut url: Url) -> Url {
    url.set_fragment(None);
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    url
}

/// # Errors
/// [`FetchError::Denied`]: from https back to http, or to a host that the source does not allow.
pub(super) fn permitted(from: &Url, to: &Url, reach: &Reach) -> Result<(), FetchError> {
    if from.scheme() == "https" && to.scheme() == "http" {
        let why = format!("{from} leads from https back to http ({to}); if that is how the site is, write its address with http:");
        return Err(FetchError::Denied { name: "downgrade", why });
    }
    let host = to.host_str().unwrap_or_default();
    if is_same_host(from, to) || reach.hosts.iter().any(|allowed| names(allowed, to)) {
        return Ok(());
    }
    let why = format!("{from} leads to another host, {host}; if it belongs to the source, add it to `follow` in the source's file");
    Err(FetchError::Denied { name: "cross-host", why })
}

/// Whether a page may lead to this address, as far as hosts and schemes go: the same as for redirects.
pub fn may_lead(from: &Url, to: &Url, reach: &Reach) -> bool {
    permitted(from, to, reach).is_ok()
}

/// Whether two addresses are the same page, be it once with http and once with https, once with www. and once without.
pub(super) fn is_same_page(one: &Url, other: &Url) -> bool {
    is_same_host(one, other) && one.path() == other.path() && one.query() == other.query()
}

fn is_same_host(one: &Url, other: &Url) -> bool {
    let bare = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    bare(one) == bare(other)
}

/// Ports that the source's own allowed hosts name: `files.example.org:8081`.
pub(super) fn ports(reach: &Reach) -> impl Iterator<Item = u16> {
    reach.hosts.iter().filter_map(|host| host.rsplit_once(':')?.1.parse().ok())
}

/// An allowed host is a name, or a name with a port, as an operator writes it.
fn names(allowed: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match allowed.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?))) {
        Some((name, port)) => name.eq_ignore_ascii_case(host) && url.port_or_known_default() == Some(port),
        None => allowed.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[track_caller]
    fn check_target(location: &[u8], expected: Option<&str>) {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location).unwrap())]);
        let to = target(&url("http://www.a.gov.cn/x/y.html?z"), 302, &headers);
        assert_eq!(to.as_ref().map(Url::as_str), expected, "{}", String::from_utf8_lossy(location));
    }

    #[test]
    fn a_location_is_read_however_it_is_written() {
        check_target(b"/b", Some("http://www.a.gov.cn/b"));
        check_target(b"b?c#d", Some("http://www.a.gov.cn/x/b?c"));
        check_target(b"  /b  ", Some("http://www.a.gov.cn/b"));
        check_target(b"//b.cn/", Some("http://b.cn/"));
        check_target("/通报.html".as_bytes(), Some("http://www.a.gov.cn/%E9%80%9A%E6%8A%A5.html"));
        check_target(b"/\xCD\xA8.html", Some("http://www.a.gov.cn/%CD%A8.html"));
        check_target(b"http://user:word@www.a.gov.cn./", Some("http://www.a.gov.cn/"));
        check_target(b"http://[", None);
        assert_eq!(target(&url("http://a.cn/"), 302, &HeaderMap::new()), None);
    }

    #[track_caller]
    fn check_permitted(from: &str, to: &str, expected: Result<(), &str>) {
        let reach = Reach { hosts: vec!["files.b.cn".to_owned(), "c.cn:8081".to_owned()], ..Reach::default() };
        let name = match permitted(&url(from), &url(to), &reach) {
            Ok(()) => Ok(()),
            Err(FetchError::Denied { name, .. }) => Err(name),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(name, expected, "{from} to {to}");
    }

    #[test]
    fn a_redirect_may_lead_to_the_same_host_or_to_one_that_the_source_allows() {
        check_permitted("http://a.cn/x", "http://a.cn/y", Ok(()));
        check_permitted("http://a.cn/x", "https://a.cn/x", Ok(()));
        check_permitted("http://a.cn/x", "https://www.a.cn/x", Ok(()));
        check_permitted("https://www.a.cn/x", "https://a.cn/x", Ok(()));
        check_permitted("https://a.cn/x", "http://a.cn/x", Err("downgrade"));
        check_permitted("https://a.cn/x", "http://files.b.cn/x", Err("downgrade"));
        check_permitted("http://a.cn/x", "http://files.b.cn/x", Ok(()));
        check_permitted("http://a.cn/x", "http://FILES.B.CN/x", Ok(()));
        check_permitted("http://a.cn/x", "http://b.cn/x", Err("cross-host"));
        check_permitted("http://a.cn/x", "http://x.files.b.cn/x", Err("cross-host"));
        check_permitted("http://a.cn/x", "http://m.a.cn/x", Err("cross-host"));
        check_permitted("http://a.cn/x", "http://a.cn.evil.org/x", Err("cross-host"));
        check_permitted("http://a.cn/x", "http://c.cn:8081/x", Ok(()));
        check_permitted("http://a.cn/x", "http://c.cn/x", Err("cross-host"));
    }
}
