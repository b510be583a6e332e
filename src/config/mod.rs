//! The configuration, as plain validated data.
//!
//! Reads the configuration file and looks variables up by name. Knows no flags, and does not read the process's
//! environment: callers pass it in.

mod chain;
mod environment;
pub mod file;
mod pattern;
pub(crate) mod problems;
mod proxies;
mod url;
pub(crate) mod values;
pub mod watch;
pub(crate) mod yaml;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::cloud::credentials::Source;
use crate::cloud::proxies::Proxies;
use crate::snapshot::Collector;

pub(crate) use environment::{ENDPOINT, IAM_ENDPOINT, PROJECT_ID, REGION};
pub use environment::{Environment, EnvironmentError};
pub use pattern::Pattern;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// When and how to poll.
    pub poll: PollConfig,
    /// What to poll. Names are unique.
    pub projects: Vec<ProjectConfig>,
    /// The proxies of all requests to the cloud.
    pub proxies: Proxies,
}

/// When and how to poll.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollConfig {
    /// From the start of a poll to the start of the next.
    pub interval: Duration,
    /// The time for all pages of one API.
    pub timeout: Duration,
    /// The age at which data is dropped.
    pub max_staleness: Duration,
    /// Pages of one list requested concurrently.
    pub concurrency: usize,
    /// The limit on requests per second for one project.
    pub requests_per_second: f64,
    /// The number of this replica among those that share the projects, from 0.
    pub shard: u32,
    /// The number of replicas that share the projects, and may share their keys.
    pub total_shards: u32,
}

impl PollConfig {
    /// The longest duration of a setting: a year.
    pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    /// The range of `concurrency`.
    pub const CONCURRENCY: RangeInclusive<i64> = 1..=100;
    /// The range of `requests_per_second`.
    pub const REQUESTS_PER_SECOND: RangeInclusive<f64> = 0.001..=1_000_000.0;
}

/// One MetaStudio project. A reload does not restart one that is equal.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectConfig {
    /// Label `project`, unique.
    pub name: String,
    /// The project ID. Without one, IAM looks up the region's project.
    pub id: Option<String>,
    /// The region, empty if only the endpoint is known.
    pub region: String,
    /// The base URL of MetaStudio.
    pub endpoint: Url,
    /// The base URL of IAM, for the project ID and the names of users.
    pub iam_endpoint: Url,
    /// A PEM file with certificate authorities to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Where the credentials come from.
    pub credentials: Source,
    /// The APIs to poll, at least one.
    pub collectors: Vec<Collector>,
    /// Which users and items to show.
    pub user_quotas: UserQuotasConfig,
}

impl ProjectConfig {
    /// Whether the names of users are looked up.
    pub(crate) fn has_user_names(&self) -> bool {
        self.user_quotas.names && self.collectors.contains(&Collector::UserQuotas)
    }
}

/// Which of a project's users and items are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct UserQuotasConfig {
    /// The limit on users; those with the highest utilisation are kept.
    pub max_users: usize,
    /// Users to show, by ID or name; empty for all.
    pub include: Vec<Pattern>,
    /// Users to leave out, by ID or name; overrides `include`.
    pub exclude: Vec<Pattern>,
    /// Items to show, by the API's field names; empty for all.
    pub items: Vec<String>,
    /// Whether IAM looks up the users' names.
    pub names: bool,
}

impl UserQuotasConfig {
    /// Whether patterns select users.
    pub(crate) fn has_patterns(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }
}

impl Default for UserQuotasConfig {
    fn default() -> Self {
        Self { max_users: 10_000, include: Vec::new(), exclude: Vec::new(), items: Vec::new(), names: false }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cloud::credentials::SecretValue;

    /// A project of both APIs at a port where nothing listens.
    pub(crate) fn project(name: &str) -> ProjectConfig {
        let endpoint: Url = "http://127.0.0.1:9".parse().unwrap();
        ProjectConfig {
            name: name.to_owned(),
            id: Some(name.to_owned()),
            region: String::new(),
            endpoint: endpoint.clone(),
            iam_endpoint: endpoint,
            ca_file: None,
            credentials: Source::Token(SecretValue::Inline("t".into())),
            collectors: Collector::DEFAULT.to_vec(),
            user_quotas: UserQuotasConfig::default(),
        }
    }
}
