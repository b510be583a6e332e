//! Binding the addresses that are served on.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::Failure;

/// Binds each `--web.listen-address`. All are bound before anything is polled, so that a port that is taken costs no
/// call.
pub(super) async fn bind_all(addresses: &[String]) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = bind(address, "--web.listen-address").await?;
        if let Ok(bound) = listener.local_addr() {
            tracing::info!(address = %bound, "listening");
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Binds one address; `flag` is where a person can choose another.
pub(super) async fn bind(address: &str, flag: &str) -> Result<TcpListener, Failure> {
    try_bind(address).await.map_err(|error| failure(address, flag, &error))
}

/// How this machine reaches an address that is bound: `localhost` where every address is.
pub(super) fn reachable(bound: SocketAddr) -> String {
    if bound.ip().is_unspecified() { format!("localhost:{}", bound.port()) } else { bound.to_string() }
}

/// `:PORT` is every address of the machine: both families where it has both.
async fn try_bind(address: &str) -> io::Result<TcpListener> {
    match address.strip_prefix(':') {
        None => TcpListener::bind(address).await,
        Some(port) => match TcpListener::bind(format!("[::]:{port}")).await {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                TcpListener::bind(format!("0.0.0.0:{port}")).await
            }
            outcome => outcome,
        },
    }
}

fn failure(address: &str, flag: &str, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "stop the program that holds it, or choose another",
        io::ErrorKind::PermissionDenied => "choose a port above 1023",
        _ => "choose an address of this machine",
    };
    Failure::Work(format!("cannot listen on {address}: {error}; {advice} with {flag}"))
}
