//! A mail taken apart by hand, after RFC 5322, 2045 and 2047.

/// A mail, or one of its parts.
#[derive(Debug)]
pub struct Part {
    /// In their order; folded lines joined, encoded words decoded.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Part {
    #[track_caller]
    pub fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line ends the header");
        let head = std::str::from_utf8(&bytes[..end]).expect("a header is ASCII").replace("\r\n ", " ").replace("\r\n\t", " ");
        let headers = head.split("\r\n").map(|line| {
            let (name, value) = line.split_once(": ").expect("a header line has a name");
            (name.to_owned(), decode_words(value))
        });
        Self { headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    pub fn names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    pub fn header(&self, wanted: &str) -> &str {
        let mut found = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let (Some((_, value)), None) = (found.next(), found.next()) else { panic!("not one {wanted} in {:?}", self.headers) };
        value
    }

    /// The parts of a multipart body.
    #[track_caller]
    pub fn parts(&self) -> Vec<Part> {
        let kind = self.header("Content-Type");
        let boundary = kind.split_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a boundary").0;
        let text = std::str::from_utf8(&self.body).unwrap();
        let text = format!("\r\n{text}");
        let mut pieces: Vec<&str> = text.split(&format!("\r\n--{boundary}")).skip(1).collect();
        assert!(pieces.pop().is_some_and(|last| last.trim_end() == "--"), "the last boundary closes");
        pieces.iter().map(|piece| Part::read(piece.trim_start_matches("\r\n").as_bytes())).collect()
    }

    /// The text of a part, transfer encoding undone.
    #[track_caller]
    pub fn text(&self) -> String {
        let bytes = match self.header("Content-Transfer-Encoding") {
            "7bit" => self.body.clone(),
            "base64" => base64(&String::from_utf8(self.body.clone()).unwrap().replace("\r\n", "")),
            "quoted-printable" => quoted_printable(&String::from_utf8(self.body.clone()).unwrap().replace("=\r\n", ""), false),
            other => panic!("transfer encoding {other}"),
        };
        String::from_utf8(bytes).unwrap().trim_end().replace("\r\n", "\n")
    }
}

fn decode_words(value: &str) -> String {
    // White space between two encoded words is not text (RFC 2047, 6.2).
    let (mut out, mut last_encoded) = (String::new(), false);
    for word in value.split(' ') {
        let inner = word.strip_prefix("=?utf-8?").and_then(|rest| rest.strip_suffix("?="));
        let decoded = inner.map(|inner| match inner.split_at(2) {
            ("b?", text) => base64(text),
            (_, text) => quoted_printable(text, true),
        });
        let between_two_encoded = last_encoded && decoded.is_some();
        if !out.is_empty() && !between_two_encoded {
            out.push(' ');
        }
        last_encoded = decoded.is_some();
        out.push_str(&decoded.map_or_else(|| word.to_owned(), |bytes| String::from_utf8(bytes).unwrap()));
    }
    out
}

pub fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = DIGITS.iter().position(|other| *other == byte).expect("a base64 digit");
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

fn quoted_printable(text: &str, in_header: bool) -> Vec<u8> {
    let (bytes, mut at, mut out) = (text.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'=' => {
                out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                at += 2;
            }
            b'_' if in_header => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    out
}
