//! The small pages: links, readiness and reloads.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Site;
use crate::advice;

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
        let message = format!("Reloads over HTTP are disabled: {}.\n", advice::ENABLE_RELOADS);
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
#[derive(Template)]
#[template(path = "landing.html")]
struct Landing<'a> {
    version: &'static str,
    telemetry_path: &'a str,
}

pub(super) async fn landing(State(site): State<Arc<Site>>) -> Response {
    let page = Landing { version: env!("CARGO_PKG_VERSION"), telemetry_path: &site.telemetry_path };
    page.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
