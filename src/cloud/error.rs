//! What can go wrong between the exporter and the cloud.
//!
//! No error contains a secret: error responses are redacted where they are read. No error contains advice: `advice`
//! decides that.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;

use super::error_response::ErrorResponse;
use super::reason::Reason;

/// A failed call. Cloned for all that wait for the same.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Error {
    /// The connection could not be established, or broke before a response.
    #[error("no connection to {host}: {cause}")]
    Connect { host: String, cause: String },
    /// The proxy does not connect to the host.
    #[error("no connection to {host}: {}", describe_proxy(*status))]
    Proxy { host: String, status: Option<u16> },
    #[error("no response from {host} in time")]
    Timeout { host: String },
    /// The response ended early, or its compression is broken.
    #[error("the response ended early: {cause}")]
    Body { cause: String, request_id: Option<String> },
    /// The response has a status other than success.
    #[error("{0}")]
    Response(ErrorResponse),
    /// The decompressed body is larger than any page.
    #[error("the response is larger than {limit} bytes")]
    TooLarge { limit: usize, request_id: Option<String> },
    /// The body is not what the API documents.
    #[error("the response cannot be read: {cause}")]
    Decode { cause: String, request_id: Option<String>, is_incomplete: bool },
    /// The poll's time ended before the list was complete.
    #[error("the poll timed out")]
    Deadline,
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The credentials issuer failed.
    #[error("no credentials from {issuer}: {error}")]
    Issuer { issuer: Issuer, error: Box<Error> },
    /// The cloud rejected an access key or a password so often that the next attempt could lock it.
    #[error("the cloud rejected {principal} repeatedly; the next attempt is in {}", seconds_or_minutes(*remaining))]
    Paused { principal: String, remaining: Duration },
    /// The time ended before the cloud had accepted the key once, until when only a few requests may use it.
    #[error(
        "no response to earlier requests with {principal} in time; until the cloud accepts it, only a few requests use it"
    )]
    Unproven { principal: String },
    /// IAM lists no project of the region, or several.
    #[error("{}", describe_projects(region, ids))]
    Project { region: String, ids: Vec<String> },
    /// A bug in the exporter, which the hook of panics has logged.
    #[error("the exporter panicked: the log line “panic” has the place")]
    Panic,
    /// Patterns select users, and no names are known that they could match.
    #[error("include and exclude need the names of users, and their look-up fails: {0}")]
    UserNames(Box<Error>),
}

/// Credentials that cannot be used as they are configured.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CredentialsError {
    #[error("the {name} file {} {problem}", path.display())]
    File { name: &'static str, path: PathBuf, problem: String },
    #[error("the {0} contains characters that an HTTP header cannot carry")]
    Header(&'static str),
}

/// A service that issues temporary credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Issuer {
    Iam,
    Sts,
    Metadata,
    PodIdentity,
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iam => "IAM",
            Self::Sts => "STS",
            Self::Metadata => "the ECS metadata service",
            Self::PodIdentity => "the CCE pod identity service",
        })
    }
}

impl Error {
    /// No connection to `host`. `cause` is the innermost one of the HTTP client.
    pub(super) fn connect(host: &str, cause: String) -> Self {
        let host = host.to_owned();
        match cause.strip_prefix("tunnel error: ") {
            Some("proxy authorization required") => Self::Proxy { host, status: Some(407) },
            Some("unsuccessful") => Self::Proxy { host, status: None },
            _ => Self::Connect { host, cause },
        }
    }

