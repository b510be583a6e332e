//! What a simulated cloud is made from: plain values, no behaviour.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// How the simulated cloud is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Same seed, same keys, IDs, limits and rates.
    pub seed: u64,
    /// All projects. There are as many accounts as they name, and one at least.
    pub projects: Vec<ProjectSpec>,
    /// Time added before every answer.
    pub latency: Duration,
    /// World seconds per real second; 0 keeps the world still.
    pub speed: f64,
    /// The world's time at the start; expiry times count from here.
    pub epoch: Timestamp,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 1,
            projects: vec![ProjectSpec::new("production", "cn-north-4", 250, 30)],
            latency: Duration::ZERO,
            speed: 1.0,
            epoch: Timestamp::now(),
        }
    }
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSpec {
    /// A name for people. IAM names a project after its region instead.
    pub name: String,
    /// `project_id` of the APIs: 32 hexadecimal digits.
    pub id: String,
    /// Region, such as `cn-north-4`; also the project's name in IAM.
    pub region: String,
    /// Number of sub-accounts with quotas.
    pub users: usize,
    /// Number of voice model training resources.
    pub resources: usize,
    /// Number of the account that owns it, from 0.
    pub account: usize,
}

impl ProjectSpec {
    /// A project of account 0 whose ID is a hash of its name.
    #[must_use]
    pub fn new(name: &str, region: &str, users: usize, resources: usize) -> Self {
        let id = hex::encode(&Sha256::digest(format!("project {name}"))[..16]);
        ProjectSpec { name: name.to_owned(), id, region: region.to_owned(), users, resources, account: 0 }
    }

    /// The same project in another account.
    #[must_use]
    pub fn in_account(self, account: usize) -> Self {
        ProjectSpec { account, ..self }
    }
}
