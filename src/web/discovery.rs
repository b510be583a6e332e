//! `GET /sd`: the projects as targets, in the format of Prometheus' HTTP service discovery.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Site;
use crate::poll::PolledProject;

/// One group for each project and one for the exporter itself. The address of all targets is the request's host.
pub(super) async fn targets(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty())
    else {
        let message = "The request has no Host header, which is the address of the targets.\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    let projects = site.projects();
    let exporter = json!({"__param_exporter": "only"});
    let labels = std::iter::once(exporter).chain(projects.projects.iter().map(labels));
    let groups = labels.map(|mut labels| {
        labels["__metrics_path__"] = site.address.path_at(host, &site.telemetry_path).into();
        if site.address.has_tls_at(host).unwrap_or(site.has_tls) {
            labels["__scheme__"] = "https".into();
        }
        json!({"targets": [host], "labels": labels})
    });
    ([(CONTENT_TYPE, "application/json")], groups.collect::<Value>().to_string()).into_response()
}

fn labels(project: &PolledProject) -> Value {
    let mut labels = json!({
        "__param_project": project.config.name,
        "__meta_metastudio_project": project.config.name,
        "__meta_metastudio_region": project.config.region,
        "__meta_metastudio_endpoint": project.endpoint(),
    });
    if let Some(id) = project.id() {
        labels["__meta_metastudio_project_id"] = id.into();
    }
    labels
}
