//! A value and its checksum to a line of text, and back: for files that are only ever added to and never synced.
//!
//! A line is JSON, a tab, and the CRC-32 of the JSON in eight hexadecimal digits; earlier releases wrote the JSON alone. What
//! is no such line is left out and counted: a power cut may leave half of one at the end, and nothing that is owed to anybody
//! stands in such a file.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// With the line end. Values of ours hold texts, times and numbers only, so that this cannot fail.
pub(super) fn line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("it holds texts, times and numbers");
    let checksum = checksum(&line);
    line.extend(format!("\t{checksum:08x}\n").bytes());
    line
}

/// What could be read, in order, and how many lines could not: half of one at the end is none.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> (Vec<T>, usize) {
    let (mut values, mut unread) = (Vec::new(), 0);
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match value(line) {
            Some(value) => values.push(value),
            None => unread += 1,
        }
    }
    values.extend(value(&bytes[whole..]));
    (values, unread)
}

fn value<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    // JSON has no tab but between its words, and ours has none there.
    let json = match line.iter().position(|byte| *byte == b'\t') {
        Some(tab) if line[tab + 1..] == *format!("{:08x}", checksum(&line[..tab])).as_bytes() => &line[..tab],
        Some(_) => return None,
        None => line,
    };
    serde_json::from_slice(json).ok()
}

fn checksum(json: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(json);
    sum.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &[u32], unread: usize) {
        assert_eq!(read::<u32>(bytes), (expected.to_vec(), unread), "{}", bytes.escape_ascii());
    }

    #[test]
    fn a_line_is_read_as_it_was_written_or_left_out() {
        let one = line(&17);
        check(&[one.clone(), line(&18)].concat(), &[17, 18], 0);
        check(b"17\n18\n", &[17, 18], 0);
        check(b"17\nhalf\n18\n", &[17, 18], 1);
        check(&[&one[..], b"18\tabc"].concat(), &[17], 0);
        for place in 0..one.len() - 1 {
            let mut flipped = one.clone();
            flipped[place] ^= 1;
            check(&flipped, &[], 1);
        }
    }
}
