//! Every file of the corpora of `fuzz/`, and each of its beginnings, is read as the fuzzer does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use metastudio_exporter::fuzzed::TARGETS;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

/// The names of the entries of a directory, without extensions.
fn names(directory: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(Path::new(FUZZ).join(directory)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("fuzz_targets"), targets);
}

#[test]
fn every_text_of_the_corpora_is_read() {
    for (name, read) in TARGETS {
        let files = fs::read_dir(Path::new(FUZZ).join("corpus").join(name)).unwrap();
        let texts: Vec<_> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(texts.len() >= 10, "{name} has {} texts", texts.len());
        for text in texts {
            read(&text);
            // What a connection that breaks leaves of it.
            read(&text[..text.len() / 2]);
        }
    }
}
