//! What the pages are made of: the states of all projects at one moment, as scrapes see them too.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::{Ended, Standing, shown_endpoint};
use crate::snapshot::{Collector, Snapshot, UserQuotas, VoiceTraining};
use crate::web::{Listed, Roster};

/// All that is known at one moment of the projects that are asked for.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) projects: Vec<Project>,
}

/// What is known of one project.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: String,
    /// None before a poll has told it.
    pub(super) id: Option<String>,
    pub(super) region: String,
    pub(super) endpoint: String,
    /// None where it is not polled.
    pub(super) voice_training: Option<Api<VoiceTraining>>,
    /// None where they are not polled.
    pub(super) user_quotas: Option<Api<UserQuotas>>,
}

/// What is known from one API.
#[derive(Debug)]
pub(super) struct Api<T> {
    /// None before the first poll has ended.
    pub(super) last: Option<Ended>,
    pub(super) data: Data<T>,
}

/// The last answer of an API.
#[derive(Debug)]
pub(super) enum Data<T> {
    /// There was none yet.
    Nothing,
    /// It is too old to show: only its time counts.
    TooOld(Timestamp),
    /// It is shown.
    Fresh(Arc<Snapshot<T>>),
}

impl Facts {
    /// What is known of all projects, or of the one that is called `only`, if there is one.
    pub(super) fn of(roster: &Roster, only: Option<&str>) -> Self {
        let oldest = Instant::now().checked_sub(roster.max_staleness);
        let projects = match only.and_then(|name| roster.get(name)) {
            Some(listed) => vec![project(listed, oldest)],
            None => roster.projects.iter().map(|listed| project(listed, oldest)).collect(),
        };
        Self { now: timestamp(SystemTime::now()), projects }
    }
}

fn project(listed: &Listed, oldest: Option<Instant>) -> Project {
    let state = listed.record.state();
    let config = &listed.project;
    Project {
        name: config.name.clone(),
        id: config.id.as_deref().or_else(|| state.project_id()).map(ToOwned::to_owned),
        region: config.region.clone(),
        endpoint: shown_endpoint(config).to_owned(),
        voice_training: state.voice_training().map(|standing| Api::of(standing, oldest)),
        user_quotas: state.user_quotas().map(|standing| Api::of(standing, oldest)),
    }
}

impl<T> Api<T> {
    fn of(standing: Standing<T>, oldest: Option<Instant>) -> Self {
        let data = match standing.answer {
            None => Data::Nothing,
            Some((snapshot, fetched)) if oldest.is_some_and(|oldest| fetched < oldest) => {
                Data::TooOld(timestamp(snapshot.fetched_at))
            }
            Some((snapshot, _)) => Data::Fresh(snapshot),
        };
        Self { last: standing.last, data }
    }

    /// The numbers, where they may be shown.
    pub(super) fn fresh(&self) -> Option<&T> {
        if let Data::Fresh(snapshot) = &self.data { Some(&snapshot.data) } else { None }
    }
}

impl Project {
    /// The voice training resources, where they may be shown.
    pub(super) fn voice(&self) -> Option<&VoiceTraining> {
        self.voice_training.as_ref()?.fresh()
    }

    /// The user quotas, where they may be shown.
    pub(super) fn users(&self) -> Option<&UserQuotas> {
        self.user_quotas.as_ref()?.fresh()
    }

    /// How far one API is known.
    pub(super) fn knowledge(&self, collector: Collector) -> Knowledge {
        match collector {
            Collector::VoiceTraining => Knowledge::of(self.voice_training.as_ref()),
            Collector::UserQuotas => Knowledge::of(self.user_quotas.as_ref()),
        }
    }
}

/// How far an API of a project is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knowledge {
    /// It is not polled.
    NotAsked,
    /// Its first poll has not ended.
    Waiting,
    /// There are no numbers, or none that are young enough.
    Missing,
    /// There are numbers.
    Fresh,
}

impl Knowledge {
    fn of<T>(api: Option<&Api<T>>) -> Self {
        match api {
            None => Self::NotAsked,
            Some(Api { data: Data::Fresh(_), .. }) => Self::Fresh,
            Some(Api { last: None, .. }) => Self::Waiting,
            Some(_) => Self::Missing,
        }
    }
}

/// A clock out of the calendar's reach reads 1970.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
