//! Error responses of the cloud: read in any of its formats, classified, and redacted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use memchr::memmem;
use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};

use super::http::Response;
use super::json::{self, Raw, Tally};
use super::reason::Reason;
use super::repair::repaired;

/// Codes by which the cloud denies a right, also with a status of success.
const FORBIDDEN_CODES: [&str; 3] = ["MSS.00000005", "MSS.00022009", "MSS.00024001"];

/// A response with a status other than success, or with an error in its body.
#[derive(Debug, Clone)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    /// `error_code`; empty where the response has none.
    pub(crate) code: String,
    /// `error_msg`, or the first characters of a response in another format; redacted.
    message: String,
    /// `X-Request-Id`, or the body's `request_id`.
    pub(crate) request_id: Option<String>,
    /// The wait that the cloud asks for.
    pub(crate) retry_after: Option<Duration>,
    /// The sender's time by its `Date`.
    pub(crate) date: Option<Timestamp>,
}

impl ErrorResponse {
    /// Reads an error response in any of the cloud's formats. The result contains none of `secrets`.
    pub(crate) fn read(response: &Response, secrets: &[&str]) -> Self {
        let Response { status, headers, body } = response;
        let repaired = repaired(body);
        let (fields, nested) = all_fields(repaired.as_deref().unwrap_or(body));
        // Redacts after parsing, since escapes hide a secret, and before truncation, which would leave half of one.
        let clean = |text: &str| one_line(&redact(text, secrets));
        let first = |fields: &Fields<'_>, names: &[&str]| first(fields, names).map(|text| clean(&text));
        // The formats of MetaStudio, of the gateway and of IAM.
        let code = first(&fields, &["error_code", "errorCode", "code"])
            .or_else(|| first(&nested, &["code", "error_code"]));
        let message = first(&fields, &["error_msg", "errorMsg", "message"])
            .or_else(|| first(&nested, &["message", "error_msg"]));
        let message = match (message, &code) {
            _ if status.is_redirection() => describe_redirect(headers),
            (Some(message), _) => message,
            (None, Some(_)) => String::new(),
            (None, None) => clean(&without_escapes(body)),
        };
        Self {
            status: *status,
            code: code.unwrap_or_default(),
            request_id: request_id(headers).map(|id| clean(&id)).or_else(|| first(&fields, &["request_id"])),
            retry_after: retry_after(headers).or_else(|| throttling_window(&message)),
            date: response.date(),
            message,
        }
    }

    pub(crate) fn reason(&self) -> Reason {
        match self.documented_status() {
            _ if self.is_clock_skew() => Reason::ClockSkew,
            _ if self.is_token_expired() => Reason::Auth,
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
    pub(crate) fn is_token_expired(&self) -> bool {
        self.documented_status() == 401 || self.code == "MSS.00010008"
    }

    /// Whether the gateway rejects the credentials.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            || self.status.is_success() && self.gateway_code() == Some("0301")
    }

    /// The status, or that of the code if the status says success. An unknown code counts as a failure of the cloud.
    fn documented_status(&self) -> u16 {
        if !self.status.is_success() {
            return self.status.as_u16();
        }
        match (self.gateway_code(), self.code.as_str()) {
            (Some("0301"), _) | (_, "MSS.00000001") => 401,
            (Some("0310"), _) => 403,
            (Some("0308"), _) => 429,
            (_, code) if FORBIDDEN_CODES.contains(&code) => 403,
            (_, "MSS.00000003") => 400,
            // IAM's code is the status.
            (_, code) => code.parse().ok().filter(|code| (400..600).contains(code)).unwrap_or(500),
        }
    }

    /// Whether the message says that a token, or the security token of a temporary key, has expired.
    pub(crate) fn mentions_expired_token(&self) -> bool {
        ["token expires", "decrypt token fail"].iter().any(|text| self.message.contains(text))
    }

    /// Whether the cloud has locked the access key after too many failures.
    pub(crate) fn is_key_locked(&self) -> bool {
        self.is_unauthorized() && self.message.contains("AK access failed to reach the limit")
    }

    /// Whether the signature's time was too far from the server's.
    pub(crate) fn is_clock_skew(&self) -> bool {
        self.is_unauthorized() && self.message.contains("signature expired")
    }

    /// The server's time, in the format of `X-Sdk-Date`, from the message about an expired signature.
    pub(crate) fn server_time(&self) -> Option<&str> {
        self.message.split_once("server time:").map(|(_, time)| time.trim()).and_then(|time| time.get(..16))
    }

    /// The number of a gateway error: `APIG.`, `APIGW.` and `APIC.` are the same gateway.
    fn gateway_code(&self) -> Option<&str> {
        let (prefix, number) = self.code.split_once('.')?;
        matches!(prefix, "APIG" | "APIGW" | "APIC").then_some(number)
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // IAM repeats the status as its code.
        let code = if self.code == self.status.as_str() { "" } else { self.code.as_str() };
        write!(f, "{}", self.status.as_u16())?;
        match (code, self.message.as_str()) {
            ("", "") => Ok(()),
            ("", text) | (text, "") => write!(f, " {text}"),
            (code, message) => write!(f, " {code}: {message}"),
        }
    }
}

/// The fields of an error by name.
type Fields<'a> = BTreeMap<String, Raw<'a>>;

/// The fields of a body, and those of its object `error`; none if it is not a JSON object.
fn all_fields(body: &[u8]) -> (Fields<'_>, Fields<'_>) {
    let mut tally = Tally::default();
    let body: Raw<'_> = serde_json::from_slice(body).ok();
    let fields = json::object(body, &mut tally).unwrap_or_default();
    let nested = json::object(fields.get("error").copied().flatten(), &mut tally).unwrap_or_default();
    (fields, nested)
}

/// The first of these fields that is a text.
fn first(fields: &Fields<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| json::message(*fields.get(*name)?))
}

