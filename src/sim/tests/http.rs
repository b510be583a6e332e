//! What all responses have in common, and what only a socket shows.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use flate2::read::GzDecoder;
use tokio::net::TcpListener;

use super::*;
use crate::sim::LoggedRequest;

#[tokio::test]
async fn every_response_has_a_request_id_a_date_and_json() {
    let cloud = cloud(3, 3);
    let mut ids = HashSet::new();
    for (target, status) in [
        (users_path(), 200),
        (format!("{}?limit=0", users_path()), 400),
        ("/v1/0/user/quotas".to_owned(), 403),
        ("/v3/users".to_owned(), 200),
        ("/".to_owned(), 404),
        (format!("{}/", users_path()), 404),
    ] {
        let reply = get(&cloud, &target).await;
        assert_eq!(reply.status, status, "{target}");
        assert_eq!(reply.header("date"), "Thu, 01 Jan 2026 12:00:00 GMT");
        assert_eq!(reply.header("content-type"), "application/json;charset=UTF-8");
        let id = reply.header("x-request-id");
        assert!(id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        assert!(ids.insert(id.to_owned()), "{id} came twice");
    }
}

#[tokio::test]
async fn a_wrong_method_is_an_unknown_api() {
    let request = Request::post(users_path()).body(Body::empty()).unwrap();
    let reply = send(&cloud(3, 3), request).await;
    assert_eq!((reply.status, &reply.json()["error_code"]), (404, &json!("APIG.0101")));
}

#[tokio::test]
async fn bodies_over_a_kilobyte_are_compressed_on_request() {
    let cloud = cloud(100, 0);
    let target = format!("{}?limit=100", users_path());
    let plain = get(&cloud, &target).await;
    let encoded = |target: &str, coding: &'static str| {
        let mut request = with_token(&cloud.issue_token(&project_id()), target);
        request.headers_mut().insert("accept-encoding", coding.parse().unwrap());
        send(&cloud, request)
    };
    for coding in ["gzip", "br, GZIP;q=0.5", "gzip, deflate"] {
        let reply = encoded(&target, coding).await;
        assert_eq!(reply.header("content-encoding"), "gzip", "{coding}");
        let mut text = Vec::new();
        GzDecoder::new(&reply.body[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text, plain.body);
        assert!(reply.body.len() * 3 < plain.body.len());
    }
    for coding in ["", "br", "gzip;q=0"] {
        assert_eq!(encoded(&target, coding).await.header("content-encoding"), "", "{coding}");
    }
    let small = encoded(&format!("{}?limit=1", users_path()), "gzip").await;
    assert_eq!(small.header("content-encoding"), "");
}

#[tokio::test]
async fn requests_are_logged() {
    let cloud = cloud(3, 3);
    get(&cloud, &format!("{}?limit=101", users_path())).await;
    send(&cloud, signed(&cloud, "/v3/projects", NOON)).await;
    let logged = |path: &str, query: &str, status| LoggedRequest {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status,
    };
    assert_eq!(cloud.requests(), [logged(&users_path(), "limit=101", 400), logged("/v3/projects", "", 200)]);
}

#[tokio::test]
async fn only_the_last_requests_are_kept() {
    let cloud = cloud(0, 0);
    for number in 0..=10_000 {
        let request = Request::get(format!("/{number}")).body(Body::empty()).unwrap();
        send(&cloud, request).await;
    }
    let requests = cloud.requests();
    assert_eq!((requests.len(), requests[0].path.as_str()), (10_000, "/1"));
}

#[tokio::test(start_paused = true)]
async fn latency_delays_the_response() {
    let latency = std::time::Duration::from_millis(300);
    let cloud = Cloud::new(CloudOptions { latency, ..CloudOptions::default() });
    let start = tokio::time::Instant::now();
    get(&cloud, "/").await;
    assert_eq!(start.elapsed(), latency);
}

/// Sends one request over a new connection; returns the whole response.
async fn over_a_socket(address: SocketAddr, head: String) -> String {
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

fn head(cloud: &Cloud) -> String {
    let (path, token) = (users_path(), cloud.issue_token(&project_id()));
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_cut_body_has_its_full_length_in_the_header_and_is_complete_the_next_time() {
    let cloud = cloud_with_faults(3, 0, &["cut-body"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = cloud.clone();
    let server = tokio::spawn(async move { server.serve(listener, async { drop(stopped.await) }).await });

    let cut = over_a_socket(address, head(&cloud)).await;
    let whole = over_a_socket(address, head(&cloud)).await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert!(whole.contains("\r\nX-Request-Id: "), "the vendor's Java SDK needs these capitals: {whole}");
    let promise = format!("Content-Length: {}\r\n", body(&whole).len());
    assert!(cut.contains(&promise) && whole.contains(&promise), "{cut}");
    assert_eq!(body(&cut), body(&whole)[..body(&whole).len() / 2]);

    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stalled_response_does_not_block_the_shutdown() {
    let cloud = cloud_with_faults(3, 0, &["stalled"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    caller.write_all(head(&cloud).as_bytes()).unwrap();
    let server = cloud.clone();
    let shutdown = async move {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let start = tokio::time::Instant::now();
    cloud.serve(listener, shutdown).await;
    assert_eq!(start.elapsed().as_secs(), 1);
}
