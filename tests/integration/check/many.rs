//! Many projects.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use metastudio_exporter::check::{self, Status, Step};
use metastudio_exporter::cloud::credentials::Source;
use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::snapshot::Collector;
use tokio::sync::Barrier;

use super::{NOT_ROOT, TIMEOUT, WRONG_PAIR, WRONG_SECRET, examine, with_clients};
use crate::common::{access_key, cloud, given, project, serve};

#[tokio::test]
async fn of_many_equal_findings_the_first_five_checks_are_named() {
    let (cloud, url) = cloud(3, 2, &["forbidden@user_quotas"]).await;
    let all = (0..40).map(|n| ProjectConfig {
        name: format!("p{n:02}"),
        collectors: vec![Collector::UserQuotas],
        ..project(&cloud, &url)
    });
    let text = check::table(&examine(all.collect()).await);
    let (_, below) = text.split_once("\n\n").unwrap();
    let mut lines = below.lines();
    assert_eq!(lines.next(), Some("failed: 403 MSS.00000005: Forbidden"));
    let names = lines.next().unwrap();
    assert!(
        names.starts_with("    of: p00 user_quotas (request ") && names.ends_with(") and 35 more"),
        "{names}"
    );
    assert_eq!(
        (names.matches("(request ").count(), names.contains("p04"), names.contains("p05")),
        (5, true, false)
    );
    let rest: Vec<_> = lines.collect();
    let unpolled = "tenant_resources is not polled. These credentials can read it; to poll it, add it to the collectors \
                    of p00 (2 rows), p01 (2 rows), p02 (2 rows), p03 (2 rows), p04 (2 rows) and 35 more.";
    let advice = format!("    do: {NOT_ROOT}");
    assert_eq!(rest, [&advice, "", unpolled, "", "40 checks: 40 failed."]);
}

#[tokio::test]
async fn sixteen_projects_are_checked_concurrently_and_reported_in_order() {
    const PROJECTS: usize = 48;
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, highest) = (Arc::clone(&under_way), Arc::clone(&most));
    // No response before 16 requests.
    let sixteen = Arc::new(Barrier::new(16));
    let handler = move |uri: axum::http::Uri| {
        let (under_way, most) = (Arc::clone(&counter), Arc::clone(&highest));
        let sixteen = Arc::clone(&sixteen);
        async move {
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sixteen.wait().await;
            if uri.path().contains("/p00/") {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            under_way.fetch_sub(1, Ordering::SeqCst);
            r#"{"count":0}"#
        }
    };
    let endpoint = serve(Router::new().fallback(handler)).await;
    let (cloud, _) = cloud(1, 1, &[]).await;
    let names: Vec<_> = (0..PROJECTS).map(|n| format!("p{n:02}")).collect();
    let all = names.iter().map(|name| ProjectConfig {
        name: name.clone(),
        id: Some(name.clone()),
        region: String::new(),
        collectors: vec![Collector::UserQuotas],
        // Only a few calls use an unproven key concurrently.
        credentials: Source::Token(given("token")),
        ..project(&cloud, &endpoint)
    });
    let reported = RefCell::new(Vec::new());
    let report =
        check::run(&with_clients(all.collect()), TIMEOUT, |done| reported.borrow_mut().push(done)).await;
    assert_eq!(report.checks.iter().map(|check| check.project.clone()).collect::<Vec<_>>(), names);
    assert_eq!(report.count(Status::Ok), PROJECTS);
    assert_eq!(reported.into_inner(), (0..=PROJECTS).collect::<Vec<_>>());
    assert_eq!(most.load(Ordering::SeqCst), 16);
}

#[tokio::test]
async fn a_wrong_key_of_many_projects_is_not_locked() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let credentials = access_key(cloud.access_key(), WRONG_SECRET);
    let all = (0..40).map(|n| ProjectConfig {
        name: format!("p{n:02}"),
        credentials: credentials.clone(),
        ..project(&cloud, &url)
    });
    let report = examine(all.collect()).await;
    for check in &report.checks {
        assert_eq!(check.steps[&Step::Authentication], Status::Failed, "{check:?}");
        assert_eq!(check.findings[0].advice, WRONG_PAIR);
    }
    assert!(cloud.requests().len() <= 5, "more than five rejections lock a key");
}
