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
