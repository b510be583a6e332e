//! Rows of users and their quotas.

use std::cmp::Ordering;

use super::facts::Facts;
use super::order::Order;
use super::paging::{Paged, window};
use super::utilisation::{HIGH, Utilisation, fullest};
use crate::snapshot::{Quota, Unit, User};

/// What users can be sorted by; the first is the default.
pub(super) const KEYS: &[&str] = &["-utilisation", "user", "project"];

/// A user, and the quota that is nearest to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserRow<'a> {
    pub(super) project: &'a str,
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    /// None where the API tells no quota at all.
    pub(super) fullest: Option<QuotaRow<'a>>,
}

impl<'a> UserRow<'a> {
    /// What the user is called.
    pub(super) fn label(&self) -> &'a str {
        self.name.unwrap_or(self.id)
    }
}

/// One item of a user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QuotaRow<'a> {
    pub(super) item: &'a str,
    pub(super) unit: Unit,
    pub(super) usage: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) utilisation: Utilisation,
}

/// Where a user stands in the facts, and how near to exhaustion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    project: usize,
    user: usize,
    rank: f64,
}

/// Every user once.
pub(super) fn places(facts: &Facts) -> Vec<Place> {
    let count = facts.projects.iter().filter_map(|project| project.users()).map(|users| users.users.len());
    let mut places = Vec::with_capacity(count.sum());
    for (project, users) in facts.projects.iter().enumerate() {
        for (user, row) in users.users().iter().flat_map(|users| &users.users).enumerate() {
            let rank = fullest(row).map_or(f64::NEG_INFINITY, |quota| Utilisation::of(quota).rank());
            places.push(Place { project, user, rank });
        }
    }
    places
}

/// How many users are over the warning threshold in some item, and how many have used one up.
pub(super) fn near(places: &[Place]) -> (usize, usize) {
    let over = |least: &dyn Fn(f64) -> bool| places.iter().filter(|place| least(place.rank)).count();
    (over(&|rank| rank > HIGH), over(&|rank| rank >= 1.0))
}

/// The users who have used the most of a quota, at most `count`, and nobody who has used nothing.
pub(super) fn nearest(facts: &Facts, mut places: Vec<Place>, count: usize) -> Vec<UserRow<'_>> {
    places.retain(|place| place.rank > 0.0);
    let top = window(places, 1, count, |a, b| b.rank.total_cmp(&a.rank).then(stands(a, b)));
    top.rows.iter().filter_map(|place| row(facts, *place)).collect()
}

/// A page of all users.
pub(super) fn page(facts: &Facts, order: Order, page: usize, size: usize) -> Paged<UserRow<'_>> {
    let label = |place: &Place| user(facts, *place).map(|user| user.name.as_deref().unwrap_or(&user.id));
    let project = |place: &Place| facts.projects.get(place.project).map(|project| project.name.as_str());
    // The order is chosen once, not at each of a million comparisons.
    let all = places(facts);
    let places = match order.key {
        "user" => window(all, page, size, |a, b| order.apply(label(a).cmp(&label(b))).then(stands(a, b))),
        "project" => {
            window(all, page, size, |a, b| order.apply(project(a).cmp(&project(b))).then(stands(a, b)))
        }
        _ => window(all, page, size, |a, b| order.apply(a.rank.total_cmp(&b.rank)).then(stands(a, b))),
    };
    let Paged { rows, page, pages, total, first } = places;
    Paged {
        rows: rows.into_iter().filter_map(|place| row(facts, place)).collect(),
        page,
        pages,
        total,
        first,
    }
}

/// The order of the configuration, then of the IDs.
fn stands(a: &Place, b: &Place) -> Ordering {
    (a.project, a.user).cmp(&(b.project, b.user))
}

fn user(facts: &Facts, place: Place) -> Option<&User> {
    facts.projects.get(place.project)?.users()?.users.get(place.user)
}

fn row(facts: &Facts, place: Place) -> Option<UserRow<'_>> {
    let user = user(facts, place)?;
    Some(UserRow {
        project: &facts.projects.get(place.project)?.name,
        id: &user.id,
        name: user.name.as_deref(),
        fullest: fullest(user).map(quota),
    })
}

/// A quota as a row.
pub(super) fn quota(quota: &Quota) -> QuotaRow<'_> {
    QuotaRow {
        item: &quota.item,
        unit: Unit::from_item(&quota.item),
        usage: quota.usage,
        limit: quota.limit,
        utilisation: Utilisation::of(quota),
    }
}
