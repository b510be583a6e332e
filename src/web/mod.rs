//! The web server: the scrape, service discovery, health, reloads, and pages for people.
//!
//! Reads the states that polls publish and never calls the cloud, so it answers whatever the cloud does.

pub mod config;
mod discovery;
pub(crate) mod fuzzed;
mod gzip;
mod overview;
mod pages;
mod scrape;
mod scrape_limit;
pub mod server;
mod site_address;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::poll::PolledProjects;
use crate::telemetry::Telemetry;
pub use scrape_limit::limit_requests;
pub use server::{Limits, Server};
pub use site_address::SiteAddress;
pub(crate) use site_address::is_plain_path;

/// Reloads the configuration. The error says why it was not applied.
pub(crate) type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the pages show.
pub(crate) struct Site {
    pub(crate) projects: watch::Receiver<Arc<PolledProjects>>,
    pub(crate) telemetry: Telemetry,
    /// Where the pages are.
    pub(crate) address: SiteAddress,
    /// The path of the metrics, below the prefix of the routes.
    pub(crate) telemetry_path: String,
    /// Concurrent scrapes; 0 is no limit.
    pub(crate) max_requests: usize,
    /// Whether `/` is the overview, else a page with links.
    pub(crate) overview: bool,
    /// Whether clients use TLS.
    pub(crate) has_tls: bool,
    /// `None` if reloads over HTTP are disabled.
    pub(crate) reload: Option<Reload>,
}

impl Site {
    /// The projects of the current configuration.
    fn projects(&self) -> Arc<PolledProjects> {
        Arc::clone(&self.projects.borrow())
    }
}

/// The router of all pages and the metrics.
pub(crate) fn router(site: Site) -> Router {
    let mut router = Router::new();
    for (path, page) in pages(site.overview) {
        router = router.route(&site.address.route(path), page);
    }
    let home = site.address.home();
    if let Some(prefix) = site.address.route_prefix() {
        for path in ["/", prefix] {
            let home = home.clone();
            router = router.route(path, get(async move || Redirect::temporary(&home)));
        }
    }
    let not_found = format!("Page not found; {home} links to all pages.\n");
    let router = router
        .route(
            &site.address.route(&site.telemetry_path),
            limit_requests(get(scrape::metrics), site.max_requests),
        )
        .fallback(async move || (StatusCode::NOT_FOUND, not_found))
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, "This page does not support the request's method.\n")
        })
        .with_state(Arc::new(site));
    router.layer(from_fn(despite_panic))
}

/// A panic of a page is the error of one response. The hook of panics logs and counts it.
async fn despite_panic(request: Request, next: Next) -> Response {
    let response = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    response.unwrap_or_else(|_| {
        (StatusCode::INTERNAL_SERVER_ERROR, "The exporter has a bug; its log has the place.\n")
            .into_response()
    })
}

/// Whether a path belongs to a page, with or without the overview, so that it cannot be the path of the metrics.
pub(crate) fn is_page(path: &str) -> bool {
    path.starts_with("/-/") || pages(true).iter().any(|(page, _)| *page == path)
}

/// All pages except the metrics, by path.
fn pages(overview: bool) -> Vec<(&'static str, MethodRouter<Arc<Site>>)> {
    let mut pages = vec![
        ("/sd", get(discovery::targets)),
        // Browsers request it with each page that is not HTML.
        ("/favicon.ico", get(async || StatusCode::NO_CONTENT)),
        ("/-/reload", post(pages::reload).put(pages::reload)),
        ("/-/healthy", get(async || "metastudio-exporter is healthy.\n")),
        ("/-/ready", get(pages::ready)),
    ];
    if overview {
        pages.extend(overview::routes());
    } else {
        pages.push(("/", get(pages::landing)));
    }
    pages
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_of_a_page_is_the_error_of_one_response() {
        let broken = async || -> &'static str { panic!("the secret is sesame") };
        let router = Router::new()
            .route("/broken", get(broken))
            .route("/", get(async || "good"))
            .layer(from_fn(despite_panic));
        for (path, status, text) in [
            (
                "/broken",
                StatusCode::INTERNAL_SERVER_ERROR,
                "The exporter has a bug; its log has the place.\n",
            ),
            ("/", StatusCode::OK, "good"),
        ] {
            let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(to_bytes(response.into_body(), 1000).await.unwrap(), text);
        }
    }
}
