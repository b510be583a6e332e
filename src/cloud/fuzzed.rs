//! Responses and files of the cloud, for [`crate::fuzzed`].

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::clock;
use super::credentials::profile;
use super::error::Error;
use super::http::Response;
use super::json;

/// All that an error response says: the error itself, and what is shown elsewhere.
pub(crate) struct ReadError {
    pub(crate) texts: Vec<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The server's time, in seconds since the Unix epoch.
    pub(crate) server_time: Option<i64>,
}

/// Reads an error response with these headers and without a secret.
pub(crate) fn error(
    status: StatusCode,
    headers: &[(&'static str, &[u8])],
    body: &[u8],
    secret: &str,
) -> ReadError {
    let header = |(name, value): &(&'static str, &[u8])| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    let headers: HeaderMap = headers.iter().filter_map(header).collect();
    let response = Response::with_body(status, headers, body.to_vec().into());
    let error = response.error(&[secret]);
    let mut texts = vec![error.to_string(), error.reason().as_str().to_owned()];
    texts.extend(error.request_id().map(ToOwned::to_owned));
    let Error::Response(response) = &error else {
        return ReadError { texts, retry_after: None, server_time: None };
    };
    texts.push(response.code.clone());
    let server_time = clock::server_time(response).map(jiff::Timestamp::as_second);
    ReadError { texts, retry_after: response.retry_after, server_time }
}

/// The time of a JSON value, in seconds since the Unix epoch. `None` if it has none or is not JSON.
pub(crate) fn time(json: &str) -> Option<f64> {
    let raw: &serde_json::value::RawValue = serde_json::from_str(json).ok()?;
    json::time(Some(raw)).ok()?
}

/// What is wrong with the text of a profile file, or its secrets.
pub(crate) fn profile(text: &str) -> Result<Vec<String>, String> {
    let profile = profile::parse(text)?;
    let token = profile.key.security_token.as_ref().map(|token| token.expose().to_owned());
    Ok([profile.key.secret.expose().to_owned()].into_iter().chain(token).collect())
}
