//! Certificates and TLS as servers get them wrong.

use std::time::Duration;

use huitoukan::fetch::{FetchError, Fetched, Settings};
use huitoukan::model::{Reach, RobotsRule, Tls, Validators};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::http_tls::Authority;
use crate::http_turnstile::Recorder;
use crate::{client, request, settings};

/// Asks a TLS server as `host` with this way of checking its certificate.
async fn ask_tls(host: &str, port: u16, tls: Tls) -> Result<Fetched, FetchError> {
    ask_tls_within(Duration::from_secs(10), host, port, tls).await
}

async fn ask_tls_within(timeout: Duration, host: &str, port: u16, tls: Tls) -> Result<Fetched, FetchError> {
    let allow_private = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
    let client = client(Settings { allow_private, timeout, ..settings() });
    let reach = Reach { tls, robots: RobotsRule::Ignore { reason: "a test".to_owned() }, ..Reach::default() };
    let turnstile = Recorder::new();
    client.session(&reach, &turnstile).get(&request(&format!("https://{host}:{port}/")), &Validators::default()).await
}

#[track_caller]
fn check_tls(what: &str, came: Result<Fetched, FetchError>, expected: Result<(), &str>) {
    match (came, expected) {
        (Ok(Fetched::Fresh { snapshot, .. }), Ok(())) => assert_eq!(snapshot.status, 200, "{what}"),
        (Err(FetchError::Never { name: "tls" | "reach", why } | FetchError::Later { why, .. }), Err(words)) => {
            assert!(why.contains(words), "{what}: {why}")
        }
        (Err(error), _) => panic!("{what}: {error:?}"),
        (Ok(_), _) => panic!("{what}: let through"),
    }
}

#[tokio::test]
async fn a_certificate_is_checked_as_the_source_says() {
    let authority = Authority::new();
    let trusted = || Tls::ExtraAuthority(authority.path("authority.pem"));
    let pinned = |name: &str| Tls::Pinned(authority.fingerprint(name));
    authority.sign("good", "DNS:localhost", ("20200101", "20990101"));
    authority.sign("expired", "DNS:localhost", ("20200101", "20200201"));
    authority.sign("early", "DNS:localhost", ("20980101", "20990101"));
    authority.sign("elsewhere", "DNS:www.example.gov.cn", ("20200101", "20990101"));

    let good = authority.serve("good", "");
    check_tls(
        "unknown authority",
        ask_tls("localhost", good.port, Tls::Strict).await,
        Err("not from an authority that this machine knows"),
    );
    check_tls("known authority", ask_tls("localhost", good.port, trusted()).await, Ok(()));
    check_tls("pinned", ask_tls("localhost", good.port, pinned("good")).await, Ok(()));
    check_tls("pinned to another", ask_tls("localhost", good.port, pinned("expired")).await, Err("not the one whose fingerprint"));
    check_tls("no name", ask_tls("127.0.0.1", good.port, trusted()).await, Err("is for another name"));
    let expired = authority.serve("expired", "");
    check_tls("expired", ask_tls("localhost", expired.port, trusted()).await, Err("has expired"));
    check_tls("expired but pinned", ask_tls("127.0.0.1", expired.port, pinned("expired")).await, Ok(()));
    let early = authority.serve("early", "");
    check_tls("early", ask_tls("localhost", early.port, trusted()).await, Err("is not valid yet"));
    let elsewhere = authority.serve("elsewhere", "");
    check_tls("wrong name", ask_tls("localhost", elsewhere.port, trusted()).await, Err("is for another name"));
    check_tls("wrong name but pinned", ask_tls("localhost", elsewhere.port, pinned("elsewhere")).await, Ok(()));
    let old = authority.serve("good", "-tls1_1 -cipher ALL:@SECLEVEL=0");
    check_tls("old", ask_tls("localhost", old.port, trusted()).await, Err("no TLS in common"));

    check_tls("no file", ask_tls("localhost", good.port, Tls::ExtraAuthority(authority.path("none"))).await, Err("cannot be read"));
    check_tls("no PEM", ask_tls("localhost", good.port, Tls::ExtraAuthority(authority.path("ca.cnf"))).await, Err("holds no certificate"));
    check_tls("no digits", ask_tls("localhost", good.port, Tls::Pinned("ab".to_owned())).await, Err("64 hexadecimal digits"));
}

#[tokio::test]
async fn a_server_without_tls_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port").await.unwrap();
        }
    });
    check_tls("plain", ask_tls("127.0.0.1", port, Tls::Strict).await, Err("does not speak TLS"));
}

