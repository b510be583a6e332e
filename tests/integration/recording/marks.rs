//! A hostile cloud writes marks wherever it can. None of them is in the recording, in any encoding.

use std::fmt::Write;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::file::check;
use crate::common::serve;

const NAME: &str = "Zhq7Kwx9Vbt";
const NUMBER: &str = "8841773";
const CHINESE: &str = "柒捌玖拾";
const MARKS: [&str; 3] = [NAME, NUMBER, CHINESE];

fn percent(mark: &str) -> String {
    mark.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn escaped(mark: &str) -> String {
    mark.encode_utf16().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
}

fn entities(mark: &str) -> String {
    mark.chars().fold(String::new(), |text, c| text + &format!("&#x{:x};", u32::from(c)))
}

/// The forms in which a mark could be in a file. Texts of JSON need a second look without escapes.
fn forms(mark: &str) -> Vec<String> {
    let reversed: String = mark.chars().rev().collect();
    let in_base64 = (0..3).map(|shift| {
        let text = BASE64_STANDARD.encode(" ".repeat(shift) + mark);
        // The characters that do not depend on what is around.
        text[shift.div_ceil(3) * 2 + shift..text.len() - 4].to_owned()
    });
    let plain = [mark.to_owned(), reversed, percent(mark), escaped(mark), entities(mark), hex::encode(mark)];
    plain.into_iter().chain(in_base64).map(|form| form.to_lowercase()).collect()
}

/// Fields of every kind with every form of the marks.
fn fields(marks: &[&str]) -> String {
    let names = [
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
    ];
    let mut all = String::new();
    for (number, mark) in marks.iter().enumerate() {
        let base64 = BASE64_STANDARD.encode(format!("{mark} {mark}"));
        let text = |form: &str| format!("user {form}: not found/{form}?id={form}&x=\\\"{form}\\\" <{form}>");
        for name in names {
            // A number that is a number by the documents stays.
            if *mark == NUMBER && ["status", "amount", "usage", "count"].contains(&name) {
                continue;
            }
            for form in [*mark, &percent(mark), &escaped(mark), &base64, &entities(mark), &hex::encode(mark)]
            {
                write!(all, r#""{name}":"{}","{form}":[{{"{name}":"{form}"}}],"#, text(form)).unwrap();
            }
        }
        write!(
            all,
            r#""{mark}":{NUMBER},"id":{NUMBER},"ids":[{NUMBER},{{"name":"a{mark}b","x":"{mark}"}}],"#
        )
        .unwrap();
        write!(all, r#""quota":{{"{mark}":{{"{mark}":{number}}}}},"usage":"x{mark}","bound_asset":{{"asset_{mark}":true}},"#)
            .unwrap();
    }
    all.trim_end_matches(',').to_owned()
}

async fn answer(uri: Uri) -> Response {
    let (fields, amounts) = (fields(&MARKS), fields(&[NAME, CHINESE]));
    let marked = format!("{NAME}; {NUMBER}");
    let headers = AppendHeaders([
        ("set-cookie", marked.clone()),
        ("x-request-id", marked.clone()),
        ("server", marked.clone()),
        ("x-subject-token", marked.clone()),
        (NAME, marked.clone()),
        ("location", format!("http://{NAME}.example.com/{NUMBER}")),
        ("retry-after", marked.clone()),
        ("content-type", format!("application/json; x={NAME}")),
        ("date", marked),
    ]);
    let (status, body) = match uri.path() {
        path if path.ends_with("/voice-training-manage/quotas") => (
            StatusCode::OK,
            format!(r#"{{"count":1,"resources":[{{{fields}}}],"resource_available_nums":{{{amounts}}}}}"#),
        ),
        path if path.ends_with("/user/quotas") => (StatusCode::FORBIDDEN, format!("{{{fields}}}")),
        path if path.ends_with("/v3/users") => {
            (StatusCode::OK, format!(r#"{{"users":[{{{fields}}}],{fields}}}"#))
        }
        path if path.ends_with("/v3/projects") => {
            (StatusCode::OK, format!("<html>{fields}</html>\u{0}{fields}"))
        }
        // Broken.
        _ => (StatusCode::OK, format!(r#"{{"count":1,"resources":[{{{fields}}}],,"a":"{fields}"#)),
    };
    (status, headers, body).into_response()
}

#[tokio::test]
async fn no_mark_is_in_a_recording() {
    let endpoint = serve(Router::new().fallback(answer)).await;
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yml");
    let project = format!(
        "projects:\n- name: n{NAME}\n  project_id: {NAME}-{NUMBER}\n  region: cn-{NAME}-1\n  endpoint: {endpoint}{NAME}\n  \
         iam_endpoint: {endpoint}{NAME}/{NUMBER}\n  collectors: [voice_training, user_quotas, tenant_resources]\n  \
         credentials: {{token: {{value: tok{NAME}}}}}\n  user_quotas: {{names: true}}\n"
    );
    std::fs::write(&config, project).unwrap();
    let file = directory.path().join("recording.json");
    let arguments = ["--config.file".to_owned(), config.display().to_string()];
    let (code, _, stderr) = check(&file, &arguments, &[]).await;
    assert_eq!(code, Some(1), "{stderr}");
    let text = std::fs::read_to_string(&file).unwrap();
    let exchanges = text.matches("\"during\"").count();
    assert!(exchanges >= 6 && text.len() > 60_000, "{exchanges} exchanges, {} bytes", text.len());

    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut looks = vec![text.to_lowercase()];
    texts(&json, &mut looks);
    for mark in MARKS {
        for form in forms(mark) {
            for look in &looks {
                let at = look.find(&form);
                assert_eq!(at, None, "{form} of {mark}: {:?}", at.map(|at| &look[at.saturating_sub(60)..]));
            }
        }
    }
    // What the user sees has none either.
    let recorded: Vec<_> = stderr.lines().filter(|line| line.starts_with("recorded")).collect();
    assert!(MARKS.iter().all(|mark| !recorded.concat().contains(mark)), "{recorded:?}");
}

/// All texts without their escapes, and once more as if they were percent-encoded.
fn texts(value: &serde_json::Value, looks: &mut Vec<String>) {
    let mut add = |text: &str| {
        looks.push(text.to_lowercase());
        looks.push(percent_encoding::percent_decode_str(text).decode_utf8_lossy().to_lowercase());
    };
    match value {
        serde_json::Value::String(text) => add(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| texts(value, looks)),
        serde_json::Value::Object(fields) => {
            fields.keys().for_each(|key| add(key));
            fields.values().for_each(|value| texts(value, looks));
        }
        _ => {}
    }
}
