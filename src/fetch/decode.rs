//! A body as it was sent to the body that was meant: gzip, deflate, brotli and zstd undone, within limits.
//!
//! We do it ourselves because the client's own decoding knows neither a ratio nor the codings of servers that name them wrongly.
//! 64 MiB of zeros need 102 bytes of brotli, so a limit on what is sent protects nobody.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status, bufread::GzDecoder};

/// Codings one upon the other that are undone; no honest server uses more than one.
const CODINGS_MAX: usize = 2;
/// How much larger a body may become, where it grows beyond [`RATIO_FROM_BYTES`]. Of 216 saved pages the most repetitive, a long
/// table, grows to 8.4 times its size, and a bomb of zeros to 1,028 times.
const RATIO_MAX: u64 = 200;
const RATIO_FROM_BYTES: u64 = 1024 * 1024;
/// Binary logarithm of the largest window that a zstd body may ask memory for (RFC 9659: 8 MiB).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
const STEP_BYTES: usize = 32 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body stays as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecoded {
    /// Larger than allowed.
    TooLarge,
    /// So much larger than what was sent that it is no page but a bomb.
    Bomb,
    /// Ends early, or is no such coding inside.
    Broken,
    /// A coding that we do not know, or too many of them.
    Unknown(String),
}

/// Undoes the codings that the Content-Encoding fields name, last applied first; what was decoded before a fault is lost.
pub fn decode(body: Vec<u8>, content_encoding: &[&str], bytes_max: u64) -> Result<Vec<u8>, Undecoded> {
    let (decoded, result) = decode_begin(body, content_encoding, bytes_max);
    result.map(|()| decoded)
}

/// As [`decode`], but what was decoded before a fault is kept.
pub(super) fn decode_begin(body: Vec<u8>, content_encoding: &[&str], bytes_max: u64) -> (Vec<u8>, Result<(), Undecoded>) {
    let codings = match codings(content_encoding) {
        Ok(codings) => codings,
        Err(unknown) => return (body, Err(unknown)),
    };
    let sent = body.len() as u64;
    let mut body = body;
    for coding in codings.iter().rev() {
        let room = (body.len() as u64 * 4).min(bytes_max);
        let mut plain = Plain { bytes: Vec::with_capacity(usize::try_from(room).unwrap_or(0)), sent, bytes_max };
        let result = undo(*coding, &body, &mut plain);
        body = plain.bytes;
        if result.is_err() {
            return (body, result);
        }
    }
    (body, Ok(()))
}

fn codings(content_encoding: &[&str]) -> Result<Vec<Coding>, Undecoded> {
    let mut codings = Vec::new();
    for name in content_encoding.iter().flat_map(|field| field.split(',')).map(str::trim) {
        codings.push(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" | "x-deflate" => Coding::Deflate,
            "br" => Coding::Brotli,
            "zstd" => Coding::Zstd,
            "" | "identity" | "none" => continue,
            // No codings, but servers put them here, Java ones most of all the charset.
            "binary" | "7bit" | "8bit" | "chunked" => continue,
            charset if encoding_rs::Encoding::for_label(charset.as_bytes()).is_some() => continue,
            _ => return Err(Undecoded::Unknown(name.chars().take(40).collect())),
        });
    }
    if codings.len() > CODINGS_MAX { Err(Undecoded::Unknown(format!("{} codings at once", codings.len()))) } else { Ok(codings) }
}

fn undo(coding: Coding, body: &[u8], plain: &mut Plain) -> Result<(), Undecoded> {
    match coding {
        // Nothing, or a plain page in spite of the header: seen with servers that compress only now and then.
        _ if body.is_empty() => Ok(()),
        Coding::Gzip if !body.starts_with(&GZIP) => plain.push(body),
        Coding::Gzip => gunzip(body, plain),
        Coding::Deflate => inflate(body, plain),
        Coding::Brotli => plain.take(&mut brotli_decompressor::Decompressor::new(body, STEP_BYTES)),
        Coding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(|_| Undecoded::Broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|_| Undecoded::Broken)?;
            plain.take(&mut decoder)
        }
    }
}

const GZIP: [u8; 2] = [0x1F, 0x8B];

/// All members one after the other; padding behind the last is ignored, as every browser does.
fn gunzip(mut body: &[u8], plain: &mut Plain) -> Result<(), Undecoded> {
    loop {
        plain.take(&mut GzDecoder::new(&mut body))?;
        if !body.starts_with(&GZIP) {
            return Ok(());
        }
    }
}

/// With the zlib header that the standard asks for, or without, as many servers send it.
fn inflate(mut body: &[u8], plain: &mut Plain) -> Result<(), Undecoded> {
    let has_header = matches!(body, [first, second, ..] if first & 15 == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0);
    let mut inflate = Decompress::new(has_header);
    let mut step = vec![0; STEP_BYTES];
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(body, &mut step, FlushDecompress::None).map_err(|_| Undecoded::Broken)?;
        let (read, written) = ((inflate.total_in() - read) as usize, (inflate.total_out() - written) as usize);
        body = &body[read..];
        plain.push(&step[..written])?;
        match status {
            Status::StreamEnd => return Ok(()),
            // The stream wants more than there is.
            _ if read == 0 && written == 0 => return Err(Undecoded::Broken),
            _ => {}
        }
    }
}

