//! Credentials: where they come from, and when they are fetched and renewed.
//!
//! Knows nothing of the requests that the credentials are for.

pub(crate) mod guard;
mod issued;
mod password;
pub(crate) mod profile;
mod source;
mod temporary;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

pub(crate) use issued::{AccessKey, Authentication, IssuedCredentials};
pub(crate) use password::LoginGuards;
pub use source::{Agency, KeyPair, Oidc, Password, PodIdentity, Scope, Secret, SecretValue, Source};

use super::client::{MAX_ATTEMPTS, backoff};
use super::error::Error;

/// How long a renewal before the expiry may delay its caller.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The wait after a failed renewal, while the current credentials are still valid.
const RENEWAL_RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// The credentials of one source, fetched once for all callers.
#[derive(Debug)]
pub(crate) struct Credentials {
    source: Source,
    /// For sources with an issuer.
    http: reqwest::Client,
    login_guards: Arc<LoginGuards>,
    current: Mutex<CurrentCredentials>,
    /// Locked during a fetch.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct CurrentCredentials {
    issued: Option<Arc<IssuedCredentials>>,
    /// The earliest time of the next renewal.
    not_before: Option<Instant>,
}

impl Credentials {
    pub(super) fn new(source: Source, http: reqwest::Client, login_guards: Arc<LoginGuards>) -> Self {
        let (current, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { source, http, login_guards, current, fetching }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the current credentials, which it fetches or renews if necessary. During a renewal before the expiry, and
    /// after a failed one, callers get the current ones.
    pub(crate) async fn current(&self) -> Result<Arc<IssuedCredentials>, Error> {
        match self.issued() {
            Some(issued) if !self.is_due(&issued) => Ok(issued),
            Some(issued) if !issued.has_expired() => {
                let Ok(_fetching) = self.fetching.try_lock() else { return Ok(issued) };
                match timeout(RENEWAL_TIMEOUT, self.fetch()).await.unwrap_or(Err(Error::Deadline)) {
                    Ok(fetched) => Ok(self.replace(fetched)),
                    Err(error) => {
                        tracing::warn!(
                            source = self.source.kind(), request_id = error.request_id(), %error,
                            "cannot renew the credentials yet; the current ones are still valid"
                        );
                        self.lock().not_before = Instant::now().checked_add(RENEWAL_RETRY_INTERVAL);
                        Ok(issued)
                    }
                }
            }
            before => {
                let _fetching = self.fetching.lock().await;
                match self.issued() {
                    // Another caller has fetched them meanwhile.
                    Some(issued) if before.is_none_or(|before| !Arc::ptr_eq(&before, &issued)) => Ok(issued),
                    _ => Ok(self.replace(self.fetch_with_retries().await?)),
                }
            }
        }
    }

    /// Returns credentials other than `rejected`, or `None` if the source has no others. Concurrent callers share one
    /// renewal.
    pub(crate) async fn renew(
        &self,
        rejected: &Arc<IssuedCredentials>,
    ) -> Result<Option<Arc<IssuedCredentials>>, Error> {
        let _fetching = self.fetching.lock().await;
        if let Some(issued) = self.issued().filter(|issued| !Arc::ptr_eq(issued, rejected)) {
            return Ok(Some(issued));
        }
        let renewed = self.replace(self.fetch_with_retries().await?);
        Ok((!Arc::ptr_eq(&renewed, rejected)).then_some(renewed))
    }

    async fn fetch_with_retries(&self) -> Result<IssuedCredentials, Error> {
        let mut attempts = 0;
        loop {
            let result = self.fetch().await;
            attempts += 1;
            match result {
                Err(error) if error.is_transient() && attempts < MAX_ATTEMPTS => {
                    sleep(backoff(attempts, fastrand::f64(), None)).await;
                }
                result => return result,
            }
        }
    }

    async fn fetch(&self) -> Result<IssuedCredentials, Error> {
        let authentication = match &self.source {
            Source::AccessKey(pair) => Authentication::AccessKey(pair.read().await?),
            Source::Token(token) => Authentication::Token(token.read("token").await?),
            Source::Profile(path) => Authentication::AccessKey(profile::read(path)?.key),
            Source::Password(password) => return password.issue(&self.http, &self.login_guards).await,
            Source::Agency(agency) => return agency.issue(&self.http).await,
            Source::Oidc(oidc) => return oidc.issue(&self.http).await,
            Source::PodIdentity(identity) => return identity.issue(&self.http).await,
        };
        Ok(IssuedCredentials::configured(authentication))
    }

    /// Stores fetched credentials. If they are the same as before, callers keep the old ones with their guard.
    fn replace(&self, fetched: IssuedCredentials) -> Arc<IssuedCredentials> {
        let mut current = self.lock();
        current.not_before = fetched.renew_at;
        match &current.issued {
            Some(issued) if issued.authentication == fetched.authentication => Arc::clone(issued),
            _ => Arc::clone(current.issued.insert(Arc::new(fetched))),
        }
    }

    fn is_due(&self, issued: &IssuedCredentials) -> bool {
        issued.is_due() && self.lock().not_before.is_none_or(|at| at <= Instant::now())
    }

    fn issued(&self) -> Option<Arc<IssuedCredentials>> {
        self.lock().issued.clone()
    }

    /// Ignores poisoning: every change is a single step, so the state is complete even after a panic.
    fn lock(&self) -> MutexGuard<'_, CurrentCredentials> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
