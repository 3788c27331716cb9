//! From two readings to the mail: what a reader is told, against files that were read by people.

use std::path::PathBuf;

use huitoukan::diff;
use huitoukan::digest::compose;
use huitoukan::model::{
    Baseline, Block, Difference, Digest, Document, Fact, FieldChange, Item, ItemChange, ItemDifference, ItemId, Kind, Late, Matter,
    Message, Notice, NoticeId, Outcome, Piece, Problem, Published, Region, Relative, Relatives, SnapshotId, SourceId, SourceNews, Span,
    Stated, Status, Team, Told, Unfinished, Version, Word,
};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use url::Url;

/// Compares with the golden files, or writes them where UPDATE is set.
#[track_caller]
fn check_golden(name: &str, message: &Message) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/digest");
    for (ending, made) in [("txt", format!("Subject: {}\n\n{}", message.subject, message.text)), ("html", message.html.clone())] {
        let path = folder.join(format!("{name}.golden.{ending}"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == made, "{} differs from what is made now; UPDATE=1 writes it anew. Made:\n{made}", path.display());
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn stated<T>(value: T, block: u32) -> Option<Stated<T>> {
    Some(Stated::at(value, Span { block, start: 0, end: 1 }))
}

fn digest(told: Vec<Told>) -> Digest {
    Digest {
        composed_at: at("2026-11-22T00:00:00Z"),
        zone: "Asia/Shanghai".to_owned(),
        told,
        baselines: Vec::new(),
        sources: Vec::new(),
        reminders: Vec::new(),
        overdue: 0,
        late: Vec::new(),
        facts: Vec::new(),
        alarms: Vec::new(),
        captured_until: Some(at("2026-11-21T23:58:00Z")),
    }
}

fn told(kind: Kind, title: &str) -> Told {
    let address = url("https://www.qzlc.gov.cn/zwgk/qzbm/202409/t20240912_3079999.htm");
    Told {
        change: 1,
        kind,
        at: at("2026-11-21T23:58:00Z"),
        notice: NoticeId::of(&address, 0),
        title: title.to_owned(),
        url: address,
        region: Region("福建/泉州/鲤城".to_owned()),
        source_name: "泉州市鲤城区人民政府 公告栏".to_owned(),
        issuer: Some("鲤城区工商联".to_owned()),
        published: Some(date(2024, 9, 12)),
        version: 1,
        captured_at: at("2026-11-21T23:58:00Z"),
        reading: None,
        files: Vec::new(),
        before: None,
        difference: None,
        last_seen: at("2026-11-18T02:00:00Z"),
        looks: 6,
        moved_to: None,
        copy_of: None,
        doubtful: false,
        relatives: Relatives::default(),
    }
}

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";

/// The notice of 鲤城区工商联: its text as blocks, without title, source line, and what stands below the signature.
fn licheng() -> Document {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/digest/licheng.txt")).unwrap();
    let body = text.lines().skip(2).filter(|line| !line.starts_with('【'));
    Document {
        title: Some(TITLE.to_owned()),
        published: Some(Published { date: date(2024, 9, 12), time: None }),
        source: Some("鲤城区工商联".to_owned()),
        blocks: body.map(|line| Block::Paragraph(line.to_owned())).collect(),
        ..Document::default()
    }
}

fn block_of(document: &Document, start: &str) -> u32 {
    let found = document.blocks.iter().position(|block| block.text().starts_with(start));
    found.unwrap_or_else(|| panic!("no block begins with {start}")) as u32
}

/// What a reader of the text would note, as far as the mail tells it.
fn reading(document: &Document, open: Status) -> Notice {
    let item = |path: [&str; 2], heading: &str, status: Status, written: &str, deadline: Option<Date>| {
        let block = block_of(document, &format!("{}{heading}", path[1]));
        Item {
            path: ["二", "(一)", path[0], path[1]].map(str::to_owned).to_vec(),
            heading: stated(heading.to_owned(), block).unwrap(),
            problem: stated(heading.trim_start_matches("针对").trim_end_matches("的问题").to_owned(), block),
            rectification: None,
            measures: Vec::new(),
            status: stated(status, block + 1),
            status_as_written: Some(written.to_owned()),
            responsible_unit: None,
            responsible_person: None,
            deadline: deadline.and_then(|deadline| stated(deadline, block_of(document, "整改时限"))),
        }
    };
    let mut notice = Notice { title: Some(Stated { value: TITLE.to_owned(), span: None, inferred: false }), ..Notice::default() };
    notice.inspection.word = stated(Word::Xuncha, 0);
    notice.inspection.team = stated(Team { as_written: "区委巡察一组".to_owned(), number: Some(1) }, 0);
    notice.inspection.target = stated("区工商联".to_owned(), 0);
    notice.inspection.from = stated(date(2024, 1, 4), 0);
    notice.inspection.to = stated(date(2024, 2, 2), 0);
    notice.inspection.feedback = stated(date(2024, 3, 20), 0);
    notice.claims.measures = stated(27, block_of(document, "三是强化督促检查"));
    notice.items = vec![
        item(["2", "(2)"], "针对服务平台建设存在短板的问题", Status::Done, "已完成", None),
        item(["3", "(1)"], "针对街道商会党组织覆盖率较低的问题", Status::Standing, "取得阶段性成效,转入长效整改", None),
        item(["3", "(2)"], "针对指导基层商会换届不及时的问题", open, open.chinese(), Some(date(2025, 6, 30))),
    ];
    notice.outcomes.push(Outcome {
        what: "提醒谈话".to_owned(),
        count: 2.0,
        unit: "人".to_owned(),
        approximate: None,
        part_of: None,
        sentence: Span { block: 0, start: 0, end: 1 },
    });
    notice
}

fn version(document: Document, notice: Notice) -> Version {
    Version {
        id: NoticeId("7K3Q9M2D".to_owned()),
        number: 1,
        snapshot: SnapshotId::of(b""),
        captured_at: at("2026-11-03T01:00:00Z"),
        revision: 1,
        document,
        notice,
    }
}

fn edit(document: &mut Document, from: &str, to: &str) {
    let found = document.blocks.iter_mut().find(|block| block.text().contains(from)).unwrap_or_else(|| panic!("{from} is not in the text"));
    *found = Block::Paragraph(found.text().replacen(from, to, 1));
}

/// The edit that a silent hand would make: a status, a figure, a paragraph gone.
fn edited() -> Told {
    let before = licheng();
    let mut after = before.clone();
    edit(&mut after, "参加交流活动。(未完成)", "参加交流活动。(已完成)");
    edit(&mut after, "已从37.5%升至50%", "已从37.5%升至62.5%");
    after.blocks.retain(|block| !block.text().starts_with("针对巡察反馈问题、移交的问题线索"));
    let (old, new) = (reading(&before, Status::Open), reading(&after, Status::Done));
    let difference = diff::compare(&version(before, old), &after, &new).unwrap();
    Told {
        version: 2,
        reading: Some(new),
        before: Some((1, at("2026-11-03T01:00:00Z"))),
        difference: Some(difference),
        ..told(Kind::Edited, TITLE)
    }
}

fn published() -> Told {
    let document = licheng();
    Told { reading: Some(reading(&document, Status::Open)), ..told(Kind::Published, TITLE) }
}

fn everything() -> Digest {
    let withdrawn = Told {
        region: Region("湖南/湘潭/雨湖".to_owned()),
        issuer: None,
        source_name: "雨湖区人民政府".to_owned(),
        url: url("https://www.yuhu.example.org/zwgk/tzgg/202302/t20230217_1185521.html"),
        published: None,
        ..told(Kind::Withdrawn, "湘潭市雨湖区工商业联合会关于巡察整改进展情况的通报")
    };
    let copied = Told {
        title: "中共洛阳市工商联党组关于巡察整改情况的通报".to_owned(),
        region: Region("河南/洛阳".to_owned()),
        copy_of: Some(NoticeId("7K3Q9M2D".to_owned())),
        issuer: Some("洛阳市工商联党组".to_owned()),
        url: url("https://www.lygsl.example.org/gsgg/2024-03-18/311.html"),
        published: Some(date(2024, 3, 18)),
        ..told(Kind::Published, "")
    };
    let moved = Told { moved_to: Some(url("https://www.qzlc.gov.cn/new/t1.htm")), ..told(Kind::Moved, TITLE) };
    let news = |name: &str, problem| SourceNews {
        source: SourceId("luoyang".to_owned()),
        source_name: name.to_owned(),
        at: at("2026-11-21T12:30:00Z"),
        problem,
        last_success: Some(at("2026-11-20T00:00:00Z")),
    };
    let problem = Problem { name: "unreachable".to_owned(), evidence: "connection timed out after 60 s".to_owned() };
    Digest {
        baselines: vec![Baseline {
            source_name: "嵊州市人民政府 通知公告".to_owned(),
            region: Region("浙江/绍兴/嵊州".to_owned()),
            notices: 41,
            oldest: Some(date(2019, 3, 1)),
            newest: Some(date(2026, 11, 20)),
            overdue: 3,
        }],
        sources: vec![news("洛阳市工商联 公告", Some(problem)), news("浙江省工商联 通知", None)],
        ..digest(vec![published(), copied, edited(), withdrawn, Told { version: 2, ..told(Kind::Restored, TITLE) }, moved])
    }
}

#[test]
fn one_of_everything_is_told() {
    let message = compose(&everything()).unwrap();
    assert_eq!(message.subject, "【回头看】新增2 修改1 撤下1 恢复1 迁移1 首次收录1 来源故障1 来源恢复1 · 11月22日");
    check_golden("everything", &message);
}

#[test]
fn an_edit_tells_the_problem_first_and_then_the_passages() {
    check_golden("edit", &compose(&digest(vec![edited()])).unwrap());
}

/// What the calendar did, and what is worth a second look, for a subscriber who asked for all of it.
fn followed() -> Digest {
    let relative = |id: &str, address: &str, date: Date, problems, differences| Relative {
        notice: NoticeId(id.to_owned()),
        title: "鲤城区工商业联合会关于巡察整改情况的通报".to_owned(),
        url: url(address),
        date: Some(date),
        problems,
        differences,
    };
    let mut new = published();
    new.relatives.earlier = Some(relative("2PQ7A9ZC", "https://www.qzlc.gov.cn/2021/t1.htm", date(2021, 3, 5), Some(23), None));
    new.relatives.copies.push(relative("5HM2K8TX", "https://www.qzjjw.example.org/art_1.html", date(2024, 9, 13), None, Some(3)));
    new.reading.as_mut().unwrap().items.truncate(2);
    new.reading.as_mut().unwrap().unfinished = vec![Unfinished {
        problem: Stated::at("指导基层商会换届不及时的问题".to_owned(), Span { block: 0, start: 0, end: 1 }),
        reason: None,
        next_steps: None,
        deadline: stated(date(2025, 6, 30), 0),
    }];
    let matter = |deadline: Date, problem: &str, sentence: &str| Matter {
        item: ItemId("7K3Q9M2D-4F7Q2K".to_owned()),
        notice: NoticeId("7K3Q9M2D".to_owned()),
        title: TITLE.to_owned(),
        url: new.url.clone(),
        region: new.region.clone(),
        issuer: Some("鲤城区工商联".to_owned()),
        label: Some("3(2)".to_owned()),
        problem: problem.to_owned(),
        status: Some(Status::Open),
        status_as_written: Some("未完成".to_owned()),
        deadline,
        inferred: false,
        sentence: sentence.to_owned(),
        captured_at: new.captured_at,
    };
    let reminders = vec![
        matter(date(2025, 6, 30), "针对指导基层商会换届不及时的问题", "整改时限：2025年6月30日，联系人手机13812345678。"),
        Matter { label: None, inferred: true, ..matter(date(2026, 12, 6), "平台建设", "年底前完成。") },
        Matter {
            status: None, status_as_written: None, ..matter(date(2026, 11, 22), "走访企业走过场", "力争11月22日前完成。")
        },
    ];
    let late = Late {
        body: "福建/泉州/洛江·教育".to_owned(),
        name: "洛江区教育局".to_owned(),
        region: Region("福建/泉州/洛江".to_owned()),
        sector: Some("教育".to_owned()),
        feedback: date(2026, 1, 10),
        notice: NoticeId("9ZB4T2KD".to_owned()),
        title: "区委第二巡察组向区教育局党组反馈巡察情况".to_owned(),
        url: url("https://www.qzljjw.example.org/fk/1.html"),
        days: 316,
        usual_days: 281,
        usual_from: 0,
    };
    let fact = |fact: &str, sentence: &str| Fact {
        notice: new.notice.clone(),
        title: TITLE.to_owned(),
        url: new.url.clone(),
        fact: fact.to_owned(),
        sentence: sentence.to_owned(),
    };
    let facts = vec![
        fact("“整改问题”写明162，所列分项为155+3+4+4=166，相差4。", "完成整改162个，其中立行立改155个、13912345678。"),
        fact("3(2)“商会培育力度不足”标为“已完成”，整改情况中又有“正在推进”。", ""),
    ];
    Digest { reminders, overdue: 4, late: vec![late], facts, ..digest(vec![new]) }
}

#[test]
fn what_the_calendar_did_and_what_is_worth_a_second_look_have_sections_of_their_own() {
    let message = compose(&followed()).unwrap();
    assert_eq!(message.subject, "【回头看】新增1 到期3 应有未见1 · 11月22日");
    assert!(!message.text.contains("13812345678") && !message.html.contains("13912345678"), "{}", message.text);
    check_golden("followed", &message);
}

#[test]
fn many_deadlines_of_one_day_are_told_in_short_and_none_is_left_out() {
    let one = followed().reminders.remove(0);
    let reminders = (0..40).map(|number| Matter { problem: format!("第{number}项制度未修订"), ..one.clone() }).collect();
    let message = compose(&Digest { reminders, ..digest(Vec::new()) }).unwrap();
    assert_eq!(message.subject, "【回头看】到期40 · 11月22日");
    for number in 0..40 {
        assert_eq!(message.text.matches(&format!("第{number}项制度未修订")).count(), 1, "{number}");
    }
    assert!(message.text.contains("时限 2025-06-30 · 已过 510 天 · https://"), "{}", message.text);
    assert!(message.text.lines().count() < 100, "{}", message.text);
}

#[test]
fn a_deadline_that_is_still_open_keeps_its_line_and_makes_no_mail_of_its_own() {
    let open = Digest { overdue: 2, ..digest(Vec::new()) };
    assert_eq!(compose(&open), None);
    let message = compose(&Digest { overdue: 2, ..digest(vec![edited()]) }).unwrap();
    assert!(message.text.contains("已过自定时限而未见后续的共 2 项"), "{}", message.text);
}

const PLACES: [&str; 9] =
    ["福建/泉州/鲤城", "福建/泉州/丰泽", "福建/厦门/思明", "福建", "浙江/绍兴/嵊州", "浙江/杭州", "湖南/湘潭/雨湖", "", "河南/洛阳"];

fn burst(count: usize) -> Digest {
    let notice = |index: usize| {
        let address = url(&format!("https://www.place{}.gov.cn/art/2026/11/21/art_1_{index}.html", index % PLACES.len()));
        let mut notice = Notice::default();
        notice.claims.problems = stated(20 + index as u32, 0);
        Told {
            change: index as u64,
            notice: NoticeId::of(&address, 0),
            url: address,
            region: Region(PLACES[index * 7 % PLACES.len()].to_owned()),
            published: Some(date(2026, 11, 21)),
            reading: (!index.is_multiple_of(3)).then_some(notice),
            ..told(Kind::Published, &format!("第{index}局党组关于十四届区委第五轮巡察整改进展情况的通报"))
        }
    };
    digest((0..count).map(notice).collect())
}

#[test]
fn a_burst_is_grouped_by_place_and_nothing_is_left_out() {
    let message = compose(&burst(40)).unwrap();
    assert_eq!(message.subject, "【回头看】新增40 · 11月22日");
    for index in 0..40 {
        let (title, address) = (format!("第{index}局党组"), format!("/art_1_{index}.html"));
        assert_eq!((message.text.matches(&title).count(), message.text.matches(&address).count()), (1, 1), "{title}");
        assert_eq!((message.html.matches(&title).count(), message.html.matches(&address).count()), (1, 1), "{title}");
    }
    check_golden("burst", &message);
}

#[test]
fn a_burst_of_edits_says_the_first_thing_of_each_and_the_command_for_the_rest() {
    let edits = (0..13).map(|index| Told { change: index, ..edited() }).collect();
    let message = compose(&digest(edits)).unwrap();
    assert_eq!(message.text.matches("3(2) 指导基层商会换届不及时：未完成 → 已完成 · huitoukan diff ").count(), 13, "{}", message.text);
}

#[test]
fn what_is_too_much_to_list_is_counted_and_a_command_given() {
    let message = compose(&burst(620)).unwrap();
    assert!(message.text.contains("另有 120 件未列出，全部可查：huitoukan notices --since 2026-11-22"), "{}", message.text);
    assert!(message.text.len() < 120_000 && message.html.len() < 200_000);
}

#[test]
fn operators_hear_of_ailing_sources_alone() {
    let Digest { sources, .. } = everything();
    let message = compose(&Digest { sources, captured_until: None, ..digest(Vec::new()) }).unwrap();
    assert_eq!(message.subject, "【回头看】来源故障1 来源恢复1 · 11月22日");
    check_golden("ailing", &message);
}

#[test]
fn what_waits_for_a_person_stands_at_the_foot_and_makes_no_mail_alone() {
    let alarms: Vec<String> = (1..=25).map(|number| format!("source s{number}: unreachable: <b>{number}</b>")).collect();
    let Digest { sources, .. } = everything();
    let message = compose(&Digest { sources, alarms: alarms.clone(), ..digest(Vec::new()) }).unwrap();
    assert!(message.text.contains("! source s20: unreachable") && !message.text.contains("source s21:"), "{}", message.text);
    assert!(message.text.contains("另有 5 项") && message.html.contains("另有 5 项"), "{}", message.text);
    assert!(message.html.contains("&#60;b&#62;1&#60;") || message.html.contains("&lt;b&gt;1&lt;"), "{}", message.html);
    assert_eq!(compose(&Digest { alarms, ..digest(Vec::new()) }), None);
}

#[test]
fn nothing_to_tell_is_no_mail() {
    assert_eq!(compose(&digest(Vec::new())), None);
}

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(2)>",
    "通报\r\nBcc: victim@example.org\r\n\r\n<b>",
    "\u{202e}gnp.exe\u{2066}报通\u{200f}",
    "{{7*7}}{% raw %}</title></style><svg onload=alert(3)>",
    "javascript:alert(4)",
    "\0\u{7}\u{1b}[31m'&quot;",
];

/// A digest in which every text that a site has a hand in is the same text.
fn all_of(text: &str) -> Digest {
    let own = || text.to_owned();
    let mut reading = Notice::default();
    reading.inspection.team = stated(Team { as_written: own(), number: None }, 0);
    reading.inspection.target = stated(own(), 0);
    reading.items = vec![Item {
        path: vec![own()],
        heading: stated(own(), 0).unwrap(),
        problem: None,
        rectification: None,
        measures: Vec::new(),
        status: stated(Status::Open, 0),
        status_as_written: Some(own()),
        responsible_unit: None,
        responsible_person: None,
        deadline: None,
    }];
    reading.outcomes = vec![Outcome {
        what: own(),
        count: 1.0,
        unit: own(),
        approximate: Some(own()),
        part_of: None,
        sentence: Span { block: 0, start: 0, end: 1 },
    }];
    let status = ItemDifference::Status { before: None, after: None, before_as_written: Some(own()), after_as_written: None };
    let difference = Difference {
        fields: vec![FieldChange { name: own(), label: own(), before: Some(own()), after: None }],
        items: vec![ItemChange { label: own(), heading: own(), what: status }],
        passages: vec![huitoukan::model::Passage {
            before: Some(0),
            after: Some(0),
            under: Some(own()),
            pieces: vec![Piece::Same(own()), Piece::Deleted(own()), Piece::Inserted(format!("{text}!")), Piece::Same(own())],
        }],
    };
    let hostile = |kind| Told {
        region: Region(own()),
        source_name: own(),
        issuer: Some(own()),
        reading: Some(reading.clone()),
        files: vec![own()],
        before: Some((1, at("2026-11-03T01:00:00Z"))),
        difference: (kind == Kind::Edited).then(|| difference.clone()),
        url: url("https://user:secret@evil.example/\"><script>'?a=<b>"),
        ..told(kind, text)
    };
    let problem = Problem { name: own(), evidence: own() };
    Digest {
        baselines: vec![Baseline { source_name: own(), region: Region(own()), notices: 1, oldest: None, newest: None, overdue: 0 }],
        sources: vec![SourceNews {
            source: SourceId(own()),
            source_name: own(),
            at: at("2026-11-21T12:30:00Z"),
            problem: Some(problem),
            last_success: None,
        }],
        ..digest(Kind::ALL.map(hostile).to_vec())
    }
}

/// No tag, attribute or line in a message that the templates did not put there.
#[track_caller]
fn check_harmless(text: &str) {
    let (message, calm) = (compose(&all_of(text)).unwrap(), compose(&all_of("某")).unwrap());
    assert_eq!(message.subject, calm.subject);
    let tags = |html: &str| html.matches('<').count();
    assert_eq!(tags(&message.html), tags(&calm.html), "{text:?} makes tags");
    assert!(!message.html.contains("<script") && !message.html.contains("<img") && !message.html.contains("<svg"));
    assert_eq!(message.text.lines().count(), calm.text.lines().count(), "{text:?} makes lines");
    assert_eq!(message.html.lines().count(), calm.html.lines().count(), "{text:?} makes lines");
    let tricky =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!message.text.contains(tricky) && !message.html.contains(tricky) && !message.subject.contains(char::is_control));
    assert!(message.html.split("href=\"").skip(1).all(|rest| rest.starts_with("https://")));
    assert!(!message.html.contains("secret") && !message.text.contains("secret"));
}

