//! What is served, over real connections.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use flate2::read::MultiGzDecoder;
use metastudio_exporter::app;
use metastudio_exporter::config::{Config, Project};
use reqwest::{Method, Response, Url};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::common::{POLL, client, cloud, project, serve};

/// A running exporter; it ends with the test.
async fn exporter(projects: Vec<Project>) -> (Url, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let shutdown = CancellationToken::new();
    let config = Config { poll: POLL, projects };
    tokio::spawn(app::run(config, "/metrics".to_owned(), vec![listener], shutdown.clone()));
    (url, shutdown)
}

async fn request(method: Method, site: &Url, path: &str) -> Response {
    client().request(method, site.join(path).unwrap()).send().await.unwrap()
}

async fn get(site: &Url, path: &str) -> (StatusCode, String) {
    let response = request(Method::GET, site, path).await;
    (response.status(), response.text().await.unwrap())
}

/// Waits until the first poll has ended.
async fn ready(site: &Url) {
    while get(site, "/-/ready").await.0 != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn it_is_healthy_at_once_and_ready_when_the_first_poll_has_ended() {
    let (gate, arrived) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let (opened, came) = (Arc::clone(&gate), Arc::clone(&arrived));
    let slow_refusal = Router::new().fallback(move || {
        let (gate, arrived) = (Arc::clone(&opened), Arc::clone(&came));
        async move {
            arrived.notify_one();
            gate.acquire().await.unwrap().forget();
            StatusCode::FORBIDDEN
        }
    });
    let endpoint = serve(slow_refusal).await;
    let (simulated, _) = cloud(1, 1, &[]).await;
    let (site, _shutdown) = exporter(vec![project(&simulated, &endpoint)]).await;
    arrived.notified().await;

    assert_eq!(
        get(&site, "/-/healthy").await,
        (StatusCode::OK, "metastudio-exporter is healthy.\n".to_owned())
    );
    assert_eq!(
        get(&site, "/-/ready").await,
        (StatusCode::SERVICE_UNAVAILABLE, "The first poll has not ended yet.\n".to_owned())
    );
    let (status, metrics) = get(&site, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let data: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("metastudio_") && !line.starts_with("metastudio_exporter_"))
        .collect();
    assert_eq!(data, Vec::<&str>::new(), "no data and no zeros before the first poll");

    gate.add_permits(2);
    ready(&site).await;
    assert_eq!(get(&site, "/-/ready").await, (StatusCode::OK, "metastudio-exporter is ready.\n".to_owned()));
    let (_, metrics) = get(&site, "/metrics").await;
    assert!(
        metrics.contains("metastudio_up{project=\"production\",collector=\"user_quotas\"} 0\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_compressed_scrape_is_one_gzip_member_with_the_plain_text() {
    let (simulated, endpoint) = cloud(300, 20, &[]).await;
    let (site, _shutdown) = exporter(vec![project(&simulated, &endpoint)]).await;
    ready(&site).await;

    let response =
        client().get(site.join("/metrics").unwrap()).header("accept-encoding", "gzip").send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(header("content-encoding"), "gzip");
    assert_eq!(header("vary"), "Accept-Encoding");
    let length: usize = header("content-length").parse().unwrap();
    let body = response.bytes().await.unwrap();
    assert_eq!(body.len(), length);
    let mut text = String::new();
    MultiGzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    let mut member = String::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut member).unwrap();
    assert_eq!(member, text, "one member");

    let plain = request(Method::GET, &site, "/metrics").await;
    assert_eq!(plain.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.text().await.unwrap();
    let data = |text: &str| {
        let lines = text.lines().take_while(|line| !line.contains("metastudio_exporter_"));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(data(&plain), data(&text));
    assert!(data(&plain).len() > 300 * 8);
}

#[tokio::test]
async fn paths_and_methods_are_answered_as_http_wants() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let (site, _shutdown) = exporter(vec![project(&simulated, &endpoint)]).await;
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/metrics", 200),
        (Method::POST, "/metrics", 405),
        (Method::GET, "/metrics/", 404),
        (Method::GET, "/nowhere", 404),
        (Method::DELETE, "/-/healthy", 405),
    ] {
        let response = request(method.clone(), &site, path).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        if method == Method::HEAD {
            assert_eq!(response.bytes().await.unwrap().len(), 0);
        }
    }
    let (_, page) = get(&site, "/").await;
    for link in ["href=\"/metrics\"", "href=\"/-/healthy\"", "href=\"/-/ready\""] {
        assert!(page.contains(link), "{page}");
    }
}

#[tokio::test]
async fn after_a_shutdown_nothing_listens() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let config = Config { poll: POLL, projects: vec![project(&simulated, &endpoint)] };
    let running = tokio::spawn(app::run(config, "/metrics".to_owned(), vec![listener], shutdown.clone()));
    shutdown.cancel();
    assert!(running.await.unwrap().is_ok());
    TcpListener::bind(address).await.expect("the address is free again");
}
