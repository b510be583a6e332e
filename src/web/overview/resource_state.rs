//! What is wrong with a resource, with the bounds of the alerting rules.

use jiff::{SignedDuration, Timestamp};

use crate::snapshot::Level;

const DAY: i64 = 24 * 60 * 60;
/// The alerting rules warn when a resource expires within this time.
const SOON: i64 = 30 * DAY;
/// The alerting rules are critical when a resource expires within this time.
const VERY_SOON: i64 = 7 * DAY;
/// The alerting rules ignore resources that expired longer ago.
pub(super) const PAST: i64 = 30 * DAY;

/// A problem of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ResourceProblem {
    Expired,
    Frozen,
    /// Nothing is left of it.
    UsedUp,
    /// At least 95 percent of it is used.
    RunningOut,
    /// Within 7 days.
    ExpiresVerySoon,
    /// At least 80 percent of it is used.
    High,
    /// Within 30 days.
    ExpiresSoon,
    /// A status that the API does not document.
    Status(f64),
}

impl ResourceProblem {
    /// The class and the value in `data-marks`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Frozen => "frozen",
            Self::UsedUp => "used-up",
            Self::RunningOut => "running-out",
            Self::ExpiresVerySoon => "expires-very-soon",
            Self::High => "high",
            Self::ExpiresSoon => "expires-soon",
            Self::Status(_) => "status",
        }
    }
}

/// When a resource expires, and its problems.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResourceState {
    /// `None` if it does not expire.
    pub(super) expires: Option<Timestamp>,
    /// The worst first.
    pub(super) problems: Vec<ResourceProblem>,
    /// Whether something is lost with the resource.
    pub(super) has_something_left: bool,
}

impl ResourceState {
    /// The state at `now`. `expiry` is in seconds since the epoch, `status` the API's own, and `level` says how much is
    /// used. Nothing is lost with a resource that is not `valuable`.
    pub(super) fn new(
        expiry: Option<f64>,
        status: Option<f64>,
        level: Level,
        is_valuable: bool,
        now: Timestamp,
    ) -> Self {
        let expires = expiry.and_then(time);
        let has_something_left = is_valuable && level != Level::UsedUp;
        let mut state = Self { expires, problems: Vec::new(), has_something_left };
        let left = state.seconds_left(now);
        let is_within = |from, to| left.is_some_and(|left| (from..to).contains(&left));
        let (frozen, normal) = (status == Some(1.0), status.is_none_or(|status| status == 0.0));
        let undocumented = status.filter(|_| !frozen && !normal).map(ResourceProblem::Status);
        state.problems = [
            left.is_some_and(|left| left <= 0).then_some(ResourceProblem::Expired),
            frozen.then_some(ResourceProblem::Frozen),
            (level == Level::UsedUp).then_some(ResourceProblem::UsedUp),
            (level == Level::RunningOut).then_some(ResourceProblem::RunningOut),
            is_within(1, VERY_SOON).then_some(ResourceProblem::ExpiresVerySoon),
            (level == Level::High).then_some(ResourceProblem::High),
            is_within(VERY_SOON, SOON).then_some(ResourceProblem::ExpiresSoon),
            undocumented,
        ]
        .into_iter()
        .flatten()
        .collect();
        state
    }

    pub(super) fn has(&self, problem: ResourceProblem) -> bool {
        self.problems.contains(&problem)
    }

    /// Seconds until it expires, not positive from then on; `None` if it does not expire.
    pub(super) fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        self.expires.map(|expires| expires.as_second() - now.as_second())
    }

    /// Whether it expired so long ago that the alerting rules ignore it.
    pub(super) fn is_past(&self, now: Timestamp) -> bool {
        self.seconds_left(now).is_some_and(|left| left <= -PAST)
    }

    /// Whether it can be used.
    pub(super) fn is_usable(&self) -> bool {
        self.has_something_left && !self.has(ResourceProblem::Expired) && !self.has(ResourceProblem::Frozen)
    }

    /// The class of a problem's badge: muted if nothing is lost.
    pub(super) fn badge(&self, problem: &ResourceProblem) -> &'static str {
        match problem {
            ResourceProblem::UsedUp if !self.has(ResourceProblem::Expired) => problem.as_str(),
            _ if self.has_something_left => problem.as_str(),
            _ => "muted",
        }
    }
}

/// Converts seconds since the epoch; returns `None` outside the calendar.
fn time(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}
