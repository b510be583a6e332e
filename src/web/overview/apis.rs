//! Rows of the APIs of all projects: their state, the age of their data, and what failed.

use jiff::Timestamp;

use super::facts::{Facts, LastData, ProjectFacts, timestamp};
use super::paging::{Paged, paginate};
use super::sort_order::SortOrder;
use crate::poll::{LastPoll, PollFailure};
use crate::snapshot::{Collector, USER_NAMES};

/// The sort keys of APIs; the first is the default.
pub(super) const KEYS: &[&str] = &["state", "project", "age"];

/// One API of one project.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiRow<'a> {
    pub(super) project: &'a str,
    /// The value of label `collector`.
    pub(super) collector: &'static str,
    pub(super) state: ApiState,
    /// When the last poll finished; `None` until the first has.
    pub(super) polled: Option<Timestamp>,
    /// `None` unless the last poll failed.
    pub(super) failure: Option<&'a PollFailure>,
    pub(super) data: DataSummary,
    /// In the order of the configuration.
    position: usize,
}

/// Whether an API works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiState {
    /// The first poll has not finished.
    Waiting,
    Works,
    /// It works, but its list lacks fields or rows.
    Incomplete,
    /// No poll failed, but the data is too old to show.
    Stale,
    Fails,
}

/// The data of the last successful poll without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataSummary {
    Missing,
    /// Too old to show; fetched at this time.
    Stale(Timestamp),
    Fresh {
        fetched: Timestamp,
        consistent: bool,
        invalid_values: u64,
    },
}

impl ApiState {
    /// The class and the value of `data-state`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Works => "works",
            Self::Incomplete => "incomplete",
            Self::Stale => "stale",
            Self::Fails => "fails",
        }
    }
}

impl ApiRow<'_> {
    /// When the data was fetched.
    pub(super) fn fetched(&self) -> Option<Timestamp> {
        match self.data {
            DataSummary::Missing => None,
            DataSummary::Stale(fetched) | DataSummary::Fresh { fetched, .. } => Some(fetched),
        }
    }

    /// When the last poll ended, if it failed.
    pub(super) fn failed(&self) -> Option<Timestamp> {
        self.polled.filter(|_| self.state == ApiState::Fails)
    }

    /// The smaller, the more urgent.
    fn urgency(&self) -> u8 {
        match (self.state, self.data) {
            (ApiState::Fails, DataSummary::Missing | DataSummary::Stale(_)) => 0,
            (ApiState::Fails, DataSummary::Fresh { .. }) => 1,
            (ApiState::Stale, _) => 2,
            (ApiState::Waiting, _) => 3,
            (ApiState::Incomplete, _) => 4,
            (ApiState::Works, _) => 5,
        }
    }
}

/// A row for every polled API and for the look-up of user names, in the order of the configuration.
pub(super) fn all(facts: &Facts) -> Vec<ApiRow<'_>> {
    let mut rows = Vec::new();
    for project in &facts.projects {
        for (collector, api) in [
            (Collector::VoiceTraining, &project.voice_training),
            (Collector::UserQuotas, &project.user_quotas),
            (Collector::TenantResources, &project.tenant_resources),
        ] {
            let position = rows.len();
            rows.extend(api.as_ref().map(|api| {
                row(project, position, collector.as_str(), api.last.as_ref(), summary(&api.data))
            }));
        }
        let position = rows.len();
        rows.extend(project.user_names.as_ref().map(|names| {
            let data = names.last_success.map_or(DataSummary::Missing, |at| DataSummary::Fresh {
                fetched: timestamp(at),
                consistent: true,
                invalid_values: 0,
            });
            row(project, position, USER_NAMES, names.last_look_up.as_ref(), data)
        }));
    }
    rows
}

/// A page of `rows`.
pub(super) fn page(rows: Vec<ApiRow<'_>>, order: SortOrder, page: usize, size: usize) -> Paged<ApiRow<'_>> {
    let compare = |a: &ApiRow<'_>, b: &ApiRow<'_>| match order.key {
        "project" => order.apply(a.project.cmp(b.project)),
        // A smaller age is a later time.
        "age" => order.apply_known(a.fetched(), b.fetched(), |a, b| b.cmp(a)),
        _ => order.apply(a.urgency().cmp(&b.urgency())),
    };
    paginate(rows, page, size, |a, b| compare(a, b).then(a.position.cmp(&b.position)))
}

fn row<'a>(
    project: &'a ProjectFacts,
    position: usize,
    collector: &'static str,
    last: Option<&'a LastPoll>,
    data: DataSummary,
) -> ApiRow<'a> {
    let failure = last.and_then(|last| last.failure.as_deref());
    let state = match (last, failure, data) {
        (None, ..) => ApiState::Waiting,
        (_, Some(_), _) => ApiState::Fails,
        (_, _, DataSummary::Stale(_)) => ApiState::Stale,
        (_, _, DataSummary::Fresh { consistent: true, invalid_values: 0, .. } | DataSummary::Missing) => {
            ApiState::Works
        }
        (_, _, DataSummary::Fresh { .. }) => ApiState::Incomplete,
    };
    let polled = last.map(|last| timestamp(last.ended_at));
    ApiRow { project: &project.name, collector, state, polled, failure, data, position }
}

fn summary(data: &LastData) -> DataSummary {
    match data {
        LastData::Missing => DataSummary::Missing,
        LastData::Stale(fetched) => DataSummary::Stale(*fetched),
        LastData::Fresh(snapshot, _) => DataSummary::Fresh {
            fetched: timestamp(snapshot.fetched_at),
            consistent: snapshot.consistent,
            invalid_values: snapshot.invalid_values,
        },
    }
}
