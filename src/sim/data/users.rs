//! Sub-accounts with every kind of quota: ordinary, nearly exhausted, exhausted, unlimited, absent, or not reported.

use fastrand::Rng;
use jiff::Timestamp;

use super::{ProjectData, RESERVED_SLOTS};

/// The eight quota items of `ListUserQuotaDetail`, by their names there.
pub(crate) const ITEMS: [&str; 8] = [
    "modeling_count_2d_model",
    "modeling_count_2d_model_flexus",
    "video_time_2d_model",
    "video_time_flexus_2d_model",
    "voice_clone_basic",
    "voice_clone_middle",
    "voice_clone_advance",
    "voice_clone_flexus",
];

const DAY: i64 = 24 * 60 * 60;

/// A sub-account: a row of `ListUserQuotas`.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedUser {
    /// `user_id`, 32 hexadecimal digits.
    pub id: String,
    /// The name in IAM, such as `studio-0042`.
    pub name: String,
    /// One entry per item, in the order of [`ITEMS`].
    pub quotas: [ItemQuota; 8],
}

/// Limit and usage of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemQuota {
    /// The field name in `quota` and `usage`.
    pub item: &'static str,
    /// The limit; -1 means unlimited.
    pub limit: ItemAmount,
    /// The usage, or `None` if the API omits it.
    pub usage: Option<ItemAmount>,
}

/// A number in the type that the API documents for its item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ItemAmount {
    /// `Integer`: models or voices.
    Count(i32),
    /// `Float`: minutes of video, `video_time_*`, with at most two decimals.
    Minutes(f64),
}

impl ItemAmount {
    /// The number as the API shows it: a count, or minutes.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            ItemAmount::Count(count) => f64::from(count),
            ItemAmount::Minutes(minutes) => minutes,
        }
    }

    /// Parses an amount of `item`; `None` if the type of the item does not allow it.
    pub(in crate::sim) fn parse(item: &str, text: &str) -> Option<Self> {
        if in_minutes(item) {
            text.parse().ok().filter(|minutes: &f64| minutes.is_finite()).map(ItemAmount::Minutes)
        } else {
            text.parse().ok().map(ItemAmount::Count)
        }
    }

    /// The type of the amounts of `item`, in words.
    pub(in crate::sim) fn type_name(item: &str) -> &'static str {
        if in_minutes(item) { "a number of minutes" } else { "a whole number" }
    }
}

