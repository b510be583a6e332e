//! The format of a recording, as `check --record` writes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The version that this program reads.
const VERSION: u32 = 1;

#[derive(Debug, Deserialize)]
pub(super) struct Recording {
    pub(super) projects: Vec<RecordedProject>,
    pub(super) exchanges: Vec<RecordedExchange>,
}

/// A project of a recording. All its texts are stand-ins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordedProject {
    /// The project's ID, if it is known.
    pub project_id: Option<String>,
    /// The region, empty if it is not known.
    pub region: String,
    /// The collectors that were polled.
    pub collectors: Vec<String>,
    /// Whether the names of users were looked up.
    #[serde(default)]
    pub user_names: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct RecordedExchange {
    /// The index of its project.
    pub(super) project: usize,
    /// `check` or `poll`.
    pub(super) during: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// `timeout`, `body`, `too_large` or `connect`, in place of all that follows.
    pub(super) failure: Option<String>,
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// JSON.
    body: Option<Box<RawValue>>,
    /// Whether the white space of `body` was sent.
    #[serde(default)]
    as_sent: bool,
    /// A body that is not JSON.
    text: Option<String>,
    /// Whether U+FFFD in `text` is a byte that is not UTF-8.
    #[serde(default)]
    not_utf8: bool,
}

impl Recording {
    /// # Errors
    /// A sentence, if the text is not a recording that can be read.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versioned {
            recording: u32,
        }
        let described = |error: serde_json::Error| format!("it is not a recording: {error}");
        let Versioned { recording } = serde_json::from_str(text).map_err(described)?;
        if recording != VERSION {
            return Err(format!("its format is version {recording}; this program reads version {VERSION}"));
        }
        let read: Self = serde_json::from_str(text).map_err(described)?;
        if read.projects.is_empty() {
            return Err("it has no project".to_owned());
        }
        match read.exchanges.iter().find(|exchange| exchange.project >= read.projects.len()) {
            Some(exchange) => Err(format!("it has no project {}", exchange.project)),
            None => Ok(read),
        }
    }
}

impl RecordedExchange {
    /// The body as the cloud sent it, save for the stand-ins.
    pub(super) fn bytes(&self) -> Bytes {
        match (&self.body, &self.text) {
            (Some(json), _) if self.as_sent => json.get().to_owned().into(),
            (Some(json), _) => compact(json.get()).into(),
            (None, Some(text)) if self.not_utf8 => {
                let (mut bytes, mut buffer) = (Vec::with_capacity(text.len()), [0; 4]);
                for c in text.chars() {
                    match c {
                        '\u{fffd}' => bytes.push(0xff),
                        c => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
                    }
                }
                bytes.into()
            }
            (None, text) => text.clone().unwrap_or_default().into(),
        }
    }
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut in_text, mut after_backslash) = (false, false);
    let is_kept = |c: &char| {
        let is_space = !in_text && c.is_ascii_whitespace();
        if *c == '"' && !after_backslash {
            in_text = !in_text;
        }
        after_backslash = in_text && *c == '\\' && !after_backslash;
        !is_space
    };
    json.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fields: &str) -> Bytes {
        let head = r#""project":0,"during":"poll","method":"GET","path":"/","query":"","status":200"#;
        serde_json::from_str::<RecordedExchange>(&format!("{{{head},{fields}}}")).unwrap().bytes()
    }

    #[test]
    fn a_body_is_that_of_the_cloud() {
        let json = "{\n  \"a\": 7.0, \"a\":1e400,\"b\": \"x \\\" y\"\n}";
        assert_eq!(body(&format!("\"body\":{json}")), r#"{"a":7.0,"a":1e400,"b":"x \" y"}"#);
        assert_eq!(body(&format!("\"as_sent\":true,\"body\":{json}")), json);
        assert_eq!(body("\"text\":\"<p> \u{fffd}\""), "<p> \u{fffd}");
        assert_eq!(body("\"not_utf8\":true,\"text\":\"\u{fffd}\u{fffd}数\""), &b"\xff\xff\xe6\x95\xb0"[..]);
        assert_eq!(body("\"text\":\"\""), "");
    }

    #[test]
    fn what_is_not_a_recording_is_refused_with_a_sentence() {
        for (text, sentence) in [
            ("", "it is not a recording: EOF while parsing a value at line 1 column 0"),
            ("{}", "it is not a recording: missing field `recording` at line 1 column 2"),
            (r#"{"recording":2}"#, "its format is version 2; this program reads version 1"),
            (r#"{"recording":1,"projects":[],"exchanges":[]}"#, "it has no project"),
            (
                r#"{"recording":1,"projects":[]}"#,
                "it is not a recording: missing field `exchanges` at line 1 column 29",
            ),
        ] {
            assert_eq!(Recording::read(text).unwrap_err(), sentence);
        }
    }
}
