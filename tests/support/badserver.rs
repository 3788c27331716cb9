//! A web server on loopback that misbehaves by name: the path asked for is the behaviour. Raw TCP, so that it can send anything.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const PAGE: &str = "<html><body><p>关于巡察整改进展情况的通报</p></body></html>";

/// What was asked, as the server saw it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// How many requests for this path came before.
    pub nth: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// One step of an answer.
pub enum Act {
    Send(Vec<u8>),
    /// Sends this until the other side has had enough.
    Endless(Vec<u8>),
    /// Sends one byte at a time until the other side has had enough.
    Drip,
    /// Says no more and waits until the other side has had enough.
    Hang,
    /// Closes the connection in good order.
    Close,
    /// Cuts the connection.
    Reset,
}

pub struct BadServer {
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

/// How robots.txt is answered, where it is there.
type Robots = Box<dyn Fn(&Asked) -> Vec<Act> + Send>;

#[derive(Default)]
struct Seen {
    robots: Mutex<Option<Robots>>,
    asked: Mutex<Vec<Asked>>,
    counts: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    at_once: AtomicUsize,
    at_once_max: AtomicUsize,
}

impl BadServer {
    /// Begins to serve in the background of the present runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let server = Self { address, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&seen), address));
            }
        });
        server
    }

    /// From now on there is a robots.txt.
    pub fn robots(&self, answer: impl Fn(&Asked) -> Vec<Act> + Send + 'static) {
        *self.seen.robots.lock().unwrap() = Some(Box::new(answer));
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.seen.asked.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at the same time.
    pub fn at_once_max(&self) -> usize {
        self.seen.at_once_max.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Seen>, address: SocketAddr) {
    while let Some(mut asked) = read_request(&mut stream).await {
        {
            let mut counts = seen.counts.lock().unwrap();
            let count = counts.entry(asked.path.clone()).or_default();
            asked.nth = *count;
            *count += 1;
        }
        seen.asked.lock().unwrap().push(asked.clone());
        let at_once = seen.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        seen.at_once_max.fetch_max(at_once, Ordering::SeqCst);
        let acts = match &*seen.robots.lock().unwrap() {
            Some(robots) if asked.path == "/robots.txt" => robots(&asked),
            _ => behaviour(&asked, address),
        };
        let goes_on = act(&mut stream, acts).await;
        seen.at_once.fetch_sub(1, Ordering::SeqCst);
        if !goes_on {
            return;
        }
    }
}

/// Performs an answer; whether the connection may be used again.
async fn act(stream: &mut TcpStream, acts: Vec<Act>) -> bool {
    for act in acts {
        match act {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return false;
                }
            }
            Act::Endless(bytes) => {
                while stream.write_all(&bytes).await.is_ok() {}
                return false;
            }
            Act::Drip => {
                let mut clock = tokio::time::interval(Duration::from_millis(5));
                while stream.write_all(b"x").await.is_ok() {
                    clock.tick().await;
                }
                return false;
            }
            Act::Hang => {
                let _ = stream.read(&mut [0]).await;
                return false;
            }
            Act::Close => return false,
            Act::Reset => {
                let _ = stream.set_zero_linger();
                return false;
            }
        }
    }
    true
}

async fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, mut path) = (words.next()?, words.next()?);
    // As a proxy is asked.
    if let Some((_, rest)) = path.strip_prefix("http://").and_then(|rest| rest.split_once('/')) {
        path = format!("/{rest}");
    }
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    Some(Asked { method, path, headers, body, nth: 0 })
}

/// An answer with the right length.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Act> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Act::Send(bytes)]
}

fn page(headers: &str) -> Vec<Act> {
    answer("200 OK", headers, PAGE.as_bytes())
}

fn raw(text: &str, then: Act) -> Vec<Act> {
    vec![Act::Send(text.as_bytes().to_vec()), then]
}

fn redirect(to: &str) -> Vec<Act> {
    answer("302 Found", &format!("Location: {to}\r\n"), b"")
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::bulk::compress(bytes, 19).unwrap()
}

/// [`PAGE`] and 64 MiB of zeros by brotli 1.1, which the tests have no encoder of.
const BROTLI_PAGE: &[u8] = include_bytes!("http_page.br");
const BROTLI_BOMB: &[u8] = include_bytes!("http_bomb.br");

fn coded(coding: &str, body: &[u8]) -> Vec<Act> {
    answer("200 OK", &format!("Content-Encoding: {coding}\r\n"), body)
}

/// The first two thirds of a body, as whole as can be to HTTP.
fn truncated(coding: &str, body: &[u8]) -> Vec<Act> {
    coded(coding, &body[..body.len() * 2 / 3])
}

/// 8 MiB of zeros by gzip, by gzip twice, by zlib and by zstd; made once.
pub fn bombs() -> &'static [Vec<u8>; 4] {
    static BOMBS: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
        let zeros = vec![0; 8 * 1024 * 1024];
        let once = gzip(&zeros);
        [once.clone(), gzip(&once), zlib(&zeros), zstd(&zeros)]
    });
    &BOMBS
}

