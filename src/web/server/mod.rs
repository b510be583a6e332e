//! Accepts connections and serves a router on them, within limits. Knows none of the router's paths.

mod activity;
mod authentication;
mod connection;
mod limits;
mod rate_limit;
mod response;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::config::WebConfig;
use authentication::Authenticator;
pub use limits::Limits;
use rate_limit::RateLimiter;
pub(super) use response::hold_until_sent;

/// How long to wait when connections cannot be accepted, until others have ended.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(500);

/// Serves a router. Clones share all limits.
#[derive(Clone)]
pub struct Server(Arc<ServerState>);

struct ServerState {
    router: TowerToHyperService<Router>,
    config: watch::Receiver<Arc<WebConfig>>,
    limits: Limits,
    connections: Arc<Semaphore>,
    authenticator: Authenticator,
    rate_limiter: RateLimiter,
}

impl Server {
    /// A server of `router`.
    #[must_use]
    pub fn new(router: Router, config: watch::Receiver<Arc<WebConfig>>, limits: Limits) -> Self {
        Self(Arc::new(ServerState {
            router: TowerToHyperService::new(router),
            config,
            limits,
            connections: Arc::new(Semaphore::new(limits.max_connections)),
            authenticator: Authenticator::new(),
            rate_limiter: RateLimiter::default(),
        }))
    }

    /// Serves until `shutdown`, then finishes the requests in progress.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let (stream, permit) = tokio::select! {
                accepted = accept(&listener, &self.0.connections) => accepted,
                Some(_) = connections.join_next() => continue,
                () = shutdown.cancelled() => break,
            };
            let (server, shutdown) = (self.clone(), shutdown.clone());
            connections.spawn(async move {
                connection::serve(server, stream, shutdown).await;
                drop(permit);
            });
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Accepts the next connection once fewer than the limit are open. Retries after every error, because the process may
/// have run out of file descriptors only for now.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections, trying again");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
