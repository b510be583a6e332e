//! What the cloud says when it says no: read in any of its shapes, told apart, and cleared of secrets.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use serde::Deserialize;

use super::json;
use super::reason::Reason;

/// An answer whose status is not a success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{}", .status.as_u16(), self.told(), request(.request_id.as_deref()))]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// `error_code`; empty where the answer has none.
    pub code: String,
    /// `error_msg`, or the first bytes of an answer of another shape; redacted.
    pub message: String,
    /// `X-Request-Id`, or the body's `request_id`.
    pub request_id: Option<String>,
    /// How long the cloud wants us to wait.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads a refusal in any of the cloud's shapes. No text of `secrets` gets through.
    #[must_use]
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Self {
        let body = String::from_utf8_lossy(body);
        let told = serde_json::from_str::<Told>(&body).unwrap_or_default();
        let nested = json::parse::<Told>(told.error).ok().flatten().unwrap_or_default();
        // Redacted when the JSON is read, since escapes hide a secret, and before it is cut to length.
        let show = |text: &str| one_line(&redact(text, secrets));
        let pick = |fields: &[json::Raw<'_>]| {
            fields.iter().find_map(|raw| json::text(*raw).ok().flatten()).map(|text| show(&text))
        };
        let code = pick(&[told.error_code, told.camel_code, told.code, nested.code, nested.error_code]);
        let message =
            pick(&[told.error_msg, told.camel_message, told.message, nested.message, nested.error_msg]);
        let request_id = request_id(headers).map(|id| show(&id)).or_else(|| pick(&[told.request_id]));
        let message = match (message, &code) {
            _ if status.is_redirection() => redirect(headers),
            (Some(message), _) => message,
            (None, Some(_)) => String::new(),
            (None, None) => show(&without_escapes(&body)),
        };
        let retry_after = retry_after(headers).or_else(|| window(&message));
        Self { status, code: code.unwrap_or_default(), message, request_id, retry_after }
    }

    fn told(&self) -> String {
        // IAM repeats the status as its code.
        let code = if self.code == self.status.as_str() { "" } else { self.code.as_str() };
        match (code, self.message.as_str()) {
            ("", "") => String::new(),
            ("", message) => format!(" {message}"),
            (code, "") => format!(" {code}"),
            (code, message) => format!(" {code}: {message}"),
        }
    }

    /// The kind of failure.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.status.as_u16() {
            _ if self.is_clock_skew() => Reason::ClockSkew,
            _ if self.is_token_expired() => Reason::Auth,
            401 => Reason::Auth,
            403 => Reason::Forbidden,
            429 => Reason::Throttled,
            _ if self.gateway_code() == Some("0308") => Reason::Throttled,
            408 => Reason::Timeout,
            300..=399 => Reason::Redirect,
            500..=599 => Reason::Server,
            _ => Reason::Other,
        }
    }

    /// Whether a new token may help.
    #[must_use]
    pub fn is_token_expired(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED || self.code == "MSS.00010008"
    }

    /// Whether it says that a token, or the security token of a temporary key, is no longer good.
    #[must_use]
    pub fn is_token_told_expired(&self) -> bool {
        ["token expires", "decrypt token fail"].iter().any(|told| self.message.contains(told))
    }

    /// Whether the access key was refused so often that it is locked for a while.
    #[must_use]
    pub fn is_key_locked(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            && self.message.contains("AK access failed to reach the limit")
    }

    /// Whether the signature's time was too far from the server's.
    #[must_use]
    pub fn is_clock_skew(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && self.message.contains("signature expired")
    }

    /// The server's time as the refusal of an expired signature tells it, in the form of `X-Sdk-Date`.
    #[must_use]
    pub fn server_time(&self) -> Option<&str> {
        self.message.split_once("server time:").map(|(_, time)| time.trim()).and_then(|time| time.get(..16))
    }

    /// The number of a gateway's error: `APIG.`, `APIGW.` and `APIC.` are the same gateway.
    fn gateway_code(&self) -> Option<&str> {
        let (prefix, number) = self.code.split_once('.')?;
        matches!(prefix, "APIG" | "APIGW" | "APIC").then_some(number)
    }
}

/// The cloud's four shapes of a refusal, laid over each other.
#[derive(Default, Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    error_code: json::Raw<'a>,
    #[serde(borrow)]
    error_msg: json::Raw<'a>,
    #[serde(borrow, rename = "errorCode")]
    camel_code: json::Raw<'a>,
    #[serde(borrow, rename = "errorMsg")]
    camel_message: json::Raw<'a>,
    #[serde(borrow)]
    code: json::Raw<'a>,
    #[serde(borrow)]
    message: json::Raw<'a>,
    #[serde(borrow)]
    error: json::Raw<'a>,
    #[serde(borrow)]
    request_id: json::Raw<'a>,
}

