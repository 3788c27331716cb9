//! Files, further pages and frames as parts of a notice: a site does something, and what became of it in store, comparison and mail.

#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use huitoukan::demo::Served;
use huitoukan::extract;
use huitoukan::model::{Kind, PartText, Presence, Version};
use huitoukan::store::Commit;
use world::{BODY, World, page, wall};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261101_1.htm";
const FILE: &str = "/zwgk/202611/P020261101.pdf";

/// A file of text, whatever it is called.
fn text(body: &str) -> Served {
    Served::of("text/plain; charset=utf-8", body)
}

/// The page of a notice with these files below its body.
fn with_files(body: &str, files: &[(&str, &str)]) -> String {
    let links: String = files.iter().map(|(path, name)| format!(r#"<p>附件:<a href="{path}">{name}</a></p>"#)).collect();
    page(TITLE, body).replace("</div>\n<div class=\"foot\">", &format!("{links}</div>\n<div class=\"foot\">"))
}

/// A world that has told its baseline, and then one notice that points at its file.
async fn pointing() -> World {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.put(PATH, with_files("详见附件。", &[(FILE, "整改通报.pdf")]));
    world.site.answer(FILE, text(BODY));
    world.day().await;
    world
}

async fn settled() -> World {
    let mut world = World::new().await;
    world.publishes("/zwgk/202610/t20261001_9.htm", "鲤城区残联关于巡察整改进展情况的通报", &BODY.replace("工商联", "残联"));
    world.hour().await;
    world.hour().await;
    world.site.take_hits();
    world
}

fn version(world: &World, number: u32) -> Version {
    world.house.store.version(&world.notice(PATH).id, number).unwrap().unwrap()
}

fn hits(world: &World, path: &str) -> Vec<u16> {
    world.site.take_hits().iter().filter(|hit| hit.path == path).map(|hit| hit.status).collect()
}

#[tokio::test]
async fn a_page_that_only_points_is_understood_from_its_file() {
    let world = pointing().await;
    let version = version(&world, 1);
    assert_eq!(version.document.title.as_deref(), Some(TITLE));
    assert_eq!(version.document.blocks.len(), BODY.lines().count(), "{:#?}", version.document.blocks);
    assert_eq!(version.notice.items.len(), 2);
    assert!(!version.notice.contact.phones.is_empty(), "the contacts stand in the file");
    assert_eq!(version.document.files(), ["整改通报.pdf（PDF，已读，13 段）"]);
    let bytes = world.house.store.snapshot(version.document.parts[0].snapshot.as_ref().unwrap()).unwrap().unwrap();
    assert_eq!(bytes.body, BODY.as_bytes(), "the file is kept as it was served");
    let mail = world.last_mail().text;
    assert!(mail.contains("附件：整改通报.pdf（PDF，已读，13 段）") && mail.contains("问题 2"), "{mail}");
}

#[tokio::test]
async fn a_file_that_did_not_change_costs_a_304() {
    let world = pointing().await;
    assert_eq!(hits(&world, FILE), [200]);
    world.day().await;
    world.day().await;
    assert_eq!(hits(&world, FILE), [304, 304]);
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn a_file_of_a_server_without_validators_is_fetched_once_a_day_at_most() {
    let world = pointing().await;
    world.site.answer(FILE, text(BODY).without_validators());
    world.site.take_hits();
    world.days(6).await;
    let fetched = hits(&world, FILE).len();
    assert!((3..=6).contains(&fetched), "{fetched} times in six days");
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn an_edit_inside_a_file_is_told_to_the_character() {
    let world = pointing().await;
    world
        .site
        .answer(FILE, text(&BODY.replace("仅解决21个", "仅解决35个").replace("二是分类指导换届。(未完成)", "二是分类指导换届。(已完成)")));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Edited]);
    let mail = world.last_mail().text;
    assert!(mail.contains("[删 21][增 35]") && mail.contains("未完成 → 已完成"), "{mail}");
    let (first, second) = (version(&world, 1), version(&world, 2));
    assert_eq!(first.snapshot, second.snapshot, "the page is the same");
    assert_ne!(first.document.parts[0].snapshot, second.document.parts[0].snapshot);
    world.days(2).await;
    assert_eq!(world.kinds().len(), 3);
}

#[tokio::test]
async fn the_same_text_in_another_file_is_no_news() {
    let world = pointing().await;
    world.site.answer("/zwgk/202611/P020261102.docx", text(&BODY.replace('\n', "\n\n")));
    world.site.put(PATH, with_files("详见附件。", &[("/zwgk/202611/P020261102.docx", "整改通报.docx")]));
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn a_file_that_cannot_be_had_is_no_edit() {
    let failures = [
        ("gone", wall("<html><body>404</body></html>").with_status(404)),
        ("a fault", wall("fault").with_status(500)),
        ("a wall", wall("<html><head><title>安全验证</title></head><body><div>请完成安全验证后继续访问</div><div class=\"captcha\">拖动滑块</div></body></html>")),
        ("a page", wall("<!DOCTYPE html><html><head><title>出错了</title></head><body><p>您访问的文件暂时无法下载,请与管理员联系。</p></body></html>")),
        ("a wall with 412", wall("<html><head><meta id=\"9DhefwqGPrzGxEp9hPaoag\" content=\"abc\" r='m'><script>$_ts=window['$_ts'];</script></head><body></body></html>").with_status(412)),
        ("unreadable bytes", Served::of("application/octet-stream", b"Rar!\x1A\x07\x00 anything".to_vec())),
        ("nothing", Served::of("application/pdf", Vec::new())),
    ];
    for (name, served) in failures {
        let world = pointing().await;
        world.site.answer(FILE, served);
        world.days(3).await;
        let tracked = world.notice(PATH);
        assert_eq!(tracked.presence, Presence::Present, "{name}");
        let trouble = tracked.trouble.unwrap_or_else(|| panic!("{name} is said"));
        assert!(trouble.starts_with("attachment 整改通报.pdf: "), "{name}: {trouble}");
        world.site.answer(FILE, text(BODY));
        world.days(2).await;
        assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published], "{name}");
        assert_eq!((world.notice(PATH).trouble, world.notice(PATH).versions), (None, 1), "{name}");
    }
}

#[tokio::test]
async fn a_page_that_changes_while_its_file_is_away_is_compared_without_loss() {
    let world = pointing().await;
    world.site.remove(FILE);
    world.site.put(PATH, with_files("现将巡察整改情况予以公布,欢迎监督。", &[(FILE, "整改通报.pdf")]));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Edited]);
    let mail = world.last_mail().text;
    assert!(mail.contains("现将巡察整改情况予以公布") && !mail.replace("[删 …]", "").contains("[删"), "{mail}");
    assert_eq!(version(&world, 2).notice.items.len(), 2, "the file's last reading stands");
}

