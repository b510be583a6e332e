//! `demo`, from its output to its metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::StatusCode;

use crate::common::{client, samples};
use crate::process::Process;

/// Dashboards, rules and charts depend on these names.
const METRICS: [&str; 50] = [
    "metastudio_exporter_api_request_duration_seconds",
    "metastudio_exporter_api_requests_per_second_limit",
    "metastudio_exporter_api_requests_total",
    "metastudio_exporter_api_retries_total",
    "metastudio_exporter_build_info",
    "metastudio_exporter_clock_skew_seconds",
    "metastudio_exporter_config_last_reload_success_timestamp_seconds",
    "metastudio_exporter_config_last_reload_successful",
    "metastudio_exporter_credentials_expiry_timestamp_seconds",
    "metastudio_exporter_http_connections",
    "metastudio_exporter_http_requests_total",
    "metastudio_exporter_log_lines_dropped_total",
    "metastudio_exporter_panics_total",
    "metastudio_exporter_poll_failures_total",
    "metastudio_exporter_poll_interval_seconds",
    "metastudio_exporter_poll_max_staleness_seconds",
    "metastudio_exporter_poll_timeout_seconds",
    "metastudio_exporter_tasks",
    "metastudio_exporter_total_shards",
    "metastudio_invalid_values",
    "metastudio_last_success_timestamp_seconds",
    "metastudio_poll_duration_seconds",
    "metastudio_project_info",
    "metastudio_resource_amount",
    "metastudio_resource_expiry_timestamp_seconds",
    "metastudio_resource_info",
    "metastudio_resource_status",
    "metastudio_resource_usage",
    "metastudio_resources",
    "metastudio_snapshot_consistent",
    "metastudio_up",
    "metastudio_user_info",
    "metastudio_user_quota_limit",
    "metastudio_user_quota_usage",
    "metastudio_users",
    "metastudio_users_omitted",
    "metastudio_voice_training_available",
    "metastudio_voice_training_resource_expiry_timestamp_seconds",
    "metastudio_voice_training_resource_info",
    "metastudio_voice_training_resource_models",
    "metastudio_voice_training_resource_models_available",
    "metastudio_voice_training_resource_status",
    "metastudio_voice_training_resources",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

#[tokio::test]
async fn the_demo_exposes_every_metric_and_prints_the_addresses() {
    let mut demo = Process::start(&["demo", "--web.listen-address", "127.0.0.1:0"], &[]);
    let site = format!("http://{}", demo.address());
    let lines = demo.output_lines(4);
    assert!(
        lines[0].starts_with(
            "A simulated MetaStudio with two projects, 250 and 3 users, runs at http://127.0.0.1:"
        )
    );
    assert_eq!(lines[1], format!("Metrics: {site}/metrics"));
    assert_eq!(lines[2], format!("Page:    {site}/"));
    assert_eq!(lines[3], "It polls every 10s. Stop it with Ctrl-C.");

    let client = client();
    let get = async |path: &str| client.get(format!("{site}{path}")).send().await.unwrap();
    while get("/-/ready").await.status() != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let text = get("/metrics").await.text().await.unwrap();
    let names = |prefix: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let expected: BTreeSet<String> = METRICS.map(ToOwned::to_owned).into();
    assert_eq!(names("# TYPE "), expected);
    assert_eq!(names("# HELP "), expected);
    for metric in METRICS {
        let shown = |series: &String| {
            let name = series.split('{').next().unwrap();
            name == metric || name.strip_prefix(metric).is_some_and(|rest| rest == "_count")
        };
        assert!(samples(&text).keys().any(shown), "{metric} has no sample");
    }
    demo.signal("TERM");
    assert_eq!(demo.wait().0, Some(0));
}
