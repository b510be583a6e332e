//! The exporter's own metrics: its requests to the cloud and their results.
//!
//! Knows the names and labels of these metrics, never the data of the cloud. Metrics with the label `project` are kept
//! with their project and removed with it; all others are in a registry.

mod http;
mod project;
mod project_families;
mod read_counter;
mod settings;
mod tasks;

pub(crate) use http::HttpMetrics;
pub(crate) use project::ProjectMetrics;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::proto::MetricFamily;
use prometheus::{Gauge, HistogramOpts, HistogramVec, IntGauge, Opts, Registry, TextEncoder};

use crate::config::PollConfig;
use crate::exposition::BodyText;
use project_families::FAMILIES;
use read_counter::ReadCounter;
use settings::SettingsMetrics;
use tasks::Tasks;

/// The exporter's own metrics.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    registry: Registry,
    api_request_duration: HistogramVec,
    config_last_reload_successful: IntGauge,
    config_last_reload_success: Gauge,
    dropped_log_lines: ReadCounter,
    panics: ReadCounter,
    settings: SettingsMetrics,
    http: HttpMetrics,
}

impl Telemetry {
    /// Registers every metric without the label `project`. Fails if two have the same name.
    pub(crate) fn new() -> prometheus::Result<Self> {
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
            dropped_log_lines: ReadCounter::new(opts(
                "log_lines_dropped_total",
                "Log lines that were dropped because standard error did not take them in time.",
            ))?,
            panics: ReadCounter::new(opts(
                "panics_total",
                "Panics in the exporter, each of which is a bug and is logged with its place.",
            ))?,
            settings: SettingsMetrics::new()?,
            http: HttpMetrics::new()?,
        };
        let build_info = IntGauge::with_opts(
            opts("build_info", "The exporter's version; always 1.")
                .const_label("version", env!("CARGO_PKG_VERSION"))
                .const_label("revision", env!("BUILD_REVISION"))
                .const_label("rustversion", env!("BUILD_RUSTC_VERSION")),
        )?;
        build_info.set(1);
        let registry = &telemetry.registry;
        registry.register(Box::new(build_info))?;
        registry.register(Box::new(telemetry.api_request_duration.clone()))?;
        registry.register(Box::new(telemetry.config_last_reload_successful.clone()))?;
        registry.register(Box::new(telemetry.config_last_reload_success.clone()))?;
        registry.register(Box::new(telemetry.dropped_log_lines.clone()))?;
        registry.register(Box::new(telemetry.panics.clone()))?;
        Ok(telemetry)
    }

    /// Registers the metrics of this process, its web server and its settings, for a process that serves. Those of a
    /// program that polls once say nothing, and have the names of `node_exporter`'s own, which reads its output.
    pub(crate) fn register_serving(&self) -> prometheus::Result<()> {
        #[cfg(target_os = "linux")]
        self.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        self.settings.register(&self.registry)?;
        self.registry.register(Box::new(Tasks::new()?))?;
        self.registry.register(Box::new(self.http.clone()))
    }

    /// The metrics of the web server.
    pub(crate) fn http(&self) -> HttpMetrics {
        self.http.clone()
    }

    /// Takes the number of dropped log lines from `read` from now on. Further calls change nothing.
    pub(crate) fn count_dropped_log_lines(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.dropped_log_lines.read_from(read);
    }

    /// Takes the number of panics from `read` from now on. Further calls change nothing.
    pub(crate) fn count_panics(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.panics.read_from(read);
    }

    /// Exposes the settings in use.
    pub(crate) fn set_settings(&self, settings: PollConfig) {
        self.settings.set(settings);
    }

    /// The metrics of a project of which `collectors` are polled, by their values of label `collector`.
    pub(crate) fn project(&self, name: &str, collectors: &[&'static str]) -> Arc<ProjectMetrics> {
        Arc::new(ProjectMetrics::new(name, collectors, self.api_request_duration.clone()))
    }

    /// Records a successful reload.
    pub(crate) fn reload_succeeded(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.config_last_reload_success.set(now.as_secs_f64());
        self.config_last_reload_successful.set(1);
    }

    /// Records a failed reload.
    pub(crate) fn reload_failed(&self) {
        self.config_last_reload_successful.set(0);
    }

    /// Renders the metrics of `projects` and, if `own` is set, those without the label `project`, sorted by name. Fails
    /// if the format cannot represent a metric of the registry.
    pub(crate) fn render(&self, own: bool, projects: &[&ProjectMetrics]) -> prometheus::Result<BodyText> {
        let registered = if own { self.registry.gather() } else { Vec::new() };
        let mut registered = registered.into_iter().peekable();
        let mut projects = projects.to_vec();
        projects.sort_unstable_by_key(|project| project.name());
        let mut text = BodyText::new();
        for (index, family) in FAMILIES.iter().enumerate() {
            while let Some(earlier) = registered.next_if(|registered| registered.name() < family.name) {
                write_registered(&mut text, earlier)?;
            }
            project_families::write(&mut text, index, &projects);
        }
        for family in registered {
            write_registered(&mut text, family)?;
        }
        Ok(text)
    }
}

