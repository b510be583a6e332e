//! Basic authentication. bcrypt is slow by design, so what it said is remembered, and it runs few at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};

use crate::web::config::Users;

/// Of a user, his hash and a password.
type Key = [u8; 32];

/// Passwords that are checked at a time; the others of a machine's cores are for scrapes.
const AT_A_TIME: usize = 2;

/// Passwords that are checked or wait for it.
const MOST_WAITING: usize = 16;

/// Answers that are remembered. There are as many right ones as users; wrong ones must not push them out.
const MOST_RIGHT: usize = 1000;
const MOST_WRONG: usize = 100;

/// Whether somebody may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// He is who he says.
    Right,
    /// He is not, or did not say.
    Wrong,
    /// Too many ask with passwords that were not seen before.
    Busy,
}

/// Checks passwords. Clones share what was found.
#[derive(Clone)]
pub(super) struct Passwords {
    found: Arc<Mutex<Found>>,
    turns: Arc<Semaphore>,
    /// Whether a password is that of a hash.
    verify: fn(&[u8], &str) -> bool,
}

#[derive(Default)]
struct Found {
    right: HashSet<Key>,
    wrong: VecDeque<Key>,
    /// Those that are being checked: whoever sends the same waits for the same.
    running: HashMap<Key, watch::Receiver<Option<bool>>>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self::with(|password, hash| bcrypt::verify(password, hash).unwrap_or(false))
    }

    fn with(verify: fn(&[u8], &str) -> bool) -> Self {
        Self { found: Arc::default(), turns: Arc::new(Semaphore::new(AT_A_TIME)), verify }
    }

    /// Whether a request's `Authorization` names one of `users`, and his password.
    pub(super) async fn check(&self, users: &Users, request: &HeaderMap) -> Verdict {
        let Some((user, password)) = credentials(request) else { return Verdict::Wrong };
        let known = std::str::from_utf8(&user).ok().and_then(|user| users.hash(user));
        // Whom there is not costs as much as whom there is.
        let Some(hash) = known.or_else(|| users.costliest()) else { return Verdict::Wrong };
        let key = key(&[&user, hash.as_bytes(), &password]);
        match self.ask(key, known.is_some(), password, hash).await {
            Some(true) => Verdict::Right,
            Some(false) => Verdict::Wrong,
            None => Verdict::Busy,
        }
    }

    /// None where too many wait.
    async fn ask(&self, key: Key, is_known: bool, password: Vec<u8>, hash: &str) -> Option<bool> {
        let mut running = {
            let mut found = self.found();
            if let Some(answer) = found.remembered(&key) {
                return Some(answer);
            }
            match found.running.get(&key) {
                Some(running) => running.clone(),
                None if found.running.len() >= MOST_WAITING => return None,
                None => {
                    let (answer, running) = watch::channel(None);
                    found.running.insert(key, running.clone());
                    let (passwords, hash) = (self.clone(), hash.to_owned());
                    // On its own, so that it ends, and is remembered, even where nobody waits any longer.
                    tokio::spawn(async move {
                        let is_right = passwords.run(password, hash).await && is_known;
                        passwords.found().remember(key, is_right);
                        answer.send_replace(Some(is_right));
                    });
                    running
                }
            }
        };
        running.wait_for(Option::is_some).await.ok().and_then(|answer| *answer)
    }

    async fn run(&self, password: Vec<u8>, hash: String) -> bool {
        let verify = self.verify;
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else { return false };
        let running = tokio::task::spawn_blocking(move || {
            let is_right = verify(&password, &hash);
            drop(turn);
            is_right
        });
        running.await.unwrap_or(false)
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn remembered(&self, key: &Key) -> Option<bool> {
        if self.right.contains(key) {
            return Some(true);
        }
        self.wrong.contains(key).then_some(false)
    }

    fn remember(&mut self, key: Key, is_right: bool) {
        self.running.remove(&key);
        if is_right {
            if self.right.len() >= MOST_RIGHT {
                self.right.clear();
            }
            self.right.insert(key);
        } else {
            if self.wrong.len() >= MOST_WRONG {
                self.wrong.pop_front();
            }
            self.wrong.push_back(key);
        }
    }
}

