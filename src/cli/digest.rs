use std::io::Write;
use std::sync::Arc;

use anyhow::bail;

use super::check::{NO_SOURCE, instead};
use super::{Exit, Output, mail};
use crate::flow::house::{House, Setup};
use crate::flow::{deliver, notify};
use crate::model::Subscriber;

/// Shows what a subscriber would be told now; with --send, composes and sends what is owed now.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan digest --preview office@example.org")]
pub struct DigestArgs {
    /// Its id or one of its addresses; every subscriber where none is given
    subscriber: Option<String>,
    /// Show it and keep nothing (the default)
    #[arg(long, conflicts_with = "send")]
    preview: bool,
    /// Send it now, whatever the hour
    #[arg(long)]
    send: bool,
    /// Show the HTML part
    #[arg(long, conflicts_with_all = ["send", "json"])]
    html: bool,
    /// Print one JSON object per subscriber
    #[arg(long)]
    json: bool,
}

impl DigestArgs {
    pub async fn run(&self, house: &Arc<House>, output: &mut Output) -> anyhow::Result<Exit> {
        let setup = house.setup();
        let subscribers = self.chosen(&setup)?;
        if subscribers.is_empty() {
            bail!("there is no subscriber yet: write who hears about what into {}", setup.config.folder.join("subscribers.toml").display());
        }
        if !self.send {
            for subscriber in subscribers {
                self.show(house, &setup, subscriber, output)?;
            }
            return Ok(Exit::Well);
        }
        let mut owed = 0;
        for subscriber in subscribers {
            let newly = notify::now(house, &setup, subscriber)?;
            if newly == 0 && !self.json {
                writeln!(output.err, "{}: nothing to tell; {}", subscriber.id, self.why(house, &setup, subscriber)?)?;
            }
            owed += newly;
        }
        let delivered = deliver::everything(house, &setup).await?;
        let deliver::Delivered { sent, later, held } = delivered;
        if self.json {
            output.json(&serde_json::json!({"owed": owed, "sent": sent, "later": later, "held": held}))?;
        } else {
            mail::say(house, &setup, owed, delivered, output)?;
        }
        Ok(if later + held > 0 { Exit::NeedsPerson } else { Exit::Well })
    }

    fn show(&self, house: &House, setup: &Setup, subscriber: &Subscriber, output: &mut Output) -> anyhow::Result<()> {
        let message = notify::preview(house, setup, subscriber)?;
        if self.json {
            return output.json(&serde_json::json!({"subscriber": subscriber.id, "message": message}));
        }
        match message {
            None => writeln!(output.err, "{}: nothing to tell; {}", subscriber.id, self.why(house, setup, subscriber)?)?,
            Some(message) if self.html => writeln!(output.out, "{}", message.html)?,
            Some(message) => writeln!(output.out, "收件 {}\n主题 {}\n\n{}", subscriber.to.join(", "), message.subject, message.text)?,
        }
        Ok(())
    }

    /// Why there is nothing to tell.
    fn why(&self, house: &House, setup: &Setup, subscriber: &Subscriber) -> anyhow::Result<String> {
        let untold = notify::untold(house, subscriber)?.len();
        Ok(if setup.config.sources.is_empty() {
            NO_SOURCE.to_owned()
        } else if untold > 0 {
            format!("{untold} change(s) since the last digest, none of them of what it asks for in subscribers.toml")
        } else if house.store.counts()?.notices == 0 {
            "no notice is recorded yet, `huitoukan check` visits the sources now".to_owned()
        } else {
            "nothing has changed since the last digest".to_owned()
        })
    }

    fn chosen<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<&'a Subscriber>> {
        let all = &setup.config.subscribers;
        let Some(meant) = &self.subscriber else { return Ok(all.iter().collect()) };
        let chosen: Vec<&Subscriber> = all.iter().filter(|subscriber| subscriber.id == *meant || subscriber.to.contains(meant)).collect();
        if chosen.is_empty() {
            bail!("there is no subscriber {meant}; {}", instead(meant, all.iter().map(|subscriber| subscriber.id.as_str())));
        }
        Ok(chosen)
    }
}
