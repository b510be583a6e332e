//! The limits on what clients may use of the server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream;
use hyper_util::rt::{TokioExecutor, TokioIo};
use metastudio_exporter::web::{Limits, limit_requests};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

use crate::common::until;
use crate::web_config::{TLS, directory, exchange, load, plain, serve_site, without_file};
use crate::web_config_tls::{self, Offer};

/// Time limits that a test can wait for.
const SHORT: Duration = Duration::from_millis(300);

/// The status code of a response.
pub(super) fn code(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

const QUICK: &str = "GET /quick HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends one request and reads its response; the connection stays open.
pub(super) async fn request_quick(stream: &mut TcpStream) {
    stream.write_all(QUICK.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"quick\n") {
        assert_ne!(stream.read_buf(&mut response).await.unwrap(), 0);
    }
}

pub(super) async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// A site with an endless response at `/endless`, and one at `/metrics` that waits for `gate`.
fn router(gate: &Arc<Semaphore>, arrived: &Arc<Notify>, max_requests: usize) -> Router {
    let (gate, arrived) = (Arc::clone(gate), Arc::clone(arrived));
    let waiting = move || async move {
        arrived.notify_one();
        gate.acquire().await.unwrap().forget();
        "metrics\n"
    };
    Router::new()
        .route("/metrics", limit_requests(get(waiting), max_requests))
        .route("/quick", get(async || "quick\n"))
        .route("/-/reload", post(async || "reloaded\n"))
        .route("/endless", get(endless))
}

pub(super) async fn endless() -> Body {
    let block = Bytes::from(vec![b'#'; 65536]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(block.clone())))
}

async fn serve(limits: Limits) -> (SocketAddr, Arc<Semaphore>, Arc<Notify>) {
    let (gate, arrived) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let address = serve_site(router(&gate, &arrived, limits.max_requests), without_file(), limits).await;
    (address, gate, arrived)
}

