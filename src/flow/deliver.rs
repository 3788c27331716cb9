//! The outbox: what is owed goes to the channel until the mail server has it.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::house::{House, Setup};
use super::log;
use crate::channel::SendError;
use crate::model::{Delivery, DeliveryState};
use crate::schedule::{self, ATTEMPT_WAIT_MAX};
use crate::store::Result;

/// Failures in a row after which a run ends: the server is down, and the rest stays due.
const FAILURES_MAX: u32 = 5;

/// Attempts before a message's age counts: a clock that jumps ahead does not make it old.
const ATTEMPTS_BEFORE_HELD: u32 = 10;
/// How long a person's command waits for a run that is under way.
const RUN_WAITED_FOR: Duration = Duration::from_secs(10);

/// What one run over the outbox did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: u32,
    /// Stay owed.
    pub later: u32,
    /// Refused for good: a person must look.
    pub held: u32,
}

/// Sends what is due, oldest first; one recipient's messages in order; one refused message holds only itself (rule 4).
///
/// # Errors
/// Only the store's: what a mail server does is in the deliveries.
pub async fn outbox(house: &House, setup: &Setup) -> Result<Delivered> {
    drain(house, setup, false).await
}

/// As [`outbox`], and tries what waits for its next attempt too: a person asks for it.
///
/// # Errors
/// Only the store's.
pub async fn everything(house: &House, setup: &Setup) -> Result<Delivered> {
    drain(house, setup, true).await
}

async fn drain(house: &House, setup: &Setup, is_asked_for: bool) -> Result<Delivered> {
    let _alone = house.outbox.lock().await;
    let mut done = Delivered::default();
    let mut waiting: HashSet<String> = HashSet::new();
    let mut failures = 0;
    let ready = if is_asked_for { house.store.due(Timestamp::MAX)? } else { ready(house)? };
    for delivery in ready {
        if failures >= FAILURES_MAX || house.stops() {
            break;
        }
        if waiting.contains(&delivery.recipient) {
            continue;
        }
        let DeliveryState::Pending { attempts, .. } = delivery.state else { continue };
        house.store.can_settle()?;
        let outcome = setup.channel.send(&delivery, house.clock.now()).await;
        let now = house.clock.now();
        let state = match outcome {
            Ok(()) => {
                (done.sent, failures) = (done.sent + 1, 0);
                tracing::info!(delivery.id, "digest {} went out to {}", delivery.id, masked(&delivery.recipient));
                DeliveryState::Sent { at: now }
            }
            Err(SendError::Later(trouble)) => {
                (done.later, failures) = (done.later + 1, failures + 1);
                waiting.insert(delivery.recipient.clone());
                log::mail(&delivery, &trouble);
                put_off(setup, &delivery, attempts + 1, trouble, now)
            }
            Err(SendError::Never(reason)) => {
                done.held += 1;
                tracing::error!(delivery.id, "digest {} is held, a person must look: {reason}", delivery.id);
                DeliveryState::Held { at: now, reason }
            }
        };
        house.store.settle(&delivery.id, &state)?;
    }
    Ok(done)
}

/// Tried again later, or held where that has gone on for too long: nothing is given up silently.
fn put_off(setup: &Setup, delivery: &Delivery, attempts: u32, trouble: String, now: Timestamp) -> DeliveryState {
    let hold_after = SignedDuration::from_secs(i64::try_from(setup.config.hold_after_s).unwrap_or(i64::MAX));
    if attempts >= ATTEMPTS_BEFORE_HELD && now.duration_since(delivery.created_at) >= hold_after {
        let days = hold_after.as_hours() / 24;
        let reason = format!("it could not be delivered in {attempts} attempts over {days} days, the last time because {trouble}");
        tracing::error!(delivery.id, "digest {} is held, a person must look: {reason}", delivery.id);
        return DeliveryState::Held { at: now, reason };
    }
    let not_before = now.saturating_add(schedule::next_attempt_of(&delivery.id, attempts)).unwrap_or(now);
    DeliveryState::Pending { attempts, not_before, trouble: Some(trouble) }
}

/// Tries these again at once: what is held, and what waits for its next attempt.
///
/// # Errors
/// Only the store's.
pub fn retry(house: &House, deliveries: &[Delivery]) -> Result<()> {
    let now = house.clock.now();
    for delivery in deliveries {
        house.store.settle(&delivery.id, &DeliveryState::Pending { attempts: 0, not_before: now, trouble: None })?;
    }
    Ok(())
}

/// Takes these out of the outbox unsent. `false`: messages are on their way just now, and nothing was taken out.
///
/// # Errors
/// Only the store's.
pub async fn drop_unsent(house: &House, deliveries: &[Delivery]) -> Result<bool> {
    // A message on its way is not taken out: nobody could say whether it went.
    let Ok(_alone) = tokio::time::timeout(RUN_WAITED_FOR, house.outbox.lock()).await else { return Ok(false) };
    let present = house.store.unsent()?;
    for delivery in deliveries.iter().filter(|delivery| present.iter().any(|unsent| unsent.id == delivery.id)) {
        house.store.settle(&delivery.id, &DeliveryState::Dropped { at: house.clock.now() })?;
    }
    Ok(true)
}

/// What may be tried now, oldest first: a message that waits for its next attempt holds back the later ones of its recipient.
///
/// # Errors
/// Only the store's.
pub fn ready(house: &House) -> Result<Vec<Delivery>> {
    let now = house.clock.now();
    let mut waiting: HashSet<String> = HashSet::new();
    let mut ready = house.store.due(Timestamp::MAX)?;
    ready.retain(|delivery| {
        let waits =
            matches!(delivery.state, DeliveryState::Pending { not_before, .. } if schedule::is_ahead(not_before, now, ATTEMPT_WAIT_MAX));
        if waits {
            waiting.insert(delivery.recipient.clone());
        }
        !waiting.contains(&delivery.recipient)
    });
    Ok(ready)
}

/// An address as logs show it: enough to find it, not to use it.
fn masked(address: &str) -> String {
    match address.split_once('@') {
        Some((name, domain)) => format!("{}…@{domain}", name.chars().take(2).collect::<String>()),
        None => "…".to_owned(),
    }
}
