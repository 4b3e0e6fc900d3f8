#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interview::fuzzing::guide_json(bytes));
