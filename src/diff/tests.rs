use super::blocks::{WORDS_MAX, altered};
use super::compare;
use super::words::words;
use crate::model::{
    Attachment, Block, Difference, Document, Item, ItemDifference, Notice, NoticeId, Passage, Piece, SnapshotId, Span, Stated, Status,
    Version,
};

const LICHENG: &str = include_str!("../../tests/digest/licheng.txt");

fn paragraphs(lines: &[&str]) -> Document {
    Document { blocks: lines.iter().map(|&line| Block::Paragraph(line.to_owned())).collect(), ..Document::default() }
}

fn version(document: Document, notice: Notice) -> Version {
    Version {
        id: NoticeId("7K3Q9M2D".to_owned()),
        number: 1,
        snapshot: SnapshotId::of(b""),
        captured_at: jiff::Timestamp::UNIX_EPOCH,
        revision: 1,
        document,
        notice,
    }
}

fn difference(before: &Document, after: &Document) -> Option<Difference> {
    compare(&version(before.clone(), Notice::default()), after, &Notice::default())
}

fn shown(passage: &Passage) -> String {
    passage.pieces.iter().fold(String::new(), |shown, piece| match piece {
        Piece::Same(text) => shown + text,
        Piece::Deleted(text) => format!("{shown}[-{text}]"),
        Piece::Inserted(text) => format!("{shown}[+{text}]"),
    })
}

#[track_caller]
fn check(before: &[&str], after: &[&str], expected: &[&str]) {
    let difference = difference(&paragraphs(before), &paragraphs(after)).unwrap_or_default();
    assert_eq!(difference.passages.iter().map(shown).collect::<Vec<_>>(), expected);
}

const STUDY: &str = "一是加强理论学习,召开党组会12次,研究制定整改方案并抓好落实。";
const MONEY: &str = "二是规范财务管理,清退违规发放补贴6.94万元,修订制度17项。";
const CONTACT: &str = "联系电话:0595-22355925;通信地址:庄府巷24号。";

#[test]
fn the_same_words_in_another_layout_are_no_difference() {
    check(&[STUDY, MONEY], &[STUDY, MONEY], &[]);
    check(&[STUDY, MONEY], &[&format!("{STUDY}{MONEY}")], &[]);
    check(&[STUDY, MONEY], &["一是加强理论学习,", "召开党组会 12 次,研究制定整改方案并抓好落实。", MONEY], &[]);
    check(&["(一)“当下改”:共27条,6.94万元"], &["（一）\"当下改\"：共27条，6.94万元"], &[]);
    let row = Document { blocks: vec![Block::Row(vec!["一是".into(), "".into(), STUDY.into()])], ..Document::default() };
    assert_eq!(difference(&row, &paragraphs(&["一是", STUDY])), None);
}

#[test]
fn an_edit_inside_another_layout_is_all_that_is_shown() {
    check(
        &[STUDY, MONEY, CONTACT],
        &[
            "一是加强理论学习,召开党组会12次,",
            "研究制定整改方案并抓好落实。二是规范财务管理,清退违规发放补贴7.94万元,",
            "修订制度17项。",
            CONTACT,
        ],
        &["二是规范财务管理,清退违规发放补贴[-6.94][+7.94]万元,\n修订制度17项。"],
    );
}

#[test]
fn a_paragraph_put_before_a_changed_one_does_not_confuse() {
    check(
        &[STUDY, MONEY],
        &["零是提高政治站位,成立领导小组。", &STUDY.replace("12", "13"), MONEY],
        &["[+零是提高政治站位,成立领导小组。]", "一是加强理论学习,召开党组会[-12][+13]次,研究制定整改方案并抓好落实。"],
    );
}

#[test]
fn a_removed_paragraph_is_one_removal() {
    check(&[STUDY, MONEY, CONTACT], &[STUDY, MONEY], &[&format!("[-{CONTACT}]")]);
    check(&[STUDY, MONEY, CONTACT], &[STUDY, CONTACT], &[&format!("[-{MONEY}]")]);
}

#[test]
fn a_moved_paragraph_is_told_once_and_so_is_a_moved_and_edited_one() {
    let moved = difference(&paragraphs(&[STUDY, MONEY, CONTACT]), &paragraphs(&[MONEY, CONTACT, STUDY])).unwrap();
    let [passage] = moved.passages.as_slice() else { panic!("{:?}", moved.passages) };
    assert_eq!((passage.before, passage.after, shown(passage).as_str()), (Some(0), Some(2), STUDY));
    check(
        &[STUDY, MONEY, CONTACT],
        &[MONEY, CONTACT, &STUDY.replace("12", "13")],
        &["一是加强理论学习,召开党组会[-12][+13]次,研究制定整改方案并抓好落实。"],
    );
}

