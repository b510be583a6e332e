//! The exporter's own metrics, in a registry of their own: what it asked the cloud and how that went.
//!
//! Knows the names and labels of these metrics and what must be counted, never the data of the cloud.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::cloud::client::Event;
use crate::cloud::reason::Reason;
use crate::snapshot::Collector;

/// Failures after which a request is sent again.
const RETRIED: [Reason; 6] =
    [Reason::Auth, Reason::ClockSkew, Reason::Connect, Reason::Server, Reason::Throttled, Reason::Timeout];

/// The exporter's own metrics.
#[derive(Debug, Clone)]
pub struct Telemetry {
    registry: Registry,
    api_requests: IntCounterVec,
    api_request_duration: HistogramVec,
    api_retries: IntCounterVec,
    poll_failures: IntCounterVec,
    credentials_expiry: GaugeVec,
    clock_skew: GaugeVec,
    config_last_reload_successful: IntGauge,
    config_last_reload_success: IntGauge,
}

impl Telemetry {
    /// Registers every metric. Counters of what can go wrong start at 0 with [`Telemetry::add_project`].
    ///
    /// # Errors
    /// When two metrics have one name.
    pub fn new() -> prometheus::Result<Self> {
        let telemetry = Self {
            registry: Registry::new(),
            api_requests: IntCounterVec::new(
                opts(
                    "api_requests_total",
                    "Requests to the cloud by HTTP status, or timeout, connect, body.",
                ),
                &["project", "collector", "code"],
            )?,
            api_request_duration: HistogramVec::new(
                HistogramOpts::from(opts(
                    "api_request_duration_seconds",
                    "How long requests to the cloud took, from sending to the last byte.",
                ))
                .buckets(vec![0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
                &["collector"],
            )?,
            api_retries: IntCounterVec::new(
                opts("api_retries_total", "Requests that were sent again, by the reason."),
                &["project", "collector", "reason"],
            )?,
            poll_failures: IntCounterVec::new(
                opts("poll_failures_total", "Polls that failed, by the reason."),
                &["project", "collector", "reason"],
            )?,
            credentials_expiry: GaugeVec::new(
                opts(
                    "credentials_expiry_timestamp_seconds",
                    "When the credentials in use end, where that is known.",
                ),
                &["project"],
            )?,
            clock_skew: GaugeVec::new(
                opts("clock_skew_seconds", "The cloud's clock less this machine's, to about a second."),
                &["project"],
            )?,
            config_last_reload_successful: IntGauge::with_opts(opts(
                "config_last_reload_successful",
                "Whether the configuration was last read successfully.",
            ))?,
            config_last_reload_success: IntGauge::with_opts(opts(
                "config_last_reload_success_timestamp_seconds",
                "When the configuration was last read successfully.",
            ))?,
        };
        telemetry.register()?;
        Ok(telemetry)
    }

    fn register(&self) -> prometheus::Result<()> {
        let build_info = IntGauge::with_opts(
            opts("build_info", "The exporter's version; always 1.")
                .const_label("version", env!("CARGO_PKG_VERSION"))
                .const_label("revision", env!("BUILD_REVISION"))
                .const_label("rustversion", env!("BUILD_RUSTC_VERSION")),
        )?;
        build_info.set(1);
        self.registry.register(Box::new(build_info))?;
        self.registry.register(Box::new(self.api_requests.clone()))?;
        self.registry.register(Box::new(self.api_request_duration.clone()))?;
        self.registry.register(Box::new(self.api_retries.clone()))?;
        self.registry.register(Box::new(self.poll_failures.clone()))?;
        self.registry.register(Box::new(self.credentials_expiry.clone()))?;
        self.registry.register(Box::new(self.clock_skew.clone()))?;
        self.registry.register(Box::new(self.config_last_reload_successful.clone()))?;
        self.registry.register(Box::new(self.config_last_reload_success.clone()))?;
        #[cfg(target_os = "linux")]
        self.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    /// Lets a project's counters start at 0, so that their first increase is seen.
    pub fn add_project(&self, project: &str) {
        for collector in Collector::ALL.map(Collector::as_str) {
            for reason in Reason::ALL {
                self.poll_failures.with_label_values(&[project, collector, reason.as_str()]);
            }
            for reason in RETRIED {
                self.api_retries.with_label_values(&[project, collector, reason.as_str()]);
            }
        }
    }

    /// The configuration was read.
    pub fn configured(&self, at: SystemTime) {
        let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.config_last_reload_successful.set(1);
        self.config_last_reload_success.set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }

    /// Counts what a client tells while it calls one API of one project.
    pub fn observe(&self, project: &str, collector: Collector, event: Event) {
        let collector = collector.as_str();
        match event {
            Event::Request { code, duration } => {
                self.api_requests.with_label_values(&[project, collector, &code]).inc();
                self.api_request_duration.with_label_values(&[collector]).observe(duration.as_secs_f64());
            }
            Event::Retry(reason) => {
                self.api_retries.with_label_values(&[project, collector, reason.as_str()]).inc();
            }
            Event::ClockSkew(seconds) => {
                self.clock_skew.with_label_values(&[project]).set(seconds as f64);
            }
            Event::CredentialsExpiry(at) => {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                self.credentials_expiry.with_label_values(&[project]).set(at.as_secs_f64());
            }
        }
    }

    /// A poll failed.
    pub fn poll_failed(&self, project: &str, collector: Collector, reason: Reason) {
        self.poll_failures.with_label_values(&[project, collector.as_str(), reason.as_str()]).inc();
    }

    /// All metrics as text.
    ///
    /// # Errors
    /// When the registry holds something that the format cannot carry.
    pub fn text(&self) -> prometheus::Result<String> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("metastudio_exporter")
}
