//! A complete scrape, byte for byte: from the answers in `tests/fixtures` to the text in `tests/golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test golden` updates the text. Review the difference before you commit it.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use metastudio_exporter::cloud::credentials::{Password, Scope, Source};
use metastudio_exporter::config::{ProjectConfig, UserQuotasConfig};
use metastudio_exporter::snapshot::Collector;

use crate::common::{Exporter, access_key, given, serve};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics.prom");

/// Metrics whose values differ between runs. Only their series are compared.
const VOLATILE: [&str; 10] = [
    "metastudio_last_success_timestamp_seconds",
    "metastudio_poll_duration_seconds",
    "metastudio_exporter_api_request_duration_seconds_bucket",
    "metastudio_exporter_api_request_duration_seconds_sum",
    "metastudio_exporter_clock_skew_seconds",
    "metastudio_exporter_config_last_reload_success_timestamp_seconds",
    "metastudio_exporter_http_connections",
    "metastudio_exporter_http_requests_total",
    "metastudio_exporter_tasks",
    "process_",
];

fn without_volatile_value(line: &str) -> String {
    if line.starts_with("metastudio_exporter_build_info") {
        let values: Vec<_> =
            line.split('"').enumerate().map(|(n, text)| if n % 2 == 1 { "..." } else { text }).collect();
        return values.join("\"");
    }
    match line.rsplit_once(' ') {
        Some((series, _)) if VOLATILE.iter().any(|volatile| line.starts_with(volatile)) => {
            format!("{series} ...")
        }
        _ => line.to_owned(),
    }
}

fn project(name: &str, endpoint: &reqwest::Url) -> ProjectConfig {
    ProjectConfig {
        name: name.to_owned(),
        id: Some(format!("id-of-{name}")),
        region: "cn-north-4".to_owned(),
        endpoint: endpoint.clone(),
        iam_endpoint: endpoint.clone(),
        ca_file: None,
        credentials: access_key("AK", "SK"),
        collectors: Collector::ALL.to_vec(),
        user_quotas: UserQuotasConfig::default(),
    }
}

#[tokio::test]
async fn a_scrape_is_this_text_byte_for_byte() {
    let voice_training = || async { include_str!("../fixtures/voice-training.json") };
    let user_quotas = || async { include_str!("../fixtures/user-quotas.json") };
    let tenant_resources = || async { include_str!("../fixtures/tenant-resources.json") };
    let users =
        || async { r#"{"users":[{"id":"0b01","name":"studio \"north\""},{"id":"gone","name":"x"}]}"# };
    let refusal =
        || async { (StatusCode::FORBIDDEN, r#"{"error_code":"MSS.00000005","error_msg":"Forbidden"}"#) };
    let token = || async {
        let body = r#"{"token":{"expires_at":"2100-01-01T00:00:00.000000Z"}}"#;
        (StatusCode::CREATED, [("x-subject-token", "a-token")], body)
    };
    let cloud = Router::new()
        .route("/v1/id-of-production/voice-training-manage/quotas", get(voice_training))
        .route("/v1/id-of-production/user/quotas", get(user_quotas))
        .route("/v1/id-of-production/tenants/resources", get(tenant_resources))
        .route("/v1/id-of-refused/voice-training-manage/quotas", get(voice_training))
        .route("/v1/id-of-refused/user/quotas", get(refusal))
        .route("/v3/users", get(users))
        .route("/v3/auth/tokens", post(token));
    let endpoint = serve(cloud).await;
    let named = UserQuotasConfig { names: true, ..UserQuotasConfig::default() };
    let production = ProjectConfig { user_quotas: named, ..project("production", &endpoint) };
    let by_password = Source::Password(Password {
        domain: "account".to_owned(),
        user: "exporter".to_owned(),
        password: given("password"),
        iam_endpoint: endpoint.clone(),
        scope: Scope::ProjectId("id-of-refused".to_owned()),
    });
    let refused = ProjectConfig { credentials: by_password, ..project("refused", &endpoint) };

    let exporter = Exporter::start(vec![production, refused]).await;
    exporter.ready().await;
    let text = exporter.metrics().await;
    let port = endpoint.port().unwrap().to_string();
    // Whether the exporter was ready at the first request differs between runs.
    let not_ready = "metastudio_exporter_http_requests_total{code=\"503\"}";
    let lines = text.lines().filter(|line| !line.starts_with(not_ready)).map(without_volatile_value);
    let shown: String = lines.map(|line| line.replace(&port, "PORT") + "\n").collect();

    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &shown).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    for (number, (shown, golden)) in shown.lines().zip(golden.lines()).enumerate() {
        assert_eq!(shown, golden, "line {} of tests/golden/metrics.prom", number + 1);
    }
    assert_eq!(shown.len(), golden.len(), "one text has more lines");
}
