//! One guard for each principal that the cloud locks after failed attempts, whichever sources contain it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use reqwest::Url;
use sha2::{Digest, Sha256};

use super::guard::Guard;
use super::issued::AccessKey;
use super::source::{Password, Secret};

/// A key or a user, with the secret that proves it: another secret deserves new attempts.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Principal {
    AccessKey {
        id: String,
        secret: SecretDigest,
    },
    /// Whatever project the token is for, since IAM locks users.
    User {
        iam_endpoint: Url,
        domain: String,
        user: String,
        password: SecretDigest,
    },
}

/// Instead of the secret, which is not kept longer than necessary.
type SecretDigest = [u8; 32];

impl Principal {
    pub(super) fn access_key(key: &AccessKey) -> Self {
        Self::AccessKey { id: key.id.clone(), secret: digest(&key.secret) }
    }

    pub(super) fn user(login: &Password, password: &Secret) -> Self {
        Self::User {
            iam_endpoint: login.iam_endpoint.clone(),
            domain: login.domain.clone(),
            user: login.user.clone(),
            password: digest(password),
        }
    }
}

fn digest(secret: &Secret) -> SecretDigest {
    Sha256::digest(secret.expose()).into()
}

/// The guards in use: those of former secrets and of sources that are gone are dropped.
#[derive(Debug, Default)]
pub(crate) struct Guards(Mutex<HashMap<Principal, Weak<Guard>>>);

impl Guards {
    /// The guard of `principal`, which as many replicas may share.
    pub(super) fn get(&self, principal: Principal, replicas: u32) -> Arc<Guard> {
        let mut guards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guard) = guards.get(&principal).and_then(Weak::upgrade) {
            return guard;
        }
        guards.retain(|_, guard| guard.strong_count() > 0);
        let guard = Arc::new(Guard::new(replicas));
        guards.insert(principal, Arc::downgrade(&guard));
        guard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, secret: &str) -> Principal {
        Principal::access_key(&AccessKey { id: id.to_owned(), secret: secret.into(), security_token: None })
    }

    #[test]
    fn sources_with_the_same_key_share_a_guard() {
        let guards = Guards::default();
        let first = guards.get(key("A", "s"), 1);
        assert!(Arc::ptr_eq(&first, &guards.get(key("A", "s"), 1)));
        for other in [key("A", "t"), key("B", "s")] {
            assert!(!Arc::ptr_eq(&first, &guards.get(other, 1)));
        }
    }

    #[test]
    fn guards_of_former_secrets_are_dropped() {
        let guards = Guards::default();
        let mut current = guards.get(key("A", "0"), 1);
        for rotation in 1..100 {
            current = guards.get(key("A", &rotation.to_string()), 1);
        }
        // The guard before the current one is dropped with the next rotation.
        assert!(guards.0.lock().unwrap().len() <= 2);
        drop(current);
        guards.get(key("B", "s"), 1);
        assert_eq!(guards.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn debug_output_hides_secrets() {
        let guards = Guards::default();
        let _guard = guards.get(key("A", "hidden"), 1);
        assert!(!format!("{guards:?}").contains("hidden"));
    }
}
