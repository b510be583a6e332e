//! One target per project: what `/sd` lists, and what each target shows.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::StatusCode;
use metastudio_exporter::config::{PollConfig, ProjectConfig};
use metastudio_exporter::sim;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Exporter, POLL, cloud_of, of};

async fn groups(exporter: &Exporter) -> Vec<Value> {
    let response = exporter.request(reqwest::Method::GET, "/sd").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

/// The path and query of Prometheus' request to a target. Prometheus drops empty labels.
fn path(group: &Value) -> String {
    let labels = group["labels"].as_object().unwrap();
    let mut url = Url::parse("http://target").unwrap();
    url.set_path(labels["__metrics_path__"].as_str().unwrap());
    for (name, value) in labels {
        let value = value.as_str().unwrap();
        if let Some(name) = name.strip_prefix("__param_").filter(|_| !value.is_empty()) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

#[tokio::test]
async fn all_targets_together_have_each_series_of_a_plain_scrape_once() {
    let (_cloud, mut projects) = cloud_of(&["production", "staging"]).await;
    projects[1].name = "a \"name\" & más=1?".to_owned();
    let exporter = Exporter::start(projects).await;
    exporter.ready().await;
    let plain = exporter.series("/metrics").await;

    let mut together = BTreeSet::new();
    let groups = groups(&exporter).await;
    assert_eq!(groups.len(), 3);
    for group in &groups {
        for series in exporter.series(&path(group)).await {
            assert!(together.insert(series.clone()), "two targets have {series}");
        }
    }
    assert_eq!(together, plain);
    let production = exporter.series("/metrics?project=production").await;
    assert_eq!(production, of("production", &plain));
    let own = exporter.series("/metrics?project=").await;
    assert!(own.contains("metastudio_exporter_config_last_reload_successful"));
    assert!(!own.iter().any(|series| series.contains("project=")), "{own:?}");
    assert_eq!(exporter.series("/metrics?exporter=only").await, own);
}

#[tokio::test]
async fn a_group_has_the_address_and_the_labels_of_its_target() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let endpoint = projects[0].endpoint.as_str().trim_end_matches('/').to_owned();
    let exporter = Exporter::start(projects.clone()).await;
    let host = format!("127.0.0.1:{}", exporter.site.port().unwrap());
    assert_eq!(
        groups(&exporter).await,
        [
            json!({
                "targets": [host],
                "labels": {"__metrics_path__": "/metrics", "__param_exporter": "only"},
            }),
            json!({
                "targets": [host],
                "labels": {
                    "__metrics_path__": "/metrics",
                    "__param_project": "production",
                    "__meta_metastudio_project": "production",
                    "__meta_metastudio_project_id": projects[0].id,
                    "__meta_metastudio_region": "cn-north-4",
                    "__meta_metastudio_endpoint": endpoint,
                },
            }),
        ]
    );
}

/// Sends `request` and returns the response with its headers.
async fn raw(exporter: &Exporter, request: &str) -> String {
    let address = ("127.0.0.1", exporter.site.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_address_of_targets_is_the_host_of_the_request() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start(projects).await;
    let answer = raw(&exporter, "GET /sd HTTP/1.0\r\nHost: exporter.example.com:443\r\n\r\n").await;
    assert_eq!(answer.matches("[\"exporter.example.com:443\"]").count(), 2, "{answer}");
    let answer = raw(&exporter, "GET /sd HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 400"), "{answer}");
    assert!(answer.contains("The request has no Host header"), "{answer}");
}

#[tokio::test]
async fn an_invalid_selection_is_an_error() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start(projects).await;
    let two = "Select one project or the exporter, not both.\n";
    for (path, status, sentence) in [
        (
            "/metrics?project=nobody",
            StatusCode::NOT_FOUND,
            "Project \"nobody\" not found; /sd lists all projects.\n",
        ),
        ("/metrics?project=production&project=production", StatusCode::BAD_REQUEST, two),
        ("/metrics?exporter=yes", StatusCode::BAD_REQUEST, "Use exporter=only, or omit the parameter.\n"),
    ] {
        assert_eq!(exporter.get(path).await, (status, sentence.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_project_id_is_shown_after_iam_returned_it() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let nowhere: Url = "http://127.0.0.1:9".parse().unwrap();
    let looked_up = ProjectConfig { id: None, ..projects[0].clone() };
    let unknown = ProjectConfig { name: "unknown".to_owned(), iam_endpoint: nowhere, ..looked_up.clone() };
    let poll = PollConfig { timeout: Duration::from_secs(2), ..POLL };
    let exporter = Exporter::start_with(poll, vec![looked_up, unknown], false).await;
    exporter.ready().await;

    let id = sim::ProjectSpec::new("production", "cn-north-4", 0, 0).id;
    let groups = groups(&exporter).await;
    assert_eq!(groups[1]["labels"]["__meta_metastudio_project_id"], id);
    assert_eq!(groups[2]["labels"]["__meta_metastudio_project"], "unknown");
    assert_eq!(groups[2]["labels"].get("__meta_metastudio_project_id"), None);
    let shown = exporter.series("/metrics").await;
    let info: Vec<_> = shown.iter().filter(|series| series.starts_with("metastudio_project_info")).collect();
    assert_eq!(info.len(), 2, "{info:?}");
    for (info, project, id) in [(info[0], "production", id.as_str()), (info[1], "unknown", "")] {
        let begin = format!(
            "metastudio_project_info{{project=\"{project}\",project_id=\"{id}\",region=\"cn-north-4\","
        );
        assert!(info.starts_with(&begin), "{info}");
    }
    assert!(shown.contains("metastudio_up{project=\"unknown\",collector=\"user_quotas\"}"));
}
