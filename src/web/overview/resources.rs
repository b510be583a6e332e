//! Rows of voice training resources: those that expire next, and all of them.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::facts::Facts;
use super::paging::{Paged, paginate};
use super::resource_state::{PAST, ResourceProblem, ResourceState};
use super::sort_order::SortOrder;
use crate::snapshot::{Level, VoiceResource};

/// The sort keys of resources; the first is the default.
pub(super) const KEYS: &[&str] = &["expiry", "state", "resource", "project", "type", "left"];

/// Expired resources on the overview; the other rows are for resources that can still be renewed in time.
const EXPIRED_SHOWN: usize = 3;

/// A resource and its problems.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResourceRow<'a> {
    pub(super) project: &'a str,
    pub(super) resource: &'a VoiceResource,
    /// Used up if no more models can be trained with it. Models can also be lost if their number is unknown.
    pub(super) state: ResourceState,
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
    let level = if resource.models_available == Some(0.0) { Level::UsedUp } else { Level::Fine };
    let state = ResourceState::new(resource.expiry, resource.status, level, true, now);
    ResourceRow { project, resource, state }
}

/// At most `count` resources: those that expired most recently, then those that expire next.
pub(super) fn expiring_next<'a>(
    rows: &[ResourceRow<'a>],
    now: Timestamp,
    count: usize,
) -> Vec<ResourceRow<'a>> {
    let between = |from: i64, to: i64| -> Vec<&ResourceRow<'a>> {
        let is_between = |left| from < left && left <= to;
        rows.iter().filter(|row| row.state.seconds_left(now).is_some_and(is_between)).collect()
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
        _ => order.apply_known(a.state.expires, b.state.expires, Ord::cmp),
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
    if !row.state.has_something_left {
        return 5;
    }
    match row.state.problems.first() {
        Some(ResourceProblem::Expired) => 0,
        Some(ResourceProblem::Frozen) => 1,
        Some(ResourceProblem::ExpiresVerySoon) => 2,
        Some(ResourceProblem::ExpiresSoon) => 3,
        Some(ResourceProblem::Status(_)) => 4,
        // Not of a resource that has something left, or not of a voice training resource.
        Some(ResourceProblem::UsedUp | ResourceProblem::RunningOut | ResourceProblem::High) => 5,
        None => 6,
    }
}

fn by_expiry(a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> Ordering {
    SortOrder::natural("expiry").apply_known(a.state.expires, b.state.expires, Ord::cmp)
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
