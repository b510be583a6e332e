//! Texts that are hard to quote, and how a cloud may write them as JSON.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PIECES: [&str; 24] = [
    "\"",
    "\n",
    "\\",
    "\0",
    "数字人",
    "a",
    "\\n",
    "é",
    "\u{1f600}",
    " ",
    "{",
    "}",
    ",",
    "=",
    "#",
    "\r",
    "\t",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{1}",
    "le",
    "\u{2400}",
];
const LONG: usize = 10_000;

/// Any text without U+FFFF, which stands for unreadable bytes.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => "[a-z0-9]{1,8}",
        6 => vec(select(&PIECES[..]), 0..6).prop_map(|pieces| pieces.concat()),
        2 => vec(any::<char>(), 1..6).prop_map(|all| all.into_iter().filter(|c| *c != '\u{ffff}').collect()),
        1 => (select(&PIECES[..]), "[a-z]{1,4}")
            .prop_map(|(piece, name)| name + &piece.repeat(LONG / piece.len())),
    ]
}

/// How a text is written as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Escapes {
    /// Only what JSON requires.
    Few,
    /// All but letters and digits.
    All,
    /// Control characters as they are, which JSON forbids.
    RawControls,
}

pub(crate) fn escapes() -> impl Strategy<Value = Escapes> {
    select(&[Escapes::Few, Escapes::All, Escapes::RawControls][..])
}

/// A text as JSON.
pub(crate) fn quoted(text: &str, escapes: Escapes) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match (escapes, c) {
            (Escapes::All, c) if !c.is_ascii_alphanumeric() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(json, "\\u{unit:04x}").unwrap();
                }
            }
            (_, '"' | '\\') => json.extend(['\\', c]),
            (Escapes::Few, '\n') => json.push_str("\\n"),
            (Escapes::Few, c) if c < ' ' => write!(json, "\\u{:04X}", u32::from(c)).unwrap(),
            _ => json.push(c),
        }
    }
    json + "\""
}
