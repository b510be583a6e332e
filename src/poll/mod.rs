//! When to poll, and what of it is shown: one loop a project, whose state scrapes read.
//!
//! A poll publishes a new, whole state or leaves the old one; scrapes never wait for it. Knows neither HTTP nor the
//! text format, only whom to ask for rows and for their rendering.

mod state;

pub use state::{Polled, State};

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::collect::{self, Names};
use crate::config;
use crate::exposition::{self, Part, PollState};
use crate::snapshot::{Collector, Project, Snapshot, UserQuotas};
use crate::telemetry::Telemetry;
use state::Held;

/// Polls one project.
#[derive(Debug)]
pub struct Poller {
    project: Arc<Project>,
    client: Client,
    names: Option<Names>,
    limits: config::UserQuotas,
    settings: config::Poll,
    telemetry: Telemetry,
    state: watch::Sender<State>,
}

impl Poller {
    /// A poller that has not polled, and where its state will be seen.
    #[must_use]
    pub fn new(
        project: &config::Project,
        client: Client,
        settings: config::Poll,
        telemetry: Telemetry,
    ) -> (Self, watch::Receiver<State>) {
        telemetry.add_project(&project.name);
        let (state, seen) = watch::channel(State::NOTHING);
        (
            Self {
                project: Arc::new(shown(project)),
                client,
                names: project.user_quotas.names.then(|| Names::new(&project.iam_endpoint)),
                limits: project.user_quotas.clone(),
                settings,
                telemetry,
                state,
            },
            seen,
        )
    }

    /// Polls for ever: at once, then at a random point of the interval that many projects share, then each interval.
    /// A poll that overlasts its interval lets ticks pass; two never run at a time.
    pub async fn run(self) {
        let interval = self.settings.interval;
        let mut ticks = interval_at(Instant::now() + interval.mul_f64(fastrand::f64()), interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            self.poll().await;
            ticks.tick().await;
        }
    }

    /// Polls both APIs once, each for itself: neither waits for the other nor fails with it.
    pub async fn poll(&self) {
        let started = Instant::now();
        let deadline = started + self.settings.timeout;
        let concurrency = self.settings.concurrency;
        let observe_voice =
            |event| self.telemetry.observe(&self.project.name, Collector::VoiceTraining, event);
        let observe_users = |event| self.telemetry.observe(&self.project.name, Collector::UserQuotas, event);
        let voice_training =
            collect::voice_training(&self.client, concurrency, Call { deadline, observe: &observe_voice });
        let user_quotas = self.user_quotas(Call { deadline, observe: &observe_users });
        tokio::join!(
            self.publish(
                Collector::VoiceTraining,
                voice_training,
                |state| &mut state.voice_training,
                |snapshot| Part::VoiceTraining(snapshot),
            ),
            self.publish(
                Collector::UserQuotas,
                user_quotas,
                |state| &mut state.user_quotas,
                |snapshot| Part::UserQuotas(snapshot),
            ),
        );
    }

    async fn user_quotas(&self, call: Call<'_>) -> Result<Snapshot<UserQuotas>, Error> {
        let (names, limits) = (self.names.as_ref(), &self.limits);
        collect::user_quotas(&self.client, names, limits, self.settings.concurrency, call).await
    }

    /// Waits for an answer and shows it. A failure is shown too, and leaves the last answer where it is.
    async fn publish<T: PartialEq + Send + Sync + 'static>(
        &self,
        collector: Collector,
        answer: impl Future<Output = Result<Snapshot<T>, Error>>,
        polled: fn(&mut State) -> &mut Polled<T>,
        part: fn(&Snapshot<T>) -> Part<'_>,
    ) {
        let started = Instant::now();
        let answer = answer.await;
        let duration = started.elapsed();
        let mut before = self.state.borrow().clone();
        let before = std::mem::replace(polled(&mut before), Polled::NOTHING);
        self.report(collector, &answer, duration, before.last.as_ref().map(|(state, _)| state.up));

        let (up, held) = match answer {
            Ok(snapshot) => (true, Some(self.hold(snapshot, before.held, part).await)),
            Err(_) => (false, before.held),
        };
        let last_success = held.as_ref().map(|held| held.snapshot.fetched_at);
        let state = PollState { up, last_success, duration };
        let rendered = exposition::render(&self.project, Part::Poll(collector, &state));
        self.state.send_modify(|all| {
            all.project.get_or_insert_with(|| Arc::new(exposition::render(&self.project, Part::Project)));
            *polled(all) = Polled { last: Some((state, Arc::new(rendered))), held };
        });
    }

    /// Renders an answer, unless the last one shows the same.
    async fn hold<T: PartialEq + Send + Sync + 'static>(
        &self,
        snapshot: Snapshot<T>,
        before: Option<Held<T>>,
        part: fn(&Snapshot<T>) -> Part<'_>,
    ) -> Held<T> {
        let fetched = Instant::now();
        let snapshot = Arc::new(snapshot);
        if let Some(before) = before.filter(|before| before.snapshot.shows_the_same_as(&snapshot)) {
            return Held { snapshot, rendered: before.rendered, fetched };
        }
        let (project, shared) = (Arc::clone(&self.project), Arc::clone(&snapshot));
        // Compressing a hundred thousand users takes a second, in which scrapes go on.
        let rendering = tokio::task::spawn_blocking(move || exposition::render(&project, part(&shared)));
        // Nobody aborts the rendering, so it can only have panicked; the panic goes on here.
        let rendered = rendering.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        Held { snapshot, rendered: Arc::new(rendered), fetched }
    }

    /// Counts a failure, and logs each; success only when it is the first, or the first again.
    fn report<T>(
        &self,
        collector: Collector,
        answer: &Result<Snapshot<T>, Error>,
        duration: Duration,
        was_up: Option<bool>,
    ) {
        let project = self.project.name.as_str();
        match answer {
            Ok(snapshot) => {
                let collector = collector.as_str();
                let (consistent, invalid_values) = (snapshot.consistent, snapshot.invalid_values);
                if was_up == Some(true) {
                    tracing::debug!(project, collector, ?duration, consistent, invalid_values, "polled");
                } else {
                    tracing::info!(
                        project,
                        collector,
                        ?duration,
                        consistent,
                        invalid_values,
                        "polling works"
                    );
                }
            }
            Err(error) => {
                let reason = error.reason();
                self.telemetry.poll_failed(project, collector, reason);
                tracing::warn!(
                    project,
                    collector = collector.as_str(),
                    reason = reason.as_str(),
                    request_id = error.request_id(),
                    error = %error,
                    advice = error.advice(),
                    "poll failed, the last numbers stay until they are too old"
                );
            }
        }
    }
}