/// What is decoded, growing within its limits.
struct Plain {
    bytes: Vec<u8>,
    /// Bytes that came over the wire, before any coding was undone.
    sent: u64,
    bytes_max: u64,
}

impl Plain {
    fn push(&mut self, step: &[u8]) -> Result<(), Undecoded> {
        let bytes = (self.bytes.len() + step.len()) as u64;
        if bytes > RATIO_FROM_BYTES && bytes > self.sent.saturating_mul(RATIO_MAX) {
            return Err(Undecoded::Bomb);
        }
        let room = self.bytes_max.saturating_sub(self.bytes.len() as u64);
        self.bytes.extend_from_slice(&step[..step.len().min(usize::try_from(room).unwrap_or(usize::MAX))]);
        if bytes > self.bytes_max { Err(Undecoded::TooLarge) } else { Ok(()) }
    }

    fn take(&mut self, decoder: &mut impl Read) -> Result<(), Undecoded> {
        let mut step = vec![0; STEP_BYTES];
        loop {
            match decoder.read(&mut step) {
                Ok(0) => return Ok(()),
                Ok(read) => self.push(&step[..read])?,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Undecoded::Broken),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// Text that hardly shrinks.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn the_limit_is_on_what_comes_out_and_may_be_reached() {
        let plain = noise(100_000);
        assert_eq!(decode(gzip(&plain), &["gzip"], 100_000), Ok(plain.clone()));
        assert_eq!(decode(gzip(&plain), &["gzip"], 99_999), Err(Undecoded::TooLarge));
        let (begin, result) = decode_begin(gzip(&plain), &["gzip"], 1000);
        assert_eq!((begin.as_slice(), result), (&plain[..1000], Err(Undecoded::TooLarge)));
    }

    #[test]
    fn a_bomb_is_told_from_a_page_that_repeats_itself() {
        let (row, limit) = ("<tr><td>完成</td><td>2024年9月12日</td></tr>\n", 64 * 1024 * 1024);
        let table: Vec<u8> = (0..40_000).flat_map(|number| format!("{number}{row}").into_bytes()).collect();
        assert!(table.len() as u64 > RATIO_FROM_BYTES);
        assert_eq!(decode(gzip(&table), &["gzip"], limit), Ok(table));
        assert_eq!(decode(gzip(&vec![0; 1024 * 1024]), &["gzip"], limit).map(|plain| plain.len()), Ok(1024 * 1024), "small ones may");
        assert_eq!(decode(gzip(&vec![0; 2 * 1024 * 1024]), &["gzip"], limit), Err(Undecoded::Bomb));
        assert_eq!(decode(gzip(&gzip(&vec![0; 16 * 1024 * 1024])), &["gzip, gzip"], limit), Err(Undecoded::Bomb), "of what was sent");
    }

    #[test]
    fn codings_are_undone_in_reverse_over_all_fields() {
        let zstd_in_gzip = gzip(&zstd::bulk::compress(b"page", 3).unwrap());
        assert_eq!(decode(zstd_in_gzip.clone(), &["zstd", "gzip"], 100), Ok(b"page".to_vec()));
        assert_eq!(decode(zstd_in_gzip.clone(), &["ZSTD, , x-GZIP, identity"], 100), Ok(b"page".to_vec()));
        assert_eq!(decode(zstd_in_gzip, &["gzip", "gzip", "br"], 100), Err(Undecoded::Unknown("3 codings at once".to_owned())));
    }

    #[test]
    fn any_bytes_are_decoded_or_refused() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            for bytes in 0..300 {
                let body = [&noise(bytes)[..], &[0; 3]].concat();
                let magic: &[u8] = match coding {
                    "gzip" => &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3],
                    "deflate" => &[0x78, 0x9C],
                    "zstd" => &[0x28, 0xB5, 0x2F, 0xFD],
                    _ => &[],
                };
                for body in [body.clone(), [magic, &body].concat()] {
                    if let Ok(plain) = decode(body, &[coding], 1000) {
                        assert!(plain.len() <= 1000, "{coding}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_window_larger_than_a_browser_would_hold_is_refused() {
        // A frame of RFC 8878, 3.1.1: no content size, window descriptor of 2^27 bytes, one last raw block of one byte.
        let huge = [0x28, 0xB5, 0x2F, 0xFD, 0x00, (27 - 10) << 3, 0x09, 0x00, 0x00, b'x'];
        let usual = [0x28, 0xB5, 0x2F, 0xFD, 0x00, (20 - 10) << 3, 0x09, 0x00, 0x00, b'x'];
        assert_eq!(decode(usual.to_vec(), &["zstd"], 10), Ok(b"x".to_vec()));
        assert_eq!(decode(huge.to_vec(), &["zstd"], 10), Err(Undecoded::Broken));
    }
}
