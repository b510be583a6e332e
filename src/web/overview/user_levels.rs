//! How many users have which level.

use super::facts::ProjectFacts;
use super::utilisation::{Level, Utilisation, most_used_quota};

/// Users by the level of their most-used quota. No user counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LevelCounts {
    pub(super) used_up: u64,
    /// At least 95 percent.
    pub(super) running_out: u64,
    /// At least 80 percent.
    pub(super) high: u64,
}

/// Counts the users of a project.
pub(super) fn count(project: &ProjectFacts) -> LevelCounts {
    let mut counts = LevelCounts::default();
    for user in project.users().into_iter().flat_map(|users| &users.users) {
        match most_used_quota(user).map(|quota| Utilisation::new(quota).level()) {
            Some(Level::UsedUp) => counts.used_up += 1,
            Some(Level::Critical) => counts.running_out += 1,
            Some(Level::High) => counts.high += 1,
            Some(Level::Fine) | None => {}
        }
    }
    counts
}

impl std::iter::Sum for LevelCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |a, b| Self {
            used_up: a.used_up + b.used_up,
            running_out: a.running_out + b.running_out,
            high: a.high + b.high,
        })
    }
}
