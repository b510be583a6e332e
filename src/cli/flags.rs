//! The flags that commands share, and how their values are read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::app::Serving;
use crate::config::PollConfig;
use crate::web::config::Live;
use crate::web::{Limits, is_page};

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

    /// Serve on the sockets that systemd hands over, instead of addresses.
    #[arg(
        long = "web.systemd-socket",
        env = "METASTUDIO_EXPORTER_WEB_SYSTEMD_SOCKET",
        value_parser = FalseyValueParser::new(),
        conflicts_with = "listen_addresses"
    )]
    pub(super) systemd_socket: bool,

    /// Web configuration file with TLS, users, headers and a rate limit, as Prometheus' exporter-toolkit reads it.
    #[arg(long = "web.config.file", env = "METASTUDIO_EXPORTER_WEB_CONFIG_FILE", value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// The most scrapes at a time; 0 is no limit.
    #[arg(
        long = "web.max-requests",
        env = "METASTUDIO_EXPORTER_WEB_MAX_REQUESTS",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u16),
        default_value = "40"
    )]
    max_requests: u16,

    /// Path of the metrics.
    #[arg(
        long = "web.telemetry-path",
        env = "METASTUDIO_EXPORTER_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        value_parser = telemetry_path,
        default_value = "/metrics"
    )]
    pub(super) telemetry_path: String,

    /// Let POST /-/reload read the configuration again.
    #[arg(
        long = "web.enable-lifecycle",
        env = "METASTUDIO_EXPORTER_WEB_ENABLE_LIFECYCLE",
        value_parser = FalseyValueParser::new()
    )]
    enable_lifecycle: bool,

    /// Serve a page with links instead of the overview.
    #[arg(
        long = "web.no-overview",
        env = "METASTUDIO_EXPORTER_WEB_NO_OVERVIEW",
        value_parser = FalseyValueParser::new()
    )]
    no_overview: bool,
}

impl Web {
    /// The web configuration, where there is a file.
    ///
    /// # Errors
    /// All that is wrong with it, a line each.
    pub(super) fn config(&self) -> Result<Live, String> {
        match self.config_file() {
            Some(path) => Live::load(path).map_err(|errors| errors.to_string()),
            None => Ok(Live::without_file()),
        }
    }

    /// The file of the web configuration. An empty name is none, as in the toolkit.
    pub(super) fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref().filter(|path| !path.as_os_str().is_empty())
    }

    pub(super) fn serving(&self, config: Live) -> Serving {
        Serving {
            telemetry_path: self.telemetry_path.clone(),
            enable_lifecycle: self.enable_lifecycle,
            overview: !self.no_overview,
            config,
            limits: Limits { max_requests: usize::from(self.max_requests), ..Limits::default() },
        }
    }
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
        value_parser = clap::value_parser!(u16).range(PollConfig::CONCURRENCY),
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
    pub(super) fn settings(&self) -> PollConfig {
        PollConfig {
            interval: self.interval,
            timeout: self.timeout,
            max_staleness: self.max_staleness,
            concurrency: usize::from(self.concurrency),
            requests_per_second: self.requests_per_second,
        }
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
        Ok(duration) if duration > PollConfig::LONGEST => Err("it must be a year at most".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write 30s, 5m or 1h 30m")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if PollConfig::REQUESTS_PER_SECOND.contains(&rate) => Ok(rate),
        _ => {
            let (least, most) = PollConfig::REQUESTS_PER_SECOND.into_inner();
            Err(format!("write a number from {least} to {most}"))
        }
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
    if is_page(text) {
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
        for bad in ["metrics", "", "/", "/sd", "/users", "/-/ready", "/-/", "/{path}", "/a b", "/a?b", "/ü"]
        {
            assert!(telemetry_path(bad).is_err(), "{bad:?}");
        }
    }
}
