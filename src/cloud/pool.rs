//! The clients of all projects: those with the same source of credentials share the credentials, those that reach their
//! endpoints alike share the HTTP client.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use reqwest::Url;
use tokio::sync::Semaphore;

use super::client::{Client, ClientOptions};
use super::credentials::{Credentials, Guards, SharedParts, Source};
use super::http_clients::{ClientError, HttpClients};
use super::proxies::Proxies;

/// The maximum number of concurrent fetches of credentials from one issuer, for sources that differ: each project needs
/// a token of its own.
const MAX_CONCURRENT_FETCHES: usize = 32;

/// Builds clients from what they share.
#[derive(Debug, Default)]
pub struct ClientPool {
    http: HttpClients,
    /// Kept while a client uses them.
    credentials: Mutex<HashMap<CredentialsKey, Weak<Credentials>>>,
    hash: RandomState,
    guards: Arc<Guards>,
    /// The permits for fetches, by issuer (scheme, host and port).
    fetch_permits: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// The hash of the source, and the file with authorities. The source itself may contain a secret, which would stay after
/// the last client.
type CredentialsKey = (u64, Option<PathBuf>);

impl ClientPool {
    /// Builds clients that use these proxies.
    #[must_use]
    pub fn new(proxies: Proxies) -> Self {
        Self { http: HttpClients::new(proxies), ..Self::default() }
    }

    /// Whether the certificates that the client of a project needs can be used.
    ///
    /// # Errors
    /// When they cannot.
    pub(crate) fn check(&self, endpoint: &Url, ca_file: Option<&Path>) -> Result<(), ClientError> {
        self.http.get(endpoint, ca_file).map(drop)
    }

    /// Builds the client of a project. It trusts the certificates in `ca_file` besides the system's.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn client(
        &self,
        source: &Source,
        ca_file: Option<&Path>,
        options: ClientOptions,
    ) -> Result<Client, ClientError> {
        let http = self.http.get(&options.endpoint, ca_file)?;
        let issuer = source.issuer().map(|(_, url)| url);
        let issuer_http = match issuer {
            Some(url) => self.http.get(url, ca_file)?,
            None => http.clone(),
        };
        let key = (self.hash.hash_one(source), ca_file.map(Path::to_owned));
        let mut pool = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let has_source = |credentials: &Arc<Credentials>| credentials.source() == source;
        let credentials = pool.get(&key).and_then(Weak::upgrade).filter(has_source).unwrap_or_else(|| {
            let shared = SharedParts {
                http: issuer_http,
                permits: self.fetch_permits(issuer),
                guards: Arc::clone(&self.guards),
                replicas: options.total_shards,
            };
            let credentials = Arc::new(Credentials::new(source.clone(), shared));
            pool.retain(|_, credentials| credentials.strong_count() > 0);
            pool.insert(key, Arc::downgrade(&credentials));
            credentials
        });
        Ok(Client::new(http, credentials, options))
    }

    fn fetch_permits(&self, issuer: Option<&Url>) -> Arc<Semaphore> {
        let issuer = issuer.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let mut all = self.fetch_permits.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&issuer).and_then(Weak::upgrade).unwrap_or_else(|| {
            let permits = Arc::new(Semaphore::new(MAX_CONCURRENT_FETCHES));
            all.retain(|_, permits| permits.strong_count() > 0);
            all.insert(issuer, Arc::downgrade(&permits));
            permits
        })
    }
}
