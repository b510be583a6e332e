//! Users, headers and the rate of requests by the web configuration, and how it changes while the exporter runs.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use metastudio_exporter::web::Limits;
use tokio::net::TcpStream;

use crate::common::until;
use crate::config_file::Directory;
use crate::web_config::{TLS, directory, exchange, load, plain, serve, serve_site};
use crate::web_config_tls::{Offer, connect, status};

/// `secret`, at the least cost.
fn hash(password: &str) -> String {
    bcrypt::hash(password, 4).unwrap()
}

/// `user:password` as a header.
fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    let encoded = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
    format!("Authorization: Basic {encoded}\r\n")
}

fn code(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn only_users_with_their_passwords_are_let_in_on_every_path() {
    let directory = Directory::new();
    let text = format!("basic_auth_users:\n  alice: {}\n  bob: {}\n", hash("a"), hash("b"));
    let address = serve(&directory, &text).await;
    for (path, headers, expected) in [
        ("/metrics", String::new(), "401"),
        ("/-/healthy", String::new(), "401"),
        ("/nowhere", String::new(), "401"),
        ("/metrics", basic("alice", "a"), "200"),
        ("/metrics", basic("bob", "b"), "200"),
        ("/nowhere", basic("bob", "b"), "404"),
        ("/metrics", basic("alice", "b"), "401"),
        ("/metrics", basic("alice", ""), "401"),
        ("/metrics", basic("eve", "a"), "401"),
        ("/metrics", basic("", ""), "401"),
        ("/metrics", "Authorization: Bearer a\r\n".to_owned(), "401"),
    ] {
        // Twice: what was found is remembered.
        for _ in 0..2 {
            let answer = plain(address, path, &headers).await;
            assert_eq!(code(&answer), expected, "{path} {headers}");
            if expected == "401" {
                assert!(answer.contains("\r\nwww-authenticate: Basic\r\n"), "{answer}");
                assert!(answer.ends_with("\r\n\r\nUnauthorized\n"), "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn every_kind_of_hash_is_known() {
    let directory = Directory::new();
    let hash = hash("secret");
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = format!("{version}{}", &hash[4..]);
        let address = serve(&directory, &format!("basic_auth_users: {{alice: \"{hash}\"}}")).await;
        assert_eq!(code(&plain(address, "/metrics", &basic("alice", "secret")).await), "200", "{version}");
        assert_eq!(code(&plain(address, "/metrics", &basic("alice", "Secret")).await), "401", "{version}");
    }
}

#[tokio::test]
async fn headers_are_in_every_answer() {
    let directory = Directory::new();
    let rows = [
        ("Content-Security-Policy", "default-src 'self'"),
        ("X-Frame-Options", "sameorigin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-XSS-Protection", "1; mode=block"),
        ("Strict-Transport-Security", "max-age=31536000"),
    ];
    let mut text = format!("basic_auth_users: {{alice: \"{}\"}}\n", hash("a"));
    text += "rate_limit: {interval: 24h, burst: 4}\nhttp_server_config:\n  headers:\n";
    for (name, value) in rows {
        writeln!(text, "    {name}: \"{value}\"").unwrap();
    }
    let live = load(&directory, &text);
    let router = Router::new()
        .route("/metrics", get(async || "metrics\n"))
        .route("/-/ready", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let address = serve_site(router, live, Limits::default()).await;
    let alice = basic("alice", "a");
    for (path, user, expected) in [
        ("/metrics", alice.as_str(), "200"),
        ("/metrics", "", "401"),
        ("/nowhere", &alice, "404"),
        ("/-/ready", &alice, "503"),
        ("/metrics", &alice, "429"),
    ] {
        let answer = plain(address, path, user).await;
        assert_eq!(code(&answer), expected, "{path}");
        for (name, value) in rows {
            let expected = format!("\r\n{}: {value}\r\n", name.to_lowercase());
            assert_eq!(answer.matches(&expected).count(), 1, "{name} of {answer}");
        }
    }
}

#[tokio::test]
async fn requests_beyond_the_burst_are_refused() {
    let directory = Directory::new();
    let address = serve(&directory, "rate_limit: {interval: 24h, burst: 3}").await;
    for expected in ["200", "200", "404", "429", "429"] {
        let path = if expected == "404" { "/nowhere" } else { "/metrics" };
        let answer = plain(address, path, "").await;
        assert_eq!(code(&answer), expected);
        assert_eq!(answer.ends_with("\r\n\r\nToo Many Requests\n"), expected == "429", "{answer}");
    }
}

#[tokio::test]
async fn users_change_while_it_runs_and_a_bad_change_changes_nothing() {
    let directory = Directory::new();
    let users = |password: &str| format!("basic_auth_users: {{alice: \"{}\"}}", hash(password));
    let address = serve(&directory, &users("old")).await;
    let is = async |password: &str, expected: &str| {
        code(&plain(address, "/metrics", &basic("alice", password)).await) == expected
    };
    assert!(is("old", "200").await);
    directory.write("web.yml", users("new"));
    until(async || is("new", "200").await).await;
    assert!(is("old", "401").await);

    directory.write("web.yml", "basic_auth_users: {alice: secret}");
    // Nothing tells when the bad one has been read, so the good one after it does.
    directory.write("web.yml", users("newer"));
    until(async || is("newer", "200").await).await;
}

#[tokio::test]
async fn certificates_change_without_a_request_that_fails() {
    let (directory, authority) = directory();
    let address = serve(&directory, TLS).await;
    let serial = async || {
        let stream = connect(address, &authority, &Offer::default()).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let (ended, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let asking = async {
        while !ended.load(Ordering::SeqCst) {
            let status = status(address, &authority, &Offer::default()).await;
            assert_eq!(status.as_deref(), Some("HTTP/1.1 200 OK"));
            served.fetch_add(1, Ordering::SeqCst);
        }
    };
    let changing = async {
        for _ in 0..2 {
            let before = serial().await;
            let identity = authority.server();
            // For a while the two do not belong together, and the last ones stay in force.
            directory.write("cert.pem", &identity.cert);
            let so_far = served.load(Ordering::SeqCst);
            until(async || served.load(Ordering::SeqCst) > so_far + 20).await;
            directory.write("key.pem", &identity.key);
            until(async || serial().await != before).await;
        }
        ended.store(true, Ordering::SeqCst);
    };
    tokio::join!(asking, asking_too(&ended, address, &authority), changing);
}

async fn asking_too(
    ended: &AtomicBool,
    address: std::net::SocketAddr,
    authority: &crate::web_config::Authority,
) {
    // One connection for all of them.
    let stream = connect(address, authority, &Offer::default()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    while !ended.load(Ordering::SeqCst) {
        let request = axum::http::Request::get("/metrics").header("host", "a");
        let answer = sender.send_request(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
    }
}

#[tokio::test]
async fn tls_is_not_turned_off_while_it_runs() {
    let (directory, authority) = directory();
    let address =
        serve(&directory, &format!("{TLS}http_server_config: {{headers: {{X-XSS-Protection: a}}}}")).await;
    directory.write("web.yml", "");
    let header = async |value: &str| {
        let stream = connect(address, &authority, &Offer::default()).await.unwrap();
        let answer = exchange(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        answer.contains(&format!("x-xss-protection: {value}\r\n"))
    };
    for _ in 0..30 {
        assert!(header("a").await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    directory.write("web.yml", format!("{TLS}http_server_config: {{headers: {{X-XSS-Protection: b}}}}"));
    until(async || header("b").await).await;
    let stream = TcpStream::connect(address).await.unwrap();
    assert!(exchange(stream, "GET / HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.0 400"));
}
