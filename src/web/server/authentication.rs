//! Basic authentication. bcrypt is slow by design, so its results are cached and few checks run concurrently.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};

use crate::web::config::Users;

/// A digest of a user name, a hash and a password.
type CacheKey = [u8; 32];

/// Concurrent checks; the other cores of the machine are for scrapes.
const MAX_CONCURRENT: usize = 2;

/// Checks that run or wait.
const MAX_PENDING: usize = 16;

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
    permits: Arc<Semaphore>,
    /// Whether a password matches a hash.
    verify: fn(&[u8], &str) -> bool,
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
        Self { cache: Arc::default(), permits: Arc::new(Semaphore::new(MAX_CONCURRENT)), verify }
    }

    /// Checks a request's `Authorization` against `users`.
    pub(super) async fn authenticate(&self, users: &Users, headers: &HeaderMap) -> AuthenticationResult {
        let Some((user, password)) = credentials(headers) else { return AuthenticationResult::Rejected };
        let known = std::str::from_utf8(&user).ok().and_then(|user| users.hash(user));
        // Unknown users take as long as known ones, so that response times do not reveal who exists.
        let Some(hash) = known.or_else(|| users.costliest()) else { return AuthenticationResult::Rejected };
        let key = cache_key(&[&user, hash.as_bytes(), &password]);
        match self.is_correct(key, known.is_some(), password, hash).await {
            Some(true) => AuthenticationResult::Accepted,
            Some(false) => AuthenticationResult::Rejected,
            None => AuthenticationResult::Busy,
        }
    }

    /// Returns `None` when too many checks are pending.
    async fn is_correct(&self, key: CacheKey, is_known: bool, password: Vec<u8>, hash: &str) -> Option<bool> {
        let mut pending = {
            let mut cache = self.cache();
            if let Some(is_correct) = cache.get(&key) {
                return Some(is_correct);
            }
            match cache.pending.get(&key) {
                Some(pending) => pending.clone(),
                None if cache.pending.len() >= MAX_PENDING => return None,
                None => {
                    let (result, pending) = watch::channel(None);
                    cache.pending.insert(key, pending.clone());
                    let (authenticator, hash) = (self.clone(), hash.to_owned());
                    // A task of its own ends and is cached even when all clients have disconnected.
                    tokio::spawn(async move {
                        let is_correct = authenticator.run(password, hash).await && is_known;
                        authenticator.cache().insert(key, is_correct);
                        result.send_replace(Some(is_correct));
                    });
                    pending
                }
            }
        };
        pending.wait_for(Option::is_some).await.ok().and_then(|result| *result)
    }

    async fn run(&self, password: Vec<u8>, hash: String) -> bool {
        let verify = self.verify;
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return false };
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

impl Cache {
    fn get(&self, key: &CacheKey) -> Option<bool> {
        if self.correct.contains(key) {
            return Some(true);
        }
        self.wrong.contains(key).then_some(false)
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
