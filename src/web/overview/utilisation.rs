//! How much of a quota is used, and how bad that is: the thresholds are those of the alerts.

use crate::snapshot::{Quota, User};

/// More than this part of a quota: an alert warns.
pub(super) const HIGH: f64 = 0.8;
/// More than this part of a quota: an alert is critical.
pub(super) const CRITICAL: f64 = 0.95;

/// How much of a quota is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Utilisation {
    /// The API does not tell the usage, or the quota.
    NotTold,
    /// There is no limit.
    Unlimited,
    /// A quota of 0 of which nothing is used.
    Unused,
    /// A quota of 0 of which something is used.
    NoQuota,
    /// Usage divided by the quota.
    Ratio(f64),
}

/// How bad that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Fine,
    High,
    Critical,
    UsedUp,
}

impl Utilisation {
    pub(super) fn of(quota: &Quota) -> Self {
        match (quota.usage, quota.limit) {
            (_, Some(f64::INFINITY)) => Self::Unlimited,
            (None, _) | (_, None) => Self::NotTold,
            (Some(0.0), Some(0.0)) => Self::Unused,
            (Some(_), Some(0.0)) => Self::NoQuota,
            (Some(usage), Some(limit)) => Self::Ratio(usage / limit),
        }
    }

    /// Greater is nearer to exhaustion; below 0 is nothing that can run out.
    pub(super) fn rank(self) -> f64 {
        match self {
            Self::NoQuota => f64::INFINITY,
            Self::Ratio(ratio) => ratio,
            Self::Unused => -1.0,
            Self::Unlimited => -2.0,
            Self::NotTold => -3.0,
        }
    }

    /// The filled part of a bar of 100; none where there is nothing to fill.
    pub(super) fn bar(self) -> Option<String> {
        match self {
            Self::Ratio(ratio) => Some(format!("{:.1}", (ratio * 100.0).clamp(0.0, 100.0))),
            Self::NoQuota => Some("100".to_owned()),
            Self::NotTold | Self::Unlimited | Self::Unused => None,
        }
    }

    pub(super) fn level(self) -> Level {
        match self.rank() {
            rank if rank >= 1.0 => Level::UsedUp,
            rank if rank > CRITICAL => Level::Critical,
            rank if rank > HIGH => Level::High,
            _ => Level::Fine,
        }
    }
}

impl Level {
    /// The class and `data-level` of what is so.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::High => "high",
            Self::Critical => "critical",
            Self::UsedUp => "used-up",
        }
    }
}

/// The quota that a user is nearest to exhaust; of two alike the first.
pub(super) fn fullest(user: &User) -> Option<&Quota> {
    let rank = |quota: &Quota| Utilisation::of(quota).rank();
    user.quotas.iter().reduce(|best, quota| if rank(quota) > rank(best) { quota } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(usage: Option<f64>, limit: Option<f64>) -> Utilisation {
        Utilisation::of(&Quota { item: "i".into(), limit, usage })
    }

    #[test]
    fn what_has_no_limit_or_no_usage_has_no_ratio() {
        let unlimited = Some(f64::INFINITY);
        assert_eq!(of(Some(1e9), unlimited), Utilisation::Unlimited);
        assert_eq!(of(None, unlimited), Utilisation::Unlimited);
        assert_eq!(of(None, Some(5.0)), Utilisation::NotTold);
        assert_eq!(of(Some(5.0), None), Utilisation::NotTold);
        assert_eq!(of(Some(0.0), Some(0.0)), Utilisation::Unused);
        assert_eq!(of(Some(1.0), Some(0.0)), Utilisation::NoQuota);
        assert_eq!(of(Some(1.0), Some(4.0)), Utilisation::Ratio(0.25));
    }

    #[test]
    fn levels_are_those_of_the_alerts() {
        for (usage, level) in [
            (0.0, Level::Fine),
            (80.0, Level::Fine),
            (80.1, Level::High),
            (95.0, Level::High),
            (95.1, Level::Critical),
            (99.9, Level::Critical),
            (100.0, Level::UsedUp),
            (120.0, Level::UsedUp),
        ] {
            assert_eq!(of(Some(usage), Some(100.0)).level(), level, "{usage}");
        }
        assert_eq!(of(Some(1.0), Some(0.0)).level(), Level::UsedUp);
        assert_eq!(of(Some(1.0), Some(f64::INFINITY)).level(), Level::Fine);
    }
}
