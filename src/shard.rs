//! Which replica polls a project. Decided by the name alone, so that replicas need not communicate.

use sha2::{Digest, Sha256};

/// The share of the projects that one replica polls: shard `number` of `total`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    number: u32,
    total: u32,
}

impl Shard {
    /// Returns `None` unless `number` is less than `total`.
    pub(crate) fn new(number: u32, total: u32) -> Option<Self> {
        (number < total).then_some(Self { number, total })
    }

    /// Whether the project of this name is in the share.
    pub(crate) fn contains(self, name: &str) -> bool {
        shard_of(name, self.total) == self.number
    }
}

/// The shard, less than `total`, of the project of this name. An additional shard takes its share of the projects from
/// the others and moves no project between them.
///
/// Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", over the first eight bytes of the name's
/// SHA-256. Do not change the hash: projects would move between replicas at an update.
fn shard_of(name: &str, total: u32) -> u32 {
    let digest = Sha256::digest(name);
    let mut key = digest.iter().take(8).fold(0_u64, |key, byte| key << 8 | u64::from(*byte));
    let (mut shard, mut next) = (0, 0_u64);
    while next < u64::from(total) {
        shard = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        // Less than 2^64: the quotient is at most 2^31, and the shard is less than 2^32.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let jump = ((shard + 1) as f64 * ((1_u64 << 31) as f64 / ((key >> 33) + 1) as f64)) as u64;
        next = jump;
    }
    // It is less than `total`, a `u32`.
    u32::try_from(shard).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> impl Iterator<Item = String> {
        (0..10_000).map(|number| format!("project-{number:04}"))
    }

    /// The expected values come from another implementation of the paper.
    #[test]
    fn the_hash_is_stable() {
        for (name, shards) in [
            ("production", [0, 1, 2, 2]),
            ("staging", [0, 1, 1, 8]),
            ("project-0001", [0, 1, 1, 6]),
            ("项目", [0, 1, 1, 1]),
            ("", [0, 1, 2, 5]),
        ] {
            assert_eq!([1, 2, 3, 10].map(|total| shard_of(name, total)), shards, "{name}");
        }
    }

    #[test]
    fn each_project_is_in_one_shard_and_shards_are_of_similar_size() {
        for total in [1, 2, 3, 7, 16] {
            let mut sizes = vec![0_u32; total as usize];
            for name in names() {
                let shards = (0..total).map(|number| Shard::new(number, total).unwrap());
                let holders: Vec<_> = shards.filter(|shard| shard.contains(&name)).collect();
                assert_eq!(holders.len(), 1, "{name}: {holders:?}");
                sizes[holders[0].number as usize] += 1;
            }
            let even = 10_000 / total;
            assert!(sizes.iter().all(|size| size.abs_diff(even) < even / 5), "{sizes:?}");
        }
    }

    #[test]
    fn an_additional_shard_moves_only_its_share() {
        for total in [1, 2, 3, 9] {
            let mut moved = 0;
            for name in names() {
                let (before, after) = (shard_of(&name, total), shard_of(&name, total + 1));
                assert!(after == before || after == total, "{name}: from {before} to {after}");
                moved += u32::from(after != before);
            }
            let share = 10_000 / (total + 1);
            assert!(moved.abs_diff(share) < share / 5, "{moved} of 10,000 moved to shard {total}");
        }
    }

    #[test]
    fn a_shard_number_is_less_than_the_total() {
        assert_eq!(Shard::new(1, 1), None);
        assert_eq!(Shard::new(0, 0), None);
        assert!(Shard::new(2, 3).is_some());
    }
}
