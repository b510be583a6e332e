//! The small pages: links, readiness and reloads.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Site;

/// `GET /-/ready`: 503 until every project has been polled once, successfully or not; 200 from then on, whatever a
/// reload adds.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.projects().is_ready() {
        "metastudio-exporter is ready.\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The first poll has not ended yet.\n").into_response()
    }
}

/// `POST /-/reload`
pub(super) async fn reload(State(site): State<Arc<Site>>) -> Response {
    let Some(reload) = &site.reload else {
        let message = "Reloads over HTTP are disabled: start the exporter with --web.enable-lifecycle, or send SIGHUP.\n";
        return (StatusCode::FORBIDDEN, message).into_response();
    };
    match reload().await {
        Ok(()) => "Configuration reloaded.\n".into_response(),
        Err(errors) => {
            let message = format!("Configuration not reloaded; the previous one stays active:\n{errors}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
        }
    }
}

/// `GET /` without the overview. Loads nothing from other pages.
pub(super) async fn landing(State(site): State<Arc<Site>>) -> Html<String> {
    let path = &site.telemetry_path;
    let version = env!("CARGO_PKG_VERSION");
    Html(format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>MetaStudio Exporter</title>
<style>html {{ background: Canvas }} body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
</head>
<body>
<main>
<h1>MetaStudio Exporter</h1>
<p>Prometheus exporter for the resources and user quotas of Huawei Cloud MetaStudio. Version {version}.</p>
<ul>
<li><a href="{path}">Metrics</a></li>
<li><a href="/sd">Service discovery</a></li>
<li><a href="/-/healthy">Health</a></li>
<li><a href="/-/ready">Readiness</a></li>
</ul>
</main>
</body>
</html>
"#
    ))
}
