//! Things to keep, for the tests of stores: in here by number, the same number the same thing.
#![allow(dead_code, clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Block, Change, ChangeKind, Delivery, DeliveryState, Document, Item, Message, Notice, NoticeId, Presence, Region, Snapshot, SnapshotId,
    SourceId, Span, Stated, Status, Tracked, Validators, Version,
};

pub fn at(seconds: i64) -> Timestamp {
    "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub fn url(number: u32) -> url::Url {
    format!("https://www.qzlc.gov.cn/zwgk/t20240912_{number}.htm").parse().unwrap()
}

pub fn notice(number: u32) -> NoticeId {
    NoticeId::of(&url(number), 0)
}

pub fn page(number: u32, body: &str) -> Snapshot {
    Snapshot::of_body(url(number), Some("text/html; charset=utf-8"), body.as_bytes().to_vec(), at(i64::from(number)))
}

pub fn tracked(number: u32) -> Tracked {
    Tracked {
        id: notice(number),
        url: url(number),
        source: SourceId("licheng".into()),
        region: Region("福建/泉州/鲤城".into()),
        sector: None,
        title: "关于巡察整改进展情况的通报".into(),
        published: Some(jiff::civil::date(2024, 9, 12)),
        first_seen: at(i64::from(number)),
        last_seen: at(i64::from(number)),
        versions: 1,
        presence: Presence::Present,
        validators: Validators::default(),
        next_look: at(3600),
        fingerprint: u64::from(number) + 1000,
        copy_of: None,
        trouble: None,
        topic: None,
        quiet: false,
        doubt: None,
        parts: Vec::new(),
        doubts: Vec::new(),
        gist: None,
        newest: None,
    }
}

pub fn version(number: u32, version: u32, text: &str) -> Version {
    Version {
        id: notice(number),
        number: version,
        snapshot: SnapshotId::of(text.as_bytes()),
        captured_at: at(i64::from(version)),
        revision: 1,
        document: Document { blocks: vec![Block::Paragraph(text.into())], ..Document::default() },
        notice: Notice::default(),
    }
}

pub fn published(number: u32) -> Change {
    let kind = ChangeKind::Published { notice: notice(number), version: 1 };
    Change { number: 0, at: at(i64::from(number)), source: SourceId("licheng".into()), kind }
}

pub fn delivery(number: u32, created: i64) -> Delivery {
    let message = Message { subject: "【回头看】新增1".into(), text: "新增 ".repeat(50), html: format!("<p>{number}</p>") };
    Delivery {
        id: format!("{number:032x}"),
        subscriber: "office".into(),
        recipient: "office@example.org".into(),
        created_at: at(created),
        message,
        state: pending(at(0)),
    }
}

pub fn pending(not_before: Timestamp) -> DeliveryState {
    DeliveryState::Pending { attempts: 0, not_before, trouble: None }
}

/// A notice of some 20 KB as it really stands on a site, one paragraph a line.
pub const NOTICE: &str = include_str!("../../tests/stored/notice.txt");

/// That notice read, every numbered line a problem with its rectification, `edit` having gone over its paragraphs.
pub fn reading(number: u32, version_number: u32, edit: impl FnOnce(&mut Vec<String>)) -> Version {
    let mut lines: Vec<String> = NOTICE.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    edit(&mut lines);
    let items = lines.iter().enumerate().filter(|(_, line)| line.starts_with(|c| "一二三四五六七八九十(（1234567890".contains(c)));
    let items = items.map(|(index, line)| problem(index as u32, line)).collect();
    let document =
        Document { title: lines.first().cloned(), blocks: lines.into_iter().map(Block::Paragraph).collect(), ..Document::default() };
    let title = document.title.clone().map(|value| Stated { value, span: None, inferred: false });
    Version { document, notice: Notice { title, items, ..Notice::default() }, ..version(number, version_number, "") }
}

fn problem(block: u32, line: &str) -> Item {
    let length = line.chars().count() as u32;
    let heading = Span { block, start: 0, end: length.min(40) };
    let below = |start| Span { block: block + 1, start, end: start + 50 };
    Item {
        path: vec![format!("({})", block % 9)],
        heading: Stated::at(line.chars().take(40).collect(), heading),
        problem: Some(Stated::at(line.chars().take(60).collect(), Span { end: length.min(60), ..heading })),
        rectification: Some((below(0), below(150))),
        measures: vec![below(0), below(50), below(100)],
        status: Some(Stated::at(Status::Done, below(150))),
        status_as_written: Some("已完成".into()),
        responsible_unit: None,
        responsible_person: None,
        deadline: None,
    }
}
