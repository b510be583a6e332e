//! No recording has a marked secret, wherever the cloud writes it and however it encodes it.
//!
//! A mark is a name, a number or a Chinese word. A number has more digits than any that the documents define, and is not
//! the fraction of another one: those stay.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, FileFailurePersistence};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::{RecordedProject, recording};
use crate::cloud::exchanges::{Exchange, Outcome};

const KEYS: [&str; 34] = [
    "resource_id",
    "order_id",
    "user_id",
    "asset_id",
    "name",
    "description",
    "error_msg",
    "message",
    "unit",
    "status",
    "amount",
    "usage",
    "quota",
    "count",
    "resource_type",
    "business_type",
    "charging_mode",
    "expire_time",
    "request_id",
    "error_code",
    "domain_id",
    "X-Token",
    "is_sub_resource",
    "error",
    "title",
    "resources",
    "assets",
    "users",
    "resource_available_nums",
    "bound_asset",
    "ids",
    "links",
    "limit",
    "",
];
/// What is around a mark; `@` stands for it.
const CONTEXTS: [&str; 22] = [
    "@",
    "@",
    " @ ",
    "user @: not found",
    "x@y",
    "_@_",
    "id-@",
    "@.@",
    "http://@:443/@?@=@",
    "<a href='@'>@</a>",
    "canonicalRequest:GET|@",
    "signature expired, signature time:20211217T064303Z@",
    "MSS.@",
    "limit:5,time:@",
    "2026-01-01T00:00:00@",
    "2026-01-01@",
    "hws.resource.type.metastudio.@",
    "voice_clone_@",
    "用户@不存在",
    "\"@\\",
    "@,BASIC,@",
    "Bearer @==",
];
const URLS: [&str; 9] = [
    "https://@.example.com/@/v1/@/user/quotas?limit=100&offset=0",
    "https://h/v1/@/tenants/resources?limit=@&@=1",
    "https://h/v1/@/voice-training-manage/quotas?offset=@&x=%41@",
    "https://h/v1/0b01/user/@/quotas?@",
    "https://@/v3/projects?name=@&name=cn-north-4",
    "https://h/x/v3/users?domain_id=@",
    "https://h/@/v9/@;a=@?@&@&&=@#@",
    "https://u@:@@h/v1/@/@",
    "https://h/@",
];
const HEADERS: [&str; 14] = [
    "set-cookie",
    "x-request-id",
    "server",
    "x-subject-token",
    "location",
    "retry-after",
    "content-type",
    "date",
    "via",
    "etag",
    "x-trace-id",
    "authorization",
    "www-authenticate",
    "content-encoding",
];
const HEADER_CONTEXTS: [&str; 8] = [
    "@",
    "application/json; x=@",
    "application/json; charset=@",
    "Wed, 01 Jan 2020 00:00:00 GMT (@)",
    "Wed, @ Jan 2020 00:00:00 GMT",
    "120@",
    "@; path=/",
    "text/@",
];

