//! Error responses of the cloud: read in any of its formats, classified, and redacted.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use memchr::memmem;
use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};

use super::http::Response;
use super::json::{self, Object, Raw, Tally};
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
        let Response { status, headers, body, .. } = response;
        let repaired = repaired(body);
        let (fields, nested) = all_fields(repaired.as_deref().unwrap_or(body));
        // Redacts after parsing, since escapes hide a secret, and before truncation, which would leave half of one.
        let clean = |text: &str| one_line(&redact(text, secrets));
        let first = |fields: &Object<'_>, names: &[&str]| first(fields, names).map(|text| clean(&text));
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

/// The fields of a body, and those of its object `error`; none if it is not a JSON object.
fn all_fields(body: &[u8]) -> (Object<'_>, Object<'_>) {
    let mut tally = Tally::default();
    let body: Raw<'_> = serde_json::from_slice(body).ok();
    let fields = json::object(body, &mut tally).unwrap_or_default();
    let nested = json::object(field(&fields, "error").flatten(), &mut tally).unwrap_or_default();
    (fields, nested)
}

fn field<'a>(fields: &Object<'a>, name: &str) -> Option<Raw<'a>> {
    fields.fields.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
}

/// The first of these fields that is a text.
fn first(fields: &Object<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| json::message(field(fields, name)?))
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
        || field(&fields, "message").is_some()
            && is_error(first(&fields, &["code"]), None)
            && !fields.fields.iter().any(|(_, value)| is_list(value))
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
mod tests;
