//! What a new notice belongs to, one line each: 上一轮, 同一轮, 同文见于.

use super::discreet::Discreet;
use crate::model::{Relative, Told};

/// Relatives of one kind that are named; the rest is counted.
const NAMED_MAX: usize = 3;

pub(super) fn lines(told: &Told, discreet: &Discreet) -> Vec<String> {
    let relatives = &told.relatives;
    let mut lines = Vec::new();
    lines.extend(relatives.earlier.as_ref().map(|earlier| format!("上一轮：{}", round(earlier, discreet))));
    lines.extend(several("同一轮：", &relatives.same_round, |other| round(other, discreet)));
    lines.extend(several("反馈：", &relatives.feedback, |other| round(other, discreet)));
    let others = relatives.copies.iter().filter(|copy| told.copy_of.as_ref() != Some(&copy.notice)).cloned().collect::<Vec<_>>();
    lines.extend(several("同文见于 ", &others, |copy| {
        let host = discreet.line(copy.url.host_str().unwrap_or_default(), 60);
        let day = copy.date.map(|day| format!("，{day} 发布")).unwrap_or_default();
        match copy.differences.unwrap_or_default() {
            0 => format!("{host}（文字相同{day}，huitoukan show {}）", copy.notice),
            count => format!("{host}（{count} 处不同{day}，huitoukan diff {} {}）", copy.notice, told.notice),
        }
    }));
    lines
}

fn several(word: &str, all: &[Relative], say: impl Fn(&Relative) -> String) -> Option<String> {
    let named: Vec<String> = all.iter().take(NAMED_MAX).map(say).collect();
    let rest = if all.len() > NAMED_MAX { format!("；另有 {} 件", all.len() - NAMED_MAX) } else { String::new() };
    (!named.is_empty()).then(|| format!("{word}{}{rest}", named.join("；")))
}

/// `2021-03-05，23 项（…通报，huitoukan show 7K3Q9M2D）`.
fn round(relative: &Relative, discreet: &Discreet) -> String {
    let day = relative.date.map(|day| day.to_string());
    let problems = relative.problems.map(|problems| format!("{problems} 项"));
    let said: Vec<String> = day.into_iter().chain(problems).collect();
    let title = discreet.line(&relative.title, 60);
    format!("{}（{title}，huitoukan show {}）", said.join("，"), relative.notice)
}
