//! Why a poll failed, as far as people are told: kinds that every language has words for, never a message.

use crate::advice::Advice;
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;

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
    /// What to do about it.
    pub(crate) advice: Advice,
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
    pub(crate) fn new(error: &Error, advice: Advice) -> Self {
        let response = error.response();
        Self {
            reason: error.reason(),
            stage: match error {
                Error::Credentials(_) => Stage::NoCredentials,
                Error::Paused { .. } => Stage::Resting,
                Error::Issuer { .. } => Stage::Issuing,
                Error::Project { .. } => Stage::Project,
                _ => Stage::Call,
            },
            status: response.map(|response| response.status.as_u16()),
            code: response.map(|response| response.code.clone()).unwrap_or_default(),
            request_id: error.request_id().map(ToOwned::to_owned),
            advice,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::cloud::error::{CredentialsError, Issuer};
    use crate::cloud::http::Response;

    #[test]
    fn an_error_response_keeps_its_code_and_loses_its_message() {
        let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "r-1".parse().unwrap())]);
        let body = r#"{"error_code":"MSS.00000005","error_msg":"not you, K3Y"}"#;
        let error = || Response { headers: headers.clone(), ..Response::new(403, body) }.error(&["K3Y"]);
        let expected = Failure {
            reason: Reason::Forbidden,
            stage: Stage::Call,
            status: Some(403),
            code: "MSS.00000005".to_owned(),
            request_id: Some("r-1".to_owned()),
            advice: Advice::GrantMetaStudio,
        };
        assert_eq!(Failure::new(&error(), Advice::GrantMetaStudio), expected);

        let issuer_error = Error::issuer(Issuer::Iam, error());
        let expected = Failure { reason: Reason::Auth, stage: Stage::Issuing, ..expected };
        assert_eq!(Failure::new(&issuer_error, Advice::GrantMetaStudio), expected);
    }

    #[test]
    fn an_error_without_a_response_has_a_stage() {
        let projects = Error::Project { region: "r".to_owned(), ids: vec!["a".to_owned(), "b".to_owned()] };
        for (error, reason, stage) in [
            (CredentialsError::Header("token").into(), Reason::Auth, Stage::NoCredentials),
            (projects, Reason::Other, Stage::Project),
            (Error::Deadline, Reason::Timeout, Stage::Call),
        ] {
            let (status, code, request_id) = (None, String::new(), None);
            let expected = Failure { reason, stage, status, code, request_id, advice: Advice::CheckNetwork };
            assert_eq!(Failure::new(&error, Advice::CheckNetwork), expected);
        }
    }
}
