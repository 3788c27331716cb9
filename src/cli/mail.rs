//! What became of the mail, as a person wants to know it.

use std::io::Write;

use super::Output;
use super::table::printable;
use super::table::time;
use crate::channel::Settings;
use crate::flow::deliver::Delivered;
use crate::flow::house::{House, Setup};
use crate::model::{Delivery, DeliveryState};

/// Says what went out, where to, and what did not.
pub fn say(house: &House, setup: &Setup, owed: u32, delivered: Delivered, output: &mut Output) -> anyhow::Result<()> {
    let Delivered { sent, held, .. } = delivered;
    let pending = house.store.counts()?.pending;
    if owed == 0 && sent == 0 && held == 0 && pending == 0 {
        return Ok(());
    }
    let place = match &setup.config.mail {
        Settings::Smtp { server, .. } => format!("handed to {}", server.host),
        Settings::Folder { path, .. } => format!("laid into {} (no mail server is set)", path.display()),
        Settings::Memory { .. } => "kept in memory".to_owned(),
    };
    writeln!(output.err, "mail: {sent} {place}, {pending} still owed, {held} refused for good")?;
    if pending + u64::from(held) == 0 {
        return Ok(());
    }
    let deliveries = house.store.deliveries(1_000)?;
    for (delivery, trouble) in deliveries.iter().filter_map(|delivery| Some((delivery, trouble(delivery)?))).take(5) {
        writeln!(output.err, "    to {}: {}", delivery.recipient, printable(trouble))?;
    }
    Ok(())
}

fn trouble(delivery: &Delivery) -> Option<&str> {
    match &delivery.state {
        DeliveryState::Pending { trouble, .. } => trouble.as_deref(),
        DeliveryState::Held { reason, .. } => Some(reason),
        DeliveryState::Sent { .. } | DeliveryState::Dropped { .. } => None,
    }
}

/// Says when the next digest is due, where one will have something to tell.
pub fn say_when(house: &House, setup: &Setup, output: &mut Output) -> anyhow::Result<()> {
    for subscriber in &setup.config.subscribers {
        let due = house.store.cursor(&subscriber.id)?.and_then(|cursor| cursor.due);
        if let (Some(due), Some(message)) = (due, crate::flow::notify::preview(house, setup, subscriber)?) {
            let (due, id) = (time(due, house.clock.now()), &subscriber.id);
            writeln!(output.err, "{id} will be told at {due}: {}", message.subject)?;
            writeln!(output.err, "    to read it now: huitoukan digest {id} · to send it now: huitoukan digest --send {id}")?;
        }
    }
    Ok(())
}
