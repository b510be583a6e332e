//! When to poll, and what of it is shown: one loop a project, whose state scrapes read.
//!
//! A poll publishes a new, whole state or leaves the old one; scrapes never wait for it. Knows neither HTTP nor the
//! text format, only whom to ask for rows and for their rendering.

mod failure;
mod record;
mod state;
#[cfg(test)]
mod tests;
mod turns;

pub use failure::{Failure, Stage};
pub use record::Record;
pub use state::{Ended, Standing, State};
pub use turns::{POLLS_AT_A_TIME, Turns};

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::advice::{Advice, CalledApi};
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::collect::{self, Names};
use crate::config;
use crate::exposition::{self, Part, PollState};
use crate::snapshot::{Collector, ProjectInfo, Snapshot, UserQuotas};
use state::{Held, Last, Polled};

/// Polls one project.
#[derive(Debug)]
pub struct Poller {
    project: Arc<config::ProjectConfig>,
    client: Client,
    names: Option<Names>,
    settings: config::PollConfig,
    turns: Arc<Semaphore>,
    record: Record,
}

impl Poller {
    /// A poller that goes on with `record`, when one of `turns` is free.
    #[must_use]
    pub fn new(
        project: Arc<config::ProjectConfig>,
        client: Client,
        settings: config::PollConfig,
        turns: Arc<Semaphore>,
        record: Record,
    ) -> Self {
        let names = project.user_quotas.names.then(Names::default);
        Self { project, client, names, settings, turns, record }
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

    /// Polls the project's APIs once, each for itself: neither waits for the other nor fails with it. The poll's time
    /// begins when its turn comes.
    pub async fn poll(&self) {
        // Nobody closes turns.
        let _turn = self.turns.acquire().await;
        // Boxed, or each of thousands of projects would hold the room for a poll while it waits for its next.
        Box::pin(self.poll_now()).await;
    }

    async fn poll_now(&self) {
        let deadline = Instant::now() + self.settings.timeout;
        let concurrency = self.settings.concurrency;
        let telemetry = &self.record.telemetry;
        let observe_voice = |event| telemetry.observe(Collector::VoiceTraining, event);
        let observe_users = |event| telemetry.observe(Collector::UserQuotas, event);
        let voice_training = async {
            let call = Call { deadline, observe: &observe_voice };
            let answer = collect::voice_training(&self.client, concurrency, call);
            let part: PartOf<_> = |snapshot| Part::VoiceTraining(snapshot);
            self.publish(Collector::VoiceTraining, answer, |state| &mut state.voice_training, part).await;
        };
        let user_quotas = async {
            let answer = self.user_quotas(Call { deadline, observe: &observe_users });
            let part: PartOf<_> = |snapshot| Part::UserQuotas(snapshot);
            self.publish(Collector::UserQuotas, answer, |state| &mut state.user_quotas, part).await;
        };
        let polls = |collector| self.project.collectors.contains(&collector);
        match (polls(Collector::VoiceTraining), polls(Collector::UserQuotas)) {
            (true, false) => voice_training.await,
            (false, true) => user_quotas.await,
            _ => {
                tokio::join!(voice_training, user_quotas);
            }
        }
    }

    async fn user_quotas(&self, call: Call<'_>) -> Result<Snapshot<UserQuotas>, Error> {
        let (names, limits) = (self.names.as_ref(), &self.project.user_quotas);
        collect::user_quotas(&self.client, names, limits, self.settings.concurrency, call).await
    }

    /// Waits for an answer and shows it. A failure is shown too, and leaves the last answer where it is.
    async fn publish<T: PartialEq + Send + Sync + 'static>(
        &self,
        collector: Collector,
        answer: impl Future<Output = Result<Snapshot<T>, Error>>,
        polled: fn(&mut State) -> &mut Option<Polled<T>>,
        part: PartOf<T>,
    ) {
        let started = Instant::now();
        let answer = answer.await;
        let duration = started.elapsed();
        let before = polled(&mut self.record.state().clone()).take().unwrap_or(Polled::NOTHING);
        self.report(collector, &answer, duration, before.last.as_ref().map(|last| last.state.up));

        let at = SystemTime::now();
        let (failure, held) = match answer {
            Ok(snapshot) => (None, Some(self.hold(snapshot, before.held, part).await)),
            Err(error) => {
                let advice = self.advice(&error, collector);
                (Some(Arc::new(Failure::new(&error, advice))), before.held)
            }
        };
        let last_success = held.as_ref().map(|held| held.snapshot.fetched_at);
        let state = PollState { up: failure.is_none(), last_success, duration };
        let rendered = exposition::render(&self.project.name, Part::Poll(collector, &state));
        self.record.state.send_modify(|all| {
            all.project = all.project.take().or_else(|| self.known_project());
            let last = Last { state, rendered: Arc::new(rendered), ended: Ended { at, failure } };
            *polled(all) = Some(Polled { last: Some(last), held });
        });
    }

    fn advice(&self, error: &Error, collector: Collector) -> Advice {
        // Until the project's ID is known, the only call is its look-up.
        let is_known = self.client.known_project_id().is_some();
        let api = if is_known { CalledApi::Collector(collector) } else { CalledApi::Projects };
        Advice::about(error, &self.project.credentials, api)
    }

    /// The project and its lines, if its ID is known by now.
    fn known_project(&self) -> Option<(Arc<ProjectInfo>, Arc<exposition::Rendered>)> {
        let project = ProjectInfo {
            name: self.project.name.clone(),
            id: self.client.known_project_id()?.to_owned(),
            region: self.project.region.clone(),
            endpoint: shown_endpoint(&self.project).to_owned(),
        };
        let rendered = exposition::render(&project.name, Part::Project(&project));
        Some((Arc::new(project), Arc::new(rendered)))
    }

    /// Renders an answer, unless the last one shows the same.
    async fn hold<T: PartialEq + Send + Sync + 'static>(
        &self,
        snapshot: Snapshot<T>,
        before: Option<Held<T>>,
        part: PartOf<T>,
    ) -> Held<T> {
        let fetched = Instant::now();
        let snapshot = Arc::new(snapshot);
        if let Some(before) = before.filter(|before| before.snapshot.shows_the_same_as(&snapshot)) {
            return Held { snapshot, rendered: before.rendered, fetched };
        }
        let (project, shared) = (Arc::clone(&self.project), Arc::clone(&snapshot));
        // Compressing a hundred thousand users takes a second, in which scrapes go on.
        let rendering = tokio::task::spawn_blocking(move || exposition::render(&project.name, part(&shared)));
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
                self.record.telemetry.poll_failed(collector, reason);
                tracing::warn!(
                    project,
                    collector = collector.as_str(),
                    reason = reason.as_str(),
                    request_id = error.request_id(),
                    error = %error,
                    advice = self.advice(error, collector).sentence(),
                    "poll failed, the last numbers stay until they are too old"
                );
            }
        }
    }
}

/// How a part shows an answer.
type PartOf<T> = fn(&Snapshot<T>) -> Part<'_>;

/// The endpoint as it is shown: a base URL without a path reads better without its slash.
#[must_use]
pub fn shown_endpoint(project: &config::ProjectConfig) -> &str {
    project.endpoint.as_str().trim_end_matches('/')
}
