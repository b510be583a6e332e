//! The users and resources of a simulated project, and how they develop over simulated time.
//!
//! A pure function of seed, project and time. It must not know HTTP, JSON or the clock. Each row is made from its
//! position in the list alone, so a page of a large project costs as much as a page of a small one.

mod ids;
mod products;
mod resources;
mod users;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub(super) use products::SOURCES;
pub use products::SimulatedProduct;
pub use resources::SimulatedResource;
pub(crate) use resources::sum_available;
pub(crate) use users::ITEMS;
pub use users::{ItemAmount, ItemQuota, SimulatedUser};

use super::ProjectSpec;
use ids::SortedIds;

/// Slots before the first row of each list, for rows that appear while a caller walks the list: row `n` is in slot
/// `RESERVED_SLOTS + n`.
pub(super) const RESERVED_SLOTS: usize = 2;

/// A project and the rules by which its rows are made.
#[derive(Debug)]
pub(super) struct ProjectData {
    pub(super) spec: ProjectSpec,
    epoch: Timestamp,
    first_user_number: usize,
    user_ids: SortedIds,
    resource_ids: SortedIds,
    asset_ids: SortedIds,
    product_ids: SortedIds,
}

impl ProjectData {
    /// The data of `spec` under `seed`, starting at `epoch`. User names count up from `first_user_number`.
    pub(super) fn new(seed: u64, spec: ProjectSpec, epoch: Timestamp, first_user_number: usize) -> Self {
        let ids = |list: &str, rows: usize| {
            SortedIds::new(derive_seed(seed, &spec.id, list), rows + RESERVED_SLOTS)
        };
        ProjectData {
            epoch,
            first_user_number,
            user_ids: ids("users", spec.users),
            resource_ids: ids("resources", spec.resources),
            asset_ids: ids("assets", spec.resources),
            product_ids: ids("products", spec.products),
            spec,
        }
    }

    /// Simulated seconds since the epoch, never negative.
    fn age(&self, now: Timestamp) -> i64 {
        (now.as_second() - self.epoch.as_second()).max(0)
    }
}

/// Gives each list, and the secrets of each account, a random sequence of its own.
pub(super) fn derive_seed(seed: u64, owner_id: &str, list: &str) -> u64 {
    let digest = Sha256::digest(format!("{seed} {owner_id} {list}"));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
