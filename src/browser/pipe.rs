//! The DevTools protocol over a process's pipes: JSON messages that end with a zero byte.

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest message read, in bytes: the HTML of one page, quoted, with a margin.
const MESSAGE_BYTES_MAX: usize = 96 << 20;

/// The process is gone, or does not speak the protocol.
#[derive(Debug)]
pub struct Closed;

/// A conversation with a browser.
pub struct Pipe {
    to: Box<dyn AsyncWrite + Send + Sync + Unpin>,
    from: Box<dyn AsyncRead + Send + Sync + Unpin>,
    read: Vec<u8>,
    /// Up to here no zero byte was found.
    searched: usize,
    last: u64,
}

impl Pipe {
    /// `to` is what the browser reads, `from` what it writes.
    pub fn new(to: impl AsyncWrite + Send + Sync + Unpin + 'static, from: impl AsyncRead + Send + Sync + Unpin + 'static) -> Self {
        Self { to: Box::new(to), from: Box::new(from), read: Vec::new(), searched: 0, last: 0 }
    }

    /// Sends a command; its answer bears the number that is given back.
    pub(super) async fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64, Closed> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).await.map_err(|_| Closed)?;
        self.to.flush().await.map_err(|_| Closed)?;
        Ok(self.last)
    }

    /// Sends a command and waits for its answer; what else comes meanwhile is dropped. For the time before a page is loaded.
    pub(super) async fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Closed> {
        let number = self.send(session, method, params).await?;
        loop {
            let mut message = self.next().await?;
            if message["id"] == number {
                return Ok(message["result"].take());
            }
        }
    }

    /// The next message. Can be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Result<Value, Closed> {
        loop {
            if let Some(at) = self.read[self.searched..].iter().position(|byte| *byte == 0) {
                let end = self.searched + at;
                let message = serde_json::from_slice(&self.read[..end]).map_err(|_| Closed)?;
                self.read.drain(..=end);
                self.searched = 0;
                return Ok(message);
            }
            self.searched = self.read.len();
            if self.read.len() > MESSAGE_BYTES_MAX || self.from.read_buf(&mut self.read).await.map_err(|_| Closed)? == 0 {
                return Err(Closed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_told_apart_however_they_are_cut() {
        let (ours, theirs) = tokio::io::duplex(7);
        let mut pipe = Pipe::new(tokio::io::sink(), ours);
        let writer = tokio::spawn(async move {
            let mut theirs = theirs;
            theirs.write_all(b"{\"id\":1,\"result\":{\"a\":\"\xe9\x80\x9a\"}}\0{\"method\":\"x\"}\0{\"id\":").await.unwrap();
        });
        assert_eq!(pipe.next().await.unwrap()["result"]["a"], "通");
        assert_eq!(pipe.next().await.unwrap()["method"], "x");
        assert!(pipe.next().await.is_err(), "half a message is the end");
        writer.await.unwrap();
    }
}