fn shown(project: &config::Project) -> Project {
    Project {
        name: project.name.clone(),
        id: project.id.clone().unwrap_or_default(),
        region: project.region.clone(),
        // A base URL without a path reads better without its slash.
        endpoint: project.endpoint.as_str().trim_end_matches('/').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use reqwest::Url;

    use super::*;
    use crate::cloud::credentials::{Keyring, Source, Text};
    use crate::snapshot::User;

    fn poller() -> (Poller, watch::Receiver<State>) {
        let endpoint: Url = "http://127.0.0.1:9".parse().unwrap();
        let project = config::Project {
            name: "p".to_owned(),
            id: Some("p".to_owned()),
            region: String::new(),
            endpoint: endpoint.clone(),
            iam_endpoint: endpoint.clone(),
            ca_file: None,
            credentials: Source::Token(Text::Given("t".into())),
            collectors: Collector::ALL.to_vec(),
            user_quotas: config::UserQuotas::default(),
        };
        let settings = config::Poll {
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            max_staleness: Duration::from_secs(1),
            concurrency: 1,
            requests_per_second: 1.0,
        };
        let client = crate::app::client(&project, settings, &Keyring::default()).unwrap();
        Poller::new(&project, client, settings, Telemetry::new().unwrap())
    }

    fn snapshot(users: &[&str], fetched_at: SystemTime) -> Snapshot<UserQuotas> {
        let users = users.iter().map(|id| User { id: (*id).to_owned(), ..User::default() }).collect();
        let data = UserQuotas { users, ..UserQuotas::default() };
        Snapshot { data, fetched_at, consistent: true, invalid_values: 0 }
    }

    #[tokio::test]
    async fn what_shows_the_same_is_not_rendered_again_but_is_fresh() {
        let (poller, _seen) = poller();
        let part: fn(&Snapshot<UserQuotas>) -> Part<'_> = |snapshot| Part::UserQuotas(snapshot);
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
        let first = poller.hold(snapshot(&["a"], SystemTime::UNIX_EPOCH), None, part).await;
        let same = poller.hold(snapshot(&["a"], later), Some(first.clone()), part).await;
        assert!(Arc::ptr_eq(&first.rendered, &same.rendered));
        assert_eq!(same.snapshot.fetched_at, later);
        let other = poller.hold(snapshot(&["b"], later), Some(same), part).await;
        assert!(!Arc::ptr_eq(&first.rendered, &other.rendered));
    }
    #[tokio::test]
    async fn a_failure_leaves_the_last_answer_and_says_that_it_is_old() {
        let (poller, seen) = poller();
        let fetched_at = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
        let publish = async |answer| {
            let part: fn(&Snapshot<UserQuotas>) -> Part<'_> = |snapshot| Part::UserQuotas(snapshot);
            let answer = std::future::ready(answer);
            poller.publish(Collector::UserQuotas, answer, |state| &mut state.user_quotas, part).await;
            seen.borrow().user_quotas.clone()
        };
        let good = publish(Ok(snapshot(&["a"], fetched_at))).await;
        let bad = publish(Err(Error::Deadline)).await;

        let (good_held, bad_held) = (good.held.unwrap(), bad.held.unwrap());
        assert!(Arc::ptr_eq(&good_held.rendered, &bad_held.rendered));
        assert_eq!(good_held.fetched, bad_held.fetched, "no fresher than it was");
        let (state, _) = bad.last.unwrap();
        assert_eq!((state.up, state.last_success), (false, Some(fetched_at)));
        let counted = "metastudio_exporter_poll_failures_total{collector=\"user_quotas\",project=\"p\",reason=\"timeout\"} 1\n";
        assert!(poller.telemetry.text().unwrap().contains(counted));
    }
}
