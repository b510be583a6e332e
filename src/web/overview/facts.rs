//! The facts that pages are made of: the states of all projects at one moment, the same that scrapes read.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::{CollectorState, LastPoll, PolledProject, PolledProjects, UserNamesState};
use crate::snapshot::{
    Collector, PackedUsers, Ranking, Snapshot, TenantResources, UserQuotas, VoiceTraining,
};

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
    pub(super) voice_training: Option<ApiFacts>,
    /// `None` if they are not polled.
    pub(super) user_quotas: Option<ApiFacts>,
    /// `None` if they are not polled.
    pub(super) tenant_resources: Option<ApiFacts>,
    /// `None` if the names of users are not looked up.
    pub(super) user_names: Option<UserNamesState>,
}

/// The facts about one API of a project.
#[derive(Debug)]
pub(super) struct ApiFacts {
    /// `None` until the first poll has finished.
    pub(super) last: Option<LastPoll>,
    pub(super) data: LastData,
}

/// The data of the last successful poll.
#[derive(Debug)]
pub(super) enum LastData {
    /// No poll has succeeded yet.
    Missing,
    /// Too old to show; fetched at this time.
    Stale(Timestamp),
    /// Recent enough to show. Users have a ranking.
    Fresh(Arc<Snapshot>, Option<Arc<Ranking>>),
}

impl Facts {
    /// The facts about the project with the name `only`, or about all projects if there is none.
    pub(super) fn new(projects: &PolledProjects, only: Option<&str>) -> Self {
        let oldest = projects.oldest_fresh();
        let projects = match only.and_then(|name| projects.get(name)) {
            Some(one) => vec![project(one, oldest)],
            None => projects.projects.iter().map(|one| project(one, oldest)).collect(),
        };
        Self { now: timestamp(SystemTime::now()), projects }
    }
}

fn project(polled: &PolledProject, oldest: Option<Instant>) -> ProjectFacts {
    // Locks the state, so it must not be called while `state` is kept.
    let id = polled.id();
    let state = polled.state();
    let api = |collector| state.collector(collector).map(|state| ApiFacts::new(state, oldest));
    ProjectFacts {
        name: polled.config.name.clone(),
        id,
        region: polled.config.region.clone(),
        endpoint: polled.endpoint().to_owned(),
        voice_training: api(Collector::VoiceTraining),
        user_quotas: api(Collector::UserQuotas),
        tenant_resources: api(Collector::TenantResources),
        user_names: state.user_names.clone(),
    }
}

impl ApiFacts {
    fn new(state: &CollectorState, oldest: Option<Instant>) -> Self {
        let data = match &state.answer {
            None => LastData::Missing,
            Some(answer) if oldest.is_some_and(|oldest| answer.fetched < oldest) => {
                LastData::Stale(timestamp(answer.snapshot.fetched_at))
            }
            Some(answer) => LastData::Fresh(Arc::clone(&answer.snapshot), answer.ranking.clone()),
        };
        Self { last: state.last_poll.clone(), data }
    }

    /// The data, if it is recent enough to show.
    pub(super) fn fresh(&self) -> Option<&Snapshot> {
        if let LastData::Fresh(snapshot, _) = &self.data { Some(snapshot) } else { None }
    }
}

impl ProjectFacts {
    /// The voice training resources, if recent enough to show.
    pub(super) fn voice(&self) -> Option<&VoiceTraining> {
        self.voice_training.as_ref()?.fresh()?.voice_training()
    }

    /// The user quotas, if recent enough to show.
    pub(super) fn users(&self) -> Option<&UserQuotas> {
        self.user_quotas.as_ref()?.fresh()?.user_quotas()
    }

    /// The products, if recent enough to show.
    pub(super) fn products(&self) -> Option<&TenantResources> {
        self.tenant_resources.as_ref()?.fresh()?.tenant_resources()
    }

    /// The users with their ranking, if recent enough to show.
    pub(super) fn ranked_users(&self) -> Option<(&PackedUsers, &Ranking)> {
        let LastData::Fresh(snapshot, ranking) = &self.user_quotas.as_ref()?.data else { return None };
        Some((&snapshot.user_quotas()?.users, ranking.as_deref()?))
    }

    /// Whether one API has data.
    pub(super) fn data_state(&self, collector: Collector) -> DataState {
        match collector {
            Collector::VoiceTraining => DataState::new(self.voice_training.as_ref()),
            Collector::UserQuotas => DataState::new(self.user_quotas.as_ref()),
            Collector::TenantResources => DataState::new(self.tenant_resources.as_ref()),
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
    fn new(api: Option<&ApiFacts>) -> Self {
        match api {
            None => Self::NotPolled,
            Some(ApiFacts { data: LastData::Fresh(..), .. }) => Self::Fresh,
            Some(ApiFacts { last: None, .. }) => Self::Waiting,
            Some(_) => Self::Missing,
        }
    }
}

/// Returns 1970 for a time outside the calendar.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