#[test]
fn hostile_text_is_only_text() {
    for text in HOSTILE {
        check_harmless(text);
    }
    check_golden("hostile", &compose(&all_of(&HOSTILE.concat())).unwrap());
}

#[test]
fn endless_text_is_cut() {
    let message = compose(&all_of(&"长".repeat(10_000))).unwrap();
    assert!(message.text.len() + message.html.len() < 60_000, "{} + {}", message.text.len(), message.html.len());
    check_harmless(&"长".repeat(10_000));
}

#[test]
fn private_numbers_and_names_are_masked_everywhere_and_landlines_stay() {
    let secret = "联系王小明13812345678或138 1234 5678,证号350502198001011234,座机0595-22355925";
    let mut digest = all_of(secret);
    for told in &mut digest.told {
        if let Some(reading) = &mut told.reading {
            reading.contact.person = stated("王小明".to_owned(), 0);
        }
    }
    digest.baselines.clear();
    digest.sources.clear();
    let message = compose(&digest).unwrap();
    for part in [&message.subject, &message.text, &message.html] {
        assert!(
            !part.contains("12345678") && !part.contains("1234 5678") && !part.contains("19800101") && !part.contains("王小明"),
            "{part}"
        );
    }
    assert!(
        message.text.contains("138****5678或138 **** 5678") && message.text.contains("0595-22355925") && message.text.contains("王某某")
    );
    let news = compose(&all_of(secret)).unwrap();
    assert!(!news.text.contains("13812345678") && !news.html.contains("13812345678"));
}

