//! Why a poll failed, as data that the overview shows in each language; never a message.

use crate::advice::Advice;
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;

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
    /// What to do about it.
    pub(crate) advice: Advice,
}

/// The stage of a poll that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There are no usable credentials.
    NoCredentials,
    /// The cloud rejected the credentials so often that they are paused.
    Paused,
    /// The credentials issuer failed.
    Issuer,
    /// IAM did not return the project ID.
    Project,
    /// The names that select users could not be looked up.
    UserNames,
    /// The exporter panicked.
    Panic,
    /// The call of the API failed.
    Call,
}

impl PollFailure {
    pub(crate) fn new(error: &Error, advice: Advice) -> Self {
        let response = error.response();
        Self {
            reason: error.reason(),
            stage: match error {
                Error::Credentials(_) => Stage::NoCredentials,
                Error::Paused { .. } => Stage::Paused,
                Error::Issuer { .. } => Stage::Issuer,
                Error::Project { .. } => Stage::Project,
                Error::UserNames(_) => Stage::UserNames,
                Error::Panic => Stage::Panic,
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
        let expected = PollFailure {
            reason: Reason::Forbidden,
            stage: Stage::Call,
            status: Some(403),
            code: "MSS.00000005".to_owned(),
            request_id: Some("r-1".to_owned()),
            advice: Advice::GrantMetaStudio,
        };
        assert_eq!(PollFailure::new(&error(), Advice::GrantMetaStudio), expected);

        let issuer_error = Error::issuer(Issuer::Iam, error());
        let expected = PollFailure { reason: Reason::Auth, stage: Stage::Issuer, ..expected };
        assert_eq!(PollFailure::new(&issuer_error, Advice::GrantMetaStudio), expected);
    }

    #[test]
    fn an_error_without_a_response_has_a_stage() {
        let projects = Error::Project { region: "r".to_owned(), ids: vec!["a".to_owned(), "b".to_owned()] };
        for (error, reason, stage) in [
            (CredentialsError::Header("token").into(), Reason::Auth, Stage::NoCredentials),
            (projects, Reason::Other, Stage::Project),
            (Error::Panic, Reason::Other, Stage::Panic),
            (Error::Deadline, Reason::Timeout, Stage::Call),
        ] {
            let (status, code, request_id) = (None, String::new(), None);
            let expected =
                PollFailure { reason, stage, status, code, request_id, advice: Advice::CheckNetwork };
            assert_eq!(PollFailure::new(&error, Advice::CheckNetwork), expected);
        }
    }
}