/// The lengths keep two parts from being taken for two others.
fn key(parts: &[&[u8]]) -> Key {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// User and password of `Authorization: Basic`.
fn credentials(request: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = request.get(header::AUTHORIZATION)?.as_bytes();
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

    const CHEAP: &str = "$2y$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const DEAR: &str = "$2y$06$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn users() -> Users {
        [("alice", CHEAP), ("bob", DEAR)]
            .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
            .into_iter()
            .collect()
    }

    fn request(user: &str, password: &str) -> HeaderMap {
        let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
    }

    #[tokio::test]
    async fn each_password_is_checked_once_and_strangers_cost_as_much() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        static DEAR_RUNS: AtomicUsize = AtomicUsize::new(0);
        let passwords = Passwords::with(|password, hash| {
            RUNS.fetch_add(1, Ordering::SeqCst);
            DEAR_RUNS.fetch_add(usize::from(hash == DEAR), Ordering::SeqCst);
            password == b"right"
        });
        let users = users();
        let asked = async |user: &str, password: &str| {
            let request = request(user, password);
            let checks = (0..200).map(|_| passwords.check(&users, &request));
            let verdicts = futures_util::future::join_all(checks).await;
            assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]));
            (verdicts[0], RUNS.swap(0, Ordering::SeqCst), DEAR_RUNS.swap(0, Ordering::SeqCst))
        };
        assert_eq!(asked("alice", "right").await, (Verdict::Right, 1, 0));
        assert_eq!(asked("alice", "right").await, (Verdict::Right, 0, 0));
        assert_eq!(asked("alice", "wrong").await, (Verdict::Wrong, 1, 0));
        assert_eq!(asked("alice", "wrong").await, (Verdict::Wrong, 0, 0));
        assert_eq!(asked("bob", "right").await, (Verdict::Right, 1, 1));
        assert_eq!(asked("eve", "right").await, (Verdict::Wrong, 1, 1), "a right guess of nobody's password");
        assert_eq!(asked("eve", "right").await, (Verdict::Wrong, 0, 0));

        for attempt in 0..=MOST_WRONG {
            assert_eq!(asked("eve", &attempt.to_string()).await, (Verdict::Wrong, 1, 1));
        }
        assert_eq!(asked("alice", "right").await, (Verdict::Right, 0, 0), "wrong ones push no right one out");
        assert_eq!(asked("eve", "0").await, (Verdict::Wrong, 1, 1), "the oldest is forgotten");
        let changed: Users = [("alice".to_owned(), DEAR.to_owned())].into_iter().collect();
        assert_eq!(passwords.check(&changed, &request("alice", "right")).await, Verdict::Right);
        assert_eq!(RUNS.load(Ordering::SeqCst), 1, "a new hash is checked anew");
    }

    #[tokio::test]
    async fn a_flood_of_wrong_passwords_is_refused_while_known_ones_pass() {
        static IS_OPEN: AtomicBool = AtomicBool::new(false);
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        let passwords = Passwords::with(|password, _| {
            if password != b"right" {
                RUNNING.fetch_add(1, Ordering::SeqCst);
                while !IS_OPEN.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            }
            password == b"right"
        });
        let users = users();
        assert_eq!(passwords.check(&users, &request("alice", "right")).await, Verdict::Right);
        let flood: Vec<_> = (0..MOST_WAITING)
            .map(|attempt| {
                let (passwords, users) = (passwords.clone(), users.clone());
                let request = request("eve", &attempt.to_string());
                tokio::spawn(async move { passwords.check(&users, &request).await })
            })
            .collect();
        while RUNNING.load(Ordering::SeqCst) < AT_A_TIME {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.check(&users, &request("eve", "one more")).await, Verdict::Busy);
        assert_eq!(passwords.check(&users, &request("alice", "right")).await, Verdict::Right);
        assert_eq!(RUNNING.load(Ordering::SeqCst), AT_A_TIME, "no more at a time");
        IS_OPEN.store(true, Ordering::SeqCst);
        for attempt in flood {
            assert_eq!(attempt.await.unwrap(), Verdict::Wrong);
        }
        assert_eq!(passwords.check(&users, &request("eve", "one more")).await, Verdict::Wrong);
    }

    #[test]
    fn credentials_are_those_of_http() {
        let of = |value: &str| {
            let headers =
                HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
            credentials(&headers)
        };
        let pair =
            |user: &str, password: &str| Some((user.as_bytes().to_vec(), password.as_bytes().to_vec()));
        // alice:a:b
        assert_eq!(of("Basic YWxpY2U6YTpi"), pair("alice", "a:b"));
        assert_eq!(of("bAsIc YWxpY2U6YTpi"), pair("alice", "a:b"));
        assert_eq!(of("Basic Og=="), pair("", ""));
        for bad in ["", "Basic", "Basic ", "Bearer YWxpY2U6YTpi", "Basic YWxpY2U=", "Basic !", "YWxpY2U6YTpi"]
        {
            assert_eq!(of(bad), None, "{bad:?}");
        }
        assert_eq!(credentials(&HeaderMap::new()), None);
    }
}
