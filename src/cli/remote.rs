//! A command run by the daemon, which has the store, for somebody at a terminal.
//!
//! Over a Unix socket beside the store, which only its owner may use: one line of JSON there, frames of
//! one byte (`o` out, `e` err, `x` exit code), four bytes of length and that many bytes back.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, channel};

use super::{Cli, Exit, Output, desk};
use crate::flow::house::House;

/// Longest request line, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// Longest frame, in bytes: a raw snapshot is sent in one.
const FRAME_BYTES_MAX: u32 = 256 * 1024 * 1024;
/// Frames that may wait for their reader: a backup is larger than memory.
const FRAMES_WAITING_MAX: usize = 64;
/// How long the daemon may take to accept.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Request {
    arguments: Vec<String>,
    colour: bool,
    width: u16,
}

fn socket(store: &Path) -> PathBuf {
    store.join("control.sock")
}

/// The way to the daemon that has this store; `None` where none listens.
pub async fn connect(store: &Path) -> Option<UnixStream> {
    tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(socket(store))).await.ok()?.ok()
}

/// Asks a daemon to run a command, and prints what it prints.
///
/// # Errors
/// It stops answering.
pub async fn ask(stream: UnixStream, arguments: Vec<String>, output: &mut Output) -> anyhow::Result<Exit> {
    let (read, mut write) = stream.into_split();
    let request = Request { arguments, colour: output.colour, width: output.width };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut read = BufReader::new(read);
    loop {
        let kind = read.read_u8().await.context("the daemon stopped before the command ended")?;
        let length = read.read_u32().await?;
        if length > FRAME_BYTES_MAX {
            bail!("the daemon speaks another language; is it of the same version?");
        }
        let mut bytes = vec![0; length as usize];
        read.read_exact(&mut bytes).await?;
        match kind {
            // Cleaned where it was printed.
            b'o' => output.out.exact().write_all(&bytes)?,
            b'e' => output.err.exact().write_all(&bytes)?,
            b'x' if bytes == [0] => return Ok(Exit::Well),
            b'x' if bytes == [3] => return Ok(Exit::NeedsPerson),
            _ => return Ok(Exit::Failed),
        }
    }
}

/// Serves commands until the task is dropped.
///
/// # Errors
/// The socket cannot be made.
pub fn listen(store: &Path, house: Arc<House>) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let path = socket(store);
    // A killed daemon leaves its socket behind; we hold the store's lock, so nobody listens there.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen at {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let house = house.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(stream, &house).await {
                    tracing::debug!("a command from a terminal ended early: {error}");
                }
            });
        }
    }))
}

/// Answers one request: reads its line, runs the command, and sends what it prints.
///
/// # Errors
/// Whoever asked speaks another language, or has gone.
pub async fn serve(stream: UnixStream, house: &Arc<House>) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(REQUEST_BYTES_MAX)).read_line(&mut line).await?;
    let request: Request = serde_json::from_str(&line)?;
    let (frames, mut framed) = channel(FRAMES_WAITING_MAX);
    let writing = tokio::spawn(async move {
        while let Some(frame) = framed.recv().await {
            let (kind, bytes): (u8, Vec<u8>) = frame;
            write.write_u8(kind).await?;
            write.write_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX)).await?;
            write.write_all(&bytes).await?;
        }
        write.shutdown().await
    });
    let to = |kind| Box::new(Frames { kind, frames: frames.clone() });
    let mut output = Output::new(to(b'o'), to(b'e'), request.colour, request.width, false);
    let exit = match Cli::try_parse_from(std::iter::once("huitoukan".to_owned()).chain(request.arguments)) {
        Ok(cli) => desk::at(&cli.command, house, &mut output).await.unwrap_or_else(|error| {
            output.say_error(&error);
            Exit::Failed
        }),
        Err(error) => {
            let _ = write!(output.err, "{error}");
            Exit::Failed
        }
    };
    drop(output);
    let _ = frames.send((b'x', vec![exit.code()])).await;
    drop(frames);
    writing.await??;
    Ok(())
}

/// Writes into frames of one kind; waits for whoever reads them.
struct Frames {
    kind: u8,
    frames: Sender<(u8, Vec<u8>)>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let frame = (self.kind, bytes.to_vec());
        let broken = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        match self.frames.try_send(frame) {
            Ok(()) => Ok(bytes.len()),
            // Commands print from within asynchronous code; only this thread's other work moves elsewhere meanwhile.
            Err(TrySendError::Full(frame)) => {
                let sent = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.frames.send(frame)));
                sent.map(|()| bytes.len()).map_err(broken)
            }
            Err(TrySendError::Closed(_)) => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
