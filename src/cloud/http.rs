//! One request and its answer: time-outs, size, redirects. Knows nothing of credentials and of what a body means.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, StatusCode, Url, redirect};

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

    /// The sender's time by its `Date`, where it has one.
    pub(crate) fn sent(&self) -> Option<Timestamp> {
        let date = jiff::fmt::rfc2822::parse(self.headers.get("date")?.to_str().ok()?).ok()?;
        Some(date.timestamp())
    }

    /// The sender's time, or ours.
    pub(crate) fn date(&self) -> SystemTime {
        self.sent().map_or_else(SystemTime::now, SystemTime::from)
    }
}

/// The clients that projects share: one for each way to an endpoint, none before it is needed, since each reads all
/// certificates.
#[derive(Debug, Default)]
pub struct Clients(Mutex<HashMap<Way, Client>>);

/// What tells clients apart.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Way {
    /// Not through the environment's proxy.
    direct: bool,
    /// PEM of certificate authorities beside the system's.
    authorities: Option<Vec<u8>>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The system's certificates cannot be used.
    #[error(
        "cannot prepare HTTPS connections: {0}; check the system's certificates (package ca-certificates)"
    )]
    Certificates(reqwest::Error),
    /// The configured ones cannot.
    #[error("the certificates in {} cannot be used: {cause}", path.display())]
    File {
        /// `ca_file`
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl Clients {
    /// The client for `url`. What is on this machine or beside it is never reached through a proxy.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn of(&self, url: &Url, ca_file: Option<&Path>) -> Result<Client, Unusable> {
        let unusable = |cause: String| {
            let path = ca_file.map(Path::to_owned).unwrap_or_default();
            Unusable::File { path, cause }
        };
        let authorities =
            ca_file.map(std::fs::read).transpose().map_err(|error| unusable(error.to_string()))?;
        let way = Way { direct: is_local(url), authorities };
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&way) {
            return Ok(client.clone());
        }
        let mut builder = builder(way.direct);
        if let Some(authorities) = &way.authorities {
            let certificates =
                Certificate::from_pem_bundle(authorities).map_err(|error| unusable(innermost(&error)))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(Unusable::Certificates)?;
        clients.insert(way, client.clone());
        Ok(client)
    }
}

fn builder(direct: bool) -> ClientBuilder {
    // Fails only where another provider was chosen before, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // A redirect would carry the credentials elsewhere.
        .redirect(redirect::Policy::none())
        .user_agent(USER_AGENT);
    if direct { builder.no_proxy() } else { builder }
}

/// Whether a URL leads to this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => true,
        host => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// Whether a URL leads to this machine or to what stands beside it, such as a metadata service.
fn is_local(url: &Url) -> bool {
    let link_local = |host: &str| host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_link_local());
    is_loopback(url) || url.host_str().is_some_and(link_local)
}

/// `base` with `path` behind its own path, and `query`.
pub(crate) fn join(base: &Url, path: &str, query: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query((!query.is_empty()).then_some(query));
    url
}

/// Whether a region or an ID has only characters that a URL can carry as they are.
pub(crate) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Sends `request` and reads the answer to its end, whatever its status.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, Error> {
    let (client, request) = request.build_split();
    let request = request
        .map_err(|error| Error::Credentials(format!("the request cannot be built: {}", innermost(&error))))?;
    let host = host(request.url());
    let mut response = client.execute(request).await.map_err(|error| match error {
        error if error.is_timeout() && !error.is_connect() => Error::Timeout { host: host.clone() },
        error => Error::Connect { host: host.clone(), cause: innermost(&error) },
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
            Err(error) => return Err(Error::Body { cause: innermost(&error), request_id }),
        }
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body: body.into() })
}

/// The innermost cause: the one that says something ("connection refused").
fn innermost(error: &reqwest::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback_and_link_local_ones_are_beside_it() {
        for (url, loopback, local) in [
            ("http://127.0.0.1:8480", true, true),
            ("http://[::1]:8480", true, true),
            ("http://localhost", true, true),
            ("http://169.254.169.254", false, true),
            ("http://localhost.example.com", false, false),
            ("http://10.0.0.1", false, false),
            ("https://metastudio.cn-north-4.myhuaweicloud.com", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!((is_loopback(&url), is_local(&url)), (loopback, local), "{url}");
        }
    }
}
