//! Why a poll failed, as data that the overview shows in each language; never a message.

use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::cloud::refusal::Refusal;

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PollFailure {
    /// Value of the label `reason`.
    pub(crate) reason: Reason,
    /// What failed.
    pub(crate) stage: Stage,
    /// The HTTP status of an error response.
    pub(crate) status: Option<u16>,
    /// `error_code` of an error response, redacted as in the log; empty if it has none.
    pub(crate) code: String,
    /// The cloud's ID of the failed request.
    pub(crate) request_id: Option<String>,
}

/// The stage of a poll that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There are no usable credentials.
    NoCredentials,
    /// The cloud refused the credentials so often that they are suspended.
    Resting,
    /// The credentials issuer failed.
    Issuing,
    /// IAM did not return the project ID.
    Project,
    /// The call of the API failed.
    Call,
}

impl PollFailure {
    pub(crate) fn new(error: &Error) -> Self {
        let refusal = refusal(error);
        Self {
            reason: error.reason(),
            stage: match error {
                Error::Credentials(_) => Stage::NoCredentials,
                Error::Resting { .. } => Stage::Resting,
                Error::Issuer { .. } => Stage::Issuing,
                Error::Project(_) => Stage::Project,
                _ => Stage::Call,
            },
            status: refusal.map(|refusal| refusal.status.as_u16()),
            code: refusal.map(|refusal| refusal.code.clone()).unwrap_or_default(),
            request_id: error.request_id().map(ToOwned::to_owned),
        }
    }
}

/// The error response of the cloud, if there was one.
fn refusal(error: &Error) -> Option<&Refusal> {
    match error {
        Error::Refused(refusal) => Some(refusal),
        Error::Issuer { error, .. } => self::refusal(error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::cloud::error::Issuer;

    #[test]
    fn an_error_response_keeps_its_code_but_not_its_message() {
        let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "r-1".parse().unwrap())]);
        let body = br#"{"error_code":"MSS.00000005","error_msg":"not you, K3Y"}"#;
        let refused = || Error::Refused(Refusal::read(StatusCode::FORBIDDEN, &headers, body, &["K3Y"]));
        let expected = PollFailure {
            reason: Reason::Forbidden,
            stage: Stage::Call,
            status: Some(403),
            code: "MSS.00000005".to_owned(),
            request_id: Some("r-1".to_owned()),
        };
        assert_eq!(PollFailure::new(&refused()), expected);

        let issuer = Issuer { name: "IAM", advice: "look", unreachable: "look there" };
        let of_issuer = PollFailure::new(&Error::Issuer { issuer, error: Box::new(refused()) });
        assert_eq!(of_issuer, PollFailure { reason: Reason::Auth, stage: Stage::Issuing, ..expected });
    }

    #[test]
    fn other_failures_have_a_stage_only() {
        for (error, reason, stage) in [
            (Error::Credentials("no file".to_owned()), Reason::Auth, Stage::NoCredentials),
            (Error::Project("two of them".to_owned()), Reason::Other, Stage::Project),
            (Error::Deadline, Reason::Timeout, Stage::Call),
        ] {
            let none = PollFailure { reason, stage, status: None, code: String::new(), request_id: None };
            assert_eq!(PollFailure::new(&error), none);
        }
    }
}
