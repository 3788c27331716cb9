use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// A plain table that fits the terminal; Chinese characters count as two columns.
pub fn table(headings: &[&str], rows: Vec<Vec<String>>, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(headings.to_vec());
    let whole: Vec<usize> = (0..headings.len()).filter(|column| rows.iter().all(|row| is_code(row, *column))).collect();
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for column in whole {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A name, a number or a day: worthless when it is broken over lines.
fn is_code(row: &[String], column: usize) -> bool {
    const LENGTH_MAX: usize = 16;
    row.get(column).is_none_or(|cell| cell.len() <= LENGTH_MAX && cell.chars().all(|c| c.is_ascii_alphanumeric() || "-.?".contains(c)))
}

/// Pages are strangers: what should be one line of theirs makes no second one, which could be taken for ours.
pub fn printable(text: &str) -> String {
    let line = text.replace(['\n', '\t', '\u{85}', '\u{2028}', '\u{2029}'], " ");
    line.chars().filter(|c| !crate::model::is_control(*c)).collect()
}

/// A time as people in China read it: 11-22 08:00, with the year where it is another than `now`'s.
pub fn time(time: jiff::Timestamp, now: jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC);
    let (time, now) = (time.to_zoned(zone.clone()), now.to_zoned(zone));
    let format = if time.year() == now.year() { "%m-%d %H:%M" } else { "%Y-%m-%d %H:%M" };
    time.strftime(format).to_string()
}
