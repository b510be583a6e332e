//! Why a poll failed, as far as people are told: kinds that every language has words for, never a message.

use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::cloud::refusal::Refusal;

/// A poll that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind, as in the label `reason`.
    pub reason: Reason,
    /// How far the poll came.
    pub stage: Stage,
    /// The HTTP status; none where there was no answer, or a good one that cannot be read.
    pub status: Option<u16>,
    /// `error_code` of the answer, redacted as in the log; empty where it has none.
    pub code: String,
    /// The cloud's ID of the failed request.
    pub request_id: Option<String>,
}

/// How far a poll came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// There are no credentials that can be used.
    NoCredentials,
    /// The credentials were refused so often that they rest.
    Resting,
    /// Whoever gives credentials out did not.
    Issuing,
    /// IAM does not tell which project is meant.
    Project,
    /// The API itself failed.
    Call,
}

impl Failure {
    /// What people are told of `error`.
    #[must_use]
    pub fn of(error: &Error) -> Self {
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

/// What the cloud said when it said no.
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
    fn a_refusal_keeps_its_code_and_loses_its_message() {
        let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "r-1".parse().unwrap())]);
        let body = br#"{"error_code":"MSS.00000005","error_msg":"not you, K3Y"}"#;
        let refused = || Error::Refused(Refusal::read(StatusCode::FORBIDDEN, &headers, body, &["K3Y"]));
        let expected = Failure {
            reason: Reason::Forbidden,
            stage: Stage::Call,
            status: Some(403),
            code: "MSS.00000005".to_owned(),
            request_id: Some("r-1".to_owned()),
        };
        assert_eq!(Failure::of(&refused()), expected);

        let issuer = Issuer { name: "IAM", advice: "look", unreachable: "look there" };
        let of_issuer = Failure::of(&Error::Issuer { issuer, error: Box::new(refused()) });
        assert_eq!(of_issuer, Failure { reason: Reason::Auth, stage: Stage::Issuing, ..expected });
    }

    #[test]
    fn what_is_not_the_clouds_word_is_told_by_its_stage() {
        for (error, reason, stage) in [
            (Error::Credentials("no file".to_owned()), Reason::Auth, Stage::NoCredentials),
            (Error::Project("two of them".to_owned()), Reason::Other, Stage::Project),
            (Error::Deadline, Reason::Timeout, Stage::Call),
        ] {
            let none = Failure { reason, stage, status: None, code: String::new(), request_id: None };
            assert_eq!(Failure::of(&error), none);
        }
    }
}
