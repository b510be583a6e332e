//! The names of users, looked up at IAM hourly, when a new user appears, and again soon after a failure.
//!
//! Without the right to list users, everything that needs no names still works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cloud::client::doubling;
use crate::cloud::error::Error;
use crate::snapshot::PackedUsers;

/// Names change seldom.
const INTERVAL: Duration = Duration::from_secs(3600);
/// The wait after the second failure in a row. After the first, the next poll looks the names up again.
const FIRST_BACKOFF: Duration = Duration::from_secs(60);
const MAX_BACKOFF: Duration = Duration::from_secs(15 * 60);

/// The names of the users of one account.
#[derive(Debug, Default)]
pub(crate) struct UserNames {
    cache: Mutex<NameCache>,
}

#[derive(Debug, Default)]
struct NameCache {
    /// By user ID. Those of the last successful look-up.
    names: Arc<BTreeMap<String, String>>,
    /// The users that IAM did not list at the last successful look-up.
    unknown: BTreeSet<String>,
    /// When the last look-up that succeeded ended.
    looked_up: Option<Instant>,
    /// `None` if the last look-up succeeded.
    failure: Option<Failure>,
}

/// The look-ups that failed since the last success.
#[derive(Debug)]
struct Failure {
    /// When the last one ended.
    at: Instant,
    number: u32,
    error: Error,
}

impl NameCache {
    fn is_due(&self, users: &PackedUsers) -> bool {
        match (&self.failure, self.looked_up) {
            (Some(failure), _) => failure.at.elapsed() >= backoff(failure.number),
            (None, None) => true,
            (None, Some(at)) => at.elapsed() >= INTERVAL || users.names().any(|(id, _)| self.is_new(id)),
        }
    }

    /// Whether IAM has not been asked since the user appeared. A user that IAM does not list is not new again.
    fn is_new(&self, id: &str) -> bool {
        !self.names.contains_key(id) && !self.unknown.contains(id)
    }
}

impl UserNames {
    /// Whether names have to be looked up for these users.
    pub(crate) async fn is_due(&self, users: &PackedUsers) -> bool {
        self.cache.lock().await.is_due(users)
    }

    /// Records the result of a look-up for these users. A failure leaves the known names.
    pub(crate) async fn record(&self, result: Result<BTreeMap<String, String>, Error>, users: &PackedUsers) {
        let mut cache = self.cache.lock().await;
        let at = Instant::now();
        match result {
            Ok(names) => {
                let ids = users.names().map(|(id, _)| id);
                cache.unknown = ids.filter(|id| !names.contains_key(*id)).map(ToOwned::to_owned).collect();
                cache.names = Arc::new(names);
                cache.looked_up = Some(at);
                cache.failure = None;
            }
            Err(error) => {
                let number = cache.failure.as_ref().map_or(1, |failure| failure.number.saturating_add(1));
                cache.failure = Some(Failure { at, number, error });
            }
        }
    }

    /// The known names by user ID.
    pub(super) async fn known(&self) -> Arc<BTreeMap<String, String>> {
        Arc::clone(&self.cache.lock().await.names)
    }

    /// Why no look-up has succeeded; `None` after the first success.
    pub(super) async fn never_learned(&self) -> Option<Error> {
        let cache = self.cache.lock().await;
        let failure = cache.failure.as_ref().filter(|_| cache.looked_up.is_none());
        failure.map(|failure| failure.error.clone())
    }
}

/// The wait after a number of failures in a row.
fn backoff(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::ZERO,
        _ => doubling(FIRST_BACKOFF, failures - 1, MAX_BACKOFF),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::User;

    const MINUTE: Duration = Duration::from_secs(60);

    fn users(ids: &[&str]) -> PackedUsers {
        ids.iter().map(|id| User { id: (*id).to_owned(), ..User::default() }).collect()
    }

    fn known(names: &[(&str, &str)]) -> BTreeMap<String, String> {
        names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
    }

    /// Whether the users of a poll cause a look-up, which then has this result.
    async fn looks_up(
        names: &UserNames,
        ids: &[&str],
        result: Result<BTreeMap<String, String>, Error>,
    ) -> bool {
        let users = users(ids);
        let is_due = names.is_due(&users).await;
        if is_due {
            names.record(result, &users).await;
        }
        is_due
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_looked_up_once_per_hour() {
        let names = UserNames::default();
        let found = || Ok(known(&[("a", "A")]));
        assert!(looks_up(&names, &["a"], found()).await);
        tokio::time::advance(INTERVAL.mul_f64(0.999)).await;
        assert!(!looks_up(&names, &["a"], found()).await);
        tokio::time::advance(INTERVAL.mul_f64(0.001)).await;
        assert!(looks_up(&names, &["a"], found()).await);
        assert!(!looks_up(&names, &["a"], found()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_look_up_is_repeated_at_the_next_poll_and_then_less_and_less_often() {
        let names = UserNames::default();
        assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await);
        assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await, "the next poll");
        for minutes in [1, 2, 4, 8, 15, 15] {
            let before = (MINUTE * minutes).checked_sub(Duration::from_millis(1)).unwrap();
            tokio::time::advance(before).await;
            assert!(!looks_up(&names, &["a"], Ok(known(&[]))).await, "before {minutes} minutes");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await, "after {minutes} minutes");
        }
        tokio::time::advance(MAX_BACKOFF).await;
        assert!(looks_up(&names, &["a"], Ok(known(&[("a", "A")]))).await);
        assert!(!looks_up(&names, &["a"], Err(Error::Deadline)).await);
        tokio::time::advance(INTERVAL).await;
        assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await);
        assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await, "the back-off begins again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_user_causes_one_look_up_even_if_iam_does_not_list_it() {
        let names = UserNames::default();
        let found = || Ok(known(&[("a", "A"), ("b", "B")]));
        assert!(looks_up(&names, &["a", "x"], found()).await);
        assert!(!looks_up(&names, &["a", "x"], found()).await);
        assert!(!looks_up(&names, &["a", "b"], found()).await, "known already");
        assert!(looks_up(&names, &["a", "x", "y"], found()).await);
        assert!(!looks_up(&names, &["a", "x", "y"], found()).await);
        assert!(looks_up(&names, &["z"], Err(Error::Deadline)).await);
        assert!(looks_up(&names, &["z"], Err(Error::Deadline)).await);
        assert!(!looks_up(&names, &["z"], found()).await, "a failure backs off for new users, too");
    }

    #[tokio::test(start_paused = true)]
    async fn known_names_stay_after_a_failure_and_only_the_first_success_counts() {
        let names = UserNames::default();
        assert!(names.never_learned().await.is_none(), "not tried yet");
        assert!(looks_up(&names, &["a"], Err(Error::Deadline)).await);
        assert!(matches!(names.never_learned().await, Some(Error::Deadline)));
        assert!(looks_up(&names, &["a"], Ok(known(&[("a", "A")]))).await);
        assert!(names.never_learned().await.is_none());
        tokio::time::advance(INTERVAL).await;
        assert!(looks_up(&names, &["a", "b"], Err(Error::Deadline)).await);
        assert_eq!(*names.known().await, known(&[("a", "A")]));
        assert!(names.never_learned().await.is_none());
    }
}
