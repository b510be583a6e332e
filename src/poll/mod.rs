//! When to poll, and the state that polls publish: one loop for each project.
//!
//! A poll publishes a complete answer or keeps the previous one; scrapes never wait for it. Does not know HTTP or JSON,
//! and leaves the text format to `exposition`.

mod failure;
mod log;
mod permits;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use failure::{PollFailure, Stage};
pub(crate) use permits::{PollPermits, ProjectPermits};
pub(crate) use state::{CollectorState, LastPoll, PolledProject, PolledProjects};

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::advice::{Advice, CalledApi};
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::collect::{self, UserNames};
use crate::config::PollConfig;
use crate::exposition::{self, Part, RenderedPart};
use crate::snapshot::{Collector, Snapshot};
use log::NamesLog;
use state::LastAnswer;

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    pub(crate) project: PolledProject,
    client: Client,
    names: Option<UserNames>,
    names_log: NamesLog,
    settings: PollConfig,
    permits: ProjectPermits,
}

impl Poller {
    /// A poller that publishes in `project`.
    pub(crate) fn new(
        project: PolledProject,
        client: Client,
        settings: PollConfig,
        permits: ProjectPermits,
    ) -> Self {
        let names = project.config.user_quotas.names.then(UserNames::default);
        Self { project, client, names, names_log: NamesLog::default(), settings, permits }
    }

