//! The levels by which resources and products are filtered. What is used up has no other level, because nothing of it can
//! be lost. The other levels overlap: a resource can be frozen and expire within 7 and 30 days.

use super::resource_state::{ResourceProblem as Problem, ResourceState};

/// A level of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResourceLevel {
    /// Expired with something left.
    Expired,
    /// Frozen with something left.
    Frozen,
    /// Expires within 7 days with something left.
    ExpiresVerySoon,
    /// Expires within 30 days with something left, also within 7.
    ExpiresSoon,
    /// Nothing is left.
    UsedUp,
    /// At least 95 percent is used, but not all.
    RunningOut,
    /// 80 to 95 percent is used.
    High,
    /// No problem.
    Ok,
}

impl ResourceLevel {
    pub(super) const ALL: [Self; 8] = [
        Self::Expired,
        Self::Frozen,
        Self::ExpiresVerySoon,
        Self::ExpiresSoon,
        Self::UsedUp,
        Self::RunningOut,
        Self::High,
        Self::Ok,
    ];

    /// Those of voice training resources, of which models are few and counted by type.
    pub(super) const OF_VOICE_TRAINING: [Self; 6] =
        [Self::Expired, Self::Frozen, Self::ExpiresVerySoon, Self::ExpiresSoon, Self::UsedUp, Self::Ok];

    /// The value of `?level=`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Frozen => "frozen",
            Self::ExpiresVerySoon => "expires-7d",
            Self::ExpiresSoon => "expires-30d",
            Self::UsedUp => "used-up",
            Self::RunningOut => "running-out",
            Self::High => "high",
            Self::Ok => "ok",
        }
    }

    /// Whether a resource has this level.
    pub(super) fn includes(self, state: &ResourceState) -> bool {
        let loses = |problem| state.has(problem) && state.has_something_left;
        match self {
            Self::Expired => loses(Problem::Expired),
            Self::Frozen => loses(Problem::Frozen),
            Self::ExpiresVerySoon => loses(Problem::ExpiresVerySoon),
            Self::ExpiresSoon => loses(Problem::ExpiresVerySoon) || loses(Problem::ExpiresSoon),
            Self::UsedUp => state.has(Problem::UsedUp),
            Self::RunningOut => loses(Problem::RunningOut),
            Self::High => loses(Problem::High),
            Self::Ok => state.problems.is_empty(),
        }
    }
}

/// How many resources have which level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProblemCounts([u64; ResourceLevel::ALL.len()]);

impl ProblemCounts {
    pub(super) fn new<'a>(states: impl Iterator<Item = &'a ResourceState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            for (count, level) in counts.0.iter_mut().zip(ResourceLevel::ALL) {
                *count += u64::from(level.includes(state));
            }
        }
        counts
    }

    pub(super) fn of(&self, level: ResourceLevel) -> u64 {
        let counts = self.0.iter().zip(ResourceLevel::ALL);
        counts.filter(|(_, other)| *other == level).map(|(count, _)| *count).sum()
    }
}
