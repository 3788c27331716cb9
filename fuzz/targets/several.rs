#![no_main]

//! Several light readers in one process, named in HUITOUKAN_READERS with `+` between; an input's first byte says which reads it.

use std::sync::LazyLock;

static READERS: LazyLock<String> = LazyLock::new(|| std::env::var("HUITOUKAN_READERS").expect("HUITOUKAN_READERS names readers"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let names: Vec<&str> = READERS.split('+').collect();
    huitoukan_fuzz::read(names[usize::from(*first) % names.len()], rest);
});
