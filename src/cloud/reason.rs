//! The kinds of failure: their label values, and which of them are worth a retry.

/// Why a poll failed, as a label value: a closed set, never a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The credentials are wrong, expired or missing.
    Auth,
    /// The credentials are good but may not call this API.
    Forbidden,
    /// Too many calls.
    Throttled,
    /// No response in time.
    Timeout,
    /// No connection, or one that broke.
    Connect,
    /// The cloud failed.
    Server,
    /// A response that is not what the API documents.
    Decode,
    /// A response beyond the size limit.
    TooLarge,
    /// The clocks are too far apart for a signature.
    ClockSkew,
    /// A redirect, which is never followed.
    Redirect,
    /// Anything else.
    Other,
}

impl Reason {
    /// All reasons, so that their counters can start at 0.
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

    /// Whether the same call may succeed a moment later.
    pub(crate) fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Connect | Self::Server)
    }
}
