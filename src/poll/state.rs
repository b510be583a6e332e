//! What is known of one project, and of all projects of a configuration, as scrapes see it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::PollFailure;
use crate::collect::UserNames;
use crate::config::ProjectConfig;
use crate::exposition::{self, Part, RenderedPart, ScrapeBody};
use crate::snapshot::{Collector, Ranking, Snapshot, USER_NAMES};
use crate::telemetry::{ProjectMetrics, Telemetry};

/// A project, what polls found, and what was counted. Clones share all of it.
#[derive(Debug, Clone)]
pub(crate) struct PolledProject {
    pub(crate) config: Arc<ProjectConfig>,
    pub(crate) metrics: Arc<ProjectMetrics>,
    /// `None` if they are not looked up.
    pub(super) names: Option<Arc<UserNames>>,
    pub(super) state: watch::Sender<ProjectState>,
}

impl PolledProject {
    /// A project that has not been polled.
    pub(crate) fn new(config: ProjectConfig, telemetry: &Telemetry) -> Self {
        let mut collectors: Vec<_> = config.collectors.iter().map(|collector| collector.as_str()).collect();
        collectors.extend(config.has_user_names().then_some(USER_NAMES));
        Self {
            metrics: telemetry.project(&config.name, &collectors),
            names: config.has_user_names().then(Arc::default),
            state: watch::Sender::new(ProjectState::new(&config)),
            config: Arc::new(config),
        }
    }

    /// What is known now. Keep it only briefly: the end of a poll waits for it.
    pub(crate) fn state(&self) -> watch::Ref<'_, ProjectState> {
        self.state.borrow()
    }

    /// The last complete answer of one API.
    pub(super) fn last_snapshot(&self, collector: Collector) -> Option<Arc<Snapshot>> {
        let state = self.state();
        Some(Arc::clone(&state.collector(collector)?.answer.as_ref()?.snapshot))
    }

    /// The project ID: configured, or found by a poll.
    pub(crate) fn id(&self) -> Option<String> {
        self.state().id.clone()
    }

    /// The endpoint for display.
    pub(crate) fn endpoint(&self) -> &str {
        endpoint(&self.config)
    }
}

/// The endpoint without the slash of an empty path.
fn endpoint(config: &ProjectConfig) -> &str {
    config.endpoint.as_str().trim_end_matches('/')
}

/// What polls of one project found.
#[derive(Debug)]
pub(crate) struct ProjectState {
    /// The project ID: configured, or found by a poll.
    id: Option<String>,
    /// The project's own samples. Those of a project without an ID have an empty one, so that it is not missed.
    info: Arc<RenderedPart>,
    /// One for each polled API, in the order of the metrics.
    pub(super) collectors: Vec<CollectorState>,
    /// `None` if the names of users are not looked up.
    pub(crate) user_names: Option<UserNamesState>,
}

/// What polls of one API of one project found.
#[derive(Debug, Clone)]
pub(crate) struct CollectorState {
    pub(crate) collector: Collector,
    /// `None` before the end of the first poll.
    pub(crate) last_poll: Option<LastPoll>,
    /// The last complete answer, however old.
    pub(crate) answer: Option<LastAnswer>,
}

/// What look-ups of the names of users found.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserNamesState {
    /// `None` before the end of the first look-up.
    pub(crate) last_look_up: Option<LastPoll>,
    /// When the known names were looked up.
    pub(crate) last_success: Option<SystemTime>,
}

/// The last poll of one API.
#[derive(Debug, Clone)]
pub(crate) struct LastPoll {
    pub(crate) ended_at: SystemTime,
    /// `None` if it succeeded.
    pub(crate) failure: Option<Arc<PollFailure>>,
    pub(super) rendered: Arc<RenderedPart>,
}

