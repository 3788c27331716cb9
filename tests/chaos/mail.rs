//! A mail server on loopback that remembers what it took, from which life of the program, and whether it said so.

use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::dice::Dice;
use super::mime::{self, Part};
use super::{Event, Life};

/// A moment in the transfer of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    Mail,
    Data,
    /// The message is there to its last dot, and nothing was said yet.
    Dot,
    /// The server has said that it has it.
    Told,
}

/// One message that came in to its last dot.
#[derive(Debug, Clone)]
pub struct Taken {
    pub life: Life,
    pub id: String,
    pub to: String,
    pub date: jiff::Timestamp,
    pub text: String,
    pub wire: Vec<u8>,
    /// Whether the 250 was said.
    pub told: bool,
}

/// A recipient that was refused for good, and how many messages had been taken by then.
#[derive(Debug, Clone)]
pub struct Refused {
    pub to: String,
    pub after: usize,
}

/// The one recipient that is refused for good now and then, as a full or closed mailbox is.
const REFUSED: &str = "archive@example.org";
/// The one whose server greylists: an unknown sender is told to come again, and known for the next few messages.
const GREYLISTED: &str = "desk@example.org";
const KNOWN_FOR: u32 = 5;

#[derive(Default)]
struct Memory {
    taken: Vec<Taken>,
    refused: Vec<Refused>,
    /// Messages that the greylisted recipient still takes at the first attempt.
    known_for: u32,
    greylisted: usize,
    /// Whether it refuses, forgets to answer or hangs up now and then.
    moody: bool,
    /// At the next last dot the answer is held back until the client is gone.
    holds_back: bool,
}

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl Server {
    pub async fn start(seed: u64, events: &Sender<Event>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let server = Self { address, memory: Arc::default() };
        let (dice, events, shared) = (Arc::new(Mutex::new(Dice(seed))), events.clone(), server.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let talk = Talk {
                    stream: BufReader::new(stream),
                    server: shared.clone(),
                    events: events.clone(),
                    dice: dice.clone(),
                    life: 0,
                    to: String::new(),
                };
                // An error is the client hanging up, or being killed.
                tokio::spawn(async move { talk.run().await });
            }
        });
        server
    }

    pub fn moody(&self, moody: bool) {
        self.with(|memory| memory.moody = moody);
    }

    pub fn holds_back(&self, holds_back: bool) {
        self.with(|memory| memory.holds_back = holds_back);
    }

    /// Everything that was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.with(|memory| memory.taken.clone())
    }

    /// How many messages were taken so far.
    pub fn count(&self) -> usize {
        self.with(|memory| memory.taken.len())
    }

    pub fn refused(&self) -> Vec<Refused> {
        self.with(|memory| memory.refused.clone())
    }

    /// How often the greylisted recipient was told to come again.
    pub fn greylisted(&self) -> usize {
        self.with(|memory| memory.greylisted)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.memory.lock().expect("no test thread panics while it holds the mails"))
    }
}

enum Mood {
    Usual,
    /// 451, come again later.
    Later,
    /// 550, where the recipient is the one that is refused.
    Never,
    HangsUp,
}

struct Talk {
    stream: BufReader<TcpStream>,
    server: Server,
    events: Sender<Event>,
    dice: Arc<Mutex<Dice>>,
    life: Life,
    to: String,
}

impl Talk {
    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 mail.example.org ESMTP").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end();
            match said.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => self.say("250-mail.example.org\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 SIZE 10000000").await?,
                "AUTH" => {
                    let login = said.rsplit(' ').next().map(mime::base64).unwrap_or_default();
                    self.life = super::life_in(&String::from_utf8_lossy(&login)).unwrap_or_default();
                    self.say("235 2.7.0 welcome").await?;
                }
                "MAIL" => {
                    let _ = self.events.send(Event::Mail(Point::Mail));
                    self.say("250 ok").await?;
                }
                "RCPT" => {
                    self.to = said.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap_or_default().0.to_owned();
                    let answer = self.takes_recipient();
                    self.say(answer).await?;
                }
                "DATA" => {
                    let _ = self.events.send(Event::Mail(Point::Data));
                    if let Mood::HangsUp = self.mood() {
                        return Ok(());
                    }
                    self.say("354 go ahead").await?;
                    self.message().await?;
                }
                "QUIT" => return self.say("221 bye").await,
                "NOOP" | "RSET" => self.say("250 ok").await?,
                _ => self.say("500 what?").await?,
            }
        }
    }

    async fn message(&mut self) -> std::io::Result<()> {
        let mut wire = Vec::new();
        while !wire.ends_with(b"\r\n.\r\n") {
            if self.stream.read_until(b'\n', &mut wire).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        wire.truncate(wire.len() - 3);
        let number = self.takes(wire);
        let _ = self.events.send(Event::Mail(Point::Dot));
        if self.server.with(|memory| std::mem::take(&mut memory.holds_back)) {
            // Silent until the client is gone.
            self.stream.read_to_end(&mut Vec::new()).await?;
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Mood::HangsUp = self.mood() {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        // Before it is said: whoever reads it may be killed the moment after.
        self.server.with(|memory| memory.taken[number].told = true);
        self.say("250 2.0.0 taken").await?;
        let _ = self.events.send(Event::Mail(Point::Told));
        Ok(())
    }

    fn takes_recipient(&self) -> &'static str {
        let mood = self.mood();
        self.server.with(|memory| {
            if memory.moody && self.to == GREYLISTED {
                if memory.known_for == 0 {
                    (memory.known_for, memory.greylisted) = (KNOWN_FOR, memory.greylisted + 1);
                    return "450 4.2.0 greylisted, come again later";
                }
                memory.known_for -= 1;
            }
            match mood {
                Mood::Never if self.to == REFUSED => {
                    memory.refused.push(Refused { to: self.to.clone(), after: memory.taken.len() });
                    "550 5.1.1 no such mailbox"
                }
                Mood::Later => "451 4.7.1 come again later",
                _ => "250 ok",
            }
        })
    }

    fn takes(&self, wire: Vec<u8>) -> usize {
        let undotted: Vec<u8> =
            wire.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect();
        let mail = Part::read(&undotted);
        let date = jiff::fmt::rfc2822::parse(mail.header("Date")).expect("a mail has its date").timestamp();
        let id = mail.header("Message-ID").to_owned();
        let text = mail.parts()[0].text();
        let taken = Taken { life: self.life, id, to: self.to.clone(), date, text, wire, told: false };
        self.server.with(|memory| {
            memory.taken.push(taken);
            memory.taken.len() - 1
        })
    }

    fn mood(&self) -> Mood {
        if !self.server.with(|memory| memory.moody) {
            return Mood::Usual;
        }
        match self.dice.lock().expect("no test thread panics while it throws").below(60) {
            0 => Mood::Later,
            1 => Mood::HangsUp,
            2 | 3 => Mood::Never,
            _ => Mood::Usual,
        }
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
    }
}
