//! Voice training resources of every documented type, charge mode, source and operation.

use jiff::{SignedDuration, Timestamp};

use super::{ProjectData, RESERVED_SLOTS};

/// The keys of `ResourceAvailableNums`, in the order of the documentation.
const AVAILABLE_KEYS: [&str; 6] =
    ["flexus", "basic", "middle", "middle_on_demand", "advance", "third_party_cmww"];

const TYPES: [&str; 8] =
    ["BASIC", "MIDDLE", "ADVANCE", "THIRD_PARTY", "THIRD_PARTY_LJZN", "TTS_CMWW", "TTS_LJZN", "FLEXUS"];
const SOURCES: [&str; 3] = ["PURCHASED", "SP_ALLOCATED", "ADMIN_ALLOCATED"];
/// Operations of resources that are not frozen.
const OPERATIONS: [&str; 4] = ["ADD", "UPDATE", "UNFREEZE", "REBIND"];

const DAY: i64 = 24 * 60 * 60;

/// A resource: a row of `ShowVoiceTrainingQuotas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedResource {
    /// `resource_id`, 32 hexadecimal digits.
    pub id: String,
    /// `asset_id`, 32 hexadecimal digits.
    pub asset_id: String,
    /// `resource_type`.
    pub resource_type: &'static str,
    /// `charge_mode`.
    pub charge_mode: &'static str,
    /// `resource_source`.
    pub source: &'static str,
    /// `operation_type`.
    pub operation: &'static str,
    /// `resource_nums`: voice models that the resource pays for.
    pub nums: u32,
    /// `resource_available_nums`: how many of them are left.
    pub available: u32,
    /// `expire_time`; `None` for one-time and pay-per-use resources.
    pub expires: Option<Timestamp>,
    /// `status`: 0 normal, 1 frozen.
    pub status: u8,
}

impl ProjectData {
    /// The resource in a slot at simulated time `now`.
    pub(in crate::sim) fn resource(&self, slot: usize, now: Timestamp) -> SimulatedResource {
        let mut rng = self.resource_ids.rng(slot);
        // A resource in a reserved slot looks like an ordinary later row.
        let row = slot.checked_sub(RESERVED_SLOTS).unwrap_or(slot + 40);
        let resource_type = TYPES[row % TYPES.len()];
        let charge_mode = charge_mode(row);
        let frozen = row % 19 == 4;
        // Pay-per-use allows three tasks at most.
        let nums = if charge_mode == "ON_DEMAND" { 3 } else { rng.u32(1..=10) * 10 };
        let start = nums - nums * rng.u32(0..=50) / 100;
        let days_to_empty = rng.i64(60..600);
        let days_to_expiry = expiry_days(row, rng.i64(30..400));
        SimulatedResource {
            id: self.resource_ids.id(slot),
            asset_id: self.asset_ids.id(slot),
            resource_type,
            charge_mode,
            source: if charge_mode == "ON_DEMAND" { SOURCES[0] } else { SOURCES[row % SOURCES.len()] },
            operation: if frozen { "FREEZE" } else { OPERATIONS[row % OPERATIONS.len()] },
            nums,
            // From the start one type is used up and one nearly so.
            available: match (resource_type, row) {
                ("ADVANCE", 2) => remaining(2, 60, self.age(now)),
                ("ADVANCE" | "THIRD_PARTY", _) => 0,
                _ => remaining(start, days_to_empty, self.age(now)),
            },
            expires: (charge_mode == "PERIODIC")
                .then(|| self.epoch.checked_add(SignedDuration::from_secs(days_to_expiry * DAY)).ok())
                .flatten(),
            status: u8::from(frozen),
        }
    }

    /// The slot of the resource with this ID.
    pub(in crate::sim) fn resource_slot(&self, id: &str) -> Option<usize> {
        self.resource_ids.slot(id).filter(|slot| *slot >= RESERVED_SLOTS)
    }
}

/// `resource_available_nums` of the whole list at simulated time `now`: the models left in its usable resources, by
/// the keys of [`AVAILABLE_KEYS`].
pub(crate) fn sum_available(
    resources: impl Iterator<Item = SimulatedResource>,
    now: Timestamp,
) -> Vec<(&'static str, u32)> {
    let mut sums = AVAILABLE_KEYS.map(|key| (key, 0_u32));
    for resource in resources {
        let usable = resource.status == 0 && resource.expires.is_none_or(|expires| expires > now);
        let key = available_key(&resource);
        for (_, sum) in sums.iter_mut().filter(|(name, _)| usable && Some(*name) == key) {
            *sum = sum.saturating_add(resource.available);
        }
    }
    sums.to_vec()
}

/// Mostly yearly or monthly. Row 9 of 16 is always `MIDDLE`, the only type that allows pay-per-use.
fn charge_mode(row: usize) -> &'static str {
    match row % 16 {
        9 => "ON_DEMAND",
        5 | 14 => "ONE_TIME",
        _ => "PERIODIC",
    }
}

