#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huitoukan_fuzz::read("direct", bytes));
