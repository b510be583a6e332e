//! The kinds of failure: what a label says, whether to try again, and what a person can do.

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
                "check that the endpoint is one of MetaStudio and that no proxy answers for it"
            }
            Self::ClockSkew => "set this machine's clock (NTP)",
            Self::Redirect => "set the endpoint to the address that answers itself",
            Self::Other => "look the error code up in MetaStudio's API reference",
        }
    }
}