/// `X-Request-Id` of an answer, if it looks like one: what is much longer than a UUID is something else.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok().map(one_line)?;
    (1..=64).contains(&id.len()).then_some(id)
}

/// The request ID as sentences end with it.
pub(super) fn request(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

/// Where a redirect leads, as far as that tells a person what is wrong: the host.
fn redirect(headers: &HeaderMap) -> String {
    let location = headers.get("location").and_then(|location| location.to_str().ok()).unwrap_or_default();
    match Url::parse(location).ok().and_then(|url| url.host_str().map(one_line)) {
        Some(host) => format!("redirects to {host}, where credentials are not sent"),
        None => "redirects, which is not followed".to_owned(),
    }
}

/// JSON of another shape, written anew, so that no escape hides a secret; anything else as it is.
fn without_escapes(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body).map_or_else(|_| body.to_owned(), |json| json.to_string())
}

/// A refused signature comes back with the canonical request, headers and all: that, and every known secret, is cut.
fn redact(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(cut_canonical_request(text), |text, secret| text.replace(secret, "<redacted>"))
}

fn cut_canonical_request(text: &str) -> String {
    match text.split_once("canonicalRequest") {
        Some((before, _)) => format!("{before}canonicalRequest:<redacted>"),
        None => text.to_owned(),
    }
}

