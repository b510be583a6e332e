//! How the web server treats clients that keep connections, half-close them, or send unusual requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use metastudio_exporter::web::{Limits, limit_requests};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::common::until;
use crate::web_config::{TLS, directory, exchange, load, plain, serve_site, without_file};
use crate::web_config_tls::{self, Offer};
use crate::web_limits::{code, connect, endless, request_quick};

const SHORT: Duration = Duration::from_millis(300);

fn quick() -> Router {
    Router::new().route("/quick", get(async || "quick\n"))
}

async fn serve(router: Router, limits: Limits) -> SocketAddr {
    serve_site(router, without_file(), limits).await
}

/// Reads until the server closes the connection.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test]
async fn the_connection_that_is_idle_longest_makes_room_for_a_new_one() {
    let gate = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&gate);
    let waiting = async move || {
        waits.acquire().await.unwrap().forget();
        "waited\n"
    };
    let router = quick().route("/waiting", get(waiting));
    let address = serve(router, Limits { max_connections: 3, ..Limits::default() }).await;
    let mut busy = connect(address).await;
    busy.write_all(b"GET /waiting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut oldest = connect(address).await;
    request_quick(&mut oldest).await;
    let mut newest = connect(address).await;
    request_quick(&mut newest).await;

    let response = tokio::time::timeout(Duration::from_secs(10), plain(address, "/quick", "")).await;
    assert_eq!(code(&response.expect("a place becomes free")), "200");
    assert!(is_closed(oldest).await);
    request_quick(&mut newest).await;
    gate.add_permits(1);
    let mut response = String::new();
    busy.read_to_string(&mut response).await.unwrap();
    assert!(response.ends_with("\r\n\r\nwaited\n"), "a request in progress is not interrupted: {response}");
}

#[tokio::test]
async fn a_stream_that_receives_nothing_frees_its_slot_although_its_client_sends_pings() {
    let (directory, authority) = directory();
    let live = load(&directory, TLS);
    let limits = Limits { max_requests: 1, stalled: SHORT, ..Limits::default() };
    let router = Router::new().route("/metrics", limit_requests(get(endless), 1));
    let address = serve_site(router, live, limits).await;
    let connect = async || {
        let offer = Offer { protocols: &[b"h2"], ..Offer::default() };
        let stream = web_config_tls::connect(address, &authority, &offer).await.unwrap();
        let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(0)
            .keep_alive_interval(SHORT / 10)
            .handshake::<_, Body>(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        sender
    };
    let request = || Request::get(format!("https://{address}/metrics")).body(Body::empty()).unwrap();
    let mut first = connect().await;
    let stalled = first.send_request(request()).await.unwrap();
    assert_eq!(stalled.status(), 200);
    let mut second = connect().await;
    assert_eq!(second.send_request(request()).await.unwrap().status(), 503);
    until(async || {
        second.is_closed() || connect().await.send_request(request()).await.unwrap().status() == 200
    })
    .await;
    stalled.into_body().collect().await.unwrap_err();
}

#[tokio::test]
async fn a_client_that_half_closes_receives_its_response() {
    let router = quick().route(
        "/slow",
        get(async || {
            tokio::time::sleep(SHORT).await;
            "slow\n"
        }),
    );
    let address = serve(router, Limits::default()).await;
    for path in ["/quick", "/slow"] {
        let mut stream = connect(address).await;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert_eq!(code(&response), "200", "{path}: {response:?}");
    }
}

#[tokio::test]
async fn a_request_has_one_host_that_agrees_with_its_uri() {
    let address = serve(quick(), Limits::default()).await;
    for (head, expected) in [
        ("GET /quick HTTP/1.1\r\nHost: a\r\n", "200"),
        ("GET /quick HTTP/1.1\r\nHost:\r\n", "200"),
        ("GET /quick HTTP/1.1\r\n", "400"),
        ("GET /quick HTTP/1.0\r\n", "200"),
        ("GET /quick HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "400"),
        ("GET /quick HTTP/1.0\r\nHost: a\r\nHost: b\r\n", "400"),
        ("GET /quick HTTP/1.1\r\nHost: a b\r\n", "400"),
        ("GET http://a:80/quick HTTP/1.1\r\nHost: A:80\r\n", "200"),
        ("GET http://a/quick HTTP/1.1\r\nHost: b\r\n", "400"),
        ("GET http://a/quick HTTP/1.1\r\n", "400"),
    ] {
        let request = format!("{head}Connection: close\r\n\r\n");
        assert_eq!(code(&exchange(connect(address).await, request).await), expected, "{head}");
    }
}

#[tokio::test]
async fn a_host_in_http2_agrees_with_the_authority() {
    let (directory, authority) = directory();
    let address = serve_site(quick(), load(&directory, TLS), Limits::default()).await;
    for (host, expected) in [(None, 200), (Some(address.to_string()), 200), (Some("b".to_owned()), 400)] {
        let offer = Offer { protocols: &[b"h2"], ..Offer::default() };
        let stream = web_config_tls::connect(address, &authority, &offer).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::get(format!("https://{address}/quick"));
        if let Some(host) = &host {
            request = request.header("host", host);
        }
        let response = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), expected, "{host:?}");
    }
}
