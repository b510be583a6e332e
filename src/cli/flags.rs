//! The flags that commands share, and how their values are read.

use std::path::PathBuf;
use std::time::Duration;

use crate::cloud::credentials::Secret;
use crate::config::{Config, Environment, Invalid, Poll, Project};
use clap::Args;

/// What is served, and where.
#[derive(Args)]
pub(super) struct Web {
    /// Address to serve on, as HOST:PORT or :PORT; may be given several times.
    #[arg(
        long = "web.listen-address",
        env = "METASTUDIO_EXPORTER_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        value_delimiter = ',',
        value_parser = listen_address,
        default_value = ":10036"
    )]
    pub(super) listen_addresses: Vec<String>,

    /// Path of the metrics.
    #[arg(
        long = "web.telemetry-path",
        env = "METASTUDIO_EXPORTER_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        value_parser = telemetry_path,
        default_value = "/metrics"
    )]
    pub(super) telemetry_path: String,
}

/// When and how to poll.
#[derive(Args)]
pub(super) struct Polling {
    /// Time from one poll to the next.
    #[arg(
        long = "poll.interval",
        env = "METASTUDIO_EXPORTER_POLL_INTERVAL",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "5m"
    )]
    interval: Duration,

    /// Time for all pages of one API.
    #[arg(
        long = "poll.timeout",
        env = "METASTUDIO_EXPORTER_POLL_TIMEOUT",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "2m"
    )]
    timeout: Duration,

    /// Age at which numbers that could not be renewed are no longer shown.
    #[arg(
        long = "poll.max-staleness",
        env = "METASTUDIO_EXPORTER_POLL_MAX_STALENESS",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "30m"
    )]
    max_staleness: Duration,

    /// Pages of one list asked for at a time.
    #[arg(
        long = "poll.concurrency",
        env = "METASTUDIO_EXPORTER_POLL_CONCURRENCY",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u16).range(1..=100),
        default_value = "4"
    )]
    concurrency: u16,

    /// The most requests a second for one project.
    #[arg(
        long = "poll.requests-per-second",
        env = "METASTUDIO_EXPORTER_POLL_REQUESTS_PER_SECOND",
        value_name = "NUMBER",
        value_parser = rate,
        default_value = "10"
    )]
    requests_per_second: f64,
}

impl Polling {
    pub(super) fn settings(&self) -> Poll {
        Poll {
            interval: self.interval,
            timeout: self.timeout,
            max_staleness: self.max_staleness,
            concurrency: usize::from(self.concurrency),
            requests_per_second: self.requests_per_second,
        }
    }
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

/// The configuration from flags and the environment.
pub(super) fn config(polling: &Polling, project: TheProject) -> Result<Config, Invalid> {
    let environment = environment(project);
    Ok(Config { poll: polling.settings(), projects: vec![Project::from_environment(&environment)?] })
}

/// What the environment tells, with the flags over it.
fn environment(project: TheProject) -> Environment {
    let path = |name| variable(name).map(PathBuf::from);
    Environment {
        project_id: project.id.or_else(|| variable("HUAWEICLOUD_SDK_PROJECT_ID")),
        region: project.region.or_else(|| variable("METASTUDIO_REGION")),
        endpoint: project.endpoint.or_else(|| variable("METASTUDIO_ENDPOINT")),
        iam_endpoint: project.iam_endpoint.or_else(|| variable("HUAWEICLOUD_SDK_IAM_ENDPOINT")),
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

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
        Ok(duration) if duration > Duration::from_secs(365 * 24 * 3600) => {
            Err("it must be a year at most".to_owned())
        }
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write 30s, 5m or 1h 30m")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("write a number from 0.001 to 1000000".to_owned()),
    }
}

pub(super) fn listen_address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("it has no port; write HOST:PORT or :PORT".to_owned()),
    }
}

pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.0..=1_000_000.0).contains(&factor) => Ok(factor),
        _ => Err("write a number from 0 to 1000000".to_owned()),
    }
}

/// Metrics can be anywhere that is a plain path and not another page's.
fn telemetry_path(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if !text.starts_with('/') || !text.chars().all(plain) {
        return Err("it must begin with / and have letters, digits, / - _ . ~ only".to_owned());
    }
    if text == "/" || text.starts_with("/-/") {
        return Err("that path has another page; write /metrics or another one".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_more_than_nothing_and_a_year_at_most() {
        assert_eq!(duration("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("365days"), Ok(Duration::from_secs(365 * 24 * 3600)));
        for bad in ["0s", "366days", "5", "-1s", "soon", ""] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_rate_has_bounds() {
        assert_eq!((rate("0.001"), rate("1000000")), (Ok(0.001), Ok(1_000_000.0)));
        for bad in ["0", "0.0009", "1000001", "-1", "NaN", "inf", "ten"] {
            assert!(rate(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_has_a_port() {
        for good in [":10036", "127.0.0.1:0", "[::1]:65535", "localhost:80"] {
            assert_eq!(listen_address(good), Ok(good.to_owned()));
        }
        for bad in ["10036", "localhost", ":", ":65536", ":http", ""] {
            assert!(listen_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_metrics_path_is_a_plain_path_of_its_own() {
        for good in ["/metrics", "/metastudio/v1.metrics"] {
            assert_eq!(telemetry_path(good), Ok(good.to_owned()));
        }
        for bad in ["metrics", "", "/", "/-/ready", "/-/", "/{path}", "/a b", "/a?b", "/ü"] {
            assert!(telemetry_path(bad).is_err(), "{bad:?}");
        }
    }
}
