//! The small pages: links, readiness and reloads.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
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
pub(super) async fn reload(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Some(reload) = &site.reload else {
        let message = format!("Reloads over HTTP are disabled: {}.\n", advice::ENABLE_RELOADS);
        return (StatusCode::FORBIDDEN, message).into_response();
    };
    if is_from_another_site(&headers) {
        return (StatusCode::FORBIDDEN, "Pages of other sites cannot reload the configuration.\n")
            .into_response();
    }
    match reload().await {
        Ok(()) => "Configuration reloaded.\n".into_response(),
        Err(errors) => {
            let message = format!("Configuration not reloaded; the previous one stays active:\n{errors}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
        }
    }
}

/// Whether a browser sends the request for a page of another site: then it adds the site of the page as `Origin`.
fn is_from_another_site(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let site = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    site.zip(host).is_none_or(|((_, site), host)| !site.eq_ignore_ascii_case(host))
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
