//! Accepting connections and serving the site on them, within limits.

mod activity;
mod answer;
mod connection;
mod limits;
mod passwords;
mod rate;
mod watched;

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
pub use limits::Limits;
use passwords::Passwords;
use rate::Bucket;

/// How long to wait where connections cannot be accepted, until others have ended.
const OUT_OF_BREATH: Duration = Duration::from_millis(500);

/// A site, and who may ask it for what. Clones share all limits.
#[derive(Clone)]
pub struct Server(Arc<State>);

struct State {
    router: TowerToHyperService<Router>,
    metrics_path: String,
    config: watch::Receiver<Arc<WebConfig>>,
    limits: Limits,
    /// One for each scrape at a time; none where they are not limited.
    slots: Option<Arc<Semaphore>>,
    connections: Arc<Semaphore>,
    passwords: Passwords,
    bucket: Bucket,
}

impl Server {
    /// Serves `router`, whose metrics are at `metrics_path`.
    #[must_use]
    pub fn new(
        router: Router,
        metrics_path: String,
        config: watch::Receiver<Arc<WebConfig>>,
        limits: Limits,
    ) -> Self {
        let slots = (limits.max_requests > 0).then(|| Arc::new(Semaphore::new(limits.max_requests)));
        Self(Arc::new(State {
            router: TowerToHyperService::new(router),
            metrics_path,
            config,
            limits,
            slots,
            connections: Arc::new(Semaphore::new(limits.max_connections)),
            passwords: Passwords::new(),
            bucket: Bucket::default(),
        }))
    }

    /// Serves until `shutdown`, then finishes the answers under way.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let (stream, place) = tokio::select! {
                accepted = accept(&listener, &self.0.connections) => accepted,
                Some(_) = connections.join_next() => continue,
                () = shutdown.cancelled() => break,
            };
            let (server, shutdown) = (self.clone(), shutdown.clone());
            connections.spawn(async move {
                connection::serve(server, stream, shutdown).await;
                drop(place);
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

/// The next connection, once there is place for one. No error ends it: files run out, and come back.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // Nobody closes it.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) if is_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "connections cannot be accepted; trying again");
                tokio::time::sleep(OUT_OF_BREATH).await;
            }
        }
    }
}

/// Whether the client has gone before he was accepted.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
