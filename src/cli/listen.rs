//! Binding the addresses that are served on.

use std::io;

use tokio::net::TcpListener;

use super::Failure;

/// Binds each address. All are bound before anything is polled, so that a port that is taken costs no call.
pub(super) async fn bind(addresses: &[String]) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = bind_one(address).await.map_err(|error| failure(address, &error))?;
        if let Ok(bound) = listener.local_addr() {
            tracing::info!(address = %bound, "listening");
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

/// `:PORT` is every address of the machine: both families where it has both.
async fn bind_one(address: &str) -> io::Result<TcpListener> {
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

fn failure(address: &str, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "stop the program that holds it, or choose another with --web.listen-address"
        }
        io::ErrorKind::PermissionDenied => "choose a port above 1023 with --web.listen-address",
        _ => "choose an address of this machine with --web.listen-address",
    };
    Failure::Work(format!("cannot listen on {address}: {error}; {advice}"))
}
