//! A mail server on loopback that does what a script says, and remembers what it took and what was said to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What a line from the client leads to, instead of the usual answer.
#[derive(Clone)]
pub struct Rule {
    /// Beginning of the line: `RCPT TO:<gone@`, `.` for the end of a message, nothing for the moment of connecting.
    pub at: &'static str,
    /// How often; afterwards the usual answer is given.
    pub times: usize,
    pub act: Act,
}

#[derive(Clone)]
pub enum Act {
    Say(&'static str),
    Close,
    /// Takes the message, and is gone before it says so.
    TakeAndClose,
    /// Takes the message, and says so when it is told to go on.
    TakeAndWait,
    Hang,
}

pub const ALWAYS: usize = usize::MAX;

pub fn rule(at: &'static str, times: usize, act: Act) -> Rule {
    Rule { at, times, act }
}

/// One message as it was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// As it came over the wire, dots doubled.
    pub wire: Vec<u8>,
}

impl Taken {
    /// The message itself, with the doubled dots undone.
    pub fn mail(&self) -> Vec<u8> {
        let mut mail = Vec::new();
        for line in self.wire.split_inclusive(|byte| *byte == b'\n') {
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        }
        mail
    }
}

#[derive(Default)]
struct Memory {
    rules: Vec<Rule>,
    taken: Vec<Taken>,
    said: Vec<String>,
    connections: usize,
    open: usize,
    open_max: usize,
}

pub struct Server {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
    goes_on: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(rules: impl IntoIterator<Item = Rule>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::new(Mutex::new(Memory { rules: rules.into_iter().collect(), ..Memory::default() }));
        let (shared, goes_on) = (Arc::clone(&memory), Arc::new(Notify::new()));
        let waits = Arc::clone(&goes_on);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&waits)));
            }
        });
        Self { address, memory, goes_on, task }
    }

    /// Does as these say from now on.
    pub fn follow(&self, rules: impl IntoIterator<Item = Rule>) {
        self.memory.lock().unwrap().rules = rules.into_iter().collect();
    }

    /// Says what it held back for [`Act::TakeAndWait`].
    pub fn goes_on(&self) {
        self.goes_on.notify_one();
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.memory.lock().unwrap().taken.clone()
    }

    /// Every line that was said to the server, messages left out.
    pub fn said(&self) -> Vec<String> {
        self.memory.lock().unwrap().said.clone()
    }

    pub fn connections(&self) -> usize {
        self.memory.lock().unwrap().connections
    }

    /// Most connections that were open at the same time.
    pub fn open_max(&self) -> usize {
        self.memory.lock().unwrap().open_max
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, memory: Arc<Mutex<Memory>>, goes_on: Arc<Notify>) {
    {
        let mut memory = memory.lock().unwrap();
        memory.connections += 1;
        memory.open += 1;
        memory.open_max = memory.open_max.max(memory.open);
    }
    let mut conversation =
        Conversation { stream: BufReader::new(stream), memory: Arc::clone(&memory), goes_on, from: String::new(), to: Vec::new() };
    // An error is the client hanging up.
    let _ = conversation.run().await;
    memory.lock().unwrap().open -= 1;
}

struct Conversation {
    stream: BufReader<TcpStream>,
    memory: Arc<Mutex<Memory>>,
    goes_on: Arc<Notify>,
    from: String,
    to: Vec<String>,
}

enum Then {
    GoOn,
    End,
}

impl Conversation {
    async fn run(&mut self) -> std::io::Result<()> {
        if let Then::End = self.answer("", "220 mail.example.org ESMTP").await? {
            return Ok(());
        }
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end_matches(['\r', '\n']).to_owned();
            self.memory.lock().unwrap().said.push(said.clone());
            if let Then::End = self.command(&said).await? {
                return Ok(());
            }
        }
    }

    async fn command(&mut self, said: &str) -> std::io::Result<Then> {
        let word = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => {
                self.answer(said, "250-mail.example.org\r\n250-8BITMIME\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 10000000").await
            }
            "AUTH" => self.answer(said, "235 2.7.0 welcome").await,
            "MAIL" => {
                (self.from, self.to) = (between(said), Vec::new());
                self.answer(said, "250 2.1.0 ok").await
            }
            "RCPT" => {
                self.to.push(between(said));
                self.answer(said, "250 2.1.5 ok").await
            }
            "DATA" => match self.act(said) {
                Some(act) => self.perform(act).await,
                None => {
                    self.say("354 go ahead").await?;
                    self.message().await
                }
            },
            // The client takes this as leave to encrypt and finds clear text where a handshake should be.
            "STARTTLS" => self.answer(said, "220 go ahead").await,
            "NOOP" => self.answer(said, "250 ok").await,
            "QUIT" => {
                self.answer(said, "221 bye").await?;
                Ok(Then::End)
            }
            _ => self.answer(said, "500 5.5.2 what?").await,
        }
    }

    async fn message(&mut self) -> std::io::Result<Then> {
        let mut wire = Vec::new();
        while !wire.ends_with(b"\r\n.\r\n") {
            if self.stream.read_until(b'\n', &mut wire).await? == 0 {
                return Ok(Then::End);
            }
        }
        wire.truncate(wire.len() - 3);
        let taken = Taken { from: self.from.clone(), to: self.to.clone(), wire };
        match self.act(".") {
            None => {
                self.memory.lock().unwrap().taken.push(taken);
                self.say("250 2.0.0 taken").await
            }
            Some(Act::TakeAndClose) => {
                self.memory.lock().unwrap().taken.push(taken);
                Ok(Then::End)
            }
            Some(Act::TakeAndWait) => {
                self.memory.lock().unwrap().taken.push(taken);
                self.goes_on.notified().await;
                self.say("250 2.0.0 taken").await
            }
            Some(act) => self.perform(act).await,
        }
    }

    async fn answer(&mut self, said: &str, usual: &str) -> std::io::Result<Then> {
        match self.act(said) {
            None => self.say(usual).await,
            Some(act) => self.perform(act).await,
        }
    }

    fn act(&self, said: &str) -> Option<Act> {
        let mut memory = self.memory.lock().unwrap();
        let fits = |rule: &&mut Rule| rule.times > 0 && said.starts_with(rule.at) && said.is_empty() == rule.at.is_empty();
        let rule = memory.rules.iter_mut().find(fits)?;
        rule.times -= 1;
        Some(rule.act.clone())
    }

    async fn perform(&mut self, act: Act) -> std::io::Result<Then> {
        match act {
            Act::Say(line) => self.say(line).await,
            Act::Close | Act::TakeAndClose | Act::TakeAndWait => Ok(Then::End),
            Act::Hang => {
                // Silent until the client gives up.
                let mut rest = Vec::new();
                self.stream.read_to_end(&mut rest).await?;
                Ok(Then::End)
            }
        }
    }

    async fn say(&mut self, line: &str) -> std::io::Result<Then> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        Ok(Then::GoOn)
    }
}

fn between(said: &str) -> String {
    said.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address.to_owned()).unwrap_or_default()
}