    /// Polls repeatedly: immediately, then at a random point of the interval, so that projects are spread over it, then
    /// every interval. A poll that takes longer than the interval skips the missed ticks; polls never overlap. Ends at
    /// `shutdown`, and cancels `panicked` if it panics.
    pub(crate) async fn run(self, shutdown: CancellationToken, panicked: CancellationToken) {
        let _guard = PanicGuard(panicked);
        let interval = self.settings.interval;
        let mut ticks = interval_at(Instant::now() + interval.mul_f64(fastrand::f64()), interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let polls = async {
            loop {
                self.poll().await;
                ticks.tick().await;
            }
        };
        shutdown.run_until_cancelled(polls).await;
    }

    /// Polls each API of the project once, independently of the others. The timeout starts when there is a permit.
    pub(crate) async fn poll(&self) {
        let collectors = Collector::ALL.into_iter();
        let polled = collectors.filter(|collector| self.project.config.collectors.contains(collector));
        let started = Instant::now();
        // Boxed, because each of thousands of waiting projects would reserve memory for it.
        if let Err(error) = Box::pin(self.prepare()).await {
            let failed = |collector| self.publish(collector, Err(error.clone()), started.elapsed());
            return drop(Box::pin(join_all(polled.map(failed))).await);
        }
        let preparation = started.elapsed();
        // The semaphore is never closed.
        let permit = Arc::new(Arc::clone(&self.permits.metastudio).acquire_owned().await.ok());
        let deadline = Instant::now() + self.settings.timeout;
        let poll = |collector| self.poll_collector(collector, deadline, preparation, Arc::clone(&permit));
        let polls = join_all(polled.map(poll));
        // Each API has a share of the permit.
        drop(permit);
        Box::pin(polls).await;
    }

    /// Obtains the credentials and the project's ID, before the permit: while their issuers do not respond, other
    /// projects are polled.
    async fn prepare(&self) -> Result<(), Error> {
        // The requests count for the first API.
        let collector = self.project.config.collectors.first().copied().unwrap_or(Collector::VoiceTraining);
        let observe = |event| self.project.metrics.observe(collector, event);
        let call = || Call { deadline: Instant::now() + self.settings.timeout, observe: &observe };
        self.client.credentials(call()).await?;
        if self.client.known_project_id().is_none() {
            // The semaphore is never closed.
            let _permit = self.permits.iam.acquire().await;
            self.client.project_id(call()).await?;
        }
        Ok(())
    }

    async fn poll_collector(
        &self,
        collector: Collector,
        deadline: Instant,
        preparation: Duration,
        permit: Arc<Option<OwnedSemaphorePermit>>,
    ) {
        let observe = |event| self.project.metrics.observe(collector, event);
        let call = Call { deadline, observe: &observe };
        let started = Instant::now();
        let mut answer = collect::collect(collector, &self.client, self.settings.concurrency, call).await;
        // Before the look-up of names, which another endpoint answers.
        drop(permit);
        if let Ok(snapshot) = &mut answer {
            if collector == Collector::UserQuotas {
                self.look_up_names(call).await;
            }
            collect::select_users(snapshot, self.names.as_ref(), &self.project.config.user_quotas).await;
        }
        self.publish(collector, answer, preparation + started.elapsed()).await;
    }

    /// Looks the names of users up if that is due.
    async fn look_up_names(&self, call: Call<'_>) {
        let Some(names) = &self.names else { return };
        if names.is_due().await {
            // The semaphore is never closed.
            let _permit = self.permits.iam.acquire().await;
            let deadline = Instant::now() + self.settings.timeout;
            let looked_up = names.look_up(&self.client, Call { deadline, ..call }).await;
            let config = &self.project.config;
            self.names_log.log(&config.name, looked_up, &config.credentials);
        }
    }

    /// Publishes the result of a poll. A failure keeps the previous answer.
    async fn publish(&self, collector: Collector, result: Result<Snapshot, Error>, duration: Duration) {
        let before = self.project.state().collector(collector).cloned();
        let was_up = before.as_ref().is_some_and(CollectorState::is_up);
        let result = result.map_err(|error| {
            let advice = self.advice(&error, collector);
            (error, advice)
        });
        let logged = result.as_ref().map_err(|(error, advice)| (error, *advice));
        log::poll(&self.project.config.name, collector, logged, duration, was_up);
        let before = before.and_then(|before| before.answer);

        let ended_at = SystemTime::now();
        let (failure, answer) = match result {
            Ok(snapshot) => (None, Some(self.render(snapshot, before).await)),
            Err((error, advice)) => {
                self.project.metrics.poll_failed(collector, error.reason());
                (Some(Arc::new(PollFailure::new(&error, advice))), before)
            }
        };
        let last_success = answer.as_ref().map(|answer| answer.snapshot.fetched_at);
        let up = failure.is_none();
        let rendered = self.render_part(Part::Poll { collector, up, last_success, duration });
        let published =
            CollectorState { collector, last_poll: Some(LastPoll { ended_at, failure, rendered }), answer };
        self.project.state.send_modify(|state| {
            state.set_id(&self.project.config, self.client.known_project_id());
            if let Some(state) = state.collectors.iter_mut().find(|state| state.collector == collector) {
                *state = published;
            }
        });
    }

    fn advice(&self, error: &Error, collector: Collector) -> Advice {
        // Until the project ID is known, the only call is its look-up.
        let is_known = self.client.known_project_id().is_some();
        let api = if is_known { CalledApi::Collector(collector) } else { CalledApi::Projects };
        Advice::about(error, &self.project.config.credentials, api)
    }

    fn render_part(&self, part: Part<'_>) -> Arc<RenderedPart> {
        Arc::new(exposition::render(&self.project.config.name, part))
    }

    /// Renders an answer, unless the previous one has the same samples.
    async fn render(&self, snapshot: Snapshot, before: Option<LastAnswer>) -> LastAnswer {
        let fetched = Instant::now();
        let snapshot = Arc::new(snapshot);
        if let Some(before) = before.filter(|before| before.snapshot.has_same_samples(&snapshot)) {
            return LastAnswer { snapshot, rendered: before.rendered, fetched };
        }
        let (config, shared) = (Arc::clone(&self.project.config), Arc::clone(&snapshot));
        // Compressing a hundred thousand users takes a second; scrapes must not wait for it.
        let rendering =
            tokio::task::spawn_blocking(move || exposition::render(&config.name, Part::Answer(&shared)));
        // The task is never aborted, so it can only have panicked.
        let rendered = rendering.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        LastAnswer { snapshot, rendered: Arc::new(rendered), fetched }
    }
}

/// Reports a panic of the task that holds it.
pub(crate) struct PanicGuard(pub(crate) CancellationToken);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}
