//! The HTTP clients that projects share: proxies, certificate authorities and time-outs. A file with authorities is read
//! again before each request, so that its new content needs no restart.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy, RequestBuilder, Url, redirect};

use super::error::innermost;
use super::proxies::Proxies;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Enough for the next request of a poll. The buffers of a connection keep its last token.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

const USER_AGENT: &str = concat!("metastudio-exporter/", env!("CARGO_PKG_VERSION"));

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
    Tls(String),
}

/// The HTTP clients that projects share. Each is built when it is first needed, since that reads all certificates.
#[derive(Debug, Default)]
pub struct HttpClients {
    proxies: Arc<Proxies>,
    clients: Mutex<HashMap<HttpClientKey, HttpClient>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct HttpClientKey {
    /// For a URL with `https`, which needs certificate authorities.
    is_https: bool,
    /// A PEM file with authorities besides the system's.
    ca_file: Option<PathBuf>,
}

/// Sends requests with the current authorities. Clones share connections.
#[derive(Debug, Clone)]
pub struct HttpClient(Arc<SharedClient>);

#[derive(Debug)]
struct SharedClient {
    key: HttpClientKey,
    proxies: Arc<Proxies>,
    current: Mutex<CurrentClient>,
}

#[derive(Debug)]
struct CurrentClient {
    client: Client,
    /// The content of the file that the client was built with.
    authorities: Option<Vec<u8>>,
    /// The last problem with a newer content, which is logged once.
    problem: Option<String>,
}

impl HttpClients {
    /// No clients yet. They will use these proxies.
    pub(crate) fn new(proxies: Proxies) -> Self {
        Self { proxies: Arc::new(proxies), clients: Mutex::default() }
    }

    /// Returns the client for `url`, which also trusts the certificates in `ca_file`.
    ///
    /// # Errors
    /// When the certificates that are in the file now cannot be used.
    pub fn get(&self, url: &Url, ca_file: Option<&Path>) -> Result<HttpClient, ClientError> {
        let key = HttpClientKey { is_https: url.scheme() == "https", ca_file: ca_file.map(Path::to_owned) };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            client.0.renew(&mut client.0.lock())?;
            return Ok(client.clone());
        }
        let authorities = key.read()?;
        let client = build(&key, authorities.as_deref(), &self.proxies)?;
        let current = Mutex::new(CurrentClient { client, authorities, problem: None });
        let shared = SharedClient { key: key.clone(), proxies: Arc::clone(&self.proxies), current };
        let client = HttpClient(Arc::new(shared));
        clients.insert(key, client.clone());
        Ok(client)
    }
}

impl HttpClient {
    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.current().get(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.current().post(url)
    }

    pub(crate) fn put(&self, url: Url) -> RequestBuilder {
        self.current().put(url)
    }

    /// The client with the authorities that are in the file now or, if those cannot be used, with the ones before.
    fn current(&self) -> Client {
        let mut current = self.0.lock();
        match self.0.renew(&mut current) {
            Ok(()) => current.problem = None,
            Err(error) => {
                let problem = error.to_string();
                if current.problem.as_ref() != Some(&problem) {
                    tracing::warn!(%error, "the new certificates cannot be used; the previous ones stay active");
                    current.problem = Some(problem);
                }
            }
        }
        current.client.clone()
    }
}

impl SharedClient {
    /// Replaces the client if the file has a new content. Keeps it if that cannot be used.
    fn renew(&self, current: &mut CurrentClient) -> Result<(), ClientError> {
        let authorities = self.key.read()?;
        if authorities != current.authorities {
            current.client = build(&self.key, authorities.as_deref(), &self.proxies)?;
            current.authorities = authorities;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CurrentClient> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClientKey {
    fn read(&self) -> Result<Option<Vec<u8>>, ClientError> {
        self.ca_file
            .as_ref()
            .map(std::fs::read)
            .transpose()
            .map_err(|error| self.file_error(error.to_string()))
    }

    fn file_error(&self, cause: String) -> ClientError {
        ClientError::CaFile { path: self.ca_file.clone().unwrap_or_default(), cause }
    }
}

fn build(
    key: &HttpClientKey,
    authorities: Option<&[u8]>,
    proxies: &Arc<Proxies>,
) -> Result<Client, ClientError> {
    // Fails only if a provider is installed already, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        let proxies = Arc::clone(proxies);
        Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A redirect would carry the credentials elsewhere.
            .redirect(redirect::Policy::none())
            .user_agent(USER_AGENT)
            // Also keeps the library from reading the variables of proxies by other rules.
            .proxy(Proxy::custom(move |url| proxies.proxy(url).map(str::to_owned)))
    };
    let certificates = authorities.map_or(Ok(Vec::new()), |text| {
        let read = Certificate::from_pem_bundle(text).map_err(|error| innermost(&error));
        let read = read.and_then(|all| if all.is_empty() { Err("it has none".to_owned()) } else { Ok(all) });
        read.map_err(|cause| key.file_error(cause))
    })?;
    match builder().tls_certs_merge(certificates).build() {
        // Without https, a system without authorities needs none.
        Err(_) if !key.is_https && authorities.is_none() => builder().tls_certs_only([]).build(),
        result => result,
    }
    // The library's words for errors of every kind.
    .map_err(|error| ClientError::Tls(innermost(&error).replace("unexpected error: ", "")))
}
