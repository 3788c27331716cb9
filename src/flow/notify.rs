//! Changes after a subscriber's cursor to deliveries owed, with the cursor, in one step (rule 4).

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::gather::{Taste, gather};
use super::house::{House, Setup};
use super::remind::{self, Calendar};
use crate::model::{Change, Cursor, Delivery, DeliveryState, Kind, Message, Reminder, Subscriber};
use crate::store::Result;
use crate::{digest, schedule};

/// Changes considered for one digest at most; what is beyond goes into the next one at once.
const CHANGES_MAX: usize = 2_000;

/// Messages that wait for one recipient before nothing more is owed to it.
const WAITING_MAX: usize = 2;
/// A digest hour was served further ahead than this: the clock stood wrong by more than anybody sets it back for.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(36);

/// Owes every subscriber what is due now, urgent kinds at once. Returns how many deliveries are newly owed.
///
/// # Errors
/// Only the store's.
pub fn everyone(house: &House, setup: &Setup) -> Result<u32> {
    let _telling = house.telling();
    let mut owed = 0;
    let waiting = house.store.due(Timestamp::MAX)?;
    for subscriber in setup.config.subscribers.iter().filter(|subscriber| !is_backed_up(subscriber, &waiting)) {
        owed += urgent(house, setup, subscriber)?;
        owed += digest_hour(house, setup, subscriber)?;
    }
    Ok(owed)
}

/// Whether nobody of a subscriber can be reached for now: nothing more is owed then, and what happens meanwhile is told in one
/// message when the mails move again. Outboxes stay small however long a mail server is down.
fn is_backed_up(subscriber: &Subscriber, waiting: &[Delivery]) -> bool {
    let waits_in_vain = |recipient: &String| {
        let mine = || waiting.iter().filter(|delivery| delivery.subscriber == subscriber.id && delivery.recipient == *recipient);
        mine().count() >= WAITING_MAX && mine().any(|delivery| matches!(delivery.state, DeliveryState::Pending { attempts: 1.., .. }))
    };
    !subscriber.to.is_empty() && subscriber.to.iter().all(waits_in_vain)
}

fn urgent(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let name = format!("{}/urgent", subscriber.id);
    let cursor = cursor(house, &name)?;
    owe(house, setup, subscriber, cursor, Calendar::default(), |kind| subscriber.urgent.contains(&kind))
}

fn digest_hour(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let now = house.clock.now();
    let mut cursor = cursor(house, &subscriber.id)?;
    let served = cursor.told_at.filter(|served| *served <= now.saturating_add(SET_BACK_MAX).unwrap_or(Timestamp::MAX));
    let next = schedule::next(&subscriber.digest, &subscriber.zone, served.map_or(now, |served| served.max(now))).ok();
    match cursor.due {
        // A changed hour counts from now on; a missed one is made up once.
        Some(due) if due <= now => (cursor.due, cursor.told_at) = (next, Some(now)),
        Some(due) if next.is_some_and(|next| next < due) => {
            cursor.due = next;
            house.store.owe(&cursor, &[])?;
            return Ok(0);
        }
        Some(_) => return Ok(0),
        None => {
            cursor.due = next;
            house.store.owe(&cursor, &[])?;
            return Ok(0);
        }
    }
    let calendar = calendar(house, subscriber, &mut cursor)?;
    owe(house, setup, subscriber, cursor, calendar, |kind| !subscriber.urgent.contains(&kind))
}

/// Composes and owes what a subscriber's digest would say now, whatever the hour.
///
/// # Errors
/// Only the store's.
pub fn now(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let _telling = house.telling();
    let mut cursor = cursor(house, &subscriber.id)?;
    let calendar = calendar(house, subscriber, &mut cursor)?;
    Ok(urgent(house, setup, subscriber)? + owe(house, setup, subscriber, cursor, calendar, |kind| !subscriber.urgent.contains(&kind))?)
}

