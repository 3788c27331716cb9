//! What a notice belongs to, as lines on a terminal.

use std::io::Write;

use super::Output;
use super::table::printable;
use crate::model::{NoticeId, Relative, Relatives};

pub fn print(notice: &NoticeId, relatives: &Relatives, output: &mut Output) -> anyhow::Result<()> {
    for (word, all) in [
        ("反馈", relatives.feedback.iter().collect::<Vec<_>>()),
        ("上一轮", relatives.earlier.iter().collect()),
        ("同一轮", relatives.same_round.iter().collect()),
        ("此后", relatives.later.iter().collect()),
    ] {
        for other in all {
            writeln!(output.out, "{word} {}", line(other))?;
        }
    }
    for copy in &relatives.copies {
        let differs = match copy.differences.unwrap_or_default() {
            0 => "文字相同".to_owned(),
            count => format!("{count} 处不同: huitoukan diff {} {notice}", copy.notice),
        };
        writeln!(output.out, "同文 {} {} {differs}", copy.notice, copy.url)?;
    }
    Ok(())
}

fn line(other: &Relative) -> String {
    let day = other.date.map(|day| day.to_string()).unwrap_or_default();
    let problems = other.problems.map(|problems| format!("问题 {problems}")).unwrap_or_default();
    let parts = [day, problems, printable(&other.title), other.notice.to_string()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
