//! The names of users, looked up at IAM hourly. Without the right to list users, everything else still works.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::page::decode;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::{http, iam_users, json};
use crate::snapshot::User;

/// Names change seldom.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The names of the users of one account.
#[derive(Debug)]
pub(crate) struct UserNames {
    url: Url,
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
    pub(crate) fn new(iam_endpoint: &Url) -> Self {
        Self { url: http::join(iam_endpoint, iam_users::PATH, ""), cache: Mutex::default() }
    }

    /// Adds names to `users`. Looks them up if the last look-up, successful or not, was an hour ago, and returns its
    /// result. A failure leaves the known names.
    pub(super) async fn add_to(
        &self,
        users: &mut [User],
        client: &Client,
        call: Call<'_>,
    ) -> Option<Result<(), Error>> {
        let mut cache = self.cache.lock().await;
        let mut looked_up = None;
        if cache.is_due() {
            let names = self.look_up(client, call).await;
            cache.looked_up = Some(Instant::now());
            looked_up = Some(names.map(|names| cache.names = names));
        }
        for user in users {
            user.name = cache.names.get(&user.id).cloned();
        }
        looked_up
    }

    async fn look_up(&self, client: &Client, call: Call<'_>) -> Result<BTreeMap<String, String>, Error> {
        let answer = client.get(&self.url, call).await?;
        read(&answer.body).map_err(|cause| Error::Decode { cause, request_id: answer.request_id() })
    }
}

fn read(body: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let answer: iam_users::Answer<'_> = decode(body)?;
    let users = json::list(answer.users).ok().flatten().ok_or("it has no list `users`")?;
    let names = users.into_iter().filter_map(|raw| {
        let user: iam_users::User<'_> = json::parse(Some(raw)).ok()??;
        Some((json::text(user.id).ok()??, json::text(user.name).ok()??))
    });
    Ok(names.collect())
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

    #[test]
    fn users_without_id_or_name_are_skipped() {
        let body = br#"{"users":[{"id":"a","name":"Studio","enabled":true},{"id":"b"},{"name":"c"},null,7]}"#;
        assert_eq!(read(body), Ok(BTreeMap::from([("a".to_owned(), "Studio".to_owned())])));
        assert_eq!(read(br#"{"users":null}"#), Err("it has no list `users`".to_owned()));
    }
}