fn write_registered(text: &mut BodyText, family: MetricFamily) -> prometheus::Result<()> {
    TextEncoder::new().encode_utf8(&[family], text.text())
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("metastudio_exporter")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cloud::client::Event;
    use crate::cloud::reason::Reason;

    const ALL_REASONS: usize = 2 * 11;

    fn text(telemetry: &Telemetry, own: bool, projects: &[&ProjectMetrics]) -> String {
        telemetry.render(own, projects).unwrap().into_text()
    }

    #[test]
    fn the_metrics_of_projects_are_this_text() {
        let telemetry = Telemetry::new().unwrap();
        let a = telemetry.project("a", &["voice_training"]);
        let b = telemetry.project("b \"\\\n", &["user_quotas"]);
        let request = || Event::Request { code: "200".to_owned(), duration: Duration::from_millis(1) };
        a.observe("voice_training", request());
        a.observe("voice_training", request());
        b.observe("user_quotas", request());
        a.observe("voice_training", Event::Retry(Reason::Throttled));
        a.observe("voice_training", Event::ClockSkew(-90));
        let end = UNIX_EPOCH + Duration::from_millis(1_800_000_000_500);
        a.observe("voice_training", Event::CredentialsExpiry(end));
        b.poll_failed("user_quotas", Reason::Auth);

        // The order of the projects does not matter.
        let text = text(&telemetry, false, &[&*b, &*a]);
        let zero = |line: &&str| !line.ends_with(" 0");
        let shown: Vec<_> = text.lines().filter(zero).collect();
        assert_eq!(
            shown,
            [
                "# HELP metastudio_exporter_api_requests_total Requests to the cloud by HTTP status, or timeout, connect, body.",
                "# TYPE metastudio_exporter_api_requests_total counter",
                r#"metastudio_exporter_api_requests_total{code="200",collector="user_quotas",project="b \"\\\n"} 1"#,
                r#"metastudio_exporter_api_requests_total{code="200",collector="voice_training",project="a"} 2"#,
                "# HELP metastudio_exporter_api_retries_total Requests that were sent again, by the reason.",
                "# TYPE metastudio_exporter_api_retries_total counter",
                r#"metastudio_exporter_api_retries_total{collector="voice_training",project="a",reason="throttled"} 1"#,
                "# HELP metastudio_exporter_clock_skew_seconds The cloud's clock less this machine's, to about a second.",
                "# TYPE metastudio_exporter_clock_skew_seconds gauge",
                r#"metastudio_exporter_clock_skew_seconds{project="a"} -90"#,
                "# HELP metastudio_exporter_credentials_expiry_timestamp_seconds When the credentials in use end, where that is known.",
                "# TYPE metastudio_exporter_credentials_expiry_timestamp_seconds gauge",
                r#"metastudio_exporter_credentials_expiry_timestamp_seconds{project="a"} 1800000000.5"#,
                "# HELP metastudio_exporter_poll_failures_total Polls that failed, by the reason.",
                "# TYPE metastudio_exporter_poll_failures_total counter",
                r#"metastudio_exporter_poll_failures_total{collector="user_quotas",project="b \"\\\n",reason="auth"} 1"#,
            ]
        );
        assert_eq!(
            text.lines().count() - shown.len(),
            ALL_REASONS - 1 + 2 * 6 - 1,
            "the other counters are 0"
        );
    }

    #[test]
    fn families_are_sorted_by_name_and_empty_ones_are_left_out() {
        let telemetry = Telemetry::new().unwrap();
        let project = telemetry.project("a", &["voice_training", "user_quotas"]);
        let names = |text: &str| {
            let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE metastudio_exporter_"));
            types.map(|rest| rest.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        telemetry.reload_succeeded();
        let own = text(&telemetry, true, &[&*project]);
        assert_eq!(
            names(&own),
            [
                "api_retries_total",
                "build_info",
                "config_last_reload_success_timestamp_seconds",
                "config_last_reload_successful",
                "log_lines_dropped_total",
                "panics_total",
                "poll_failures_total"
            ]
        );
        assert!(own.contains("\nmetastudio_exporter_config_last_reload_successful 1\n"));
        telemetry.reload_failed();
        let own = text(&telemetry, true, &[]);
        assert!(own.contains("\nmetastudio_exporter_config_last_reload_successful 0\n"));
        assert!(!own.contains("project="));
        assert_eq!(text(&telemetry, false, &[]), "");
    }

    #[test]
    fn the_numbers_of_dropped_log_lines_and_panics_are_read_at_each_scrape() {
        let telemetry = Telemetry::new().unwrap();
        let shown = || text(&telemetry, true, &[]);
        assert!(shown().contains("\nmetastudio_exporter_log_lines_dropped_total 0\n"));
        let lines = Arc::new(std::sync::atomic::AtomicU64::new(2));
        let read = Arc::clone(&lines);
        telemetry.count_dropped_log_lines(move || read.load(std::sync::atomic::Ordering::Relaxed));
        assert!(shown().contains("\nmetastudio_exporter_log_lines_dropped_total 2\n"));
        lines.store(5, std::sync::atomic::Ordering::Relaxed);
        assert!(shown().contains("\nmetastudio_exporter_log_lines_dropped_total 5\n"));
        assert!(shown().contains("\nmetastudio_exporter_panics_total 0\n"));
        telemetry.count_panics(|| 1);
        assert!(shown().contains("\nmetastudio_exporter_panics_total 1\n"));
    }

    #[test]
    fn the_settings_are_shown_by_a_process_that_serves() {
        let telemetry = Telemetry::new().unwrap();
        let settings = PollConfig {
            interval: Duration::from_secs(300),
            timeout: Duration::from_millis(2500),
            max_staleness: Duration::from_secs(1800),
            concurrency: 4,
            requests_per_second: 10.0,
            shard: 2,
            total_shards: 3,
        };
        telemetry.set_settings(settings);
        assert!(!text(&telemetry, true, &[]).contains("_poll_timeout_seconds"));
        telemetry.register_serving().unwrap();
        let shown = text(&telemetry, true, &[]);
        for sample in [
            "metastudio_exporter_api_requests_per_second_limit 10",
            "metastudio_exporter_poll_interval_seconds 300",
            "metastudio_exporter_poll_max_staleness_seconds 1800",
            "metastudio_exporter_poll_timeout_seconds 2.5",
            "metastudio_exporter_total_shards{shard=\"2\"} 3",
        ] {
            assert!(shown.contains(&format!("\n{sample}\n")), "{sample}: {shown}");
        }
        telemetry.set_settings(PollConfig { requests_per_second: 0.5, ..settings });
        let shown = text(&telemetry, true, &[]);
        assert!(shown.contains("\nmetastudio_exporter_api_requests_per_second_limit 0.5\n"), "{shown}");
    }
}
