//! One fetch for all callers of the same credentials. It has a task and a time-out of its own: a caller that goes away
//! does not cancel it. Its failure holds for all callers until the next attempt is due.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, ready};
use tokio::time::{Instant, sleep, timeout_at};

use super::issued::{Authentication, IssuedCredentials};
use super::principals::Principal;
use super::source::Source;
use super::{Credentials, CurrentCredentials, profile};
use crate::cloud::client::{MAX_ATTEMPTS, backoff, doubling};
use crate::cloud::error::Error;

/// The time for all attempts of one fetch, of which each has the time-out of a request.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// The wait after a first failed fetch. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Shorter than the usual interval of polls, so that the next poll tries again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(super) type FetchResult = Result<Arc<IssuedCredentials>, Error>;

/// A fetch that any number of callers wait for.
pub(super) type Fetch = Shared<BoxFuture<'static, FetchResult>>;

/// Failed fetches in a row.
#[derive(Debug)]
pub(super) struct Failure {
    error: Error,
    number: u32,
    retry_at: Instant,
}

impl Credentials {
    /// The running fetch, or a new one. A recent failure of the issuer is returned again instead.
    pub(super) fn fetch(self: &Arc<Self>) -> Fetch {
        let mut current = self.lock();
        if let Some(fetch) = &current.fetch {
            return fetch.clone();
        }
        if let Some(error) = current.recent_failure() {
            return ready(Err(error.clone())).boxed().shared();
        }
        let credentials = Arc::clone(self);
        let task = tokio::spawn(async move { credentials.fetch_and_store().await });
        // The task is never aborted, so it can only have panicked.
        let result = task.map(|ended| ended.unwrap_or_else(|error| resume_unwind(error.into_panic())));
        current.fetch.insert(result.boxed().shared()).clone()
    }

    async fn fetch_and_store(&self) -> FetchResult {
        let fetched = match self.source.issuer() {
            Some(_) => {
                let deadline = Instant::now() + FETCH_TIMEOUT;
                let fetched = timeout_at(deadline, self.fetch_with_retries(deadline)).await;
                fetched.unwrap_or_else(|_| Err(self.timed_out()))
            }
            None => self.attempt().await,
        };
        let mut current = self.lock();
        current.fetch = None;
        current.attempt = None;
        match fetched {
            Ok(fetched) => Ok(current.replace(fetched)),
            Err(error) => {
                if current.issued.as_ref().is_some_and(|issued| !issued.has_expired()) {
                    tracing::warn!(
                        source = self.source.kind(), request_id = error.request_id(), %error,
                        "cannot renew the credentials yet; the current ones are still valid"
                    );
                }
                current.failed(error.clone());
                Err(error)
            }
        }
    }

    async fn fetch_with_retries(&self, deadline: Instant) -> Result<IssuedCredentials, Error> {
        // The semaphore is never closed.
        let _permit = self.shared.permits.acquire().await;
        let mut attempts = 0;
        loop {
            let error = match self.attempt().await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
            attempts += 1;
            let wait = backoff(attempts, fastrand::f64(), retry_after(&error));
            // Without time for another attempt, this error is more specific than a time-out.
            let in_time = Instant::now() + wait < deadline;
            if !error.is_transient() || attempts == MAX_ATTEMPTS || !in_time {
                return Err(error);
            }
            self.lock().attempt = Some(error);
            sleep(wait).await;
        }
    }

    async fn attempt(&self) -> Result<IssuedCredentials, Error> {
        let (now, configured) = (self.clock.now(), IssuedCredentials::configured);
        let mut fetched = match &self.source {
            Source::AccessKey(pair) => configured(Authentication::AccessKey(pair.read().await?)),
            Source::Token(token) => configured(Authentication::Token(token.read("token").await?)),
            Source::Profile(path) => configured(Authentication::AccessKey(profile::read(path)?.key)),
            Source::Password(login) => {
                let password = login.password.read("password").await?;
                let guard = self.shared.guards.get(Principal::user(login, &password), self.shared.replicas);
                self.lock().login_guard = Some(Arc::clone(&guard));
                return login.issue(&self.shared.http, password, &guard, now).await;
            }
            Source::Agency(agency) => agency.issue(&self.shared.http, now).await?,
            Source::Oidc(oidc) => oidc.issue(&self.shared.http, now).await?,
            Source::PodIdentity(identity) => identity.issue(&self.shared.http, now).await?,
        };
        // The guard of a key is that of all sources that contain it.
        if let Authentication::AccessKey(key) = &fetched.authentication {
            fetched.guard = self.shared.guards.get(Principal::access_key(key), self.shared.replicas);
        }
        Ok(fetched)
    }
}

impl CurrentCredentials {
    /// Stores fetched credentials, also if they are the same as before: their lifetime may be better known.
    fn replace(&mut self, fetched: IssuedCredentials) -> Arc<IssuedCredentials> {
        self.failure = None;
        Arc::clone(self.issued.insert(Arc::new(fetched)))
    }

    /// Whether the last fetch succeeded, or failed long enough ago.
    pub(super) fn may_fetch(&self) -> bool {
        self.failure.as_ref().is_none_or(|failure| failure.retry_at <= Instant::now())
    }

