//! The links that filter a list by level, each with the number of rows that it shows.

use super::format;
use super::language::Text;
use super::page_context::PageContext;
use super::resource_levels::{ProblemCounts, ResourceLevel};
use super::texts;
use super::users::LEVELS;
use crate::snapshot::LevelCounts;

/// A filter of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tab {
    /// The value of `?level=`; empty for all rows.
    pub(super) level: &'static str,
    pub(super) label: &'static Text,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// The filters of users.
pub(super) fn of_users(page: &PageContext, counts: LevelCounts) -> Vec<Tab> {
    let of = |level| usize::try_from(counts.of(level)).unwrap_or(usize::MAX);
    // Every user has one level.
    let all = tab(page, "", texts::ALL, LEVELS.into_iter().map(|(_, level)| of(level)).sum());
    let tabs = LEVELS.into_iter().map(|(text, level)| tab(page, text, texts::user_level(level), of(level)));
    std::iter::once(all).chain(tabs).collect()
}

/// The filters of resources or products by `levels`.
pub(super) fn of_resources(
    page: &PageContext,
    all: usize,
    levels: &[ResourceLevel],
    counts: &ProblemCounts,
) -> Vec<Tab> {
    let of = |level| usize::try_from(counts.of(level)).unwrap_or(usize::MAX);
    let tabs =
        levels.iter().map(|level| tab(page, level.as_str(), texts::resource_level(*level), of(*level)));
    std::iter::once(tab(page, "", texts::ALL, all)).chain(tabs).collect()
}

fn tab(page: &PageContext, level: &'static str, label: &'static Text, count: usize) -> Tab {
    Tab {
        level,
        label,
        count: format::count(count as u64),
        href: page.query.link_here(page.path, &[("level", level), ("page", "")]),
        is_current: page.query.level == level,
    }
}
