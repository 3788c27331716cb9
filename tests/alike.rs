//! How well problems and measures that are alike are found: over pairs judged by hand, and on the command line.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;

use huitoukan::alike::problems::{Query, THE_SAME, Weights};
use huitoukan::alike::{measures, statements};
use huitoukan::demo::{BODIES, Site};
use huitoukan::model::{Block, Document};
use huitoukan::parse;
use program::Program;

const NOW: &str = "2026-11-23T09:00:00+08:00";

/// The statements of every problem of every seed, by seed and item.
fn seeds() -> Vec<Vec<Vec<String>>> {
    let read = |number: usize| {
        let text = std::fs::read_to_string(format!("src/demo/seeds/{number:03}.txt")).unwrap();
        let blocks = text.lines().map(|line| Block::Paragraph(line.to_owned())).collect();
        let notice = parse::notice(&Document { blocks, ..Document::default() });
        notice.items.iter().map(|item| statements(item.words())).collect()
    };
    (0..5).map(read).collect()
}

/// Relation and likeness of each pair of `problems.tsv`, by weights learned from the five seeds alone.
fn judged_problems() -> Vec<(String, f32)> {
    let seeds = seeds();
    let weights = Weights::of(seeds.iter().flatten().flatten().map(String::as_str));
    let item = |name: &str| {
        let (seed, item) = name.split_once('#').unwrap();
        &seeds[seed.parse::<usize>().unwrap()][item.parse::<usize>().unwrap() - 1]
    };
    pairs("problems")
        .map(|[relation, one, other]| {
            let query = Query::new(item(&one), &weights);
            (relation, query.score(item(&other).iter().map(String::as_str), &weights, 0.0))
        })
        .collect()
}

fn judged_measures() -> Vec<(String, f32)> {
    pairs("measures").map(|[relation, one, other]| (relation, measures::shared(&one, &other))).collect()
}

fn pairs(name: &str) -> impl Iterator<Item = [String; 3]> {
    let text = std::fs::read_to_string(format!("tests/corpus/pairs/{name}.tsv")).unwrap();
    let lines: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    lines.into_iter().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap())
}

/// Of the pairs above the threshold how many are `right`, how many of the `right` ones are above it, and the average precision.
fn quality(judged: &[(String, f32)], right: &[&str], threshold: f32) -> (f64, f64, f64) {
    let is_right = |relation: &str| right.contains(&relation);
    let told = judged.iter().filter(|(_, score)| *score >= threshold);
    let told_right = told.clone().filter(|(relation, _)| is_right(relation)).count() as f64;
    let all_right = judged.iter().filter(|(relation, _)| is_right(relation)).count() as f64;
    let mut ranked: Vec<&(String, f32)> = judged.iter().collect();
    // Of equal scores the wrong ones first: no luck is counted.
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(is_right(&one.0).cmp(&is_right(&other.0))));
    let (mut found, mut sum) = (0.0, 0.0);
    for (rank, (relation, _)) in ranked.iter().enumerate() {
        if is_right(relation) {
            found += 1.0;
            sum += found / (rank + 1) as f64;
        }
    }
    (told_right / (told.count() as f64).max(1.0), told_right / all_right, sum / all_right)
}

#[track_caller]
fn check(name: &str, (precision, recall, average): (f64, f64, f64), floors: (f64, f64, f64)) {
    println!("{name:<44} precision {precision:.2}  recall {recall:.2}  average precision {average:.2}");
    assert!(precision >= floors.0 && recall >= floors.1 && average >= floors.2, "{name}: {precision:.2} {recall:.2} {average:.2}");
}

#[test]
fn problems_judged_alike_are_found_and_boilerplate_alone_is_not() {
    let judged = judged_problems();
    if std::env::var_os("SHOW").is_some() {
        let mut all: Vec<_> = judged.iter().zip(pairs("problems")).collect();
        all.sort_by(|one, other| other.0.1.total_cmp(&one.0.1));
        all.iter().for_each(|((relation, score), [_, one, other])| println!("{score:.2} {relation} {one} {other}"));
    }
    let unrelated: Vec<_> = judged.iter().filter(|(relation, _)| relation != "related").cloned().collect();
    check("problems, same against different", quality(&unrelated, &["same"], THE_SAME), (0.80, 0.35, 0.75));
    check("problems, same against all others", quality(&judged, &["same"], THE_SAME), (0.60, 0.35, 0.60));
    check("problems, same or related against different", quality(&judged, &["same", "related"], THE_SAME), (0.80, 0.25, 0.75));
}