/// The last complete answer of one API.
#[derive(Debug, Clone)]
pub(crate) struct LastAnswer {
    pub(crate) snapshot: Arc<Snapshot>,
    /// That of the users; `None` if the API lists none.
    pub(crate) ranking: Option<Arc<Ranking>>,
    /// When it was fetched, on the monotonic clock.
    pub(crate) fetched: Instant,
    pub(super) rendered: Arc<RenderedPart>,
}

#[cfg(test)]
impl LastPoll {
    /// A poll without samples.
    pub(crate) fn new(ended_at: SystemTime, failure: Option<PollFailure>) -> Self {
        Self { ended_at, failure: failure.map(Arc::new), rendered: Arc::default() }
    }
}

impl CollectorState {
    pub(super) fn is_up(&self) -> bool {
        self.last_poll.as_ref().is_some_and(|poll| poll.failure.is_none())
    }
}

impl ProjectState {
    fn new(config: &ProjectConfig) -> Self {
        let polled = Collector::ALL.into_iter().filter(|collector| config.collectors.contains(collector));
        let state = |collector| CollectorState { collector, last_poll: None, answer: None };
        let id = config.id.clone();
        Self {
            info: render_info(config, id.as_deref()),
            id,
            collectors: polled.map(state).collect(),
            user_names: config.has_user_names().then(UserNamesState::default),
        }
    }

    /// Keeps the project ID that a poll has found.
    pub(super) fn set_id(&mut self, config: &ProjectConfig, id: Option<&str>) {
        if self.id.as_deref() != id {
            self.id = id.map(ToOwned::to_owned);
            self.info = render_info(config, id);
        }
    }

    /// The state of one API; `None` if it is not polled.
    pub(crate) fn collector(&self, collector: Collector) -> Option<&CollectorState> {
        self.collectors.iter().find(|state| state.collector == collector)
    }

    /// The parts of a scrape. Leaves out data that was fetched before `oldest`.
    fn parts(&self, oldest: Option<Instant>) -> impl Iterator<Item = &Arc<RenderedPart>> {
        let look_up = self.user_names.iter().flat_map(|names| &names.last_look_up);
        let polls = self.collectors.iter().flat_map(move |state| {
            let fresh =
                state.answer.iter().filter(move |answer| oldest.is_none_or(|at| answer.fetched >= at));
            let poll = state.last_poll.iter().map(|poll| &poll.rendered);
            poll.chain(fresh.map(|answer| &answer.rendered))
        });
        std::iter::once(&self.info).chain(polls).chain(look_up.map(|look_up| &look_up.rendered))
    }

    /// Whether the first poll of each API has ended, successfully or not.
    fn is_ready(&self) -> bool {
        self.collectors.iter().all(|state| state.last_poll.is_some())
    }

    /// Whether the last poll of each API and the last look-up of names succeeded.
    fn is_up(&self) -> bool {
        let mut look_ups = self.user_names.iter().flat_map(|names| &names.last_look_up);
        self.collectors.iter().all(CollectorState::is_up) && look_ups.all(|look_up| look_up.failure.is_none())
    }
}

fn render_info(config: &ProjectConfig, id: Option<&str>) -> Arc<RenderedPart> {
    let part =
        Part::Project { id: id.unwrap_or_default(), region: &config.region, endpoint: endpoint(config) };
    Arc::new(exposition::render(&config.name, part, None))
}

/// The projects of one configuration: a scrape never sees half of a reload.
#[derive(Debug, Default)]
pub(crate) struct PolledProjects {
    /// In the order of the configuration.
    pub(crate) projects: Vec<PolledProject>,
    max_staleness: Duration,
    was_ready: bool,
}