fn in_minutes(item: &str) -> bool {
    item.starts_with("video_time_")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UserKind {
    Ordinary,
    /// Two items are used up from the start.
    Exhausted,
    /// Two items start at 80 to 95 percent.
    NearlyExhausted,
    /// Every limit is -1.
    Unlimited,
    /// Half of the items have limit 0 and usage 0.
    WithoutQuota,
    /// The API omits the usage.
    UsageAbsent,
    /// The API omits the usage of every other item.
    UsageIncomplete,
}

impl ProjectData {
    /// The user in a slot at simulated time `now`.
    pub(in crate::sim) fn user(&self, slot: usize, now: Timestamp) -> SimulatedUser {
        let mut rng = self.user_ids.rng(slot);
        let kind = user_kind(slot, &mut rng);
        let favourite = rng.usize(0..ITEMS.len());
        let age = self.age(now);
        let quotas = std::array::from_fn(|item| {
            // Neighbouring items, so that each kind of user shows on counts and minutes alike.
            let special = item == favourite || item == (favourite + 1) % ITEMS.len();
            item_quota(item, kind, special, age, &mut rng)
        });
        SimulatedUser { id: self.user_id(slot), name: self.user_name(slot), quotas }
    }

    /// The ID of the user in a slot.
    pub(in crate::sim) fn user_id(&self, slot: usize) -> String {
        self.user_ids.id(slot)
    }

    /// The name of the user in a slot.
    pub(in crate::sim) fn user_name(&self, slot: usize) -> String {
        format!("studio-{:04}", self.first_user_number + slot)
    }

    /// The slot of the user with this ID.
    pub(in crate::sim) fn user_slot(&self, id: &str) -> Option<usize> {
        self.user_ids.slot(id).filter(|slot| *slot >= RESERVED_SLOTS)
    }
}

/// The first rows show one user of each kind, even in a small project.
fn user_kind(slot: usize, rng: &mut Rng) -> UserKind {
    let chance = rng.u32(0..100);
    match (slot.checked_sub(RESERVED_SLOTS), chance) {
        (Some(1), _) | (Some(7..), 0..3) => UserKind::Exhausted,
        (Some(2), _) | (Some(7..), 3..11) => UserKind::NearlyExhausted,
        (Some(3), _) | (Some(7..), 11..21) => UserKind::Unlimited,
        (Some(4), _) | (Some(7..), 21..26) => UserKind::WithoutQuota,
        (Some(5), _) | (Some(7..), 26..28) => UserKind::UsageAbsent,
        (Some(6), _) | (Some(7..), 28..30) => UserKind::UsageIncomplete,
        _ => UserKind::Ordinary,
    }
}

/// Draws limit, initial usage and growth, in whole units or hundredths of minutes, so that the numbers are exact.
fn item_quota(item: usize, kind: UserKind, special: bool, age: i64, rng: &mut Rng) -> ItemQuota {
    let minutes = in_minutes(ITEMS[item]);
    let steps = if minutes { [6_000, 12_000, 30_000, 60_000, 250_000] } else { [5, 10, 20, 40, 100] };
    let size = *rng.choice(&steps).unwrap_or(&steps[0]);
    let days_to_fill = rng.i64(10..400);
    let start_percent = match kind {
        UserKind::Exhausted if special => 100,
        UserKind::NearlyExhausted if special => rng.i32(80..=95),
        _ => rng.i32(5..=60),
    };

    let limit = match kind {
        UserKind::Unlimited => None,
        UserKind::WithoutQuota if !item.is_multiple_of(2) => Some(0),
        _ => Some(size),
    };
    let used = i64::from(size * start_percent / 100) + age * i64::from(size) / (days_to_fill * DAY);
    let used = i32::try_from(used).unwrap_or(i32::MAX).min(limit.unwrap_or(i32::MAX));
    let reported =
        kind != UserKind::UsageAbsent && (kind != UserKind::UsageIncomplete || item.is_multiple_of(2));

    let amount = |steps: i32| {
        if minutes { ItemAmount::Minutes(f64::from(steps) / 100.0) } else { ItemAmount::Count(steps) }
    };
    let unlimited = if minutes { ItemAmount::Minutes(-1.0) } else { ItemAmount::Count(-1) };
    ItemQuota {
        item: ITEMS[item],
        limit: limit.map_or(unlimited, amount),
        usage: reported.then(|| amount(used)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::super::ProjectSpec;
    use super::*;

    fn epoch() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn users(seed: u64, count: usize, days: i64) -> Vec<SimulatedUser> {
        let data = ProjectData::new(seed, ProjectSpec::new("test", "cn-north-4", count, 0), epoch(), 0);
        let at = epoch() + SignedDuration::from_hours(24 * days);
        (0..count).map(|row| data.user(RESERVED_SLOTS + row, at)).collect()
    }

    fn ratio(quota: &ItemQuota) -> f64 {
        quota.usage.unwrap().value() / quota.limit.value()
    }

    #[test]
    fn the_seed_determines_the_users() {
        assert_eq!(users(1, 50, 3), users(1, 50, 3));
        assert_ne!(users(1, 50, 3)[0], users(2, 50, 3)[0]);
    }

    #[test]
    fn ids_in_reserved_slots_are_unknown() {
        let data = ProjectData::new(1, ProjectSpec::new("test", "cn-north-4", 3, 0), epoch(), 0);
        let found = [0, 1, 2, 4, 5].map(|slot| data.user_slot(&data.user_id(slot)));
        assert_eq!(found, [None, None, Some(2), Some(4), None]);
    }

    #[test]
    fn no_two_projects_share_a_user() {
        let first = |project: &str| {
            ProjectData::new(1, ProjectSpec::new(project, "cn-north-4", 3, 0), epoch(), 0)
                .user_id(RESERVED_SLOTS)
        };
        assert_ne!(first("one"), first("two"));
    }

    #[test]
    fn usage_grows_and_stops_at_the_limit() {
        let (first, later, last) = (users(1, 250, 0), users(1, 250, 30), users(1, 250, 4000));
        let quotas = |users: &[SimulatedUser]| users.iter().flat_map(|user| user.quotas).collect::<Vec<_>>();
        let mut grown = 0;
        for ((first, later), last) in quotas(&first).iter().zip(quotas(&later)).zip(quotas(&last)) {
            assert_eq!(first.limit, later.limit);
            let (Some(before), Some(after), Some(end)) = (first.usage, later.usage, last.usage) else {
                continue;
            };
            assert!(before.value() <= after.value(), "{first:?} shrank to {later:?}");
            grown += usize::from(before.value() < after.value());
            if first.limit.value() >= 0.0 {
                assert!((end.value() - first.limit.value()).abs() < f64::EPSILON, "{last:?} is not full");
            }
        }
        assert!(grown > 1000, "only {grown} of 2000 grew in a month");
    }

    #[test]
    fn the_first_seven_rows_show_each_kind_of_user() {
        let users = users(1, 7, 0);
        let count = |user: usize, matches: &dyn Fn(&ItemQuota) -> bool| {
            users[user].quotas.iter().filter(|quota| matches(quota)).count()
        };
        assert_eq!(count(0, &|quota| ratio(quota) <= 0.6), 8, "ordinary");
        assert_eq!(count(1, &|quota| (ratio(quota) - 1.0).abs() < f64::EPSILON), 2, "exhausted");
        assert_eq!(count(2, &|quota| (0.8..=0.95).contains(&ratio(quota))), 2, "nearly exhausted");
        assert_eq!(count(3, &|quota| quota.limit.value() < 0.0), 8, "unlimited");
        assert_eq!(
            count(4, &|quota| quota.limit.value() + quota.usage.unwrap().value() == 0.0),
            4,
            "without quota"
        );
        assert_eq!(count(5, &|quota| quota.usage.is_none()), 8, "usage absent");
        assert_eq!(count(6, &|quota| quota.usage.is_none()), 4, "usage incomplete");
    }

    #[test]
    fn no_usage_starts_between_nearly_exhausted_and_exhausted() {
        let all = users(1, 2000, 0);
        let limited = all.iter().flat_map(|user| &user.quotas).filter(|quota| {
            quota.limit.value() > 0.0 && quota.usage.is_some_and(|usage| usage.value() < quota.limit.value())
        });
        let high: Vec<f64> = limited.map(ratio).filter(|ratio| *ratio > 0.6).collect();
        assert!(high.iter().all(|ratio| (0.8..=0.95).contains(ratio)), "{high:?}");
        assert!(high.len() > 200 && high.iter().any(|ratio| *ratio > 0.94));
    }

    #[test]
    fn minutes_have_at_most_two_decimals_and_some_have_two() {
        let all = users(1, 250, 7);
        let usages = all.iter().flat_map(|user| &user.quotas).filter_map(|quota| quota.usage);
        let minutes: Vec<f64> = usages
            .filter_map(|usage| if let ItemAmount::Minutes(minutes) = usage { Some(minutes) } else { None })
            .collect();
        assert!(
            minutes
                .iter()
                .all(|minutes| minutes.to_string().split_once('.').is_none_or(|(_, f)| f.len() <= 2))
        );
        assert!(minutes.iter().any(|minutes| minutes.fract() > 0.0));
    }
}