#[test]
fn a_passage_stands_under_its_heading() {
    let after = MONEY.replace("17", "18");
    let found = difference(&paragraphs(&["3.关于财务的问题", STUDY, MONEY]), &paragraphs(&["3.关于财务的问题", STUDY, &after])).unwrap();
    assert_eq!(found.passages[0].under.as_deref(), Some("3.关于财务的问题"));
}

#[test]
fn numbers_that_follow_an_inserted_problem_are_one_line() {
    let before = ["1.关于甲的问题", STUDY, "2.关于乙的问题", MONEY, "3.关于丙的问题", CONTACT];
    let after = ["1.关于甲的问题", STUDY, "2.关于新的问题", "正在整改之中。", "3.关于乙的问题", MONEY, "4.关于丙的问题", CONTACT];
    let found = difference(&paragraphs(&before), &paragraphs(&after)).unwrap();
    let field = &found.fields[0];
    assert_eq!((field.label.as_str(), field.before.as_deref(), field.after.as_deref()), ("编号", Some("2、3"), Some("3、4")));
    assert_eq!(found.passages.iter().map(shown).collect::<Vec<_>>(), ["[+2.关于新的问题]", "[+正在整改之中。]"]);
}

#[test]
fn the_page_around_the_body_is_compared_where_it_speaks_both_times() {
    let before = Document { title: Some("通报(一)".into()), source: Some("办公室".into()), ..paragraphs(&[STUDY]) };
    let silent = paragraphs(&[STUDY]);
    assert_eq!((difference(&before, &silent), difference(&silent, &before)), (None, None));
    let after = Document { title: Some("通报（二）".into()), ..before.clone() };
    let fields = difference(&before, &after).unwrap().fields;
    assert_eq!((fields.len(), fields[0].label.as_str(), fields[0].after.as_deref()), (1, "标题", Some("通报（二）")));
}

#[test]
fn attachments_are_known_by_name_and_file_wherever_the_site_moves_them() {
    let with = |address: &str| Document {
        attachments: vec![Attachment { url: address.parse().unwrap(), name: "附件1.pdf".into() }],
        ..paragraphs(&[STUDY])
    };
    let old = with("https://a.gov.cn/files/P0201.pdf");
    assert_eq!(difference(&old, &with("https://b.gov.cn/new/P0201.pdf?x=1")), None);
    assert_eq!(difference(&old, &with("https://a.gov.cn/downfile.jsp?classid=0&filename=P0201.pdf")), None);
    let replaced = difference(&old, &with("https://a.gov.cn/files/P0202.pdf")).unwrap();
    assert_eq!(replaced.fields[0].after.as_deref(), Some("附件1.pdf（文件已更换）"));
    let gone = difference(&old, &paragraphs(&[STUDY])).unwrap();
    assert_eq!((gone.fields[0].before.as_deref(), gone.fields[0].after.as_deref()), (Some("附件1.pdf"), None));
}

/// A notice of problems, two blocks each: heading and rectification.
/// Number, problem, and the status with the words it is written in.
type Problem<'a> = (&'a str, &'a str, Option<(Status, &'a str)>);

