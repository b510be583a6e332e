//! The limit on concurrent polls per endpoint: an unreachable endpoint delays only its own projects.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use metastudio_exporter::config::{PollConfig, ProjectConfig};
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::common::{Exporter, POLL, access_key, cloud_of, serve, until, value};

/// An endpoint that responds at once if `open` returns true for the project's index in the order of first requests, else
/// when the gate opens.
async fn endpoint(
    open: impl Fn(usize) -> bool + Clone + Send + Sync + 'static,
) -> (Url, Asked, Arc<Semaphore>) {
    let (asked, gate) = (Asked::default(), Arc::new(Semaphore::new(0)));
    let (seen, waits) = (asked.clone(), Arc::clone(&gate));
    let answer = async move |request: Request| {
        let id = request.uri().path().split('/').nth(2).unwrap().to_owned();
        let place = {
            let mut ids = seen.0.lock().unwrap();
            let place = ids.iter().position(|seen| *seen == id);
            place.unwrap_or_else(|| {
                ids.push(id);
                ids.len() - 1
            })
        };
        if !open(place) {
            let _ = waits.acquire().await.unwrap();
        }
        (StatusCode::OK, r#"{"count":0,"resources":[],"assets":[]}"#)
    };
    (serve(Router::new().fallback(answer)).await, asked, gate)
}

/// The requested projects, in the order of their first request.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn number(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn many(number: usize, endpoint: &Url, like: &ProjectConfig) -> Vec<ProjectConfig> {
    let project = |number| ProjectConfig {
        name: format!("project-{number}"),
        id: Some(format!("id-{number}")),
        endpoint: endpoint.clone(),
        // A key per project, because only three calls use an unproven key concurrently.
        credentials: access_key(&format!("key-{number}"), "secret"),
        ..like.clone()
    };
    (0..number).map(project).collect()
}

fn up(text: &str, project: &str) -> Option<f64> {
    value(text, &format!("metastudio_up{{project=\"{project}\",collector=\"user_quotas\"}}"))
}

#[tokio::test]
async fn an_endpoint_that_does_not_respond_has_32_polls_and_delays_no_other() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let (silent, asked, gate) = endpoint(|_| false).await;
    let waiting = many(40, &silent, &projects[0]);
    let exporter = Exporter::start([waiting, projects].concat()).await;

    until(async || asked.number() == 32).await;
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
    assert_eq!(asked.number(), 32, "the others wait");
    gate.close();
    drop(exporter);
}

#[tokio::test]
async fn waiting_for_another_poll_does_not_count_towards_the_timeout() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let (endpoint, asked, _gate) = endpoint(|place| place >= 32).await;
    let poll = PollConfig { timeout: Duration::from_secs(3), ..POLL };
    let exporter = Exporter::start_with(poll, many(40, &endpoint, &projects[0]), false).await;
    exporter.ready().await;
    let text = exporter.metrics().await;
    let works: BTreeSet<_> =
        (0..40).map(|n| format!("project-{n}")).filter(|name| up(&text, name) == Some(1.0)).collect();
    let late: BTreeSet<_> =
        asked.0.lock().unwrap()[32..].iter().map(|id| id.replace("id-", "project-")).collect();
    assert_eq!(works, late);
    assert_eq!(late.len(), 8);
}

#[tokio::test]
async fn the_limit_on_polls_survives_a_reload() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let (silent, asked, _gate) = endpoint(|_| false).await;
    let waiting = many(80, &silent, &projects[0]);
    let exporter = Exporter::start(waiting[..40].to_vec()).await;
    until(async || asked.number() == 32).await;
    // Polls in flight keep their permits, so none is left for the new ones.
    exporter.reload([&waiting[..], &projects[..]].concat()).await.unwrap();
    until(async || up(&exporter.metrics().await, "production") == Some(1.0)).await;
    assert_eq!(asked.number(), 32);
    // Removed projects return theirs.
    exporter.reload(waiting[40..].to_vec()).await.unwrap();
    until(async || asked.number() == 64).await;
}
