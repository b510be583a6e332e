//! Rows of voice training resources: what expires next, and all of them.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::facts::Facts;
use super::order::Order;
use super::paging::{Paged, window};
use crate::snapshot::VoiceResource;

/// What resources can be sorted by; the first is the default.
pub(super) const KEYS: &[&str] = &["expiry", "state", "resource", "project", "type", "left"];

const DAY: i64 = 24 * 60 * 60;
/// An expiry nearer than this is an alert, as in the rules.
const SOON: i64 = 30 * DAY;
/// An expiry nearer than this is a critical alert, as in the rules.
const VERY_SOON: i64 = 7 * DAY;
/// What expired longer ago is history, as in the rules.
const PAST: i64 = 30 * DAY;
/// Of what has expired, the newest of the overview; the rest of its rows are for what can still be renewed in time.
const EXPIRED_SHOWN: usize = 3;

/// A resource, and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResourceRow<'a> {
    pub(super) project: &'a str,
    pub(super) resource: &'a VoiceResource,
    /// None where it does not expire.
    pub(super) expires: Option<Timestamp>,
    /// The worst first; none where all is well.
    pub(super) marks: Vec<Mark>,
}

/// What is wrong with a resource. The worse, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Mark {
    Expired,
    Frozen,
    /// Nothing can be trained with it any more.
    UsedUp,
    /// Within 7 days.
    ExpiresVerySoon,
    /// Within 30 days.
    ExpiresSoon,
    /// A status that the API does not document.
    Status(f64),
}

impl Mark {
    /// The class and `data-mark` of what is so.
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

/// How many resources have expired, are frozen, expire within 30 days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) expired: usize,
    pub(super) frozen: usize,
    pub(super) expiring: usize,
}

/// Every resource once.
pub(super) fn all(facts: &Facts) -> Vec<ResourceRow<'_>> {
    let of = |project: &super::facts::Project| project.voice().map_or(0, |voice| voice.resources.len());
    let mut rows = Vec::with_capacity(facts.projects.iter().map(of).sum());
    for project in &facts.projects {
        let resources = project.voice().into_iter().flat_map(|voice| &voice.resources);
        rows.extend(resources.map(|resource| row(&project.name, resource, facts.now)));
    }
    rows
}

fn row<'a>(project: &'a str, resource: &'a VoiceResource, now: Timestamp) -> ResourceRow<'a> {
    let expires = resource.expiry.and_then(time);
    let mut marks = Vec::new();
    let left = expires.map(|expires| expires.as_second().saturating_sub(now.as_second()));
    if left.is_some_and(|left| left <= 0) {
        marks.push(Mark::Expired);
    }
    if resource.status == Some(1.0) {
        marks.push(Mark::Frozen);
    }
    if resource.models_available == Some(0.0) {
        marks.push(Mark::UsedUp);
    }
    match left {
        Some(left) if (1..VERY_SOON).contains(&left) => marks.push(Mark::ExpiresVerySoon),
        Some(left) if (1..SOON).contains(&left) => marks.push(Mark::ExpiresSoon),
        _ => {}
    }
    if let Some(status) = resource.status.filter(|status| ![0.0, 1.0].contains(status)) {
        marks.push(Mark::Status(status));
    }
    ResourceRow { project, resource, expires, marks }
}

/// Seconds since the epoch as a time; none beyond the calendar.
fn time(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// How many of `rows` need somebody.
pub(super) fn trouble(rows: &[ResourceRow<'_>]) -> Trouble {
    let count = |mark| rows.iter().filter(|row| row.marks.contains(&mark)).count();
    Trouble {
        expired: count(Mark::Expired),
        frozen: count(Mark::Frozen),
        expiring: count(Mark::ExpiresVerySoon) + count(Mark::ExpiresSoon),
    }
}

/// What expires next, at most `count`, the newest of what has expired before it.
pub(super) fn next<'a>(rows: &[ResourceRow<'a>], now: Timestamp, count: usize) -> Vec<ResourceRow<'a>> {
    let left = |row: &ResourceRow<'_>| row.expires.map(|expires| expires.as_second() - now.as_second());
    let among = |from: i64, to: i64| -> Vec<&ResourceRow<'a>> {
        rows.iter().filter(|row| left(row).is_some_and(|left| from < left && left <= to)).collect()
    };
    let soonest = |a: &&ResourceRow<'_>, b: &&ResourceRow<'_>| by_expiry(a, b).then(stands(a, b));
    let newest = |a: &&ResourceRow<'_>, b: &&ResourceRow<'_>| by_expiry(b, a).then(stands(a, b));
    let expired = window(among(-PAST, 0), 1, EXPIRED_SHOWN.min(count), newest).rows;
    let upcoming = window(among(0, i64::MAX), 1, count - expired.len(), soonest).rows;
    expired.into_iter().rev().chain(upcoming).cloned().collect()
}

/// A page of all resources.
pub(super) fn page(
    rows: Vec<ResourceRow<'_>>,
    order: Order,
    page: usize,
    size: usize,
) -> Paged<ResourceRow<'_>> {
    let compare = |a: &ResourceRow<'_>, b: &ResourceRow<'_>| match order.key {
        "state" => order.apply(worst(a).total_cmp(&worst(b))).then_with(|| by_expiry(a, b)),
        "resource" => order.apply(a.resource.id.cmp(&b.resource.id)),
        "project" => order.apply(a.project.cmp(b.project)),
        "type" => order.apply(a.resource.resource_type.cmp(&b.resource.resource_type)),
        "left" => {
            known_first(order, a.resource.models_available, b.resource.models_available, f64::total_cmp)
        }
        _ => known_first(order, a.expires, b.expires, Ord::cmp),
    };
    window(rows, page, size, |a, b| compare(a, b).then_with(|| stands(a, b)))
}

/// Less is worse; what is well comes last.
fn worst(row: &ResourceRow<'_>) -> f64 {
    match row.marks.first() {
        Some(Mark::Expired) => 0.0,
        Some(Mark::Frozen) => 1.0,
        Some(Mark::UsedUp) => 2.0,
        Some(Mark::ExpiresVerySoon) => 3.0,
        Some(Mark::ExpiresSoon) => 4.0,
        Some(Mark::Status(_)) => 5.0,
        None => 6.0,
    }
}

/// What is not known comes last, whichever way it is sorted.
fn known_first<T>(order: Order, a: Option<T>, b: Option<T>, compare: fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => order.apply(compare(&a, &b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn by_expiry(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    known_first(Order { key: "", descending: false }, a.expires, b.expires, Ord::cmp)
}

/// No two resources stand at one place.
fn stands(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    (a.project, &a.resource.id).cmp(&(b.project, &b.resource.id))
}
