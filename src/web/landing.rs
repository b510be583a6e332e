//! The page at `/`: what this is and where to go.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use super::Site;

/// A page without anything from outside, styled only as far as reading needs.
pub(super) async fn page(State(site): State<Arc<Site>>) -> Html<String> {
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
