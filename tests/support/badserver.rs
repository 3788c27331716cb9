//! A web server on loopback that misbehaves by name: the path asked for is the behaviour. Raw TCP, so that it can send anything.

#[path = "badserver_answers.rs"]
pub mod answers;
#[path = "badserver_heads.rs"]
mod heads;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
            _ => answers::behaviour(&asked, address),
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
                // As fast as a fast line, and no faster: a test has the machine for itself no more than a daemon has.
                let mut clock = tokio::time::interval(Duration::from_millis(5));
                while stream.write_all(&bytes).await.is_ok() {
                    clock.tick().await;
                }
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
