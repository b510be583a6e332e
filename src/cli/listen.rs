//! The sockets that are served on.

use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use tokio::net::TcpListener;

use super::{Failure, flags};
use crate::web::config::Live;

/// The sockets that are served on: those of systemd, or each `--web.listen-address`. All are there before anything is
/// polled, so that a port that is taken costs no call.
pub(super) async fn listeners(web: &flags::Web, config: &Live) -> Result<Vec<TcpListener>, Failure> {
    let listeners =
        if web.systemd_socket { from_systemd()? } else { bind_all(&web.listen_addresses).await? };
    for listener in &listeners {
        let Ok(address) = listener.local_addr() else { continue };
        tracing::info!(%address, "listening");
        let tls = if config.has_tls() { "TLS is enabled" } else { "TLS is disabled" };
        tracing::info!(http2 = config.has_http2(), %address, "{tls}");
    }
    Ok(listeners)
}

async fn bind_all(addresses: &[String]) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(bind(address, "--web.listen-address").await?);
    }
    Ok(listeners)
}

/// The TCP sockets that systemd has opened for this process.
fn from_systemd() -> Result<Vec<TcpListener>, Failure> {
    let mut sockets = ListenFd::from_env();
    if sockets.len() == 0 {
        let sentence = "systemd handed no sockets over (LISTEN_FDS): start it by a .socket unit, or leave \
                        --web.systemd-socket away";
        return Err(Failure::Work(sentence.to_owned()));
    }
    let mut listeners = Vec::new();
    for index in 0..sockets.len() {
        let listener = sockets.take_tcp_listener(index).and_then(|socket| {
            let Some(socket) = socket else { return Ok(None) };
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket).map(Some)
        });
        let refused = |error: io::Error| {
            let sentence = "write ListenStream= with a TCP port in the .socket unit";
            Failure::Work(format!("cannot serve on socket {index} of systemd: {error}; {sentence}"))
        };
        listeners.extend(listener.map_err(refused)?);
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