#[test]
fn a_deadline_moved_in_another_section_is_told_of_its_problem() {
    let (before, mut after) = (licheng(), licheng());
    edit(&mut after, "2025年6月30日", "2025年12月31日");
    let (old, mut new) = (reading(&before, Status::Open), reading(&after, Status::Open));
    let moved = new.items[2].deadline.as_mut().unwrap();
    moved.value = date(2025, 12, 31);
    let difference = diff::compare(&version(before, old), &after, &new).unwrap();
    let text = huitoukan::digest::difference_text(&difference);
    let told = "3(2) 指导基层商会换届不及时：时限 2025-06-30 → 2025-12-31\n四、需要进一步整改的事项及措施\n  整改时限:2025年[删 6月30][增 12月31]日。\n";
    assert_eq!(text, told);
}

#[test]
fn a_notice_written_anew_makes_a_bounded_mail() {
    let before = licheng();
    let mut after = before.clone();
    for block in after.blocks.iter_mut().step_by(2) {
        *block = Block::Paragraph(format!("改写：{}", block.text().chars().rev().collect::<String>()));
    }
    let difference = diff::compare(&version(before, Notice::default()), &after, &Notice::default()).unwrap();
    let told =
        Told { version: 2, difference: Some(difference), before: Some((1, at("2026-11-21T01:00:00Z"))), ..told(Kind::Edited, TITLE) };
    let message = compose(&digest(vec![told])).unwrap();
    assert!(message.text.contains("处改动：huitoukan diff ") && message.text.len() + message.html.len() < 80_000, "{}", message.text);
}

