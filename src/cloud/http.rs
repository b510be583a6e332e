//! One request and its answer: time-outs, size, redirects. Knows nothing of credentials and of what a body means.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};

use super::error::Error;
use super::refusal;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body that is read, after decompression: a hundred times a page of 100 users.
const MAX_BODY: usize = 8 << 20;

const USER_AGENT: &str = concat!("metastudio-exporter/", env!("CARGO_PKG_VERSION"));

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// `X-Request-Id`
    pub(crate) fn request_id(&self) -> Option<String> {
        refusal::request_id(&self.headers)
    }
}

/// The client that all projects share, but for the proxy: the environment's does not serve addresses of this machine.
///
/// # Errors
/// When the system's certificates cannot be used.
pub fn client(direct: bool) -> Result<Client, reqwest::Error> {
    // Fails only where another provider was chosen before, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // A redirect would carry the credentials elsewhere.
        .redirect(redirect::Policy::none())
        .user_agent(USER_AGENT);
    if direct { builder.no_proxy().build() } else { builder.build() }
}

/// `base` with `path` behind its own path, and `query`.
pub(crate) fn join(base: &Url, path: &str, query: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query((!query.is_empty()).then_some(query));
    url
}

/// Sends `request` and reads the answer to its end, whatever its status.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, Error> {
    let (client, request) = request.build_split();
    let request = request
        .map_err(|error| Error::Credentials(format!("the request cannot be built: {}", cause(&error))))?;
    let host = host(request.url());
    let mut response = client.execute(request).await.map_err(|error| match error {
        error if error.is_timeout() && !error.is_connect() => Error::Timeout { host: host.clone() },
        error => Error::Connect { host: host.clone(), cause: cause(&error) },
    })?;
    let request_id = refusal::request_id(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(Error::TooLarge { limit: MAX_BODY, request_id });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => return Err(Error::Timeout { host }),
            Err(error) => return Err(Error::Body { cause: cause(&error), request_id }),
        }
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body: body.into() })
}

/// The innermost cause: the one that says something ("connection refused").
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// `Host` as it is sent: with a port that is not the scheme's own.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
