//! Pages below a path, directly and as service discovery shows them.

use axum::http::StatusCode;
use metastudio_exporter::web::SiteAddress;
use reqwest::Method;
use reqwest::header::LOCATION;
use serde_json::Value;

use crate::common::{Exporter, POLL, client, cloud_of};

async fn start(
    external_url: Option<&str>,
    route_prefix: Option<&str>,
) -> (metastudio_exporter::sim::Cloud, Exporter) {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let external_url = external_url.map(|url| url.parse().unwrap());
    let address = SiteAddress::new(external_url, route_prefix.map(ToOwned::to_owned));
    let serving = metastudio_exporter::app::Serving { address, ..Exporter::serving() };
    (cloud, Exporter::start_serving(POLL, projects, serving).await)
}

#[tokio::test]
async fn all_pages_are_below_the_prefix() {
    let (_cloud, exporter) = start(None, Some("/a/b")).await;
    for path in ["/", "/users", "/resources", "/sd", "/metrics", "/-/healthy", "/-/overview.css"] {
        assert_eq!(exporter.get(&format!("/a/b{path}")).await.0, StatusCode::OK, "{path}");
    }
    for path in ["/users", "/metrics", "/-/healthy"] {
        let not_found = (StatusCode::NOT_FOUND, "Page not found; /a/b/ links to all pages.\n".to_owned());
        assert_eq!(exporter.get(path).await, not_found, "{path}");
    }
    let reloaded = exporter.request(Method::POST, "/a/b/-/reload").await;
    assert_eq!(reloaded.status(), StatusCode::OK);
    let sentence = "Project \"nobody\" not found; /a/b/sd lists all projects.\n";
    assert_eq!(exporter.get("/a/b/metrics?project=nobody").await.1, sentence);
}

#[tokio::test]
async fn the_overview_is_found_without_the_prefix_or_its_last_slash() {
    for (external_url, expected) in [(None, "/a/b/"), (Some("https://h/x"), "/x/")] {
        let (_cloud, exporter) = start(external_url, Some("/a/b")).await;
        for path in ["/", "/a/b"] {
            let request = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
            drop(client());
            let response =
                request.build().unwrap().get(exporter.site.join(path).unwrap()).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "{path}");
            assert_eq!(response.headers()[LOCATION], expected, "{path}");
        }
    }
}

#[tokio::test]
async fn the_path_of_targets_is_that_of_the_requested_host() {
    let (_cloud, exporter) = start(Some("https://monitoring.example/x"), Some("/a")).await;
    for (host, path, scheme) in
        [("monitoring.example", "/x/metrics", Some("https")), ("10.0.0.1:10036", "/a/metrics", None)]
    {
        let request = client().get(exporter.site.join("/a/sd").unwrap()).header("host", host);
        let groups: Value =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(groups[0]["targets"][0], host);
        assert_eq!(groups[0]["labels"]["__metrics_path__"], path);
        assert_eq!(groups[0]["labels"].get("__scheme__").and_then(Value::as_str), scheme, "{host}");
    }
}
