//! The table of APIs: which work, how old their data is, and why they failed.

use jiff::Timestamp;

use super::facts::{Api, Data, Facts, Project, timestamp};
use super::order::Order;
use super::paging::{Paged, window};
use crate::poll::PollFailure;
use crate::snapshot::Collector;

/// The sort keys; the first is the default.
pub(super) const KEYS: &[&str] = &["state", "project", "age"];

/// One API of one project.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiRow<'a> {
    pub(super) project: &'a str,
    pub(super) collector: Collector,
    pub(super) state: ApiState,
    /// When the last poll ended; `None` before the end of the first one.
    pub(super) polled: Option<Timestamp>,
    /// `None` unless the last poll failed.
    pub(super) failure: Option<&'a PollFailure>,
    pub(super) answer: Answer,
    /// In the order of the configuration.
    index: usize,
}

/// Whether an API works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiState {
    /// The first poll has not ended.
    Waiting,
    Works,
    Fails,
}

/// The age and quality of the last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    /// Stale: its numbers are not shown.
    TooOld(Timestamp),
    Fresh {
        fetched: Timestamp,
        consistent: bool,
        invalid_values: u64,
    },
}

impl ApiState {
    /// The CSS class and the value of `data-state`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Works => "works",
            Self::Fails => "fails",
        }
    }
}

impl ApiRow<'_> {
    /// When the last answer was fetched.
    pub(super) fn fetched(&self) -> Option<Timestamp> {
        match self.answer {
            Answer::Nothing => None,
            Answer::TooOld(fetched) | Answer::Fresh { fetched, .. } => Some(fetched),
        }
    }

    /// When the last poll ended, if it failed.
    pub(super) fn failed(&self) -> Option<Timestamp> {
        self.polled.filter(|_| self.state == ApiState::Fails)
    }

    /// The sort key of the state; 0 is the most urgent.
    fn urgency(&self) -> u8 {
        match (self.state, self.answer) {
            (ApiState::Fails, Answer::Nothing | Answer::TooOld(_)) => 0,
            (ApiState::Fails, Answer::Fresh { .. }) => 1,
            (_, Answer::TooOld(_)) => 2,
            (ApiState::Waiting, _) => 3,
            (_, Answer::Fresh { consistent, invalid_values, .. }) if !consistent || invalid_values > 0 => 4,
            (ApiState::Works, _) => 5,
        }
    }
}

/// Every polled API, in the order of the configuration.
pub(super) fn all(facts: &Facts) -> Vec<ApiRow<'_>> {
    let mut rows = Vec::new();
    for project in &facts.projects {
        for (collector, api) in [
            (Collector::VoiceTraining, &project.voice_training),
            (Collector::UserQuotas, &project.user_quotas),
        ] {
            let index = rows.len();
            rows.extend(api.as_ref().map(|api| row(project, index, collector, api)));
        }
    }
    rows
}

/// A page of `rows`.
pub(super) fn page(rows: Vec<ApiRow<'_>>, order: Order, page: usize, size: usize) -> Paged<ApiRow<'_>> {
    let compare = |a: &ApiRow<'_>, b: &ApiRow<'_>| match order.key {
        "project" => order.apply(a.project.cmp(b.project)),
        // A later time is a lower age.
        "age" => match (a.fetched(), b.fetched()) {
            (Some(a), Some(b)) => order.apply(b.cmp(&a)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
        _ => order.apply(a.urgency().cmp(&b.urgency())),
    };
    window(rows, page, size, |a, b| compare(a, b).then(a.index.cmp(&b.index)))
}

fn row<'a>(project: &'a Project, index: usize, collector: Collector, api: &'a Api) -> ApiRow<'a> {
    let failure = api.last.as_ref().and_then(|last| last.failure.as_deref());
    let state = match (&api.last, failure) {
        (None, _) => ApiState::Waiting,
        (Some(_), None) => ApiState::Works,
        (Some(_), Some(_)) => ApiState::Fails,
    };
    let answer = match &api.data {
        Data::Nothing => Answer::Nothing,
        Data::TooOld(fetched) => Answer::TooOld(*fetched),
        Data::Fresh(snapshot) => Answer::Fresh {
            fetched: timestamp(snapshot.fetched_at),
            consistent: snapshot.consistent,
            invalid_values: snapshot.invalid_values,
        },
    };
    let polled = api.last.as_ref().map(|last| timestamp(last.ended_at));
    ApiRow { project: &project.name, collector, state, polled, failure, answer, index }
}
