//! What a web page of another site can do in the browser of someone who can reach the exporter.

use axum::http::header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use reqwest::Method;

use crate::common::{Exporter, client, cloud_of};

const PAGES: [&str; 8] = ["/", "/users", "/resources", "/products", "/user", "/metrics", "/sd", "/-/healthy"];

async fn exporter() -> Exporter {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    Exporter::start(projects).await
}

#[tokio::test]
async fn it_cannot_reload_the_configuration() {
    let exporter = exporter().await;
    exporter.will_read(Err("was read".to_owned()));
    let port = exporter.site.port().unwrap();
    let (own, client) = (format!("http://127.0.0.1:{port}"), client());
    let read = (500, "Configuration not reloaded; the previous one stays active:\nwas read\n".to_owned());
    let refused = (403, "Pages of other sites cannot reload the configuration.\n".to_owned());
    for (origin, host, expected) in [
        (None, None, &read),
        (Some(own.as_str()), None, &read),
        (Some("https://127.0.0.1"), Some("127.0.0.1"), &read),
        (Some("https://Exporter.example"), Some("exporter.example"), &read),
        (Some("https://attacker.example"), None, &refused),
        (Some("http://127.0.0.1"), None, &refused),
        (Some("https://attacker.example"), Some("exporter.example"), &refused),
        (Some("https://exporter.example.attacker.example"), Some("exporter.example"), &refused),
        // A sandboxed frame, or a page that was redirected.
        (Some("null"), None, &refused),
        (Some(""), None, &refused),
    ] {
        for method in [Method::POST, Method::PUT] {
            let mut request = client.request(method, exporter.site.join("/-/reload").unwrap());
            request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
            request = host.into_iter().fold(request, |request, host| request.header(HOST, host));
            let response = request.send().await.unwrap();
            let seen = (response.status().as_u16(), response.text().await.unwrap());
            assert_eq!(&seen, expected, "{origin:?} at {host:?}");
        }
    }
}

#[tokio::test]
async fn it_cannot_read_a_response() {
    let (exporter, client) = (exporter().await, client());
    for path in PAGES.into_iter().chain(["/-/reload", "/nowhere"]) {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let request = client.request(method, exporter.site.join(path).unwrap());
            let request = request
                .header(ORIGIN, "https://attacker.example")
                .header("access-control-request-method", "POST");
            let response = request.send().await.unwrap();
            let permissions: Vec<_> = response
                .headers()
                .keys()
                .filter(|name| name.as_str().starts_with("access-control-"))
                .collect();
            assert!(permissions.is_empty(), "{path}: {permissions:?}");
        }
    }
}

#[tokio::test]
async fn it_cannot_frame_a_page_or_learn_the_address_of_one() {
    let exporter = exporter().await;
    exporter.ready().await;
    for path in &PAGES[..5] {
        let response = exporter.request(Method::GET, path).await;
        let status = response.status();
        // Without a user, `/user` says so.
        assert!(
            status == StatusCode::OK || (*path, status) == ("/user", StatusCode::NOT_FOUND),
            "{path}: {status}"
        );
        assert_eq!(text(response.headers(), X_CONTENT_TYPE_OPTIONS.as_str()), "nosniff");
        assert_eq!(text(response.headers(), REFERRER_POLICY.as_str()), "no-referrer");
        assert_eq!(
            text(response.headers(), CONTENT_SECURITY_POLICY.as_str()),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
            "{path}"
        );
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}