#[test]
fn a_number_changed_where_it_is_masked_is_said_to_be_changed() {
    let (mut before, mut after) = (licheng(), licheng());
    edit(&mut before, "联系电话:0595-22355925", "联系电话:13812345678");
    edit(&mut after, "联系电话:0595-22355925", "联系电话:13899995678");
    let difference = diff::compare(&version(before, Notice::default()), &after, &Notice::default()).unwrap();
    let told = Told { difference: Some(difference), before: Some((1, at("2026-11-03T01:00:00Z"))), ..told(Kind::Edited, TITLE) };
    let message = compose(&digest(vec![told])).unwrap();
    assert!(message.text.contains("联系电话:138****5678（号码有改动）"), "{}", message.text);
}

#[test]
fn a_small_edit_of_a_long_notice_makes_a_small_mail() {
    const FRAME: usize = 6_000;
    let before = licheng();
    let mut after = before.clone();
    edit(&mut after, "股级干部。目前已配备2名", "股级干部。目前已配备3名");
    let difference = diff::compare(&version(before, Notice::default()), &after, &Notice::default()).unwrap();
    let told = Told { difference: Some(difference), before: Some((1, at("2026-11-03T01:00:00Z"))), ..told(Kind::Edited, TITLE) };
    let message = compose(&digest(vec![told])).unwrap();
    let changed = "目前已配备2名中层股级干部。".len() + "目前已配备3名中层股级干部。".len();
    let size = message.text.len() + message.html.len();
    assert!(size < FRAME + 5 * changed, "{size} bytes for {changed} changed");
}

#[test]
fn a_zone_gives_every_time_and_names_it() {
    let at_sea = Digest { zone: "America/Los_Angeles".to_owned(), ..digest(vec![published()]) };
    let message = compose(&at_sea).unwrap();
    assert!(
        message.subject.ends_with("· 11月21日") && message.text.contains("采集于 11月21日 15:58（America/Los_Angeles）"),
        "{}",
        message.text
    );
    let nowhere = compose(&Digest { zone: "No/Where".to_owned(), ..at_sea }).unwrap();
    assert!(nowhere.text.contains("采集于 11月21日 23:58（UTC）"), "{}", nowhere.text);
}
