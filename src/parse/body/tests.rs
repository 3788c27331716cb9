//! Pairs of names that are one body, and pairs that are two; each side may name the source's region.

use super::{Home, bodies, body};
use crate::model::{Notice, Region, SourceId, Stated, Topic};

/// `name` or `name @ region # source`; without a region the source says nothing of its place.
fn key(written: &str) -> Option<String> {
    let (written, source) = written.split_once('#').map_or((written, "one"), |(left, source)| (left, source.trim()));
    let (name, region) = written.split_once('@').unwrap_or((written, ""));
    let (region, source) = (Region(region.trim().to_owned()), SourceId(source.to_owned()));
    body(name.trim(), Home { region: &region, source: &source }).map(|body| body.key)
}

#[test]
fn spellings_of_one_body_are_one_and_two_bodies_stay_two() {
    let pairs = include_str!("pairs.txt").lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in pairs {
        let (relation, names) = line.split_once('|').expect("a line is: relation | name | name");
        let (one, other) = names.split_once('|').expect("a line is: relation | name | name");
        let (left, right) = (key(one), key(other));
        let same = left.is_some() && left == right;
        count += 1;
        if same != (relation.trim() == "same") {
            wrong.push(format!("{line}\n    {left:?} and {right:?}"));
        }
    }
    assert!(count >= 120, "only {count} pairs");
    assert!(wrong.is_empty(), "{} of {count} pairs:\n{}", wrong.len(), wrong.join("\n"));
}

#[track_caller]
fn check(name: &str, expected: Option<&str>) {
    assert_eq!(key(name).as_deref(), expected, "of {name}");
}

#[test]
fn a_key_tells_the_place_and_the_unit() {
    check("中共洛阳市工商业联合会党组 @ 河南/洛阳", Some("河南/洛阳·工商联"));
    check("湘潭市雨湖区工商业联合会", Some("湖南/湘潭/雨湖·工商联"));
    check("中共嵊州市委 @ 浙江/绍兴/嵊州", Some("浙江/绍兴/嵊州·党委"));
    check("国家知识产权局党组 @ 中央", Some("中国·国家知识产权局"));
    check("机电学院党委 @ 福建/泉州", Some("@one·机电学院"));
}

#[test]
fn what_is_no_bodys_name_is_none() {
    for words in ["我局党组", "区委巡察一组", "本单位", "党组", "反馈的问题", "全县各级党组织整改情况", ""] {
        check(words, None);
    }
}

/// Keys of the bodies that a notice tells of, read at a source of 福建/泉州/鲤城.
#[track_caller]
fn check_notice(topic: Topic, issuer: &str, target: &str, expected: &[&str]) {
    let stated = |value: &str| (!value.is_empty()).then(|| Stated { value: value.to_owned(), span: None, inferred: false });
    let mut notice = Notice { topic, issuer: stated(issuer), ..Notice::default() };
    notice.inspection.target = stated(target);
    let (region, source) = (Region("福建/泉州/鲤城".into()), SourceId("one".into()));
    let keys: Vec<String> = bodies(&notice, Home { region: &region, source: &source }).into_iter().map(|body| body.key).collect();
    assert_eq!(keys, expected, "of {issuer:?} on {target:?}");
}

#[test]
fn a_notice_is_of_whose_it_is_and_a_feedback_of_those_inspected() {
    let licheng = |unit: &str| format!("福建/泉州/鲤城·{unit}");
    let (chamber, culture, sport, disabled) = (licheng("工商联"), licheng("文旅"), licheng("体育"), licheng("残联"));
    check_notice(Topic::Rectification, "中共鲤城区工商业联合会党组", "区工商联", &[&chamber]);
    check_notice(Topic::Rectification, "我局党组", "区体育局党组(含区少体校)", &[&sport]);
    check_notice(Topic::Rectification, "", "", &[]);
    check_notice(Topic::Feedback, "区委巡察办", "区文旅局党组、区体育局党组和区残联", &[&culture, &sport, &disabled]);
    check_notice(Topic::Feedback, "", "区发展和改革局党组", &[&licheng("发改")]);
    check_notice(Topic::Feedback, "区委巡察办", "被巡察党组织", &[]);
}
