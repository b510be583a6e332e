//! The facts that pages are made of: the states of all projects at one moment, the same that scrapes read.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::{Ended, Standing, shown_endpoint};
use crate::snapshot::{Collector, Snapshot, UserQuotas, VoiceTraining};
use crate::web::{Listed, Roster};

/// The facts about the requested projects at one moment.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) projects: Vec<ProjectFacts>,
}

/// The facts about one project.
#[derive(Debug)]
pub(super) struct ProjectFacts {
    pub(super) name: String,
    /// `None` until a poll has found it.
    pub(super) id: Option<String>,
    pub(super) region: String,
    pub(super) endpoint: String,
    /// `None` if it is not polled.
    pub(super) voice_training: Option<ApiFacts<VoiceTraining>>,
    /// `None` if they are not polled.
    pub(super) user_quotas: Option<ApiFacts<UserQuotas>>,
}

/// The facts about one API of a project.
#[derive(Debug)]
pub(super) struct ApiFacts<T> {
    /// `None` until the first poll has finished.
    pub(super) last: Option<Ended>,
    pub(super) data: LastData<T>,
}

/// The data of the last successful poll.
#[derive(Debug)]
pub(super) enum LastData<T> {
    /// No poll has succeeded yet.
    Missing,
    /// Too old to show; fetched at this time.
    Stale(Timestamp),
    /// Recent enough to show.
    Fresh(Arc<Snapshot<T>>),
}

impl Facts {
    /// The facts about the project with the name `only`, or about all projects if there is none.
    pub(super) fn new(roster: &Roster, only: Option<&str>) -> Self {
        let oldest = Instant::now().checked_sub(roster.max_staleness);
        let projects = match only.and_then(|name| roster.get(name)) {
            Some(listed) => vec![project(listed, oldest)],
            None => roster.projects.iter().map(|listed| project(listed, oldest)).collect(),
        };
        Self { now: timestamp(SystemTime::now()), projects }
    }
}

fn project(listed: &Listed, oldest: Option<Instant>) -> ProjectFacts {
    let state = listed.record.state();
    let config = &listed.project;
    ProjectFacts {
        name: config.name.clone(),
        id: config.id.as_deref().or_else(|| state.project_id()).map(ToOwned::to_owned),
        region: config.region.clone(),
        endpoint: shown_endpoint(config).to_owned(),
        voice_training: state.voice_training().map(|standing| ApiFacts::new(standing, oldest)),
        user_quotas: state.user_quotas().map(|standing| ApiFacts::new(standing, oldest)),
    }
}

impl<T> ApiFacts<T> {
    fn new(standing: Standing<T>, oldest: Option<Instant>) -> Self {
        let data = match standing.answer {
            None => LastData::Missing,
            Some((snapshot, fetched)) if oldest.is_some_and(|oldest| fetched < oldest) => {
                LastData::Stale(timestamp(snapshot.fetched_at))
            }
            Some((snapshot, _)) => LastData::Fresh(snapshot),
        };
        Self { last: standing.last, data }
    }

    /// The data, if it is recent enough to show.
    pub(super) fn fresh(&self) -> Option<&T> {
        if let LastData::Fresh(snapshot) = &self.data { Some(&snapshot.data) } else { None }
    }
}

impl ProjectFacts {
    /// The voice training resources, if recent enough to show.
    pub(super) fn voice(&self) -> Option<&VoiceTraining> {
        self.voice_training.as_ref()?.fresh()
    }

    /// The user quotas, if recent enough to show.
    pub(super) fn users(&self) -> Option<&UserQuotas> {
        self.user_quotas.as_ref()?.fresh()
    }

    /// Whether one API has data.
    pub(super) fn data_state(&self, collector: Collector) -> DataState {
        match collector {
            Collector::VoiceTraining => DataState::new(self.voice_training.as_ref()),
            Collector::UserQuotas => DataState::new(self.user_quotas.as_ref()),
        }
    }
}

/// Whether an API of a project has data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataState {
    /// It is not polled.
    NotPolled,
    /// Its first poll has not finished.
    Waiting,
    /// It has no data, or none recent enough to show.
    Missing,
    /// It has data to show.
    Fresh,
}

impl DataState {
    fn new<T>(api: Option<&ApiFacts<T>>) -> Self {
        match api {
            None => Self::NotPolled,
            Some(ApiFacts { data: LastData::Fresh(_), .. }) => Self::Fresh,
            Some(ApiFacts { last: None, .. }) => Self::Waiting,
            Some(_) => Self::Missing,
        }
    }
}

/// Returns 1970 for a time outside the calendar.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
