//! Accepts connections and serves a router on them, within limits. Knows none of the router's paths.

mod activity;
mod authentication;
mod body;
mod connection;
mod connections;
mod host;
mod limits;
mod occurrences;
mod rate_limit;
mod response;
mod turns;

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::config::WebConfig;
use crate::telemetry::HttpMetrics;
use authentication::Authenticator;
pub(super) use authentication::credentials;
pub(super) use body::hold_until_sent;
use connections::{Connection, Connections};
pub use limits::Limits;
use occurrences::Occurrences;
use rate_limit::RateLimiter;

/// How long to wait when connections cannot be accepted, until others have ended.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(500);

/// Serves a router. Clones share all limits.
#[derive(Clone)]
pub struct Server(Arc<ServerState>);

struct ServerState {
    router: TowerToHyperService<Router>,
    config: watch::Receiver<Arc<WebConfig>>,
    limits: Limits,
    connections: Arc<Connections>,
    accept_errors: Occurrences,
    metrics: Option<HttpMetrics>,
    authenticator: Authenticator,
    rate_limiter: RateLimiter,
}

impl Server {
    /// A server of `router`, whose metrics are not exported.
    #[must_use]
    pub fn new(router: Router, config: watch::Receiver<Arc<WebConfig>>, limits: Limits) -> Self {
        Self::with_metrics(router, config, limits, None)
    }

    /// A server of `router` that records its requests and connections in `metrics`.
    pub(crate) fn with_metrics(
        router: Router,
        config: watch::Receiver<Arc<WebConfig>>,
        limits: Limits,
        metrics: Option<HttpMetrics>,
    ) -> Self {
        Self(Arc::new(ServerState {
            router: TowerToHyperService::new(router),
            config,
            limits,
            connections: Connections::new(limits, metrics.clone()),
            accept_errors: Occurrences::default(),
            metrics,
            authenticator: Authenticator::new(),
            rate_limiter: RateLimiter::default(),
        }))
    }

    /// Serves until `shutdown`, then finishes the requests in progress.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        {
            // Accepting is not cancelled by the end of other connections, because it would lose the one that waits.
            let mut accepting = pin!(self.accept(&listener));
            loop {
                let (stream, connection) = tokio::select! {
                    accepted = accepting.as_mut() => accepted,
                    Some(_) = connections.join_next() => continue,
                    () = shutdown.cancelled() => break,
                };
                accepting.set(self.accept(&listener));
                let (server, shutdown) = (self.clone(), shutdown.clone());
                connections.spawn(connection::serve(server, stream, connection, shutdown));
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    /// Accepts the next connection and waits for its place. Retries after every error, because the process may have run
    /// out of file descriptors only for now.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, Connection) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, self.0.connections.open().await),
                Err(error) if is_client_error(&error) => {}
                Err(error) => {
                    if let Some(errors) = self.0.accept_errors.add() {
                        tracing::error!(%error, errors, "cannot accept connections, trying again");
                    }
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                }
            }
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