impl PolledProjects {
    /// `was_ready` says whether the previous configuration was ready.
    pub(crate) fn new(projects: Vec<PolledProject>, max_staleness: Duration, was_ready: bool) -> Self {
        Self { projects, max_staleness, was_ready }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&PolledProject> {
        self.projects.iter().find(|project| project.config.name == name)
    }

    /// Data that was fetched earlier is stale now.
    pub(crate) fn oldest_fresh(&self) -> Option<Instant> {
        Instant::now().checked_sub(self.max_staleness)
    }

    /// Whether every project has been polled once. Remains true after a reload: a new project must not take all others
    /// out of service.
    pub(crate) fn is_ready(&self) -> bool {
        self.was_ready || self.projects.iter().all(|project| project.state().is_ready())
    }

    /// Whether the last poll of each API of each project succeeded.
    pub(crate) fn is_up(&self) -> bool {
        self.projects.iter().all(|project| project.state().is_up())
    }

    /// The body of a scrape of `selected` projects and, if `own` is set, of the metrics without the label `project`.
    pub(crate) fn body(
        &self,
        selected: &[PolledProject],
        own: bool,
        telemetry: &Telemetry,
    ) -> prometheus::Result<ScrapeBody> {
        let oldest = self.oldest_fresh();
        let mut parts = Vec::new();
        for project in selected {
            parts.extend(project.state().parts(oldest).cloned());
        }
        let metrics: Vec<_> = selected.iter().map(|project| &*project.metrics).collect();
        Ok(ScrapeBody::new(parts, telemetry.render(own, &metrics)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Advice;
    use crate::cloud::error::Error;
    use crate::config::tests::project;
    use crate::snapshot::{CollectorData, UserQuotas};

    fn last_poll(up: bool) -> LastPoll {
        LastPoll::new(
            SystemTime::UNIX_EPOCH,
            (!up).then(|| PollFailure::new(&Error::Deadline, Advice::CheckNetwork)),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn data_is_shown_until_it_is_stale_and_the_result_of_polls_always() {
        let snapshot = Snapshot {
            data: CollectorData::UserQuotas(UserQuotas::default()),
            fetched_at: SystemTime::UNIX_EPOCH,
            consistent: true,
            invalid_values: 0,
        };
        let answer = LastAnswer {
            snapshot: Arc::new(snapshot),
            ranking: None,
            rendered: Arc::default(),
            fetched: Instant::now(),
        };
        let mut state = ProjectState::new(&project("p"));
        state.collectors[1].last_poll = Some(last_poll(false));
        state.collectors[1].answer = Some(answer);

        let max_staleness = Duration::from_secs(1800);
        tokio::time::advance(max_staleness).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 3);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 2);
    }

    #[test]
    fn a_project_is_listed_before_its_id_is_known() {
        let config = ProjectConfig { id: None, ..project("p") };
        let mut state = ProjectState::new(&config);
        let shown = |state: &ProjectState| state.parts(None).map(|part| part.to_text()).collect::<String>();
        let expected = |id: &str| {
            let endpoint = "endpoint=\"http://127.0.0.1:9\"";
            format!("metastudio_project_info{{project=\"p\",project_id=\"{id}\",region=\"\",{endpoint}}} 1\n")
        };
        assert_eq!(shown(&state), expected(""));
        state.set_id(&config, None);
        assert_eq!(shown(&state), expected(""));
        state.set_id(&config, Some("found"));
        assert_eq!(shown(&state), expected("found"));
    }

    #[test]
    fn a_project_is_ready_after_polls_of_all_apis_and_up_if_all_succeeded() {
        let mut state = ProjectState::new(&project("p"));
        assert!(!state.is_ready() && !state.is_up());
        state.collectors[0].last_poll = Some(last_poll(true));
        assert!(!state.is_ready() && !state.is_up());
        state.collectors[1].last_poll = Some(last_poll(false));
        assert!(state.is_ready() && !state.is_up());
        state.collectors[1].last_poll = Some(last_poll(true));
        assert!(state.is_ready() && state.is_up());

        let config = ProjectConfig { collectors: vec![Collector::VoiceTraining], ..project("p") };
        let mut one = ProjectState::new(&config);
        assert!(!one.is_ready() && !one.is_up());
        one.collectors[0].last_poll = Some(last_poll(true));
        assert!(one.is_ready() && one.is_up());
    }
}