#[test]
fn measures_that_were_copied_are_told_from_those_written_apart() {
    let judged = judged_measures();
    check("measures, copied against own", quality(&judged, &["copied"], measures::NEARLY_THE_SAME), (0.80, 0.25, 0.75));
}

#[test]
fn no_copy_is_lost_before_it_is_looked_at_exactly() {
    for [relation, one, other] in pairs("measures").filter(|[relation, ..]| relation == "copied") {
        let (mine, theirs) = (measures::Signature::of(&one).unwrap(), measures::Signature::of(&other).unwrap());
        assert!(mine.is_worth_a_look(&theirs.0).is_some(), "{relation}: {one}\n{other}");
    }
}

/// A program that has visited the five seeds' sites; the fifth is of another sector.
async fn visited() -> (Site, Program) {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    for (number, body) in BODIES.iter().enumerate() {
        body.list(&site, true);
        let paragraphs: Vec<String> = body.paragraphs().iter().map(ToString::to_string).collect();
        body.publish(&site, &paragraphs);
        let url = site.url(body.listing);
        let sector = if number == 4 { "党委" } else { "工商联" };
        program.well(&["add", url.as_str(), "--id", body.id, "--name", body.name, "--region", body.region, "--sector", sector]);
    }
    program.well(&["--now", NOW, "check"]);
    (site, program)
}

fn json(program: &Program, arguments: &[&str]) -> Vec<serde_json::Value> {
    let ran = program.well(&[arguments, &["--json"]].concat());
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_finds_those_of_other_bodies_and_the_share_of_its_sector() {
    let (_site, program) = visited().await;
    let items = json(&program, &["items", "--match", "主体责任落实不到位"]);
    let [item] = items.as_slice() else { panic!("{items:#?}") };
    let name = item["item_id"].as_str().unwrap();
    let alike = json(&program, &["similar", name]);
    assert!(alike.len() >= 2, "{alike:#?}");
    assert!(alike.iter().all(|row| row["notice"] != item["notice"]), "its own notice is not told of");
    assert!(alike.is_sorted_by(|one, other| one["likeness"].as_f64() >= other["likeness"].as_f64()));
    let first = &alike[0];
    assert!(first["problem"].as_str().unwrap().contains("责任"), "{first}");
    assert_eq!(first["sector_bodies"], if first["sector"] == "工商联" { 4 } else { 1 }, "{first}");
    assert!(json(&program, &["similar", name, "--sector", "党委"]).iter().all(|row| row["sector"] == "党委"));
    assert!(json(&program, &["similar", name, "--region", "湖南"]).iter().all(|row| row["region"] == "湖南/湘潭/雨湖"));
    assert_eq!(json(&program, &["similar", name, "--limit", "1"]).len(), 1);
    program.well(&["similar", "商会换届不及时"]).prints("工商联:4 家单位中").prints("指导基层商会换届不及时");
    program.run(&["similar", "7K3Q9M2D-4F7Q2K"]).ends(1).says("no problem is named 7K3Q9M2D-4F7Q2K");
    program.run(&["similar", "。。"]).ends(1).says("has no words to look for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measure_that_another_body_has_nearly_word_for_word_is_found() {
    let (_site, program) = visited().await;
    let copy = "二是在县工商联的督促指导下,2025年5月23日,城东街道商会已成立中共城东街道商会支部委员会,设委员5名,其中书记1名。目前街道商会党组织覆盖率已升至60%。";
    let found = json(&program, &["similar", copy, "--measures"]);
    let [row] = found.as_slice() else { panic!("{found:#?}") };
    assert!(row["measure"].as_str().unwrap().contains("开元街道商会支部委员会"), "{row}");
    assert_eq!(row["number"], 2);
    program.well(&["similar", "加强学习,提高认识,压实责任,确保整改取得实效", "--measures"]).says("nothing found");
}
