//! What is served: the scrape, service discovery, the health of the process, reloads, a page that says where they are.
//!
//! Reads the states that polls publish and never calls the cloud, so it answers whatever the cloud does.

pub mod config;
mod discovery;
mod landing;
mod overview;
mod reload;
mod roster;
mod scrape;
mod scrape_limit;
mod selection;
pub mod server;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub use reload::{Reloader, Request, Requests};
pub use roster::{Listed, Roster};
pub use scrape::Exposition;
pub use scrape_limit::limit_requests;
pub use server::{Limits, Server};

/// Whether a path is one of the site's own pages, so that it cannot be the path of the metrics.
#[must_use]
pub fn is_page(path: &str) -> bool {
    overview::PATHS.contains(&path) || ["/sd", "/favicon.ico"].contains(&path) || path.starts_with("/-/")
}

/// What requests are answered from.
#[derive(Debug, Clone)]
pub struct Site {
    /// The metrics.
    pub exposition: Exposition,
    /// The path of the metrics.
    pub telemetry_path: String,
    /// Concurrent scrapes of the metrics; 0 is no limit.
    pub max_requests: usize,
    /// Whether `/` is the overview, or a page with links only.
    pub overview: bool,
    /// Whether clients speak TLS.
    pub has_tls: bool,
    /// Who reads the configuration again; none where that is not for HTTP to ask.
    pub reloader: Option<Reloader>,
}

/// The paths and what answers them.
pub fn router(site: Site) -> Router {
    let pages = if site.overview { overview::routes() } else { Router::new().route("/", get(landing::page)) };
    pages
        .route(&site.telemetry_path, limit_requests(get(scrape::metrics), site.max_requests))
        .route("/sd", get(discovery::targets))
        // Browsers ask for it beside each page that is no HTML.
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/-/reload", post(reload::reload).put(reload::reload))
        .route("/-/healthy", get(async || "metastudio-exporter is healthy.\n"))
        .route("/-/ready", get(ready))
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page; / lists all.\n"))
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, "This page does not take that method.\n")
        })
        .with_state(Arc::new(site))
}

/// 503 until every project has been polled once, well or badly; which ones are still to come stays in the log. It stays
/// 200 after a reload, whatever that adds.
async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.exposition.roster().is_ready() {
        "metastudio-exporter is ready.\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The first poll has not ended yet.\n").into_response()
    }
}