#[tokio::test]
async fn heads_and_bodies_that_are_too_large_are_refused() {
    let (address, ..) = serve(Limits::default()).await;
    let headers = |count: usize, length: usize| {
        (0..count).map(|_| format!("X-A: {}\r\n", "a".repeat(length))).collect::<Vec<_>>().concat()
    };
    for (headers, expected) in [
        (headers(1, 15_000), "200"),
        (headers(1, 17_000), "431"),
        (headers(90, 1), "200"),
        (headers(101, 1), "431"),
    ] {
        assert_eq!(code(&plain(address, "/quick", &headers).await), expected, "{} bytes", headers.len());
    }
    let body = |length: usize| "a".repeat(length);
    let chunked = |length: usize| format!("{length:x}\r\n{}\r\n0\r\n\r\n", body(length));
    for (method, path, headers, body, expected) in [
        ("POST", "/-/reload", "Content-Length: 65536", body(65536), "200"),
        ("POST", "/-/reload", "Content-Length: 65537", String::new(), "413"),
        ("POST", "/-/reload", "Transfer-Encoding: chunked", chunked(65536), "200"),
        ("POST", "/-/reload", "Transfer-Encoding: chunked", chunked(65537), "413"),
        ("POST", "/quick", "Content-Length: 1", body(1), "405"),
        ("GET", "/quick", "Content-Length: 0", String::new(), "200"),
        ("GET", "/quick", "Content-Length: 1", body(1), "200"),
        ("GET", "/quick", "Content-Length: 65537", String::new(), "413"),
    ] {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n\r\n{body}");
        let response = exchange(connect(address).await, request).await;
        assert_eq!(code(&response), expected, "{method} {path} {headers}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_closes_the_connection() {
    let (address, ..) = serve(Limits { reading: SHORT, ..Limits::default() }).await;
    for head in ["", "G", "GET /quick HTTP/1.1\r\nHost: a\r\n"] {
        assert_eq!(exchange(connect(address).await, head).await, "");
    }
    // The second request of a connection has the same limit.
    let mut stream = connect(address).await;
    request_quick(&mut stream).await;
    assert_eq!(exchange(stream, "GET /qu").await, "");
}

#[tokio::test]
async fn a_body_that_does_not_end_is_refused() {
    let (address, ..) = serve(Limits { reading: SHORT, ..Limits::default() }).await;
    let request = "POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
    assert_eq!(code(&exchange(connect(address).await, request).await), "408");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (address, ..) = serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let response = exchange(connect(address).await, QUICK).await;
    assert!(response.ends_with("\r\n\r\nquick\n"), "{response}");
}

#[tokio::test]
async fn a_handshake_that_does_not_end_closes_the_connection() {
    let (directory, _) = directory();
    let live = load(&directory, TLS);
    let address = serve_site(Router::new(), live, Limits { handshake: SHORT, ..Limits::default() }).await;
    for hello in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        assert_eq!(exchange(connect(address).await, hello).await, "", "{hello:?}");
    }
}

#[tokio::test]
async fn concurrent_scrapes_are_limited() {
    let (address, gate, arrived) = serve(Limits { max_requests: 2, ..Limits::default() }).await;
    let scrapes = [0, 1].map(|_| tokio::spawn(async move { plain(address, "/metrics", "").await }));
    for _ in &scrapes {
        arrived.notified().await;
    }
    let refused = plain(address, "/metrics", "").await;
    assert_eq!(code(&refused), "503");
    let sentence = "\r\n\r\nLimit of concurrent requests reached (2), try again later.\n";
    assert!(refused.ends_with(sentence), "{refused}");
    assert_eq!(code(&plain(address, "/quick", "").await), "200", "other pages are not limited");
    gate.add_permits(3);
    for scrape in scrapes {
        assert_eq!(code(&scrape.await.unwrap()), "200");
    }
    assert_eq!(code(&plain(address, "/metrics", "").await), "200");
}

#[tokio::test]
async fn a_scrape_whose_client_disconnects_frees_its_slot() {
    let (address, gate, arrived) = serve(Limits { max_requests: 1, ..Limits::default() }).await;
    let mut stream = connect(address).await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    arrived.notified().await;
    assert_eq!(code(&plain(address, "/metrics", "").await), "503");
    drop(stream);
    gate.add_permits(1000);
    until(async || code(&plain(address, "/metrics", "").await) == "200").await;
}

#[tokio::test]
async fn a_client_that_receives_nothing_is_disconnected_and_frees_its_slot() {
    let limits = Limits { max_requests: 1, stalled: SHORT, ..Limits::default() };
    let router = Router::new().route("/metrics", limit_requests(get(endless), limits.max_requests));
    let address = serve_site(router, without_file(), limits).await;
    let start = async || {
        let mut stream = connect(address).await;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        (stream, start)
    };
    let (mut first, started) = start().await;
    assert_eq!(&started, b"HTTP/1.1 200");
    assert_eq!(&start().await.1, b"HTTP/1.1 503");
    until(async || &start().await.1 == b"HTTP/1.1 200").await;
    let mut rest = Vec::new();
    // The buffered part still arrives, then the end.
    let _ = first.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_client_that_does_not_receive_the_buffered_end_of_a_response_is_disconnected() {
    let limits = Limits { max_connections: 1, stalled: SHORT, ..Limits::default() };
    let large = || async { vec![b'#'; 32 << 20] };
    let router = Router::new().route("/large", get(large)).route("/quick", get(async || "quick\n"));
    let address = serve_site(router, without_file(), limits).await;
    let mut first = connect(address).await;
    first.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    first.read_exact(&mut [0]).await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(30), plain(address, "/quick", "")).await;
    assert_eq!(code(&second.expect("the first connection is closed long before it is idle for long")), "200");
}

#[tokio::test]
async fn a_client_that_receives_nothing_of_one_stream_is_disconnected() {
    let (directory, authority) = directory();
    let live = load(&directory, TLS);
    let limits = Limits { stalled: SHORT, ..Limits::default() };
    let address = serve_site(Router::new().route("/endless", get(endless)), live, limits).await;
    let offer = Offer { protocols: &[b"h2"], ..Offer::default() };
    let stream = web_config_tls::connect(address, &authority, &offer).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = axum::http::Request::get(format!("https://{address}/endless")).body(Body::empty()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    // The client keeps reading the connection, but not the response.
    connection.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_response_has_a_time_limit_at_any_pace() {
    let (address, ..) = serve(Limits { answering: SHORT, ..Limits::default() }).await;
    let response = exchange(connect(address).await, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(code(&response), "200");
}

#[tokio::test]
async fn a_connection_waits_while_all_others_have_requests_in_progress() {
    let (address, gate, arrived) = serve(Limits { max_connections: 2, ..Limits::default() }).await;
    let scrapes = [0, 1].map(|_| tokio::spawn(async move { plain(address, "/metrics", "").await }));
    for _ in &scrapes {
        arrived.notified().await;
    }
    let mut third = connect(address).await;
    third.write_all(QUICK.as_bytes()).await.unwrap();
    let waiting = tokio::time::timeout(SHORT, third.readable()).await;
    waiting.expect_err("it waits while others are served");
    gate.add_permits(1);
    let mut start = [0; 12];
    third.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    gate.add_permits(1);
    for scrape in scrapes {
        assert_eq!(code(&scrape.await.unwrap()), "200");
    }
}

#[tokio::test]
async fn a_connection_is_idle_for_a_short_time_after_a_refusal() {
    let (directory, _) = directory();
    let users = "basic_auth_users:\n  alice: $2y$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    let limits = Limits { refused_idle: SHORT, ..Limits::default() };
    let refused = exchange(
        connect(serve_site(Router::new(), load(&directory, users), limits).await).await,
        "GET /quick HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    // The connection ends long before it is idle for 150 s.
    let refused = tokio::time::timeout(Duration::from_secs(30), refused).await.unwrap();
    assert_eq!(code(&refused), "401");

    // After an answer that is no refusal it is not short.
    let (address, ..) = serve(limits).await;
    let mut stream = connect(address).await;
    request_quick(&mut stream).await;
    tokio::time::timeout(2 * SHORT, stream.readable()).await.unwrap_err();
    request_quick(&mut stream).await;
}
