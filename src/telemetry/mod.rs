//! The exporter's own metrics: what it asked the cloud and how that went.
//!
//! Knows the names and labels of these metrics and what must be counted, never the data of the cloud. What has the
//! label `project` is kept with its project, and goes with it; the rest is in a registry.

mod project;

pub use project::ProjectMetrics;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::{Gauge, HistogramOpts, HistogramVec, IntGauge, Opts, Registry, TextEncoder};

use crate::snapshot::Collector;

/// The exporter's own metrics.
#[derive(Debug, Clone)]
pub struct Telemetry {
    registry: Registry,
    api_request_duration: HistogramVec,
    config_last_reload_successful: IntGauge,
    config_last_reload_success: Gauge,
}

impl Telemetry {
    /// Registers every metric that has no label `project`.
    ///
    /// # Errors
    /// When two metrics have one name.
    pub fn new() -> prometheus::Result<Self> {
        let telemetry = Self {
            registry: Registry::new(),
            api_request_duration: HistogramVec::new(
                HistogramOpts::from(opts(
                    "api_request_duration_seconds",
                    "How long requests to the cloud took, from sending to the last byte.",
                ))
                .buckets(vec![0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
                &["collector"],
            )?,
            config_last_reload_successful: IntGauge::with_opts(opts(
                "config_last_reload_successful",
                "Whether the configuration was last read successfully.",
            ))?,
            config_last_reload_success: Gauge::with_opts(opts(
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
        self.registry.register(Box::new(self.api_request_duration.clone()))?;
        self.registry.register(Box::new(self.config_last_reload_successful.clone()))?;
        self.registry.register(Box::new(self.config_last_reload_success.clone()))?;
        #[cfg(target_os = "linux")]
        self.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    /// The metrics of a project whose `collectors` are polled.
    #[must_use]
    pub fn project(&self, name: &str, collectors: &[Collector]) -> Arc<ProjectMetrics> {
        Arc::new(ProjectMetrics::new(name, collectors, self.api_request_duration.clone()))
    }

    /// The configuration was read and taken.
    pub fn configured(&self, at: SystemTime) {
        let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.config_last_reload_success.set(at.as_secs_f64());
        self.config_last_reload_successful.set(1);
    }

    /// The configuration was not taken.
    pub fn not_configured(&self) {
        self.config_last_reload_successful.set(0);
    }

    /// The metrics of `projects` and, with `own`, those without a label `project`, as text.
    ///
    /// # Errors
    /// When there is something that the format cannot carry.
    pub fn text<'a>(
        &self,
        own: bool,
        projects: impl IntoIterator<Item = &'a ProjectMetrics>,
    ) -> prometheus::Result<String> {
        let mut families = project::families(projects);
        if own {
            families.extend(self.registry.gather());
            families.sort_by(|a, b| a.name().cmp(b.name()));
        }
        TextEncoder::new().encode_to_string(&families)
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("metastudio_exporter")
}