/// Whether a body has an error in one of the cloud's formats, besides whatever else it has. An empty code, 0 and 200 say
/// that there is none.
pub(super) fn has_error(body: &[u8]) -> bool {
    // A fast look first: nearly every body has none.
    let mentions = |name: &str| memmem::find(body, name.as_bytes()).is_some();
    if !mentions("\"error") && !mentions("\"code\"") {
        return false;
    }
    let repaired = repaired(body);
    let (fields, nested) = all_fields(repaired.as_deref().unwrap_or(body));
    let is_error = |code: Option<String>, message: Option<String>| match code {
        Some(code) => !matches!(code.trim(), "0" | "200"),
        None => message.is_some(),
    };
    let is_list = |raw: &Raw<'_>| raw.is_some_and(|raw| raw.get().starts_with(['[', '{']));
    is_error(first(&fields, &["error_code", "errorCode"]), first(&fields, &["error_msg", "errorMsg"]))
        || is_error(first(&nested, &["code", "error_code"]), first(&nested, &["message", "error_msg"]))
        // These names are too general to be an error beside a list.
        || fields.contains_key("message")
            && is_error(first(&fields, &["code"]), None)
            && !fields.values().any(is_list)
}

/// `X-Request-Id`, unless it is empty or too long for an ID.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok().map(one_line)?;
    (1..=64).contains(&id.len()).then_some(id)
}

/// Names the redirect's target by its host only: a query may contain secrets.
fn describe_redirect(headers: &HeaderMap) -> String {
    let location = headers.get("location").and_then(|location| location.to_str().ok()).unwrap_or_default();
    match Url::parse(location).ok().and_then(|url| url.host_str().map(one_line)) {
        Some(host) => format!("redirects to {host}; redirects are not followed"),
        None => "redirects; redirects are not followed".to_owned(),
    }
}

/// Reserializes JSON, so that no escape hides a secret; returns other text unchanged.
fn without_escapes(body: &[u8]) -> String {
    let repaired = repaired(body);
    let json = serde_json::from_slice::<serde_json::Value>(repaired.as_deref().unwrap_or(body));
    json.map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |json| json.to_string())
}

/// Removes every known secret, and the canonical request with all its headers, which the cloud sends back after a wrong
/// signature.
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

/// At most 300 characters, on one line.
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

