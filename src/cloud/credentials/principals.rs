//! One guard for each principal that the cloud locks after failed attempts, whichever sources contain it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use sha2::{Digest, Sha256};

use super::guard::Guard;
use super::issued::AccessKey;
use super::source::{Password, Secret};

/// What the cloud locks, and the secret that proves it: another secret deserves new attempts.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Principal {
    identity: Identity,
    /// SHA-256 of the secret, which is not kept longer than necessary.
    secret: [u8; 32],
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    AccessKey(String),
    /// Whatever project the token is for, since IAM locks users.
    User {
        iam_endpoint: Url,
        domain: String,
        user: String,
    },
}

impl Principal {
    pub(super) fn access_key(key: &AccessKey) -> Self {
        Self::new(Identity::AccessKey(key.id.clone()), &key.secret)
    }

    pub(super) fn user(login: &Password, password: &Secret) -> Self {
        let Password { iam_endpoint, domain, user, .. } = login.clone();
        Self::new(Identity::User { iam_endpoint, domain, user }, password)
    }

    fn new(identity: Identity, secret: &Secret) -> Self {
        Self { identity, secret: Sha256::digest(secret.expose()).into() }
    }
}

/// The guards in use, and those of paused secrets until the pause ends: sources that are gone and former secrets leave
/// nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Guards(Mutex<HashMap<Principal, Arc<Guard>>>);

impl Guards {
    /// The guard of `principal`, which as many replicas may share.
    pub(super) fn get(&self, principal: Principal, replicas: u32) -> Arc<Guard> {
        let mut guards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guard) = guards.get(&principal) {
            return Arc::clone(guard);
        }
        guards.retain(|_, guard| Arc::strong_count(guard) > 1 || guard.is_paused());
        // The cloud also counts the rejections of another secret, which leave fewer attempts, as replicas do.
        let is_paused = |(other, guard): &(&Principal, &Arc<Guard>)| {
            other.identity == principal.identity && guard.is_paused()
        };
        let paused = u32::try_from(guards.iter().filter(is_paused).count()).unwrap_or(u32::MAX);
        let guard = Arc::new(Guard::new(replicas.saturating_add(paused)));
        guards.insert(principal, Arc::clone(&guard));
        guard
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cloud::credentials::guard::KeyVerdict;

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
        // That before the current one is dropped at the next rotation.
        assert!(guards.0.lock().unwrap().len() <= 2);
        drop(current);
        guards.get(key("B", "s"), 1);
        assert_eq!(guards.0.lock().unwrap().len(), 1);
    }

    /// The attempts with this secret that the cloud rejects until the guard pauses it.
    async fn rejections(guards: &Guards, secret: &str) -> u32 {
        let (guard, mut rejections) = (guards.get(key("A", secret), 1), 0);
        while let Ok(admission) = guard.admit("cloud").await {
            guard.call(admission, std::future::ready(()), |()| KeyVerdict::Rejected).await;
            rejections += 1;
        }
        rejections
    }

    #[tokio::test(start_paused = true)]
    async fn two_wrong_secrets_together_do_not_lock_the_key() {
        let guards = Guards::default();
        assert_eq!(rejections(&guards, "first").await, 3);
        assert_eq!(rejections(&guards, "second").await, 2);
        assert_eq!(rejections(&guards, "first").await, 0, "still paused, although no source has it");
        tokio::time::advance(Duration::from_secs(5 * 60)).await;
        assert_eq!(rejections(&guards, "third").await, 3);
    }

    #[test]
    fn debug_output_hides_secrets() {
        let guards = Guards::default();
        let _guard = guards.get(key("A", "hidden"), 1);
        assert!(!format!("{guards:?}").contains("hidden"));
    }
}
