//! Access keys: permanent ones, which are made and deleted, and temporary ones, which are issued and expire.

use std::collections::{HashMap, VecDeque};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::account::{self, Account};

/// How long a temporary key that expired is still told from one that never was.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// A permanent access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Access key ID, 20 characters.
    pub id: String,
    /// Secret access key, 40 characters.
    pub secret: String,
}

/// A temporary access key, as whoever asked for it gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryKey {
    /// Access key ID, 20 characters.
    pub id: String,
    /// Secret access key, 40 characters.
    pub secret: String,
    /// What has to be sent, and signed, as `X-Security-Token`.
    pub security_token: String,
    /// From when on it is refused.
    pub expires: Timestamp,
}

/// What the gateway knows of an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) account: usize,
    pub(super) secret: String,
    /// Whether its holder may list user quotas and IAM users.
    pub(super) administrator: bool,
    /// None for a permanent key.
    pub(super) temporary: Option<Temporary>,
}

impl Key {
    /// What has to be sent as `X-Security-Token`; none for a permanent key.
    pub(super) fn security_token(&self) -> Option<&str> {
        self.temporary.as_ref().map(|temporary| temporary.security_token.as_str())
    }
}

/// What only a temporary key has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Temporary {
    security_token: String,
    expires: Timestamp,
    /// Uses while `expired-key` holds.
    uses: u32,
}

/// All access keys, by their IDs.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_id: HashMap<String, Key>,
    /// IDs of temporary keys, oldest first.
    issued: VecDeque<String>,
}

impl Keys {
    /// The keys that `accounts` were made with.
    pub(super) fn of(accounts: &[Account]) -> Self {
        let mut keys = Keys::default();
        for (number, account) in accounts.iter().enumerate() {
            keys.insert(number, &account.access_key, &account.secret_key, true);
            keys.insert(number, &account.user_access_key, &account.user_secret_key, false);
        }
        keys
    }

    fn insert(&mut self, account: usize, id: &str, secret: &str, administrator: bool) {
        let key = Key { account, secret: secret.to_owned(), administrator, temporary: None };
        self.by_id.insert(id.to_owned(), key);
    }

    /// A new permanent key of an account itself.
    pub(super) fn create(&mut self, account: usize) -> AccessKey {
        let AccessKey { id, secret } = random_key();
        self.insert(account, &id, &secret, true);
        AccessKey { id, secret }
    }

    /// Forgets a key; whether it was there.
    pub(super) fn delete(&mut self, id: &str) -> bool {
        self.by_id.remove(id).is_some()
    }

    /// A new temporary key of an account's agency, which has the rights of the account.
    pub(super) fn issue(&mut self, account: usize, now: Timestamp, lifetime: SignedDuration) -> TemporaryKey {
        self.forget_the_long_dead(now);
        let AccessKey { id, secret } = random_key();
        let expires = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        let security_token =
            format!("SimulatedSecurityToken{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        let temporary = Temporary { security_token: security_token.clone(), expires, uses: 0 };
        let key = Key { account, secret: secret.clone(), administrator: true, temporary: Some(temporary) };
        self.by_id.insert(id.clone(), key);
        self.issued.push_back(id.clone());
        TemporaryKey { id, secret, security_token, expires }
    }

    fn forget_the_long_dead(&mut self, now: Timestamp) {
        let forgotten = |key: &Key| {
            let expires = key.temporary.as_ref().map(|temporary| temporary.expires);
            expires.is_none_or(|expires| now.duration_since(expires) >= REMEMBERED)
        };
        while let Some(id) = self.issued.front()
            && self.by_id.get(id).is_none_or(forgotten)
        {
            self.by_id.remove(id);
            self.issued.pop_front();
        }
    }

    /// The key with this ID.
    pub(super) fn get(&self, id: &str) -> Option<Key> {
        self.by_id.get(id).cloned()
    }

    /// Whether a temporary key is good at `now`.
    pub(super) fn is_good(&self, id: &str, now: Timestamp) -> bool {
        let temporary = self.by_id.get(id).and_then(|key| key.temporary.as_ref());
        temporary.is_some_and(|temporary| now < temporary.expires)
    }

    /// Whether a key is good at `now` for one more use. One with more than `max_uses` (none: without end) is dead
    /// from then on. A permanent key is always good.
    pub(super) fn use_up(&mut self, id: &str, now: Timestamp, max_uses: Option<u32>) -> bool {
        let Some(temporary) = self.by_id.get_mut(id).and_then(|key| key.temporary.as_mut()) else {
            return self.by_id.contains_key(id);
        };
        if max_uses.is_some_and(|max| temporary.uses >= max) {
            temporary.expires = temporary.expires.min(now);
        }
        temporary.uses += u32::from(max_uses.is_some());
        now < temporary.expires
    }

    /// Ends all temporary keys.
    pub(super) fn revoke_temporary(&mut self, now: Timestamp) {
        for temporary in self.by_id.values_mut().filter_map(|key| key.temporary.as_mut()) {
            temporary.expires = temporary.expires.min(now);
        }
    }
}

fn random_key() -> AccessKey {
    let mut rng = Rng::new();
    AccessKey { id: account::random_id(&mut rng), secret: account::random_secret(&mut rng) }
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
    fn a_temporary_key_is_good_for_its_lifetime() {
        let mut keys = Keys::default();
        let key = keys.issue(7, noon(), HOUR);
        assert_eq!((key.id.len(), key.secret.len(), key.expires), (20, 40, at("2026-01-01T13:00:00Z")));
        let known = keys.get(&key.id).unwrap();
        assert_eq!(
            (known.account, known.secret.as_str(), known.administrator),
            (7, key.secret.as_str(), true)
        );
        assert_eq!(known.security_token(), Some(key.security_token.as_str()));
        for (now, good) in [("2026-01-01T12:59:59Z", true), ("2026-01-01T13:00:00Z", false)] {
            assert_eq!(keys.is_good(&key.id, at(now)), good, "{now}");
            assert_eq!(keys.use_up(&key.id, at(now), None), good, "{now}");
        }
    }

    #[test]
    fn uses_count_only_under_a_limit_and_end_a_key_for_good() {
        let mut keys = Keys::default();
        let key = keys.issue(0, noon(), HOUR);
        let mut good = |limit| keys.use_up(&key.id, noon(), limit);
        assert!((0..10).all(|_| good(None)));
        assert_eq!([(); 4].map(|()| good(Some(3))), [true, true, true, false]);
        assert!(!good(None));
    }

    #[test]
    fn a_revoked_key_is_dead_at_once_and_a_permanent_one_cannot_be_revoked() {
        let mut keys = Keys::of(&[Account::new(1, 0)]);
        let (permanent, temporary) = (Account::new(1, 0).access_key, keys.issue(0, noon(), HOUR).id);
        keys.revoke_temporary(noon());
        assert!(!keys.use_up(&temporary, noon(), None));
        assert!(keys.use_up(&permanent, noon(), Some(0)));
        assert!(keys.delete(&permanent));
        assert!(!keys.delete(&permanent) && !keys.use_up(&permanent, noon(), None));
    }

    #[test]
    fn a_dead_key_is_remembered_for_a_day() {
        let mut keys = Keys::default();
        let old = keys.issue(0, noon(), HOUR).id;
        keys.issue(0, at("2026-01-02T12:59:59Z"), HOUR);
        assert!(keys.get(&old).is_some());
        keys.issue(0, at("2026-01-02T13:00:00Z"), HOUR);
        assert!(keys.get(&old).is_none());
    }
}
