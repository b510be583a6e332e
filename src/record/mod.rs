//! A recording: what the cloud answered, as a text that a user can send to strangers.
//!
//! IDs, names and texts of the account are replaced by stand-ins; nothing of credentials is there, because requests for
//! them, the headers of requests, and unknown headers of answers are not recorded. Pure functions: knows nothing of files
//! and flags.

mod body;
mod field;
mod layout;
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
        let of = |during, exchanges: &'_ [Exchange]| -> Vec<_> {
            exchanges.iter().map(|exchange| (number, during, exchange.clone())).collect()
        };
        [of("check", &project.checked), of("poll", &project.polled)].concat()
    });
    let exchanges = exchanges.map(|(number, during, exchange)| {
        let head = [("project", json!(number)), ("during", json!(during))];
        write_exchange(&head, &exchange, stand_ins)
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
    let is_json = is_utf8 && serde_json::from_str::<&RawValue>(&safe).is_ok();
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
