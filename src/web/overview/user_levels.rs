//! How many users have which level.

use super::users::RankedUser;
use super::utilisation::Level;

/// Users by the level of their most-used quota. No user counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LevelCounts {
    pub(super) used_up: u64,
    /// At least 95 percent.
    pub(super) running_out: u64,
    /// At least 80 percent.
    pub(super) high: u64,
}

/// Counts the users of each project that has users. Those of a project are adjacent.
pub(super) fn by_project<'a>(users: &[RankedUser<'a>]) -> Vec<(&'a str, LevelCounts)> {
    let projects = users.chunk_by(|a, b| a.project == b.project);
    projects.filter_map(|users| Some((users.first()?.project, count(users)))).collect()
}

fn count(users: &[RankedUser<'_>]) -> LevelCounts {
    let mut counts = LevelCounts::default();
    for user in users {
        match user.level() {
            Level::UsedUp => counts.used_up += 1,
            Level::RunningOut => counts.running_out += 1,
            Level::High => counts.high += 1,
            Level::Fine => {}
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