/// Answers by the first part of the path; `/robots.txt` is not there.
fn behaviour(asked: &Asked, address: SocketAddr) -> Vec<Act> {
    let name = asked.path.trim_start_matches('/').split(['/', '?']).next().unwrap();
    bodies(name, asked)
        .or_else(|| codings(name))
        .or_else(|| heads(name, asked))
        .or_else(|| statuses(name, asked))
        .or_else(|| redirects(name, asked, address))
        .unwrap_or_else(|| answer("404 Not Found", "", b"no such page"))
}

fn bodies(name: &str, asked: &Asked) -> Option<Vec<Act>> {
    Some(match name {
        "page" => page("Content-Type: text/html; charset=utf-8\r\n"),
        "empty-200" => answer("200 OK", "", b""),
        "no-content-204" => raw("HTTP/1.1 204 No Content\r\n\r\n", Act::Send(Vec::new())),
        "no-length-then-close" => raw(&format!("HTTP/1.1 200 OK\r\n\r\n{PAGE}"), Act::Close),
        "http-1.0" => raw(&format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}"), Act::Close),
        "chunked" => raw(
            &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{PAGE}\r\n0\r\n\r\n", PAGE.len()),
            Act::Send(Vec::new()),
        ),
        "length-too-long" => raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{PAGE}"), Act::Close),
        "length-too-short" => raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n{PAGE}"), Act::Close),
        "length-beyond-limit" => raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", Act::Hang),
        "lengths-that-differ" => raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n{PAGE}"), Act::Close),
        "chunks-cut-off" => raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n", Act::Close),
        "chunk-of-nonsense" => raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<html>\r\n", Act::Close),
        "chunk-extensions-endless" => {
            vec![Act::Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6;".to_vec()), Act::Endless(b"extension=1;".repeat(1000))]
        }
        "body-endless" => vec![Act::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Act::Endless(vec![b'x'; 65536])],
        "body-drips" => raw("HTTP/1.1 200 OK\r\n\r\n", Act::Drip),
        "body-hangs" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>", Act::Hang),
        "reset-mid-body" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>", Act::Reset),
        "cut-off-once" if asked.nth == 0 => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>", Act::Close),
        "cut-off-once" => page(""),
        _ => return None,
    })
}

fn codings(name: &str) -> Option<Vec<Act>> {
    let gzipped = gzip(PAGE.as_bytes());
    Some(match name {
        "gzip" => coded("gzip", &gzipped),
        "gzip-in-two-members" => coded("x-gzip", &[gzip(&PAGE.as_bytes()[..20]), gzip(&PAGE.as_bytes()[20..])].concat()),
        "gzip-and-padding" => coded("gzip", &[&gzipped[..], &[0; 512]].concat()),
        "gzip-twice" => coded("gzip, gzip", &gzip(&gzipped)),
        "gzip-thrice" => coded("gzip, gzip, gzip", &gzip(&gzip(&gzipped))),
        "gzip-said-but-plain" => coded("gzip", PAGE.as_bytes()),
        "gzip-cut-off" => truncated("gzip", &gzipped),
        "gzip-spoilt" => {
            let mut spoilt = gzipped.clone();
            let middle = spoilt.len() / 2;
            spoilt[middle] ^= 0x55;
            coded("gzip", &spoilt)
        }
        "gzip-bomb" => coded("gzip", &bombs()[0]),
        "gzip-bomb-twice" => coded("gzip, gzip", &bombs()[1]),
        "gzip-bomb-on-a-403" => answer("403 Forbidden", "Content-Encoding: gzip\r\n", &bombs()[0]),
        "deflate" => coded("deflate", &zlib(PAGE.as_bytes())),
        "deflate-without-header" => coded("deflate", &bare_deflate(PAGE.as_bytes())),
        "deflate-cut-off" => truncated("deflate", &zlib(PAGE.as_bytes())),
        "deflate-bomb" => coded("deflate", &bombs()[2]),
        "brotli" => coded("br", BROTLI_PAGE),
        "brotli-cut-off" => truncated("br", BROTLI_PAGE),
        "brotli-bomb" => coded("br", BROTLI_BOMB),
        "zstd" => coded("zstd", &zstd(PAGE.as_bytes())),
        "zstd-cut-off" => truncated("zstd", &zstd(PAGE.as_bytes())),
        "zstd-bomb" => coded("zstd", &bombs()[3]),
        "coding-unknown" => coded("sdch", PAGE.as_bytes()),
        "coding-is-a-charset" => coded("UTF-8", PAGE.as_bytes()),
        _ => return None,
    })
}

fn heads(name: &str, asked: &Asked) -> Option<Vec<Act>> {
    Some(match name {
        "informational-flood" => vec![Act::Endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100))],
        "informational-then-page" => raw(
            &format!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{PAGE}", PAGE.len()),
            Act::Send(Vec::new()),
        ),
        "headers-endless" => {
            vec![Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Act::Endless(b"X-More: and more and more\r\n".repeat(100))]
        }
        "header-line-endless" => vec![Act::Send(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec()), Act::Endless(vec![b'a'; 65536])],
        "headers-of-80-KB" => page(&format!("X-Long: {}\r\n", "a".repeat(8000)).repeat(10)),
        "head-hangs" => raw("HTTP/1.1 200 OK\r\nContent-", Act::Hang),
        "header-lines-folded" => page("X-Folded: one\r\n two\r\nContent-Type: text/html\r\n"),
        "header-lines-that-are-none" => page("this is no header\r\nX Y: z\r\nContent-Type : text/html\r\n"),
        "header-in-gb18030" => {
            let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Name: ", PAGE.len()).into_bytes();
            bytes.extend_from_slice(b"\xCD\xA8\xB1\xA8\r\n\r\n");
            bytes.extend_from_slice(PAGE.as_bytes());
            vec![Act::Send(bytes)]
        }
        "no-http" => raw("<html>an answer from before there were status lines</html>\r\n\r\n", Act::Close),
        "ssh" => raw("SSH-2.0-OpenSSH_9.2\r\n", Act::Close),
        "closes-at-once" => vec![Act::Close],
        "resets-at-once" => vec![Act::Reset],
        "validators" if asked.header("if-none-match") == Some("\"v1\"") => raw("HTTP/1.1 304 Not Modified\r\n\r\n", Act::Send(Vec::new())),
        "validators" => page("ETag: \"v1\"\r\nLast-Modified: Thu, 12 Sep 2024 01:52:00 GMT\r\n"),
        "always-304" => raw("HTTP/1.1 304 Not Modified\r\n\r\n", Act::Send(Vec::new())),
        _ => return None,
    })
}

