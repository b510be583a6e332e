//! Where the configuration comes from, a file or the environment, and which projects belong to this replica.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Url;

use super::flags::PollFlags;
use crate::advice;
use crate::cloud::proxies::Proxies;
use crate::config::{
    Config, ENDPOINT, Environment, IAM_ENDPOINT, PROJECT_ID, ProjectConfig, REGION, file, values,
};
use crate::shard::Shard;
use crate::snapshot::Collector;

/// What to poll, and how.
#[derive(Args)]
pub(super) struct Configured {
    /// Configuration file with the projects.
    ///
    /// Without one, flags and the environment configure one project.
    #[arg(
        long = "config.file",
        env = "METASTUDIO_EXPORTER_CONFIG_FILE",
        value_name = "FILE",
        conflicts_with = "ProjectFlags"
    )]
    file: Option<PathBuf>,
    #[command(flatten)]
    poll: PollFlags,
    #[command(flatten)]
    project: ProjectFlags,

    /// Shard of the projects to poll, from 0.
    #[arg(
        long = "shard",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_SHARD",
        value_name = "NUMBER",
        default_value = "0"
    )]
    shard: u32,

    /// Number of shards that the projects are divided into.
    #[arg(
        long = "total-shards",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_TOTAL_SHARDS",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..),
        default_value = "1"
    )]
    total_shards: u32,
}

/// The one project without a file. Each flag overrides a variable.
#[derive(Args)]
struct ProjectFlags {
    #[arg(
        long = "project.id",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_PROJECT_ID",
        value_name = "ID",
        help = "Project ID. Defaults to $HUAWEICLOUD_SDK_PROJECT_ID, else IAM looks it up by the region"
    )]
    id: Option<String>,

    #[arg(
        long = "project.region",
        env = "METASTUDIO_EXPORTER_PROJECT_REGION",
        value_name = "REGION",
        help = "Region of the one project without a file",
        long_help = "Region, which determines the endpoints, and the project ID at IAM. Defaults to $METASTUDIO_REGION"
    )]
    region: Option<String>,

    #[arg(
        long = "project.endpoint",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_PROJECT_ENDPOINT",
        value_name = "URL",
        help = "URL of MetaStudio, if it is not the region's. Defaults to $METASTUDIO_ENDPOINT"
    )]
    endpoint: Option<String>,

    #[arg(
        long = "project.iam-endpoint",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_PROJECT_IAM_ENDPOINT",
        value_name = "URL",
        help = "URL of IAM, if it is not the region's. Defaults to $HUAWEICLOUD_SDK_IAM_ENDPOINT"
    )]
    iam_endpoint: Option<String>,

    #[arg(
        long = "project.collectors",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_PROJECT_COLLECTORS",
        value_name = "NAMES",
        help = "APIs to poll, separated by commas: voice_training, user_quotas, tenant_resources",
        value_delimiter = ',',
        value_parser = values::collector,
        default_value = "voice_training,user_quotas"
    )]
    collectors: Vec<Collector>,
}

impl Configured {
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Loads this replica's share of the projects. Warns about settings that are probably mistakes.
    ///
    /// # Errors
    /// All problems, one line each.
    pub(super) fn load(&self) -> Result<Config, String> {
        let Self { shard, total_shards, .. } = *self;
        let share = Shard::new(shard, total_shards).ok_or_else(|| {
            let last = total_shards - 1;
            format!("--shard {shard} is too high for --total-shards {total_shards}: the last is {last}")
        })?;
        let mut config = self.load_all()?;
        config.projects.retain(|project| share.contains(&project.name));
        warn_about_mistakes(&config);
        Ok(config)
    }

    /// Loads the projects of all replicas.
    ///
    /// # Errors
    /// All problems, one line each.
    pub(super) fn load_all(&self) -> Result<Config, String> {
        let environment = self.project.environment();
        let poll = self.poll.config(self.shard, self.total_shards);
        let described = |error| advice::environment::describe(&error);
        let proxies = Proxies::from_environment(&environment).map_err(described)?;
        if let Some(path) = &self.file {
            let config = file::load(path, &environment, poll).map_err(|errors| errors.to_string())?;
            return Ok(Config { proxies, ..config });
        }
        let project = ProjectConfig::from_environment(&environment).map_err(described)?;
        let chosen = |collector: &Collector| self.project.collectors.contains(collector);
        let collectors = Collector::ALL.into_iter().filter(chosen).collect();
        Ok(Config { poll, projects: vec![ProjectConfig { collectors, ..project }], proxies })
    }
}

fn warn_about_mistakes(config: &Config) {
    if config.poll.max_staleness < config.poll.interval {
        tracing::warn!(
            "--poll.max-staleness is shorter than --poll.interval: data will vanish between polls"
        );
    }
    for project in &config.projects {
        if project.endpoint.scheme() == "http" && !is_loopback(&project.endpoint) {
            tracing::warn!(
                project = project.name,
                "the endpoint is not https: others on the network can read all requests"
            );
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl ProjectFlags {
    /// The process's environment, with the flags instead of the variables that they override.
    fn environment(&self) -> Environment {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let flags = [
            (PROJECT_ID, &self.id),
            (REGION, &self.region),
            (ENDPOINT, &self.endpoint),
            (IAM_ENDPOINT, &self.iam_endpoint),
        ];
        let flags = flags.into_iter().filter_map(|(name, flag)| Some((name.to_owned(), flag.clone()?)));
        variables.chain(flags).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct CommandLine {
        #[command(flatten)]
        configured: Configured,
    }

    #[test]
    fn the_shard_and_the_number_of_shards_are_part_of_the_configuration() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "projects:\n- {project_id: p, region: cn-north-4, credentials: {token: {value: t}}}\n";
        std::fs::write(&file, text).unwrap();
        let path = file.path().to_str().unwrap();
        let line = ["metastudio-exporter", "--shard", "2", "--total-shards", "3", "--config.file", path];
        let configured = <CommandLine as clap::Parser>::try_parse_from(line).ok().unwrap().configured;
        let poll = configured.load_all().unwrap().poll;
        assert_eq!((poll.shard, poll.total_shards), (2, 3));
    }

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
