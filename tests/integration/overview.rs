//! The overview of a simulated cloud, compared with the data of the cloud.

use std::io::Read;

use axum::http::StatusCode;
use flate2::read::GzDecoder;
use metastudio_exporter::app::Serving;
use metastudio_exporter::sim::data::{ItemQuota, SimulatedUser};
use reqwest::Method;

use crate::common::{Exporter, POLL, client, cloud, project, until};

/// The values of an attribute in a page, in order.
fn all(page: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    page.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// The part of a page from the table with this ID to its end.
fn table<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<table id=\"{id}\"")).expect("the page has the table");
    rest.split_once("</table>").unwrap().0
}

fn ratio(quota: &ItemQuota) -> f64 {
    match (quota.usage, quota.limit.value()) {
        (None, _) | (_, -1.0) => -1.0,
        (Some(usage), limit) if limit == 0.0 && usage.value() == 0.0 => -1.0,
        (Some(usage), limit) => usage.value() / limit,
    }
}

fn highest_utilisation(user: &SimulatedUser) -> f64 {
    user.quotas.iter().map(ratio).fold(-1.0, f64::max)
}

/// What users are sorted by: the highest utilisation, how many items are used up, the second highest utilisation.
fn weight(user: &SimulatedUser) -> (f64, usize, f64) {
    let mut ratios: Vec<_> = user.quotas.iter().map(ratio).collect();
    ratios.sort_by(|a, b| b.total_cmp(a));
    (ratios[0], ratios.iter().filter(|ratio| **ratio >= 1.0).count(), ratios[1])
}

#[tokio::test]
async fn the_overview_shows_the_data_of_the_cloud() {
    let (simulated, endpoint) = cloud(300, 30, &[]).await;
    let configured = project(&simulated, &endpoint);
    let id = configured.id.clone().unwrap();
    let exporter = Exporter::start(vec![configured]).await;
    exporter.ready().await;
    let (status, page) = exporter.get("/").await;
    assert_eq!(status, StatusCode::OK);

    let users = simulated.users(&id);
    let between = |from: f64, to: f64| {
        let ratios = users.iter().map(highest_utilisation);
        ratios.filter(|ratio| (from..to).contains(ratio)).count()
    };
    let (used_up, running_out, high) = (between(1.0, f64::INFINITY), between(0.95, 1.0), between(0.8, 0.95));
    assert!(used_up > 3 && running_out > 0 && high > 3);
    for text in [
        "<a class=\"figure\" href=\"./users\" data-number>300</a>".to_owned(),
        "<a class=\"figure\" href=\"./resources\" data-number>30</a>".to_owned(),
        format!("<a href=\"./users?level=used-up\">{used_up} with a quota used up</a>"),
        format!("<a href=\"./users?level=running-out\">{running_out} at 95 % to 100 % of a quota</a>"),
        format!("<a href=\"./users?level=high\">{high} at 80 % to 95 % of a quota</a>"),
        // The expired resource has no models left.
        "<ul class=\"notes\">\n<li class=\"high\"><a href=\"./resources?level=frozen\">2 frozen</a></li>"
            .to_owned(),
        format!(">{used_up} users have used up a quota.</a></span></li>"),
    ] {
        assert!(page.contains(&text), "{text} is not in {page}");
    }
    assert_eq!(
        all(&page, "data-attention"),
        ["nothing-to-train", "expires-7d", "frozen", "used-up", "running-out", "expires-30d"]
    );
    let sections = ["id=\"attention\"", "id=\"totals\"", "<table"].map(|part| page.find(part).unwrap());
    assert!(sections.is_sorted(), "what needs a person comes before the totals and all tables");

    let mut ranks: Vec<_> = users.iter().map(|user| (weight(user), user.id.as_str())).collect();
    ranks.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(b.1)));
    let top: Vec<_> = ranks.iter().take(10).map(|(_, id)| *id).collect();
    assert_eq!(all(table(&page, "nearest"), "data-user"), top);

    let mut expiring: Vec<_> =
        simulated.resources(&id).into_iter().filter_map(|row| Some((row.expires?, row.id))).collect();
    expiring.sort();
    let next: Vec<_> = expiring.into_iter().take(10).map(|(_, id)| id).collect();
    assert_eq!(all(table(&page, "expiring"), "data-resource"), next);
    assert_eq!(all(table(&page, "expiring"), "data-marks")[..2], ["expired used-up", "expires-very-soon"]);

    let available = table(&page, "available");
    for (key, number) in simulated.available(&id) {
        let (_, row) = available.split_once(&format!("data-resource-type=\"{key}\"")).unwrap();
        assert!(
            row.split("</tr>").next().unwrap().contains(&format!(" class=\"number\">{number}</td>")),
            "{key}"
        );
    }

    let (_, first) = exporter.get(&format!("/user?project=production&id={}", users[0].id)).await;
    assert_eq!(all(&first, "data-item").len(), 8);
}

