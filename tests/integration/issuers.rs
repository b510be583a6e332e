//! Silent, failing and recovering issuers of credentials, and IAM's look-ups: what they cost other projects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use metastudio_exporter::cloud::credentials::{Agency, Password, Scope, Source};
use metastudio_exporter::config::{PollConfig, ProjectConfig};
use metastudio_exporter::sim::Cloud;
use reqwest::Url;

use crate::common::{Exporter, POLL, access_key, cloud, given, once, project, serve, until, value};

/// A server that never responds, and the number of its requests.
async fn silent() -> (Url, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let answer = async move || {
        seen.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<StatusCode>().await
    };
    (serve(Router::new().fallback(answer)).await, requests)
}

fn up(text: &str, project: &str) -> Option<f64> {
    value(text, &format!("metastudio_up{{project=\"{project}\",collector=\"user_quotas\"}}"))
}

fn failures(text: &str, project: &str, reason: &str) -> f64 {
    let labels = format!("collector=\"user_quotas\",project=\"{project}\",reason=\"{reason}\"");
    value(text, &format!("metastudio_exporter_poll_failures_total{{{labels}}}")).unwrap()
}

/// `number` projects like `like`.
fn many(number: usize, like: &ProjectConfig) -> Vec<ProjectConfig> {
    (0..number).map(|number| ProjectConfig { name: format!("project-{number}"), ..like.clone() }).collect()
}

#[tokio::test]
async fn a_silent_issuer_is_asked_once_and_keeps_no_other_project_from_being_polled() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let (issuer, requests) = silent().await;
    let healthy = project(&cloud, &url);
    let source = Source::Agency(Agency { metadata_endpoint: issuer });
    let waiting = many(64, &ProjectConfig { credentials: source, ..healthy.clone() });
    let exporter = Exporter::start([waiting, vec![healthy]].concat()).await;
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
    let text = exporter.metrics().await;
    let failed = (0..64).filter(|number| up(&text, &format!("project-{number}")).is_some()).count();
    assert_eq!((failed, requests.load(Ordering::Relaxed)), (0, 1));
}

#[tokio::test]
async fn a_silent_iam_that_looks_projects_up_keeps_no_other_project_from_being_polled() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let (iam_endpoint, _) = silent().await;
    let healthy = project(&cloud, &url);
    let mut waiting = many(64, &ProjectConfig { id: None, iam_endpoint, ..healthy.clone() });
    for project in &mut waiting {
        // A key each, because few calls use an unproven key concurrently.
        project.credentials = access_key(&project.name, "secret");
    }
    let exporter = Exporter::start([waiting, vec![healthy]].concat()).await;
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
    let text = exporter.metrics().await;
    assert!((0..64).all(|number| up(&text, &format!("project-{number}")).is_none()));
}

#[tokio::test]
async fn a_silent_iam_that_looks_names_up_keeps_no_other_project_from_being_polled() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let (iam_endpoint, _) = silent().await;
    let healthy = project(&cloud, &url);
    let mut waiting = many(64, &ProjectConfig { iam_endpoint, ..healthy.clone() });
    for project in &mut waiting {
        project.user_quotas.names = true;
    }
    let exporter = Exporter::start([waiting, vec![healthy]].concat()).await;
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
}

#[tokio::test]
async fn the_failure_of_an_issuer_is_shared_by_all_callers() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let answer = async move || {
        seen.fetch_add(1, Ordering::Relaxed);
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let issuer = serve(Router::new().fallback(answer)).await;
    let source = Source::Agency(Agency { metadata_endpoint: issuer });
    let projects = many(20, &ProjectConfig { credentials: source, ..project(&cloud, &url) });
    let text = once(POLL, projects).await;
    for number in 0..20 {
        assert_eq!(failures(&text, &format!("project-{number}"), "server"), 1.0);
    }
    assert_eq!(requests.load(Ordering::Relaxed), 4, "one fetch of four attempts");
}

/// The simulated cloud, whose paths below `prefix` fail while the switch is on.
async fn failing_below(cloud: &Cloud, prefix: &'static str) -> (Url, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&fails);
    let layer = from_fn(move |request: Request, next: Next| {
        let fails = switch.load(Ordering::Relaxed) && request.uri().path().starts_with(prefix);
        async move {
            if fails { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { next.run(request).await }
        }
    });
    (serve(cloud.router().layer(layer)).await, fails)
}

/// Polls several times a second.
const OFTEN: PollConfig = PollConfig { interval: Duration::from_millis(200), ..POLL };

#[tokio::test]
async fn a_project_without_an_id_comes_up_when_iam_recovers() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let (iam_endpoint, fails) = failing_below(&cloud, "/v3/projects").await;
    let project = ProjectConfig { id: None, iam_endpoint, ..project(&cloud, &url) };
    let exporter = Exporter::start_with(OFTEN, vec![project], false).await;
    until(async || up(&exporter.metrics().await, "production") == Some(0.0)).await;
    fails.store(false, Ordering::Relaxed);
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
}

#[tokio::test]
async fn a_user_who_logs_in_comes_up_when_iam_recovers_at_the_start_and_later() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    cloud.set_token_lifetime(Duration::from_secs(1));
    let (iam_endpoint, fails) = failing_below(&cloud, "/v3/auth/tokens").await;
    let project = project(&cloud, &url);
    let credentials = Source::Password(Password {
        domain: cloud.domain().to_owned(),
        user: cloud.user().to_owned(),
        password: given(cloud.password()),
        iam_endpoint,
        scope: Scope::ProjectId(project.id.clone().unwrap()),
    });
    let exporter = Exporter::start_with(OFTEN, vec![ProjectConfig { credentials, ..project }], false).await;
    for _ in 0..2 {
        until(async || up(&exporter.metrics().await, "production") == Some(0.0)).await;
        fails.store(false, Ordering::Relaxed);
        until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
        // The token expires, and there is no other.
        fails.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_key_that_a_slow_cloud_rejects_is_not_locked_although_polls_give_up_earlier() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let slow = from_fn(|request: Request, next: Next| async {
        // Rejected also if the client has gone away.
        let answer = tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(1200)).await;
            next.run(request).await
        });
        answer.await.unwrap()
    });
    let endpoint = serve(cloud.router().layer(slow)).await;
    let wrong = access_key(cloud.access_key(), "not-the-secret-key");
    let projects = many(10, &ProjectConfig { credentials: wrong, endpoint, ..project(&cloud, &url) });
    let poll = PollConfig { timeout: Duration::from_millis(300), ..OFTEN };
    let exporter = Exporter::start_with(poll, projects, false).await;
    // The pause of the key, and its lock, are failures of authentication.
    until(async || {
        let text = exporter.metrics().await;
        (0..10).all(|number| failures(&text, &format!("project-{number}"), "auth") >= 1.0)
    })
    .await;
    let rejected = cloud.requests().iter().filter(|seen| seen.status == 401).count();
    assert!((3..=5).contains(&rejected), "{rejected}");
}