    pub(crate) fn issuer(issuer: Issuer, error: Self) -> Self {
        Self::Issuer { issuer, error: Box::new(error) }
    }

    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Connect { .. } | Self::Proxy { .. } | Self::Body { .. } => Reason::Connect,
            Self::Timeout { .. } | Self::Deadline | Self::Unproven { .. } => Reason::Timeout,
            Self::Response(response) => response.reason(),
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Decode { .. } => Reason::Decode,
            Self::Credentials(_) | Self::Paused { .. } => Reason::Auth,
            Self::Issuer { error, .. } => match error.reason() {
                reason if reason.is_transient() => reason,
                _ => Reason::Auth,
            },
            Self::Project { .. } | Self::Panic => Reason::Other,
            Self::UserNames(error) => error.reason(),
        }
    }

    /// Whether the same call may succeed a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Decode { is_incomplete, .. } => *is_incomplete,
            // It will refuse the next connection, too.
            Self::Proxy { .. } => false,
            Self::Issuer { error, .. } => error.is_transient(),
            _ => self.reason().is_transient(),
        }
    }

    /// Whether this process, or the system, has too many open files. Files and connections report it alike.
    pub(crate) fn is_of_open_files(&self) -> bool {
        let text = self.to_string();
        ["(os error 24)", "(os error 23)"].into_iter().any(|code| text.contains(code))
    }

    /// Whether the host's certificate is not trusted.
    pub(crate) fn is_of_certificate(&self) -> bool {
        match self {
            // rustls' own words.
            Self::Connect { cause, .. } => cause.starts_with("invalid peer certificate"),
            Self::Issuer { error, .. } => error.is_of_certificate(),
            _ => false,
        }
    }

    /// Whether a proxy caused it.
    pub(crate) fn is_of_proxy(&self) -> bool {
        match self {
            Self::Proxy { .. } => true,
            Self::Response(response) => response.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Issuer { error, .. } => error.is_of_proxy(),
            _ => false,
        }
    }

    /// The error response, also that of a credentials issuer.
    pub(crate) fn response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Response(response) => Some(response),
            Self::Issuer { error, .. } | Self::UserNames(error) => error.response(),
            _ => None,
        }
    }

    /// The cloud's ID of the failed request, where it sent one.
    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Body { request_id, .. }
            | Self::TooLarge { request_id, .. }
            | Self::Decode { request_id, .. } => request_id.as_deref(),
            Self::Response(response) => response.request_id.as_deref(),
            Self::Issuer { error, .. } | Self::UserNames(error) => error.request_id(),
            _ => None,
        }
    }
}

/// The innermost cause, which is the specific one ("connection refused").
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn describe_proxy(status: Option<u16>) -> &'static str {
    match status {
        Some(_) => "the proxy requires a user name and a password (status 407)",
        None => "the proxy refused to connect to it",
    }
}

/// Seconds below two minutes, else minutes.
fn seconds_or_minutes(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().ceil();
    if seconds < 120.0 { format!("{seconds} s") } else { format!("{} min", (seconds / 60.0).ceil()) }
}

fn describe_projects(region: &str, ids: &[String]) -> String {
    if ids.is_empty() {
        return format!("IAM lists no project named {region} for these credentials");
    }
    let first = ids.iter().take(10).map(String::as_str).collect::<Vec<_>>();
    format!("IAM lists {} projects named {region}: {}", ids.len(), first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::http::Response;

    #[test]
    fn an_issuers_error_is_transient_or_an_authentication_failure() {
        let timeout = || Error::Timeout { host: "iam.example.com".to_owned() };
        let response = |status| Response::new(status, "").error(&[]);
        for (error, reason) in [
            (response(401), Reason::Auth),
            (response(403), Reason::Auth),
            (response(500), Reason::Server),
            (response(429), Reason::Throttled),
            (timeout(), Reason::Timeout),
        ] {
            let error = Error::issuer(Issuer::Iam, error);
            assert_eq!(error.reason(), reason, "{error}");
        }
    }

    #[test]
    fn the_request_id_is_not_part_of_the_message() {
        let request_id = Some("r-1".to_owned());
        for (error, message) in [
            (
                Error::Body { cause: "reset".to_owned(), request_id: request_id.clone() },
                "the response ended early: reset",
            ),
            (
                Error::TooLarge { limit: 8, request_id: request_id.clone() },
                "the response is larger than 8 bytes",
            ),
            (
                Error::Decode { cause: "it is empty".to_owned(), request_id, is_incomplete: false },
                "the response cannot be read: it is empty",
            ),
            (Response::new(400, r#"{"error_code":"A.1","request_id":"r-1"}"#).error(&[]), "400 A.1"),
        ] {
            assert_eq!((error.to_string().as_str(), error.request_id()), (message, Some("r-1")));
            let error = Error::issuer(Issuer::Sts, error);
            assert_eq!(error.request_id(), Some("r-1"));
            assert_eq!(error.to_string(), format!("no credentials from STS: {message}"));
        }
    }

    #[test]
    fn a_pause_is_in_seconds_below_two_minutes_and_in_minutes_above() {
        for (seconds, expected) in
            [(0.2, "1 s"), (119.0, "119 s"), (119.5, "2 min"), (121.0, "3 min"), (300.0, "5 min")]
        {
            assert_eq!(seconds_or_minutes(Duration::from_secs_f64(seconds)), expected);
        }
    }

    #[test]
    fn the_message_about_projects_lists_at_most_ten_ids() {
        let message = |number: u32| {
            let ids = (0..number).map(|id| id.to_string()).collect();
            Error::Project { region: "r".to_owned(), ids }.to_string()
        };
        assert_eq!(message(0), "IAM lists no project named r for these credentials");
        assert_eq!(message(2), "IAM lists 2 projects named r: 0, 1");
        assert_eq!(message(11), "IAM lists 11 projects named r: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
    }
}