/// What the subscriber's digest would say now, and nothing is kept; `None`: there is nothing to tell.
///
/// # Errors
/// Only the store's.
pub fn preview(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<Option<Message>> {
    let changes = untold(house, subscriber)?;
    let since = house.store.cursor(&subscriber.id)?.and_then(|cursor| cursor.since).unwrap_or_else(|| house.clock.now());
    let calendar = remind::calendar(&*house.store, subscriber, since, house.clock.now(), &Taste::of(subscriber))?;
    let digest = gather(house, setup, subscriber, &changes, &calendar, |_| true)?;
    Ok(digest::compose(&digest))
}

/// Changes that a subscriber has not been told of, whether it wants to hear of them or not.
///
/// # Errors
/// Only the store's.
pub fn untold(house: &House, subscriber: &Subscriber) -> Result<Vec<Change>> {
    // As in `cursor`: a new subscriber begins with what happens from now on.
    let last = house.store.last_change()?;
    let up_to = |name: &str| house.store.cursor(name).map(|cursor| cursor.map_or(last, |cursor| cursor.up_to));
    let (digest, urgent) = (up_to(&subscriber.id)?, up_to(&format!("{}/urgent", subscriber.id))?);
    let mut changes = house.store.changes(digest.min(urgent), CHANGES_MAX)?;
    changes.retain(|change| change.number > if subscriber.urgent.contains(&change.kind.kind()) { urgent } else { digest });
    Ok(changes)
}

/// What the calendar has to say now; from the first time on it is watched for this subscriber.
fn calendar(house: &House, subscriber: &Subscriber, cursor: &mut Cursor) -> Result<Calendar> {
    let now = house.clock.now();
    let since = *cursor.since.get_or_insert(now);
    remind::calendar(&*house.store, subscriber, since, now, &Taste::of(subscriber))
}

fn owe(
    house: &House,
    setup: &Setup,
    subscriber: &Subscriber,
    mut cursor: Cursor,
    mut calendar: Calendar,
    wanted: impl Fn(Kind) -> bool,
) -> Result<u32> {
    let mut owed = 0;
    loop {
        let changes = house.store.changes(cursor.up_to, CHANGES_MAX)?;
        if changes.is_empty() && calendar.told.is_empty() {
            if owed == 0 && !cursor.name.ends_with("/urgent") {
                house.store.owe(&cursor, &[])?;
            }
            return Ok(owed);
        }
        let is_full = changes.len() == CHANGES_MAX;
        cursor.up_to = changes.last().map_or(cursor.up_to, |last| last.number);
        let digest = gather(house, setup, subscriber, &changes, &calendar, &wanted)?;
        let deliveries = digest::compose(&digest)
            .map(|message| deliveries(&cursor, subscriber, &changes, &calendar.told, &message, house.clock.now()))
            .unwrap_or_default();
        house.store.owe_reminding(&cursor, &deliveries, &calendar.told)?;
        owed += u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
        if !is_full {
            return Ok(owed);
        }
        calendar = Calendar::default();
    }
}

/// A new subscriber begins with what happens from now on, and with the whole of an archive that has just begun.
fn cursor(house: &House, name: &str) -> Result<Cursor> {
    match house.store.cursor(name)? {
        Some(cursor) => Ok(cursor),
        None => {
            let cursor = Cursor {
                name: name.to_owned(),
                up_to: house.store.last_change()?,
                due: None,
                since: Some(house.clock.now()),
                told_at: None,
            };
            house.store.owe(&cursor, &[])?;
            Ok(cursor)
        }
    }
}

/// One delivery per recipient (rule 4). Its id is made from the debt, so that the same debt is never owed twice.
fn deliveries(
    cursor: &Cursor,
    subscriber: &Subscriber,
    changes: &[Change],
    reminders: &[Reminder],
    message: &Message,
    now: Timestamp,
) -> Vec<Delivery> {
    let first = changes.first().map_or(0, |change| change.number);
    let reminded: String = reminders.iter().map(|reminder| format!("\n{}", reminder.of.name())).collect();
    subscriber
        .to
        .iter()
        .map(|recipient| {
            let debt = Sha256::digest(format!("{}\n{recipient}\n{first}\n{}{reminded}", cursor.name, cursor.up_to).as_bytes());
            Delivery {
                id: debt.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
                subscriber: subscriber.id.clone(),
                recipient: recipient.clone(),
                created_at: now,
                message: message.clone(),
                state: DeliveryState::Pending { attempts: 0, not_before: now, trouble: None },
            }
        })
        .collect()
}

/// Gives every new subscriber its cursors, so that nothing that happens from now on is missed.
///
/// # Errors
/// Only the store's.
pub fn begin(house: &House, setup: &Setup) -> Result<()> {
    let _telling = house.telling();
    for subscriber in &setup.config.subscribers {
        cursor(house, &format!("{}/urgent", subscriber.id))?;
        digest_due(house, subscriber)?;
    }
    Ok(())
}

fn digest_due(house: &House, subscriber: &Subscriber) -> Result<Cursor> {
    let mut cursor = cursor(house, &subscriber.id)?;
    if cursor.due.is_none() {
        cursor.due = schedule::next(&subscriber.digest, &subscriber.zone, house.clock.now()).ok();
        house.store.owe(&cursor, &[])?;
    }
    Ok(cursor)
}
