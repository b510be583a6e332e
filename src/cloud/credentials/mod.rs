//! Who we are to the cloud: where credentials come from, and when they are fetched anew.
//!
//! One file a source. Secrets are held as [`Secret`], which neither prints nor outlives its use in memory.

mod agency;
mod files;
pub(crate) mod guard;
mod issued;
mod keyring;
mod oidc;
mod password;
mod pod_identity;
pub mod profile;
mod source;
mod temporary;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

pub use issued::{AccessKey, Issued, Proof};
pub use keyring::Keyring;
pub use source::{Agency, KeyPair, Oidc, Password, PodIdentity, Scope, Secret, SecretValue, Source};

use super::error::Error;
use super::retry;
use password::Logins;

/// How long a renewal ahead of the end may keep its caller.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The wait after a failed renewal, while what is held is still good.
const NEXT_RENEWAL: Duration = Duration::from_secs(30);

/// The credentials of one source, fetched once for all callers.
#[derive(Debug)]
pub struct Credentials {
    source: Source,
    /// For sources that ask a service.
    http: Option<reqwest::Client>,
    logins: Arc<Logins>,
    held: Mutex<Held>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    issued: Option<Arc<Issued>>,
    /// No renewal before this, since the last one failed.
    not_before: Option<Instant>,
}

impl Credentials {
    /// Nothing is read or fetched yet.
    fn new(source: Source, http: Option<reqwest::Client>, logins: Arc<Logins>) -> Self {
        Self { source, http, logins, held: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The credentials in force, fetched or renewed where that is due. A renewal ahead of the end costs nobody
    /// anything: others go on with what is held, and so does everybody when it fails.
    ///
    /// # Errors
    /// When the source gives none, and none are held that are good.
    pub async fn current(&self) -> Result<Arc<Issued>, Error> {
        match self.issued() {
            Some(issued) if !self.is_due(&issued) => Ok(issued),
            Some(issued) if !issued.has_ended() => {
                let Ok(_turn) = self.fetching.try_lock() else { return Ok(issued) };
                match timeout(RENEWAL_TIMEOUT, self.fetch()).await.unwrap_or(Err(Error::Deadline)) {
                    Ok(fetched) => Ok(self.take(fetched)),
                    Err(error) => {
                        tracing::warn!(
                            source = self.source.kind(), %error, advice = error.advice(),
                            "credentials cannot be renewed yet, the ones before are still good"
                        );
                        self.held().not_before = Instant::now().checked_add(NEXT_RENEWAL);
                        Ok(issued)
                    }
                }
            }
            before => {
                let _turn = self.fetching.lock().await;
                match self.issued() {
                    // Another caller was quicker.
                    Some(issued) if before.is_none_or(|before| !Arc::ptr_eq(&before, &issued)) => Ok(issued),
                    _ => Ok(self.take(self.fetch_with_retries().await?)),
                }
            }
        }
    }

    /// Other credentials than `refused`, or none where the source has no others. Callers who were refused together
    /// share one renewal.
    ///
    /// # Errors
    /// When the source fails.
    pub async fn renew(&self, refused: &Arc<Issued>) -> Result<Option<Arc<Issued>>, Error> {
        let _turn = self.fetching.lock().await;
        if let Some(issued) = self.issued().filter(|issued| !Arc::ptr_eq(issued, refused)) {
            return Ok(Some(issued));
        }
        if self.source.is_given() {
            return Ok(None);
        }
        let renewed = self.take(self.fetch_with_retries().await?);
        Ok((!Arc::ptr_eq(&renewed, refused)).then_some(renewed))
    }

    async fn fetch_with_retries(&self) -> Result<Issued, Error> {
        let mut failed = 0;
        loop {
            let error = match self.fetch().await {
                Ok(issued) => return Ok(issued),
                Err(error) => error,
            };
            failed += 1;
            if !error.reason().is_passing() || failed == retry::MAX_TRIES {
                return Err(error);
            }
            sleep(retry::wait(failed, fastrand::f64(), None)).await;
        }
    }

    async fn fetch(&self) -> Result<Issued, Error> {
        match &self.source {
            Source::AccessKey(pair) => Ok(self.lasting(Proof::Signature(pair.read().await?))),
            Source::Token(token) => Ok(self.lasting(Proof::Token(token.read("token").await?))),
            Source::Profile(path) => {
                let pair = profile::read(path).map_err(Error::Credentials)?.key;
                Ok(self.lasting(Proof::Signature(pair.read().await?)))
            }
            Source::Password(login) => login.issue(self.http()?, &self.logins).await,
            Source::Agency(agency) => agency.issue(self.http()?).await,
            Source::Oidc(oidc) => oidc.issue(self.http()?).await,
            Source::PodIdentity(identity) => identity.issue(self.http()?).await,
        }
    }

    fn lasting(&self, proof: Proof) -> Issued {
        if self.source.is_given() { Issued::lasting(proof) } else { Issued::from_files(proof) }
    }

    fn http(&self) -> Result<&reqwest::Client, Error> {
        // The keyring gives a client to each source that has an endpoint.
        self.http.as_ref().ok_or_else(|| Error::Credentials("the source has no HTTP client".to_owned()))
    }

    /// Holds what was fetched. Where it proves the same, callers keep what they have: its standing goes on.
    fn take(&self, fetched: Issued) -> Arc<Issued> {
        let mut held = self.held();
        held.not_before = fetched.renew_at;
        match &held.issued {
            Some(issued) if issued.proof == fetched.proof => Arc::clone(issued),
            _ => Arc::clone(held.issued.insert(Arc::new(fetched))),
        }
    }

    fn is_due(&self, issued: &Issued) -> bool {
        issued.is_due() && self.held().not_before.is_none_or(|at| at <= Instant::now())
    }

    fn issued(&self) -> Option<Arc<Issued>> {
        self.held().issued.clone()
    }

    /// What a panicking holder left is whole: every change is a single step.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
