//! The connections of the simulated cloud.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long requests in flight may take after the shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Serves until `shutdown`; requests in flight then have a second to finish.
pub(super) async fn serve(router: Router, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let mut listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let stop = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, _) = listener.accept() => {
                connections.spawn(serve_connection(router.clone(), stream, stop.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    stop.cancel();
    // A stalled response never ends by itself.
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, connections.join_all()).await;
}

async fn serve_connection(router: Router, stream: TcpStream, stop: CancellationToken) {
    let service = TowerToHyperService::new(router);
    // As the real gateway writes them: the vendor's Java SDK does not find `x-request-id`.
    let mut builder = http1::Builder::new();
    let connection = builder.title_case_headers(true).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection of the simulated cloud failed");
    }
}
