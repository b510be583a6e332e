//! The names of users, looked up at IAM now and then. They are an extra: without the right to list users everything
//! else goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::advice::{Advice, CalledApi};
use crate::cloud::client::{Call, Client};
use crate::cloud::reason::Reason;
use crate::snapshot::User;

/// Names change seldom, and IAM has better things to do.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The names of one account's users.
#[derive(Debug, Default)]
pub(crate) struct Names {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    names: BTreeMap<String, String>,
    looked_up: Option<Instant>,
    /// The kinds of failure that were told since a look-up worked.
    told: Vec<Reason>,
}

impl Held {
    fn is_due(&self) -> bool {
        self.looked_up.is_none_or(|at| at.elapsed() >= INTERVAL)
    }

    /// Takes new names; tells whether that is news after a failure.
    fn works_again(&mut self, names: BTreeMap<String, String>) -> bool {
        self.names = names;
        !std::mem::take(&mut self.told).is_empty()
    }

    /// Tells whether a failure is of a kind not yet told. The names known so far stay.
    fn is_news(&mut self, reason: Reason) -> bool {
        let news = !self.told.contains(&reason);
        if news {
            self.told.push(reason);
        }
        news
    }
}

impl Names {
    /// Gives each of `users` its name, where IAM knows one. A failed look-up is tried again an hour later, and each
    /// kind of failure is said once until one works.
    pub(crate) async fn put_on(&self, users: &mut [User], client: &Client, call: Call<'_>) {
        let mut held = self.held.lock().await;
        if held.is_due() {
            let project_id = client.known_project_id();
            match client.user_names(call).await {
                Ok(names) => {
                    if held.works_again(names) {
                        tracing::info!(project_id, "users' names can be looked up");
                    }
                }
                Err(error) => {
                    if held.is_news(error.reason()) {
                        let advice = Advice::about(&error, client.source(), CalledApi::Users);
                        tracing::warn!(
                            project_id,
                            request_id = error.request_id(),
                            %error,
                            advice = advice.sentence(),
                            "users' names cannot be looked up: IDs are shown alone, and match patterns alone"
                        );
                    }
                }
            }
            held.looked_up = Some(Instant::now());
        }
        for user in users {
            user.name = held.names.get(&user.id).cloned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_failure_is_news_once_until_a_look_up_works() {
        let mut held = Held::default();
        assert!(!held.works_again(BTreeMap::new()), "nothing had failed");
        let failures = [Reason::Forbidden, Reason::Forbidden, Reason::Timeout, Reason::Forbidden];
        assert_eq!(failures.map(|reason| held.is_news(reason)), [true, false, true, false]);
        assert!(held.works_again(BTreeMap::new()));
        assert!(!held.works_again(BTreeMap::new()));
        assert!(held.is_news(Reason::Forbidden));
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_looked_up_once_an_hour_however_that_went() {
        let mut held = Held::default();
        assert!(held.is_due());
        held.looked_up = Some(Instant::now());
        tokio::time::advance(INTERVAL.mul_f64(0.999)).await;
        assert!(!held.is_due());
        tokio::time::advance(INTERVAL.mul_f64(0.001)).await;
        assert!(held.is_due());
    }
}