#[tokio::test]
async fn what_else_is_wrong_with_a_certificate_is_named() {
    let authority = Authority::new();
    let trusted = || Tls::ExtraAuthority(authority.path("authority.pem"));
    authority.sign("good", "DNS:localhost", ("20200101", "20990101"));
    authority.sign("other", "DNS:www.example.gov.cn", ("20200101", "20990101"));
    authority.sign_itself("itself", "DNS:localhost");

    let itself = authority.serve("itself", "");
    check_tls("self-signed", ask_tls("localhost", itself.port, Tls::Strict).await, Err("self-signed"));
    let pinned = Tls::Pinned(authority.fingerprint("itself"));
    check_tls("self-signed but pinned", ask_tls("localhost", itself.port, pinned).await, Ok(()));
    let other = authority.serve("good", "-servername www.example.gov.cn -servername_fatal -cert2 other.pem -key2 other.key");
    check_tls("another name only", ask_tls("localhost", other.port, trusted()).await, Err("knows no site of that name"));
    let asks = authority.serve("good", "-Verify 1");
    check_tls("wants ours", ask_tls("localhost", asks.port, trusted()).await, Err("asks visitors for a certificate"));
    let asks = authority.serve("good", "-Verify 1 -tls1_2");
    check_tls("wants ours in TLS 1.2", ask_tls("localhost", asks.port, trusted()).await, Err("no TLS in common"));
    let weak = authority.serve("good", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA");
    check_tls("weak", ask_tls("localhost", weak.port, trusted()).await, Err("no TLS in common"));
}

/// Listens where TLS is expected, and does this with each connection once the client has said hello.
async fn instead_of_tls<Work>(work: impl Fn(TcpStream) -> Work + Send + 'static) -> u16
where
    Work: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 5];
            if stream.read_exact(&mut hello).await.is_ok() {
                tokio::spawn(work(stream));
            }
        }
    });
    port
}

async fn says(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    // Until the other side has had enough.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn a_handshake_that_comes_to_nothing_is_left_in_time_and_named() {
    // RFC 8446, 5.1 and 6: a record is its type (21 an alert, 22 a handshake), a version, a length; an alert is level and number.
    const INTERNAL_ERROR: &[u8] = &[21, 3, 3, 0, 2, 2, 80];
    const HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
    const HALF_A_RECORD: &[u8] = &[22, 3, 3, 2, 0, 2, 0];
    const RECORD_TOO_LONG: &[u8] = &[22, 3, 3, 0xFF, 0xFF, 2, 0, 0];
    let ask = async |port| ask_tls_within(Duration::from_millis(800), "127.0.0.1", port, Tls::Strict).await;

    let hangs = instead_of_tls(async |mut stream| drop(stream.read_to_end(&mut Vec::new()).await)).await;
    check_tls("hangs", ask(hangs).await, Err("did not finish its answer within"));
    let stops = instead_of_tls(async |mut stream| {
        let _ = stream.write_all(HALF_A_RECORD).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    check_tls("stops half-way", ask(stops.await).await, Err("did not finish its answer within"));
    let closes = instead_of_tls(async |stream| says(stream, &[]).await).await;
    check_tls("closes", ask(closes).await, Err("closed the connection"));
    let cuts = instead_of_tls(async |stream| stream.set_zero_linger().unwrap()).await;
    check_tls("cuts", ask(cuts).await, Err("cut the connection"));
    let half = instead_of_tls(async |stream| says(stream, HALF_A_RECORD).await).await;
    check_tls("closes half-way", ask(half).await, Err("closed the connection"));
    let fails = instead_of_tls(async |stream| says(stream, INTERNAL_ERROR).await).await;
    check_tls("fails", ask(fails).await, Err("broke off while the encrypted connection was made"));
    let refuses = instead_of_tls(async |stream| says(stream, HANDSHAKE_FAILURE).await).await;
    check_tls("refuses", ask(refuses).await, Err("no TLS in common"));
    let long = instead_of_tls(async |stream| says(stream, RECORD_TOO_LONG).await).await;
    check_tls("too long", ask(long).await, Err("does not speak TLS"));
    let noise = instead_of_tls(async |stream| says(stream, &[0x5A; 4096]).await).await;
    check_tls("noise", ask(noise).await, Err("does not speak TLS"));
}

/// Whoever cuts the line must not be able to shorten a page: where no length was said, only TLS's own farewell ends it.
#[tokio::test]
async fn a_page_that_ends_without_a_farewell_is_not_whole() {
    let authority = Authority::new();
    authority.sign("good", "DNS:localhost", ("20200101", "20990101"));
    let trusted = || Tls::ExtraAuthority(authority.path("authority.pem"));
    for (farewell, head, expected) in [
        (true, "HTTP/1.1 200 OK\r\n\r\n", Ok(())),
        (false, "HTTP/1.1 200 OK\r\n\r\n", Err("cut off a page")),
        (false, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", Ok(())),
        (false, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", Err("cut off a page")),
    ] {
        let port = authority.says("good", &format!("{head}<html>"), farewell);
        check_tls(&format!("{head:?}, farewell: {farewell}"), ask_tls("localhost", port, trusted()).await, expected);
    }
}
