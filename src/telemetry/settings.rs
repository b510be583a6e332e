//! The settings with which rules and dashboards compare measurements.

use prometheus::{Gauge, IntGauge, IntGaugeVec, Registry};

use super::opts;
use crate::config::PollConfig;

/// The settings as metrics.
#[derive(Debug, Clone)]
pub(super) struct SettingsMetrics {
    poll_interval: Gauge,
    poll_timeout: Gauge,
    max_staleness: Gauge,
    requests_per_second: Gauge,
    total_shards: IntGaugeVec,
}

impl SettingsMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let gauge = |name, help| Gauge::with_opts(opts(name, help));
        Ok(Self {
            poll_interval: gauge("poll_interval_seconds", "The setting --poll.interval.")?,
            poll_timeout: gauge("poll_timeout_seconds", "The setting --poll.timeout.")?,
            max_staleness: gauge("poll_max_staleness_seconds", "The setting --poll.max-staleness.")?,
            requests_per_second: gauge(
                "api_requests_per_second_limit",
                "The setting --poll.requests-per-second, the limit of each project.",
            )?,
            total_shards: IntGaugeVec::new(
                opts("total_shards", "The setting --total-shards; the label is the setting --shard."),
                &["shard"],
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        for gauge in [&self.poll_interval, &self.poll_timeout, &self.max_staleness, &self.requests_per_second]
        {
            registry.register(Box::new(gauge.clone()))?;
        }
        registry.register(Box::new(self.total_shards.clone()))
    }

    pub(super) fn set(&self, settings: PollConfig) {
        self.poll_interval.set(settings.interval.as_secs_f64());
        self.poll_timeout.set(settings.timeout.as_secs_f64());
        self.max_staleness.set(settings.max_staleness.as_secs_f64());
        self.requests_per_second.set(settings.requests_per_second);
        let shard: IntGauge = self.total_shards.with_label_values(&[&settings.shard.to_string()]);
        shard.set(i64::from(settings.total_shards));
    }
}
