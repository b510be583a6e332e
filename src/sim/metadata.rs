//! The metadata server of an ECS: temporary access keys of the agency that the machine has.
//!
//! The real one answers at `169.254.169.254`, to that machine alone.

use std::collections::HashMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::answer::{self, Answer};
use super::call::Call;
use super::keys::{Keys, TemporaryKey};
use super::settings::MetadataMode;
use super::{Inner, locked};

/// Longest life of a metadata token, in seconds.
const MAX_TTL: i64 = 21_600;

/// What the metadata server remembers.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// When each metadata token expires.
    tokens: HashMap<String, Timestamp>,
    /// The key that the machine has now.
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    account: usize,
    issued: Timestamp,
    key: TemporaryKey,
}

/// `PUT /meta-data/latest/api/token`.
pub(super) fn create_token(inner: &Inner, call: &Call) -> Answer {
    if locked(&inner.settings).metadata == MetadataMode::Unsupported {
        return Answer::text(StatusCode::NOT_FOUND, "404 Not Found");
    }
    let ttl = call.header("x-metadata-token-ttl-seconds").and_then(|ttl| ttl.parse().ok());
    let Some(ttl) = ttl.filter(|ttl| (1..=MAX_TTL).contains(ttl)) else {
        return Answer::text(StatusCode::BAD_REQUEST, "400 Bad Request");
    };
    let token = format!("SimulatedMetadataToken{:032x}", fastrand::u128(..));
    let expires = call.now.checked_add(SignedDuration::from_secs(ttl)).unwrap_or(Timestamp::MAX);
    let mut metadata = locked(&inner.metadata);
    metadata.tokens.retain(|_, expires| call.now < *expires);
    metadata.tokens.insert(token.clone(), expires);
    Answer::text(StatusCode::OK, &token)
}

/// `GET /openstack/latest/securitykey`.
pub(super) fn security_key(inner: &Inner, call: &Call) -> Answer {
    let (mode, account, lifetime) = {
        let settings = locked(&inner.settings);
        (settings.metadata, settings.machine_account, settings.temporary_key())
    };
    let mut metadata = locked(&inner.metadata);
    let expires = call.header("x-metadata-token").and_then(|token| metadata.tokens.get(token));
    if mode != MetadataMode::Unsupported && expires.is_none_or(|expires| *expires <= call.now) {
        return Answer::text(StatusCode::UNAUTHORIZED, "401 Unauthorized");
    }
    if mode == MetadataMode::NoAgency {
        return Answer::text(StatusCode::UNAUTHORIZED, "Please configure Cloud Service Agency first");
    }
    let key = metadata.key(&mut locked(&inner.keys), account, call.now, lifetime);
    let body = json!({"credential": {
        "access": key.id,
        "secret": key.secret,
        "securitytoken": key.security_token,
        "expires_at": answer::microseconds(key.expires),
    }});
    Answer::json(StatusCode::OK, &body)
}

impl Metadata {
    /// The machine's key: a new one where half of the life of the last one is over, or all of it.
    fn key(
        &mut self,
        keys: &mut Keys,
        account: usize,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> TemporaryKey {
        if let Some(current) = &self.current
            && current.account == account
            && keys.is_good(&current.key.id, now)
            && current.key.expires.duration_since(now) > now.duration_since(current.issued)
        {
            return current.key.clone();
        }
        let key = keys.issue(account, now, lifetime);
        self.current = Some(Current { account, issued: now, key: key.clone() });
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_while_more_than_half_of_its_life_is_left() {
        let (mut metadata, mut keys) = (Metadata::default(), Keys::default());
        let start: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let mut key = |seconds: i64, account| {
            let now = start + SignedDuration::from_secs(seconds);
            metadata.key(&mut keys, account, now, SignedDuration::from_secs(100)).id
        };
        let first = key(0, 0);
        assert_eq!(key(49, 0), first);
        let second = key(50, 0);
        assert_ne!(second, first);
        assert_eq!(key(99, 0), second);
        assert_ne!(key(99, 1), second, "a key of another account");
    }

    #[test]
    fn a_key_that_died_before_its_time_is_replaced() {
        let (mut metadata, mut keys) = (Metadata::default(), Keys::default());
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let first = metadata.key(&mut keys, 0, now, SignedDuration::from_hours(6));
        keys.revoke_temporary(now);
        assert_ne!(metadata.key(&mut keys, 0, now, SignedDuration::from_hours(6)), first);
    }
}
