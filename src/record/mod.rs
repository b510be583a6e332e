//! A recording: what the cloud answered, as a text that a user can send to strangers.
//!
//! IDs, names and texts of the account are replaced by stand-ins; nothing of credentials is there, because requests for
//! them, the headers of requests, and unknown headers of answers are not recorded. Pure functions: knows nothing of files
//! and flags.

mod body;
mod field;
mod layout;
#[cfg(test)]
mod properties;
mod request;
mod stand_ins;
mod text;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) use stand_ins::Kind;

use crate::cloud::exchanges::{Exchange, Outcome};
use field::Field;
use stand_ins::StandIns;

/// Of the format. A reader refuses others.
const VERSION: u32 = 1;

/// What is recorded of a project.
#[derive(Debug)]
pub(crate) struct RecordedProject {
    /// Its ID, if it is known.
    pub(crate) id: Option<String>,
    /// Its region.
    pub(crate) region: String,
    /// Its collectors.
    pub(crate) collectors: Vec<&'static str>,
    /// Whether the names of its users are looked up.
    pub(crate) user_names: bool,
    /// What the doctor read.
    pub(crate) checked: Vec<Exchange>,
    /// What the poll read.
    pub(crate) polled: Vec<Exchange>,
}

/// The text of a recording, and how many different texts of each kind were replaced in it.
pub(crate) fn recording(projects: &[RecordedProject]) -> (String, BTreeMap<Kind, usize>) {
    let mut stand_ins = StandIns::default();
    // A message may name an ID that only a later answer shows to be one.
    let _ = write(projects, &mut stand_ins);
    let text = write(projects, &mut stand_ins);
    (text, stand_ins.counts())
}

fn write(projects: &[RecordedProject], stand_ins: &mut StandIns) -> String {
    let heads = projects.iter().map(|project| {
        let head = json!({
            "project_id": project.id.as_ref().map(|id| Field::Id.safe_text(id, stand_ins)),
            "region": Field::Name.safe_text(&project.region, stand_ins),
            "collectors": project.collectors,
            "user_names": project.user_names,
        });
        format!("    {head}")
    });
    let heads = heads.collect::<Vec<_>>().join(",\n");
    let exchanges = projects.iter().enumerate().flat_map(|(number, project)| {
        let checked = project.checked.iter().map(move |exchange| (number, "check", exchange));
        checked.chain(project.polled.iter().map(move |exchange| (number, "poll", exchange)))
    });
    let exchanges = exchanges.map(|(number, during, exchange)| {
        let head = [("project", json!(number)), ("during", json!(during))];
        write_exchange(&head, exchange, stand_ins)
    });
    let exchanges = exchanges.collect::<Vec<_>>().join(",\n");
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{{\n  \"recording\": {VERSION},\n  \"exporter\": \"{version}\",\n  \"projects\": [\n{heads}\n  ],\n  \
         \"exchanges\": [\n{exchanges}\n  ]\n}}\n"
    )
}

fn write_exchange(head: &[(&str, Value)], exchange: &Exchange, stand_ins: &mut StandIns) -> String {
    let mut lines: Vec<String> = head.iter().map(|(key, value)| line(key, value)).collect();
    lines.push(line("method", &json!("GET")));
    lines.push(line("path", &json!(request::safe_path(&exchange.url, stand_ins))));
    lines.push(line("query", &json!(request::safe_query(&exchange.url, stand_ins))));
    match &exchange.outcome {
        Outcome::Failure(kind) => lines.push(line("failure", &json!(kind))),
        Outcome::Answer { status, headers, body } => {
            let headers = request::safe_headers(headers, stand_ins);
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| format!("\"{name}\": {}", json!(value))).collect();
            lines.push(line("status", &json!(status)));
            lines.push(format!("      \"headers\": {{{}}}", headers.join(", ")));
            lines.push(write_body(body, stand_ins));
        }
    }
    format!("    {{\n{}\n    }}", lines.join(",\n"))
}

fn line(key: &str, value: &Value) -> String {
    format!("      \"{key}\": {value}")
}