#[tokio::test]
async fn the_levels_of_users_are_those_of_the_cloud() {
    let (simulated, endpoint) = cloud(300, 1, &[]).await;
    let configured = project(&simulated, &endpoint);
    let id = configured.id.clone().unwrap();
    let exporter = Exporter::start(vec![configured]).await;
    exporter.ready().await;
    let users = simulated.users(&id);
    for (level, from, below) in
        [("used-up", 1.0, f64::INFINITY), ("running-out", 0.95, 1.0), ("high", 0.8, 0.95), ("ok", -1.0, 0.8)]
    {
        let mut expected: Vec<_> = users
            .iter()
            .filter(|user| (from..below).contains(&highest_utilisation(user)))
            .map(|user| user.id.clone())
            .collect();
        expected.sort();
        assert!(!expected.is_empty(), "{level}");
        let mut listed = Vec::new();
        for page in 1..=expected.len().div_ceil(50) {
            let (_, text) = exporter.get(&format!("/users?level={level}&page={page}")).await;
            let tab = format!("data-filter=\"{level}\" aria-current=\"true\">");
            let (_, current) = text.split_once(&tab).unwrap();
            let count = format!("<span class=\"count\">{}</span></a>", expected.len());
            assert!(current.split_once('\n').unwrap().0.contains(&count), "{count}: {text}");
            listed.extend(all(table(&text, "users"), "data-user"));
        }
        listed.sort();
        assert_eq!(listed, expected, "{level}");
    }
    let (_, found) = exporter.get(&format!("/users?q={}", users[7].id.to_uppercase())).await;
    assert_eq!(all(table(&found, "users"), "data-user"), [users[7].id.as_str()]);
}

#[tokio::test]
async fn pages_are_compressed_for_clients_that_accept_gzip() {
    let (simulated, endpoint) = cloud(60, 60, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;
    for path in ["/", "/users?q=none", "/resources", "/user?project=nobody&id=x"] {
        let get = async |accepted: &str| {
            let request = client().get(exporter.site.join(path).unwrap()).header("accept-encoding", accepted);
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["vary"], "Accept-Encoding, Accept-Language");
            let encoding = response.headers().get("content-encoding").cloned();
            (encoding, response.headers()["content-length"].clone(), response.bytes().await.unwrap())
        };
        for accepted in ["gzip", "br, gzip;q=0.5", "*"] {
            let (encoding, length, body) = get(accepted).await;
            assert_eq!(encoding.unwrap(), "gzip", "{path} {accepted}");
            assert_eq!(length, body.len().to_string().as_str());
            let mut page = String::new();
            GzDecoder::new(&body[..]).read_to_string(&mut page).unwrap();
            assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
            assert!(body.len() * 3 < page.len() * 2, "{path}: {} of {}", body.len(), page.len());
        }
        for refused in ["identity", "gzip;q=0", "br"] {
            let (encoding, _, body) = get(refused).await;
            assert_eq!(encoding, None, "{path} {refused}");
            assert!(body.starts_with(b"<!DOCTYPE html>"));
        }
    }
}

#[tokio::test]
async fn a_page_refreshes_itself_on_request() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;
    for (seconds, header) in [
        ("30", Some("30")),
        ("5", Some("5")),
        ("3600", Some("3600")),
        ("4", None),
        ("3601", None),
        ("", None),
        ("30%3Burl%3Dhttps%3A%2F%2Fexample.com", None),
    ] {
        for path in ["/?", "/users?", "/resources?", "/user?project=nobody&"] {
            let response = exporter.request(Method::GET, &format!("{path}refresh={seconds}")).await;
            let refresh = response.headers().get("refresh").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(refresh.as_deref(), header, "{path} {seconds}");
        }
    }
    assert!(!exporter.request(Method::GET, "/").await.headers().contains_key("refresh"));
}

