//! Single fields: what a cloud writes, and what it means by the documents.

use proptest::prelude::*;
use proptest::sample::select;

use super::texts::{Escapes, quoted, text};

/// What a field means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning<T> {
    Nothing,
    Is(T),
    Invalid,
}

/// A number as it is written; without JSON, the field is absent.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(crate) json: Option<String>,
    pub(crate) meaning: Meaning<f64>,
}

const ODD_NUMBERS: [(&str, Meaning<f64>); 20] = [
    ("null", Meaning::Nothing),
    (r#""""#, Meaning::Nothing),
    (r#"" ""#, Meaning::Nothing),
    ("-1", Meaning::Is(-1.0)),
    ("-1", Meaning::Is(-1.0)),
    (r#""-1.0""#, Meaning::Is(-1.0)),
    ("0", Meaning::Is(0.0)),
    ("-0", Meaning::Is(0.0)),
    ("-7", Meaning::Is(-7.0)),
    ("7.0", Meaning::Is(7.0)),
    (r#"" 2.5 ""#, Meaning::Is(2.5)),
    ("25e-1", Meaning::Is(2.5)),
    ("1e308", Meaning::Is(1e308)),
    ("1e999", Meaning::Invalid),
    ("true", Meaning::Invalid),
    ("[1]", Meaning::Invalid),
    (r#"{"a":[]}"#, Meaning::Invalid),
    (r#""many""#, Meaning::Invalid),
    (r#""NaN""#, Meaning::Invalid),
    (r#""inf""#, Meaning::Invalid),
];

pub(crate) fn number() -> impl Strategy<Value = Number> {
    let is = |json: String, value| Number { json: Some(json), meaning: Meaning::Is(value) };
    prop_oneof![
        4 => (0..1_000_000_u32).prop_map(move |n| is(n.to_string(), f64::from(n))),
        1 => (0..1000_u32).prop_map(move |n| is(format!("\"{n}\""), f64::from(n))),
        2 => (0.0..1e18).prop_map(move |n: f64| is(format!("{n}"), n)),
        1 => Just(Number { json: None, meaning: Meaning::Nothing }),
        4 => select(&ODD_NUMBERS[..])
            .prop_map(|(json, meaning)| Number { json: Some(json.to_owned()), meaning }),
    ]
}

/// A text as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    json: TextJson,
}

#[derive(Debug, Clone)]
enum TextJson {
    Absent,
    Text(String),
    Other(&'static str),
}

const ODD_TEXTS: [&str; 7] = ["null", "17", "-1.50", "true", "[\"a\"]", "{}", "1e999"];

pub(crate) fn any_text() -> impl Strategy<Value = Text> {
    prop_oneof![
        10 => text().prop_map(|text| Text { json: TextJson::Text(text) }),
        1 => Just(Text { json: TextJson::Absent }),
        1 => select(&ODD_TEXTS[..]).prop_map(|json| Text { json: TextJson::Other(json) }),
    ]
}

impl Text {
    pub(crate) fn json(&self, escapes: Escapes) -> Option<String> {
        match &self.json {
            TextJson::Absent => None,
            TextJson::Text(text) => Some(quoted(text, escapes)),
            TextJson::Other(json) => Some((*json).to_owned()),
        }
    }

    /// A number may stand for a text. Blanks are no text.
    pub(crate) fn meaning(&self) -> Meaning<String> {
        match &self.json {
            TextJson::Absent | TextJson::Other("null") => Meaning::Nothing,
            TextJson::Text(text) if text.trim().is_empty() => Meaning::Nothing,
            TextJson::Text(text) => Meaning::Is(shown(text)),
            TextJson::Other(json) if json.starts_with(['-', '1']) => Meaning::Is((*json).to_owned()),
            TextJson::Other(_) => Meaning::Invalid,
        }
    }
}

/// The text format cannot carry NUL.
pub(crate) fn shown(text: &str) -> String {
    text.replace('\0', "␀")
}

/// A time as it is written, in seconds since 1970.
pub(crate) fn time() -> impl Strategy<Value = Number> {
    select(
        &[
            ("null", Meaning::Nothing),
            (r#""""#, Meaning::Nothing),
            (r#""2027-01-10T08:43:17Z""#, Meaning::Is(1_799_570_597.0)),
            (r#""2027-01-10 16:43:17+08:00""#, Meaning::Is(1_799_570_597.0)),
            (r#""2027-01-10T08:43:17.25""#, Meaning::Is(1_799_570_597.25)),
            (r#""9999-12-31T23:59:59Z""#, Meaning::Nothing),
            (r#""1970-01-01T00:00:00Z""#, Meaning::Nothing),
            (r#""2027-02-30T00:00:00Z""#, Meaning::Invalid),
            (r#""soon""#, Meaning::Invalid),
            ("1799570597", Meaning::Invalid),
            ("[]", Meaning::Invalid),
        ][..],
    )
    .prop_map(|(json, meaning)| Number { json: Some(json.to_owned()), meaning })
}
