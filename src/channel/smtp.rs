//! Deliveries over SMTP: one connection, one message at a time.
//!
//! What goes wrong before the first message is spoken of concerns every message, and is tried again later; what the
//! server refuses for good after that concerns this message alone. lettre's own pool would not tell the two apart.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Mutex;

use super::{Security, SendError, Sender, Server, mailbox, mime};
use crate::model::Delivery;

/// A quiet connection is taken leave of rather than trusted: RFC 5321 lets servers hang up after five minutes.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// For taking leave, which nobody waits for.
const GOODBYE: Duration = Duration::from_secs(2);
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

pub struct Smtp {
    server: Server,
    sender: Sender,
    tls: Option<TlsParameters>,
    hello: ClientId,
    parked: Mutex<Option<(AsyncSmtpConnection, tokio::time::Instant)>>,
}

impl Smtp {
    pub(super) fn new(server: &Server, sender: &Sender) -> Result<Self, String> {
        let tls = match server.security {
            Security::None => None,
            Security::StartTls | Security::Tls => Some(tls(server)?),
        };
        let hello = ClientId::Domain(mime::host(&mailbox(&sender.mailbox)?.email));
        Ok(Self { server: server.clone(), sender: sender.clone(), tls, hello, parked: Mutex::default() })
    }

    pub(super) async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let message = mime::message(delivery, &self.sender).map_err(SendError::Never)?;
        let mut parked = self.parked.lock().await;
        let mut connection = match self.revive(parked.take()).await {
            Some(connection) => connection,
            None => self.open().await?,
        };
        match self.in_time(connection.send(message.envelope(), &message.formatted())).await {
            Ok(Ok(_)) => {
                *parked = Some((connection, tokio::time::Instant::now()));
                Ok(())
            }
            Ok(Err(error)) => Err(self.refused(&error)),
            Err(late) => Err(SendError::Later(late)),
        }
    }

    pub(super) async fn close(&self) {
        if let Some((connection, _)) = self.parked.lock().await.take() {
            goodbye(connection).await;
        }
    }

    async fn revive(&self, parked: Option<(AsyncSmtpConnection, tokio::time::Instant)>) -> Option<AsyncSmtpConnection> {
        let (mut connection, since) = parked?;
        if since.elapsed() < IDLE_MAX && self.in_time(connection.test_connected()).await.unwrap_or(false) {
            return Some(connection);
        }
        goodbye(connection).await;
        None
    }

    /// A connection ready for messages. Whatever fails here is no message's fault.
    async fn open(&self) -> Result<AsyncSmtpConnection, SendError> {
        let later = |doing: &str, error: &Error| SendError::Later(format!("{} {doing}: {}", self.name(), in_words(error)));
        let opened = self.in_time(async {
            let wrapper = if self.server.security == Security::Tls { self.tls.clone() } else { None };
            let place = (self.server.host.as_str(), self.server.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(place, Some(self.server.timeout), &self.hello, wrapper, None)
                .await
                .map_err(|error| later("cannot be reached", &error))?;
            if let (Security::StartTls, Some(tls)) = (self.server.security, self.tls.clone()) {
                connection.starttls(tls, &self.hello).await.map_err(|error| later("did not begin encryption (STARTTLS)", &error))?;
            }
            if let Some((user, password)) = &self.server.login {
                let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
                let mechanisms = [Mechanism::Plain, Mechanism::Login];
                connection.auth(&mechanisms, &credentials).await.map_err(|error| later("refused user or password", &error))?;
            }
            Ok(connection)
        });
        opened.await.map_err(SendError::Later)?
    }

    /// The answer to one message. A refusal for want of a login concerns all of them, whenever it comes.
    fn refused(&self, error: &Error) -> SendError {
        let code = error.status().map(u16::from);
        let text = format!("{}: {}", self.name(), in_words(error));
        match code {
            Some(530 | 534 | 535 | 538) => SendError::Later(format!("{text}; set user and password under [mail.smtp]")),
            Some(500..) => SendError::Never(text),
            // lettre itself refuses what this server cannot carry, such as an address that is not ASCII.
            None if error.is_client() => SendError::Never(text),
            _ => SendError::Later(text),
        }
    }

    async fn in_time<T>(&self, doing: impl Future<Output = T>) -> Result<T, String> {
        let seconds = self.server.timeout.as_secs_f32();
        tokio::time::timeout(self.server.timeout, doing).await.map_err(|_| format!("{} gave no answer within {seconds} s", self.name()))
    }

    fn name(&self) -> String {
        format!("the mail server {}:{}", self.server.host, self.server.port)
    }
}

fn tls(server: &Server) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.authority {
        // lettre takes a file without a single certificate for an empty list of them.
        let certificate = Certificate::from_pem(pem).ok().filter(|_| pem.windows(PEM.len()).any(|window| window == PEM));
        let certificate = certificate.ok_or("the authority's file holds no certificate in PEM")?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| format!("encryption cannot be set up: {}", in_words(&error)))
}

async fn goodbye(mut connection: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
}

/// The error with its causes, in one line.
fn in_words(error: &Error) -> String {
    mime::header_text(&error.to_string())
}