/// The gateway's throttling window, from `limit:5,time:1 minute`.
fn throttling_window(message: &str) -> Option<Duration> {
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

    fn error(status: u16, body: &str) -> ErrorResponse {
        redacted(status, body, &[])
    }

    fn redacted(status: u16, body: &str, secrets: &[&str]) -> ErrorResponse {
        ErrorResponse::read(&Response::new(status, body), secrets)
    }

    fn with_header(status: u16, name: &'static str, value: &str) -> ErrorResponse {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        ErrorResponse::read(&Response { headers, ..Response::new(status, "{}") }, &[])
    }

    #[test]
    fn a_code_that_repeats_the_status_is_shown_once() {
        let iam = error(500, r#"{"error":{"code":500,"message":"An unexpected error","title":"x"}}"#);
        assert_eq!(iam.to_string(), "500 An unexpected error");
        let gateway = error(500, r#"{"error_code":"MSS.500","error_msg":"Internal Error"}"#);
        assert_eq!(gateway.to_string(), "500 MSS.500: Internal Error");
    }

    #[test]
    fn every_format_of_an_error_is_read() {
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
            (r#"{"error_code":"X.1","error_msg":null,"request_id":"r1"}"#, "400 X.1"),
            ("<html>\n<b>Bad\tGateway</b>", "400 <html> <b>Bad Gateway</b>"),
            ("", "400"),
            ("[1]", "400 [1]"),
            ("\u{feff}{\"error_code\":\"X.1\",\"error_msg\":\"two\nlines\"}", "400 X.1: two lines"),
            (r#"{"error_code":"X.0","error_code":"X.1","error_msg":"m"}"#, "400 X.1: m"),
            (r#"{"other":1}"#, r#"400 {"other":1}"#),
        ] {
            assert_eq!(error(400, body).to_string(), expected, "{body}");
        }
        let long = error(400, &"x".repeat(1000));
        assert_eq!(long.message.len(), 300);
    }

    #[test]
    fn a_redirect_names_the_host_only() {
        let message = |location: &str| with_header(302, "location", location).to_string();
        assert_eq!(
            message("https://login.example.com/?token=T0KEN"),
            "302 redirects to login.example.com; redirects are not followed"
        );
        assert_eq!(message("/elsewhere"), "302 redirects; redirects are not followed");
    }

    #[test]
    fn the_request_id_of_the_header_takes_precedence_over_the_bodys() {
        let read = |id: &str, secrets: &[&str]| {
            let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), id.parse().unwrap())]);
            let body = r#"{"error_code":"A.1","error_msg":"m","request_id":"from-body"}"#;
            ErrorResponse::read(&Response { headers, ..Response::new(400, body) }, secrets)
        };
        assert_eq!(read("from-header", &[]).request_id.as_deref(), Some("from-header"));
        assert_eq!(read("from-header", &["header"]).request_id.as_deref(), Some("from-<redacted>"));
        assert_eq!(read(&"x".repeat(65), &[]).request_id.as_deref(), Some("from-body"));
        assert_eq!(read("from-header", &[]).to_string(), "400 A.1: m");
    }

    #[test]
    fn errors_are_classified() {
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
            assert_eq!(error(status, &body).reason(), reason, "{status} {body}");
        }
        assert_eq!(error(401, &skew).server_time(), Some("20211217T065804Z"));
        assert_eq!(error(401, &gateway("signature expired, server time:now")).server_time(), None);
    }

    #[test]
    fn an_error_with_a_status_of_success_is_classified_by_its_code() {
        for (code, reason) in [
            ("MSS.00000001", Reason::Auth),
            ("APIG.0301", Reason::Auth),
            ("MSS.00010008", Reason::Auth),
            ("401", Reason::Auth),
            ("APIGW.0310", Reason::Forbidden),
            ("MSS.00024001", Reason::Forbidden),
            ("APIC.0308", Reason::Throttled),
            ("MSS.00000003", Reason::Other),
            ("MSS.00000004", Reason::Server),
            ("MSS.99999999", Reason::Server),
            ("399", Reason::Server),
            ("", Reason::Server),
        ] {
            let body = format!(r#"{{"error_code":"{code}","error_msg":"m"}}"#);
            assert_eq!(error(200, &body).reason(), reason, "{code}");
        }
    }

    #[test]
    fn an_echoed_signature_and_every_secret_are_redacted() {
        let body = concat!(
            r#"{"error_code":"APIG.0301","error_msg":"verify aksk signature fail, canonicalRequest:GET|/v1/|x-security-token:T0KEN|","#,
            r#""request_id":"r"}"#
        );
        assert_eq!(
            error(401, body).to_string(),
            "401 APIG.0301: verify aksk signature fail, canonicalRequest:<redacted>"
        );
        let sent = redacted(403, "you sent T0KEN and K3Y, T0KEN", &["T0KEN", "", "K3Y"]);
        assert_eq!(sent.message, "you sent <redacted> and <redacted>, <redacted>");
        let escaped = r#"{"error_code":"A.1","error_msg":"you sent T0\u004bEN and a\/b"}"#;
        let escaped = redacted(403, escaped, &["T0KEN", "a/b"]);
        assert_eq!(escaped.message, "you sent <redacted> and <redacted>");
        let other = redacted(403, r#"["T0\u004bEN", "a\/b"]"#, &["T0KEN", "a/b"]);
        assert_eq!(other.message, r#"["<redacted>","<redacted>"]"#);
        let unescaped = redacted(403, "[\"T0\\u004bEN\ttab\"]", &["T0KEN"]);
        assert!(unescaped.message.starts_with("[\"<redacted>"), "{}", unescaped.message);
        // A secret that truncation to 300 characters would cut in half.
        let cut = redacted(403, &format!("{}SECRET", "x".repeat(297)), &["SECRET"]);
        assert!(cut.message.ends_with("x<re"), "{}", cut.message);
    }

    #[test]
    fn the_wait_is_read_from_the_header_or_the_message() {
        let seconds =
            |text: &str| with_header(429, "retry-after", text).retry_after.map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "a date that has passed");
        assert!(seconds("21 Oct 2115 07:28:00 GMT").is_some_and(|wait| wait > 86_400));
        assert_eq!(seconds("soon"), None);

        let window = |time: &str| {
            let body =
                format!(r#"{{"error_code":"APIG.0308","error_msg":"over ratelimit,limit:5,time:{time}"}}"#);
            error(429, &body).retry_after.map(|wait| wait.as_secs())
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