#[tokio::test]
async fn a_file_that_comes_late_is_no_edit() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.put(PATH, with_files("详见附件。", &[(FILE, "整改通报.pdf")]));
    world.day().await;
    assert!(world.last_mail().text.contains("附件：整改通报.pdf（PDF，链接已失效）"), "{}", world.last_mail().text);
    assert_eq!(version(&world, 1).notice.items.len(), 0);
    world.site.answer(FILE, text(BODY));
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Completed]);
    let version = version(&world, 1);
    assert_eq!((version.notice.items.len(), world.notice(PATH).versions), (2, 1));
    assert_ne!(world.notice(PATH).fingerprint, 0);
    let mail = world.last_mail();
    assert!(mail.subject.contains("补全1") && mail.text.contains("现已读取；网站未改动") && mail.text.contains("问题 2"), "{mail:#?}");
    world.site.answer(FILE, text(&BODY.replace("仅解决21个", "仅解决35个")));
    world.day().await;
    assert_eq!(world.kinds().last(), Some(&Kind::Edited));
    let mail = world.last_mail().text;
    assert!(mail.contains("[删 21][增 35]"), "{mail}");
}

#[tokio::test]
async fn an_upgrade_that_learns_of_files_alarms_nobody() {
    let world = pointing().await;
    let (mut tracked, mut old) = (world.notice(PATH), version(&world, 1));
    // As a release without parts kept it: the link, and what the page itself says.
    (tracked.parts, tracked.fingerprint, tracked.newest) = (Vec::new(), 0, None);
    old.revision = extract::REVISION - 1;
    (old.document.blocks, old.document.parts, old.notice) = (Vec::new(), Vec::new(), Default::default());
    world.house.store.commit(&Commit { tracked: vec![tracked], versions: vec![old], ..Commit::default() }).unwrap();
    world.site.take_hits();
    let told = world.mail().len();
    world.day().await;
    assert_eq!(hits(&world, FILE), [200]);
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
    assert_eq!(world.mail().len(), told);
    let version = version(&world, 1);
    assert_eq!((version.notice.items.len(), version.revision, world.notice(PATH).versions), (2, extract::REVISION, 1));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn our_next_upgrade_reads_the_stored_file_again() {
    let world = pointing().await;
    let mut old = version(&world, 1);
    old.revision = extract::REVISION - 1;
    old.document.blocks[3] = huitoukan::model::Block::Paragraph("旧代码误读的一行".to_owned());
    world.house.store.commit(&Commit { versions: vec![old], ..Commit::default() }).unwrap();
    world.site.put(PATH, with_files("请详见附件。", &[(FILE, "整改通报.pdf")]));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
    assert!(!version(&world, 1).document.words().contains("旧代码误读"));
}

#[tokio::test]
async fn what_a_page_and_its_file_both_say_is_kept_once_and_compared() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, BODY);
    world.site.put(PATH, with_files(BODY, &[(FILE, "整改通报.pdf")]));
    world.site.answer(FILE, text(BODY));
    world.day().await;
    let first = version(&world, 1);
    assert!(matches!(first.document.parts[0].text, PartText::Copy(_)));
    assert_eq!((first.notice.items.len(), first.document.blocks.len()), (2, BODY.lines().count() + 1), "{:#?}", first.document.blocks);
    let edited = BODY.replace("仅解决21个", "仅解决35个");
    world.site.answer(FILE, text(&edited));
    world.day().await;
    let mail = world.last_mail().text;
    assert!(mail.contains("附件 整改通报.pdf") && mail.contains("[删 21][增 35]"), "{mail}");
    assert_eq!(version(&world, 2).document.files(), ["整改通报.pdf（PDF，已读，与正文相同，文字略有出入）"]);
    world.site.put(PATH, with_files(&edited, &[(FILE, "整改通报.pdf")]));
    world.day().await;
    let both = world.last_mail().text;
    assert_eq!(both.matches("[删 21][增 35]").count(), 1, "{both}");
}

