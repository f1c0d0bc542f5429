#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| changegate_fuzz::run("configuration", bytes));
