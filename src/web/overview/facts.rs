//! What the pages show: the states of all projects at one moment, as scrapes see them.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::{CollectorState, LastPoll, PolledProject, PolledProjects};
use crate::snapshot::{Collector, Snapshot, UserQuotas, VoiceTraining};

/// What is known of the selected projects at one moment.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) projects: Vec<Project>,
}

/// What is known of one project.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: String,
    /// `None` if it is not configured and no poll has found it.
    pub(super) id: Option<String>,
    pub(super) region: String,
    pub(super) endpoint: String,
    /// `None` if they are not polled.
    pub(super) voice_training: Option<Api>,
    /// `None` if they are not polled.
    pub(super) user_quotas: Option<Api>,
}

/// What is known from one API.
#[derive(Debug)]
pub(super) struct Api {
    /// `None` before the end of the first poll.
    pub(super) last: Option<LastPoll>,
    pub(super) data: Data,
}

/// The last answer of an API.
#[derive(Debug)]
pub(super) enum Data {
    /// There has been none.
    Nothing,
    /// It is stale: only its time is shown.
    TooOld(Timestamp),
    /// It is shown.
    Fresh(Arc<Snapshot>),
}

impl Facts {
    /// What is known of all projects, or of the one with the name `only`, if there is one.
    pub(super) fn of(projects: &PolledProjects, only: Option<&str>) -> Self {
        let oldest = projects.oldest_fresh();
        let projects = match only.and_then(|name| projects.get(name)) {
            Some(selected) => vec![project(selected, oldest)],
            None => projects.projects.iter().map(|polled| project(polled, oldest)).collect(),
        };
        Self { now: timestamp(SystemTime::now()), projects }
    }
}

fn project(polled: &PolledProject, oldest: Option<Instant>) -> Project {
    // Locks the state, so it must not be called while `state` is kept.
    let id = polled.id();
    let state = polled.state();
    let api = |collector| state.collector(collector).map(|state| Api::new(state, oldest));
    let (voice_training, user_quotas) = (api(Collector::VoiceTraining), api(Collector::UserQuotas));
    Project {
        name: polled.config.name.clone(),
        id,
        region: polled.config.region.clone(),
        endpoint: polled.endpoint().to_owned(),
        voice_training,
        user_quotas,
    }
}

impl Api {
    fn new(state: &CollectorState, oldest: Option<Instant>) -> Self {
        let data = match &state.answer {
            None => Data::Nothing,
            Some(answer) if oldest.is_some_and(|oldest| answer.fetched < oldest) => {
                Data::TooOld(timestamp(answer.snapshot.fetched_at))
            }
            Some(answer) => Data::Fresh(Arc::clone(&answer.snapshot)),
        };
        Self { last: state.last_poll.clone(), data }
    }

    /// The snapshot, unless it is stale.
    pub(super) fn fresh(&self) -> Option<&Snapshot> {
        if let Data::Fresh(snapshot) = &self.data { Some(snapshot) } else { None }
    }
}

impl Project {
    /// The voice training resources, unless they are stale.
    pub(super) fn voice(&self) -> Option<&VoiceTraining> {
        self.voice_training.as_ref()?.fresh()?.voice_training()
    }

    /// The user quotas, unless they are stale.
    pub(super) fn users(&self) -> Option<&UserQuotas> {
        self.user_quotas.as_ref()?.fresh()?.user_quotas()
    }

    /// Whether the data of one API is known.
    pub(super) fn knowledge(&self, collector: Collector) -> Knowledge {
        match collector {
            Collector::VoiceTraining => Knowledge::of(self.voice_training.as_ref()),
            Collector::UserQuotas => Knowledge::of(self.user_quotas.as_ref()),
        }
    }
}

/// Whether the data of an API of a project is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knowledge {
    /// It is not polled.
    NotAsked,
    /// Its first poll has not ended.
    Waiting,
    /// There are no numbers, or they are stale.
    Missing,
    /// There are numbers.
    Fresh,
}

impl Knowledge {
    fn of(api: Option<&Api>) -> Self {
        match api {
            None => Self::NotAsked,
            Some(Api { data: Data::Fresh(_), .. }) => Self::Fresh,
            Some(Api { last: None, .. }) => Self::Waiting,
            Some(_) => Self::Missing,
        }
    }
}

/// Returns 1970 for a time that the calendar cannot represent.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
