//! What the tests of the web configuration share: certificates, and a site served by it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use metastudio_exporter::config::watch::WatchedFiles;
use metastudio_exporter::web::config::{self, WebConfig};
use metastudio_exporter::web::{Limits, Server};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(super) use crate::certificates::{Authority, Identity};
use crate::config_file::Directory;

/// A directory with `cert.pem`, `key.pem`, `ca.pem` and the authority that issued them.
pub(super) fn directory() -> (Directory, Authority) {
    let (directory, authority) = (Directory::new(), Authority::new());
    let server = authority.server();
    directory.write("cert.pem", server.cert);
    directory.write("key.pem", server.key);
    directory.write("ca.pem", &authority.pem);
    (directory, authority)
}

pub(super) const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

/// The site of the tests, by the web configuration of this text.
pub(super) async fn serve(directory: &Directory, text: &str) -> SocketAddr {
    let config = load(directory, text);
    let host = async |headers: HeaderMap| headers["host"].to_str().unwrap().to_owned();
    let router = Router::new().route("/metrics", get(async || "metrics\n")).route("/host", get(host));
    serve_site(router, config, Limits::default()).await
}

/// The web configuration of this text, which is loaded again when it changes.
pub(super) fn load(directory: &Directory, text: &str) -> watch::Receiver<Arc<WebConfig>> {
    let path = directory.write("web.yml", text);
    let mut files = WatchedFiles::default();
    let (current, config) = watch::channel(Arc::new(config::load(&path, &mut files).unwrap()));
    tokio::spawn(config::watch(path, files, current));
    config
}

/// The web configuration without a file.
pub(super) fn without_file() -> watch::Receiver<Arc<WebConfig>> {
    watch::Sender::new(Arc::default()).subscribe()
}

/// Serves for as long as the test runs.
pub(super) async fn serve_site(
    router: Router,
    config: watch::Receiver<Arc<WebConfig>>,
    limits: Limits,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(router, config, limits);
    tokio::spawn(server.serve(listener, CancellationToken::new()));
    address
}

/// Sends a request and reads until the connection ends.
pub(super) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: impl AsRef<[u8]>,
) -> String {
    stream.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    // TLS ends without a farewell where a client is cut off.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// One request without TLS; `headers` each end their line.
pub(super) async fn plain(address: SocketAddr, path: &str, headers: &str) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    exchange(stream, format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n")).await
}
