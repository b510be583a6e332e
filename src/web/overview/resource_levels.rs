//! The levels by which resources are filtered. A resource without models left is used up and has no other level, because
//! nothing of it can be lost. The other levels overlap: a resource can be frozen and expire within 7 and 30 days.

use super::resources::{ResourceProblem as Problem, ResourceRow};

/// A level of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResourceLevel {
    /// Expired with models left.
    Expired,
    /// Frozen with models left.
    Frozen,
    /// Expires within 7 days with models left.
    ExpiresVerySoon,
    /// Expires within 30 days with models left, also within 7.
    ExpiresSoon,
    /// No models left.
    UsedUp,
    /// No problem.
    Ok,
}

impl ResourceLevel {
    pub(super) const ALL: [Self; 6] =
        [Self::Expired, Self::Frozen, Self::ExpiresVerySoon, Self::ExpiresSoon, Self::UsedUp, Self::Ok];

    /// The value of `?level=`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Frozen => "frozen",
            Self::ExpiresVerySoon => "expires-7d",
            Self::ExpiresSoon => "expires-30d",
            Self::UsedUp => "used-up",
            Self::Ok => "ok",
        }
    }

    /// `None` if there is no such level.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// Whether a resource has this level.
    pub(super) fn includes(self, row: &ResourceRow<'_>) -> bool {
        match self {
            Self::Expired => row.has(Problem::Expired) && row.has_models_left(),
            Self::Frozen => row.has(Problem::Frozen) && row.has_models_left(),
            Self::ExpiresVerySoon => row.has(Problem::ExpiresVerySoon) && row.has_models_left(),
            Self::ExpiresSoon => {
                let is_soon = row.has(Problem::ExpiresVerySoon) || row.has(Problem::ExpiresSoon);
                is_soon && row.has_models_left()
            }
            Self::UsedUp => !row.has_models_left(),
            Self::Ok => row.problems.is_empty(),
        }
    }
}

/// How many resources have which problem. All but those that are used up have models left to lose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProblemCounts {
    pub(super) expired: u64,
    pub(super) frozen: u64,
    /// Expire within 7 days.
    pub(super) expiring_very_soon: u64,
    /// Expire within 30 days, also within 7.
    pub(super) expiring: u64,
    pub(super) used_up: u64,
}

/// Counts the resources of each of [`ResourceLevel::ALL`].
pub(super) fn count_levels(rows: &[ResourceRow<'_>]) -> [usize; ResourceLevel::ALL.len()] {
    ResourceLevel::ALL.map(|level| count(rows, level))
}

/// Counts the resources of the levels that are problems.
pub(super) fn count_problems(rows: &[ResourceRow<'_>]) -> ProblemCounts {
    let count = |level| count(rows, level) as u64;
    ProblemCounts {
        expired: count(ResourceLevel::Expired),
        frozen: count(ResourceLevel::Frozen),
        expiring_very_soon: count(ResourceLevel::ExpiresVerySoon),
        expiring: count(ResourceLevel::ExpiresSoon),
        used_up: count(ResourceLevel::UsedUp),
    }
}

fn count(rows: &[ResourceRow<'_>], level: ResourceLevel) -> usize {
    rows.iter().filter(|row| level.includes(row)).count()
}
