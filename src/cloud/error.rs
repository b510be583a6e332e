//! What can go wrong between this program and the cloud: typed inside, one sentence outside.
//!
//! No error holds a secret: refusals are redacted where they are read ([`Refusal::read`]).

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json;

/// Why a poll failed, as a label value: a closed set, never a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The credentials are wrong, expired or missing.
    Auth,
    /// The credentials are good but may not call this API.
    Forbidden,
    /// Too many calls.
    Throttled,
    /// No answer in time.
    Timeout,
    /// No connection.
    Connect,
    /// The cloud failed.
    Server,
    /// An answer that is not what the API documents.
    Decode,
    /// An answer beyond the limit on size.
    TooLarge,
    /// The clocks are too far apart for a signature.
    ClockSkew,
    /// A redirect, which is never followed.
    Redirect,
    /// Anything else.
    Other,
}

impl Reason {
    /// All of them, so that their counters can start at 0.
    pub const ALL: [Self; 11] = [
        Self::Auth,
        Self::Forbidden,
        Self::Throttled,
        Self::Timeout,
        Self::Connect,
        Self::Server,
        Self::Decode,
        Self::TooLarge,
        Self::ClockSkew,
        Self::Redirect,
        Self::Other,
    ];

    /// The value of label `reason`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Forbidden => "forbidden",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Server => "server",
            Self::Decode => "decode",
            Self::TooLarge => "too_large",
            Self::ClockSkew => "clock_skew",
            Self::Redirect => "redirect",
            Self::Other => "other",
        }
    }

    /// Whether the same call may well succeed a moment later.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Connect | Self::Server)
    }

    /// What a person can do about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Auth => "check the access key and its secret key, or renew the token",
            Self::Forbidden => {
                "grant the credentials the right to call this API; user quotas can only be listed by the root account"
            }
            Self::Throttled => "lower --poll.requests-per-second or poll less often",
            Self::Timeout => "check the network, or raise --poll.timeout if the list is long",
            Self::Connect => "check the endpoint, DNS, the proxy and the firewall",
            Self::Server => "the cloud failed; if it goes on, report the request ID to Huawei Cloud",
            Self::Decode | Self::TooLarge => {
                "check that the endpoint is MetaStudio's and no proxy answers for it"
            }
            Self::ClockSkew => "set this machine's clock (NTP)",
            Self::Redirect => "set the endpoint to the address that answers itself",
            Self::Other => "look the error code up in MetaStudio's API reference",
        }
    }
}

/// A call, or a whole poll, that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or one that broke before an answer.
    #[error("no connection to {host}: {cause}")]
    Connect {
        /// Host and port of the endpoint.
        host: String,
        /// The innermost cause.
        cause: String,
    },
    /// No answer in the time for one request.
    #[error("no answer from {host} in time")]
    Timeout {
        /// Host and port of the endpoint.
        host: String,
    },
    /// The answer broke off, or its compression is broken.
    #[error("the answer broke off{}: {cause}", request(request_id.as_deref()))]
    Body {
        /// The innermost cause.
        cause: String,
        /// `X-Request-Id` of the answer.
        request_id: Option<String>,
    },
    /// The cloud answered, and said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The body is larger than a page can be.
    #[error("the answer is larger than {limit} bytes{}", request(request_id.as_deref()))]
    TooLarge {
        /// The limit, in bytes after decompression.
        limit: usize,
        /// `X-Request-Id` of the answer.
        request_id: Option<String>,
    },
    /// The body is not what the API documents.
    #[error("the answer cannot be read{}: {cause}", request(request_id.as_deref()))]
    Decode {
        /// What was expected and missing.
        cause: String,
        /// `X-Request-Id` of the answer.
        request_id: Option<String>,
    },
    /// The poll's own time was over before the list was whole.
    #[error("the poll ran out of its time")]
    Deadline,
    /// There are no usable credentials.
    #[error("{0}")]
    Credentials(String),
}

impl Error {
    /// The kind of failure.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Connect { .. } | Self::Body { .. } => Reason::Connect,
            Self::Timeout { .. } | Self::Deadline => Reason::Timeout,
            Self::Refused(refusal) => refusal.reason(),
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Decode { .. } => Reason::Decode,
            Self::Credentials(_) => Reason::Auth,
        }
    }

    /// The cloud's ID of the failed request, where it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Body { request_id, .. }
            | Self::TooLarge { request_id, .. }
            | Self::Decode { request_id, .. } => request_id.as_deref(),
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::Connect { .. } | Self::Timeout { .. } | Self::Deadline | Self::Credentials(_) => None,
        }
    }
}

fn request(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

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
        let body = redact(&String::from_utf8_lossy(body), secrets);
        let told = serde_json::from_str::<Told>(&body).unwrap_or_default();
        let nested = json::parse::<Told>(told.error).ok().flatten().unwrap_or_default();
        let pick = |outer: &[json::Raw<'_>]| {
            outer.iter().find_map(|raw| json::text(*raw).ok().flatten()).map(|text| one_line(&text))
        };
        let code = pick(&[told.error_code, told.camel_code, told.code, nested.code, nested.error_code]);
        let message =
            pick(&[told.error_msg, told.camel_message, told.message, nested.message, nested.error_msg]);
        let request_id = request_id(headers).or_else(|| pick(&[told.request_id]));
        let message = match (message, &code) {
            (Some(message), _) => message,
            (None, Some(_)) => String::new(),
            (None, None) => one_line(&body),
        };
        let retry_after = retry_after(headers).or_else(|| window(&message));
        Self { status, code: code.unwrap_or_default(), message, request_id, retry_after }
    }

    fn told(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => String::new(),
            ("", message) => format!(" {message}"),
            (code, "") => format!(" {code}"),
            (code, message) => format!(" {code}: {message}"),
        }
    }

    fn reason(&self) -> Reason {
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
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: json::Raw<'a>,
}

/// `X-Request-Id` of an answer.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").map(|id| one_line(&String::from_utf8_lossy(id.as_bytes())))
}

/// A refused signature comes back with the canonical request, headers and all: that, and every known secret, is cut.
fn redact(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(cut_canonical_request(text), |text, secret| text.replace(secret, "<redacted>"))
}

fn cut_canonical_request(text: &str) -> String {
    let Some(start) = text.find("canonicalRequest") else { return text.to_owned() };
    // What follows the echo in a JSON body is kept, so that the body still parses.
    let end = text[start..].find('"').map_or(text.len(), |quote| start + quote);
    format!("{}canonicalRequest:<redacted>{}", &text[..start], &text[end..])
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
