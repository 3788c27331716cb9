//! Pairs of names that are one body, and pairs that are two; each side may name the source's region.

use super::{Home, body};
use crate::model::{Region, SourceId};

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
