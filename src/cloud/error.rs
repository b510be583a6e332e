//! What can go wrong between this program and the cloud: typed inside, one sentence outside.
//!
//! No error holds a secret: refusals are redacted where they are read ([`Refusal::read`]).

use super::refusal::Refusal;

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

/// The request ID as sentences end with it.
pub(super) fn request(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}
