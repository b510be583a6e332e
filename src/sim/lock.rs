//! The lock on access keys: whoever signs wrongly too often has to wait.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Failures within [`WINDOW`] that a key survives.
const ALLOWED: usize = 5;
/// How long a failure counts.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// How long a lock holds.
const LOCKED: SignedDuration = SignedDuration::from_mins(5);

/// The failed signatures of each access key, by its ID.
#[derive(Debug, Default)]
pub(super) struct Locks {
    failures: HashMap<String, Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    times: Vec<Timestamp>,
    locked_at: Option<Timestamp>,
}

impl Locks {
    /// Whether the key is locked at `now`. Asking does not prolong the lock.
    pub(super) fn is_locked(&self, access_key: &str, now: Timestamp) -> bool {
        let locked_at = self.failures.get(access_key).and_then(|failures| failures.locked_at);
        locked_at.is_some_and(|at| now.duration_since(at) < LOCKED)
    }

    /// A key that was not locked signed wrongly at `now`: one time too often, and it is locked from then on.
    pub(super) fn failed(&mut self, access_key: &str, now: Timestamp) {
        let failures = self.failures.entry(access_key.to_owned()).or_default();
        failures.times.retain(|at| now.duration_since(*at) < WINDOW);
        failures.times.push(now);
        if failures.times.len() > ALLOWED {
            *failures = Failures { times: Vec::new(), locked_at: Some(now) };
        }
    }

    /// A key signed rightly: what was before is forgotten.
    pub(super) fn succeeded(&mut self, access_key: &str) {
        self.failures.remove(access_key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn after_failures(seconds: &[i64]) -> Locks {
        let mut locks = Locks::default();
        for second in seconds {
            locks.failed("key", at(*second));
        }
        locks
    }

    #[test]
    fn the_sixth_failure_within_five_minutes_locks_for_five_minutes() {
        assert!(!after_failures(&[0, 1, 2, 3, 4]).is_locked("key", at(5)));
        let locks = after_failures(&[0, 1, 2, 3, 4, 299]);
        assert!(locks.is_locked("key", at(299)));
        assert!(locks.is_locked("key", at(299 + 299)));
        assert!(!locks.is_locked("key", at(299 + 300)));
        assert!(!locks.is_locked("another", at(299)));
    }

    #[test]
    fn failures_count_for_five_minutes() {
        assert!(!after_failures(&[0, 1, 2, 3, 4, 300]).is_locked("key", at(300)));
        assert!(after_failures(&[0, 1, 2, 3, 4, 300, 300]).is_locked("key", at(300)));
    }

    #[test]
    fn a_success_and_a_lock_that_ended_start_the_count_afresh() {
        let mut locks = after_failures(&[0, 1, 2, 3, 4]);
        locks.succeeded("key");
        locks.failed("key", at(5));
        assert!(!locks.is_locked("key", at(5)));

        let mut locks = after_failures(&[0; 6]);
        for _ in 0..5 {
            locks.failed("key", at(300));
        }
        assert!(!locks.is_locked("key", at(300)));
        locks.failed("key", at(300));
        assert!(locks.is_locked("key", at(300)));
    }
}