#[tokio::test]
async fn a_failure_is_shown_without_secrets_and_does_not_affect_the_other_api() {
    let (simulated, endpoint) = cloud(5, 5, &["forbidden@user_quotas"]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;
    let (_, page) = exporter.get("/").await;
    assert_eq!(all(table(&page, "apis"), "data-state"), ["fails", "works"]);
    assert!(page.contains("The credentials may not call this API."), "{page}");
    assert!(page.contains("HTTP 403 MSS.00000005"));
    let details = ["reason", "advice", "code", "request-id", "failed-at"];
    assert_eq!(all(&page, "data-detail"), details);
    assert_eq!(all(&page, "data-attention")[0], "failing");
    assert!(page.contains(
        "<a href=\"./?project=production#apis-section\">User quotas failing: The credentials may not call this API. \
         No poll has succeeded yet.</a>"
    ));
    assert!(page.contains("data-gap=\"user_quotas\"") && !page.contains("data-gap=\"voice_training\""));
    for path in ["/", "/users", "/resources", "/user?project=production&id=x", "/?lang=zh"] {
        let (_, page) = exporter.get(path).await;
        for secret in [simulated.access_key(), simulated.secret_key()] {
            assert!(!page.contains(secret), "{path}");
        }
    }
    assert_eq!(exporter.get("/user?project=production&id=x").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn stale_data_is_not_shown() {
    let (simulated, endpoint) = cloud(5, 5, &[]).await;
    let poll = metastudio_exporter::config::PollConfig {
        max_staleness: std::time::Duration::from_millis(50),
        ..POLL
    };
    let exporter = Exporter::start_with(poll, vec![project(&simulated, &endpoint)], false).await;
    exporter.ready().await;
    until(async || exporter.get("/").await.1.matches("data-detail=\"too-old\"").count() == 2).await;
    let (_, page) = exporter.get("/").await;
    assert!(!page.contains("id=\"nearest\"") && !page.contains("id=\"expiring\""), "{page}");
}

#[tokio::test]
async fn pages_have_the_right_status_and_secure_headers() {
    let (simulated, endpoint) = cloud(60, 60, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;
    for (path, status) in [
        ("/", 200),
        ("/?project=production&sort=age&page=2&lang=zh", 200),
        ("/?project=%00%ff%3Cscript%3E&sort=%&page=-1&lang=&x=%zz&&=", 200),
        ("/users?page=99999999999999999999", 200),
        ("/users?sort=-user&page=2", 200),
        ("/resources?sort=left", 200),
        ("/users?q=%00%ff%3Cscript%3E&level=%27&refresh=-1&from=%0d%0aRefresh:1", 200),
        ("/resources?q=%22%3E&level=expired&refresh=99999", 200),
        ("/user", 404),
        ("/user?project=production", 404),
        ("/user?project=nobody&id=x", 404),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let response = exporter.request(method.clone(), path).await;
            assert_eq!(response.status().as_u16(), status, "{method} {path}");
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(
                header("content-security-policy"),
                "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            );
            assert_eq!(header("content-type"), "text/html; charset=utf-8");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("cache-control"), "no-store");
            let body = response.text().await.unwrap();
            assert_eq!(body.is_empty(), method == Method::HEAD);
            assert!(
                !body.contains("<script") && !body.contains("<style") && !body.contains("style="),
                "{path}"
            );
        }
    }
    assert_eq!(exporter.request(Method::POST, "/users").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let icon = exporter.request(Method::GET, "/favicon.ico").await;
    assert_eq!(icon.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_assets_of_the_page_are_served_and_can_be_cached() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    let (_, page) = exporter.get("/").await;
    let links = all(&page, "href");
    for link in ["./metrics", "./sd", "./-/healthy", "./-/ready", "./users", "./resources"] {
        assert!(links.iter().any(|href| href == link), "{link}");
    }
    let style = links.iter().find(|href| href.starts_with("./-/overview.css?v=")).unwrap();
    for (path, kind) in [(style.as_str(), "text/css; charset=utf-8"), ("/-/icon.svg", "image/svg+xml")] {
        let response = exporter.request(Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], kind);
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("max-age="));
        assert!(!response.text().await.unwrap().contains("url("), "nothing from other sites");
    }
}

#[tokio::test]
async fn the_page_is_in_the_readers_language() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let exporter = Exporter::start(vec![project(&simulated, &endpoint)]).await;
    exporter.ready().await;
    for (path, accepted, language) in [
        ("/", "zh-CN,zh;q=0.9", "zh-CN"),
        ("/", "de", "en"),
        ("/?lang=en", "zh", "en"),
        ("/?lang=zh", "en", "zh-CN"),
        ("/?lang=xx", "zh", "zh-CN"),
    ] {
        let request = client().get(exporter.site.join(path).unwrap()).header("accept-language", accepted);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-language"], language, "{path} {accepted}");
        assert_eq!(response.headers()["vary"], "Accept-Encoding, Accept-Language");
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{path} {accepted}");
        // All links to pages keep a language that was chosen by a link.
        let links = all(&page, "href");
        let carried = links.iter().filter(|href| href.starts_with("./users") || href.starts_with("./user?"));
        let chosen = path.contains("lang=zh") || path.contains("lang=en");
        assert!(
            carried.clone().count() > 1 && carried.clone().all(|href| href.contains("lang=") == chosen),
            "{links:?}"
        );
    }
}

#[tokio::test]
async fn without_the_overview_the_page_has_links_only() {
    let (simulated, endpoint) = cloud(1, 1, &[]).await;
    let serving = Serving { telemetry_path: "/users".to_owned(), overview: false, ..Exporter::serving() };
    let exporter = Exporter::start_serving(POLL, vec![project(&simulated, &endpoint)], serving).await;
    let get = async |path: &str| exporter.get(path).await;
    let (status, page) = get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(all(&page, "href").len() + page.matches("<a href=").count(), 8, "four links: {page}");
    for path in ["/resources", "/user", "/-/overview.css"] {
        assert_eq!(get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
