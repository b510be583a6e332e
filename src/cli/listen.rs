//! The listening sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use listenfd::ListenFd;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;

use super::{Error, flags};
use crate::web::config::WebConfig;

/// Connections that wait to be accepted; as many as for addresses that tokio binds.
const BACKLOG: i32 = 1024;

/// Opens the sockets: those of systemd, or one for each `--web.listen-address`. They are opened before the first poll, so
/// that a port in use costs no request.
pub(super) async fn listeners(web: &flags::WebFlags, config: &WebConfig) -> Result<Vec<TcpListener>, Error> {
    let listeners =
        if web.systemd_socket { from_systemd()? } else { bind_all(&web.listen_addresses).await? };
    for listener in &listeners {
        let Ok(address) = listener.local_addr() else { continue };
        tracing::info!(%address, "listening");
        let has_tls = config.tls.is_some();
        let tls = if has_tls { "TLS is enabled" } else { "TLS is disabled" };
        tracing::info!(http2 = has_tls && config.http2, %address, "{tls}");
    }
    Ok(listeners)
}

async fn bind_all(addresses: &[String]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(bind(address, "--web.listen-address").await?);
    }
    Ok(listeners)
}

/// The TCP sockets that systemd opened for this process.
fn from_systemd() -> Result<Vec<TcpListener>, Error> {
    let mut sockets = ListenFd::from_env();
    if sockets.len() == 0 {
        let sentence = "systemd passed no sockets (LISTEN_FDS): start the exporter with a .socket unit, or remove \
                        --web.systemd-socket";
        return Err(Error::Failed(sentence.to_owned()));
    }
    let mut listeners = Vec::new();
    for index in 0..sockets.len() {
        let listener = sockets.take_tcp_listener(index).and_then(|socket| {
            let Some(socket) = socket else { return Ok(None) };
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket).map(Some)
        });
        let failed = |error: io::Error| {
            let sentence = "write ListenStream= with a TCP port in the .socket unit";
            Error::Failed(format!("cannot serve on socket {index} of systemd: {error}; {sentence}"))
        };
        listeners.extend(listener.map_err(failed)?);
    }
    Ok(listeners)
}

/// Binds one address, which is the value of `flag`.
pub(super) async fn bind(address: &str, flag: &str) -> Result<TcpListener, Error> {
    try_bind(address).await.map_err(|error| bind_error(address, flag, &error))
}

/// The address to connect to from this machine: `localhost` if all addresses are bound.
pub(super) fn reachable(bound: SocketAddr) -> String {
    if bound.ip().is_unspecified() { format!("localhost:{}", bound.port()) } else { bound.to_string() }
}

/// Binds. `:PORT` is every address of the machine, IPv6 and IPv4 if it has both.
async fn try_bind(address: &str) -> io::Result<TcpListener> {
    let port = match address.strip_prefix(':').or_else(|| address.strip_prefix("[::]:")) {
        Some(port) => port.parse().map_err(io::Error::other)?,
        None => return TcpListener::bind(address).await,
    };
    match bind_both(port) {
        // A machine without IPv6.
        Err(error) if address.starts_with(':') && error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
        }
        outcome => outcome,
    }
}

/// Binds every IPv6 and IPv4 address, also where the system's default for an IPv6 socket is IPv6 only
/// (`net.ipv6.bindv6only`).
fn bind_both(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    socket.set_only_v6(false)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn bind_error(address: &str, flag: &str, error: &io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "stop the program that uses it, or choose another",
        io::ErrorKind::PermissionDenied => "choose a port above 1023",
        _ => "choose an address of this machine",
    };
    Error::Failed(format!("cannot listen on {address}: {error}; {advice} with {flag}"))
}
