//! `GET /sd`: the projects as targets of their own, in the format of Prometheus' HTTP service discovery.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Listed, Site};
use crate::poll::shown_endpoint;

/// A group for each project, and one for the exporter itself. Whoever asks reaches the targets as it reached this.
pub(super) async fn targets(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty())
    else {
        let sentence = "The request has no Host header, so there is no address to list targets with.\n";
        return (StatusCode::BAD_REQUEST, sentence).into_response();
    };
    let roster = site.exposition.roster();
    let exporter = json!({"__param_exporter": "only"});
    let groups = std::iter::once(exporter).chain(roster.projects.iter().map(labels)).map(|mut labels| {
        labels["__metrics_path__"] = site.telemetry_path.as_str().into();
        if site.has_tls {
            labels["__scheme__"] = "https".into();
        }
        json!({"targets": [host], "labels": labels})
    });
    ([(CONTENT_TYPE, "application/json")], groups.collect::<Value>().to_string()).into_response()
}

fn labels(Listed { project, record }: &Listed) -> Value {
    let mut labels = json!({
        "__param_project": project.name,
        "__meta_metastudio_project": project.name,
        "__meta_metastudio_region": project.region,
        "__meta_metastudio_endpoint": shown_endpoint(project),
    });
    let known = || record.state().project_id().map(ToOwned::to_owned);
    if let Some(id) = project.id.clone().or_else(known) {
        labels["__meta_metastudio_project_id"] = id.into();
    }
    labels
}
