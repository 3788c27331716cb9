//! What the paths of the bad server stand for: status lines and header lines, and how bodies are set off.

use super::answers::{page, raw};
use super::{Act, Asked, PAGE};

pub fn behaviour(name: &str, asked: &Asked) -> Option<Vec<Act>> {
    lines(name, asked).or_else(|| status_lines(name)).or_else(|| framings(name))
}

fn lines(name: &str, asked: &Asked) -> Option<Vec<Act>> {
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
        "headers-150-in-number" => page(&"X-More: and more\r\n".repeat(150)),
        "cookies-60-in-number" => page(&(0..60).map(|number| format!("Set-Cookie: c{number}={}\r\n", "v".repeat(100))).collect::<String>()),
        "nul-in-a-header" => page("X-Nul: a\0b\r\n"),
        "nul-in-a-header-name" => page("X-N\0ul: ab\r\n"),
        "lines-without-carriage-returns" => {
            raw(&format!("HTTP/1.1 200 OK\nContent-Length: {}\nX-Y: z\n\n{PAGE}", PAGE.len()), Act::Send(Vec::new()))
        }
        "carriage-returns-alone" => raw(&format!("HTTP/1.1 200 OK\rContent-Length: {}\r\r{PAGE}", PAGE.len()), Act::Close),
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

fn status_lines(name: &str) -> Option<Vec<Act>> {
    let begun_by = |line: &[u8]| {
        let rest = format!("\r\nContent-Length: {}\r\n\r\n{PAGE}", PAGE.len());
        Some(vec![Act::Send([line, rest.as_bytes()].concat()), Act::Close])
    };
    match name {
        "status-without-reason" => begun_by(b"HTTP/1.1 200"),
        "status-in-gb18030" => begun_by(b"HTTP/1.1 200 \xCD\xA8\xB1\xA8"),
        "status-of-two-digits" => begun_by(b"HTTP/1.1 20 OK"),
        "status-of-four-digits" => begun_by(b"HTTP/1.1 2000 OK"),
        "status-000" => begun_by(b"HTTP/1.1 000 OK"),
        "version-0.9" => begun_by(b"HTTP/0.9 200 OK"),
        "version-2.0" => begun_by(b"HTTP/2.0 200 OK"),
        "status-line-of-80-KB" => begun_by(&[&b"HTTP/1.1 200 "[..], &vec![b'O'; 80_000]].concat()),
        "status-line-endless" => Some(vec![Act::Send(b"HTTP/1.1 200 ".to_vec()), Act::Endless(vec![b'O'; 65536])]),
        "continue-100-and-page" => begun_by(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
        "switches-101" => begun_by(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade"),
        _ => None,
    }
}

/// How a body is set off from what follows, said twice or wrongly.
fn framings(name: &str) -> Option<Vec<Act>> {
    let length = PAGE.len();
    let with = |headers: &str| Some(raw(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n{PAGE}"), Act::Close));
    let chunked = |headers: &str, rest: &str| {
        let text = format!("HTTP/1.1 200 OK\r\n{headers}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{PAGE}\r\n{rest}");
        Some(raw(&text, Act::Send(Vec::new())))
    };
    match name {
        "lengths-the-same" => with(&format!("Content-Length: {length}\r\nContent-Length: {length}\r\n")),
        "lengths-in-one-line" => with(&format!("Content-Length: {length}, {length}\r\n")),
        "length-of-words" => with("Content-Length: long\r\n"),
        "length-negative" => with("Content-Length: -1\r\n"),
        "length-with-a-sign" => with(&format!("Content-Length: +{length}\r\n")),
        "length-beyond-numbers" => with("Content-Length: 99999999999999999999999999\r\n"),
        "length-and-chunks" => chunked("Content-Length: 6\r\n", "0\r\n\r\n"),
        "transfer-coding-unknown" => with("Transfer-Encoding: sdch\r\n"),
        "trailers" => chunked("", "0\r\nX-Trailer: one\r\n\r\n"),
        "trailers-endless" => {
            let mut acts = chunked("", "0\r\n")?;
            acts.push(Act::Endless(b"X-Trailer: and one more\r\n".repeat(100)));
            Some(acts)
        }
        "chunk-beyond-numbers" => with("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff"),
        "chunk-size-endless" => {
            Some(vec![Act::Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()), Act::Endless(vec![b'0'; 65536])])
        }
        "answers-twice" => {
            let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
            Some(raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{PAGE}{evil}"), Act::Send(Vec::new())))
        }
        _ => None,
    }
}
