//! Access keys: permanent and temporary ones, and the lock on keys with too many wrong signatures.

use std::collections::HashMap;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::accounts::{Account, random_key_id, random_secret};

/// How long an expired temporary key is still recognized as expired.
const EXPIRED_RETENTION: SignedDuration = SignedDuration::from_hours(24);
/// Wrong signatures within [`FAILURE_WINDOW`] that do not lock a key yet.
const ALLOWED_FAILURES: usize = 5;
const FAILURE_WINDOW: SignedDuration = SignedDuration::from_mins(5);
const LOCK_DURATION: SignedDuration = SignedDuration::from_mins(5);

/// A permanent access key, as its owner gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PermanentKey {
    pub(super) id: String,
    pub(super) secret: String,
}

/// A temporary access key, as its owner gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// Access key ID, 20 characters.
    pub id: String,
    /// Secret access key, 40 characters.
    pub secret: String,
    /// The value of the signed header `X-Security-Token`.
    pub security_token: String,
    /// The cloud refuses the key from this time on.
    pub expires: Timestamp,
}

/// What the gateway knows of an access key.
#[derive(Debug, Default)]
pub(super) struct AccessKeyRecord {
    pub(super) account: usize,
    pub(super) secret: String,
    /// Whether the key may list user quotas and IAM users.
    pub(super) administrator: bool,
    /// `None` for a permanent key.
    pub(super) security_token: Option<String>,
    /// `None` for a permanent key.
    expires: Option<Timestamp>,
    /// Uses while the fault `expired-key` is active.
    uses: u32,
    signature_failures: Vec<Timestamp>,
    locked_at: Option<Timestamp>,
}

impl AccessKeyRecord {
    /// Whether the key is locked at `now`. Using a locked key does not extend the lock.
    pub(super) fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_at.is_some_and(|at| now.duration_since(at) < LOCK_DURATION)
    }

    /// Records a wrong signature, and locks the key if there were too many.
    pub(super) fn signature_failed(&mut self, now: Timestamp) {
        self.signature_failures.retain(|at| now.duration_since(*at) < FAILURE_WINDOW);
        self.signature_failures.push(now);
        if self.signature_failures.len() > ALLOWED_FAILURES {
            self.signature_failures.clear();
            self.locked_at = Some(now);
        }
    }

    /// Forgets the wrong signatures before a good one.
    pub(super) fn signature_succeeded(&mut self) {
        self.signature_failures.clear();
        self.locked_at = None;
    }

    /// Uses the key at `now`; returns false if it has expired. A temporary key with more than `max_uses` expires.
    pub(super) fn use_at(&mut self, now: Timestamp, max_uses: Option<u32>) -> bool {
        if max_uses.is_some_and(|max| self.uses >= max) {
            self.revoke(now);
        }
        self.uses += u32::from(max_uses.is_some());
        !self.has_expired(now)
    }

    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn revoke(&mut self, now: Timestamp) {
        self.expires = self.expires.map(|expires| expires.min(now));
    }
}

/// All access keys by their IDs.
#[derive(Debug, Default)]
pub(super) struct AccessKeys {
    by_id: HashMap<String, AccessKeyRecord>,
}

impl AccessKeys {
    /// The initial keys of `accounts`.
    pub(super) fn new(accounts: &[Account]) -> Self {
        let mut keys = AccessKeys::default();
        for (number, account) in accounts.iter().enumerate() {
            keys.insert_permanent(number, &account.access_key, &account.secret_key, true);
            keys.insert_permanent(number, &account.user_access_key, &account.user_secret_key, false);
        }
        keys
    }

    fn insert_permanent(&mut self, account: usize, id: &str, secret: &str, administrator: bool) {
        let secret = secret.to_owned();
        let record = AccessKeyRecord { account, secret, administrator, ..AccessKeyRecord::default() };
        self.by_id.insert(id.to_owned(), record);
    }

    /// Creates a permanent key of an account.
    pub(super) fn create(&mut self, account: usize) -> PermanentKey {
        let mut rng = Rng::new();
        let key = PermanentKey { id: random_key_id(&mut rng), secret: random_secret(&mut rng) };
        self.insert_permanent(account, &key.id, &key.secret, true);
        key
    }

    /// Deletes a key; returns whether it existed.
    pub(super) fn delete(&mut self, id: &str) -> bool {
        self.by_id.remove(id).is_some()
    }

    /// Issues a temporary key for an account's agency, which has all rights of the account.
    pub(super) fn issue(&mut self, account: usize, now: Timestamp, lifetime: SignedDuration) -> IssuedKey {
        self.by_id.retain(|_, key| key.expires.is_none_or(|end| now.duration_since(end) < EXPIRED_RETENTION));
        let mut rng = Rng::new();
        let key = IssuedKey {
            id: random_key_id(&mut rng),
            secret: random_secret(&mut rng),
            security_token: format!("SimulatedSecurityToken{:032x}{:032x}", rng.u128(..), rng.u128(..)),
            expires: now.checked_add(lifetime).unwrap_or(Timestamp::MAX),
        };
        let record = AccessKeyRecord {
            account,
            secret: key.secret.clone(),
            administrator: true,
            security_token: Some(key.security_token.clone()),
            expires: Some(key.expires),
            ..AccessKeyRecord::default()
        };
        self.by_id.insert(key.id.clone(), record);
        key
    }

