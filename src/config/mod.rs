//! What the exporter is told to do: plain, validated data.
//!
//! Does not read the environment or flags; whoever does hands the texts in, and gets sentences back.

mod chain;
mod environment;
pub mod file;
mod pattern;
mod url;
mod variables;
pub(crate) mod yaml;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::cloud::credentials::Source;
use crate::snapshot::Collector;

pub use pattern::Pattern;
pub use variables::{Environment, Invalid};

/// All there is to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// When and how to poll.
    pub poll: PollConfig,
    /// What to poll; no two have one name.
    pub projects: Vec<ProjectConfig>,
}

/// When and how to poll.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollConfig {
    /// From the start of a poll to the start of the next.
    pub interval: Duration,
    /// The time for all pages of one API.
    pub timeout: Duration,
    /// The age at which data is no longer shown.
    pub max_staleness: Duration,
    /// Pages of one list asked for at a time.
    pub concurrency: usize,
    /// The most requests a second for one project.
    pub requests_per_second: f64,
}

impl PollConfig {
    /// What each duration may be at most: a year.
    pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    /// What `concurrency` may be.
    pub const CONCURRENCY: RangeInclusive<i64> = 1..=100;
    /// What `requests_per_second` may be.
    pub const REQUESTS_PER_SECOND: RangeInclusive<f64> = 0.001..=1_000_000.0;
}

/// One MetaStudio project. Two that are equal need no new start at a reload.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectConfig {
    /// Label `project`, unique.
    pub name: String,
    /// The project ID; without one IAM is asked for the region's project.
    pub id: Option<String>,
    /// The region; empty where only the endpoint is known.
    pub region: String,
    /// The base URL of MetaStudio.
    pub endpoint: Url,
    /// The base URL of IAM, for the project ID and the names of users.
    pub iam_endpoint: Url,
    /// A PEM file with certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Where the credentials come from.
    pub credentials: Source,
    /// The APIs to poll, at least one.
    pub collectors: Vec<Collector>,
    /// Which users to show, and how.
    pub user_quotas: UserQuotasConfig,
}

/// Which of a project's users are shown, and what of them.
#[derive(Debug, Clone, PartialEq)]
pub struct UserQuotasConfig {
    /// The most users; those with the highest utilisation stay.
    pub max_users: usize,
    /// Users to show, by ID or name; all where it is empty.
    pub include: Vec<Pattern>,
    /// Users to leave out, by ID or name; stronger than `include`.
    pub exclude: Vec<Pattern>,
    /// Items to show, by the API's field names; all where it is empty.
    pub items: Vec<String>,
    /// Whether IAM is asked for the users' names.
    pub names: bool,
}

impl Default for UserQuotasConfig {
    /// As the file format documents it.
    fn default() -> Self {
        Self { max_users: 10_000, include: Vec::new(), exclude: Vec::new(), items: Vec::new(), names: false }
    }
}
