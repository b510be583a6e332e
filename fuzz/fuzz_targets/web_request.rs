#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| metastudio_exporter::fuzzed::run("web_request", data));