fn statuses(name: &str, asked: &Asked) -> Option<Vec<Act>> {
    Some(match name {
        "status" => {
            let status = asked.path.rsplit('/').next().unwrap();
            answer(&format!("{status} Anything"), "", b"<title>the wall</title>")
        }
        "busy-then-page" if asked.nth == 0 => answer("429 Too Many Requests", "Retry-After: 7\r\n", b""),
        "busy-then-page" => page(""),
        "busy-until-tomorrow" => answer("503 Service Unavailable", "Retry-After: 80000\r\n", b""),
        "busy-until-a-date" => answer("503 Service Unavailable", "Retry-After: Sun, 22 Nov 2026 09:00:00 GMT\r\n", b""),
        "always-500" => answer("500 Internal Server Error", "", b"<h1>Tomcat</h1>"),
        "part-206" => answer("206 Partial Content", "Content-Range: bytes 0-9/100\r\n", b"0123456789"),
        "wall-of-1-MB" => answer("403 Forbidden", "", "墙".repeat(400_000).as_bytes()),
        _ => return None,
    })
}

fn redirects(name: &str, asked: &Asked, address: SocketAddr) -> Option<Vec<Act>> {
    let port = address.port();
    Some(match name {
        "chain" => match asked.path.rsplit('/').next().unwrap().parse::<u32>().unwrap() {
            0 => page(""),
            left => redirect(&format!("/chain/{}", left - 1)),
        },
        "circle" => redirect(if asked.path == "/circle/a" { "/circle/b" } else { "/circle/a" }),
        "to-itself" => redirect(&asked.path),
        "to-itself-until-cookie" if asked.header("cookie").is_some_and(|cookies| cookies.contains("CT6T=1")) => page(""),
        "to-itself-until-cookie" => answer("302 Found", &format!("Location: {}\r\nSet-Cookie: CT6T=1; Path=/\r\n", asked.path), b""),
        "cookie-circle" => answer("302 Found", &format!("Location: {}\r\nSet-Cookie: n={}; Path=/\r\n", asked.path, asked.nth), b""),
        "to" => redirect(asked.path.split_once('?')?.1),
        "to-another-host" => redirect(&format!("http://localhost:{port}/page")),
        "to-a-private-address" => redirect(&format!("http://127.0.0.2:{port}/page")),
        "to-another-port" => redirect("http://127.0.0.1:6379/"),
        "to-a-file" => redirect("file:///etc/passwd"),
        "to-javascript" => redirect("javascript:alert(1)"),
        "to-nowhere" => answer("302 Found", "", b"<script>location='/'</script>"),
        "to-a-chinese-name" => redirect("/page/通报.html"),
        "form-then-redirect" if asked.method == "POST" => answer("303 See Other", "Location: /form-then-redirect\r\n", b""),
        "form-then-redirect" => page(""),
        "form-repeated" if asked.path.ends_with("again") => answer("200 OK", "", format!("{} {}", asked.method, asked.body).as_bytes()),
        "form-repeated" => answer("307 Temporary Redirect", "Location: /form-repeated/again\r\n", b""),
        "with-validators-elsewhere" => redirect("/validators"),
        _ => return None,
    })
}
