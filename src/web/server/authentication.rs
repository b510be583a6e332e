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
fn credentials(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
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
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use axum::http::HeaderValue;

    use super::*;

    const LOW_COST: &str = "$2y$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const HIGH_COST: &str = "$2y$06$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn users() -> Users {
        [("alice", LOW_COST), ("bob", HIGH_COST)]
            .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
            .into_iter()
            .collect()
    }

    fn request(user: &str, password: &str) -> HeaderMap {
        let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
    }

    #[tokio::test]
    async fn each_password_is_checked_once_and_unknown_users_take_as_long() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        static HIGH_COST_RUNS: AtomicUsize = AtomicUsize::new(0);
        let authenticator = Authenticator::with_verifier(|password, hash| {
            RUNS.fetch_add(1, Ordering::SeqCst);
            HIGH_COST_RUNS.fetch_add(usize::from(hash == HIGH_COST), Ordering::SeqCst);
            password == b"right"
        });
        let users = users();
        let authenticate = async |user: &str, password: &str| {
            let request = request(user, password);
            let checks = (0..200).map(|_| authenticator.authenticate(&users, &request));
            let results = futures_util::future::join_all(checks).await;
            assert!(results.iter().all(|result| *result == results[0]));
            (results[0], RUNS.swap(0, Ordering::SeqCst), HIGH_COST_RUNS.swap(0, Ordering::SeqCst))
        };
        assert_eq!(authenticate("alice", "right").await, (AuthenticationResult::Accepted, 1, 0));
        assert_eq!(authenticate("alice", "right").await, (AuthenticationResult::Accepted, 0, 0));
        assert_eq!(authenticate("alice", "wrong").await, (AuthenticationResult::Rejected, 1, 0));
        assert_eq!(authenticate("alice", "wrong").await, (AuthenticationResult::Rejected, 0, 0));
        assert_eq!(authenticate("bob", "right").await, (AuthenticationResult::Accepted, 1, 1));
        assert_eq!(
            authenticate("eve", "right").await,
            (AuthenticationResult::Rejected, 1, 1),
            "an unknown user with a correct password"
        );
        assert_eq!(authenticate("eve", "right").await, (AuthenticationResult::Rejected, 0, 0));

        for attempt in 0..=MAX_WRONG {
            assert_eq!(
                authenticate("eve", &attempt.to_string()).await,
                (AuthenticationResult::Rejected, 1, 1)
            );
        }
        assert_eq!(
            authenticate("alice", "right").await,
            (AuthenticationResult::Accepted, 0, 0),
            "wrong passwords do not evict correct ones"
        );
        assert_eq!(
            authenticate("eve", "0").await,
            (AuthenticationResult::Rejected, 1, 1),
            "the oldest is evicted"
        );
        let changed: Users = [("alice".to_owned(), HIGH_COST.to_owned())].into_iter().collect();
        assert_eq!(
            authenticator.authenticate(&changed, &request("alice", "right")).await,
            AuthenticationResult::Accepted
        );
        assert_eq!(RUNS.load(Ordering::SeqCst), 1, "a new hash is checked again");
    }

    #[tokio::test]
    async fn a_flood_of_wrong_passwords_is_refused_while_cached_ones_are_accepted() {
        static IS_OPEN: AtomicBool = AtomicBool::new(false);
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        let authenticator = Authenticator::with_verifier(|password, _| {
            if password != b"right" {
                RUNNING.fetch_add(1, Ordering::SeqCst);
                while !IS_OPEN.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            }
            password == b"right"
        });
        let users = users();
        assert_eq!(
            authenticator.authenticate(&users, &request("alice", "right")).await,
            AuthenticationResult::Accepted
        );
        let flood: Vec<_> = (0..MAX_PENDING)
            .map(|attempt| {
                let (authenticator, users) = (authenticator.clone(), users.clone());
                let request = request("eve", &attempt.to_string());
                tokio::spawn(async move { authenticator.authenticate(&users, &request).await })
            })
            .collect();
        while RUNNING.load(Ordering::SeqCst) < MAX_CONCURRENT {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            authenticator.authenticate(&users, &request("eve", "one more")).await,
            AuthenticationResult::Busy
        );
        assert_eq!(
            authenticator.authenticate(&users, &request("alice", "right")).await,
            AuthenticationResult::Accepted
        );
        assert_eq!(
            authenticator.authenticate(&users, &request("bob", "right")).await,
            AuthenticationResult::Accepted,
            "guesses of names do not keep out a user whose password is not cached"
        );
        assert_eq!(RUNNING.load(Ordering::SeqCst), MAX_CONCURRENT, "no further checks run");
        IS_OPEN.store(true, Ordering::SeqCst);
        for attempt in flood {
            assert_eq!(attempt.await.unwrap(), AuthenticationResult::Rejected);
        }
        assert_eq!(
            authenticator.authenticate(&users, &request("eve", "one more")).await,
            AuthenticationResult::Rejected
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_waits_for_a_place_during_a_flood_with_the_same_name() {
        let authenticator = Authenticator::with_verifier(|password, _| password == b"right");
        let users = users();
        let request = request("alice", "right");
        let taken = Arc::clone(&authenticator.known.pending).acquire_many_owned(16).await.unwrap();
        let began = tokio::time::Instant::now();
        assert_eq!(authenticator.authenticate(&users, &request).await, AuthenticationResult::Busy);
        assert_eq!(began.elapsed().as_secs(), 5);
        let freed = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            drop(taken);
        };
        let (result, ()) = tokio::join!(authenticator.authenticate(&users, &request), freed);
        assert_eq!(result, AuthenticationResult::Accepted);
    }

    #[tokio::test]
    async fn a_user_who_is_renamed_is_accepted_although_the_new_name_was_rejected() {
        let authenticator = Authenticator::with_verifier(|password, _| password == b"right");
        let before: Users = [("old".to_owned(), LOW_COST.to_owned())].into_iter().collect();
        let after: Users = [("new".to_owned(), LOW_COST.to_owned())].into_iter().collect();
        let request = request("new", "right");
        let authenticate = async |users| authenticator.authenticate(users, &request).await;
        assert_eq!(authenticate(&before).await, AuthenticationResult::Rejected);
        assert_eq!(authenticate(&after).await, AuthenticationResult::Accepted);
        assert_eq!(authenticate(&before).await, AuthenticationResult::Rejected);
    }

    #[test]
    fn credentials_are_parsed_as_http_defines_them() {
        let parse = |value: &str| {
            let headers =
                HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
            credentials(&headers)
        };
        let pair =
            |user: &str, password: &str| Some((user.as_bytes().to_vec(), password.as_bytes().to_vec()));
        // alice:a:b
        assert_eq!(parse("Basic YWxpY2U6YTpi"), pair("alice", "a:b"));
        assert_eq!(parse("bAsIc YWxpY2U6YTpi"), pair("alice", "a:b"));
        assert_eq!(parse("Basic Og=="), pair("", ""));
        for bad in ["", "Basic", "Basic ", "Bearer YWxpY2U6YTpi", "Basic YWxpY2U=", "Basic !", "YWxpY2U6YTpi"]
        {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        assert_eq!(credentials(&HeaderMap::new()), None);
    }
}
