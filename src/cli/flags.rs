//! The flags that several commands have, and how their values are parsed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use reqwest::Url;
use tokio::sync::watch;

use super::open_files;
use crate::app::Serving;
use crate::config::watch::WatchedFiles;
use crate::config::{PollConfig, values};
use crate::web::config::{self, WebConfig};
use crate::web::{Limits, SiteAddress, is_page, is_plain_path};

/// What to serve, and where.
#[derive(Args)]
pub(super) struct WebFlags {
    /// Address to listen on.
    ///
    /// HOST:PORT, or :PORT for all addresses of the machine. Repeatable.
    #[arg(
        long = "web.listen-address",
        env = "METASTUDIO_EXPORTER_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        value_delimiter = ',',
        value_parser = listen_address,
        default_value = ":10036"
    )]
    pub(super) listen_addresses: Vec<String>,

    /// Use the TCP sockets that systemd passes, instead of --web.listen-address.
    #[arg(
        long = "web.systemd-socket",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_SYSTEMD_SOCKET",
        value_parser = FalseyValueParser::new(),
        conflicts_with = "listen_addresses"
    )]
    pub(super) systemd_socket: bool,

    /// Web configuration file with TLS, users, headers and a rate limit.
    ///
    /// In the format of Prometheus' exporter-toolkit. It is read again when it changes.
    #[arg(
        long = "web.config.file",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_CONFIG_FILE",
        value_name = "FILE"
    )]
    config_file: Option<PathBuf>,

    /// Maximum number of concurrent scrapes. Further ones get 503. Use 0 to disable the limit.
    #[arg(
        long = "web.max-requests",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_MAX_REQUESTS",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u16),
        default_value = "40"
    )]
    max_requests: u16,

    /// URL by which clients reach the pages, for example through a reverse proxy.
    ///
    /// /sd returns its path and scheme to clients that use its host.
    #[arg(
        long = "web.external-url",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_EXTERNAL_URL",
        value_name = "URL",
        value_parser = external_url
    )]
    external_url: Option<Url>,

    /// Path below which all pages are, also the metrics and /-/healthy. Defaults to the path of --web.external-url.
    ///
    /// Use / behind a proxy that strips the path.
    #[arg(
        long = "web.route-prefix",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_ROUTE_PREFIX",
        value_name = "PATH",
        value_parser = route_prefix
    )]
    route_prefix: Option<String>,

    /// Path under which to expose the metrics.
    #[arg(
        long = "web.telemetry-path",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        value_parser = telemetry_path,
        default_value = "/metrics"
    )]
    pub(super) telemetry_path: String,

    /// Enable reloading the configuration by POST /-/reload.
    #[arg(
        long = "web.enable-lifecycle",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_ENABLE_LIFECYCLE",
        value_parser = FalseyValueParser::new()
    )]
    enable_lifecycle: bool,

    /// Serve a page with links at / instead of the overview.
    #[arg(
        long = "web.no-overview",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_WEB_NO_OVERVIEW",
        value_parser = FalseyValueParser::new()
    )]
    no_overview: bool,
}

impl WebFlags {
    /// Loads the web configuration, and adds the files that it is from to `files`.
    ///
    /// # Errors
    /// All problems, one line each.
    pub(super) fn config(&self, files: &mut WatchedFiles) -> Result<WebConfig, String> {
        match self.config_file() {
            Some(path) => config::load(path, files).map_err(|errors| errors.to_string()),
            None => Ok(WebConfig::default()),
        }
    }

    /// The web configuration file. An empty path means none, as in the toolkit.
    pub(super) fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref().filter(|path| !path.as_os_str().is_empty())
    }

    /// Where the pages are.
    pub(super) fn address(&self) -> SiteAddress {
        SiteAddress::new(self.external_url.clone(), self.route_prefix.clone())
    }

    /// What to serve. Loads the web configuration again when `files` change.
    pub(super) fn serving(&self, web: WebConfig, files: WatchedFiles) -> Serving {
        let (current, config) = watch::channel(Arc::new(web));
        if let Some(path) = self.config_file() {
            tokio::spawn(config::watch(path.to_owned(), files, current));
        }
        Serving {
            address: self.address(),
            telemetry_path: self.telemetry_path.clone(),
            enable_lifecycle: self.enable_lifecycle,
            overview: !self.no_overview,
            config,
            limits: Limits { max_requests: usize::from(self.max_requests), ..Limits::default() }
                .within_open_files(open_files::limit()),
        }
    }
}

