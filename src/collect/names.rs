//! The names of users, looked up at IAM now and then. They are an extra: without the right to list users everything
//! else goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::decode;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::{http, iam_users, json};
use crate::snapshot::User;

/// Names change seldom, and IAM has better things to do.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The names of one account's users.
#[derive(Debug)]
pub(crate) struct Names {
    url: Url,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    names: BTreeMap<String, String>,
    looked_up: Option<Instant>,
}

impl Names {
    /// Nothing is looked up yet.
    pub(crate) fn new(iam_endpoint: &Url) -> Self {
        Self { url: http::join(iam_endpoint, iam_users::PATH, ""), held: Mutex::default() }
    }

    /// Gives each of `users` its name, where IAM knows one. A failed look-up is said, and tried again an hour later.
    pub(crate) async fn put_on(&self, users: &mut [User], client: &Client, call: Call<'_>) {
        let mut held = self.held.lock().await;
        if held.looked_up.is_none_or(|at| at.elapsed() >= INTERVAL) {
            match look_up(&self.url, client, call).await {
                Ok(names) => held.names = names,
                Err(error) => tracing::warn!(
                    %error,
                    "users' names cannot be looked up, IDs are shown alone; grant the right to list IAM users, or turn names off"
                ),
            }
            held.looked_up = Some(Instant::now());
        }
        for user in users {
            user.name = held.names.get(&user.id).cloned();
        }
    }
}

async fn look_up(url: &Url, client: &Client, call: Call<'_>) -> Result<BTreeMap<String, String>, Error> {
    let answer = client.get(url, call).await?;
    read(&answer.body).map_err(|cause| Error::Decode { cause, request_id: answer.request_id() })
}

fn read(body: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let answer: iam_users::Answer = decode(body)?;
    let users = json::list(answer.users).ok().flatten().ok_or("it has no list `users`")?;
    let names = users.into_iter().filter_map(|raw| {
        let user: iam_users::User = json::parse(Some(raw)).ok()??;
        Some((json::text(user.id).ok()??, json::text(user.name).ok()??))
    });
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_id_or_name_is_passed_over() {
        let body = br#"{"users":[{"id":"a","name":"Studio","enabled":true},{"id":"b"},{"name":"c"},null,7]}"#;
        assert_eq!(read(body), Ok(BTreeMap::from([("a".to_owned(), "Studio".to_owned())])));
        assert_eq!(read(br#"{"users":null}"#), Err("it has no list `users`".to_owned()));
    }
}
