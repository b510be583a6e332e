//! What is served: the scrape, the health of the process, a page that says where they are.
//!
//! Reads the states that polls publish and never calls the cloud, so it answers whatever the cloud does.

mod landing;
mod scrape;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

pub use scrape::Exposition;

/// What requests are answered from.
#[derive(Debug, Clone)]
pub struct Site {
    /// The metrics.
    pub exposition: Exposition,
    /// The path of the metrics.
    pub telemetry_path: String,
}

/// The paths and what answers them.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(landing::page))
        .route(&site.telemetry_path, get(metrics))
        .route("/-/healthy", get(async || "metastudio-exporter is healthy.\n"))
        .route("/-/ready", get(ready))
        .with_state(Arc::new(site))
}

/// Serves until `shutdown`, then finishes the answers under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // Delayed small segments stall chunked bodies for 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot turn Nagle's algorithm off");
        }
    });
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn metrics(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    site.exposition.respond(&headers)
}

/// 503 until every project has been polled once, well or badly; which ones are still to come stays in the log.
async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.exposition.is_ready() {
        "metastudio-exporter is ready.\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The first poll has not ended yet.\n").into_response()
    }
}