/// When and how to poll.
#[derive(Args)]
pub(super) struct PollFlags {
    /// Time between polls.
    #[arg(
        long = "poll.interval",
        env = "METASTUDIO_EXPORTER_POLL_INTERVAL",
        value_name = "DURATION",
        value_parser = values::duration,
        default_value = "5m"
    )]
    interval: Duration,

    /// Time limit for all pages of one API.
    #[arg(
        long = "poll.timeout",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_POLL_TIMEOUT",
        value_name = "DURATION",
        value_parser = values::duration,
        default_value = "2m"
    )]
    timeout: Duration,

    /// Age at which values that could not be updated are no longer exposed.
    #[arg(
        long = "poll.max-staleness",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_POLL_MAX_STALENESS",
        value_name = "DURATION",
        value_parser = values::duration,
        default_value = "30m"
    )]
    max_staleness: Duration,

    /// Maximum number of pages of one list to request concurrently.
    #[arg(
        long = "poll.concurrency",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_POLL_CONCURRENCY",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u16).range(PollConfig::CONCURRENCY),
        default_value = "4"
    )]
    concurrency: u16,

    /// Maximum number of requests per second for one project.
    #[arg(
        long = "poll.requests-per-second",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_POLL_REQUESTS_PER_SECOND",
        value_name = "NUMBER",
        value_parser = rate,
        default_value = "10"
    )]
    requests_per_second: f64,
}

impl PollFlags {
    pub(super) fn config(&self, shard: u32, total_shards: u32) -> PollConfig {
        PollConfig {
            interval: self.interval,
            timeout: self.timeout,
            max_staleness: self.max_staleness,
            concurrency: usize::from(self.concurrency),
            requests_per_second: self.requests_per_second,
            shard,
            total_shards,
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    values::rate(text.parse().unwrap_or(f64::NAN))
}

pub(super) fn listen_address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("has no port: write HOST:PORT or :PORT".to_owned()),
    }
}

pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.0..=1_000_000.0).contains(&factor) => Ok(factor),
        _ => Err("must be a number from 0 to 1000000".to_owned()),
    }
}

/// A path without special characters that no other page has.
fn telemetry_path(text: &str) -> Result<String, String> {
    plain_path(text)?;
    if is_page(text) {
        return Err("is the path of another page: write /metrics or another one".to_owned());
    }
    Ok(text.to_owned())
}

/// The prefix of all routes, without the slash at its end.
fn route_prefix(text: &str) -> Result<String, String> {
    Ok(plain_path(text)?.trim_end_matches('/').to_owned())
}

fn plain_path(text: &str) -> Result<&str, String> {
    let is_plain = is_plain_path(text);
    is_plain
        .then_some(text)
        .ok_or_else(|| "must begin with / and have only letters, digits, / - _ . ~".to_owned())
}

/// A URL of pages, without parts that only one page has.
fn external_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let url = url.ok_or("must be a URL such as https://monitoring.example/metastudio")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or fragment".to_owned());
    }
    if !is_plain_path(url.path()) {
        return Err("must have a path of letters, digits, / - _ . ~ only".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_external_url_and_the_prefix_are_plain() {
        for (text, prefix) in [("/", ""), ("/a", "/a"), ("/a/b-c/", "/a/b-c")] {
            assert_eq!(route_prefix(text), Ok(prefix.to_owned()));
        }
        for bad in ["a", "", "/{a}", "/a b", "/a?b", "/ü"] {
            assert!(route_prefix(bad).is_err(), "{bad:?}");
        }
        for good in ["http://h", "https://h:8443/a/b/"] {
            assert_eq!(external_url(good), Ok(good.parse().unwrap()));
        }
        for (bad, sentence) in [
            ("", "must be a URL such as https://monitoring.example/metastudio"),
            ("/a", "must be a URL such as https://monitoring.example/metastudio"),
            ("ftp://h/", "must be a URL such as https://monitoring.example/metastudio"),
            ("http://u:p@h/", "must not have a user or password"),
            ("http://h/?a", "must not have a query or fragment"),
            ("http://h/#a", "must not have a query or fragment"),
            ("http://h/{a}", "must have a path of letters, digits, / - _ . ~ only"),
        ] {
            assert_eq!(external_url(bad), Err(sentence.to_owned()), "{bad:?}");
        }
    }

    #[test]
    fn the_metrics_path_is_a_plain_path_of_its_own() {
        for good in ["/metrics", "/metastudio/v1.metrics"] {
            assert_eq!(telemetry_path(good), Ok(good.to_owned()));
        }
        for bad in ["metrics", "", "/", "/sd", "/users", "/-/ready", "/-/", "/{path}", "/a b", "/a?b", "/ü"]
        {
            assert!(telemetry_path(bad).is_err(), "{bad:?}");
        }
    }
}