#[tokio::test]
async fn files_that_come_and_go_are_told_by_name() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, BODY);
    world.day().await;
    world.site.answer(FILE, text("序号 问题 整改情况\n1 走访企业走过场 已经整改到位,并建立了长效机制\n2 换届不及时 正在推进"));
    world.site.put(PATH, with_files(BODY, &[(FILE, "整改清单.xlsx")]));
    world.day().await;
    let mail = world.last_mail().text;
    assert!(mail.contains("附件：未载明 → 整改清单.xlsx") || mail.contains("整改清单.xlsx"), "{mail}");
    assert!(!mail.contains("并建立了长效机制"), "its text is not printed: {mail}");
    assert_eq!(version(&world, 2).notice.items.len(), 2, "an annex is no part of what the notice says of itself");
    world.site.put(PATH, page(TITLE, BODY));
    world.day().await;
    assert_eq!(world.kinds().iter().filter(|kind| **kind == Kind::Edited).count(), 2);
    assert!(!world.last_mail().text.contains("并建立了长效机制"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_file_that_robots_txt_forbids_or_another_host_has_is_not_asked_for() {
    let mut world = settled().await;
    let other = world.site.url(FILE).to_string().replace("127.0.0.1", "localhost");
    world.site.answer("/robots.txt", Served::of("text/plain", "User-agent: *\nDisallow: /private/\n"));
    world.house.clock.jump_to(world.house.clock.now() + jiff::SignedDuration::from_hours(48));
    world.publishes(PATH, TITLE, BODY);
    world.site.put(PATH, with_files(BODY, &[("/private/a.pdf", "清单一.pdf"), (&other, "清单二.pdf")]));
    world.site.answer("/private/a.pdf", text(BODY));
    world.site.answer(FILE, text(BODY));
    world.day().await;
    let hits = world.site.take_hits();
    assert!(!hits.iter().any(|hit| hit.path == "/private/a.pdf" || hit.path == FILE), "{hits:?}");
    assert_eq!(version(&world, 1).document.files(), ["清单一.pdf（PDF，robots.txt 不许读取）", "清单二.pdf（PDF，在其他网站，未读取）"]);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_said_and_the_notice_is_kept() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, BODY);
    world.site.put(PATH, with_files(BODY, &[(FILE, "清单.pdf")]));
    let large = vec![b'x'; (100 << 20) + 1];
    world.site.answer(FILE, Served::of("application/pdf", large));
    world.day().await;
    assert_eq!(version(&world, 1).document.files(), ["清单.pdf（PDF，文件过大，未读取）"]);
}

/// The notice in two pages, cut inside a sentence.
fn in_two_pages(world: &mut World, second: &str) {
    let cut = BODY.find("其余正在协调").unwrap();
    let script = |present: u32| format!(r#"<script>createPageHTML(2, {present}, "t20261101_1", "htm");</script></body>"#);
    world.publishes(PATH, TITLE, "");
    world.site.put(PATH, page(TITLE, &BODY[..cut]).replace("</body>", &script(0)));
    world.site.put("/zwgk/202611/t20261101_1_1.htm", page(TITLE, second).replace("</body>", &script(1)));
}

#[tokio::test]
async fn a_body_in_two_pages_is_one_and_an_edit_on_the_second_is_told() {
    let mut world = settled().await;
    let second = &BODY[BODY.find("其余正在协调").unwrap()..];
    in_two_pages(&mut world, second);
    world.day().await;
    let first = version(&world, 1);
    assert_eq!(first.document.words(), BODY.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    assert_eq!(first.document.blocks.len(), BODY.lines().count(), "the cut sentence is one: {:#?}", first.document.blocks);
    assert_eq!(first.notice.items.len(), 2);
    in_two_pages(&mut world, &second.replace("每月通报一次", "每季度通报一次"));
    world.day().await;
    let mail = world.last_mail().text;
    assert!(mail.contains("[删 月][增 季度]"), "{mail}");
    world.site.remove("/zwgk/202611/t20261101_1_1.htm");
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Edited], "a page that is away is no edit");
}

#[tokio::test]
async fn a_link_to_the_next_page_is_followed_inside_the_article_only() {
    let mut world = settled().await;
    let cut = BODY.find("二、巡察反馈").unwrap();
    world.publishes(PATH, TITLE, "");
    let pager = |link: &str| format!("<p class=\"page\">1 <a href=\"{link}\">下一页</a></p></div>\n<div class=\"foot\">");
    let foot = "</div>\n<div class=\"foot\">";
    world.site.put(PATH, page(TITLE, &BODY[..cut]).replace(foot, &pager("t20261101_1_2.htm")));
    world.site.put("/zwgk/202611/t20261101_1_2.htm", page(TITLE, &BODY[cut..]));
    world.day().await;
    assert_eq!(version(&world, 1).notice.items.len(), 2);
    assert_eq!(version(&world, 1).document.parts.len(), 1);
}

#[tokio::test]
async fn an_article_in_a_frame_is_the_body() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    let framed = format!(
        "<html><head><title>{TITLE}</title><meta name=\"ArticleTitle\" content=\"{TITLE}\"><meta name=\"PubDate\" content=\"2026-11-01\"></head>
<body><iframe src=\"/top.html\" height=\"80\"></iframe><h1>{TITLE}</h1><iframe src=\"/frame/1.htm\" width=\"100%\" height=\"900\"></iframe></body></html>"
    );
    world.site.put(PATH, framed);
    world.site.put("/frame/1.htm", page(TITLE, BODY));
    world.day().await;
    let first = version(&world, 1);
    assert_eq!((first.notice.items.len(), first.document.title.as_deref()), (2, Some(TITLE)));
    world.site.put("/frame/1.htm", page(TITLE, &BODY.replace("仅解决21个", "仅解决35个")));
    world.day().await;
    assert!(world.last_mail().text.contains("[删 21][增 35]"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn an_article_in_a_frame_that_fails_is_tried_again_and_told_when_it_is_read() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.put(
        PATH,
        format!("<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1><iframe src=\"/frame/1.htm\"></iframe></body></html>"),
    );
    world.day().await;
    assert_eq!(world.notice(PATH).versions, 0);
    assert!(world.notice(PATH).trouble.is_some_and(|trouble| trouble.contains("/frame/1.htm")), "{:?}", world.notice(PATH).trouble);
    world.site.put("/frame/1.htm", page(TITLE, BODY));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn a_listing_that_links_straight_to_a_file_is_read_as_the_notice() {
    let mut world = settled().await;
    world.publishes(FILE, TITLE, "");
    world.site.answer(FILE, text(&format!("{TITLE}\n{BODY}")));
    world.day().await;
    let tracked = world.notice(FILE);
    let version = world.house.store.version(&tracked.id, 1).unwrap().unwrap();
    assert_eq!((version.notice.items.len(), tracked.title.as_str()), (2, TITLE));
    world.site.answer(FILE, text(&format!("{TITLE}\n{}", BODY.replace("仅解决21个", "仅解决35个"))));
    world.day().await;
    assert!(world.last_mail().text.contains("[删 21][增 35]"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_file_that_comes_before_the_digest_is_told_with_the_notice() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.put(PATH, with_files("详见附件。", &[(FILE, "整改通报.pdf")]));
    world.site.answer(FILE, wall("busy").with_status(503));
    world.after(jiff::SignedDuration::from_hours(2)).await;
    world.site.answer(FILE, text(BODY));
    for _ in 0..30 {
        world.hour().await;
    }
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Completed]);
    let subjects: Vec<String> = world.mail().into_iter().map(|mail| mail.subject).skip(1).collect();
    assert!(subjects.len() == 1 && subjects[0].contains("新增1") && !subjects[0].contains("补全"), "{subjects:?}");
    assert!(world.last_mail().text.contains("已读，13 段"), "{}", world.last_mail().text);
}

/// A PDF of these lines, one below the other, in a typeface that every reader of Chinese PDFs has (ISO 32000-1, 9.7.5.2).
fn pdf(lines: &str) -> Served {
    let mut stream = String::from("BT /F1 12 Tf 20 TL 60 790 Td\n");
    let mut rows = 0;
    for line in lines.lines() {
        let indented = format!("　　{line}");
        for row in indented.chars().collect::<Vec<_>>().chunks(38) {
            let hex: String = row.iter().map(|c| format!("{:04X}", u32::from(*c))).collect();
            stream.push_str(&format!("<{hex}> Tj T*\n"));
            rows += 1;
        }
    }
    assert!(rows < 37, "one page");
    stream.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor 7 0 R >>".to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>".to_owned(),
    ];
    let (mut file, mut places) = (String::from("%PDF-1.4\n"), Vec::new());
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    places.iter().for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
    file.push_str(&format!("trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1));
    Served::of("application/pdf", file)
}

#[tokio::test]
async fn a_pdf_is_read_and_an_edit_in_it_is_told_to_the_character() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.put(PATH, with_files("详见附件。", &[(FILE, "整改通报.pdf")]));
    world.site.answer(FILE, pdf(BODY));
    world.day().await;
    assert_eq!(version(&world, 1).notice.items.len(), 2, "{:#?}", version(&world, 1).document);
    world.site.answer(FILE, pdf(&BODY.replace("仅解决21个", "仅解决35个")));
    world.day().await;
    assert!(world.last_mail().text.contains("[删 21][增 35]"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_docx_replaced_by_a_pdf_of_the_same_text_is_no_news() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, "");
    world.site.answer("/f/1.docx", Served::of("application/octet-stream", include_bytes!("corpus/attachments/000.docx").to_vec()));
    world.site.answer("/f/1.pdf", Served::of("application/pdf", include_bytes!("../src/demo/seeds/000.pdf").to_vec()));
    world.site.put(PATH, with_files("详见附件。", &[("/f/1.docx", "整改情况的通报.docx")]));
    world.day().await;
    let first = version(&world, 1);
    assert_eq!((first.document.blocks.len(), first.notice.items.len()), (40, 8), "the file's own title, which is another, heads its text");
    world.site.put(PATH, with_files("详见附件。", &[("/f/1.pdf", "整改情况的通报.pdf")]));
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
    world.site.put(PATH, with_files("详见附件。", &[("/f/1.pdf", "整改情况的通报.pdf"), ("/f/1.docx", "整改情况的通报.docx")]));
    world.day().await;
    let second = version(&world, 2);
    assert_eq!(second.document.blocks.len(), 40, "the second file says the same");
    assert!(world.last_mail().text.contains("整改情况的通报.docx"), "a file that came is told by name: {}", world.last_mail().text);
}

#[tokio::test]
async fn parts_survive_a_restart() {
    let world = pointing().await.restart();
    world.site.take_hits();
    world.day().await;
    assert_eq!(hits(&world, FILE), [304]);
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn a_host_that_asks_to_be_left_alone_is_not_asked_for_the_other_files() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, BODY);
    let files = [("/f/1.pdf", "清单一.pdf"), ("/f/2.pdf", "清单二.pdf"), ("/f/3.pdf", "清单三.pdf")];
    world.site.put(PATH, with_files(BODY, &files));
    world.site.answer("/f/1.pdf", wall("busy").with_status(503).with_header("retry-after", "7200"));
    world.site.answer("/f/2.pdf", text(BODY));
    world.day().await;
    let hits = world.site.take_hits();
    assert_eq!(hits.iter().filter(|hit| hit.path.starts_with("/f/")).count(), 1, "{hits:?}");
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published], "the notice itself is kept and told");
    world.site.answer("/f/1.pdf", text("一份没有关系的清单,列出了三十个项目的名称和完成时间,由区工商联办公室负责更新。"));
    world.site.answer("/f/3.pdf", text("另一份没有关系的清单,列出了全部责任人的姓名和联系方式,由区委督查室负责核对。"));
    world.days(2).await;
    assert!(version(&world, 1).document.parts.iter().all(huitoukan::model::Part::is_read), "{:#?}", version(&world, 1).document.files());
    assert!(!world.kinds().contains(&Kind::Edited), "{:?}", world.kinds());
}

#[tokio::test]
async fn a_notice_that_is_a_file_is_not_edited_by_bytes_that_cannot_be_read() {
    let mut world = settled().await;
    world.publishes(FILE, TITLE, "");
    world.site.answer(FILE, pdf(BODY));
    world.day().await;
    world.site.answer(FILE, Served::of("application/pdf", b"Rar!\x1A\x07\x00 anything".to_vec()));
    world.days(4).await;
    let tracked = world.notice(FILE);
    assert_eq!((tracked.versions, tracked.presence), (1, Presence::Present));
    assert!(tracked.trouble.is_some());
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

/// A ZIP with one member that wants a password.
fn locked() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("整改清单.txt", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, BODY.as_bytes()).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    // Bit 0 of the general purpose flags, in both headers (APPNOTE 6.3.10, 4.4.4).
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = bytes.windows(4).position(|window| window == mark).unwrap();
        bytes[at + flags] |= 1;
    }
    bytes
}

#[tokio::test]
async fn an_archive_with_a_password_is_kept_as_it_is_and_said() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, BODY);
    let path = "/zwgk/202611/P020261101.zip";
    world.site.put(PATH, with_files(BODY, &[(path, "整改清单.zip")]));
    world.site.answer(path, Served::of("application/zip", locked()));
    world.day().await;
    let version = version(&world, 1);
    let PartText::Unread(problem) = &version.document.parts[0].text else { panic!("{:?}", version.document.parts) };
    assert_eq!((problem.name.as_str(), version.notice.items.len()), ("encrypted", 2));
    let kept = version.document.parts[0].snapshot.clone().unwrap();
    assert_eq!(world.house.store.snapshot(&kept).unwrap().unwrap().body, locked());
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published], "it is told once and is no edit");
}
