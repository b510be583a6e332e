//! One request and its response: errors and size. Knows nothing of credentials and of what a body means.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, StatusCode, Url};

use super::error::{CredentialsError, Error, innermost};
use super::error_response::{self, ErrorResponse};
use super::json::DecodeError;
use super::repair::repaired;

/// The largest body that is read, after decompression: a hundred times a page of 100 users.
const MAX_BODY: usize = 8 << 20;

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether it has an error in the body in spite of a status of success. Looked for once, since it takes a pass.
    pub(crate) has_error: bool,
}

impl Response {
    pub(super) fn with_body(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let has_error = status.is_success() && error_response::has_error(&body);
        Self { status, headers, body, has_error }
    }

    /// The sender's time by its `Date`, where it has one.
    pub(crate) fn date(&self) -> Option<Timestamp> {
        let date = jiff::fmt::rfc2822::parse(self.headers.get("date")?.to_str().ok()?).ok()?;
        Some(date.timestamp())
    }

    /// The error of a response that is not a success, which contains none of `secrets`.
    pub(crate) fn error(&self, secrets: &[&str]) -> Error {
        Error::Response(ErrorResponse::read(self, secrets))
    }

    /// Fails unless the response is a success: any 2xx status, except for a part of an answer (206) or with an error in
    /// the body. The error contains none of `secrets`.
    pub(crate) fn check(&self, secrets: &[&str]) -> Result<(), Error> {
        if self.status == StatusCode::PARTIAL_CONTENT {
            return Err(self.decode_error("it is only a part of the answer (status 206)"));
        }
        if self.status.is_success() && !self.has_error {
            return Ok(());
        }
        Err(self.error(secrets))
    }

    /// Reads the body, and once more after a repair if a parser rejects it.
    pub(crate) fn read<T>(&self, read: impl Fn(&[u8]) -> Result<T, DecodeError>) -> Result<T, Error> {
        let result = read(&self.body).or_else(|error| match repaired(&self.body) {
            Some(body) => read(&body),
            None => Err(error),
        });
        result.map_err(|error| self.decode_error(error))
    }

    /// The error of a body that is not what the API documents.
    pub(crate) fn decode_error(&self, error: impl Into<DecodeError>) -> Error {
        let DecodeError { cause, is_incomplete } = error.into();
        Error::Decode { cause, request_id: error_response::request_id(&self.headers), is_incomplete }
    }
}

/// Appends `path` to the path of `base`, and sets `query`.
pub(crate) fn join(base: &Url, path: &str, query: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query((!query.is_empty()).then_some(query));
    url
}

/// Whether a region or an ID consists of characters that need no encoding in a URL.
pub(crate) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Sends `request` and reads the whole response, whatever its status.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Error> {
    let (client, request) = request.build_split();
    let request = request.map_err(|_| CredentialsError::Header("request"))?;
    let host = host(request.url());
    let mut response = client.execute(request).await.map_err(|error| match error {
        error if error.is_timeout() && !error.is_connect() => Error::Timeout { host: host.clone() },
        error => Error::connect(&host, innermost(&error)),
    })?;
    let request_id = error_response::request_id(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(Error::TooLarge { limit: MAX_BODY, request_id });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => return Err(Error::Timeout { host }),
            Err(error) => return Err(Error::Body { cause: innermost(&error), request_id }),
        }
    }
    Ok(Response::with_body(response.status(), response.headers().clone(), body.into()))
}

/// Like [`send`], for a request or response with a secret of its own: closes the connection, whose buffers would keep it.
pub(crate) async fn send_and_close(request: RequestBuilder) -> Result<Response, Error> {
    send(request.header("connection", "close")).await
}

/// A header value that debug output hides. `name` describes it in the error.
pub(crate) fn secret_header(value: &str, name: &'static str) -> Result<HeaderValue, CredentialsError> {
    let mut header = HeaderValue::from_str(value).map_err(|_| CredentialsError::Header(name))?;
    header.set_sensitive(true);
    Ok(header)
}

/// `Host` as it is sent: with the port unless it is the scheme's default.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
impl Response {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self::with_body(status, HeaderMap::new(), body.to_owned().into())
    }
}
