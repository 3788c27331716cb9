//! What the paths of the bad server stand for: bodies, codings, statuses, redirects.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{Act, Asked, PAGE, heads};

/// An answer with the right length.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Act> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Act::Send(bytes)]
}

pub(super) fn page(headers: &str) -> Vec<Act> {
    answer("200 OK", headers, PAGE.as_bytes())
}

pub(super) fn raw(text: &str, then: Act) -> Vec<Act> {
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
pub fn behaviour(asked: &Asked, address: SocketAddr) -> Vec<Act> {
    let name = asked.path.trim_start_matches('/').split(['/', '?']).next().unwrap();
    bodies(name, asked)
        .or_else(|| codings(name))
        .or_else(|| heads::behaviour(name, asked))
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
        "to-an-address-of-60-KB" if asked.path.len() > 60_000 => page(""),
        "to-an-address-of-60-KB" => redirect(&format!("{}?{}", asked.path, "x".repeat(60_000))),
        "to-an-address-of-70-KB" => redirect(&format!("/page?{}", "x".repeat(70_000))),
        "to-a-page-by-way-of-a-bomb" => answer("302 Found", "Location: /page\r\nContent-Encoding: gzip\r\n", &bombs()[0]),
        "to-a-chinese-name" => redirect("/page/通报.html"),
        "form-then-redirect" if asked.method == "POST" => answer("303 See Other", "Location: /form-then-redirect\r\n", b""),
        "form-then-redirect" => page(""),
        "form-repeated" if asked.path.ends_with("again") => answer("200 OK", "", format!("{} {}", asked.method, asked.body).as_bytes()),
        "form-repeated" => answer("307 Temporary Redirect", "Location: /form-repeated/again\r\n", b""),
        "with-validators-elsewhere" => redirect("/validators"),
        _ => return None,
    })
}
