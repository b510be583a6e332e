//! Credentials: where they come from, and when they are fetched and renewed.
//!
//! Knows nothing of the requests that the credentials are for.

mod fetch;
pub(crate) mod guard;
mod issued;
mod password;
mod principals;
pub(crate) mod profile;
mod source;
mod temporary;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

pub(crate) use issued::{AccessKey, Authentication, IssuedCredentials};
pub(crate) use principals::Guards;
pub use source::{Agency, KeyPair, Oidc, Password, PodIdentity, Scope, Secret, SecretValue, Source};

use super::clock::CloudClock;
use super::error::Error;
use super::http;
use super::http_clients::HttpClient;
use fetch::{Failure, Fetch, FetchResult};
use guard::Guard;

/// What the credentials of several sources share.
#[derive(Debug)]
pub(super) struct SharedParts {
    /// For requests to the issuer, if there is one.
    pub(super) http: HttpClient,
    /// The limit on concurrent fetches from the issuer.
    pub(super) permits: Arc<Semaphore>,
    pub(super) guards: Arc<Guards>,
    /// The replicas that may use the same keys and users.
    pub(super) replicas: u32,
}

/// The credentials of one source, fetched once for all callers.
#[derive(Debug)]
pub(crate) struct Credentials {
    source: Source,
    shared: SharedParts,
    /// Corrected when a client's signature was rejected because of this machine's clock.
    pub(super) clock: CloudClock,
    current: Mutex<CurrentCredentials>,
}

#[derive(Debug, Default)]
struct CurrentCredentials {
    issued: Option<Arc<IssuedCredentials>>,
    /// The running fetch.
    fetch: Option<Fetch>,
    /// The last attempt of the running fetch that failed.
    attempt: Option<Error>,
    /// The last fetch, if it failed.
    failure: Option<Failure>,
    /// Kept here, because a failed log-in leaves no credentials that keep it.
    login_guard: Option<Arc<Guard>>,
}

impl Credentials {
    pub(super) fn new(source: Source, shared: SharedParts) -> Self {
        Self { source, shared, clock: CloudClock::default(), current: Mutex::default() }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the current credentials, which it fetches if there are none that are valid. Renewal before the expiry
    /// delays no caller, except for the reading of files.
    pub(crate) async fn current(self: &Arc<Self>) -> FetchResult {
        match self.issued() {
            Some(issued) if !self.is_due(&issued) => Ok(issued),
            Some(issued) if !issued.has_expired() => {
                let renewal = self.fetch();
                if self.source.issuer().is_some() {
                    return Ok(issued);
                }
                Ok(renewal.await.unwrap_or(issued))
            }
            _ => self.fetch().await,
        }
    }

    /// Returns credentials other than `rejected`, or `None` if the source has no others. Concurrent callers share one
    /// renewal.
    pub(crate) async fn renew(
        self: &Arc<Self>,
        rejected: &Arc<IssuedCredentials>,
    ) -> Result<Option<Arc<IssuedCredentials>>, Error> {
        let is_other = |issued: &Arc<IssuedCredentials>| issued.authentication != rejected.authentication;
        if let Some(issued) = self.issued().filter(is_other) {
            return Ok(Some(issued));
        }
        Ok(Some(self.fetch().await?).filter(is_other))
    }

    /// The error of a caller whose time ended while it waited for credentials: that of the last attempt, or one that names
    /// the issuer.
    pub(super) fn timed_out(&self) -> Error {
        if let Some(error) = &self.lock().attempt {
            return error.clone();
        }
        self.source.issuer().map_or(Error::Deadline, |(issuer, url)| {
            Error::issuer(issuer, Error::Timeout { host: http::host(url) })
        })
    }

    #[cfg(test)]
    pub(super) fn is_fetching(&self) -> bool {
        self.lock().fetch.is_some()
    }

    fn is_due(&self, issued: &IssuedCredentials) -> bool {
        issued.is_due() && self.lock().may_fetch()
    }

    fn issued(&self) -> Option<Arc<IssuedCredentials>> {
        self.lock().issued.clone()
    }

    /// Ignores poisoning: every change is a single step, so the state is complete even after a panic.
    fn lock(&self) -> MutexGuard<'_, CurrentCredentials> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
