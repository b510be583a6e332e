//! The limit on concurrent scrapes, as a layer on the route of the metrics.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::MethodRouter;
use tokio::sync::Semaphore;

use super::server::hold_until_sent;

/// Responds 503 to requests beyond `max_requests` concurrent ones; 0 is no limit. A request counts until its response
/// is sent or discarded.
pub fn limit_requests<S>(route: MethodRouter<S>, max_requests: usize) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    if max_requests == 0 {
        return route;
    }
    let slots = Arc::new(Semaphore::new(max_requests));
    route.layer(from_fn(move |request: Request, next: Next| {
        let slot = Arc::clone(&slots).try_acquire_owned();
        async move {
            if let Ok(slot) = slot {
                return next.run(request).await.map(|body| hold_until_sent(slot, body));
            }
            let sentence =
                format!("Limit of concurrent requests reached ({max_requests}), try again later.\n");
            (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response()
        }
    }))
}
