//! Rows of voice training resources: those that expire next, and all of them.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::facts::Facts;
use super::paging::{Paged, paginate};
use super::sort_order::SortOrder;
use crate::snapshot::VoiceResource;

/// The sort keys of resources; the first is the default.
pub(super) const KEYS: &[&str] = &["expiry", "state", "resource", "project", "type", "left"];

const DAY: i64 = 24 * 60 * 60;
/// The alerting rules warn when a resource expires within this time.
const SOON: i64 = 30 * DAY;
/// The alerting rules are critical when a resource expires within this time.
const VERY_SOON: i64 = 7 * DAY;
/// The alerting rules ignore resources that expired longer ago.
const PAST: i64 = 30 * DAY;
/// Expired resources on the overview; the other rows are for resources that can still be renewed in time.
const EXPIRED_SHOWN: usize = 3;

/// A resource and its problems.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResourceRow<'a> {
    pub(super) project: &'a str,
    pub(super) resource: &'a VoiceResource,
    /// `None` if it does not expire.
    pub(super) expires: Option<Timestamp>,
    /// The worst first.
    pub(super) problems: Vec<ResourceProblem>,
}

/// A problem of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ResourceProblem {
    Expired,
    Frozen,
    /// No more models can be trained with it.
    UsedUp,
    /// Within 7 days.
    ExpiresVerySoon,
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
            Self::ExpiresVerySoon => "expires-very-soon",
            Self::ExpiresSoon => "expires-soon",
            Self::Status(_) => "status",
        }
    }
}

impl ResourceRow<'_> {
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

    /// Whether models can be lost; also if the API does not say how many are left.
    pub(super) fn has_models_left(&self) -> bool {
        !self.has(ResourceProblem::UsedUp)
    }

    /// The class of a problem's badge: muted if nothing is lost.
    pub(super) fn badge(&self, problem: &ResourceProblem) -> &'static str {
        match problem {
            ResourceProblem::UsedUp if !self.has(ResourceProblem::Expired) => problem.as_str(),
            _ if self.has_models_left() => problem.as_str(),
            _ => "muted",
        }
    }
}

/// A row for every resource.
pub(super) fn all(facts: &Facts) -> Vec<ResourceRow<'_>> {
    let rows = facts.projects.iter().flat_map(|project| {
        let resources = project.voice().into_iter().flat_map(|voice| &voice.resources);
        resources.map(|resource| row(&project.name, resource, facts.now))
    });
    rows.collect()
}

fn row<'a>(project: &'a str, resource: &'a VoiceResource, now: Timestamp) -> ResourceRow<'a> {
    let expires = resource.expiry.and_then(time);
    let mut row = ResourceRow { project, resource, expires, problems: Vec::new() };
    let (left, problems) = (row.seconds_left(now), &mut row.problems);
    if left.is_some_and(|left| left <= 0) {
        problems.push(ResourceProblem::Expired);
    }
    if resource.status == Some(1.0) {
        problems.push(ResourceProblem::Frozen);
    }
    if resource.models_available == Some(0.0) {
        problems.push(ResourceProblem::UsedUp);
    }
    match left {
        Some(left) if (1..VERY_SOON).contains(&left) => problems.push(ResourceProblem::ExpiresVerySoon),
        Some(left) if (1..SOON).contains(&left) => problems.push(ResourceProblem::ExpiresSoon),
        _ => {}
    }
    if let Some(status) = resource.status.filter(|status| ![0.0, 1.0].contains(status)) {
        problems.push(ResourceProblem::Status(status));
    }
    row
}

/// Converts seconds since the epoch; returns `None` outside the calendar.
fn time(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// At most `count` resources: those that expired most recently, then those that expire next.
pub(super) fn expiring_next<'a>(
    rows: &[ResourceRow<'a>],
    now: Timestamp,
    count: usize,
) -> Vec<ResourceRow<'a>> {
    let between = |from: i64, to: i64| -> Vec<&ResourceRow<'a>> {
        let is_between = |left| from < left && left <= to;
        rows.iter().filter(|row| row.seconds_left(now).is_some_and(is_between)).collect()
    };
    let soonest = |a: &&ResourceRow<'_>, b: &&ResourceRow<'_>| by_expiry(a, b).then(by_position(a, b));
    let newest = |a: &&ResourceRow<'_>, b: &&ResourceRow<'_>| by_expiry(b, a).then(by_position(a, b));
    let expired = paginate(between(-PAST, 0), 1, EXPIRED_SHOWN.min(count), newest).rows;
    let upcoming = paginate(between(0, i64::MAX), 1, count - expired.len(), soonest).rows;
    expired.into_iter().rev().chain(upcoming).cloned().collect()
}

/// A page of all resources.
pub(super) fn page(
    rows: Vec<ResourceRow<'_>>,
    order: SortOrder,
    page: usize,
    size: usize,
) -> Paged<ResourceRow<'_>> {
    let compare = |a: &ResourceRow<'_>, b: &ResourceRow<'_>| match order.key {
        "state" => order.apply(severity(a).cmp(&severity(b))),
        "resource" => order.apply(a.resource.id.cmp(&b.resource.id)),
        "project" => order.apply(a.project.cmp(b.project)),
        "type" => order.apply(a.resource.resource_type.cmp(&b.resource.resource_type)),
        "left" => order.apply_known(a.resource.models_available, b.resource.models_available, f64::total_cmp),
        _ => order.apply_known(a.expires, b.expires, Ord::cmp),
    };
    paginate(rows, page, size, |a, b| {
        compare(a, b)
            .then_with(|| by_expiry(a, b))
            .then_with(|| by_models_left(a, b))
            .then_with(|| by_position(a, b))
    })
}

/// Smaller is worse. Nothing of a resource that is used up can be lost; rows without problems come last.
fn severity(row: &ResourceRow<'_>) -> u8 {
    if !row.has_models_left() {
        return 5;
    }
    match row.problems.first() {
        Some(ResourceProblem::Expired) => 0,
        Some(ResourceProblem::Frozen) => 1,
        Some(ResourceProblem::ExpiresVerySoon) => 2,
        Some(ResourceProblem::ExpiresSoon) => 3,
        Some(ResourceProblem::Status(_)) => 4,
        Some(ResourceProblem::UsedUp) => 5,
        None => 6,
    }
}

fn by_expiry(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    SortOrder::natural("expiry").apply_known(a.expires, b.expires, Ord::cmp)
}

/// The more is left, the more an expiry loses.
fn by_models_left(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    let (a, b) = (a.resource.models_available, b.resource.models_available);
    SortOrder::natural("-left").apply_known(a, b, f64::total_cmp)
}

/// No two resources are equal in this order.
fn by_position(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    (a.project, &a.resource.id).cmp(&(b.project, &b.resource.id))
}
