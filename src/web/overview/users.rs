//! Rows of users and their quotas.

use std::cmp::Ordering;

use super::facts::Facts;
use super::paging::{Paged, paginate};
use super::search::Search;
use super::sort_order::SortOrder;
use super::utilisation::{Level, Utilisation, most_used_quota};
use crate::snapshot::{Item, Quota, Unit, User};

/// The sort keys of users; the first is the default.
pub(super) const KEYS: &[&str] = &["-utilisation", "-used-up", "user", "project"];
/// The sort keys of a user's quotas; the first is the default.
pub(super) const QUOTA_KEYS: &[&str] = &["-utilisation", "item"];

/// The values of `?level=`. Every user has one level, that of the most-used quota.
pub(super) const LEVELS: [(&str, Level); 4] = [
    ("used-up", Level::UsedUp),
    ("running-out", Level::RunningOut),
    ("high", Level::High),
    ("ok", Level::Fine),
];

/// A user with the most-used quota.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserRow<'a> {
    pub(super) project: &'a str,
    pub(super) id: String,
    pub(super) name: Option<String>,
    /// `None` if the API lists no quota.
    pub(super) most_used: Option<QuotaRow>,
    /// How many items are used up.
    pub(super) used_up: u32,
    /// How many items the API lists.
    pub(super) items: usize,
}

impl UserRow<'_> {
    /// The user's name or, if it is unknown, the ID.
    pub(super) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// One quota of a user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QuotaRow {
    pub(super) item: Item,
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

/// A user with what the lists are sorted by, so that a comparison computes nothing.
#[derive(Debug, Clone)]
pub(super) struct RankedUser<'a> {
    pub(super) project: &'a str,
    user: User,
    /// In the order of the configuration, then of the IDs.
    position: (u32, u32),
    /// Of the most-used quota.
    rank: f64,
    /// Of the second most-used quota.
    second_rank: f64,
    used_up: u32,
}

impl RankedUser<'_> {
    fn label(&self) -> &str {
        self.user.name.as_deref().unwrap_or(&self.user.id)
    }

    /// The level of the most-used quota.
    pub(super) fn level(&self) -> Level {
        Level::of_rank(self.rank)
    }
}

type Compare = fn(&RankedUser<'_>, &RankedUser<'_>) -> Ordering;

/// A page of the users of a level.
#[derive(Debug, PartialEq)]
pub(super) struct UserList<'a> {
    pub(super) users: Paged<UserRow<'a>>,
    /// Users of each of [`LEVELS`].
    pub(super) counts: [usize; 4],
}

/// Every user with a rank.
pub(super) fn ranked(facts: &Facts) -> Vec<RankedUser<'_>> {
    let count = facts.projects.iter().filter_map(|project| project.users()).map(|users| users.users.len());
    let mut all = Vec::with_capacity(count.sum());
    all.extend(found(facts, Search::new("")));
    all
}

/// The users that a search finds, with ranks.
fn found(facts: &Facts, mut search: Search) -> impl Iterator<Item = RankedUser<'_>> {
    let users = (0..).zip(&facts.projects).flat_map(|(place, project)| {
        let users = project.users().into_iter().flat_map(|users| users.users.iter());
        (0..).zip(users).map(move |(user_place, user)| (&*project.name, user, (place, user_place)))
    });
    let found = users
        .filter(move |(_, user, _)| search.finds(user.name.as_deref().into_iter().chain([user.id.as_str()])));
    found.map(|(project, user, position)| rank(project, user, position))
}

fn rank(project: &str, user: User, position: (u32, u32)) -> RankedUser<'_> {
    let (mut best, mut second_rank, mut used_up) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
    for rank in user.quotas.iter().map(|quota| Utilisation::new(quota).rank()) {
        used_up += u32::from(Level::of_rank(rank) == Level::UsedUp);
        second_rank = second_rank.max(rank.min(best));
        best = best.max(rank);
    }
    RankedUser { project, user, position, rank: best, second_rank, used_up }
}

/// At most `count` users with the highest utilisation, without those who have used nothing.
pub(super) fn most_used(mut users: Vec<RankedUser<'_>>, count: usize) -> Vec<UserRow<'_>> {
    users.retain(|user| user.rank > 0.0);
    paginate(users, 1, count, by_weight).rows.iter().map(row).collect()
}

/// A page of the users that a search finds and that have the level, if there is one.
pub(super) fn page(
    facts: &Facts,
    search: Search,
    level: Option<Level>,
    order: SortOrder,
    page: usize,
    size: usize,
) -> UserList<'_> {
    let mut counts = [0; LEVELS.len()];
    let counted = found(facts, search).filter(|user| {
        let own = user.level();
        for (count, (_, listed)) in counts.iter_mut().zip(LEVELS) {
            *count += usize::from(own == listed);
        }
        level.is_none_or(|level| level == own)
    });
    let all = counted.collect();
    // The order is chosen once and not in each of a million comparisons.
    let compare: Compare = match order.key {
        "user" => |a, b| a.label().cmp(b.label()),
        "project" => |a, b| a.project.cmp(b.project),
        "used-up" => |a, b| a.used_up.cmp(&b.used_up),
        _ => |a, b| a.rank.total_cmp(&b.rank),
    };
    let Paged { rows, page, pages, total, first } =
        paginate(all, page, size, |a, b| order.apply(compare(a, b)).then_with(|| by_weight(a, b)));
    let rows = rows.iter().map(row).collect();
    UserList { users: Paged { rows, page, pages, total, first }, counts }
}

/// The users who need attention most come first. No two users are equal in this order.
fn by_weight(a: &RankedUser<'_>, b: &RankedUser<'_>) -> Ordering {
    b.rank
        .total_cmp(&a.rank)
        .then_with(|| b.used_up.cmp(&a.used_up))
        .then_with(|| b.second_rank.total_cmp(&a.second_rank))
        .then_with(|| a.label().cmp(b.label()))
        .then_with(|| a.position.cmp(&b.position))
}

fn row<'a>(ranked: &RankedUser<'a>) -> UserRow<'a> {
    UserRow {
        project: ranked.project,
        id: ranked.user.id.clone(),
        name: ranked.user.name.clone(),
        most_used: most_used_quota(&ranked.user).map(quota),
        used_up: ranked.used_up,
        items: ranked.user.quotas.len(),
    }
}

/// The quotas of a user as sorted rows; equal ones stay in the API's order.
pub(super) fn quotas(user: &User, order: SortOrder) -> Vec<QuotaRow> {
    let mut rows: Vec<_> = user.quotas.iter().map(quota).collect();
    match order.key {
        "item" => rows.sort_by(|a, b| order.apply(a.item.cmp(&b.item))),
        _ => rows.sort_by(|a, b| order.apply(a.utilisation.rank().total_cmp(&b.utilisation.rank()))),
    }
    rows
}

/// A quota as a row.
fn quota(quota: &Quota) -> QuotaRow {
    let amount = |value| QuotaAmount { value, unit: Unit::from_item(&quota.item) };
    QuotaRow {
        item: quota.item.clone(),
        usage: amount(quota.usage),
        limit: amount(quota.limit),
        utilisation: Utilisation::new(quota),
    }
}
