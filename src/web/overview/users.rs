//! Rows of users and their quotas.

use std::cmp::Ordering;

use super::facts::Facts;
use super::paging::{Paged, paginate};
use super::sort_order::SortOrder;
use super::utilisation::{Utilisation, most_used_quota};
use crate::snapshot::{Quota, Unit, User};

/// The sort keys of users; the first is the default.
pub(super) const KEYS: &[&str] = &["-utilisation", "user", "project"];

/// A user with the most-used quota.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserRow<'a> {
    pub(super) project: &'a str,
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    /// `None` if the API lists no quota.
    pub(super) most_used: Option<QuotaRow<'a>>,
}

impl<'a> UserRow<'a> {
    /// The user's name or, if it is unknown, the ID.
    pub(super) fn label(&self) -> &'a str {
        self.name.unwrap_or(self.id)
    }
}

/// One quota of a user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QuotaRow<'a> {
    pub(super) item: &'a str,
    pub(super) usage: QuotaAmount,
    pub(super) limit: QuotaAmount,
    pub(super) utilisation: Utilisation,
}

/// A usage or a limit; `None` if the API does not report it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QuotaAmount {
    pub(super) value: Option<f64>,
    pub(super) unit: Unit,
}

/// The position of a user in the facts, and the rank of the most-used quota.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankedUser {
    project: usize,
    user: usize,
    rank: f64,
}

/// Every user with a rank.
pub(super) fn ranked(facts: &Facts) -> Vec<RankedUser> {
    let count = facts.projects.iter().filter_map(|project| project.users()).map(|users| users.users.len());
    let mut ranked = Vec::with_capacity(count.sum());
    for (project, users) in facts.projects.iter().enumerate() {
        for (user, row) in users.users().iter().flat_map(|users| &users.users).enumerate() {
            let rank = most_used_quota(row).map_or(f64::NEG_INFINITY, |quota| Utilisation::new(quota).rank());
            ranked.push(RankedUser { project, user, rank });
        }
    }
    ranked
}

/// At most `count` users with the highest utilisation, without those who have used nothing.
pub(super) fn most_used(facts: &Facts, mut users: Vec<RankedUser>, count: usize) -> Vec<UserRow<'_>> {
    users.retain(|user| user.rank > 0.0);
    let top = paginate(users, 1, count, |a, b| b.rank.total_cmp(&a.rank).then(by_position(a, b)));
    top.rows.iter().filter_map(|user| row(facts, *user)).collect()
}

/// A page of all users.
pub(super) fn page(facts: &Facts, order: SortOrder, page: usize, size: usize) -> Paged<UserRow<'_>> {
    let label =
        |ranked: &RankedUser| user(facts, *ranked).map(|user| user.name.as_deref().unwrap_or(&user.id));
    let project = |user: &RankedUser| facts.projects.get(user.project).map(|project| &project.name);
    // The order is chosen once and not in each of a million comparisons.
    let all = ranked(facts);
    let users = match order.key {
        "user" => {
            paginate(all, page, size, |a, b| order.apply(label(a).cmp(&label(b))).then(by_position(a, b)))
        }
        "project" => {
            paginate(all, page, size, |a, b| order.apply(project(a).cmp(&project(b))).then(by_position(a, b)))
        }
        _ => paginate(all, page, size, |a, b| order.apply(a.rank.total_cmp(&b.rank)).then(by_position(a, b))),
    };
    let Paged { rows, page, pages, total, first } = users;
    Paged { rows: rows.into_iter().filter_map(|user| row(facts, user)).collect(), page, pages, total, first }
}

/// The order of the configuration, then of the IDs.
fn by_position(a: &RankedUser, b: &RankedUser) -> Ordering {
    (a.project, a.user).cmp(&(b.project, b.user))
}

fn user(facts: &Facts, ranked: RankedUser) -> Option<&User> {
    facts.projects.get(ranked.project)?.users()?.users.get(ranked.user)
}

fn row(facts: &Facts, ranked: RankedUser) -> Option<UserRow<'_>> {
    let user = user(facts, ranked)?;
    Some(UserRow {
        project: &facts.projects.get(ranked.project)?.name,
        id: &user.id,
        name: user.name.as_deref(),
        most_used: most_used_quota(user).map(quota),
    })
}

/// A quota as a row.
pub(super) fn quota(quota: &Quota) -> QuotaRow<'_> {
    let amount = |value| QuotaAmount { value, unit: Unit::from_item(&quota.item) };
    QuotaRow {
        item: &quota.item,
        usage: amount(quota.usage),
        limit: amount(quota.limit),
        utilisation: Utilisation::new(quota),
    }
}
