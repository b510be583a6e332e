//! Basic authentication. bcrypt is slow by design, so its results are cached and few checks run concurrently.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::web::config::Users;

/// A digest of a user name, whether it exists, a hash and a password.
type CacheKey = [u8; 32];

/// Concurrent checks for names that exist, and as many for others; the other cores of the machine are for scrapes.
const MAX_CONCURRENT: usize = 1;

/// Checks that run or wait for names that exist, and as many for others.
const MAX_PENDING: usize = 16;

/// How long a request with a name that exists waits while too many checks are pending.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Cached results. Correct passwords are as many as users; wrong ones must not evict them.
const MAX_CORRECT: usize = 1000;
const MAX_WRONG: usize = 100;

/// The result of authenticating a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthenticationResult {
    /// The user exists and the password is correct.
    Accepted,
    /// The credentials are wrong or missing.
    Rejected,
    /// Too many checks of new passwords are pending.
    Busy,
}

/// Checks passwords. Clones share the cache and the limits.
#[derive(Clone)]
pub(super) struct Authenticator {
    cache: Arc<Mutex<Cache>>,
    /// Names that exist have places of their own, so that guesses of names do not keep users out.
    known: Places,
    unknown: Places,
    /// Whether a password matches a hash.
    verify: fn(&[u8], &str) -> bool,
}

/// The places of checks, for which requests queue in order.
#[derive(Clone)]
struct Places {
    pending: Arc<Semaphore>,
    running: Arc<Semaphore>,
    max_wait: Duration,
}

impl Places {
    fn new(max_wait: Duration) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self { pending: places(MAX_PENDING), running: places(MAX_CONCURRENT), max_wait }
    }

    /// Returns `None` if no place becomes free in time.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.pending).acquire_owned();
        timeout(self.max_wait, place).await.ok().and_then(Result::ok)
    }
}

#[derive(Default)]
struct Cache {
    correct: HashSet<CacheKey>,
    wrong: VecDeque<CacheKey>,
    /// Pending checks, which requests with the same credentials share.
    pending: HashMap<CacheKey, watch::Receiver<Option<bool>>>,
}

impl Authenticator {
    pub(super) fn new() -> Self {
        Self::with_verifier(|password, hash| bcrypt::verify(password, hash).unwrap_or(false))
    }

    fn with_verifier(verify: fn(&[u8], &str) -> bool) -> Self {
        let (known, unknown) = (Places::new(MAX_WAIT), Places::new(Duration::ZERO));
        Self { cache: Arc::default(), known, unknown, verify }
    }

    /// Checks a request's `Authorization` against `users`.
    pub(super) async fn authenticate(&self, users: &Users, headers: &HeaderMap) -> AuthenticationResult {
        let Some((user, password)) = credentials(headers) else { return AuthenticationResult::Rejected };
        let known = std::str::from_utf8(&user).ok().and_then(|user| users.hash(user));
        // Unknown users take as long as known ones, so that response times do not reveal who exists.
        let Some(hash) = known.or_else(|| users.costliest()) else { return AuthenticationResult::Rejected };
        // A name that a reload adds is another user than the one that did not exist.
        let key = cache_key(&[&[u8::from(known.is_some())], &user, hash.as_bytes(), &password]);
        match self.is_correct(key, known.is_some(), password, hash).await {
            Some(true) => AuthenticationResult::Accepted,
            Some(false) => AuthenticationResult::Rejected,
            None => AuthenticationResult::Busy,
        }
    }

    /// Returns `None` when too many checks are pending.
    async fn is_correct(&self, key: CacheKey, is_known: bool, password: Vec<u8>, hash: &str) -> Option<bool> {
        let result = self.cache().get(&key);
        if let Some(result) = result {
            return result.wait().await;
        }
        let places = if is_known { &self.known } else { &self.unknown };
        let place = places.place().await?;
        let result = self.start(key, is_known, password, hash, place);
        result.wait().await
    }

    /// Starts a check, unless an equal one began while this one waited for its place.
    fn start(
        &self,
        key: CacheKey,
        is_known: bool,
        password: Vec<u8>,
        hash: &str,
        place: OwnedSemaphorePermit,
    ) -> CheckResult {
        let mut cache = self.cache();
        if let Some(result) = cache.get(&key) {
            return result;
        }
        let (result, pending) = watch::channel(None);
        cache.pending.insert(key, pending.clone());
        let (authenticator, hash) = (self.clone(), hash.to_owned());
        // A task of its own ends and is cached even when all clients have disconnected.
        tokio::spawn(async move {
            let is_correct = authenticator.run(is_known, password, hash).await && is_known;
            authenticator.cache().insert(key, is_correct);
            result.send_replace(Some(is_correct));
            drop(place);
        });
        CheckResult::Pending(pending)
    }

    async fn run(&self, is_known: bool, password: Vec<u8>, hash: String) -> bool {
        let verify = self.verify;
        let places = if is_known { &self.known } else { &self.unknown };
        let Ok(permit) = Arc::clone(&places.running).acquire_owned().await else { return false };
        let check = tokio::task::spawn_blocking(move || {
            let is_correct = verify(&password, &hash);
            drop(permit);
            is_correct
        });
        check.await.unwrap_or(false)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a check, now or later.
enum CheckResult {
    Known(bool),
    Pending(watch::Receiver<Option<bool>>),
}

impl CheckResult {
    /// Returns `None` if the check was cancelled.
    async fn wait(self) -> Option<bool> {
        match self {
            Self::Known(is_correct) => Some(is_correct),
            Self::Pending(mut pending) => {
                pending.wait_for(Option::is_some).await.ok().and_then(|result| *result)
            }
        }
    }
}

impl Cache {
    fn get(&self, key: &CacheKey) -> Option<CheckResult> {
        if self.correct.contains(key) {
            return Some(CheckResult::Known(true));
        }
        if self.wrong.contains(key) {
            return Some(CheckResult::Known(false));
        }
        self.pending.get(key).cloned().map(CheckResult::Pending)
    }

    fn insert(&mut self, key: CacheKey, is_correct: bool) {
        self.pending.remove(&key);
        if is_correct {
            if self.correct.len() >= MAX_CORRECT {
                self.correct.clear();
            }
            self.correct.insert(key);
        } else {
            if self.wrong.len() >= MAX_WRONG {
                self.wrong.pop_front();
            }
            self.wrong.push_back(key);
        }
    }
}

/// Includes the lengths, so that different parts never give the same text.
fn cache_key(parts: &[&[u8]]) -> CacheKey {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// The user and password of `Authorization: Basic`.
pub(in crate::web) fn credentials(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests;
