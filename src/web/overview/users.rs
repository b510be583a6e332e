//! Rows of users and their quotas.

use super::format;
use super::sort_order::SortOrder;
use crate::snapshot::{Item, Level, Quota, Unit, User, Utilisation, most_used_quota};

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
    pub(super) used_up: usize,
    /// How many items the API lists.
    pub(super) items: usize,
}

impl<'a> UserRow<'a> {
    pub(super) fn new(project: &'a str, user: User) -> Self {
        let is_used_up = |quota: &&Quota| Utilisation::of(quota).level() == Level::UsedUp;
        Self {
            project,
            most_used: most_used_quota(&user).map(quota),
            used_up: user.quotas.iter().filter(is_used_up).count(),
            items: user.quotas.len(),
            id: user.id,
            name: user.name,
        }
    }

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

impl QuotaRow {
    /// The filled width of a bar of 100; `None` if there is no ratio to draw.
    pub(super) fn bar(&self) -> Option<String> {
        format::bar(self.utilisation)
    }
}

/// A usage or a limit; `None` if the API does not report it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QuotaAmount {
    pub(super) value: Option<f64>,
    pub(super) unit: Unit,
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
        utilisation: Utilisation::of(quota),
    }
}