    fn failed(&mut self, error: Error) {
        let number = self.failure.as_ref().map_or(0, |failure| failure.number).saturating_add(1);
        let asked = retry_after(&error).unwrap_or_default();
        let retry_at = Instant::now() + wait(number).max(asked);
        self.failure = Some(Failure { error, number, retry_at });
    }

    /// The failure of the issuer, until the next attempt. Files are read whenever credentials are needed.
    fn recent_failure(&self) -> Option<&Error> {
        let failure = self.failure.as_ref()?;
        let is_shared = !self.may_fetch() && matches!(failure.error, Error::Issuer { .. });
        is_shared.then_some(&failure.error)
    }
}

/// The wait that the issuer asks for, up to that after which it is asked again anyway.
fn retry_after(error: &Error) -> Option<Duration> {
    error.response()?.retry_after.map(|asked| asked.min(LONGEST_WAIT))
}

/// The wait after a number of failed fetches, from 1.
fn wait(failures: u32) -> Duration {
    doubling(FIRST_WAIT, failures, LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use reqwest::Url;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::cloud::credentials::{Agency, SharedParts};
    use crate::cloud::error::{CredentialsError, Issuer};
    use crate::cloud::http::Response;
    use crate::cloud::http_clients::HttpClients;

    fn silent() -> Error {
        Error::issuer(Issuer::Sts, Error::Timeout { host: "sts.example.com".to_owned() })
    }

    #[test]
    fn the_wait_doubles_from_a_second_to_a_minute() {
        let waits: Vec<_> = (1..=8).map(|failures| wait(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_of_the_issuer_is_shared_until_the_next_attempt_is_due() {
        let mut current = CurrentCredentials::default();
        let message = |current: &CurrentCredentials| current.recent_failure().map(ToString::to_string);
        for wait in [1, 2, 4] {
            assert_eq!(message(&current), None);
            current.failed(silent());
            let expected = "no credentials from STS: no response from sts.example.com in time";
            assert_eq!(message(&current).as_deref(), Some(expected));
            tokio::time::advance(Duration::from_millis(wait * 1000 - 1)).await;
            assert!(message(&current).is_some());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        current.failed(silent());
        current.replace(IssuedCredentials::configured(Authentication::Token("t".into())));
        assert_eq!(message(&current), None, "a success ends the row");
        current.failed(silent());
        tokio::time::advance(FIRST_WAIT).await;
        assert_eq!(message(&current), None, "and the next failure is a first one");
    }

    /// Credentials whose fetch makes no request, because it gets no permit.
    fn waiting() -> Arc<Credentials> {
        let metadata_endpoint: Url = "http://127.0.0.1:1".parse().unwrap();
        let http = HttpClients::default().get(&metadata_endpoint, None).unwrap();
        let permits = Arc::new(Semaphore::new(0));
        let shared = SharedParts { http, permits, guards: Arc::default(), replicas: 1 };
        Arc::new(Credentials::new(Source::Agency(Agency { metadata_endpoint }), shared))
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_ends_after_30_seconds_and_does_not_depend_on_its_first_caller() {
        let credentials = waiting();
        let started = Instant::now();
        timeout_at(started + Duration::from_secs(10), credentials.current()).await.unwrap_err();
        let error = credentials.current().await.unwrap_err();
        assert_eq!(started.elapsed(), FETCH_TIMEOUT);
        let expected = "no credentials from the ECS metadata service: no response from 127.0.0.1:1 in time";
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_is_made_while_a_failure_is_recent() {
        let credentials = waiting();
        credentials.lock().failed(silent());
        for _ in 0..2 {
            let error = credentials.current().await.unwrap_err();
            assert_eq!(error.to_string(), silent().to_string());
            assert!(!credentials.is_fetching());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_issuer_may_ask_for_a_longer_wait_up_to_a_minute() {
        for (asked, expected) in [("0", 1), ("30", 30), ("86400", 60)] {
            let headers = [("retry-after".parse().unwrap(), asked.parse().unwrap())];
            let response = Response { headers: headers.into_iter().collect(), ..Response::new(429, "") };
            let mut current = CurrentCredentials::default();
            current.failed(Error::issuer(Issuer::Iam, response.error(&[])));
            let wait = current.failure.unwrap().retry_at - Instant::now();
            assert_eq!(wait, Duration::from_secs(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_key_with_a_lifetime_that_is_better_known_replaces_the_old_one() {
        let issued = |now: &str| {
            let expires_at: Timestamp = "2026-01-01T13:00:00Z".parse().unwrap();
            let token = Authentication::Token("t".into());
            IssuedCredentials::temporary(token, expires_at.into(), now.parse().unwrap())
        };
        let mut current = CurrentCredentials::default();
        // This machine's clock is ahead until a rejection corrects it.
        current.replace(issued("2026-01-01T14:00:00Z"));
        tokio::time::advance(Duration::from_secs(300)).await;
        assert!(current.issued.as_ref().unwrap().has_expired());
        let renewed = current.replace(issued("2026-01-01T12:05:00Z"));
        assert!(!renewed.has_expired() && !renewed.is_due());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_again_at_once() {
        let mut current = CurrentCredentials::default();
        current.failed(CredentialsError::Header("token").into());
        assert!(current.recent_failure().is_none());
    }
}
