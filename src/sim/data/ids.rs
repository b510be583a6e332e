//! IDs of 32 hexadecimal digits that sort by their slot in the list, so that no page has to be sorted.

use fastrand::Rng;

/// The IDs of one list.
#[derive(Debug)]
pub(super) struct SortedIds {
    seed: u64,
    slots: usize,
    /// The first eight digits of slot `n` lie in `n * stride .. (n + 1) * stride`.
    stride: u64,
}

impl SortedIds {
    /// The IDs of a list with this many slots.
    pub(super) fn new(seed: u64, slots: usize) -> Self {
        SortedIds { seed, slots, stride: (u64::from(u32::MAX) / (slots as u64 + 1)).max(1) }
    }

    /// The ID in a slot.
    pub(super) fn id(&self, slot: usize) -> String {
        let mut rng = self.rng(slot);
        let head = slot as u64 * self.stride + rng.u64(0..self.stride);
        format!("{head:08x}{:08x}{:016x}", rng.u32(..), rng.u64(..))
    }

    /// The slot of an ID, or `None` if it is not in the list.
    pub(super) fn slot(&self, id: &str) -> Option<usize> {
        let head = u64::from_str_radix(id.get(..8)?, 16).ok()?;
        let slot = usize::try_from(head / self.stride).ok()?;
        (slot < self.slots && self.id(slot) == id).then_some(slot)
    }

    /// The random numbers for the row in a slot.
    pub(super) fn rng(&self, slot: usize) -> Rng {
        Rng::with_seed(self.seed.wrapping_add(slot as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_32_digits_sorted_by_slot_and_found_again() {
        let ids = SortedIds::new(7, 100_000);
        let all: Vec<String> = (0..100_000).map(|slot| ids.id(slot)).collect();
        assert!(all.is_sorted_by(|a, b| a < b));
        assert!(all.iter().all(|id| id.len() == 32));
        for slot in [0, 1, 50_000, 99_999] {
            assert_eq!(ids.slot(&all[slot]), Some(slot));
        }
    }

    #[test]
    fn unknown_ids_are_not_found() {
        let ids = SortedIds::new(7, 3);
        for unknown in ["", "short", "ffffffffffffffffffffffffffffffff", "größer-als-acht", &ids.id(3)] {
            assert_eq!(ids.slot(unknown), None, "{unknown}");
        }
    }
}
