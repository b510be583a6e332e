//! The pages and the metrics over real connections.

use std::io::Read;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use flate2::read::MultiGzDecoder;
use metastudio_exporter::app::Serving;
use reqwest::Method;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

use crate::common::{Exporter, POLL, client, cloud, cloud_of, project, serve, until, value};
use crate::web_config::{directory, exchange, load, without_file};

#[tokio::test]
async fn the_exporter_is_healthy_immediately_and_ready_after_the_first_poll() {
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
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    arrived.notified().await;

    assert_eq!(
        exporter.get("/-/healthy").await,
        (StatusCode::OK, "metastudio-exporter is healthy.\n".to_owned())
    );
    assert_eq!(
        exporter.get("/-/ready").await,
        (StatusCode::SERVICE_UNAVAILABLE, "The first poll has not ended yet.\n".to_owned())
    );
    let (status, metrics) = exporter.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let data: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("metastudio_") && !line.starts_with("metastudio_exporter_"))
        .collect();
    let listed = |line: &&&str| line.starts_with("metastudio_project_info{project=\"production\"");
    assert_eq!(data.iter().filter(listed).count(), 1, "the project is listed from the start");
    assert_eq!(data.len(), 1, "no data and no zeros before the first poll: {data:?}");

    gate.add_permits(2);
    exporter.ready().await;
    assert_eq!(
        exporter.get("/-/ready").await,
        (StatusCode::OK, "metastudio-exporter is ready.\n".to_owned())
    );
    let (_, metrics) = exporter.get("/metrics").await;
    assert!(
        metrics.contains("metastudio_up{project=\"production\",collector=\"user_quotas\"} 0\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_compressed_scrape_is_one_gzip_member_with_the_plain_text() {
    let (simulated, endpoint) = cloud(300, 20, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;

    let response = client()
        .get(exporter.site.join("/metrics").unwrap())
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
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

    let plain = exporter.request(Method::GET, "/metrics").await;
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
async fn paths_and_methods_have_the_right_status() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/metrics", 200),
        (Method::POST, "/metrics", 405),
        (Method::GET, "/metrics/", 404),
        (Method::GET, "/nowhere", 404),
        (Method::DELETE, "/-/healthy", 405),
        (Method::POST, "/sd", 405),
        (Method::GET, "/-/reload", 405),
    ] {
        let response = exporter.request(method.clone(), path).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        if method == Method::HEAD {
            assert_eq!(response.bytes().await.unwrap().len(), 0);
        }
    }
    let (_, page) = exporter.get("/").await;
    for link in ["href=\"./metrics\"", "href=\"./sd\"", "href=\"./-/healthy\"", "href=\"./-/ready\""] {
        assert!(page.contains(link), "{page}");
    }
}

#[tokio::test]
async fn a_shutdown_closes_the_listener() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    let address = format!("127.0.0.1:{}", exporter.site.port().unwrap());
    exporter.shutdown.cancel();
    assert!(exporter.running.await.unwrap().is_ok());
    // Another test may have been given the port for a moment.
    until(async || TcpListener::bind(&address).await.is_ok()).await;
}

#[tokio::test]
async fn all_answers_and_open_connections_are_counted() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let (directory, _) = directory();
    let text = "basic_auth_users:\n  alice: $2y$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    let users = load(&directory, text);
    let (changes, config) = watch::channel(Arc::clone(&without_file().borrow()));
    let serving = Serving { config, ..Exporter::serving() };
    let exporter = Exporter::start_serving(POLL, projects, serving).await;
    let count = |text: &str, code: &str| {
        value(text, &format!("metastudio_exporter_http_requests_total{{code=\"{code}\"}}"))
    };
    let address = exporter.site.socket_addrs(|| None).unwrap()[0];

    let first = exporter.metrics().await;
    assert_eq!((count(&first, "200"), count(&first, "404")), (Some(0.0), None));
    assert_eq!(exporter.get("/nowhere").await.0, StatusCode::NOT_FOUND);
    exchange(TcpStream::connect(address).await.unwrap(), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    changes.send_replace(Arc::clone(&users.borrow()));
    assert_eq!(exporter.get("/metrics").await.0, StatusCode::UNAUTHORIZED);
    changes.send_replace(Arc::default());

    let idle = TcpStream::connect(address).await.unwrap();
    until(async || {
        value(&exporter.metrics().await, "metastudio_exporter_http_connections")
            .is_some_and(|open| open >= 2.0)
    })
    .await;
    let text = exporter.metrics().await;
    let counted = ["404", "400", "401"].map(|code| count(&text, code));
    assert_eq!(counted, [Some(1.0); 3]);
    drop(idle);
}