/// Days from the epoch to the expiry. The first rows show each urgency, even in a small project.
fn expiry_days(row: usize, default: i64) -> i64 {
    match row {
        0 => 1,
        1 => 5,
        2 => 20,
        3 => -3,
        _ => default,
    }
}

/// The rest of `start` after `age` seconds, if it lasts for `days`.
fn remaining(start: u32, days: i64, age: i64) -> u32 {
    let used = i64::from(start).saturating_mul(age) / (days * DAY);
    start.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
}

/// The key that a resource counts under; the speech synthesis types and AudioX have none.
fn available_key(resource: &SimulatedResource) -> Option<&'static str> {
    match (resource.resource_type, resource.charge_mode) {
        ("FLEXUS", _) => Some("flexus"),
        ("BASIC", _) => Some("basic"),
        ("MIDDLE", "ON_DEMAND") => Some("middle_on_demand"),
        ("MIDDLE", _) => Some("middle"),
        ("ADVANCE", _) => Some("advance"),
        ("THIRD_PARTY", _) => Some("third_party_cmww"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::ProjectSpec;
    use super::*;

    fn epoch() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn day(days: i64) -> Timestamp {
        epoch() + SignedDuration::from_hours(24 * days)
    }

    fn data(count: usize) -> ProjectData {
        ProjectData::new(1, ProjectSpec::new("test", "cn-north-4", 0, count), epoch(), 0)
    }

    fn resources(count: usize, at: Timestamp) -> Vec<SimulatedResource> {
        (0..count).map(|row| data(count).resource(RESERVED_SLOTS + row, at)).collect()
    }

    #[test]
    fn thirty_resources_show_every_documented_value() {
        let all = resources(30, epoch());
        let values =
            |field: fn(&SimulatedResource) -> &'static str| all.iter().map(field).collect::<BTreeSet<_>>();
        assert_eq!(values(|r| r.resource_type), BTreeSet::from(TYPES));
        assert_eq!(values(|r| r.charge_mode), BTreeSet::from(["ON_DEMAND", "ONE_TIME", "PERIODIC"]));
        assert_eq!(values(|r| r.source), BTreeSet::from(SOURCES));
        let operations = BTreeSet::from(["ADD", "UPDATE", "FREEZE", "UNFREEZE", "REBIND"]);
        assert_eq!(values(|r| r.operation), operations);
        assert_eq!(all.iter().filter(|r| r.status == 1).count(), 2);
        assert!(all.is_sorted_by(|a, b| a.id < b.id));
    }

    #[test]
    fn expiry_shows_each_urgency() {
        let all = resources(30, epoch());
        let between = |from: i64, to: i64| {
            all.iter().filter(|r| r.expires.is_some_and(|at| day(from) < at && at <= day(to))).count()
        };
        assert_eq!((between(-9, 0), between(0, 2), between(2, 7), between(7, 29)), (1, 1, 1, 1));
        assert_eq!(all.iter().filter(|r| r.expires.is_none()).count(), 5);
        assert_eq!(between(29, 400), 21);
    }

    #[test]
    fn models_run_out_slowly_and_never_exceed_the_total() {
        let (first, later) = (resources(30, epoch()), resources(30, day(90)));
        assert!(first.iter().all(|r| r.available <= r.nums));
        assert!(first.iter().zip(&later).all(|(first, later)| later.available <= first.available));
        let sum = |all: &[SimulatedResource]| all.iter().map(|r| r.available).sum::<u32>();
        assert!(sum(&later) < sum(&first) && sum(&later) > 0);
    }

    #[test]
    fn available_sums_what_can_be_used() {
        let all = resources(30, epoch());
        let basic: u32 = all.iter().filter(|r| r.resource_type == "BASIC").map(|r| r.available).sum();
        let available = sum_available(all.iter().cloned(), epoch());
        assert_eq!(available.iter().map(|(key, _)| *key).collect::<Vec<_>>(), AVAILABLE_KEYS);
        assert_eq!(available[1], ("basic", basic));
        assert!(basic > all[0].available);
        // Of the three Flexus resources in rows 7, 15 and 23 the last is frozen.
        assert!(all[23].resource_type == "FLEXUS" && all[23].status == 1 && all[23].available > 0);
        assert_eq!(available[0], ("flexus", all[7].available + all[15].available));
        assert_eq!(available[4], ("advance", 2));
        assert_eq!(available[5], ("third_party_cmww", 0));
        // The first resource is of the basic edition and expires after a day.
        let after_a_day = resources(30, day(1));
        let later = after_a_day[0].available;
        let (_, basic_later) = sum_available(after_a_day.into_iter(), day(1))[1];
        assert!(later > 0 && basic_later <= basic - later, "{basic} {basic_later} {later}");
    }

    #[test]
    fn an_empty_project_has_all_keys_at_zero() {
        assert_eq!(sum_available(std::iter::empty(), epoch()), AVAILABLE_KEYS.map(|key| (key, 0)));
    }
}
