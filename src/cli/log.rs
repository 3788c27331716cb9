//! The log of the daemon: one line on standard error per event, none of which a page can shape, and no flood of them.
//!
//! Of each kind of line, told by where in the code it is written, so many pass at once and some more a minute; how many were
//! left out is said now and then. Thousands of sources that fail at once fill no disk.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata};
use tracing_subscriber::filter::FilterExt as _;
use tracing_subscriber::layer::{Context, Filter, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt as lines, registry};

use crate::model;

/// Lines of one kind that pass at once.
const BURST: f64 = 100.0;
/// Lines of one kind that pass every minute after that.
const PER_MINUTE: f64 = 10.0;
/// How often it is said what was left out.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// Starts logging to standard error.
pub fn start(json: bool) -> Limit {
    let limit = Limit::default();
    let filter = EnvFilter::try_from_env("HUITOUKAN_LOG").unwrap_or_else(|_| EnvFilter::new("info,tokio_cron_scheduler=warn"));
    let layer = lines::layer().with_writer(|| Seen(io::stderr())).with_target(false).with_ansi(io::stderr().is_terminal());
    // A second call happens only in tests that run two daemons in one process.
    let _ = match json {
        true => registry().with(layer.json().with_filter(filter.and(limit.clone()))).try_init(),
        false => registry().with(layer.with_filter(filter.and(limit.clone()))).try_init(),
    };
    limit
}

/// Lets so many lines of a kind through, and counts the others.
#[derive(Clone, Default)]
pub struct Limit(Arc<Mutex<Kinds>>);

#[derive(Default)]
struct Kinds {
    kinds: HashMap<Identifier, Kind>,
    said: Option<Instant>,
}

struct Kind {
    /// Lines that may pass.
    room: f64,
    since: Instant,
    left_out: u64,
    /// What the first that was left out said.
    example: String,
}

impl Limit {
    /// Says what was left out since it was last said; called now and then.
    pub fn report(&self, now: Instant) {
        let left_out: Vec<(u64, String)> = {
            let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kinds.said.is_some_and(|said| now.duration_since(said) < SAID_EVERY) {
                return;
            }
            let left_out = kinds.kinds.values_mut().filter(|kind| kind.left_out > 0);
            let left_out: Vec<_> = left_out.map(|kind| (std::mem::take(&mut kind.left_out), std::mem::take(&mut kind.example))).collect();
            if !left_out.is_empty() {
                kinds.said = Some(now);
            }
            left_out
        };
        for (number, example) in left_out {
            tracing::warn!(
                left_out = number,
                "{number} similar line(s) left out, such as: {example}; `huitoukan status` tells how things are"
            );
        }
    }

    fn admits(&self, event: &Event<'_>, now: Instant) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Kind { room: BURST, since: now, left_out: 0, example: String::new() };
        let kind = kinds.kinds.entry(event.metadata().callsite()).or_insert_with(new);
        kind.room = BURST.min(kind.room + now.duration_since(kind.since).as_secs_f64() * PER_MINUTE / 60.0);
        kind.since = now;
        if kind.room >= 1.0 {
            kind.room -= 1.0;
            return true;
        }
        if kind.left_out == 0 {
            event.record(&mut Message(&mut kind.example));
        }
        kind.left_out += 1;
        false
    }
}

impl<S> Filter<S> for Limit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        // Said by ourselves, and seldom.
        event.metadata().module_path() == Some(module_path!()) || self.admits(event, Instant::now())
    }
}

/// Takes the message of an event.
struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            *self.0 = format!("{value:?}");
        }
    }
}

/// Lets no letter through that turns the direction of what follows; controls are escaped before they come here, and line ends
/// and colours are our own.
struct Seen<W>(W);

impl<W: Write> Write for Seen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let acts = |c: char| model::is_control(c) && !c.is_ascii_control();
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(acts) => self.0.write_all(text.replace(acts, "").as_bytes())?,
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
