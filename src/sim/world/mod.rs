//! The simulated truth: which users and resources a project has, and how they stand at a given time.
//!
//! A pure function of seed, project and world time; it knows no HTTP, no JSON and no clock. Rows are made one by one
//! from their place in the list, so a page of a large project costs as much as a page of a small one.

mod ids;
mod resources;
mod users;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub use resources::{AVAILABLE_KEYS, Resource, available};
pub use users::{Amount, ITEMS, Quota, User};

use super::ProjectSpec;
use ids::Ids;

/// Places kept free before the first row of each list, for rows that appear while a caller walks the list.
pub const NEWCOMERS: usize = 2;

/// The users and resources of one project.
#[derive(Debug, Clone)]
pub struct World {
    epoch: Timestamp,
    first_number: usize,
    users: usize,
    user_ids: Ids,
    resources: usize,
    resource_ids: Ids,
    asset_ids: Ids,
}

impl World {
    /// The world of `project` under `seed`, at its start at `epoch`. Names of users count up from `first_number`.
    #[must_use]
    pub fn new(seed: u64, project: &ProjectSpec, epoch: Timestamp, first_number: usize) -> Self {
        let ids = |list: &str, rows: usize| Ids::new(derive_seed(seed, &project.id, list), rows + NEWCOMERS);
        World {
            epoch,
            first_number,
            users: project.users,
            user_ids: ids("users", project.users),
            resources: project.resources,
            resource_ids: ids("resources", project.resources),
            asset_ids: ids("assets", project.resources),
        }
    }

    /// Number of sub-accounts.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users
    }

    /// Number of voice model training resources.
    #[must_use]
    pub fn resource_count(&self) -> usize {
        self.resources
    }

    /// World seconds since the epoch, never negative.
    fn age(&self, at: Timestamp) -> i64 {
        (at.as_second() - self.epoch.as_second()).max(0)
    }
}

/// Rows of different lists and projects, and the secrets of accounts, draw from different sequences.
pub(super) fn derive_seed(seed: u64, project_id: &str, list: &str) -> u64 {
    let digest = Sha256::digest(format!("{seed} {project_id} {list}"));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