/// At most 300 characters, on one line: a log line stays a line.
fn one_line(text: &str) -> String {
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(300).collect()
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

/// The length of the gateway's throttling window, from `limit:5,time:1 minute`.
fn window(message: &str) -> Option<Duration> {
    let (_, time) = message.split_once(",time:")?;
    let (count, unit) = time.split_once(' ')?;
    let seconds = match unit.split(|c: char| !c.is_ascii_alphabetic()).next()? {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    count.parse::<u32>().ok().map(|count| Duration::from_secs(seconds) * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes(), &[])
    }

    fn with_header(name: &'static str, value: &str) -> Refusal {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        Refusal::read(StatusCode::TOO_MANY_REQUESTS, &headers, b"{}", &[])
    }

    #[test]
    fn a_code_that_repeats_the_status_is_told_once() {
        let iam = refusal(500, r#"{"error":{"code":500,"message":"An unexpected error","title":"x"}}"#);
        assert_eq!(iam.to_string(), "500 An unexpected error");
        let gateway = refusal(500, r#"{"error_code":"MSS.500","error_msg":"Internal Error"}"#);
        assert_eq!(gateway.to_string(), "500 MSS.500: Internal Error");
    }

    #[test]
    fn every_shape_of_a_refusal_becomes_one_sentence() {
        for (body, expected) in [
            (
                r#"{"error_code":"MSS.00000003","error_msg":"Invalid parameter"}"#,
                "400 MSS.00000003: Invalid parameter",
            ),
            (r#"{"errorCode":"APIG.1","errorMsg":"m"}"#, "400 APIG.1: m"),
            (r#"{"code":"IAM.1","message":"m"}"#, "400 IAM.1: m"),
            (
                r#"{"error":{"code":401,"message":"The username or password is wrong."}}"#,
                "400 401: The username or password is wrong.",
            ),
            (r#"{"error_code":"X.1","error_msg":null,"request_id":"r1"}"#, "400 X.1 (request r1)"),
            ("<html>\n<b>Bad\tGateway</b>", "400 <html> <b>Bad Gateway</b>"),
            ("", "400"),
            ("[1]", "400 [1]"),
            (r#"{"other":1}"#, r#"400 {"other":1}"#),
        ] {
            assert_eq!(refusal(400, body).to_string(), expected, "{body}");
        }
        let long = refusal(400, &"x".repeat(1000));
        assert_eq!(long.message.len(), 300);
    }

    #[test]
    fn a_redirect_says_where_to_and_no_more() {
        let told = |location: &str| {
            let headers = HeaderMap::from_iter([("location".parse().unwrap(), location.parse().unwrap())]);
            Refusal::read(StatusCode::FOUND, &headers, b"<html>", &[]).to_string()
        };
        assert_eq!(
            told("https://login.example.com/?token=T0KEN"),
            "302 redirects to login.example.com, where credentials are not sent"
        );
        assert_eq!(told("/elsewhere"), "302 redirects, which is not followed");
    }

    #[test]
    fn the_request_id_of_the_header_goes_before_the_bodys() {
        let headers =
            HeaderMap::from_iter([("x-request-id".parse().unwrap(), "from-header".parse().unwrap())]);
        let body = br#"{"error_code":"A.1","error_msg":"m","request_id":"from-body"}"#;
        let told = |headers: &HeaderMap, secrets: &[&str]| {
            Refusal::read(StatusCode::BAD_REQUEST, headers, body, secrets).to_string()
        };
        assert_eq!(told(&headers, &[]), "400 A.1: m (request from-header)");
        assert_eq!(told(&headers, &["header"]), "400 A.1: m (request from-<redacted>)");
        let long = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "x".repeat(65).parse().unwrap())]);
        assert_eq!(told(&long, &[]), "400 A.1: m (request from-body)");
    }

    #[test]
    fn refusals_are_told_apart() {
        let gateway = |message: &str| format!(r#"{{"error_code":"APIG.0301","error_msg":"{message}"}}"#);
        let skew = gateway("signature expired, signature time:20211217T064303Z,server time:20211217T065804Z");
        for (status, body, reason) in [
            (401, gateway("token expires"), Reason::Auth),
            (401, skew.clone(), Reason::ClockSkew),
            (400, r#"{"error_code":"MSS.00010008","error_msg":"m"}"#.to_owned(), Reason::Auth),
            (400, r#"{"error_code":"MSS.00000003","error_msg":"m"}"#.to_owned(), Reason::Other),
            (403, String::new(), Reason::Forbidden),
            (429, String::new(), Reason::Throttled),
            (403, r#"{"error_code":"APIGW.0308","error_msg":"m"}"#.to_owned(), Reason::Forbidden),
            (400, r#"{"error_code":"APIC.0308","error_msg":"m"}"#.to_owned(), Reason::Throttled),
            (404, String::new(), Reason::Other),
            (408, String::new(), Reason::Timeout),
            (302, String::new(), Reason::Redirect),
            (500, String::new(), Reason::Server),
            (599, String::new(), Reason::Server),
        ] {
            assert_eq!(refusal(status, &body).reason(), reason, "{status} {body}");
        }
        assert_eq!(refusal(401, &skew).server_time(), Some("20211217T065804Z"));
        assert_eq!(refusal(401, &gateway("signature expired, server time:now")).server_time(), None);
    }

    #[test]
    fn an_echoed_signature_and_every_secret_are_cut() {
        let body = concat!(
            r#"{"error_code":"APIG.0301","error_msg":"verify aksk signature fail, canonicalRequest:GET|/v1/|x-security-token:T0KEN|","#,
            r#""request_id":"r"}"#
        );
        assert_eq!(
            refusal(401, body).to_string(),
            "401 APIG.0301: verify aksk signature fail, canonicalRequest:<redacted> (request r)"
        );
        let told = Refusal::read(
            StatusCode::FORBIDDEN,
            &HeaderMap::new(),
            b"you sent T0KEN and K3Y, T0KEN",
            &["T0KEN", "", "K3Y"],
        );
        assert_eq!(told.message, "you sent <redacted> and <redacted>, <redacted>");
        let escaped = br#"{"error_code":"A.1","error_msg":"you sent T0\u004bEN and a\/b"}"#;
        let told = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), escaped, &["T0KEN", "a/b"]);
        assert_eq!(told.message, "you sent <redacted> and <redacted>");
        let other = Refusal::read(
            StatusCode::FORBIDDEN,
            &HeaderMap::new(),
            br#"["T0\u004bEN", "a\/b"]"#,
            &["T0KEN", "a/b"],
        );
        assert_eq!(other.message, r#"["<redacted>","<redacted>"]"#);
        // A secret that the cut at 300 characters would leave half of.
        let body = format!("{}SECRET", "x".repeat(297));
        let cut = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes(), &["SECRET"]);
        assert!(cut.message.ends_with("x<re"), "{}", cut.message);
    }

    #[test]
    fn the_cloud_says_how_long_to_wait() {
        let seconds = |text: &str| with_header("retry-after", text).retry_after.map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "a date that has passed");
        assert!(seconds("21 Oct 2115 07:28:00 GMT").is_some_and(|wait| wait > 86_400));
        assert_eq!(seconds("soon"), None);

        let window = |time: &str| {
            let body =
                format!(r#"{{"error_code":"APIG.0308","error_msg":"over ratelimit,limit:5,time:{time}"}}"#);
            refusal(429, &body).retry_after.map(|wait| wait.as_secs())
        };
        for (time, expected) in [
            ("1 minute", Some(60)),
            ("30 second", Some(30)),
            ("2 hours", Some(7200)),
            ("1 day.", Some(86_400)),
            ("1 week", None),
            ("x minute", None),
        ] {
            assert_eq!(window(time), expected, "{time}");
        }
    }
}