fn problems(list: &[Problem<'_>]) -> (Document, Notice) {
    let mut document = Document::default();
    let mut notice = Notice::default();
    for (number, heading, status) in list {
        let block = document.blocks.len() as u32;
        let span = |block| Span { block, start: 0, end: 1 };
        let mark = status.map(|(_, written)| format!("({written})")).unwrap_or_default();
        document.blocks.push(Block::Heading(format!("{number}{heading}")));
        document.blocks.push(Block::Paragraph(format!("就“{heading}”已开会研究并修订制度。{mark}")));
        notice.items.push(Item {
            path: number.split_inclusive('.').map(|part| part.trim_end_matches('.').to_owned()).collect(),
            heading: Stated::at((*heading).to_owned(), span(block)),
            problem: None,
            rectification: None,
            measures: vec![span(block + 1)],
            status: status.map(|(status, _)| Stated::at(status, span(block + 1))),
            status_as_written: status.map(|(_, written)| written.to_owned()),
            responsible_unit: None,
            responsible_person: None,
            deadline: None,
        });
    }
    (document, notice)
}

#[track_caller]
fn check_items(before: &[Problem<'_>], after: &[Problem<'_>], expected: &[(&str, &str, ItemDifference)]) {
    let ((old, old_notice), (new, new_notice)) = (problems(before), problems(after));
    let found = compare(&version(old, old_notice), &new, &new_notice).unwrap_or_default().items;
    let found: Vec<_> = found.into_iter().map(|item| (item.label, item.heading, item.what)).collect();
    let expected: Vec<_> =
        expected.iter().map(|(label, heading, what)| ((*label).to_owned(), (*heading).to_owned(), what.clone())).collect();
    assert_eq!(found, expected);
}

const DONE: Option<(Status, &str)> = Some((Status::Done, "已完成"));
const OPEN: Option<(Status, &str)> = Some((Status::Open, "未完成"));

#[test]
fn a_problem_that_is_done_now_is_all_that_is_told() {
    let status = |before: Option<(Status, &str)>, after: Option<(Status, &str)>| ItemDifference::Status {
        before: before.map(|(status, _)| status),
        after: after.map(|(status, _)| status),
        before_as_written: before.map(|(_, written)| written.to_owned()),
        after_as_written: after.map(|(_, written)| written.to_owned()),
    };
    let before = [("1.", "采购手续不齐全", DONE), ("2.", "商会换届不及时", OPEN)];
    check_items(&before, &before, &[]);
    check_items(&before, &[before[0], ("2.", "商会换届不及时", DONE)], &[("问题2", "商会换届不及时", status(OPEN, DONE))]);
    check_items(&before, &[before[0], ("2.", "商会换届不及时", None)], &[("问题2", "商会换届不及时", status(OPEN, None))]);
}

#[test]
fn removing_one_problem_reports_just_that_problem() {
    let headings = ["采购手续不齐全", "商会换届不及时", "廉政谈话走形式", "凭证不规范", "办文质量不高"];
    let list = |skip: Option<usize>| {
        let kept = headings.iter().enumerate().filter(move |(index, _)| Some(*index) != skip).map(|(_, heading)| *heading);
        kept.collect::<Vec<_>>()
    };
    for (index, heading) in headings.iter().enumerate() {
        let before: Vec<(String, &str)> =
            list(None).into_iter().enumerate().map(|(place, heading)| (format!("{}.", place + 1), heading)).collect();
        let after: Vec<(String, &str)> =
            list(Some(index)).into_iter().enumerate().map(|(place, heading)| (format!("{}.", place + 1), heading)).collect();
        let slice = |list: &[(String, &'static str)]| list.iter().map(|(number, heading)| (number.clone(), *heading)).collect::<Vec<_>>();
        let (before, after) = (slice(&before), slice(&after));
        let before: Vec<_> = before.iter().map(|(number, heading)| (number.as_str(), *heading, DONE)).collect();
        let after: Vec<_> = after.iter().map(|(number, heading)| (number.as_str(), *heading, DONE)).collect();
        check_items(&before, &after, &[(&format!("问题{}", index + 1), heading, ItemDifference::Removed)]);
    }
}

#[test]
fn a_problem_put_in_between_is_one_added_problem() {
    check_items(
        &[("1.", "采购手续不齐全", DONE), ("2.", "商会换届不及时", OPEN)],
        &[("1.", "采购手续不齐全", DONE), ("2.", "廉政谈话走形式", OPEN), ("3.", "商会换届不及时", OPEN)],
        &[("问题2", "廉政谈话走形式", ItemDifference::Added)],
    );
}

#[test]
fn a_value_read_differently_from_the_same_words_is_not_what_the_site_did() {
    let (document, notice) = problems(&[("1.", "采购手续不齐全", DONE), ("2.", "商会换届不及时", OPEN)]);
    let mut other = notice.clone();
    other.items[0].status = None;
    other.items[0].status_as_written = None;
    assert_eq!(compare(&version(document.clone(), notice.clone()), &document, &other), None);
    let mut edited = document.clone();
    edited.blocks[3] = Block::Paragraph(edited.blocks[3].text().replace("开会", "两次开会"));
    let found = compare(&version(document, notice), &edited, &other).unwrap();
    assert_eq!((found.fields.len(), found.items.len(), found.passages.len()), (0, 0, 1));
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// What people do to a notice: words changed, paragraphs gone, come, split, joined, moved.
fn meddle(blocks: &mut Vec<Block>, dice: &mut Dice) {
    let at = dice.throw(blocks.len());
    let text: Vec<char> = blocks[at].text().chars().collect();
    let cut = dice.throw(text.len());
    let (head, tail): (String, String) = (text[..cut].iter().collect(), text[cut..].iter().collect());
    match dice.throw(7) {
        0 => blocks[at] = Block::Paragraph(format!("{head}新{tail}")),
        1 => blocks[at] = Block::Paragraph(format!("{head}{}{}", dice.throw(100), tail.chars().skip(2).collect::<String>())),
        2 => drop(blocks.remove(at)),
        3 => blocks.insert(at, Block::Paragraph(format!("另{tail}"))),
        4 if cut > 0 => {
            blocks[at] = Block::Paragraph(head);
            blocks.insert(at + 1, Block::Paragraph(tail));
        }
        5 if at + 1 < blocks.len() => {
            let next = blocks.remove(at + 1).text().into_owned();
            blocks[at] = Block::Paragraph(format!("{head}{tail} {next}"));
        }
        _ => {
            let moved = blocks.remove(at);
            blocks.insert(dice.throw(blocks.len() + 1), moved);
        }
    }
}

/// The pieces of what differs, and the older blocks that do not, make up both bodies.
#[track_caller]
fn check_pieces_give_back_both(before: &[Block], after: &[Block]) {
    let altered = altered(before, after);
    let text = |blocks: &[Block]| blocks.iter().map(|block| words(&block.text())).collect::<String>();
    let stays = |index: &usize| !altered.iter().any(|part| part.before.contains(index));
    let (mut rebuilt, mut at) = (String::new(), 0);
    for part in &altered {
        let side = |left_out: fn(&Piece) -> bool| {
            let kept = part.pieces.iter().filter(|piece| !left_out(piece));
            kept.map(|(Piece::Same(text) | Piece::Deleted(text) | Piece::Inserted(text))| words(text)).collect::<String>()
        };
        assert_eq!(side(|piece| matches!(piece, Piece::Inserted(_))), text(&before[part.before.clone()]));
        rebuilt += &(at..part.place).filter(stays).map(|index| words(&before[index].text())).collect::<String>();
        rebuilt += &side(|piece| matches!(piece, Piece::Deleted(_)));
        at = at.max(part.place);
    }
    rebuilt += &(at..before.len()).filter(stays).map(|index| words(&before[index].text())).collect::<String>();
    assert_eq!(rebuilt, text(after));
}

#[test]
fn whatever_is_done_to_a_notice_the_pieces_give_back_both_texts() {
    let original: Vec<Block> = LICHENG.lines().take(40).map(|line| Block::Paragraph(line.to_owned())).collect();
    let mut dice = Dice(1);
    for round in 0..150 {
        let mut edited = original.clone();
        for _ in 0..=round % 12 {
            meddle(&mut edited, &mut dice);
        }
        check_pieces_give_back_both(&original, &edited);
        check_pieces_give_back_both(&edited, &original);
        assert_eq!(altered(&edited, &edited), []);
    }
}

#[test]
fn a_long_notice_in_another_layout_still_shows_one_digit() {
    let before: Vec<Block> = LICHENG.lines().map(|line| Block::Paragraph(line.to_owned())).collect();
    let joined: Vec<char> = LICHENG.replacen("目前已配备2名", "目前已配备3名", 1).chars().filter(|c| *c != '\n').collect();
    let after: Vec<Block> = joined.chunks(37).map(|line| Block::Paragraph(line.iter().collect())).collect();
    check_pieces_give_back_both(&before, &after);
    let marks: Vec<Piece> =
        altered(&before, &after).into_iter().flat_map(|part| part.pieces).filter(|piece| !matches!(piece, Piece::Same(_))).collect();
    assert_eq!(marks, [Piece::Deleted("2".to_owned()), Piece::Inserted("3".to_owned())]);
}

#[test]
fn beyond_a_bound_whole_blocks_are_compared() {
    let lines = |word: &str| (0..60_000).map(|n| Block::Paragraph(format!("{word}第{n}行各不相同"))).collect::<Vec<_>>();
    let (before, after) = (lines("旧"), lines("新"));
    assert!(before.iter().map(|block| block.text().len()).sum::<usize>() > WORDS_MAX);
    let found = altered(&before, &after);
    assert_eq!(found.len(), 120_000);
    assert!(found.iter().all(|part| matches!(part.pieces.as_slice(), [Piece::Deleted(_)] | [Piece::Inserted(_)])));
}
