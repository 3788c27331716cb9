use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::addresses::PerAddress;
use super::clock::Clock;
use super::gates::{Gates, Pace};
use crate::browser::Browser;
use crate::channel::Channel;
use crate::config::{self, Config};
use crate::fetch::Client;
use crate::model::{Source, SourceId};
use crate::sandbox::Sandbox;
use crate::site::TitleFilter;
use crate::store::Store;

/// Everything that a running program holds; lent to every flow.
pub struct House {
    pub store: Arc<dyn Store>,
    pub clock: Clock,
    pub gates: Gates,
    /// Held while the outbox is drained: a message is handed over once, also when a person asks for it meanwhile.
    pub(super) outbox: AsyncMutex<()>,
    stops: AtomicBool,
    telling: Mutex<()>,
    turns: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
    setup: RwLock<Arc<Setup>>,
}

/// What follows from the configuration; replaced as a whole when that changes (all or nothing).
pub struct Setup {
    pub config: Config,
    pub client: Client,
    pub channel: Channel,
    pub sandbox: Sandbox,
    pub browser: Browser,
    filters: HashMap<SourceId, TitleFilter>,
}

impl Setup {
    /// # Errors
    /// A setting that cannot be used, with what to write instead.
    pub fn new(config: Config) -> Result<Self, String> {
        let client = Client::new(config.fetch.clone())?;
        let channel = Channel::new(&config.mail)?;
        let sandbox = Sandbox::new(config.files.clone());
        let filters = config
            .sources
            .iter()
            .map(|source| {
                Ok((source.id.clone(), TitleFilter::new(&source.title).map_err(|error| format!("source {}: {error}", source.id))?))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { config, client, channel, sandbox, browser: Browser::default(), filters })
    }

    /// The title filter of a source of this configuration.
    pub fn filter(&self, source: &SourceId) -> Option<&TitleFilter> {
        self.filters.get(source)
    }

    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        self.config.sources.iter().find(|source| source.id == *id)
    }

    fn pace(&self) -> Pace {
        let hosts = self.config.sources.iter().filter_map(|source| Some((source, host_of(&source.listing)?)));
        let pause = Duration::from_millis(self.config.pause_ms);
        let config::PerAddress { pause_ms, at_once } = self.config.per_address;
        let mut pace = Pace {
            pause,
            private_hosts: Vec::new(),
            slower: HashMap::new(),
            per_address: PerAddress {
                pause: pause_ms.map_or(pause / 2, Duration::from_millis),
                at_once,
                also_private: pause_ms.is_some() || at_once.is_some(),
            },
            // An unknown zone was refused when the configuration was loaded.
            zone: TimeZone::get(&self.config.zone).unwrap_or(TimeZone::UTC),
        };
        for (source, host) in hosts {
            if let Some(pause_ms) = source.reach.pause_ms {
                let slower = pace.slower.entry(host.clone()).or_default();
                *slower = Duration::from_millis(pause_ms).max(*slower);
            }
            if self.client.is_private(&source.listing) {
                pace.private_hosts.push(host);
            }
        }
        pace
    }
}

impl House {
    pub fn new(setup: Setup, store: Arc<dyn Store>, clock: Clock) -> Self {
        let gates = Gates::new(store.clone(), clock.clone(), setup.pace());
        Self {
            store,
            clock,
            gates,
            outbox: AsyncMutex::default(),
            stops: AtomicBool::new(false),
            telling: Mutex::default(),
            turns: Mutex::default(),
            setup: RwLock::new(Arc::new(setup)),
        }
    }

    /// Held while a host's notices are worked on, so that the daemon's visit and a person's command never find the same
    /// thing twice.
    pub(super) async fn turn(&self, host: &str) -> OwnedMutexGuard<()> {
        self.turn_of(host).lock_owned().await
    }

    /// The same where nobody works on the host's notices now.
    pub(super) fn turn_if_free(&self, host: &str) -> Option<OwnedMutexGuard<()>> {
        self.turn_of(host).try_lock_owned().ok()
    }

    fn turn_of(&self, host: &str) -> Arc<AsyncMutex<()>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(host.to_owned()).or_default().clone()
    }

    /// Lets the message under way be handed over and marked as sent, and begins no other: cut off between the two it would
    /// come a second time.
    pub(super) async fn end_of_mail(&self, patience: Duration) {
        self.stops.store(true, Ordering::SeqCst);
        // A server that does not answer is left after that: it may get the message again, under the same Message-ID.
        let _ = tokio::time::timeout(patience, self.outbox.lock()).await;
    }

    pub(super) fn stops(&self) -> bool {
        self.stops.load(Ordering::SeqCst)
    }

    /// Held from reading a cursor to moving it, so that nothing is owed twice.
    pub(super) fn telling(&self) -> MutexGuard<'_, ()> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The setup as it is now; a flow keeps using the one it began with.
    pub fn setup(&self) -> Arc<Setup> {
        self.setup.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn change_setup(&self, setup: Setup) {
        self.gates.set_pace(setup.pace());
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(setup);
    }
}

/// A URL's host, with the port where it is not the scheme's own: one gate, one task.
pub fn host_of(url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
