//! When to poll, and the state that polls publish: one loop for each project.
//!
//! A poll publishes a complete answer or keeps the previous one; scrapes never wait for it. Does not know HTTP or JSON,
//! and leaves the text format to `exposition`.

mod failure;
mod log;
mod permits;
mod schedule;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use failure::{PollFailure, Stage};
pub(crate) use permits::{PollPermits, ProjectPermits};
pub(crate) use state::{CollectorState, LastPoll, PolledProject, PolledProjects, UserNamesState};

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::advice::{Advice, CalledApi};
use crate::blocking::on_another_thread;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::collect;
use crate::config::PollConfig;
use crate::exposition::{self, Part, RenderedPart};
use crate::snapshot::{Collector, Ranking, Snapshot, USER_NAMES};
use log::NamesLog;
use state::LastAnswer;

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    pub(crate) project: PolledProject,
    client: Client,
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
        Self { project, client, names_log: NamesLog::default(), settings, permits }
    }

    /// Polls immediately, then at a random point of every interval, so that projects are spread over it. Ends at
    /// `shutdown`, and cancels `panicked` if it panics.
    pub(crate) async fn run(self, shutdown: CancellationToken, panicked: CancellationToken) {
        let _guard = PanicGuard(panicked);
        // Boxed, because each of thousands of projects that wait for their poll would reserve memory for it.
        let poll = || Box::pin(self.poll());
        let polls = schedule::repeat_despite_panics(self.settings.interval, fastrand::f64, poll);
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
        let poll = |collector| {
            let poll = self.poll_collector(collector, deadline, preparation, Arc::clone(&permit));
            self.despite_panic(collector, started, poll)
        };
        let polls = join_all(polled.map(poll));
        // Each API has a share of the permit.
        drop(permit);
        Box::pin(polls).await;
    }

    /// Polls one API. If that panics, the poll fails: the state is replaced as a whole, so that it is never half new.
    async fn despite_panic(&self, collector: Collector, started: Instant, poll: impl Future<Output = ()>) {
        if AssertUnwindSafe(poll).catch_unwind().await.is_err() {
            self.publish(collector, Err(Error::Panic), started.elapsed()).await;
        }
    }

    /// Obtains the credentials and the project's ID, before the permit: while their issuers do not respond, other
    /// projects are polled.
    async fn prepare(&self) -> Result<(), Error> {
        // The requests count for the first API.
        let collector = self.project.config.collectors.first().copied().unwrap_or(Collector::VoiceTraining);
        let observe = |event| self.project.metrics.observe(collector.as_str(), event);
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
        let observe = |event| self.project.metrics.observe(collector.as_str(), event);
        let call = Call { deadline, observe: &observe };
        let started = Instant::now();
        let before = self.project.last_snapshot(collector);
        let (client, concurrency) = (&self.client, self.settings.concurrency);
        let mut answer = collect::collect(collector, client, concurrency, call, before.clone()).await;
        // Before the look-up of names, which another endpoint answers.
        drop(permit);
        if let Ok(snapshot) = &mut answer {
            self.look_up_names(snapshot).await;
            let (names, limits) = (self.project.names.as_deref(), &self.project.config.user_quotas);
            if let Err(error) = collect::select_users(snapshot, names, limits, before.as_deref()).await {
                answer = Err(error);
            }
        }
        self.publish(collector, answer, preparation + started.elapsed()).await;
    }

    /// Looks up the names of the users of `snapshot` if that is due.
    async fn look_up_names(&self, snapshot: &Snapshot) {
        let (Some(names), Some(quotas)) = (&self.project.names, snapshot.user_quotas()) else { return };
        if !names.is_due(&quotas.users).await {
            return;
        }
        // The semaphore is never closed.
        let _permit = self.permits.iam.acquire().await;
        let started = Instant::now();
        let observe = |event| self.project.metrics.observe(USER_NAMES, event);
        let call = Call { deadline: started + self.settings.timeout, observe: &observe };
        let result = self.client.user_names(call).await;
        let error = result.as_ref().err().cloned();
        if let Ok(listed) = &result {
            log::unreadable_names(&self.project.config.name, listed.unreadable);
        }
        names.record(result.map(|listed| listed.names), &quotas.users).await;
        self.publish_look_up(error, started.elapsed());
    }

    /// Publishes the result of a look-up of names.
    fn publish_look_up(&self, error: Option<Error>, duration: Duration) {
        let ended_at = SystemTime::now();
        let source = &self.project.config.credentials;
        let advised = error.map(|error| (Advice::about(&error, source, CalledApi::Users), error));
        self.names_log.log(&self.project.config.name, advised.as_ref());
        let failure = advised.map(|(advice, error)| {
            self.project.metrics.poll_failed(USER_NAMES, error.reason());
            Arc::new(PollFailure::new(&error, advice))
        });
        self.project.state.send_modify(|state| {
            let Some(names) = &mut state.user_names else { return };
            let up = failure.is_none();
            if up {
                names.last_success = Some(ended_at);
            }
            let last_success = names.last_success;
            let rendered = self.render_part(Part::Poll { collector: USER_NAMES, up, last_success, duration });
            names.last_look_up = Some(LastPoll { ended_at, failure, rendered });
        });
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
                self.project.metrics.poll_failed(collector.as_str(), error.reason());
                (Some(Arc::new(PollFailure::new(&error, advice))), before)
            }
        };
        let last_success = answer.as_ref().map(|answer| answer.snapshot.fetched_at);
        let up = failure.is_none();
        let part = Part::Poll { collector: collector.as_str(), up, last_success, duration };
        let rendered = self.render_part(part);
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
        Arc::new(exposition::render(&self.project.config.name, part, None))
    }

    /// Renders what an answer does not have in common with the previous one, and ranks its users.
    async fn render(&self, snapshot: Snapshot, before: Option<LastAnswer>) -> LastAnswer {
        let fetched = Instant::now();
        let snapshot = Arc::new(snapshot);
        if let Some(before) = before.as_ref().filter(|before| before.snapshot.has_same_samples(&snapshot)) {
            return LastAnswer { snapshot, fetched, ..before.clone() };
        }
        let config = Arc::clone(&self.project.config);
        // The semaphore is never closed.
        let _permit = self.permits.rendering.acquire().await;
        // Compressing a hundred thousand users takes a second.
        on_another_thread(move || {
            let before = before.as_ref();
            let ranking = rank(&snapshot, before);
            let before = before.map(|before| (&*before.snapshot, &*before.rendered));
            let rendered = Arc::new(exposition::render(&config.name, Part::Answer(&snapshot), before));
            LastAnswer { snapshot, ranking, fetched, rendered }
        })
        .await
    }
}

fn rank(snapshot: &Snapshot, before: Option<&LastAnswer>) -> Option<Arc<Ranking>> {
    let users = &snapshot.user_quotas()?.users;
    let before =
        before.and_then(|before| Some((&before.snapshot.user_quotas()?.users, before.ranking.as_deref()?)));
    Some(Arc::new(Ranking::new(users, before)))
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
