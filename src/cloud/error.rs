//! What can go wrong between this program and the cloud: typed inside, one sentence outside.
//!
//! No error holds a secret: refusals are redacted where they are read ([`Refusal::read`]).

use std::time::Duration;

use super::reason::Reason;
use super::refusal::{Refusal, request};

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
    /// Whoever gives credentials out did not.
    #[error("no credentials from {}: {error}", issuer.name)]
    Issuer {
        /// Who that is.
        issuer: Issuer,
        /// What failed.
        error: Box<Error>,
    },
    /// Refused so often that it is not tried for a while.
    #[error("the cloud refused {who} again and again; it is not called for {}", minutes(*rest))]
    Resting {
        /// The key or user.
        who: String,
        /// How long it still rests.
        rest: Duration,
    },
    /// IAM does not tell the one project that is meant.
    #[error("{0}")]
    Project(String),
}

/// A service that gives credentials out.
#[derive(Debug, Clone, Copy)]
pub struct Issuer {
    /// How sentences call it.
    pub name: &'static str,
    /// What a person can do when it refuses.
    pub advice: &'static str,
    /// What a person can do when it cannot be reached.
    pub unreachable: &'static str,
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
            Self::Credentials(_) | Self::Resting { .. } => Reason::Auth,
            Self::Issuer { error, .. } => match error.reason() {
                reason if reason.is_passing() => reason,
                _ => Reason::Auth,
            },
            Self::Project(_) => Reason::Other,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Issuer { issuer, error } => match error.reason() {
                Reason::Connect | Reason::Timeout => issuer.unreachable,
                Reason::Server | Reason::Throttled => error.advice(),
                _ => issuer.advice,
            },
            Self::Project(_) => "set the project's ID: project_id in the file, or HUAWEICLOUD_SDK_PROJECT_ID",
            _ => self.reason().advice(),
        }
    }

    /// The same, said of whoever gives credentials out.
    pub(crate) fn of(self, issuer: Issuer) -> Self {
        Self::Issuer { issuer, error: Box::new(self) }
    }

    /// The cloud's ID of the failed request, where it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Body { request_id, .. }
            | Self::TooLarge { request_id, .. }
            | Self::Decode { request_id, .. } => request_id.as_deref(),
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::Issuer { error, .. } => error.request_id(),
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Deadline
            | Self::Credentials(_)
            | Self::Resting { .. }
            | Self::Project(_) => None,
        }
    }
}

/// A wait for people: in seconds below two minutes, else in minutes.
fn minutes(rest: Duration) -> String {
    let seconds = rest.as_secs_f64().ceil();
    if seconds < 120.0 { format!("{seconds} s") } else { format!("{} min", (seconds / 60.0).ceil()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: Issuer = Issuer { name: "IAM", advice: "look at the password", unreachable: "look at IAM" };

    fn refused(status: u16) -> Error {
        let status = reqwest::StatusCode::from_u16(status).unwrap();
        Error::Refused(Refusal::read(status, &reqwest::header::HeaderMap::default(), b"", &[]))
    }

    #[test]
    fn what_to_do_about_an_issuer_depends_on_how_it_failed() {
        let timeout = Error::Timeout { host: "iam.example.com".to_owned() };
        for (error, reason, advice) in [
            (refused(401), Reason::Auth, "look at the password"),
            (refused(403), Reason::Auth, "look at the password"),
            (refused(500), Reason::Server, Reason::Server.advice()),
            (refused(429), Reason::Throttled, Reason::Throttled.advice()),
            (timeout, Reason::Timeout, "look at IAM"),
        ] {
            let error = error.of(ISSUER);
            assert_eq!((error.reason(), error.advice()), (reason, advice), "{error}");
        }
    }

    #[test]
    fn a_rest_is_told_in_seconds_below_two_minutes_and_in_minutes_above() {
        for (seconds, expected) in
            [(0.2, "1 s"), (119.0, "119 s"), (119.5, "2 min"), (121.0, "3 min"), (300.0, "5 min")]
        {
            assert_eq!(minutes(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
