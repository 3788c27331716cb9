use std::collections::BTreeMap;
use std::io::Write;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::rows::{FormArgs, Layout};
use super::{Exit, Output};
use crate::flow::deliver;
use crate::flow::house::House;
use crate::model::{Delivery, DeliveryState};

/// Lists the mails that have not gone out; tries them again, or takes them out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan outbox\n  huitoukan outbox retry --all\n  huitoukan outbox drop 3f9c\n\n\
A mail waits while its server cannot take it, and is held when it was refused for good or could not be delivered for long \
(`hold_after` under [mail]). Mails to one recipient go out in their order; a held one lets the later ones pass.")]
pub struct OutboxArgs {
    #[command(subcommand)]
    command: Option<OutboxCommand>,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, clap::Subcommand)]
enum OutboxCommand {
    /// Lists what waits and what is held, oldest first; the same as no word at all
    List {
        #[command(flatten)]
        form: FormArgs,
    },
    /// Tries at once what waits or is held
    Retry(WhichMails),
    /// Takes out unsent what waits or is held; the notices it tells of are not told again
    Drop(WhichMails),
}

#[derive(Debug, clap::Args)]
struct WhichMails {
    /// The beginning of a mail's name, as `outbox` lists it
    #[arg(required_unless_present = "all")]
    id: Option<String>,
    /// Every one
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// One mail that has not gone out.
#[derive(Debug, Serialize)]
struct Unsent {
    id: String,
    subscriber: String,
    recipient: String,
    state: &'static str,
    /// Its place among the waiting mails of its recipient, from 1; `None` where it is held.
    place: Option<usize>,
    created_at: Timestamp,
    /// Since it was written.
    age_hours: i64,
    attempts: Option<u32>,
    not_before: Option<Timestamp>,
    /// Why it has not gone out.
    trouble: Option<String>,
    subject: String,
}

const LAYOUT: Layout<Unsent> = Layout {
    columns: &[
        "id",
        "subscriber",
        "recipient",
        "state",
        "place",
        "created_at",
        "age_hours",
        "attempts",
        "not_before",
        "trouble",
        "subject",
    ],
    headings: &["编号", "收件人", "状态", "已等", "次数", "主题", "原因"],
    row,
};

fn row(mail: &Unsent) -> Vec<String> {
    let state = match mail.place {
        Some(place) => format!("待发 第{place}封"),
        None => "搁置".to_owned(),
    };
    let age = if mail.age_hours < 48 { format!("{} 小时", mail.age_hours) } else { format!("{} 天", mail.age_hours / 24) };
    vec![
        mail.id.chars().take(8).collect(),
        mail.recipient.clone(),
        state,
        age,
        mail.attempts.map(|attempts| attempts.to_string()).unwrap_or_default(),
        mail.subject.clone(),
        mail.trouble.clone().unwrap_or_default(),
    ]
}

impl OutboxArgs {
    pub async fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        match &self.command {
            None => list(house, &self.form, output),
            Some(OutboxCommand::List { form }) => list(house, form, output),
            Some(OutboxCommand::Retry(which)) => retry(house, &which.of(house)?, output).await,
            Some(OutboxCommand::Drop(which)) => take_out(house, &which.of(house)?, output).await,
        }
    }
}

fn list(house: &House, form: &FormArgs, output: &mut Output) -> anyhow::Result<Exit> {
    let unsent = mails(&house.store.unsent()?, house.clock.now());
    let needs_person = unsent.iter().any(|mail| mail.place.is_none());
    form.print(&unsent, &LAYOUT, output)?;
    Ok(if needs_person { Exit::NeedsPerson } else { Exit::Well })
}

fn mails(unsent: &[Delivery], now: Timestamp) -> Vec<Unsent> {
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let mut mails = Vec::new();
    for delivery in unsent {
        let mut mail = Unsent {
            id: delivery.id.clone(),
            subscriber: delivery.subscriber.clone(),
            recipient: delivery.recipient.clone(),
            state: "held",
            place: None,
            created_at: delivery.created_at,
            age_hours: now.duration_since(delivery.created_at).as_hours().max(0),
            attempts: None,
            not_before: None,
            trouble: None,
            subject: delivery.message.subject.clone(),
        };
        match &delivery.state {
            DeliveryState::Pending { attempts, not_before, trouble } => {
                let place = waiting.entry(&delivery.recipient).or_default();
                *place += 1;
                (mail.state, mail.place) = ("pending", Some(*place));
                (mail.attempts, mail.not_before, mail.trouble) = (Some(*attempts), Some(*not_before), trouble.clone());
            }
            DeliveryState::Held { reason, .. } => mail.trouble = Some(reason.clone()),
            DeliveryState::Sent { .. } | DeliveryState::Dropped { .. } => continue,
        }
        mails.push(mail);
    }
    mails
}

async fn retry(house: &House, which: &[Delivery], output: &mut Output) -> anyhow::Result<Exit> {
    deliver::retry(house, which)?;
    let done = deliver::outbox(house, &house.setup()).await?;
    writeln!(output.err, "再次投递 {} 封:已发 {},待发 {},搁置 {}", which.len(), done.sent, done.later, done.held)?;
    Ok(if done.later + done.held == 0 { Exit::Well } else { Exit::NeedsPerson })
}

async fn take_out(house: &House, which: &[Delivery], output: &mut Output) -> anyhow::Result<Exit> {
    if !deliver::drop_unsent(house, which).await? {
        bail!("mails are being handed to the mail server just now, so nothing was taken out; try again in a minute");
    }
    writeln!(output.err, "已撤下 {} 封,不再投递", which.len())?;
    Ok(Exit::Well)
}

impl WhichMails {
    fn of(&self, house: &House) -> anyhow::Result<Vec<Delivery>> {
        let mut unsent = house.store.unsent()?;
        let Some(id) = &self.id else { return Ok(unsent) };
        let id = id.to_ascii_lowercase();
        unsent.retain(|delivery| delivery.id.starts_with(&id));
        match unsent.len() {
            0 => bail!("no mail that waits or is held is named {id}; `huitoukan outbox` lists them"),
            1 => Ok(unsent),
            several => bail!("{id} may be any of {several} mails: give more letters"),
        }
    }
}
