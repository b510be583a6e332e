//! One request and its response: time-outs, size, redirects. Knows nothing of credentials and of what a body means.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, Url, redirect};

use super::error::{CredentialsError, Error};
use super::error_response::{self, ErrorResponse};
use super::json::DecodeError;
use super::repair::repaired;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body that is read, after decompression: a hundred times a page of 100 users.
const MAX_BODY: usize = 8 << 20;

const USER_AGENT: &str = concat!("metastudio-exporter/", env!("CARGO_PKG_VERSION"));

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
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
        if self.status.is_success() && !error_response::has_error(&self.body) {
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

/// The HTTP clients that projects share. Each is built when it is first needed, since that reads all certificates.
#[derive(Debug, Default)]
pub struct HttpClients(Mutex<HashMap<HttpClientKey, Client>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct HttpClientKey {
    /// Bypasses the environment's proxy.
    is_direct: bool,
    /// Certificate authorities besides the system's, in PEM.
    authorities: Option<Vec<u8>>,
}

/// Why an HTTP client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificates in a configured file cannot be used.
    #[error("the certificates in {} cannot be used: {cause}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// TLS cannot be set up, usually because the system has no certificates.
    #[error("cannot prepare HTTPS connections: {0}")]
    Tls(reqwest::Error),
}

impl HttpClients {
    /// Returns the client for `url`, which also trusts the certificates in `ca_file`. Loopback and link-local addresses
    /// bypass the proxy.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn get(&self, url: &Url, ca_file: Option<&Path>) -> Result<Client, ClientError> {
        let file_error =
            |cause| ClientError::CaFile { path: ca_file.unwrap_or(Path::new("")).to_owned(), cause };
        let authorities =
            ca_file.map(std::fs::read).transpose().map_err(|error| file_error(error.to_string()))?;
        let key = HttpClientKey { is_direct: is_local(url), authorities };
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        // Fails only if a provider is installed already, which then serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            // A redirect would carry the credentials elsewhere.
            .redirect(redirect::Policy::none())
            .user_agent(USER_AGENT);
        if key.is_direct {
            builder = builder.no_proxy();
        }
        if let Some(authorities) = &key.authorities {
            let certificates =
                Certificate::from_pem_bundle(authorities).map_err(|error| file_error(innermost(&error)))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(ClientError::Tls)?;
        clients.insert(key, client.clone());
        Ok(client)
    }
}

/// Whether `url` has a loopback or a link-local address, such as a metadata service's.
fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| match address {
            IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
            IpAddr::V6(address) => address.is_loopback(),
        })
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
        error => Error::Connect { host: host.clone(), cause: innermost(&error) },
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
    Ok(Response { status: response.status(), headers: response.headers().clone(), body: body.into() })
}

/// A header value that debug output hides. `name` describes it in the error.
pub(crate) fn secret_header(value: &str, name: &'static str) -> Result<HeaderValue, CredentialsError> {
    let mut header = HeaderValue::from_str(value).map_err(|_| CredentialsError::Header(name))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The innermost cause, which is the specific one ("connection refused").
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
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
        Self { status, headers: HeaderMap::new(), body: body.to_owned().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_link_local_addresses_bypass_the_proxy() {
        for (url, expected) in [
            ("http://127.0.0.1:8480", true),
            ("http://[::1]:8480", true),
            ("http://localhost", true),
            ("http://169.254.169.254", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://metastudio.cn-north-4.myhuaweicloud.com", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
