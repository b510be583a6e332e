//! Where the configuration comes from, a file or the environment, and which share of it is this replica's.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Url;

use super::flags::Polling;
use crate::cloud::credentials::Secret;
use crate::config::{Config, Environment, ProjectConfig, file};
use crate::shard::Shard;

/// What to poll, and how.
#[derive(Args)]
pub(super) struct Configured {
    /// Configuration file; without one the environment tells of one project.
    #[arg(
        long = "config.file",
        env = "METASTUDIO_EXPORTER_CONFIG_FILE",
        value_name = "FILE",
        conflicts_with = "TheProject"
    )]
    file: Option<PathBuf>,
    #[command(flatten)]
    polling: Polling,
    #[command(flatten)]
    project: TheProject,
    #[command(flatten)]
    share: Share,
}

/// The one project that needs no file.
#[derive(Args)]
pub(super) struct TheProject {
    #[arg(
        long = "project.id",
        env = "METASTUDIO_EXPORTER_PROJECT_ID",
        value_name = "ID",
        help = "Project ID [default: $HUAWEICLOUD_SDK_PROJECT_ID]"
    )]
    id: Option<String>,

    #[arg(
        long = "project.region",
        env = "METASTUDIO_EXPORTER_PROJECT_REGION",
        value_name = "REGION",
        help = "Region, which gives the endpoint [default: $METASTUDIO_REGION]"
    )]
    region: Option<String>,

    #[arg(
        long = "project.endpoint",
        env = "METASTUDIO_EXPORTER_PROJECT_ENDPOINT",
        value_name = "URL",
        help = "URL of MetaStudio, where it is not the region's own [default: $METASTUDIO_ENDPOINT]"
    )]
    endpoint: Option<String>,

    #[arg(
        long = "project.iam-endpoint",
        env = "METASTUDIO_EXPORTER_PROJECT_IAM_ENDPOINT",
        value_name = "URL",
        help = "URL of IAM, where it is not the region's own [default: $HUAWEICLOUD_SDK_IAM_ENDPOINT]"
    )]
    iam_endpoint: Option<String>,
}

/// Which projects are left to other replicas.
#[derive(Args)]
struct Share {
    /// Which share of the projects to poll, from 0.
    #[arg(long = "shard", env = "METASTUDIO_EXPORTER_SHARD", value_name = "NUMBER", default_value = "0")]
    shard: u32,

    /// How many shares there are.
    #[arg(
        long = "total-shards",
        env = "METASTUDIO_EXPORTER_TOTAL_SHARDS",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..),
        default_value = "1"
    )]
    total_shards: u32,
}

impl Configured {
    /// The file, where there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// This replica's share of the projects. Says what is hardly meant.
    ///
    /// # Errors
    /// All that is wrong, a line each.
    pub(super) fn load(&self) -> Result<Config, String> {
        let Share { shard, total_shards } = self.share;
        let share = Shard::new(shard, total_shards).ok_or_else(|| {
            let last = total_shards - 1;
            format!("there is no --shard {shard} of --total-shards {total_shards}: the last is {last}")
        })?;
        let mut config = self.load_all()?;
        config.projects.retain(|project| share.contains(&project.name));
        warn_of(&config);
        Ok(config)
    }

    /// The projects of all replicas.
    ///
    /// # Errors
    /// All that is wrong, a line each.
    pub(super) fn load_all(&self) -> Result<Config, String> {
        let environment = environment(&self.project);
        let poll = self.polling.settings();
        match &self.file {
            Some(path) => file::load(path, &environment, poll).map_err(|errors| errors.to_string()),
            None => match ProjectConfig::from_environment(&environment) {
                Ok(project) => Ok(Config { poll, projects: vec![project] }),
                Err(invalid) => Err(invalid.to_string()),
            },
        }
    }
}

/// Settings that work but are hardly meant.
fn warn_of(config: &Config) {
    if config.poll.max_staleness < config.poll.interval {
        tracing::warn!(
            "--poll.max-staleness is shorter than --poll.interval: numbers will vanish between polls"
        );
    }
    for project in &config.projects {
        if project.endpoint.scheme() == "http" && !is_loopback(&project.endpoint) {
            tracing::warn!(
                project = project.name,
                "the endpoint is not https: whoever is in between reads along"
            );
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What the environment tells, with the flags over it.
fn environment(project: &TheProject) -> Environment {
    let path = |name| variable(name).map(PathBuf::from);
    Environment {
        project_id: project.id.clone().or_else(|| variable("HUAWEICLOUD_SDK_PROJECT_ID")),
        region: project.region.clone().or_else(|| variable("METASTUDIO_REGION")),
        endpoint: project.endpoint.clone().or_else(|| variable("METASTUDIO_ENDPOINT")),
        iam_endpoint: project.iam_endpoint.clone().or_else(|| variable("HUAWEICLOUD_SDK_IAM_ENDPOINT")),
        sts_endpoint: variable("HUAWEICLOUD_SDK_STS_ENDPOINT"),
        metadata_endpoint: variable("METASTUDIO_METADATA_ENDPOINT"),
        access_key: variable("HUAWEICLOUD_SDK_AK"),
        secret_key: secret("HUAWEICLOUD_SDK_SK"),
        security_token: secret("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        auth_token: secret("METASTUDIO_AUTH_TOKEN"),
        auth_token_file: path("METASTUDIO_AUTH_TOKEN_FILE"),
        oidc_provider_urn: variable("HUAWEICLOUD_OIDC_PROVIDER_URN"),
        oidc_agency_urn: variable("HUAWEICLOUD_OIDC_AGENCY_URN"),
        oidc_token_file: path("HUAWEICLOUD_OIDC_TOKEN_FILE"),
        oidc_session_name: variable("HUAWEICLOUD_OIDC_SESSION_NAME"),
        oidc_duration_seconds: variable("HUAWEICLOUD_OIDC_DURATION_SECONDS"),
        pod_identity_uri: variable("HC_CONTAINER_CREDENTIALS_FULL_URI"),
        pod_identity_token_file: path("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        credentials_file: path("HUAWEICLOUD_SDK_CREDENTIALS_FILE"),
        home: path("HOME"),
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn secret(name: &str) -> Option<Secret> {
    variable(name).map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_and_localhost_are_loopback() {
        for (url, expected) in [
            ("http://127.0.0.1:8480", true),
            ("http://[::1]:8480", true),
            ("http://localhost", true),
            ("http://169.254.169.254", false),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://metastudio.cn-north-4.myhuaweicloud.com", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