    /// The key with this ID.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut AccessKeyRecord> {
        self.by_id.get_mut(id)
    }

    /// Whether the key exists and has not expired at `now`.
    pub(super) fn is_valid(&self, id: &str, now: Timestamp) -> bool {
        self.by_id.get(id).is_some_and(|key| !key.has_expired(now))
    }

    /// Revokes all temporary keys.
    pub(super) fn revoke_temporary(&mut self, now: Timestamp) {
        for key in self.by_id.values_mut() {
            key.revoke(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn noon() -> Timestamp {
        at("2026-01-01T12:00:00Z")
    }

    #[test]
    fn a_temporary_key_is_valid_for_its_lifetime() {
        let mut keys = AccessKeys::default();
        let key = keys.issue(7, noon(), HOUR);
        assert_eq!((key.id.len(), key.secret.len(), key.expires), (20, 40, at("2026-01-01T13:00:00Z")));
        let record = keys.get_mut(&key.id).unwrap();
        assert_eq!(
            (record.account, record.secret.as_str(), record.administrator),
            (7, key.secret.as_str(), true)
        );
        assert_eq!(record.security_token, Some(key.security_token.clone()));
        for (now, valid) in [("2026-01-01T12:59:59Z", true), ("2026-01-01T13:00:00Z", false)] {
            assert_eq!(keys.is_valid(&key.id, at(now)), valid, "{now}");
            assert_eq!(keys.get_mut(&key.id).unwrap().use_at(at(now), None), valid, "{now}");
        }
    }

    #[test]
    fn only_uses_under_a_limit_count_and_exceeding_it_ends_the_key() {
        let mut keys = AccessKeys::default();
        let key = keys.issue(0, noon(), HOUR);
        let mut use_key = |limit| keys.get_mut(&key.id).unwrap().use_at(noon(), limit);
        assert!((0..10).all(|_| use_key(None)));
        assert_eq!([(); 4].map(|()| use_key(Some(3))), [true, true, true, false]);
        assert!(!use_key(None));
    }

    #[test]
    fn revoking_ends_temporary_keys_and_leaves_permanent_ones() {
        let mut keys = AccessKeys::new(&[Account::new(1, 0)]);
        let (permanent, temporary) = (Account::new(1, 0).access_key, keys.issue(0, noon(), HOUR).id);
        keys.revoke_temporary(noon());
        assert!(!keys.get_mut(&temporary).unwrap().use_at(noon(), None));
        assert!(keys.get_mut(&permanent).unwrap().use_at(noon(), Some(0)));
        assert!(keys.delete(&permanent));
        assert!(!keys.delete(&permanent) && keys.get_mut(&permanent).is_none());
    }

    #[test]
    fn an_expired_key_is_recognized_for_a_day() {
        let mut keys = AccessKeys::default();
        let old = keys.issue(0, noon(), HOUR).id;
        keys.issue(0, at("2026-01-02T12:59:59Z"), HOUR);
        assert!(keys.get_mut(&old).is_some());
        keys.issue(0, at("2026-01-02T13:00:00Z"), HOUR);
        assert!(keys.get_mut(&old).is_none());
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn after_failures(seconds: &[i64]) -> AccessKeyRecord {
        let mut key = AccessKeyRecord::default();
        for failure in seconds {
            key.signature_failed(second(*failure));
        }
        key
    }

    #[test]
    fn the_sixth_failure_within_five_minutes_locks_for_five_minutes() {
        assert!(!after_failures(&[0, 1, 2, 3, 4]).is_locked(second(5)));
        let key = after_failures(&[0, 1, 2, 3, 4, 299]);
        assert!(key.is_locked(second(299)));
        assert!(key.is_locked(second(299 + 299)));
        assert!(!key.is_locked(second(299 + 300)));
        assert!(!AccessKeyRecord::default().is_locked(second(299)));
    }

    #[test]
    fn failures_count_for_five_minutes() {
        assert!(!after_failures(&[0, 1, 2, 3, 4, 300]).is_locked(second(300)));
        assert!(after_failures(&[0, 1, 2, 3, 4, 300, 300]).is_locked(second(300)));
    }

    #[test]
    fn a_success_and_the_end_of_a_lock_reset_the_count() {
        let mut key = after_failures(&[0, 1, 2, 3, 4]);
        key.signature_succeeded();
        key.signature_failed(second(5));
        assert!(!key.is_locked(second(5)));

        let mut key = after_failures(&[0; 6]);
        for _ in 0..5 {
            key.signature_failed(second(300));
        }
        assert!(!key.is_locked(second(300)));
        key.signature_failed(second(300));
        assert!(key.is_locked(second(300)));
    }
}
