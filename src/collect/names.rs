//! The names of users, looked up at IAM hourly. Without the right to list users, everything else still works.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::snapshot::User;

/// Names change seldom.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The names of the users of one account.
#[derive(Debug, Default)]
pub(crate) struct UserNames {
    cache: Mutex<NameCache>,
}

#[derive(Debug, Default)]
struct NameCache {
    /// By user ID.
    names: BTreeMap<String, String>,
    looked_up: Option<Instant>,
}

impl NameCache {
    fn is_due(&self) -> bool {
        self.looked_up.is_none_or(|at| at.elapsed() >= INTERVAL)
    }
}

impl UserNames {
    /// Whether the last look-up, successful or not, was an hour ago.
    pub(crate) async fn is_due(&self) -> bool {
        self.cache.lock().await.is_due()
    }

    /// Looks the names up. A failure leaves the known names.
    pub(crate) async fn look_up(&self, client: &Client, call: Call<'_>) -> Result<(), Error> {
        let mut cache = self.cache.lock().await;
        let names = client.user_names(call).await;
        cache.looked_up = Some(Instant::now());
        names.map(|names| cache.names = names)
    }

    /// Adds the known names to `users`.
    pub(super) async fn add_to(&self, users: &mut [User]) {
        let cache = self.cache.lock().await;
        for user in users {
            user.name = cache.names.get(&user.id).cloned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn names_are_looked_up_once_per_hour() {
        let mut cache = NameCache::default();
        assert!(cache.is_due());
        cache.looked_up = Some(Instant::now());
        tokio::time::advance(INTERVAL.mul_f64(0.999)).await;
        assert!(!cache.is_due());
        tokio::time::advance(INTERVAL.mul_f64(0.001)).await;
        assert!(cache.is_due());
    }
}