/// JSON with a row on each line, from which the reader takes the white space again. JSON that has white space is
/// `as_sent`, and all else is a text, in which U+FFFD stands for each byte that is not UTF-8.
fn write_body(bytes: &Bytes, stand_ins: &mut StandIns) -> String {
    let mut decoded = String::with_capacity(bytes.len());
    let mut is_utf8 = true;
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
        is_utf8 &= chunk.invalid().is_empty();
    }
    let safe = body::safe(&decoded, stand_ins);
    // A reader could not tell `null` from no body.
    let is_json = is_utf8 && safe != "null" && serde_json::from_str::<&RawValue>(&safe).is_ok();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match is_json {
        true if layout::compact(&safe) == safe => {
            write!(text, "      \"body\": {}", layout::for_reading(&safe, "      "))
        }
        true if safe.trim_ascii() == safe => write!(text, "      \"as_sent\": true,\n      \"body\": {safe}"),
        _ if is_utf8 => write!(text, "      \"text\": {}", json!(safe)),
        _ => write!(text, "      \"not_utf8\": true,\n      \"text\": {}", json!(safe)),
    };
    text
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use reqwest::header::HeaderMap;
    use tower::ServiceExt;

    use super::*;
    use crate::sim::replay::Replay;

    const URL: &str = "https://acme.example.com/x/v1/0b01/user/quotas?limit=100&offset=0";

    fn recorded(body: &[u8]) -> (String, BTreeMap<Kind, usize>) {
        let outcome =
            Outcome::Answer { status: 200, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
        let exchange = Exchange { url: URL.parse().unwrap(), outcome };
        recording(&[RecordedProject {
            id: None,
            region: "cn-north-4".to_owned(),
            collectors: vec!["user_quotas"],
            user_names: false,
            checked: vec![],
            polled: vec![exchange],
        }])
    }

    #[tokio::test]
    async fn a_replay_has_the_body_byte_for_byte() {
        for body in [
            &br#"{"count":7.0,"count":1e400,"assets":[{"usage":{"voice_clone_basic":"\u0034"}},{}],"quota":{}}"#[..],
            b"{ \"count\" : 7.0,\r\n\t\"assets\":[ ] }",
            b"{\"count\":1}\n",
            b"{\"count\":1",
            b"\xef\xbb\xbf{\"count\":1}",
            b"{\"count\":1,\"unit\":\"\xff\xff\"}",
            b"{\"unit\":\"\t\"}",
            b"<html>\n<title>Bad Gateway</title>",
            b"[]",
            b"null",
            b"",
        ] {
            let (text, _) = recorded(body);
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            let path = json["exchanges"][0]["path"].as_str().map(str::to_owned);
            // serde_json refuses 1e400.
            let path = path.or_else(|| Some(text.split_once("\"path\": \"")?.1.split_once('"')?.0.to_owned())).unwrap();
            let request = Request::get(format!("{path}?offset=0&limit=100")).body(Body::empty()).unwrap();
            let response = Replay::read(&text).unwrap().router().oneshot(request).await.unwrap();
            let again = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            // Numbers of a text that is not JSON may be IDs.
            let expected = if body == b"{\"count\":1" { again.clone() } else { Bytes::copy_from_slice(body) };
            assert_eq!(again, expected, "{}: {text}", body.escape_ascii());
        }
    }

    #[test]
    fn an_id_in_a_message_before_its_list_has_the_stand_in_of_the_list() {
        let (text, counts) = recorded(br#"{"error_msg":"no user-7","assets":[{"user_id":"user-7"}]}"#);
        let stand_in = text.split_once("\"user_id\": \"").unwrap().1.split_once('"').unwrap().0;
        assert!(text.contains(&format!("\"error_msg\": \"no {stand_in}\"")), "{text}");
        assert!(!stand_in.contains("user"), "{stand_in}");
        assert_eq!(counts, BTreeMap::from([(Kind::Id, 2), (Kind::Text, 1)]));
    }
}
