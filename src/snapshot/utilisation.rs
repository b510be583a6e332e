//! How much of a quota is used, and how severe that is. The thresholds are those of the alerting rules.

use super::{Quota, User};

/// From this utilisation on an alert informs.
const HIGH: f64 = 0.8;
/// From this utilisation on an alert warns.
const RUNNING_OUT: f64 = 0.95;

/// How much of a quota is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Utilisation {
    /// The API does not report the usage or the quota.
    Unknown,
    /// The quota has no limit.
    Unlimited,
    /// A quota of 0 of which nothing is used.
    Unused,
    /// A quota of 0 of which something is used.
    NoQuota,
    /// Usage divided by the quota.
    Ratio(f64),
}

/// The severity of a utilisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Fine,
    High,
    RunningOut,
    UsedUp,
}

impl Utilisation {
    pub(crate) fn of(quota: &Quota) -> Self {
        Self::new(quota.usage, quota.limit)
    }

    pub(crate) fn new(usage: Option<f64>, limit: Option<f64>) -> Self {
        match (usage, limit) {
            (_, Some(f64::INFINITY)) => Self::Unlimited,
            (None, _) | (_, None) => Self::Unknown,
            (Some(0.0), Some(0.0)) => Self::Unused,
            (Some(_), Some(0.0)) => Self::NoQuota,
            (Some(usage), Some(limit)) => Self::Ratio(usage / limit),
        }
    }

    /// The greater, the closer to the limit; below 0 the quota cannot be used up.
    pub(crate) fn rank(self) -> f64 {
        match self {
            Self::NoQuota => f64::INFINITY,
            Self::Ratio(ratio) => ratio,
            Self::Unused => -1.0,
            Self::Unlimited => -2.0,
            Self::Unknown => -3.0,
        }
    }

    pub(crate) fn level(self) -> Level {
        Level::of_rank(self.rank())
    }
}

impl Level {
    pub(crate) fn of_rank(rank: f64) -> Self {
        match rank {
            rank if rank >= 1.0 => Self::UsedUp,
            rank if rank >= RUNNING_OUT => Self::RunningOut,
            rank if rank >= HIGH => Self::High,
            _ => Self::Fine,
        }
    }

    /// Its name in pages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::High => "high",
            Self::RunningOut => "running-out",
            Self::UsedUp => "used-up",
        }
    }
}

/// The quota with the highest utilisation; the first of equals.
pub(crate) fn most_used_quota(user: &User) -> Option<&Quota> {
    let rank = |quota: &Quota| Utilisation::of(quota).rank();
    user.quotas.iter().reduce(|best, quota| if rank(quota) > rank(best) { quota } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_without_limit_or_usage_have_no_ratio() {
        let unlimited = Some(f64::INFINITY);
        assert_eq!(Utilisation::new(Some(1e9), unlimited), Utilisation::Unlimited);
        assert_eq!(Utilisation::new(None, unlimited), Utilisation::Unlimited);
        assert_eq!(Utilisation::new(None, Some(5.0)), Utilisation::Unknown);
        assert_eq!(Utilisation::new(Some(5.0), None), Utilisation::Unknown);
        assert_eq!(Utilisation::new(Some(0.0), Some(0.0)), Utilisation::Unused);
        assert_eq!(Utilisation::new(Some(1.0), Some(0.0)), Utilisation::NoQuota);
        assert_eq!(Utilisation::new(Some(1.0), Some(4.0)), Utilisation::Ratio(0.25));
    }

    #[test]
    fn levels_match_the_alerts() {
        for (usage, level) in [
            (0.0, Level::Fine),
            (79.9, Level::Fine),
            (80.0, Level::High),
            (94.9, Level::High),
            (95.0, Level::RunningOut),
            (99.9, Level::RunningOut),
            (100.0, Level::UsedUp),
            (120.0, Level::UsedUp),
        ] {
            assert_eq!(Utilisation::new(Some(usage), Some(100.0)).level(), level, "{usage}");
        }
        assert_eq!(Utilisation::new(Some(1.0), Some(0.0)).level(), Level::UsedUp);
        assert_eq!(Utilisation::new(Some(1.0), Some(f64::INFINITY)).level(), Level::Fine);
    }
}