fn mark() -> impl Strategy<Value = String> {
    let chinese = vec(prop::char::range('\u{4e00}', '\u{9fa5}'), 4).prop_map(String::from_iter);
    prop_oneof![
        3 => "[A-Z][a-z]{2}[0-9][A-Z][a-z]{2}[0-9][A-Z][a-z]{2}",
        2 => "[1-9][0-9]{16}",
        1 => chinese,
    ]
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn escaped(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
}

fn entities(text: &str) -> String {
    text.chars().fold(String::new(), |text, c| text + &format!("&#x{:x};", u32::from(c)))
}

fn decimal_entities(text: &str) -> String {
    text.chars().fold(String::new(), |text, c| text + &format!("&#{};", u32::from(c)))
}

fn hexadecimal(text: &str) -> String {
    hex::encode(text)
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

fn in_base64(text: &str) -> String {
    BASE64_STANDARD.encode(format!("{text} {text}"))
}

const ENCODINGS: [fn(&str) -> String; 10] = [
    str::to_owned,
    str::to_owned,
    percent,
    |text| percent(&percent(text)),
    escaped,
    entities,
    decimal_entities,
    hexadecimal,
    in_base64,
    reversed,
];

/// The forms in which a mark could be in a text.
fn forms(mark: &str) -> Vec<String> {
    let in_base64 = (0..3).map(|shift| {
        let text = BASE64_STANDARD.encode(" ".repeat(shift) + mark);
        // The characters that do not depend on what is around.
        text[shift.div_ceil(3) * 2 + shift..text.len() - 4].to_owned()
    });
    let plain = [
        mark.to_owned(),
        reversed(mark),
        percent(mark),
        percent(&percent(mark)),
        escaped(mark),
        entities(mark),
        decimal_entities(mark),
        hex::encode(mark),
    ];
    plain.into_iter().chain(in_base64).map(|form| form.to_lowercase()).collect()
}

/// A text around marks of the list.
type Marked = (&'static str, usize, usize);

fn marked() -> impl Strategy<Value = Marked> {
    (select(&CONTEXTS[..]), 0..8_usize, 0..ENCODINGS.len())
}

fn filled((context, mark, encoding): Marked, marks: &[String]) -> String {
    context.replace('@', &ENCODINGS[encoding](&marks[mark % marks.len()]))
}

/// JSON whose texts have marks.
#[derive(Debug, Clone)]
enum Json {
    /// A text, and whether its escapes are those of its content.
    Text(Marked, bool),
    /// A number that is a mark, if the mark has digits only.
    Number(usize, &'static str),
    Plain(&'static str),
    List(Vec<Json>),
    Object(Vec<(Key, Json)>),
}

#[derive(Debug, Clone)]
enum Key {
    Known(&'static str),
    Marked(Marked),
}

fn json() -> impl Strategy<Value = Json> {
    let plain = ["null", "true", "7", "-1", "\"BASIC\"", "\"2026-01-01T00:00:00Z\"", "0.5", "\"\""];
    let leaf = prop_oneof![
        6 => (marked(), any::<bool>()).prop_map(|(text, is_raw)| Json::Text(text, is_raw)),
        2 => (0..8_usize, select(&["@", "-@", "@.0", "@e3"][..]))
            .prop_map(|(mark, form)| Json::Number(mark, form)),
        2 => select(plain.to_vec()).prop_map(Json::Plain),
    ];
    let key = prop_oneof![4 => select(&KEYS[..]).prop_map(Key::Known), 1 => marked().prop_map(Key::Marked)];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..6).prop_map(Json::List),
            3 => vec((key.clone(), inner), 0..6).prop_map(Json::Object),
        ]
    })
}

fn quoted(text: &str, is_raw: bool) -> String {
    if is_raw { format!("\"{}\"", text.replace('"', "\\\"")) } else { Value::from(text).to_string() }
}

fn write(json: &Json, marks: &[String]) -> String {
    match json {
        Json::Text(text, is_raw) => quoted(&filled(*text, marks), *is_raw),
        Json::Number(mark, form) => {
            let mark = &marks[mark % marks.len()];
            if mark.bytes().all(|b| b.is_ascii_digit()) { form.replace('@', mark) } else { "17".to_owned() }
        }
        Json::Plain(json) => (*json).to_owned(),
        Json::List(all) => {
            format!("[{}]", all.iter().map(|json| write(json, marks)).collect::<Vec<_>>().join(", "))
        }
        Json::Object(fields) => {
            let fields = fields.iter().map(|(key, json)| {
                let key = match key {
                    Key::Known(key) => (*key).to_owned(),
                    Key::Marked(key) => filled(*key, marks),
                };
                format!("{}:{}", quoted(&key, false), write(json, marks))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
    }
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy)]
enum Damage {
    None,
    /// Less of it, in thousandths.
    Cut(usize),
    /// Another byte at this place, in thousandths.
    Byte(usize, u8),
    /// A byte more at this place.
    More(usize, u8),
    Html,
    Mark,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = || select(vec![0xff, 0, b'"', b'\\', b'{', b',', b'\n', b'\t', b'7', 0xe6]);
    prop_oneof![
        3 => Just(Damage::None),
        1 => (0..1000_usize).prop_map(Damage::Cut),
        2 => (0..1000_usize, byte()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        2 => (0..1000_usize, byte()).prop_map(|(at, byte)| Damage::More(at, byte)),
        1 => Just(Damage::Html),
        1 => Just(Damage::Mark),
    ]
}

fn damaged(body: &str, damage: Damage) -> Vec<u8> {
    let place = |part: usize| body.len() * part / 1000;
    let mut bytes = body.as_bytes().to_vec();
    match damage {
        Damage::None => {}
        Damage::Cut(part) => bytes.truncate(place(part)),
        Damage::Byte(part, byte) => {
            if let Some(old) = bytes.get_mut(place(part)) {
                *old = byte;
            }
        }
        Damage::More(part, byte) => bytes.insert(place(part), byte),
        Damage::Html => bytes = format!("<html>{body}</html>").into_bytes(),
        Damage::Mark => bytes = format!("\u{feff}{body}").into_bytes(),
    }
    bytes
}

/// An answer.
type Answer = (Marked, Json, Damage, Vec<(Result<&'static str, usize>, Marked)>);

fn answer() -> impl Strategy<Value = Answer> {
    let url = (select(&URLS[..]), 0..8_usize, 0..4_usize);
    let name = prop_oneof![5 => select(&HEADERS[..]).prop_map(Ok), 1 => (0..8_usize).prop_map(Err)];
    let value = (select(&HEADER_CONTEXTS[..]), 0..8_usize, 0..ENCODINGS.len());
    (url, json(), damage(), vec((name, value), 0..6))
}

fn exchange((url, json, damage, headers): &Answer, marks: &[String]) -> Option<Exchange> {
    // A Chinese host is not a mark any more when it is in a URL.
    let url = filled(*url, marks).parse().ok()?;
    let headers: HeaderMap = headers
        .iter()
        .filter_map(|(name, value)| {
            let name = match name {
                Ok(name) => HeaderName::from_static(name),
                Err(mark) => HeaderName::from_bytes(marks[mark % marks.len()].as_bytes()).ok()?,
            };
            Some((name, HeaderValue::from_bytes(filled(*value, marks).as_bytes()).ok()?))
        })
        .collect();
    let body = Bytes::from(damaged(&write(json, marks), *damage));
    Some(Exchange { url, outcome: Outcome::Answer { status: 200, headers, body } })
}

/// All texts without their escapes, and once more as if they were percent-encoded.
fn texts(value: &Value, looks: &mut Vec<String>) {
    let mut add = |text: &str| {
        looks.push(text.to_lowercase());
        looks.push(percent_decode_str(text).decode_utf8_lossy().to_lowercase());
    };
    match value {
        Value::String(text) => add(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, looks)),
        Value::Object(fields) => {
            fields.keys().for_each(|key| add(key));
            fields.values().for_each(|value| texts(value, looks));
        }
        _ => {}
    }
}

/// The form of a mark that a recording has, and what is around it.
fn leak(text: &str, marks: &[String]) -> Option<String> {
    let mut looks = vec![text.to_lowercase()];
    texts(&serde_json::from_str(text).unwrap_or_default(), &mut looks);
    for form in marks.iter().flat_map(|mark| forms(mark)) {
        for look in &looks {
            if let Some(at) = look.find(&form) {
                let around: String = look[..at].chars().rev().take(60).collect();
                return Some(format!("{form} after {}", reversed(&around)));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    })]

    #[test]
    fn no_mark_is_in_a_recording(marks in vec(mark(), 1..4), answers in vec(answer(), 1..4)) {
        let exchanges: Vec<_> = answers.iter().filter_map(|answer| exchange(answer, &marks)).collect();
        let (text, _) = recording(&[RecordedProject {
            id: Some(format!("{}-x", marks[0])),
            region: marks[0].clone(),
            collectors: vec!["user_quotas"],
            user_names: false,
            checked: vec![],
            polled: exchanges.clone(),
        }]);
        let mut sent = String::new();
        for Exchange { url, outcome } in &exchanges {
            if let Outcome::Answer { headers, body, .. } = outcome {
                write!(sent, "{url}\n{headers:?}\n{}\n", body.escape_ascii()).unwrap();
            }
        }
        prop_assert_eq!(leak(&text, &marks), None, "marks {:?}\n{}\nsent as {}", marks, text, sent);
    }
}

#[test]
fn a_leak_is_found_in_each_form() {
    let mark = "Zhq7Kwx9Vbt";
    for encode in ENCODINGS {
        let text = format!("{{\"body\":{}}}", Value::from(encode(mark)));
        assert!(leak(&text, &[mark.to_owned()]).is_some(), "{text}");
    }
    assert_eq!(leak("{\"body\":\"Zhq7Kwx9Vb\"}", &[mark.to_owned()]), None);
}
