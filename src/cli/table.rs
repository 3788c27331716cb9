use comfy_table::{ContentArrangement, Table, presets};

/// A plain table that fits the terminal; Chinese characters count as two columns.
pub fn table(headings: &[&str], rows: Vec<Vec<String>>, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(headings.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Pages are strangers: no control character of theirs, which could move the cursor or make a line, reaches the terminal.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A time as people in China read it: 11-22 08:00, with the year where it is another than `now`'s.
pub fn time(time: jiff::Timestamp, now: jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC);
    let (time, now) = (time.to_zoned(zone.clone()), now.to_zoned(zone));
    let format = if time.year() == now.year() { "%m-%d %H:%M" } else { "%Y-%m-%d %H:%M" };
    time.strftime(format).to_string()
}
